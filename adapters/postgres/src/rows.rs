//! Reading rows into the words of the ports.

use std::num::ParseIntError;

use serde_json::Value;
use sqlx::{Row, postgres::PgRow};
use syncline_application::ports::{DatabaseState, Incarnation, StoreError};
use syncline_domain::{
    access::{Access, Namespace},
    hlc::{Hlc, UnixMillis},
    merge::Version,
    snapshot::TransactionId,
};

use crate::error::{corrupt, store_error};

/// A column that may be null.
pub(crate) fn column<'r, T>(row: &'r PgRow, name: &str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(name).map_err(store_error)
}

/// The state of the database; none if it does not look as it did when its present life began.
pub(crate) fn state(row: &PgRow) -> Result<Option<DatabaseState>, StoreError> {
    let Some(incarnation) = column::<Option<uuid::Uuid>>(row, "incarnation_id")? else {
        return Ok(None);
    };
    let horizon = column::<Option<i64>>(row, "horizon")?;
    Ok(Some(DatabaseState {
        incarnation: Incarnation(incarnation.into_bytes()),
        now: millis(column(row, "present")?),
        horizon: horizon.map(millis),
    }))
}

/// Milliseconds, which the database counts with a signed number.
pub(crate) fn millis(value: i64) -> UnixMillis {
    UnixMillis(value.try_into().unwrap_or_default())
}

/// How a namespace is named: what kind it is, and whose.
pub(crate) fn namespace(namespace: &Namespace) -> (&'static str, &str) {
    match namespace {
        Namespace::Personal(user) => ("personal", user.as_str()),
        Namespace::Organisation(organisation) => ("organisation", organisation.as_str()),
    }
}

/// What somebody may do with a document.
pub(crate) fn access(text: &str) -> Result<Access, StoreError> {
    match text {
        "read" => Ok(Access::Read),
        "write" => Ok(Access::Write),
        other => Err(corrupt("access", other)),
    }
}

/// A transaction id, which travels as text.
pub(crate) fn transaction(row: &PgRow, name: &str) -> Result<Option<TransactionId>, StoreError> {
    let text: Option<&str> = column(row, name)?;
    text.map(str::parse)
        .transpose()
        .map_err(|error| corrupt(name, error))
}

/// An array of transaction ids, which travel as texts and may be missing.
pub(crate) fn transactions(
    row: &PgRow,
    name: &str,
) -> Result<Vec<Option<TransactionId>>, StoreError> {
    let texts: Vec<Option<String>> = column(row, name)?;
    let transactions = texts.iter().map(|text| text.as_deref().map(str::parse));
    let transactions: Result<_, _> = transactions.map(Option::transpose).collect();
    transactions.map_err(|error: ParseIntError| corrupt(name, error))
}

/// A clock.
pub(crate) fn clock(row: &PgRow, name: &str) -> Result<Option<Hlc>, StoreError> {
    let text: Option<&str> = column(row, name)?;
    text.map(str::parse)
        .transpose()
        .map_err(|error| corrupt(name, error))
}

/// A JSON value, which travels as text.
pub(crate) fn json(row: &PgRow, name: &str) -> Result<Option<Value>, StoreError> {
    let text: Option<&str> = column(row, name)?;
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|error| corrupt(name, error))
}

/// A version of a document; none if its columns are null.
pub(crate) fn version(row: &PgRow) -> Result<Option<Version>, StoreError> {
    let Some(field_revisions) = column::<Option<&str>>(row, "field_revisions")? else {
        return Ok(None);
    };
    let content: &str = column(row, "content")?;
    let revision = clock(row, "revision")?;
    Ok(Some(Version {
        number: number(column(row, "version")?),
        revision: revision.ok_or_else(|| corrupt("revision", "it is null"))?,
        field_revisions: serde_json::from_str(field_revisions)
            .map_err(|error| corrupt("field_revisions", error))?,
        content: serde_json::from_str(content).map_err(|error| corrupt("content", error))?,
        deleted: column(row, "deleted")?,
    }))
}

/// A count or number that the database keeps as a signed one.
pub(crate) fn number(value: i64) -> u64 {
    value.try_into().unwrap_or_default()
}

/// The same, the other way.
pub(crate) fn signed(value: u64) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// A length as the database knows it.
pub(crate) fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
