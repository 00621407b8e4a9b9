//! Documents of others, by `?owner=`: as far as they are shared, and no further.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer,
    replica::{change, deletion, stamp},
    server::answer,
};

use crate::support::{STRANGER, USER, fields, get, is, note, push, refuses, restore, write};

const READER: &str = "rob";
const WRITER: &str = "wim";

async fn send(
    server: &TestServer,
    user: &str,
    organisation: Option<&str>,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    let mut request = server.request(method, path).bearer_auth(server.token(user));
    if let Some(organisation) = organisation {
        request = request.header("X-Org-Id", organisation);
    }
    answer(if body.is_null() {
        request
    } else {
        request.json(body)
    })
    .await
}

/// Says who may see a note of the user's.
async fn open(server: &TestServer, key: &str, change: Value) {
    let path = format!("/docIndex/todo/{key}");
    let answer = send(server, USER, None, Method::PATCH, &path, &change).await;
    is(&answer, StatusCode::OK);
}

/// Shares it with one user for reading and with another for writing.
async fn share(server: &TestServer, key: &str) {
    let with = json!([
        { "userId": READER, "access": "read" },
        { "userId": WRITER, "access": "write" },
    ]);
    open(server, key, json!({ "sharedWith": with })).await;
}

/// The path of a note of the user's, as others ask for it.
fn of_user(key: &str) -> String {
    format!("{}?owner={USER}", note(key))
}

async fn restore_of_user(server: &TestServer, user: &str, key: &str, rev: &Value) -> Answer {
    let path = format!("{}/restore?owner={USER}", note(key));
    send(
        server,
        user,
        None,
        Method::POST,
        &path,
        &json!({ "rev": rev }),
    )
    .await
}

#[tokio::test]
async fn a_document_of_another_is_what_a_pull_gives() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "a" }), 0).await;
    share(&server, "1").await;
    for user in [READER, WRITER] {
        let pulled = server.sync(user, syncline_tests::first_sync("notes")).await;
        let read = get(&server, user, &of_user("1")).await;
        is(&read, StatusCode::OK);
        assert_eq!(read.body["document"], pulled["serverChanges"][0]);
        let versions = format!("{}/versions?owner={USER}", note("1"));
        let versions = get(&server, user, &versions).await;
        assert_eq!(versions.body["versions"], pulled["serverChanges"]);
        // Without an owner, and as their own, they have none of this key.
        for path in [note("1"), format!("{}?owner={user}", note("1"))] {
            refuses(
                &get(&server, user, &path).await,
                StatusCode::NOT_FOUND,
                "not_found",
            );
        }
    }
    let named = get(&server, USER, &of_user("1")).await;
    let own = get(&server, USER, &note("1")).await;
    assert_eq!(named.body["document"], own.body["document"]);
    server.finish().await;
}

/// The document is older than the way to it: the clock says that both were seen.
#[tokio::test]
async fn the_clock_serves_as_the_base_of_an_edit() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "notes": "one\ntwo\n" }), 0).await;
    share(&server, "1").await;
    let read = get(&server, WRITER, &of_user("1")).await.body;
    write(&server, "1", &json!({ "notes": "zero\none\ntwo\n" }), 1).await;
    let by_writer = json!({ "notes": "one\ntwo\nthree\n" });
    let mut edit = change("1", &by_writer, &stamp("tablet", 0));
    edit["owner"] = USER.into();
    edit["baseClock"] = read["clock"].clone();
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [edit] });
    let answer = server.sync(WRITER, body).await;
    assert_eq!(answer["conflicts"][0]["winner"], "auto-merged", "{answer}");
    let merged = get(&server, USER, &note("1")).await.body;
    assert_eq!(merged["document"]["notes"], "zero\none\ntwo\nthree\n");
    server.finish().await;
}

#[tokio::test]
async fn who_may_write_restores_and_nobody_else() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "old" }), 0).await;
    let old = get(&server, USER, &note("1")).await.body["document"]["_rev"].clone();
    write(&server, "1", &json!({ "title": "new" }), 1).await;
    share(&server, "1").await;
    let refused = restore_of_user(&server, READER, "1", &old).await;
    refuses(&refused, StatusCode::FORBIDDEN, "forbidden");
    let refused = restore_of_user(&server, STRANGER, "1", &old).await;
    refuses(&refused, StatusCode::NOT_FOUND, "not_found");
    let restored = restore_of_user(&server, WRITER, "1", &old).await;
    is(&restored, StatusCode::OK);
    assert_eq!(restored.body["conflicts"], json!([]));
    let document = &restored.body["document"];
    assert_eq!(
        [
            &document["title"],
            &document["_owner"],
            &document["_access"]
        ],
        ["old", USER, "write"]
    );
    assert_eq!(
        fields(&get(&server, USER, &note("1")).await.body["document"]),
        json!({ "title": "old" })
    );
    let own = restore(&server, USER, &note("1"), &old).await;
    assert_eq!(
        own.body["document"]["_rev"], document["_rev"],
        "it is that already"
    );
    server.finish().await;
}

#[tokio::test]
async fn what_is_not_shared_is_not_there() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "a" }), 0).await;
    let shared = [of_user("1"), format!("{}/versions?owner={USER}", note("1"))];
    let is_hidden = async |user: &str| {
        for path in &shared {
            refuses(
                &get(&server, user, path).await,
                StatusCode::NOT_FOUND,
                "not_found",
            );
        }
    };
    let is_shown = async |user: &str| {
        for path in &shared {
            is(&get(&server, user, path).await, StatusCode::OK);
        }
    };
    is_hidden(READER).await;
    share(&server, "1").await;
    is_shown(READER).await;
    is_hidden(STRANGER).await;
    open(&server, "1", json!({ "visibility": "public" })).await;
    is_shown(STRANGER).await;
    open(&server, "1", json!({ "visibility": "private" })).await;
    is_hidden(READER).await;
    is_hidden(STRANGER).await;
    share(&server, "1").await;
    open(&server, "1", json!({ "visibility": "shared" })).await;
    let clock = get(&server, USER, &note("1")).await.body["clock"].clone();
    let mut gone = deletion("1", &stamp("phone", 1));
    gone["baseClock"] = clock;
    push(&server, "notes", &[gone]).await;
    let missing = get(&server, READER, &of_user("1")).await;
    refuses(&missing, StatusCode::NOT_FOUND, "not_found");
    let long = format!("{}?owner={}", note("1"), "x".repeat(300));
    refuses(
        &get(&server, READER, &long).await,
        StatusCode::NOT_FOUND,
        "not_found",
    );
    server.finish().await;
}

/// What pulls name as the owner of an organisation's document is the organisation.
#[tokio::test]
async fn a_document_of_an_organisation_is_shared_with_others() {
    let server = TestServer::start().await;
    let name = json!({ "name": "Acme" });
    let founded = send(&server, USER, None, Method::POST, "/orgs", &name).await;
    let acme = founded.body["orgId"].as_str().unwrap();
    let old = change("1", &json!({ "title": "old" }), &stamp("phone", 0));
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [old] });
    let pushed = send(&server, USER, Some(acme), Method::POST, "/todo/sync", &body).await;
    is(&pushed, StatusCode::OK);
    let with = json!({ "sharedWith": [{ "userId": WRITER, "access": "write" }] });
    let path = "/docIndex/todo/1";
    let entry = send(&server, USER, Some(acme), Method::PATCH, path, &with).await;
    is(&entry, StatusCode::OK);

    let path = format!("{}?owner={acme}", note("1"));
    let read = get(&server, WRITER, &path).await;
    is(&read, StatusCode::OK);
    let pulled = server
        .sync(WRITER, syncline_tests::first_sync("notes"))
        .await;
    assert_eq!(read.body["document"], pulled["serverChanges"][0]);
    let mut edit = change("1", &json!({ "title": "new" }), &stamp("tablet", 1));
    edit["owner"] = acme.into();
    edit["baseClock"] = read.body["clock"].clone();
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [edit] });
    let answer = server.sync(WRITER, body).await;
    assert_eq!(answer["conflicts"], json!([]), "{answer}");
    let of_member = send(
        &server,
        USER,
        Some(acme),
        Method::GET,
        &note("1"),
        &Value::Null,
    )
    .await;
    assert_eq!(of_member.body["document"]["title"], "new");

    let path = format!("{}/restore?owner={acme}", note("1"));
    let rev = json!({ "rev": read.body["document"]["_rev"] });
    let restored = send(&server, WRITER, None, Method::POST, &path, &rev).await;
    is(&restored, StatusCode::OK);
    assert_eq!(restored.body["document"]["title"], "old");
    let path = format!("{}?owner={acme}", note("1"));
    let both = send(&server, USER, Some(acme), Method::GET, &path, &Value::Null).await;
    refuses(&both, StatusCode::BAD_REQUEST, "bad_request");
    refuses(
        &get(&server, STRANGER, &path).await,
        StatusCode::NOT_FOUND,
        "not_found",
    );
    server.finish().await;
}
