//! Changes as they are written, read in one go: whatever JSON a member is, it is taken up, so that
//! one bad change is refused alone.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use syncline_domain::hlc::{Hlc, HlcError};

/// Something that any JSON value says something of.
trait Form: Sized {
    /// What a value is that is none of the following, unless they say otherwise.
    fn other() -> Self;

    fn null() -> Self {
        Self::other()
    }

    fn flag(_: bool) -> Self {
        Self::other()
    }

    fn text(_: &str) -> Self {
        Self::other()
    }

    fn object<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }
}

/// A member that is to be a text.
#[derive(Debug, Default)]
pub(super) enum Text {
    #[default]
    Absent,
    Given(Box<str>),
    Other,
}

/// A member that is to be true or false.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Flag {
    #[default]
    Absent,
    Given(bool),
    Other,
}

/// A member that is to be a clock.
#[derive(Debug, Default)]
pub(super) enum Clock {
    #[default]
    Absent,
    Given(Result<Hlc, HlcError>),
    Other,
}

/// A member that is to be an object of paths and clocks, in the order in which they stand.
#[derive(Debug, Default)]
pub(super) enum Revisions {
    #[default]
    Absent,
    Given(Vec<(Box<str>, Clock)>),
    Other,
}

/// A member that is to be a document.
#[derive(Debug, Default)]
pub(super) enum Content {
    #[default]
    Absent,
    Given(Map<String, Value>),
    Other,
}

/// A change as it is written; none if it is no object.
#[derive(Debug)]
pub(crate) struct WireChange(pub(super) Option<Members>);

/// The members of a change.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) key: Text,
    pub(super) owner: Text,
    pub(super) doc: Content,
    pub(super) deleted: Flag,
    pub(super) field_revisions: Revisions,
    pub(super) after: Revisions,
    pub(super) base_clock: Clock,
}

impl Form for Text {
    fn other() -> Self {
        Self::Other
    }

    fn null() -> Self {
        Self::Absent
    }

    fn text(text: &str) -> Self {
        Self::Given(text.into())
    }
}

impl Form for Flag {
    fn other() -> Self {
        Self::Other
    }

    fn null() -> Self {
        Self::Absent
    }

    fn flag(flag: bool) -> Self {
        Self::Given(flag)
    }
}

impl Form for Clock {
    fn other() -> Self {
        Self::Other
    }

    fn null() -> Self {
        Self::Absent
    }

    fn text(text: &str) -> Self {
        Self::Given(text.parse())
    }
}

impl Form for Revisions {
    fn other() -> Self {
        Self::Other
    }

    fn null() -> Self {
        Self::Absent
    }

    fn object<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut revisions = Vec::new();
        while let Some(revision) = members.next_entry()? {
            revisions.push(revision);
        }
        Ok(Self::Given(revisions))
    }
}

impl Form for Content {
    fn other() -> Self {
        Self::Other
    }

    fn object<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut content = Map::new();
        while let Some((name, value)) = members.next_entry()? {
            content.insert(name, value);
        }
        Ok(Self::Given(content))
    }
}

impl Form for WireChange {
    fn other() -> Self {
        Self(None)
    }

    fn object<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut change = Members::default();
        while let Some(name) = members.next_key::<MemberName>()? {
            match name {
                MemberName::Key => change.key = members.next_value()?,
                MemberName::Owner => change.owner = members.next_value()?,
                MemberName::Doc => change.doc = members.next_value()?,
                MemberName::Deleted => change.deleted = members.next_value()?,
                MemberName::FieldRevs => change.field_revisions = members.next_value()?,
                MemberName::After => change.after = members.next_value()?,
                MemberName::BaseClock => change.base_clock = members.next_value()?,
                MemberName::Unknown => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Self(Some(change)))
    }
}

impl From<Value> for WireChange {
    fn from(value: Value) -> Self {
        serde_json::from_value(value).unwrap_or(Self(None))
    }
}

/// The names of what is read.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum MemberName {
    Key,
    Owner,
    Doc,
    Deleted,
    FieldRevs,
    After,
    BaseClock,
    #[serde(other)]
    Unknown,
}

/// Reads any JSON value as one of a form.
struct Reader<F>(PhantomData<F>);

impl<'de, F: Form> Visitor<'de> for Reader<F> {
    type Value = F;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<F, E> {
        Ok(F::null())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<F, E> {
        Ok(F::flag(flag))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<F, E> {
        Ok(F::text(text))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<F, E> {
        Ok(F::other())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<F, E> {
        Ok(F::other())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<F, E> {
        Ok(F::other())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<F, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(F::other())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<F, A::Error> {
        F::object(members)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Revisions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for WireChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}
