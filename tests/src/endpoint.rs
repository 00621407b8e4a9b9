//! Where requests go: to one server, or to several in turn.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::{
    Answer, TestServer,
    server::{answer, client, token},
};

/// Something that answers sync requests.
pub trait Endpoint: Send + Sync {
    /// Sends the body of a sync request of `user`.
    fn post_sync(
        &self,
        user: &str,
        application: &str,
        body: &Value,
    ) -> impl Future<Output = Answer> + Send;

    /// Syncs a collection of `todo` and takes nothing but success.
    fn sync(&self, user: &str, body: Value) -> impl Future<Output = Value> + Send {
        async move {
            let answer = self.post_sync(user, "todo", &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            answer.body
        }
    }
}

impl Endpoint for TestServer {
    async fn post_sync(&self, user: &str, application: &str, body: &Value) -> Answer {
        self.post_sync(user, application, body).await
    }
}

/// Several servers on one database: each request goes to the next of them.
pub struct RoundRobin {
    addresses: Vec<String>,
    next: AtomicUsize,
    client: Client,
}

impl RoundRobin {
    /// The servers at these addresses, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn over(addresses: Vec<String>) -> Self {
        Self {
            addresses,
            next: AtomicUsize::new(0),
            client: client(),
        }
    }

    /// The address of a path at the next server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.addresses.len();
        format!("{}{path}", self.addresses[next])
    }
}

impl Endpoint for RoundRobin {
    async fn post_sync(&self, user: &str, application: &str, body: &Value) -> Answer {
        let request = self.client.post(self.url(&format!("/{application}/sync")));
        answer(request.bearer_auth(token(user)).json(body)).await
    }
}
