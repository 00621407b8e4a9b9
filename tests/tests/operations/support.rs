use std::{
    process::{Command, Output},
    time::Duration,
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use syncline_tests::{
    TestDatabase, TestServer, first_sync,
    process::binary,
    replica::{change, stamp},
    server::answer,
};

/// Runs `syncline` to its end, with this database.
pub(crate) fn syncline(arguments: &[&str], url: &str) -> Output {
    command_with(arguments, url).output().unwrap()
}

/// The same, to be run.
pub(crate) fn command_with(arguments: &[&str], url: &str) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env("SYNCLINE_DATABASE_URL", url)
        .env("SYNCLINE_LISTEN", "127.0.0.1:0")
        .env(
            "SYNCLINE_JWT_SECRET",
            "a secret that is long enough for a test",
        );
    command
}

/// What a command that fails says.
#[track_caller]
pub(crate) fn refusal(arguments: &[&str], url: &str) -> String {
    let output = syncline(arguments, url);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

/// Runs statements as their caller would.
pub(crate) async fn run(options: &PgConnectOptions, statements: &str) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    let statements = sqlx::AssertSqlSafe(statements.to_owned());
    sqlx::raw_sql(statements).execute(&mut connection).await?;
    Ok(())
}

/// A database of a cluster that only this test uses.
pub(crate) fn database(options: PgConnectOptions) -> TestDatabase {
    TestDatabase::at(options)
}

/// Does as `user` what a server can be asked for, from the first push to the end of the account.
pub(crate) async fn live_a_life(server: &TestServer, user: &str) {
    let doc = json!({ "title": format!("a note of {user}") });
    let push = json!({
        "collection": "notes", "protocol": 2,
        "changes": [change("note", &doc, &stamp(user, 0))],
    });
    server.sync(user, push).await;
    let pulled = server.sync(user, first_sync("notes")).await;
    assert_eq!(pulled["serverChanges"][0]["title"], doc["title"]);
    let search = json!({ "collection": "notes", "filter": { "type": "text", "query": "note" } });
    let found = ask(server, user, Method::POST, "/todo/search", Some(&search)).await;
    assert_eq!(found["results"][0]["_key"], "note", "{found}");
    let reader = json!({ "userId": "grace", "app": "todo", "access": "read" });
    let shared = json!({ "visibility": "shared", "sharedWith": [reader] });
    ask(
        server,
        user,
        Method::PATCH,
        "/docIndex/todo/note",
        Some(&shared),
    )
    .await;
    let exported = ask(server, user, Method::GET, "/account/export", None).await;
    assert_eq!(exported["docs"]["todo"]["notes"][0]["title"], doc["title"]);
    let table = ask(
        server,
        user,
        Method::GET,
        "/account/export?format=csv",
        None,
    )
    .await;
    assert!(table.as_str().unwrap().contains("a note of"), "{table}");
    let name = json!({ "name": format!("the club of {user}") });
    ask(server, user, Method::POST, "/orgs", Some(&name)).await;
    ask(server, user, Method::DELETE, "/account", None).await;
}

async fn ask(
    server: &TestServer,
    user: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Value {
    loop {
        let request = server.request(method.clone(), path);
        let request = request.bearer_auth(server.token(user));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = answer(request).await;
        // Some exports wait for others to end.
        let is_busy = answer.status == StatusCode::SERVICE_UNAVAILABLE;
        if is_busy && answer.body.to_string().contains("exports are running") {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        }
        assert!(
            answer.status < StatusCode::BAD_REQUEST,
            "{path}: {answer:?}"
        );
        return answer.body;
    }
}
