use std::sync::Arc;

use futures::FutureExt;
use syncline_domain::{
    hlc::UnixMillis,
    identifier::{ApplicationName, CollectionName, OrganisationId, UserId},
};

use super::Hub;
use crate::{
    live::{
        LiveError, LiveLimits,
        stream::{Hint, LiveStream, Waiting},
    },
    ports::{Audience, Membership, Poke, Session, subject_hash},
};

const LIMITS: LiveLimits = LiveLimits {
    streams_of_user: 2,
    streams: 3,
};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn acme() -> OrganisationId {
    OrganisationId::new("acme").unwrap()
}

/// A stream whose hub is another one, so that the test can go on using its own.
fn listen(hub: &mut Hub, name: &str) -> Result<(Arc<Waiting>, LiveStream), LiveError> {
    let session = Session::beginning(user(name), Vec::new(), UnixMillis(0));
    let application = ApplicationName::new("todo").unwrap();
    let waiting = Arc::new(Waiting::new(session, application, name != "bob"));
    hub.add(&waiting, LIMITS)?;
    let stream = LiveStream::new(Arc::clone(&waiting), Arc::default(), UnixMillis(0));
    Ok((waiting, stream))
}

fn join(hub: &mut Hub, name: &str) {
    let membership = Membership {
        user: user(name),
        organisation: acme(),
    };
    hub.set_memberships(&[user(name)], &[membership], hub.generation());
}

fn documents(audience: Audience) -> Poke {
    Poke::Documents {
        audience,
        application: ApplicationName::new("todo").unwrap(),
        collection: CollectionName::new("tasks").unwrap(),
    }
}

fn hint(organisation: Option<OrganisationId>) -> Hint {
    Hint::Collection {
        collection: CollectionName::new("tasks").unwrap(),
        organisation,
    }
}

fn read(stream: &mut LiveStream) -> Vec<Hint> {
    std::iter::from_fn(|| stream.next().now_or_never().flatten()).collect()
}

#[test]
fn a_poke_reaches_its_audience_alone() {
    let mut hub = Hub::default();
    let (_, mut ada) = listen(&mut hub, "ada").unwrap();
    let (_, mut bob) = listen(&mut hub, "bob").unwrap();
    join(&mut hub, "bob");
    let cases = [
        (Audience::User(subject_hash(&user("ada"))), Some(None), None),
        (Audience::Members(acme()), None, Some(Some(acme()))),
        (Audience::Readers(acme()), None, Some(None)),
        (Audience::Everybody, Some(None), None),
        (Audience::User(subject_hash(&user("eve"))), None, None),
    ];
    for (audience, to_ada, to_bob) in cases {
        hub.tell(&documents(audience));
        assert_eq!(
            read(&mut ada),
            to_ada.map(hint).into_iter().collect::<Vec<_>>()
        );
        assert_eq!(
            read(&mut bob),
            to_bob.map(hint).into_iter().collect::<Vec<_>>()
        );
    }
    let elsewhere = Poke::Documents {
        audience: Audience::Everybody,
        application: ApplicationName::new("other").unwrap(),
        collection: CollectionName::new("tasks").unwrap(),
    };
    hub.tell(&elsewhere);
    assert_eq!(read(&mut ada), []);
}

#[test]
fn after_a_membership_changed_nothing_is_told_until_it_was_read() {
    let mut hub = Hub::default();
    let (_, mut ada) = listen(&mut hub, "ada").unwrap();
    join(&mut hub, "ada");
    let before = hub.generation();
    for whose in [Some(subject_hash(&user("ada"))), None] {
        join(&mut hub, "ada");
        hub.tell(&Poke::Membership {
            organisation: acme(),
            user: whose,
        });
        hub.tell(&documents(Audience::Members(acme())));
        assert_eq!(read(&mut ada), []);
        assert_eq!(hub.take_stale(), [user("ada")]);
        assert_eq!(hub.take_stale(), []);
    }
    // Read before it changed.
    let membership = Membership {
        user: user("ada"),
        organisation: acme(),
    };
    hub.set_memberships(&[user("ada")], &[membership], before);
    hub.tell(&documents(Audience::Members(acme())));
    assert_eq!(read(&mut ada), []);
    join(&mut hub, "ada");
    hub.tell(&documents(Audience::Members(acme())));
    assert_eq!(read(&mut ada), [hint(Some(acme()))]);
}

#[test]
fn streams_are_bounded_and_forgotten() {
    let mut hub = Hub::default();
    let (first, _) = listen(&mut hub, "ada").unwrap();
    let (second, _) = listen(&mut hub, "ada").unwrap();
    assert!(matches!(
        listen(&mut hub, "ada"),
        Err(LiveError::TooManyOfUser(2))
    ));
    let (third, _) = listen(&mut hub, "bob").unwrap();
    assert!(matches!(listen(&mut hub, "eve"), Err(LiveError::TooMany)));
    join(&mut hub, "ada");
    for stream in [&first, &first, &second, &third] {
        hub.remove(stream);
    }
    assert_eq!(hub.count, 0);
    assert!(hub.listeners.is_empty() && hub.members.is_empty());
}

#[test]
fn a_closed_hub_ends_its_streams_and_takes_no_more() {
    let mut hub = Hub::default();
    let (_, mut stream) = listen(&mut hub, "ada").unwrap();
    hub.close();
    assert_eq!(stream.next().now_or_never(), Some(None));
    assert!(matches!(listen(&mut hub, "ada"), Err(LiveError::Closed)));
}
