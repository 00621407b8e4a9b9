//! `syncline incarnation renew`

use std::io::{Write, stdout};

use syncline_postgres::{Renewal, renew_incarnation};

use crate::{configuration::Configuration, database::Database, server::ServerError};

/// Begins a new life of the database, and says what follows.
pub(super) async fn renew(configuration: &Configuration) -> Result<(), ServerError> {
    let opening = Database::open_existing(configuration);
    let renewed = Database::use_for(opening, async |database| {
        Ok(renew_incarnation(database.location()).await?)
    })
    .await?;
    writeln!(stdout(), "{}", report(&renewed))?;
    Ok(())
}

fn report(renewal: &Renewal) -> String {
    let newest = match &renewal.newest {
        Some(newest) => format!("Its newest document was stored at {newest} UTC."),
        None => "It has no document.".to_owned(),
    };
    format!(
        "Incarnation {} of the database has begun. {newest} Devices fetch everything anew at their \
         next sync, and push again what was stored later.",
        renewal.ordinal
    )
}
