//! Pages, one after the other, are what one page without a limit would be.

use std::cmp::Ordering;

use proptest::{collection, prelude::*};
use reqwest::StatusCode;
use serde_json::{Value, json};
use syncline_domain::{
    document::{Document, get},
    path::Path,
    sort,
};

use crate::{
    generated::{documents, hold, path},
    library::{Library, keys},
};

type Order = Vec<(&'static str, bool)>;

#[test]
fn pages_are_in_the_order_asked_for_and_leave_nothing_out() {
    let order = collection::vec((path(), any::<bool>()), 0..4);
    let cases = (documents(), collection::vec((order, 1_usize..7), 4));
    hold(40, &cases, &async |library: &Library,
                             name: &str,
                             (documents, orders): (
        Vec<Document>,
        Vec<(Order, usize)>,
    )| {
        library.fill(name, &documents).await;
        compare(library, name, &documents, &orders).await;
    });
}

async fn compare(
    library: &Library,
    collection: &str,
    documents: &[Document],
    orders: &[(Order, usize)],
) {
    for (order, limit) in orders {
        let mut sorted: Vec<_> = documents.iter().enumerate().collect();
        // The sort is stable: what is alike stays in the order of the keys.
        sorted.sort_by(|(_, left), (_, right)| compare_by(order, left, right));
        let numbers = sorted.into_iter();
        let meant: Vec<_> = numbers.map(|(number, _)| format!("{number:02}")).collect();
        let direction = |is_descending| if is_descending { "desc" } else { "asc" };
        let terms: Vec<_> = order
            .iter()
            .map(|(path, descending)| json!({ "field": path, "direction": direction(*descending) }))
            .collect();
        let body = json!({ "collection": collection, "sort": terms, "limit": 500 });
        let whole = library.search("ada", body.clone()).await;
        assert_eq!(keys(&whole), meant, "{order:?} of {documents:#?}");
        assert!(whole.get("nextCursor").is_none(), "{whole}");
        let mut paged = body;
        paged["limit"] = (*limit).into();
        assert_eq!(
            library.pages(paged).await,
            meant,
            "{limit} a page, {order:?}"
        );
    }
}

fn compare_by(order: &Order, left: &Document, right: &Document) -> Ordering {
    let orders = order.iter().map(|(path, is_descending)| {
        let path = Path::parse(path);
        let order = sort::compare(get(left, &path), get(right, &path));
        if *is_descending {
            order.reverse()
        } else {
            order
        }
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

/// Twelve documents of which three are alike in all but their keys.
async fn library() -> Library {
    let library = Library::open().await;
    for number in 0..12 {
        let text = format!("milk {}", "and bread ".repeat(number / 3));
        let document = json!({ "text": text, "size": number / 3 });
        library
            .put("ada", "notes", &[(&format!("{number:02}"), document)])
            .await;
    }
    library
}

#[tokio::test]
async fn ranks_and_revisions_are_paged_too() {
    let library = library().await;
    for (text, sort) in [
        (json!("milk"), json!(null)),
        (
            json!("milk or bread"),
            json!([{ "field": "size" }, { "field": "_score", "direction": "desc" }]),
        ),
        (
            json!(null),
            json!([{ "field": "_rev", "direction": "desc" }]),
        ),
        (
            json!(null),
            json!([{ "field": "size", "direction": "desc" }, { "field": "_key", "direction": "desc" }]),
        ),
    ] {
        let body = json!({ "collection": "notes", "text": text, "sort": sort });
        let whole = keys(&library.search("ada", body.clone()).await);
        assert_eq!(whole.len(), 12);
        for limit in [1, 5, 6] {
            let mut paged = body.clone();
            paged["limit"] = limit.into();
            assert_eq!(library.pages(paged).await, whole, "{limit} a page: {body}");
        }
    }
    let newest =
        json!({ "collection": "notes", "sort": [{ "field": "_rev", "direction": "desc" }] });
    let newest = keys(&library.search("ada", newest).await);
    assert_eq!(newest[0], "11");
    library.server.finish().await;
}

#[tokio::test]
async fn the_total_counts_all_pages() {
    let library = library().await;
    let filter = json!({ "type": "filter", "field": "size", "op": "gt", "value": 0 });
    let mut body = json!({ "collection": "notes", "filter": filter, "limit": 5, "total": true });
    let first = library.search("ada", body.clone()).await;
    assert_eq!((keys(&first).len(), &first["total"]), (5, &json!(9)));
    body["cursor"] = first["nextCursor"].clone();
    let second = library.search("ada", body).await;
    assert_eq!((keys(&second).len(), &second["total"]), (4, &json!(9)));
    assert!(second.get("nextCursor").is_none(), "{second}");
    library.server.finish().await;
}

#[tokio::test]
async fn a_page_of_large_documents_is_shorter() {
    let library = Library::open().await;
    for number in 0..6 {
        let document = json!({ "text": "x".repeat(1_000_000) });
        library
            .put("ada", "notes", &[(&number.to_string(), document)])
            .await;
    }
    let body = json!({ "collection": "notes" });
    let first = library.search("ada", body.clone()).await;
    assert_eq!(keys(&first), ["0", "1", "2", "3"]);
    assert_eq!(library.pages(body).await, ["0", "1", "2", "3", "4", "5"]);
    library.server.finish().await;
}

#[tokio::test]
async fn what_is_stored_between_pages_moves_nothing() {
    let library = library().await;
    let mut body = json!({ "collection": "notes", "sort": [{ "field": "size" }], "limit": 6 });
    let first = library.search("ada", body.clone()).await;
    library.delete("ada", "notes", "05").await;
    library
        .put("ada", "notes", &[("000", json!({ "size": 0 }))])
        .await;
    body["cursor"] = first["nextCursor"].clone();
    let second = library.search("ada", body).await;
    assert_eq!(keys(&second), ["06", "07", "08", "09", "10", "11"]);
    library.server.finish().await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_search_only() {
    let library = library().await;
    let body = json!({ "collection": "notes", "limit": 2, "sort": [{ "field": "size" }] });
    let cursor = library.search("ada", body.clone()).await["nextCursor"].clone();
    let with = |member: &str, value: Value| {
        let mut other = body.clone();
        other["cursor"] = cursor.clone();
        other[member] = value;
        other
    };
    let forged = format!("{}A", cursor.as_str().unwrap());
    for (user, other) in [
        ("bob", with("limit", json!(2))),
        ("ada", with("collection", json!("others"))),
        ("ada", with("sort", json!([{ "field": "text" }]))),
        ("ada", with("text", json!("milk"))),
        ("ada", with("cursor", json!(forged))),
        ("ada", with("cursor", json!(""))),
        ("ada", with("cursor", json!("..%"))),
    ] {
        let answer = library.ask(user, "shopping-list", &other).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
        let error = answer.body["error"].as_str().unwrap();
        assert!(error.starts_with("cursor: "), "{error}");
    }
    let another_limit = library.search("ada", with("limit", json!(4))).await;
    assert_eq!(keys(&another_limit), ["02", "03", "04", "05"]);
    library.server.finish().await;
}
