//! How many pushes a second the writers of one organisation reach, each of documents of its own.

use std::{path::Path, sync::Arc, time::Duration};

use serde::Serialize;
use uuid::Uuid;

use crate::{
    BenchError,
    arguments::{Arguments, TURNS},
    cases::{NEW, NOTHING, PUSH_ONE, script},
    crew::Crew,
    database::Settings,
    document::Document,
    library::Library,
    load::{self, Action, Client, Large},
    pgbench::Pgbench,
    report::{Series, count, fraction},
    site::{self, Site},
    table::{lay_out, names},
};

/// For so long nothing is counted.
const WARM_UP: Duration = Duration::from_millis(300);

/// The server's connections to the database, unless it is configured otherwise: `pgbench` has no
/// more.
const POOL: usize = 20;

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Writers {
    settings: Settings,
    seconds: u64,
    rows: Vec<Row>,
}

/// With so many writers.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    writers: usize,
    /// Each in a collection of its own.
    apart: Numbers,
    /// All in one collection.
    together: Numbers,
    /// Upserts a second.
    statement: Series,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    pushes_a_second: Series,
    ratio_to_statement: Series,
    /// Within how many milliseconds half of the pushes were answered, and 95 of a hundred.
    median_milliseconds: Series,
    p95_milliseconds: Series,
}

/// Starts a server with an organisation, and lets its members write.
pub(crate) async fn run(arguments: &Arguments) -> Result<Writers, BenchError> {
    site::run_one(arguments, async |site: &Site| {
        measure(site, arguments).await
    })
    .await
}

async fn measure(site: &Site, arguments: &Arguments) -> Result<Writers, BenchError> {
    let mut database = site.database().await?;
    let settings = database.settings().await?;
    let programs = database.programs().await?;
    let most = arguments.writers.iter().copied().max().unwrap_or_default();
    let organisation = Uuid::new_v4().to_string();
    let sample = Document::new("document".to_owned(), &site::stamp()?);
    database.found(&organisation, most).await?;
    database.fill(NOTHING, &sample).await?;
    database.settle().await?;
    database.close().await?;
    let mut bench = Bench {
        pgbench: Pgbench::new(Path::new(&programs), site.server.socket(), 1, &sample)?,
        apart: clients(site, &organisation, most, |writer| Place {
            collection: format!("documents-{writer}"),
            limit: None,
        })
        .await?,
        together: clients(site, &organisation, most, |_| Place {
            collection: "documents".to_owned(),
            limit: Some(1),
        })
        .await?,
        turn: arguments.turn(),
    };
    let mut rows = Vec::new();
    for writers in &arguments.writers {
        eprintln!("measuring: {writers} writers");
        rows.push(bench.row(*writers).await?);
    }
    Ok(Writers {
        settings,
        seconds: bench.turn.as_secs() * TURNS,
        rows,
    })
}

/// Where a writer writes.
struct Place {
    collection: String,
    /// The most documents of others in an answer, if there are others.
    limit: Option<u32>,
}

/// A connection for each writer.
async fn clients(
    site: &Site,
    organisation: &str,
    writers: usize,
    place: impl Fn(usize) -> Place,
) -> Result<Vec<Client>, BenchError> {
    let large = Arc::new(Large::default());
    let library = Arc::new(Library::new(&site.tokens)?);
    let mut clients = Vec::new();
    for writer in 1..=writers {
        let (name, place) = (format!("writer-{writer}"), place(writer));
        let mut device = site.device(&name, &name, &place.collection)?;
        device.organisation = Some(organisation.to_owned());
        device.limit = place.limit;
        device.name_keys_after_it();
        let mut crew = Crew::default();
        crew.devices.push(device);
        let (large, library) = (Arc::clone(&large), Arc::clone(&library));
        clients.push(Client::open(site.server.address, crew, large, library).await?);
    }
    Ok(clients)
}

/// What is measured with.
struct Bench {
    pgbench: Pgbench,
    apart: Vec<Client>,
    together: Vec<Client>,
    turn: Duration,
}

impl Bench {
    async fn row(&mut self, writers: usize) -> Result<Row, BenchError> {
        const PUSH: Action = Action::PushNew(1);
        load::run_some(&mut self.apart, writers, PUSH, WARM_UP).await?;
        load::run_some(&mut self.together, writers, PUSH, WARM_UP).await?;
        let mut row = Row {
            writers,
            ..Row::default()
        };
        for _ in 0..TURNS {
            let statement = self
                .pgbench
                .run(
                    script(PUSH_ONE, NEW),
                    writers.min(POOL),
                    self.turn.as_secs(),
                )
                .await?;
            row.statement.push(statement);
            let sides = [
                (&mut self.apart, &mut row.apart),
                (&mut self.together, &mut row.together),
            ];
            for (clients, numbers) in sides {
                let measured = load::run_some(clients, writers, PUSH, self.turn).await?;
                numbers.pushes_a_second.push(measured.rate());
                numbers.ratio_to_statement.push(measured.rate() / statement);
                let milliseconds = |percent| measured.within(percent) * 1_000.0;
                numbers.median_milliseconds.push(milliseconds(50));
                numbers.p95_milliseconds.push(milliseconds(95));
            }
        }
        Ok(row)
    }
}

impl Writers {
    /// The table, for people.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![names(&[
            "writers",
            "upserts a second",
            "apart",
            "ratio",
            "50% ms",
            "95% ms",
            "together",
            "ratio",
            "50% ms",
            "95% ms",
        ])];
        for row in &self.rows {
            let mut cells = vec![row.writers.to_string(), count(row.statement.median())];
            for numbers in [&row.apart, &row.together] {
                cells.push(count(numbers.pushes_a_second.median()));
                cells.push(fraction(numbers.ratio_to_statement.median()));
                cells.push(fraction(numbers.median_milliseconds.median()));
                cells.push(fraction(numbers.p95_milliseconds.median()));
            }
            rows.push(cells);
        }
        lay_out(&rows)
    }
}
