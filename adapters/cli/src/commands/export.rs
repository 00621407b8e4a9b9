//! `syncline export`: what a user or an organisation has, to the output.

use std::{
    io::{self, IsTerminal, Write, stderr, stdout},
    sync::Arc,
};

use async_trait::async_trait;
use syncline_application::{
    export::{ExportError, ExportRequest, ExportService},
    ports::{ExportSink, SinkClosed},
};
use syncline_domain::{access::Namespace, organisation::Refusal};
use syncline_postgres::PostgresStore;
use tokio::task::spawn_blocking;

use crate::{
    arguments::ExportOptions, configuration::Configuration, database::Database, server::ServerError,
};

/// Writes an export to the output, and to the errors how far it is.
pub(super) async fn run(
    options: &ExportOptions,
    configuration: &Configuration,
) -> Result<(), ServerError> {
    let opening = Database::open_existing(configuration);
    let exporting = async |database: &Database| export(options, database).await;
    Database::use_for(opening, exporting).await
}

async fn export(options: &ExportOptions, database: &Database) -> Result<(), ServerError> {
    syncline_postgres::migrate(database.location()).await?;
    let store = Arc::new(PostgresStore::connect(database.location(), 1).await?);
    let service = ExportService::new(store.clone(), store);
    let request = ExportRequest {
        format: Some(options.format.as_str().to_owned()),
        application: options.application.clone(),
        collection: options.collection.clone(),
    };
    let export = service.open(namespace(options)?, &request).await;
    let export = export.map_err(|error| match error {
        // The sentence for callers is about what they belong to.
        ExportError::Refused(Refusal::NotInIt) => "there is no organisation with this id".into(),
        error => ServerError::from(error),
    })?;
    let mut output = Output::default();
    let written = export.write(&mut output).await;
    written.map_err(|error| match output.failure.take() {
        Some(cause) => format!("cannot write the export: {cause}").into(),
        None => ServerError::from(error),
    })?;
    output.end();
    Ok(())
}

fn namespace(options: &ExportOptions) -> Result<Namespace, ServerError> {
    match (&options.user, &options.org) {
        (Some(user), None) => Ok(Namespace::Personal(user.clone())),
        (None, Some(organisation)) => Ok(Namespace::Organisation(organisation.clone())),
        _ => Err("name one whose documents are exported: --user or --org".into()),
    }
}

/// The output of the process, and how much has gone there.
#[derive(Default)]
struct Output {
    documents: u64,
    bytes: u64,
    /// Why it takes no more.
    failure: Option<io::Error>,
}

impl Output {
    fn tell(&self, end: &str) {
        let (documents, megabytes) = (self.documents, self.bytes >> 20);
        // Nobody may be left to be told.
        let _ = write!(
            stderr(),
            "Exported {documents} documents, {megabytes} MB{end}"
        );
    }

    fn end(&self) {
        self.tell(".\n");
    }
}

#[async_trait]
impl ExportSink for Output {
    async fn take(&mut self, piece: Vec<u8>, documents: u64) -> Result<(), SinkClosed> {
        self.bytes += piece.len() as u64;
        if let Err(failure) = write(piece).await {
            self.failure = Some(failure);
            return Err(SinkClosed);
        }
        self.documents += documents;
        if documents > 0 && stderr().is_terminal() {
            self.tell("\r");
        }
        Ok(())
    }
}

/// In a thread of its own: a reader that takes its time must not keep signals from being heard.
async fn write(piece: Vec<u8>) -> io::Result<()> {
    spawn_blocking(move || {
        let mut output = stdout().lock();
        output.write_all(&piece)?;
        output.flush()
    })
    .await?
}
