//! A server with a number of documents, and devices that have seen them.

use std::sync::Arc;

use crate::{
    BenchError,
    cases::CONNECTIONS,
    crew::Crew,
    database::Database,
    device::Device,
    document::Document,
    fill,
    http::Connection,
    library::Library,
    load::{Client, Large},
    site::{self, Site},
};

/// Documents of each user but the one with the large collection.
const EACH: u32 = 100;

/// So many of the users have a device that pushes and pulls, spread over all of them.
const DEVICES: u32 = 1_000;

/// How many documents of the large collection have changed.
const CHANGED: u32 = 1_000;

/// So many documents are written by one statement.
const STATEMENT: u32 = 1_000_000;

/// A filled server.
pub(super) struct Place {
    pub database: Database,
    pub clients: Vec<Client>,
}

impl Place {
    /// Fills a server with so many documents.
    pub(super) async fn fill(site: &Site, documents: u32) -> Result<Self, BenchError> {
        let (large, users) = (documents / 2, documents / 2 / EACH);
        if large < CHANGED {
            return Err(format!("growth begins at {} documents", CHANGED * 2).into());
        }
        let mut database = site.database().await?;
        database.add_users(users).await?;
        let mut connection = Connection::open(site.server.address).await?;
        // Their cursors are from before the other documents, which count as seen.
        let mut owner = site.device("large", "device-large-1", "large")?;
        fill::fill(&mut connection, &mut owner, 1).await?;
        let devices = devices(site, &mut connection, users).await?;
        add_documents(&mut database, users, large).await?;
        database.settle().await?;
        let large = change(site, &mut connection, owner, large).await?;
        let clients = clients(site, devices, large).await?;
        Ok(Self { database, clients })
    }
}

/// Devices of users spread over all, with what these will have.
async fn devices(
    site: &Site,
    connection: &mut Connection,
    users: u32,
) -> Result<Vec<Device>, BenchError> {
    let stride = users.div_ceil(DEVICES).max(1);
    let mut devices = Vec::new();
    for user in (1..=users).step_by(usize::try_from(stride)?) {
        let (name, device) = (format!("user-{user}"), format!("device-{user}"));
        let mut device = site.device(&name, &device, "documents")?;
        fill::fill(connection, &mut device, 1).await?;
        let others = device.create(usize::try_from(EACH - 1)?)?;
        device.documents.extend(others);
        devices.push(device);
    }
    Ok(devices)
}

async fn add_documents(database: &mut Database, users: u32, large: u32) -> Result<(), BenchError> {
    let sample = Document::new("document".to_owned(), &site::stamp()?);
    let step = |count: u32| usize::try_from(count);
    for first in (1..=users).step_by(step(STATEMENT / EACH)?) {
        let last = users.min(first + STATEMENT / EACH - 1);
        database
            .add_documents(first..=last, 2..=EACH, "documents", &sample)
            .await?;
    }
    for first in (2..=large).step_by(step(STATEMENT)?) {
        let last = large.min(first + STATEMENT - 1);
        database
            .add_documents(0..=0, first..=last, "large", &sample)
            .await?;
    }
    Ok(())
}

/// Changes documents that are spread over the large collection.
async fn change(
    site: &Site,
    connection: &mut Connection,
    mut owner: Device,
    large: u32,
) -> Result<Large, BenchError> {
    let mut reader = site.device("large", "device-large-2", "large")?;
    reader.see(owner.server_clock());
    let stamp = site::stamp()?;
    let spread = (0..CHANGED).map(|number| 1 + number * (large / CHANGED));
    owner.documents = spread
        .map(|number| Document::new(format!("document-{number}"), &stamp))
        .collect();
    fill::change_large(connection, owner, &reader, usize::try_from(CHANGED)?).await
}

async fn clients(
    site: &Site,
    devices: Vec<Device>,
    large: Large,
) -> Result<Vec<Client>, BenchError> {
    let (large, library) = (Arc::new(large), Arc::new(Library::new(&site.tokens)?));
    let mut crews: Vec<_> = (0..CONNECTIONS).map(|_| Crew::default()).collect();
    for (number, device) in devices.into_iter().enumerate() {
        if let Some(crew) = crews.get_mut(number % CONNECTIONS) {
            crew.devices.push(device);
        }
    }
    let mut clients = Vec::new();
    for crew in crews {
        let (large, library) = (Arc::clone(&large), Arc::clone(&library));
        clients.push(Client::open(site.server.address, crew, large, library).await?);
    }
    Ok(clients)
}
