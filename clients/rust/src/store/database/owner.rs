//! Whose documents the file holds.

use rusqlite::{OptionalExtension, Transaction};

use super::storage;
use crate::store::{error::StoreError, person::Person};

/// Makes the file, if nobody has it, the person's in this place, and refuses it to anybody else. The person
/// learns the issuer that it tells; returns whether it does.
pub(super) fn claim(
    transaction: &Transaction<'_>,
    place: &str,
    person: &Person,
) -> Result<bool, StoreError> {
    let name = format!("{place}\n{}", person.user);
    let found: Option<(String, Option<String>)> = transaction
        .query_row("SELECT name, issuer FROM owner", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(storage)?;
    let Some((found, issuer)) = found else {
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

/// Writes down the person's issuer.
pub(super) fn tell(transaction: &Transaction<'_>, issuer: &str) -> rusqlite::Result<()> {
    transaction.execute("UPDATE owner SET issuer = ?1", [issuer])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use rusqlite::Connection;

    use super::{claim, tell};
    use crate::store::{
        database::{Database, prepare},
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
        let mut connection = Connection::open_in_memory().unwrap();
        let earlier = "CREATE TABLE owner (name TEXT NOT NULL); PRAGMA user_version = 1;";
        connection.execute_batch(earlier).unwrap();
        let name = format!("{PLACE}\nada");
        let insert = "INSERT INTO owner (name) VALUES (?1)";
        connection.execute(insert, [name]).unwrap();
        open(&mut connection, ada("one")).unwrap();
        let other = open(&mut connection, ada("two"));
        assert!(matches!(other, Err(StoreError::Options(_))), "{other:?}");
        open(&mut connection, ada("one")).unwrap();
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
        // No less than there is.
        let full = "PRAGMA max_page_count = 1";
        connection.execute_batch(full).unwrap();
        let issuer = "one".repeat(10_000);
        let person = Arc::new(ada(&issuer));
        let database = Database::over(connection, Path::new(""), PLACE, person).unwrap();
        let told = |connection: &mut Connection| {
            connection.query_row("SELECT issuer FROM owner", [], |row| {
                row.get::<_, Option<String>>(0)
            })
        };
        assert_eq!(database.with(told).unwrap(), None);
        let freed = "PRAGMA max_page_count = 1000";
        let free = |connection: &mut Connection| connection.execute_batch(freed);
        database.with(free).unwrap();
        database.change(|_| Ok(())).unwrap();
        assert_eq!(database.with(told).unwrap(), Some(issuer));
    }
}
