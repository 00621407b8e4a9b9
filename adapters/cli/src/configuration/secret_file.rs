//! Secrets that are kept in files of their own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use secrecy::SecretString;

use super::error::{ConfigurationError, Place};

/// A secret that is configured itself, or by the name of its file. `place` is where the two keys
/// are; empty for the top.
pub(super) fn either(
    place: &str,
    [key, file_key]: [&str; 2],
    secret: Option<SecretString>,
    file: Option<PathBuf>,
) -> Result<Option<SecretString>, ConfigurationError> {
    match (secret, file) {
        (Some(_), Some(_)) => {
            let (place, rule) = if place.is_empty() {
                (
                    key,
                    format!("stands beside `{file_key}`; keep one of the two"),
                )
            } else {
                (
                    place,
                    format!("has both `{key}` and `{file_key}`; keep one of the two"),
                )
            };
            Err(ConfigurationError::new(Place::Key(place.into()), rule))
        }
        (None, Some(path)) => {
            let key = [place, file_key].join(".");
            read(&path, key.trim_start_matches('.')).map(Some)
        }
        (secret, None) => Ok(secret),
    }
}

/// What is in the file at `path`, without the white space around it.
pub(super) fn read(path: &Path, key: &str) -> Result<SecretString, ConfigurationError> {
    let error = |rule: String| ConfigurationError::new(Place::Key(key.into()), rule);
    let text = fs::read_to_string(path).map_err(|cause| {
        error(format!(
            "names {}, which cannot be read: {cause}",
            path.display()
        ))
    })?;
    match text.trim() {
        "" => Err(error(format!("names {}, which is empty", path.display()))),
        secret => Ok(secret.into()),
    }
}
