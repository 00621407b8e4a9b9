//! How the log names a user: so that lines of one user can be found, and nobody learns who it is.

use syncline_domain::identifier::UserId;

use crate::seal::Seal;

/// Names users by a mark that only the server's secret makes.
pub struct Pseudonyms {
    seal: Seal,
}

impl Pseudonyms {
    /// Derives the key of the marks from the server's secrets.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s [u8]>) -> Self {
        Self {
            seal: Seal::derive(secrets, "pseudonym"),
        }
    }

    /// 16 hexadecimal digits, enough to tell the users of a server apart: the same for the same user as long as the first secret stays.
    #[must_use]
    pub fn of(&self, user: &UserId) -> String {
        let mark = self.seal.mark(user.as_str().as_bytes());
        let shown = mark.first_chunk().copied().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(shown))
    }
}

#[cfg(test)]
mod tests {
    use syncline_domain::identifier::UserId;

    use super::Pseudonyms;

    #[test]
    fn one_user_has_one_pseudonym_under_one_secret() {
        let [ada, bob] = ["ada", "bob"].map(|name| UserId::new(name).unwrap());
        let pseudonyms = Pseudonyms::new([&b"one secret"[..]]);
        let others = Pseudonyms::new([&b"another secret"[..]]);
        assert_eq!(pseudonyms.of(&ada), pseudonyms.of(&ada));
        assert_ne!(pseudonyms.of(&ada), pseudonyms.of(&bob));
        assert_ne!(pseudonyms.of(&ada), others.of(&ada));
        assert_eq!(pseudonyms.of(&ada).len(), 16);
    }
}
