//! Everything of a user is taken out, deleted, and put back.

use serde_json::{Value, json};
use syncline_client::{DocumentId, UnixMillis};

use super::{Scene, TODO, document};
use crate::demo::{DemoError, api::Api, device::Device, stage::Stage, tour::Tour};

pub(super) async fn tell(
    tour: &mut Tour,
    stage: &Stage,
    scene: &mut Scene,
) -> Result<(), DemoError> {
    tour.chapter("Everything can be taken out, deleted, and put back")?;
    let Some(token) = stage.guest("cyd", tour.now())? else {
        return tour.act(
            "tour",
            "this chapter ends an account, and yours is too good for it: leave out `--token`",
        );
    };
    let api = Api::new(stage)?;
    let guest = Guest::arrive(tour, stage, &api, token, scene).await?;
    let exported = api.get(&guest.token, &["account", "export"]).await?;
    tour.act("cyd", "exports everything")?;
    let found = exported.pointer("/docs/todo/tasks/0/title").cloned();
    let title = Some(json!("Mend the kite"));
    tour.promise("the export has the task", &title, &found)?;
    let found = exported.pointer("/docIndex/0/sharedWith/0/access").cloned();
    tour.promise("and who may see it", &Some(json!("read")), &found)?;
    guest.leave(tour, &api, stage, scene).await?;
    guest.come_back(tour, &api, stage, scene, &exported).await
}

/// Somebody whose account ends.
struct Guest {
    id: String,
    token: String,
    task: DocumentId,
    /// The task, as others know it.
    shared: DocumentId,
}

impl Guest {
    /// Makes a task and shares it with Ada.
    async fn arrive(
        tour: &mut Tour,
        stage: &Stage,
        api: &Api,
        token: String,
        scene: &mut Scene,
    ) -> Result<Self, DemoError> {
        let id = api.user_of(&token).await?;
        let key = format!("kite-{}", stage.run);
        let guest = Self {
            task: DocumentId::own(&key)?,
            shared: DocumentId::of(&id, &key)?,
            id,
            token,
        };
        let mut device = Device::new("cyd", stage, TODO, &guest.token)?;
        let task = document(json!({ "title": "Mend the kite" }));
        device.edit(&guest.task, &task, tour.now())?;
        device.sync(tour.now()).await?;
        let ada = api.user_of(&stage.ada).await?;
        let share = json!({ "sharedWith": [{ "userId": ada }] });
        api.patch(&guest.token, &["docIndex", TODO, &key], &share)
            .await?;
        tour.act("cyd", "makes a task and shares it with Ada, who syncs")?;
        scene.phone.sync(tour.now()).await?;
        let seen = scene.phone.get(&guest.shared);
        tour.promise("it is on her phone", &Some(task), &seen)?;
        Ok(guest)
    }

    /// Ends the account.
    async fn leave(
        &self,
        tour: &mut Tour,
        api: &Api,
        stage: &Stage,
        scene: &mut Scene,
    ) -> Result<(), DemoError> {
        let before = pull(api, &stage.ada, None).await?;
        api.delete(&self.token, &["account"]).await?;
        tour.act("cyd", "deletes the account")?;
        let refused = api.get(&self.token, &["auth", "me"]).await;
        tour.promise("its session is refused", &Some(401), &status(&refused))?;
        let told = pull(api, &stage.ada, before.get("serverClock")).await?;
        let reset = told.get("reset").and_then(Value::as_bool);
        tour.promise(
            "Ada's devices are told to fetch everything anew",
            &Some(true),
            &reset,
        )?;
        let names = told.to_string().contains(&self.id);
        tour.promise("and not why, nor who is gone", &false, &names)?;
        tour.act("ada", "syncs")?;
        scene.phone.sync(tour.now()).await?;
        let seen = scene.phone.get(&self.shared);
        tour.promise("the task has left her phone", &None, &seen)
    }

    /// Begins a new account, and imports what the first one had.
    async fn come_back(
        &self,
        tour: &mut Tour,
        api: &Api,
        stage: &Stage,
        scene: &mut Scene,
        exported: &Value,
    ) -> Result<(), DemoError> {
        // A session counts only if it began after the end of the account.
        let later = UnixMillis(tour.now().0 + 1_000);
        let token = stage.guest("cyd", later)?.unwrap_or_default();
        let mut device = Device::new("cyd", stage, TODO, &token)?;
        tour.act("cyd", "signs in again, and syncs")?;
        device.sync(tour.now()).await?;
        tour.promise("nothing is left", &None, &device.get(&self.task))?;
        let import = ["account", "import"];
        tour.act("cyd", "imports the export, and everybody syncs")?;
        api.post(&token, &import, exported).await?;
        device.sync(tour.now()).await?;
        scene.phone.sync(tour.now()).await?;
        let task = Some("Mend the kite".to_owned());
        tour.promise(
            "the task is back",
            &task,
            &Some(device.text(&self.task, "title")),
        )?;
        let seen = Some(scene.phone.text(&self.shared, "title"));
        tour.promise("and shared with Ada, as it was", &task, &seen)?;
        let report = api.post(&token, &import, exported).await?;
        let counted = ["imported", "merged", "unchanged"].map(|count| report.get(count).cloned());
        let expected = [0, 0, 1].map(|count| Some(json!(count)));
        tour.promise(
            "importing it twice changes nothing",
            &expected.to_vec(),
            &counted.to_vec(),
        )?;
        api.delete(&token, &["account"]).await?;
        scene.phone.sync(tour.now()).await?;
        Ok(())
    }
}

/// The answer to a pull of the tasks from where `clock` says.
async fn pull(api: &Api, token: &str, clock: Option<&Value>) -> Result<Value, DemoError> {
    let mut body = json!({ "collection": "tasks", "protocol": 2, "changes": [] });
    if let (Some(clock), Some(members)) = (clock, body.as_object_mut()) {
        members.insert("clientClock".to_owned(), clock.clone());
    }
    api.post(token, &[TODO, "sync"], &body).await
}

/// The status of an answer that should be an error.
fn status(answer: &Result<Value, DemoError>) -> Option<usize> {
    match answer {
        Err(DemoError::Answer { status, .. }) => Some(usize::from(*status)),
        _ => None,
    }
}
