//! The secrets that sign session tokens.

mod generated;

use std::{
    fs,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    error::{ConfigurationError, Place},
    keys::SECRET,
    settings::JwtSettings,
};

/// In the data folder.
const FILE_NAME: &str = "jwt-secret";

/// Where the secrets come from.
#[derive(Debug)]
pub(super) struct SessionSecrets {
    pub(super) current: Current,
    pub(super) previous: Vec<SecretString>,
}

/// Where the secret comes from that signs.
#[derive(Debug)]
pub(super) enum Current {
    /// From the configuration.
    Configured(SecretString),
    /// It is made once and kept in this file.
    Generated(PathBuf),
    /// It has to be configured and is not.
    Missing,
}

impl SessionSecrets {
    /// Takes what is configured. With a database that others may use as well (`external`) nothing is
    /// generated: each server would make a secret of its own.
    pub(super) fn new(
        jwt: JwtSettings,
        data_dir: &Path,
        external: bool,
    ) -> Result<Self, ConfigurationError> {
        let current = match (jwt.secret, jwt.secret_file) {
            (Some(_), Some(_)) => {
                let rule = "has both `secret` and `secretFile`; keep one of the two";
                return Err(ConfigurationError::new(Place::Key("auth.jwt".into()), rule));
            }
            (Some(secret), None) => Current::Configured(secret),
            (None, Some(path)) => Current::Configured(read(&path)?),
            (None, None) if external => Current::Missing,
            (None, None) => Current::Generated(data_dir.join(FILE_NAME)),
        };
        Ok(Self {
            current,
            previous: jwt.previous_secrets,
        })
    }

    /// The secrets, the one that signs first. Generates it when that is due.
    pub(super) fn read(&self) -> Result<Vec<SecretString>, ConfigurationError> {
        let current = match &self.current {
            Current::Configured(secret) => secret.clone(),
            Current::Generated(path) if path.exists() => read(path)?,
            Current::Generated(path) => {
                generated::keep(path).map_err(|error| {
                    let place = Place::File {
                        path: path.clone(),
                        line: None,
                    };
                    let rule = format!(
                        "cannot keep the generated secret: {error}; set `SYNCLINE_JWT_SECRET`"
                    );
                    ConfigurationError::new(place, rule)
                })?;
                read(path)?
            }
            Current::Missing => return Err(missing()),
        };
        Ok([current]
            .into_iter()
            .chain(self.previous.iter().cloned())
            .collect())
    }
}

/// Said when there has to be a secret.
pub(super) fn missing() -> ConfigurationError {
    let rule = "is required with a database URL, and the same on every server; make one with \
                `openssl rand -hex 32` and set `SYNCLINE_JWT_SECRET`";
    ConfigurationError::new(Place::Key("auth.jwt.secret".into()), rule)
}

/// The secret in the file at `path`, without the white space around it.
fn read(path: &Path) -> Result<SecretString, ConfigurationError> {
    let error = |rule: String| {
        ConfigurationError::new(
            Place::File {
                path: path.into(),
                line: None,
            },
            rule,
        )
    };
    let text =
        fs::read_to_string(path).map_err(|cause| error(format!("cannot be read: {cause}")))?;
    let secret = SecretString::from(text.trim());
    if !(SECRET.holds)(secret.expose_secret()) {
        return Err(error(SECRET.says.into()));
    }
    Ok(secret)
}
