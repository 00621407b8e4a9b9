//! What happens in the demonstration.

mod account;
mod applications;
mod conflict;
mod deletion;
mod merge;
mod offline;
mod organisation;
mod schema;
mod sharing;
mod text;
mod users;

use serde_json::Value;
use syncline_client::{Document, DocumentId};

use super::{DemoError, device::Device, stage::Stage, tour::Tour};

/// The application whose tasks have a schema.
const TODO: &str = "todo";

/// The application that takes any document.
const SHOPPING_LIST: &str = "shopping-list";

/// The devices of the first user, and the document that most of the story is about.
struct Scene {
    phone: Device,
    laptop: Device,
    task: DocumentId,
}

/// Tells the whole story.
pub(super) async fn tell(tour: &mut Tour, stage: &Stage) -> Result<(), DemoError> {
    let mut scene = Scene {
        phone: Device::new("phone", stage, TODO, &stage.ada)?,
        laptop: Device::new("laptop", stage, TODO, &stage.ada)?,
        task: DocumentId::own(&format!("task-{}", stage.run))?,
    };
    offline::tell(tour, &mut scene).await?;
    merge::tell(tour, &mut scene).await?;
    text::tell(tour, &mut scene).await?;
    conflict::tell(tour, &mut scene).await?;
    schema::tell(tour, stage, &mut scene).await?;
    applications::tell(tour, stage, &mut scene).await?;
    users::tell(tour, stage, &mut scene).await?;
    organisation::tell(tour, stage, &mut scene).await?;
    sharing::tell(tour, stage, &mut scene).await?;
    account::tell(tour, stage, &mut scene).await?;
    deletion::tell(tour, &mut scene).await
}

/// The text of a member of an answer; empty if there is none.
fn member(answer: &Value, name: &str) -> String {
    let text = answer.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// A document as JSON writes it.
fn document(value: Value) -> Document {
    match value {
        Value::Object(fields) => fields,
        _ => Document::new(),
    }
}
