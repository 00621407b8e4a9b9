//! How many requests a client may send: counted by its address before anything else is done for
//! it, and by its user once that is known.

mod address;
mod meter;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Extension, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use syncline_domain::identifier::UserId;

use crate::{Rates, error::ApiError};
use meter::Meter;

/// Whoever watches over the server asks as often as it likes, and is told nothing of anybody.
const UNCOUNTED: [&str; 2] = ["/health", "/ready"];

/// Below it, users sign in.
const SIGN_IN: &str = "/auth/";

/// But not with these: they are asked by an application that is signed in already, or that shows
/// how to.
const NO_SIGN_IN: [&str; 4] = [
    "/auth/me",
    "/auth/logout",
    "/auth/ticket",
    "/auth/providers",
];

/// Counts requests.
pub(crate) struct RateLimits {
    users: Meter<UserId>,
    addresses: Meter<IpAddr>,
    sign_ins: Meter<IpAddr>,
    trusted_proxy_hops: usize,
}

impl From<&Rates> for RateLimits {
    fn from(rates: &Rates) -> Self {
        Self {
            users: Meter::per_minute("requests of this user", rates.requests_per_minute),
            addresses: Meter::per_minute(
                "requests from this address",
                rates.address_requests_per_minute,
            ),
            sign_ins: Meter::per_minute("sign-ins from this address", rates.sign_ins_per_minute),
            trusted_proxy_hops: rates.trusted_proxy_hops,
        }
    }
}

impl RateLimits {
    /// Counts a request of a user.
    ///
    /// # Errors
    /// What is answered to a user with too many of them.
    pub(crate) fn count_user(&self, user: &UserId) -> Result<(), ApiError> {
        self.users.count(user)
    }

    /// Counts a request by the address that it came from.
    fn count_address(&self, request: &Request) -> Result<(), ApiError> {
        let path = request.uri().path();
        if UNCOUNTED.contains(&path) {
            return Ok(());
        }
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let Some(ConnectInfo(peer)) = peer else {
            tracing::error!("the server was put together without the addresses of its peers");
            return Err(ApiError::unexplained());
        };
        let client = address::client(peer.ip(), request.headers(), self.trusted_proxy_hops);
        let network = address::network(client);
        self.addresses.count(&network)?;
        if path.starts_with(SIGN_IN) && !NO_SIGN_IN.contains(&path) {
            self.sign_ins.count(&network)?;
        }
        Ok(())
    }
}

/// Refuses a request of an address with too many of them.
pub(super) async fn limit(
    Extension(limits): Extension<Arc<RateLimits>>,
    request: Request,
    next: Next,
) -> Response {
    match limits.count_address(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests;
