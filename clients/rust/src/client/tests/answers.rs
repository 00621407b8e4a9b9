use serde_json::json;

use super::{apply, at, begin, client, clock, document, edit, id, stamp, stored, synced};
use crate::{Access, ClientError, DocumentId};

#[test]
fn documents_deletions_and_removals_are_applied() {
    let mut client = synced(&[("a", json!({ "n": 1 })), ("b", json!({ "n": 2 }))]);
    begin(&mut client);
    let applied = apply(
        &mut client,
        200,
        json!({ "serverChanges": [
            { "_key": "a", "_rev": clock(150), "_fieldRevs": { "_deleted": clock(150) }, "_deleted": true },
            { "_key": "b", "_removed": true },
            stored("c", json!({ "n": 3 }), 150),
        ] }),
    );
    assert_eq!(applied.changed, [id("a"), id("b"), id("c")].into());
    let documents: Vec<_> = client.documents().collect();
    assert_eq!(documents, [(&id("c"), document(json!({ "n": 3 })))]);
}

#[test]
fn another_users_document_stands_beside_ones_own() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    let theirs = DocumentId::of("ada", "a").unwrap();
    begin(&mut client);
    let mut change = stored("a", json!({ "n": 2 }), 150);
    change["_owner"] = json!("ada");
    change["_access"] = json!("write");
    apply(&mut client, 200, json!({ "serverChanges": [change] }));
    assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 1 }))));
    assert_eq!(client.get(&theirs), Some(document(json!({ "n": 2 }))));
    assert_eq!(client.access(&theirs), Some(Access::Write));

    client
        .edit(&theirs, &document(json!({ "n": 3 })), at(300))
        .unwrap();
    assert_eq!(begin(&mut client)[0]["owner"], json!("ada"));
}

/// A document of Ada that may be read or written, and was edited.
fn lent(access: &str) -> (crate::SyncClient, DocumentId) {
    let mut client = synced(&[]);
    let plan = DocumentId::of("ada", "plan").unwrap();
    begin(&mut client);
    let mut change = stored("plan", json!({ "n": 1, "m": 1 }), 150);
    change["_owner"] = json!("ada");
    change["_access"] = json!(access);
    apply(&mut client, 200, json!({ "serverChanges": [change] }));
    let edited = document(json!({ "n": 2, "m": 1 }));
    client.edit(&plan, &edited, at(300)).unwrap();
    (client, plan)
}

#[test]
fn what_was_stored_before_its_access_was_revoked_is_not_sent_again() {
    let (mut client, plan) = lent("write");
    assert_eq!(begin(&mut client).len(), 1);
    let applied = apply(
        &mut client,
        400,
        json!({
            "accepted": [{ "key": "plan", "owner": "ada", "rev": clock(350) }],
            "serverChanges": [{ "_key": "plan", "_owner": "ada", "_removed": true }],
        }),
    );
    assert!(!applied.has_more);
    assert_eq!(client.get(&plan), None);
    assert_eq!(client.pending().count(), 0);
}

#[test]
fn who_was_let_write_may_write() {
    let (mut client, plan) = lent("read");
    begin(&mut client);
    let accepted = json!([{ "key": "plan", "owner": "ada", "rev": clock(350) }]);
    apply(&mut client, 400, json!({ "accepted": accepted }));
    assert_eq!(client.access(&plan), Some(Access::Write));
}

#[test]
fn edits_made_meanwhile_are_not_lost() {
    let mut client = synced(&[("a", json!({ "n": 1, "m": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2, "m": 1 }), 200);
    begin(&mut client);
    edit(&mut client, "a", json!({ "n": 3, "m": 1 }), 201);
    let applied = apply(
        &mut client,
        300,
        json!({ "accepted": [{ "key": "a", "rev": clock(250) }] }),
    );
    assert!(!applied.has_more, "they are for the next pass");
    assert_eq!(
        client.get(&id("a")),
        Some(document(json!({ "n": 3, "m": 1 })))
    );
    let change = &begin(&mut client)[0];
    assert_eq!(
        change["baseClock"],
        json!(clock(300)),
        "it was made from what is stored"
    );
    assert_eq!(change.get("after"), None);
}

#[test]
fn edits_made_meanwhile_say_what_they_were_made_from_when_the_server_merged() {
    let mut client = synced(&[("a", json!({ "text": "x\n" }))]);
    edit(&mut client, "a", json!({ "text": "x\ny\n" }), 200);
    begin(&mut client);
    edit(&mut client, "a", json!({ "text": "x\ny\nz\n" }), 201);
    let merged = stored("a", json!({ "text": "w\nx\ny\n" }), 250);
    apply(&mut client, 300, json!({ "serverChanges": [merged] }));
    let change = &begin(&mut client)[0];
    assert_eq!(change["doc"], json!({ "text": "x\ny\nz\n" }));
    assert_eq!(change["baseClock"], json!(clock(100)));
    assert_eq!(change["after"], json!({ "text": stamp(200) }));
}

#[test]
fn a_document_of_which_the_answer_says_nothing_lost() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    begin(&mut client);
    apply(&mut client, 300, json!({}));
    assert_eq!(client.pending().count(), 0);
    assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 1 }))));
}

#[test]
fn a_conflict_is_reported_with_both_values() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    begin(&mut client);
    let applied = apply(
        &mut client,
        300,
        json!({
            "serverChanges": [stored("a", json!({ "n": 9 }), 250)],
            "conflicts": [{
                "key": "a", "field": "n", "localRev": stamp(200), "remoteRev": clock(250),
                "localValue": 2, "remoteValue": 9, "winner": "remote", "winnerValue": 9,
                "reason": "schema",
            }],
        }),
    );
    let conflict = &applied.conflicts[0];
    assert_eq!(conflict.key.as_str(), "a");
    assert_eq!(conflict.conflict.local_value, json!(2));
    assert_eq!(conflict.conflict.winner_value, json!(9));
    assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 9 }))));
}

#[test]
fn a_rejected_document_is_kept_and_blocks_no_other() {
    let mut client = client();
    edit(&mut client, "bad", json!({ "n": "x" }), 10);
    edit(&mut client, "good", json!({ "n": 1 }), 11);
    begin(&mut client);
    let applied = apply(
        &mut client,
        100,
        json!({
            "accepted": [{ "key": "good", "rev": clock(90) }],
            "rejected": [{
                "key": "bad", "code": "schema_validation_failed",
                "error": "Schema validation failed",
                "details": [{ "key": "bad", "field": "n", "message": "is not a number" }],
            }],
        }),
    );
    assert_eq!(applied.rejected, [id("bad")].into());
    assert!(!applied.has_more);
    let (rejected, rejection) = client.rejected().next().unwrap();
    assert_eq!(
        (rejected, rejection.details[0].field.as_str()),
        (&id("bad"), "n")
    );
    assert_eq!(client.get(&id("bad")), Some(document(json!({ "n": "x" }))));
    assert_eq!(begin(&mut client), [json!(null); 0]);
    apply(&mut client, 110, json!({}));

    edit(&mut client, "bad", json!({ "n": 2 }), 120);
    assert_eq!(client.rejected().count(), 0);
    assert_eq!(begin(&mut client)[0]["doc"], json!({ "n": 2 }));
}

/// Whether it is named or not. What is deleted must not wait for an edit that nobody can make.
#[test]
fn what_was_edited_since_it_was_pushed_is_not_rejected() {
    for rejection in [
        json!({ "key": "a", "code": "bad_request", "error": "No." }),
        json!({ "code": "bad_request", "error": "No." }),
    ] {
        for mended in [Some(json!({ "n": 2 })), None] {
            let mut client = client();
            edit(&mut client, "a", json!({ "n": "x" }), 10);
            begin(&mut client);
            match &mended {
                Some(content) => edit(&mut client, "a", content.clone(), 20),
                None => assert!(client.delete(&id("a"), at(20)).unwrap()),
            }
            let applied = apply(&mut client, 100, json!({ "rejected": [rejection] }));
            assert!(applied.rejected.is_empty());
            assert_eq!(client.rejected().count(), 0);
            let [change] = &begin(&mut client)[..] else {
                panic!("it is pushed as it is now")
            };
            assert_eq!(change.get("doc"), mended.as_ref());
        }
    }
}

/// A rejection without a document, beside what another device made of one that was pushed.
#[test]
fn a_rejection_that_names_nothing_means_all_that_is_not_accepted() {
    let mut client = synced(&[("bad", json!({ "n": 1 })), ("good", json!({ "n": 1 }))]);
    for key in ["bad", "good"] {
        edit(&mut client, key, json!({ "n": 2 }), 200);
    }
    begin(&mut client);
    let applied = apply(
        &mut client,
        300,
        json!({
            "serverChanges": [stored("bad", json!({ "n": 1, "m": 1 }), 250)],
            "accepted": [{ "key": "good", "rev": clock(290) }],
            "rejected": [{ "code": "bad_request", "error": "No." }],
        }),
    );
    assert_eq!(applied.rejected, [id("bad")].into());
    let shown = client.get(&id("bad"));
    assert_eq!(shown, Some(document(json!({ "n": 2, "m": 1 }))));
    assert_eq!(client.pending().cloned().collect::<Vec<_>>(), [id("bad")]);
}

/// The same answer holds what another device made of the document.
#[test]
fn a_rejected_document_that_changed_elsewhere_keeps_its_edits() {
    let mut client = synced(&[("bad", json!({ "n": 1 })), ("gone", json!({ "n": 1 }))]);
    for key in ["bad", "gone", "good"] {
        edit(&mut client, key, json!({ "n": 2 }), 200);
    }
    assert_eq!(begin(&mut client).len(), 3);
    let refused = |key| json!({ "key": key, "code": "not_found", "error": "No." });
    let applied = apply(
        &mut client,
        300,
        json!({
            "serverChanges": [
                stored("bad", json!({ "n": 1, "m": 1 }), 250),
                { "_key": "gone", "_removed": true },
            ],
            "accepted": [{ "key": "good", "rev": clock(290) }],
            "rejected": [refused("bad"), refused("gone")],
        }),
    );
    assert_eq!(applied.rejected, [id("bad"), id("gone")].into());
    assert_eq!(
        client.get(&id("bad")),
        Some(document(json!({ "n": 2, "m": 1 })))
    );
    assert_eq!(client.get(&id("gone")), Some(document(json!({ "n": 2 }))));
    let pending: Vec<_> = client.pending().cloned().collect();
    assert_eq!(pending, [id("bad"), id("gone")]);
    client.retry(&id("bad"));
    assert_eq!(begin(&mut client)[0]["doc"], json!({ "n": 2, "m": 1 }));
}

#[test]
fn a_rejected_document_can_be_sent_again_as_it_is() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    let rejection = json!({ "key": "a", "code": "not_found", "error": "It is not shared." });
    apply(&mut client, 100, json!({ "rejected": [rejection] }));
    client.retry(&id("a"));
    assert_eq!(begin(&mut client).len(), 1);
}

#[test]
fn while_pages_come_nothing_is_pushed_and_what_was_pushed_stays_pending() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    begin(&mut client);
    let page = json!({ "serverChanges": [stored("b", json!({ "n": 1 }), 250)], "hasMore": true });
    assert!(apply(&mut client, 300, page).has_more);
    assert_eq!(client.pending().collect::<Vec<_>>(), [&id("a")]);
    assert_eq!(begin(&mut client).len(), 0);
    client.abandon();
    assert_eq!(begin(&mut client).len(), 0);
    let last = json!({ "serverChanges": [stored("a", json!({ "n": 2, "m": 5 }), 260)] });
    apply(&mut client, 310, last);
    assert_eq!(client.pending().count(), 0);
    assert_eq!(
        client.get(&id("a")),
        Some(document(json!({ "n": 2, "m": 5 })))
    );
}

#[test]
fn one_request_is_under_way_at_a_time() {
    let mut client = client();
    begin(&mut client);
    assert_eq!(client.begin_sync().unwrap_err(), ClientError::InFlight);
    apply(&mut client, 100, json!({}));
    let answer = json!({ "serverClock": clock(200), "serverChanges": [], "conflicts": [] });
    let answer = serde_json::from_value(answer).unwrap();
    assert_eq!(
        client.apply(answer, at(200)).unwrap_err(),
        ClientError::NotInFlight
    );
}

#[test]
fn details_of_another_form_cost_nothing_but_themselves() {
    let mut client = synced(&[]);
    edit(&mut client, "a", json!({ "n": 1 }), 200);
    begin(&mut client);
    let details = json!([{ "message": "known" }, { "text": "other" }]);
    let rejected =
        json!([{ "key": "a", "code": "bad_request", "error": "No.", "details": details }]);
    apply(&mut client, 300, json!({ "rejected": rejected }));
    let (_, rejection) = client.rejected().next().unwrap();
    assert_eq!(rejection.details.len(), 1);
}

#[test]
fn members_that_a_later_server_adds_are_no_fields() {
    let mut client = client();
    begin(&mut client);
    let mut change = stored("a", json!({ "n": 1 }), 50);
    change["_novelty"] = json!(true);
    apply(
        &mut client,
        100,
        json!({ "serverChanges": [change], "novelty": 1 }),
    );
    assert_eq!(client.get(&id("a")), Some(document(json!({ "n": 1 }))));
}

#[test]
fn words_that_a_later_server_adds_cost_no_answer() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    let mut lent = stored("plan", json!({ "n": 1 }), 50);
    lent["_owner"] = json!("ada");
    lent["_access"] = json!("comment");
    let report = json!({
        "key": "a", "field": "n", "localRev": stamp(10), "remoteRev": clock(5),
        "localValue": 1, "remoteValue": 2, "winner": "neither", "winnerValue": 3,
        "mergeStrategy": "numbers-added", "reason": "told-twice",
    });
    let applied = apply(
        &mut client,
        100,
        json!({
            "serverChanges": [lent],
            "accepted": [{ "key": "a", "rev": clock(90), "novelty": 1 }],
            "conflicts": [report],
        }),
    );
    let plan = DocumentId::of("ada", "plan").unwrap();
    assert_eq!(
        client.access(&plan),
        Some(Access::Read),
        "no more than that"
    );
    let told = serde_json::to_value(&applied.conflicts[0]).unwrap();
    assert_eq!(told, report, "as a store keeps it for the application");
    assert_eq!(client.pending().count(), 0);
}
