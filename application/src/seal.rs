//! What the server writes for itself and hands to others to keep: authenticated, so that what comes
//! back is what was handed out.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const MAC_BYTES: usize = 16;

/// Keys for one purpose. All open, the first seals.
pub(crate) struct Seal {
    keys: Vec<[u8; 32]>,
}

impl Seal {
    /// Derives the keys of `purpose` from the server's secrets.
    pub(crate) fn derive<'s>(
        secrets: impl IntoIterator<Item = &'s [u8]>,
        purpose: &'static str,
    ) -> Self {
        let keys = secrets
            .into_iter()
            .map(|secret| mac(secret, &[purpose.as_bytes()]));
        Self {
            keys: keys.collect(),
        }
    }

    /// `payload` as a text that opens only with the same `binding`. Anybody can read it.
    pub(crate) fn seal(&self, payload: &[u8], binding: &[u8]) -> String {
        let key = self.keys.first().copied().unwrap_or_default();
        let tag = mac(&key, &[binding, payload]);
        let mut sealed = payload.to_vec();
        sealed.extend_from_slice(tag.get(..MAC_BYTES).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// A mark of `payload` that nobody else can make, nor tell `payload` from.
    pub(crate) fn mark(&self, payload: &[u8]) -> [u8; 32] {
        let key = self.keys.first().copied().unwrap_or_default();
        mac(&key, &[payload])
    }

    /// What was sealed; none if it was not sealed here, or not for this `binding`.
    pub(crate) fn open(&self, text: &str, binding: &[u8]) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (payload, tag) = sealed.split_last_chunk::<MAC_BYTES>()?;
        let is_genuine = |key: &[u8; 32]| {
            let expected = mac(key, &[binding, payload]);
            expected
                .get(..MAC_BYTES)
                .is_some_and(|expected| bool::from(expected.ct_eq(tag)))
        };
        self.keys.iter().any(is_genuine).then(|| payload.to_vec())
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length: a longer one than the block is hashed first.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::Seal;

    fn seal(secrets: &[&'static str], purpose: &'static str) -> Seal {
        Seal::derive(secrets.iter().map(|secret| secret.as_bytes()), purpose)
    }

    #[test]
    fn while_a_secret_is_replaced_both_open() {
        let (before, during, after) = (
            seal(&["old"], "test"),
            seal(&["new", "old"], "test"),
            seal(&["new"], "test"),
        );
        let sealed = before.seal(b"text", b"");
        assert_eq!(during.open(&sealed, b""), Some(b"text".to_vec()));
        assert_eq!(after.open(&sealed, b""), None);
        let fresh = during.seal(b"text", b"");
        assert_eq!(after.open(&fresh, b""), Some(b"text".to_vec()));
    }

    #[test]
    fn it_opens_for_the_same_purpose_and_binding_alone() {
        let own = seal(&["secret"], "test");
        let sealed = own.seal(b"text", b"for ada");
        assert_eq!(own.open(&sealed, b"for ada"), Some(b"text".to_vec()));
        assert_eq!(own.open(&sealed, b"for bob"), None);
        assert_eq!(seal(&["secret"], "other").open(&sealed, b"for ada"), None);
        assert_eq!(own.open("", b"for ada"), None);
    }
}
