//! The configuration: defaults, over them a file, over it the environment.
//!
//! Both sources are checked against the same description of every key, `keys`, before they are
//! put together, so that an error names the file and line, or the variable.

mod applications;
mod database;
mod effective;
mod environment;
mod error;
mod file;
mod identity;
mod keys;
mod layer;
mod lines;
mod overlay;
mod secret_file;
mod secrets;
mod settings;
mod source;
mod suggestion;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde_json::{Map, Value};
use syncline_application::registry::{ApplicationRegistry, SchemaError};
use syncline_domain::identifier::{ApplicationName, CollectionName, TextConfiguration};

pub use database::DatabaseKeys;
pub use environment::Environment;
pub use error::ConfigurationError;
pub use identity::Identity;
pub use settings::{Cors, Limits, Log, LogFormat, LogLevel, Organisations, Retention};

use error::Place;
use secrets::SessionSecrets;
use settings::Settings;

/// The applications, their collections, and the JSON Schema of each collection that has one.
pub type Applications = BTreeMap<ApplicationName, BTreeMap<CollectionName, Option<Value>>>;

/// Everything that an operator can decide.
#[derive(Debug)]
pub struct Configuration {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database to use; without an address, a cluster of our own in the data folder.
    pub database: DatabaseKeys,
    /// Where our own cluster and the generated secret are kept; absolute.
    pub data_dir: PathBuf,
    /// How people sign in.
    pub identity: Identity,
    /// What is served.
    pub applications: Applications,
    /// What users may do about organisations.
    pub orgs: Organisations,
    /// How the texts of each application are divided into words.
    pub text_search: BTreeMap<ApplicationName, TextConfiguration>,
    /// The applications whose syncs leave out the documents that everybody may see.
    pub public_hidden_in_sync: BTreeSet<ApplicationName>,
    /// What a request may ask for.
    pub limits: Limits,
    /// How long the past is kept.
    pub retention: Retention,
    /// Which web pages may call.
    pub cors: Cors,
    /// What is logged.
    pub log: Log,
    session_secrets: SessionSecrets,
}

impl Configuration {
    /// Puts the configuration together, from the file at `path`, or else the one that the
    /// environment names, or else the one in the working directory, if any.
    ///
    /// # Errors
    /// [`ConfigurationError`] names the place and the rule that is broken there.
    pub fn load(
        path: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, ConfigurationError> {
        let mut values = match file::find(path, environment)? {
            Some(path) => file::read(&path)?,
            None => Value::Object(Map::new()),
        };
        environment.lay_over(&mut values)?;
        let settings: Settings = serde_json::from_value(values).map_err(|error| {
            ConfigurationError::new(
                Place::Key("configuration".into()),
                format!("is not valid: {error}"),
            )
        })?;
        Self::from_settings(settings, environment)
    }

    fn from_settings(
        mut settings: Settings,
        environment: &Environment,
    ) -> Result<Self, ConfigurationError> {
        let database = DatabaseKeys::take(&mut settings)?;
        let data_dir = match settings.data_dir {
            Some(directory) => directory,
            None => environment.data_dir()?,
        };
        let external = database.url.is_some();
        let mut auth = settings.auth;
        let jwt = std::mem::take(&mut auth.jwt);
        Ok(Self {
            session_secrets: SessionSecrets::new(jwt, &data_dir, external)?,
            identity: Identity::new(
                auth,
                // Browsers compare it with what they know.
                settings.public_url.as_deref().and_then(keys::origin),
                settings.listen,
                settings.limits.trusted_proxy_hops > 0,
            )?,
            listen: settings.listen,
            database,
            data_dir,
            text_search: applications::text_search(&settings.applications),
            public_hidden_in_sync: applications::public_hidden_in_sync(&settings.applications),
            applications: applications::resolve(settings.applications)?,
            orgs: settings.orgs,
            limits: settings.limits,
            retention: settings.retention,
            cors: settings.cors,
            log: settings.log,
        })
    }

    /// The applications with their schemas compiled.
    ///
    /// # Errors
    /// [`SchemaError`] names the collection whose schema is not valid.
    pub fn registry(&self) -> Result<ApplicationRegistry, SchemaError> {
        let mut registry = ApplicationRegistry::default();
        for (name, collections) in &self.applications {
            let schemas = collections
                .iter()
                .filter_map(|(name, schema)| Some((name.clone(), schema.clone()?)));
            registry.add(name.clone(), schemas)?;
        }
        for name in &self.public_hidden_in_sync {
            registry.hide_public_in_sync(name);
        }
        Ok(registry)
    }

    /// The secrets of session tokens: the first signs, all are accepted. When none is configured
    /// and the database is our own, one is generated and kept in the data folder.
    ///
    /// # Errors
    /// [`ConfigurationError`] when there is none, or it cannot be read or kept.
    pub fn session_secrets(&self) -> Result<Vec<SecretString>, ConfigurationError> {
        self.session_secrets.read()
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, Value, keys::known_paths};

    const EVERYTHING: &str = r#"
        listen = "127.0.0.1:8080"
        databaseUrl = "postgres://db"
        databaseUrlFile = "/url"
        databaseDirectUrl = "postgres://db"
        databaseDirectUrlFile = "/direct-url"
        databaseStandbyUrl = "postgres://standby"
        databaseStandbyUrlFile = "/standby-url"
        databasePasswordFile = "/password"
        databaseSchema = "syncline"
        dataDir = "/data"
        publicUrl = "https://sync.example.org"
        applications = {}
        auth.jwt = { secret = "", secretFile = "", previousSecrets = [] }
        auth.redirectUris = []
        auth.issuers.acme = { issuer = "", audience = "", jwksUri = "", userClaim = "" }
        cors.origins = []
        log = { format = "json", level = "off" }
        retention.days = 1
        orgs.registerable = true
        [auth.providers.google]
        clientId = ""
        clientSecret = ""
        clientSecretFile = ""
        issuer = ""
        authorizationEndpoint = ""
        tokenEndpoint = ""
        jwksUri = ""
        [auth.providers.github]
        clientId = ""
        clientSecret = ""
        clientSecretFile = ""
        authorizationEndpoint = ""
        tokenEndpoint = ""
        userEndpoint = ""
        emailsEndpoint = ""
        [auth.providers.microsoft]
        clientId = ""
        clientSecret = ""
        clientSecretFile = ""
        tenant = ""
        issuer = ""
        authorizationEndpoint = ""
        tokenEndpoint = ""
        jwksUri = ""
        [auth.providers.apple]
        clientId = ""
        teamId = ""
        keyId = ""
        privateKey = ""
        privateKeyFile = ""
        issuer = ""
        authorizationEndpoint = ""
        tokenEndpoint = ""
        jwksUri = ""
        [limits]
        bodyBytes = 1
        documentBytes = 1
        changes = 1
        clockSkewSeconds = 1
        requestSeconds = 1
        searchSeconds = 1
        databaseConnections = 1
        requestsPerMinute = 1
        addressRequestsPerMinute = 1
        signInsPerMinute = 1
        trustedProxyHops = 1
        liveStreams = 1
        liveStreamsPerUser = 1
    "#;

    #[track_caller]
    fn has_every_key(values: &Value) {
        for path in known_paths() {
            let pointer = format!("/{}", path.join("/"));
            assert!(values.pointer(&pointer).is_some(), "{path:?}");
        }
    }

    #[test]
    fn every_key_that_is_known_has_a_setting() {
        let values: Value = toml::from_str(EVERYTHING).unwrap();
        has_every_key(&values);
        serde_json::from_value::<Settings>(values)
            .map(drop)
            .unwrap();
    }

    #[test]
    fn the_sample_has_every_key_that_is_known() {
        let sample = include_str!("../../../config/syncline.toml");
        // Most are commented; what remains a comment is prose.
        let lines = sample.lines().map(|line| {
            let setting = line.strip_prefix("# ");
            let setting = setting.filter(|text| toml::from_str::<Value>(text).is_ok());
            setting.unwrap_or(line)
        });
        let sample = lines.collect::<Vec<_>>().join("\n");
        has_every_key(&toml::from_str(&sample).unwrap());
    }
}
