use syncline_application::ports::StoreError;
use tokio::time::Instant;

use super::proof::Mark;
use crate::{error::store_error, pool::Pool, rows};

/// Where the primary is, and then up to where the standby has followed; none if it is no standby.
pub(super) async fn find(
    primary: &Pool,
    standby: &Pool,
) -> Result<(Mark, Option<u64>), StoreError> {
    let instant = Instant::now();
    let row = sqlx::query(include_str!("../sql/primary_position.sql"))
        .fetch_one(primary)
        .await
        .map_err(store_error)?;
    // The next request begins a new incarnation.
    let state = rows::state(&row)?.ok_or(StoreError::Contention)?;
    let mark = Mark {
        instant,
        present: state.now,
        incarnation: state.incarnation,
        position: rows::number(rows::column(&row, "position")?),
    };
    let replayed: Option<Option<i64>> =
        sqlx::query_scalar(include_str!("../sql/standby_position.sql"))
            .fetch_optional(standby)
            .await
            .map_err(store_error)?;
    Ok((mark, replayed.flatten().map(rows::number)))
}
