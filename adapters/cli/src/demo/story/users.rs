//! Two users who cannot see each other.

use serde_json::json;

use super::{Scene, TODO, document};
use crate::demo::{DemoError, device::Device, stage::Stage, tour::Tour};

pub(super) async fn tell(
    tour: &mut Tour,
    stage: &Stage,
    scene: &mut Scene,
) -> Result<(), DemoError> {
    let Scene {
        phone,
        laptop,
        task,
    } = scene;
    tour.chapter("Two users")?;
    let mut bob = Device::new("bob", stage, TODO, &stage.bob)?;
    tour.act(bob.name, "signs in as another user and syncs")?;
    bob.sync(tour.now()).await?;
    tour.promise("he sees none of these tasks", &None, &bob.get(task))?;

    let before = phone.get(task);
    let own = document(json!({ "title": "Bob's own" }));
    bob.edit(task, &own, tour.now())?;
    tour.act(
        bob.name,
        "makes a task under the same key, and everybody syncs",
    )?;
    for device in [&mut bob, &mut *phone, &mut *laptop] {
        device.sync(tour.now()).await?;
    }
    tour.promise("it is his alone", &Some(own), &bob.get(task))?;
    tour.promise("the phone's task is as it was", &before, &phone.get(task))?;
    tour.promise("and so is the laptop's", &before, &laptop.get(task))?;
    bob.delete(task, tour.now())?;
    bob.sync(tour.now()).await?;
    Ok(())
}
