//! The whole run: start, fill, measure in turns, stop.

use std::{path::Path, process, sync::Arc, thread::available_parallelism, time::Duration};

use crate::{
    BenchError,
    arguments::{Arguments, TURNS},
    cases::{AMOUNTS, Amounts, CASES, Case, NOTHING},
    crew::{Crew, Pair},
    database::Database,
    document::{Document, Part},
    fill,
    http::Connection,
    library::Library,
    load::{self, Action, Client, Large},
    pgbench::{Pgbench, Script},
    processor,
    report::{Memory, Report, Row},
    server::Server,
    site::{self, Site},
};

/// For so long nothing is counted at the begin of a turn.
const WARM_UP: Duration = Duration::from_millis(500);

/// Starts a server, measures it and stops it, whatever happens.
pub(crate) async fn run(arguments: &Arguments) -> Result<Report, BenchError> {
    let chosen = chosen(arguments)?;
    site::run_one(arguments, async |site: &Site| {
        measure(site, arguments, &chosen).await
    })
    .await
}

async fn measure(
    site: &Site,
    arguments: &Arguments,
    chosen: &[Case],
) -> Result<Report, BenchError> {
    let mut database = site.database().await?;
    let settings = database.settings().await?;
    let programs = database.programs().await?;
    let amounts = if chosen.iter().all(Case::is_of_library) {
        NOTHING
    } else {
        AMOUNTS
    };
    eprintln!("filling: {amounts:?}");
    let sample = Document::new("document".to_owned(), &site::stamp()?);
    let mut crews = crews(arguments.most_connections());
    fill_crews(&mut crews, site, &mut database, amounts, chosen).await?;
    let clients = clients(site, crews, amounts).await?;
    database.fill(amounts, &sample).await?;
    if chosen.iter().any(Case::is_of_library) {
        eprintln!("filling: {} documents of a library", arguments.library);
        database.fill_library(arguments.library).await?;
    }
    database.settle().await?;
    database.close().await?;
    let server = &site.server;
    let pgbench = Pgbench::new(
        Path::new(&programs),
        server.socket(),
        AMOUNTS.users,
        &sample,
    )?;
    let mut bench = Bench {
        server,
        pgbench: (!arguments.alone).then_some(pgbench),
        clients,
        turn: arguments.turn(),
    };
    let mut rows = Vec::new();
    for case in chosen {
        eprintln!("measuring: {}", case.name);
        let row = bench.case(case).await?;
        eprintln!("{}", row.sentence());
        rows.push(row);
    }
    Ok(Report {
        processors: available_parallelism()?.get(),
        settings,
        seconds: bench.turn.as_secs() * TURNS,
        rows,
    })
}

/// The cases that are asked for.
fn chosen(arguments: &Arguments) -> Result<Vec<Case>, BenchError> {
    let named = |case: &&Case| case.name.contains(&arguments.only);
    let chosen: Vec<_> = CASES
        .iter()
        .filter(named)
        .flat_map(|case| case.on(&arguments.connections))
        .collect();
    if chosen.is_empty() {
        let only = &arguments.only;
        let all = CASES.map(|case| case.name).join("\n");
        return Err(format!("no case has \"{only}\" in its name; there are\n{all}").into());
    }
    Ok(chosen)
}

/// One for each connection.
fn crews(connections: usize) -> Vec<Crew> {
    (0..connections).map(|_| Crew::default()).collect()
}

/// Gives them their parts of those who do what the cases want done, with what these have stored.
async fn fill_crews(
    crews: &mut [Crew],
    site: &Site,
    database: &mut Database,
    amounts: Amounts,
    cases: &[Case],
) -> Result<(), BenchError> {
    let mut connection = Connection::open(site.server.address).await?;
    let connections = crews.len().max(1);
    for user in 1..=amounts.users {
        let (name, device) = (format!("user-{user}"), format!("device-{user}"));
        let mut device = site.device(&name, &device, "documents")?;
        fill::fill(&mut connection, &mut device, amounts.documents).await?;
        if let Some(crew) = crews.get_mut(user % connections) {
            crew.devices.push(device);
        }
    }
    for case in cases.iter().filter(|case| case.is_of_pairs()) {
        for user in 1..=amounts.pairs {
            let pair = pair(site, &mut connection, user, case, amounts).await?;
            if let Some(crew) = crews.get_mut(user % connections) {
                crew.push_pair(case.action, pair);
            }
        }
    }
    if cases.iter().any(Case::is_of_borrowers) {
        for borrower in fill::lend(&mut connection, site, database, amounts).await? {
            if let Some(crew) = crews.iter_mut().min_by_key(|crew| crew.borrowers.count()) {
                crew.borrowers.push(borrower);
            }
        }
    }
    Ok(())
}

/// Two devices of one user, in a collection that no other case uses.
async fn pair(
    site: &Site,
    connection: &mut Connection,
    user: usize,
    case: &Case,
    amounts: Amounts,
) -> Result<Pair, BenchError> {
    let parts = match case.action {
        Action::PushMerging(_) => [Part::FirstLine, Part::LastLine],
        _ => [Part::Title, Part::Title],
    };
    let (name, collection) = (format!("user-{user}"), case.name);
    let devices = [
        site.device(&name, &format!("first-{user}"), collection)?,
        site.device(&name, &format!("second-{user}"), collection)?,
    ];
    Pair::new(connection, devices, parts, amounts.documents).await
}

/// The connections, each with its part of the devices, and what all of them pull from.
async fn clients(
    site: &Site,
    crews: Vec<Crew>,
    amounts: Amounts,
) -> Result<Vec<Client>, BenchError> {
    let mut connection = Connection::open(site.server.address).await?;
    let owner = site.device("large", "device-large-1", "large")?;
    let reader = site.device("large", "device-large-2", "large")?;
    let large = fill::fill_large(&mut connection, owner, reader, amounts);
    let large: Arc<Large> = Arc::new(large.await?);
    let library = Arc::new(Library::new(&site.tokens)?);
    let mut clients = Vec::new();
    for crew in crews {
        let (large, library) = (Arc::clone(&large), Arc::clone(&library));
        clients.push(Client::open(site.server.address, crew, large, library).await?);
    }
    Ok(clients)
}

/// What the cases are measured with.
struct Bench<'a> {
    server: &'a Server,
    /// None, if the server is measured alone.
    pgbench: Option<Pgbench>,
    clients: Vec<Client>,
    turn: Duration,
}

impl Bench<'_> {
    /// Measures server and baselines in turns, so that a machine that becomes slower becomes so
    /// for all of them.
    async fn case(&mut self, case: &Case) -> Result<Row, BenchError> {
        self.server.reset_peak_memory()?;
        let before = self.server.peak_memory()?;
        self.baseline(case, Some(case.statement), 1).await?;
        let mut row = Row::new(case);
        for _ in 0..TURNS {
            // Sessions that waited for the baselines may have been closed.
            self.load(case, WARM_UP).await?;
            let used = (
                processor::seconds(self.server.id())?,
                processor::seconds(process::id())?,
            );
            let measured = self.load(case, self.turn).await?;
            row.server_processors
                .push((processor::seconds(self.server.id())? - used.0) / measured.seconds);
            row.load_processors
                .push((processor::seconds(process::id())? - used.1) / measured.seconds);
            let seconds = self.turn.as_secs();
            row.push(
                &measured,
                self.baseline(case, case.five_trips, seconds).await?,
                self.baseline(case, Some(case.statement), seconds).await?,
            );
        }
        let peak = self.server.peak_memory()?;
        row.memory = case.tells_memory.then_some(Memory { before, peak });
        Ok(row)
    }

    async fn load(
        &mut self,
        case: &Case,
        duration: Duration,
    ) -> Result<load::Measured, BenchError> {
        load::run_some(&mut self.clients, case.connections, case.action, duration).await
    }

    async fn baseline(
        &self,
        case: &Case,
        script: Option<Script>,
        seconds: u64,
    ) -> Result<Option<f64>, BenchError> {
        match script.zip(self.pgbench.as_ref()) {
            Some((script, pgbench)) => {
                let rate = pgbench.run(script, case.connections, seconds).await?;
                Ok(Some(rate * f64::from(case.per_request)))
            }
            None => Ok(None),
        }
    }
}
