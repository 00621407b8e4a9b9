//! `syncline migrate`

use crate::{configuration::Configuration, database::Database, server::ServerError};

/// Brings the database to this program's schema.
pub(super) async fn run(configuration: &Configuration) -> Result<(), ServerError> {
    let database = Database::open(configuration).await?;
    let migrated = syncline_postgres::migrate(database.location()).await;
    database.close().await?;
    migrated?;
    println!(
        "The database has the schema of Syncline {}.",
        env!("CARGO_PKG_VERSION")
    );
    Ok(())
}
