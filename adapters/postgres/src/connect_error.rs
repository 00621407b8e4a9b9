use crate::version::VersionError;

/// What PgBouncer says to settings at the start of a session.
const UNSUPPORTED: &str = "unsupported startup parameter";

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The database cannot be reached.
    #[error(
        "cannot reach the database: {0}; see that it runs, and that SYNCLINE_DATABASE_URL leads to it"
    )]
    Unreachable(#[source] sqlx::Error),
    /// A pooler in transaction mode was taken for PostgreSQL itself.
    #[error(
        "cannot reach the database: {0}; if SYNCLINE_DATABASE_URL leads to PgBouncer, set \
         SYNCLINE_DATABASE_DIRECT_URL to the way around it"
    )]
    Pooler(#[source] sqlx::Error),
    /// The database does not prove that it is the one that is meant.
    #[error(
        "cannot reach the database by TLS: {0}; `sslrootcert` in SYNCLINE_DATABASE_URL names the \
         file of the authority that signed its certificate, and the certificate the host"
    )]
    Tls(#[source] sqlx::Error),
    /// Something took the connection, and says nothing; or nothing takes it.
    #[error(
        "cannot reach the database: nothing answers within {0} seconds; see that \
         SYNCLINE_DATABASE_URL leads to it, and that nothing in between drops what is sent"
    )]
    Silent(u64),
    /// The database is too old.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// The database is set up to forget what it said was stored.
    #[error(
        "the database has `{0} = off`: a crash would lose documents that devices were told are \
         stored; turn it on"
    )]
    NotDurable(&'static str),
}

impl From<sqlx::Error> for ConnectError {
    fn from(error: sqlx::Error) -> Self {
        let as_what = match &error {
            error if is_tls(error) => Self::Tls,
            sqlx::Error::Database(cause) if cause.message().contains(UNSUPPORTED) => Self::Pooler,
            _ => Self::Unreachable,
        };
        as_what(error)
    }
}

/// A certificate that is refused comes as an error of the socket.
fn is_tls(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}
