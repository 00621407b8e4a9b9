//! A server, and an organisation on it with an admin and a member.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{Answer, TestServer, server::answer};

pub(crate) const ADMIN: &str = "ada";
pub(crate) const MEMBER: &str = "max";
pub(crate) const STRANGER: &str = "sam";

/// The form of an instant.
const INSTANT: &str = "0000-00-00T00:00:00.000Z";

pub(crate) struct World {
    pub(crate) server: TestServer,
}

impl World {
    pub(crate) async fn begin() -> Self {
        Self {
            server: TestServer::start().await,
        }
    }

    /// Sends a request of `user`; a body of null is none.
    pub(crate) async fn send(
        &self,
        user: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let request = self.server.request(method, path);
        let request = request.bearer_auth(self.server.token(user));
        answer(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
    }

    pub(crate) async fn get(&self, user: &str, path: &str) -> Answer {
        self.send(user, Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post(&self, user: &str, path: &str, body: &Value) -> Answer {
        self.send(user, Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, user: &str, path: &str, role: &str) -> Answer {
        self.send(user, Method::PATCH, path, &json!({ "role": role }))
            .await
    }

    pub(crate) async fn delete(&self, user: &str, path: &str) -> Answer {
        self.send(user, Method::DELETE, path, &Value::Null).await
    }

    /// Founds an organisation of [`ADMIN`]'s and gives its path.
    pub(crate) async fn found(&self, name: &str) -> String {
        let answer = self.post(ADMIN, "/orgs", &json!({ "name": name })).await;
        is(&answer, StatusCode::CREATED);
        format!("/orgs/{}", answer.body["orgId"].as_str().unwrap())
    }

    pub(crate) async fn add(&self, organisation: &str, user: &str, role: &str) {
        self.add_as(ADMIN, organisation, user, role).await;
    }

    pub(crate) async fn add_as(&self, admin: &str, organisation: &str, user: &str, role: &str) {
        let body = json!({ "userId": user, "role": role });
        let path = format!("{organisation}/members");
        is(&self.post(admin, &path, &body).await, StatusCode::CREATED);
    }

    /// The members as [`ADMIN`], or whoever else is one, sees them: who, and as what.
    pub(crate) async fn members(&self, user: &str, organisation: &str) -> Vec<(String, String)> {
        let answer = self.get(user, &format!("{organisation}/members")).await;
        is(&answer, StatusCode::OK);
        let members = answer.body["members"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        members
            .iter()
            .map(|member| (text(&member["userId"]), text(&member["role"])))
            .collect()
    }
}

/// Members, as [`World::members`] gives them.
pub(crate) fn listed(members: &[(&str, &str)]) -> Vec<(String, String)> {
    members
        .iter()
        .map(|&(user, role)| (user.to_owned(), role.to_owned()))
        .collect()
}

#[track_caller]
pub(crate) fn is(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.body);
}

/// Holds that an answer is an error in the form of the protocol.
#[track_caller]
pub(crate) fn refuses(answer: &Answer, status: StatusCode, code: &str) {
    is(answer, status);
    assert_eq!(answer.body["code"], code, "{}", answer.body);
    assert!(answer.body["error"].is_string(), "{}", answer.body);
}

/// Holds that a value is an instant, and takes it out.
#[track_caller]
pub(crate) fn take_instant(of: &mut Value) {
    let instant = of.as_object_mut().unwrap().remove("createdAt").unwrap();
    let form: String = instant
        .as_str()
        .unwrap()
        .chars()
        .map(|character| {
            if character.is_ascii_digit() {
                '0'
            } else {
                character
            }
        })
        .collect();
    assert_eq!(form, INSTANT);
}
