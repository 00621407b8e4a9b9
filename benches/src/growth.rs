//! How rates change with the number of documents: a server for each number, measured in turns.
//!
//! Half of the documents are in one collection of one user, the others belong to users with a
//! hundred each. They are written straight into the tables.

mod place;

use std::time::Duration;

use serde::Serialize;

use crate::{
    BenchError,
    arguments::{Arguments, TURNS},
    cases::CONNECTIONS,
    database::Settings,
    load::{self, Action},
    report::{Series, count, fraction},
    site::{self, Site},
    table::{lay_out, names},
};
use place::Place;

/// For so long nothing is counted.
const WARM_UP: Duration = Duration::from_millis(300);

/// What is measured, and how many documents a request pushes.
const CASES: [(&str, Action, u32); 6] = [
    ("push 1 new", Action::PushNew(1), 1),
    ("push 1 changed", Action::PushChanged(1), 1),
    ("push 100 changed", Action::PushChanged(100), 100),
    ("empty pull", Action::PullNothing, 0),
    ("empty pull of half", Action::PullNothingOfLarge, 0),
    ("pull 1,000 changed of half", Action::PullChanged, 0),
];

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Growth {
    settings: Settings,
    seconds: u64,
    documents: Vec<u32>,
    /// Tables and indexes before anything was measured.
    bytes: Vec<i64>,
    /// How long a new incarnation reads documents of this cluster, which it leaves alone.
    renewal_seconds: Vec<f64>,
    /// How long it lowers documents that came from another.
    foreign_renewal_seconds: Vec<f64>,
    rows: Vec<Row>,
}

/// A case.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: &'static str,
    numbers: Vec<Numbers>,
}

/// What a case was found to be with so many documents.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    requests_a_second: Series,
    /// By those of the fewest documents, within a turn.
    ratio: Series,
    /// Within how many milliseconds 95 of a hundred requests were answered.
    p95_milliseconds: Series,
    /// What a pushed document added to the log.
    log_bytes: Series,
}

/// Starts a server for each number of documents, fills them, and measures.
pub(crate) async fn run(arguments: &Arguments) -> Result<Growth, BenchError> {
    let count = arguments.growth.len();
    site::run(arguments, count, async |sites: &[Site]| {
        measure(sites, arguments).await
    })
    .await
}

async fn measure(sites: &[Site], arguments: &Arguments) -> Result<Growth, BenchError> {
    let (mut places, mut bytes, mut settings) = (Vec::new(), Vec::new(), None);
    for (site, documents) in sites.iter().zip(&arguments.growth) {
        eprintln!("filling: {documents} documents");
        let mut place = Place::fill(site, *documents).await?;
        let found = place.database.sizes("syncline").await?;
        bytes.push(found.tables + found.indexes);
        settings = Some(place.database.settings().await?);
        places.push(place);
    }
    let turn = arguments.turn();
    let mut rows = Vec::new();
    for (name, action, pushed) in CASES {
        eprintln!("measuring: {name}");
        let mut numbers: Vec<_> = places.iter().map(|_| Numbers::default()).collect();
        for place in &mut places {
            load::run_some(&mut place.clients, CONNECTIONS, action, WARM_UP).await?;
        }
        for _ in 0..TURNS {
            take_turn(&mut places, &mut numbers, action, turn, pushed).await?;
        }
        rows.push(Row { name, numbers });
    }
    let (mut renewal_seconds, mut foreign_renewal_seconds) = (Vec::new(), Vec::new());
    for place in &mut places {
        let database = &mut place.database;
        renewal_seconds.push(database.renew().await?.as_secs_f64());
        foreign_renewal_seconds.push(database.renew_foreign().await?.as_secs_f64());
    }
    Ok(Growth {
        renewal_seconds,
        foreign_renewal_seconds,
        settings: settings.ok_or("there is nothing to measure")?,
        seconds: turn.as_secs() * TURNS,
        documents: arguments.growth.clone(),
        bytes,
        rows,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bytes that a turn writes are far below 2^52"
)]
async fn take_turn(
    places: &mut [Place],
    numbers: &mut [Numbers],
    action: Action,
    turn: Duration,
    pushed: u32,
) -> Result<(), BenchError> {
    let mut first = None;
    for (place, numbers) in places.iter_mut().zip(numbers) {
        let before = place.database.sizes("syncline").await?.log;
        let measured = load::run_some(&mut place.clients, CONNECTIONS, action, turn).await?;
        let log = place.database.sizes("syncline").await?.log - before;
        let rate = measured.rate();
        numbers.requests_a_second.push(rate);
        numbers.ratio.push(rate / *first.get_or_insert(rate));
        let most = measured.within(95) * 1_000.0;
        numbers.p95_milliseconds.push(most);
        if pushed > 0 {
            let documents = measured.requests() * f64::from(pushed);
            numbers.log_bytes.push(log as f64 / documents);
        }
    }
    Ok(())
}

impl Growth {
    /// The tables, for people.
    pub(crate) fn table(&self) -> String {
        let mut head = names(&["requests a second"]);
        for documents in &self.documents {
            head.push(count(Some(f64::from(*documents))));
            head.extend(names(&["ratio", "95% ms", "log bytes"]));
        }
        let mut rows = vec![head];
        rows.extend(self.rows.iter().map(Row::cells));
        lay_out(&rows) + "\n" + &self.places()
    }

    fn places(&self) -> String {
        let mut rows = vec![names(&[
            "documents",
            "MiB",
            "s to read them",
            "s to lower them",
        ])];
        let seconds = self.renewal_seconds.iter();
        let seconds = seconds.zip(&self.foreign_renewal_seconds);
        let found = self.bytes.iter().zip(seconds);
        for (documents, (bytes, (own, foreign))) in self.documents.iter().zip(found) {
            rows.push(vec![
                count(Some(f64::from(*documents))),
                (bytes / (1024 * 1024)).to_string(),
                fraction(Some(*own)),
                fraction(Some(*foreign)),
            ]);
        }
        lay_out(&rows)
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let mut cells = names(&[self.name]);
        for numbers in &self.numbers {
            cells.push(count(numbers.requests_a_second.median()));
            cells.push(fraction(numbers.ratio.median()));
            cells.push(fraction(numbers.p95_milliseconds.median()));
            cells.push(count(numbers.log_bytes.median()));
        }
        cells
    }
}
