use jsonschema::{Validator, error::ValidationErrorKind};
use serde::Serialize;
use serde_json::Value;
use syncline_domain::{
    document::Document,
    identifier::{ApplicationName, CollectionName},
    path::Path,
};

/// The most violations that are reported of one document.
const MAX_VIOLATIONS: usize = 20;

/// A compiled JSON Schema.
///
/// Its draft is the one that `$schema` names, 2020-12 by default. References may point within the
/// schema, and nowhere else.
#[derive(Debug)]
pub struct CollectionSchema {
    validator: Validator,
    source: Value,
}

/// A collection whose schema cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("applications.{application}.collections.{collection}: the schema is not valid: {rule}")]
pub struct SchemaError {
    application: String,
    collection: String,
    rule: String,
}

/// A field that its schema does not accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaViolation {
    /// Where, as a dot-path; empty for the document as a whole.
    pub field: String,
    /// Which rule.
    pub message: String,
}

impl SchemaError {
    pub(super) fn new(
        application: &ApplicationName,
        collection: &CollectionName,
        rule: String,
    ) -> Self {
        let (application, collection) = (application.to_string(), collection.to_string());
        Self {
            application,
            collection,
            rule,
        }
    }
}

impl CollectionSchema {
    pub(super) fn compile(source: Value) -> Result<Self, String> {
        let validator = jsonschema::validator_for(&source).map_err(|error| error.to_string())?;
        Ok(Self { validator, source })
    }

    /// Whether it accepts a document.
    #[must_use]
    pub fn accepts(&self, document: &Document) -> bool {
        // The validator takes a `Value`; moving the map in and out spares a clone of its fields.
        self.validator.is_valid(&Value::Object(document.clone()))
    }

    /// What it does not accept about a document.
    #[must_use]
    pub fn violations(&self, document: &Document) -> Vec<SchemaViolation> {
        let document = Value::Object(document.clone());
        self.validator
            .iter_errors(&document)
            .take(MAX_VIOLATIONS)
            .map(|error| violation(&error))
            .collect()
    }

    /// Whether a text at `path` may be merged line by line: `"x-merge": "lww"` says that it may
    /// not.
    #[must_use]
    pub fn is_prose(&self, path: &Path) -> bool {
        let mut place = Some(&self.source);
        for key in path.keys() {
            place = place
                .and_then(|schema| self.resolve(schema))
                .and_then(|schema| {
                    schema
                        .get("properties")
                        .and_then(|properties| properties.get(key.as_ref()))
                        .or_else(|| schema.get("additionalProperties"))
                });
        }
        let place = place.and_then(|schema| self.resolve(schema));
        place
            .and_then(|schema| schema.get("x-merge"))
            .and_then(Value::as_str)
            != Some("lww")
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> Option<&'s Value> {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.source.pointer(reference.strip_prefix('#')?),
            None => Some(schema),
        }
    }
}

fn violation(error: &jsonschema::ValidationError<'_>) -> SchemaViolation {
    let mut keys: Vec<String> = error
        .instance_path()
        .as_str()
        .split('/')
        .skip(1)
        .map(|key| key.replace("~1", "/").replace("~0", "~"))
        .collect();
    let message = if let ValidationErrorKind::Required { property } = error.kind() {
        let property = property.as_str().unwrap_or_default();
        keys.push(property.to_owned());
        format!("must have required property '{property}'")
    } else {
        error.to_string()
    };
    let mut keys = keys.iter();
    let first = keys.next().map(|key| Path::of_key(key));
    let path = first.map(|first| keys.fold(first, |path, key| path.child(key)));
    SchemaViolation {
        field: path.map(String::from).unwrap_or_default(),
        message,
    }
}
