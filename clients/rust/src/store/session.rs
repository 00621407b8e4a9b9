use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;

use super::{error::StoreError, events::StoreEvent, person::Person};

/// What an application answers when it is asked for a new token.
pub type NewToken =
    Pin<Box<dyn Future<Output = Result<String, Box<dyn std::error::Error + Send + Sync>>> + Send>>;

/// Gives a new token when the server no longer accepts the old one.
pub(super) type GetToken = Arc<dyn Fn() -> NewToken + Send + Sync>;

/// The session's token, which the server renews now and then.
pub(super) struct Session {
    pub(super) person: Person,
    token: Mutex<String>,
    get_token: Option<GetToken>,
    /// Whoever asks for a token has others wait.
    asking: tokio::sync::Mutex<()>,
    events: broadcast::Sender<StoreEvent>,
}

impl Session {
    pub(super) fn new(
        person: Person,
        token: String,
        get_token: Option<GetToken>,
        events: broadcast::Sender<StoreEvent>,
    ) -> Self {
        Self {
            person,
            token: Mutex::new(token),
            get_token,
            asking: tokio::sync::Mutex::default(),
            events,
        }
    }

    pub(super) fn token(&self) -> String {
        self.slot().clone()
    }

    /// Takes a new token. It has to be the same user's: the documents are.
    pub(super) fn renew(&self, token: String) -> Result<(), StoreError> {
        self.replace(token, |_| true)
    }

    /// Takes the token that follows `before`, unless another one was set meanwhile: that is of a later
    /// sign-in.
    pub(super) fn prolong(&self, before: &str, token: String) -> Result<(), StoreError> {
        self.replace(token, |present| present == before)
    }

    /// Takes a token if `may_go` says so of the present one, which stays the present one meanwhile.
    fn replace(&self, token: String, may_go: impl FnOnce(&str) -> bool) -> Result<(), StoreError> {
        let is_others = self.person.is_other(&token);
        let mut slot = self.slot();
        if !may_go(slot.as_str()) {
            return Ok(());
        }
        if is_others {
            let rule = "the new token is another user's: sign out, then open a store for that user";
            return Err(StoreError::Options(rule.to_owned()));
        }
        if *slot != token {
            slot.clone_from(&token);
            drop(slot);
            // Nobody has to listen.
            let _ = self.events.send(StoreEvent::Token(token));
        }
        Ok(())
    }

    /// A token in place of one that the server did not accept; none if there is no other.
    pub(super) async fn instead_of(&self, refused: &str) -> Result<Option<String>, StoreError> {
        let _asking = self.asking.lock().await;
        let present = self.token();
        if present != refused {
            return Ok(Some(present));
        }
        let Some(get_token) = &self.get_token else {
            return Ok(None);
        };
        let token = get_token().await;
        let token = token.map_err(|error| StoreError::NoToken(error.into()))?;
        self.renew(token.clone())?;
        Ok((token != refused).then_some(token))
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, String> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;

    use super::{Person, Session};

    #[test]
    fn a_token_that_was_set_meanwhile_is_not_replaced() {
        let ada = "ada".to_owned().try_into().unwrap();
        let person = Person::of("old", Some(ada)).unwrap();
        let session = Session::new(person, "old".to_owned(), None, broadcast::Sender::new(1));
        session.prolong("old", "prolonged".to_owned()).unwrap();
        assert_eq!(session.token(), "prolonged");
        session.renew("new".to_owned()).unwrap();
        session
            .prolong("prolonged", "prolonged again".to_owned())
            .unwrap();
        assert_eq!(session.token(), "new");
    }
}
