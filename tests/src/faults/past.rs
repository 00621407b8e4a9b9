//! What a database remembers of the past, and how it forgets that while everybody goes on.
//!
//! A purge takes what is older than the retention by more than a minute, since no transaction lasts
//! longer. No run does either. So what every transaction has seen by now is made old first: each that
//! might not have seen it has ended, and its cursor is behind the horizon.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use sqlx::{Connection, PgConnection, Row, postgres::PgRow};
use syncline_application::ports::Store;
use syncline_domain::{
    access::Namespace,
    identifier::{OrganisationId, UserId},
};
use syncline_postgres::PostgresStore;
use tokio::{
    sync::MutexGuard,
    time::{Instant, sleep},
};

use super::{model::Name, network::lock};
use crate::TestDatabase;

/// What is purged by its age: the table, when its rows were written, and which of them may go.
const AGING: [(&str, &str, &str); 6] = [
    ("documents", "written_at", "deleted AND collection = $1"),
    ("document_versions", "superseded_at", "collection = $1"),
    ("document_pushes", "pushed_at", "collection = $1"),
    ("routes", "changed_at", "revoked AND collection = $1"),
    ("reader_resets", "deleted_at", "collection = $1"),
    (
        "memberships",
        "changed_at",
        "revoked AND user_id LIKE '%' || ltrim($1, 'notes')",
    ),
];

/// How exact the clock of a cursor is.
const TICK: Duration = Duration::from_millis(2);

pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The past of a database that several worlds share.
pub(super) struct Past {
    database: TestDatabase,
    /// Rows that one world has made old are for its own purge.
    purging: tokio::sync::Mutex<()>,
    horizons: Mutex<Vec<Horizon>>,
}

/// A horizon, as far as the one who moved it knows.
#[derive(Clone, Copy, Debug)]
struct Horizon {
    /// When it was moved.
    began: Instant,
    ended: Option<Instant>,
    /// Clocks from before are behind it.
    certainly: Instant,
    /// Clocks from afterwards are not.
    perhaps: Option<Instant>,
}

/// A purge under way.
pub(super) struct Purge<'p> {
    past: &'p Past,
    _alone: MutexGuard<'p, ()>,
    connection: PgConnection,
    collection: String,
    /// What was written before is seen by everybody, unless behind the horizon.
    before: String,
    horizon: Instant,
}

impl Past {
    pub(super) fn of(database: TestDatabase) -> Self {
        Self {
            database,
            purging: tokio::sync::Mutex::default(),
            horizons: Mutex::default(),
        }
    }

    pub(super) fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Whether a clock that was given since `given` may count as none until `asked`.
    pub(super) fn may_forget(&self, given: Instant, asked: Instant) -> bool {
        let is_behind = |horizon: &Horizon| {
            let is_older = |perhaps: Instant| given <= perhaps + TICK;
            horizon.began <= asked && horizon.perhaps.is_none_or(is_older)
        };
        lock(&self.horizons).iter().any(is_behind)
    }

    /// Whether something may have been purged between two moments.
    pub(super) fn may_purge(&self, start: Instant, end: Instant) -> bool {
        let is_meanwhile = |horizon: &Horizon| {
            horizon.began <= end && horizon.ended.is_none_or(|ended| ended >= start)
        };
        lock(&self.horizons).iter().any(is_meanwhile)
    }

    /// Whether a clock that was given until `given` must count as none from `asked` on.
    pub(super) fn must_forget(&self, given: Instant, asked: Instant) -> bool {
        let is_behind = |horizon: &Horizon| {
            let is_moved = horizon.ended.is_some_and(|ended| ended <= asked);
            is_moved && given + TICK < horizon.certainly
        };
        lock(&self.horizons).iter().any(is_behind)
    }

    /// The reports that are kept in a collection, each with the device that it is for.
    pub(super) async fn reports(&self, collection: &str) -> Result<Vec<(String, String)>, Failure> {
        let options = self
            .database
            .options()
            .options([("search_path", "syncline")]);
        let mut connection = PgConnection::connect_with(&options).await?;
        let statement = "SELECT node, report::text FROM document_pushes \
            WHERE report IS NOT NULL AND collection = $1";
        let query = sqlx::query(statement).bind(collection);
        let rows = query.fetch_all(&mut connection).await?;
        Ok(rows.iter().map(pair).collect::<Result<_, _>>()?)
    }

    /// Waits until nobody can miss what was written in a collection before.
    pub(super) async fn begin(&self, collection: &str) -> Result<Purge<'_>, Failure> {
        let alone = self.purging.lock().await;
        let options = self.database.options();
        let options = options.options([("search_path", "syncline"), ("syncline.renewing", "on")]);
        let mut connection = PgConnection::connect_with(&options).await?;
        // Who began before that has committed.
        let before = outlast(&mut connection).await?;
        // Who began before that, and may have read without it, has its answer.
        outlast(&mut connection).await?;
        Ok(Purge {
            past: self,
            _alone: alone,
            connection,
            collection: collection.to_owned(),
            before,
            horizon: Instant::now(),
        })
    }
}

impl Purge<'_> {
    /// The documents that are about to go.
    pub(super) async fn tombstones(&mut self) -> Result<BTreeSet<Name>, Failure> {
        let statement = "SELECT kind, owner_id, key FROM documents \
            JOIN namespaces USING (namespace_id) WHERE deleted AND collection = $1";
        self.names(statement).await
    }

    /// The documents whose readers were decided.
    pub(super) async fn entries(&mut self) -> Result<BTreeSet<Name>, Failure> {
        let statement = "SELECT kind, owner_id, key FROM access_entries \
            JOIN namespaces USING (namespace_id) WHERE collection = $1";
        self.names(statement).await
    }

    /// The reports of conflicts that are kept for who has not heard them.
    pub(super) async fn reports(&mut self) -> Result<Vec<(i64, String)>, Failure> {
        let statement = "SELECT push_id, report::text FROM document_pushes \
            WHERE report IS NOT NULL AND collection = $1";
        let query = sqlx::query(statement).bind(&self.collection);
        let rows = query.fetch_all(&mut self.connection).await?;
        Ok(rows.iter().map(pair).collect::<Result<_, _>>()?)
    }

    /// Moves the horizon to where this began, or a little later, and removes what is behind it. Returns
    /// how many rows went.
    pub(super) async fn finish(&mut self) -> Result<u64, Failure> {
        let number = self.note();
        let purged = self.purge().await;
        let ended = purged.is_ok().then(Instant::now);
        let mut horizons = lock(&self.past.horizons);
        let horizon = &mut horizons[number];
        horizon.ended = ended;
        // It cannot be later by more than it took.
        horizon.perhaps = Some(horizon.certainly + horizon.began.elapsed());
        purged
    }

    fn note(&self) -> usize {
        let mut horizons = lock(&self.past.horizons);
        horizons.push(Horizon {
            began: Instant::now(),
            ended: None,
            certainly: self.horizon,
            perhaps: None,
        });
        horizons.len() - 1
    }

    async fn purge(&mut self) -> Result<u64, Failure> {
        for (table, column, condition) in AGING {
            let old = format!("{condition} AND {column} < $2::text::timestamptz");
            self.age(table, column, "-", &old).await?;
        }
        let store = PostgresStore::connect(self.past.database.options(), 1).await?;
        let retention = self.horizon.elapsed().as_millis().try_into()?;
        let report = store.purge(retention).await?;
        // What a transaction held back is for another purge.
        for (table, column, condition) in AGING {
            let old =
                format!("{condition} AND {column} < $2::text::timestamptz - interval '1 hour'");
            self.age(table, column, "+", &old).await?;
        }
        Ok(report.tombstones + report.versions + report.pushes + report.routes)
    }

    /// Makes rows older or younger. Those that somebody is about to change are left alone.
    async fn age(
        &mut self,
        table: &str,
        column: &str,
        sign: &str,
        condition: &str,
    ) -> Result<(), Failure> {
        let statement = format!(
            "UPDATE {table} SET {column} = {column} {sign} interval '2 hours' WHERE ctid = ANY \
             (ARRAY(SELECT ctid FROM {table} WHERE {condition} FOR UPDATE SKIP LOCKED))"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(&self.collection)
            .bind(&self.before)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn names(&mut self, statement: &'static str) -> Result<BTreeSet<Name>, Failure> {
        let query = sqlx::query(statement).bind(&self.collection);
        let rows = query.fetch_all(&mut self.connection).await?;
        rows.iter().map(name).collect()
    }
}

fn name(row: &PgRow) -> Result<Name, Failure> {
    let (kind, owner): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    let namespace = match kind {
        "personal" => Namespace::Personal(UserId::new(owner)?),
        _ => Namespace::Organisation(OrganisationId::new(owner)?),
    };
    let key = row.try_get(2)?;
    Ok(Name { namespace, key })
}

/// Waits until every transaction that began before now has ended. Returns what the time was.
async fn outlast(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let now: String = sqlx::query_scalar("SELECT clock_timestamp()::text")
        .fetch_one(&mut *connection)
        .await?;
    let statement = "SELECT EXISTS (SELECT FROM pg_stat_activity \
        WHERE datname = current_database() AND backend_type = 'client backend' \
        AND xact_start < $1::text::timestamptz)";
    while sqlx::query_scalar(statement)
        .bind(&now)
        .fetch_one(&mut *connection)
        .await?
    {
        sleep(Duration::from_millis(1)).await;
    }
    Ok(now)
}

fn pair<A, B>(row: &PgRow) -> Result<(A, B), sqlx::Error>
where
    A: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    B: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    Ok((row.try_get(0)?, row.try_get(1)?))
}
