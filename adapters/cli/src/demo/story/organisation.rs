//! An organisation, whose members share its documents.

use serde_json::json;
use syncline_client::DocumentId;

use super::{Scene, TODO, document, member};
use crate::demo::{
    DemoError, api::Api, device::Device, refusal::Refusal, stage::Stage, tour::Tour,
};

pub(super) async fn tell(
    tour: &mut Tour,
    stage: &Stage,
    scene: &mut Scene,
) -> Result<(), DemoError> {
    let api = Api::new(stage)?;
    let task = DocumentId::own(&format!("shared-{}", stage.run))?;
    tour.chapter("An organisation")?;
    let body = json!({ "name": format!("Ada and friends {}", stage.run) });
    let organisation = api.post(&stage.ada, &["orgs"], &body).await?;
    let id = member(&organisation, "orgId");
    tour.act("ada", "founds an organisation")?;
    let admin = "org-admin".to_owned();
    tour.promise("she is its admin", &admin, &member(&organisation, "role"))?;

    let mut ada = Device::in_organisation("ada", stage, TODO, &stage.ada, &id)?;
    let mut bob = Device::in_organisation("bob", stage, TODO, &stage.bob, &id)?;
    let shared = document(json!({ "title": "Rent a hall", "done": false }));
    ada.edit(&task, &shared, tour.now())?;
    ada.sync(tour.now()).await?;
    tour.act("ada", "makes a task in it")?;
    is_refused(
        tour,
        &mut bob,
        "Bob, a stranger, is refused with status 403",
    )
    .await?;

    let bob_id = api.user_of(&stage.bob).await?;
    let new_member = json!({ "userId": bob_id });
    api.post(&stage.ada, &["orgs", &id, "members"], &new_member)
        .await?;
    tour.act("ada", "makes him a member, and he syncs")?;
    bob.sync(tour.now()).await?;
    tour.promise("he has the task", &Some(shared), &bob.get(&task))?;
    bob.set(&task, "done", true, tour.now())?;
    tour.act("bob", "ticks it off, and both sync")?;
    bob.sync(tour.now()).await?;
    ada.sync(tour.now()).await?;
    tour.promise("Ada sees it", &bob.get(&task), &ada.get(&task))?;
    scene.phone.sync(tour.now()).await?;
    tour.promise(
        "among her own tasks it is not",
        &None,
        &scene.phone.get(&task),
    )?;

    api.delete(&stage.bob, &["orgs", &id, "members", &bob_id])
        .await?;
    tour.act("bob", "leaves")?;
    is_refused(tour, &mut bob, "now he is refused again").await?;
    api.delete(&stage.ada, &["orgs", &id]).await?;
    tour.act("ada", "deletes the organisation")?;
    is_refused(tour, &mut ada, "nobody belongs to it any more").await
}

async fn is_refused(tour: &mut Tour, device: &mut Device, promise: &str) -> Result<(), DemoError> {
    let refusal = Refusal::of(device.sync_all_or_nothing().await?);
    let expected = (403, "forbidden".to_owned());
    tour.promise(promise, &expected, &refusal.kind())
}
