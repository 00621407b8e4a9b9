use std::sync::{Arc, OnceLock};

use axum::{
    extract::Request,
    http::{Extensions, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

/// Carries the next token of a session that is prolonged.
pub(crate) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// The next token, from where the caller becomes known to where the answer leaves.
#[derive(Clone, Default)]
struct NextToken(Arc<OnceLock<HeaderValue>>);

/// Answers with the next token, if there is one, whatever the answer is.
pub(super) async fn answer(mut request: Request, next: Next) -> Response {
    let slot = NextToken::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    if let Some(token) = slot.0.get() {
        response.headers_mut().insert(X_AUTH_TOKEN, token.clone());
    }
    response
}

/// Leaves the next token of whoever sent the request with these extensions.
pub(crate) fn leave(extensions: &Extensions, token: &str) {
    if let (Some(slot), Ok(mut token)) =
        (extensions.get::<NextToken>(), HeaderValue::from_str(token))
    {
        token.set_sensitive(true);
        // A request has one caller, known once.
        let _ = slot.0.set(token);
    }
}
