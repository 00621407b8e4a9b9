use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::ExposeSecret;
use serde::Serialize;
use syncline_application::ports::ProviderError;
use syncline_domain::{hlc::UnixMillis, identity::Provider};

use super::{
    issuer::IssuerRule,
    settings::{ProviderSettings, ProvidersError, required},
};

/// How long a client secret lasts, in seconds: it is used at once.
const LIFETIME: u64 = 5 * 60;

/// The key with which Apple's client secrets are signed.
pub(super) struct AppleKey {
    team_id: String,
    key_id: String,
    audience: String,
    key: EncodingKey,
}

/// What a client secret says, all times in seconds.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

impl AppleKey {
    pub(super) fn new(
        settings: &ProviderSettings,
        issuer: &IssuerRule,
    ) -> Result<Self, ProvidersError> {
        let apple = Provider::Apple;
        let pem = required(apple, "privateKey", settings.private_key.as_ref())?;
        let key = EncodingKey::from_ec_der(&der(pem.expose_secret())?);
        let own = Self {
            team_id: required(apple, "teamId", settings.team_id.clone())?,
            key_id: required(apple, "keyId", settings.key_id.clone())?,
            audience: issuer.address().to_owned(),
            key,
        };
        // A key that cannot sign is found now, not when somebody signs in.
        match own.client_secret("", UnixMillis(0)) {
            Ok(_) => Ok(own),
            Err(_) => Err(ProvidersError::PrivateKey),
        }
    }

    /// A secret for the client `client_id`.
    pub(super) fn client_secret(
        &self,
        client_id: &str,
        now: UnixMillis,
    ) -> Result<String, ProviderError> {
        let iat = now.0 / 1000;
        let claims = Claims {
            iss: &self.team_id,
            sub: client_id,
            aud: &self.audience,
            iat,
            exp: iat + LIFETIME,
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        encode(&header, &claims, &self.key)
            .map_err(|_| ProviderError::Unavailable("the key for its secrets cannot sign".into()))
    }
}

/// The PKCS #8 key in a PEM file, RFC 7468.
fn der(pem: &str) -> Result<Vec<u8>, ProvidersError> {
    let body = pem
        .split_once("-----BEGIN PRIVATE KEY-----")
        .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
        .ok_or(ProvidersError::PrivateKey)?
        .0;
    let digits: String = body.split_ascii_whitespace().collect();
    STANDARD
        .decode(digits)
        .map_err(|_| ProvidersError::PrivateKey)
}

#[cfg(test)]
mod tests {
    use super::{AppleKey, IssuerRule, Provider, ProviderSettings, ProvidersError};

    /// Made for this test alone.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZlnmYJmjZEm4nZfH
EmLqJv5JJtmd0PR1wN7qsjS+XHqhRANCAAQojCOAmdoFSUk2fQt7OL5a/x2ngUZy
8udRIC7xBQG4XLTX4RZqlpdMcqfpFzIxovpgDxc17/UPggisxVH+OYVJ
-----END PRIVATE KEY-----
";

    fn key(pem: &str) -> Result<AppleKey, ProvidersError> {
        let settings = ProviderSettings {
            team_id: Some("TEAM".into()),
            key_id: Some("KEY".into()),
            private_key: Some(pem.into()),
            ..ProviderSettings::default()
        };
        AppleKey::new(&settings, &IssuerRule::of(Provider::Apple, None, None))
    }

    #[test]
    fn a_key_that_cannot_sign_is_found_at_once() {
        assert!(key(KEY).is_ok());
        assert!(key(&KEY.replace('\n', "\r\n")).is_ok());
        for pem in [
            "",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            &KEY.replace("PRIVATE", "PUBLIC"),
        ] {
            assert_eq!(key(pem).err(), Some(ProvidersError::PrivateKey), "{pem}");
        }
    }
}
