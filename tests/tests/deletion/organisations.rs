//! What becomes of organisations, and the end of one.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{TestServer, traces::tables_with};

use crate::world::{FRIEND, PERSON, add, delete_account, found, is, open_to, refuses, send, write};

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

#[tokio::test]
async fn nothing_anywhere_names_a_deleted_organisation() {
    let server = TestServer::start().await;
    let acme = found(&server, PERSON, "Acme qv47").await;
    add(&server, PERSON, &acme, FRIEND).await;
    for title in ["qv47 first", "qv47 second"] {
        let doc = json!({ "title": title });
        let answer = write(&server, FRIEND, Some(&acme), "qv47-key", &doc).await;
        is(&answer, StatusCode::OK);
    }
    // A document of a member that the organisation may see stays, and says nothing of it.
    is(
        &write(&server, FRIEND, None, "own", &json!({})).await,
        StatusCode::OK,
    );
    let to_org = json!({ "visibility": "org", "orgId": acme });
    open_to(&server, FRIEND, "own", &to_org).await;
    let before: Vec<_> = [&acme, "qv47"].into_iter().collect();
    for trace in &before {
        let tables = tables_with(&server.database, trace).await;
        assert!(tables.len() >= 2, "this test looks too little: {tables:?}");
    }
    let path = format!("/orgs/{acme}");
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let answer = send(&server, PERSON, Method::DELETE, &path, &Value::Null).await;
        is(&answer, status);
        for trace in &before {
            assert_eq!(
                tables_with(&server.database, trace).await,
                BTreeSet::new(),
                "{trace}"
            );
        }
    }
    let own = send(
        &server,
        FRIEND,
        Method::GET,
        "/docIndex/todo/own",
        &Value::Null,
    )
    .await;
    is(&own, StatusCode::OK);
    server.finish().await;
}
