use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// The public keys of an issuer that can verify its tokens. Others are left out.
#[derive(Deserialize)]
#[serde(from = "Wire")]
pub(super) struct KeySet(Vec<Key>);

/// RFC 7517.
#[derive(Deserialize)]
struct Wire {
    keys: Vec<Value>,
}

struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    verifying: DecodingKey,
}

impl KeySet {
    /// The key that a token names. One without a name is of the only key there is.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(&first.verifying)
    }
}

impl From<Wire> for KeySet {
    fn from(wire: Wire) -> Self {
        Self(wire.keys.into_iter().filter_map(key).collect())
    }
}

/// The algorithm follows from the key, never from a token: a public key must not pass for a secret.
fn key(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    let is_for_it = jwk.common.key_algorithm.is_none_or(|said| said == named);
    let signs = jwk
        .common
        .public_key_use
        .as_ref()
        .is_none_or(|said| *said == PublicKeyUse::Signature);
    if !is_for_it || !signs {
        return None;
    }
    let verifying = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key {
        id: jwk.common.key_id,
        algorithm,
        verifying,
    })
}
