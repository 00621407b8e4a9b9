//! Exports as tables, read by a library that nobody here wrote.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use syncline_tests::TestServer;

use crate::support::{USER, export, get, refuses, store};

const NOTES: &str = "?format=csv&application=todo&collection=notes";

/// The header, and the rows by their columns.
fn read(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let header = texts(reader.headers().unwrap());
    let rows = reader.records().map(|row| texts(&row.unwrap())).collect();
    (header, rows)
}

#[tokio::test]
async fn a_column_is_a_path_of_any_document() {
    let server = TestServer::start().await;
    let documents = [
        (
            "1",
            json!({ "title": "a", "in": { "x": 1, "y.z": true }, "tags": ["p", 2] }),
        ),
        (
            "2",
            json!({ "in": "text", "n": -1.5, "null": null, "empty": {}, "blank": "" }),
        ),
        ("3", json!({ "in": { "0": "zero" } })),
        ("4", json!({ "in": ["an element"] })),
    ];
    store(&server, "todo", "notes", &documents).await;
    let (header, rows) = read(&export(&server, NOTES).await);
    let paths = [
        "_key", "_rev", "blank", "empty", "in", "in.0", "in.x", "in.y%2Ez", "n", "null", "tags",
        "title",
    ];
    assert_eq!(header, paths);
    let cells: Vec<Vec<_>> = rows
        .iter()
        .map(|row| [&row[..1], &row[2..]].concat())
        .collect();
    assert_eq!(
        cells,
        [
            ["1", "", "", "", "", "1", "true", "", "", "[\"p\", 2]", "a"],
            ["2", "", "{}", "text", "", "", "", "-1.5", "", "", ""],
            ["3", "", "", "", "zero", "", "", "", "", "", ""],
            ["4", "", "", "[\"an element\"]", "", "", "", "", "", "", ""],
        ]
    );
    server.finish().await;
}

#[tokio::test]
async fn whatever_a_text_holds_comes_back_from_its_cell() {
    let server = TestServer::start().await;
    let texts = [
        "a,b",
        "\"quoted\"",
        "line\nbreak",
        "line\r\nbreak",
        "\\.",
        "\\N",
        " space ",
        "'",
        "a\tb",
        "é𝄞",
        "NULL",
        ";",
        "\\n",
    ];
    let keys: Vec<_> = (10..10 + texts.len()).map(|key| key.to_string()).collect();
    let documents: Vec<_> = keys
        .iter()
        .zip(texts)
        .map(|(key, text)| (key.as_str(), json!({ "a,\"b\"\n": text })))
        .collect();
    store(&server, "todo", "notes", &documents).await;
    let (header, rows) = read(&export(&server, NOTES).await);
    assert_eq!(header[2], "a,\"b\"\n");
    let cells: Vec<_> = rows.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(cells, texts);
    server.finish().await;
}

#[tokio::test]
async fn no_cell_runs_as_a_formula() {
    let server = TestServer::start().await;
    let plain = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"];
    let full_width = ["＝1+1", "＋1", "－1", "＠SUM(A1)"];
    let formulas = [&plain[..], &full_width].concat();
    let mut document = Map::new();
    for (number, formula) in formulas.iter().enumerate() {
        document.insert(format!("f{number}"), Value::from(*formula));
    }
    document.insert("number".into(), json!(-1));
    document.insert("=path".into(), json!(1));
    store(
        &server,
        "todo",
        "notes",
        &[("=key", Value::Object(document))],
    )
    .await;
    let (header, rows) = read(&export(&server, NOTES).await);
    let cell = |name: &str| {
        let column = header.iter().position(|column| column == name);
        rows[0][column.unwrap()].clone()
    };
    for (number, formula) in formulas.iter().enumerate() {
        assert_eq!(cell(&format!("f{number}")), format!("'{formula}"));
    }
    assert_eq!(
        [cell("number"), cell("'=path"), cell("_key")],
        ["-1", "1", "'=key"]
    );
    for row in std::iter::once(&header).chain(&rows) {
        let runs = |cell: &String| {
            cell.starts_with(['=', '+', '@', '\t', '\r']) && cell.parse::<f64>().is_err()
        };
        assert!(!row.iter().any(runs), "{row:?}");
    }
    server.finish().await;
}

#[tokio::test]
async fn documents_of_many_collections_are_rows_of_json() {
    let server = TestServer::start().await;
    let document = json!({ "text": "a,\"b\"\n", "n": 1 });
    store(&server, "todo", "=notes", &[("-1", document.clone())]).await;
    store(&server, "shopping-list", "items", &[("2", json!({}))]).await;
    let (header, rows) = read(&export(&server, "?format=csv").await);
    assert_eq!(
        header,
        ["application", "collection", "_key", "_rev", "document"]
    );
    assert_eq!(rows[0][..3], ["shopping-list", "items", "2"]);
    assert_eq!(rows[1][..3], ["todo", "'=notes", "'-1"]);
    let read_back: Value = serde_json::from_str(&rows[1][4]).unwrap();
    assert_eq!(read_back, document);
    let (_, part) = read(&export(&server, "?format=csv&application=todo").await);
    assert_eq!(part, rows[1..]);
    server.finish().await;
}

#[tokio::test]
async fn a_table_has_only_so_many_columns() {
    let server = TestServer::start().await;
    let wide = |count: usize| {
        let fields = (0..count).map(|number| (format!("f{number}"), json!(number)));
        Value::Object(fields.collect())
    };
    store(&server, "todo", "notes", &[("1", wide(1_600))]).await;
    let (header, _) = read(&export(&server, NOTES).await);
    assert_eq!(header.len(), 1_602);
    store(&server, "todo", "notes", &[("2", json!({ "one more": 1 }))]).await;
    let refused = get(&server, USER, &format!("/account/export{NOTES}")).await;
    refuses(&refused, StatusCode::CONFLICT, "conflict");
    let nothing = "?format=csv&application=todo&collection=none";
    assert_eq!(export(&server, nothing).await, "_key,_rev\n");
    server.finish().await;
}
