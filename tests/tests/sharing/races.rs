//! What a reader may see changes while an answer is made.

use std::pin::pin;

use futures::future::{Either, select};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use syncline_tests::{
    Answer, TestServer,
    held_pages::{hold_pages, until_pages_wait},
    locks::is_waiting,
    tap::Tap,
};

use crate::reader::{Reader, found, leave, patch, send};

/// The entry of a document.
const PLAN: &str = "/docIndex/todo/plan?collection=notes";

/// A device is not sent back what it has just pushed, but that it may write it no longer.
#[tokio::test]
async fn a_push_hears_what_its_writer_may_no_longer_do() {
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    let read = json!({ "sharedWith": [{ "userId": "bob", "access": "read" }] });
    let nothing = json!({ "unshare": [{ "userId": "bob" }] });
    for (entry, expected) in [(nothing, None), (read, Some(json!("read")))] {
        let server = TestServer::start().await;
        let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
        let created = ada.edit(None, "plan", &json!({ "title": "Plan" }));
        ada.push(&[created]).await;
        patch(&server, "ada", "plan", write.clone()).await;
        bob.pull().await;

        let change = bob.edit(Some("ada"), "plan", &json!({ "title": "Of Bob" }));
        let mut body = bob.body(&[change]);
        body["echo"] = false.into();
        // Its answer is lost, and it comes again: then it writes nothing and only reads a page.
        server.sync("bob", body.clone()).await;
        let mut connection = server.database.connect().await;
        let mut holder = hold_pages(&mut connection).await;
        let meanwhile = async {
            until_pages_wait(&mut holder).await;
            patch(&server, "ada", "plan", entry).await;
            holder.commit().await.expect("nothing was written");
        };
        let (answer, ()) = tokio::join!(server.sync("bob", body), meanwhile);
        assert_eq!(answer["accepted"][0]["owner"], "ada", "{answer}");
        bob.take(&answer);
        bob.pull().await;
        let kept = bob.of("ada", "plan").map(|document| &document["_access"]);
        assert_eq!(kept, expected.as_ref(), "{answer}");
        server.finish().await;
    }
}

/// Its writer may write it all the time, by one route before and by another afterwards.
#[tokio::test]
async fn a_push_that_waits_for_a_document_knows_how_it_is_shared_then() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let created = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[created]).await;
    let share = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    patch(&server, "ada", "plan", share).await;
    bob.pull().await;
    let change = bob.edit(Some("ada"), "plan", &json!({ "title": "Of Bob" }));
    let database = &server.database;
    let (mut sharing, mut looking) = (database.connect().await, database.connect().await);
    let mut sharing = sharing.begin().await.unwrap();
    sharing.execute(SHARE_ANEW).await.unwrap();
    let meanwhile = async {
        while !is_waiting(&mut looking).await {}
        sharing.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(server.sync("bob", bob.body(&[change])), meanwhile);
    bob.take(&answer);
    let plan = bob.of("ada", "plan").map(|plan| &plan["title"]);
    assert_eq!(plan, Some(&json!("Of Bob")), "{answer}");
    server.finish().await;
}

/// What sharing with everybody does beside, as it were for writing.
const SHARE_ANEW: &str = "
    WITH locked AS MATERIALIZED (SELECT * FROM documents FOR UPDATE), opened AS (
        INSERT INTO routes (
            reader_kind, reader_id, application, collection, namespace_id, key,
            access, revoked, opened_tx, tx
        )
        SELECT
            'everybody', '', application, collection, namespace_id, key,
            'write', false, pg_current_xact_id(), pg_current_xact_id()
        FROM locked
    )
    UPDATE routes
    SET revoked = true, tx = pg_current_xact_id()
    WHERE reader_kind = 'user'";

/// A route that is touched amid a pull hides that its document had changed before: who was not shown that has
/// not seen it.
#[tokio::test]
async fn what_is_shared_anew_amid_a_pull_is_on_its_pages() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (
        Reader::new(&server, "ada"),
        Reader::paged(&server, "bob", 1),
    );
    let created = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[created]).await;
    let share = |access| json!({ "sharedWith": [{ "userId": "bob", "access": access }] });
    patch(&server, "ada", "plan", share("read")).await;
    bob.pull().await;

    let changed = ada.edit(None, "plan", &json!({ "title": "Plan", "text": "Of Ada" }));
    ada.push(&[changed]).await;
    let own = bob.edit(None, "own", &json!({ "title": "Of Bob" }));
    server
        .sync("bob", Reader::new(&server, "bob").body(&[own]))
        .await;
    let first = server.sync("bob", bob.body(&[])).await;
    assert!(bob.take(&first), "documents of others follow: {first}");
    patch(&server, "ada", "plan", share("write")).await;
    let second = server.sync("bob", bob.body(&[])).await;
    assert!(!bob.take(&second), "{second}");
    let plan = bob.of("ada", "plan").map(|plan| &plan["text"]);
    assert_eq!(plan, Some(&json!("Of Ada")), "{second}");

    let edited = bob.edit(
        Some("ada"),
        "plan",
        &json!({ "title": "Plan", "text": "Of Bob" }),
    );
    let answer = bob.push(&[edited]).await;
    assert_eq!(answer["conflicts"], json!([]), "{answer}");
    server.finish().await;
}

/// Sends a request beside what the tap holds back. Once it is answered, or waits for what is held, something else
/// happens, and the tap lets go.
async fn beside(
    server: &TestServer,
    tap: &Tap,
    request: impl Future<Output = Answer>,
    something: impl Future<Output = ()>,
) -> Answer {
    tap.meets().await;
    let request = pin!(request);
    let mut connection = server.database.connect().await;
    let waiting = pin!(async { while !is_waiting(&mut connection).await {} });
    let begun = select(request, waiting).await;
    something.await;
    tap.let_go();
    match begun {
        Either::Left((answer, _)) => answer,
        Either::Right(((), request)) => request.await,
    }
}

/// Whoever leaves began to before a document was opened to the organisation, and is done after it.
#[tokio::test]
async fn who_leaves_while_a_document_is_opened_keeps_nothing_of_it() {
    let near = TestServer::start().await;
    let tap = Tap::holding(&near.database, "UPDATE memberships");
    let far = TestServer::on(tap.database(&near.database)).await;
    let (mut ada, mut bob) = (Reader::new(&near, "ada"), Reader::new(&near, "bob"));
    let club = found(&near, "ada", &["bob"]).await;
    let created = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[created]).await;
    let entry = json!({ "visibility": "org" });
    let opening = send(&near, "ada", Method::PATCH, PLAN, &entry);
    let opening = beside(&near, &tap, opening, bob.pull());
    let ((), opened) = tokio::join!(leave(&far, &club, "bob"), opening);
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    bob.pull().await;
    assert!(bob.documents.is_empty(), "{:?}", bob.documents);
    far.stop().await;
    near.finish().await;
}

/// An entry names no organisation that is gone.
#[tokio::test]
async fn no_document_stays_open_to_an_organisation_that_is_deleted_meanwhile() {
    let near = TestServer::start().await;
    let tap = Tap::holding(&near.database, "SET has_routes");
    let far = TestServer::on(tap.database(&near.database)).await;
    let mut ada = Reader::new(&near, "ada");
    let club = found(&near, "ada", &[]).await;
    let created = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[created]).await;
    let entry = json!({ "visibility": "org" });
    let opening = send(&far, "ada", Method::PATCH, PLAN, &entry);
    let path = format!("/orgs/{club}");
    let deletion = send(&near, "ada", Method::DELETE, &path, &Value::Null);
    let deletion = beside(&near, &tap, deletion, async {});
    let (opened, deleted) = tokio::join!(opening, deletion);
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
    let entry = send(&near, "ada", Method::GET, PLAN, &Value::Null).await;
    assert_eq!(entry.body["orgId"], Value::Null, "{}", entry.body);
    far.stop().await;
    near.finish().await;
}
