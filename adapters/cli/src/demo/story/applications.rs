//! One server, two applications.

use serde_json::json;

use super::{SHOPPING_LIST, Scene, document};
use crate::demo::{DemoError, device::Device, stage::Stage, tour::Tour};

pub(super) async fn tell(
    tour: &mut Tour,
    stage: &Stage,
    scene: &mut Scene,
) -> Result<(), DemoError> {
    let Scene { phone, task, .. } = scene;
    tour.chapter("Two applications on one server")?;
    let mut shopping = Device::new("shopping", stage, SHOPPING_LIST, &stage.ada)?;
    shopping.sync(tour.now()).await?;
    tour.promise(
        "the shopping list knows nothing of the tasks",
        &None,
        &shopping.get(task),
    )?;

    let before = phone.get(task);
    let list = document(json!({ "items": [{ "name": "milk", "count": 2 }], "shop": "corner" }));
    shopping.edit(task, &list, tour.now())?;
    tour.act(
        shopping.name,
        "stores a document of any shape under the same key",
    )?;
    tour.show("list", &list)?;
    shopping.sync(tour.now()).await?;
    phone.sync(tour.now()).await?;
    tour.promise(
        "it is stored: there is no schema here",
        &0,
        &shopping.waiting(),
    )?;
    tour.promise(
        "the task of that key is as it was",
        &before,
        &phone.get(task),
    )?;
    shopping.delete(task, tour.now())?;
    shopping.sync(tour.now()).await?;
    Ok(())
}
