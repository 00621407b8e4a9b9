use std::{fmt, path::PathBuf};

/// What is wrong with the configuration, in one sentence: where, which rule, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} {rule}")]
pub struct ConfigurationError {
    place: Place,
    rule: String,
}

/// Where in the configuration something is wrong. Never holds a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file as a whole, or from a line on.
    File { path: PathBuf, line: Option<usize> },
    /// A key in a file.
    KeyInFile {
        key: String,
        path: PathBuf,
        line: Option<usize>,
    },
    /// A key that a variable of the environment sets.
    KeyInVariable { key: String, variable: String },
    /// A variable of the environment as a whole.
    Variable(String),
    /// A key, wherever it was set or was not.
    Key(String),
}

impl ConfigurationError {
    /// `rule` begins with a verb, of which `place` is the subject.
    pub(super) fn new(place: Place, rule: impl Into<String>) -> Self {
        Self {
            place,
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: None } => write!(formatter, "{}", path.display()),
            Self::File {
                path,
                line: Some(line),
            } => {
                write!(formatter, "{}, line {line},", path.display())
            }
            Self::KeyInFile {
                key,
                path,
                line: None,
            } => {
                write!(formatter, "`{key}` ({})", path.display())
            }
            Self::KeyInFile {
                key,
                path,
                line: Some(line),
            } => {
                write!(formatter, "`{key}` ({}, line {line})", path.display())
            }
            Self::KeyInVariable { key, variable } => write!(formatter, "`{key}` (in {variable})"),
            Self::Variable(name) => write!(formatter, "`{name}`"),
            Self::Key(key) => write!(formatter, "`{key}`"),
        }
    }
}
