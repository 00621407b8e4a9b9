//! Session tokens.

mod claims;
mod limits;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString};
use syncline_application::ports::{Session, SessionError, SigningError};
use syncline_domain::{hlc::UnixMillis, identifier::UserId};

use claims::Claims;

/// The only algorithm that signs and that is accepted.
const ALGORITHM: Algorithm = Algorithm::HS256;

/// As long as the hash itself: a shorter secret is easier to guess than the hash is to break.
const MIN_SECRET_BYTES: usize = 32;

/// Issues and verifies session tokens.
///
/// Several secrets may be accepted at once, so that a secret can be replaced without signing
/// everybody out: the first signs, every one of them verifies.
pub struct SessionTokens {
    signing: EncodingKey,
    accepted: Vec<DecodingKey>,
    validation: Validation,
}

/// Why no session tokens can be issued with the secrets given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none.
    #[error("there is no secret for session tokens; make one with `openssl rand -hex 32`")]
    Missing,
    /// One of them could be guessed.
    #[error(
        "a secret for session tokens has {bytes} bytes and needs at least 32; make one with \
         `openssl rand -hex 32`"
    )]
    TooShort {
        /// Its length.
        bytes: usize,
    },
}

impl SessionTokens {
    /// Signs with the first of `secrets` and accepts what any of them signed.
    ///
    /// # Errors
    /// [`SecretError`] when there is none, or one is shorter than 32 bytes.
    pub fn new(secrets: &[SecretString]) -> Result<Self, SecretError> {
        let first = secrets.first().ok_or(SecretError::Missing)?;
        for secret in secrets {
            let bytes = secret.expose_secret().len();
            if bytes < MIN_SECRET_BYTES {
                return Err(SecretError::TooShort { bytes });
            }
        }
        let accepted =
            |secret: &SecretString| DecodingKey::from_secret(secret.expose_secret().as_bytes());
        Ok(Self {
            signing: EncodingKey::from_secret(first.expose_secret().as_bytes()),
            accepted: secrets.iter().map(accepted).collect(),
            validation: validation(),
        })
    }

    /// A token for a session of `user_id` that begins at `now`.
    ///
    /// # Errors
    /// [`SigningError`] when it cannot be signed.
    pub fn issue(&self, user_id: &UserId, now: UnixMillis) -> Result<String, SigningError> {
        self.token(&Session::beginning(user_id.clone(), Vec::new(), now))
    }

    /// The token of a session.
    ///
    /// # Errors
    /// [`SigningError`] when it cannot be signed.
    pub fn token(&self, session: &Session) -> Result<String, SigningError> {
        encode(&Header::new(ALGORITHM), &Claims::of(session), &self.signing)
            .map_err(|error| SigningError(error.into()))
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`SessionError`] when the token is not accepted at `now`.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<Session, SessionError> {
        let claims = self.claims(token).ok_or(SessionError::Invalid)?;
        let session = claims.into_session(now)?;
        limits::check(&session, now)?;
        Ok(session)
    }

    /// When the session ends unless another token follows. Tokens of other issuers end with
    /// themselves alone.
    #[must_use]
    pub fn ends_at(&self, session: &Session) -> UnixMillis {
        let limit = (!session.is_external).then(|| limits::ends_at(session));
        let ends = limit.into_iter().chain(session.token_ends_at);
        ends.min().unwrap_or(session.issued_at)
    }

    /// What a token says that one of the accepted secrets signed.
    fn claims(&self, token: &str) -> Option<Claims> {
        self.accepted.iter().find_map(|key| {
            decode::<Claims>(token, key, &self.validation)
                .ok()
                .map(|token| token.claims)
        })
    }
}

/// Checks algorithm and signature alone: times are compared with the clock that is passed in.
fn validation() -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests;
