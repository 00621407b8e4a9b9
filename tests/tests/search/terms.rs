//! The words of documents are kept, and are never older than the documents.

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use syncline_domain::identifier::TextConfiguration;
use syncline_postgres::PostgresStore;

use crate::library::{Library, keys, leaf};

async fn found(library: &Library, query: &str) -> Vec<String> {
    let body = json!({ "collection": "notes", "text": query, "sort": [{ "field": "_key" }] });
    keys(&library.search("ada", body).await)
}

/// How many documents have their words kept.
async fn kept(library: &Library) -> i64 {
    let mut connection = library.server.database.connect().await;
    sqlx::query_scalar("SELECT count(*) FROM document_terms")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_search_sees_what_was_just_pushed() {
    let library = Library::open().await;
    for (round, words) in [("milk", ""), ("bread", "milk"), ("tea", "bread")] {
        let text = |number: usize| json!({ "text": format!("{round} {number}") });
        library
            .put("ada", "notes", &[("1", text(1)), ("2", text(2))])
            .await;
        assert_eq!(found(&library, round).await, ["1", "2"]);
        if !words.is_empty() {
            assert!(found(&library, words).await.is_empty());
        }
    }
    library.delete("ada", "notes", "1").await;
    assert_eq!(found(&library, "tea").await, ["2"]);
    library.server.finish().await;
}

#[tokio::test]
async fn only_searches_of_texts_keep_words() {
    let library = Library::open().await;
    library
        .put("ada", "notes", &[("1", json!({ "text": "milk" }))])
        .await;
    assert_eq!(
        library
            .find("notes", &leaf("text", "eq", json!("milk")))
            .await,
        ["1"]
    );
    assert_eq!(kept(&library).await, 0);
    assert_eq!(found(&library, "milk").await, ["1"]);
    assert_eq!(kept(&library).await, 1);
    library.server.finish().await;
}

#[tokio::test]
async fn a_document_that_is_being_written_is_found_as_it_was() {
    let library = Library::open().await;
    library
        .put("ada", "notes", &[("1", json!({ "text": "milk" }))])
        .await;
    let mut writer = library.server.database.connect().await;
    let mut writing = writer.begin().await.unwrap();
    writing
        .execute("SELECT FROM documents FOR UPDATE")
        .await
        .unwrap();
    assert_eq!(found(&library, "milk").await, ["1"]);
    assert_eq!(kept(&library).await, 0);
    writing.rollback().await.unwrap();
    assert_eq!(found(&library, "milk").await, ["1"]);
    assert_eq!(kept(&library).await, 1);
    library.server.finish().await;
}

#[tokio::test]
async fn who_deletes_a_document_for_good_deletes_its_words() {
    let library = Library::open().await;
    let text = json!({ "text": "milk" });
    let documents = [("1", text.clone()), ("2", text)];
    library.put("ada", "notes", &documents).await;
    library.put("bob", "notes", &documents).await;
    assert_eq!(found(&library, "milk").await.len(), 2);
    let mut connection = library.server.database.connect().await;
    for count in [2, 1, 0] {
        assert_eq!(kept(&library).await, count);
        let of_ada = "DELETE FROM documents WHERE (namespace_id, key) = (
            SELECT namespace_id, min(key) FROM document_terms GROUP BY 1)";
        connection.execute(of_ada).await.unwrap();
    }
    library.server.finish().await;
}

#[tokio::test]
async fn another_language_reads_all_texts_anew() {
    let library = Library::open().await;
    library
        .put("ada", "notes", &[("1", json!({ "text": "walking" }))])
        .await;
    assert!(found(&library, "walk").await.is_empty());
    let mut connection = library.server.database.connect().await;
    connection
        .execute("UPDATE document_terms SET configuration = 'english', terms = 'walk'")
        .await
        .unwrap();
    assert!(found(&library, "walk").await.is_empty());
    assert_eq!(found(&library, "walking").await, ["1"]);
    library.server.finish().await;
}

#[tokio::test]
async fn many_documents_are_read_in_several_batches() {
    let library = Library::open().await;
    for batch in 0..2 {
        let documents: Vec<_> = (0..600)
            .map(|number| (format!("{batch}-{number}"), json!({ "text": "milk" })))
            .collect();
        let documents: Vec<_> = documents
            .iter()
            .map(|(key, document)| (key.as_str(), document.clone()))
            .collect();
        library.put("ada", "notes", &documents).await;
    }
    let body = json!({ "collection": "notes", "text": "milk", "limit": 1, "total": true });
    assert_eq!(library.search("ada", body).await["total"], 1200);
    assert_eq!(kept(&library).await, 1200);
    library.server.finish().await;
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let library = Library::of("shopping-list", "limits.searchSeconds = 1\n").await;
    let mut locker = library.server.database.connect().await;
    let mut lock = locker.begin().await.unwrap();
    lock.execute("LOCK TABLE documents").await.unwrap();
    for body in [
        json!({ "collection": "notes" }),
        json!({ "collection": "notes", "text": "milk" }),
    ] {
        let answer = library.ask("ada", "shopping-list", &body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let sentence =
            "the search took more than 1 seconds; look for less at once, or try again later";
        assert_eq!(
            answer.body,
            json!({ "error": sentence, "code": "unavailable" })
        );
    }
    lock.rollback().await.unwrap();
    let answer = library
        .search("ada", json!({ "collection": "notes" }))
        .await;
    assert_eq!(answer, json!({ "results": Value::Array(vec![]) }));
    library.server.finish().await;
}

#[tokio::test]
async fn a_configuration_that_the_database_lacks_is_known_at_the_start() {
    let library = Library::open().await;
    let store = PostgresStore::connect(library.server.database.options(), 1)
        .await
        .unwrap();
    for (name, is_there) in [("simple", true), ("english", true), ("klingon", false)] {
        let name = TextConfiguration::new(name).unwrap();
        assert_eq!(store.has_text_configuration(&name).await.unwrap(), is_there);
    }
    library.server.finish().await;
}
