//! The names by which users, applications, collections and documents are known.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::written;

/// Which rule a name breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {rule}")]
pub struct IdentifierError {
    what: &'static str,
    rule: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            #[doc = concat!("Takes a text as ", $what, ".\n\n# Errors\nWhen it is not ", $rule, ".")]
            pub fn new(text: &str) -> Result<Self, IdentifierError> {
                let valid: fn(&str) -> bool = $valid;
                if !valid(text) {
                    return Err(IdentifierError { what: $what, rule: $rule });
                }
                Ok(Self(text.into()))
            }

            /// The name as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, IdentifierError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                written::deserialize(deserializer, Self::new)
            }
        }
    };
}

identifier!(
    /// Who a user is: the `sub` of the session, whatever the provider puts there.
    UserId,
    "a user id",
    "1 to 255 characters without NUL",
    |text| (1..=255).contains(&text.chars().count()) && !text.contains('\0')
);

identifier!(
    /// An organisation. The server makes it from a random UUID; to all others it means nothing.
    OrganisationId,
    "an organisation's id",
    "1 to 64 letters, digits or `-`",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
);

identifier!(
    /// Who somebody is to a provider that vouches for them.
    Subject,
    "a subject",
    "1 to 255 characters without NUL",
    |text| (1..=255).contains(&text.chars().count()) && !text.contains('\0')
);

identifier!(
    /// A configured application: the first segment of its paths.
    ApplicationName,
    "an application name",
    "1 to 64 letters, digits, `-`, `_` or `.`, and begins with a letter or digit",
    |text| text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
);

identifier!(
    /// A collection of documents within an application.
    CollectionName,
    "a collection name",
    "1 to 128 bytes without control characters",
    |text| (1..=128).contains(&text.len()) && !text.contains(char::is_control)
);

identifier!(
    /// The key of a document within its collection.
    DocumentKey,
    "a key",
    "1 to 400 bytes without control characters",
    |text| (1..=400).contains(&text.len()) && !text.contains(char::is_control)
);

identifier!(
    /// How texts are divided into words: a text search configuration of the database.
    TextConfiguration,
    "a text search configuration",
    "1 to 63 lower-case letters, digits or `_`",
    |text| (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
);

impl Default for TextConfiguration {
    /// Words as they are, in any language.
    fn default() -> Self {
        Self("simple".into())
    }
}
