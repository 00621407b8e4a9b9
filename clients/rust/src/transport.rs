//! Requests to a server over HTTP.

mod error;

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use tokio::time::timeout;

use crate::wire::{SyncAnswer, SyncRequest};

pub use error::TransportError;

/// Names the organisation whose namespace a request is for.
pub(crate) const ORGANISATION: HeaderName = HeaderName::from_static("x-org-id");

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_mins(1);

/// How many bytes a line takes in a second, at the least.
const SLOWEST: usize = 4 * 1024;

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
        let body = encode(request)?;
        let (patience, request) = (patience(body.len()), self.client.post(self.url.clone()));
        let response = send(with_json(request, body), patience).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        if status.is_success() {
            serde_json::from_slice(&body).map_err(TransportError::Answer)
        } else {
            Err(TransportError::from_answer(status, &headers, &body))
        }
    }
}

/// A request as its body.
pub(crate) fn encode(request: &SyncRequest) -> Result<Vec<u8>, TransportError> {
    serde_json::to_vec(request).map_err(|error| TransportError::Setup(error.to_string()))
}

/// A request with this body.
pub(crate) fn with_json(request: RequestBuilder, body: Vec<u8>) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/json").body(body)
}

/// How long it may take until the answer to a request with so many bytes begins.
pub(crate) fn patience(bytes: usize) -> Duration {
    let seconds = u64::try_from(bytes / SLOWEST).unwrap_or(u64::MAX);
    SILENCE.saturating_add(Duration::from_secs(seconds))
}

/// Sends a request, and waits so long until its answer begins.
pub(crate) async fn send(
    request: RequestBuilder,
    patience: Duration,
) -> Result<Response, TransportError> {
    let answer = timeout(patience, request.send()).await;
    let answer = answer.map_err(|_| TransportError::silent())?;
    answer.map_err(TransportError::network)
}

/// Reads an answer to its end.
pub(crate) async fn read(mut response: Response) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(chunk) = next_chunk(&mut response).await? {
        body.extend(chunk);
    }
    Ok(body)
}

/// The next piece of an answer; none at its end.
pub(crate) async fn next_chunk(response: &mut Response) -> Result<Option<Vec<u8>>, TransportError> {
    let chunk = timeout(SILENCE, response.chunk()).await;
    let chunk = chunk.map_err(|_| TransportError::silent())?;
    let chunk = chunk.map_err(TransportError::network)?;
    Ok(chunk.map(Vec::from))
}

/// An HTTP client, for [`send`] and [`read`], which give up on servers that are silent.
pub(crate) fn http_client(headers: HeaderMap) -> Result<Client, TransportError> {
    install_crypto();
    Client::builder()
        .default_headers(headers)
        .connect_timeout(CONNECT_TIMEOUT)
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
