//! What is in effect, for people to read.

use serde_json::{Map, Value, json};

use super::{
    Configuration, ConfigurationError,
    secrets::{self, Current},
};

/// Stands for a secret, and for an address that has a password in it.
const SET: &str = "(set)";

impl Configuration {
    /// Everything but the secrets, by the names of a configuration file.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the secret of session tokens has to be set and is not.
    pub fn without_secrets(&self) -> Result<Value, ConfigurationError> {
        Ok(json!({
            "listen": self.listen,
            "databaseUrl": self.database.url.as_ref().map_or("(our own PostgreSQL)", |_| SET),
            "databaseDirectUrl": self.database.direct_url.as_ref().map(|_| SET),
            "databaseStandbyUrl": self.database.standby_url.as_ref().map(|_| SET),
            "databasePassword": self.database.password.as_ref().map(|_| SET),
            "databaseSchema": self.database.schema.as_str(),
            "dataDir": self.data_dir,
            "applications": self.effective_applications(),
            "publicUrl": self.identity.public_url,
            "auth": {
                "jwt": self.jwt()?,
                "redirectUris": self.identity.redirect_uris,
                "providers": self.identity.shown_providers(),
                "issuers": self.identity.shown_issuers(),
            },
            "orgs": self.orgs,
            "limits": self.limits,
            "retention": self.retention,
            "cors": self.cors,
            "log": self.log,
        }))
    }

    fn effective_applications(&self) -> Value {
        let named = self.applications.iter().map(|(name, collections)| {
            let collections: Map<String, Value> = collections
                .iter()
                .map(|(name, schema)| (name.to_string(), collection(schema.as_ref())))
                .collect();
            let text_search = self.text_search.get(name);
            let application = json!({
                "collections": collections,
                "publicInSync": !self.public_hidden_in_sync.contains(name),
                "textSearch": text_search,
            });
            (name.to_string(), application)
        });
        Value::Object(named.collect())
    }

    fn jwt(&self) -> Result<Value, ConfigurationError> {
        let secret = match &self.session_secrets.current {
            Current::Configured(_) => SET.to_owned(),
            Current::Generated(path) => format!("(generated, in {})", path.display()),
            Current::Missing => return Err(secrets::missing()),
        };
        let previous = vec![SET; self.session_secrets.previous.len()];
        Ok(json!({ "secret": secret, "previousSecrets": previous }))
    }
}

fn collection(schema: Option<&Value>) -> Value {
    schema.map_or_else(|| json!({}), |schema| json!({ "schema": schema }))
}
