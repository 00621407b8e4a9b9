//! A document that one user shares with another, who finds and edits it.

use serde_json::{Value, json};
use syncline_client::DocumentId;

use super::{Scene, TODO, document, member};
use crate::demo::{DemoError, api::Api, device::Device, stage::Stage, tour::Tour};

pub(super) async fn tell(
    tour: &mut Tour,
    stage: &Stage,
    scene: &mut Scene,
) -> Result<(), DemoError> {
    let api = Api::new(stage)?;
    let key = format!("plan-{}", stage.run);
    let own = DocumentId::own(&key)?;
    let mut bob = Device::new("bob", stage, TODO, &stage.bob)?;
    let ada_id = api.user_of(&stage.ada).await?;
    let bob_id = api.user_of(&stage.bob).await?;
    let shared = DocumentId::of(&ada_id, &key)?;
    tour.chapter("Sharing")?;
    let plan = document(json!({ "title": "Plan the party", "notes": "cake\n" }));
    scene.phone.edit(&own, &plan, tour.now())?;
    scene.phone.sync(tour.now()).await?;
    let entry = ["docIndex", TODO, &key];
    let share = json!({ "sharedWith": [{ "userId": bob_id, "access": "write" }] });
    api.patch(&stage.ada, &entry, &share).await?;
    tour.act("ada", "shares a plan with Bob, who syncs")?;
    bob.sync(tour.now()).await?;
    tour.promise(
        "he has it, although it is old",
        &Some(plan),
        &bob.get(&shared),
    )?;
    bob.set(&shared, "notes", "cake\nballoons\n", tour.now())?;
    tour.act("bob", "adds a line, and both sync")?;
    bob.sync(tour.now()).await?;
    scene.phone.sync(tour.now()).await?;
    let notes = "cake\nballoons\n".to_owned();
    tour.promise("Ada has the line", &notes, &scene.phone.text(&own, "notes"))?;

    let search = json!({ "collection": "tasks", "text": "balloons", "limit": 500 });
    tour.act("bob", "searches for a word of it")?;
    let found = api.post(&stage.bob, &[TODO, "search"], &search).await?;
    let results = found.get("results").and_then(Value::as_array);
    let mut results = results.into_iter().flatten();
    let is_plan = |result: &&Value| member(result, "_key") == key;
    let owner = results.find(is_plan).map(|result| member(result, "_owner"));
    tour.promise("he finds Ada's plan", &ada_id, &owner.unwrap_or_default())?;

    let unshare = json!({ "unshare": [{ "userId": bob_id }] });
    api.patch(&stage.ada, &entry, &unshare).await?;
    tour.act("ada", "takes it back, and Bob syncs")?;
    bob.sync(tour.now()).await?;
    tour.promise("it has left his device", &None, &bob.get(&shared))?;
    scene.phone.delete(&own, tour.now())?;
    scene.phone.sync(tour.now()).await?;
    Ok(())
}
