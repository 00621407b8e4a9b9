//! A document that does not fit its schema.

use serde_json::json;
use syncline_client::{DocumentId, TransportError};

use super::{Scene, document};
use crate::demo::{
    DemoError,
    stage::Stage,
    tour::{Shown, Tour},
};

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

/// What the server said instead of an answer.
struct Refusal {
    status: u16,
    code: String,
    sentence: String,
    fields: Vec<(String, String)>,
}

impl Refusal {
    fn of(error: Option<TransportError>) -> Self {
        match error {
            Some(TransportError::Refused {
                status,
                code,
                error,
                details,
                ..
            }) => {
                let fields = details
                    .into_iter()
                    .map(|detail| (detail.field, detail.message));
                Self {
                    status,
                    code,
                    sentence: error,
                    fields: fields.collect(),
                }
            }
            Some(other) => Self::without_fields(other.to_string()),
            None => Self::without_fields("it was stored".to_owned()),
        }
    }

    fn without_fields(sentence: String) -> Self {
        Self {
            status: 0,
            code: String::new(),
            sentence,
            fields: Vec::new(),
        }
    }

    fn messages(&self) -> Vec<String> {
        self.fields
            .iter()
            .map(|(_, message)| message.clone())
            .collect()
    }

    fn kind(&self) -> (u16, String) {
        (self.status, self.code.clone())
    }
}

impl Shown for Refusal {
    fn shown(&self) -> String {
        let fields = self
            .fields
            .iter()
            .map(|(field, message)| format!("\n{field}: {message}"));
        format!(
            "{} {}{}",
            self.status,
            self.sentence,
            fields.collect::<String>()
        )
    }
}

impl Shown for (u16, String) {
    fn shown(&self) -> String {
        format!("status {}, {}", self.0, self.1)
    }
}
