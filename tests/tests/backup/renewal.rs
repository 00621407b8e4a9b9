//! A new life among transactions of all kinds. What every snapshot has seen is left alone; of the
//! rest, nobody misses anything, or is told of it twice.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgConnection;
use syncline_postgres::renew_incarnation;
use syncline_tests::{
    Postgresql, Replica, TestServer,
    replica::{change, stamp},
    server::answer,
};

use crate::{
    devices::server,
    family::COLLECTION,
    rows::{Row, first_unseen, rows},
};

const LIVES: u64 = 8;
const DOCUMENTS: usize = 20;

/// So far ahead of the cluster the transactions of another one are.
const AHEAD: i64 = 30;

/// What came from a cluster with more transactions than this one, or with fewer.
const STRANGE: &str = "
    SET syncline.renewing = 'on';
    UPDATE documents SET tx = strange(tx) WHERE random() < 0.3;
    UPDATE document_versions SET tx = strange(tx) WHERE random() < 0.3;
    UPDATE routes SET tx = strange(tx) WHERE random() < 0.3;
    UPDATE routes SET opened_tx = strange(opened_tx) WHERE random() < 0.3;
    SET syncline.renewing = 'off'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_every_snapshot_has_seen_is_left_alone() {
    let cluster = Postgresql::start("");
    cluster.run("createdb app");
    let server = server(cluster.database("app")).await;
    let mut connection = server.database.connect().await;
    let strange = format!(
        "CREATE FUNCTION strange(tx xid8) RETURNS xid8 LANGUAGE sql VOLATILE AS $$
            SELECT CASE WHEN random() < 0.5 THEN tx ELSE
                (pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                + floor(random() * {AHEAD})::bigint)::text::xid8
            END
        $$"
    );
    run(&mut connection, strange).await;
    for seed in 0..LIVES {
        println!("seed {seed}");
        run(&mut connection, format!("SELECT setseed(0.0{seed:02})")).await;
        World::new(&server, seed).live(&mut connection).await;
    }
    server.stop().await;
}

/// Two users of a server, and transactions that are in progress.
struct World<'a> {
    server: &'a TestServer,
    dice: StdRng,
    users: [String; 2],
    /// Each is of one of the users.
    replicas: Vec<(usize, Replica)>,
    late: Vec<PgConnection>,
    written: usize,
}

impl<'a> World<'a> {
    fn new(server: &'a TestServer, seed: u64) -> Self {
        let replicas = [
            (0, Replica::new(COLLECTION)),
            (0, Replica::paged(COLLECTION, 3)),
            (1, Replica::new(COLLECTION)),
            (1, Replica::paged(COLLECTION, 1)),
        ];
        Self {
            server,
            dice: StdRng::seed_from_u64(seed),
            users: ["writer", "reader"].map(|user| format!("{user}-{seed}")),
            replicas: replicas.into(),
            late: Vec::new(),
            written: 0,
        }
    }

    async fn live(mut self, connection: &mut PgConnection) {
        for number in 0..DOCUMENTS {
            // Some documents have several versions.
            self.push(&format!("{}", number % 14)).await;
            if self.dice.random_bool(0.1) {
                self.begin_late().await;
            }
            if self.dice.random_bool(0.3) {
                self.share(&format!("{}", number % 14)).await;
            }
        }
        self.pull().await;
        let before = self.shown().await;
        run(connection, STRANGE.to_owned()).await;
        self.begin_late().await;
        renewed(self.server, connection).await;
        assert_eq!(self.shown().await, before);
        self.pull_a_page().await;
        for mut late in std::mem::take(&mut self.late) {
            self.write_late(&mut late).await;
            self.pull_a_page().await;
            let end = ["COMMIT", "COMMIT", "ROLLBACK"][self.dice.random_range(0..3)];
            run(&mut late, end.to_owned()).await;
            self.pull_a_page().await;
        }
        for number in 0..AHEAD + 10 {
            self.push(&format!("{}", number % 20)).await;
            if self.dice.random_bool(0.2) {
                self.pull_a_page().await;
            }
        }
        self.pull().await;
        self.judge().await;
    }

    async fn push(&mut self, key: &str) {
        self.written += 1;
        let change = change(
            key,
            &json!({ "n": self.written }),
            &stamp("laptop", self.written),
        );
        let body = json!({
            "collection": COLLECTION, "protocol": 2, "echo": false, "changes": [change],
        });
        self.server.sync(&self.users[0], body).await;
    }

    async fn share(&self, key: &str) {
        let path = format!("/docIndex/todo/{key}?collection={COLLECTION}");
        let request = self.server.request(Method::PATCH, &path);
        let request = request.bearer_auth(self.server.token(&self.users[0]));
        let shared = json!({ "sharedWith": [{ "userId": self.users[1], "access": "read" }] });
        let shared = answer(request.json(&shared)).await;
        assert_eq!(shared.status, StatusCode::OK, "{}", shared.body);
    }

    /// A transaction takes its id.
    async fn begin_late(&mut self) {
        let mut late = self.server.database.connect().await;
        run(&mut late, "BEGIN; SELECT pg_current_xact_id()".to_owned()).await;
        self.late.push(late);
    }

    /// It writes a new document, and one that is there.
    async fn write_late(&mut self, late: &mut PgConnection) {
        self.written += 1;
        let (writer, number) = (&self.users[0], self.written);
        let revision = stamp("sql", number);
        let place = format!(
            "namespace_id = (SELECT namespace_id FROM namespaces WHERE owner_id = '{writer}')"
        );
        let write = format!(
            "INSERT INTO documents (namespace_id, application, collection, key, version, revision,
                field_revisions, content, deleted, bytes)
            SELECT namespace_id, application, collection, 'late-{number}', 1, '{revision}',
                '{{}}', '{{\"late\": 1}}', false, 20
            FROM documents WHERE {place} AND key = '0';
            UPDATE documents
            SET version = version + 1, revision = '{revision}', content = '{{\"late\": {number}}}'
            WHERE {place} AND NOT has_routes AND key = '{}'",
            number % 14
        );
        run(late, write).await;
    }

    /// Everybody takes in all that there is.
    async fn pull(&mut self) {
        for (user, replica) in &mut self.replicas {
            // The first ends what was a pull in the midst of its pages.
            for _ in 0..2 {
                replica.sync(self.server, &self.users[*user], &[]).await;
            }
        }
    }

    /// Some take one page in.
    async fn pull_a_page(&mut self) {
        for (user, replica) in &mut self.replicas {
            if self.dice.random_bool(0.7) {
                let answer = self
                    .server
                    .sync(&self.users[*user], replica.body(&[]))
                    .await;
                replica.apply(&answer, &[]);
            }
        }
    }

    /// What a first pull of each user gives.
    async fn shown(&self) -> Vec<BTreeMap<String, Value>> {
        let mut shown = Vec::new();
        for user in &self.users {
            let mut fresh = Replica::new(COLLECTION);
            fresh.sync(self.server, user, &[]).await;
            shown.push(fresh.documents().clone());
        }
        shown
    }

    async fn judge(&self) {
        let shown = self.shown().await;
        for (user, replica) in &self.replicas {
            assert_eq!(*replica.documents(), shown[*user]);
            assert_eq!(replica.told_twice(), Vec::<&(String, String)>::new());
            assert_eq!(replica.resets, 1);
        }
    }
}

/// Begins a new life, and looks at what that did to the rows.
async fn renewed(server: &TestServer, connection: &mut PgConnection) {
    let before = rows(connection).await;
    let first = first_unseen(connection).await;
    renew_incarnation(server.database.options()).await.unwrap();
    let last = first_unseen(connection).await;
    let after: BTreeSet<Row> = rows(connection).await;
    assert_eq!(before.len(), after.len());
    for row in before.iter().filter(|row| row.transaction < first) {
        assert!(after.contains(row), "{row:?} is another by now");
    }
    for row in &after {
        assert!(row.transaction < last, "not everybody has seen {row:?}");
    }
    let is_ahead = |row: &&Row| row.transaction >= last;
    assert!(before.iter().any(|row| is_ahead(&row)), "nothing is ahead");
}

async fn run(connection: &mut PgConnection, statements: String) {
    let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(statements));
    statements.execute(connection).await.unwrap();
}
