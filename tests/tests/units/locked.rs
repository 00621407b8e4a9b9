//! Units of work that hold locks.

use sqlx::Executor;
use syncline_application::ports::{Freshness, PageQuery, Patience, ReportsFor, Seen, Store};
use syncline_domain::{identifier::UserId, snapshot::Snapshot};

use crate::trial::{Trial, ada, next_version, request, scope, write};

/// To PostgreSQL no transaction is in progress for itself. But others of its unit of work wrote in it as well, and
/// its cursor must not say that it has seen that.
#[tokio::test]
async fn the_cursor_of_a_push_has_not_seen_its_unit_of_work() {
    let trial = Trial::begin().await;
    let mut transaction = trial.store.begin(Patience::Long).await.unwrap();
    let request = request(ada(), "ada", "there");
    let before = transaction.lock(&[request], usize::MAX).await.unwrap();
    let mut other = trial.server.database.connect().await;
    let snapshot: String = sqlx::query_scalar("SELECT pg_current_snapshot()::text")
        .fetch_one(&mut other)
        .await
        .unwrap();
    // One that began later ends earlier.
    other.execute("SELECT pg_current_xact_id()").await.unwrap();
    let version = next_version(&before);
    let query = has_seen(snapshot.parse().unwrap());
    let written = transaction.write(&[write(&version)], &[query]).await;
    let written = written.unwrap();
    transaction.commit().await.unwrap();
    let page = written.pages[0].as_ref().expect("there is nothing to read");
    assert!(!page.snapshot.sees(written.transaction), "{page:?}");
}

/// Of one who has seen everything until now.
fn has_seen(begin: Snapshot) -> PageQuery {
    PageQuery {
        scope: scope(ada()),
        reader: UserId::new("ada").unwrap(),
        everybody: false,
        seen: Seen {
            begin,
            own: None,
            paging: None,
        },
        later_than: None,
        tombstones: true,
        limit: 10,
        bytes: 1_000,
        own: None,
        own_is_known: true,
        without: Vec::new(),
        reports: ReportsFor::Nobody,
        freshness: Freshness::Now,
    }
}
