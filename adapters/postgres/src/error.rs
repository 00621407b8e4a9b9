use std::sync::Arc;

use sqlx::error::DatabaseError;
use syncline_application::ports::StoreError;

/// What a failed statement means to the use cases.
pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => match kind(database.as_ref()) {
            Kind::Contention => StoreError::Contention,
            Kind::Unavailable => StoreError::Unavailable(Arc::new(error)),
            Kind::Other => StoreError::Other(Box::new(error)),
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::Unavailable(Arc::new(error)),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Other(Box::new(error)),
    }
}

enum Kind {
    Contention,
    Unavailable,
    Other,
}

/// Classes and codes of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn kind(error: &dyn DatabaseError) -> Kind {
    match error.code().as_deref() {
        // A deadlock, a serialization failure, or a lock that was held for too long.
        Some("40P01" | "40001" | "55P03") => Kind::Contention,
        // Cancelled by a time limit, out of connections, read-only because it is a standby.
        Some("57014" | "53300" | "25006") => Kind::Unavailable,
        // Connection lost, or an operator shut the server down.
        Some(code) if code.starts_with("08") || code.starts_with("57P") => Kind::Unavailable,
        // The database is not there, or lets nobody in: it is being restored, or moved.
        Some("3D000" | "55000") => Kind::Unavailable,
        // Out of disk or memory.
        Some(code) if code.starts_with("53") => Kind::Unavailable,
        _ => Kind::Other,
    }
}

/// A row that makes no sense, with the place that holds it.
pub(crate) fn corrupt(place: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{place}: {error}"))
}
