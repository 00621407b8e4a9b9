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

use super::{answer, sign_in::bad_query};
use crate::{
    AppState,
    body::JsonBody,
    error::{ApiError, ErrorCode},
};

/// What proxies say of whom they speak for.
const PROXY_HEADERS: [HeaderName; 3] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// Who somebody wants to be, and where the sign-in ends, if not with JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wish {
    name: String,
    redirect_uri: Option<String>,
    state: Option<String>,
}

/// `GET /auth/dev?name=`: for a browser.
pub(super) async fn visit(
    State(state): State<AppState>,
    headers: HeaderMap,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wish) = wish.map_err(bad_query)?;
    sign_in(&state, &headers, wish).await
}

/// `POST /auth/dev { name }`: for scripts.
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
