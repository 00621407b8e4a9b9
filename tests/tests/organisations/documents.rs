//! The documents of an organisation: `X-Org-Id`.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, first_sync, pull_from,
    replica::{change, deletion, stamp},
    server::answer,
};

use crate::world::{ADMIN, MEMBER, STRANGER, World, is, refuses};

/// Is in no organisation.
const READER: &str = "rob";

/// Sends the body of a sync request of `user` with the header `X-Org-Id`.
async fn sync_as(world: &World, user: &str, organisation: &str, body: &Value) -> Answer {
    let request = world.server.request(Method::POST, "/todo/sync");
    let request = request.bearer_auth(world.server.token(user));
    let id = organisation.strip_prefix("/orgs/").unwrap();
    answer(request.header("X-Org-Id", id).json(body)).await
}

/// Asks for the access entry of a document of the organisation, or changes it; a body of null is none.
async fn entry_as(
    world: &World,
    user: &str,
    method: Method,
    organisation: &str,
    path: &str,
    body: &Value,
) -> Answer {
    let request = world.server.request(method, path);
    let request = request.bearer_auth(world.server.token(user));
    let id = organisation.strip_prefix("/orgs/").unwrap();
    let request = request.header("X-Org-Id", id);
    answer(if body.is_null() {
        request
    } else {
        request.json(body)
    })
    .await
}

async fn synced(world: &World, user: &str, organisation: &str, body: &Value) -> Value {
    let answer = sync_as(world, user, organisation, body).await;
    is(&answer, StatusCode::OK);
    answer.body
}

fn push(key: &str, title: &str) -> Value {
    let mut body = first_sync("notes");
    body["changes"] = json!([change(key, &json!({ "title": title }), &stamp("phone", 0))]);
    body
}

fn titles(answer: &Value) -> Vec<&str> {
    let changes = answer["serverChanges"].as_array().unwrap();
    changes
        .iter()
        .map(|document| document["title"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn members_share_documents_that_are_nobodys_own() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    let other = world.found("Other").await;
    world.add(&acme, MEMBER, "member").await;
    synced(&world, MEMBER, &acme, &push("1", "shared")).await;
    world.server.sync(ADMIN, push("1", "own")).await;
    synced(&world, ADMIN, &other, &push("1", "elsewhere")).await;

    let pull = first_sync("notes");
    let of_acme = synced(&world, ADMIN, &acme, &pull).await;
    assert_eq!(titles(&of_acme), ["shared"]);
    // A key alone is identity there: the document has no owner.
    assert_eq!(of_acme["serverChanges"][0]["_owner"], Value::Null);
    let of_other = synced(&world, ADMIN, &other, &pull).await;
    assert_eq!(titles(&of_other), ["elsewhere"]);
    let own = world.server.sync(ADMIN, pull.clone()).await;
    assert_eq!(titles(&own), ["own"]);
    let members_own = world.server.sync(MEMBER, pull).await;
    assert_eq!(members_own["serverChanges"], json!([]));
    world.server.finish().await;
}

#[tokio::test]
async fn an_edit_of_one_member_reaches_the_others() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    let seen = synced(&world, ADMIN, &acme, &first_sync("notes")).await;
    synced(&world, MEMBER, &acme, &push("1", "news")).await;
    let next = synced(&world, ADMIN, &acme, &pull_from("notes", &seen)).await;
    assert_eq!(titles(&next), ["news"]);
    assert_eq!(next["reset"], Value::Null);
    let last = synced(&world, ADMIN, &acme, &pull_from("notes", &next)).await;
    assert_eq!(last["serverChanges"], json!([]));
    world.server.finish().await;
}

/// A clock of one namespace says nothing of another: the device gets the whole state.
#[tokio::test]
async fn a_clock_of_another_namespace_counts_as_none() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    synced(&world, ADMIN, &acme, &push("1", "shared")).await;
    let own = world.server.sync(ADMIN, first_sync("notes")).await;
    let answer = synced(&world, ADMIN, &acme, &pull_from("notes", &own)).await;
    assert_eq!(
        (titles(&answer), &answer["reset"]),
        (vec!["shared"], &json!(true))
    );
    world.server.finish().await;
}

#[tokio::test]
async fn whoever_is_no_member_neither_reads_nor_writes() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    synced(&world, ADMIN, &acme, &push("1", "shared")).await;
    world.add(&acme, MEMBER, "member").await;
    let seen = synced(&world, MEMBER, &acme, &first_sync("notes")).await;
    let own = format!("{acme}/members/{MEMBER}");
    is(&world.delete(ADMIN, &own).await, StatusCode::NO_CONTENT);
    let none = "/orgs/0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11";
    for (user, organisation) in [
        (STRANGER, acme.as_str()),
        (MEMBER, &acme),
        (ADMIN, none),
        (ADMIN, "/orgs/not an id"),
        (ADMIN, "/orgs/"),
    ] {
        for body in [
            first_sync("notes"),
            push("2", "foreign"),
            pull_from("notes", &seen),
        ] {
            let answer = sync_as(&world, user, organisation, &body).await;
            refuses(&answer, StatusCode::FORBIDDEN, "forbidden");
        }
    }
    let left = synced(&world, ADMIN, &acme, &first_sync("notes")).await;
    assert_eq!(titles(&left), ["shared"]);
    world.server.finish().await;
}

#[tokio::test]
async fn whoever_comes_back_sees_what_happened_meanwhile() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    let seen = synced(&world, MEMBER, &acme, &first_sync("notes")).await;
    let own = format!("{acme}/members/{MEMBER}");
    is(&world.delete(MEMBER, &own).await, StatusCode::NO_CONTENT);
    synced(&world, ADMIN, &acme, &push("1", "meanwhile")).await;
    world.add(&acme, MEMBER, "member").await;
    let answer = synced(&world, MEMBER, &acme, &pull_from("notes", &seen)).await;
    assert_eq!(titles(&answer), ["meanwhile"]);
    world.server.finish().await;
}

/// Pushes that are under way when the organisation is deleted are refused or go with it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_pushed_into_an_organisation_that_is_gone() {
    let world = World::begin().await;
    for round in 0..30 {
        let organisation = world.found(&format!("Organisation {round}")).await;
        let pushes = ["1", "2", "3", "4"].map(|key| push(key, "late"));
        let [one, two, three, four] = &pushes;
        let (a, b, deleted, c, d) = tokio::join!(
            sync_as(&world, ADMIN, &organisation, one),
            sync_as(&world, ADMIN, &organisation, two),
            world.delete(ADMIN, &organisation),
            sync_as(&world, ADMIN, &organisation, three),
            sync_as(&world, ADMIN, &organisation, four),
        );
        is(&deleted, StatusCode::NO_CONTENT);
        for answer in [a, b, c, d] {
            // Or stored, and gone before it was answered: then nobody knows.
            let is_expected = matches!(
                answer.status,
                StatusCode::OK | StatusCode::FORBIDDEN | StatusCode::SERVICE_UNAVAILABLE
            );
            assert!(is_expected, "round {round}: {answer:?}");
        }
    }
    let mut connection = world.server.database.connect().await;
    for table in [
        "documents",
        "document_versions",
        "document_pushes",
        "namespaces WHERE kind = 'organisation'",
    ] {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, 0, "rows of {table}");
    }
    world.server.finish().await;
}

#[tokio::test]
async fn who_makes_a_deleted_document_again_is_its_author() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    for member in [MEMBER, STRANGER] {
        world.add(&acme, member, "member").await;
    }
    synced(&world, MEMBER, &acme, &push("1", "of the first")).await;
    let mut deleting = first_sync("notes");
    deleting["changes"] = json!([deletion("1", &stamp("phone", 1))]);
    synced(&world, MEMBER, &acme, &deleting).await;
    let mut again = first_sync("notes");
    let document = json!({ "title": "of the second" });
    again["changes"] = json!([change("1", &document, &stamp("tablet", 2))]);
    synced(&world, STRANGER, &acme, &again).await;
    for (user, status) in [(STRANGER, StatusCode::OK), (MEMBER, StatusCode::NOT_FOUND)] {
        let path = "/docIndex/todo/1";
        let entry = entry_as(&world, user, Method::GET, &acme, path, &Value::Null).await;
        is(&entry, status);
    }
    world.server.finish().await;
}

/// The author may be gone when it is taken back. An entry says whose document it is, whoever asks.
#[tokio::test]
async fn an_admin_takes_back_what_an_author_shared() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    world.add(&acme, STRANGER, "member").await;
    synced(&world, MEMBER, &acme, &push("1", "shared")).await;
    let path = "/docIndex/todo/1";
    let share_token = "/docIndex/todo/1/shareToken";
    let public = json!({ "visibility": "public" });
    let published = entry_as(&world, MEMBER, Method::PATCH, &acme, path, &public).await;
    is(&published, StatusCode::OK);
    assert_eq!(published.body["userId"], MEMBER);
    let read = world.server.sync(READER, first_sync("notes")).await;
    assert_eq!(titles(&read), ["shared"]);
    let link = entry_as(
        &world,
        ADMIN,
        Method::POST,
        &acme,
        share_token,
        &Value::Null,
    )
    .await;
    is(&link, StatusCode::CREATED);
    assert_eq!(link.body["entry"]["userId"], MEMBER);
    let link = format!("/share/{}", link.body["shareToken"].as_str().unwrap());
    let entry = entry_as(&world, ADMIN, Method::GET, &acme, path, &Value::Null).await;
    assert_eq!(entry.body["userId"], MEMBER);

    let gone = world.delete(MEMBER, "/account").await;
    is(&gone, StatusCode::NO_CONTENT);
    let entry = entry_as(&world, ADMIN, Method::GET, &acme, path, &Value::Null).await;
    is(&entry, StatusCode::OK);
    assert_eq!(entry.body["visibility"], "public");
    let id = acme.strip_prefix("/orgs/").unwrap();
    assert_eq!(entry.body["userId"], id);
    let private = json!({ "visibility": "private" });
    let withdrawn = entry_as(&world, ADMIN, Method::PATCH, &acme, path, &private).await;
    is(&withdrawn, StatusCode::OK);
    assert_eq!(withdrawn.body["userId"], id);
    let read = world.server.sync(READER, pull_from("notes", &read)).await;
    let removed = json!([{ "_key": "1", "_owner": id, "_removed": true }]);
    assert_eq!(read["serverChanges"], removed);
    let revoked = entry_as(
        &world,
        ADMIN,
        Method::DELETE,
        &acme,
        share_token,
        &Value::Null,
    )
    .await;
    is(&revoked, StatusCode::NO_CONTENT);
    is(&world.get(ADMIN, &link).await, StatusCode::NOT_FOUND);

    // Nobody else may.
    let refused = entry_as(&world, STRANGER, Method::PATCH, &acme, path, &public).await;
    refuses(&refused, StatusCode::NOT_FOUND, "not_found");
    world.server.finish().await;
}
