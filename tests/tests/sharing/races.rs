//! What a reader may see changes while an answer is made.

use serde_json::json;
use sqlx::{Connection, Executor};
use syncline_tests::{
    TestServer,
    held_pages::{hold_pages, until_pages_wait},
    locks::is_waiting,
};

use crate::reader::{Reader, patch};

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
