use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    TestServer,
    replica::{change, stamp},
    server::answer,
};

use crate::support::{OTHER, USER, get, is, post, refuses};

#[tokio::test]
async fn its_admins_export_an_organisation() {
    let server = TestServer::start().await;
    let founded = post(&server, USER, "/orgs", &json!({ "name": "Acme" })).await;
    let id = founded.body["orgId"].as_str().unwrap();
    let member = json!({ "userId": "max" });
    is(
        &post(&server, USER, &format!("/orgs/{id}/members"), &member).await,
        StatusCode::CREATED,
    );
    let changes = [change("1", &json!({ "title": "a" }), &stamp("phone", 0))];
    let request = server.request(Method::POST, "/todo/sync");
    let request = request
        .bearer_auth(server.token("max"))
        .header("X-Org-Id", id);
    let body = json!({ "collection": "notes", "changes": changes });
    is(&answer(request.json(&body)).await, StatusCode::OK);

    let path = format!("/orgs/{id}/export");
    let exported = get(&server, USER, &path).await;
    is(&exported, StatusCode::OK);
    let body = &exported.body;
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["docs", "members", "org"]);
    assert_eq!([&body["org"]["orgId"], &body["org"]["name"]], [id, "Acme"]);
    let members = body["members"].as_array().unwrap();
    let members: Vec<_> = members
        .iter()
        .map(|member| [&member["userId"], &member["role"]])
        .collect();
    assert_eq!(members, [["ada", "org-admin"], ["max", "member"]]);
    assert_eq!(body["docs"]["todo"]["notes"][0]["title"], "a");
    let own = get(&server, USER, "/account/export").await;
    assert_eq!(own.body["docs"], Value::Object(serde_json::Map::new()));

    refuses(
        &get(&server, "max", &path).await,
        StatusCode::FORBIDDEN,
        "forbidden",
    );
    refuses(
        &get(&server, OTHER, &path).await,
        StatusCode::NOT_FOUND,
        "not_found",
    );
    server.finish().await;
}
