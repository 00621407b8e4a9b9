//! A membership is a route to documents: its row tells pulls what became visible, and what no
//! longer is.

use reqwest::StatusCode;
use sqlx::{Executor, PgConnection};
use syncline_tests::{
    TestDatabase, TestServer,
    dump::{dump, restore},
};

use crate::world::{ADMIN, MEMBER, World, is};

const AHEAD: &str = "SET syncline.renewing = 'on'; UPDATE memberships SET tx = '1000000000000'";

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
    // As in a cluster that has had more transactions.
    let mut connection = world.server.database.connect().await;
    connection.execute(sqlx::raw_sql(AHEAD)).await.unwrap();
    let restored = TestDatabase::empty().await;
    restore(&restored, &dump(&world.server.database, &[]));
    let other = World {
        server: TestServer::on(restored).await,
    };
    let mut connection = other.server.database.connect().await;
    let seen_by_all = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1";
    let seen_by_all: i64 = sqlx::query_scalar(seen_by_all)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    for (user, was_revoked) in [(ADMIN, false), (MEMBER, true)] {
        let (revoked, transaction) = route(&mut connection, user).await;
        assert_eq!(revoked, was_revoked);
        assert!(transaction <= seen_by_all, "{transaction} > {seen_by_all}");
    }
    is(&other.get(ADMIN, &acme).await, StatusCode::OK);
    other.server.finish().await;
    world.server.finish().await;
}
