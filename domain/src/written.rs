//! Reading what is written as a text, without a copy of the text.

use std::{fmt, marker::PhantomData};

use serde::{Deserializer, de};

/// Reads a text and makes of it what `read` does.
pub(crate) fn deserialize<'de, D, T, E>(
    deserializer: D,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    deserializer.deserialize_str(Reader {
        read,
        made: PhantomData,
    })
}

struct Reader<R, T> {
    read: R,
    made: PhantomData<T>,
}

impl<R, T, E> de::Visitor<'_> for Reader<R, T>
where
    R: Fn(&str) -> Result<T, E>,
    E: fmt::Display,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<X: de::Error>(self, text: &str) -> Result<T, X> {
        (self.read)(text).map_err(X::custom)
    }
}
