//! The configured applications, and what their collections accept.

mod schema;

use std::collections::BTreeMap;

use serde_json::Value;
use syncline_domain::identifier::{ApplicationName, CollectionName};

pub use schema::{CollectionSchema, SchemaError, SchemaViolation};

/// The applications that the server serves, with their schemas compiled.
#[derive(Debug, Default)]
pub struct ApplicationRegistry {
    applications: BTreeMap<ApplicationName, Application>,
}

/// A configured application.
#[derive(Debug, Default)]
pub struct Application {
    collections: BTreeMap<CollectionName, CollectionSchema>,
    /// Documents that everybody may see are only searched, not synchronised.
    hides_public_in_sync: bool,
}

impl ApplicationRegistry {
    /// Adds an application with the schemas of those of its collections that have one.
    ///
    /// # Errors
    /// [`SchemaError`] naming the collection whose schema is not valid.
    pub fn add(
        &mut self,
        name: ApplicationName,
        schemas: impl IntoIterator<Item = (CollectionName, Value)>,
    ) -> Result<(), SchemaError> {
        let mut application = Application::default();
        for (collection, schema) in schemas {
            let compiled = CollectionSchema::compile(schema)
                .map_err(|rule| SchemaError::new(&name, &collection, rule))?;
            application.collections.insert(collection, compiled);
        }
        self.applications.insert(name, application);
        Ok(())
    }

    /// Has the syncs of an application leave out the documents that everybody may see.
    pub fn hide_public_in_sync(&mut self, name: &ApplicationName) {
        if let Some(application) = self.applications.get_mut(name) {
            application.hides_public_in_sync = true;
        }
    }

    /// The application of that name, if there is one.
    #[must_use]
    pub fn get(&self, name: &ApplicationName) -> Option<&Application> {
        self.applications.get(name)
    }

    /// The names of all applications.
    pub fn names(&self) -> impl Iterator<Item = &ApplicationName> {
        self.applications.keys()
    }
}

impl Application {
    /// Whether a sync brings the documents that everybody may see.
    #[must_use]
    pub fn public_in_sync(&self) -> bool {
        !self.hides_public_in_sync
    }

    /// The schema of a collection; none if it is free-form.
    #[must_use]
    pub fn schema(&self, collection: &CollectionName) -> Option<&CollectionSchema> {
        self.collections.get(collection)
    }
}
