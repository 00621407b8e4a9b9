//! `syncline import`: an export from the input, into what a user has.

use std::{
    io::{self, IsTerminal, Read, Write, stderr, stdin},
    sync::Arc,
};

use syncline_application::{
    import::{ImportReport, ImportService},
    ports::{Clock, Session},
};
use syncline_postgres::PostgresStore;
use tokio::task::spawn_blocking;

use crate::{
    arguments::{ImportFormat, ImportOptions},
    clock::SystemClock,
    configuration::Configuration,
    database::Database,
    server::{ServerError, importing, moment},
};

/// How many bytes are read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// A push and what an entry says are never done at once.
const CONNECTIONS: u32 = 2;

/// Reads an export from the input, and writes to the errors how far it is and what is wrong.
pub(super) async fn run(
    options: &ImportOptions,
    configuration: &Configuration,
) -> Result<(), ServerError> {
    let opening = Database::join(configuration);
    let importing = async |database: &Database| import(options, configuration, database).await;
    tell(&Database::use_for(opening, importing).await?)
}

async fn import(
    options: &ImportOptions,
    configuration: &Configuration,
    database: &Database,
) -> Result<ImportReport, ServerError> {
    syncline_postgres::migrate(database.location()).await?;
    let store = Arc::new(PostgresStore::connect(database.location(), CONNECTIONS).await?);
    let (sync, service) = importing(configuration, &store)?;
    let caller = Session::beginning(options.user.clone(), Vec::new(), SystemClock.now());
    let read = async {
        match options.format {
            ImportFormat::Json => {
                let read = || serde_json::from_reader(stdin().lock());
                let body = spawn_blocking(read).await??;
                Ok(service.import(&caller, body, || {}).await?)
            }
            ImportFormat::Ndjson => {
                read_lines(&service, caller, configuration.limits.body_bytes).await
            }
        }
    };
    let report = tokio::select! {
        report = read => report,
        () = sync.work(moment) => Err("the import was interrupted; run it again".into()),
        () = sync.work_aside() => Err("the import was interrupted; run it again".into()),
    };
    // Devices that are not told look again by themselves.
    if let Err(error) = store.flush_pokes().await {
        tracing::warn!(%error, "cannot tell what has changed");
    }
    report
}

async fn read_lines(
    service: &Arc<ImportService>,
    caller: Session,
    most_bytes: usize,
) -> Result<ImportReport, ServerError> {
    let mut import = service.lines(caller, most_bytes)?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut bytes = 0_u64;
    loop {
        let count;
        (piece, count) = read_piece(piece).await?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else {
            return Ok(import.finish().await?);
        };
        import.take(read).await?;
        bytes += read.len() as u64;
        if stderr().is_terminal() {
            let (documents, megabytes) = (documents(import.report()), bytes >> 20);
            // Nobody may be left to be told.
            let _ = write!(
                stderr(),
                "Imported {documents} documents, {megabytes} MB read\r"
            );
        }
    }
}

/// In a thread of its own: an input that says nothing must not keep signals from being heard.
async fn read_piece(mut piece: Vec<u8>) -> io::Result<(Vec<u8>, usize)> {
    spawn_blocking(move || {
        let count = stdin().lock().read(&mut piece)?;
        Ok((piece, count))
    })
    .await?
}

fn documents(report: &ImportReport) -> usize {
    report.imported + report.unchanged + report.merged
}

/// What became of the file; an error if not all of it is stored.
fn tell(report: &ImportReport) -> Result<(), ServerError> {
    let mut output = stderr().lock();
    for rejected in report.rejected.iter() {
        writeln!(output, "{}", rejected.rejection.error)?;
    }
    let ImportReport {
        imported,
        unchanged,
        merged,
        entries,
        conflicts,
        rejected,
        unlisted,
    } = report;
    writeln!(
        output,
        "Imported {} documents: {imported} new, {unchanged} there already, {merged} merged; \
         {entries} access entries, {} conflicts.",
        documents(report),
        conflicts.len(),
    )?;
    if *unlisted > 0 {
        writeln!(
            output,
            "{unlisted} more conflicts and rejections are not listed."
        )?;
    }
    if rejected.is_empty() {
        return Ok(());
    }
    let sentence = "not everything is stored: the sentences above say what, where and why";
    Err(sentence.into())
}
