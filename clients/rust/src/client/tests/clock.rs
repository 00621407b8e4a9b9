use serde_json::json;

use super::{apply, at, begin, client, clock, edit, id, stamp, stored, synced};
use crate::{Applied, SyncClient};

const YEAR: u64 = 31_536_000_000;

#[test]
fn edits_are_stamped_later_than_all_that_was_seen() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 3);
    let revision = begin(&mut client)[0]["fieldRevs"]["n"].clone();
    assert!(revision.as_str().unwrap() > clock(100).as_str());
    assert!(revision.as_str().unwrap().ends_with("-phone"));
}

#[test]
fn edits_that_were_ahead_are_stamped_anew_by_the_difference() {
    let mut client = synced(&[("a", json!({ "n": 1, "m": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2, "m": 1 }), YEAR + 500);
    edit(&mut client, "a", json!({ "n": 2, "m": 2 }), YEAR + 600);
    begin(&mut client);
    let refused = json!({ "rejected": [{
        "key": "a", "code": "clock_skew", "error": "It is ahead.", "serverTime": 1000,
    }] });
    let answer = json!({ "serverClock": clock(1000), "serverChanges": [], "conflicts": [] });
    let mut answer: serde_json::Map<_, _> = serde_json::from_value(answer).unwrap();
    answer.extend(super::document(refused));
    let answer = serde_json::from_value(answer.into()).unwrap();
    let applied = client.apply(answer, at(YEAR + 1000)).unwrap();
    assert!(applied.has_more && applied.rejected.is_empty());

    let change = &begin(&mut client)[0];
    assert_eq!(change["fieldRevs"]["n"], json!(stamp(500)));
    assert_eq!(change["fieldRevs"]["m"], json!(stamp(600)));
    client.abandon();
    edit(&mut client, "b", json!({}), YEAR + 1100);
    edit(&mut client, "b", json!({ "k": 1 }), YEAR + 1200);
    assert_eq!(begin(&mut client)[1]["fieldRevs"]["k"], json!(stamp(1200)));
}

/// Sent twice, shut out, edited again: what the edit names as its origin is ahead as well.
#[test]
fn what_edits_were_made_from_is_no_obstacle_if_it_was_ahead() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), YEAR + 500);
    begin(&mut client);
    client.abandon();
    begin(&mut client);
    edit(&mut client, "a", json!({ "n": 3 }), YEAR + 600);
    client.refuse();
    assert!(begin(&mut client)[0]["after"]["n"].is_string());
    let refused = json!({
        "serverClock": clock(1000), "serverChanges": [], "conflicts": [], "rejected": [{
            "key": "a", "code": "clock_skew", "error": "It is ahead.", "serverTime": 1000,
        }],
    });
    let answer = serde_json::from_value(refused).unwrap();
    let applied = client.apply(answer, at(YEAR + 1000)).unwrap();
    assert!(applied.has_more && applied.rejected.is_empty());
    let change = &begin(&mut client)[0];
    assert_eq!(change["after"], json!(null));
    assert_eq!(change["doc"], json!({ "n": 3 }));
}

/// Pushed without an answer, edited again with a clock that is ahead, while the server takes another
/// document's edit for ahead. What was pushed may itself be ahead, by less than the server minds.
#[test]
fn what_was_ahead_is_stamped_later_than_what_was_pushed() {
    for pushed in [1000, 1020] {
        let mut client = synced(&[]);
        edit(&mut client, "a", json!({ "n": 1 }), pushed);
        begin(&mut client);
        client.abandon();
        edit(&mut client, "a", json!({ "n": 2 }), YEAR + 800);
        edit(&mut client, "b", json!({ "n": 2 }), YEAR + 900);
        assert_eq!(begin(&mut client)[0]["doc"], json!({ "n": 1 }));
        let answer = json!({
            "serverClock": clock(1200), "serverChanges": [], "conflicts": [],
            "accepted": [{ "key": "a", "rev": clock(1200) }],
            "rejected": [{
                "key": "b", "code": "clock_skew", "error": "It is ahead.", "serverTime": 1000,
            }],
        });
        let answer = serde_json::from_value(answer).unwrap();
        client.apply(answer, at(YEAR + 1100)).unwrap();

        let change = &begin(&mut client)[0];
        assert_eq!(change["doc"], json!({ "n": 2 }));
        let revision = change["fieldRevs"]["n"].as_str().unwrap();
        assert!(revision > stamp(pushed).as_str(), "{revision}");
    }
}

#[test]
fn what_a_correct_clock_does_not_mend_is_rejected() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    let refused = json!({ "rejected": [{
        "key": "a", "code": "clock_skew", "error": "It is ahead.", "serverTime": 1000,
    }] });
    let applied = apply(&mut client, 1000, refused);
    assert_eq!(applied.rejected, [id("a")].into());
    assert!(!applied.has_more);
}

/// An answer of a server whose clock was ahead by a year and was set right.
fn refuse_as_ahead(client: &mut SyncClient) -> Applied {
    let answer = json!({
        "serverClock": clock(YEAR + 1), "serverChanges": [], "conflicts": [], "rejected": [{
            "key": "a", "code": "clock_skew", "error": "It is ahead.", "serverTime": 1000,
        }],
    });
    let answer = serde_json::from_value(answer).unwrap();
    client.apply(answer, at(1000)).unwrap()
}

#[test]
fn what_stays_ahead_is_sent_again_once_and_with_the_next_pass() {
    let mut client = client();
    begin(&mut client);
    apply(
        &mut client,
        YEAR,
        json!({ "serverChanges": [stored("a", json!({ "n": 1 }), YEAR)] }),
    );
    edit(&mut client, "a", json!({ "n": 2 }), 1000);
    for _ in 0..2 {
        assert_eq!(begin(&mut client).len(), 1);
        let applied = refuse_as_ahead(&mut client);
        assert!(applied.has_more && applied.rejected.is_empty());
        assert_eq!(begin(&mut client).len(), 1);
        let applied = refuse_as_ahead(&mut client);
        assert_eq!(applied.rejected, [id("a")].into());
        assert!(!applied.has_more);
        assert_eq!(client.rejected().count(), 1);
    }
    assert_eq!(begin(&mut client).len(), 1);
    let accepted = json!([{ "key": "a", "rev": clock(YEAR + 2) }]);
    assert!(!apply(&mut client, YEAR + 2, json!({ "accepted": accepted })).has_more);
    assert_eq!(
        (client.pending().count(), client.rejected().count()),
        (0, 0)
    );
}

#[test]
fn what_was_shut_out_because_of_a_clock_waits_for_the_next_pass() {
    let mut client = client();
    edit(&mut client, "a", json!({ "n": 1 }), 10);
    begin(&mut client);
    let rejection = json!({ "code": "clock_skew", "error": "It is ahead." });
    client.reject_pushed(&serde_json::from_value(rejection).unwrap());
    assert_eq!(begin(&mut client).len(), 0);
    assert!(!apply(&mut client, 100, json!({})).has_more);
    assert_eq!(begin(&mut client).len(), 1);
}
