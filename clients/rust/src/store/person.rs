//! Whose documents a store keeps, and whose a token is.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use syncline_domain::identifier::UserId;

use super::error::StoreError;

/// Whose documents these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user: UserId,
    /// Whose tokens name the user so, since another issuer's user of that name is somebody else. Not
    /// known as long as no token has told: the server's own, which follow those of others as well, do not.
    issuer: OnceLock<String>,
}

/// Whose a token is, as far as it says so; the server alone can tell whether that is true.
#[derive(Default, Deserialize)]
struct Claims {
    sub: Option<String>,
    iss: Option<String>,
}

impl Person {
    /// Whose token it is: the `user`'s, where the application says so.
    pub(super) fn of(token: &str, user: Option<UserId>) -> Result<Self, StoreError> {
        let claims = claims(token);
        let Some(user) = user.or_else(|| UserId::new(claims.sub.as_ref()?).ok()) else {
            let rule = "the token does not tell the user: say it with `StoreOptions::user`";
            return Err(StoreError::Options(rule.to_owned()));
        };
        if !claims.is_of(&user) {
            let rule =
                "the token is not the user's: give that user's token, or no `StoreOptions::user`";
            return Err(StoreError::Options(rule.to_owned()));
        }
        let issuer = claims.iss.map(OnceLock::from).unwrap_or_default();
        Ok(Self { user, issuer })
    }

    /// Whose tokens name the user so, if that is known.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.issuer.get().map(String::as_str)
    }

    /// Takes a token for this person's, unless it tells that it is somebody else's. Returns whether it did.
    pub(super) fn take(&self, token: &str) -> bool {
        let claims = claims(token);
        claims.is_of(&self.user) && claims.iss.is_none_or(|issuer| self.take_issuer(&issuer))
    }

    /// Takes an issuer for this person's, unless another one is known. Returns whether it did.
    pub(super) fn take_issuer(&self, issuer: &str) -> bool {
        // The first who tells decides, whoever asks at the same time.
        *self.issuer.get_or_init(|| issuer.to_owned()) == issuer
    }
}

impl Claims {
    /// Whether this may be the user. The server knows the user `7` of another issuer as `acme|7`.
    fn is_of(&self, user: &UserId) -> bool {
        let Some(told) = &self.sub else {
            return true;
        };
        let in_issuer = user.as_str().split_once('|').map(|(_, user)| user);
        told == user.as_str() || self.iss.is_some() && in_issuer == Some(told)
    }
}

/// Nothing of a token that is none of JSON.
fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('='));
    let claims: Claims = serde_json::from_slice(&payload.unwrap_or_default()).unwrap_or_default();
    let iss = claims.iss.filter(|issuer| !issuer.is_empty());
    Claims { iss, ..claims }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::Person;
    use crate::{UserId, store::error::StoreError};

    fn token(claims: &str) -> String {
        format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
    }

    fn person(claims: &str) -> Person {
        Person::of(&token(claims), None).unwrap()
    }

    #[test]
    fn a_token_tells_whose_it_is() {
        let ada = person(r#"{"sub":"ada"}"#);
        assert_eq!((ada.user.as_str(), ada.issuer()), ("ada", None));
        let other = person(r#"{"sub":"ada","iss":"https://id.acme.example"}"#);
        assert_eq!(other.issuer(), Some("https://id.acme.example"));
        for token in ["", "abc", "a.b.c", "e30.e30.x"] {
            let nobody = Person::of(token, None);
            assert!(matches!(nobody, Err(StoreError::Options(_))), "{nobody:?}");
        }
    }

    #[test]
    fn the_same_name_of_another_issuer_is_somebody_else() {
        let ada = person(r#"{"sub":"ada","iss":"one"}"#);
        let take = |claims| ada.take(&token(claims));
        assert!(take(r#"{"sub":"ada","iss":"one"}"#));
        assert!(!take(r#"{"sub":"ada","iss":"two"}"#));
        assert!(!take(r#"{"sub":"bob","iss":"one"}"#));
        assert!(take(r#"{"sub":"ada"}"#), "the server's own");
        assert!(ada.take("a token that does not tell"));
    }

    /// As the server names users of other issuers.
    #[test]
    fn a_user_whom_the_application_names_has_tokens_of_that_user_alone() {
        let own = [r#"{"sub":"acme|7"}"#, r#"{"sub":"7","iss":"one"}"#, "{}"];
        let others = [
            r#"{"sub":"7"}"#,
            r#"{"sub":"8","iss":"one"}"#,
            r#"{"sub":"acme","iss":"one"}"#,
        ];
        let of = |claims| Person::of(&token(claims), Some(UserId::new("acme|7").unwrap()));
        for first in own {
            let user = of(first).unwrap();
            for claims in own {
                assert!(user.take(&token(claims)), "{claims} after {first}");
            }
            for claims in others {
                assert!(!user.take(&token(claims)), "{claims} after {first}");
            }
        }
        for claims in others {
            let other = of(claims);
            assert!(matches!(other, Err(StoreError::Options(_))), "{other:?}");
        }
    }

    #[test]
    fn the_first_token_that_tells_the_issuer_decides() {
        let named = Person::of("", Some(UserId::new("ada").unwrap())).unwrap();
        for ada in [named, person(r#"{"sub":"ada"}"#)] {
            assert!(!ada.take(&token(r#"{"sub":"bob","iss":"two"}"#)));
            assert!(ada.take(&token(r#"{"sub":"ada","iss":"one"}"#)));
            assert!(!ada.take(&token(r#"{"sub":"ada","iss":"two"}"#)));
        }
    }
}
