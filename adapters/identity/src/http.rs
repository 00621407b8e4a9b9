use std::{error::Error, time::Duration};

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::{Client, Response, header::ACCEPT, redirect::Policy};
use serde::de::DeserializeOwned;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an answer may take altogether: somebody waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most of an answer that is read. Keys and tokens are a few kilobytes.
const MAX_BYTES: usize = 1 << 20;

/// Some providers refuse to talk to programs without a name.
const USER_AGENT: &str = concat!("syncline/", env!("CARGO_PKG_VERSION"));

/// Talks to providers and issuers. It follows no redirects: addresses are configured or come from
/// the issuer itself, and nobody else decides where secrets are sent.
#[derive(Clone, Debug)]
pub struct HttpClient(Client);

/// There can be no client.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up requests to identity providers: {0}")]
pub struct HttpClientError(String);

/// Why there is no good answer. Never names an address, which may hold a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{0}")]
    Network(String),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer has more than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("its answer is not as it should be: {0}")]
    Form(#[from] serde_json::Error),
}

impl HttpClient {
    /// A client for all providers and issuers.
    ///
    /// # Errors
    /// [`HttpClientError`] when the system's certificates cannot be used.
    pub fn new() -> Result<Self, HttpClientError> {
        install_crypto();
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .gzip(true)
            .build()
            .map_err(|error| HttpClientError(chain(&error)))?;
        Ok(Self(client))
    }

    /// Fetches JSON, as whoever holds the `bearer` token, if there is one.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        address: &str,
        bearer: Option<&str>,
    ) -> Result<T, HttpError> {
        let mut request = self.0.get(address).header(ACCEPT, "application/json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(HttpError::network)?;
        let status = response.status();
        if !status.is_success() {
            return Err(HttpError::Status(status.as_u16()));
        }
        Ok(serde_json::from_slice(&read(response).await?)?)
    }

    /// Sends a request of an authorization-code flow.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = request.try_into().map_err(HttpError::network)?;
        let response = self.0.execute(request).await.map_err(HttpError::network)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = HttpResponse::new(read(response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

impl HttpError {
    fn network(error: reqwest::Error) -> Self {
        Self::Network(chain(&error.without_url()))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(HttpError::network)? {
        if chunk.len() > MAX_BYTES - bytes.len() {
            return Err(HttpError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reqwest takes the process's provider of cryptography; a program that installed one keeps it.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails only if another thread was faster, and then there is one.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

/// An error and its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let sentences: Vec<_> = causes.map(ToString::to_string).collect();
    sentences.join(": ")
}
