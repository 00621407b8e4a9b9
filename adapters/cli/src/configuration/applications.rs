//! The applications, with the schemas that they name read from their files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;
use syncline_domain::identifier::{ApplicationName, TextConfiguration};

use super::{
    Applications,
    error::{ConfigurationError, Place},
    settings::{ApplicationSettings, CollectionSettings},
    source::Source,
};

pub(super) fn resolve(
    applications: BTreeMap<ApplicationName, ApplicationSettings>,
) -> Result<Applications, ConfigurationError> {
    let mut resolved = Applications::new();
    for (application, settings) in applications {
        let mut collections = BTreeMap::new();
        for (collection, settings) in settings.collections {
            let key = format!("applications.{application}.collections.{collection}");
            let schema = schema(settings, &key)?;
            collections.insert(collection, schema);
        }
        resolved.insert(application, collections);
    }
    Ok(resolved)
}

/// How the texts of each application are divided into words.
pub(super) fn text_search(
    applications: &BTreeMap<ApplicationName, ApplicationSettings>,
) -> BTreeMap<ApplicationName, TextConfiguration> {
    let text_search = |settings: &ApplicationSettings| settings.text_search.clone();
    applications
        .iter()
        .map(|(name, settings)| (name.clone(), text_search(settings)))
        .collect()
}

/// The applications whose syncs leave out the documents that everybody may see.
pub(super) fn public_hidden_in_sync(
    applications: &BTreeMap<ApplicationName, ApplicationSettings>,
) -> BTreeSet<ApplicationName> {
    let hidden = applications
        .iter()
        .filter(|(_, settings)| !settings.public_in_sync);
    hidden.map(|(name, _)| name.clone()).collect()
}

/// The schema of the collection at `key`, if it has one.
fn schema(settings: CollectionSettings, key: &str) -> Result<Option<Value>, ConfigurationError> {
    match (settings.schema, settings.schema_path) {
        (Some(_), Some(_)) => {
            let rule = "has both `schema` and `schemaPath`; keep one of the two";
            Err(ConfigurationError::new(Place::Key(key.into()), rule))
        }
        (None, Some(path)) => read(&path, &format!("{key}.schemaPath")).map(Some),
        (schema, None) => Ok(schema),
    }
}

fn read(path: &Path, key: &str) -> Result<Value, ConfigurationError> {
    let schema = Source::read(path).and_then(|source| source.value());
    let error = |rule: String| ConfigurationError::new(Place::Key(key.into()), rule);
    match schema {
        Ok(schema @ (Value::Object(_) | Value::Bool(_))) => Ok(schema),
        Ok(_) => Err(error(format!(
            "names {}, which is no JSON Schema",
            path.display()
        ))),
        Err(cause) => Err(error(format!("names a file that is of no use: {cause}"))),
    }
}
