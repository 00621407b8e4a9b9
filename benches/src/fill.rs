//! What the server holds before anything is measured, pushed as devices would.

use crate::{
    BenchError,
    cases::Amounts,
    database::Database,
    device::{Device, Due},
    document::Document,
    http::Connection,
    load::Large,
    site::Site,
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
    let answer = connection.send(&owner.call(&request)).await?;
    owner.apply(answer, Due::stored(0))?;
    reader.see(owner.server_clock());
    // Spread over the keys, as edits are.
    let stride = (documents / changed.max(1)).max(1);
    let spread = owner.documents.drain(..).step_by(stride).collect();
    owner.documents = spread;
    let large = change_large(connection, owner, &reader, changed).await?;
    Ok(Large {
        documents,
        pull_all,
        ..large
    })
}

/// Changes so many documents of a large collection, each that `owner` holds in its turn. `reader`
/// has seen what was there before.
pub(crate) async fn change_large(
    connection: &mut Connection,
    mut owner: Device,
    reader: &Device,
    changed: usize,
) -> Result<Large, BenchError> {
    let edited = owner.edit(changed)?;
    push(connection, &mut owner, &edited).await?;
    Ok(Large {
        token: reader.token.clone(),
        changed,
        pull_changed: reader.request(&[]),
        pull_nothing: owner.request(&[]),
        ..Large::default()
    })
}

/// Pushes documents, however many.
pub(crate) async fn push(
    connection: &mut Connection,
    device: &mut Device,
    documents: &[Document],
) -> Result<(), BenchError> {
    for part in documents.chunks(MOST) {
        let request = device.request(part);
        let answer = connection.send(&device.call(&request)).await?;
        device.apply(answer, Due::stored(part.len()))?;
    }
    Ok(())
}

/// Devices of users who may edit documents of others, and have them.
pub(crate) async fn lend(
    connection: &mut Connection,
    site: &Site,
    database: &mut Database,
    amounts: Amounts,
) -> Result<Vec<Device>, BenchError> {
    let mut lent = Vec::new();
    for user in 1..=amounts.borrowers {
        let owner = format!("lender-{user}");
        let mut lender = site.device(&owner, &owner, "lent")?;
        fill(connection, &mut lender, amounts.lent).await?;
        lent.push((owner, lender.documents));
    }
    database.lend().await?;
    let mut borrowers = Vec::new();
    for (number, (owner, documents)) in lent.into_iter().enumerate() {
        let name = format!("borrower-{}", number + 1);
        let mut borrower = site.device(&name, &name, "lent")?;
        let request = borrower.request(&[]);
        let answer = connection.send(&borrower.call(&request)).await?;
        let found = borrower.pull(answer)?;
        if found != documents.len() {
            return Err(format!("{name} was shown {found} documents").into());
        }
        borrower.owner = Some(owner);
        borrower.documents = documents;
        borrowers.push(borrower);
    }
    Ok(borrowers)
}
