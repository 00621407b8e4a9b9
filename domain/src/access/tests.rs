use super::{
    Access, AccessChange, AccessChangeError, AccessEntry, Namespace, Reader, Share, Visibility,
    access,
};
use crate::identifier::{OrganisationId, UserId};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn organisation(name: &str) -> OrganisationId {
    OrganisationId::new(name).unwrap()
}

/// What a user who belongs to `organisations` may do with a document of ada's that is shared with
/// bob for writing and names the organisation `club`.
fn of_adas(visibility: Visibility, name: &str, organisations: &[&str]) -> Option<Access> {
    let entry = AccessEntry {
        visibility,
        organisation: Some(organisation("club")),
        shares: vec![Share {
            user: user("bob"),
            access: Access::Write,
        }],
    };
    let organisations: Vec<_> = organisations
        .iter()
        .map(|name| organisation(name))
        .collect();
    let reader = Reader {
        user: &user(name),
        organisations: &organisations,
    };
    access(&Namespace::Personal(user("ada")), &entry, reader)
}

#[test]
fn the_owner_may_do_everything() {
    use Visibility::{Org, Private, Public, Shared};
    for visibility in [Private, Shared, Org, Public] {
        assert_eq!(of_adas(visibility, "ada", &[]), Some(Access::Write));
    }
}

#[test]
fn others_may_do_what_the_visibility_says() {
    use Visibility::{Org, Private, Public, Shared};
    let (read, write) = (Some(Access::Read), Some(Access::Write));
    for (visibility, bob, member, stranger) in [
        (Private, None, None, None),
        (Shared, write, None, None),
        (Org, write, read, None),
        (Public, write, read, read),
    ] {
        assert_eq!(of_adas(visibility, "bob", &["club"]), bob, "{visibility:?}");
        assert_eq!(
            of_adas(visibility, "cyd", &["club"]),
            member,
            "{visibility:?}"
        );
        assert_eq!(
            of_adas(visibility, "cyd", &["team"]),
            stranger,
            "{visibility:?}"
        );
    }
}

#[test]
fn whoever_has_left_the_organisation_still_says_who_else_may_see_it() {
    let entry = AccessEntry {
        visibility: Visibility::Org,
        organisation: Some(organisation("club")),
        shares: vec![Share {
            user: user("bob"),
            access: Access::Write,
        }],
    };
    let changed = |change: &AccessChange| entry.changed(change, &user("ada"), &[]);
    let unshare = AccessChange {
        unshare: vec![user("bob")],
        ..AccessChange::default()
    };
    let alone = AccessEntry {
        shares: Vec::new(),
        ..entry.clone()
    };
    assert_eq!(changed(&unshare), Ok(alone));
    let again = AccessChange {
        visibility: Some(Visibility::Org),
        ..AccessChange::default()
    };
    let named = AccessChange {
        organisation: Some(organisation("club")),
        ..AccessChange::default()
    };
    for change in [again, named] {
        assert_eq!(changed(&change), Err(AccessChangeError::NotAMember));
    }
}

#[test]
fn the_documents_of_an_organisation_are_their_members() {
    let team = Namespace::Organisation(organisation("team"));
    let entry = AccessEntry::default();
    let member = [organisation("team")];
    let ada = user("ada");
    let reader = |organisations| Reader {
        user: &ada,
        organisations,
    };
    assert_eq!(access(&team, &entry, reader(&member)), Some(Access::Write));
    assert_eq!(access(&team, &entry, reader(&[])), None);
}
