//! Where log lines go and how they look.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{
    EnvFilter, filter::ParseError, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::configuration::{Log, LogFormat};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// `RUST_LOG` makes no sense.
    #[error("`RUST_LOG` is no log filter such as `info,sqlx=warn`: {0}")]
    Filter(#[from] ParseError),
    /// Something else logs in this process already.
    #[error("the log was started twice")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts to log to standard error. `filter`, the value of `RUST_LOG`, wins over the level
/// configured, unless it is empty.
///
/// # Errors
/// [`LoggingError`].
pub fn start(log: &Log, filter: Option<&str>) -> Result<(), LoggingError> {
    let filter = filter_of(log, filter)?;
    let lines = fmt::layer()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        // It would be said to the standard error, and end whoever logs if nobody reads that.
        .log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(filter);
    match log.format {
        LogFormat::Pretty => registry.with(lines).try_init()?,
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
    }
    Ok(())
}

fn filter_of(log: &Log, filter: Option<&str>) -> Result<EnvFilter, ParseError> {
    let filter = filter.filter(|filter| !filter.trim().is_empty());
    EnvFilter::try_new(filter.unwrap_or(log.level.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{LoggingError, filter_of, start};
    use crate::configuration::Log;

    #[test]
    fn a_filter_that_makes_no_sense_is_named() {
        let error = start(&Log::default(), Some("info,sqlx=loud")).unwrap_err();
        assert!(matches!(error, LoggingError::Filter(_)));
        assert!(error.to_string().contains("RUST_LOG"), "{error}");
    }

    #[test]
    fn an_empty_filter_is_none() {
        for (filter, expected) in [(Some(""), "info"), (Some("warn"), "warn"), (None, "info")] {
            let filter = filter_of(&Log::default(), filter).unwrap();
            assert_eq!(filter.to_string(), expected);
        }
    }
}
