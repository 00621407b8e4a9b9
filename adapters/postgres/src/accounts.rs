//! The end of accounts, and what is remembered of it.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use syncline_application::ports::{
    AccountTransaction, Accounts, OwnOrganisation, Session, StoreError, SubjectHash, subject_hash,
};
use syncline_domain::{
    hlc::UnixMillis,
    identifier::{OrganisationId, UserId},
    organisation::{Belonging, Role},
};

use crate::{
    PostgresStore,
    error::{corrupt, store_error},
    live::{Outbox, Pokes},
    organisations::{delete_organisation, delete_routes, take_time, wait_briefly},
    pool::Transaction,
    rows::{column, millis, number, signed},
};

#[async_trait]
impl Accounts for PostgresStore {
    async fn lock_account(
        &self,
        session: &Session,
    ) -> Result<Option<Box<dyn AccountTransaction>>, StoreError> {
        let user = &session.user_id;
        let mut transaction = self.pool().begin().await.map_err(store_error)?;
        take_time(&mut transaction).await?;
        let namespace = lock_namespace(&mut transaction, user).await?;
        // Whoever signs in waits until the account is gone.
        sqlx::query(include_str!("sql/lock_user.sql"))
            .bind(user.as_str())
            .execute(&mut transaction)
            .await
            .map_err(store_error)?;
        if !has_account(&mut transaction, session).await? {
            return Ok(None);
        }
        Ok(Some(Box::new(PostgresAccountTransaction {
            transaction,
            user: user.clone(),
            namespace,
            organisations: Vec::new(),
            outbox: self.outbox(),
            pokes: Pokes::new(),
        })))
    }

    async fn deleted(&self) -> Result<Vec<(SubjectHash, UnixMillis)>, StoreError> {
        let rows = sqlx::query(include_str!("sql/deleted_accounts.sql"))
            .fetch_all(self.pool())
            .await
            .map_err(store_error)?;
        rows.iter().map(deleted).collect()
    }
}

/// Keeps the account of a session from being deleted until the transaction ends, as pushes do: whoever
/// deletes it waits. False if it was deleted after the session began.
pub(crate) async fn hold_account(
    transaction: &mut Transaction,
    session: &Session,
) -> Result<bool, StoreError> {
    let namespace = make_namespace(transaction, &session.user_id).await?;
    sqlx::query(include_str!("sql/hold_namespace.sql"))
        .bind(namespace)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    has_account(transaction, session).await
}

/// By a statement of its own, which sees what was waited for.
async fn has_account(transaction: &mut Transaction, session: &Session) -> Result<bool, StoreError> {
    sqlx::query_scalar(include_str!("sql/has_account.sql"))
        .bind(subject_hash(&session.user_id).as_slice())
        .bind(signed(session.session_began_at.0))
        .fetch_one(&mut *transaction)
        .await
        .map_err(store_error)
}

async fn lock_namespace(transaction: &mut Transaction, user: &UserId) -> Result<i64, StoreError> {
    let namespace = make_namespace(transaction, user).await?;
    sqlx::query(include_str!("sql/lock_namespace.sql"))
        .bind(namespace)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    Ok(namespace)
}

/// Makes a namespace for a user who has none: a first push that is under way at this moment waits,
/// or is waited for.
async fn make_namespace(transaction: &mut Transaction, user: &UserId) -> Result<i64, StoreError> {
    sqlx::query(include_str!("sql/create_namespaces.sql"))
        .bind([user.as_str()])
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    let namespace: Option<i64> = sqlx::query_scalar(include_str!("sql/find_namespace.sql"))
        .bind("personal")
        .bind(user.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(store_error)?;
    // It is gone if another request deleted the account a moment ago.
    namespace.ok_or(StoreError::Contention)
}

fn deleted(row: &PgRow) -> Result<(SubjectHash, UnixMillis), StoreError> {
    let hash: &[u8] = column(row, "subject_hash")?;
    let hash = hash
        .try_into()
        .map_err(|error| corrupt("deleted_accounts.subject_hash", error))?;
    Ok((hash, millis(column(row, "deleted_at")?)))
}

/// A transaction of the database that has locked an account.
struct PostgresAccountTransaction {
    transaction: Transaction,
    user: UserId,
    namespace: i64,
    /// The user's organisations and their namespaces.
    organisations: Vec<(OrganisationId, i64)>,
    outbox: Outbox,
    pokes: Pokes,
}

impl PostgresAccountTransaction {
    /// Runs a statement about the user.
    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement)
            .bind(self.user.as_str())
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    /// Removes what names the user. Whoever came into an organisation after these were locked may be the
    /// last admin of it.
    async fn forget_user(&mut self) -> Result<(), StoreError> {
        let left: Vec<i64> = sqlx::query_scalar(include_str!("sql/forget_user.sql"))
            .bind(self.user.as_str())
            .fetch_all(&mut self.transaction)
            .await
            .map_err(store_error)?;
        let is_locked = |left| self.organisations.iter().any(|(_, locked)| locked == left);
        if !left.iter().all(is_locked) {
            return Err(StoreError::Contention);
        }
        Ok(())
    }

    /// Runs a statement about the user's namespace.
    async fn run_there(&mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement)
            .bind(self.namespace)
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    /// Switches off that whoever changes a row is noted as its writer, or on again.
    async fn set_renewing(&mut self, value: &str) -> Result<(), StoreError> {
        sqlx::query("SELECT set_config('syncline.renewing', $1, true)")
            .bind(value)
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

#[async_trait]
impl AccountTransaction for PostgresAccountTransaction {
    async fn organisations(&mut self) -> Result<Vec<OwnOrganisation>, StoreError> {
        // Another member may be deleting an account, which takes long.
        wait_briefly(&mut self.transaction).await?;
        let locked: Vec<i64> = sqlx::query_scalar(include_str!("sql/lock_own_organisations.sql"))
            .bind(self.user.as_str())
            .fetch_all(&mut self.transaction)
            .await
            .map_err(store_error)?;
        take_time(&mut self.transaction).await?;
        let rows = sqlx::query(include_str!("sql/own_organisations.sql"))
            .bind(self.user.as_str())
            .bind(locked)
            .fetch_all(&mut self.transaction)
            .await
            .map_err(store_error)?;
        let mut found = Vec::with_capacity(rows.len());
        self.organisations.clear();
        for row in &rows {
            let organisation = own_organisation(row)?;
            let namespace = column(row, "namespace_id")?;
            self.organisations
                .push((organisation.id.clone(), namespace));
            found.push(organisation);
        }
        Ok(found)
    }

    async fn delete_organisation(&mut self, id: &OrganisationId) -> Result<(), StoreError> {
        let found = self.organisations.iter().find(|(found, _)| found == id);
        let (_, namespace) = found.ok_or_else(|| corrupt("organisations", id))?;
        // Nobody opens a document to it any more.
        sqlx::query(include_str!("sql/lock_organisation.sql"))
            .bind(id.as_str())
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        let pokes = delete_organisation(&mut self.transaction, *namespace, id).await?;
        self.pokes.extend(pokes);
        Ok(())
    }

    async fn delete(&mut self, hash: &SubjectHash, at: UnixMillis) -> Result<(), StoreError> {
        self.run_there(include_str!("sql/delete_documents.sql"))
            .await?;
        let pokes = delete_routes(&mut self.transaction, self.namespace).await?;
        self.pokes.extend(pokes);
        self.forget_user().await?;
        self.run(include_str!("sql/forget_pusher.sql")).await?;
        self.set_renewing("on").await?;
        self.run(include_str!("sql/forget_author.sql")).await?;
        self.set_renewing("off").await?;
        sqlx::query(include_str!("sql/remember_deletion.sql"))
            .bind(hash.as_slice())
            .bind(signed(at.0))
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let _ending = self.outbox.put_when_dropped(self.pokes);
        self.transaction.commit().await.map_err(store_error)
    }
}

fn own_organisation(row: &PgRow) -> Result<OwnOrganisation, StoreError> {
    let id: &str = column(row, "organisation_id")?;
    let role: &str = column(row, "role")?;
    Ok(OwnOrganisation {
        id: OrganisationId::new(id)
            .map_err(|error| corrupt("organisations.organisation_id", error))?,
        belonging: Belonging {
            role: Role::named(role).ok_or_else(|| corrupt("memberships.role", role))?,
            admins: number(column(row, "admins")?),
            members: number(column(row, "members")?),
        },
    })
}
