use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use syncline_domain::identifier::UserId;

/// Whose documents these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user: UserId,
    /// Whose tokens name the user so, since another issuer's user of that name is somebody else: empty
    /// for the server's own, which name no issuer; none as long as no token has told.
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
        let claims = claims(token);
        let user = user.or_else(|| claims.as_ref()?.sub.clone())?;
        let issuer = claims.map(|claims| claims.iss.unwrap_or_default());
        Some(Self { user, issuer })
    }

    /// Whether a token tells that it is somebody else's.
    pub(super) fn is_other(&self, token: &str) -> bool {
        let Some(Claims { sub, iss }) = claims(token) else {
            return false;
        };
        sub.is_some_and(|user| user != self.user)
            || !self.has_issuer(Some(&iss.unwrap_or_default()))
    }

    /// Whether this may be the issuer, as far as both are known.
    pub(super) fn has_issuer(&self, issuer: Option<&str>) -> bool {
        let known = self.issuer.as_deref().zip(issuer);
        known.is_none_or(|(own, other)| own == other)
    }
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
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
        assert_eq!(
            (ada.user.as_str(), ada.issuer.as_deref()),
            ("ada", Some(""))
        );
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
        assert!(is_other(r#"{"sub":"ada"}"#), "the server's own");
        assert!(!ada.is_other("a token that does not tell"));
    }

    #[test]
    fn of_a_user_whom_the_application_names_the_issuer_may_be_unknown() {
        let ada = Person::of("", Some("ada".to_owned().try_into().unwrap())).unwrap();
        assert_eq!(ada.issuer, None);
        assert!(!ada.is_other(&token(r#"{"sub":"ada","iss":"one"}"#)));
    }
}
