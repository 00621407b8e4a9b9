//! Fields that a device removed, and fields that it does not know.

use serde_json::json;
use syncline_tests::TestServer;

use crate::device::{Device, clock, fields, report};

#[tokio::test]
async fn a_missing_field_with_a_new_revision_is_removed() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    phone
        .edit(
            "1",
            json!({ "title": "Milk", "at": { "shop": "A", "row": 1 } }),
            1,
        )
        .await;
    let at = clock(2, "phone");
    let change = json!({
        "key": "1", "doc": { "title": "Milk", "at": { "row": 1 } }, "fieldRevs": { "at.shop": at },
    });
    let answer = phone.push(&[change]).await;
    let document = &answer["serverChanges"][0];
    assert_eq!(
        fields(document),
        json!({ "title": "Milk", "at": { "row": 1 } })
    );
    assert_eq!(document["_fieldRevs"]["at.shop"], at);
    let at = clock(3, "phone");
    let change = json!({ "key": "1", "doc": { "title": "Milk" }, "fieldRevs": { "at": at } });
    let answer = phone.push(&[change]).await;
    assert_eq!(
        fields(&answer["serverChanges"][0]),
        json!({ "title": "Milk" })
    );
    assert_eq!(answer["conflicts"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn a_field_that_a_device_does_not_know_is_kept() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    let old = phone
        .edit("1", json!({ "title": "Milk", "colour": "red" }), 1)
        .await;
    let revisions = &old["serverChanges"][0]["_fieldRevs"];
    let unnamed = json!({ "title": clock(2, "phone") });
    let mut repeated = revisions.clone();
    repeated["title"] = clock(3, "phone").into();
    for (title, revisions) in [("Oat milk", unnamed), ("Soy milk", repeated)] {
        let change = json!({ "key": "1", "doc": { "title": title }, "fieldRevs": revisions });
        let answer = phone.push(&[change]).await;
        assert_eq!(answer["conflicts"], json!([]));
        assert_eq!(
            phone.only_document().await,
            json!({ "title": title, "colour": "red" })
        );
    }
    server.finish().await;
}

#[tokio::test]
async fn a_removal_conflicts_with_an_edit() {
    for (laptop_seconds, phone_seconds, winner) in [(20, 10, "remote"), (10, 20, "local")] {
        let server = TestServer::start().await;
        let mut phone = Device::new(&server, "phone", "notes");
        phone.edit("1", json!({ "a": 1, "n": 1 }), 1).await;
        let mut laptop = phone.synced("laptop").await;
        laptop
            .edit("1", json!({ "a": 1, "n": 2 }), laptop_seconds)
            .await;
        let local = clock(phone_seconds, "phone");
        let change = json!({ "key": "1", "doc": { "a": 1 }, "fieldRevs": { "n": local } });
        let answer = phone.push(&[change]).await;
        let remote = clock(laptop_seconds, "laptop");
        let expected = report("n", (&local, json!(null)), (&remote, json!(2)), winner);
        assert_eq!(answer["conflicts"], json!([expected]));
        let expected = if winner == "local" {
            json!({ "a": 1 })
        } else {
            json!({ "a": 1, "n": 2 })
        };
        assert_eq!(phone.only_document().await, expected);
        server.finish().await;
    }
}
