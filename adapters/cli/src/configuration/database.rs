//! Where the database is.

use secrecy::{ExposeSecret, SecretString};
use syncline_postgres::SchemaName;

use super::{
    error::{ConfigurationError, Place},
    keys::{DATABASE_SCHEMA, DATABASE_URL},
    secret_file,
    settings::Settings,
};

/// The database that the operator names, if any, and the schema in it that is ours.
#[derive(Debug, Default)]
pub struct DatabaseKeys {
    /// The database to use; without it, a cluster of our own in the data folder.
    pub url: Option<SecretString>,
    /// The same database without the pooler to which the first address leads.
    pub direct_url: Option<SecretString>,
    /// A physical standby of that database, for pulls.
    pub standby_url: Option<SecretString>,
    /// The password for all addresses, if it is not in them.
    pub password: Option<SecretString>,
    /// The schema in which everything is.
    pub schema: SchemaName,
}

impl DatabaseKeys {
    /// Takes what is configured, and reads the files that are named.
    pub(super) fn take(settings: &mut Settings) -> Result<Self, ConfigurationError> {
        let url = secret_file::either(
            "",
            ["databaseUrl", "databaseUrlFile"],
            settings.database_url.take(),
            settings.database_url_file.take(),
        )?;
        let direct_url = secret_file::either(
            "",
            ["databaseDirectUrl", "databaseDirectUrlFile"],
            settings.database_direct_url.take(),
            settings.database_direct_url_file.take(),
        )?;
        let standby_url = secret_file::either(
            "",
            ["databaseStandbyUrl", "databaseStandbyUrlFile"],
            settings.database_standby_url.take(),
            settings.database_standby_url_file.take(),
        )?;
        let password_file = settings.database_password_file.take();
        let password = password_file
            .map(|path| secret_file::read(&path, "databasePasswordFile"))
            .transpose()?;
        check("databaseUrlFile", url.as_ref())?;
        check("databaseDirectUrlFile", direct_url.as_ref())?;
        check("databaseStandbyUrlFile", standby_url.as_ref())?;
        for (key, is_set) in [
            ("databaseDirectUrl", direct_url.is_some()),
            ("databaseStandbyUrl", standby_url.is_some()),
            ("databasePasswordFile", password.is_some()),
            ("databaseSchema", settings.database_schema.is_some()),
        ] {
            if is_set && url.is_none() {
                let rule = "is of no use without `databaseUrl`; set that as well, or neither";
                return Err(ConfigurationError::new(Place::Key(key.into()), rule));
            }
        }
        Ok(Self {
            url,
            direct_url,
            standby_url,
            password,
            schema: schema(settings.database_schema.take())?,
        })
    }
}

fn schema(name: Option<String>) -> Result<SchemaName, ConfigurationError> {
    let name = name.map(|name| name.parse()).transpose();
    name.map(Option::unwrap_or_default).map_err(|_| {
        ConfigurationError::new(Place::Key("databaseSchema".into()), DATABASE_SCHEMA.says)
    })
}

/// What a file says is held to the same rule as the key.
fn check(file_key: &str, url: Option<&SecretString>) -> Result<(), ConfigurationError> {
    if url.is_none_or(|url| (DATABASE_URL.holds)(url.expose_secret())) {
        return Ok(());
    }
    let rule = format!("names a file whose text {}", DATABASE_URL.says);
    Err(ConfigurationError::new(Place::Key(file_key.into()), rule))
}
