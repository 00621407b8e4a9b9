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
        self.sign_in(&identity).await
    }

    /// A code for `identity`.
    pub(super) async fn code(&self, identity: &Identity) -> Result<String, IdentityError> {
        let random = self.parts.randomness.bytes();
        let code = URL_SAFE_NO_PAD.encode(random.ok_or(IdentityError::NoRandomness)?);
        let users = &self.parts.users;
        users.keep_code(&hash(&code), identity, LIFETIME).await?;
        Ok(code)
    }

    /// The identity that a code stands for; from now on it stands for none.
    pub(super) async fn take_code(&self, code: &str) -> Result<Identity, IdentityError> {
        let identity = self.parts.users.take_code(&hash(code)).await?;
        identity.ok_or(IdentityError::CodeRefused)
    }
}

/// Codes are as random as keys: no salt is needed, and no slow hash.
fn hash(code: &str) -> CodeHash {
    Sha256::digest(code.as_bytes()).into()
}
