use serde_json::json;

use super::{apply, at, begin, client, clock, document, edit, id, stamp, stored, synced};

#[test]
fn a_push_without_an_answer_is_sent_again_word_for_word() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    let lost = begin(&mut client);
    client.abandon();
    edit(&mut client, "a", json!({ "n": 3 }), 201);
    assert_eq!(begin(&mut client), lost);

    let applied = apply(
        &mut client,
        300,
        json!({ "serverChanges": [stored("a", json!({ "n": 9 }), 250)] }),
    );
    assert!(applied.has_more);
    assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 3 }))));
    let next = &begin(&mut client)[0];
    assert_eq!(next["after"], json!({ "n": stamp(200) }));
    assert_eq!(next["baseClock"], json!(clock(100)));
}

#[test]
fn a_push_that_was_refused_is_made_anew() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    edit(&mut client, "a", json!({ "n": 2 }), 11);
    client.refuse();
    let change = &begin(&mut client)[0];
    assert_eq!(change["doc"], json!({ "n": 2 }));
    assert_eq!(
        change.get("after"),
        None,
        "no server knows the refused value"
    );
}

#[test]
fn a_deletion_over_a_lost_push_follows_its_answer() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    client.abandon();
    client.delete(&id("a"), at(11)).unwrap();
    assert_eq!(begin(&mut client)[0]["doc"], json!({ "n": 1 }));
    apply(
        &mut client,
        100,
        json!({ "accepted": [{ "key": "a", "rev": clock(90) }] }),
    );
    assert_eq!(client.get(&id("a")), None);
    assert_eq!(begin(&mut client)[0]["deleted"], json!(true));
}
