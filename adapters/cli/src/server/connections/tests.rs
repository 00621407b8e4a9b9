//! Clients that do not go on.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::sleep,
};

use super::{Patience, serve};

/// More than what the sockets of both ends take.
const LARGE: usize = 64 << 20;

const SHORT: Duration = Duration::from_millis(200);

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn new(patience: Patience) -> Self {
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
            serving: tokio::spawn(serve(listener, router, patience, stopped)),
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

#[tokio::test]
async fn who_begins_a_request_and_does_not_go_on_is_cut_off() {
    let served = Served::new(Patience {
        head: SHORT,
        ..Patience::default()
    })
    .await;
    let mut stream = served.sent("GET / HTTP/1.1\r\nHost: here\r\n").await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() < LARGE);
    served.stopped().await;
}

#[tokio::test]
async fn who_does_not_read_an_answer_is_cut_off() {
    let served = Served::new(Patience {
        reading: SHORT,
        ..Patience::default()
    })
    .await;
    let mut stream = served.sent(REQUEST).await;
    let mut answer = vec![stream.read_u8().await.unwrap()];
    sleep(10 * SHORT).await;
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < LARGE, "{}", answer.len());
    served.stopped().await;
}

#[tokio::test]
async fn who_reads_an_answer_in_parts_gets_it_whole() {
    let served = Served::new(Patience::default()).await;
    let mut stream = served.sent(REQUEST).await;
    let mut part = vec![0; LARGE / 8];
    for _ in 0..8 {
        sleep(SHORT / 4).await;
        stream.read_exact(&mut part).await.unwrap();
    }
    served.stopped().await;
}
