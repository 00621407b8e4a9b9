//! The program that is killed, and what it has after each thing that it does.

use std::io::Write;

use reqwest::Client;
use serde_json::{Value, json};
use syncline_client::{
    Document,
    store::{Collection, Store, StoreError, StoreEvent, StoreOptions},
};
use syncline_tests::{
    replica::{change, stamp},
    server::answer,
};

use crate::device::{doc, hear};

/// Where the program finds what it needs.
pub(super) const URL: &str = "SYNCLINE_PROGRAM_URL";
pub(super) const TOKEN: &str = "SYNCLINE_PROGRAM_TOKEN";
pub(super) const FILE: &str = "SYNCLINE_PROGRAM_FILE";

/// What it says whenever something is done.
pub(super) const DONE: &str = "it is done";

/// So much is done when another device has changed what this one is going to change.
pub(super) const RIVAL: usize = 5;

/// So much is done when this one has changed it too.
pub(super) const CONFLICT: usize = 6;

/// So much is done when it begins to listen to reports of conflicts.
pub(super) const LISTENS: usize = 12;

/// The documents of this device after so much is done.
pub(super) const STATES: [&str; 15] = [
    "{}",
    r#"{"plan":{"title":"base"}}"#,
    BASE,
    BASE,
    BASE,
    BASE,
    r#"{"gone":{"title":"gone"},"plan":{"mine":true,"title":"mine"}}"#,
    r#"{"plan":{"mine":true,"title":"mine"}}"#,
    r#"{"new":{"title":"new"},"plan":{"mine":true,"title":"mine"}}"#,
    EDITED,
    EDITED,
    MERGED,
    MERGED,
    MERGED,
    MERGED,
];

const BASE: &str = r#"{"gone":{"title":"gone"},"plan":{"title":"base"}}"#;
const EDITED: &str = r#"{"new":{"more":true,"title":"new"},"plan":{"mine":true,"title":"mine"}}"#;
const MERGED: &str =
    r#"{"new":{"more":true,"title":"new"},"plan":{"mine":true,"theirs":true,"title":"mine"}}"#;

/// With one thread for the disk, so that its steps have an order.
#[test]
#[ignore = "another test runs it as a process of its own"]
fn program() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build();
    runtime.unwrap().block_on(run());
}

async fn run() {
    let (store, notes) = open(true).await;
    let base = doc(json!({ "title": "base" }));
    done(notes.set("plan", base).await);
    done(notes.set("gone", doc(json!({ "title": "gone" }))).await);
    done(store.sync().await);
    close(store).await;
    done(rival().await);

    let (store, notes) = open(false).await;
    let mine = |plan: &mut Document| {
        plan.insert("title".to_owned(), "mine".into());
        plan.insert("mine".to_owned(), true.into());
    };
    done(notes.update("plan", mine).await);
    done(notes.delete("gone").await);
    done(notes.set("new", doc(json!({ "title": "new" }))).await);
    let more = |new: &mut Document| drop(new.insert("more".to_owned(), true.into()));
    done(notes.update("new", more).await);
    close(store).await;

    let (store, _) = open(true).await;
    done(store.sync().await);
    close(store).await;

    let (store, _) = open(false).await;
    let mut events = store.events();
    let told = hear(&mut events, |event| match event {
        StoreEvent::Conflict { conflict, .. } => Some(conflict),
        _ => None,
    });
    done(Ok::<_, StoreError>(told.await));
    close(store).await;
}

async fn close(store: Store) {
    store.close().await;
    done(Ok::<_, StoreError>(store));
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap()
}

async fn open(is_online: bool) -> (Store, Collection) {
    let options = StoreOptions::new(&setting(URL), "todo", &setting(TOKEN), setting(FILE));
    let options = options.poll_interval(None);
    let options = if is_online {
        options
    } else {
        options.offline()
    };
    let store = Store::open(options).await.unwrap();
    let notes = store.collection("notes").unwrap();
    (store, notes)
}

/// Another device changes the plan.
async fn rival() -> Result<(), Value> {
    let theirs = json!({ "title": "theirs", "theirs": true });
    let changes = [change("plan", &theirs, &stamp("rival", 0))];
    let push = json!({ "collection": "notes", "protocol": 2, "changes": changes });
    let request = Client::new().post(format!("{}/todo/sync", setting(URL)));
    let answer = answer(request.bearer_auth(setting(TOKEN)).json(&push)).await;
    answer.status.is_success().then_some(()).ok_or(answer.body)
}

/// Says that something is done.
fn done<T, E: std::fmt::Debug>(result: Result<T, E>) {
    result.unwrap();
    writeln!(std::io::stdout(), "{DONE}").unwrap();
}
