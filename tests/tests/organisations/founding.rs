//! `/orgs` and `/orgs/{orgId}`

use reqwest::StatusCode;
use serde_json::{Value, json};
use syncline_tests::{TestDatabase, TestServer};

use crate::world::{ADMIN, MEMBER, STRANGER, World, is, refuses, take_instant};

#[tokio::test]
async fn whoever_founds_an_organisation_is_its_admin() {
    let world = World::begin().await;
    let mut created = world
        .post(ADMIN, "/orgs", &json!({ "name": "  Acme Ltd " }))
        .await;
    is(&created, StatusCode::CREATED);
    let id = created.body["orgId"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36);
    let shown = world.get(ADMIN, &format!("/orgs/{id}")).await.body;
    assert_eq!(shown, created.body);
    let listed = world.get(ADMIN, "/orgs").await.body;
    assert_eq!(listed, json!({ "orgs": [created.body] }));
    take_instant(&mut created.body);
    let expected = json!({ "orgId": id, "name": "Acme Ltd", "role": "org-admin" });
    assert_eq!(created.body, expected);
    world.server.finish().await;
}

#[tokio::test]
async fn everybody_sees_only_their_own() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.found("Other").await;
    world.add(&acme, MEMBER, "member").await;
    let seen = |body: Value| -> Vec<(String, String)> {
        let seen = body["orgs"].as_array().unwrap().iter().map(|organisation| {
            let text = |name| organisation[name].as_str().unwrap().to_owned();
            (text("name"), text("role"))
        });
        seen.collect()
    };
    let own = |name: &str, role: &str| (name.to_owned(), role.to_owned());
    assert_eq!(
        seen(world.get(ADMIN, "/orgs").await.body),
        [own("Acme", "org-admin"), own("Other", "org-admin")]
    );
    assert_eq!(
        seen(world.get(MEMBER, "/orgs").await.body),
        [own("Acme", "member")]
    );
    assert_eq!(seen(world.get(STRANGER, "/orgs").await.body), []);
    world.server.finish().await;
}

#[tokio::test]
async fn a_name_is_given_once() {
    let world = World::begin().await;
    world.found("École d’Été").await;
    for (user, name) in [
        (ADMIN, "École d’Été"),
        (STRANGER, "école d’été"),
        (STRANGER, " \tÉCOLE D’ÉTÉ\u{3000}"),
    ] {
        let again = world.post(user, "/orgs", &json!({ "name": name })).await;
        refuses(&again, StatusCode::CONFLICT, "conflict");
    }
    world.found("École d’Été 2").await;
    world.server.finish().await;
}

#[tokio::test]
async fn a_name_is_free_again_when_its_organisation_is_gone() {
    let world = World::begin().await;
    let first = world.found("Acme").await;
    is(&world.delete(ADMIN, &first).await, StatusCode::NO_CONTENT);
    let second = world.found("Acme").await;
    assert_ne!(first, second);
    let gone = world.get(ADMIN, &first).await;
    refuses(&gone, StatusCode::NOT_FOUND, "not_found");
    world.server.finish().await;
}

#[tokio::test]
async fn what_is_no_name_is_refused() {
    let world = World::begin().await;
    let long = "é".repeat(101);
    for (body, place) in [
        (json!({}), "name"),
        (json!({ "name": null }), "name: "),
        (json!({ "name": 5 }), "name: "),
        (json!({ "name": "" }), "name: "),
        (json!({ "name": " \n " }), "name: "),
        (json!({ "name": "a\nb" }), "name: "),
        (json!({ "name": "a\0b" }), "name: "),
        (json!({ "name": long }), "name: "),
    ] {
        let answer = world.post(ADMIN, "/orgs", &body).await;
        refuses(&answer, StatusCode::BAD_REQUEST, "bad_request");
        let error = answer.body["error"].as_str().unwrap();
        assert!(error.contains(place), "{error}");
    }
    let listed = world.get(ADMIN, "/orgs").await.body;
    assert_eq!(listed, json!({ "orgs": [] }));
    world.found(&"é".repeat(100)).await;
    world.server.finish().await;
}

#[tokio::test]
async fn an_operator_may_keep_organisations_to_themselves() {
    let open = World::begin().await;
    let acme = open.found("Acme").await;
    let database: TestDatabase = open.server.stop().await;
    let closed = "[orgs]\nregisterable = false\n";
    let world = World {
        server: TestServer::with(database, closed).await,
    };
    let answer = world.post(ADMIN, "/orgs", &json!({ "name": "New" })).await;
    refuses(&answer, StatusCode::FORBIDDEN, "forbidden");
    // Those that exist go on.
    world.add(&acme, MEMBER, "member").await;
    world.server.finish().await;
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let world = World::begin().await;
    for name in ["delta", "Alpha", "charlie", "Bravo", "echo"] {
        world.found(name).await;
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = world.get(ADMIN, &format!("/orgs?limit=2{cursor}")).await;
        is(&answer, StatusCode::OK);
        let page = answer.body["orgs"].as_array().unwrap();
        assert!((1..=2).contains(&page.len()));
        names.extend(page.iter().map(|organisation| organisation["name"].clone()));
        let Some(next) = answer.body["nextCursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names, ["Alpha", "Bravo", "charlie", "delta", "echo"]);
    for query in ["limit=0", "limit=1001", "limit=-1", "limit=x", "cursor="] {
        let answer = world.get(ADMIN, &format!("/orgs?{query}")).await;
        refuses(&answer, StatusCode::BAD_REQUEST, "bad_request");
    }
    world.server.finish().await;
}
