use axum::{extract::State, http::StatusCode};

use crate::{
    AppState,
    caller::FormerCaller,
    error::{ApiError, chain},
};

/// `DELETE /account`: deletes the caller's account with everything in it. Whose account is deleted
/// already has nothing left to delete.
pub(super) async fn delete(
    State(state): State<AppState>,
    FormerCaller(session): FormerCaller,
) -> Result<StatusCode, ApiError> {
    if state.accounts.check(&session).is_err() {
        return Ok(StatusCode::NO_CONTENT);
    }
    // A large account takes longer than a caller waits: it goes on all the same.
    let accounts = state.accounts.clone();
    let deletion = tokio::spawn(async move {
        let deleted = accounts.delete(&session.user_id).await;
        deleted.inspect_err(|error| tracing::info!(cause = chain(error), "an account stays"))
    });
    deletion
        .await
        .map_err(|error| ApiError::internal(&error))??;
    Ok(StatusCode::NO_CONTENT)
}
