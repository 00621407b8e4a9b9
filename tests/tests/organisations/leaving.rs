//! Leaving, the last admin, and the end of an organisation.

use reqwest::StatusCode;
use serde_json::json;
use syncline_tests::{
    first_sync,
    replica::{change, stamp},
};

use crate::world::{ADMIN, MEMBER, World, is, listed, refuses};

#[tokio::test]
async fn a_member_may_leave() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    let own = format!("{acme}/members/{MEMBER}");
    is(&world.delete(MEMBER, &own).await, StatusCode::NO_CONTENT);
    let gone = world.delete(MEMBER, &own).await;
    refuses(&gone, StatusCode::NOT_FOUND, "not_found");
    assert_eq!(world.get(MEMBER, "/orgs").await.body, json!({ "orgs": [] }));
    assert_eq!(
        world.members(ADMIN, &acme).await,
        listed(&[(ADMIN, "org-admin")])
    );
    world.server.finish().await;
}

#[tokio::test]
async fn the_last_admin_neither_leaves_nor_steps_down() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    let own = format!("{acme}/members/{ADMIN}");
    for answer in [
        world.delete(ADMIN, &own).await,
        world.patch(ADMIN, &own, "member").await,
    ] {
        refuses(&answer, StatusCode::CONFLICT, "conflict");
    }
    is(&world.patch(ADMIN, &own, "org-admin").await, StatusCode::OK);
    let other = format!("{acme}/members/{MEMBER}");
    is(
        &world.patch(ADMIN, &other, "org-admin").await,
        StatusCode::OK,
    );
    is(&world.delete(ADMIN, &own).await, StatusCode::NO_CONTENT);
    assert_eq!(
        world.members(MEMBER, &acme).await,
        listed(&[(MEMBER, "org-admin")])
    );
    refuses(
        &world.delete(MEMBER, &other).await,
        StatusCode::CONFLICT,
        "conflict",
    );
    world.server.finish().await;
}

#[tokio::test]
async fn an_admin_who_left_does_not_count() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "org-admin").await;
    let other = format!("{acme}/members/{MEMBER}");
    is(&world.delete(MEMBER, &other).await, StatusCode::NO_CONTENT);
    let last = world
        .delete(ADMIN, &format!("{acme}/members/{ADMIN}"))
        .await;
    refuses(&last, StatusCode::CONFLICT, "conflict");
    world.server.finish().await;
}

/// Nothing of an organisation is left, and nothing of anybody else is gone.
#[tokio::test]
async fn a_deleted_organisation_is_gone_with_its_documents() {
    let world = World::begin().await;
    let (acme, other) = (world.found("Acme").await, world.found("Other").await);
    world.add(&acme, MEMBER, "member").await;
    let mut body = first_sync("notes");
    body["changes"] = json!([change("1", &json!({ "title": "own" }), &stamp("phone", 0))]);
    world.server.sync(ADMIN, body).await;
    // As if each of the two had a document, its past and a push.
    let mut connection = world.server.database.connect().await;
    for statement in [
        "INSERT INTO documents SELECT organisations.namespace_id, application, collection, key, \
         version, revision, field_revisions, content, deleted, bytes, tx \
         FROM documents, organisations",
        "INSERT INTO document_versions SELECT namespace_id, application, collection, key, version, \
         revision, field_revisions, content, deleted, tx FROM documents",
        "INSERT INTO document_pushes (namespace_id, application, collection, key, version, path, \
         revision, node) SELECT namespace_id, application, collection, key, version, 'title', \
         revision, 'phone' FROM documents",
    ] {
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    is(&world.delete(ADMIN, &acme).await, StatusCode::NO_CONTENT);
    for (table, left) in [
        ("namespaces", 2),
        ("organisations", 1),
        ("memberships", 1),
        ("documents", 2),
        ("document_versions", 2),
        ("document_pushes", 2),
    ] {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, left, "rows of {table}");
    }
    for user in [ADMIN, MEMBER] {
        refuses(
            &world.get(user, &acme).await,
            StatusCode::NOT_FOUND,
            "not_found",
        );
    }
    refuses(
        &world.delete(ADMIN, &acme).await,
        StatusCode::NOT_FOUND,
        "not_found",
    );
    is(&world.get(ADMIN, &other).await, StatusCode::OK);
    let pulled = world.server.sync(ADMIN, first_sync("notes")).await;
    assert_eq!(pulled["serverChanges"].as_array().unwrap().len(), 1);
    world.server.finish().await;
}
