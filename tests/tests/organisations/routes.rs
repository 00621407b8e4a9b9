//! A membership is a route to documents: its row tells pulls what became visible, and what no
//! longer is.

use reqwest::StatusCode;
use sqlx::PgConnection;
use syncline_tests::{
    TestDatabase, TestServer,
    dump::{dump, restore},
};

use crate::world::{ADMIN, MEMBER, World, is};

/// Whether the user's membership is revoked, and the transaction that wrote it last.
async fn route(connection: &mut PgConnection, user: &str) -> (bool, i64) {
    sqlx::query_as("SELECT revoked, tx::text::bigint FROM memberships WHERE user_id = $1")
        .bind(user)
        .fetch_one(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_change_of_a_membership_is_a_transaction_that_pulls_have_not_seen() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    let mut connection = world.server.database.connect().await;
    let path = format!("{acme}/members/{MEMBER}");
    world.add(&acme, MEMBER, "member").await;
    let added = route(&mut connection, MEMBER).await;
    is(
        &world.patch(ADMIN, &path, "org-admin").await,
        StatusCode::OK,
    );
    let risen = route(&mut connection, MEMBER).await;
    is(&world.delete(ADMIN, &path).await, StatusCode::NO_CONTENT);
    let gone = route(&mut connection, MEMBER).await;
    world.add(&acme, MEMBER, "member").await;
    let back = route(&mut connection, MEMBER).await;
    let revoked = [added.0, risen.0, gone.0, back.0];
    assert_eq!(revoked, [false, false, true, false]);
    let transactions = [added.1, risen.1, gone.1, back.1];
    assert!(
        transactions.is_sorted_by(|earlier, later| earlier < later),
        "{transactions:?}"
    );
    world.server.finish().await;
}

#[tokio::test]
async fn another_life_of_the_database_begins_with_routes_that_everybody_has_seen() {
    let world = World::begin().await;
    let acme = world.found("Acme").await;
    world.add(&acme, MEMBER, "member").await;
    let left = format!("{acme}/members/{MEMBER}");
    is(&world.delete(MEMBER, &left).await, StatusCode::NO_CONTENT);
    let restored = TestDatabase::empty().await;
    restore(&restored, &dump(&world.server.database, &[]));
    let other = World {
        server: TestServer::on(restored).await,
    };
    let mut connection = other.server.database.connect().await;
    assert_eq!(route(&mut connection, ADMIN).await, (false, 3));
    assert_eq!(route(&mut connection, MEMBER).await, (true, 3));
    is(&other.get(ADMIN, &acme).await, StatusCode::OK);
    other.server.finish().await;
    world.server.finish().await;
}
