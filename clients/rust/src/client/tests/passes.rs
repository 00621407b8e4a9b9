//! What belongs to a pass: what was edited before it began.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{apply, begin, client, clock, edit};
use crate::{Applied, Rejection, SyncClient};

/// Takes all that was pushed in at `millis`.
fn accept(client: &mut SyncClient, changes: &[Value], millis: u64) -> Applied {
    let accepted = changes.iter().map(|change| &change["key"]);
    let accepted: Vec<_> = accepted
        .map(|key| json!({ "key": key, "rev": clock(millis) }))
        .collect();
    apply(client, millis, json!({ "accepted": accepted }))
}

/// An application that edits all the time would else wait for its end for ever.
#[test]
fn a_pass_ends_with_what_was_there_when_it_began() {
    let mut client = client();
    let keys: BTreeSet<_> = (0..600).map(|number| format!("note {number}")).collect();
    for key in &keys {
        edit(&mut client, key, json!({ "n": 0 }), 10);
    }
    let mut pushed = BTreeSet::new();
    for (round, has_more) in [(1_u64, true), (2, true), (3, false)] {
        let changes = begin(&mut client);
        for key in ["a note", "note 0", "note 599"] {
            edit(&mut client, key, json!({ "n": round }), 100 * round);
        }
        assert_eq!(
            accept(&mut client, &changes, 100 * round).has_more,
            has_more
        );
        pushed.extend(
            changes
                .iter()
                .map(|change| change["key"].as_str().unwrap().to_owned()),
        );
    }
    assert!(pushed.is_superset(&keys));
    let next = begin(&mut client);
    let next: Vec<_> = next.iter().map(|change| &change["key"]).collect();
    assert_eq!(next, ["a note", "note 0", "note 599"]);
}

/// It goes first as it was sent, which is without what was edited since.
#[test]
fn what_got_no_answer_belongs_to_the_next_pass_with_all_its_edits() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    client.abandon();
    edit(&mut client, "a", json!({ "n": 2 }), 20);
    for (content, has_more) in [(json!({ "n": 1 }), true), (json!({ "n": 2 }), false)] {
        let changes = begin(&mut client);
        assert_eq!(changes[0]["doc"], content);
        assert_eq!(accept(&mut client, &changes, 100).has_more, has_more);
    }
    assert_eq!(client.pending().count(), 0);
}

/// The pages are of the time when the pull began.
#[test]
fn after_the_rest_of_an_interrupted_pull_comes_one_of_what_came_since() {
    let interruptions: [fn(SyncClient) -> SyncClient; 3] = [
        |mut client| {
            client.abandon();
            client
        },
        |mut client| {
            client.refuse();
            client
        },
        |client| SyncClient::restore(client.snapshot()).unwrap(),
    ];
    for interrupt in interruptions {
        let mut client = client();
        begin(&mut client);
        apply(&mut client, 100, json!({ "hasMore": true }));
        begin(&mut client);
        let mut client = interrupt(client);
        for (millis, members, has_more) in [
            (110, json!({ "hasMore": true }), true),
            (120, json!({}), true),
            (200, json!({}), false),
        ] {
            begin(&mut client);
            assert_eq!(apply(&mut client, millis, members).has_more, has_more);
        }
    }
}

/// The first is edited whenever it is refused.
#[test]
fn a_pass_whose_requests_are_refused_ends_as_well() {
    let mut client = client();
    for key in ["a", "b"] {
        edit(&mut client, key, json!({ "n": 0 }), 10);
    }
    begin(&mut client);
    client.refuse();
    let refusal = json!({ "code": "bad_request", "error": "No." });
    let refusal: Rejection = serde_json::from_value(refusal).unwrap();
    let mut pushed = Vec::new();
    for round in 1..=2 {
        client.push_one_by_one(true);
        pushed.extend(begin(&mut client));
        edit(&mut client, "a", json!({ "n": round }), 100 * round);
        client.reject_pushed(&refusal);
        client.push_one_by_one(false);
    }
    let keys: Vec<_> = pushed.iter().map(|change| &change["key"]).collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(begin(&mut client).len(), 0);
    assert!(!apply(&mut client, 300, json!({})).has_more);
    assert_eq!(begin(&mut client)[0]["key"], "a");
}
