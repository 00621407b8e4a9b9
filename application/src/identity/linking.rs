//! More than one way to sign in as the same user.

use syncline_domain::identity::Identity;

use super::{Begun, IdentityError, IdentityService, SignedIn, attempt::LinkFor, names};
use crate::{
    accounts::AccountDeleted,
    contention::settled,
    ports::{Linked, Session, Unlinked},
};

impl IdentityService {
    /// Begins a sign-in whose identity will be the user's of `session`.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn begin_link(
        &self,
        session: &Session,
        provider: &str,
    ) -> Result<Begun, IdentityError> {
        check_own(session)?;
        let provider = self.provider(provider)?;
        self.attempt(provider, None, Some(LinkFor::new(session)))
            .await
    }

    /// Links the identity that `code` stands for to the user of `session`.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn link_code(
        &self,
        session: &Session,
        provider: &str,
        code: &str,
    ) -> Result<SignedIn, IdentityError> {
        check_own(session)?;
        let provider = self.provider(provider)?;
        let identity = self.take_code(code).await?;
        if identity.provider != provider {
            return Err(IdentityError::CodeOfAnother(identity.provider));
        }
        let linked = self.link(session, &identity).await;
        self.used(code, &identity, linked).await
    }

    /// Takes a provider from the user of `session`. It need not be configured any more.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn unlink(
        &self,
        session: &Session,
        provider: &str,
    ) -> Result<SignedIn, IdentityError> {
        check_own(session)?;
        let provider = match provider.parse() {
            Ok(provider) => provider,
            Err(_) => self.provider(provider)?,
        };
        let users = &self.parts.users;
        let there = self.providers();
        match users.unlink(&session.user_id, provider, &there).await? {
            Unlinked::Done => self.changed(session).await,
            Unlinked::IsLast => Err(IdentityError::LastProvider(provider)),
            Unlinked::WasNot => Err(IdentityError::NotLinked(provider)),
        }
    }

    pub(super) async fn link(
        &self,
        session: &Session,
        identity: &Identity,
    ) -> Result<SignedIn, IdentityError> {
        let users = &self.parts.users;
        match settled(|| users.link(session, identity)).await? {
            Linked::Done => self.changed(session).await,
            Linked::OfAnother => Err(IdentityError::IdentityTaken(identity.provider)),
            Linked::BesideAnother => Err(IdentityError::ProviderTaken(identity.provider)),
            Linked::AccountDeleted => Err(AccountDeleted.into()),
        }
    }

    /// The user with what is linked now, and a token that says so. The session did not begin anew.
    async fn changed(&self, session: &Session) -> Result<SignedIn, IdentityError> {
        let user = self.user(session).await?;
        let session = Session {
            providers: names(&user),
            issued_at: self.parts.clock.now(),
            ..session.clone()
        };
        self.signed_in(user, &session)
    }
}

/// Whoever may no longer use an issuer's sessions must not have another way in.
fn check_own(session: &Session) -> Result<(), IdentityError> {
    if session.is_external {
        return Err(IdentityError::ExternalSession);
    }
    Ok(())
}
