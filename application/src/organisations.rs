//! Organisations: who founds them, who is in them, and who decides that.
//!
//! The rules are those of [`syncline_domain::organisation`]. Whatever changes an organisation locks
//! it first, so that two admins who demote each other at the same instant do so one after the other,
//! and the second is an admin no more.

mod page;

use std::sync::Arc;

use syncline_domain::{
    identifier::{OrganisationId, UserId},
    organisation::{OrganisationName, Refusal, Role, may_administer},
};

use crate::{
    accounts::AccountDeleted,
    contention::settled,
    ports::{
        Founded, Member, Organisation, OrganisationTransaction, Organisations, Session, StoreError,
    },
};

pub use page::{MAX_PAGE, Page, PageRequest};

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    /// Users do not found organisations on this server.
    #[error(
        "organisations cannot be created on this server; ask its operator, who can set \
         `orgs.registerable`"
    )]
    NotRegisterable,
    /// Another organisation has the name.
    #[error("name: another organisation has it already; choose another")]
    NameTaken,
    /// The founder's account is gone.
    #[error(transparent)]
    AccountDeleted(#[from] AccountDeleted),
    /// The page asked for is none.
    #[error("{0}")]
    BadPage(String),
    /// The rules of organisations forbid it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Founds organisations and keeps their members.
pub struct OrganisationService {
    organisations: Arc<dyn Organisations>,
    is_registerable: bool,
}

impl OrganisationService {
    /// Puts the service together; unless `is_registerable`, nobody founds organisations.
    #[must_use]
    pub fn new(organisations: Arc<dyn Organisations>, is_registerable: bool) -> Self {
        Self {
            organisations,
            is_registerable,
        }
    }

    /// Founds an organisation, with the caller as its first admin.
    ///
    /// # Errors
    /// [`OrganisationError::NotRegisterable`], [`OrganisationError::NameTaken`] and
    /// [`OrganisationError::AccountDeleted`], or of the store.
    pub async fn create(
        &self,
        caller: &Session,
        name: &OrganisationName,
    ) -> Result<Organisation, OrganisationError> {
        if !self.is_registerable {
            return Err(OrganisationError::NotRegisterable);
        }
        match self.organisations.create(name, caller).await? {
            Founded::Done(organisation) => Ok(organisation),
            Founded::NameTaken => Err(OrganisationError::NameTaken),
            Founded::AccountDeleted => Err(AccountDeleted.into()),
        }
    }

    /// The organisations that the caller belongs to, by name. The cursor is the last name.
    ///
    /// # Errors
    /// [`OrganisationError::BadPage`], or of the store.
    pub async fn list(
        &self,
        caller: &UserId,
        page: &PageRequest,
    ) -> Result<Page<Organisation>, OrganisationError> {
        let after = page.after(OrganisationName::new)?;
        let limit = page.limit()?;
        let found = self
            .organisations
            .organisations_of(caller, after.as_ref(), limit + 1)
            .await?;
        Ok(Page::of(found, limit, |last| last.name.clone()))
    }

    /// An organisation that the caller belongs to.
    ///
    /// # Errors
    /// [`Refusal::NotInIt`], or of the store.
    pub async fn get(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
    ) -> Result<Organisation, OrganisationError> {
        let found = self.organisations.find(organisation, caller).await?;
        Ok(found.ok_or(Refusal::NotInIt)?)
    }

    /// Removes an organisation, with all its documents.
    ///
    /// # Errors
    /// [`OrganisationError::Refused`] unless the caller is an admin, or of the store.
    pub async fn delete(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
    ) -> Result<(), OrganisationError> {
        self.change_it(organisation, |mut transaction| async move {
            may_administer(transaction.standing(caller, caller).await?.caller)?;
            transaction.delete().await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// The members of an organisation that the caller belongs to, by user id. The cursor is the
    /// last id.
    ///
    /// # Errors
    /// [`Refusal::NotInIt`], [`OrganisationError::BadPage`], or of the store.
    pub async fn members(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
        page: &PageRequest,
    ) -> Result<Page<Member>, OrganisationError> {
        let after = page.after(UserId::new)?;
        let limit = page.limit()?;
        let found = self
            .organisations
            .members(organisation, caller, after.as_ref(), limit + 1)
            .await?;
        let found = found.ok_or(Refusal::NotInIt)?;
        Ok(Page::of(found, limit, |last| last.user_id.to_string()))
    }

    /// Makes `user` a member.
    ///
    /// # Errors
    /// [`OrganisationError::Refused`] unless the caller is an admin and the user no member, or of
    /// the store.
    pub async fn add(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
        user: &UserId,
        role: Role,
    ) -> Result<Member, OrganisationError> {
        self.change_it(organisation, |mut transaction| async move {
            transaction.standing(caller, user).await?.may_add()?;
            put(transaction, user, role).await
        })
        .await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`OrganisationError::Refused`] unless the caller is an admin and another admin is left, or
    /// of the store.
    pub async fn change(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
        member: &UserId,
        role: Role,
    ) -> Result<Member, OrganisationError> {
        self.change_it(organisation, |mut transaction| async move {
            let standing = transaction.standing(caller, member).await?;
            standing.may_change(role)?;
            put(transaction, member, role).await
        })
        .await
    }

    /// Removes a member; members may remove themselves.
    ///
    /// # Errors
    /// [`OrganisationError::Refused`] unless the caller may and another admin is left, or of the
    /// store.
    pub async fn remove(
        &self,
        caller: &UserId,
        organisation: &OrganisationId,
        member: &UserId,
    ) -> Result<(), OrganisationError> {
        self.change_it(organisation, |mut transaction| async move {
            transaction.standing(caller, member).await?.may_remove()?;
            transaction.revoke(member).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Runs a unit of work on an organisation that is locked.
    async fn change_it<T, Work>(
        &self,
        organisation: &OrganisationId,
        work: impl Fn(Box<dyn OrganisationTransaction>) -> Work,
    ) -> Result<T, OrganisationError>
    where
        Work: Future<Output = Result<T, OrganisationError>>,
    {
        let attempt = || async {
            let transaction = self.organisations.lock(organisation).await?;
            work(transaction.ok_or(Refusal::NotInIt)?).await
        };
        settled(attempt).await
    }
}

async fn put(
    mut transaction: Box<dyn OrganisationTransaction>,
    user: &UserId,
    role: Role,
) -> Result<Member, OrganisationError> {
    let member = transaction.put(user, role).await?;
    transaction.commit().await?;
    Ok(member)
}
