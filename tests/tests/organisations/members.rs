//! `/orgs/{orgId}/members`

use reqwest::StatusCode;
use serde_json::json;

use crate::world::{ADMIN, MEMBER, STRANGER, World, is, listed, refuses, take_instant};

#[tokio::test]
async fn an_admin_adds_members_and_gives_them_roles() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    let members = format!("{acme}/members");
    let mut added = world
        .post(ADMIN, &members, &json!({ "userId": MEMBER }))
        .await;
    is(&added, StatusCode::CREATED);
    let list = world.get(MEMBER, &members).await.body;
    assert_eq!(list["members"][1], added.body);
    take_instant(&mut added.body);
    assert_eq!(added.body, json!({ "userId": MEMBER, "role": "member" }));

    let path = format!("{members}/{MEMBER}");
    for role in ["org-admin", "org-admin", "member"] {
        let mut changed = world.patch(ADMIN, &path, role).await;
        is(&changed, StatusCode::OK);
        take_instant(&mut changed.body);
        assert_eq!(changed.body, json!({ "userId": MEMBER, "role": role }));
        assert_eq!(
            world.members(ADMIN, &acme).await,
            listed(&[(ADMIN, "org-admin"), (MEMBER, role)])
        );
    }
    is(&world.delete(ADMIN, &path).await, StatusCode::NO_CONTENT);
    assert_eq!(
        world.members(ADMIN, &acme).await,
        listed(&[(ADMIN, "org-admin")])
    );
    world.server.finish().await;
}

#[tokio::test]
async fn a_change_of_role_takes_effect_at_once() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "org-admin").await;
    let admin = format!("{acme}/members/{ADMIN}");
    is(&world.patch(MEMBER, &admin, "member").await, StatusCode::OK);
    let refused = world.patch(ADMIN, &admin, "org-admin").await;
    refuses(&refused, StatusCode::FORBIDDEN, "forbidden");
    is(&world.delete(MEMBER, &admin).await, StatusCode::NO_CONTENT);
    let refused = world.get(ADMIN, &acme).await;
    refuses(&refused, StatusCode::NOT_FOUND, "not_found");
    world.server.finish().await;
}

#[tokio::test]
async fn nobody_is_a_member_twice() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    let members = format!("{acme}/members");
    world.add(&acme, MEMBER, "member").await;
    let body = json!({ "userId": MEMBER, "role": "org-admin" });
    let again = world.post(ADMIN, &members, &body).await;
    refuses(&again, StatusCode::CONFLICT, "conflict");
    let own = world
        .post(ADMIN, &members, &json!({ "userId": ADMIN }))
        .await;
    refuses(&own, StatusCode::CONFLICT, "conflict");
    assert_eq!(
        world.members(ADMIN, &acme).await,
        listed(&[(ADMIN, "org-admin"), (MEMBER, "member")])
    );
    world.server.finish().await;
}

#[tokio::test]
async fn whoever_is_no_member_is_neither_changed_nor_removed() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    let left = format!("{acme}/members/{MEMBER}");
    is(&world.delete(ADMIN, &left).await, StatusCode::NO_CONTENT);
    for user in [MEMBER, STRANGER, "%00"] {
        let path = format!("{acme}/members/{user}");
        let changed = world.patch(ADMIN, &path, "org-admin").await;
        refuses(&changed, StatusCode::NOT_FOUND, "not_found");
        let removed = world.delete(ADMIN, &path).await;
        refuses(&removed, StatusCode::NOT_FOUND, "not_found");
    }
    world.server.finish().await;
}

#[tokio::test]
async fn whoever_comes_back_is_a_member_again() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "org-admin").await;
    let path = format!("{acme}/members/{MEMBER}");
    is(&world.delete(ADMIN, &path).await, StatusCode::NO_CONTENT);
    refuses(
        &world.get(MEMBER, &acme).await,
        StatusCode::NOT_FOUND,
        "not_found",
    );
    world.add(&acme, MEMBER, "member").await;
    assert_eq!(
        world.members(MEMBER, &acme).await,
        listed(&[(ADMIN, "org-admin"), (MEMBER, "member")])
    );
    world.server.finish().await;
}

#[tokio::test]
async fn any_user_id_may_be_a_member() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    for (user, in_path) in [
        ("google|Zoë 1", "google%7CZo%C3%AB%201"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("%2E", "%252E"),
    ] {
        world.add(&acme, user, "member").await;
        is(&world.get(user, &acme).await, StatusCode::OK);
        let path = format!("{acme}/members/{in_path}");
        is(
            &world.patch(ADMIN, &path, "org-admin").await,
            StatusCode::OK,
        );
        is(&world.delete(ADMIN, &path).await, StatusCode::NO_CONTENT);
    }
    world.server.finish().await;
}

#[tokio::test]
async fn what_is_no_member_or_role_is_refused() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    let members = format!("{acme}/members");
    let long = "x".repeat(256);
    for (body, place) in [
        (json!({}), "userId"),
        (json!({ "userId": 5 }), "userId: "),
        (json!({ "userId": "" }), "userId: "),
        (json!({ "userId": "a\0b" }), "userId: "),
        (json!({ "userId": long }), "userId: "),
        (json!({ "userId": MEMBER, "role": "admin" }), "role: "),
        (json!({ "userId": MEMBER, "role": 1 }), "role: "),
    ] {
        let answer = world.post(ADMIN, &members, &body).await;
        refuses(&answer, StatusCode::BAD_REQUEST, "bad_request");
        let error = answer.body["error"].as_str().unwrap();
        assert!(error.contains(place), "{error}");
    }
    let answer = world
        .patch(ADMIN, &format!("{members}/{ADMIN}"), "king")
        .await;
    refuses(&answer, StatusCode::BAD_REQUEST, "bad_request");
    assert_eq!(
        world.members(ADMIN, &acme).await,
        listed(&[(ADMIN, "org-admin")])
    );
    world.server.finish().await;
}

#[tokio::test]
async fn many_members_come_in_pages() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    for number in 0..5 {
        world.add(&acme, &format!("user-{number}"), "member").await;
    }
    let (mut users, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{acme}/members?limit=2{cursor}");
        let answer = world.get(ADMIN, &path).await;
        is(&answer, StatusCode::OK);
        let page = answer.body["members"].as_array().unwrap();
        users.extend(page.iter().map(|member| member["userId"].clone()));
        let Some(next) = answer.body["nextCursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(
        users,
        ["ada", "user-0", "user-1", "user-2", "user-3", "user-4"]
    );
    world.server.finish().await;
}
