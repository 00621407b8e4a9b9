use super::{Belonging, Fate, Refusal, Role, Standing, may_administer, may_see};

use Refusal::{AdminsOnly, AlreadyMember, LastAdmin, NoSuchMember, NotInIt};
use Role::{Admin, Member};

const ROLES: [Option<Role>; 3] = [None, Some(Member), Some(Admin)];

fn standing(caller: Option<Role>, member: Option<Role>, admins: u64) -> Standing {
    Standing {
        caller,
        member,
        is_self: false,
        admins,
    }
}

fn own(role: Option<Role>, admins: u64) -> Standing {
    Standing {
        is_self: true,
        ..standing(role, role, admins)
    }
}

#[test]
fn a_role_is_read_as_it_is_written() {
    for role in [Admin, Member] {
        assert_eq!(Role::named(role.as_str()), Some(role));
        let json = serde_json::to_value(role).unwrap();
        assert_eq!(json, role.as_str());
        assert_eq!(serde_json::from_value::<Role>(json).unwrap(), role);
    }
    assert_eq!(Role::named("admin"), None);
}

#[test]
fn members_see_and_admins_administer() {
    let answers = ROLES.map(|role| (may_see(role), may_administer(role)));
    assert_eq!(
        answers,
        [
            (Err(NotInIt), Err(NotInIt)),
            (Ok(()), Err(AdminsOnly)),
            (Ok(()), Ok(()))
        ]
    );
}

#[test]
fn who_is_no_admin_changes_nothing_about_others_and_learns_nothing() {
    for (caller, refusal) in [(None, NotInIt), (Some(Member), AdminsOnly)] {
        for member in ROLES {
            let standing = standing(caller, member, 2);
            assert_eq!(standing.may_add(), Err(refusal));
            assert_eq!(standing.may_remove(), Err(refusal));
            for role in [Admin, Member] {
                assert_eq!(standing.may_change(role), Err(refusal));
            }
        }
    }
}

#[test]
fn only_who_is_no_member_is_added() {
    let add = |member| standing(Some(Admin), member, 1).may_add();
    assert_eq!(
        ROLES.map(add),
        [Ok(()), Err(AlreadyMember), Err(AlreadyMember)]
    );
}

#[test]
fn only_a_member_is_changed_or_removed() {
    let standing = standing(Some(Admin), None, 2);
    assert_eq!(standing.may_change(Admin), Err(NoSuchMember));
    assert_eq!(standing.may_remove(), Err(NoSuchMember));
}

#[test]
fn an_admin_gives_and_takes_roles() {
    for member in [Member, Admin] {
        let standing = standing(Some(Admin), Some(member), 2);
        assert_eq!(standing.may_change(Admin), Ok(()));
        assert_eq!(standing.may_change(Member), Ok(()));
        assert_eq!(standing.may_remove(), Ok(()));
    }
}

#[test]
fn the_last_admin_stays_one() {
    let last = own(Some(Admin), 1);
    assert_eq!(last.may_change(Member), Err(LastAdmin));
    assert_eq!(last.may_remove(), Err(LastAdmin));
    assert_eq!(last.may_change(Admin), Ok(()));
    let second = own(Some(Admin), 2);
    assert_eq!(second.may_change(Member), Ok(()));
    assert_eq!(second.may_remove(), Ok(()));
}

#[test]
fn a_member_may_leave_but_not_rise() {
    let member = own(Some(Member), 1);
    assert_eq!(member.may_remove(), Ok(()));
    assert_eq!(member.may_change(Admin), Err(AdminsOnly));
    assert_eq!(own(None, 1).may_remove(), Err(NotInIt));
}

#[test]
fn an_organisation_ends_with_its_only_member_and_keeps_its_last_admin() {
    let fate = |role, admins, members| {
        let belonging = Belonging {
            role,
            admins,
            members,
        };
        belonging.fate()
    };
    assert_eq!(fate(Admin, 1, 1), Ok(Fate::Ends));
    assert_eq!(fate(Admin, 1, 2), Err(LastAdmin));
    assert_eq!(fate(Admin, 2, 2), Ok(Fate::GoesOn));
    assert_eq!(fate(Member, 1, 2), Ok(Fate::GoesOn));
}
