//! Two edits of which only one can stand.

use syncline_client::Conflict;
use syncline_domain::merge::Winner;

use super::Scene;
use crate::demo::{
    DemoError,
    tour::{Shown, Tour},
};

const EARLIER: &str = "Groceries for Monday";
const LATER: &str = "Groceries for the party";

pub(super) async fn tell(tour: &mut Tour, scene: &mut Scene) -> Result<(), DemoError> {
    let Scene {
        phone,
        laptop,
        task,
    } = scene;
    tour.chapter("A real conflict: the later edit stands, the other is reported")?;
    phone.set(task, "title", EARLIER, tour.now())?;
    tour.act(
        phone.name,
        &format!("offline, changes the title to \"{EARLIER}\""),
    )?;
    laptop.set(task, "title", LATER, tour.now())?;
    tour.act(laptop.name, &format!("a moment later, to \"{LATER}\""))?;
    tour.act(laptop.name, "syncs first")?;
    laptop.sync(tour.now()).await?;
    tour.act(phone.name, "syncs")?;
    let applied = phone.sync(tour.now()).await?;
    tour.promise(
        "the later edit stands",
        &LATER.to_owned(),
        &phone.text(task, "title"),
    )?;

    let reports: Vec<_> = applied
        .conflicts
        .into_iter()
        .map(|report| report.conflict)
        .collect();
    tour.promise("the phone is told of one conflict", &1, &reports.len())?;
    tour.show("report", &reports)?;
    let lost: Vec<_> = reports
        .iter()
        .filter_map(|report| report.local_value.as_str())
        .collect();
    tour.promise(
        "the report holds the text that lost",
        &EARLIER.to_owned(),
        &lost.concat(),
    )?;

    phone.set(task, "title", EARLIER, tour.now())?;
    tour.act(phone.name, "restores it from the report, and both sync")?;
    phone.sync(tour.now()).await?;
    let silent = laptop.sync(tour.now()).await?.conflicts.len();
    tour.promise(
        "the laptop has it",
        &EARLIER.to_owned(),
        &laptop.text(task, "title"),
    )?;
    tour.promise(
        "that was no conflict: the phone had seen the other",
        &0,
        &silent,
    )
}

impl Shown for Conflict {
    fn shown(&self) -> String {
        let winner = match &self.winner {
            Winner::Local => "this device's",
            Winner::Remote => "the other's",
            Winner::AutoMerged => "both, merged",
            Winner::Other(word) => word,
        };
        format!(
            "field {}: {} here, {} there; {winner} stands",
            self.field, self.local_value, self.remote_value
        )
    }
}
