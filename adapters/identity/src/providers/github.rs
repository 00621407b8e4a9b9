use openidconnect::OAuth2TokenResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use syncline_application::ports::{Authorization, Grant, ProviderError};
use syncline_domain::{
    identifier::Subject,
    identity::{Identity, Profile, Provider},
};

use super::{
    client::Flow,
    settings::{ProviderSettings, ProvidersError, required},
};
use crate::http::{HttpClient, HttpError};

/// What the user API may tell us.
const SCOPES: &[&str] = &["read:user", "user:email"];

/// GitHub, which knows no ID tokens: its user API says who somebody is.
pub(super) struct GitHub {
    client_id: String,
    secret: SecretString,
    authorization: String,
    token: String,
    user: String,
    emails: String,
    http: HttpClient,
}

/// Who somebody is. The id stays when the login changes.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

/// One of somebody's addresses.
#[derive(Deserialize)]
struct Email {
    #[serde(rename = "email")]
    address: String,
    primary: bool,
    verified: bool,
}

impl GitHub {
    pub(super) fn new(
        settings: ProviderSettings,
        http: &HttpClient,
    ) -> Result<Self, ProvidersError> {
        let github = Provider::GitHub;
        let or = |configured: Option<String>, own: &str| configured.unwrap_or_else(|| own.into());
        Ok(Self {
            client_id: required(github, "clientId", settings.client_id)?,
            secret: required(github, "clientSecret", settings.client_secret)?,
            authorization: or(
                settings.authorization_endpoint,
                "https://github.com/login/oauth/authorize",
            ),
            token: or(
                settings.token_endpoint,
                "https://github.com/login/oauth/access_token",
            ),
            user: or(settings.user_endpoint, "https://api.github.com/user"),
            emails: or(
                settings.emails_endpoint,
                "https://api.github.com/user/emails",
            ),
            http: http.clone(),
        })
    }

    pub(super) fn authorization(&self, callback: &str) -> Result<Authorization, ProviderError> {
        self.flow(callback).oauth_authorization()
    }

    pub(super) async fn identity(
        &self,
        callback: &str,
        grant: Grant,
    ) -> Result<Identity, ProviderError> {
        let secret = self.secret.expose_secret().to_owned();
        let tokens = self
            .flow(callback)
            .exchange(secret, &grant, &self.http)
            .await?;
        let token = Some(tokens.access_token().secret().as_str());
        let user: User = self
            .http
            .get(&self.user, token)
            .await
            .map_err(|error| silent(&error))?;
        let emails: Vec<Email> = self
            .http
            .get(&self.emails, token)
            .await
            .map_err(|error| silent(&error))?;
        let email = emails.iter().find(|email| email.primary && email.verified);
        Ok(Identity {
            provider: Provider::GitHub,
            subject: Subject::new(&user.id.to_string())
                .map_err(|error| ProviderError::Refused(error.to_string()))?,
            profile: Profile::new(
                user.name.as_deref().or(Some(&user.login)),
                email.map(|email| email.address.as_str()),
            ),
        })
    }

    fn flow<'f>(&'f self, callback: &'f str) -> Flow<'f> {
        Flow {
            client_id: &self.client_id,
            scopes: SCOPES,
            authorization_endpoint: &self.authorization,
            token_endpoint: &self.token,
            callback,
        }
    }
}

fn silent(error: &HttpError) -> ProviderError {
    ProviderError::Unavailable(format!("its user API: {error}"))
}
