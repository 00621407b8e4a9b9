//! Exports: everything that a user or an organisation has here, as of one moment.
//!
//! An export is written piece by piece into a sink while it is read, so that it takes the same
//! memory however large it is. What it reads is one snapshot of the database.

mod writer;

use std::sync::Arc;

use syncline_domain::{
    access::Namespace,
    identifier::{ApplicationName, CollectionName, OrganisationId, UserId},
    organisation::{Refusal, may_administer},
};

use crate::{
    ports::{
        ExportInterrupted, ExportPart, ExportSink, ExportSnapshot, Exports, MAX_COLUMNS,
        Organisations, StoreError,
    },
    slots::{Slot, Slots},
};

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object with everything, which can be imported.
    #[default]
    Json,
    /// A document a line.
    NdJson,
    /// A table.
    Csv,
}

/// What is to be exported, and how, as it stands in a query.
#[derive(Clone, Debug, Default)]
pub struct ExportRequest {
    /// `json`, `ndjson` or `csv`; without it `json`.
    pub format: Option<String>,
    /// The documents of one application only.
    pub application: Option<String>,
    /// The documents of one of its collections only.
    pub collection: Option<String>,
}

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The query asks for what there is not.
    #[error("{0}")]
    BadRequest(String),
    /// The caller may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The caller has an export running, or as many run as may at once.
    #[error(
        "exports are running, one of a user and four in all at most; try again when one has ended"
    )]
    Busy,
    /// The documents have too many fields for a table.
    #[error(
        "the documents have {0} different fields, and a table has at most {MAX_COLUMNS} columns; \
         export them with `format=ndjson`"
    )]
    TooManyColumns(u64),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Exports what users and organisations have.
pub struct ExportService {
    exports: Arc<dyn Exports>,
    organisations: Arc<dyn Organisations>,
    /// Each has a connection to the database.
    running: Slots,
}

/// An export that is ready to be written.
pub struct Export {
    snapshot: Box<dyn ExportSnapshot>,
    namespace: Namespace,
    format: ExportFormat,
    _slot: Option<Slot>,
}

impl ExportService {
    /// Puts the service together.
    #[must_use]
    pub fn new(exports: Arc<dyn Exports>, organisations: Arc<dyn Organisations>) -> Self {
        Self {
            exports,
            organisations,
            running: Slots::default(),
        }
    }

    /// Exports what the user has.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn account(
        &self,
        user: &UserId,
        request: &ExportRequest,
    ) -> Result<Export, ExportError> {
        let namespace = Namespace::Personal(user.clone());
        self.open_for(Some(user), namespace, request).await
    }

    /// Exports what an organisation has, for one of its admins.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn organisation(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
        request: &ExportRequest,
    ) -> Result<Export, ExportError> {
        let found = self.organisations.find(organisation, caller).await?;
        may_administer(found.map(|organisation| organisation.role))?;
        let namespace = Namespace::Organisation(organisation.clone());
        self.open_for(Some(caller), namespace, request).await
    }

    /// Exports a namespace for whoever runs the server.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn open(
        &self,
        namespace: Namespace,
        request: &ExportRequest,
    ) -> Result<Export, ExportError> {
        self.open_for(None, namespace, request).await
    }

    async fn open_for(
        &self,
        caller: Option<&UserId>,
        namespace: Namespace,
        request: &ExportRequest,
    ) -> Result<Export, ExportError> {
        let (format, part) = (format(request)?, part(request)?);
        let slot = caller.map(|user| self.running.take(user).ok_or(ExportError::Busy));
        let slot = slot.transpose()?;
        let snapshot = self.exports.open(&namespace, &part).await?;
        let mut snapshot = snapshot.ok_or(Refusal::NotInIt)?;
        if let (Some(admin), Namespace::Organisation(_)) = (caller, &namespace) {
            snapshot = administered(snapshot, admin).await?;
        }
        if format == ExportFormat::Csv {
            let columns = snapshot.columns().await?;
            if columns > MAX_COLUMNS {
                return Err(ExportError::TooManyColumns(columns));
            }
        }
        Ok(Export {
            snapshot,
            namespace,
            format,
            _slot: slot,
        })
    }
}

impl Export {
    /// How it will be written.
    #[must_use]
    pub fn format(&self) -> ExportFormat {
        self.format
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`ExportInterrupted`]; what was written is not all.
    pub async fn write(mut self, sink: &mut dyn ExportSink) -> Result<(), ExportInterrupted> {
        let snapshot = self.snapshot.as_mut();
        match self.format {
            ExportFormat::Json => writer::json(snapshot, &self.namespace, sink).await?,
            ExportFormat::NdJson => writer::lines(snapshot, sink).await?,
            ExportFormat::Csv => snapshot.table(sink).await?,
        }
        Ok(self.snapshot.close().await?)
    }
}

/// The snapshot, if the caller is an admin in it: one may have been sent away since that was asked.
async fn administered(
    mut snapshot: Box<dyn ExportSnapshot>,
    caller: &UserId,
) -> Result<Box<dyn ExportSnapshot>, ExportError> {
    if let Err(refusal) = may_administer(snapshot.role(caller).await?) {
        snapshot.close().await?;
        return Err(refusal.into());
    }
    Ok(snapshot)
}

fn format(request: &ExportRequest) -> Result<ExportFormat, ExportError> {
    match request.format.as_deref() {
        None | Some("json") => Ok(ExportFormat::Json),
        Some("ndjson") => Ok(ExportFormat::NdJson),
        Some("csv") => Ok(ExportFormat::Csv),
        Some(_) => {
            let sentence = "format: it is `json`, `ndjson` or `csv`";
            Err(ExportError::BadRequest(sentence.to_owned()))
        }
    }
}

fn part(request: &ExportRequest) -> Result<ExportPart, ExportError> {
    let bad = |member: &str, rule: &dyn std::fmt::Display| {
        ExportError::BadRequest(format!("{member}: {rule}"))
    };
    if request.application.is_none() && request.collection.is_some() {
        let rule = "the collection of which application is meant? add `application`";
        return Err(bad("collection", &rule));
    }
    let application = request.application.as_deref().map(ApplicationName::new);
    let collection = request.collection.as_deref().map(CollectionName::new);
    Ok(ExportPart {
        application: application
            .transpose()
            .map_err(|rule| bad("application", &rule))?,
        collection: collection
            .transpose()
            .map_err(|rule| bad("collection", &rule))?,
    })
}

#[cfg(test)]
mod tests {
    use super::{ExportError, ExportFormat, ExportRequest, format, part};

    fn request(
        format: Option<&str>,
        application: Option<&str>,
        collection: Option<&str>,
    ) -> ExportRequest {
        ExportRequest {
            format: format.map(str::to_owned),
            application: application.map(str::to_owned),
            collection: collection.map(str::to_owned),
        }
    }

    #[test]
    fn the_format_is_json_unless_another_is_named() {
        for (name, expected) in [
            (None, ExportFormat::Json),
            (Some("json"), ExportFormat::Json),
            (Some("ndjson"), ExportFormat::NdJson),
            (Some("csv"), ExportFormat::Csv),
        ] {
            assert_eq!(format(&request(name, None, None)).unwrap(), expected);
        }
        let unknown = format(&request(Some("CSV"), None, None));
        assert!(matches!(unknown, Err(ExportError::BadRequest(_))));
    }

    #[test]
    fn a_collection_is_one_of_an_application() {
        assert!(part(&request(None, Some("todo"), Some("notes"))).is_ok());
        for (application, collection) in [
            (None, Some("notes")),
            (Some("a/b"), None),
            (Some("todo"), Some("")),
        ] {
            let refused = part(&request(None, application, collection));
            assert!(matches!(refused, Err(ExportError::BadRequest(_))));
        }
    }
}
