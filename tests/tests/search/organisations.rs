//! Searches in the namespace of an organisation.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;
use syncline_tests::{Answer, server::answer};

use crate::library::{Library, keys};

impl Library {
    async fn send(
        &self,
        user: &str,
        organisation: Option<&str>,
        path: &str,
        body: &Value,
    ) -> Answer {
        let request = self.server.request(Method::POST, path).json(body);
        let request = request.bearer_auth(self.server.token(user));
        answer(match organisation {
            Some(id) => request.header("X-Org-Id", id),
            None => request,
        })
        .await
    }

    async fn search_in(&self, user: &str, organisation: &str) -> Answer {
        let body = json!({ "collection": "notes", "text": "milk" });
        let path = "/shopping-list/search";
        self.send(user, Some(organisation), path, &body).await
    }
}

#[tokio::test]
async fn members_find_what_belongs_to_the_organisation() {
    let library = Library::open().await;
    let founded = library
        .send("ada", None, "/orgs", &json!({ "name": "Acme" }))
        .await;
    let organisation = founded.body["orgId"].as_str().unwrap();
    let members = format!("/orgs/{organisation}/members");
    let body = json!({ "userId": "max", "role": "member" });
    library.send("ada", None, &members, &body).await;
    let note = json!({ "text": "milk" });
    library
        .put("ada", "notes", &[("1", note.clone()), ("2", note.clone())])
        .await;
    let mut connection = library.server.database.connect().await;
    let given = "UPDATE documents SET namespace_id = organisations.namespace_id
        FROM organisations WHERE key = '1'";
    connection.execute(given).await.unwrap();
    library.put("max", "notes", &[("3", note)]).await;
    for user in ["ada", "max"] {
        let found = library.search_in(user, organisation).await;
        assert_eq!(found.status, StatusCode::OK);
        assert_eq!(keys(&found.body), ["1"], "{user}");
    }
    for (user, own) in [("ada", "2"), ("max", "3")] {
        let body = json!({ "collection": "notes", "text": "milk" });
        assert_eq!(keys(&library.search(user, body).await), [own]);
    }
    library.server.finish().await;
}

#[tokio::test]
async fn who_is_no_member_is_refused() {
    let library = Library::open().await;
    let founded = library
        .send("ada", None, "/orgs", &json!({ "name": "Acme" }))
        .await;
    let organisation = founded.body["orgId"].as_str().unwrap();
    let absent = "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11";
    for (user, organisation) in [("sam", organisation), ("ada", absent), ("ada", "a b")] {
        let refused = library.search_in(user, organisation).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{user}");
        assert_eq!(refused.body["code"], "forbidden");
    }
    let empty = library.search_in("ada", organisation).await;
    assert_eq!(empty.body, json!({ "results": [] }));
    library.server.finish().await;
}
