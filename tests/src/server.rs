//! A server in the test's own process, on a database of its own, over real HTTP.

use std::net::SocketAddr;

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use secrecy::SecretString;
use serde_json::{Value, json};
use syncline_cli::{
    clock::SystemClock,
    configuration::{Configuration, Environment},
    server::Server,
};
use syncline_domain::{hlc::UnixMillis, identifier::UserId};
use syncline_identity::SessionTokens;
use tempfile::TempDir;

use crate::TestDatabase;

pub(crate) const SECRET: &str = "a secret that only the tests of Syncline use";

/// Any port of this machine alone.
const LOOPBACK: &str = "127.0.0.1:0";

/// The applications that every test server has.
const APPLICATIONS: &str = r#"
[applications.todo.collections.tasks.schema]
type = "object"
required = ["title"]
[applications.todo.collections.tasks.schema.properties]
title = { type = "string" }
done = { type = "boolean" }
priority = { type = "string", enum = ["low", "medium", "high"] }
notes = { type = "string" }
code = { type = "string", "x-merge" = "lww" }

[applications.shopping-list]
"#;

/// A running server.
pub struct TestServer {
    /// Its database.
    pub database: TestDatabase,
    server: Server,
    folder: TempDir,
    client: Client,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Value,
}

impl TestServer {
    /// A server on a database of its own.
    pub async fn start() -> Self {
        Self::on(TestDatabase::create().await).await
    }

    /// A server on this database; several may share one.
    pub async fn on(database: TestDatabase) -> Self {
        Self::with(database, "").await
    }

    /// The same, with more configuration as TOML.
    pub async fn with(database: TestDatabase, more: &str) -> Self {
        Self::listening_on(LOOPBACK, database, more).await
    }

    /// The same, on an address of the test's choice.
    pub async fn listening_on(address: &str, database: TestDatabase, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let configuration = configuration(address, &folder, &database, more);
        let server = Server::start(&configuration)
            .await
            .expect("the server starts");
        Self {
            database,
            server,
            folder,
            client: client(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// A folder that lives as long as the server.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A token for a user.
    #[must_use]
    pub fn token(&self, user: &str) -> String {
        token(user)
    }

    /// A request without a token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// Sends the body of a sync request of `user`.
    pub async fn post_sync(&self, user: &str, application: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, &format!("/{application}/sync"));
        answer(request.bearer_auth(token(user)).json(body)).await
    }

    /// Syncs a collection of `todo` and takes nothing but success.
    #[track_caller]
    pub fn sync(&self, user: &str, body: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.post_sync(user, "todo", &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{caller}: {}", answer.body);
            answer.body
        }
    }

    /// Stops the server; its database stays.
    pub async fn stop(self) -> TestDatabase {
        self.server.stop().await.expect("the server stops");
        self.database
    }

    /// Stops the server and removes its database.
    pub async fn finish(self) {
        self.stop().await.drop().await;
    }
}

/// Sends a request and reads its answer.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the server answers");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("the answer is complete");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

/// The body of a pull of everything.
#[must_use]
pub fn first_sync(collection: &str) -> Value {
    json!({ "collection": collection, "protocol": 2, "changes": [] })
}

/// The body of a pull from where an answer ended.
#[must_use]
pub fn pull_from(collection: &str, answer: &Value) -> Value {
    json!({
        "collection": collection, "protocol": 2, "changes": [],
        "clientClock": answer["serverClock"],
    })
}

/// An HTTP client. The workspace builds reqwest without a provider of cryptography of its own.
pub(crate) fn client() -> Client {
    // It fails only if another test of this process was faster, and then there is one.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::new()
}

pub(crate) fn token(user: &str) -> String {
    use syncline_application::ports::Clock;
    token_at(user, SystemClock.now())
}

/// A token for a session of `user` that began at `time`.
#[must_use]
pub fn token_at(user: &str, time: UnixMillis) -> String {
    let tokens = SessionTokens::new(&[SecretString::from(SECRET)]).expect("the secret will do");
    let user = UserId::new(user).expect("a test names users well");
    tokens.issue(&user, time).expect("a token can be signed")
}

fn configuration(
    address: &str,
    folder: &TempDir,
    database: &TestDatabase,
    more: &str,
) -> Configuration {
    let file = folder.path().join("syncline.toml");
    std::fs::write(&file, format!("{more}\n{APPLICATIONS}")).expect("the folder takes a file");
    let variables = [
        ("SYNCLINE_LISTEN", address.to_owned()),
        ("SYNCLINE_DATABASE_URL", database.url()),
        ("SYNCLINE_JWT_SECRET", SECRET.to_owned()),
        ("SYNCLINE_DATA_DIR", folder.path().display().to_string()),
        ("SYNCLINE_LIMITS__DATABASE_CONNECTIONS", "16".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let environment = Environment::new(variables, folder.path().to_owned(), false);
    Configuration::load(Some(&file), &environment).expect("the configuration is valid")
}
