//! An import of a file with a document a line, while it comes in.

use std::sync::Arc;

use syncline_domain::identifier::CollectionName;

use super::{
    ImportReport, ImportService,
    batch::{Batch, Group},
    line,
    lines::{Line, Lines},
};
use crate::{
    access::AccessError,
    ports::Session,
    slots::Slot,
    sync::{Rejection, RejectionCode, SyncError},
};

/// An import that takes a file piece by piece, and stores it batch by batch: it takes the same
/// memory however large the file is.
pub struct LineImport {
    service: Arc<ImportService>,
    caller: Session,
    lines: Lines,
    most_bytes: usize,
    batch: Batch,
    report: ImportReport,
    _slot: Slot,
}

impl LineImport {
    pub(super) fn new(
        service: Arc<ImportService>,
        caller: Session,
        most_bytes: usize,
        slot: Slot,
    ) -> Self {
        Self {
            service,
            caller,
            lines: Lines::new(most_bytes),
            most_bytes,
            batch: Batch::default(),
            report: ImportReport::default(),
            _slot: slot,
        }
    }

    /// Takes the next piece of the file, wherever it ends.
    ///
    /// # Errors
    /// [`SyncError`] of the store; what was stored before it stays, and importing again goes on.
    pub async fn take(&mut self, piece: &[u8]) -> Result<(), SyncError> {
        let mut rest = piece;
        while let Some(line) = self.lines.next(&mut rest) {
            self.take_line(&line).await?;
        }
        Ok(())
    }

    /// What was done so far.
    #[must_use]
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// Ends it: the file is complete.
    ///
    /// # Errors
    /// As [`LineImport::take`].
    pub async fn finish(mut self) -> Result<ImportReport, SyncError> {
        if let Some(line) = self.lines.last() {
            self.take_line(&line).await?;
        }
        self.store().await?;
        Ok(self.report)
    }

    async fn take_line(&mut self, line: &Line) -> Result<(), SyncError> {
        let document = match line::read(line, self.most_bytes) {
            Ok(Some(document)) => document,
            Ok(None) => return Ok(()),
            Err(rule) => {
                self.report.reject(line::refuse(line.number, &rule));
                return Ok(());
            }
        };
        if self.batch.is_full(self.service.sync.most_changes()) || self.batch.has(&document) {
            self.store().await?;
        }
        let bytes = line.text.as_ref().map_or(0, Vec::len);
        if let Err(rule) = self.batch.add(line.number, bytes, document) {
            self.report.reject(line::refuse(line.number, &rule));
        }
        Ok(())
    }

    /// Stores what was read, the documents first.
    async fn store(&mut self) -> Result<(), SyncError> {
        let batch = std::mem::take(&mut self.batch);
        for ((application, collection), group) in batch.groups {
            self.store_group(&application, &collection, group).await?;
        }
        let service = &self.service;
        for (line, entry) in batch.entries {
            match service.say_entry(&self.caller.user_id, &entry).await {
                Ok(is_said) => self.report.entries += usize::from(is_said),
                Err(AccessError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    let mut rejection = entry.refuse(&error);
                    rejection.line = Some(line);
                    rejection.rejection.error = format!("line {line}: _docIndex: {error}");
                    self.report.reject(rejection);
                }
            }
        }
        Ok(())
    }

    async fn store_group(
        &mut self,
        application: &str,
        collection: &CollectionName,
        mut group: Group,
    ) -> Result<(), SyncError> {
        let sync = &self.service.sync;
        let scope = sync.scope(&self.caller.user_id, None, application, collection.clone());
        let Ok(scope) = scope else {
            for index in 0..group.lines.len() {
                let error = format!("changes[{index}]{}", super::NO_SUCH_APPLICATION);
                let rejection = Rejection::of(RejectionCode::NotFound, error);
                let rejection = group.rejection(application, collection, rejection);
                self.report.reject(rejection);
            }
            return Ok(());
        };
        let changes = std::mem::take(&mut group.changes);
        let outcome = sync.store_valid(&self.caller, scope, changes).await?;
        self.report.add(outcome, |rejection| {
            group.rejection(application, collection, rejection)
        });
        Ok(())
    }
}
