//! The cookie in which a browser keeps a sign-in under way.

use axum::http::HeaderValue;
use axum_extra::extract::CookieJar;
use syncline_application::identity::Begun;
use syncline_domain::identity::Provider;

use crate::error::ApiError;

const NAME: &str = "syncline-sign-in";

/// What sets it. Sealed texts, paths and numbers can stand in a header as they are.
///
/// Apple answers with a form from its own page, with which browsers send only cookies that say
/// `SameSite=None`, and those only over HTTPS. All others answer with a link.
pub(super) fn set(begun: &Begun, is_https: bool) -> Result<HeaderValue, ApiError> {
    let protection = match (begun.provider, is_https) {
        (Provider::Apple, _) => "SameSite=None; Secure",
        (_, true) => "SameSite=Lax; Secure",
        (_, false) => "SameSite=Lax",
    };
    let cookie = format!(
        "{NAME}={}; Path=/auth; Max-Age={}; HttpOnly; {protection}",
        begun.attempt,
        begun.lifetime.as_secs()
    );
    let mut value = HeaderValue::from_str(&cookie).map_err(|error| ApiError::internal(&error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// What removes it: an attempt is answered once.
pub(super) fn remove() -> HeaderValue {
    HeaderValue::from_static("syncline-sign-in=; Path=/auth; Max-Age=0; HttpOnly; SameSite=Lax")
}

/// What the browser brought back.
pub(super) fn read(jar: &CookieJar) -> Option<&str> {
    jar.get(NAME)
        .map(axum_extra::extract::cookie::Cookie::value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use syncline_application::identity::Begun;
    use syncline_domain::identity::Provider;

    use super::{NAME, remove, set};

    fn cookie(provider: Provider, is_https: bool) -> String {
        let begun = Begun {
            provider,
            url: String::new(),
            attempt: "sealed".into(),
            lifetime: Duration::from_mins(10),
        };
        let value = set(&begun, is_https).unwrap();
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn scripts_and_other_sites_cannot_use_it() {
        assert_eq!(
            cookie(Provider::Google, true),
            "syncline-sign-in=sealed; Path=/auth; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(!cookie(Provider::Google, false).contains("Secure"));
        for is_https in [true, false] {
            assert!(cookie(Provider::Apple, is_https).ends_with("SameSite=None; Secure"));
        }
        assert!(
            remove()
                .to_str()
                .unwrap()
                .starts_with(&format!("{NAME}=; "))
        );
    }
}
