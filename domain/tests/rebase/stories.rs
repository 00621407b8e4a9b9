//! Single cases that say what the laws mean.

use serde_json::json;
use syncline_domain::{document::Document, merge::Winner};

use crate::{
    device::{Network, Syncing},
    server::Server,
};

fn document(value: serde_json::Value) -> Document {
    serde_json::from_value(value).unwrap()
}

/// Two devices that have seen the same document.
fn two_devices(content: serde_json::Value) -> (Server, Syncing, Syncing) {
    let (mut server, mut phone, mut laptop) = (
        Server::default(),
        Syncing::new("phone"),
        Syncing::new("laptop"),
    );
    phone.edit(&document(content), 1);
    phone.sync_quietly(&mut server, 2);
    laptop.sync_quietly(&mut server, 3);
    (server, phone, laptop)
}

#[test]
fn a_document_that_no_server_gave_has_no_base() {
    let mut phone = Syncing::new("phone");
    phone.set("title", json!("new"), 1);
    let push = phone.document.push().unwrap();
    assert_eq!(push.base_clock, None);
    assert_eq!(push.after.len(), 0);
}

/// A member whose answer was lost, who was shut out for a while, and who took the field away then.
#[test]
fn what_was_refused_may_have_arrived_before() {
    for edits_before in [true, false] {
        let (mut server, mut phone, mut laptop) = two_devices(json!({ "title": "x" }));
        phone.set("mail", json!("a@b"), 10);
        phone.sync(&mut server, Network::LosesAnswer, 11, |_| {});
        if edits_before {
            phone.edit(&document(json!({ "title": "x" })), 12);
        }
        phone.document.push().unwrap();
        phone.document.refused();
        if !edits_before {
            phone.edit(&document(json!({ "title": "x" })), 13);
        }
        laptop.set("title", json!("y"), 14);
        laptop.sync_quietly(&mut server, 15);
        phone.sync_quietly(&mut server, 16);
        laptop.sync_quietly(&mut server, 17);
        assert_eq!(laptop.content(), document(json!({ "title": "y" })));
        assert_eq!(phone.content(), laptop.content());
    }
}

/// The same, if nothing had arrived.
#[test]
fn what_was_refused_may_never_have_arrived() {
    let (mut server, mut phone, mut laptop) = two_devices(json!({ "title": "x" }));
    phone.set("title", json!("phone"), 10);
    phone.sync(&mut server, Network::LosesRequest, 11, |_| {});
    phone.document.push().unwrap();
    phone.document.refused();
    phone.set("title", json!("phone's"), 12);
    phone.sync_quietly(&mut server, 13);
    laptop.sync_quietly(&mut server, 14);
    assert_eq!(laptop.content(), document(json!({ "title": "phone's" })));
    assert!(server.conflicts.is_empty());
}

#[test]
fn a_lost_answer_and_another_edit_double_no_line_and_conflict_with_nothing() {
    let (mut server, mut phone, mut laptop) = two_devices(json!({ "text": "a\nz\n" }));
    phone.set("text", json!("a\none\nz\n"), 10);
    phone.sync(&mut server, Network::LosesAnswer, 11, |_| {});
    laptop.set("text", json!("zero\na\nz\n"), 12);
    laptop.sync_quietly(&mut server, 13);
    phone.set("text", json!("a\none\ntwo\nz\n"), 14);
    phone.sync_quietly(&mut server, 15);
    laptop.sync_quietly(&mut server, 16);
    assert_eq!(
        laptop.content(),
        document(json!({ "text": "zero\na\none\ntwo\nz\n" }))
    );
    assert_eq!(phone.content(), laptop.content());
    assert!(
        server
            .conflicts
            .iter()
            .all(|conflict| conflict.winner == Winner::AutoMerged)
    );
}

#[test]
fn a_value_taken_back_after_a_lost_answer_is_taken_back_on_the_server() {
    let (mut server, mut phone, mut laptop) = two_devices(json!({ "done": false }));
    phone.set("done", json!(true), 10);
    phone.sync(&mut server, Network::LosesAnswer, 11, |_| {});
    phone.set("done", json!(false), 12);
    phone.sync_quietly(&mut server, 13);
    laptop.sync_quietly(&mut server, 14);
    assert_eq!(laptop.content(), document(json!({ "done": false })));
    assert_eq!(server.conflicts, []);
}

#[test]
fn a_document_made_anew_after_a_lost_deletion_lives() {
    let (mut server, mut phone, mut laptop) = two_devices(json!({ "title": "old", "n": 1 }));
    phone.delete(10);
    phone.sync(&mut server, Network::LosesAnswer, 11, |_| {});
    phone.edit(&document(json!({ "title": "old" })), 12);
    phone.sync_quietly(&mut server, 13);
    laptop.sync_quietly(&mut server, 14);
    assert_eq!(laptop.content(), document(json!({ "title": "old" })));
    assert_eq!(server.conflicts, []);
}

#[test]
fn an_empty_document_made_and_deleted_while_its_push_is_under_way_is_deleted() {
    let (mut server, mut phone) = (Server::default(), Syncing::new("phone"));
    phone.edit(&Document::new(), 1);
    phone.sync(&mut server, Network::Works, 2, |phone| phone.delete(3));
    phone.sync_quietly(&mut server, 4);
    let mut laptop = Syncing::new("laptop");
    laptop.sync_quietly(&mut server, 5);
    assert_eq!(
        (phone.document.content(), laptop.document.content()),
        (None, None)
    );
}

#[test]
fn an_edit_of_a_document_that_another_deletes_creates_it_whole() {
    let (mut server, mut phone, mut laptop) = two_devices(json!({ "title": "t", "n": 1 }));
    laptop.delete(10);
    laptop.sync_quietly(&mut server, 11);
    phone.set("n", json!(2), 12);
    phone.sync_quietly(&mut server, 13);
    laptop.sync_quietly(&mut server, 14);
    assert_eq!(laptop.content(), document(json!({ "title": "t", "n": 2 })));
    assert_eq!(server.conflicts.len(), 1);
}

#[test]
fn edits_made_from_a_merge_are_not_merged_with_it_again() {
    let (mut server, mut phone, mut laptop) = two_devices(json!({ "text": "a\n", "n": 1 }));
    laptop.set("text", json!("a\nlaptop\n"), 10);
    laptop.sync_quietly(&mut server, 11);
    phone.set("n", json!(2), 12);
    phone.sync(&mut server, Network::Works, 13, |phone| {
        phone.set("n", json!(3), 14);
    });
    // The text is the laptop's by now; the base of the pending `n` is older.
    phone.set("text", json!("a\nlaptop\nphone\n"), 15);
    phone.sync_quietly(&mut server, 16);
    assert_eq!(
        phone.content(),
        document(json!({ "text": "a\nlaptop\nphone\n", "n": 3 }))
    );
    assert_eq!(server.conflicts, []);
}
