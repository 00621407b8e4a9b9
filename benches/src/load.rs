//! Connections that do the same thing over and over.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use memchr::memmem;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    BenchError,
    crew::Crew,
    device::{Device, Due},
    document::Document,
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
    /// Pushes so many documents whose title another device of the user has changed as well, since
    /// the state from which both began.
    PushConflicting(usize),
    /// Pushes so many documents of whose notes another device has changed another line since then.
    PushMerging(usize),
    /// Pushes so many documents of another user, one field of each changed.
    PushBorrowed(usize),
    /// Asks what is new when nothing is.
    PullNothing,
    /// Asks what is new in the large collection when nothing is.
    PullNothingOfLarge,
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
    /// The request of a device that has seen everything.
    pub pull_nothing: String,
    /// The request of a new device.
    pub pull_all: String,
}

/// A connection, and the devices that take turns on it.
pub(crate) struct Client {
    connection: Connection,
    crew: Crew,
    large: Arc<Large>,
    library: Arc<Library>,
}

/// How much was done in how much time.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// How long each request took that was answered, in seconds, the shortest first.
    pub delays: Vec<f64>,
    /// Until the last answer, in seconds.
    pub seconds: f64,
}

impl Measured {
    /// Requests that were answered.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of requests are far below 2^52"
    )]
    pub(crate) fn requests(&self) -> f64 {
        self.delays.len() as f64
    }

    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests() / self.seconds
    }

    /// Within how many seconds so many of a hundred requests were answered.
    pub(crate) fn within(&self, percent: usize) -> f64 {
        let delay = self.delays.get(self.delays.len() * percent / 100);
        delay.copied().unwrap_or_default()
    }
}

impl Client {
    /// Connects.
    pub(crate) async fn open(
        address: SocketAddr,
        crew: Crew,
        large: Arc<Large>,
        library: Arc<Library>,
    ) -> Result<Self, BenchError> {
        let connection = Connection::open(address).await?;
        Ok(Self {
            connection,
            crew,
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
            Action::PullNothingOfLarge => {
                let large = &self.large;
                let sync = Call::sync(&large.token, &large.pull_nothing);
                bring(&mut self.connection, &sync, 0).await
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
        let crew = &mut self.crew;
        let (device, documents, due) = match action {
            Action::PushConflicting(count) | Action::PushMerging(count) => {
                let (device, documents, _) = changed(crew.take_rival(action)?, count)?;
                (device, documents, Due::conflicts(count))
            }
            Action::PushBorrowed(count) => changed(crew.borrowers.take()?, count)?,
            Action::PushChanged(count) => changed(crew.devices.take()?, count)?,
            Action::PushNew(count) => {
                let device = crew.devices.take()?;
                let documents = device.create(count)?;
                let due = match device.limit {
                    Some(_) => Due::stored_beside_others(count),
                    None => Due::stored(count),
                };
                (device, documents, due)
            }
            _ => (crew.devices.take()?, Vec::new(), Due::stored(0)),
        };
        let body = device.request(&documents);
        let answer = self.connection.send(&device.call(&body)).await?;
        device.apply(answer, due)
    }
}

/// A device, what it pushes, and what has to be answered.
type Exchange<'a> = (&'a mut Device, Vec<Document>, Due);

fn changed(device: &mut Device, count: usize) -> Result<Exchange<'_>, BenchError> {
    let documents = device.edit(count)?;
    Ok((device, documents, Due::stored(count)))
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
async fn run(
    clients: Vec<Client>,
    action: Action,
    duration: Duration,
) -> Result<(Vec<Client>, Measured), BenchError> {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn(repeat(client, action, begun + duration));
    }
    let (mut clients, mut delays) = (Vec::new(), Vec::new());
    while let Some(joined) = running.join_next().await {
        let (client, took) = joined??;
        clients.push(client);
        delays.extend(took);
    }
    let seconds = begun.elapsed().as_secs_f64();
    delays.sort_by(f64::total_cmp);
    Ok((clients, Measured { delays, seconds }))
}

/// The same with the first `count` of the clients.
pub(crate) async fn run_some(
    clients: &mut Vec<Client>,
    count: usize,
    action: Action,
    duration: Duration,
) -> Result<Measured, BenchError> {
    let idle = clients.split_off(count.min(clients.len()));
    let busy = std::mem::take(clients);
    let (busy, measured) = run(busy, action, duration).await?;
    *clients = busy.into_iter().chain(idle).collect();
    Ok(measured)
}

async fn repeat(
    mut client: Client,
    action: Action,
    end: Instant,
) -> Result<(Client, Vec<f64>), BenchError> {
    let mut delays = Vec::new();
    loop {
        let begun = Instant::now();
        if begun >= end {
            return Ok((client, delays));
        }
        client.perform(action).await?;
        delays.push(begun.elapsed().as_secs_f64());
    }
}
