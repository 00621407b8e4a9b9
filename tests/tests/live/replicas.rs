//! Several servers on one database, and connections that are lost.

use serde_json::json;
use sqlx::PgConnection;
use syncline_tests::TestServer;

use crate::{
    listener::{Listener, own},
    world::{add, found, push, push_to, remove},
};

#[tokio::test]
async fn installations_in_one_database_hear_nothing_of_each_other() {
    let here = TestServer::start().await;
    // As long as a name may be.
    let schema = format!("databaseSchema = \"{}\"", "s".repeat(63));
    let there = TestServer::with(here.database.clone(), &schema).await;
    let mut ours = Listener::open(&here, "ada").await;
    let mut theirs = Listener::open(&there, "ada").await;
    push(&there, "ada", "letters", "1").await;
    assert_eq!(theirs.told(&there, "ada").await, [own("letters")]);
    push(&here, "ada", "notes", "1").await;
    assert_eq!(ours.told(&here, "ada").await, [own("notes")]);
    drop((ours, theirs));
    there.stop().await;
    here.finish().await;
}

#[tokio::test]
async fn servers_on_one_database_hear_each_other() {
    let here = TestServer::start().await;
    let there = TestServer::on(here.database.clone()).await;
    let mut ada = Listener::open(&there, "ada").await;
    push(&here, "ada", "notes", "1").await;
    assert_eq!(ada.next().await, Some(own("notes")));
    let acme = found(&here, "eve").await;
    add(&here, "eve", &acme, "ada").await;
    assert_eq!(ada.next().await, Some(json!({})));
    push_to(&here, "eve", &acme, "notes").await;
    let expected = json!({ "collection": "notes", "orgId": acme });
    assert_eq!(ada.next().await, Some(expected));
    remove(&here, "eve", &acme, "ada").await;
    assert_eq!(ada.next().await, Some(json!({})));
    there.stop().await;
    here.finish().await;
}

/// Ends the connections on which servers hear and tell, and gives how many there were.
async fn cut(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'syncline live'",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn after_a_lost_connection_anything_may_have_changed() {
    let server = TestServer::start().await;
    let mut connection = server.database.connect().await;
    let mut ada = Listener::open(&server, "ada").await;
    for _ in 0..2 {
        assert_eq!(cut(&mut connection).await, 2, "one hears, one tells");
        push(&server, "ada", "notes", "1").await;
        while ada.next().await != Some(json!({})) {}
        // What is told is sent on a connection that may have been lost as well.
        push(&server, "ada", "lists", "1").await;
        while ada.next().await != Some(own("lists")) {}
    }
    drop(connection);
    server.finish().await;
}
