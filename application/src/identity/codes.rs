//! One-time codes: what a page gets in its address instead of a token.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use syncline_domain::identity::Identity;

use super::{IdentityError, IdentityService, SignedIn};
use crate::ports::CodeHash;

/// How long a page may take to exchange its code.
const LIFETIME: Duration = Duration::from_mins(1);

impl IdentityService {
    /// Begins a session with a code.
    ///
    /// # Errors
    /// [`IdentityError::CodeRefused`] when it was used before or its time is over.
    pub async fn exchange(&self, code: &str) -> Result<SignedIn, IdentityError> {
        let identity = self.take_code(code).await?;
        let signed_in = self.sign_in(&identity).await;
        self.used(code, &identity, signed_in).await
    }

    /// A code for `identity`.
    pub(super) async fn code(&self, identity: &Identity) -> Result<String, IdentityError> {
        let random = self.parts.randomness.bytes();
        let code = URL_SAFE_NO_PAD.encode(random.ok_or(IdentityError::NoRandomness)?);
        self.keep_code(&code, identity).await?;
        Ok(code)
    }

    /// The identity that a code stands for; from now on it stands for none.
    pub(super) async fn take_code(&self, code: &str) -> Result<Identity, IdentityError> {
        let identity = self.parts.users.take_code(&hash(code)).await?;
        identity.ok_or(IdentityError::CodeRefused)
    }

    /// What came of the code that `identity` was taken for. Whoever is told to try again needs the code
    /// for that.
    pub(super) async fn used<T>(
        &self,
        code: &str,
        identity: &Identity,
        result: Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        if let Err(IdentityError::Store(_)) = &result {
            self.keep_code(code, identity).await?;
        }
        result
    }

    async fn keep_code(&self, code: &str, identity: &Identity) -> Result<(), IdentityError> {
        let users = &self.parts.users;
        Ok(users.keep_code(&hash(code), identity, LIFETIME).await?)
    }
}

/// Codes are as random as keys: no salt is needed, and no slow hash.
fn hash(code: &str) -> CodeHash {
    Sha256::digest(code.as_bytes()).into()
}
