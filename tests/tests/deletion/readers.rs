//! Who could see documents of a deleted account fetches everything anew, once, and hears no more.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    TestServer, first_sync, pull_from,
    replica::{change, stamp},
};

use crate::world::{
    FRIEND, PERSON, STRANGER, add, delete_account, found, is, open_to, send, write,
};

/// Everything that two more pulls say to a reader: the first is to say `reset`, the second not.
async fn is_reset_once(server: &TestServer, user: &str, before: &Value) {
    let told = server.sync(user, pull_from("notes", before)).await;
    assert_eq!(told["reset"], true, "{user}: {told}");
    assert!(!told.to_string().contains("zx81"), "{user}: {told}");
    let next = server.sync(user, pull_from("notes", &told)).await;
    assert_eq!(next["reset"], Value::Null, "{user}: {next}");
    assert_eq!(next["serverChanges"], json!([]), "{user}: {next}");
}

#[tokio::test]
async fn readers_are_reset_once_and_told_nothing_else() {
    let server = TestServer::start().await;
    let doc = json!({ "title": "zx81" });
    for key in ["own", "shared", "org", "once"] {
        is(
            &write(&server, PERSON, None, key, &doc).await,
            StatusCode::OK,
        );
    }
    for user in [FRIEND, STRANGER, "mia", "tom"] {
        is(
            &write(&server, user, None, user, &json!({})).await,
            StatusCode::OK,
        );
    }
    let acme = found(&server, "tom", "Acme").await;
    for user in [PERSON, "mia"] {
        add(&server, "tom", &acme, user).await;
    }
    let with = |user: &str| json!([{ "userId": user, "app": "todo", "access": "read" }]);
    let shared = json!({ "visibility": "shared", "sharedWith": with(FRIEND) });
    open_to(&server, PERSON, "shared", &shared).await;
    open_to(&server, PERSON, "once", &shared).await;
    open_to(
        &server,
        PERSON,
        "org",
        &json!({ "visibility": "org", "orgId": acme }),
    )
    .await;

    let mut clocks = Vec::new();
    for (user, count) in [(FRIEND, 3), ("mia", 2), ("tom", 2), (STRANGER, 1)] {
        let pulled = server.sync(user, first_sync("notes")).await;
        assert_eq!(
            pulled["serverChanges"].as_array().unwrap().len(),
            count,
            "{pulled}"
        );
        clocks.push((user, pulled));
    }
    // Not pulled since: it must not come as `_removed`.
    open_to(&server, PERSON, "once", &json!({ "visibility": "private" })).await;
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    for (user, before) in &clocks[..3] {
        is_reset_once(&server, user, before).await;
    }
    let (stranger, before) = &clocks[3];
    let told = server.sync(stranger, pull_from("notes", before)).await;
    assert_eq!(
        [&told["reset"], &told["serverChanges"]],
        [&Value::Null, &json!([])]
    );
    server.finish().await;
}

#[tokio::test]
async fn everybody_is_reset_where_a_document_was_public() {
    let server = TestServer::start().await;
    is(
        &write(&server, PERSON, None, "1", &json!({ "a": "zx81" })).await,
        StatusCode::OK,
    );
    open_to(&server, PERSON, "1", &json!({ "visibility": "public" })).await;
    let before = server.sync(STRANGER, first_sync("notes")).await;
    assert_eq!(
        before["serverChanges"].as_array().unwrap().len(),
        1,
        "{before}"
    );
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    is_reset_once(&server, STRANGER, &before).await;
    server.finish().await;
}

/// The members of an organisation that ends no longer see what it showed them.
#[tokio::test]
async fn members_are_reset_when_their_organisation_ends() {
    let server = TestServer::start().await;
    let acme = found(&server, FRIEND, "Acme").await;
    for user in [PERSON, STRANGER] {
        add(&server, FRIEND, &acme, user).await;
    }
    is(
        &write(&server, PERSON, None, "1", &json!({ "a": "zx81" })).await,
        StatusCode::OK,
    );
    open_to(
        &server,
        PERSON,
        "1",
        &json!({ "visibility": "org", "orgId": acme }),
    )
    .await;
    let before = server.sync(STRANGER, first_sync("notes")).await;
    assert_eq!(
        before["serverChanges"].as_array().unwrap().len(),
        1,
        "{before}"
    );
    let path = format!("/orgs/{acme}");
    is(
        &send(&server, FRIEND, Method::DELETE, &path, &Value::Null).await,
        StatusCode::NO_CONTENT,
    );
    is_reset_once(&server, STRANGER, &before).await;
    let own = server.sync(PERSON, first_sync("notes")).await;
    assert_eq!(own["serverChanges"][0]["a"], "zx81");
    server.finish().await;
}

/// What a device was told to be stored is in the whole state that follows, since it may be gone by then.
#[tokio::test]
async fn a_reset_brings_what_its_request_pushed_to_others() {
    let server = TestServer::start().await;
    for (owner, key) in [(PERSON, "gone"), (STRANGER, "left")] {
        is(
            &write(&server, owner, None, key, &json!({ "n": 1 })).await,
            StatusCode::OK,
        );
        let share = json!([{ "userId": FRIEND, "access": "write" }]);
        open_to(&server, owner, key, &json!({ "sharedWith": share })).await;
    }
    let pulled = server.sync(FRIEND, first_sync("notes")).await;
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    let mut body = pull_from("notes", &pulled);
    let mut edit = change("left", &json!({ "n": 2 }), &stamp("phone", 0));
    edit["owner"] = STRANGER.into();
    edit["baseClock"] = pulled["serverClock"].clone();
    body["changes"] = json!([edit]);
    body["echo"] = false.into();
    let told = server.sync(FRIEND, body).await;
    assert_eq!(told["reset"], true, "{told}");
    assert_eq!(told["accepted"][0]["key"], "left", "{told}");
    assert_eq!(told["serverChanges"][0]["n"], 2, "{told}");
    server.finish().await;
}
