//! A to-do list in a terminal, which works without a network.
//!
//! With a server running (`scripts/run`), in two terminals:
//!
//! ```sh
//! cargo run --package syncline-client --example todo -- "$(syncline token --user ada)" phone.db
//! cargo run --package syncline-client --example todo -- "$(syncline token --user ada)" laptop.db
//! ```
//!
//! A line that is typed is a new task; the number of a task finishes it.

use std::{
    error::Error,
    hash::{BuildHasher, RandomState},
};

use serde_json::json;
use syncline_client::{
    Document,
    store::{Collection, Found, Query, Store, StoreEvent, StoreOptions},
};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(token), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("say the token and the file, as in `todo <token> phone.db`".into());
    };
    let options = StoreOptions::new("http://127.0.0.1:8080", "todo", &token, file);
    let store = Store::open(options).await?;
    let tasks = store.collection("tasks")?;
    let open = Query::all().matching(|_, task| task.get("done") != Some(&true.into()));
    let mut subscription = tasks.subscribe(open);
    let mut events = store.events();
    let mut lines = lines();
    let mut shown = Vec::new();
    loop {
        tokio::select! {
            found = subscription.next() => shown = show(found?),
            line = lines.recv() => match line {
                Some(line) => act(&tasks, &shown, &line).await?,
                None => break,
            },
            Ok(StoreEvent::Conflict { conflict, .. }) = events.recv() => {
                println!("! {}: both devices changed `{}`", conflict.key, conflict.conflict.field);
            }
        }
    }
    store.close().await;
    Ok(())
}

/// What is typed, read by a thread of its own: nothing else waits for it.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let typed = std::io::stdin().lines().map_while(Result::ok);
        // The program has ended when nobody takes a line.
        typed
            .map_while(|line| sender.send(line).ok())
            .for_each(drop);
    });
    lines
}

fn show(found: Vec<Found>) -> Vec<Found> {
    println!("---");
    for (number, task) in (1..).zip(&found) {
        let title = task.doc.get("title").and_then(|title| title.as_str());
        let mark = if task.is_unsent {
            " (not sent yet)"
        } else {
            ""
        };
        println!("{number}. {}{mark}", title.unwrap_or("?"));
    }
    found
}

async fn act(tasks: &Collection, shown: &[Found], line: &str) -> Result<(), Box<dyn Error>> {
    let number = line.trim().parse::<usize>().ok();
    let finished = number.and_then(|number| shown.get(number.checked_sub(1)?));
    if let Some(finished) = finished {
        let finish = |task: &mut Document| drop(task.insert("done".to_owned(), true.into()));
        tasks.update(&finished.id, finish).await?;
    } else if !line.trim().is_empty() {
        let task = json!({ "title": line.trim(), "done": false });
        let task = task.as_object().cloned().unwrap_or_default();
        tasks.set(&*new_key(), task).await?;
    }
    Ok(())
}

/// A random key. An application has a library for that; the keys of the standard library's hash tables are
/// random as well.
fn new_key() -> String {
    format!("task-{:016x}", RandomState::new().hash_one(()))
}
