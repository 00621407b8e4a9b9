//! Dot-paths to the leaves of a document: `address.city`.
//!
//! Inside a key, `.` is written `%2E` and `%` is written `%25`. Reading is lenient: any other `%`
//! stands for itself, and `%2e` is `%2E`. A written path is canonical, so equal paths are equal
//! strings.

use std::{
    borrow::{Borrow, Cow},
    convert::Infallible,
    fmt,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::{SmolStr, SmolStrBuilder, ToSmolStr, format_smolstr};

use crate::written;

/// A canonical dot-path. The empty path names the top-level field whose key is the empty string.
///
/// Most are short: a merge makes dozens for each document, and none of those takes memory of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(SmolStr);

impl Path {
    /// Reads a written path.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if !text.contains('%') {
            return Self(text.into());
        }
        let mut segments = text.split('.').map(decode);
        let first = segments.next().unwrap_or_default();
        segments.fold(Self::of_key(&first), |path, segment| path.child(&segment))
    }

    /// The path of a top-level field.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        Self(encode(key).to_smolstr())
    }

    /// The path of the field `key` of the object at this path.
    #[must_use]
    pub fn child(&self, key: &str) -> Self {
        let mut text = SmolStrBuilder::new();
        text.push_str(&self.0);
        text.push('.');
        text.push_str(&encode(key));
        Self(text.finish())
    }

    /// The path of the object that this path is in; none for a top-level field.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once('.')
            .map(|(parent, _)| Self(parent.into()))
    }

    /// The written paths of all objects that this path is in, the nearest first.
    pub fn above(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.0.rsplit_once('.'), |(parent, _)| {
            parent.rsplit_once('.')
        })
        .map(|(parent, _)| parent)
    }

    /// The keys along the path, decoded.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('.').map(decode)
    }

    /// The path as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bounds, inclusive and exclusive, between which all paths below this one sort: `.` is
    /// directly followed by `/` in ASCII.
    #[must_use]
    pub fn below(&self) -> (Self, Self) {
        (
            Self(format_smolstr!("{}.", self.0)),
            Self(format_smolstr!("{}/", self.0)),
        )
    }
}

fn encode(key: &str) -> Cow<'_, str> {
    if key.contains(['%', '.']) {
        Cow::Owned(key.replace('%', "%25").replace('.', "%2E"))
    } else {
        Cow::Borrowed(key)
    }
}

fn decode(segment: &str) -> Cow<'_, str> {
    if segment.contains('%') {
        // `%25` last, so that the `%` it yields begins no further escape.
        Cow::Owned(
            segment
                .replace("%2E", ".")
                .replace("%2e", ".")
                .replace("%25", "%"),
        )
    } else {
        Cow::Borrowed(segment)
    }
}

impl Borrow<str> for Path {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        if text.contains('%') {
            Self::parse(&text)
        } else {
            Self(text.into())
        }
    }
}

impl From<&str> for Path {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0.into()
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        written::deserialize(deserializer, |text| Ok::<_, Infallible>(Self::parse(text)))
    }
}
