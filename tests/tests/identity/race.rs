//! Two sign-ins at once with a new identity make one user.

use std::collections::BTreeSet;

use futures::future::join_all;
use syncline_tests::TestServer;

use crate::support::{code, development_server, redeem, sign_in, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_at_once_with_a_new_identity_make_one_user() {
    let server = development_server().await;
    // Another server on the same database: nothing in a process can order these.
    let other = TestServer::on(server.database.clone()).await;
    for round in 0..20 {
        let name = format!("new-{round}");
        let sign_ins = (0..12).map(|index| {
            let server = if index % 2 == 0 { &server } else { &other };
            sign_in(server, &name)
        });
        let users: BTreeSet<String> = join_all(sign_ins)
            .await
            .into_iter()
            .map(|(user, _)| user.to_string())
            .collect();
        assert_eq!(users.len(), 1, "{users:?}");
    }
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut server.database.connect().await)
        .await
        .unwrap();
    assert_eq!(users, 20);
    other.stop().await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_do_several_codes_for_one_new_identity() {
    let server = development_server().await;
    let codes = join_all((0..8).map(|_| code(&server, "ada"))).await;
    let answers = join_all(codes.iter().map(|code| redeem(&server, code))).await;
    let users: BTreeSet<String> = answers
        .iter()
        .map(|answer| signed_in(answer).0.to_string())
        .collect();
    assert_eq!(users.len(), 1, "{users:?}");
    server.finish().await;
}
