//! Answers that stand still between what they pushed and what they pull.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection, Postgres, Transaction};

/// Lets no page be read until the transaction ends: every page reads this table. So does a push that writes
/// something, but not one that is repeated.
pub async fn hold_pages(connection: &mut PgConnection) -> Transaction<'_, Postgres> {
    let mut holder = connection.begin().await.expect("a transaction");
    let lock = "LOCK TABLE reader_resets IN ACCESS EXCLUSIVE MODE";
    holder.execute(lock).await.expect("the lock");
    holder
}

/// Waits until a page is about to be read.
pub async fn until_pages_wait(holder: &mut Transaction<'_, Postgres>) {
    let is_wanted = "SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND relation = 'reader_resets'::regclass AND NOT granted
    )";
    for _ in 0..4_000 {
        let is_wanted = sqlx::query_scalar(is_wanted).fetch_one(&mut **holder);
        if is_wanted.await.expect("an answer") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody reads a page");
}
