//! What the server holds before anything is measured, pushed as devices would.

use crate::{
    BenchError,
    cases::Amounts,
    device::Device,
    document::Document,
    http::{Call, Connection},
    load::Large,
};

/// The most documents in one request.
const MOST: usize = 1_000;

/// Gives a device so many documents.
pub(crate) async fn fill(
    connection: &mut Connection,
    device: &mut Device,
    documents: usize,
) -> Result<(), BenchError> {
    let created = device.create(documents)?;
    push(connection, device, &created).await?;
    device.documents = created;
    Ok(())
}

/// Fills the large collection of `owner`: first all of it, then some documents change.
pub(crate) async fn fill_large(
    connection: &mut Connection,
    mut owner: Device,
    mut reader: Device,
    amounts: Amounts,
) -> Result<Large, BenchError> {
    let Amounts {
        large: documents,
        changed,
        ..
    } = amounts;
    if documents == 0 {
        return Ok(Large::default());
    }
    fill(connection, &mut owner, documents).await?;
    let pull_all = reader.request(&[]);
    let request = owner.request(&[]);
    let answer = connection.send(&Call::sync(&owner.token, &request)).await?;
    owner.apply(answer, 0)?;
    reader.see(owner.server_clock());
    // Spread over the keys, as edits are.
    let stride = (documents / changed.max(1)).max(1);
    let spread = owner.documents.drain(..).step_by(stride).collect();
    owner.documents = spread;
    let edited = owner.edit(changed)?;
    push(connection, &mut owner, &edited).await?;
    Ok(Large {
        token: reader.token.clone(),
        documents,
        changed,
        pull_changed: reader.request(&[]),
        pull_all,
    })
}

async fn push(
    connection: &mut Connection,
    device: &mut Device,
    documents: &[Document],
) -> Result<(), BenchError> {
    for part in documents.chunks(MOST) {
        let request = device.request(part);
        let answer = connection
            .send(&Call::sync(&device.token, &request))
            .await?;
        device.apply(answer, part.len())?;
    }
    Ok(())
}
