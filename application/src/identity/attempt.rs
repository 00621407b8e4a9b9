use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use syncline_domain::{hlc::UnixMillis, identifier::UserId, identity::Provider};

use super::Page;
use crate::{
    ports::{Authorization, Session},
    seal::Seal,
};

/// How long somebody may take at the provider: ten minutes, in milliseconds.
pub(super) const LIFETIME: u64 = 10 * 60 * 1000;

/// A sign-in under way, as the browser keeps it.
#[derive(Deserialize, Serialize)]
pub(super) struct Attempt {
    provider: Provider,
    state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// When it is over, in milliseconds.
    ends_at: u64,
    /// To where the person returns with a code.
    pub(super) page: Option<Page>,
    /// For whom the identity is, if not for a session of its own.
    pub(super) link: Option<LinkFor>,
}

/// Whoever links an identity, and the session in which.
#[derive(Deserialize, Serialize)]
pub(super) struct LinkFor {
    user_id: UserId,
    session_began_at: u64,
    /// When its token ends, if that says so itself.
    token_ends_at: Option<u64>,
}

impl Attempt {
    pub(super) fn new(
        provider: Provider,
        authorization: Authorization,
        now: UnixMillis,
        page: Option<Page>,
        link: Option<LinkFor>,
    ) -> Self {
        Self {
            provider,
            state: authorization.state,
            nonce: authorization.nonce,
            verifier: authorization.verifier,
            ends_at: now.0.saturating_add(LIFETIME),
            page,
            link,
        }
    }

    pub(super) fn seal(&self, seal: &Seal) -> String {
        // Texts and numbers cannot fail to be written.
        seal.seal(&serde_json::to_vec(self).unwrap_or_default(), &[])
    }

    /// Opens what `seal` has sealed.
    pub(super) fn open(text: &str, seal: &Seal) -> Option<Self> {
        serde_json::from_slice(&seal.open(text, &[])?).ok()
    }

    /// Whether an answer of `provider` with `state` belongs to it.
    pub(super) fn is_answered(&self, provider: Provider, state: &str, now: UnixMillis) -> bool {
        let is_same = bool::from(self.state.as_bytes().ct_eq(state.as_bytes()));
        self.provider == provider && is_same && now.0 < self.ends_at
    }
}

impl LinkFor {
    pub(super) fn new(session: &Session) -> Self {
        Self {
            user_id: session.user_id.clone(),
            session_began_at: session.session_began_at.0,
            token_ends_at: session.token_ends_at.map(|end| end.0),
        }
    }

    /// The session, used at `now`.
    pub(super) fn session(&self, now: UnixMillis) -> Session {
        Session {
            session_began_at: UnixMillis(self.session_began_at),
            token_ends_at: self.token_ends_at.map(UnixMillis),
            ..Session::beginning(self.user_id.clone(), Vec::new(), now)
        }
    }
}

#[cfg(test)]
mod tests {
    use syncline_domain::{hlc::UnixMillis, identifier::UserId, identity::Provider};

    use super::{Attempt, LIFETIME, LinkFor};
    use crate::{
        ports::{Authorization, Session},
        seal::Seal,
    };

    const NOW: UnixMillis = UnixMillis(1_000);

    fn attempt() -> Attempt {
        let authorization = Authorization {
            url: String::new(),
            state: "state".into(),
            nonce: "nonce".into(),
            verifier: "verifier".into(),
        };
        Attempt::new(Provider::GitHub, authorization, NOW, None, None)
    }

    fn seal(secret: &[u8]) -> Seal {
        Seal::derive([secret], "syncline sign-in")
    }

    #[test]
    fn only_its_own_answer_belongs_to_it_and_only_for_a_while() {
        let attempt = attempt();
        let end = UnixMillis(NOW.0 + LIFETIME);
        assert!(attempt.is_answered(Provider::GitHub, "state", NOW));
        assert!(!attempt.is_answered(Provider::Google, "state", NOW));
        assert!(!attempt.is_answered(Provider::GitHub, "", NOW));
        assert!(!attempt.is_answered(Provider::GitHub, "state2", NOW));
        assert!(!attempt.is_answered(Provider::GitHub, "state", end));
    }

    #[test]
    fn the_session_of_a_link_ends_no_later_than_its_token() {
        let session = Session {
            token_ends_at: Some(UnixMillis(9_000)),
            ..Session::beginning(UserId::new("ada").unwrap(), Vec::new(), NOW)
        };
        let later = LinkFor::new(&session).session(UnixMillis(2_000));
        assert_eq!(later.token_ends_at, session.token_ends_at);
        assert_eq!(later.session_began_at, session.session_began_at);
    }

    #[test]
    fn what_was_not_sealed_here_does_not_open() {
        let sealed = attempt().seal(&seal(b"one"));
        let opened = Attempt::open(&sealed, &seal(b"one")).unwrap();
        assert_eq!((&*opened.nonce, &*opened.verifier), ("nonce", "verifier"));
        assert!(Attempt::open(&sealed, &seal(b"two")).is_none());
        let other = Seal::derive([&b"one"[..]], "syncline cursor");
        assert!(Attempt::open(&sealed, &other).is_none());
        for end in 0..sealed.len() {
            assert!(Attempt::open(&sealed[..end], &seal(b"one")).is_none());
        }
    }
}
