use std::time::Duration;

use serde_json::{Map, Value};
use syncline_application::ports::{Session, SessionError};
use syncline_domain::{hlc::UnixMillis, identifier::UserId};

use super::IssuerSettings;

/// So far may an issuer's clock be from ours, in seconds.
const LEEWAY: u64 = 60;

/// Between the name of an issuer and who somebody is to it.
const SEPARATOR: char = '|';

/// What a token of an issuer has to say.
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) settings: IssuerSettings,
}

impl Expected {
    /// The session of a token with `claims`, whose signature was verified.
    pub(super) fn session(
        &self,
        claims: &Map<String, Value>,
        now: UnixMillis,
    ) -> Result<Session, SessionError> {
        let seconds = now.0 / 1000;
        let time = |name: &str| claims.get(name).map(whole_seconds);
        let end = time("exp").flatten();
        let is_in_time = match (end, time("nbf")) {
            (Some(end), begin) => {
                seconds < end.saturating_add(LEEWAY)
                    && begin.is_none_or(|begin| {
                        begin.is_some_and(|begin| begin <= seconds.saturating_add(LEEWAY))
                    })
            }
            _ => false,
        };
        let is_issuers = claims.get("iss").and_then(Value::as_str) == Some(&self.settings.issuer);
        if !is_in_time || !is_issuers || !self.is_for_us(claims) {
            return Err(SessionError::Invalid);
        }
        let millis = |name| time(name).flatten()?.checked_mul(1000).map(UnixMillis);
        let issued_at = millis("iat");
        // A token that does not say may be older than the end of an account: it counts as that.
        let began_at = issued_at.or_else(|| millis("nbf"));
        Ok(Session {
            user_id: self.user(claims).ok_or(SessionError::Invalid)?,
            providers: Vec::new(),
            issued_at: issued_at.unwrap_or(now),
            session_began_at: began_at.unwrap_or(UnixMillis(0)),
            token_ends_at: end
                .map(|end| UnixMillis(end.saturating_add(LEEWAY).saturating_mul(1000))),
            is_external: true,
        })
    }

    /// One of its audiences is ours.
    fn is_for_us(&self, claims: &Map<String, Value>) -> bool {
        let audience = self.settings.audience.as_str();
        match claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one == audience),
            _ => false,
        }
    }

    /// Who it is, in the issuer's words and as the issuer's.
    fn user(&self, claims: &Map<String, Value>) -> Option<UserId> {
        let user = claims.get(&self.settings.user_claim)?.as_str()?;
        if user.is_empty() {
            return None;
        }
        UserId::new(&format!("{}{SEPARATOR}{user}", self.name)).ok()
    }
}

/// A time in seconds, of which the standard allows fractions (RFC 7519, section 2).
fn whole_seconds(time: &Value) -> Option<u64> {
    let fraction = || Duration::try_from_secs_f64(time.as_f64()?).ok();
    time.as_u64().or_else(|| Some(fraction()?.as_secs()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};
    use syncline_application::ports::{Session, SessionError};
    use syncline_domain::hlc::UnixMillis;

    use super::{Expected, IssuerSettings, LEEWAY};

    /// 2024-07-03T00:00:00Z.
    const NOW: u64 = 1_719_964_800;

    fn session(changed: &Value) -> Result<Session, SessionError> {
        let mut claims = json!({
            "iss": "https://id.acme.example", "aud": "syncline", "sub": "7",
            "email": "ada@acme.example", "exp": NOW + 300, "iat": NOW - 5,
        });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims: Map<String, Value> = serde_json::from_value(claims).unwrap();
        let settings = IssuerSettings {
            issuer: "https://id.acme.example".into(),
            audience: "syncline".into(),
            jwks_uri: None,
            user_claim: "email".into(),
        };
        let name = "acme".into();
        Expected { name, settings }.session(&claims, UnixMillis(NOW * 1000))
    }

    #[test]
    fn the_user_is_who_the_claim_says_and_the_issuers() {
        let session = session(&json!({})).unwrap();
        assert_eq!(session.user_id.as_str(), "acme|ada@acme.example");
        assert_eq!(session.issued_at, UnixMillis((NOW - 5) * 1000));
        assert!(session.is_external);
    }

    #[test]
    fn tokens_for_several_are_for_us_too() {
        assert!(session(&json!({ "aud": ["other", "syncline"] })).is_ok());
        assert!(session(&json!({ "nbf": NOW + LEEWAY })).is_ok());
        assert!(session(&json!({ "exp": NOW - LEEWAY + 1 })).is_ok());
        assert!(session(&json!({ "iat": null })).is_ok());
    }

    #[test]
    fn times_may_have_fractions() {
        let now: f64 = u32::try_from(NOW).unwrap().into();
        let times = json!({ "iat": now - 4.5, "nbf": now - 4.5, "exp": now + 300.25 });
        let session = session(&times).unwrap();
        assert_eq!(session.issued_at, UnixMillis((NOW - 5) * 1000));
        let end = NOW + 300 + LEEWAY;
        assert_eq!(session.token_ends_at, Some(UnixMillis(end * 1000)));
    }

    /// Or it would be a token of today for ever, also of an account that was deleted.
    #[test]
    fn a_token_that_does_not_say_since_when_it_is_began_before_all_others() {
        let began = |changed| session(&changed).unwrap().session_began_at;
        assert_eq!(began(json!({})), UnixMillis((NOW - 5) * 1000));
        let not_before = json!({ "iat": null, "nbf": NOW - 7 });
        assert_eq!(began(not_before), UnixMillis((NOW - 7) * 1000));
        assert_eq!(began(json!({ "iat": null })), UnixMillis(0));
    }

    #[test]
    fn what_is_not_as_expected_is_refused() {
        for changed in [
            json!({ "iss": "https://id.acme.example/" }),
            json!({ "iss": null }),
            json!({ "aud": "other" }),
            json!({ "aud": ["other"] }),
            json!({ "aud": [] }),
            json!({ "aud": null }),
            json!({ "exp": NOW - LEEWAY }),
            json!({ "exp": null }),
            json!({ "exp": "tomorrow" }),
            json!({ "exp": -1.5 }),
            json!({ "exp": 1e300 }),
            json!({ "nbf": NOW + LEEWAY + 1 }),
            json!({ "nbf": "tomorrow" }),
            json!({ "email": null }),
            json!({ "email": "" }),
            json!({ "email": 7 }),
            json!({ "email": "x".repeat(255) }),
        ] {
            assert_eq!(session(&changed), Err(SessionError::Invalid), "{changed}");
        }
    }
}
