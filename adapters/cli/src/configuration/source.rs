//! A configuration or schema file: TOML, YAML or JSON.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    error::{ConfigurationError, Place},
    lines,
};

/// A file that was read.
pub(super) struct Source {
    pub(super) path: PathBuf,
    text: String,
    format: Format,
}

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Toml,
    Yaml,
    Json,
}

impl Source {
    /// Reads the file at `path`, written as its ending says.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let error = |rule: String| {
            ConfigurationError::new(
                Place::File {
                    path: path.into(),
                    line: None,
                },
                rule,
            )
        };
        let format = match path.extension().and_then(|ending| ending.to_str()) {
            Some("toml") => Format::Toml,
            Some("yaml" | "yml") => Format::Yaml,
            Some("json") => Format::Json,
            _ => return Err(error("has to end in `.toml`, `.yaml` or `.json`".into())),
        };
        let text =
            fs::read_to_string(path).map_err(|cause| error(format!("cannot be read: {cause}")))?;
        Ok(Self {
            path: path.into(),
            text,
            format,
        })
    }

    /// What it says. Messages of the parsers are used without the text that they would quote, since
    /// it may be a secret.
    pub(super) fn value(&self) -> Result<Value, ConfigurationError> {
        match self.format {
            Format::Toml => toml::from_str(&self.text).map_err(|error| {
                let line = error
                    .span()
                    .map(|span| lines::of_offset(&self.text, span.start));
                self.error(line, "TOML", error.message())
            }),
            Format::Json => serde_json::from_str(&self.text).map_err(|error| {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                self.error(Some(error.line()), "JSON", message)
            }),
            Format::Yaml => lines::yaml(&self.text).map_err(|error| {
                let line = error
                    .location()
                    .and_then(|location| usize::try_from(location.line()).ok());
                self.error(line, "YAML", "look at its indentation, quotes and colons")
            }),
        }
    }

    /// The file, or one line of it.
    pub(super) fn place(&self, line: Option<usize>) -> Place {
        Place::File {
            path: self.path.clone(),
            line,
        }
    }

    /// The line, from 1, where the key at `path` is written.
    pub(super) fn line_of(&self, path: &[String]) -> Option<usize> {
        match self.format {
            Format::Toml => lines::in_toml(&self.text, path),
            Format::Yaml | Format::Json => lines::in_yaml(&self.text, path),
        }
    }

    fn error(&self, line: Option<usize>, format: &str, message: &str) -> ConfigurationError {
        let message = message.trim().replace('\n', "; ");
        ConfigurationError::new(
            self.place(line),
            format!("is not valid {format}: {message}"),
        )
    }
}
