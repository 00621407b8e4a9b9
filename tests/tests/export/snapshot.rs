//! An export is of one moment, whatever happens while it is written and whoever takes it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use syncline_application::{
    export::{ExportError, ExportRequest, ExportService},
    ports::{ExportInterrupted, ExportSink, SinkClosed},
};
use syncline_domain::identifier::UserId;
use syncline_postgres::PostgresStore;
use syncline_tests::TestServer;

use crate::support::{OTHER, USER, store, store_many};

const COUNT: usize = 1_200;

/// Edits and adds documents when the first have come.
struct Meddler<'a> {
    server: &'a TestServer,
    documents: u64,
    text: Vec<u8>,
}

#[async_trait]
impl ExportSink for Meddler<'_> {
    async fn take(&mut self, piece: Vec<u8>, documents: u64) -> Result<(), SinkClosed> {
        if self.documents == 0 && documents > 0 {
            assert!(documents < COUNT as u64, "the export has several pieces");
            let edited = json!({ "number": 0, "text": "edited" });
            store(self.server, "todo", "notes", &[("01199", edited)]).await;
            store(
                self.server,
                "todo",
                "notes",
                &[("99999", json!({ "text": "new" }))],
            )
            .await;
        }
        self.documents += documents;
        self.text.extend(piece);
        Ok(())
    }
}

/// Goes with the first documents.
struct Leaver;

#[async_trait]
impl ExportSink for Leaver {
    async fn take(&mut self, _: Vec<u8>, documents: u64) -> Result<(), SinkClosed> {
        if documents > 0 {
            return Err(SinkClosed);
        }
        Ok(())
    }
}

async fn service(server: &TestServer) -> ExportService {
    service_with(server, 1).await
}

async fn service_with(server: &TestServer, connections: u32) -> ExportService {
    let store = PostgresStore::connect(server.database.options(), connections).await;
    let store = Arc::new(store.unwrap());
    ExportService::new(store.clone(), store)
}

fn request(format: &str) -> ExportRequest {
    ExportRequest {
        format: Some(format.to_owned()),
        application: Some("todo".to_owned()),
        collection: Some("notes".to_owned()),
    }
}

fn user() -> UserId {
    UserId::new(USER).unwrap()
}

#[tokio::test]
async fn an_export_is_as_of_the_moment_it_began() {
    let server = TestServer::start().await;
    store_many(&server, "notes", COUNT).await;
    let service = service(&server).await;
    let export = service.account(&user(), &request("json")).await.unwrap();
    let mut sink = Meddler {
        server: &server,
        documents: 0,
        text: Vec::new(),
    };
    export.write(&mut sink).await.unwrap();
    assert_eq!(sink.documents, COUNT as u64);
    let exported: Value = serde_json::from_slice(&sink.text).unwrap();
    let notes = exported["docs"]["todo"]["notes"].as_array().unwrap();
    assert_eq!(notes.len(), COUNT);
    assert_eq!(notes[COUNT - 1]["number"], COUNT - 1);
    server.finish().await;
}

/// The store has one connection: it must come back, or be replaced, for the next export to begin.
#[tokio::test]
async fn who_leaves_early_takes_no_connection_along() {
    let server = TestServer::start().await;
    store_many(&server, "notes", 5_000).await;
    let service = service(&server).await;
    for format in ["json", "csv", "ndjson", "csv", "json"] {
        let export = service.account(&user(), &request(format)).await.unwrap();
        let interrupted = export.write(&mut Leaver).await;
        assert!(matches!(interrupted, Err(ExportInterrupted::Closed(_))));
        drop(service.account(&user(), &request(format)).await.unwrap());
    }
    server.finish().await;
}

/// Whoever takes exports slowly keeps nobody else from theirs.
#[tokio::test]
async fn each_user_has_one_export_at_a_time() {
    let server = TestServer::start().await;
    let service = service_with(&server, 3).await;
    let slow = service.account(&user(), &request("json")).await.unwrap();
    let second = service.account(&user(), &request("json")).await;
    assert!(matches!(second, Err(ExportError::Busy)));
    let other = UserId::new(OTHER).unwrap();
    drop(service.account(&other, &request("json")).await.unwrap());
    drop(slow);
    drop(service.account(&user(), &request("json")).await.unwrap());
    server.finish().await;
}
