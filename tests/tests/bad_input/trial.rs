//! A server that is sent bad requests, and looked at afterwards.

use std::{
    io::{Result, Write},
    sync::{Arc, Mutex},
};

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer, first_sync,
    replica::{change, now, stamp},
    server::answer,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tracing::{Level, subscriber::set_global_default};

/// The most bytes of a document.
pub(crate) const MEBIBYTE: usize = 1 << 20;

const YEAR_MILLIS: u64 = 365 * 24 * 60 * 60 * 1000;

/// Everything that a request can leave behind.
const TABLES: [&str; 4] = [
    "namespaces",
    "documents",
    "document_versions",
    "document_pushes",
];

/// The members that an error may have.
const MEMBERS: [&str; 4] = ["error", "code", "details", "serverTime"];

/// A request that would be stored.
pub(crate) fn valid() -> Value {
    json!({
        "collection": "notes", "protocol": 2, "node": "phone",
        "changes": [change("1", &json!({ "title": "Milk" }), &stamp("phone", 0))],
    })
}

/// The same with one place of it replaced, or one member added.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut body = valid();
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
        return body;
    }
    let (above, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(above).unwrap()[name] = value;
    body
}

/// A clock of the device, a year ahead of everybody.
pub(crate) fn next_year() -> String {
    format!("{:013x}-000000-phone", now().0 + YEAR_MILLIS)
}

/// What this process logged as an error.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<u8>>>);

impl Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A server whose errors are seen.
pub(crate) struct Trial {
    pub(crate) server: TestServer,
    errors: Errors,
}

impl Trial {
    /// One to a process: the log is the whole process's.
    pub(crate) async fn begin() -> Self {
        let errors = Errors::default();
        let writer = errors.clone();
        let log = tracing_subscriber::fmt()
            .with_max_level(Level::ERROR)
            .with_writer(move || writer.clone());
        set_global_default(log.finish()).expect("each test has a process of its own");
        Self {
            server: TestServer::start().await,
            errors,
        }
    }

    /// Sends a body as it is.
    pub(crate) async fn post(&self, body: Vec<u8>) -> Answer {
        let request = self.server.request(Method::POST, "/todo/sync");
        let request = request.bearer_auth(self.server.token("ada"));
        answer(request.header(CONTENT_TYPE, "application/json").body(body)).await
    }

    /// Sends a body of a greater `length` than it has, and reads the whole answer.
    pub(crate) async fn send_truncated(&self, body: &str, length: usize) -> String {
        let token = self.server.token("ada");
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        let head = format!(
            "POST /todo/sync HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Sends a request and takes nothing but a refusal that names `place`.
    pub(crate) async fn refuses(&self, body: &Value, code: &str, place: &str) -> Value {
        let answer = self.server.post_sync("ada", "todo", body).await;
        is_refusal(&answer, StatusCode::BAD_REQUEST, code, place);
        answer.body
    }

    /// The same with a text that need not be JSON.
    pub(crate) async fn refuses_text(&self, body: Vec<u8>, place: &str) {
        let answer = self.post(body).await;
        is_refusal(&answer, StatusCode::BAD_REQUEST, "bad_request", place);
    }

    /// Holds that nothing was stored and no error logged.
    pub(crate) async fn end(self) {
        let mut connection = self.server.database.connect().await;
        for table in TABLES {
            let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            let count: i64 = sqlx::query_scalar(count)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(count, 0, "rows of {table}");
        }
        self.end_with_documents(0).await;
    }

    /// Holds that so many documents are stored, whatever their collection, and no error logged.
    pub(crate) async fn end_with_documents(self, count: usize) {
        let mut stored = 0;
        for collection in ["notes", "tasks"] {
            let pulled = self.server.sync("ada", first_sync(collection)).await;
            stored += pulled["serverChanges"].as_array().unwrap().len();
        }
        assert_eq!(stored, count);
        self.server.finish().await;
        assert_eq!(String::from_utf8_lossy(&self.errors.0.lock().unwrap()), "");
    }
}

/// Holds that an answer is an error in the form of the protocol.
#[track_caller]
pub(crate) fn is_refusal(answer: &Answer, status: StatusCode, code: &str, place: &str) {
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (status, &json!(code)),
        "{}",
        answer.body
    );
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    let error = answer.body["error"].as_str().unwrap();
    assert!(error.contains(place), "{place:?} is not named: {error}");
    let members = answer.body.as_object().unwrap();
    assert!(
        members
            .keys()
            .all(|member| MEMBERS.contains(&member.as_str())),
        "{}",
        answer.body
    );
}
