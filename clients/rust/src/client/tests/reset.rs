use serde_json::json;

use super::{apply, at, begin, clock, document, edit, id, stored, synced};
use crate::{DocumentId, SyncClient};

#[test]
fn a_reset_drops_what_it_lacks_after_one_more_pull_and_keeps_pending_edits() {
    let mut client = synced(&[
        ("a", json!({ "n": 1 })),
        ("b", json!({ "n": 1 })),
        ("c", json!({ "n": 1 })),
    ]);
    begin(&mut client);
    let reset = json!({ "reset": true, "serverChanges": [stored("a", json!({ "n": 5 }), 150)] });
    assert!(
        apply(&mut client, 200, reset).has_more,
        "one more pull is needed"
    );
    edit(&mut client, "c", json!({ "n": 1, "m": 2 }), 210);
    assert_eq!(client.documents().count(), 3);

    client.begin_sync().unwrap();
    let page = json!({ "hasMore": true });
    assert!(apply(&mut client, 220, page).has_more);
    assert_eq!(client.documents().count(), 3, "that pull is not complete");
    begin(&mut client);
    let rejection = json!({ "key": "c", "code": "bad_request", "error": "No." });
    let applied = apply(&mut client, 230, json!({ "rejected": [rejection] }));
    assert!(!applied.has_more);
    assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 5 }))));
    assert_eq!(client.get(&id("b")), None);
    assert_eq!(
        client.get(&id("c")),
        Some(document(json!({ "n": 1, "m": 2 })))
    );
}

#[test]
fn a_server_from_a_backup_is_given_back_what_it_lost() {
    let mut client = synced(&[("kept", json!({ "n": 1 })), ("lost", json!({ "n": 1 }))]);
    begin(&mut client);
    // What it may only read, others have to give back.
    let mut shown = stored("shown", json!({ "n": 1 }), 250);
    shown["_owner"] = json!("grace");
    shown["_access"] = json!("read");
    let later = json!({ "serverChanges": [
        shown,
        stored("lost", json!({ "n": 2 }), 250),
        { "_key": "gone", "_rev": clock(260), "_fieldRevs": { "_deleted": clock(255) }, "_deleted": true },
    ] });
    apply(&mut client, 300, later);
    begin(&mut client);
    let reset = json!({
        "reset": true,
        "healFrom": clock(100),
        "serverChanges": [stored("kept", json!({ "n": 1 }), 50), stored("lost", json!({ "n": 1 }), 50)],
    });
    assert!(apply(&mut client, 400, reset).has_more);
    assert_eq!(client.get(&id("lost")), Some(document(json!({ "n": 2 }))));

    let changes = begin(&mut client);
    assert_eq!(
        changes,
        [
            json!({ "key": "gone", "deleted": true, "fieldRevs": { "_deleted": clock(255) } }),
            json!({
                "key": "lost",
                "doc": { "n": 2 },
                "fieldRevs": { "n": format!("{:013x}-000000-laptop", 250) },
            }),
        ]
    );
}

#[test]
fn what_others_took_back_before_the_backup_goes_though_it_was_offered() {
    let mut client = synced(&[]);
    begin(&mut client);
    let mut shown = stored("shown", json!({ "n": 1 }), 250);
    shown["_owner"] = json!("grace");
    shown["_access"] = json!("write");
    apply(&mut client, 300, json!({ "serverChanges": [shown] }));
    begin(&mut client);
    let reset = json!({ "reset": true, "healFrom": clock(100) });
    assert!(apply(&mut client, 400, reset).has_more);
    assert_eq!(begin(&mut client)[0]["owner"], "grace");
    let rejection = json!({ "key": "shown", "code": "not_found", "error": "No." });
    apply(&mut client, 410, json!({ "rejected": [rejection] }));
    let left = (client.documents().count(), client.rejected().count());
    assert_eq!(left, (0, 0));
}

/// A client with an edit of a document that another lets it write.
fn with_an_edit_of_a_shared_document() -> (SyncClient, DocumentId) {
    let mut client = synced(&[]);
    begin(&mut client);
    let mut shown = stored("shown", json!({ "theirs": 1 }), 250);
    shown["_owner"] = json!("grace");
    shown["_access"] = json!("write");
    apply(&mut client, 300, json!({ "serverChanges": [shown] }));
    let id = DocumentId::of("grace", "shown").unwrap();
    let edited = document(json!({ "theirs": 1, "mine": 2 }));
    client.edit(&id, &edited, at(310)).unwrap();
    (client, id)
}

#[test]
fn of_what_others_took_back_nothing_stays_but_own_edits() {
    let refused =
        json!([{ "key": "shown", "owner": "grace", "code": "not_found", "error": "No." }]);
    let resets = [
        json!({ "reset": true }),
        json!({ "reset": true, "healFrom": clock(100) }),
    ];
    for mut reset in resets {
        let (mut client, id) = with_an_edit_of_a_shared_document();
        begin(&mut client);
        reset["rejected"] = refused.clone();
        assert!(apply(&mut client, 400, reset).has_more);
        assert_eq!(begin(&mut client), Vec::<serde_json::Value>::new());
        apply(&mut client, 410, json!({}));
        assert_eq!(client.get(&id), Some(document(json!({ "mine": 2 }))));
        assert_eq!(client.rejected().count(), 1);
    }
}

/// It may have been stored a moment before its owner's account was deleted.
#[test]
fn what_is_accepted_with_a_reset_stays_if_the_reset_brings_it() {
    for is_brought in [true, false] {
        let (mut client, id) = with_an_edit_of_a_shared_document();
        begin(&mut client);
        let accepted = json!([{ "key": "shown", "owner": "grace", "rev": clock(390) }]);
        let reset = json!({ "reset": true, "accepted": accepted, "hasMore": true });
        apply(&mut client, 400, reset);
        begin(&mut client);
        let mut shown = stored("shown", json!({ "theirs": 1, "mine": 2 }), 390);
        shown["_owner"] = json!("grace");
        shown["_access"] = json!("write");
        let brought = if is_brought { vec![shown] } else { Vec::new() };
        apply(&mut client, 410, json!({ "serverChanges": brought }));
        begin(&mut client);
        apply(&mut client, 420, json!({}));
        assert_eq!(client.get(&id).is_some(), is_brought);
        assert_eq!(client.pending().count(), 0);
    }
}

#[test]
fn what_is_taken_back_while_it_is_offered_goes_as_well() {
    let (mut client, id) = with_an_edit_of_a_shared_document();
    begin(&mut client);
    let reset = json!({ "reset": true, "healFrom": clock(100), "hasMore": true });
    apply(&mut client, 400, reset);
    begin(&mut client);
    // What was pushed was taken in. What is edited now was not.
    let mut edited = client.get(&id).unwrap();
    edited.insert("mine".to_owned(), json!(3));
    client.edit(&id, &edited, at(405)).unwrap();
    let removed = json!({ "_key": "shown", "_owner": "grace", "_removed": true });
    apply(&mut client, 410, json!({ "serverChanges": [removed] }));
    assert_eq!(client.get(&id), Some(document(json!({ "mine": 3 }))));
}

/// Whoever was to tell of it with a later page is not the one who answers now.
#[test]
fn what_was_pushed_before_a_reset_amid_pages_is_sent_again() {
    for is_brought in [true, false] {
        let mut client = synced(&[("a", json!({ "n": 1 }))]);
        edit(&mut client, "a", json!({ "n": 2 }), 200);
        let sent = begin(&mut client);
        apply(&mut client, 300, json!({ "hasMore": true }));
        begin(&mut client);
        client.abandon();
        begin(&mut client);
        let brought = is_brought.then(|| stored("a", json!({ "n": 1 }), 50));
        let brought = Vec::from_iter(brought);
        let reset = json!({ "reset": true, "healFrom": clock(100), "serverChanges": brought });
        assert!(apply(&mut client, 400, reset).has_more);
        assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 2 }))));
        assert_eq!(begin(&mut client), sent);
        let accepted = json!([{ "key": "a", "rev": clock(450) }]);
        assert!(!apply(&mut client, 500, json!({ "accepted": accepted })).has_more);
        assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 2 }))));
        assert_eq!(client.pending().count(), 0);
    }
}

#[test]
fn pruning_forgets_all_but_pending_edits() {
    let mut client = synced(&[("a", json!({ "n": 1 })), ("b", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    assert!(client.should_prune(99, at(200)));
    assert!(!client.should_prune(100, at(200)));
    client.prune();
    assert!(!client.should_prune(0, at(9000)), "it has not synced since");
    assert_eq!(client.documents().count(), 1);
    let request = client.begin_sync().unwrap();
    assert_eq!(request.client_clock, crate::Hlc::zero());
    assert_eq!(
        request.changes[0].base_clock,
        Some(clock(100).parse().unwrap())
    );
}

/// Others deleted it meanwhile. Who pushes nothing with a first pull is not told so.
#[test]
fn what_pruning_kept_and_the_server_does_not_bring_goes_with_its_edit() {
    for is_brought in [true, false] {
        let mut client = synced(&[("a", json!({ "n": 1 }))]);
        edit(&mut client, "a", json!({ "n": 2 }), 200);
        client.prune();
        edit(&mut client, "a", json!({ "n": 1 }), 210);
        assert_eq!(begin(&mut client), Vec::<serde_json::Value>::new());
        let brought = is_brought.then(|| stored("a", json!({ "n": 1 }), 50));
        let answer = json!({ "serverChanges": Vec::from_iter(brought) });
        assert!(apply(&mut client, 300, answer).has_more);
        begin(&mut client);
        assert!(!apply(&mut client, 310, json!({})).has_more);
        assert_eq!(client.get(&id("a")).is_some(), is_brought);
    }
}

#[test]
fn an_edit_of_what_pruning_kept_is_made_from_what_was_there_before() {
    for is_pulled in [true, false] {
        let mut client = synced(&[("a", json!({ "n": 1 }))]);
        edit(&mut client, "a", json!({ "n": 2 }), 200);
        client.prune();
        edit(&mut client, "a", json!({ "n": 1 }), 210);
        if is_pulled {
            begin(&mut client);
            apply(&mut client, 300, json!({}));
        }
        edit(&mut client, "a", json!({ "n": 3 }), 310);
        assert_eq!(begin(&mut client)[0]["baseClock"], json!(clock(50)));
    }
}

/// What is sent of it later is as old as its edit, and reported if it comes back.
#[test]
fn a_rejected_edit_that_pruning_kept_is_all_that_stays_of_what_is_gone() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    begin(&mut client);
    let rejection = json!({ "key": "a", "code": "bad_request", "error": "No." });
    apply(&mut client, 250, json!({ "rejected": [rejection] }));
    client.prune();
    for millis in [300, 310] {
        assert_eq!(begin(&mut client), Vec::<serde_json::Value>::new());
        apply(&mut client, millis, json!({}));
    }
    edit(&mut client, "a", json!({ "n": 1 }), 320);
    let change = &begin(&mut client)[0];
    assert_eq!(change["doc"], json!({ "n": 1 }));
    assert_eq!(change["baseClock"], json!(clock(100)));
}

/// It may have been stored, deleted by others, and purged.
#[test]
fn pruning_doubts_that_a_push_without_an_answer_is_new() {
    let mut client = synced(&[]);
    edit(&mut client, "a", json!({ "n": 1 }), 200);
    let sent = begin(&mut client);
    assert_eq!(sent[0].get("after"), None);
    client.prune();
    let again = begin(&mut client);
    assert_eq!(again[0]["fieldRevs"], sent[0]["fieldRevs"]);
    assert_eq!(again[0]["after"], sent[0]["fieldRevs"]);
}

/// What is shown of it is older than the reset: it may have been deleted meanwhile.
#[test]
fn an_edit_of_a_document_that_a_reset_did_not_bring_is_made_from_what_was_there_before() {
    let mut client = synced(&[("a", json!({ "n": 1 })), ("b", json!({ "n": 1 }))]);
    begin(&mut client);
    let reset = json!({ "reset": true, "serverChanges": [stored("a", json!({ "n": 5 }), 150)] });
    apply(&mut client, 200, reset);
    edit(&mut client, "a", json!({ "n": 6 }), 210);
    edit(&mut client, "b", json!({ "n": 1, "m": 2 }), 210);
    let changes = begin(&mut client);
    assert_eq!(changes[0]["baseClock"], json!(clock(200)));
    assert_eq!(changes[1]["baseClock"], json!(clock(50)));
}
