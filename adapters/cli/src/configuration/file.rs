//! The configuration file.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    Environment,
    error::{ConfigurationError, Place},
    keys::CONFIGURATION,
    layer::Layer,
    source::Source,
};

/// The names that are looked for in the working directory.
const NAMES: [&str; 4] = [
    "syncline.toml",
    "syncline.yaml",
    "syncline.yml",
    "syncline.json",
];

/// Which file to read, if any.
pub(super) fn find(
    path: Option<&Path>,
    environment: &Environment,
) -> Result<Option<PathBuf>, ConfigurationError> {
    if let Some(path) = path.or_else(|| environment.config()) {
        return Ok(Some(environment.directory.join(path)));
    }
    let mut found = NAMES
        .iter()
        .map(|name| environment.directory.join(name))
        .filter(|path| path.exists());
    let (first, second) = (found.next(), found.next());
    if let (Some(first), Some(second)) = (&first, second) {
        let place = Place::File {
            path: first.clone(),
            line: None,
        };
        let rule = format!(
            "and {} are both there; keep one, or name one with `--config`",
            second.display()
        );
        return Err(ConfigurationError::new(place, rule));
    }
    Ok(first)
}

/// What the file at `path` says. Paths in it are relative to its folder.
pub(super) fn read(path: &Path) -> Result<Value, ConfigurationError> {
    let source = Source::read(path)?;
    let mut value = source.value()?;
    let directory = path.parent().unwrap_or(Path::new("."));
    Layer::File {
        source: &source,
        directory,
    }
    .check(&mut value, &CONFIGURATION, &mut Vec::new())?;
    Ok(value)
}
