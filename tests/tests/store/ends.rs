//! What whoever waits for a store hears when it ends.

use std::{
    future::pending,
    net::TcpListener,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, mpsc},
    time::Duration,
};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use futures::poll;
use syncline_client::{
    UserId,
    store::{Query, Status, Store, StoreError, StoreEvent, StoreOptions},
};
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{TestServer, replica::now, server::token_at};
use tempfile::TempDir;
use tokio::{
    sync::mpsc::unbounded_channel,
    time::{sleep, timeout},
};

use crate::device::{PATIENCE, file, titled};

/// A store whose server takes connections and says nothing.
struct Unanswered {
    store: Store,
    _server: TcpListener,
    _folder: TempDir,
}

impl Unanswered {
    async fn new() -> Self {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let options = StoreOptions::new(&url, "todo", "", file(&folder))
            .user(UserId::new("ada").unwrap())
            .poll_interval(None);
        Self {
            store: Store::open(options).await.unwrap(),
            _server: server,
            _folder: folder,
        }
    }
}

#[tokio::test]
async fn a_sync_under_way_ends_with_it() {
    for is_signed_out in [false, true] {
        let Unanswered { store, .. } = &Unanswered::new().await;
        // Without a collection nothing is due, and the sync may end before the store does.
        store.collection("notes").unwrap();
        let end = end(store, is_signed_out);
        let both = timeout(PATIENCE, async { tokio::join!(store.sync(), end) });
        let (synced, ()) = both.await.expect("nobody waits any longer");
        assert!(matches!(synced, Err(StoreError::Closed)), "{synced:?}");
    }
}

#[tokio::test]
async fn an_end_that_nobody_waits_for_comes_all_the_same() {
    for is_signed_out in [false, true] {
        let Unanswered { store, .. } = &Unanswered::new().await;
        store.collection("notes").unwrap();
        let begun = async {
            let _ = poll!(pin!(end(store, is_signed_out)));
        };
        let both = timeout(PATIENCE, async { tokio::join!(store.sync(), begun) });
        let (synced, ()) = both.await.expect("nobody waits any longer");
        assert!(matches!(synced, Err(StoreError::Closed)), "{synced:?}");
    }
}

/// Who waits for that is stopped by it, as everything that the store does of its own accord.
#[tokio::test]
async fn whoever_is_asked_for_a_token_may_end_it() {
    for is_signed_out in [false, true] {
        let (url, folder) = (accepting_nothing().await, tempfile::tempdir().unwrap());
        let place = Arc::new(OnceLock::<Store>::new());
        let known = Arc::clone(&place);
        let options = StoreOptions::new(&url, "todo", &token_at("ada", now()), file(&folder));
        let asking = options.clone().get_token(move || {
            let known = Arc::clone(&known);
            Box::pin(async move {
                end(known.get().unwrap(), is_signed_out).await;
                Err("nobody is signed in".into())
            })
        });
        assert!(place.set(Store::open(asking).await.unwrap()).is_ok());
        let store = place.get().unwrap();
        store.collection("notes").unwrap();
        let synced = timeout(PATIENCE, store.sync()).await;
        let synced = synced.expect("nobody waits any longer");
        assert!(matches!(synced, Err(StoreError::Closed)), "{synced:?}");
        let again = Store::open(options.offline()).await.unwrap();
        again.close().await;
    }
}

/// The application's own code, which gives tokens, may be what ends it.
#[tokio::test]
async fn a_sync_under_way_ends_with_a_panic() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let expired = token_at("ada", UnixMillis(0));
    let options = StoreOptions::new(&server.url(""), "todo", &expired, file(&folder))
        .get_token(|| Box::pin(async { panic!("there is no token") }));
    let store = Store::open(options).await.unwrap();
    let notes = store.collection("notes").unwrap();
    let synced = timeout(PATIENCE, store.sync()).await;
    let synced = synced.expect("nobody waits any longer");
    assert!(matches!(synced, Err(StoreError::Closed)), "{synced:?}");
    let status = store.status().borrow().clone();
    assert!(matches!(status, Status::Closed), "{status:?}");
    notes.set("a", titled("a")).await.unwrap();
    store.close().await;
    server.finish().await;
}

/// As where the stream of pokes is what asks for a token.
#[tokio::test]
async fn a_sync_under_way_ends_with_a_panic_of_another_part() {
    let url = accepting_nothing().await;
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(&url, "todo", &token_at("ada", now()), file(&folder))
        .get_token(|| Box::pin(async { panic!("there is no token") }));
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    let synced = timeout(PATIENCE, store.sync()).await;
    let synced = synced.expect("nobody waits any longer");
    assert!(matches!(synced, Err(StoreError::Closed)), "{synced:?}");
    let status = store.status().borrow().clone();
    assert!(matches!(status, Status::Closed), "{status:?}");
    store.close().await;
}

/// A store whose tasks end when the application lets them go, which is asked for a token.
struct Held {
    store: Store,
    hold: mpsc::Sender<()>,
    _folder: TempDir,
}

impl Held {
    async fn new() -> Self {
        let (url, folder) = (accepting_nothing().await, tempfile::tempdir().unwrap());
        let (hold, released) = mpsc::channel();
        let (asked, mut questions) = unbounded_channel();
        let released = Mutex::new(released);
        let options = StoreOptions::new(&url, "todo", &token_at("ada", now()), file(&folder))
            .get_token(move || {
                asked.send(()).unwrap();
                // Nothing is sent: it waits until the sender is dropped.
                released.lock().unwrap().recv().unwrap_or_default();
                Box::pin(pending())
            });
        let store = Store::open(options).await.unwrap();
        // Without a collection nothing is due, and a sync may end before the store does.
        store.collection("notes").unwrap();
        questions.recv().await.unwrap();
        Self {
            store,
            hold,
            _folder: folder,
        }
    }
}

/// Until an end has begun; if that takes longer, nothing is tried.
const WHILE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_begins_when_it_is_ending_ends_with_it() {
    let Held {
        store,
        hold,
        _folder,
    } = Held::new().await;
    let synced = async {
        sleep(WHILE).await;
        let mut synced = pin!(store.sync());
        assert!(poll!(&mut synced).is_pending());
        drop(hold);
        synced.await
    };
    let both = timeout(PATIENCE, async { tokio::join!(store.close(), synced) });
    let ((), synced) = both.await.expect("nobody waits any longer");
    assert!(matches!(synced, Err(StoreError::Closed)), "{synced:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_is_told_before_the_end() {
    let Held {
        store,
        hold,
        _folder,
    } = Held::new().await;
    let mut events = store.events();
    let told = async {
        sleep(WHILE).await;
        let let_go = async {
            sleep(WHILE).await;
            drop(hold);
        };
        tokio::join!(events.recv(), let_go).0
    };
    let both = timeout(PATIENCE, async {
        tokio::join!(store.sign_out(false), told)
    });
    let (signed_out, told) = both.await.expect("nobody waits any longer");
    signed_out.unwrap();
    assert!(matches!(told, Ok(StoreEvent::SignedOut)), "{told:?}");
    let last = events.recv().await;
    assert!(matches!(last, Err(StoreError::Closed)), "{last:?}");
}

/// A collection may be there still.
#[tokio::test]
async fn events_end_when_it_is_dropped() {
    let Unanswered {
        store,
        _server,
        _folder,
    } = Unanswered::new().await;
    let notes = store.collection("notes").unwrap();
    let mut events = store.events();
    drop(store);
    let event = timeout(PATIENCE, events.recv()).await;
    let event = event.expect("nobody waits any longer");
    assert!(matches!(event, Err(StoreError::Closed)), "{event:?}");
    assert!(notes.query(&Query::all()).await.unwrap().is_empty());
}

async fn end(store: &Store, is_signed_out: bool) {
    if is_signed_out {
        store.sign_out(false).await.unwrap();
    } else {
        store.close().await;
    }
}

/// A server whose stream of pokes accepts no token, and which never answers anything else.
async fn accepting_nothing() -> String {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let router = Router::new()
        .route("/todo/events", get(StatusCode::UNAUTHORIZED))
        .route("/todo/sync", post(pending::<()>));
    tokio::spawn(async move { axum::serve(server, router).await.unwrap() });
    url
}
