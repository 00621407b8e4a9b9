//! The session's token, and where another one comes from.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{broadcast, watch};

use super::{error::StoreError, events::StoreEvent, person::Person};
use crate::transport::bearer;

/// What an application answers when it is asked for a new token.
pub type NewToken =
    Pin<Box<dyn Future<Output = Result<String, Box<dyn std::error::Error + Send + Sync>>> + Send>>;

/// Gives a new token when the server no longer accepts the old one.
pub(super) type GetToken = Arc<dyn Fn() -> NewToken + Send + Sync>;

/// The session's token, which the server renews now and then.
pub(super) struct Session {
    pub(super) person: Arc<Person>,
    slot: Mutex<Slot>,
    get_token: Option<GetToken>,
    /// Whoever asks for a token has others wait.
    asking: tokio::sync::Mutex<()>,
    answered: Mutex<Answered>,
    /// Moves on with every new sign-in, and with every answer to a question that the server accepts.
    sign_ins: watch::Sender<()>,
    /// Moves on with every token that answers a question before whoever is asked does.
    answers: watch::Sender<()>,
    events: broadcast::Sender<StoreEvent>,
}

/// The present token.
struct Slot {
    token: String,
    /// Whether the application is being asked for another.
    is_asked: bool,
    /// Whether it answers a question, and the server has not accepted it so far.
    is_untried: bool,
}

/// A question for a token, as long as it is open.
struct Question<'session>(&'session Session);

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.0.slot().is_asked = false;
    }
}

/// What came of the questions for a token.
#[derive(Clone, Default)]
struct Answered {
    /// So many there were.
    questions: u64,
    /// In place of which token the last was asked.
    refused: String,
    /// Why it gave none, if it failed.
    error: Option<StoreError>,
}

/// A token as a request is sent with it.
pub(super) struct Presented {
    pub(super) token: String,
    /// So many questions were answered before.
    questions: u64,
}

impl Session {
    pub(super) fn new(
        person: Arc<Person>,
        token: String,
        get_token: Option<GetToken>,
        events: broadcast::Sender<StoreEvent>,
    ) -> Self {
        Self {
            person,
            slot: Mutex::new(Slot {
                token,
                is_asked: false,
                is_untried: false,
            }),
            get_token,
            asking: tokio::sync::Mutex::default(),
            answered: Mutex::default(),
            sign_ins: watch::Sender::default(),
            answers: watch::Sender::default(),
            events,
        }
    }

    /// The token for a request.
    pub(super) fn present(&self) -> Presented {
        // First of the two: what a question that ends in between gave is the token then.
        let questions = self.answered().questions;
        Presented {
            token: self.slot().token.clone(),
            questions,
        }
    }

    /// Takes the token of a new sign-in. It has to be the same user's: the documents are. While the
    /// application is being asked for one, it is the answer to that instead: whoever waits for it goes on,
    /// and if it is refused as well, there is a pause. Returns whether it is a sign-in.
    pub(super) fn renew(&self, token: String) -> Result<bool, StoreError> {
        let mut is_asked = false;
        self.replace(token, |slot| {
            is_asked = slot.is_asked;
            slot.is_untried = is_asked;
            true
        })?;
        let moved = if is_asked {
            &self.answers
        } else {
            &self.sign_ins
        };
        moved.send_replace(());
        Ok(!is_asked)
    }

    /// The server accepts a token. If it answers a question, whoever pauses for want of one goes on with
    /// it. Not before: they would ask again and again, if every answer is refused.
    pub(super) fn accept(&self, token: &str) {
        let mut slot = self.slot();
        if slot.token == token && mem::take(&mut slot.is_untried) {
            drop(slot);
            self.sign_ins.send_replace(());
        }
    }

    /// Tells of new sign-ins.
    pub(super) fn sign_ins(&self) -> watch::Receiver<()> {
        self.sign_ins.subscribe()
    }

    /// Takes the token that follows `before`, unless another one was set meanwhile: that is of a later
    /// sign-in.
    pub(super) fn prolong(&self, before: &str, token: String) -> Result<(), StoreError> {
        self.replace(token, |slot| slot.token == before)
    }

    /// Takes a token if `may_go` says so of the present one, which stays the present one meanwhile.
    fn replace(
        &self,
        token: String,
        may_go: impl FnOnce(&mut Slot) -> bool,
    ) -> Result<(), StoreError> {
        // Every request would fail before it is sent, and whoever gives tokens not be asked again.
        bearer(&token)?;
        let mut slot = self.slot();
        if !may_go(&mut slot) {
            return Ok(());
        }
        if !self.person.take(&token) {
            let rule = "the new token is another user's: sign out, then open a store for that user";
            return Err(StoreError::Options(rule.to_owned()));
        }
        if slot.token != token {
            slot.token.clone_from(&token);
            drop(slot);
            // Nobody has to listen.
            let _ = self.events.send(StoreEvent::Token(token));
        }
        Ok(())
    }

    /// A token in place of one that the server did not accept; none if there is no other. The application
    /// is asked once for all requests that were on their way when it answered.
    pub(super) async fn instead_of(
        &self,
        refused: &Presented,
    ) -> Result<Option<String>, StoreError> {
        let _asking = self.asking.lock().await;
        let other = self.other_than(refused);
        if other.is_some() {
            return Ok(other);
        }
        let Some(get_token) = &self.get_token else {
            return Ok(None);
        };
        let answered = self.answered().clone();
        if answered.questions > refused.questions && answered.refused == refused.token {
            return answered.error.map_or(Ok(None), Err);
        }
        let taken = self.ask(get_token, refused).await;
        *self.answered() = Answered {
            questions: answered.questions + 1,
            refused: refused.token.clone(),
            error: taken.as_ref().err().cloned(),
        };
        // Somebody may have signed in meanwhile.
        let other = self.other_than(refused);
        if other.is_some() {
            return Ok(other);
        }
        taken.map(|()| None)
    }

    /// Asks the application. Whoever is asked may take for ever: a token that is set meanwhile is taken as
    /// the answer.
    async fn ask(&self, get_token: &GetToken, refused: &Presented) -> Result<(), StoreError> {
        let mut answers = self.answers.subscribe();
        let Some(_question) = self.question(refused) else {
            return Ok(());
        };
        tokio::select! {
            asked = get_token() => {
                let token = asked.map_err(|error| StoreError::NoToken(error.into()))?;
                self.replace(token, |slot| {
                    let is_present = slot.token == refused.token;
                    slot.is_untried |= is_present;
                    is_present
                })
            }
            _ = answers.changed() => Ok(()),
        }
    }

    /// A question for a token in place of one that is the present one still.
    fn question(&self, refused: &Presented) -> Option<Question<'_>> {
        let mut slot = self.slot();
        if slot.token != refused.token {
            return None;
        }
        slot.is_asked = true;
        Some(Question(self))
    }

    /// The present token, if it is another.
    fn other_than(&self, refused: &Presented) -> Option<String> {
        let present = self.slot().token.clone();
        (present != refused.token).then_some(present)
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self) -> MutexGuard<'_, Answered> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{
            Arc, OnceLock,
            atomic::{AtomicU32, Ordering},
        },
    };

    use tokio::sync::broadcast;

    use super::{GetToken, Person, Session};
    use crate::store::error::StoreError;

    #[test]
    fn a_token_that_was_set_meanwhile_is_not_replaced() {
        let session = session(None);
        session.prolong("old", "prolonged".to_owned()).unwrap();
        assert_eq!(session.slot().token, "prolonged");
        session.renew("new".to_owned()).unwrap();
        session
            .prolong("prolonged", "prolonged again".to_owned())
            .unwrap();
        assert_eq!(session.slot().token, "new");
    }

    #[tokio::test]
    async fn requests_that_are_refused_together_ask_once() {
        let asked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let get_token: GetToken = Arc::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Err("nobody is there".into()) })
        });
        let session = session(Some(get_token));
        let (one, other) = (session.present(), session.present());
        for refused in [one, other] {
            session.instead_of(&refused).await.unwrap_err();
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        session.instead_of(&session.present()).await.unwrap_err();
        assert_eq!(asked.load(Ordering::SeqCst), 2, "a later one asks again");
    }

    /// Every request would fail before it is sent, and nobody be asked for another.
    #[tokio::test]
    async fn a_token_that_no_request_can_carry_is_not_taken() {
        let get_token: GetToken = Arc::new(|| Box::pin(async { Ok("new\n".to_owned()) }));
        let session = session(Some(get_token));
        let given = session.instead_of(&session.present()).await;
        let set = session.renew("new\n".to_owned());
        for refused in [given.map(drop), set.map(drop)] {
            assert!(
                matches!(refused, Err(StoreError::Options(_))),
                "{refused:?}"
            );
        }
        assert_eq!(session.slot().token, "old");
    }

    /// The application would be asked again and again, if every new token is refused.
    #[tokio::test]
    async fn a_token_that_is_set_while_the_application_is_asked_is_no_sign_in() {
        let place = Arc::new(OnceLock::<Arc<Session>>::new());
        let known = Arc::clone(&place);
        let get_token: GetToken = Arc::new(move || {
            known.get().unwrap().renew("set".to_owned()).unwrap();
            Box::pin(pending())
        });
        let session = Arc::clone(place.get_or_init(|| Arc::new(session(Some(get_token)))));
        let mut sign_ins = session.sign_ins();
        let other = session.instead_of(&session.present()).await.unwrap();
        assert_eq!(other.as_deref(), Some("set"));
        assert!(!sign_ins.has_changed().unwrap());
        session.accept("set");
        assert!(
            sign_ins.has_changed().unwrap(),
            "who pauses goes on with it"
        );
        sign_ins.mark_unchanged();
        session.accept("set");
        assert!(!sign_ins.has_changed().unwrap(), "once");
        session.renew("later".to_owned()).unwrap();
        assert!(sign_ins.has_changed().unwrap());
    }

    fn session(get_token: Option<GetToken>) -> Session {
        let ada = "ada".to_owned().try_into().unwrap();
        let person = Person::of("old", Some(ada)).unwrap();
        Session::new(
            Arc::new(person),
            "old".to_owned(),
            get_token,
            broadcast::Sender::new(1),
        )
    }
}
