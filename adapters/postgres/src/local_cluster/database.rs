//! The server's database.

use sqlx::{ConnectOptions, Connection};

use super::{LocalCluster, LocalClusterError};

/// Creates `name`, a database of the server's own choosing, unless the cluster has it.
pub(super) async fn create_if_missing(
    cluster: &LocalCluster,
    name: &'static str,
) -> Result<(), LocalClusterError> {
    let mut connection = cluster.connect_options_for("postgres").connect().await?;
    let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_optional(&mut connection)
        .await?;
    if found.is_none() {
        // Parameters are not allowed here; the name is a constant of this crate.
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
        sqlx::query(create).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}
