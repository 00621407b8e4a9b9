use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
struct NextToken(Arc<Mutex<Option<HeaderValue>>>);

impl NextToken {
    fn value(&self) -> MutexGuard<'_, Option<HeaderValue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers with the next token, if there is one, whatever the answer is.
pub(super) async fn answer(mut request: Request, next: Next) -> Response {
    let slot = NextToken::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    if let Some(token) = slot.value().take() {
        response.headers_mut().insert(X_AUTH_TOKEN, token);
    }
    response
}

/// Leaves the next token of whoever sent the request with these extensions.
pub(crate) fn leave(extensions: &Extensions, token: &str) {
    if let Some(slot) = extensions.get::<NextToken>() {
        *slot.value() = sensitive(token);
    }
}

/// If there is a next token, this one takes its place: the request has changed what a token says.
pub(crate) fn replace(extensions: &Extensions, token: &str) {
    if let Some(slot) = extensions.get::<NextToken>() {
        let mut next = slot.value();
        *next = next.take().and_then(|_| sensitive(token));
    }
}

fn sensitive(token: &str) -> Option<HeaderValue> {
    let mut token = HeaderValue::from_str(token).ok()?;
    token.set_sensitive(true);
    Some(token)
}
