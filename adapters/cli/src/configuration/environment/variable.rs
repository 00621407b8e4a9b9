use std::path::Path;

use serde_json::Value;

use super::{
    super::{
        error::{ConfigurationError, Place},
        keys::{CONFIGURATION, SHORT_NAMES, Shape, in_environment, known_paths},
        layer::Layer,
        suggestion::not_known,
    },
    CONFIG, PREFIX,
};

/// Between the levels of a name.
const SEPARATOR: &str = "__";

/// Which key the variable `name` sets, and the configuration that it makes. `values` are those of the file, whose names for
/// applications and collections a variable can only write in upper case.
pub(super) fn read(
    name: &str,
    text: &str,
    values: &Value,
    directory: &Path,
) -> Result<(Vec<String>, Value), ConfigurationError> {
    let unknown = || {
        let rule = not_known(
            name,
            &names(),
            "`syncline --help` says how variables are named",
        );
        ConfigurationError::new(Place::Variable(name.into()), rule)
    };
    let (path, shape) = resolve(name, values).ok_or_else(unknown)?;
    let value = parse(text, shape).map_err(|cause| {
        ConfigurationError::new(
            Place::Variable(name.into()),
            format!("has to be JSON: {cause}"),
        )
    })?;
    let mut said = nested(&path, value);
    Layer::Variable { name, directory }.check(&mut said, &CONFIGURATION, &mut Vec::new())?;
    Ok((path, said))
}

/// The configuration that has `value` at `path` and nothing else.
fn nested(path: &[String], value: Value) -> Value {
    path.iter().rev().fold(value, |below, key| {
        [(key.clone(), below)].into_iter().collect()
    })
}

fn resolve(name: &str, values: &Value) -> Option<(Vec<String>, &'static Shape)> {
    if let Some((_, path)) = SHORT_NAMES.iter().find(|(short, _)| *short == name) {
        let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
        let shape = path
            .iter()
            .try_fold(&CONFIGURATION, |shape, key| below(shape, key))?;
        return Some((path, shape));
    }
    let mut path = Vec::new();
    let (mut shape, mut values) = (&CONFIGURATION, Some(values));
    for segment in name.strip_prefix(PREFIX)?.split(SEPARATOR) {
        let key = key(segment, shape, values)?;
        shape = below(shape, &key)?;
        values = values.and_then(|values| values.get(&key));
        path.push(key);
    }
    Some((path, shape))
}

/// The key that `segment` of a variable's name stands for. Of names that the operator chose, the one
/// in the file that reads the same; otherwise it is new, in lower case with `-` between words.
fn key(segment: &str, shape: &Shape, values: Option<&Value>) -> Option<String> {
    match shape {
        Shape::Table(fields) => {
            let known = fields.iter().map(|(key, _)| *key);
            known
                .into_iter()
                .find(|key| in_environment(key) == segment)
                .map(ToOwned::to_owned)
        }
        Shape::Named(..) => {
            let mut names = values
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|names| names.keys());
            let chosen = names.find(|name| in_environment(name) == segment).cloned();
            Some(chosen.unwrap_or_else(|| segment.to_lowercase().replace('_', "-")))
        }
        _ => None,
    }
}

fn below(shape: &'static Shape, key: &str) -> Option<&'static Shape> {
    match shape {
        Shape::Table(fields) => fields
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, shape)| shape),
        Shape::Named(_, of) => Some(of),
        _ => None,
    }
}

/// The value that `text` stands for. One of the wrong kind is left to the check that follows.
fn parse(text: &str, shape: &Shape) -> Result<Value, serde_json::Error> {
    match shape {
        Shape::Text(_) | Shape::Path => Ok(text.into()),
        Shape::Number(_) => Ok(text
            .trim()
            .parse::<u64>()
            .map_or_else(|_| text.into(), Value::from)),
        Shape::Switch => Ok(text
            .trim()
            .parse::<bool>()
            .map_or_else(|_| text.into(), Value::from)),
        Shape::Texts(_) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect()),
        Shape::Schema | Shape::Table(_) | Shape::Named(..) => serde_json::from_str(text),
    }
}

/// Every name that does not depend on names that the operator chose.
fn names() -> Vec<String> {
    let long = known_paths().into_iter().map(|path| {
        let segments: Vec<String> = path.into_iter().map(in_environment).collect();
        format!("{PREFIX}{}", segments.join(SEPARATOR))
    });
    let short = SHORT_NAMES.iter().map(|(name, _)| (*name).to_owned());
    long.chain(short).chain([CONFIG.to_owned()]).collect()
}
