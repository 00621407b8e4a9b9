//! A database that comes back on another machine, whose clock is another as well.

use serde_json::json;
use sqlx::Executor;
use syncline_postgres::renew_incarnation;
use syncline_tests::{
    Replica, TestServer,
    replica::{change, stamp},
};

use crate::family::COLLECTION;

const USER: &str = "ada";

/// Of a version that no page had a device has not seen anything, whenever it gave way. What the
/// device makes to be as that was is an edit.
#[tokio::test]
async fn what_gave_way_by_a_clock_that_was_ahead_is_no_ancestor() {
    let server = TestServer::start().await;
    let mut laptop = Replica::new(COLLECTION);
    for (key, title) in [("plan", "first"), ("other", "first"), ("plan", "second")] {
        let change = change(key, &json!({ "title": title }), &stamp("laptop", 0));
        laptop.sync(&server, USER, &[change]).await;
    }
    let ahead = "UPDATE document_versions SET superseded_at = superseded_at + interval '1 hour'";
    let mut connection = server.database.connect().await;
    connection.execute(ahead).await.unwrap();
    renew_incarnation(server.database.options()).await.unwrap();

    let mut phone = Replica::paged(COLLECTION, 1);
    let page = server.sync(USER, phone.body(&[])).await;
    assert!(phone.apply(&page, &[]));
    assert_eq!(phone.documents().keys().collect::<Vec<_>>(), ["other"]);
    let mut edit = change("plan", &json!({ "title": "first" }), &stamp("phone", 0));
    edit["baseClock"] = phone.clock().clone();
    let answer = server.sync(USER, phone.body(&[edit])).await;
    assert_eq!(answer["conflicts"][0]["winnerValue"], "first", "{answer}");
    laptop.sync(&server, USER, &[]).await;
    assert_eq!(laptop.documents()["plan"], json!({ "title": "first" }));
    server.finish().await;
}
