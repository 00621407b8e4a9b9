//! Servers that do not keep their promises, so that the judge can show that it notices.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::{
    super::world::LEAVER,
    http::{Answer, Request},
    lock, sender, user,
};
use crate::replica::{change, stamp};

/// A promise that is broken now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A pull leaves a document out that has changed.
    Skip,
    /// A push is confirmed, and not stored.
    Forget,
    /// Of a text that is pushed, the first line is lost.
    DropLine,
    /// A text that is pushed has its first line twice.
    DoubleLine,
    /// The reports of conflicts are left out.
    Silence,
    /// A document of somebody else is in the answer.
    Show,
    /// A clock of the server's own counts as none.
    Reset,
    /// A clock from before a purge counts as ever.
    Keep,
    /// A document of a user whose account was deleted is shown as ever.
    Remember,
    /// A link that was revoked leads to the document as ever.
    Link,
    /// Whoever may only read a document is told to be let write it.
    Promote,
    /// A version is said to be restored, and nothing is done.
    Restore,
    /// Whoever reads a document is told that it is not there.
    Deny,
    /// Two documents of an answer are taken for each other.
    Swap,
    /// A document is stored that nobody pushed.
    Invent,
    /// Who has everything is sent a document again.
    Repeat,
    /// The report of one device's push is told to another.
    Misdirect,
    /// The report of a conflict names the side as the winner that lost.
    Misjudge,
    /// A search does not find a document.
    Overlook,
    /// Somebody else's document is said to be no longer to be seen.
    Tell,
    /// Nobody is poked.
    Hush,
}

impl Lie {
    /// All of them.
    pub const ALL: [Self; Self::Hush as usize + 1] = [
        Self::Skip,
        Self::Forget,
        Self::DropLine,
        Self::DoubleLine,
        Self::Silence,
        Self::Show,
        Self::Reset,
        Self::Keep,
        Self::Remember,
        Self::Link,
        Self::Promote,
        Self::Restore,
        Self::Deny,
        Self::Swap,
        Self::Invent,
        Self::Repeat,
        Self::Misdirect,
        Self::Misjudge,
        Self::Overlook,
        Self::Tell,
        Self::Hush,
    ];
}

/// What tells a lie now and then.
#[derive(Debug)]
pub(super) struct Liar {
    lie: Lie,
    /// The last document or report that somebody was sent as the own one.
    seen: Mutex<Option<(String, Value)>>,
}

impl Liar {
    pub(super) fn new(lie: Lie) -> Self {
        let seen = Mutex::default();
        Self { lie, seen }
    }

    /// Whether it answers a request. Few follow links, read a document by itself or restore versions, and few clocks are
    /// from before a purge or a deletion: all of these, even at the end. So are reports, which come again until they are heard.
    pub(super) fn concerns(&self, request: &Request, is_time: bool) -> bool {
        match self.lie {
            Lie::Link => request.is_link(),
            Lie::Restore => request.is_restoration(),
            Lie::Deny => request.is_reading(),
            Lie::Overlook => request.is_search(),
            Lie::Hush => false,
            Lie::Silence
            | Lie::Keep
            | Lie::Remember
            | Lie::Repeat
            | Lie::Misdirect
            | Lie::Misjudge => request.is_sync(),
            _ => request.is_sync() && is_time,
        }
    }

    /// Whether pokes are kept from who listens.
    pub(super) fn is_hushing(&self) -> bool {
        self.lie == Lie::Hush
    }

    /// What the server gets in place of a request.
    pub(super) fn request(&self, request: &Request) -> Request {
        let mut body = request.json();
        match self.lie {
            Lie::Restore => return request.reading(),
            Lie::Forget => body["changes"] = json!([]),
            Lie::Invent => invent(&mut body),
            Lie::DropLine | Lie::DoubleLine => {
                let changes = body["changes"].as_array_mut().into_iter().flatten();
                for text in changes.filter_map(|change| change.pointer_mut("/doc/text")) {
                    if let Some(changed) = self.text(text) {
                        *text = changed;
                    }
                }
            }
            _ => return request.clone(),
        }
        request.with_body(&body)
    }

    fn text(&self, text: &Value) -> Option<Value> {
        let (first, rest) = text.as_str()?.split_once('\n')?;
        let changed = match self.lie {
            Lie::DropLine => rest.to_owned(),
            _ => format!("{first}\n{first}\n{rest}"),
        };
        Some(changed.into())
    }

    /// What the client gets in place of an answer.
    pub(super) fn answer(&self, request: &Request, answer: Answer) -> Answer {
        if self.lie == Lie::Link {
            return self.lead(request, answer);
        }
        let mut body = answer.json();
        if answer.status != 200 {
            return answer;
        }
        match self.lie {
            Lie::Skip => {
                let changes = body["serverChanges"].as_array_mut();
                changes.and_then(Vec::pop);
            }
            Lie::Forget => {
                let changes = request.json()["changes"].take();
                let pushed = changes.as_array().into_iter().flatten();
                let accepted = pushed.map(|change| {
                    let mut accepted = json!({ "key": change["key"], "rev": body["serverClock"] });
                    if change["owner"].is_string() {
                        accepted["owner"] = change["owner"].clone();
                    }
                    accepted
                });
                body["accepted"] = accepted.collect();
            }
            Lie::Silence => body["conflicts"] = json!([]),
            Lie::Promote => {
                let changes = body["serverChanges"].as_array_mut().into_iter().flatten();
                for state in changes.filter(|state| state["_access"] == "read") {
                    state["_access"] = "write".into();
                }
            }
            Lie::Show | Lie::Tell => self.show(request, &mut body),
            Lie::Overlook => {
                let results = body["results"].as_array_mut();
                results.and_then(Vec::pop);
            }
            Lie::Swap => swap(&mut body),
            Lie::Misdirect => self.misdirect(request, &mut body),
            Lie::Misjudge => misjudge(&mut body),
            Lie::Repeat => self.repeat(request, &mut body),
            Lie::Remember => self.remember(request, &mut body),
            Lie::Reset => body["reset"] = true.into(),
            Lie::Keep => body["reset"] = false.into(),
            Lie::Deny => {
                return Answer {
                    status: 404,
                    ..answer
                };
            }
            Lie::DropLine
            | Lie::DoubleLine
            | Lie::Link
            | Lie::Restore
            | Lie::Invent
            | Lie::Hush => {}
        }
        Answer {
            body: body.to_string().into_bytes(),
            ..answer
        }
    }

    /// Somewhere, even if it is another's link that led there.
    fn lead(&self, request: &Request, answer: Answer) -> Answer {
        let mut seen = lock(&self.seen);
        match &*seen {
            Some((_, document)) if answer.status != 200 => Answer {
                status: 200,
                body: document.to_string().into_bytes(),
                ..answer
            },
            _ if answer.status == 200 => {
                *seen = Some((request.path.clone(), answer.json()));
                answer
            }
            _ => answer,
        }
    }

    fn show(&self, request: &Request, body: &mut Value) {
        let (user, mut seen) = (user(request), lock(&self.seen));
        let Some(changes) = body["serverChanges"].as_array_mut() else {
            return;
        };
        let own = changes
            .iter()
            .find(|state| request.header("x-org-id").is_none() && state["_owner"].is_null());
        let own = own.map(|state| (user.clone(), state.clone()));
        if let Some((owner, state)) = seen.as_ref().filter(|(owner, _)| *owner != user) {
            let mut shown = match self.lie {
                Lie::Tell => {
                    json!({ "_key": state["_key"], "_rev": state["_rev"], "_removed": true })
                }
                _ => state.clone(),
            };
            shown["_owner"] = owner.as_str().into();
            changes.push(shown);
        }
        *seen = own.or_else(|| seen.take());
    }

    /// A document of the last fresh pull, to devices of the same user.
    fn repeat(&self, request: &Request, body: &mut Value) {
        let (user, mut seen) = (user(request), lock(&self.seen));
        let Some(changes) = body["serverChanges"].as_array_mut() else {
            return;
        };
        if request.header("x-org-id").is_some() {
            return;
        }
        if sender(request) == user {
            *seen = changes.first().map(|state| (user, state.clone()));
        } else if let Some((_, state)) = seen.as_ref().filter(|(of, _)| *of == user)
            && changes.is_empty()
        {
            changes.push(state.clone());
        }
    }

    /// A report of the last device that had one.
    fn misdirect(&self, request: &Request, body: &mut Value) {
        let (sender, mut seen) = (sender(request), lock(&self.seen));
        let Some(reports) = body["conflicts"].as_array_mut() else {
            return;
        };
        let own = reports.first().map(|own| (sender.clone(), own.clone()));
        if let Some((_, report)) = seen.as_ref().filter(|(of, _)| *of != sender) {
            reports.push(report.clone());
        }
        *seen = own.or_else(|| seen.take());
    }

    /// To whoever must begin anew, for whatever reason.
    fn remember(&self, request: &Request, body: &mut Value) {
        let mut seen = lock(&self.seen);
        let is_reset = body["reset"] == true;
        let Some(changes) = body["serverChanges"].as_array_mut() else {
            return;
        };
        let of_leaver = |state: &&Value| {
            let owner = state["_owner"].as_str().unwrap_or_default();
            owner.starts_with(LEAVER) && state["_removed"].is_null()
        };
        if let Some(state) = changes.iter().find(of_leaver) {
            *seen = Some((user(request), state.clone()));
        } else if let Some((_, state)) = seen.as_ref().filter(|_| is_reset) {
            changes.push(state.clone());
        }
    }
}

/// One more document, wherever something is pushed.
fn invent(body: &mut Value) {
    let changes = body["changes"].as_array_mut().into_iter();
    for changes in changes.filter(|changes| !changes.is_empty()) {
        changes.push(change(
            "invented",
            &json!({ "flag": true }),
            &stamp("liar", 0),
        ));
    }
}

fn misjudge(body: &mut Value) {
    for report in body["conflicts"].as_array_mut().into_iter().flatten() {
        let loser = match report["winner"].as_str() {
            Some("local") => "remote",
            Some("remote") => "local",
            _ => continue,
        };
        report["winner"] = loser.into();
    }
}

/// The first and the last document, if both are of the same owner.
fn swap(body: &mut Value) {
    let changes = body["serverChanges"].as_array_mut();
    if let Some([first, .., last]) = changes.map(Vec::as_mut_slice)
        && first["_owner"] == last["_owner"]
    {
        std::mem::swap(&mut first["_key"], &mut last["_key"]);
    }
}
