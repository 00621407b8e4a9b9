//! Tickets: what a page shows that cannot send headers, as `EventSource` cannot. A ticket stands in
//! an address, which others may write down, and so is worth little: it opens a stream of hints, for
//! one application and within a minute.

use serde::{Deserialize, Serialize};
use syncline_domain::{
    hlc::UnixMillis,
    identifier::{ApplicationName, UserId},
};

use crate::{ports::Session, seal::Seal};

/// For so long a ticket is good: a minute, in milliseconds.
pub const TICKET_MILLIS: u64 = 60 * 1000;

/// The session that a ticket was given for.
#[derive(Deserialize, Serialize)]
struct Ticket {
    user: UserId,
    issued_at: u64,
    session_began_at: u64,
    session_ends_at: u64,
    is_external: bool,
    good_until: u64,
}

pub(super) fn seal<'s>(secrets: impl IntoIterator<Item = &'s [u8]>) -> Seal {
    Seal::derive(secrets, "syncline live ticket")
}

pub(super) fn issue(
    seal: &Seal,
    session: &Session,
    application: &ApplicationName,
    now: UnixMillis,
    ends_at: UnixMillis,
) -> String {
    let ticket = Ticket {
        user: session.user_id.clone(),
        issued_at: session.issued_at.0,
        session_began_at: session.session_began_at.0,
        session_ends_at: ends_at.0,
        is_external: session.is_external,
        good_until: now.0.saturating_add(TICKET_MILLIS),
    };
    let ticket = serde_json::to_vec(&ticket).unwrap_or_default();
    seal.seal(&ticket, application.as_str().as_bytes())
}

pub(super) fn open(
    seal: &Seal,
    ticket: &str,
    application: &str,
    now: UnixMillis,
) -> Option<Session> {
    let ticket = seal.open(ticket, application.as_bytes())?;
    let ticket: Ticket = serde_json::from_slice(&ticket).ok()?;
    (now.0 < ticket.good_until.min(ticket.session_ends_at)).then(|| Session {
        user_id: ticket.user,
        providers: Vec::new(),
        issued_at: UnixMillis(ticket.issued_at),
        session_began_at: UnixMillis(ticket.session_began_at),
        token_ends_at: Some(UnixMillis(ticket.session_ends_at)),
        is_external: ticket.is_external,
    })
}

#[cfg(test)]
mod tests {
    use syncline_domain::{
        hlc::UnixMillis,
        identifier::{ApplicationName, UserId},
    };

    use super::{TICKET_MILLIS, issue, open, seal};
    use crate::ports::Session;

    const NOW: UnixMillis = UnixMillis(1_000);

    #[test]
    fn a_ticket_is_good_for_a_while_and_one_application() {
        let keys = seal([&b"secret"[..]]);
        let todo = ApplicationName::new("todo").unwrap();
        let session = Session::beginning(UserId::new("ada").unwrap(), Vec::new(), NOW);
        let give = |ends_at| issue(&keys, &session, &todo, NOW, UnixMillis(ends_at));
        let ticket = give(u64::MAX);
        let opened = open(
            &keys,
            &ticket,
            "todo",
            UnixMillis(NOW.0 + TICKET_MILLIS - 1),
        );
        assert_eq!(opened.unwrap().user_id, session.user_id);
        let later = UnixMillis(NOW.0 + TICKET_MILLIS);
        assert!(open(&keys, &ticket, "todo", later).is_none());
        assert!(open(&keys, &ticket, "other", NOW).is_none());
        assert!(open(&seal([&b"other"[..]]), &ticket, "todo", NOW).is_none());
        assert!(
            open(&keys, &give(NOW.0), "todo", NOW).is_none(),
            "it ends with the session"
        );
        assert!(open(&keys, "", "todo", NOW).is_none());
    }
}
