//! Organisations and their members.

mod transaction;

use async_trait::async_trait;
use sqlx::{Row, postgres::PgRow};
use syncline_application::ports::{
    Founded, Member, Membership, Organisation, OrganisationTransaction, Organisations, Poke,
    Session, StoreError, subject_hash,
};
use syncline_domain::{
    identifier::{OrganisationId, UserId},
    organisation::{OrganisationName, Role},
};

use crate::{
    PostgresStore,
    accounts::hold_account,
    error::{corrupt, store_error},
    rows,
};
use transaction::PostgresOrganisationTransaction;

pub(crate) use transaction::{delete_organisation, delete_routes, take_time, wait_briefly};

#[async_trait]
impl Organisations for PostgresStore {
    async fn create(
        &self,
        name: &OrganisationName,
        founder: &Session,
    ) -> Result<Founded, StoreError> {
        let mut transaction = self.pool.begin_patient().await.map_err(store_error)?;
        if !hold_account(&mut transaction, founder).await? {
            return Ok(Founded::AccountDeleted);
        }
        let row = sqlx::query(include_str!("sql/create_organisation.sql"))
            .bind(name.as_str())
            .bind(name.key())
            .bind(founder.user_id.as_str())
            .fetch_optional(&mut transaction)
            .await
            .map_err(store_error)?;
        let Some(row) = row else {
            return Ok(Founded::NameTaken);
        };
        let created = organisation(&row)?;
        let pokes = [membership(&created.id, &founder.user_id)].into();
        let _ending = self.outbox().put_when_dropped(pokes);
        transaction.commit().await.map_err(store_error)?;
        Ok(Founded::Done(created))
    }

    async fn find(
        &self,
        id: &OrganisationId,
        member: &UserId,
    ) -> Result<Option<Organisation>, StoreError> {
        let row = sqlx::query(include_str!("sql/find_organisation.sql"))
            .bind(id.as_str())
            .bind(member.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(store_error)?;
        row.as_ref().map(organisation).transpose()
    }

    async fn organisations_of(
        &self,
        member: &UserId,
        after: Option<&OrganisationName>,
        limit: u32,
    ) -> Result<Vec<Organisation>, StoreError> {
        let found = sqlx::query(include_str!("sql/organisations_of.sql"))
            .bind(member.as_str())
            .bind(after.map(OrganisationName::key))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(store_error)?;
        found.iter().map(organisation).collect()
    }

    async fn memberships(&self, users: &[UserId]) -> Result<Vec<Membership>, StoreError> {
        let users: Vec<_> = users.iter().map(UserId::as_str).collect();
        let found = sqlx::query(include_str!("sql/memberships.sql"))
            .bind(users)
            .fetch_all(&self.pool)
            .await
            .map_err(store_error)?;
        found.iter().map(membership_of).collect()
    }

    async fn members(
        &self,
        id: &OrganisationId,
        caller: &UserId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let found = sqlx::query(include_str!("sql/members.sql"))
            .bind(id.as_str())
            .bind(caller.as_str())
            .bind(after.map(UserId::as_str))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(store_error)?;
        listed(&found)
    }

    async fn lock(
        &self,
        id: &OrganisationId,
    ) -> Result<Option<Box<dyn OrganisationTransaction>>, StoreError> {
        let mut transaction = self.pool.begin_patient().await.map_err(store_error)?;
        let row = sqlx::query(include_str!("sql/lock_organisation.sql"))
            .bind(id.as_str())
            .fetch_optional(&mut transaction)
            .await
            .map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let namespace = row.try_get("namespace_id").map_err(store_error)?;
        let locked =
            PostgresOrganisationTransaction::new(transaction, namespace, id, self.outbox());
        Ok(Some(Box::new(locked)))
    }
}

fn organisation(row: &PgRow) -> Result<Organisation, StoreError> {
    let id: &str = rows::column(row, "organisation_id")?;
    Ok(Organisation {
        id: OrganisationId::new(id)
            .map_err(|error| corrupt("organisations.organisation_id", error))?,
        name: rows::column(row, "name")?,
        role: role(rows::column(row, "role")?)?,
        created_at: rows::column(row, "created_at")?,
    })
}

/// The members on a page; none if it is not for the caller.
fn listed(found: &[PgRow]) -> Result<Option<Vec<Member>>, StoreError> {
    if found.is_empty() {
        return Ok(None);
    }
    let mut members = Vec::with_capacity(found.len());
    for row in found {
        if rows::column::<Option<&str>>(row, "user_id")?.is_some() {
            members.push(member(row)?);
        }
    }
    Ok(Some(members))
}

fn member(row: &PgRow) -> Result<Member, StoreError> {
    let user_id: &str = rows::column(row, "user_id")?;
    Ok(Member {
        user_id: UserId::new(user_id).map_err(|error| corrupt("memberships.user_id", error))?,
        role: role(rows::column(row, "role")?)?,
        created_at: rows::column(row, "created_at")?,
    })
}

fn membership_of(row: &PgRow) -> Result<Membership, StoreError> {
    let user: &str = rows::column(row, "user_id")?;
    let organisation: &str = rows::column(row, "organisation_id")?;
    Ok(Membership {
        user: UserId::new(user).map_err(|error| corrupt("memberships.user_id", error))?,
        organisation: OrganisationId::new(organisation)
            .map_err(|error| corrupt("organisations.organisation_id", error))?,
    })
}

/// That a user has joined or left.
fn membership(organisation: &OrganisationId, user: &UserId) -> Poke {
    Poke::Membership {
        organisation: organisation.clone(),
        user: Some(subject_hash(user)),
    }
}

pub(crate) fn role(text: &str) -> Result<Role, StoreError> {
    Role::named(text).ok_or_else(|| corrupt("memberships.role", text))
}
