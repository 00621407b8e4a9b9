//! A deletion that a crash interrupts has not happened, and can be repeated.

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use syncline_tests::{
    process::Process,
    replica::{change, stamp},
};

use crate::world::PERSON;

/// How many documents, namespaces and deleted accounts there are.
async fn counts(connection: &mut PgConnection) -> (i64, i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM namespaces), \
         (SELECT count(*) FROM deleted_accounts)",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_deletion_that_is_killed_is_none_and_repeated_is_one() {
    let mut process = Process::start();
    let changes: Vec<_> = (0..50)
        .map(|number| {
            let key = format!("zx81-{number}");
            change(&key, &json!({ "n": number }), &stamp("phone", 0))
        })
        .collect();
    let body = json!({ "collection": "notes", "changes": changes });
    process.post(PERSON, &body).await.expect("it is stored");

    // Somebody holds one of the documents, so that the deletion is amid its statements.
    let mut holder = process.connect().await;
    let mut held = holder.begin().await.unwrap();
    held.execute("SELECT FROM documents WHERE key = 'zx81-40' FOR UPDATE")
        .await
        .unwrap();
    let mut connection = process.connect().await;
    let waiting = async {
        let statement =
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')";
        while !sqlx::query_scalar::<_, bool>(statement)
            .fetch_one(&mut connection)
            .await
            .unwrap()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process.kill_server();
    };
    let (answer, ()) = tokio::join!(process.delete_account(PERSON), waiting);
    assert_eq!(answer, None, "nobody heard that it is deleted");
    held.rollback().await.unwrap();
    process.restart();

    let mut connection = process.connect().await;
    assert_eq!(
        counts(&mut connection).await,
        (50, 1, 0),
        "all is as before"
    );
    process
        .post(PERSON, &body)
        .await
        .expect("the session lives");
    for _ in 0..2 {
        assert_eq!(process.delete_account(PERSON).await, Some(204));
        assert_eq!(counts(&mut connection).await, (0, 0, 1));
    }
}
