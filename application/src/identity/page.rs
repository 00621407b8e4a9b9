use serde::{Deserialize, Serialize};

use super::{IdentityError, IdentityOptions};

const MAX_STATE_BYTES: usize = 512;

/// A page to which somebody returns.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Page {
    redirect_uri: String,
    /// What the page wants back, so that it knows its own sign-in.
    state: Option<String>,
}

impl Page {
    /// The page at `redirect_uri`, if it may have codes: it is on the list, or this server's own.
    ///
    /// # Errors
    /// [`IdentityError::RedirectNotAllowed`] and [`IdentityError::StateNotPlain`].
    pub(super) fn new(
        redirect_uri: String,
        state: Option<String>,
        options: &IdentityOptions,
    ) -> Result<Self, IdentityError> {
        let is_own = redirect_uri.strip_prefix(&options.public_url) == Some("/");
        if !is_own && !options.redirect_uris.contains(&redirect_uri) {
            return Err(IdentityError::RedirectNotAllowed);
        }
        if state.as_deref().is_some_and(|state| !is_plain(state)) {
            return Err(IdentityError::StateNotPlain);
        }
        Ok(Self {
            redirect_uri,
            state,
        })
    }

    /// Its address with a one-time code.
    #[must_use]
    pub(super) fn with_code(&self, code: &str) -> String {
        self.with("code", code)
    }

    /// Its address with an error code.
    #[must_use]
    pub fn with_error(&self, code: &str) -> String {
        self.with("error", code)
    }

    fn with(&self, name: &str, value: &str) -> String {
        let separator = if self.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        let mut address = format!("{}{separator}{name}={value}", self.redirect_uri);
        if let Some(state) = &self.state {
            address.push_str("&state=");
            address.push_str(state);
        }
        address
    }
}

/// Whether a text can stand in an address as it is.
fn is_plain(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    (1..=MAX_STATE_BYTES).contains(&text.len()) && text.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::{IdentityError, IdentityOptions, Page};

    fn page(redirect_uri: &str, state: Option<&str>) -> Result<Page, IdentityError> {
        let options = IdentityOptions {
            public_url: "https://sync.example.org".into(),
            redirect_uris: vec![
                "https://planner.example.org/in".into(),
                "https://planner.example.org/in?app=1".into(),
            ],
            is_development: false,
        };
        Page::new(redirect_uri.into(), state.map(str::to_owned), &options)
    }

    #[test]
    fn only_pages_on_the_list_and_our_own_may_have_codes() {
        for allowed in [
            "https://planner.example.org/in",
            "https://sync.example.org/",
        ] {
            assert!(page(allowed, None).is_ok(), "{allowed}");
        }
        for refused in [
            "",
            "/",
            "https://planner.example.org/",
            "https://planner.example.org/in/",
            "https://planner.example.org/in#x",
            "https://planner.example.org/in?x=1",
            "http://planner.example.org/in",
            "https://sync.example.org",
            "https://sync.example.org.evil.example/",
            "https://sync.example.org/elsewhere",
        ] {
            let refusal = page(refused, None);
            assert!(
                matches!(refusal, Err(IdentityError::RedirectNotAllowed)),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_page_gets_its_own_state_back() {
        let own = page("https://planner.example.org/in", Some("a-1")).unwrap();
        assert_eq!(
            own.with_code("c"),
            "https://planner.example.org/in?code=c&state=a-1"
        );
        let with_query = page("https://planner.example.org/in?app=1", None).unwrap();
        assert_eq!(
            with_query.with_error("forbidden"),
            "https://planner.example.org/in?app=1&error=forbidden"
        );
    }

    #[test]
    fn a_state_that_would_change_the_address_is_refused() {
        let long = "x".repeat(513);
        for state in ["", "a b", "a&code=b", "a#b", "é", &long] {
            let refusal = page("https://planner.example.org/in", Some(state));
            assert!(
                matches!(refusal, Err(IdentityError::StateNotPlain)),
                "{state}"
            );
        }
    }
}
