use axum::{extract::State, http::StatusCode};

use crate::{
    AppState,
    caller::FormerCaller,
    error::{ApiError, chain},
    openapi::tags,
};

/// Delete the account
///
/// Deletes the caller's account with everything in it, at once and for ever: documents, links,
/// memberships, and whatever names the caller in the documents of others. Every session of the
/// account ends. Whose account is deleted already has nothing left to delete, which is no error.
#[utoipa::path(
    delete,
    path = "/account",
    operation_id = "deleteAccount",
    tag = tags::ACCOUNT,
    security(("session" = [])),
    responses(
        (status = 204, description = "Everything is gone"),
        (
            status = 409,
            description = "`conflict`: the caller is the last admin of an organisation that has \
                other members.",
            body = ApiError,
            example = json!({
                "error": "you are the last `org-admin` of the organisation \
                    0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11, which has other members; make one of \
                    them an `org-admin` first, or delete the organisation",
                "code": "conflict",
            }),
        ),
    ),
)]
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
        let deleted = accounts.delete(&session).await;
        deleted.inspect_err(|error| tracing::info!(cause = chain(error), "an account stays"))
    });
    deletion
        .await
        .map_err(|error| ApiError::internal(&error))??;
    Ok(StatusCode::NO_CONTENT)
}
