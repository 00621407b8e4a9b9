use std::{path::Path, sync::Arc};

use rusqlite::Connection;

use super::Database;
use crate::store::{error::StoreError, person::Person};

/// To forget takes room as well, and the file gives it back when it goes.
#[test]
fn a_device_that_is_full_is_wiped_by_removing_the_file() {
    let database = full(Path::new(""));
    database.wipe(false).unwrap();
    assert!(database.is_closed());
}

#[test]
fn a_file_that_can_neither_be_wiped_nor_removed_stays_open() {
    let folder = std::env::temp_dir();
    let database = full(&folder);
    let wiped = database.wipe(false);
    assert!(matches!(wiped, Err(StoreError::DiskFull)), "{wiped:?}");
    assert!(!database.is_closed());
    assert_eq!(database.unsent(None).unwrap(), 0);
}

/// A database in which there is no room to forget whose it is, as if it were at `path`.
fn full(path: &Path) -> Database {
    let person = Person::of("", Some("ada".to_owned().try_into().unwrap())).unwrap();
    let connection = Connection::open_in_memory().unwrap();
    let database = Database::over(connection, path, "todo", Arc::new(person)).unwrap();
    let fill = "CREATE TABLE ballast (bytes);
        CREATE TRIGGER takes_room BEFORE DELETE ON owner
        BEGIN INSERT INTO ballast VALUES (randomblob(100000)); END;
        PRAGMA max_page_count = 1";
    database
        .with(|connection| connection.execute_batch(fill))
        .unwrap();
    database
}
