//! The whole run: start, fill, measure in turns, stop.

use std::{path::Path, process, sync::Arc, thread::available_parallelism, time::Duration};

use secrecy::SecretString;
use syncline_domain::{
    hlc::{Hlc, Node},
    identifier::UserId,
};
use syncline_identity::SessionTokens;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use crate::{
    BenchError,
    arguments::Arguments,
    cases::{AMOUNTS, Amounts, CASES, CONNECTIONS, Case, NOTHING},
    clock,
    database::Database,
    device::Device,
    document::Document,
    fill,
    http::Connection,
    library::Library,
    load::{self, Client, Large},
    pgbench::{Pgbench, Script},
    processor,
    report::{Memory, Report, Row},
    server::Server,
};

/// Into so many turns the time of each case is cut, at least.
const TURNS: u64 = 5;

/// For so long nothing is counted.
const WARM_UP: Duration = Duration::from_millis(500);

/// Starts a server, measures it and stops it, whatever happens.
pub(crate) async fn run(arguments: &Arguments) -> Result<Report, BenchError> {
    let folder = tempfile::Builder::new()
        .prefix("syncline-bench-")
        .tempdir_in(&arguments.folder)?;
    let secret = format!("{}{}", Uuid::new_v4(), Uuid::new_v4());
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    eprintln!("starting the server");
    let server = Server::start(&arguments.server, folder.path(), &secret).await?;
    let measured = tokio::select! {
        measured = measure(&server, arguments, &secret) => measured,
        _ = interrupt.recv() => Err("interrupted".into()),
        _ = terminate.recv() => Err("interrupted".into()),
    };
    let log = server.log();
    server.stop().await?;
    measured.map_err(|error| format!("{error}\n{log}").into())
}

async fn measure(
    server: &Server,
    arguments: &Arguments,
    secret: &str,
) -> Result<Report, BenchError> {
    let mut database = Database::connect(&server.socket()).await?;
    let settings = database.settings().await?;
    let programs = database.programs().await?;
    let chosen = CASES
        .iter()
        .filter(|case| case.name.contains(&arguments.only));
    let chosen: Vec<_> = chosen.collect();
    let amounts = if chosen.iter().all(|case| case.is_of_library()) {
        NOTHING
    } else {
        AMOUNTS
    };
    eprintln!("filling: {amounts:?}");
    let sample = Document::new("document".to_owned(), &stamp()?);
    let tokens = SessionTokens::new(&[SecretString::from(secret)])?;
    let clients = clients(server, &tokens, amounts).await?;
    database.fill(amounts, &sample).await?;
    if chosen.iter().any(|case| case.is_of_library()) {
        eprintln!("filling: {} documents of a library", arguments.library);
        database.fill_library(arguments.library).await?;
    }
    database.settle().await?;
    database.close().await?;
    let pgbench = Pgbench::new(Path::new(&programs), server.socket(), AMOUNTS, &sample)?;
    let turn = (arguments.seconds / TURNS).max(1);
    let mut bench = Bench {
        server,
        pgbench,
        clients,
        turn: Duration::from_secs(turn),
        turns: arguments.seconds / turn,
    };
    let mut rows = Vec::new();
    for case in chosen {
        let row = bench.case(case).await?;
        eprintln!("{}", row.sentence());
        rows.push(row);
    }
    let processors = available_parallelism()?.get();
    let seconds = arguments.seconds;
    Ok(Report {
        processors,
        settings,
        seconds,
        rows,
    })
}

/// The connections, each with its part of the users, and with what every user has stored.
async fn clients(
    server: &Server,
    tokens: &SessionTokens,
    amounts: Amounts,
) -> Result<Vec<Client>, BenchError> {
    let mut connection = Connection::open(server.address).await?;
    let device = |user: &str, name: &str, collection| {
        let token = tokens.issue(&UserId::new(user)?, clock::now())?;
        Device::new(token, name, collection)
    };
    let owner = device("large", "device-large-1", "large")?;
    let reader = device("large", "device-large-2", "large")?;
    let large = fill::fill_large(&mut connection, owner, reader, amounts);
    let large: Arc<Large> = Arc::new(large.await?);
    let library = Arc::new(Library::new(tokens)?);
    let mut devices: Vec<Vec<Device>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for user in 1..=amounts.users {
        let mut device = device(
            &format!("user-{user}"),
            &format!("device-{user}"),
            "documents",
        )?;
        fill::fill(&mut connection, &mut device, amounts.documents).await?;
        if let Some(devices) = devices.get_mut(user % CONNECTIONS) {
            devices.push(device);
        }
    }
    let mut clients = Vec::new();
    for devices in devices {
        let (large, library) = (Arc::clone(&large), Arc::clone(&library));
        clients.push(Client::open(server.address, devices, large, library).await?);
    }
    Ok(clients)
}

fn stamp() -> Result<Hlc, BenchError> {
    Ok(Hlc::new(clock::now(), Node::new("device-1")?)?)
}

/// What the cases are measured with.
struct Bench<'a> {
    server: &'a Server,
    pgbench: Pgbench,
    clients: Vec<Client>,
    turn: Duration,
    turns: u64,
}

impl Bench<'_> {
    /// Measures server and baselines in turns, so that a machine that becomes slower becomes so
    /// for all of them.
    async fn case(&mut self, case: &Case) -> Result<Row, BenchError> {
        self.server.reset_peak_memory()?;
        let before = self.server.peak_memory()?;
        self.load(case, WARM_UP).await?;
        self.baseline(case, Some(case.statement), 1).await?;
        let mut row = Row::new(case);
        for _ in 0..self.turns {
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
                measured,
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
        let idle = self
            .clients
            .split_off(case.connections.min(self.clients.len()));
        let busy = std::mem::take(&mut self.clients);
        let (busy, measured) = load::run(busy, case.action, duration).await?;
        self.clients = busy.into_iter().chain(idle).collect();
        Ok(measured)
    }

    async fn baseline(
        &self,
        case: &Case,
        script: Option<Script>,
        seconds: u64,
    ) -> Result<Option<f64>, BenchError> {
        match script {
            Some(script) => {
                let rate = self.pgbench.run(script, case.connections, seconds).await?;
                Ok(Some(rate * f64::from(case.per_request)))
            }
            None => Ok(None),
        }
    }
}
