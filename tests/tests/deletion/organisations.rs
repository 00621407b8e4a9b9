//! What becomes of organisations, and the end of one.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::world::{FRIEND, PERSON, add, delete_account, found, is, refuses, send, write};

async fn export(server: &TestServer, user: &str) -> Value {
    let exported = send(server, user, Method::GET, "/account/export", &Value::Null).await;
    is(&exported, StatusCode::OK);
    exported.body
}

#[tokio::test]
async fn the_last_admin_of_others_stays() {
    let server = TestServer::start().await;
    let doc = json!({ "title": "a" });
    is(
        &write(&server, PERSON, None, "1", &doc).await,
        StatusCode::OK,
    );
    let alone = found(&server, PERSON, "Alone").await;
    let acme = found(&server, PERSON, "Acme").await;
    add(&server, PERSON, &acme, FRIEND).await;
    let before = export(&server, PERSON).await;
    let refused = delete_account(&server, PERSON).await;
    refuses(&refused, StatusCode::CONFLICT, "conflict");
    assert!(
        refused.body["error"].as_str().unwrap().contains(&acme),
        "{}",
        refused.body
    );
    assert_eq!(export(&server, PERSON).await, before);
    for organisation in [&alone, &acme] {
        let path = format!("/orgs/{organisation}");
        let there = send(&server, PERSON, Method::GET, &path, &Value::Null).await;
        is(&there, StatusCode::OK);
    }

    let path = format!("/orgs/{acme}/members/{FRIEND}");
    let role = json!({ "role": "org-admin" });
    is(
        &send(&server, PERSON, Method::PATCH, &path, &role).await,
        StatusCode::OK,
    );
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    let own = send(&server, FRIEND, Method::GET, "/orgs", &Value::Null).await;
    let own = own.body["orgs"].as_array().unwrap().clone();
    assert_eq!(own.len(), 1);
    assert_eq!([&own[0]["orgId"], &own[0]["role"]], [&acme, "org-admin"]);
    server.finish().await;
}

#[tokio::test]
async fn an_organisation_without_others_ends_with_its_member() {
    let server = TestServer::start().await;
    let acme = found(&server, PERSON, "Acme").await;
    add(&server, PERSON, &acme, FRIEND).await;
    let doc = json!({ "title": "a" });
    is(
        &write(&server, PERSON, Some(&acme), "1", &doc).await,
        StatusCode::OK,
    );
    let path = format!("/orgs/{acme}/members/{FRIEND}");
    is(
        &send(&server, FRIEND, Method::DELETE, &path, &Value::Null).await,
        StatusCode::NO_CONTENT,
    );
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    let mut connection = server.database.connect().await;
    for table in ["organisations", "memberships", "documents", "namespaces"] {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, 0, "rows of {table}");
    }
    // The name is free again.
    found(&server, FRIEND, "Acme").await;
    server.finish().await;
}
