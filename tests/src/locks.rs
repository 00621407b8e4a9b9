//! Whether somebody waits for what a test holds.

use sqlx::PgConnection;

/// Whether anybody waits for a lock in this database.
pub async fn is_waiting(connection: &mut PgConnection) -> bool {
    let waiting = "SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    )";
    let waiting = sqlx::query_scalar(waiting).fetch_one(connection);
    waiting.await.expect("an answer")
}
