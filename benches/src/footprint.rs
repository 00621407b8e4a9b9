//! What a pushed document adds to the tables, the indexes and the log, beside an upsert.

use serde::Serialize;

use crate::{
    BenchError,
    arguments::Arguments,
    cases::NOTHING,
    database::{Database, Settings, Sizes},
    device::Device,
    document::Document,
    fill,
    http::Connection,
    report::{count, fraction},
    site::{self, Site},
    table::{lay_out, names},
};

/// Users whose documents are pushed.
const USERS: u32 = 50;

/// Documents of each.
const EACH: u32 = 100;

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Footprint {
    settings: Settings,
    documents: u32,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: &'static str,
    documents_a_request: usize,
    ours: Added,
    statement: Added,
}

/// In bytes for each document.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    log: f64,
    tables: f64,
    indexes: f64,
}

impl Added {
    #[expect(clippy::cast_precision_loss, reason = "they are far below 2^52")]
    fn between(before: Sizes, after: Sizes) -> Self {
        let each = |bytes: i64| bytes as f64 / f64::from(USERS * EACH);
        Self {
            log: each(after.log - before.log),
            tables: each(after.tables - before.tables),
            indexes: each(after.indexes - before.indexes),
        }
    }
}

/// What is done to every document. The first write to a page after a checkpoint puts the whole page
/// into the log, so that the same edits are made twice.
const STEPS: [(&str, bool); 3] = [
    ("new", true),
    ("changed, after a checkpoint", true),
    ("changed again", false),
];

/// Starts a server, and pushes documents one by one and by the hundred.
pub(crate) async fn run(arguments: &Arguments) -> Result<Footprint, BenchError> {
    site::run_one(arguments, async |site: &Site| measure(site).await).await
}

async fn measure(site: &Site) -> Result<Footprint, BenchError> {
    let mut database = site.database().await?;
    let settings = database.settings().await?;
    let sample = Document::new("document".to_owned(), &site::stamp()?);
    database.fill(NOTHING, &sample).await?;
    let mut connection = Connection::open(site.server.address).await?;
    let mut rows = Vec::new();
    for documents_a_request in [1, 100] {
        let mut devices = Vec::new();
        for user in 1..=USERS {
            let name = format!("user-{documents_a_request}-{user}");
            devices.push(site.device(&name, &name, "documents")?);
        }
        for (name, begins_with_checkpoint) in STEPS {
            eprintln!("measuring: {name}, {documents_a_request} in a request");
            let edits = edits(&mut devices)?;
            if begins_with_checkpoint {
                database.settle().await?;
            }
            let before = database.sizes("syncline").await?;
            for (device, documents) in devices.iter_mut().zip(&edits) {
                for part in documents.chunks(documents_a_request) {
                    fill::push(&mut connection, device, part).await?;
                }
            }
            let ours = Added::between(before, database.sizes("syncline").await?);
            if begins_with_checkpoint {
                database.settle().await?;
            }
            let statement = upsert(&mut database, &edits, documents_a_request).await?;
            rows.push(Row {
                name,
                documents_a_request,
                ours,
                statement,
            });
        }
    }
    Ok(Footprint {
        settings,
        documents: USERS * EACH,
        rows,
    })
}

/// Every device creates its documents, or edits all that it has.
fn edits(devices: &mut [Device]) -> Result<Vec<Vec<Document>>, BenchError> {
    let count = usize::try_from(EACH)?;
    let mut edits = Vec::new();
    for device in devices {
        if device.documents.is_empty() {
            device.documents = device.create(count)?;
            edits.push(device.documents.clone());
        } else {
            edits.push(device.edit(count)?);
        }
    }
    Ok(edits)
}

/// The same documents, written by the least careful SQL.
async fn upsert(
    database: &mut Database,
    edits: &[Vec<Document>],
    documents_a_request: usize,
) -> Result<Added, BenchError> {
    let before = database.sizes("baseline").await?;
    for (user, documents) in edits.iter().enumerate() {
        // Those who push one by one are others than those who push by the hundred.
        let user = i64::try_from(documents_a_request * 1_000 + user)?;
        for part in documents.chunks(documents_a_request) {
            database.upsert(user, part).await?;
        }
    }
    Ok(Added::between(before, database.sizes("baseline").await?))
}

impl Footprint {
    /// The table, for people.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![names(&[
            "bytes a document",
            "a request",
            "log",
            "tables",
            "indexes",
            "upsert: log",
            "tables",
            "indexes",
            "log ratio",
        ])];
        for row in &self.rows {
            let mut cells = vec![row.name.to_owned(), row.documents_a_request.to_string()];
            for added in [row.ours, row.statement] {
                let bytes = [added.log, added.tables, added.indexes];
                cells.extend(bytes.map(|bytes| count(Some(bytes))));
            }
            cells.push(fraction(Some(row.ours.log / row.statement.log)));
            rows.push(cells);
        }
        lay_out(&rows)
    }
}
