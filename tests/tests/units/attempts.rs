//! A push that is tried without locks is stored if nothing has changed since it was read, and leaves
//! nothing behind otherwise.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use syncline_domain::{access::Namespace, identifier::OrganisationId};
use syncline_postgres::renew_incarnation;
use syncline_tests::{
    Replica, first_sync,
    locks::is_waiting,
    replica::{deletion, stamp},
    server::answer,
};

use crate::trial::{COLLECTION, Trial, ada, edit};

#[tokio::test]
async fn what_has_not_changed_is_stored() {
    let trial = Trial::begin().await;
    for key in ["new", "there"] {
        let tried = trial.read(ada(), "ada", key).await;
        tried.write().await.unwrap();
    }
    let stored = trial.stored().await;
    let stored: Vec<_> = stored
        .iter()
        .map(|(key, version, _)| (&**key, *version))
        .collect();
    assert_eq!(stored, [("new", 1), ("there", 1), ("there", 2)]);
    let answer = trial.server.sync("ada", first_sync(COLLECTION)).await;
    let titles = answer["serverChanges"].as_array().unwrap().iter();
    assert!(
        titles
            .map(|document| &document["title"])
            .all(|title| title == "tried")
    );
}

#[tokio::test]
async fn a_document_that_others_wrote_is_left_alone() {
    let trial = Trial::begin().await;
    for (key, change) in [
        ("there", edit("there", "second", 2)),
        ("new", edit("new", "first", 3)),
        ("there", deletion("there", &stamp("laptop", 4))),
    ] {
        let tried = trial.read(ada(), "ada", key).await;
        let mut device = Replica::new(COLLECTION);
        device.sync(&trial.server, "ada", &[]).await;
        device.sync(&trial.server, "ada", &[change]).await;
        trial.is_refused(tried).await;
    }
}

#[tokio::test]
async fn nobody_is_waited_for_who_is_about_to_write() {
    let trial = Trial::begin().await;
    let tried = trial.read(ada(), "ada", "there").await;
    let mut other = trial.server.database.connect().await;
    other.execute("BEGIN").await.unwrap();
    other
        .execute("SELECT FROM documents FOR UPDATE")
        .await
        .unwrap();
    trial.is_refused(tried).await;
}

/// Somebody opens a route while the statement waits for the document: its readers must hear of what was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_is_opened_meanwhile_is_touched() {
    let trial = Trial::begin().await;
    let database = &trial.server.database;
    let (mut opening, mut looking) = (database.connect().await, database.connect().await);
    // It waits for some milliseconds only.
    for _ in 0..TRIES {
        let tried = trial.read(ada(), "ada", "there").await;
        let mut opening = opening.begin().await.unwrap();
        opening.execute(HOLD).await.unwrap();
        opening.execute(OPEN).await.unwrap();
        let writing = tokio::spawn(tried.write());
        while !writing.is_finished() && !is_waiting(&mut looking).await {}
        opening.commit().await.unwrap();
        let Ok(written) = writing.await.unwrap() else {
            continue;
        };
        let touched: Vec<String> = sqlx::query_scalar("SELECT tx::text FROM routes")
            .fetch_all(&mut looking)
            .await
            .unwrap();
        assert_eq!(touched, [written.transaction.to_string()]);
        return;
    }
    panic!("it never waited for the document");
}

/// More often than it takes.
const TRIES: usize = 50;

const HOLD: &str = "UPDATE documents SET has_routes = true";

/// What sharing the document does, beside that.
const OPEN: &str = "
    INSERT INTO routes (
        reader_kind, reader_id, application, collection, namespace_id, key,
        access, revoked, opened_tx, tx
    )
    SELECT
        'user', 'grace', application, collection, namespace_id, key,
        'read', false, pg_current_xact_id(), pg_current_xact_id()
    FROM documents
    ON CONFLICT (reader_kind, reader_id, application, collection, namespace_id, key) DO UPDATE
    SET tx = excluded.tx";

#[tokio::test]
async fn a_namespace_that_is_deleted_stays_so() {
    let trial = Trial::begin().await;
    let held = trial.read(ada(), "ada", "new").await;
    let mut other = trial.server.database.connect().await;
    other.execute("BEGIN").await.unwrap();
    other
        .execute("SELECT pg_advisory_xact_lock(namespace_id) FROM namespaces")
        .await
        .unwrap();
    trial.is_refused(held).await;
    other.execute("ROLLBACK").await.unwrap();

    let gone = trial.read(ada(), "ada", "new").await;
    let request = trial.server.request(Method::DELETE, "/account");
    let deleted = answer(request.bearer_auth(trial.server.token("ada"))).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    trial.is_refused(gone).await;
    assert!(trial.stored().await.is_empty());
    let unknown = trial.read(ada(), "ada", "new").await;
    assert_eq!(unknown.before.is_member, [false]);
}

#[tokio::test]
async fn whoever_was_sent_away_writes_nothing() {
    let trial = Trial::begin().await;
    let server = &trial.server;
    let ask = async |method: Method, path: &str, body: Value| {
        let request = server.request(method, path).json(&body);
        answer(request.bearer_auth(server.token("ada"))).await
    };
    let founded = ask(Method::POST, "/orgs", json!({ "name": "club" })).await;
    let id = founded.body["orgId"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", founded.body));
    let club = Namespace::Organisation(OrganisationId::new(id).unwrap());
    let members = format!("/orgs/{id}/members");
    let added = ask(Method::POST, &members, json!({ "userId": "grace" })).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let kept = trial.read(club.clone(), "grace", "kept").await;
    kept.write().await.unwrap();
    let tried = trial.read(club.clone(), "grace", "new").await;
    let removed = ask(Method::DELETE, &format!("{members}/grace"), Value::Null).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    trial.is_refused(tried).await;
    let outside = trial.read(club, "grace", "new").await;
    assert_eq!(outside.before.is_member, [false]);
}

#[tokio::test]
async fn nothing_is_stored_in_another_life_of_the_database() {
    let trial = Trial::begin().await;
    let tried = trial.read(ada(), "ada", "new").await;
    renew_incarnation(trial.server.database.options())
        .await
        .unwrap();
    trial.is_refused(tried).await;
}
