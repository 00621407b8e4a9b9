//! Clocks of devices.

use serde_json::{Value, json};
use syncline_tests::{
    TestServer,
    replica::{change, now, stamp},
};

use crate::trial::{MEBIBYTE, Trial, next_year, with};

#[tokio::test]
async fn malformed_clocks_are_refused() {
    let trial = Trial::begin().await;
    for clock in [
        "",
        "-",
        "0",
        "00000000000000-000000-phone",
        "000000000000-000000-phone",
        "0000000000000-00000-phone",
        "0000000000000-000000-",
        "0000000000000-000000",
        "000000000000A-000000-phone",
        "+000000000000-000000-phone",
        "0000000000000-000000-phöne",
        "0000000000000-000000-pho\tne",
        &format!("0000000000000-000000-{}", "x".repeat(MEBIBYTE)),
    ] {
        for pointer in [
            "/clientClock",
            "/changes/0/baseClock",
            "/changes/0/fieldRevs/title",
        ] {
            let member = pointer.rsplit('/').next().unwrap();
            trial
                .refuses(&with(pointer, clock.into()), "bad_request", member)
                .await;
        }
    }
    trial.end().await;
}

#[tokio::test]
async fn clocks_a_year_ahead_are_refused_with_the_servers_time() {
    let trial = Trial::begin().await;
    let ahead = Value::from(next_year());
    for (pointer, value, place) in [
        ("/clientClock", ahead.clone(), "clientClock: "),
        (
            "/changes/0/baseClock",
            ahead.clone(),
            "changes[0].baseClock: ",
        ),
        (
            "/changes/0/fieldRevs/title",
            ahead.clone(),
            "changes[0].fieldRevs: `title`",
        ),
        (
            "/changes/0/after",
            json!({ "title": ahead }),
            "changes[0].after: `title`",
        ),
    ] {
        let before = now().0;
        let refusal = trial
            .refuses(&with(pointer, value), "clock_skew", place)
            .await;
        let time = refusal["serverTime"].as_u64().unwrap();
        assert!((before..=now().0).contains(&time), "{refusal}");
    }
    trial.end().await;
}

/// Its time was set right, and what it gave before is ahead.
#[tokio::test]
async fn a_base_that_a_server_gave_while_its_time_was_ahead_is_taken() {
    let server = TestServer::start().await;
    let ahead = format!("{:013x}-000000-laptop", now().0 + 200_000);
    let push = |collection, change| json!({ "collection": collection, "changes": [change] });
    let first = push("notes", change("other", &json!({ "title": "Tea" }), &ahead));
    let base = server.sync("ada", first).await["serverClock"].take();
    assert!(base.as_str() > Some(&ahead));

    let more = "limits.clockSkewSeconds = 1";
    let server = TestServer::with(server.stop().await, more).await;
    let mut edit = change("1", &json!({ "title": "Milk" }), &stamp("phone", 0));
    edit["baseClock"] = base;
    for (user, collection) in [("ada", "lists"), ("grace", "notes")] {
        let elsewhere = push(collection, edit.clone());
        let answer = server.post_sync(user, "todo", &elsewhere).await;
        assert_eq!(answer.body["code"], "clock_skew", "{}", answer.body);
    }
    server.sync("ada", push("notes", edit)).await;
    server.finish().await;
}
