//! How searches go about a million documents. `scripts/search-plans` runs this; `docs/search.md`
//! keeps what it prints.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Executor;
use syncline_application::ports::{SearchQuery, Searches};
use syncline_domain::{
    filter::Filter,
    identifier::{ApplicationName, CollectionName, TextConfiguration, UserId},
    sort::SortTerm,
};
use syncline_postgres::PostgresStore;
use syncline_tests::TestDatabase;
use tokio::time::Instant;

use crate::library::leaf;

/// How often each search is timed.
const TIMES: usize = 11;

/// The searches that end when a page is full, and what they read at most until then.
const ENDING_WITH_THE_PAGE: [&str; 3] = [
    "contains, an element",
    "contains, a part of a text",
    "a range",
];
const MOST_OF_A_PAGE: u64 = 3_000;

/// A search of all of a user's tasks.
fn query(user: &str, filter: &Value, sort: &Value) -> SearchQuery {
    SearchQuery {
        reader: UserId::new(user).unwrap(),
        organisation: None,
        application: ApplicationName::new("todo").unwrap(),
        collection: CollectionName::new("tasks").unwrap(),
        filter: Filter::parse(filter).unwrap(),
        sort: SortTerm::parse(sort).unwrap(),
        after: None,
        limit: 50,
        wants_total: false,
        configuration: TextConfiguration::default(),
        time: Duration::from_mins(1),
    }
}

fn cases() -> Vec<(&'static str, Value, Value)> {
    let unsorted = json!([]);
    let by_title = json!([{ "field": "title" }, { "field": "size", "direction": "desc" }]);
    let milk = json!({ "type": "text", "query": "milk bread" });
    let in_title = json!({ "type": "text", "query": "milk bread", "fields": ["title"] });
    let best = json!([{ "field": "_score", "direction": "desc" }]);
    vec![
        ("eq", leaf("size", "eq", json!(500)), unsorted.clone()),
        (
            "contains, an element",
            leaf("tags", "contains", json!("milk")),
            unsorted.clone(),
        ),
        (
            "contains, a part of a text",
            leaf("notes", "contains", json!("winter")),
            unsorted.clone(),
        ),
        ("a range", leaf("size", "gte", json!(900)), unsorted),
        (
            "a sorted page",
            json!({ "type": "and", "filters": [] }),
            by_title,
        ),
        ("a text", milk, best.clone()),
        ("a text in a field", in_title, best),
    ]
}

#[tokio::test]
#[ignore = "it fills a database with a million documents, which takes minutes"]
async fn every_search_begins_with_an_index() {
    let database = TestDatabase::create().await;
    let mut connection = database.connect().await;
    let fill = sqlx::raw_sql(include_str!("fill.sql"));
    connection.execute(fill).await.unwrap();
    connection.execute("VACUUM (ANALYZE)").await.unwrap();
    let store = PostgresStore::connect(database.options(), 2).await.unwrap();
    for (user, count, most) in [("user-7", "1,000", 1_300), ("user-0", "100,000", 100_300)] {
        for (name, filter, sort) in cases() {
            let query = query(user, &filter, &sort);
            let first = time(&store, &query).await;
            let mut times = Vec::new();
            for _ in 0..TIMES {
                times.push(time(&store, &query).await);
            }
            times.sort();
            let median = times[TIMES / 2];
            println!("\n## {name}, of {count}: {median:.1?}, the first time {first:.1?}");
            let plan = store.explain_search(&query).await.unwrap();
            println!("{plan}");
            assert!(!plan.contains("Seq Scan on documents"), "{name}");
            assert!(plan.contains("documents_pkey"), "{name}");
            let read = rows_read(&plan);
            let most = if ENDING_WITH_THE_PAGE.contains(&name) {
                MOST_OF_A_PAGE
            } else {
                most
            };
            assert!(read <= most, "{name} reads {read} rows of a scan");
        }
    }
    database.drop().await;
}

/// Whatever PostgreSQL knows of the tables, which is nothing here.
#[tokio::test]
async fn a_page_of_many_documents_ends_when_it_is_full() {
    let database = TestDatabase::create().await;
    let mut connection = database.connect().await;
    let fill = "
        INSERT INTO namespaces (kind, owner_id) VALUES ('personal', 'ada'), ('personal', 'bob');
        INSERT INTO documents (
            namespace_id, application, collection, key, version,
            revision, field_revisions, content, deleted, bytes
        )
        SELECT
            namespace_id, 'todo', 'tasks', md5(number::text), 1,
            '019b76da80000-000000-server~1', '{}',
            jsonb_build_object('size', number % 10), false, 100
        FROM namespaces, generate_series(1, 20000) AS number;
        INSERT INTO routes (
            reader_kind, reader_id, application, collection, namespace_id, key,
            access, revoked, opened_tx, tx
        )
        SELECT
            'user', 'ada', 'todo', 'tasks', namespace_id, md5(number::text),
            'read', false, pg_current_xact_id(), pg_current_xact_id()
        FROM namespaces, generate_series(1, 300) AS number
        WHERE owner_id = 'bob'";
    connection.execute(sqlx::raw_sql(fill)).await.unwrap();
    let store = PostgresStore::connect(database.options(), 1).await.unwrap();
    let query = query("ada", &leaf("size", "gte", json!(5)), &json!([]));
    let plan = store.explain_search(&query).await.unwrap();
    let read = rows_read(&plan);
    assert!(read <= MOST_OF_A_PAGE, "{read} rows: {plan}");
    database.drop().await;
}

/// The most rows that a scan of documents reads, those included that it leaves out.
fn rows_read(plan: &str) -> u64 {
    let number = |line: &str, before: &str| -> Option<u64> {
        let rest = line.split_once(before)?.1;
        let end = rest.find(|letter: char| !letter.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse().ok()
    };
    let (mut scans, mut is_scan) = (Vec::new(), false);
    for line in plan.lines() {
        if let Some(rows) = number(line, "actual rows=") {
            is_scan = line.contains(" on documents");
            if is_scan {
                scans.push(rows * number(line, "loops=").unwrap_or(1));
            }
        } else if is_scan
            && let Some(removed) = number(line, "Rows Removed by Filter: ")
            && let Some(scan) = scans.last_mut()
        {
            *scan += removed;
        }
    }
    scans.into_iter().max().expect("documents are read")
}

async fn time(store: &PostgresStore, query: &SearchQuery) -> Duration {
    let begin = Instant::now();
    let found = store.search(query).await.unwrap();
    assert!(!found.documents.is_empty());
    begin.elapsed()
}
