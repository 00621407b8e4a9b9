//! Servers with databases of their own, for as long as something is measured.

use secrecy::SecretString;
use syncline_domain::{
    hlc::{Hlc, Node},
    identifier::UserId,
};
use syncline_identity::SessionTokens;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use crate::{
    BenchError, arguments::Arguments, clock, database::Database, device::Device, server::Server,
};

/// A running server, its database and its secret.
pub(crate) struct Site {
    /// The server.
    pub server: Server,
    /// Signs what its users show.
    pub tokens: SessionTokens,
    _folder: TempDir,
}

impl Site {
    async fn start(arguments: &Arguments) -> Result<Self, BenchError> {
        let folder = tempfile::Builder::new()
            .prefix("syncline-bench-")
            .tempdir_in(&arguments.folder)?;
        let secret = format!("{}{}", Uuid::new_v4(), Uuid::new_v4());
        let start = || Server::start(&arguments.server, folder.path(), &secret);
        let mut server = start().await?;
        if needs_more_sessions(arguments) {
            let mut database = Database::connect(&server.socket()).await?;
            database.allow_sessions(SESSIONS).await?;
            database.close().await?;
            server.stop().await?;
            server = start().await?;
        }
        Ok(Self {
            server,
            tokens: SessionTokens::new(&[SecretString::from(secret)])?,
            _folder: folder,
        })
    }

    /// A device of `user`.
    pub(crate) fn device(
        &self,
        user: &str,
        name: &str,
        collection: &str,
    ) -> Result<Device, BenchError> {
        Device::new(self.token(user)?, name, collection)
    }

    /// What `user` shows.
    pub(crate) fn token(&self, user: &str) -> Result<String, BenchError> {
        Ok(self.tokens.issue(&UserId::new(user)?, clock::now())?)
    }

    /// A connection to the database.
    pub(crate) async fn database(&self) -> Result<Database, BenchError> {
        Database::connect(&self.server.socket()).await
    }
}

/// How many sessions the database allows where its usual 100 are too few: one for each connection of `pgbench`, as many
/// that may not have left yet when the next begin, and those of the server.
const SESSIONS: u16 = 600;

/// Whether `pgbench` has more connections than are left beside the server's.
fn needs_more_sessions(arguments: &Arguments) -> bool {
    arguments.most_connections() > 64
}

/// A clock for what no device wrote.
pub(crate) fn stamp() -> Result<Hlc, BenchError> {
    Ok(Hlc::new(clock::now(), Node::new("device-1")?)?)
}

/// Starts so many servers, measures, and stops them, whatever happens.
pub(crate) async fn run<T>(
    arguments: &Arguments,
    count: usize,
    measure: impl AsyncFnOnce(&[Site]) -> Result<T, BenchError>,
) -> Result<T, BenchError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut sites = Vec::new();
    let measured = tokio::select! {
        measured = async {
            for _ in 0..count {
                sites.push(Site::start(arguments).await?);
            }
            measure(&sites).await
        } => measured,
        _ = interrupt.recv() => Err("interrupted".into()),
        _ = terminate.recv() => Err("interrupted".into()),
    };
    let logs: Vec<_> = sites.iter().map(|site| site.server.log()).collect();
    for site in sites {
        site.server.stop().await?;
    }
    measured.map_err(|error| format!("{error}\n{}", logs.join("\n")).into())
}

/// The same with one server.
pub(crate) async fn run_one<T>(
    arguments: &Arguments,
    measure: impl AsyncFnOnce(&Site) -> Result<T, BenchError>,
) -> Result<T, BenchError> {
    run(arguments, 1, async |sites: &[Site]| match sites.first() {
        Some(site) => measure(site).await,
        None => Err("no server was started".into()),
    })
    .await
}
