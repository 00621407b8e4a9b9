use async_trait::async_trait;
use syncline_domain::{
    identifier::{OrganisationId, UserId},
    organisation::{OrganisationName, Role, Standing},
};

use super::{Membership, Session, StoreError};

/// An organisation, as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// The role of the member.
    pub role: Role,
    /// When it was founded: UTC, as RFC 3339 writes it.
    pub created_at: String,
}

/// A member of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who it is.
    pub user_id: UserId,
    /// What the user is there.
    pub role: Role,
    /// Since when: UTC, as RFC 3339 writes it.
    pub created_at: String,
}

/// What came of founding an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Founded {
    /// There it is.
    Done(Organisation),
    /// Another one has the name.
    NameTaken,
    /// The founder's account was deleted after the session began.
    AccountDeleted,
}

/// Organisations and their members.
#[async_trait]
pub trait Organisations: Send + Sync {
    /// Founds an organisation with its first admin.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn create(
        &self,
        name: &OrganisationName,
        founder: &Session,
    ) -> Result<Founded, StoreError>;

    /// The organisation, if `member` belongs to it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find(
        &self,
        organisation: &OrganisationId,
        member: &UserId,
    ) -> Result<Option<Organisation>, StoreError>;

    /// At most `limit` organisations to which `member` belongs, by name, beginning behind the name
    /// `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn organisations_of(
        &self,
        member: &UserId,
        after: Option<&OrganisationName>,
        limit: u32,
    ) -> Result<Vec<Organisation>, StoreError>;

    /// The memberships of these users.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn memberships(&self, users: &[UserId]) -> Result<Vec<Membership>, StoreError>;

    /// At most `limit` members, by user id, beginning behind the id `after`. None if `caller` is no
    /// member at this moment.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn members(
        &self,
        organisation: &OrganisationId,
        caller: &UserId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Option<Vec<Member>>, StoreError>;

    /// Begins a unit of work on an organisation and locks it: others wait until this one ends.
    /// Dropping it takes everything back. None if there is no such organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn lock(
        &self,
        organisation: &OrganisationId,
    ) -> Result<Option<Box<dyn OrganisationTransaction>>, StoreError>;
}

/// A unit of work on an organisation that is locked.
#[async_trait]
pub trait OrganisationTransaction: Send {
    /// What `caller` and `member` are in it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn standing(&mut self, caller: &UserId, member: &UserId) -> Result<Standing, StoreError>;

    /// Makes `user` a member, or gives a member another role.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn put(&mut self, user: &UserId, role: Role) -> Result<Member, StoreError>;

    /// Revokes a membership. That it was one is remembered, for the devices of the user.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoke(&mut self, member: &UserId) -> Result<(), StoreError>;

    /// Removes the organisation with everything in it, after waiting for those who write there.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete(&mut self) -> Result<(), StoreError>;

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StoreError`]; whether it took place is then unknown.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
