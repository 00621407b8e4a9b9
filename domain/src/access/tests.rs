use super::{Access, AccessEntry, Namespace, Reader, Share, Visibility, access};
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
