//! The file of a store.

use std::{path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use syncline_client::{
    UserId,
    store::{Store, StoreError, StoreOptions},
};
use syncline_tests::{TestDatabase, TestServer};
use tempfile::TempDir;

use crate::device::{Device, eventually, file, options, titled};

#[tokio::test]
async fn it_belongs_to_one_store_and_one_user() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let second = Store::open(options(&server, "ada", &device.folder)).await;
    assert!(matches!(second, Err(StoreError::Blocked)), "{second:?}");
    device.store.close().await;
    let others = Store::open(options(&server, "bob", &device.folder)).await;
    assert!(matches!(others, Err(StoreError::Options(_))), "{others:?}");
    drop(
        Store::open(options(&server, "ada", &device.folder))
            .await
            .unwrap(),
    );
    drop(device);
    server.finish().await;
}

#[tokio::test]
async fn a_collection_of_a_store_that_was_dropped_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let claims = r#"{"sub":"7"}"#;
    let store = open_as(claims, &folder).await.unwrap();
    let notes = store.collection("notes").unwrap();
    drop(store);
    let blocked = open_as(claims, &folder).await;
    assert!(matches!(blocked, Err(StoreError::Blocked)), "{blocked:?}");
    drop(notes);
    open_as(claims, &folder).await.unwrap().close().await;
}

/// The server knows them as different users.
#[tokio::test]
async fn two_issuers_users_of_the_same_name_do_not_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_as(r#"{"sub":"7","iss":"https://id.acme.example"}"#, &folder).await;
    let store = store.unwrap();
    let other = token(r#"{"sub":"7","iss":"https://id.other.example"}"#);
    let taken = store.set_token(&other);
    assert!(matches!(taken, Err(StoreError::Options(_))), "{taken:?}");
    store.close().await;
    // The second tells nobody's but the user's name, as one that the server prolonged.
    for claims in [
        r#"{"sub":"7","iss":"https://id.acme.example"}"#,
        r#"{"sub":"7"}"#,
    ] {
        let again = open_as(claims, &folder).await.unwrap();
        let taken = again.set_token(&other);
        assert!(matches!(taken, Err(StoreError::Options(_))), "{taken:?}");
        again.close().await;
        let opened = open_as(r#"{"sub":"7","iss":"https://id.other.example"}"#, &folder).await;
        assert!(matches!(opened, Err(StoreError::Options(_))), "{opened:?}");
    }
}

/// As the server names users of other issuers.
#[tokio::test]
async fn a_user_whom_the_application_names_opens_it_with_a_token_of_that_user_alone() {
    let open = async |user: &str, claims: &str, folder: &TempDir| {
        let url = "http://127.0.0.1:9";
        let options = StoreOptions::new(url, "todo", &token(claims), file(folder));
        Store::open(options.user(UserId::new(user).unwrap()).offline()).await
    };
    let folder = tempfile::tempdir().unwrap();
    let others = open("ada", r#"{"sub":"bob"}"#, &folder).await;
    assert!(matches!(others, Err(StoreError::Options(_))), "{others:?}");
    let claims = r#"{"sub":"7","iss":"https://id.acme.example"}"#;
    let store = open("acme|7", claims, &folder).await.unwrap();
    store.set_token(&token(claims)).unwrap();
    store.close().await;
}

/// As with a token that the application gives later.
#[tokio::test]
async fn an_issuer_that_is_learnt_later_keeps_it() {
    let (one, other) = ("https://id.acme.example", "https://id.other.example");
    let token = |issuer| token(&format!(r#"{{"sub":"7","iss":"{issuer}"}}"#));
    for is_closed in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let store = open_as(r#"{"sub":"7"}"#, &folder).await.unwrap();
        store.set_token(&token(one)).unwrap();
        let others = store.set_token(&token(other));
        assert!(matches!(others, Err(StoreError::Options(_))), "{others:?}");
        if is_closed {
            store.close().await;
        } else {
            let notes = store.collection("notes").unwrap();
            notes.set("a", titled("a")).await.unwrap();
        }
        drop(store);
        let opened = open_with(&token(other), &folder).await;
        assert!(matches!(opened, Err(StoreError::Options(_))), "{opened:?}");
        open_with(&token(one), &folder).await.unwrap().close().await;
    }
}

/// A device that is full can read it still.
#[tokio::test]
async fn nothing_is_written_where_it_is_opened_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let claims = r#"{"sub":"7","iss":"https://id.acme.example"}"#;
    let store = open_as(claims, &folder).await.unwrap();
    let notes = store.collection("notes").unwrap();
    notes.set("a", titled("a")).await.unwrap();
    store.close().await;
    let store = open_as(claims, &folder).await.unwrap();
    let notes = store.collection("notes").unwrap();
    assert_eq!(notes.get("a").await.unwrap(), Some(titled("a")));
    let written = std::fs::metadata(folder.path().join("store.db-wal"));
    assert_eq!(written.map_or(0, |written| written.len()), 0);
    store.close().await;
}

async fn open_as(claims: &str, folder: &TempDir) -> Result<Store, StoreError> {
    open_with(&token(claims), folder).await
}

async fn open_with(token: &str, folder: &TempDir) -> Result<Store, StoreError> {
    let url = "http://127.0.0.1:9";
    Store::open(StoreOptions::new(url, "todo", token, file(folder)).offline()).await
}

fn token(claims: &str) -> String {
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

/// SQLite has names of its own for what is no file.
#[tokio::test]
async fn it_is_a_file_whatever_its_name_is() {
    for name in [":memory:", "file:store?mode=memory"] {
        let options =
            StoreOptions::new("http://127.0.0.1:9", "todo", &token(r#"{"sub":"7"}"#), name);
        let options = options.offline();
        let store = Store::open(options.clone()).await.unwrap();
        let notes = store.collection("notes").unwrap();
        notes.set("a", titled("a")).await.unwrap();
        store.close().await;
        let store = Store::open(options).await.unwrap();
        let notes = store.collection("notes").unwrap();
        assert_eq!(notes.get("a").await.unwrap(), Some(titled("a")));
        store.sign_out(true).await.unwrap();
        assert!(!Path::new(name).exists());
    }
    let nameless = StoreOptions::new("http://127.0.0.1:9", "todo", &token(r#"{"sub":"7"}"#), "");
    let opened = Store::open(nameless.offline()).await;
    assert!(matches!(opened, Err(StoreError::Options(_))), "{opened:?}");
}

/// Whoever signs out removes the file, which somebody may be waiting for.
#[tokio::test]
async fn nobody_is_left_with_a_file_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let claims = r#"{"sub":"7"}"#;
    let store = open_as(claims, &folder).await.unwrap();
    let (second, signed_out) = tokio::join!(open_as(claims, &folder), async {
        // Until the other waits for the file; if that takes longer, nothing is tried.
        tokio::time::sleep(Duration::from_millis(100)).await;
        store.sign_out(true).await
    });
    signed_out.unwrap();
    let second = match second {
        Err(StoreError::Blocked) => open_as(claims, &folder).await,
        second => second,
    };
    let second = second.unwrap();
    let notes = second.collection("notes").unwrap();
    notes.set("a", titled("a")).await.unwrap();
    second.close().await;
    let third = open_as(claims, &folder).await.unwrap();
    let notes = third.collection("notes").unwrap();
    assert_eq!(notes.get("a").await.unwrap(), Some(titled("a")));
    third.close().await;
}

/// So is what stands beside it.
#[cfg(unix)]
#[tokio::test]
async fn it_is_for_its_owners_eyes_alone() {
    use std::os::unix::fs::PermissionsExt;

    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    device.notes().set("a", titled("a")).await.unwrap();
    let files = std::fs::read_dir(device.folder.path()).unwrap();
    let modes: Vec<_> = files
        .map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes, [0o600, 0o600]);
    drop(device);
    server.finish().await;
}

#[tokio::test]
async fn an_outage_loses_nothing_and_ends_by_itself() {
    let server = TestServer::start().await;
    let address = server.address().to_string();
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    notes.set("a", titled("a")).await.unwrap();
    device.store.sync().await.unwrap();
    let database = server.stop().await;
    notes.set("b", titled("b")).await.unwrap();
    assert!(matches!(
        device.store.sync().await,
        Err(StoreError::Transport(_))
    ));
    assert_eq!(device.store.unsent().await.unwrap(), 1);
    let server = TestServer::listening_on(&address, database, "").await;
    eventually("it is pushed", async || {
        device.store.unsent().await.unwrap() == 0
    })
    .await;
    drop(device);
    server.finish().await;
}

/// The server came back from an older backup, as another database.
#[tokio::test]
async fn a_server_that_lost_everything_is_given_what_was_never_stored_there() {
    let server = TestServer::start().await;
    let address = server.address().to_string();
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    notes.set("a", titled("a")).await.unwrap();
    device.store.sync().await.unwrap();
    server.finish().await;
    let server = TestServer::listening_on(&address, TestDatabase::create().await, "").await;
    notes.set("b", titled("b")).await.unwrap();
    eventually("it is pushed", async || {
        device.store.unsent().await.unwrap() == 0
    })
    .await;
    device.store.sync().await.unwrap();
    let fresh = Device::new(&server, "ada").await;
    fresh.notes();
    fresh.store.sync().await.unwrap();
    assert_eq!(
        fresh.keys().await,
        device.keys().await,
        "both are as the server is"
    );
    drop((device, fresh));
    server.finish().await;
}
