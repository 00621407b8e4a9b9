//! What holds although several do it at the same instant.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer, first_sync,
    replica::{change, stamp},
    server::answer,
    tap::Tap,
};

use crate::world::{ADMIN, MEMBER, World, is, refuses};

const ROUNDS: usize = 60;

/// How many of the answers have this status.
fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

/// Two servers on one database, so that nothing but the database keeps the order.
async fn two_servers() -> (World, World) {
    let first = World::begin().await;
    let second = TestServer::on(first.server.database.clone()).await;
    (first, World { server: second })
}

async fn finish((first, second): (World, World)) {
    second.server.stop().await;
    first.server.finish().await;
}

/// What a request of [`ADMIN`]'s is answered who is sent away before the server goes on to what has `text`.
async fn answer_after_leaving(text: &'static str, path: &str) -> Answer {
    let near = World::begin().await;
    let organisation = with_two_admins(&near, 0).await;
    let tap = Tap::holding(&near.server.database, text);
    let far = World {
        server: TestServer::on(tap.database(&near.server.database)).await,
    };
    let path_there = format!("{organisation}/{path}");
    let removal = async {
        tap.meets().await;
        let path = format!("{organisation}/members/{ADMIN}");
        is(&near.delete(MEMBER, &path).await, StatusCode::NO_CONTENT);
        // Nobody who was sent away was ever shown this.
        near.add_as(MEMBER, &organisation, "mia", "member").await;
        tap.let_go();
    };
    let (answer, ()) = tokio::join!(far.get(ADMIN, &path_there), removal);
    far.server.stop().await;
    near.server.finish().await;
    answer
}

#[tokio::test]
async fn no_members_are_listed_for_whoever_is_none_any_more() {
    let answer = answer_after_leaving("ORDER BY memberships.user_id", "members").await;
    refuses(&answer, StatusCode::NOT_FOUND, "not_found");
}

#[tokio::test]
async fn nothing_is_exported_for_whoever_is_no_admin_any_more() {
    for format in ["json", "ndjson", "csv"] {
        let path = format!("export?format={format}");
        let answer = answer_after_leaving("REPEATABLE READ", &path).await;
        refuses(&answer, StatusCode::NOT_FOUND, "not_found");
    }
}

/// The members of an organisation who are admins.
async fn admins(world: &World, organisation: &str) -> usize {
    for user in [ADMIN, MEMBER] {
        let path = format!("{organisation}/members");
        let answer = world.get(user, &path).await;
        if answer.status == StatusCode::OK {
            let members = answer.body["members"].as_array().unwrap();
            let roles = members
                .iter()
                .filter(|member| member["role"] == "org-admin");
            return roles.count();
        }
    }
    0
}

/// An organisation with two admins.
async fn with_two_admins(world: &World, round: usize) -> String {
    let organisation = world.found(&format!("Organisation {round}")).await;
    world.add(&organisation, MEMBER, "org-admin").await;
    organisation
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_demote_each_other_one_succeeds() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    for round in 0..ROUNDS {
        let organisation = with_two_admins(first, round).await;
        let other = |user| format!("{organisation}/members/{user}");
        let (of_admin, of_member) = (other(MEMBER), other(ADMIN));
        let (ada, max) = tokio::join!(
            first.patch(ADMIN, &of_admin, "member"),
            second.patch(MEMBER, &of_member, "member"),
        );
        let answers = [ada, max];
        let statuses = (
            count(&answers, StatusCode::OK),
            count(&answers, StatusCode::FORBIDDEN),
        );
        assert_eq!(statuses, (1, 1), "round {round}: {answers:?}");
        assert_eq!(admins(first, &organisation).await, 1);
    }
    finish(worlds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_leave_one_stays() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    for round in 0..ROUNDS {
        let organisation = with_two_admins(first, round).await;
        let own = |user| format!("{organisation}/members/{user}");
        let (of_admin, of_member) = (own(ADMIN), own(MEMBER));
        let (ada, max) = tokio::join!(
            first.delete(ADMIN, &of_admin),
            second.delete(MEMBER, &of_member),
        );
        let answers = [ada, max];
        let statuses = (
            count(&answers, StatusCode::NO_CONTENT),
            count(&answers, StatusCode::CONFLICT),
        );
        assert_eq!(statuses, (1, 1), "round {round}: {answers:?}");
        assert_eq!(admins(first, &organisation).await, 1);
    }
    finish(worlds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_found_under_one_name_one_succeeds() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    for round in 0..ROUNDS {
        let (small, large) = (format!("name {round}"), format!(" NAME {round}"));
        let (small, large) = (json!({ "name": small }), json!({ "name": large }));
        let (a, b, c, d) = tokio::join!(
            first.post(ADMIN, "/orgs", &small),
            second.post(MEMBER, "/orgs", &large),
            first.post(MEMBER, "/orgs", &small),
            second.post(ADMIN, "/orgs", &large),
        );
        let answers = [a, b, c, d];
        let statuses = (
            count(&answers, StatusCode::CREATED),
            count(&answers, StatusCode::CONFLICT),
        );
        assert_eq!(statuses, (1, 3), "round {round}: {answers:?}");
    }
    // A name that was refused leaves nothing behind.
    let mut connection = first.server.database.connect().await;
    let rows: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM organisations), \
         (SELECT count(*) FROM namespaces WHERE kind = 'organisation'), \
         (SELECT count(*) FROM memberships)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!(rows, (rounds, rounds, rounds));
    finish(worlds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_added_twice_is_added_once() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    let members = format!("{}/members", first.found("Acme").await);
    for round in 0..ROUNDS {
        let body = json!({ "userId": format!("user-{round}") });
        let (a, b) = tokio::join!(
            first.post(ADMIN, &members, &body),
            second.post(ADMIN, &members, &body),
        );
        let answers = [a, b];
        let statuses = (
            count(&answers, StatusCode::CREATED),
            count(&answers, StatusCode::CONFLICT),
        );
        assert_eq!(statuses, (1, 1), "round {round}: {answers:?}");
    }
    finish(worlds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_is_deleted_gets_no_member() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    for round in 0..ROUNDS {
        let organisation = with_two_admins(first, round).await;
        let members = format!("{organisation}/members");
        let body = json!({ "userId": "late" });
        let (deleted, added) = tokio::join!(
            first.delete(ADMIN, &organisation),
            second.post(MEMBER, &members, &body),
        );
        is(&deleted, StatusCode::NO_CONTENT);
        assert!(
            matches!(added.status, StatusCode::CREATED | StatusCode::NOT_FOUND),
            "round {round}: {added:?}"
        );
    }
    let mut connection = first.server.database.connect().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM memberships")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
    finish(worlds).await;
}

/// Synchronises an organisation's notes.
async fn sync(world: &World, organisation: &str, user: &str, changes: &[Value]) -> Answer {
    let mut body = first_sync("notes");
    body["changes"] = changes.into();
    let request = world.server.request(Method::POST, "/todo/sync");
    answer(of(world, organisation, user, request).json(&body)).await
}

/// A request for something of an organisation's note.
fn note(world: &World, method: Method, what: &str) -> RequestBuilder {
    let path = format!("/todo/collections/notes/documents/note/{what}");
    world.server.request(method, &path)
}

/// A request for what is an organisation's.
fn of(world: &World, organisation: &str, user: &str, request: RequestBuilder) -> RequestBuilder {
    let id = organisation.trim_start_matches("/orgs/");
    let request = request.bearer_auth(world.server.token(user));
    request.header("X-Org-Id", id)
}

/// A device counts on it that nothing was stored of a push that was refused.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_member_who_pushes_while_leaving_nothing_is_stored_that_was_refused() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    for round in 0..ROUNDS {
        let organisation = first.found(&format!("Organisation {round}")).await;
        first.add(&organisation, MEMBER, "member").await;
        let own = format!("{organisation}/members/{MEMBER}");
        let note = [change("note", &json!({}), &stamp("phone", 0))];
        let (left, pushed) = tokio::join!(
            first.delete(ADMIN, &own),
            sync(second, &organisation, MEMBER, &note),
        );
        is(&left, StatusCode::NO_CONTENT);
        let stored = sync(first, &organisation, ADMIN, &[]).await.body;
        let is_stored = stored["serverChanges"] != json!([]);
        match pushed.status {
            StatusCode::OK => assert!(is_stored, "round {round}: {}", pushed.body),
            StatusCode::FORBIDDEN => assert!(!is_stored, "round {round}: {}", pushed.body),
            status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    finish(worlds).await;
}

/// What was refused was not done, as with a push.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_member_who_restores_while_leaving_nothing_is_restored_that_was_refused() {
    let worlds = two_servers().await;
    let (first, second) = &worlds;
    for round in 0..ROUNDS {
        let organisation = first.found(&format!("Organisation {round}")).await;
        first.add(&organisation, MEMBER, "member").await;
        let own = format!("{organisation}/members/{MEMBER}");
        for (title, at) in [("old", 0), ("new", 1)] {
            let note = change("note", &json!({ "title": title }), &stamp("phone", at));
            sync(first, &organisation, ADMIN, &[note]).await;
        }
        let listing = note(first, Method::GET, "versions");
        let versions = answer(of(first, &organisation, ADMIN, listing)).await.body;
        let restoring = note(second, Method::POST, "restore");
        let restoring = of(second, &organisation, MEMBER, restoring);
        let old = json!({ "rev": versions["versions"][1]["_rev"] });
        let restoring = answer(restoring.json(&old));
        let (left, restored) = tokio::join!(first.delete(ADMIN, &own), restoring);
        is(&left, StatusCode::NO_CONTENT);
        let stored = sync(first, &organisation, ADMIN, &[]).await.body;
        let is_restored = stored["serverChanges"][0]["title"] == "old";
        match restored.status {
            StatusCode::OK => assert!(is_restored, "round {round}: {}", restored.body),
            StatusCode::FORBIDDEN => assert!(!is_restored, "round {round}: {}", restored.body),
            status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    finish(worlds).await;
}
