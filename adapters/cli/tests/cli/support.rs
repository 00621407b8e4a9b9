//! A folder to be configured in.

use std::{fs, path::Path};

use syncline_cli::configuration::{Configuration, ConfigurationError, Environment};
use tempfile::TempDir;

/// A secret that is long enough.
pub(crate) const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

/// An empty working directory.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        self.environment_of(variables, true)
    }

    fn environment_of(&self, variables: &[(&str, &str)], is_root: bool) -> Environment {
        let variables = variables
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Environment::new(variables, self.path().to_owned(), is_root)
    }

    pub(crate) fn load(
        &self,
        variables: &[(&str, &str)],
    ) -> Result<Configuration, ConfigurationError> {
        self.load_as(variables, true)
    }

    pub(crate) fn load_as(
        &self,
        variables: &[(&str, &str)],
        is_root: bool,
    ) -> Result<Configuration, ConfigurationError> {
        Configuration::load(None, &self.environment_of(variables, is_root))
    }

    /// The sentence that an operator reads.
    #[track_caller]
    pub(crate) fn error(&self, variables: &[(&str, &str)]) -> String {
        self.load(variables).unwrap_err().to_string()
    }
}
