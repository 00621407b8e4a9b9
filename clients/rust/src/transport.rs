//! Requests to a server over HTTP.

mod error;

use std::time::Duration;

use reqwest::{
    Client, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};

use crate::wire::{SyncAnswer, SyncRequest};

pub use error::TransportError;

/// Names the organisation whose namespace a request is for.
pub(crate) const ORGANISATION: HeaderName = HeaderName::from_static("x-org-id");

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a server may be silent in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Reaches one application of one server as one user.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: Client,
    url: Url,
}

impl HttpTransport {
    /// A transport to `application` on the server at `base_url`, with the session's `token`, in
    /// the namespace of `organisation` or else of the user.
    ///
    /// # Errors
    /// [`TransportError::Setup`] when an argument has no place in a request.
    pub fn new(
        base_url: &str,
        application: &str,
        token: &str,
        organisation: Option<&str>,
    ) -> Result<Self, TransportError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer(token)?);
        if let Some(organisation) = organisation {
            headers.insert(ORGANISATION, header("the organisation's id", organisation)?);
        }
        let client = http_client(headers)?;
        let mut url = application_url(base_url, application)?;
        url.path_segments_mut()
            .map_err(|()| TransportError::Setup("the server's URL has no path".to_owned()))?
            .push("sync");
        Ok(Self { client, url })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// [`TransportError`]. After [`TransportError::Network`], [`TransportError::Unavailable`] and
    /// [`TransportError::Answer`] the server may have stored the changes.
    pub async fn send(&self, request: &SyncRequest) -> Result<SyncAnswer, TransportError> {
        let request = self.client.post(self.url.clone()).json(request);
        let response = request.send().await.map_err(TransportError::network)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(TransportError::network)?;
        if status.is_success() {
            serde_json::from_slice(&body).map_err(TransportError::Answer)
        } else {
            Err(TransportError::from_answer(status, &headers, &body))
        }
    }
}

/// An HTTP client that gives up on servers that are silent.
pub(crate) fn http_client(headers: HeaderMap) -> Result<Client, TransportError> {
    install_crypto();
    Client::builder()
        .default_headers(headers)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .gzip(true)
        .build()
        .map_err(TransportError::network)
}

/// The header of a session.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, TransportError> {
    header("the token", &format!("Bearer {token}"))
}

/// Reqwest takes the process's provider of cryptography; an application that installed one keeps
/// it.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails only if another thread was faster, and then there is one.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

fn header(what: &'static str, text: &str) -> Result<HeaderValue, TransportError> {
    let rule = || TransportError::Setup(format!("{what} holds characters that no header can"));
    let mut value = HeaderValue::from_str(text).map_err(|_| rule())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The URL below which an application's routes are.
pub(crate) fn application_url(base_url: &str, application: &str) -> Result<Url, TransportError> {
    let refuse = |rule: &str| TransportError::Setup(format!("the server's URL {rule}"));
    let mut url = Url::parse(base_url).map_err(|error| refuse(&format!("is not one: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("begins with neither `http://` nor `https://`"));
    }
    url.path_segments_mut()
        .map_err(|()| refuse("has no path"))?
        .pop_if_empty()
        .push(application);
    Ok(url)
}

#[cfg(test)]
mod tests;
