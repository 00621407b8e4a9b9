//! Connections that do the same thing over and over.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use memchr::memmem;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    BenchError,
    device::Device,
    http::{Call, Connection},
    library::{Library, OWN, PAGE, SHARED, Search},
};

/// What each request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Pushes so many documents that the server does not have.
    PushNew(usize),
    /// Pushes so many documents that the server has, one field of each changed.
    PushChanged(usize),
    /// Asks what is new when nothing is.
    PullNothing,
    /// Asks for what changed among the large collection.
    PullChanged,
    /// Asks for the whole large collection.
    PullAll,
    /// Exports it, a document a line.
    Export,
    /// Searches the library.
    Search(Search),
    /// Asks for what a user has and is shown of the library.
    PullLibrary,
}

/// The large collection, for whoever pulls from it.
#[derive(Debug, Default)]
pub(crate) struct Large {
    /// Its owner's session token.
    pub token: String,
    /// How many documents it has.
    pub documents: usize,
    /// How many of them changed since.
    pub changed: usize,
    /// The request of a device that has seen what was there before the changes.
    pub pull_changed: String,
    /// The request of a new device.
    pub pull_all: String,
}

/// A connection, and the devices that take turns on it.
pub(crate) struct Client {
    connection: Connection,
    devices: Vec<Device>,
    next: usize,
    large: Arc<Large>,
    library: Arc<Library>,
}

/// How much was done in how much time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Requests that were answered.
    pub requests: u64,
    /// Until the last answer, in seconds.
    pub seconds: f64,
}

impl Client {
    /// Connects.
    pub(crate) async fn open(
        address: SocketAddr,
        devices: Vec<Device>,
        large: Arc<Large>,
        library: Arc<Library>,
    ) -> Result<Self, BenchError> {
        let connection = Connection::open(address).await?;
        Ok(Self {
            connection,
            devices,
            next: 0,
            large,
            library,
        })
    }

    async fn perform(&mut self, action: Action) -> Result<(), BenchError> {
        match action {
            Action::PullChanged => {
                let large = &self.large;
                let sync = Call::sync(&large.token, &large.pull_changed);
                bring(&mut self.connection, &sync, large.changed).await
            }
            Action::PullAll => {
                let large = &self.large;
                let sync = Call::sync(&large.token, &large.pull_all);
                bring(&mut self.connection, &sync, large.documents).await
            }
            Action::Export => {
                let large = &self.large;
                let export = Call::export(&large.token);
                bring(&mut self.connection, &export, large.documents).await
            }
            Action::PullLibrary => {
                let sync = Call::sync(&self.library.token, &self.library.pull);
                bring(&mut self.connection, &sync, OWN + SHARED).await
            }
            Action::Search(search) => self.search(search).await,
            _ => self.exchange(action).await,
        }
    }

    /// Takes the first page of what is found, which must be something.
    async fn search(&mut self, search: Search) -> Result<(), BenchError> {
        let body = search.body();
        let call = Call::search(&self.library.token, &body);
        let answer = self.connection.send(&call).await?;
        let found = documents(answer);
        if (1..=PAGE).contains(&found) {
            return Ok(());
        }
        Err(format!("{search:?} found {found} documents").into())
    }

    /// The next device pushes what `action` says, if anything, and pulls.
    async fn exchange(&mut self, action: Action) -> Result<(), BenchError> {
        let turn = self.next % self.devices.len().max(1);
        self.next += 1;
        let device = self
            .devices
            .get_mut(turn)
            .ok_or("a connection has no device")?;
        let documents = match action {
            Action::PushNew(count) => device.create(count)?,
            Action::PushChanged(count) => device.edit(count)?,
            _ => Vec::new(),
        };
        let body = device.request(&documents);
        let answer = self
            .connection
            .send(&Call::sync(&device.token, &body))
            .await?;
        device.apply(answer, documents.len())
    }
}

/// Makes a call that is to bring so many documents.
async fn bring(
    connection: &mut Connection,
    call: &Call<'_>,
    expected: usize,
) -> Result<(), BenchError> {
    let found = documents(connection.send(call).await?);
    if found == expected {
        return Ok(());
    }
    let target = call.target;
    Err(format!("{target} brought {found} documents where {expected} were due").into())
}

/// How many documents an answer has: to parse them would cost more than to serve them.
fn documents(answer: &[u8]) -> usize {
    memmem::find_iter(answer, b"\"_key\":").count()
}

/// Lets every client do `action` for `duration`; what has begun by then is finished and counts.
pub(crate) async fn run(
    clients: Vec<Client>,
    action: Action,
    duration: Duration,
) -> Result<(Vec<Client>, Measured), BenchError> {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn(repeat(client, action, begun + duration));
    }
    let (mut clients, mut requests) = (Vec::new(), 0);
    while let Some(joined) = running.join_next().await {
        let (client, count) = joined??;
        clients.push(client);
        requests += count;
    }
    Ok((
        clients,
        Measured {
            requests,
            seconds: begun.elapsed().as_secs_f64(),
        },
    ))
}

async fn repeat(
    mut client: Client,
    action: Action,
    end: Instant,
) -> Result<(Client, u64), BenchError> {
    let mut requests = 0;
    while Instant::now() < end {
        client.perform(action).await?;
        requests += 1;
    }
    Ok((client, requests))
}
