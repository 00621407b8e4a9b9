use std::{fmt, str::FromStr};

/// The name of a schema that needs no quotes, but for words of SQL: 1 to 63 lower-case letters, digits or `_`, not
/// beginning with a digit or with `pg_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaName(String);

/// A text is no name for a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a schema is 1 to 63 lower-case letters, digits or `_`, not beginning with a digit or `pg_`"
)]
pub struct SchemaNameError;

impl SchemaName {
    /// As it is written in `search_path`, and between quotes in statements.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SchemaName {
    fn default() -> Self {
        Self("syncline".to_owned())
    }
}

impl FromStr for SchemaName {
    type Err = SchemaNameError;

    fn from_str(text: &str) -> Result<Self, SchemaNameError> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = (1..=63).contains(&text.len())
            && text.bytes().all(is_plain)
            && !text.starts_with(|first: char| first.is_ascii_digit())
            && !text.starts_with("pg_");
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(SchemaNameError)
        }
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaName;

    #[test]
    fn a_name_needs_no_quotes() {
        for good in ["syncline", "_2", "a_b_3"] {
            assert_eq!(good.parse::<SchemaName>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "Sync",
            "1a",
            "pg_sync",
            "a b",
            "a\"; --",
            "ä",
            &"a".repeat(64),
        ] {
            assert!(bad.parse::<SchemaName>().is_err(), "{bad}");
        }
    }
}
