use sqlx::PgConnection;

/// The oldest version with everything that is used: 64-bit transaction ids as a type.
const OLDEST: u32 = 13;

/// The database is too old, or says nothing of its age.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database is PostgreSQL {found}, and Syncline needs {OLDEST} or later; upgrade it, or name \
     another in SYNCLINE_DATABASE_URL"
)]
pub struct VersionError {
    found: String,
}

/// Whether the server at the other end is new enough.
pub(crate) fn check_version(connection: &PgConnection) -> Result<(), VersionError> {
    check(connection.server_version_num())
}

/// As PostgreSQL counts: 150019 is version 15.19.
fn check(number: Option<u32>) -> Result<(), VersionError> {
    let major = number.map(|number| number / 10_000);
    if major.is_some_and(|major| major >= OLDEST) {
        return Ok(());
    }
    let found = major.map_or_else(|| "of no version".to_owned(), |major| major.to_string());
    Err(VersionError { found })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_is_too_old_is_named() {
        assert!(check(Some(130_000)).is_ok());
        assert!(check(Some(180_001)).is_ok());
        let error = check(Some(120_022)).unwrap_err().to_string();
        assert!(
            error.starts_with("the database is PostgreSQL 12, and"),
            "{error}"
        );
        assert!(check(None).is_err());
    }
}
