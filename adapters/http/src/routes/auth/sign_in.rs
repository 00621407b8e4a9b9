//! `/auth/{provider}`: the beginning and the end of a sign-in.

use axum::{
    extract::{
        Form, Path, Query, State,
        rejection::{FormRejection, PathRejection, QueryRejection},
    },
    http::{StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use syncline_application::identity::{Callback, Failed};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{self, SignedInAnswer},
    cookie,
    schema::ProviderName,
};
use crate::{
    AppState,
    error::{ApiError, ErrorCode},
    openapi::tags,
};

type ProviderPath = Result<Path<String>, PathRejection>;

/// Where a sign-in ends, if not with JSON.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Ending {
    /// The page at which the sign-in ends, one of those that the server's configuration allows.
    /// Without it, the sign-in ends with JSON.
    #[param(nullable = false, example = "http://localhost:3000/signed-in")]
    pub(super) redirect_uri: Option<String>,
    /// What that page gets back beside its code: a random text of the page's own, 1 to 512 letters,
    /// digits, `-`, `_`, `.` or `~`.
    #[param(nullable = false)]
    pub(super) state: Option<String>,
}

/// What a provider sends. Whatever else it sends is not needed.
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(super) struct CallbackFields {
    /// To be exchanged for an identity.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    code: Option<String>,
    /// Which sign-in it answers.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    state: Option<String>,
    /// Why there is no code.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    error: Option<String>,
    /// What Apple says of the person, the first time only.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    user: Option<String>,
}

/// Begin a sign-in
///
/// A browser comes here, and is sent on to the provider, with a cookie that it has to bring back.
#[utoipa::path(
    get,
    path = "/auth/{provider}",
    operation_id = "beginSignIn",
    tag = tags::SIGN_IN,
    params(ProviderName, Ending),
    responses(
        (
            status = 303,
            description = "To the provider",
            headers(
                ("Location" = String, description = "The provider's page"),
                ("Set-Cookie" = String, description = "The sign-in that has begun, sealed"),
            ),
        ),
        (
            status = 404,
            description = "`not_found`: nobody can sign in through this provider here.",
            body = ApiError,
            example = json!({
                "error": "nobody can sign in through `google` on this server; it has `dev`",
                "code": "not_found",
            }),
        ),
    ),
)]
pub(super) async fn begin(
    State(state): State<AppState>,
    provider: ProviderPath,
    ending: Result<Query<Ending>, QueryRejection>,
) -> Result<Response, ApiError> {
    let provider = name(provider)?;
    let Query(ending) = ending.map_err(bad_query)?;
    let begun = state
        .identity
        .begin(&provider, ending.redirect_uri, ending.state)
        .await?;
    let cookie = cookie::set(&begun, state.identity.is_https())?;
    Ok(([(SET_COOKIE, cookie)], answer::redirect(&begun.url)).into_response())
}

/// Complete a sign-in
///
/// The provider sends the browser back here. The sign-in ends with a session, or at the page that it
/// began with, which gets a one-time code or an error.
#[utoipa::path(
    get,
    path = "/auth/{provider}/callback",
    operation_id = "completeSignIn",
    tag = tags::SIGN_IN,
    params(ProviderName, CallbackFields),
    responses(
        (
            status = 200,
            description = "The user, and a session token",
            body = SignedInAnswer,
            headers(("Set-Cookie" = String, description = "Removes the cookie of the sign-in")),
            example = json!({
                "user": {
                    "userId": "5b3f0f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                    "name": "ada",
                    "email": null,
                    "providers": ["dev"],
                },
                "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
            }),
        ),
        (
            status = 303,
            description = "To the page, with `code`, or with `error`",
            headers(
                ("Location" = String, description = "The page"),
                ("Set-Cookie" = String, description = "Removes the cookie of the sign-in"),
            ),
        ),
        (
            status = 400,
            description = "`bad_request`: this browser has not begun this sign-in.",
            body = ApiError,
            example = json!({
                "error": "this browser has not begun this sign-in, or more than ten minutes ago; begin again at `/auth/google`",
                "code": "bad_request",
            }),
        ),
        (
            status = 401,
            description = "`unauthorized`: the person or the provider said no, or the provider's answer cannot be trusted.",
            body = ApiError,
            example = json!({
                "error": "google did not sign you in (access_denied); begin again at `/auth/google`",
                "code": "unauthorized",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: nobody can sign in through this provider here.",
            body = ApiError,
            example = json!({
                "error": "nobody can sign in through `google` on this server; it has `dev`",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the sign-in was to link an identity that belongs to another user, or another \
                one of the provider is linked.",
            body = ApiError,
            example = json!({
                "error": "another google account is linked already; unlink it first",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn complete(
    State(state): State<AppState>,
    provider: ProviderPath,
    jar: CookieJar,
    fields: Result<Query<CallbackFields>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(fields) = fields.map_err(bad_query)?;
    finish(&state, &name(provider)?, &jar, fields).await
}

/// Complete a sign-in with a form
///
/// The same as a form, which is Apple's way to send a browser back.
#[utoipa::path(
    post,
    path = "/auth/{provider}/callback",
    operation_id = "completeSignInWithForm",
    tag = tags::SIGN_IN,
    params(ProviderName),
    request_body(content = CallbackFields, content_type = "application/x-www-form-urlencoded"),
    responses(
        (
            status = 200,
            description = "The user, and a session token",
            body = SignedInAnswer,
            headers(("Set-Cookie" = String, description = "Removes the cookie of the sign-in")),
            example = json!({
                "user": {
                    "userId": "5b3f0f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                    "name": "ada",
                    "email": null,
                    "providers": ["dev"],
                },
                "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
            }),
        ),
        (
            status = 303,
            description = "To the page, with `code`, or with `error`",
            headers(
                ("Location" = String, description = "The page"),
                ("Set-Cookie" = String, description = "Removes the cookie of the sign-in"),
            ),
        ),
        (
            status = 400,
            description = "`bad_request`: this browser has not begun this sign-in.",
            body = ApiError,
            example = json!({
                "error": "this browser has not begun this sign-in, or more than ten minutes ago; begin again at `/auth/apple`",
                "code": "bad_request",
            }),
        ),
        (
            status = 401,
            description = "`unauthorized`: the person or the provider said no, or the provider's answer cannot be trusted.",
            body = ApiError,
            example = json!({
                "error": "apple did not sign you in (user_cancelled_authorize); begin again at `/auth/apple`",
                "code": "unauthorized",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: nobody can sign in through this provider here.",
            body = ApiError,
            example = json!({
                "error": "nobody can sign in through `google` on this server; it has `dev`",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the sign-in was to link an identity that belongs to another user, or another \
                one of the provider is linked.",
            body = ApiError,
            example = json!({
                "error": "another google account is linked already; unlink it first",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn complete_form(
    State(state): State<AppState>,
    provider: ProviderPath,
    jar: CookieJar,
    fields: Result<Form<CallbackFields>, FormRejection>,
) -> Result<Response, ApiError> {
    let Form(fields) = fields.map_err(bad_form)?;
    finish(&state, &name(provider)?, &jar, fields).await
}

async fn finish(
    state: &AppState,
    provider: &str,
    jar: &CookieJar,
    fields: CallbackFields,
) -> Result<Response, ApiError> {
    let callback = Callback {
        code: fields.code,
        state: fields.state,
        error: fields.error,
        user: fields.user,
    };
    let completed = state
        .identity
        .complete(provider, callback, cookie::read(jar))
        .await;
    let response = match completed {
        Ok(completed) => answer::completed(completed),
        Err(failed) => refuse(failed),
    };
    Ok(([(SET_COOKIE, cookie::remove())], response).into_response())
}

/// A page shows errors in its own way.
fn refuse(Failed { error, page }: Failed) -> Response {
    let error = ApiError::from(error);
    match page {
        Some(page) => answer::redirect(&page.with_error(error.code.as_str())),
        None => error.into_response(),
    }
}

fn bad_form(rejection: FormRejection) -> ApiError {
    match rejection {
        FormRejection::InvalidFormContentType(_) => ApiError::new(
            ErrorCode::UnsupportedMediaType,
            "The body is not declared as a form; send the header \
             `Content-Type: application/x-www-form-urlencoded`",
        ),
        rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ErrorCode::PayloadTooLarge, rejection.body_text())
        }
        rejection => ApiError::new(ErrorCode::BadRequest, rejection.body_text()),
    }
}

pub(super) fn name(provider: ProviderPath) -> Result<String, ApiError> {
    let Path(provider) = provider
        .map_err(|rejection| ApiError::new(ErrorCode::BadRequest, rejection.body_text()))?;
    Ok(provider)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is handed to `map_err` as it is"
)]
pub(super) fn bad_query(rejection: QueryRejection) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, rejection.body_text())
}
