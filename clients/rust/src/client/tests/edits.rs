use serde_json::json;

use super::{at, begin, client, clock, document, edit, id, stamp, synced};
use crate::ClientError;

#[test]
fn a_request_says_all_that_the_protocol_asks_for() {
    let mut client = client();
    edit(&mut client, "a", json!({ "title": "Milk" }), 10);
    let request = serde_json::to_value(client.begin_sync().unwrap()).unwrap();
    assert_eq!(
        request,
        json!({
            "protocol": 2,
            "collection": "tasks",
            "node": "phone",
            "clientClock": "0000000000000-000000-00000000",
            "limit": 1000,
            "echo": false,
            "partial": true,
            "changes": [{
                "key": "a",
                "doc": { "title": "Milk" },
                "fieldRevs": { "title": stamp(10) },
            }],
        })
    );
}

#[test]
fn an_edit_of_a_servers_document_names_what_the_device_had_seen() {
    let mut client = synced(&[("a", json!({ "title": "Milk", "done": false }))]);
    edit(&mut client, "a", json!({ "title": "Milk" }), 200);
    let change = &begin(&mut client)[0];
    assert_eq!(change["baseClock"], json!(clock(100)));
    assert_eq!(change["doc"], json!({ "title": "Milk" }));
    assert_eq!(change["fieldRevs"]["done"], json!(stamp(200)));
}

#[test]
fn a_deletion_sends_no_document() {
    let mut client = synced(&[("a", json!({ "title": "Milk" }))]);
    assert!(client.delete(&id("a"), at(200)).unwrap());
    assert_eq!(client.get(&id("a")), None);
    assert_eq!(
        begin(&mut client),
        [json!({
            "key": "a",
            "deleted": true,
            "fieldRevs": { "_deleted": stamp(200) },
            "baseClock": clock(100),
        })]
    );
}

#[test]
fn a_document_made_and_deleted_before_any_sync_leaves_nothing() {
    let mut client = client();
    edit(&mut client, "a", json!({ "title": "Milk" }), 10);
    assert!(client.delete(&id("a"), at(11)).unwrap());
    assert!(!client.delete(&id("a"), at(12)).unwrap());
    assert_eq!(client.pending().count(), 0);
    assert_eq!(client.documents().count(), 0);
}

#[test]
fn an_edit_that_changes_nothing_is_none() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    assert!(
        !client
            .edit(&id("a"), &document(json!({ "n": 1.0 })), at(200))
            .unwrap()
    );
    assert_eq!(client.pending().count(), 0);
}

#[test]
fn what_no_server_stores_is_refused_at_once() {
    let mut client = client();
    let reserved = document(json!({ "_rev": 1 }));
    let error = client.edit(&id("a"), &reserved, at(10)).unwrap_err();
    assert!(matches!(&error, ClientError::Document(_)), "{error}");
    assert!(error.to_string().contains("`_rev`"), "{error}");
    assert_eq!(client.documents().count(), 0);
}

#[test]
fn many_edits_go_in_several_requests() {
    let mut client = client();
    for number in 0..300 {
        edit(
            &mut client,
            &format!("{number:03}"),
            json!({ "n": number }),
            10 + number,
        );
    }
    let first = begin(&mut client);
    let accepted: Vec<_> = first
        .iter()
        .map(|change| json!({ "key": change["key"], "rev": clock(900) }))
        .collect();
    let applied = super::apply(&mut client, 900, json!({ "accepted": accepted }));
    assert!(applied.has_more);
    assert_eq!(first.len() + begin(&mut client).len(), 300);
}
