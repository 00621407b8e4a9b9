//! `/auth/{provider}`: the beginning and the end of a sign-in.

use axum::{
    extract::{
        Form, Path, Query, State,
        rejection::{FormRejection, PathRejection, QueryRejection},
    },
    http::header::SET_COOKIE,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use syncline_application::identity::{Callback, Failed};

use super::{answer, cookie};
use crate::{
    AppState,
    error::{ApiError, ErrorCode},
};

type ProviderPath = Result<Path<String>, PathRejection>;

/// Where a sign-in ends, if not with JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ending {
    pub(super) redirect_uri: Option<String>,
    pub(super) state: Option<String>,
}

/// What a provider sends. Whatever else it sends is not needed.
#[derive(Deserialize)]
pub(super) struct CallbackFields {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    user: Option<String>,
}

/// `GET /auth/{provider}`: sends the browser to the provider.
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

/// `GET /auth/{provider}/callback`: the provider sends the browser back.
pub(super) async fn complete(
    State(state): State<AppState>,
    provider: ProviderPath,
    jar: CookieJar,
    fields: Result<Query<CallbackFields>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(fields) = fields.map_err(bad_query)?;
    finish(&state, &name(provider)?, &jar, fields).await
}

/// `POST /auth/{provider}/callback`: the same as a form, which is Apple's way.
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
