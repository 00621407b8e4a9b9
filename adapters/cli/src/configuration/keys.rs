//! Every key of the configuration, what may stand there, and how it is called in the environment.

mod identity;

use std::{net::SocketAddr, ops::RangeInclusive};

use reqwest::Url;
use sqlx::postgres::PgConnectOptions;
use syncline_domain::identifier::{ApplicationName, CollectionName, TextConfiguration};

use syncline_http::RESERVED_SEGMENTS;
use syncline_postgres::SchemaName;

/// What may stand at a place of the configuration.
pub(super) enum Shape {
    /// A text.
    Text(Rule),
    /// A list of texts; in the environment, with commas between them.
    Texts(Rule),
    /// A file or folder. A relative one is resolved where it was written.
    Path,
    /// A whole number.
    Number(RangeInclusive<u64>),
    /// Yes or no.
    Switch,
    /// A JSON Schema.
    Schema,
    /// Known keys.
    Table(&'static [(&'static str, Shape)]),
    /// Names that the operator chooses, each with the same below it.
    Named(Rule, &'static Shape),
}

/// What a text has to be.
pub(super) struct Rule {
    /// Whether it is.
    pub(super) holds: fn(&str) -> bool,
    /// Said of a text that is not, behind the name of its place.
    pub(super) says: &'static str,
}

/// Short names of the environment, beside those that follow from the keys.
pub(super) const SHORT_NAMES: &[(&str, &[&str])] = &[
    ("SYNCLINE_JWT_SECRET", &["auth", "jwt", "secret"]),
    ("SYNCLINE_JWT_SECRET_FILE", &["auth", "jwt", "secretFile"]),
];

/// Two ways to say the same: the one that a later source says replaces the other of an earlier one.
pub(super) const ALTERNATIVES: &[(&str, &str)] = &[
    ("databaseUrl", "databaseUrlFile"),
    ("databaseDirectUrl", "databaseDirectUrlFile"),
    ("databaseStandbyUrl", "databaseStandbyUrlFile"),
    ("schema", "schemaPath"),
    ("secret", "secretFile"),
    ("clientSecret", "clientSecretFile"),
    ("privateKey", "privateKeyFile"),
];

/// The whole configuration.
pub(super) static CONFIGURATION: Shape = Shape::Table(&[
    ("listen", Shape::Text(ADDRESS)),
    ("databaseUrl", Shape::Text(DATABASE_URL)),
    ("databaseUrlFile", Shape::Path),
    ("databaseDirectUrl", Shape::Text(DATABASE_URL)),
    ("databaseDirectUrlFile", Shape::Path),
    ("databaseStandbyUrl", Shape::Text(DATABASE_URL)),
    ("databaseStandbyUrlFile", Shape::Path),
    ("databasePasswordFile", Shape::Path),
    ("databaseSchema", Shape::Text(DATABASE_SCHEMA)),
    ("dataDir", Shape::Path),
    ("publicUrl", Shape::Text(PUBLIC_URL)),
    ("applications", Shape::Named(APPLICATION_NAME, &APPLICATION)),
    ("auth", identity::AUTH),
    ("orgs", Shape::Table(&[("registerable", Shape::Switch)])),
    ("limits", LIMITS),
    (
        "retention",
        Shape::Table(&[("days", Shape::Number(1..=3650))]),
    ),
    ("cors", Shape::Table(&[("origins", Shape::Texts(ORIGIN))])),
    (
        "log",
        Shape::Table(&[
            ("format", Shape::Text(LOG_FORMAT)),
            ("level", Shape::Text(LOG_LEVEL)),
        ]),
    ),
]);

static APPLICATION: Shape = Shape::Table(&[
    ("collections", Shape::Named(COLLECTION_NAME, &COLLECTION)),
    ("publicInSync", Shape::Switch),
    ("textSearch", Shape::Text(TEXT_CONFIGURATION)),
]);

static COLLECTION: Shape = Shape::Table(&[("schema", Shape::Schema), ("schemaPath", Shape::Path)]);

const LIMITS: Shape = Shape::Table(&[
    ("bodyBytes", Shape::Number(1024..=1 << 30)),
    ("documentBytes", Shape::Number(256..=1 << 27)),
    ("changes", Shape::Number(1..=100_000)),
    ("clockSkewSeconds", Shape::Number(1..=86_400)),
    ("requestSeconds", Shape::Number(1..=3600)),
    ("searchSeconds", Shape::Number(1..=3600)),
    ("databaseConnections", Shape::Number(2..=1000)),
    ("requestsPerMinute", Shape::Number(0..=1_000_000_000)),
    ("addressRequestsPerMinute", Shape::Number(0..=1_000_000_000)),
    ("signInsPerMinute", Shape::Number(0..=1_000_000_000)),
    ("trustedProxyHops", Shape::Number(0..=100)),
    ("liveStreams", Shape::Number(1..=1_000_000)),
    ("liveStreamsPerUser", Shape::Number(1..=1_000_000)),
]);

const ADDRESS: Rule = Rule {
    holds: |text| text.parse::<SocketAddr>().is_ok(),
    says: "has to be an IP address and a port, such as `127.0.0.1:8080` or `[::1]:8080`",
};

pub(super) const DATABASE_URL: Rule = Rule {
    holds: |text| {
        (text.starts_with("postgres://") || text.starts_with("postgresql://"))
            && text.parse::<PgConnectOptions>().is_ok()
    },
    says: "has to be an address that begins with `postgres://`, such as \
           `postgres://user:password@host:5432/database`",
};

pub(super) const DATABASE_SCHEMA: Rule = Rule {
    holds: |text| text.parse::<SchemaName>().is_ok(),
    says: "has to be 1 to 63 lower-case letters, digits or `_`, not beginning with a digit or `pg_`",
};

const PUBLIC_URL: Rule = Rule {
    holds: |text| origin(text).is_some(),
    says: "has to be an address such as `https://sync.example.org`, without a path or a name",
};

pub(super) const SECRET: Rule = Rule {
    holds: |text| text.len() >= 32,
    says: "has to have at least 32 bytes; make one with `openssl rand -hex 32`",
};

const ORIGIN: Rule = Rule {
    holds: |text| text == "*" || origin(text).as_deref() == Some(text),
    says: "has to be a list of origins as browsers send them, such as `https://example.org`: in lower \
           case, without a path, a name, or the port that its scheme has anyway; or `*` for any",
};

const LOG_FORMAT: Rule = Rule {
    holds: |text| matches!(text, "pretty" | "json"),
    says: "has to be `pretty` or `json`",
};

const LOG_LEVEL: Rule = Rule {
    holds: |text| matches!(text, "off" | "error" | "warn" | "info" | "debug" | "trace"),
    says: "has to be `off`, `error`, `warn`, `info`, `debug` or `trace`",
};

const APPLICATION_NAME: Rule = Rule {
    holds: |text| ApplicationName::new(text).is_ok() && !RESERVED_SEGMENTS.contains(&text),
    says: "is no name for an application: it is 1 to 64 letters, digits, `-`, `_` or `.`, begins \
           with a letter or digit, and is none of the server's own paths such as `auth` or `health`",
};

const TEXT_CONFIGURATION: Rule = Rule {
    holds: |text| TextConfiguration::new(text).is_ok(),
    says: "has to be a text search configuration of PostgreSQL, such as `simple` or `english`",
};

const COLLECTION_NAME: Rule = Rule {
    holds: |text| CollectionName::new(text).is_ok(),
    says: "is no name for a collection: it is 1 to 128 bytes without control characters",
};

/// An address with a host, exactly as it is written: the parser would put missing slashes in and leave blanks
/// out, and what it made of the text would not be what others compare.
fn web_address(text: &str) -> Option<Url> {
    let behind_scheme = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme))?;
    let is_mended = behind_scheme.starts_with(['/', '\\'])
        || text.contains(|it: char| it.is_whitespace() || it.is_control());
    Url::parse(text).ok().filter(|_| !is_mended)
}

/// The scheme, host and port of an address that says no more, written as browsers do.
pub(super) fn origin(text: &str) -> Option<String> {
    let url = web_address(text)?;
    let has_no_name = url.username().is_empty() && url.password().is_none();
    let has_no_path = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (has_no_name && has_no_path).then(|| url.origin().ascii_serialization())
}

/// How a key or name is called in the environment: `bodyBytes` is `BODY_BYTES`.
pub(super) fn in_environment(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 2);
    for character in key.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(if character.is_alphanumeric() {
            character.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    name
}

/// The path of every key that the operator does not name.
pub(super) fn known_paths() -> Vec<Vec<&'static str>> {
    fn walk(shape: &Shape, path: &mut Vec<&'static str>, known: &mut Vec<Vec<&'static str>>) {
        let Shape::Table(fields) = shape else { return };
        for (key, shape) in *fields {
            path.push(key);
            known.push(path.clone());
            walk(shape, path, known);
            path.pop();
        }
    }
    let mut known = Vec::new();
    walk(&CONFIGURATION, &mut Vec::new(), &mut known);
    known
}
