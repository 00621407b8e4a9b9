//! Every endpoint, asked by every kind of caller.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    Answer,
    replica::now,
    server::{answer, token_at},
};

use crate::world::{ADMIN, MEMBER, STRANGER, World, listed, refuses};

/// Longer than any session lasts.
const EIGHT_DAYS: u64 = 8 * 24 * 60 * 60 * 1000;

const OTHER_ADMIN: &str = "olga";

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nobody,
    Expired,
    Stranger,
    Member,
    Admin,
    OtherAdmin,
}

use Kind::{Admin, Expired, Member, Nobody, OtherAdmin, Stranger};

/// What the endpoint answers to a stranger, a member, an admin and the admin of another
/// organisation.
struct Endpoint {
    method: Method,
    /// With `{org}` for the organisation.
    path: &'static str,
    body: Value,
    answers: [u16; 4],
}

fn endpoint(method: Method, path: &'static str, body: Value, answers: [u16; 4]) -> Endpoint {
    Endpoint {
        method,
        path,
        body,
        answers,
    }
}

fn endpoints() -> Vec<Endpoint> {
    let none = || Value::Null;
    let founded = json!({ "name": "New" });
    let added = json!({ "userId": "newcomer" });
    let risen = json!({ "role": "org-admin" });
    let (get, post) = (|| Method::GET, || Method::POST);
    let (patch, delete) = (|| Method::PATCH, || Method::DELETE);
    vec![
        endpoint(get(), "/orgs", none(), [200, 200, 200, 200]),
        endpoint(post(), "/orgs", founded, [201, 201, 201, 201]),
        endpoint(get(), "/orgs/{org}", none(), [404, 200, 200, 404]),
        endpoint(delete(), "/orgs/{org}", none(), [404, 403, 204, 404]),
        endpoint(get(), "/orgs/{org}/members", none(), [404, 200, 200, 404]),
        endpoint(post(), "/orgs/{org}/members", added, [404, 403, 201, 404]),
        endpoint(
            patch(),
            "/orgs/{org}/members/mia",
            risen.clone(),
            [404, 403, 200, 404],
        ),
        endpoint(
            delete(),
            "/orgs/{org}/members/mia",
            none(),
            [404, 403, 204, 404],
        ),
        // Oneself, for the member: nobody makes themselves an admin, but everybody may leave.
        endpoint(
            patch(),
            "/orgs/{org}/members/max",
            risen,
            [404, 403, 200, 404],
        ),
        endpoint(
            delete(),
            "/orgs/{org}/members/max",
            none(),
            [404, 204, 204, 404],
        ),
    ]
}

impl Endpoint {
    fn status_for(&self, kind: Kind) -> StatusCode {
        let [stranger, member, admin, other_admin] = self.answers;
        let status = match kind {
            Nobody | Expired => 401,
            Stranger => stranger,
            Member => member,
            Admin => admin,
            OtherAdmin => other_admin,
        };
        StatusCode::from_u16(status).unwrap()
    }

    async fn ask(&self, world: &World, organisation: &str, kind: Kind) -> Answer {
        let path = self.path.replace("/orgs/{org}", organisation);
        let request = world.server.request(self.method.clone(), &path);
        let request = if self.body.is_null() {
            request
        } else {
            request.json(&self.body)
        };
        answer(match token(world, kind) {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }
}

fn token(world: &World, kind: Kind) -> Option<String> {
    let user = match kind {
        Nobody => return None,
        Expired => return Some(token_at(ADMIN, UnixMillis(now().0 - EIGHT_DAYS))),
        Stranger => STRANGER,
        Member => MEMBER,
        Admin => ADMIN,
        OtherAdmin => OTHER_ADMIN,
    };
    Some(world.server.token(user))
}

fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        _ => "not_found",
    }
}

/// A server, and an organisation on it with two members beside its admin.
async fn begin() -> (World, String) {
    let world = World::begin().await;
    let organisation = world.found("Acme").await;
    world.add(&organisation, MEMBER, "member").await;
    world.add(&organisation, "mia", "member").await;
    let other = json!({ "name": "Other" });
    world.post(OTHER_ADMIN, "/orgs", &other).await;
    (world, organisation)
}

async fn each_endpoint_for(kind: Kind) {
    for endpoint in endpoints() {
        let (world, organisation) = begin().await;
        let answer = endpoint.ask(&world, &organisation, kind).await;
        let (method, path) = (&endpoint.method, endpoint.path);
        let expected = endpoint.status_for(kind);
        assert_eq!(
            answer.status, expected,
            "{method} {path} by {kind:?}: {}",
            answer.body
        );
        if !expected.is_success() {
            refuses(&answer, expected, code(expected));
            let members = [(ADMIN, "org-admin"), (MEMBER, "member"), ("mia", "member")];
            assert_eq!(world.members(ADMIN, &organisation).await, listed(&members));
        }
        if kind == Expired {
            assert_eq!(answer.body["error"], "Session expired");
            assert_eq!(answer.body["reason"], "hard");
        }
        world.server.finish().await;
    }
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in() {
    each_endpoint_for(Nobody).await;
}

#[tokio::test]
async fn an_expired_session_is_asked_to_sign_in_again() {
    each_endpoint_for(Expired).await;
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    each_endpoint_for(Stranger).await;
}

#[tokio::test]
async fn a_member_looks_and_leaves() {
    each_endpoint_for(Member).await;
}

#[tokio::test]
async fn an_admin_decides() {
    each_endpoint_for(Admin).await;
}

#[tokio::test]
async fn the_admin_of_another_organisation_is_a_stranger() {
    each_endpoint_for(OtherAdmin).await;
}

/// A stranger is told the same of an organisation that there is, of one that there is not, and of
/// what can be none.
#[tokio::test]
async fn whether_an_organisation_exists_is_not_told() {
    let (world, organisation) = begin().await;
    let there = world.get(STRANGER, &organisation).await;
    for path in [
        "/orgs/0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
        "/orgs/none",
        "/orgs/%00",
        "/orgs/a%2Fb",
        "/orgs/é",
    ] {
        let absent = world.get(STRANGER, path).await;
        refuses(&absent, StatusCode::NOT_FOUND, "not_found");
        assert_eq!(absent.body, there.body);
    }
    world.server.finish().await;
}

/// The header is for documents: it neither helps nor hinders here.
#[tokio::test]
async fn the_organisation_of_the_header_does_not_matter() {
    let (world, organisation) = begin().await;
    let id = organisation.strip_prefix("/orgs/").unwrap();
    for (user, status) in [(ADMIN, 200), (STRANGER, 404)] {
        let request = world.server.request(Method::GET, &organisation);
        let request = request.bearer_auth(world.server.token(user));
        let answer = answer(request.header("X-Org-Id", id)).await;
        assert_eq!(answer.status.as_u16(), status);
    }
    world.server.finish().await;
}
