//! Live pokes: how long it takes from a push to another device's pull, and what idle streams cost.

use std::{net::SocketAddr, time::Duration};

use secrecy::SecretString;
use syncline_domain::identifier::UserId;
use syncline_identity::SessionTokens;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use uuid::Uuid;

use crate::{
    BenchError,
    arguments::Arguments,
    clock,
    device::Device,
    http::{Call, Connection},
    server::Server,
};

/// How many pushes are measured.
const PUSHES: usize = 500;

/// Between two of them, so that no poke is gathered with the one before.
const PAUSE: Duration = Duration::from_millis(30);

/// Nothing takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

const COLLECTION: &str = "documents";

/// What was found.
pub(crate) struct Found {
    streams: usize,
    bytes_per_stream: u64,
    /// From the begin of each push to the end of the other device's pull, the shortest first.
    delays: Vec<Duration>,
}

impl Found {
    /// For people.
    pub(crate) fn sentences(&self) -> String {
        let at = |percent: usize| {
            let delay = self.delays.get(self.delays.len() * percent / 100);
            delay.copied().unwrap_or_default().as_secs_f64() * 1_000.0
        };
        format!(
            "idle streams: {}, of {} bytes each in the server\n\
             from a push to another device's pull: median {:.1} ms, 95 % within {:.1} ms",
            self.streams,
            self.bytes_per_stream,
            at(50),
            at(95)
        )
    }
}

/// Starts a server, opens so many idle streams, and measures beside them.
pub(crate) async fn run(arguments: &Arguments, streams: usize) -> Result<Found, BenchError> {
    let folder = tempfile::Builder::new()
        .prefix("syncline-bench-")
        .tempdir_in(&arguments.folder)?;
    let secret = format!("{}{}", Uuid::new_v4(), Uuid::new_v4());
    let server = Server::start(&arguments.server, folder.path(), &secret).await?;
    let tokens = SessionTokens::new(&[SecretString::from(secret)])?;
    let measured = measure(&server, &tokens, streams).await;
    let log = server.log();
    server.stop().await?;
    measured.map_err(|error| format!("{error}\n{log}").into())
}

async fn measure(
    server: &Server,
    tokens: &SessionTokens,
    streams: usize,
) -> Result<Found, BenchError> {
    // What is made once, for the first requests, is no stream's.
    delays(server.address, tokens, PUSHES / 10).await?;
    let before = server.memory()?;
    let mut idle = Vec::with_capacity(streams);
    for number in 0..streams {
        idle.push(Stream::open(server.address, tokens, &format!("idle-{number}")).await?);
    }
    let used = server.memory()?.saturating_sub(before) * 1024;
    let mut delays = delays(server.address, tokens, PUSHES).await?;
    delays.sort();
    Ok(Found {
        streams,
        bytes_per_stream: used / u64::try_from(streams)?.max(1),
        delays,
    })
}

/// One device pushes, another hears of it and pulls.
async fn delays(
    address: SocketAddr,
    tokens: &SessionTokens,
    pushes: usize,
) -> Result<Vec<Duration>, BenchError> {
    let user = format!("user-{}", Uuid::new_v4());
    let token = token(tokens, &user)?;
    let mut writer = Device::new(token.clone(), "device-1", COLLECTION)?;
    let mut reader = Device::new(token, "device-2", COLLECTION)?;
    let mut writing = Connection::open(address).await?;
    let mut reading = Connection::open(address).await?;
    let mut stream = Stream::open(address, tokens, &user).await?;
    let mut delays = Vec::with_capacity(pushes);
    for _ in 0..pushes {
        let documents = writer.create(1)?;
        let body = writer.request(&documents);
        let begun = Instant::now();
        let push = async {
            let answer = writing.send(&Call::sync(&writer.token, &body)).await?;
            writer.apply(answer, 1)
        };
        let pull = async {
            loop {
                stream.hear().await?;
                let body = reader.request(&[]);
                let answer = reading.send(&Call::sync(&reader.token, &body)).await?;
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
    async fn open(
        address: SocketAddr,
        tokens: &SessionTokens,
        user: &str,
    ) -> Result<Self, BenchError> {
        let token = token(tokens, user)?;
        let mut connection = TcpStream::connect(address).await?;
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

fn token(tokens: &SessionTokens, user: &str) -> Result<String, BenchError> {
    Ok(tokens.issue(&UserId::new(user)?, clock::now())?)
}
