//! `/auth/dev`: signing in as anyone, on the developer's own machine.

use std::net::IpAddr;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderName,
        header::{FORWARDED, HOST, ORIGIN},
    },
    response::Response,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{self, SignedInAnswer},
    sign_in::bad_query,
};
use crate::{
    AppState,
    body::JsonBody,
    error::{ApiError, ErrorCode},
    openapi::tags,
};

/// What proxies say of whom they speak for.
const PROXY_HEADERS: [HeaderName; 3] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// Who somebody wants to be, and where the sign-in ends, if not with JSON.
#[derive(Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
#[schema(as = DeveloperSignIn)]
pub(super) struct Wish {
    /// What the user is called; whoever signs in by the same name is the same user.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000]+$",
        example = "ada"
    )]
    #[schema(min_length = 1, max_length = 255, pattern = r"^[^\u0000]+$")]
    name: String,
    /// The page at which the sign-in ends, one of those that the server's configuration allows.
    /// Without it, the sign-in ends with JSON.
    #[param(nullable = false)]
    redirect_uri: Option<String>,
    /// What that page gets back beside its code: a random text of the page's own, 1 to 512 letters,
    /// digits, `-`, `_`, `.` or `~`.
    #[param(nullable = false)]
    state: Option<String>,
}

/// Sign in on the developer's own machine, with a browser
///
/// Only a server without providers that listens to its own machine alone lets people in by name.
#[utoipa::path(
    get,
    path = "/auth/dev",
    operation_id = "signInWithBrowserForDevelopment",
    tag = tags::SIGN_IN,
    params(Wish),
    responses(
        (
            status = 200,
            description = "The user, and a session token",
            body = SignedInAnswer,
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
            description = "To the page, with `code`",
            headers(("Location" = String, description = "The page")),
        ),
        (
            status = 403,
            description = "`forbidden`: the request does not come from this machine itself.",
            body = ApiError,
            example = json!({
                "error": "Anyone may be anyone here, so only this machine itself may ask: call `localhost` or `127.0.0.1`, without a proxy, from a page of the same",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the server has real providers, or listens to the network.",
            body = ApiError,
            example = json!({
                "error": "nobody can sign in through `dev` on this server; it has `google`",
                "code": "not_found",
            }),
        ),
    ),
)]
pub(super) async fn visit(
    State(state): State<AppState>,
    headers: HeaderMap,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wish) = wish.map_err(bad_query)?;
    sign_in(&state, &headers, wish).await
}

/// Sign in on the developer's own machine
///
/// Only a server without providers that listens to its own machine alone lets people in by name.
#[utoipa::path(
    post,
    path = "/auth/dev",
    operation_id = "signInForDevelopment",
    tag = tags::SIGN_IN,
    request_body(content = Wish, example = json!({ "name": "ada" })),
    responses(
        (
            status = 200,
            description = "The user, and a session token",
            body = SignedInAnswer,
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
            description = "To the page, with `code`",
            headers(("Location" = String, description = "The page")),
        ),
        (
            status = 403,
            description = "`forbidden`: the request does not come from this machine itself.",
            body = ApiError,
            example = json!({
                "error": "Anyone may be anyone here, so only this machine itself may ask: call `localhost` or `127.0.0.1`, without a proxy, from a page of the same",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the server has real providers, or listens to the network.",
            body = ApiError,
            example = json!({
                "error": "nobody can sign in through `dev` on this server; it has `google`",
                "code": "not_found",
            }),
        ),
    ),
)]
pub(super) async fn post(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Response, ApiError> {
    sign_in(&state, &headers, wish).await
}

async fn sign_in(state: &AppState, headers: &HeaderMap, wish: Wish) -> Result<Response, ApiError> {
    state.identity.check_development()?;
    if !is_local(headers) {
        let sentence = "Anyone may be anyone here, so only this machine itself may ask: call \
            `localhost` or `127.0.0.1`, without a proxy, from a page of the same";
        return Err(ApiError::new(ErrorCode::Forbidden, sentence));
    }
    let completed = state
        .identity
        .develop(&wish.name, wish.redirect_uri, wish.state)
        .await?;
    Ok(answer::completed(completed))
}

/// Whether a request comes from this machine for itself. A page from elsewhere may send requests to
/// it, and so may a proxy.
fn is_local(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_direct = !PROXY_HEADERS.iter().any(|name| headers.contains_key(name));
    let is_own_page = !headers.contains_key(ORIGIN)
        || text(ORIGIN)
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, host)| is_loopback(host));
    is_direct && is_own_page && text(HOST).is_some_and(is_loopback)
}

/// Whether a host with or without a port is this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::is_local;

    fn local(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|&(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        is_local(&headers)
    }

    #[test]
    fn this_machine_is_local() {
        for host in ["127.0.0.1:8080", "127.1.2.3", "localhost:1", "[::1]:8080"] {
            assert!(local(&[("host", host)]), "{host}");
        }
        for origin in ["http://localhost:5173", "http://127.0.0.1:8080"] {
            let headers = [("host", "localhost:8080"), ("origin", origin)];
            assert!(local(&headers), "{origin}");
        }
    }

    #[test]
    fn others_their_pages_and_proxies_are_not() {
        for host in [
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "192.168.1.2:8080",
            "",
        ] {
            assert!(!local(&[("host", host)]), "{host}");
        }
        assert!(!local(&[]));
        for origin in [
            "null",
            "https://example.org",
            "http://localhost.evil.org",
            "",
        ] {
            let headers = [("host", "localhost:8080"), ("origin", origin)];
            assert!(!local(&headers), "{origin}");
        }
        for proxy in ["forwarded", "x-forwarded-for", "x-real-ip"] {
            assert!(!local(&[("host", "localhost"), (proxy, "::1")]), "{proxy}");
        }
    }
}
