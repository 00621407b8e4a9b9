//! What the tests of signing in share.

use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use syncline_tests::{Answer, TestDatabase, TestServer, provider::Provider, server::answer};

/// A page that may have one-time codes.
pub(crate) const PAGE: &str = "https://planner.example.org/in";

/// A server that lets its pages have codes, and everybody in.
pub(crate) async fn development_server() -> TestServer {
    development_server_on(TestDatabase::create().await).await
}

/// The same, on a database that there is.
pub(crate) async fn development_server_on(database: TestDatabase) -> TestServer {
    let configuration = format!("[auth]\nredirectUris = [\"{PAGE}\"]");
    TestServer::with(database, &configuration).await
}

/// A server whose users sign in through `provider` under the names of all four.
pub(crate) async fn provider_server(provider: &Provider) -> TestServer {
    let address = provider.address();
    let key = provider.apple_key().await;
    let shared = |name: &str| {
        format!("clientId = \"syncline-{name}\"\nclientSecret = \"syncline-{name}-secret\"\n")
    };
    let configuration = format!(
        "[auth]\nredirectUris = [\"{PAGE}\"]\n\
         [auth.providers.google]\n{}issuer = \"{address}\"\n\
         [auth.providers.microsoft]\n{}issuer = \"{address}\"\n\
         [auth.providers.github]\n{}authorizationEndpoint = \"{address}/auth\"\n\
         tokenEndpoint = \"{address}/token\"\nuserEndpoint = \"{address}/user\"\n\
         emailsEndpoint = \"{address}/user/emails\"\n\
         [auth.providers.apple]\nclientId = \"syncline-apple\"\nteamId = \"TEAM\"\n\
         keyId = \"KEY\"\nissuer = \"{address}\"\nprivateKey = '''{key}'''\n",
        shared("google"),
        shared("microsoft"),
        shared("github"),
    );
    TestServer::with(TestDatabase::create().await, &configuration).await
}

/// A client that goes nowhere by itself.
pub(crate) fn browser() -> Client {
    let builder = Client::builder().redirect(Policy::none());
    builder.build().unwrap()
}

/// Signs in as a developer.
pub(crate) async fn sign_in(server: &TestServer, name: &str) -> (Value, String) {
    let request = server.request(Method::POST, "/auth/dev");
    let answer = answer(request.json(&json!({ "name": name }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    signed_in(&answer)
}

/// The user and the token of an answer.
#[track_caller]
pub(crate) fn signed_in(answer: &Answer) -> (Value, String) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let token = answer.body["token"].as_str().unwrap();
    (answer.body["user"].clone(), token.to_owned())
}

/// A one-time code for a developer's identity, as a page gets it.
pub(crate) async fn code(server: &TestServer, name: &str) -> String {
    let path = format!("/auth/dev?name={name}&redirectUri={PAGE}&state=own");
    let response = browser().get(server.url(&path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let address = response.headers()["location"].to_str().unwrap().to_owned();
    let rest = address.strip_prefix(&format!("{PAGE}?code=")).unwrap();
    rest.strip_suffix("&state=own").unwrap().to_owned()
}

/// Sends a one-time code to a path.
pub(crate) async fn redeem(server: &TestServer, code: &str) -> Answer {
    let request = server.request(Method::POST, "/auth/token");
    answer(request.json(&json!({ "code": code }))).await
}

/// A request of whoever holds the token.
pub(crate) fn as_user(
    server: &TestServer,
    method: Method,
    path: &str,
    token: &str,
) -> RequestBuilder {
    server.request(method, path).bearer_auth(token)
}

/// What a server says of whoever holds the token.
pub(crate) async fn me(server: &TestServer, token: &str) -> Value {
    let answer = answer(as_user(server, Method::GET, "/auth/me", token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

#[track_caller]
pub(crate) fn assert_error(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (status, &json!(code)),
        "{}",
        answer.body
    );
}
