//! The transport against a small server that answers as it is told.

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use syncline_domain::{
    hlc::{Node, UnixMillis},
    identifier::CollectionName,
};
use tokio::net::TcpListener;

use super::{HttpTransport, TransportError};
use crate::{DocumentId, SyncClient, SyncError, sync};

/// Serves `router` until the test ends, and tells where.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn client() -> SyncClient {
    SyncClient::new(
        CollectionName::new("tasks").unwrap(),
        Node::new("phone").unwrap(),
    )
}

fn answer(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

/// How the transport understands `response`.
async fn error_of<F>(response: F) -> TransportError
where
    F: Fn() -> Response + Clone + Send + Sync + 'static,
{
    let url = serve(Router::new().route("/todo/sync", post(async move || response()))).await;
    let transport = HttpTransport::new(&url, "todo", "token", None).unwrap();
    transport
        .send(&client().begin_sync().unwrap())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_request_carries_session_and_organisation_to_the_application() {
    let handler = async |headers: HeaderMap, body: String| {
        let header = |name| headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("authorization"), "Bearer secret");
        assert_eq!(header("x-org-id"), "crew");
        assert_eq!(header("content-type"), "application/json");
        assert!(header("accept-encoding").contains("gzip"));
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["protocol"], json!(2));
        let clock = "0000000000064-000000-server~1";
        answer(
            200,
            &json!({ "serverClock": clock, "serverChanges": [], "conflicts": [] }),
        )
    };
    let url = serve(Router::new().route("/base/todo/sync", post(handler))).await;
    let transport = HttpTransport::new(&format!("{url}/base/"), "todo", "secret", Some("crew"));
    let mut client = client();
    sync(&mut client, &transport.unwrap(), UnixMillis(100))
        .await
        .unwrap();
    assert_eq!(client.server_clock().millis(), UnixMillis(100));
}

#[tokio::test]
async fn a_session_that_ended_says_why() {
    let body = json!({ "error": "Session expired", "code": "unauthorized", "reason": "idle" });
    let error = error_of(move || answer(401, &body)).await;
    assert!(
        matches!(&error, TransportError::Unauthorized { reason: Some(reason), .. } if reason == "idle")
    );
    assert!(error.is_refusal());
}

#[tokio::test]
async fn a_refusal_keeps_code_and_places() {
    let body = json!({
        "error": "Schema validation failed", "code": "schema_validation_failed",
        "details": [{ "key": "a", "field": "title", "message": "must have required property 'title'" }],
    });
    let error = error_of(move || answer(400, &body)).await;
    let TransportError::Refused {
        status: 400,
        code,
        details,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (code.as_str(), details[0].field.as_str()),
        ("schema_validation_failed", "title")
    );
    assert!(error.is_refusal());
}

/// Of a later server, or of something between.
#[tokio::test]
async fn details_of_another_form_cost_nothing_but_themselves() {
    for (details, known) in [
        (json!([{ "message": "known" }, { "text": "other" }, 1]), 1),
        (json!({ "title": ["No."] }), 0),
        (json!(null), 0),
    ] {
        let body = json!({ "error": "No.", "code": "bad_request", "details": details });
        let error = error_of(move || answer(400, &body)).await;
        let TransportError::Refused { error, details, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((error.as_str(), details.len()), ("No.", known));
    }
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_again() {
    for status in [429, 503] {
        let error = error_of(move || {
            let body = json!({ "error": "Too busy", "code": "unavailable" }).to_string();
            (
                StatusCode::from_u16(status).unwrap(),
                [(RETRY_AFTER, "7")],
                body,
            )
                .into_response()
        });
        let error = error.await;
        let TransportError::Unavailable { retry_after, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*retry_after, Some(Duration::from_secs(7)));
        assert!(!error.is_refusal());
    }
}

#[tokio::test]
async fn what_stands_between_may_answer_with_anything() {
    let error = error_of(|| (StatusCode::PAYLOAD_TOO_LARGE, "<html>no</html>").into_response());
    let error = error.await;
    assert!(
        matches!(&error, TransportError::Refused { code, .. } if code == "http_413"),
        "{error}"
    );
    let error = error_of(|| "<html>hello</html>".into_response()).await;
    assert!(matches!(&error, TransportError::Answer(_)), "{error}");
    assert!(!error.is_refusal());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_network_error_and_the_edit_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let transport = HttpTransport::new(&url, "todo", "secret", None).unwrap();
    let (mut client, id) = (client(), DocumentId::own("a").unwrap());
    client
        .edit(&id, &serde_json::Map::new(), UnixMillis(1))
        .unwrap();
    let error = sync(&mut client, &transport, UnixMillis(2))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error.error,
            SyncError::Transport(TransportError::Network(_))
        ),
        "{error}"
    );
    assert!(!error.to_string().contains("secret"));
    assert_eq!(client.pending().count(), 1);
    assert!(client.begin_sync().is_ok());
}

#[tokio::test]
async fn a_clock_that_is_ahead_is_corrected_and_the_edit_sent_again() {
    let handler = async |body: String| {
        let body: Value = serde_json::from_str(&body).unwrap();
        let revision = body["changes"][0]["fieldRevs"]["n"].as_str().unwrap();
        if revision > "0000000001000" {
            let body = json!({ "error": "ahead", "code": "clock_skew", "serverTime": 0x800 });
            return answer(400, &body);
        }
        let clock = "0000000000801-000000-server~1";
        answer(
            200,
            &json!({
                "serverClock": clock, "serverChanges": [], "conflicts": [],
                "accepted": [{ "key": "a", "rev": clock }],
            }),
        )
    };
    let url = serve(Router::new().route("/todo/sync", post(handler))).await;
    let transport = HttpTransport::new(&url, "todo", "token", None).unwrap();
    let (mut client, id) = (client(), DocumentId::own("a").unwrap());
    let content = serde_json::from_value(json!({ "n": 1 })).unwrap();
    client.edit(&id, &content, UnixMillis(0x90_0700)).unwrap();
    let applied = sync(&mut client, &transport, UnixMillis(0x90_0800))
        .await
        .unwrap();
    assert!(applied.rejected.is_empty());
    assert_eq!(client.pending().count(), 0);
}

/// The server counts them as heard as soon as the next request says that the page came.
#[tokio::test]
async fn conflicts_are_told_of_even_if_a_later_page_does_not_come() {
    let handler = async |body: String| {
        let body: Value = serde_json::from_str(&body).unwrap();
        if body["changes"] == json!([]) {
            return answer(503, &json!({ "error": "later", "code": "unavailable" }));
        }
        let (mine, other) = ("0000000000001-000000-phone", "0000000000002-000000-laptop");
        answer(
            200,
            &json!({
                "serverClock": "0000000000801-000000-server~1", "hasMore": true, "serverChanges": [],
                "conflicts": [{
                    "key": "a", "field": "n", "localRev": mine, "remoteRev": other,
                    "localValue": 1, "remoteValue": 2, "winner": "remote", "winnerValue": 2,
                }],
            }),
        )
    };
    let url = serve(Router::new().route("/todo/sync", post(handler))).await;
    let transport = HttpTransport::new(&url, "todo", "token", None).unwrap();
    let (mut client, id) = (client(), DocumentId::own("a").unwrap());
    let content = serde_json::from_value(json!({ "n": 1 })).unwrap();
    client.edit(&id, &content, UnixMillis(1)).unwrap();
    let interrupted = sync(&mut client, &transport, UnixMillis(2))
        .await
        .unwrap_err();
    assert_eq!(interrupted.applied.conflicts.len(), 1);
    assert_eq!(
        interrupted.applied.conflicts[0].conflict.field.as_str(),
        "n"
    );
}

#[test]
fn a_transport_is_refused_what_has_no_place_in_a_request() {
    for (url, token) in [
        ("nowhere", "t"),
        ("ftp://host", "t"),
        ("http://host", "a\nb"),
    ] {
        let error = HttpTransport::new(url, "todo", token, None).unwrap_err();
        assert!(matches!(&error, TransportError::Setup(_)), "{error}");
        assert!(!error.to_string().contains("a\nb"));
    }
}

#[test]
fn a_transport_does_not_show_its_token() {
    let transport = HttpTransport::new("http://host", "todo", "very-secret", None).unwrap();
    assert!(!format!("{transport:?}").contains("very-secret"));
}

#[test]
fn what_takes_long_to_send_has_longer() {
    let minute = Duration::from_mins(1);
    assert_eq!(super::patience(4_000), minute);
    assert_eq!(super::patience(2 << 20), minute + Duration::from_secs(512));
}
