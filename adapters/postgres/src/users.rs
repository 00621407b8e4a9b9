//! Users, their identities, and one-time codes.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use syncline_application::ports::{CodeHash, Linked, Session, StoreError, Unlinked, User, Users};
use syncline_domain::{
    identifier::{Subject, UserId},
    identity::{Identity, Profile, Provider},
};

use crate::{
    PostgresStore,
    accounts::hold_account,
    error::{corrupt, store_error},
    pool::Pool,
    rows::column,
};

/// Breaks when a user would have two identities of one provider.
const ONE_OF_A_PROVIDER: &str = "identities_one_of_a_provider";

#[async_trait]
impl Users for PostgresStore {
    async fn find(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        find(self.pool(), user_id.as_str()).await
    }

    async fn sign_in(&self, identity: &Identity) -> Result<User, StoreError> {
        let user_id = self.user_of(identity).await?;
        self.wait_for_deletion(&user_id).await?;
        let user = find(self.pool(), &user_id).await?;
        // It is gone if the account was deleted a moment ago; trying again makes another.
        user.ok_or(StoreError::Contention)
    }

    async fn link(&self, session: &Session, identity: &Identity) -> Result<Linked, StoreError> {
        let mut transaction = self.pool().begin_patient().await.map_err(store_error)?;
        if !hold_account(&mut transaction, session).await? {
            return Ok(Linked::AccountDeleted);
        }
        let linked = sqlx::query(include_str!("sql/link.sql"))
            .bind(session.user_id.as_str())
            .bind(identity.provider.as_str())
            .bind(identity.subject.as_str())
            .bind(identity.profile.name())
            .bind(identity.profile.email())
            .fetch_optional(&mut transaction)
            .await;
        match linked {
            Ok(Some(_)) => {
                transaction.commit().await.map_err(store_error)?;
                Ok(Linked::Done)
            }
            Ok(None) => Ok(Linked::OfAnother),
            Err(sqlx::Error::Database(error)) if error.constraint() == Some(ONE_OF_A_PROVIDER) => {
                Ok(Linked::BesideAnother)
            }
            Err(error) => Err(store_error(error)),
        }
    }

    async fn unlink(
        &self,
        user_id: &UserId,
        provider: Provider,
        there: &[Provider],
    ) -> Result<Unlinked, StoreError> {
        let there: Vec<&str> = there.iter().map(|provider| provider.as_str()).collect();
        let mut transaction = self.pool().begin_patient().await.map_err(store_error)?;
        sqlx::query(include_str!("sql/lock_user.sql"))
            .bind(user_id.as_str())
            .execute(&mut transaction)
            .await
            .map_err(store_error)?;
        let row = sqlx::query(include_str!("sql/unlink.sql"))
            .bind(user_id.as_str())
            .bind(provider.as_str())
            .bind(there)
            .fetch_one(&mut transaction)
            .await
            .map_err(store_error)?;
        transaction.commit().await.map_err(store_error)?;
        Ok(
            match (column(&row, "is_removed")?, column(&row, "was_there")?) {
                (true, _) => Unlinked::Done,
                (false, true) => Unlinked::IsLast,
                (false, false) => Unlinked::WasNot,
            },
        )
    }

    async fn keep_code(
        &self,
        code: &CodeHash,
        identity: &Identity,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        sqlx::query(include_str!("sql/keep_code.sql"))
            .bind(code.as_slice())
            .bind(identity.provider.as_str())
            .bind(identity.subject.as_str())
            .bind(identity.profile.name())
            .bind(identity.profile.email())
            .bind(i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX))
            .execute(self.pool())
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn take_code(&self, code: &CodeHash) -> Result<Option<Identity>, StoreError> {
        let row = sqlx::query(include_str!("sql/take_code.sql"))
            .bind(code.as_slice())
            .fetch_optional(self.pool())
            .await
            .map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        if !column::<bool>(&row, "is_in_time")? {
            return Ok(None);
        }
        Ok(Some(Identity {
            provider: provider(column(&row, "provider")?)?,
            subject: Subject::new(column(&row, "subject")?)
                .map_err(|error| corrupt("login_codes.subject", error))?,
            profile: profile(&row)?,
        }))
    }
}

impl PostgresStore {
    /// The user who has the identity, whom it makes if there is none.
    async fn user_of(&self, identity: &Identity) -> Result<String, StoreError> {
        let mut transaction = self.pool().begin_patient().await.map_err(store_error)?;
        let user_id = sqlx::query_scalar(include_str!("sql/sign_in.sql"))
            .bind(identity.provider.as_str())
            .bind(identity.subject.as_str())
            .bind(identity.profile.name())
            .bind(identity.profile.email())
            .fetch_one(&mut transaction)
            .await
            .map_err(store_error)?;
        transaction.commit().await.map_err(store_error)?;
        Ok(user_id)
    }

    /// Until nobody deletes the user's account. Not in the transaction that has locked the identity, which
    /// the deletion would wait for.
    async fn wait_for_deletion(&self, user_id: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin_patient().await.map_err(store_error)?;
        sqlx::query(include_str!("sql/hold_user.sql"))
            .bind(user_id)
            .execute(&mut transaction)
            .await
            .map_err(store_error)?;
        transaction.commit().await.map_err(store_error)
    }
}

async fn find(pool: &Pool, user_id: &str) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(include_str!("sql/user.sql"))
        .bind(user_id)
        .fetch_optional(pool)
        .await
        .map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let providers: Vec<String> = column(&row, "providers")?;
    Ok(Some(User {
        user_id: UserId::new(column(&row, "user_id")?)
            .map_err(|error| corrupt("users.user_id", error))?,
        profile: profile(&row)?,
        providers: providers
            .iter()
            .map(|name| provider(name))
            .collect::<Result<_, _>>()?,
    }))
}

fn provider(name: &str) -> Result<Provider, StoreError> {
    name.parse().map_err(|error| corrupt("provider", error))
}

fn profile(row: &PgRow) -> Result<Profile, StoreError> {
    let (name, email) = (column(row, "name")?, column(row, "email")?);
    Ok(Profile::new(name, email))
}
