//! A tap on the way to PostgreSQL, which counts the statements that go through it.
//!
//! It reads the frontend's side of the wire protocol: `Q` is a simple query, `E` executes a
//! prepared statement. <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Result, copy},
    net::{UnixListener, UnixStream, unix::OwnedReadHalf, unix::OwnedWriteHalf},
};

use crate::TestDatabase;

/// What a client may ask before the connection begins, and then asks again: encryption.
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// The names of the messages that run a statement.
const RUNS: [u8; 2] = [b'Q', b'E'];

/// A socket through which a database is reached.
pub struct Tap {
    folder: TempDir,
    count: Arc<AtomicU64>,
}

impl Tap {
    /// Listens beside the socket of the cluster that `database` is in.
    #[must_use]
    pub fn on(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let options = database.options();
        let cluster = options.get_socket().expect("the cluster has a socket");
        let listener =
            UnixListener::bind(socket(folder.path(), database)).expect("the socket is free");
        let count = Arc::new(AtomicU64::new(0));
        tokio::spawn(listen(
            listener,
            socket(cluster, database),
            Arc::clone(&count),
        ));
        Self { folder, count }
    }

    /// The database, reached through the tap.
    #[must_use]
    pub fn database(&self, database: &TestDatabase) -> TestDatabase {
        TestDatabase::at(database.options().socket(self.folder.path()))
    }

    /// How many statements there have been.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }
}

fn socket(folder: &Path, database: &TestDatabase) -> std::path::PathBuf {
    folder.join(format!(".s.PGSQL.{}", database.options().get_port()))
}

async fn listen(listener: UnixListener, socket: std::path::PathBuf, count: Arc<AtomicU64>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&socket)
            .await
            .expect("the cluster listens");
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        // Both end when either side hangs up.
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
        tokio::spawn(forward(from_client, to_server, Arc::clone(&count)));
    }
}

async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    count: Arc<AtomicU64>,
) -> Result<()> {
    // The first messages have no name.
    while pass_body(&mut client, &mut server)
        .await?
        .starts_with(&SSL_REQUEST)
    {}
    loop {
        let name = client.read_u8().await?;
        if RUNS.contains(&name) {
            count.fetch_add(1, Ordering::SeqCst);
        }
        server.write_u8(name).await?;
        pass_body(&mut client, &mut server).await?;
    }
}

/// Passes a message on, less its name: a length that counts itself, and the rest.
async fn pass_body(client: &mut OwnedReadHalf, server: &mut OwnedWriteHalf) -> Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut body = vec![0; (length as usize).saturating_sub(4)];
    client.read_exact(&mut body).await?;
    server.write_u32(length).await?;
    server.write_all(&body).await?;
    Ok(body)
}
