//! One source of values: a file or a variable. What it says is checked before it is laid over what
//! other sources say, so that an error names the place.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    error::{ConfigurationError, Place},
    keys::{Rule, Shape, known_paths},
    source::Source,
    suggestion::not_known,
};

/// Where values were written.
pub(super) enum Layer<'a> {
    /// In a file, in this folder.
    File {
        source: &'a Source,
        directory: &'a Path,
    },
    /// In a variable of the environment, with this working directory.
    Variable { name: &'a str, directory: &'a Path },
}

impl Layer<'_> {
    /// Checks `value` at `path` and makes the paths in it absolute.
    pub(super) fn check(
        &self,
        value: &mut Value,
        shape: &Shape,
        path: &mut Vec<String>,
    ) -> Result<(), ConfigurationError> {
        if value.is_null() && matches!(shape, Shape::Table(_) | Shape::Named(..)) {
            *value = Value::Object(Map::new());
        }
        match (shape, value) {
            (Shape::Text(rule), Value::String(text)) => self.text(text, rule, path),
            (Shape::Texts(rule), Value::Array(list)) => list
                .iter()
                .try_for_each(|item| self.text(item.as_str().unwrap_or_default(), rule, path)),
            (Shape::Path, Value::String(text)) if !text.is_empty() => {
                *text = self.directory().join(&*text).to_string_lossy().into_owned();
                Ok(())
            }
            (Shape::Number(range), Value::Number(number))
                if number
                    .as_u64()
                    .is_some_and(|number| range.contains(&number)) =>
            {
                Ok(())
            }
            (Shape::Switch, Value::Bool(_))
            | (Shape::Schema, Value::Object(_) | Value::Bool(_)) => Ok(()),
            (Shape::Table(fields), Value::Object(values)) => self.table(values, fields, path),
            (Shape::Named(rule, of), Value::Object(values)) => self.named(values, rule, of, path),
            (shape, _) => Err(self.error(path, wanted(shape))),
        }
    }

    fn text(&self, text: &str, rule: &Rule, path: &[String]) -> Result<(), ConfigurationError> {
        if (rule.holds)(text) {
            Ok(())
        } else {
            Err(self.error(path, rule.says))
        }
    }

    fn table(
        &self,
        values: &mut Map<String, Value>,
        fields: &[(&str, Shape)],
        path: &mut Vec<String>,
    ) -> Result<(), ConfigurationError> {
        for (key, value) in values {
            path.push(key.clone());
            let Some((_, shape)) = fields.iter().find(|(known, _)| known == key) else {
                return Err(self.error(path, unknown(path, fields)));
            };
            self.check(value, shape, path)?;
            path.pop();
        }
        Ok(())
    }

    fn named(
        &self,
        values: &mut Map<String, Value>,
        rule: &Rule,
        of: &Shape,
        path: &mut Vec<String>,
    ) -> Result<(), ConfigurationError> {
        for (name, value) in values {
            path.push(name.clone());
            self.text(name, rule, path)?;
            self.check(value, of, path)?;
            path.pop();
        }
        Ok(())
    }

    fn directory(&self) -> &Path {
        match self {
            Self::File { directory, .. } | Self::Variable { directory, .. } => directory,
        }
    }

    fn error(&self, path: &[String], rule: impl Into<String>) -> ConfigurationError {
        let key = path.join(".");
        let place = match self {
            Self::File { source, .. } if key.is_empty() => source.place(None),
            Self::File { source, .. } => Place::KeyInFile {
                key,
                path: source.path.clone(),
                line: source.line_of(path),
            },
            Self::Variable { name, .. } => Place::KeyInVariable {
                key,
                variable: (*name).to_owned(),
            },
        };
        ConfigurationError::new(place, rule)
    }
}

/// Said of a value that is of another kind.
fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Text(rule) | Shape::Texts(rule) => rule.says.into(),
        Shape::Path => "has to be the path of a file or folder".into(),
        Shape::Number(range) => {
            format!(
                "has to be a whole number from {} to {}",
                range.start(),
                range.end()
            )
        }
        Shape::Switch => "has to be `true` or `false`".into(),
        Shape::Schema => "has to be a JSON Schema, which is an object".into(),
        Shape::Table(_) => "has to be a table of keys and values".into(),
        Shape::Named(..) => "has to be a table of names, each with a table below it".into(),
    }
}

/// Said of the last key of `path`, which is none of `fields`.
fn unknown(path: &[String], fields: &[(&str, Shape)]) -> String {
    let parents = path.split_last().map_or(&[][..], |(_, parents)| parents);
    let beside = |key: &str| [parents, &[key.to_owned()]].concat().join(".");
    let elsewhere = known_paths().into_iter().map(|path| path.join("."));
    let candidates: Vec<_> = fields
        .iter()
        .map(|(key, _)| beside(key))
        .chain(elsewhere)
        .collect();
    let here: Vec<_> = fields.iter().map(|(key, _)| format!("`{key}`")).collect();
    not_known(
        &path.join("."),
        &candidates,
        &format!("here may stand {}", here.join(", ")),
    )
}
