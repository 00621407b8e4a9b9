use async_trait::async_trait;
use syncline_application::ports::{Member, OrganisationTransaction, Poke, StoreError};
use syncline_domain::{
    identifier::{OrganisationId, UserId},
    organisation::{Role, Standing},
};

use super::{member, membership, role};
use crate::{
    error::store_error,
    live::{self, Outbox, Pokes},
    pool::Transaction,
    rows,
};

/// A transaction of the database that has locked an organisation.
pub(super) struct PostgresOrganisationTransaction {
    transaction: Transaction,
    namespace: i64,
    id: OrganisationId,
    outbox: Outbox,
    pokes: Pokes,
}

impl PostgresOrganisationTransaction {
    pub(super) fn new(
        transaction: Transaction,
        namespace: i64,
        id: &OrganisationId,
        outbox: Outbox,
    ) -> Self {
        Self {
            transaction,
            namespace,
            id: id.clone(),
            outbox,
            pokes: Pokes::new(),
        }
    }
}

/// Whatever is deleted for good may take longer than any push takes, and wait for those that it comes upon.
pub(crate) async fn take_time(transaction: &mut Transaction) -> Result<(), StoreError> {
    let settings =
        "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)";
    sqlx::query(settings)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    transaction.limit_time(None);
    Ok(())
}

/// Whatever has a connection waits for others no longer than the database takes to find a deadlock.
pub(crate) async fn wait_briefly(transaction: &mut Transaction) -> Result<(), StoreError> {
    sqlx::query("SET LOCAL lock_timeout = '2s'")
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    Ok(())
}

/// Removes an organisation with everything in it, and every way that it was to the documents of
/// others. Returns whom that concerns.
pub(crate) async fn delete_organisation(
    transaction: &mut Transaction,
    namespace: i64,
    id: &OrganisationId,
) -> Result<Pokes, StoreError> {
    for statement in [
        include_str!("../sql/reset_members.sql"),
        include_str!("../sql/delete_memberships.sql"),
        // Others push as well, to what is shared with them. In the order in which members do.
        include_str!("../sql/lock_namespace.sql"),
        include_str!("../sql/delete_organisation.sql"),
        include_str!("../sql/delete_documents.sql"),
    ] {
        sqlx::query(statement)
            .bind(namespace)
            .execute(&mut *transaction)
            .await
            .map_err(store_error)?;
    }
    let mut pokes = delete_routes(transaction, namespace).await?;
    pokes.insert(Poke::Membership {
        organisation: id.clone(),
        user: None,
    });
    Ok(pokes)
}

/// Removes every way to the documents of a namespace. Returns whom that concerns.
pub(crate) async fn delete_routes(
    transaction: &mut Transaction,
    namespace: i64,
) -> Result<Pokes, StoreError> {
    let row = sqlx::query(include_str!("../sql/delete_routes.sql"))
        .bind(namespace)
        .fetch_one(&mut *transaction)
        .await
        .map_err(store_error)?;
    live::readers_in(&row)
}

#[async_trait]
impl OrganisationTransaction for PostgresOrganisationTransaction {
    async fn standing(&mut self, caller: &UserId, member: &UserId) -> Result<Standing, StoreError> {
        let row = sqlx::query(include_str!("../sql/standing.sql"))
            .bind(self.namespace)
            .bind(caller.as_str())
            .bind(member.as_str())
            .fetch_one(&mut self.transaction)
            .await
            .map_err(store_error)?;
        let role_in = |name| {
            rows::column::<Option<&str>>(&row, name)?
                .map(role)
                .transpose()
        };
        Ok(Standing {
            caller: role_in("caller")?,
            member: role_in("member")?,
            is_self: caller == member,
            admins: rows::number(rows::column(&row, "admins")?),
        })
    }

    async fn put(&mut self, user: &UserId, role: Role) -> Result<Member, StoreError> {
        let row = sqlx::query(include_str!("../sql/put_membership.sql"))
            .bind(self.namespace)
            .bind(user.as_str())
            .bind(role.as_str())
            .fetch_one(&mut self.transaction)
            .await
            .map_err(store_error)?;
        self.pokes.insert(membership(&self.id, user));
        member(&row)
    }

    async fn revoke(&mut self, member: &UserId) -> Result<(), StoreError> {
        sqlx::query(include_str!("../sql/revoke_membership.sql"))
            .bind(self.namespace)
            .bind(member.as_str())
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        self.pokes.insert(membership(&self.id, member));
        Ok(())
    }

    async fn delete(&mut self) -> Result<(), StoreError> {
        take_time(&mut self.transaction).await?;
        self.pokes = delete_organisation(&mut self.transaction, self.namespace, &self.id).await?;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let _ending = self.outbox.put_when_dropped(self.pokes);
        self.transaction.commit().await.map_err(store_error)
    }
}
