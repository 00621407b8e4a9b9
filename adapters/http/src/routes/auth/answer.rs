use axum::{
    Json,
    http::{HeaderValue, header::REFERRER_POLICY},
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;
use syncline_application::{
    identity::{Completed, SignedIn},
    ports::User,
};
use utoipa::ToSchema;

use super::schema::Provider;
use crate::openapi::schema::UserId;

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(in crate::routes) struct UserAnswer {
    #[schema(value_type = UserId)]
    user_id: String,
    /// As a provider says.
    #[schema(required = true)]
    name: Option<String>,
    /// As a provider says, which has verified it.
    #[schema(required = true)]
    email: Option<String>,
    /// Through whom the user can sign in.
    #[schema(value_type = Vec<Provider>)]
    providers: Vec<&'static str>,
}

/// A user with a session token.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(super) struct SignedInAnswer {
    user: UserAnswer,
    /// The session token, for the header `Authorization: Bearer <token>`.
    token: String,
}

impl From<User> for UserAnswer {
    fn from(user: User) -> Self {
        Self {
            user_id: user.user_id.into(),
            name: user.profile.name().map(str::to_owned),
            email: user.profile.email().map(str::to_owned),
            providers: user.providers.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<SignedIn> for SignedInAnswer {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            user: signed_in.user.into(),
            token: signed_in.token,
        }
    }
}

/// Answers an API caller with a session, a browser with the way to its page.
pub(super) fn completed(completed: Completed) -> Response {
    match completed {
        Completed::SignedIn(signed_in) => Json(SignedInAnswer::from(signed_in)).into_response(),
        Completed::Return(address) => redirect(&address),
    }
}

/// Sends a browser elsewhere, and does not tell that page from where.
pub(super) fn redirect(address: &str) -> Response {
    let no_referrer = [(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))];
    (no_referrer, Redirect::to(address)).into_response()
}
