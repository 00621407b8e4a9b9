//! Live pokes: how long it takes from a push to another device's pull, and what idle streams cost.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use uuid::Uuid;

use crate::{
    BenchError,
    arguments::Arguments,
    device::Due,
    http::Connection,
    site::{self, Site},
};

/// How many pushes are measured.
const PUSHES: usize = 500;

/// Between two of them, so that no poke is gathered with the one before.
const PAUSE: Duration = Duration::from_millis(30);

/// Nothing takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

const COLLECTION: &str = "documents";

/// So many connections come from one address: each of them has a port of its own.
const CONNECTIONS_OF_AN_ADDRESS: usize = 20_000;

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    streams: usize,
    bytes_per_stream: u64,
    pushes: usize,
    /// From the begin of a push to the end of the other device's pull.
    median_milliseconds: f64,
    p95_milliseconds: f64,
}

impl Found {
    fn new(streams: usize, bytes: u64, mut delays: Vec<Duration>) -> Result<Self, BenchError> {
        delays.sort();
        let at = |percent: usize| {
            let delay = delays.get(delays.len() * percent / 100);
            delay.copied().unwrap_or_default().as_secs_f64() * 1_000.0
        };
        Ok(Self {
            streams,
            bytes_per_stream: bytes / u64::try_from(streams)?.max(1),
            pushes: delays.len(),
            median_milliseconds: at(50),
            p95_milliseconds: at(95),
        })
    }

    /// For people.
    pub(crate) fn sentences(&self) -> String {
        format!(
            "idle streams: {}, of {} bytes each in the server\n\
             from a push to another device's pull: median {:.1} ms, 95 % within {:.1} ms",
            self.streams, self.bytes_per_stream, self.median_milliseconds, self.p95_milliseconds
        )
    }
}

/// Starts a server, opens so many idle streams, and measures beside them.
pub(crate) async fn run(arguments: &Arguments, streams: usize) -> Result<Found, BenchError> {
    site::run_one(arguments, async |site: &Site| measure(site, streams).await).await
}

async fn measure(site: &Site, streams: usize) -> Result<Found, BenchError> {
    // What is made once, for the first requests, is no stream's.
    delays(site, PUSHES / 10).await?;
    let before = site.server.memory()?;
    let mut idle = Vec::with_capacity(streams);
    for number in 0..streams {
        let from = source(number / CONNECTIONS_OF_AN_ADDRESS)?;
        idle.push(Stream::open(site, &format!("idle-{number}"), from).await?);
    }
    let used = site.server.memory()?.saturating_sub(before) * 1024;
    Found::new(streams, used, delays(site, PUSHES).await?)
}

/// One of this machine's own addresses.
fn source(number: usize) -> Result<SocketAddr, BenchError> {
    let address = Ipv4Addr::new(127, 0, 1, u8::try_from(number)?);
    Ok(SocketAddr::new(IpAddr::V4(address), 0))
}

/// One device pushes, another hears of it and pulls.
async fn delays(site: &Site, pushes: usize) -> Result<Vec<Duration>, BenchError> {
    let user = format!("user-{}", Uuid::new_v4());
    let mut writer = site.device(&user, "device-1", COLLECTION)?;
    let mut reader = site.device(&user, "device-2", COLLECTION)?;
    let mut writing = Connection::open(site.server.address).await?;
    let mut reading = Connection::open(site.server.address).await?;
    let mut stream = Stream::open(site, &user, source(0)?).await?;
    let mut delays = Vec::with_capacity(pushes);
    for _ in 0..pushes {
        let documents = writer.create(1)?;
        let body = writer.request(&documents);
        let begun = Instant::now();
        let push = async {
            let answer = writing.send(&writer.call(&body)).await?;
            writer.apply(answer, Due::stored(1))
        };
        let pull = async {
            loop {
                stream.hear().await?;
                let body = reader.request(&[]);
                let answer = reading.send(&reader.call(&body)).await?;
                // A server that has just begun to hear pokes before there is anything.
                if reader.pull(answer)? > 0 {
                    return Ok::<_, BenchError>(begun.elapsed());
                }
            }
        };
        let ((), delay) = tokio::try_join!(push, pull)?;
        delays.push(delay);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(delays)
}

/// A device that listens.
struct Stream {
    connection: TcpStream,
    received: Vec<u8>,
}

impl Stream {
    async fn open(site: &Site, user: &str, from: SocketAddr) -> Result<Self, BenchError> {
        let token = site.token(user)?;
        let socket = TcpSocket::new_v4()?;
        socket.bind(from)?;
        let mut connection = socket.connect(site.server.address).await?;
        let request = format!(
            "GET /bench/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await?;
        let mut stream = Self {
            connection,
            received: Vec::new(),
        };
        stream.wait_for(b"retry: ").await?;
        Ok(stream)
    }

    async fn hear(&mut self) -> Result<(), BenchError> {
        self.wait_for(b"event: change").await
    }

    async fn wait_for(&mut self, wanted: &[u8]) -> Result<(), BenchError> {
        while memchr::memmem::find(&self.received, wanted).is_none() {
            let read = self.connection.read_buf(&mut self.received);
            if timeout(PATIENCE, read).await?? == 0 {
                let said = String::from_utf8_lossy(&self.received);
                return Err(format!("a stream ended: {said}").into());
            }
        }
        self.received.clear();
        Ok(())
    }
}
