use std::fs;

use reqwest::Url;
use syncline_application::ports::Clock;
use syncline_domain::{hlc::UnixMillis, identifier::UserId};
use syncline_identity::SessionTokens;
use tempfile::TempDir;

use super::LoginOptions;
use crate::{
    clock::SystemClock,
    configuration::Configuration,
    demo::{DemoError, browser::BrowserError, stage::configuration_in},
    server::{Server, ServerError},
};

/// Two hours, in milliseconds.
const TWO_HOURS: u64 = 2 * 60 * 60 * 1000;

/// A server whose users sign in through the provider of the demonstration, under two names.
pub(super) struct LoginStage {
    pub(super) url: String,
    tokens: SessionTokens,
    server: Server,
    /// Holds its data, and takes it away in the end.
    folder: TempDir,
}

impl LoginStage {
    pub(super) async fn set(
        options: &LoginOptions,
        told_to_stop: impl Future<Output = ()>,
    ) -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new()
            .prefix("syncline-demo-")
            .tempdir()?;
        let configuration = configuration(options, &folder)?;
        let secrets = configuration.session_secrets().map_err(ServerError::from)?;
        let tokens = SessionTokens::new(&secrets).map_err(ServerError::from)?;
        let server = Server::start_unless(told_to_stop, &configuration).await?;
        Ok(Self {
            url: format!("http://{}", server.address()),
            tokens,
            server,
            folder,
        })
    }

    /// The address of a path.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(super) fn parsed_url(&self) -> Result<Url, DemoError> {
        Ok(Url::parse(&self.url).map_err(|_| BrowserError::Address)?)
    }

    /// A token of a user that is two hours old.
    pub(super) fn old_token(&self, user: &str) -> Result<String, DemoError> {
        let then = UnixMillis(SystemClock.now().0.saturating_sub(TWO_HOURS));
        let token = self.tokens.issue(&UserId::new(user)?, then);
        Ok(token.map_err(ServerError::from)?)
    }

    /// Stops what was started.
    pub(super) async fn strike(self) -> Result<(), DemoError> {
        self.server.stop().await?;
        Ok(self.folder.close()?)
    }
}

fn configuration(options: &LoginOptions, folder: &TempDir) -> Result<Configuration, DemoError> {
    let file = folder.path().join("syncline.json");
    let provider = serde_json::json!({
        "clientId": options.client_id,
        "clientSecret": options.client_secret,
        "issuer": options.issuer,
    });
    let values = serde_json::json!({
        "auth": { "providers": { "google": provider, "microsoft": provider } },
    });
    fs::write(&file, values.to_string())?;
    configuration_in(folder, &file)
}
