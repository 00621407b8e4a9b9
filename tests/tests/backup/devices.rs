//! Devices that hold cursors from before the database came back.

use std::time::Duration;

use reqwest::StatusCode;
use sqlx::Executor;
use syncline_application::ports::Store;
use syncline_postgres::PostgresStore;
use syncline_tests::{
    TestDatabase, TestServer,
    clients::{Child, Language, compile_typescript},
    first_sync,
};
use tokio::time::{Instant, sleep};

use crate::{
    club::Club,
    family::{COLLECTION, Family},
};

/// Devices may be ahead by so little that what is older than a test is not taken for lost.
const SETTINGS: &str = "limits.clockSkewSeconds = 1";
const SKEW: Duration = Duration::from_millis(1100);

/// How long a database may take to come back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Two families and two clubs: one has the Rust client, the other the TypeScript client.
pub(crate) struct Devices {
    families: [Family; 2],
    clubs: [Club; 2],
}

/// A server of this database.
pub(crate) async fn server(database: TestDatabase) -> TestServer {
    TestServer::with(database, SETTINGS).await
}

impl Devices {
    /// What the backup has, and devices that have seen it.
    pub(crate) async fn before(server: &TestServer) -> Self {
        compile_typescript();
        let rust = Child::new(Language::Rust);
        let typescript = Child::new(Language::TypeScript);
        let mut families = [
            Family::new("ada", "grace", &rust).await,
            Family::new("alan", "mary", &typescript).await,
        ];
        for family in &mut families {
            family.long_ago(server).await;
        }
        forget_tombstones(&server.database, families.len()).await;
        sleep(SKEW).await;
        for family in &mut families {
            family.before(server).await;
        }
        let clubs = [
            Club::before(server, "ada", "grace", &rust).await,
            Club::before(server, "alan", "mary", &typescript).await,
        ];
        Self { families, clubs }
    }

    /// What the backup lacks.
    pub(crate) async fn later(&mut self, server: &TestServer) {
        for family in &mut self.families {
            family.later(server).await;
        }
        for club in &self.clubs {
            club.later(server).await;
        }
    }

    /// What must hold on a server of the database that came back.
    pub(crate) async fn after(self, server: &TestServer) {
        comes_back(server).await;
        for family in self.families {
            family.after(server).await;
        }
        for club in self.clubs {
            club.after(server).await;
        }
    }
}

/// Purges so many tombstones as if the retention had passed. Somebody else's transaction may hold it
/// up.
async fn forget_tombstones(database: &TestDatabase, count: usize) {
    let mut connection = database.connect().await;
    let age = "SET syncline.renewing = 'on';
        UPDATE documents SET written_at = written_at - interval '2 hours' WHERE deleted";
    connection.execute(sqlx::raw_sql(age)).await.unwrap();
    let store = PostgresStore::connect(database.options(), 1).await.unwrap();
    let (begin, mut left) = (Instant::now(), count as u64);
    while left > 0 {
        assert!(begin.elapsed() < PATIENCE, "{left} tombstones stay");
        left -= store.purge(60 * 60 * 1000).await.unwrap().tombstones;
        sleep(Duration::from_millis(20)).await;
    }
}

/// Asks until the database answers.
pub(crate) async fn comes_back(server: &TestServer) {
    let begin = Instant::now();
    loop {
        let answer = server
            .post_sync("bob", "todo", &first_sync(COLLECTION))
            .await;
        if answer.status == StatusCode::OK {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{}", answer.body);
        sleep(Duration::from_millis(100)).await;
    }
}
