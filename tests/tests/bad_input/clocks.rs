//! Clocks of devices.

use serde_json::{Value, json};
use syncline_tests::replica::now;

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
