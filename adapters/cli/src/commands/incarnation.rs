//! `syncline incarnation renew`

use syncline_postgres::{Renewal, renew_incarnation};

use crate::{configuration::Configuration, database::Database, server::ServerError};

/// Begins a new life of the database, and says what follows.
pub(super) async fn renew(configuration: &Configuration) -> Result<(), ServerError> {
    let database = Database::open_existing(configuration).await?;
    let renewed = renew_incarnation(database.location()).await;
    database.close().await?;
    println!("{}", report(&renewed?));
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
