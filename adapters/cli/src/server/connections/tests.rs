//! Clients that do not go on. Time does not pass by itself here: where all wait, it is the next that
//! anybody waits for.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{HEAD_TIME, READING_TIME, serve};

/// More than what the sockets of both ends take.
const LARGE: usize = 64 << 20;

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "x".repeat(LARGE) }));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        Self {
            address,
            stop,
            serving: tokio::spawn(serve(listener, router, stopped)),
        }
    }

    /// A connection on which `sent` was sent.
    async fn sent(&self, sent: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream
    }

    /// Ends when no connection is left.
    async fn stopped(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_begins_a_request_and_does_not_go_on_is_cut_off() {
    let served = Served::new().await;
    let begun = Instant::now();
    let mut stream = served.sent("GET / HTTP/1.1\r\nHost: here\r\n").await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(begun.elapsed() >= HEAD_TIME);
    assert!(answer.len() < LARGE);
    served.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_an_answer_is_cut_off() {
    let served = Served::new().await;
    let mut stream = served.sent("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut answer = vec![stream.read_u8().await.unwrap()];
    sleep(READING_TIME + Duration::from_secs(1)).await;
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < LARGE, "{}", answer.len());
    served.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn who_reads_an_answer_slowly_gets_it_whole() {
    let served = Served::new().await;
    let mut stream = served.sent("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut part = vec![0; LARGE / 8];
    for _ in 0..8 {
        sleep(READING_TIME / 2).await;
        stream.read_exact(&mut part).await.unwrap();
    }
    served.stopped().await;
}
