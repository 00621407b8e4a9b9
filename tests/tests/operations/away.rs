//! The database goes away and comes back.

use std::{fs, path::Path, process::Command, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use syncline_postgres::local_cluster::LocalCluster;
use syncline_tests::{
    Answer, TestDatabase, TestServer, first_sync,
    process::Process,
    replica::{change, stamp},
};
use tokio::{task::JoinSet, time::Instant};

/// More than there are connections.
const REQUESTS: usize = 40;

/// Nobody waits longer than a request may take, which is 8 seconds here, and a little.
const LONGEST: Duration = Duration::from_secs(9);

/// Once the server knows that the database is away, it says so at once: whoever has to find that out waits for
/// three seconds before it looks.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_database_is_said_to_be_away_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    let server = TestServer::on(TestDatabase::at(cluster.connect_options())).await;
    expect_all(&server, StatusCode::OK, LONGEST).await;
    cluster.stop().await.unwrap();
    expect_all(&server, StatusCode::SERVICE_UNAVAILABLE, LONGEST).await;
    expect_all(&server, StatusCode::SERVICE_UNAVAILABLE, AT_ONCE).await;
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    found_again(&server).await;
    expect_all(&server, StatusCode::OK, LONGEST).await;
    server.stop().await;
    cluster.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_hangs_is_said_to_be_away_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    let database = TestDatabase::at(cluster.connect_options());
    let server = TestServer::with(database.clone(), "limits.requestSeconds = 8").await;
    expect_all(&server, StatusCode::OK, LONGEST).await;
    let processes = processes(folder.path(), &database).await;
    signal("-STOP", &processes);
    expect_all(&server, StatusCode::SERVICE_UNAVAILABLE, LONGEST).await;
    expect_all(&server, StatusCode::SERVICE_UNAVAILABLE, AT_ONCE).await;
    signal("-CONT", &processes);
    found_again(&server).await;
    expect_all(&server, StatusCode::OK, LONGEST).await;
    server.stop().await;
    cluster.stop().await.unwrap();
}

/// A server whose own PostgreSQL is killed starts it again, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_postgresql_of_our_own_is_started_again() {
    let process = Process::start();
    for round in 0..2 {
        let doc = json!({ "title": format!("of round {round}") });
        let push = json!({
            "collection": "notes",
            "changes": [change(&format!("note-{round}"), &doc, &stamp("ada", round))],
        });
        // What PostgreSQL had begun before it was killed may have answered the last pull.
        answered(&process, &push).await;
        process.kill_database();
        let pulled = answered(&process, &first_sync("notes")).await;
        let documents = pulled["serverChanges"].as_array().unwrap();
        assert_eq!(documents.len(), round + 1, "{pulled}");
    }
}

/// Asks until there is an answer.
async fn answered(process: &Process, body: &Value) -> Value {
    let begin = Instant::now();
    loop {
        if let Some(answer) = process.post("ada", body).await {
            return answer;
        }
        assert!(
            begin.elapsed() < Duration::from_mins(1),
            "it never came back"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Many ask at once; each gets this answer, within this time.
pub(crate) async fn expect_all(server: &TestServer, status: StatusCode, within: Duration) {
    let mut asking = JoinSet::new();
    for number in 0..REQUESTS {
        let request = server.request(reqwest::Method::POST, "/todo/sync");
        let request = request.bearer_auth(server.token(&format!("user-{number}")));
        let request = request.json(&first_sync("notes"));
        asking.spawn(async move {
            let begin = Instant::now();
            (
                syncline_tests::server::answer(request).await,
                begin.elapsed(),
            )
        });
    }
    for (answer, time) in asking.join_all().await {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(time < within, "it took {time:?}");
        expect_advice(&answer);
    }
}

/// Who is refused is told when to try again.
#[track_caller]
fn expect_advice(answer: &Answer) {
    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
        assert_eq!(answer.headers["retry-after"], "1");
        assert_eq!(answer.body["code"], "unavailable");
    }
}

pub(crate) async fn found_again(server: &TestServer) {
    let begin = Instant::now();
    loop {
        let answer = server.post_sync("ada", "todo", &first_sync("notes")).await;
        if answer.status == StatusCode::OK {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{}", answer.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The postmaster, and the processes that serve connections.
async fn processes(folder: &Path, database: &TestDatabase) -> Vec<String> {
    let file = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
    let mut connection = database.options().connect().await.unwrap();
    let backends: Vec<i32> = sqlx::query_scalar(
        "SELECT pid FROM pg_stat_activity \
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let postmaster = file.lines().next().unwrap().trim().to_owned();
    let backends = backends.iter().map(ToString::to_string);
    [postmaster].into_iter().chain(backends).collect()
}

fn signal(name: &str, processes: &[String]) {
    let told = Command::new("kill").arg(name).args(processes).status();
    assert!(told.unwrap().success());
}
