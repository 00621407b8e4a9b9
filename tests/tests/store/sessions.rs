//! Tokens: refused, renewed, replaced.

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, RETRY_AFTER},
    },
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures::stream;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use syncline_client::{
    UserId,
    store::{Status, Store, StoreError, StoreEvent, StoreOptions},
};
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{TestServer, replica::now, server::token_at};
use tokio::{
    net::TcpListener,
    sync::{Barrier, SetOnce, mpsc::unbounded_channel},
    time::timeout,
};

use crate::device::{Device, PATIENCE, eventually, file, hear, options, titled};

const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;

fn with_token(server: &TestServer, token: &str, folder: &tempfile::TempDir) -> StoreOptions {
    StoreOptions::new(&server.url(""), "todo", token, file(folder)).poll_interval(None)
}

#[tokio::test]
async fn an_expired_token_is_replaced_by_the_application() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let expired = token_at("ada", UnixMillis(now().0 - 4 * DAY));
    let fresh = server.token("ada");
    let options = with_token(&server, &expired, &folder).get_token(move || {
        let fresh = fresh.clone();
        Box::pin(async move { Ok(fresh) })
    });
    let store = Store::open(options).await.unwrap();
    store
        .collection("notes")
        .unwrap()
        .set("1", titled("x"))
        .await
        .unwrap();
    store.sync().await.unwrap();
    assert_eq!(store.unsent().await.unwrap(), 0);
    drop(store);
    server.finish().await;
}

#[tokio::test]
async fn without_a_session_it_goes_on_locally_and_with_a_new_one_as_before() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let expired = token_at("ada", UnixMillis(now().0 - 4 * DAY));
    let store = Store::open(with_token(&server, &expired, &folder))
        .await
        .unwrap();
    let notes = store.collection("notes").unwrap();
    notes.set("1", titled("x")).await.unwrap();
    let refused = store.sync().await.unwrap_err();
    assert!(refused.is_unauthorized(), "{refused}");
    assert_eq!(notes.get("1").await.unwrap(), Some(titled("x")));
    let others = store.set_token(&server.token("bob"));
    assert!(matches!(others, Err(StoreError::Options(_))));
    store.set_token(&server.token("ada")).unwrap();
    store.sync().await.unwrap();
    assert_eq!(store.unsent().await.unwrap(), 0);
    drop(store);
    server.finish().await;
}

/// The application may ask somebody: once, though synchronising and pokes are both refused.
#[tokio::test]
async fn who_gave_no_token_is_not_asked_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Arc::new(Barrier::new(2));
    let url = serve(Router::new().fallback(async move || {
        refused.wait().await;
        StatusCode::UNAUTHORIZED
    }));
    let (asked, count) = (Arc::new(AtomicU32::new(0)), Ordering::SeqCst);
    let counted = Arc::clone(&asked);
    let options = without_claims(&url.await, &folder).get_token(move || {
        counted.fetch_add(1, count);
        Box::pin(async { Err("nobody is there".into()) })
    });
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    eventually("one of them asks", async || asked.load(count) > 0).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(asked.load(count), 1);
    drop(store);
}

/// The application may set what it is asked for, as well as give it.
#[tokio::test]
async fn tokens_that_are_set_when_it_asks_are_not_tried_without_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let url = serve(Router::new().fallback(async || StatusCode::UNAUTHORIZED));
    let (asked, count) = (Arc::new(AtomicU32::new(0)), Ordering::SeqCst);
    let counted = Arc::clone(&asked);
    let opened = Arc::new(SetOnce::<Store>::new());
    let store = Arc::clone(&opened);
    let options = without_claims(&url.await, &folder).get_token(move || {
        let token = counted.fetch_add(1, count).to_string();
        let store = Arc::clone(&store);
        Box::pin(async move {
            store.wait().await.set_token(&token).unwrap();
            Ok(token)
        })
    });
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    opened.set(store).unwrap();
    eventually("one of them asks", async || asked.load(count) > 0).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    // Synchronising and pokes may each have been refused after the other's question.
    assert!(asked.load(count) <= 2, "{} times", asked.load(count));
    opened.wait().await.close().await;
}

/// Who is asked may have gone another way.
#[tokio::test]
async fn a_new_sign_in_does_not_wait_for_who_is_asked_for_a_token() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let expired = token_at("ada", UnixMillis(now().0 - 4 * DAY));
    let (asked, mut questions) = unbounded_channel();
    let options = with_token(&server, &expired, &folder).get_token(move || {
        asked.send(()).unwrap();
        Box::pin(pending())
    });
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    questions.recv().await.unwrap();
    store.set_token(&server.token("ada")).unwrap();
    let synced = timeout(PATIENCE, store.sync()).await;
    synced.expect("it goes on").unwrap();
    drop(store);
    server.finish().await;
}

/// Whatever it waited for. What stands between may have answered for a server that has pokes.
#[tokio::test]
async fn a_new_sign_in_opens_the_stream_of_pokes_at_once() {
    for status in [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::UNAUTHORIZED,
        StatusCode::NOT_FOUND,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (asked, mut tokens) = unbounded_channel();
        let events = async move |headers: HeaderMap| {
            asked.send(headers[AUTHORIZATION].clone()).unwrap();
            (status, [(RETRY_AFTER, "3600")])
        };
        let url = serve(Router::new().route("/todo/events", get(events))).await;
        let store = Store::open(without_claims(&url, &folder)).await.unwrap();
        for token in ["first", "second", "third"] {
            store.set_token(token).unwrap();
            let asked = timeout(PATIENCE, tokens.recv()).await;
            let asked = asked.expect("the stream is asked for").unwrap();
            assert_eq!(asked, format!("Bearer {token}"));
        }
        drop(store);
    }
}

/// Also who was not the one that asked for it, and pauses.
#[tokio::test]
async fn what_a_question_brought_is_used_by_everybody_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let is_accepted = |headers: &HeaderMap| headers[AUTHORIZATION] == "Bearer second";
    let (opens, mut open) = unbounded_channel();
    let events = async move |headers: HeaderMap| {
        let is_open = is_accepted(&headers);
        opens.send(is_open).unwrap();
        if !is_open {
            return Err(StatusCode::UNAUTHORIZED);
        }
        Ok(Sse::new(stream::pending::<Result<Event, Infallible>>()))
    };
    let sync = async move |headers: HeaderMap| {
        if !is_accepted(&headers) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let clock = "0000000000064-000000-server~1";
        let answer = json!({ "serverClock": clock, "serverChanges": [], "conflicts": [] });
        Ok(answer.to_string())
    };
    let router = Router::new()
        .route("/todo/events", get(events))
        .route("/todo/sync", post(sync));
    let (asked, mut questions) = unbounded_channel();
    let is_somebody_there = Arc::new(AtomicBool::new(false));
    let is_there = Arc::clone(&is_somebody_there);
    let options = without_claims(&serve(router).await, &folder).get_token(move || {
        if !is_there.load(Ordering::SeqCst) {
            return Box::pin(async { Err("nobody is there".into()) });
        }
        asked.send(()).unwrap();
        Box::pin(pending())
    });
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    // For a minute, both.
    assert_eq!(open.recv().await, Some(false));
    eventually("it pauses", async || {
        matches!(*store.status().borrow(), Status::Waiting { .. })
    })
    .await;
    is_somebody_there.store(true, Ordering::SeqCst);
    let answered = async {
        questions.recv().await.unwrap();
        store.set_token("second").unwrap();
        open.recv().await
    };
    let both = timeout(PATIENCE, async { tokio::join!(store.sync(), answered) });
    let (synced, opened) = both.await.expect("both go on");
    synced.unwrap();
    assert_eq!(opened, Some(true));
    drop(store);
}

fn without_claims(url: &str, folder: &tempfile::TempDir) -> StoreOptions {
    StoreOptions::new(url, "todo", "first", file(folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None)
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn a_token_that_the_server_renews_is_told() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let old = token_at("ada", UnixMillis(now().0 - 2 * HOUR));
    let store = Store::open(with_token(&server, &old, &folder))
        .await
        .unwrap();
    let mut events = store.events();
    store.collection("notes").unwrap();
    let token = hear(&mut events, |event| match event {
        StoreEvent::Token(token) => Some(token),
        _ => None,
    });
    assert_ne!(token.await, old);
    drop(store);
    server.finish().await;
}

/// The server's own tokens, which it prolongs those of an application with, name no issuer.
#[tokio::test]
async fn a_token_that_names_an_issuer_is_followed_by_one_that_does_not() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    device.notes().set("1", titled("x")).await.unwrap();
    device.store.sync().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let issued = own_token("https://id.acme.example", now().0 - 2 * HOUR);
    let store = Store::open(with_token(&server, &issued, &folder)).await;
    let store = store.unwrap();
    let mut events = store.events();
    let notes = store.collection("notes").unwrap();
    store.sync().await.unwrap();
    assert_eq!(notes.get("1").await.unwrap(), Some(titled("x")));
    let prolonged = hear(&mut events, |event| match event {
        StoreEvent::Token(token) => Some(token),
        _ => None,
    })
    .await;
    store.close().await;
    let store = Store::open(with_token(&server, &prolonged, &folder)).await;
    let store = store.unwrap();
    store.set_token(&issued).unwrap();
    let others = store.set_token(&own_token("https://id.other.example", now().0));
    assert!(matches!(others, Err(StoreError::Options(_))), "{others:?}");
    store.close().await;
    drop(device);
    server.finish().await;
}

/// A token that an application signs itself, in the name of an issuer.
fn own_token(issuer: &str, time: u64) -> String {
    let claims = json!({ "iss": issuer, "sub": "ada", "iat": time / 1000 });
    let secret = EncodingKey::from_secret(b"a secret that only the tests of Syncline use");
    encode(&Header::default(), &claims, &secret).unwrap()
}

/// What cannot be the session's costs nothing but itself.
#[tokio::test]
async fn an_answer_with_a_token_that_is_not_taken_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (opened, mut streams) = unbounded_channel();
    let events = async move || {
        opened.send(()).unwrap();
        let stream = stream::pending::<Result<Event, Infallible>>();
        ([("x-auth-token", token_at("bob", now()))], Sse::new(stream))
    };
    let url = serve(Router::new().route("/todo/events", get(events))).await;
    let store = Store::open(without_claims(&url, &folder)).await.unwrap();
    streams.recv().await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(streams.is_empty(), "the stream is open");
    drop(store);
}

#[tokio::test]
async fn signing_out_wipes_but_not_what_was_never_stored() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    notes.set("1", titled("x")).await.unwrap();
    device.store.sync().await.unwrap();
    let folder = {
        let Device { store, folder } = device;
        store.close().await;
        assert!(matches!(
            notes.set("2", titled("y")).await,
            Err(StoreError::Closed)
        ));
        folder
    };
    let offline = options(&server, "ada", &folder).offline();
    let store = Store::open(offline).await.unwrap();
    store
        .collection("notes")
        .unwrap()
        .set("2", titled("y"))
        .await
        .unwrap();
    assert!(matches!(
        store.sign_out(false).await,
        Err(StoreError::Unsent(1))
    ));
    store.sign_out(true).await.unwrap();
    assert!(matches!(store.sync().await, Err(StoreError::Closed)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    drop(store);
    let bobs = Store::open(options(&server, "bob", &folder)).await.unwrap();
    assert_eq!(
        bobs.collection("notes").unwrap().get("1").await.unwrap(),
        None
    );
    drop(bobs);
    server.finish().await;
}
