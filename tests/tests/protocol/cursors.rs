//! What a caller presents as the clock of what it has seen.

use serde_json::{Value, json};
use syncline_domain::hlc::Hlc;
use syncline_tests::{TestServer, first_sync, pull_from};

use crate::device::{Device, USER, keys};

#[tokio::test]
async fn who_has_seen_nothing_gets_all_that_lives() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    phone.edit("1", json!({ "title": "Milk" }), 1).await;
    phone.edit("2", json!({ "title": "Bread" }), 1).await;
    phone.delete("2", 2).await;
    let zero = json!({ "collection": "notes", "protocol": 2, "clientClock": Hlc::zero() });
    for body in [first_sync("notes"), zero, json!({ "collection": "notes" })] {
        let answer = server.sync(USER, body).await;
        assert_eq!((keys(&answer), answer.get("reset")), (vec!["1"], None));
    }
    server.finish().await;
}

#[tokio::test]
async fn a_cursor_of_another_place_or_of_nobody_is_reset() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    phone.edit("1", json!({ "title": "Milk" }), 1).await;
    phone.edit("2", json!({ "title": "Bread" }), 1).await;
    let own = phone.delete("2", 2).await;
    let other_collection = server.sync(USER, first_sync("tasks")).await;
    let other_user = server.sync("bob", first_sync("notes")).await;
    let other_application = server
        .post_sync(USER, "shopping-list", &first_sync("notes"))
        .await;
    let text = own["serverClock"].as_str().unwrap();
    let later = format!(
        "{:013x}{}",
        i64::from_str_radix(&text[..13], 16).unwrap() + 1,
        &text[13..]
    );
    let node = text.find("server~").unwrap();
    for clock in [
        other_collection["serverClock"].clone(),
        other_user["serverClock"].clone(),
        other_application.body["serverClock"].clone(),
        own["serverChanges"][0]["_rev"].clone(),
        json!(later),
        json!(text[..text.len() - 1]),
        json!(format!("{text}AA")),
        json!(format!("{}server~", &text[..node])),
        json!(format!("{}server~AQAA", &text[..node])),
        json!(format!("{}server~not base64!", &text[..node])),
    ] {
        let answer = server
            .sync(USER, pull_from("notes", &json!({ "serverClock": clock })))
            .await;
        assert_eq!(
            (keys(&answer), &answer["reset"]),
            (vec!["1"], &json!(true)),
            "{clock}"
        );
        let next = server.sync(USER, pull_from("notes", &answer)).await;
        assert_eq!((keys(&next), next.get("reset")), (vec![], None));
    }
    let usable = server.sync(USER, pull_from("notes", &own)).await;
    assert_eq!((keys(&usable), usable.get("reset")), (vec![], None));
    server.finish().await;
}

#[tokio::test]
async fn a_clock_of_the_callers_own_asks_for_later_revisions() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    let first = phone.edit("1", json!({ "title": "Milk" }), 1).await;
    phone.edit("2", json!({ "title": "Bread" }), 1).await;
    phone.edit("3", json!({ "title": "Salt" }), 1).await;
    phone.delete("3", 2).await;
    let revision = first["serverChanges"][0]["_rev"].as_str().unwrap();
    let beside = |node: &str| json!({ "serverClock": format!("{}-{node}", &revision[..20]) });
    // The same instant under a node that comes after the server's, and one before it.
    let later: Value = server
        .sync(USER, pull_from("notes", &beside("tablet")))
        .await;
    assert_eq!((keys(&later), later.get("reset")), (vec!["2", "3"], None));
    assert_eq!(later["serverChanges"][1]["_deleted"], true);
    let earlier = server
        .sync(USER, pull_from("notes", &beside("phone")))
        .await;
    assert_eq!(keys(&earlier), ["1", "2", "3"]);
    server.finish().await;
}
