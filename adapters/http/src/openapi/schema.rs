//! What stands in the bodies of several routes.
//!
//! The types of bodies that handlers write or read as they are derive their schema. Those that
//! stand beside a body written elsewhere only describe it.

mod document;
mod text;

pub(crate) use document::{
    Access, Conflict, Document, LinkedDocument, Revisions, Role, Visibility,
};
pub(crate) use text::{
    ApplicationName, Clock, CollectionName, DocumentKey, OrganisationId, Time, UserId,
};
