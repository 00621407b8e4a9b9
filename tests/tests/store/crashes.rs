//! A program that is killed at any instant loses nothing that it was told is durable.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use syncline_client::store::{Query, Store, StoreOptions};
use syncline_tests::{TestServer, first_sync};

use crate::device::{doc, eventually};

const USER: &str = "ada";
const KILLS: u64 = 12;
const DOCUMENTS: u64 = 5;

/// Where the child finds what it needs.
const URL: &str = "SYNCLINE_CHILD_URL";
const TOKEN: &str = "SYNCLINE_CHILD_TOKEN";
const FILE: &str = "SYNCLINE_CHILD_FILE";
const FIRST: &str = "SYNCLINE_CHILD_FIRST";

/// What the child says of each edit that is durable.
const DURABLE: &str = "durable ";

/// The program that is killed: each edit adds a field of its own to one of a few documents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "another test runs it as a process of its own"]
async fn child() {
    let setting = |name: &str| std::env::var(name).unwrap();
    let options = StoreOptions::new(&setting(URL), "todo", &setting(TOKEN), setting(FILE));
    let store = Store::open(options).await.unwrap();
    let notes = store.collection("notes").unwrap();
    for number in setting(FIRST).parse::<u64>().unwrap().. {
        let key = (number % DOCUMENTS).to_string();
        let field = (format!("e{number}"), serde_json::Value::from(number));
        let added = field.clone();
        let add = move |note: &mut syncline_client::Document| drop(note.insert(added.0, added.1));
        if notes.update(key.as_str(), add).await.unwrap().is_none() {
            let note = [field].into_iter().collect();
            notes.set(key.as_str(), note).await.unwrap();
        }
        writeln!(std::io::stdout(), "{DURABLE}{number}").unwrap();
        // The sync loop shall have its turn.
        tokio::time::sleep(Duration::from_millis(number % 4)).await;
    }
}

fn spawn(server: &TestServer, file: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::child", "--ignored", "--nocapture"])
        .env(URL, server.url(""))
        .env(TOKEN, server.token(USER))
        .env(FILE, file)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs the child until it has said so much and some time more, kills it, and gives what it said.
fn run_and_kill(mut child: Child, lines: usize, more: Duration) -> Vec<u64> {
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: std::io::Result<String>| {
        let line = line.unwrap();
        // The first stands behind what the test harness says.
        let (_, number) = line.split_once(DURABLE)?;
        number.parse::<u64>().ok()
    };
    let mut durable: Vec<_> = output.by_ref().filter_map(number).take(lines).collect();
    assert_eq!(durable.len(), lines, "the child works");
    std::thread::sleep(more);
    child.kill().unwrap();
    child.wait().unwrap();
    durable.extend(output.filter_map(number));
    durable
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_durable_is_lost_and_all_is_pushed() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let mut random = StdRng::seed_from_u64(7);
    let (mut durable, mut next) = (BTreeSet::new(), 0);
    for _ in 0..KILLS {
        let lines = random.random_range(1..40);
        let more = Duration::from_micros(random.random_range(0..20_000));
        let child = spawn(&server, &file, next);
        let said = tokio::task::spawn_blocking(move || run_and_kill(child, lines, more));
        durable.extend(said.await.unwrap());
        // The edit after the last may be there as well.
        next = durable.last().unwrap() + 2;
    }
    let options = StoreOptions::new(&server.url(""), "todo", &server.token(USER), &file);
    let store = Store::open(options).await.unwrap();
    let notes = store.collection("notes").unwrap();
    let local = notes.query(&Query::all()).await.unwrap();
    for number in &durable {
        let has =
            |found: &syncline_client::store::Found| found.doc.contains_key(&format!("e{number}"));
        assert!(
            local.iter().any(has),
            "edit {number} is there after the crash"
        );
    }
    store.sync().await.unwrap();
    eventually("all is pushed", async || store.unsent().await.unwrap() == 0).await;
    let stored = server.sync(USER, first_sync("notes")).await;
    let local = notes.query(&Query::all()).await.unwrap();
    assert_eq!(
        stored["serverChanges"].as_array().unwrap().len(),
        local.len()
    );
    for document in stored["serverChanges"].as_array().unwrap() {
        let mut fields = doc(document.clone());
        fields.retain(|name, _| !name.starts_with('_'));
        let same = local
            .iter()
            .find(|found| *found.id.key.as_str() == document["_key"]);
        assert_eq!(same.unwrap().doc, fields);
    }
    assert!(durable.len() > 100, "{}", durable.len());
    drop(store);
    server.finish().await;
}
