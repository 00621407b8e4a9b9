//! The Rust clients' side of [`super::child`]: stores that do what the lines on the standard input
//! say. `clients/typescript/tests/driver.ts` is the same for the TypeScript clients.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use serde_json::{Value, json};
use syncline_client::{
    Document, DocumentId, UnixMillis,
    store::{Collection, Events, Query, Store, StoreError, StoreEvent, StoreOptions},
};
use tokio::sync::mpsc;

use super::{Trouble, child::answer, document_id, trouble};
use crate::{lock, replica::now};

/// The name of the test that runs this as a process of its own.
pub(super) const TEST: &str = "child";

/// An open store.
struct Opened {
    store: Store,
    collection: Collection,
    offset: Arc<AtomicI64>,
}

type Stores = Arc<Mutex<BTreeMap<String, Arc<Opened>>>>;

/// Does what the standard input says, until it ends.
pub async fn drive() {
    let stores = Stores::default();
    let (heard, mut lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let line: Value = serde_json::from_str(&line).expect("a line is JSON");
            heard.send(line).expect("somebody listens");
        }
    });
    while let Some(line) = lines.recv().await {
        let stores = Arc::clone(&stores);
        tokio::spawn(async move {
            let result = run(&stores, &line).await;
            say(&answer(&line["id"], result));
        });
    }
}

async fn run(stores: &Stores, line: &Value) -> Result<Value, Trouble> {
    let device = text(line, "device");
    if line["do"] == "open" {
        let opened = open(device, line).await.map_err(refused)?;
        lock(stores).insert(device.to_owned(), Arc::new(opened));
        return Ok(Value::Null);
    }
    let opened = lock(stores).get(device).cloned().ok_or(Trouble::Killed)?;
    let Opened {
        store,
        collection,
        offset,
    } = &*opened;
    match text(line, "do") {
        "view" => view(store, collection).await,
        "edit" => edit(collection, line).await.map(Value::from),
        "sync" => store.sync().await.map(|()| Value::Null),
        "retry" => {
            let retried = collection.retry(id(line)).await;
            retried.map(|()| Value::Null)
        }
        "jump" => {
            offset.store(milliseconds(line), Ordering::SeqCst);
            Ok(Value::Null)
        }
        "close" => {
            store.close().await;
            lock(stores).remove(device);
            Ok(Value::Null)
        }
        other => return Err(Trouble::Wrong(format!("nobody can {other}"))),
    }
    .map_err(refused)
}

async fn open(device: &str, line: &Value) -> Result<Opened, StoreError> {
    let offset = Arc::new(AtomicI64::new(milliseconds(line)));
    let clock = Arc::clone(&offset);
    let page = line["page"].as_u64().and_then(|page| page.try_into().ok());
    let (url, token) = (text(line, "url"), text(line, "token"));
    let options = StoreOptions::new(url, "todo", token, text(line, "path"))
        .poll_interval(None)
        .page_size(page.expect("a page has a size"))
        .clock(move || UnixMillis(now().0.saturating_add_signed(clock.load(Ordering::SeqCst))));
    let store = Store::open(options).await?;
    tokio::spawn(report(store.events(), device.to_owned()));
    let name = text(line, "collection");
    let collection = match line["organisation"].as_str() {
        Some(organisation) => store.organisation_collection(organisation, name)?,
        None => store.collection(name)?,
    };
    Ok(Opened {
        store,
        collection,
        offset,
    })
}

async fn report(mut events: Events, device: String) {
    loop {
        match events.recv().await {
            Ok(StoreEvent::Conflict { conflict, .. }) => {
                say(&json!({ "device": device, "conflict": conflict }));
            }
            Ok(_) => {}
            Err(StoreError::Closed) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn view(store: &Store, collection: &Collection) -> Result<Value, StoreError> {
    let found = collection.query(&Query::all()).await?;
    let documents: Vec<_> = found
        .into_iter()
        .map(|found| {
            let mut shown = named(&found.id);
            shown["doc"] = found.doc.into();
            shown["access"] = serde_json::to_value(found.access).expect("an access is JSON");
            shown
        })
        .collect();
    let rejected = collection.rejected().await?;
    let rejected: Vec<_> = rejected.iter().map(|(id, _)| named(id)).collect();
    let unsent = store.unsent().await?;
    Ok(json!({ "documents": documents, "unsent": unsent, "rejected": rejected }))
}

async fn edit(collection: &Collection, line: &Value) -> Result<bool, StoreError> {
    let (id, old, new) = (id(line), line["old"].clone(), &line["new"]);
    let Value::Object(content) = new.clone() else {
        return collection.delete(id).await;
    };
    let Value::Object(old) = old else {
        return collection.set(id, content).await;
    };
    let is_done = Arc::new(Mutex::new(false));
    let done = Arc::clone(&is_done);
    let change = move |document: &mut Document| {
        if *document == old {
            *document = content;
            *lock(&done) = true;
        }
    };
    collection.update(id, change).await?;
    Ok(*lock(&is_done))
}

fn refused(error: StoreError) -> Trouble {
    match error {
        StoreError::Transport(error) => trouble(&error),
        StoreError::Closed => Trouble::Killed,
        error => Trouble::Wrong(error.to_string()),
    }
}

fn named(id: &DocumentId) -> Value {
    let mut named = json!({ "key": id.key.as_str() });
    if let Some(owner) = &id.owner {
        named["owner"] = owner.as_str().into();
    }
    named
}

fn id(line: &Value) -> DocumentId {
    let owner = line["owner"].as_str().map(str::to_owned);
    document_id(&(owner, text(line, "key").to_owned()))
}

fn milliseconds(line: &Value) -> i64 {
    line["offset"].as_i64().expect("an offset is a number")
}

fn text<'l>(line: &'l Value, member: &str) -> &'l str {
    line[member].as_str().expect("the line says it")
}

/// Says a line. The test harness may have begun one before.
fn say(line: &Value) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "\n{line}").expect("somebody listens");
    output.flush().expect("somebody listens");
}
