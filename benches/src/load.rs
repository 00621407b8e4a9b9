//! Connections that do the same thing over and over.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use memchr::memmem;
use tokio::{task::JoinSet, time::Instant};

use crate::{BenchError, device::Device, http::Connection};

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
}

/// The large collection, for whoever pulls from it.
#[derive(Debug)]
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
    ) -> Result<Self, BenchError> {
        let connection = Connection::open(address).await?;
        Ok(Self {
            connection,
            devices,
            next: 0,
            large,
        })
    }

    async fn perform(&mut self, action: Action) -> Result<(), BenchError> {
        match action {
            Action::PullChanged => {
                let large = Arc::clone(&self.large);
                self.pull(&large.pull_changed, large.changed).await
            }
            Action::PullAll => {
                let large = Arc::clone(&self.large);
                self.pull(&large.pull_all, large.documents).await
            }
            _ => self.exchange(action).await,
        }
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
        let answer = self.connection.sync(&device.token, &body).await?;
        device.apply(answer, documents.len())
    }

    async fn pull(&mut self, body: &str, expected: usize) -> Result<(), BenchError> {
        let answer = self.connection.sync(&self.large.token, body).await?;
        // To parse the documents would cost more than to serve them.
        let found = memmem::find_iter(answer, b"\"_key\":").count();
        if found == expected {
            return Ok(());
        }
        Err(format!("a pull brought {found} documents where {expected} were due").into())
    }
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
