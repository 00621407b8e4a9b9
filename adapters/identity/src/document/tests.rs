//! A provider that stops answering.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{advance, pause, resume},
};

use super::{Document, MAX_AGE};
use crate::http::HttpClient;

/// Answers once, and takes all later requests without a word.
async fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        first.read_u8().await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n7";
        first.write_all(answer).await.unwrap();
        let mut held = vec![first];
        loop {
            held.push(listener.accept().await.unwrap().0);
        }
    });
    address
}

async fn document(address: &str) -> (Document<u32>, Arc<u32>) {
    let document = Document::new(HttpClient::new().unwrap());
    let first = document.get(address).await.unwrap();
    pause();
    advance(MAX_AGE).await;
    resume();
    (document, first)
}

#[tokio::test]
async fn nobody_waits_for_a_newer_one_that_another_fetches() {
    let address = provider().await;
    let (document, first) = document(&address).await;
    let old = tokio::select! {
        biased;
        _ = document.get(&address) => panic!("it was answered"),
        old = document.get(&address) => old.unwrap(),
    };
    assert!(Arc::ptr_eq(&old, &first));
}

#[tokio::test]
async fn nobody_waits_for_a_key_that_another_named() {
    let address = provider().await;
    let (document, first) = document(&address).await;
    let old = tokio::select! {
        biased;
        _ = document.newer(&address, &first) => panic!("it was answered"),
        old = document.get(&address) => old.unwrap(),
    };
    assert!(Arc::ptr_eq(&old, &first));
}

/// It may have what is lacking.
#[tokio::test]
async fn who_went_before_the_answer_leaves_nobody_to_believe_there_is_no_newer() {
    let address = provider().await;
    let (document, first) = document(&address).await;
    tokio::select! {
        biased;
        _ = document.newer(&address, &first) => panic!("it was answered"),
        _ = document.get(&address) => {}
    }
    document.newer(&address, &first).await.unwrap_err();
}
