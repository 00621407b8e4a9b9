//! A document that does not fit its schema.

use serde_json::json;
use syncline_client::DocumentId;

use super::{Scene, document};
use crate::demo::{DemoError, refusal::Refusal, stage::Stage, tour::Tour};

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
    let draft = DocumentId::own(&format!("draft-{}", stage.run))?;
    let untitled = document(json!({ "done": "maybe" }));
    tour.chapter("A document that breaks the schema is refused, and blocks no other")?;
    phone.edit(&draft, &untitled, tour.now())?;
    tour.act(phone.name, "makes a task without a title")?;
    tour.show("task", &untitled)?;

    tour.act(phone.name, "syncs all or nothing")?;
    let refusal = Refusal::of(phone.sync_all_or_nothing().await?);
    tour.show("answer", &refusal)?;
    let expected = (400, "schema_validation_failed".to_owned());
    tour.promise(
        "the server refuses it with status 400",
        &expected,
        &refusal.kind(),
    )?;
    let field = refusal
        .fields
        .iter()
        .any(|(field, _)| field == "title")
        .then(|| "title".to_owned());
    tour.promise(
        "and names the field that is missing",
        &Some("title".to_owned()),
        &field,
    )?;

    phone.set(task, "done", false, tour.now())?;
    tour.act(
        phone.name,
        "edits the other task as well, and syncs what can be stored",
    )?;
    phone.sync(tour.now()).await?;
    laptop.sync(tour.now()).await?;
    tour.promise(
        "the good edit has arrived",
        &phone.get(task),
        &laptop.get(task),
    )?;
    tour.promise(
        "the bad one is kept on the phone",
        &Some(untitled),
        &phone.get(&draft),
    )?;
    tour.promise(
        "with the reasons",
        &refusal.messages(),
        &phone.rejections(&draft),
    )?;

    let mended = document(json!({ "title": "Bake bread", "done": false }));
    phone.edit(&draft, &mended, tour.now())?;
    tour.act(phone.name, "mends it and syncs")?;
    phone.sync(tour.now()).await?;
    laptop.sync(tour.now()).await?;
    tour.promise("now the laptop has it", &Some(mended), &laptop.get(&draft))?;
    phone.delete(&draft, tour.now())?;
    phone.sync(tour.now()).await?;
    Ok(())
}
