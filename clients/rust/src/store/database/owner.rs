//! Whose documents the file holds.

use rusqlite::{OptionalExtension, Transaction};

use super::{storage, version};
use crate::store::{error::StoreError, person::Person};

/// Files of earlier versions know no issuers.
const VERSION_OF_ISSUERS: i64 = 2;

/// Makes the file, if nobody has it, the person's in this place, and refuses it to anybody else. The person
/// learns the issuer that it tells; returns whether it does.
pub(super) fn claim(
    transaction: &Transaction<'_>,
    place: &str,
    person: &Person,
) -> Result<bool, StoreError> {
    let name = format!("{place}\n{}", person.user);
    let Some((found, issuer)) = find(transaction).map_err(storage)? else {
        let insert = "INSERT INTO owner (name) VALUES (?1)";
        transaction.execute(insert, [name]).map_err(storage)?;
        return Ok(false);
    };
    // An earlier version wrote an empty one for tokens without.
    let issuer = issuer.filter(|issuer| !issuer.is_empty());
    let is_told = issuer.is_some();
    if found != name || !issuer.is_none_or(|issuer| person.take_issuer(&issuer)) {
        let rule = "the file holds documents of another user, application or server: sign out \
                    there first, or choose another file";
        return Err(StoreError::Options(rule.to_owned()));
    }
    Ok(is_told)
}

/// The name in the file, and the issuer that it tells.
fn find(transaction: &Transaction<'_>) -> rusqlite::Result<Option<(String, Option<String>)>> {
    let text = if knows_issuers(transaction)? {
        "SELECT name, issuer FROM owner"
    } else {
        "SELECT name, NULL FROM owner"
    };
    transaction
        .query_row(text, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Writes down the person's issuer. A file that knew none learns of them only now: to be opened it needs no
/// room on the device.
pub(super) fn tell(transaction: &Transaction<'_>, issuer: &str) -> rusqlite::Result<()> {
    if !knows_issuers(transaction)? {
        transaction.execute("ALTER TABLE owner ADD COLUMN issuer TEXT", [])?;
        transaction.pragma_update(None, "user_version", VERSION_OF_ISSUERS)?;
    }
    transaction.execute("UPDATE owner SET issuer = ?1", [issuer])?;
    Ok(())
}

fn knows_issuers(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    Ok(version(transaction)? >= VERSION_OF_ISSUERS)
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use rusqlite::Connection;

    use super::{claim, tell};
    use crate::store::{
        database::{Database, prepare, version},
        error::StoreError,
        person::Person,
    };

    const PLACE: &str = "http://127.0.0.1/todo";

    fn ada(issuer: &str) -> Person {
        let person = unknown();
        assert!(person.take_issuer(issuer));
        person
    }

    fn unknown() -> Person {
        Person::of("", Some("ada".to_owned().try_into().unwrap())).unwrap()
    }

    fn open(connection: &mut Connection, person: Person) -> Result<Person, StoreError> {
        let transaction = connection.transaction().unwrap();
        prepare(&transaction)?;
        claim(&transaction, PLACE, &person)?;
        if let Some(issuer) = person.issuer() {
            tell(&transaction, issuer).unwrap();
        }
        transaction.commit().unwrap();
        Ok(person)
    }

    /// Which knew the name of the user alone.
    #[test]
    fn a_file_of_an_earlier_version_becomes_the_issuers_that_asks_first() {
        let mut connection = earlier();
        open(&mut connection, unknown()).unwrap();
        open(&mut connection, ada("one")).unwrap();
        let other = open(&mut connection, ada("two"));
        assert!(matches!(other, Err(StoreError::Options(_))), "{other:?}");
        open(&mut connection, ada("one")).unwrap();
    }

    /// As on a device that is full.
    #[test]
    fn a_file_of_an_earlier_version_needs_no_room_to_be_opened() {
        let connection = earlier();
        fill(&connection);
        let issuer = too_long();
        let person = Arc::new(ada(&issuer));
        let database = Database::over(connection, Path::new(""), PLACE, person).unwrap();
        let untouched = |connection: &mut Connection| version(&connection.transaction()?);
        assert_eq!(database.with(untouched).unwrap(), 1);
        database.with(|connection| free(connection)).unwrap();
        database.change(|_| Ok(())).unwrap();
        assert_eq!(database.with(told).unwrap(), Some(issuer));
    }

    #[test]
    fn what_a_token_does_not_tell_the_file_does() {
        let mut connection = Connection::open_in_memory().unwrap();
        open(&mut connection, unknown()).unwrap();
        open(&mut connection, ada("one")).unwrap();
        assert_eq!(open(&mut connection, unknown()).unwrap(), ada("one"));
    }

    /// Which wrote it down of tokens without one.
    #[test]
    fn an_empty_issuer_of_an_earlier_version_is_none() {
        let mut connection = Connection::open_in_memory().unwrap();
        open(&mut connection, unknown()).unwrap();
        let update = "UPDATE owner SET issuer = ''";
        connection.execute(update, []).unwrap();
        assert_eq!(open(&mut connection, unknown()).unwrap(), unknown());
        open(&mut connection, ada("one")).unwrap();
        let other = open(&mut connection, ada("two"));
        assert!(matches!(other, Err(StoreError::Options(_))), "{other:?}");
    }

    /// All else of the file can be read still.
    #[test]
    fn an_issuer_that_there_is_no_room_for_is_told_later() {
        let mut connection = Connection::open_in_memory().unwrap();
        open(&mut connection, unknown()).unwrap();
        fill(&connection);
        let issuer = too_long();
        let person = Arc::new(ada(&issuer));
        let database = Database::over(connection, Path::new(""), PLACE, person).unwrap();
        assert_eq!(database.with(told).unwrap(), None);
        database.with(|connection| free(connection)).unwrap();
        database.change(|_| Ok(())).unwrap();
        assert_eq!(database.with(told).unwrap(), Some(issuer));
    }

    /// A file of the version that knew no issuers.
    fn earlier() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE owner (name TEXT NOT NULL); PRAGMA user_version = 1;";
        connection.execute_batch(tables).unwrap();
        let name = format!("{PLACE}\nada");
        let insert = "INSERT INTO owner (name) VALUES (?1)";
        connection.execute(insert, [name]).unwrap();
        connection
    }

    /// There is room for what fits where something is already.
    fn fill(connection: &Connection) {
        // No less than there is.
        let full = "PRAGMA max_page_count = 1";
        connection.execute_batch(full).unwrap();
    }

    fn free(connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch("PRAGMA max_page_count = 1000")
    }

    fn too_long() -> String {
        "one".repeat(10_000)
    }

    fn told(connection: &mut Connection) -> rusqlite::Result<Option<String>> {
        connection.query_row("SELECT issuer FROM owner", [], |row| row.get(0))
    }
}
