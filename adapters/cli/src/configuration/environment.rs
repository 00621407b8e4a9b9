//! The environment of the process, and what it says of the configuration.

mod service_link;
mod variable;

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    error::{ConfigurationError, Place},
    keys::CONFIGURATION,
    overlay::overlay,
};

/// What the name of every variable of ours begins with.
pub(super) const PREFIX: &str = "SYNCLINE_";
const CONFIG: &str = "SYNCLINE_CONFIG";

/// What the configuration depends on beside its file.
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// Relative paths from the command line and from variables begin here.
    pub(super) directory: PathBuf,
    is_root: bool,
}

impl Environment {
    /// An environment of these variables, in `directory`, of root or another user. A variable that
    /// is empty counts as not set.
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        directory: PathBuf,
        is_root: bool,
    ) -> Self {
        let variables = variables
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self {
            variables,
            directory,
            is_root,
        }
    }

    /// The environment of this process.
    ///
    /// # Errors
    /// [`ConfigurationError`] when a variable of ours is not UTF-8, or the working directory is gone.
    pub fn of_process() -> Result<Self, ConfigurationError> {
        let directory = env::current_dir().map_err(|error| {
            let place = Place::File {
                path: ".".into(),
                line: None,
            };
            ConfigurationError::new(place, format!("cannot be the working directory: {error}"))
        })?;
        let mut variables = Vec::new();
        for (name, value) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => variables.push((name, value)),
                Err(_) if name.starts_with(PREFIX) => {
                    return Err(ConfigurationError::new(
                        Place::Variable(name),
                        "has to be UTF-8",
                    ));
                }
                Err(_) => {}
            }
        }
        Ok(Self::new(
            variables,
            directory,
            rustix::process::geteuid().is_root(),
        ))
    }

    /// The configuration file that it names.
    pub(super) fn config(&self) -> Option<&Path> {
        self.variables.get(CONFIG).map(Path::new)
    }

    /// The data folder when none is configured.
    pub(super) fn data_dir(&self) -> Result<PathBuf, ConfigurationError> {
        let absolute = |name: &str| {
            let path = self.variables.get(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        if self.is_root {
            return Ok("/var/lib/syncline".into());
        }
        let data =
            absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
        data.map(|data| data.join("syncline")).ok_or_else(|| {
            let rule = "is not set and there is no home folder; set `SYNCLINE_DATA_DIR`";
            ConfigurationError::new(Place::Key("dataDir".into()), rule)
        })
    }

    /// Puts what its variables say over `values`.
    pub(super) fn lay_over(&self, values: &mut Value) -> Result<(), ConfigurationError> {
        let mut said = Value::Null;
        let mut names: BTreeMap<Vec<String>, &str> = BTreeMap::new();
        for (name, text) in &self.variables {
            if !name.starts_with(PREFIX) || name == CONFIG || service_link::is_one(name, text) {
                continue;
            }
            let (path, value) = variable::read(name, text, values, &self.directory)?;
            if let Some(other) = names.insert(path.clone(), name) {
                let rule = format!("says the same as `{other}`; keep one of the two");
                return Err(ConfigurationError::new(Place::Variable(name.clone()), rule));
            }
            lay_beside(&mut said, value);
        }
        if !said.is_null() {
            overlay(values, said, &CONFIGURATION);
        }
        Ok(())
    }
}

/// Joins what two variables say: a longer name, which comes later, says more of the same.
fn lay_beside(said: &mut Value, value: Value) {
    match (said, value) {
        (Value::Object(said), Value::Object(value)) => {
            for (key, value) in value {
                lay_beside(said.entry(key).or_insert(Value::Null), value);
            }
        }
        (said, value) => *said = value,
    }
}
