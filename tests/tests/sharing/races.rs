//! What a reader may see changes while an answer is made.

use serde_json::json;
use syncline_tests::{
    TestServer,
    held_pages::{hold_pages, until_pages_wait},
};

use crate::reader::{Reader, patch};

/// A device is not sent back what it has just pushed, but that it may write it no longer.
#[tokio::test]
async fn a_push_hears_what_its_writer_may_no_longer_do() {
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    let read = json!({ "sharedWith": [{ "userId": "bob", "access": "read" }] });
    let nothing = json!({ "unshare": [{ "userId": "bob" }] });
    for (entry, expected) in [(nothing, None), (read, Some(json!("read")))] {
        let server = TestServer::start().await;
        let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
        let created = ada.edit(None, "plan", &json!({ "title": "Plan" }));
        ada.push(&[created]).await;
        patch(&server, "ada", "plan", write.clone()).await;
        bob.pull().await;

        let change = bob.edit(Some("ada"), "plan", &json!({ "title": "Of Bob" }));
        let mut body = bob.body(&[change]);
        body["echo"] = false.into();
        // Its answer is lost, and it comes again: then it writes nothing and only reads a page.
        server.sync("bob", body.clone()).await;
        let mut connection = server.database.connect().await;
        let mut holder = hold_pages(&mut connection).await;
        let meanwhile = async {
            until_pages_wait(&mut holder).await;
            patch(&server, "ada", "plan", entry).await;
            holder.commit().await.expect("nothing was written");
        };
        let (answer, ()) = tokio::join!(server.sync("bob", body), meanwhile);
        assert_eq!(answer["accepted"][0]["owner"], "ada", "{answer}");
        bob.take(&answer);
        bob.pull().await;
        let kept = bob.of("ada", "plan").map(|document| &document["_access"]);
        assert_eq!(kept, expected.as_ref(), "{answer}");
        server.finish().await;
    }
}
