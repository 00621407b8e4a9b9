//! A provider that stops answering.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{advance, pause, resume},
};

use super::{Document, MAX_AGE};
use crate::http::HttpClient;

/// Answers 7 at once, and 8 to the next request when it is let.
async fn provider() -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", listener.local_addr().unwrap());
    let (let_answer, is_let) = oneshot::channel();
    tokio::spawn(async move {
        answer(&mut request(&listener).await, 7).await;
        let mut second = request(&listener).await;
        if is_let.await.is_ok() {
            answer(&mut second, 8).await;
        }
    });
    (address, let_answer)
}

async fn request(listener: &TcpListener) -> TcpStream {
    let (mut request, _) = listener.accept().await.unwrap();
    request.read_u8().await.unwrap();
    request
}

async fn answer(request: &mut TcpStream, digit: u8) {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n";
    let answer = format!("{head}{digit}");
    request.write_all(answer.as_bytes()).await.unwrap();
}

async fn document(address: &str) -> (Arc<Document<u32>>, Arc<u32>) {
    let document = Arc::new(Document::new(HttpClient::new().unwrap()));
    let first = document.get(address).await.unwrap();
    pause();
    advance(MAX_AGE).await;
    resume();
    (document, first)
}

#[tokio::test]
async fn nobody_waits_for_a_newer_one_that_another_fetches() {
    let (address, _unanswered) = provider().await;
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
    let (address, _unanswered) = provider().await;
    let (document, first) = document(&address).await;
    let old = tokio::select! {
        biased;
        _ = document.newer(&address, &first) => panic!("it was answered"),
        old = document.get(&address) => old.unwrap(),
    };
    assert!(Arc::ptr_eq(&old, &first));
}

/// All others need what was asked for.
#[tokio::test]
async fn what_is_fetched_comes_although_whoever_asked_has_gone() {
    let (address, let_answer) = provider().await;
    let (document, first) = document(&address).await;
    tokio::select! {
        biased;
        _ = document.newer(&address, &first) => panic!("it was answered"),
        _ = document.get(&address) => {}
    }
    let_answer.send(()).unwrap();
    let newer = document.newer(&address, &first).await.unwrap().unwrap();
    assert_eq!(*newer, 8);
    assert!(document.newer(&address, &newer).await.unwrap().is_none());
}
