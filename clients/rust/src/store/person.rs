use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use syncline_domain::identifier::UserId;

/// Whose documents these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user: UserId,
    /// Whose tokens name the user so, since another issuer's user of that name is somebody else. None as
    /// long as no token has told: the server's own, which follow those of others as well, do not.
    pub(super) issuer: Option<String>,
}

/// Whose a token is, as far as it says so; the server alone can tell whether that is true.
#[derive(Default, Deserialize)]
struct Claims {
    sub: Option<UserId>,
    iss: Option<String>,
}

impl Person {
    /// Whose token it is; `user` where the application says so.
    pub(super) fn of(token: &str, user: Option<UserId>) -> Option<Self> {
        let Claims { sub, iss } = claims(token);
        Some(Self {
            user: user.or(sub)?,
            issuer: iss,
        })
    }

    /// Whether a token tells that it is somebody else's.
    pub(super) fn is_other(&self, token: &str) -> bool {
        let Claims { sub, iss } = claims(token);
        sub.is_some_and(|user| user != self.user) || !self.has_issuer(iss.as_deref())
    }

    /// Whether this may be the issuer, as far as both are known.
    pub(super) fn has_issuer(&self, issuer: Option<&str>) -> bool {
        let known = self.issuer.as_deref().zip(issuer);
        known.is_none_or(|(own, other)| own == other)
    }
}

/// Nothing of a token that is none of JSON.
fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('='));
    serde_json::from_slice(&payload.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::Person;

    fn token(claims: &str) -> String {
        format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
    }

    fn person(claims: &str) -> Person {
        Person::of(&token(claims), None).unwrap()
    }

    #[test]
    fn a_token_tells_whose_it_is() {
        let ada = person(r#"{"sub":"ada"}"#);
        assert_eq!((ada.user.as_str(), ada.issuer), ("ada", None));
        let other = person(r#"{"sub":"ada","iss":"https://id.acme.example"}"#);
        assert_eq!(other.issuer.unwrap(), "https://id.acme.example");
        for token in ["", "abc", "a.b.c", "e30.e30.x"] {
            assert_eq!(Person::of(token, None), None);
        }
    }

    #[test]
    fn the_same_name_of_another_issuer_is_somebody_else() {
        let ada = person(r#"{"sub":"ada","iss":"one"}"#);
        let is_other = |claims| ada.is_other(&token(claims));
        assert!(!is_other(r#"{"sub":"ada","iss":"one"}"#));
        assert!(is_other(r#"{"sub":"ada","iss":"two"}"#));
        assert!(is_other(r#"{"sub":"bob","iss":"one"}"#));
        assert!(!is_other(r#"{"sub":"ada"}"#), "the server's own");
        assert!(!ada.is_other("a token that does not tell"));
    }

    #[test]
    fn as_long_as_no_token_tells_the_issuer_it_may_be_any() {
        let named = Person::of("", Some("ada".to_owned().try_into().unwrap())).unwrap();
        for ada in [named, person(r#"{"sub":"ada"}"#)] {
            assert!(!ada.is_other(&token(r#"{"sub":"ada","iss":"one"}"#)));
        }
    }
}
