//! Two edits that have nothing to do with each other.

use serde_json::json;

use super::{Scene, document};
use crate::demo::{DemoError, tour::Tour};

pub(super) async fn tell(tour: &mut Tour, scene: &mut Scene) -> Result<(), DemoError> {
    let Scene {
        phone,
        laptop,
        task,
    } = scene;
    tour.chapter("Different fields merge by themselves")?;
    phone.set(task, "priority", "high", tour.now())?;
    tour.act(phone.name, "offline, sets `priority` to \"high\"")?;
    laptop.set(task, "done", true, tour.now())?;
    tour.act(laptop.name, "offline, sets `done` to true")?;

    tour.act("both", "sync")?;
    let mut conflicts = phone.sync(tour.now()).await?.conflicts.len();
    conflicts += laptop.sync(tour.now()).await?.conflicts.len();
    conflicts += phone.sync(tour.now()).await?.conflicts.len();
    let merged = document(json!({ "title": "Groceries", "done": true, "priority": "high" }));
    tour.promise(
        "the phone has both edits",
        &Some(merged.clone()),
        &phone.get(task),
    )?;
    tour.promise(
        "the laptop has both edits",
        &Some(merged),
        &laptop.get(task),
    )?;
    tour.promise("there was no conflict to report", &0, &conflicts)
}
