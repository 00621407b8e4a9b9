//! What the sources say together, with defaults for what they do not say.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use syncline_domain::{
    identifier::{ApplicationName, CollectionName, TextConfiguration},
    identity::Provider,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    #[serde(default = "loopback")]
    pub(super) listen: SocketAddr,
    pub(super) database_url: Option<SecretString>,
    pub(super) database_url_file: Option<PathBuf>,
    pub(super) database_direct_url: Option<SecretString>,
    pub(super) database_direct_url_file: Option<PathBuf>,
    pub(super) database_standby_url: Option<SecretString>,
    pub(super) database_standby_url_file: Option<PathBuf>,
    pub(super) database_password_file: Option<PathBuf>,
    pub(super) database_schema: Option<String>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) public_url: Option<String>,
    #[serde(default)]
    pub(super) applications: BTreeMap<ApplicationName, ApplicationSettings>,
    #[serde(default)]
    pub(super) auth: AuthSettings,
    #[serde(default)]
    pub(super) orgs: Organisations,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) retention: Retention,
    #[serde(default)]
    pub(super) cors: Cors,
    #[serde(default)]
    pub(super) log: Log,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApplicationSettings {
    #[serde(default = "yes")]
    pub(super) public_in_sync: bool,
    #[serde(default)]
    pub(super) text_search: TextConfiguration,
    #[serde(default)]
    pub(super) collections: BTreeMap<CollectionName, CollectionSettings>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CollectionSettings {
    pub(super) schema: Option<Value>,
    pub(super) schema_path: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AuthSettings {
    pub(super) jwt: JwtSettings,
    pub(super) redirect_uris: Vec<String>,
    pub(super) providers: BTreeMap<Provider, ProviderKeys>,
    pub(super) issuers: BTreeMap<String, IssuerKeys>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct JwtSettings {
    pub(super) secret: Option<SecretString>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) previous_secrets: Vec<SecretString>,
}

/// What users may do about organisations.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organisations {
    /// Whether any user may create one.
    pub registerable: bool,
}

/// Every key of every provider; which of them each may have, `keys` knows.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProviderKeys {
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretString>,
    pub(super) client_secret_file: Option<PathBuf>,
    pub(super) issuer: Option<String>,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) jwks_uri: Option<String>,
    pub(super) user_endpoint: Option<String>,
    pub(super) emails_endpoint: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) team_id: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) private_key: Option<SecretString>,
    pub(super) private_key_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IssuerKeys {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) jwks_uri: Option<String>,
    pub(super) user_claim: Option<String>,
}

/// What a request may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// The greatest body, in bytes, after decompression.
    pub body_bytes: usize,
    /// The greatest document, in bytes of JSON.
    pub document_bytes: usize,
    /// The most changes in one request.
    pub changes: usize,
    /// How far ahead of the server a revision may be, in seconds.
    pub clock_skew_seconds: u64,
    /// How long a request may take, in seconds.
    pub request_seconds: u64,
    /// How long a search may take, in seconds.
    pub search_seconds: u64,
    /// How many connections to the database there may be.
    pub database_connections: u32,
    /// How many requests of one user are answered in a minute; 0 for any number.
    pub requests_per_minute: u32,
    /// How many requests from one address are answered in a minute; 0 for any number.
    pub address_requests_per_minute: u32,
    /// How many sign-ins from one address are answered in a minute; 0 for any number.
    pub sign_ins_per_minute: u32,
    /// How many proxies of the operator's own stand in front of the server.
    pub trusted_proxy_hops: usize,
    /// How many live streams there may be.
    pub live_streams: usize,
    /// How many of them may be one user's.
    pub live_streams_per_user: usize,
}

/// How long the past is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// For so many days tombstones, superseded versions and reports are kept.
    pub days: u32,
}

/// Which web pages may call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins such as `https://example.org`. Any origin when there is none: tokens are sent by
    /// scripts, never by a browser of its own accord.
    pub origins: Vec<String>,
}

/// What is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// The least important level that is logged.
    pub level: LogLevel,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The least important level that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What somebody has to look at.
    Error,
    /// What somebody may have to look at.
    Warn,
    /// What the server does.
    #[default]
    Info,
    /// How it does it.
    Debug,
    /// Every step.
    Trace,
}

impl LogLevel {
    /// As it is written in the configuration and in a log filter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Default for Organisations {
    fn default() -> Self {
        Self { registerable: true }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            document_bytes: 1 << 20,
            changes: 1000,
            clock_skew_seconds: 300,
            request_seconds: 30,
            search_seconds: 10,
            database_connections: 20,
            requests_per_minute: 6000,
            address_requests_per_minute: 60_000,
            sign_ins_per_minute: 300,
            trusted_proxy_hops: 0,
            live_streams: 10_000,
            live_streams_per_user: 32,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30 }
    }
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 8080).into()
}
