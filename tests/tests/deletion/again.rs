//! Whoever signs in again with the same user id has devices that know the account before.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_domain::hlc::UnixMillis;
use syncline_postgres::renew_incarnation;
use syncline_tests::{
    TestServer, first_sync, pull_from,
    replica::{change, now, stamp},
    server::{answer, token_at},
};

use crate::world::{FRIEND, PERSON, delete_account, is, open_to, write};

/// A server where the person has documents of an own and one of a friend's, in an account that ends.
struct Again {
    server: TestServer,
    /// What the person's devices said before that.
    first_page: Value,
    before: Value,
    /// The person's, who has signed in again.
    token: String,
}

impl Again {
    async fn start() -> Self {
        let server = TestServer::start().await;
        for key in ["1", "2"] {
            let doc = json!({ "n": 1, "title": "zx81" });
            is(
                &write(&server, PERSON, None, key, &doc).await,
                StatusCode::OK,
            );
        }
        is(
            &write(&server, FRIEND, None, "3", &json!({ "title": "zx81" })).await,
            StatusCode::OK,
        );
        let readers = json!({ "sharedWith": [{ "userId": PERSON }] });
        open_to(&server, FRIEND, "3", &readers).await;
        let mut first_page = first_sync("notes");
        first_page["limit"] = 1.into();
        let first_page = server.sync(PERSON, first_page).await;
        assert_eq!(first_page["hasMore"], true, "{first_page}");
        let before = server.sync(PERSON, first_sync("notes")).await;
        assert_eq!(keys(&before), ["1", "2", "3"], "{before}");
        is(
            &delete_account(&server, PERSON).await,
            StatusCode::NO_CONTENT,
        );
        let token = token_at(PERSON, UnixMillis(now().0 + 1_000));
        Self {
            server,
            first_page,
            before,
            token,
        }
    }

    async fn sync(&self, body: &Value) -> Value {
        let sync = self.server.request(Method::POST, "/todo/sync");
        let answer = answer(sync.bearer_auth(&self.token).json(body)).await;
        is(&answer, StatusCode::OK);
        answer.body
    }
}

fn keys(answer: &Value) -> Vec<&str> {
    let documents = answer["serverChanges"].as_array().unwrap();
    let mut keys: Vec<_> = documents
        .iter()
        .map(|document| document["_key"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    keys
}

/// A device goes on showing what is gone unless it is told, and it is told once.
#[tokio::test]
async fn a_device_of_the_account_before_begins_anew() {
    let again = Again::start().await;
    for known in [&again.before, &again.first_page] {
        let told = again.sync(&pull_from("notes", known)).await;
        assert_eq!(told["reset"], true, "{told}");
        assert_eq!(told["serverChanges"], json!([]), "{told}");
        let next = again.sync(&pull_from("notes", &told)).await;
        assert_eq!(next["reset"], Value::Null, "{next}");
        assert_eq!(next["serverChanges"], json!([]), "{next}");
    }
    let fresh = again.sync(&first_sync("notes")).await;
    let next = again.sync(&pull_from("notes", &fresh)).await;
    assert_eq!([&fresh["reset"], &next["reset"]], [&Value::Null; 2]);
    again.server.finish().await;
}

/// Where the database comes back with transactions of another cluster, which was ahead, a device is told once.
#[tokio::test]
async fn a_new_life_knows_of_the_account_before() {
    let again = Again::start().await;
    let fresh = again.sync(&first_sync("notes")).await;
    let mut connection = again.server.database.connect().await;
    for statement in [
        "SET syncline.renewing = 'on'",
        "UPDATE deleted_accounts SET tx = '1000000000000'",
    ] {
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    renew_incarnation(again.server.database.options())
        .await
        .unwrap();
    let told = again.sync(&pull_from("notes", &fresh)).await;
    let next = again.sync(&pull_from("notes", &told)).await;
    assert_eq!(
        [&told["reset"], &next["reset"]],
        [&true.into(), &Value::Null]
    );
    again.server.finish().await;
}

/// What is pushed of the account before is kept, and reported: the document was deleted.
#[tokio::test]
async fn an_edit_from_the_account_before_is_reported() {
    let again = Again::start().await;
    let mut edit = change("1", &json!({ "n": 2, "title": "zx81" }), &stamp("phone", 1));
    edit["baseClock"] = again.before["serverClock"].clone();
    // The first makes the new account's namespace, the second finds it.
    for key in ["1", "2"] {
        edit["key"] = key.into();
        let mut body = pull_from("notes", &again.before);
        body["changes"] = json!([edit]);
        let told = again.sync(&body).await;
        assert_eq!(told["reset"], true, "{told}");
        let conflicts = told["conflicts"].as_array().unwrap();
        assert_eq!(conflicts.len(), 1, "{told}");
        let told_of = [&conflicts[0]["field"], &conflicts[0]["key"]];
        assert_eq!(told_of, ["_deleted", key], "{told}");
        assert!(keys(&told).contains(&key), "{told}");
    }
    // Of what the new account has made, the device knows all that it pushes.
    let fresh = again.sync(&first_sync("notes")).await;
    edit["baseClock"] = fresh["serverClock"].clone();
    edit["key"] = "new".into();
    let mut body = pull_from("notes", &fresh);
    body["changes"] = json!([edit]);
    let told = again.sync(&body).await;
    assert_eq!(told["reset"], Value::Null, "{told}");
    assert_eq!(told["conflicts"], json!([]), "{told}");
    again.server.finish().await;
}
