//! Two devices that write into one text, over a network that loses an answer.

use syncline_client::{Applied, ReportedConflict};
use syncline_domain::merge::Winner;

use super::Scene;
use crate::demo::{DemoError, tour::Tour};

pub(super) async fn tell(tour: &mut Tour, scene: &mut Scene) -> Result<(), DemoError> {
    let Scene {
        phone,
        laptop,
        task,
    } = scene;
    tour.chapter("Lines of one text merge, even over a lost answer")?;
    phone.set(task, "notes", "bread\nbutter\n", tour.now())?;
    phone.sync(tour.now()).await?;
    laptop.sync(tour.now()).await?;
    tour.act("both", "have the same notes")?;
    tour.show("notes", &phone.text(task, "notes"))?;

    phone.set(task, "notes", "milk\nbread\nbutter\n", tour.now())?;
    tour.act(
        phone.name,
        "writes \"milk\" above them and syncs; the answer is lost",
    )?;
    phone.sync_without_an_answer().await?;
    tour.promise(
        "the phone does not know that it arrived",
        &1,
        &phone.waiting(),
    )?;
    laptop.set(task, "notes", "bread\nbutter\ntea\n", tour.now())?;
    tour.act(
        laptop.name,
        "offline all the while, writes \"tea\" below them and syncs",
    )?;
    let reports = Reports::of(laptop.sync(tour.now()).await?);
    phone.set(task, "notes", "milk\neggs\nbread\nbutter\n", tour.now())?;
    tour.act(phone.name, "writes on: \"eggs\" below the milk, and syncs")?;
    let reports = reports.and(phone.sync(tour.now()).await?);
    let reports = reports.and(laptop.sync(tour.now()).await?);

    let merged = "milk\neggs\nbread\nbutter\ntea\n".to_owned();
    tour.show("notes", &merged)?;
    tour.promise(
        "the phone has every line, exactly once",
        &merged,
        &phone.text(task, "notes"),
    )?;
    tour.promise(
        "the laptop has them in the same order",
        &merged,
        &laptop.text(task, "notes"),
    )?;
    tour.promise("the merge was reported as such", &true, &reports.any)?;
    tour.promise(
        "and nobody's text lost",
        &Vec::<String>::new(),
        &reports.losers,
    )
}

/// What was reported of the notes.
struct Reports {
    any: bool,
    losers: Vec<String>,
}

impl Reports {
    fn of(applied: Applied) -> Self {
        Self {
            any: false,
            losers: Vec::new(),
        }
        .and(applied)
    }

    fn and(mut self, applied: Applied) -> Self {
        for ReportedConflict { conflict, .. } in applied.conflicts {
            self.any |= conflict.winner == Winner::AutoMerged;
            if conflict.winner != Winner::AutoMerged {
                self.losers.push(format!(
                    "{} lost to {}",
                    conflict.field, conflict.winner_value
                ));
            }
        }
        self
    }
}
