//! `syncline purge`

use std::io::{Write, stdout};

use syncline_application::ports::Store;
use syncline_postgres::PostgresStore;

use crate::{
    configuration::Configuration,
    database::Database,
    server::{ServerError, retention_millis},
};

/// Removes what is older than the retention.
pub(super) async fn run(configuration: &Configuration) -> Result<(), ServerError> {
    let opening = Database::open_existing(configuration);
    let purging = async |database: &Database| purge(configuration, database).await;
    let purged = Database::use_for(opening, purging).await?;
    writeln!(stdout(), "{purged}")?;
    Ok(())
}

async fn purge(configuration: &Configuration, database: &Database) -> Result<String, ServerError> {
    syncline_postgres::migrate(database.location()).await?;
    let store = PostgresStore::connect(database.location(), 1).await?;
    let removed = store.purge(retention_millis(configuration)).await?;
    Ok(format!(
        "Removed {} tombstones, {} superseded versions, {} pushed values and {} revoked routes \
         older than {} days.",
        removed.tombstones,
        removed.versions,
        removed.pushes,
        removed.routes,
        configuration.retention.days
    ))
}
