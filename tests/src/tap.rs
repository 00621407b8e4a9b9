//! A tap on the way to PostgreSQL, which counts the statements that go through it and how often its answer
//! is waited for, and may hold commits back for a moment, or a message until it is let go. What tells other servers of changes
//! comes at times of its own, and is not counted.
//!
//! It reads the frontend's side of the wire protocol: `Q` is a simple query, `E` executes a
//! prepared statement, and `S` waits for whatever was asked for. <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Result, copy},
    net::{UnixListener, UnixStream, unix::OwnedReadHalf, unix::OwnedWriteHalf},
    sync::watch,
    time::sleep,
};

use crate::TestDatabase;

/// What a client may ask before the connection begins, and then asks again: encryption.
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// How the server names the connections on which it tells and hears of changes.
const LIVE: &[u8] = b"syncline live";

/// The names of the messages that run a statement.
const RUNS: [u8; 2] = [b'Q', b'E'];

/// The names of those whose answer is waited for.
const WAITS: [u8; 2] = [b'Q', b'S'];

/// The message that ends a transaction.
const COMMIT: &[u8] = b"COMMIT\0";

/// For how long commits are held back, one after the other.
const DELAYS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(40),
    Duration::from_millis(5),
    Duration::from_millis(15),
];

/// A socket through which a database is reached.
pub struct Tap {
    folder: TempDir,
    counts: Arc<Counts>,
    hold: Arc<Hold>,
}

/// Messages that are held back.
#[derive(Default)]
struct Hold {
    /// What they hold; none if nothing is to be held back.
    text: Option<&'static [u8]>,
    is_met: watch::Sender<bool>,
    is_over: watch::Sender<bool>,
}

impl Hold {
    /// Until a message may go on.
    async fn pass(&self, body: &[u8]) {
        let is_meant = |text: &[u8]| body.windows(text.len()).any(|part| part == text);
        if self.text.is_some_and(is_meant) {
            self.is_met.send_replace(true);
            until(&self.is_over).await;
        }
    }
}

async fn until(happened: &watch::Sender<bool>) {
    let mut happened = happened.subscribe();
    let happened = happened.wait_for(|happened| *happened).await;
    happened.expect("the tap is there");
}

#[derive(Default)]
struct Counts {
    statements: AtomicU64,
    round_trips: AtomicU64,
}

impl Counts {
    fn add(&self, name: u8) {
        let add = |names: [u8; 2], count: &AtomicU64| {
            count.fetch_add(u64::from(names.contains(&name)), Ordering::SeqCst)
        };
        add(RUNS, &self.statements);
        add(WAITS, &self.round_trips);
    }
}

impl Tap {
    /// Listens beside the socket of the cluster that `database` is in.
    #[must_use]
    pub fn on(database: &TestDatabase) -> Self {
        Self::new(database, &[Duration::ZERO], Hold::default())
    }

    /// The same, which holds back some commits longer than others: transactions commit in another
    /// order than they began.
    #[must_use]
    pub fn slow_to_commit(database: &TestDatabase) -> Self {
        Self::new(database, &DELAYS, Hold::default())
    }

    /// The same, which holds back messages with this text.
    #[must_use]
    pub fn holding(database: &TestDatabase, text: &'static str) -> Self {
        let text = Some(text.as_bytes());
        let hold = Hold {
            text,
            ..Hold::default()
        };
        Self::new(database, &[Duration::ZERO], hold)
    }

    fn new(database: &TestDatabase, delays: &'static [Duration], hold: Hold) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let options = database.options();
        let cluster = options.get_socket().expect("the cluster has a socket");
        let listener =
            UnixListener::bind(socket(folder.path(), database)).expect("the socket is free");
        let (counts, hold) = (Arc::new(Counts::default()), Arc::new(hold));
        tokio::spawn(listen(
            listener,
            socket(cluster, database),
            Arc::clone(&counts),
            delays,
            Arc::clone(&hold),
        ));
        Self {
            folder,
            counts,
            hold,
        }
    }

    /// The database, reached through the tap.
    #[must_use]
    pub fn database(&self, database: &TestDatabase) -> TestDatabase {
        TestDatabase::at(database.options().socket(self.folder.path()))
    }

    /// Until a message is held back.
    pub async fn meets(&self) {
        until(&self.hold.is_met).await;
    }

    /// Lets go what is held back, and holds nothing back from now on.
    pub fn let_go(&self) {
        self.hold.is_over.send_replace(true);
    }

    /// How many statements there have been.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.statements.load(Ordering::SeqCst)
    }

    /// How often an answer was waited for.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.counts.round_trips.load(Ordering::SeqCst)
    }
}

fn socket(folder: &Path, database: &TestDatabase) -> std::path::PathBuf {
    folder.join(format!(".s.PGSQL.{}", database.options().get_port()))
}

async fn listen(
    listener: UnixListener,
    socket: std::path::PathBuf,
    counts: Arc<Counts>,
    delays: &'static [Duration],
    hold: Arc<Hold>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&socket)
            .await
            .expect("the cluster listens");
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        // Both end when either side hangs up.
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
        tokio::spawn(forward(
            from_client,
            to_server,
            Arc::clone(&counts),
            delays,
            Arc::clone(&hold),
        ));
    }
}

async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    counts: Arc<Counts>,
    delays: &[Duration],
    hold: Arc<Hold>,
) -> Result<()> {
    // The first messages have no name.
    let is_live = loop {
        let body = take_body(&mut client).await?;
        pass_body(&mut server, &body).await?;
        if !body.starts_with(&SSL_REQUEST) {
            break body.windows(LIVE.len()).any(|part| part == LIVE);
        }
    };
    let mut delays = delays.iter().cycle();
    loop {
        let name = client.read_u8().await?;
        let body = take_body(&mut client).await?;
        if !is_live {
            counts.add(name);
        }
        if body == COMMIT
            && let Some(delay) = delays.next()
        {
            sleep(*delay).await;
        }
        hold.pass(&body).await;
        server.write_u8(name).await?;
        pass_body(&mut server, &body).await?;
    }
}

/// Takes a message, less its name: a length that counts itself, and the rest.
async fn take_body(client: &mut OwnedReadHalf) -> Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut body = vec![0; (length as usize).saturating_sub(4)];
    client.read_exact(&mut body).await?;
    Ok(body)
}

/// Passes it on.
async fn pass_body(server: &mut OwnedWriteHalf, body: &[u8]) -> Result<()> {
    let length = u32::try_from(body.len() + 4).expect("it came with such a length");
    server.write_u32(length).await?;
    server.write_all(body).await
}
