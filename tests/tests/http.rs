//! Everything of HTTP that is not the protocol of sync.

#![cfg(test)]

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{
        ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING,
        CONTENT_TYPE, HeaderMap, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
    },
};
use secrecy::SecretString;
use serde_json::{Value, json};
use syncline_domain::{hlc::UnixMillis, identifier::UserId};
use syncline_identity::SessionTokens;
use syncline_postgres::local_cluster::LocalCluster;
use syncline_tests::{
    Answer, TestDatabase, TestServer, first_sync,
    replica::{change, now, stamp},
    server::{answer, token_at},
};

const MINUTE: u64 = 60 * 1000;
const DAY: u64 = 24 * 60 * MINUTE;

/// Most tests need no more than an answer.
async fn get(server: &TestServer, path: &str) -> Answer {
    answer(server.request(Method::GET, path)).await
}

fn sync_request(server: &TestServer) -> RequestBuilder {
    server
        .request(Method::POST, "/todo/sync")
        .json(&first_sync("notes"))
}

#[track_caller]
fn assert_error(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (status, &json!(code)),
        "{}",
        answer.body
    );
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    assert!(
        answer.body["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_error(answer, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert_eq!(answer.headers[RETRY_AFTER], "1");
}

#[tokio::test]
async fn health_and_readiness_need_no_token() {
    let server = TestServer::start().await;
    let health = get(&server, "/health").await;
    assert_eq!(
        (health.status, health.body),
        (StatusCode::OK, json!({ "status": "ok" }))
    );
    let ready = get(&server, "/ready").await;
    assert_eq!(
        (ready.status, ready.body),
        (StatusCode::OK, json!({ "status": "ready" }))
    );
    server.finish().await;
}

#[tokio::test]
async fn a_server_without_its_tables_is_not_ready() {
    let server = TestServer::start().await;
    let mut connection = server.database.connect().await;
    sqlx::query("DROP SCHEMA syncline CASCADE")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_unavailable(&get(&server, "/ready").await);
    assert_eq!(get(&server, "/health").await.status, StatusCode::OK);
    drop(connection);
    server.finish().await;
}

#[tokio::test]
async fn unknown_paths_are_answered_in_json() {
    let server = TestServer::start().await;
    for path in [
        "/nothing",
        "/todo",
        "/todo/nothing",
        "/todo/sync/more",
        "/health/",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = answer(server.request(method, path)).await;
            assert_error(&answer, StatusCode::NOT_FOUND, "not_found");
            assert!(
                answer.body["error"].as_str().unwrap().contains(path),
                "{}",
                answer.body
            );
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn other_methods_are_answered_with_those_that_are_possible() {
    let server = TestServer::start().await;
    for (method, path, allowed) in [
        (Method::GET, "/todo/sync", "POST"),
        (Method::PUT, "/todo/sync", "POST"),
        (Method::POST, "/health", "GET"),
        (Method::DELETE, "/ready", "GET"),
    ] {
        let answer = answer(server.request(method, path)).await;
        assert_error(
            &answer,
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        );
        assert!(answer.headers[ALLOW].to_str().unwrap().contains(allowed));
    }
    server.finish().await;
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let server = TestServer::start().await;
    let user = UserId::new("ada").unwrap();
    let secret = SecretString::from("some other secret, which is long enough to be one");
    let stranger = SessionTokens::new(&[secret])
        .unwrap()
        .issue(&user, now())
        .unwrap();
    let genuine = server.token("ada");
    let (_, signature) = genuine.rsplit_once('.').unwrap();
    // {"alg":"none"} . {"sub":"ada","iat":0}
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJpYXQiOjB9.";
    let ahead = token_at("ada", UnixMillis(now().0 + 10 * MINUTE));
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer garbage".to_owned(),
        format!("Basic {genuine}"),
        format!("Bearer {stranger}"),
        format!("Bearer {unsigned}"),
        format!("Bearer {unsigned}{signature}"),
        format!("Bearer {}", genuine.to_uppercase()),
        format!("Bearer {ahead}"),
    ] {
        let answer = answer(sync_request(&server).header(AUTHORIZATION, &header)).await;
        assert_error(&answer, StatusCode::UNAUTHORIZED, "unauthorized");
        assert_eq!(answer.headers[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(answer.body.get("reason"), None, "{header}");
    }
    let answer = answer(sync_request(&server)).await;
    assert_error(&answer, StatusCode::UNAUTHORIZED, "unauthorized");
    server.finish().await;
}

#[tokio::test]
async fn an_expired_session_says_which_limit_it_met() {
    let server = TestServer::start().await;
    for (age, reason) in [(3 * DAY + MINUTE, "idle"), (7 * DAY + MINUTE, "hard")] {
        let token = token_at("ada", UnixMillis(now().0 - age));
        let answer = answer(sync_request(&server).bearer_auth(token)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.body,
            json!({
                "error": "Session expired", "code": "unauthorized", "reason": reason,
            })
        );
    }
    let token = token_at("ada", UnixMillis(now().0 - 3 * DAY + MINUTE));
    let answer = answer(sync_request(&server).bearer_auth(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    server.finish().await;
}

#[tokio::test]
async fn nobody_is_a_member_of_an_organisation_that_is_not_there() {
    let server = TestServer::start().await;
    let request = sync_request(&server).bearer_auth(server.token("ada"));
    let answer = answer(request.header("X-Org-Id", "acme")).await;
    assert_error(&answer, StatusCode::FORBIDDEN, "forbidden");
    server.finish().await;
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let server = TestServer::start().await;
    let post = || {
        server
            .request(Method::POST, "/todo/sync")
            .bearer_auth(server.token("ada"))
    };
    let body = first_sync("notes").to_string();
    for request in [
        post().body(body.clone()),
        post().body(body.clone()).header(CONTENT_TYPE, "text/plain"),
        post()
            .body(body.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
        post()
            .json(&first_sync("notes"))
            .header(CONTENT_ENCODING, "br"),
    ] {
        let answer = answer(request).await;
        assert_error(
            &answer,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        );
    }
    let declared = post()
        .body(body)
        .header(CONTENT_TYPE, "Application/JSON; charset=utf-8");
    assert_eq!(answer(declared).await.status, StatusCode::OK);
    server.finish().await;
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn requests_may_be_compressed() {
    let server = TestServer::start().await;
    let post = |body: Vec<u8>| {
        let request = server
            .request(Method::POST, "/todo/sync")
            .bearer_auth(server.token("ada"));
        let request = request.header(CONTENT_TYPE, "application/json");
        request.header(CONTENT_ENCODING, "gzip").body(body)
    };
    let changes = [change("1", &json!({ "title": "Milk" }), &stamp("phone", 0))];
    let body = json!({ "collection": "notes", "changes": changes }).to_string();
    let stored = answer(post(compressed(body.as_bytes()))).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    assert_eq!(stored.body["serverChanges"][0]["title"], "Milk");
    let mut broken_off = compressed(body.as_bytes());
    broken_off.truncate(40);
    for body in [broken_off, body.into_bytes()] {
        let answer = answer(post(body)).await;
        assert_error(&answer, StatusCode::BAD_REQUEST, "bad_request");
    }
    // The limit is on what comes out.
    let bomb = answer(post(compressed(&vec![b' '; (16 << 20) + 1]))).await;
    assert_error(&bomb, StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    server.finish().await;
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_accept_it() {
    let server = TestServer::start().await;
    let text = "the same line again\n".repeat(1000);
    let changes = [change("1", &json!({ "text": text }), &stamp("phone", 0))];
    server
        .sync("ada", json!({ "collection": "notes", "changes": changes }))
        .await;
    let client = Client::builder().no_gzip().build().unwrap();
    let pull = || {
        let request = client
            .post(server.url("/todo/sync"))
            .bearer_auth(server.token("ada"));
        request.json(&first_sync("notes"))
    };
    let response = pull().header(ACCEPT_ENCODING, "gzip").send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.len() < 2000, "{} bytes", bytes.len());
    let mut json = String::new();
    GzDecoder::new(&bytes[..])
        .read_to_string(&mut json)
        .unwrap();
    let pulled: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(pulled["serverChanges"][0]["text"], text);
    let plain = answer(pull()).await;
    assert_eq!(plain.headers.get(CONTENT_ENCODING), None);
    assert_eq!(plain.body["serverChanges"], pulled["serverChanges"]);
    server.finish().await;
}

async fn preflight(server: &TestServer, origin: &str) -> HeaderMap {
    let request = server
        .request(Method::OPTIONS, "/todo/sync")
        .header(ORIGIN, origin);
    let request = request.header(ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let request = request.header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
    let answer = answer(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.headers
}

fn names(headers: &HeaderMap, header: reqwest::header::HeaderName) -> Vec<String> {
    let names = headers[header].to_str().unwrap().to_lowercase();
    names
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect()
}

#[tokio::test]
async fn pages_of_any_origin_may_call() {
    let server = TestServer::start().await;
    let headers = preflight(&server, "https://example.org").await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(names(&headers, ACCESS_CONTROL_ALLOW_METHODS).contains(&"post".to_owned()));
    let allowed = names(&headers, ACCESS_CONTROL_ALLOW_HEADERS);
    for name in [
        "authorization",
        "content-type",
        "content-encoding",
        "x-org-id",
    ] {
        assert!(allowed.contains(&name.to_owned()), "{name} of {allowed:?}");
    }
    // A page reads errors as well.
    let answer = answer(sync_request(&server).header(ORIGIN, "https://example.org")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let exposed = names(&answer.headers, ACCESS_CONTROL_EXPOSE_HEADERS);
    for name in ["retry-after", "x-auth-token", "x-request-id"] {
        assert!(exposed.contains(&name.to_owned()), "{name} of {exposed:?}");
    }
    server.finish().await;
}

#[tokio::test]
async fn pages_of_other_origins_than_those_configured_may_not_call() {
    let configuration = "[cors]\norigins = [\"https://example.org\"]";
    let server = TestServer::with(TestDatabase::create().await, configuration).await;
    let headers = preflight(&server, "https://example.org").await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://example.org");
    let headers = preflight(&server, "https://example.com").await;
    assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_ORIGIN), None);
    server.finish().await;
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let server = TestServer::start().await;
    let id_of = |answer: &Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
    let first = id_of(&get(&server, "/health").await);
    let second = id_of(&get(&server, "/nothing").await);
    assert!(first.len() >= 16 && first != second, "{first} {second}");
    let own = server
        .request(Method::GET, "/nothing")
        .header("X-Request-Id", "call-7");
    assert_eq!(id_of(&answer(own).await), "call-7");
    let unsafe_id = server
        .request(Method::GET, "/health")
        .header("X-Request-Id", "a b\"c");
    assert_ne!(id_of(&answer(unsafe_id).await), "a b\"c");
    server.finish().await;
}

#[tokio::test]
async fn nobody_keeps_or_guesses_answers() {
    let server = TestServer::start().await;
    let pull = answer(sync_request(&server).bearer_auth(server.token("ada"))).await;
    for answer in [
        pull,
        get(&server, "/health").await,
        get(&server, "/nothing").await,
    ] {
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    server.finish().await;
}

/// A push and a pull, which need the database in different ways.
async fn syncs(server: &TestServer) -> [Answer; 2] {
    let push = json!({
        "collection": "notes",
        "changes": [change("1", &json!({ "title": "Milk" }), &stamp("phone", 0))],
    });
    let pushed = server.post_sync("ada", "todo", &push).await;
    [
        pushed,
        server.post_sync("ada", "todo", &first_sync("notes")).await,
    ]
}

/// Holds that a server finds its database again, and says so meanwhile. Each of its connections may
/// have to be found broken once.
async fn recovers(server: &TestServer) {
    for _ in 0..16 {
        let answers = syncs(server).await;
        let broken = answers
            .iter()
            .filter(|answer| answer.status != StatusCode::OK);
        if broken.inspect(|answer| assert_unavailable(answer)).count() == 0 {
            assert_eq!(get(server, "/ready").await.status, StatusCode::OK);
            return;
        }
    }
    panic!("the server never found its database again");
}

#[tokio::test]
async fn without_its_database_a_server_is_alive_and_unavailable() {
    let server = TestServer::start().await;
    server.database.clone().drop().await;
    for answer in syncs(&server).await {
        assert_unavailable(&answer);
    }
    assert_unavailable(&get(&server, "/ready").await);
    assert_eq!(get(&server, "/health").await.status, StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn a_server_goes_on_when_its_connections_were_cut() {
    let server = TestServer::start().await;
    for answer in syncs(&server).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let mut connection = server.database.connect().await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    recovers(&server).await;
    drop(connection);
    server.finish().await;
}

#[tokio::test]
async fn a_server_waits_for_a_database_that_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    let server = TestServer::on(TestDatabase::at(cluster.connect_options())).await;
    for answer in syncs(&server).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    cluster.stop().await.unwrap();
    for answer in syncs(&server).await {
        assert_unavailable(&answer);
    }
    assert_unavailable(&get(&server, "/ready").await);
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    recovers(&server).await;
    let pulled = server.sync("ada", first_sync("notes")).await;
    assert_eq!(pulled["serverChanges"][0]["title"], "Milk");
    server.stop().await;
    cluster.stop().await.unwrap();
}
