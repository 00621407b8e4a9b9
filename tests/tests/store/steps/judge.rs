//! Whether what a run left behind is what it may leave.

use std::collections::BTreeMap;

use serde_json::Value;
use syncline_client::{
    Document,
    store::{Query, Store, StoreEvent, StoreOptions},
};
use syncline_tests::{TestServer, first_sync};

use super::{
    program::{CONFLICT, LISTENS, RIVAL, STATES},
    trace::Run,
};
use crate::device::{Device, doc, eventually, hear};

type Documents = BTreeMap<String, Document>;

/// Judges the store and the server after a run that said that so much was done. `place` tells where
/// it ended.
pub(super) async fn judge(server: &TestServer, run: &Run, done: usize, place: &str) {
    println!("{}, {place}: {done} done", run.user);
    let found = local(server, run).await;
    let last = (done + 1).min(STATES.len() - 1);
    let at = (done..=last).find(|at| state(*at) == found);
    let at = at.unwrap_or_else(|| panic!("{place}: {done} done, but there is {found:?}"));
    let expected = expected(at, done, found);

    let store = Store::open(options(server, run)).await.unwrap();
    let notes = store.collection("notes").unwrap();
    let mut events = store.events();
    store.sync().await.unwrap();
    eventually(place, async || store.unsent().await.unwrap() == 0).await;
    if at >= CONFLICT && done < LISTENS {
        let told = hear(&mut events, |event| match event {
            StoreEvent::Conflict { conflict, .. } => Some(conflict.conflict),
            _ => None,
        });
        let told = told.await;
        assert_eq!(told.field.as_str(), "title", "{place}");
        let values = (told.local_value, told.remote_value);
        assert_eq!(values, ("mine".into(), "theirs".into()), "{place}");
    }
    let local = documents(&notes).await;
    assert_eq!(
        local, expected,
        "{place}: {done} done, the store that was killed"
    );
    assert_eq!(
        on_server(server, &run.user).await,
        expected,
        "{place}: the server"
    );
    let second = Device::new(server, &run.user).await;
    let notes = second.notes();
    second.store.sync().await.unwrap();
    assert_eq!(documents(&notes).await, expected, "{place}: another device");
}

/// What everybody has in the end, if the device had this.
fn expected(at: usize, done: usize, mut documents: Documents) -> Documents {
    if done >= RIVAL
        && let Some(plan) = documents.get_mut("plan")
    {
        plan.insert("theirs".to_owned(), true.into());
        if at < CONFLICT {
            plan.insert("title".to_owned(), "theirs".into());
        }
    }
    documents
}

fn state(at: usize) -> Documents {
    serde_json::from_str(STATES[at]).unwrap()
}

fn options(server: &TestServer, run: &Run) -> StoreOptions {
    let token = server.token(&run.user);
    StoreOptions::new(&server.url(""), "todo", &token, &run.file).poll_interval(None)
}

/// What is on the disk, before anything is synchronised.
async fn local(server: &TestServer, run: &Run) -> Documents {
    let store = Store::open(options(server, run).offline()).await.unwrap();
    let found = documents(&store.collection("notes").unwrap()).await;
    store.close().await;
    found
}

async fn documents(notes: &syncline_client::store::Collection) -> Documents {
    let found = notes.query(&Query::all()).await.unwrap();
    let found = found.into_iter();
    found
        .map(|found| (found.id.key.into(), found.doc))
        .collect()
}

async fn on_server(server: &TestServer, user: &str) -> Documents {
    let stored = server.sync(user, first_sync("notes")).await;
    let changes = stored["serverChanges"].as_array().unwrap().iter();
    let there = changes.filter(|change| change["_deleted"] != Value::Bool(true));
    let document = |change: &Value| {
        let mut fields = doc(change.clone());
        fields.retain(|name, _| !name.starts_with('_'));
        (change["_key"].as_str().unwrap().to_owned(), fields)
    };
    there.map(document).collect()
}
