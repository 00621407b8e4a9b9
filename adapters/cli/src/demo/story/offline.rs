//! A document that is made without a network.

use serde_json::json;

use super::{Scene, document};
use crate::demo::{DemoError, tour::Tour};

pub(super) async fn tell(tour: &mut Tour, scene: &mut Scene) -> Result<(), DemoError> {
    let Scene {
        phone,
        laptop,
        task,
    } = scene;
    tour.chapter("Two devices, one of them without a network")?;
    let groceries = document(json!({ "title": "Groceries", "done": false }));
    phone.edit(task, &groceries, tour.now())?;
    tour.act(phone.name, "makes a task while it is offline")?;
    tour.show("task", &groceries)?;
    tour.promise(
        "the task is there at once",
        &Some(groceries.clone()),
        &phone.get(task),
    )?;
    tour.promise("it waits to be pushed", &1, &phone.waiting())?;

    tour.act(phone.name, "is online again and syncs")?;
    phone.sync(tour.now()).await?;
    tour.promise("nothing is waiting any more", &0, &phone.waiting())?;
    tour.act(laptop.name, "syncs")?;
    laptop.sync(tour.now()).await?;
    tour.promise(
        "the laptop has the same task",
        &Some(groceries),
        &laptop.get(task),
    )
}
