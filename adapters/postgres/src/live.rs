//! Pokes on their way between servers, by `NOTIFY` and `LISTEN`.
//!
//! Whatever a transaction changes that somebody may listen to, it notes; when it has ended, the notes
//! go to an outbox, and a task sends what is there. A `NOTIFY` inside the transaction would take a
//! lock of the whole database at each commit.

mod heard;
mod outbox;
mod pace;
mod text;

use sqlx::postgres::PgRow;
use syncline_application::ports::{Audience, Poke, StoreError, subject_hash};
use syncline_domain::{
    access::{Namespace, RouteReader},
    identifier::{ApplicationName, CollectionName, OrganisationId, UserId},
};

use crate::{error::corrupt, rows};

pub use heard::Notifications;
pub(crate) use outbox::{Outbox, Pokes};

/// Who is told of a change in a namespace. Whoever writes a document that an organisation shares
/// with outsiders names the organisation as its owner, as if it were a user.
pub(crate) fn owners(namespace: &Namespace) -> Vec<Audience> {
    match namespace {
        Namespace::Personal(user) => {
            let organisation = OrganisationId::new(user.as_str()).ok();
            let members = organisation.map(Audience::Members);
            let user = Audience::User(subject_hash(user));
            members.into_iter().chain([user]).collect()
        }
        Namespace::Organisation(organisation) => vec![Audience::Members(organisation.clone())],
    }
}

/// Who is told of a change of what a route leads to.
pub(crate) fn readers(reader: &RouteReader) -> Audience {
    match reader {
        RouteReader::User(user) => Audience::User(subject_hash(user)),
        RouteReader::Organisation(organisation) => Audience::Readers(organisation.clone()),
        RouteReader::Everybody => Audience::Everybody,
    }
}

/// What a statement says in its column `readers` of whom a change concerns: an array of
/// `[reader_kind, reader_id, application, collection]`, in which an organisation that is gone has no
/// id.
pub(crate) fn readers_in(row: &PgRow) -> Result<Pokes, StoreError> {
    let Some(text) = rows::column::<Option<&str>>(row, "readers")? else {
        return Ok(Pokes::new());
    };
    let found: Vec<(String, Option<String>, ApplicationName, CollectionName)> =
        serde_json::from_str(text).map_err(|error| corrupt("routes", error))?;
    let mut pokes = Pokes::new();
    for (kind, id, application, collection) in found {
        let Some(id) = id else { continue };
        pokes.insert(Poke::Documents {
            audience: readers(&reader(&kind, &id)?),
            application,
            collection,
        });
    }
    Ok(pokes)
}

fn reader(kind: &str, id: &str) -> Result<RouteReader, StoreError> {
    let wrong = |error| corrupt("routes.reader_id", error);
    match kind {
        "user" => Ok(RouteReader::User(UserId::new(id).map_err(wrong)?)),
        "organisation" => Ok(RouteReader::Organisation(
            OrganisationId::new(id).map_err(wrong)?,
        )),
        "everybody" => Ok(RouteReader::Everybody),
        other => Err(corrupt("routes.reader_kind", other)),
    }
}
