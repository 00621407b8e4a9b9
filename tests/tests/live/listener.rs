//! A device that listens.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::world::push;

/// Far longer than anything takes, so that a test that hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Collections that tests change to find out whether all before was told. They sort behind all
/// others, as hints do that wait together.
const FENCE: &str = "zz-fence-";

static FENCES: AtomicU64 = AtomicU64::new(0);

/// The stream of one device.
pub(crate) struct Listener {
    response: Response,
    text: String,
}

impl Listener {
    /// Opens a stream of `todo`, when the server hears what changes.
    pub(crate) async fn open(server: &TestServer, user: &str) -> Self {
        let mut listener = Self::of(request(server, user).await);
        listener.settle(server, user).await;
        listener
    }

    /// The stream that is answered.
    #[track_caller]
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next part of the stream up to an empty line; none at its end.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk());
            let chunk = chunk.await.expect("something is told, or it ends");
            let chunk = chunk.expect("the stream does not break")?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The data of the next event; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let next = async {
            loop {
                let block = self.block().await?;
                if let Some(data) = block.strip_prefix("event: change\ndata: ") {
                    return Some(serde_json::from_str(data).unwrap());
                }
            }
        };
        // Comments come for ever.
        let next = tokio::time::timeout(PATIENCE, next).await;
        next.expect("something is told, or the stream ends")
    }

    /// What is told, each once, of everything that has happened on `server` so far.
    pub(crate) async fn told(&mut self, server: &TestServer, user: &str) -> Vec<Value> {
        let fence = self.fence(server, user).await;
        let mut told = BTreeSet::new();
        loop {
            let data = self.next().await.expect("the stream goes on");
            if data["collection"] == fence {
                let parse = |text: &String| serde_json::from_str(text).unwrap();
                return told.iter().map(parse).collect();
            }
            if !data["collection"].as_str().is_some_and(is_fence) {
                told.insert(data.to_string());
            }
        }
    }

    /// Waits until the stream ends.
    pub(crate) async fn end(mut self) {
        while self.next().await.is_some() {}
    }

    /// Waits until what changes is heard, and what was told before is through. A server that has just begun
    /// to hear says that anything may have changed; so does one that had to read memberships, and behind
    /// what it heard together with their change: hence the second fence.
    pub(crate) async fn settle(&mut self, server: &TestServer, user: &str) {
        let (mut fence, mut is_second) = (self.fence(server, user).await, false);
        loop {
            let data = self.next().await.expect("the stream goes on");
            let is_fence = data["collection"] == fence;
            if is_fence && is_second {
                return;
            }
            if is_fence || data == json!({}) {
                is_second = is_fence;
                fence = self.fence(server, user).await;
            }
        }
    }

    async fn fence(&self, server: &TestServer, user: &str) -> String {
        let fence = format!("{FENCE}{}", FENCES.fetch_add(1, Ordering::Relaxed));
        push(server, user, &fence, "fence").await;
        fence
    }
}

fn is_fence(collection: &str) -> bool {
    collection.starts_with(FENCE)
}

/// Asks for a stream of `todo`.
pub(crate) async fn request(server: &TestServer, user: &str) -> Response {
    let request = server.request(Method::GET, "/todo/events");
    let request = request.bearer_auth(server.token(user));
    request.send().await.expect("the server answers")
}

/// The data of the event for a collection of the listener's own.
pub(crate) fn own(collection: &str) -> Value {
    json!({ "collection": collection })
}
