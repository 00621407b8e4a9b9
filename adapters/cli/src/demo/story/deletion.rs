//! A document that is deleted.

use super::Scene;
use crate::demo::{DemoError, tour::Tour};

pub(super) async fn tell(tour: &mut Tour, scene: &mut Scene) -> Result<(), DemoError> {
    let Scene {
        phone,
        laptop,
        task,
    } = scene;
    tour.chapter("A deletion arrives like any other edit")?;
    laptop.delete(task, tour.now())?;
    tour.act(laptop.name, "offline, deletes the task")?;
    tour.promise("it is gone there at once", &None, &laptop.get(task))?;
    tour.act("both", "sync")?;
    laptop.sync(tour.now()).await?;
    phone.sync(tour.now()).await?;
    tour.promise("it is gone on the phone", &None, &phone.get(task))
}
