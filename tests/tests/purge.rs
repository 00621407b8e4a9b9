//! What is older than the retention goes, and whoever was away for longer is told so.

#![cfg(test)]

use std::time::Duration;

use reqwest::{Method, StatusCode, header::ACCEPT_ENCODING};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use syncline_application::ports::{PurgeReport, Store};
use syncline_client::{
    CollectionName, DocumentId, HttpTransport, Node, SyncClient, UnixMillis, sync,
};
use syncline_postgres::PostgresStore;
use syncline_tests::{
    Replica, TestDatabase, TestServer, first_sync,
    replica::{change, deletion, now, stamp},
};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const HOUR: u64 = 60 * 60 * 1000;

/// Longer than clocks are inexact.
const TICK: Duration = Duration::from_millis(20);

/// Removes what is older than so many milliseconds.
async fn purge(server: &TestServer, retention: u64) -> PurgeReport {
    let store = PostgresStore::connect(server.database.options(), 1)
        .await
        .unwrap();
    store.purge(retention).await.unwrap()
}

/// Purges until so many documents, versions and pushes are left. A transaction of another test, on
/// the same cluster, may hold it up.
async fn purge_until(server: &TestServer, retention: u64, left: [i64; 3]) {
    for _ in 0..1000 {
        purge(server, retention).await;
        if stored(server).await == left {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?} are left instead of {left:?}", stored(server).await);
}

/// Makes everything that is stored two hours older; the transactions stay what they are.
async fn age(server: &TestServer) {
    let mut connection = server.database.connect().await;
    let statement = "
        SET syncline.renewing = 'on';
        UPDATE documents SET written_at = written_at - interval '2 hours';
        UPDATE document_versions SET superseded_at = superseded_at - interval '2 hours';
        UPDATE document_pushes SET pushed_at = pushed_at - interval '2 hours'";
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

/// How many documents, versions and pushes are stored.
async fn stored(server: &TestServer) -> [i64; 3] {
    let mut connection = server.database.connect().await;
    let counts: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM document_versions), \
         (SELECT count(*) FROM document_pushes)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    counts.into()
}

/// Makes a document with a superseded version and a conflict, and one that is deleted.
async fn a_past(server: &TestServer, name: &str) -> Replica {
    let (kept, gone) = (format!("{name}-kept"), format!("{name}-gone"));
    let mut replica = Replica::new(COLLECTION);
    let doc = json!({ "by": "phone" });
    let revision = stamp("phone", 0);
    let changes = [
        change(&kept, &doc, &revision),
        change(&gone, &doc, &revision),
    ];
    replica.sync(server, USER, &changes).await;
    // It knows of no document, and its clock is later: it wins, and the other is reported.
    let rival = change(&kept, &json!({ "by": "laptop" }), &stamp("laptop", 1));
    replica.sync(server, USER, &[rival]).await;
    let mut deletion = deletion(&gone, &stamp("phone", 2));
    deletion["baseClock"] = replica.clock().clone();
    replica.sync(server, USER, &[deletion]).await;
    replica
}

#[tokio::test]
async fn what_is_older_than_the_retention_goes_and_the_rest_stays() {
    let server = TestServer::start().await;
    a_past(&server, "old").await;
    age(&server).await;
    let young = a_past(&server, "young").await;
    // Two documents each, a superseded version of both, and a conflict.
    assert_eq!(stored(&server).await, [4, 4, 2]);
    purge_until(&server, HOUR, [3, 2, 1]).await;
    assert_eq!(purge(&server, HOUR).await, PurgeReport::default());
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(&server, USER, &[]).await;
    let keys: Vec<_> = fresh.documents().keys().collect();
    assert_eq!(keys, ["old-kept", "young-kept"]);
    // Its cursor is newer than the horizon.
    let mut young = young;
    young.sync(&server, USER, &[]).await;
    assert_eq!((young.resets, young.documents()), (0, fresh.documents()));
    server.finish().await;
}

#[tokio::test]
async fn a_tombstone_that_an_open_transaction_may_be_reading_stays() {
    let server = TestServer::start().await;
    let mut connection = server.database.connect().await;
    let mut open = connection.begin().await.unwrap();
    open.execute("SELECT pg_current_xact_id()").await.unwrap();
    a_past(&server, "old").await;
    age(&server).await;
    assert_eq!(purge(&server, HOUR).await, PurgeReport::default());
    open.rollback().await.unwrap();
    purge_until(&server, HOUR, [1, 0, 0]).await;
    server.finish().await;
}

/// The first page is newer than the horizon. What is on the others the device last saw before it.
#[tokio::test]
async fn a_pull_that_began_from_behind_the_horizon_is_reset() {
    let server = TestServer::start().await;
    let made = ["1", "2", "3"].map(|key| change(key, &json!({ "n": 1 }), &stamp("phone", 0)));
    let mut paged = Replica::paged(COLLECTION, 1);
    paged.sync(&server, USER, &made).await;
    paged.sync(&server, USER, &[]).await;
    tokio::time::sleep(TICK).await;
    let horizon = tokio::time::Instant::now();
    tokio::time::sleep(TICK).await;
    let mut phone = paged.clone();
    for change in [
        change("1", &json!({ "n": 2 }), &stamp("phone", 1)),
        deletion("3", &stamp("phone", 2)),
    ] {
        phone.sync(&server, USER, &[change]).await;
    }
    let page = server.sync(USER, paged.body(&[])).await;
    assert!(paged.apply(&page, &[]), "{page}");
    age(&server).await;
    for _ in 0..1000 {
        let retention = horizon.elapsed().as_millis().try_into();
        purge(&server, retention.unwrap()).await;
        if stored(&server).await[0] == 2 {
            break;
        }
    }
    paged.sync(&server, USER, &[]).await;
    assert_eq!(paged.documents().keys().collect::<Vec<_>>(), ["1", "2"]);
    server.finish().await;
}

#[tokio::test]
async fn a_cursor_behind_the_horizon_is_reset_once() {
    let server = TestServer::start().await;
    let (mut whole, mut paged) = (Replica::new(COLLECTION), Replica::paged(COLLECTION, 1));
    let documents =
        ["1", "2", "3"].map(|key| change(key, &json!({ "by": "phone" }), &stamp("phone", 0)));
    whole.sync(&server, USER, &documents).await;
    // The third is in the midst of a paged pull.
    let page = server.sync(USER, paged.body(&[])).await;
    assert!(paged.apply(&page, &[]));
    a_past(&server, "old").await;
    age(&server).await;
    purge_until(&server, 0, [4, 0, 0]).await;
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(&server, USER, &[]).await;
    for mut replica in [whole, paged] {
        for _ in 0..2 {
            replica.sync(&server, USER, &[]).await;
            assert_eq!(
                (replica.resets, replica.documents()),
                (1, fresh.documents())
            );
        }
        assert_eq!(replica.told_twice(), Vec::<&(String, String)>::new());
    }
    server.finish().await;
}

/// As a client does whose pull was reset amid its pages: it cannot tell by whom.
#[tokio::test]
async fn what_was_merged_and_is_pushed_again_after_a_purge_stays_as_it_is() {
    let server = TestServer::start().await;
    let (mut phone, mut laptop) = (Replica::paged(COLLECTION, 1), Replica::new(COLLECTION));
    let doc = json!({ "text": "one\ntwo\n", "by": "phone" });
    let note = change("note", &doc, &stamp("phone", 0));
    let other = change("other", &json!({}), &stamp("phone", 0));
    let first = note["fieldRevs"]["by"].clone();
    phone.sync(&server, USER, &[note, other]).await;
    laptop.sync(&server, USER, &[]).await;
    let doc = json!({ "text": "zero\none\ntwo\n", "by": "laptop" });
    let mut theirs = change("note", &doc, &stamp("laptop", 1));
    theirs["baseClock"] = laptop.clock().clone();
    let another = change("another", &json!({}), &stamp("laptop", 1));
    laptop.sync(&server, USER, &[theirs, another]).await;
    let doc = json!({ "text": "one\ntwo\nthree\n", "by": "phone", "more": 1 });
    let mut push = change("note", &doc, &stamp("phone", 2));
    push["fieldRevs"]["by"] = first;
    push["baseClock"] = phone.clock().clone();
    let page = server.sync(USER, phone.body(&[push.clone()])).await;
    assert!(phone.apply(&page, std::slice::from_ref(&push)), "{page}");
    laptop.sync(&server, USER, &[]).await;
    let merged = laptop.documents().clone();
    assert_eq!(merged["note"]["text"], "zero\none\ntwo\nthree\n");
    age(&server).await;
    purge_until(&server, 0, [3, 0, 0]).await;
    phone.sync(&server, USER, &[]).await;
    assert_eq!((phone.resets, phone.documents()), (1, &merged));
    phone.sync(&server, USER, &[push]).await;
    laptop.sync(&server, USER, &[]).await;
    assert_eq!((laptop.documents(), phone.documents()), (&merged, &merged));
    server.finish().await;
}

/// A document that a device holds, which was then deleted and purged; and a push of the device.
async fn push_to_purged(server: &TestServer, edited: bool) -> Value {
    let mut device = Replica::new(COLLECTION);
    let doc = json!({ "by": "phone" });
    let mut push = change("note", &doc, &stamp("phone", 0));
    device.sync(server, USER, &[push.clone()]).await;
    push["baseClock"] = device.clock().clone();
    let mut deletion = deletion("note", &stamp("laptop", 1));
    deletion["baseClock"] = device.clock().clone();
    Replica::new(COLLECTION)
        .sync(server, USER, &[deletion])
        .await;
    age(server).await;
    purge_until(server, 0, [0, 0, 0]).await;
    if edited {
        push["doc"]["title"] = "new".into();
        push["fieldRevs"]["title"] = stamp("phone", 2).into();
    }
    server.sync(USER, device.body(&[push])).await
}

#[tokio::test]
async fn a_push_of_a_purged_document_without_an_edit_is_answered_with_its_deletion() {
    let server = TestServer::start().await;
    let answer = push_to_purged(&server, false).await;
    assert_eq!(answer["conflicts"], json!([]));
    let told = answer["serverChanges"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{answer}");
    assert_eq!(
        (&told[0]["_key"], &told[0]["_deleted"]),
        (&json!("note"), &json!(true))
    );
    assert_eq!(
        server.sync(USER, first_sync(COLLECTION)).await["serverChanges"],
        json!([])
    );
    server.finish().await;
}

#[tokio::test]
async fn an_edit_of_a_purged_document_creates_it_again_and_says_so() {
    let server = TestServer::start().await;
    let answer = push_to_purged(&server, true).await;
    let conflict = &answer["conflicts"][0];
    assert_eq!(conflict["field"], "_deleted", "{answer}");
    assert_eq!(conflict["winner"], "local");
    assert_eq!(
        conflict["localValue"],
        json!({ "by": "phone", "title": "new" })
    );
    let fresh = server.sync(USER, first_sync(COLLECTION)).await;
    assert_eq!(fresh["serverChanges"][0]["title"], "new", "{fresh}");
    server.finish().await;
}

/// What a device has of a document that others deleted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Away {
    /// It never had an answer of the server.
    Forever,
    /// It made the document and did not hear that it was stored.
    Unanswered,
    /// The same, with a clock that may be ahead as much as is allowed.
    Ahead,
    /// The same, and its clock is one that this server cannot read.
    Elsewhere,
    /// The same, and it has forgotten its clock.
    Pruned,
    /// It made another document with the same key since.
    Anew,
    /// It made the document and did not hear that it was stored, but it is back, and has edited the
    /// document since.
    Edited,
    /// It is back, and edited the document before it was told that it is gone.
    Resetting,
    /// It made another document with the same key when it was back.
    Back,
}

#[tokio::test]
async fn a_document_that_is_created_again_is_reported_unless_it_is_new() {
    for (away, is_reported) in [
        (Away::Forever, false),
        (Away::Unanswered, true),
        (Away::Ahead, true),
        (Away::Elsewhere, true),
        (Away::Pruned, true),
        (Away::Anew, false),
        (Away::Edited, true),
        (Away::Resetting, true),
        (Away::Back, false),
    ] {
        let more = "limits.clockSkewSeconds = 1";
        let server = TestServer::with(TestDatabase::create().await, more).await;
        let answer = push_again(&server, away).await;
        let conflicts = answer["conflicts"].as_array().unwrap();
        assert_eq!(
            conflicts.len(),
            usize::from(is_reported),
            "{away:?}: {answer}"
        );
        for conflict in conflicts {
            assert_eq!(conflict["field"], "_deleted");
            assert_eq!(conflict["winner"], "local");
            assert_eq!(conflict["localValue"], json!({ "by": "phone" }));
        }
        let fresh = server.sync(USER, first_sync(COLLECTION)).await;
        assert_eq!(fresh["serverChanges"][0]["by"], "phone", "{away:?}");
        server.finish().await;
    }
}

/// A device pushes a new document, others delete it, and it is purged. The device pushes a document with the
/// same key.
async fn push_again(server: &TestServer, away: Away) -> Value {
    let (mut phone, mut laptop) = (Replica::new(COLLECTION), Replica::new(COLLECTION));
    if away != Away::Forever {
        phone.sync(server, USER, &[]).await;
    }
    let elsewhere = server.sync("somebody", first_sync(COLLECTION)).await["serverClock"].take();
    let mut push = change("note", &json!({ "by": "phone" }), &stamp("phone", 0));
    let first = server.sync(USER, phone.body(&[push.clone()])).await;
    laptop.sync(server, USER, &[]).await;
    let mut deletion = deletion("note", &stamp("laptop", 0));
    deletion["baseClock"] = laptop.clock().clone();
    laptop.sync(server, USER, &[deletion]).await;
    age(server).await;
    purge_until(server, 0, [0, 0, 0]).await;
    if matches!(away, Away::Edited | Away::Resetting | Away::Back) {
        phone.sync(server, USER, &[]).await;
    }
    if away == Away::Anew {
        // Later than the horizon by more than a clock may be wrong.
        tokio::time::sleep(Duration::from_millis(1_010)).await;
    }
    let earlier = push["fieldRevs"]["by"].clone();
    let is_as_before = matches!(
        away,
        Away::Forever | Away::Unanswered | Away::Elsewhere | Away::Pruned
    );
    if !is_as_before {
        push["fieldRevs"]["by"] = stamp("phone", 0).into();
    }
    match away {
        Away::Edited | Away::Pruned => push["after"] = json!({ "by": earlier }),
        Away::Resetting => push["baseClock"] = first["accepted"][0]["rev"].clone(),
        _ => {}
    }
    let mut body = phone.body(&[push]);
    match away {
        Away::Pruned => drop(body.as_object_mut().unwrap().remove("clientClock")),
        Away::Elsewhere => body["clientClock"] = elsewhere,
        _ => {}
    }
    server.sync(USER, body).await
}

#[tokio::test]
async fn a_client_that_was_away_keeps_its_edits_and_forgets_what_was_deleted() {
    let server = TestServer::start().await;
    let address = format!("http://{}", server.address());
    let transport = HttpTransport::new(&address, "todo", &server.token(USER), None).unwrap();
    let node = Node::new("phone").unwrap();
    let mut client = SyncClient::new(CollectionName::new(COLLECTION).unwrap(), node);
    let ids = ["edited", "untouched", "alive"].map(|key| DocumentId::own(key).unwrap());
    let at = |number| UnixMillis(now().0 + number);
    for id in &ids {
        let document = json!({ "title": "old" }).as_object().unwrap().clone();
        client.edit(id, &document, at(0)).unwrap();
    }
    sync(&mut client, &transport, at(1)).await.unwrap();
    let mut other = Replica::new(COLLECTION);
    other.sync(&server, USER, &[]).await;
    let mut deletions = [
        deletion("edited", &stamp("laptop", 0)),
        deletion("untouched", &stamp("laptop", 0)),
    ];
    for deletion in &mut deletions {
        deletion["baseClock"] = other.clock().clone();
    }
    other.sync(&server, USER, &deletions).await;
    age(&server).await;
    purge_until(&server, 0, [1, 0, 0]).await;
    let document = json!({ "title": "old", "more": "new" })
        .as_object()
        .unwrap()
        .clone();
    client.edit(&ids[0], &document, at(2)).unwrap();
    let applied = sync(&mut client, &transport, at(3)).await.unwrap();
    let reported: Vec<_> = applied
        .conflicts
        .iter()
        .map(|report| report.conflict.field.as_str())
        .collect();
    assert_eq!(reported, ["_deleted"]);
    assert_eq!(client.get(&ids[0]), Some(document.clone()));
    assert_eq!(client.get(&ids[1]), None);
    assert_eq!(client.documents().count(), 2);
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(&server, USER, &[]).await;
    assert_eq!(fresh.documents()["edited"], Value::Object(document));
    assert_eq!(fresh.documents().len(), 2);
    server.finish().await;
}

/// A document with an edit when the client prunes, which others delete and the user takes the edit back
/// of.
#[tokio::test]
async fn what_a_client_kept_when_it_pruned_goes_or_is_reported() {
    for (is_purged, is_edited) in [(false, false), (false, true), (true, false), (true, true)] {
        let server = TestServer::start().await;
        let address = format!("http://{}", server.address());
        let transport = HttpTransport::new(&address, "todo", &server.token(USER), None).unwrap();
        let node = Node::new("phone").unwrap();
        let mut client = SyncClient::new(CollectionName::new(COLLECTION).unwrap(), node);
        let id = DocumentId::own("note").unwrap();
        let titled = |title| json!({ "title": title }).as_object().unwrap().clone();
        client.edit(&id, &titled("old"), now()).unwrap();
        sync(&mut client, &transport, now()).await.unwrap();
        client.edit(&id, &titled("new"), now()).unwrap();
        client.prune();
        let mut other = Replica::new(COLLECTION);
        other.sync(&server, USER, &[]).await;
        let mut deletion = deletion("note", &stamp("laptop", 0));
        deletion["baseClock"] = other.clock().clone();
        other.sync(&server, USER, &[deletion]).await;
        if is_purged {
            age(&server).await;
            purge_until(&server, 0, [0, 0, 0]).await;
        }
        client.edit(&id, &titled("old"), now()).unwrap();
        if is_edited {
            client.edit(&id, &titled("newer"), now()).unwrap();
        }
        let applied = sync(&mut client, &transport, now()).await.unwrap();
        let reported = applied.conflicts.iter();
        let reported: Vec<_> = reported.map(|it| it.conflict.field.as_str()).collect();
        assert_eq!(reported, vec!["_deleted"; usize::from(is_edited)]);
        let expected = is_edited.then(|| titled("newer"));
        assert_eq!(client.get(&id), expected);
        let fresh = server.sync(USER, first_sync(COLLECTION)).await;
        assert_eq!(fresh["serverChanges"][0]["title"].is_string(), is_edited);
        server.finish().await;
    }
}

/// Documents that no buffer between a server and a device holds all of, each of its own transaction.
async fn many_large(server: &TestServer) {
    let mut connection = server.database.connect().await;
    let statement = "
        INSERT INTO documents (
            namespace_id, application, collection, key, version,
            revision, field_revisions, content, deleted, bytes
        )
        SELECT
            namespace_id, application, collection, 'large-' || number, 1,
            revision, '{}', jsonb_build_object('text', repeat(md5(number::text), 2000)), false, 64000
        FROM documents
        CROSS JOIN generate_series(1, 1500) AS number";
    connection.execute(statement).await.unwrap();
}

#[tokio::test]
async fn an_answer_breaks_off_when_something_is_purged_amid_it() {
    let server = TestServer::start().await;
    let mut replica = Replica::new(COLLECTION);
    let first = change("first", &json!({}), &stamp("phone", 0));
    replica.sync(&server, USER, &[first]).await;
    many_large(&server).await;
    for is_purged in [false, true] {
        let request = server.request(Method::POST, "/todo/sync");
        let request = request
            .bearer_auth(server.token(USER))
            .json(&replica.body(&[]));
        let answer = request.header(ACCEPT_ENCODING, "identity").send().await;
        let mut answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.chunk().await.unwrap().is_some());
        if is_purged {
            let mut connection = server.database.connect().await;
            let statement = "
                INSERT INTO horizon (instant) VALUES (clock_timestamp())
                ON CONFLICT (is_only) DO UPDATE SET instant = excluded.instant";
            connection.execute(statement).await.unwrap();
        }
        let rest = answer.bytes().await;
        assert_eq!(rest.is_err(), is_purged);
    }
    let answer = server.sync(USER, replica.body(&[])).await;
    assert_eq!(answer["reset"], true);
}
