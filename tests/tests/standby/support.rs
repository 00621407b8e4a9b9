use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use syncline_tests::{
    Postgresql, Replica, TestDatabase, TestServer,
    replica::{change, stamp},
    server::answer,
};
use tokio::time::{Instant, sleep};

pub(crate) const USER: &str = "ada";
pub(crate) const COLLECTION: &str = "notes";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The roles of docs/operations.md.
const ROLES: &str = include_str!("../../../packaging/roles.sql");
const OWNER: &str = "syncline_owner";
const SERVER: &str = "syncline_server";

/// A primary, its standby, and a server that uses both with the least rights.
pub(crate) struct Pair {
    pub(crate) primary: Postgresql,
    pub(crate) standby: Postgresql,
    pub(crate) server: TestServer,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        let primary = Postgresql::start("");
        primary.run("createdb app");
        let roles = [("ROLES", ROLES.to_owned())];
        primary.run_with(
            "psql --quiet --set=ON_ERROR_STOP=1 --command=\"$ROLES\" app",
            &roles,
        );
        let owner = primary.options("app").username(OWNER);
        syncline_postgres::migrate(owner).await.unwrap();
        let standby = Postgresql::following(&primary);
        let database =
            |cluster: &Postgresql| TestDatabase::at(cluster.options("app").username(SERVER));
        let address = database(&standby).url();
        let settings = format!("databaseStandbyUrl = \"{address}\"");
        let server = TestServer::with(database(&primary), &settings).await;
        Self {
            primary,
            standby,
            server,
        }
    }

    /// Waits until the standby shows what the primary does.
    pub(crate) async fn level(&self) {
        let mut primary = self.primary.database("app").connect().await;
        let mut standby = self.standby.database("app").connect().await;
        let written: String = sqlx::query_scalar("SELECT pg_current_wal_flush_lsn()::text")
            .fetch_one(&mut primary)
            .await
            .unwrap();
        until("the standby follows", async || {
            sqlx::query_scalar("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn")
                .bind(&written)
                .fetch_one(&mut standby)
                .await
                .unwrap()
        })
        .await;
    }

    /// How many pages were read: from the standby, and from the primary instead.
    pub(crate) async fn pages(&self) -> (u64, u64) {
        let request = self.server.request(Method::GET, "/metrics");
        let metrics = answer(request).await.body;
        let metrics = metrics.as_str().unwrap();
        let count = |database: &str| {
            let name = format!("syncline_pages_read_total{{database=\"{database}\"}} ");
            let mut lines = metrics.lines();
            let count = lines.find_map(|line| line.strip_prefix(&name));
            count.map_or(0, |count| count.parse().unwrap())
        };
        (count("standby"), count("instead"))
    }

    /// Pulls until the standby has answered.
    pub(crate) async fn is_used(&self) {
        let (before, _) = self.pages().await;
        let mut replica = Replica::new(COLLECTION);
        until("the standby answers", async || {
            replica.sync(&self.server, USER, &[]).await;
            self.pages().await.0 > before
        })
        .await;
    }
}

/// Pushes a new document.
pub(crate) async fn push(server: &TestServer, replica: &mut Replica, key: &str) {
    let change = change(key, &json!({ "title": key }), &stamp("laptop", 0));
    replica.sync(server, USER, &[change]).await;
}

/// Waits for something.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < PATIENCE, "{what}, in vain");
        sleep(Duration::from_millis(50)).await;
    }
}
