//! `syncline migrate`

use std::io::{Write, stdout};

use crate::{configuration::Configuration, database::Database, server::ServerError};

/// Brings the database to this program's schema.
pub(super) async fn run(configuration: &Configuration) -> Result<(), ServerError> {
    let opening = Database::join(configuration);
    Database::use_for(opening, async |database| {
        Ok(syncline_postgres::migrate(database.location()).await?)
    })
    .await?;
    writeln!(
        stdout(),
        "The database has the schema of Syncline {}.",
        env!("CARGO_PKG_VERSION")
    )?;
    Ok(())
}
