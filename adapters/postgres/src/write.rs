//! The statement that stores a push, in a transaction that holds locks or by itself.

use sqlx::{Executor, Postgres, postgres::PgRow};
use syncline_application::ports::{
    DocumentWrite, Incarnation, Page, PageQuery, Poke, StoreError, Written,
};
use syncline_domain::{access::Namespace, snapshot::TransactionId};

use crate::{
    columns::{Place, PushColumns, VersionColumns},
    error::{corrupt, store_error},
    live::{self, Pokes},
    page::{columns::PageColumns, look::empty_page},
    rows,
};

/// What is to be stored, and what it was decided on.
pub(crate) struct Write<'a> {
    /// The life of the database.
    pub(crate) incarnation: Incarnation,
    /// Where the documents are that may be written.
    pub(crate) places: &'a [Place],
    pub(crate) writes: &'a [DocumentWrite<'a>],
    /// Those who push, to whom it is told whether there was anything to read.
    pub(crate) queries: &'a [PageQuery],
    /// How long to wait for locks of others; none for as long as the transaction says.
    pub(crate) patience: Option<&'static str>,
}

/// Stores it. Whoever listens is to be told of the pokes once it is committed.
///
/// # Errors
/// [`StoreError::Contention`] if it is not what it was decided on; then the transaction has failed.
pub(crate) async fn write(
    executor: impl Executor<'_, Database = Postgres>,
    write: &Write<'_>,
) -> Result<(Written, Pokes), StoreError> {
    let versions = VersionColumns::of(write.writes, write.places);
    let pushes = PushColumns::of(write.writes, write.places);
    let held = held_namespaces(write);
    let (organisations, members) = held_memberships(write);
    let looks = PageColumns::of(write.queries);
    let query = sqlx::query(include_str!("sql/write.sql"));
    let query = pushes
        .bind(versions.bind(query))
        .bind(uuid::Uuid::from_bytes(write.incarnation.0))
        .bind(write.patience)
        .bind(held)
        .bind(organisations)
        .bind(members);
    let found = looks.bind_for_look(query).fetch_all(executor).await;
    let found = found.map_err(store_error)?;
    let first = found.first().ok_or_else(|| corrupt("database_state", ""))?;
    let transaction = rows::transaction(first, "tx")?.ok_or_else(|| corrupt("tx", "it is null"))?;
    let mut pokes = live::readers_in(first)?;
    pokes.extend(owners(write));
    let pages = pages(&found, write.queries, transaction)?;
    Ok((Written { transaction, pages }, pokes))
}

fn pages(
    found: &[PgRow],
    queries: &[PageQuery],
    own: TransactionId,
) -> Result<Vec<Option<Page>>, StoreError> {
    let rows = queries.iter().zip(found);
    rows.map(|(_, row)| empty_page(Some(own), row)).collect()
}

/// The places that are written, one of each collection and writer: they stand next to each other.
fn written_places<'a>(write: &Write<'a>) -> Vec<&'a Place> {
    let places = write.writes.iter();
    let mut places: Vec<_> = places
        .filter_map(|write_| write.places.get(write_.document))
        .collect();
    places.dedup_by(|one, other| one.scope == other.scope && one.writer == other.writer);
    places
}

fn held_namespaces(write: &Write<'_>) -> Vec<i64> {
    let places = written_places(write).into_iter();
    let mut namespaces: Vec<_> = places.map(|place| place.namespace).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    namespaces
}

/// The organisations in which is written, and by whom. Those who hold locks have held these as well.
fn held_memberships<'a>(write: &Write<'a>) -> (Vec<i64>, Vec<&'a str>) {
    if write.patience.is_none() {
        return (Vec::new(), Vec::new());
    }
    let is_organisation =
        |place: &&Place| matches!(place.scope.namespace, Namespace::Organisation(_));
    let places = written_places(write).into_iter().filter(is_organisation);
    places
        .map(|place| (place.namespace, place.writer.as_str()))
        .unzip()
}

/// Whose documents are written.
fn owners(write: &Write<'_>) -> impl Iterator<Item = Poke> {
    let has_version = |write: &&DocumentWrite<'_>| write.version.is_some();
    let written = write.writes.iter().filter(has_version);
    let mut scopes: Vec<_> = written
        .filter_map(|document| write.places.get(document.document))
        .map(|place| &place.scope)
        .collect();
    scopes.dedup();
    scopes.into_iter().flat_map(|scope| {
        let audiences = live::owners(&scope.namespace).into_iter();
        audiences.map(|audience| Poke::Documents {
            audience,
            application: scope.application.clone(),
            collection: scope.collection.clone(),
        })
    })
}
