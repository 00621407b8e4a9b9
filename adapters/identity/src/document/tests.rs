//! A provider that stops answering. Time does not pass by itself here: where all wait, it is the next that
//! anybody waits for.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, advance},
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

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_newer_one_that_another_fetches() {
    let address = provider().await;
    let document = Document::<u32>::new(HttpClient::new().unwrap());
    let first = document.get(&address).await.unwrap();
    advance(MAX_AGE).await;
    let begun = Instant::now();
    let get = async || (*document.get(&address).await.unwrap(), begun.elapsed());
    let (waited, other) = tokio::join!(get(), get());
    assert_eq!((waited.0, other.0), (7, 7), "an old one will do");
    assert!(waited.1 > other.1, "one asks");
    assert!(other.1.is_zero(), "{other:?}");

    // Whoever names a key that is not in it keeps nobody who needs none.
    advance(MAX_AGE).await;
    let begun = Instant::now();
    let get = async || (*document.get(&address).await.unwrap(), begun.elapsed());
    let (newer, other) = tokio::join!(document.newer(&address, &first), get());
    assert_eq!(newer.map(|newer| *newer), None);
    assert!(other.1.is_zero(), "{other:?}");
}
