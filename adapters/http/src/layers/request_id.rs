use axum::{extract::Request, http::HeaderName};

/// Names a request in its answer and in the log.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_BYTES: usize = 64;

/// Removes a request id that does not belong in a log; another one is made then.
pub(super) fn drop_unsafe(mut request: Request) -> Request {
    let id = request.headers().get(X_REQUEST_ID);
    if id.is_some_and(|id| !is_safe(id.as_bytes())) {
        request.headers_mut().remove(X_REQUEST_ID);
    }
    request
}

fn is_safe(id: &[u8]) -> bool {
    (1..=MAX_BYTES).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn ids_are_short_and_plain() {
        assert!(is_safe(b"a"));
        assert!(is_safe(b"01J-ab_c.9"));
        assert!(is_safe(&[b'x'; 64]));
        for id in [
            &b""[..],
            &[b'x'; 65],
            b"a b",
            b"a\"b",
            b"a\x1bb",
            "é".as_bytes(),
        ] {
            assert!(!is_safe(id), "{id:?}");
        }
    }
}
