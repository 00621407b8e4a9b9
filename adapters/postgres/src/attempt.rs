//! Pushes that hold no locks between what they read and what they write.

use async_trait::async_trait;
use syncline_application::ports::{
    Before, DocumentWrite, Incarnation, LockRequest, PageQuery, Poke, StoreError, SyncAttempt,
    Written,
};

use crate::{
    columns::{LockColumns, Place},
    error::{corrupt, store_error},
    live::{Outbox, Pokes},
    pool::Pool,
    rows,
    transaction::{by_document, places, stored_version},
    write::{self, Write},
};

/// How long it waits for somebody else's lock, who is then likely to change what it was decided on.
const PATIENCE: &str = "20ms";

/// Where it may write, and in which life of the database that was read.
pub(crate) struct PostgresAttempt {
    pool: Pool,
    outbox: Outbox,
    places: Vec<Place>,
    incarnation: Incarnation,
}

/// Reads what is to be written; none if the database is not what it was.
pub(crate) async fn read(
    pool: &Pool,
    outbox: Outbox,
    requests: &[LockRequest],
    most_bytes: usize,
) -> Result<Option<(PostgresAttempt, Before)>, StoreError> {
    let columns = LockColumns::of(requests);
    let found = columns
        .bind(sqlx::query(include_str!("sql/read.sql")))
        .bind(rows::length(most_bytes))
        .fetch_all(pool)
        .await
        .map_err(store_error)?;
    let first = found.first().ok_or_else(|| corrupt("database_state", ""))?;
    let Some(state) = rows::state(first)? else {
        return Ok(None);
    };
    if rows::column(first, "is_too_much")? {
        return Err(StoreError::TooMuch(most_bytes));
    }
    let namespaces: Vec<Option<i64>> = rows::column(first, "namespaces")?;
    let places = places(requests, &namespaces);
    let before = Before {
        is_member: rows::column(first, "is_member")?,
        ended: rows::transactions(first, "ended")?,
        current: by_document(&found, places.len(), stored_version)?,
        routes: places.iter().map(|_| None).collect(),
        state,
    };
    let attempt = PostgresAttempt {
        pool: pool.clone(),
        outbox,
        places,
        incarnation: before.state.incarnation,
    };
    Ok(Some((attempt, before)))
}

#[async_trait]
impl SyncAttempt for PostgresAttempt {
    async fn write(
        self: Box<Self>,
        writes: &[DocumentWrite<'_>],
        queries: &[PageQuery],
    ) -> Result<Written, StoreError> {
        let write = Write {
            incarnation: self.incarnation,
            places: &self.places,
            writes,
            queries,
            patience: Some(PATIENCE),
        };
        // Until it is answered, it may have been stored, and only the answer names all whom it concerns.
        let mut ending = self.outbox.put_when_dropped([Poke::Anything].into());
        match write::write(&self.pool, &write).await {
            Ok((written, pokes)) => {
                ending.turned_out(pokes);
                Ok(written)
            }
            Err(StoreError::Contention) => {
                ending.turned_out(Pokes::new());
                Err(StoreError::Contention)
            }
            Err(error) => Err(error),
        }
    }
}
