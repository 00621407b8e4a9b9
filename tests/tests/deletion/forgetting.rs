use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;
use syncline_tests::{
    TestServer, first_sync,
    replica::{change, stamp},
    traces::tables_with,
};

use crate::world::{FRIEND, PERSON, add, delete_account, found, is, open_to, send, write};

/// Part of everything that names the person, in whatever way.
const TRACE: &str = "zx81";

/// Gives the person an identity and a one-time code, as a sign-in with a provider does.
async fn identify(server: &TestServer) {
    let mut connection = server.database.connect().await;
    let statement = "
        INSERT INTO users (user_id) VALUES ('zx81-person');
        INSERT INTO identities (provider, subject, user_id, name, email)
        VALUES ('github', 'zx81-subject', 'zx81-person', 'Zx81 Name', 'zx81@example.org');
        INSERT INTO login_codes (code_hash, provider, subject, name, email, expires_at)
        VALUES ('\\x00', 'github', 'zx81-subject', 'Zx81 Name', 'zx81@example.org', 'infinity')";
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

/// Documents with a past and a conflict, of the person and in an organisation of others; access in
/// both directions; organisations of the person's own, of others, and left ones.
async fn live(server: &TestServer) -> String {
    identify(server).await;
    let doc = json!({ "title": "zx81 first" });
    for key in ["zx81-a", "b", "c", "d"] {
        is(
            &write(server, PERSON, None, key, &doc).await,
            StatusCode::OK,
        );
    }
    // It knows of no document: the other is superseded, and one of both loses.
    let rival = json!({ "title": "zx81 second" });
    is(
        &write(server, PERSON, None, "b", &rival).await,
        StatusCode::OK,
    );
    let search = json!({ "collection": "notes", "text": "first" });
    is(
        &send(server, PERSON, Method::POST, "/todo/search", &search).await,
        StatusCode::OK,
    );
    found(server, PERSON, "Zx81 and nobody else").await;
    let acme = found(server, FRIEND, "Acme").await;
    let left = found(server, FRIEND, "Left").await;
    for organisation in [&acme, &left] {
        add(server, FRIEND, organisation, PERSON).await;
    }
    let path = format!("/orgs/{left}/members/{PERSON}");
    is(
        &send(server, PERSON, Method::DELETE, &path, &Value::Null).await,
        StatusCode::NO_CONTENT,
    );
    let shared = json!({ "title": "theirs" });
    is(
        &write(server, PERSON, Some(&acme), "o", &shared).await,
        StatusCode::OK,
    );
    is(
        &write(server, FRIEND, None, "f", &shared).await,
        StatusCode::OK,
    );
    let with = |user: &str| json!([{ "userId": user, "app": "todo", "access": "write" }]);
    open_to(
        server,
        PERSON,
        "b",
        &json!({ "visibility": "shared", "sharedWith": with(FRIEND) }),
    )
    .await;
    open_to(
        server,
        PERSON,
        "c",
        &json!({ "visibility": "org", "orgId": acme }),
    )
    .await;
    open_to(server, PERSON, "d", &json!({ "visibility": "public" })).await;
    open_to(
        server,
        FRIEND,
        "f",
        &json!({ "visibility": "shared", "sharedWith": with(PERSON) }),
    )
    .await;
    // It knows of no document, and what it met is kept for the person to hear.
    let mut rival = change("f", &json!({ "title": "rival" }), &stamp("phone", 1));
    rival["owner"] = FRIEND.into();
    let push = json!({ "collection": "notes", "protocol": 2, "changes": [rival] });
    let pushed = send(server, PERSON, Method::POST, "/todo/sync", &push).await;
    is(&pushed, StatusCode::OK);
    assert_eq!(pushed.body["conflicts"][0]["field"], "title");
    acme
}

#[tokio::test]
async fn nothing_anywhere_names_a_deleted_person() {
    let server = TestServer::start().await;
    let acme = live(&server).await;
    let expected = [
        "access_entries",
        "document_pushes",
        "document_versions",
        "documents",
        "identities",
        "login_codes",
        "memberships",
        "namespaces",
        "organisations",
        "routes",
        "shares",
        "users",
    ];
    let before = tables_with(&server.database, TRACE).await;
    let named: BTreeSet<_> = expected.iter().map(|&table| table.to_owned()).collect();
    // Entries and routes of the person's documents name them by namespace and key.
    let by_key = ["access_entries".to_owned()];
    let missing: Vec<_> = named
        .difference(&before)
        .filter(|table| !by_key.contains(table))
        .collect();
    assert!(
        missing.is_empty(),
        "this test looks too little: {missing:?}"
    );

    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    assert_eq!(tables_with(&server.database, TRACE).await, BTreeSet::new());
    for (table, left) in [
        ("namespaces", 3),
        ("organisations", 2),
        ("memberships", 2),
        ("documents", 2),
        ("document_versions", 1),
        ("document_pushes", 0),
        ("access_entries", 1),
        ("shares", 0),
        ("routes", 0),
        ("deleted_accounts", 1),
    ] {
        let mut connection = server.database.connect().await;
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, left, "rows of {table}");
    }
    let members = format!("/orgs/{acme}/members");
    let members = send(&server, FRIEND, Method::GET, &members, &Value::Null).await;
    assert_eq!(members.body["members"].as_array().unwrap().len(), 1);
    server.finish().await;
}

/// What an organisation was given stays its own, and is not sent anew.
#[tokio::test]
async fn the_documents_of_others_stay_as_they_are() {
    let server = TestServer::start().await;
    let acme = live(&server).await;
    let pull = async |clock: Option<&Value>| {
        let request = server.request(Method::POST, "/todo/sync");
        let request = request
            .bearer_auth(server.token(FRIEND))
            .header("X-Org-Id", &acme);
        let mut body = first_sync("notes");
        if let Some(clock) = clock {
            body["clientClock"] = clock.clone();
        }
        syncline_tests::server::answer(request.json(&body))
            .await
            .body
    };
    let before = pull(None).await;
    assert_eq!(before["serverChanges"][0]["title"], "theirs");
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    let after = pull(Some(&before["serverClock"])).await;
    assert_eq!(after["serverChanges"], json!([]), "{after}");
    assert_eq!(pull(None).await["serverChanges"], before["serverChanges"]);
    server.finish().await;
}

#[tokio::test]
async fn an_export_survives_its_account() {
    let server = TestServer::start().await;
    let changes: Vec<_> = (0..20)
        .map(|number| {
            let doc = json!({ "n": number, "in": { "text": "zx81" } });
            change(&number.to_string(), &doc, &stamp("phone", 0))
        })
        .collect();
    let body = json!({ "collection": "notes", "changes": changes });
    is(
        &send(&server, PERSON, Method::POST, "/todo/sync", &body).await,
        StatusCode::OK,
    );
    let export = async |user: &str| {
        let exported = send(&server, user, Method::GET, "/account/export", &Value::Null).await;
        let mut docs = exported.body["docs"].clone();
        for document in docs["todo"]["notes"].as_array_mut().into_iter().flatten() {
            document.as_object_mut().unwrap().remove("_rev");
        }
        (exported.body, docs)
    };
    let (exported, docs) = export(PERSON).await;
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    assert_eq!(tables_with(&server.database, TRACE).await, BTreeSet::new());
    is(
        &send(&server, FRIEND, Method::POST, "/account/import", &exported).await,
        StatusCode::OK,
    );
    assert_eq!(export(FRIEND).await.1, docs);
    server.finish().await;
}
