//! Deletions while devices go on writing.

use std::{collections::BTreeSet, pin::pin, time::Duration};

use futures::future::{Either, join, join_all, join3, select};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection;
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    TestServer, first_sync,
    replica::{change, now, stamp},
    server::{answer, token_at},
    tap::Tap,
    traces::tables_with,
};

use crate::world::{
    FRIEND, PERSON, STRANGER, add, delete_account, found, is, open_to, refuses, send, write,
};

const DEVICES: usize = 6;
const ROUNDS: usize = 8;

/// Pushes with one token until it is refused.
async fn push_on(server: &TestServer, token: &str, device: usize) {
    for round in 0.. {
        let node = format!("device{device}");
        let key = format!("zx81-{device}-{}", round % 4);
        let changes = [change(&key, &json!({ "n": round }), &stamp(&node, round))];
        let body = json!({ "collection": "notes", "changes": changes });
        let request = server.request(Method::POST, "/todo/sync");
        let answer = answer(request.bearer_auth(token).json(&body)).await;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return,
            _ => panic!("{}", answer.body),
        }
    }
}

/// What is pushed to a document of another names who pushed it. The end of the account waits for that, and
/// takes it along.
#[tokio::test]
async fn no_push_to_another_names_whose_account_is_gone() {
    let server = TestServer::start().await;
    is(
        &write(&server, FRIEND, None, "1", &json!({ "n": 1 })).await,
        StatusCode::OK,
    );
    let readers = json!([{ "userId": PERSON, "access": "write" }, { "userId": STRANGER }]);
    open_to(&server, FRIEND, "1", &json!({ "sharedWith": readers })).await;
    // That both have edited the same field is reported to the person.
    let mut change = change("1", &json!({ "n": 2 }), &stamp("tablet", 0));
    change["owner"] = FRIEND.into();
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [change] });
    let push = server.request(Method::POST, "/todo/sync");
    let push = answer(push.bearer_auth(server.token(PERSON)).json(&body));

    // The push is held amid its writing, by the way of somebody else to the document.
    let mut connection = server.database.connect().await;
    let mut holder = connection.begin().await.unwrap();
    let hold = sqlx::query("SELECT FROM routes WHERE reader_id = $1 FOR UPDATE");
    hold.bind(STRANGER).execute(&mut *holder).await.unwrap();
    let deletion = async {
        wait_for_locks(&server, 1).await;
        delete_account(&server, PERSON).await
    };
    let release = async {
        wait_for_locks(&server, 2).await;
        holder.commit().await.unwrap();
    };
    let (pushed, deleted, ()) = join3(push, deletion, release).await;
    is(&pushed, StatusCode::OK);
    assert_eq!(pushed.body["conflicts"][0]["field"], "n");
    is(&deleted, StatusCode::NO_CONTENT);
    assert_eq!(tables_with(&server.database, PERSON).await, BTreeSet::new());
    server.finish().await;
}

/// Each would keep a connection from others for as long as the first takes.
#[tokio::test]
async fn an_account_is_deleted_once_at_a_time() {
    let near = TestServer::start().await;
    let tap = Tap::holding(&near.database, "DELETE FROM document_versions");
    let far = TestServer::on(tap.database(&near.database)).await;
    let deletion = delete_account(&far, PERSON);
    let another = async {
        tap.meets().await;
        let another = pin!(delete_account(&far, PERSON));
        let waiting = pin!(wait_for_locks(&near, 1));
        let begun = select(another, waiting).await;
        tap.let_go();
        match begun {
            Either::Left((refused, _)) => refused,
            Either::Right(((), another)) => another.await,
        }
    };
    let (deleted, refused) = join(deletion, another).await;
    is(&deleted, StatusCode::NO_CONTENT);
    refuses(&refused, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    is(&delete_account(&far, PERSON).await, StatusCode::NO_CONTENT);
    far.stop().await;
    near.finish().await;
}

/// A deletion may take long: members open and close their documents beside it, and what has to wait gives its
/// connection back.
#[tokio::test]
async fn a_deletion_keeps_nobody_else_of_the_organisation_out() {
    let near = TestServer::start().await;
    let acme = found(&near, FRIEND, "Acme").await;
    for member in [PERSON, STRANGER] {
        add(&near, FRIEND, &acme, member).await;
    }
    is(
        &write(&near, FRIEND, None, "1", &json!({ "n": 1 })).await,
        StatusCode::OK,
    );
    let tap = Tap::holding(&near.database, "DELETE FROM document_versions");
    let far = TestServer::on(tap.database(&near.database)).await;
    let meanwhile = async {
        tap.meets().await;
        open_to(&near, FRIEND, "1", &json!({ "visibility": "org" })).await;
        open_to(&near, FRIEND, "1", &json!({ "visibility": "private" })).await;
        let member = format!("/orgs/{acme}/members/{STRANGER}");
        let waiting = join(
            delete_account(&near, STRANGER),
            send(&near, FRIEND, Method::DELETE, &member, &Value::Null),
        );
        let (deletion, removal) = waiting.await;
        tap.let_go();
        for refused in [deletion, removal] {
            refuses(&refused, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        }
    };
    let (deleted, ()) = join(delete_account(&far, PERSON), meanwhile).await;
    is(&deleted, StatusCode::NO_CONTENT);
    is(
        &delete_account(&near, STRANGER).await,
        StatusCode::NO_CONTENT,
    );
    far.stop().await;
    near.finish().await;
}

/// A server that has not heard of the end of an account may be asked for it again.
#[tokio::test]
async fn a_deletion_that_comes_late_spares_the_next_account() {
    let near = TestServer::start().await;
    let tap = Tap::holding(&near.database, "INSERT INTO namespaces");
    let far = TestServer::on(tap.database(&near.database)).await;
    let token = token_at(PERSON, UnixMillis(now().0 + 60_000));
    let again = async {
        tap.meets().await;
        is(&delete_account(&near, PERSON).await, StatusCode::NO_CONTENT);
        let changes = [change("1", &json!({ "n": 1 }), &stamp("phone", 0))];
        let body = json!({ "collection": "notes", "changes": changes });
        let sync = near.request(Method::POST, "/todo/sync").bearer_auth(&token);
        is(&answer(sync.json(&body)).await, StatusCode::OK);
        tap.let_go();
    };
    let (deleted, ()) = join(delete_account(&far, PERSON), again).await;
    is(&deleted, StatusCode::NO_CONTENT);
    let pull = near.request(Method::POST, "/todo/sync").bearer_auth(&token);
    let pulled = answer(pull.json(&first_sync("notes"))).await;
    is(&pulled, StatusCode::OK);
    assert_eq!(pulled.body["serverChanges"][0]["_key"], "1");
    far.stop().await;
    near.finish().await;
}

/// Who becomes the last admin of an organisation while the documents go is seen to be that.
#[tokio::test]
async fn a_deletion_leaves_no_organisation_without_an_admin() {
    let near = TestServer::start().await;
    let tap = Tap::holding(&near.database, "DELETE FROM document_versions");
    let far = TestServer::on(tap.database(&near.database)).await;
    let promotion = async {
        tap.meets().await;
        let acme = found(&near, FRIEND, "Acme").await;
        add(&near, FRIEND, &acme, STRANGER).await;
        let members = format!("/orgs/{acme}/members");
        let admin = json!({ "userId": PERSON, "role": "org-admin" });
        is(
            &send(&near, FRIEND, Method::POST, &members, &admin).await,
            StatusCode::CREATED,
        );
        let own = format!("{members}/{FRIEND}");
        is(
            &send(&near, FRIEND, Method::DELETE, &own, &Value::Null).await,
            StatusCode::NO_CONTENT,
        );
        tap.let_go();
    };
    let (refused, ()) = join(delete_account(&far, PERSON), promotion).await;
    refuses(&refused, StatusCode::CONFLICT, "conflict");
    far.stop().await;
    near.finish().await;
}

/// A request that was let in before the account went founds nothing after.
#[tokio::test]
async fn nobody_founds_an_organisation_whose_account_is_gone() {
    let near = TestServer::start().await;
    let tap = Tap::holding(&near.database, "INSERT INTO namespaces");
    let far = TestServer::on(tap.database(&near.database)).await;
    let name = json!({ "name": "Acme" });
    let deletion = async {
        tap.meets().await;
        is(&delete_account(&near, PERSON).await, StatusCode::NO_CONTENT);
        tap.let_go();
    };
    let founding = send(&far, PERSON, Method::POST, "/orgs", &name);
    let (founded, ()) = join(founding, deletion).await;
    refuses(&founded, StatusCode::UNAUTHORIZED, "unauthorized");
    assert_eq!(tables_with(&near.database, PERSON).await, BTreeSet::new());
    found(&near, FRIEND, "Acme").await;
    far.stop().await;
    near.finish().await;
}

/// How an organisation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Its admin deletes it.
    Deleted,
    /// Its only member deletes the account.
    WithItsMember,
}

async fn end(server: &TestServer, end: End, organisation: &str) {
    let deleted = match end {
        End::Deleted => {
            let path = format!("/orgs/{organisation}");
            send(server, PERSON, Method::DELETE, &path, &Value::Null).await
        }
        End::WithItsMember => delete_account(server, PERSON).await,
    };
    is(&deleted, StatusCode::NO_CONTENT);
}

/// Whoever is no member holds no membership that the end of the organisation would wait for.
#[tokio::test]
async fn no_push_of_an_outsider_outlives_the_organisation() {
    for how in [End::Deleted, End::WithItsMember] {
        let server = TestServer::start().await;
        let acme = found(&server, PERSON, "Acme").await;
        is(
            &write(&server, PERSON, Some(&acme), "1", &json!({ "n": "qv47" })).await,
            StatusCode::OK,
        );
        let readers = json!([{ "userId": FRIEND, "access": "write" }, { "userId": STRANGER }]);
        let entry = server
            .request(Method::PATCH, "/docIndex/todo/1")
            .bearer_auth(server.token(PERSON))
            .header("X-Org-Id", &acme);
        is(
            &answer(entry.json(&json!({ "sharedWith": readers }))).await,
            StatusCode::OK,
        );
        // A version gives way to it, and that both have edited the same field is reported.
        let mut change = change("1", &json!({ "n": "qv47 too" }), &stamp("tablet", 0));
        change["owner"] = acme.as_str().into();
        let body = json!({ "collection": "notes", "protocol": 2, "changes": [change] });
        let push = server.request(Method::POST, "/todo/sync");
        let push = answer(push.bearer_auth(server.token(FRIEND)).json(&body));

        // The push is held amid its writing, by the way of somebody else to the document.
        let mut connection = server.database.connect().await;
        let mut holder = connection.begin().await.unwrap();
        let hold = sqlx::query("SELECT FROM routes WHERE reader_id = $1 FOR UPDATE");
        hold.bind(STRANGER).execute(&mut *holder).await.unwrap();
        let ending = async {
            wait_for_locks(&server, 1).await;
            end(&server, how, &acme).await;
        };
        let release = async {
            wait_for_locks(&server, 2).await;
            holder.commit().await.unwrap();
        };
        let (pushed, (), ()) = join3(push, ending, release).await;
        is(&pushed, StatusCode::OK);
        assert_eq!(pushed.body["conflicts"][0]["field"], "n", "{how:?}");
        for trace in ["qv47", &acme] {
            let tables = tables_with(&server.database, trace).await;
            assert_eq!(tables, BTreeSet::new(), "{how:?}: {trace}");
        }
        server.finish().await;
    }
}

/// Until so many have waited for locks of others in the server's database for longer than a push does
/// before it lets go of what it holds, and is tried again with more patience.
async fn wait_for_locks(server: &TestServer, count: i64) {
    let mut connection = server.database.connect().await;
    let statement = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE datname = current_database() AND NOT granted
          AND waitstart < clock_timestamp() - interval '200 ms'";
    while sqlx::query_scalar::<_, i64>(statement)
        .fetch_one(&mut connection)
        .await
        .unwrap()
        < count
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whatever a push does when the account goes, nothing of it is left.
#[tokio::test]
async fn no_push_outlives_the_account() {
    for round in 0..ROUNDS {
        let server = TestServer::start().await;
        let other = TestServer::on(server.database.clone()).await;
        let token = server.token(PERSON);
        let devices = (0..DEVICES).map(|device| {
            let server = if device % 2 == 0 { &server } else { &other };
            push_on(server, &token, device)
        });
        let delete = async {
            // At another moment each time, the first before anybody has written.
            tokio::time::sleep(Duration::from_millis(20 * round as u64)).await;
            delete_account(&server, PERSON).await
        };
        let (_, deleted) = join(join_all(devices), delete).await;
        is(&deleted, StatusCode::NO_CONTENT);
        assert_eq!(tables_with(&server.database, "zx81").await, BTreeSet::new());
        let mut connection = server.database.connect().await;
        let orphans: i64 = sqlx::query_scalar("SELECT count(*) FROM documents")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(orphans, 0);
        other.stop().await;
        server.finish().await;
    }
}
