//! Answers in pages, those that the caller asks for and those that it does not see.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use syncline_tests::{
    Replica, TestServer, first_sync,
    replica::{change, stamp},
};

use crate::device::{Device, USER, keys};

/// Pushes so many documents in as many requests as it takes.
async fn push_documents(server: &TestServer, count: usize) {
    let document = |number: usize| {
        let doc = json!({ "number": number, "text": "ü \"quoted\"\n" });
        change(&format!("key {number:05}"), &doc, &stamp("phone", number))
    };
    let changes: Vec<Value> = (0..count).map(document).collect();
    for some in changes.chunks(1000) {
        let body = json!({ "collection": "notes", "echo": false, "changes": some });
        server.sync(USER, body).await;
    }
}

#[tokio::test]
async fn pages_hold_together_what_one_answer_holds() {
    let server = TestServer::start().await;
    push_documents(&server, 50).await;
    let whole = server.sync(USER, first_sync("notes")).await;
    for limit in [1, 7, 49, 50, 5000] {
        let mut pages = Vec::new();
        let mut body = first_sync("notes");
        body["limit"] = limit.into();
        loop {
            let answer = server.sync(USER, body.clone()).await;
            let page = answer["serverChanges"].as_array().unwrap().clone();
            assert!(page.len() <= limit);
            assert_eq!(answer.get("reset"), None);
            pages.push(page);
            body["clientClock"] = answer["serverClock"].clone();
            if answer.get("hasMore").is_none() {
                break;
            }
            assert_eq!(
                (&answer["hasMore"], pages.last().unwrap().len()),
                (&json!(true), limit)
            );
        }
        assert_eq!(pages.len(), 50_usize.div_ceil(limit), "limit {limit}");
        assert_eq!(
            Value::from(pages.concat()),
            whole["serverChanges"],
            "limit {limit}"
        );
        let next = server.sync(USER, body).await;
        assert_eq!(next["serverChanges"], json!([]));
    }
    server.finish().await;
}

#[tokio::test]
async fn what_changes_between_pages_comes_once_more_and_as_it_is() {
    let server = TestServer::start().await;
    push_documents(&server, 10).await;
    let mut pager = Replica::paged("notes", 4);
    let first = server.sync(USER, pager.body(&[])).await;
    assert!(pager.apply(&first, &[]));
    let mut phone = Device::new(&server, "phone", "notes").synced("phone").await;
    for key in ["key 00001", "key 00008", "new"] {
        let change = change(key, &json!({ "changed": true }), &stamp("phone", 99));
        phone.push(&[change]).await;
    }
    pager.sync(&server, USER, &[]).await;
    pager.sync(&server, USER, &[]).await;
    let mut fresh = Replica::new("notes");
    fresh.sync(&server, USER, &[]).await;
    assert_eq!(pager.documents(), fresh.documents());
    assert_eq!(pager.documents().len(), 11);
    assert_eq!(pager.told_twice(), Vec::<&(String, String)>::new());
    server.finish().await;
}

#[tokio::test]
async fn a_long_answer_is_whole() {
    let server = TestServer::start().await;
    push_documents(&server, 5000).await;
    let answer = server.sync(USER, first_sync("notes")).await;
    let told = keys(&answer);
    let distinct: BTreeSet<_> = told.iter().collect();
    assert_eq!(
        (told.len(), distinct.len(), answer.get("hasMore")),
        (5000, 5000, None)
    );
    let mut phone = Device::new(&server, "phone", "notes");
    phone.clock = answer["serverClock"].clone();
    assert_eq!(phone.pull().await["serverChanges"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn an_answer_holds_what_is_new_whether_it_is_little_or_much() {
    let server = TestServer::start().await;
    let seen = server.sync(USER, first_sync("notes")).await;
    let mut count = 0;
    // Around as many as are read together with those of other requests, and as may be asked for.
    for new in [1, 30, 1, 1, 1, 66] {
        let document =
            |number| change(&format!("{number:03}"), &json!({}), &stamp("phone", number));
        let changes: Vec<_> = (count..count + new).map(document).collect();
        let body = json!({ "collection": "notes", "echo": false, "changes": changes });
        server.sync(USER, body).await;
        count += new;
        for limit in [None, Some(1), Some(31), Some(32), Some(33), Some(34)] {
            let mut body = first_sync("notes");
            body["clientClock"] = seen["serverClock"].clone();
            if let Some(limit) = limit {
                body["limit"] = limit.into();
            }
            let answer = server.sync(USER, body).await;
            let most = limit.unwrap_or(count);
            let expected: Vec<_> = (0..count.min(most))
                .map(|key| format!("{key:03}"))
                .collect();
            assert_eq!(keys(&answer), expected, "{count} with limit {limit:?}");
            assert_eq!(answer["hasMore"] == true, count > most, "{count} {limit:?}");
        }
    }
    server.finish().await;
}
