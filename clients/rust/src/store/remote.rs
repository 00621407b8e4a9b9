//! Requests to the server, with the session's token.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, HeaderMap},
};
use syncline_domain::identifier::OrganisationId;

use super::{error::StoreError, session::Session};
use crate::{
    TransportError,
    transport::{ORGANISATION, bearer, encode, http_client, patience, read, send, with_json},
    wire::{SyncAnswer, SyncRequest},
};

/// Carries the next token of a session that is prolonged.
const NEXT_TOKEN: &str = "x-auth-token";

/// Reaches one application of one server as one user.
pub(super) struct Remote {
    client: Client,
    url: Url,
    pub(super) session: Session,
}

impl Remote {
    pub(super) fn new(url: Url, session: Session) -> Result<Self, StoreError> {
        Ok(Self {
            client: http_client(HeaderMap::new())?,
            url,
            session,
        })
    }

    /// Sends a request and reads its answer.
    pub(super) async fn sync(
        &self,
        request: &SyncRequest,
        organisation: Option<&OrganisationId>,
    ) -> Result<SyncAnswer, StoreError> {
        let url = self.url_of("sync")?;
        let body = encode(request)?;
        let post = || {
            let post = with_json(self.client.post(url.clone()), body.clone());
            match organisation {
                Some(organisation) => post.header(ORGANISATION, organisation.as_str()),
                None => post,
            }
        };
        let response = self.send(post, patience(body.len())).await?;
        let body = read(response).await?;
        Ok(serde_json::from_slice(&body).map_err(TransportError::Answer)?)
    }

    /// Opens the stream of live pokes.
    pub(super) async fn events(&self) -> Result<Response, StoreError> {
        let url = self.url_of("events")?;
        let get = || {
            self.client
                .get(url.clone())
                .header(ACCEPT, "text/event-stream")
        };
        self.send(get, patience(0)).await
    }

    /// Sends a request; with another token once more, if the server did not accept the first.
    async fn send(
        &self,
        request: impl Fn() -> RequestBuilder,
        patience: Duration,
    ) -> Result<Response, StoreError> {
        let presented = self.session.present();
        let mut response = send_with(request(), &presented.token, patience).await?;
        let mut token = presented.token.clone();
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(other) = self.session.instead_of(&presented).await?
        {
            token = other;
            response = send_with(request(), &token, patience).await?;
        }
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let body = read(response).await?;
            return Err(TransportError::from_answer(status, &headers, &body).into());
        }
        self.session.accept(&token);
        if let Some(next) = headers.get(NEXT_TOKEN).and_then(|next| next.to_str().ok()) {
            // One that is not taken leaves the present one, and costs no answer.
            let _ = self.session.prolong(&token, next.to_owned());
        }
        Ok(response)
    }

    fn url_of(&self, segment: &str) -> Result<Url, TransportError> {
        let mut url = self.url.clone();
        let rule = || TransportError::Setup("the server's URL has no path".to_owned());
        url.path_segments_mut().map_err(|()| rule())?.push(segment);
        Ok(url)
    }
}

async fn send_with(
    request: RequestBuilder,
    token: &str,
    patience: Duration,
) -> Result<Response, TransportError> {
    send(request.header(AUTHORIZATION, bearer(token)?), patience).await
}
