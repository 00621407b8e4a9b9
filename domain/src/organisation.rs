//! Organisations: their names, the roles in them, and what each role may do.
//!
//! | | stranger | `member` | `org-admin` |
//! |---|---|---|---|
//! | see the organisation and its members | no | yes | yes |
//! | leave | | yes | yes |
//! | add, change and remove members | no | no | yes |
//! | delete the organisation | no | no | yes |
//!
//! An organisation always has an admin: the last one neither leaves nor becomes a mere member.

mod name;

use serde::{Deserialize, Serialize};

pub use name::{NameError, OrganisationName};

/// What a member is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&str")]
pub enum Role {
    /// Decides who is in it.
    Admin,
    /// Reads and writes its documents.
    Member,
}

/// Said of a text that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is `org-admin` or `member`")]
pub struct RoleError;

impl Role {
    /// The role as it is written on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "org-admin",
            Self::Member => "member",
        }
    }

    /// The role that is written so, if any.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        [Self::Admin, Self::Member]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

impl TryFrom<String> for Role {
    type Error = RoleError;

    fn try_from(text: String) -> Result<Self, RoleError> {
        Self::named(&text).ok_or(RoleError)
    }
}

impl From<Role> for &str {
    fn from(role: Role) -> Self {
        role.as_str()
    }
}

/// Why something is not done in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The caller does not belong to it, and does not learn whether it exists.
    #[error("there is no organisation with this id that you belong to; `GET /orgs` lists yours")]
    NotInIt,
    /// The caller belongs to it, but is no admin.
    #[error("only an `org-admin` of the organisation may do this; ask one of them")]
    AdminsOnly,
    /// Whom it is about does not belong to it.
    #[error("this user is no member of the organisation; add the user first")]
    NoSuchMember,
    /// Whom it is about belongs to it already.
    #[error("this user is a member already; change the role with `PATCH`")]
    AlreadyMember,
    /// The organisation would be left without an admin.
    #[error(
        "this is the last `org-admin` of the organisation; make another member one first, or \
         delete the organisation"
    )]
    LastAdmin,
}

/// Who asks for something in an organisation, and about whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The role of whoever asks; none if that is no member.
    pub caller: Option<Role>,
    /// The role of whom it is about; none if that is no member.
    pub member: Option<Role>,
    /// Whether both are the same.
    pub is_self: bool,
    /// How many admins the organisation has.
    pub admins: u64,
}

impl Standing {
    /// Whether the member may be added.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn may_add(&self) -> Result<(), Refusal> {
        may_administer(self.caller)?;
        match self.member {
            None => Ok(()),
            Some(_) => Err(Refusal::AlreadyMember),
        }
    }

    /// Whether the member may be given the role `to`.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn may_change(&self, to: Role) -> Result<(), Refusal> {
        may_administer(self.caller)?;
        match (self.member, to) {
            (None, _) => Err(Refusal::NoSuchMember),
            (Some(Role::Admin), Role::Member) => self.leaves_an_admin(),
            (Some(_), _) => Ok(()),
        }
    }

    /// Whether the member may be removed, or leave.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn may_remove(&self) -> Result<(), Refusal> {
        if self.is_self {
            may_see(self.caller)?;
        } else {
            may_administer(self.caller)?;
        }
        match self.member {
            None => Err(Refusal::NoSuchMember),
            Some(Role::Admin) => self.leaves_an_admin(),
            Some(Role::Member) => Ok(()),
        }
    }

    fn leaves_an_admin(&self) -> Result<(), Refusal> {
        if self.admins > 1 {
            Ok(())
        } else {
            Err(Refusal::LastAdmin)
        }
    }
}

/// A member who is about to have no account any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// The role of the member.
    pub role: Role,
    /// How many admins the organisation has.
    pub admins: u64,
    /// How many members it has.
    pub members: u64,
}

/// What becomes of an organisation when a member's account is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on without the member.
    GoesOn,
    /// Nobody else was in it: it is deleted too.
    Ends,
}

impl Belonging {
    /// What becomes of the organisation.
    ///
    /// # Errors
    /// [`Refusal::LastAdmin`] if others would be left in it without an admin.
    pub fn fate(&self) -> Result<Fate, Refusal> {
        if self.members <= 1 {
            return Ok(Fate::Ends);
        }
        match self.role {
            Role::Admin if self.admins <= 1 => Err(Refusal::LastAdmin),
            _ => Ok(Fate::GoesOn),
        }
    }
}

/// Whether somebody with this role may see the organisation and its members.
///
/// # Errors
/// [`Refusal::NotInIt`].
pub fn may_see(caller: Option<Role>) -> Result<(), Refusal> {
    caller.map(drop).ok_or(Refusal::NotInIt)
}

/// Whether somebody with this role decides who is in the organisation, and whether it goes on.
///
/// # Errors
/// [`Refusal::NotInIt`] for strangers, [`Refusal::AdminsOnly`] for members.
pub fn may_administer(caller: Option<Role>) -> Result<(), Refusal> {
    match caller {
        None => Err(Refusal::NotInIt),
        Some(Role::Member) => Err(Refusal::AdminsOnly),
        Some(Role::Admin) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
