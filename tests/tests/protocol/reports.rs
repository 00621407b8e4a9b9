//! Conflict reports that a device may have missed, and what it pushed without an answer.

use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::device::{Device, clock, report};

/// A conflict that the phone lost, in an answer that it never got. Returns the report.
async fn lost_answer(server: &TestServer) -> (Device<'_>, Vec<Value>, Value) {
    let mut phone = Device::new(server, "phone", "notes");
    phone.edit("1", json!({ "n": 1 }), 1).await;
    let mut laptop = phone.synced("laptop").await;
    laptop.edit("1", json!({ "n": 2 }), 20).await;
    let changes = vec![phone.change("1", json!({ "n": 3 }), 10)];
    let answer = phone.send(&phone.body(&changes)).await;
    let (local, remote) = (clock(10, "phone"), clock(20, "laptop"));
    let mut expected = report("n", (&local, json!(3)), (&remote, json!(2)), "remote");
    assert_eq!(answer["conflicts"], json!([expected]));
    expected["reason"] = "repeated".into();
    (phone, changes, expected)
}

#[tokio::test]
async fn a_device_hears_again_what_was_lost_with_an_answer() {
    let server = TestServer::start().await;
    let (mut phone, _, expected) = lost_answer(&server).await;
    for node in ["laptop", "tablet"] {
        let mut other = phone.clone();
        other.node = node;
        let answer = other.send(&other.body(&[])).await;
        assert_eq!(answer["conflicts"], json!([]), "{node}");
    }
    let mut unnamed = phone.body(&[]);
    unnamed.as_object_mut().unwrap().remove("node");
    assert_eq!(phone.send(&unnamed).await["conflicts"], json!([]));
    assert_eq!(phone.pull().await["conflicts"], json!([expected]));
    assert_eq!(phone.pull().await["conflicts"], json!([]));
    server.finish().await;
}

/// Whoever asks for the next page has the one before, and what it told.
#[tokio::test]
async fn a_pull_of_several_pages_reports_once() {
    let server = TestServer::start().await;
    let (mut phone, _, expected) = lost_answer(&server).await;
    let mut laptop = phone.synced("laptop").await;
    for key in ["2", "3", "4"] {
        laptop.edit(key, json!({ "n": 1 }), 20).await;
    }
    let page = async |phone: &mut Device<'_>, changes: &[Value]| {
        let mut body = phone.body(changes);
        body["limit"] = 1.into();
        let answer = phone.send(&body).await;
        phone.clock = answer["serverClock"].clone();
        (answer["conflicts"].clone(), answer["hasMore"] == true)
    };
    assert_eq!(page(&mut phone, &[]).await, (json!([expected]), true));
    assert_eq!(page(&mut phone, &[]).await, (json!([]), true));
    // One that is met amid the pages is told with the answer, and to be sure with the next pull.
    let changes = [phone.change("4", json!({ "n": 5 }), 15)];
    let (mut met, _) = page(&mut phone, &changes).await;
    assert_eq!(met.as_array().unwrap().len(), 1, "{met}");
    assert_eq!(page(&mut phone, &[]).await, (json!([]), false));
    met[0]["reason"] = "repeated".into();
    assert_eq!(phone.pull().await["conflicts"], met);
    assert_eq!(phone.pull().await["conflicts"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn a_change_that_lost_is_reported_again_when_it_comes_again() {
    let server = TestServer::start().await;
    let (mut phone, changes, expected) = lost_answer(&server).await;
    let before = phone.stored().await;
    let mut unnamed = phone.body(&changes);
    unnamed.as_object_mut().unwrap().remove("node");
    assert_eq!(phone.send(&unnamed).await["conflicts"], json!([expected]));
    assert_eq!(phone.push(&changes).await["conflicts"], json!([expected]));
    assert_eq!(phone.stored().await, before);
    // Now it has heard; to say the same once more is no news.
    assert_eq!(phone.push(&changes).await["conflicts"], json!([]));
    assert_eq!(phone.stored().await, before);
    server.finish().await;
}

/// What it had of others is in the edit as well, with their revisions.
#[tokio::test]
async fn a_device_hears_again_that_an_edit_lost_against_a_deletion() {
    let server = TestServer::start().await;
    let mut laptop = Device::new(&server, "laptop", "notes");
    laptop.edit("1", json!({ "a": 1 }), 1).await;
    laptop.delete("1", 20).await;
    let phone = Device::new(&server, "phone", "notes");
    let mut edit = phone.change("1", json!({ "a": 1, "b": 2 }), 10);
    // Of what it had seen nothing is known any more.
    edit["fieldRevs"]["a"] = clock(2, "laptop").into();
    edit["baseClock"] = clock(3, "laptop").into();
    let answer = phone.send(&phone.body(&[edit])).await;
    assert_eq!(answer["conflicts"][0]["field"], "_deleted", "{answer}");
    for (mut device, reports) in [(laptop, 0), (phone, 1)] {
        let heard = device.pull().await["conflicts"].take();
        assert_eq!(heard.as_array().unwrap().len(), reports, "{heard}");
    }
    server.finish().await;
}

#[tokio::test]
async fn an_edit_of_an_unanswered_push_names_it() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    phone.edit("1", json!({ "text": "a\n" }), 1).await;
    let unanswered = phone.change("1", json!({ "text": "a\nb\n" }), 2);
    phone.send(&phone.body(&[unanswered])).await;
    let mut change = phone.change("1", json!({ "text": "a\nb\nc\n" }), 3);
    change["after"] = json!({ "text": clock(2, "phone") });
    let answer = phone.push(&[change]).await;
    assert_eq!(answer["conflicts"], json!([]));
    assert_eq!(phone.only_document().await, json!({ "text": "a\nb\nc\n" }));
    server.finish().await;
}

#[tokio::test]
async fn an_edit_whose_node_alone_says_what_it_saw_is_reported() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    phone.edit("1", json!({ "text": "a\n" }), 1).await;
    let unanswered = phone.change("1", json!({ "text": "a\nb\n" }), 2);
    phone.send(&phone.body(&[unanswered])).await;
    let answer = phone.edit("1", json!({ "text": "a\nb\nc\n" }), 3).await;
    let (local, remote) = (clock(3, "phone"), clock(2, "phone"));
    let local = (&*local, json!("a\nb\nc\n"));
    let mut expected = report("text", local, (&remote, json!("a\nb\n")), "local");
    expected["reason"] = "same-node".into();
    assert_eq!(answer["conflicts"], json!([expected]));
    assert_eq!(phone.only_document().await, json!({ "text": "a\nb\nc\n" }));
    server.finish().await;
}

/// That its node had changed the field before says nothing of what another device made of it.
#[tokio::test]
async fn a_conflict_with_another_device_is_no_matter_of_nodes() {
    for (at, winner) in [(20, "local"), (5, "remote")] {
        let server = TestServer::start().await;
        let mut phone = Device::new(&server, "phone", "notes");
        phone.edit("1", json!({ "n": 1 }), 1).await;
        let unanswered = phone.change("1", json!({ "n": 2 }), 2);
        phone.send(&phone.body(&[unanswered])).await;
        let mut laptop = Device::new(&server, "laptop", "notes");
        laptop.pull().await;
        laptop.edit("1", json!({ "n": 3 }), 10).await;
        let answer = phone.edit("1", json!({ "n": 4 }), at).await;
        let (local, remote) = (clock(at, "phone"), clock(10, "laptop"));
        let expected = report("n", (&local, json!(4)), (&remote, json!(3)), winner);
        assert_eq!(answer["conflicts"], json!([expected]));
        server.finish().await;
    }
}
