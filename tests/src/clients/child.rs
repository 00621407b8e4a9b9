//! Clients in processes of their own, told what to do by lines of JSON and killed at will.
//!
//! | line | answer |
//! |---|---|
//! | `{ id, do: "open", device, kind, offset, name, url, token, path, collection, organisation?, page }` | |
//! | `{ id, do: "view", device }` | `{ documents: [{ owner?, key, doc, access? }], unsent, rejected: [{ owner?, key }] }` |
//! | `{ id, do: "edit", device, owner?, key, old, new }` | whether the document was `old` and is now `new` |
//! | `{ id, do: "sync", device }` | |
//! | `{ id, do: "retry", device, owner?, key }` | |
//! | `{ id, do: "jump", device, offset }` | |
//! | `{ id, do: "close", device }` | |
//!
//! An answer is `{ id, result }`, or `{ id, error, code }` with `away`, `outside`, `gone`,
//! `killed` or `wrong`.
//! `{ device, conflict }` comes by itself.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{ChildStderr, ChildStdin, ChildStdout, Command},
    sync::oneshot,
    time::timeout,
};

use super::{Trouble, driver};
use crate::lock;

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// In which language a client is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `syncline-client`.
    Rust,
    /// `@syncline/client`.
    TypeScript,
}

/// A process with clients of one language.
#[derive(Clone)]
pub struct Child {
    language: Language,
    running: Arc<tokio::sync::Mutex<Option<Running>>>,
    state: Arc<State>,
}

struct Running {
    process: tokio::process::Child,
    input: ChildStdin,
}

#[derive(Default)]
struct State {
    numbers: AtomicU64,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Value>>>,
    /// The reports of conflicts that each device heard.
    heard: Mutex<BTreeMap<String, Vec<Value>>>,
}

impl Child {
    /// A process that starts when it is needed.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            language,
            running: Arc::default(),
            state: Arc::default(),
        }
    }

    /// Kills it at once. It is started again when it is needed.
    pub async fn kill(&self) {
        let mut slot = self.running.lock().await;
        if let Some(mut running) = slot.take() {
            // It may have ended.
            drop(running.process.start_kill());
            drop(running.process.wait().await);
        }
        // Nobody will be answered.
        lock(&self.state.waiting).clear();
    }

    /// Tells a device to do something.
    pub(super) async fn tell(&self, device: &str, mut what: Value) -> Result<Value, Trouble> {
        what["device"] = device.into();
        let answered = self.write(what).await?;
        let answer = timeout(PATIENCE, answered).await;
        let answer = answer.map_err(|_| Trouble::Wrong("the clients hang".to_owned()))?;
        let mut answer = answer.map_err(|_| Trouble::Killed)?;
        let error = answer["error"].as_str().map(str::to_owned);
        match (error, answer["code"].as_str()) {
            (None, _) => Ok(answer["result"].take()),
            (Some(error), Some("away")) => Err(Trouble::Away(error)),
            (Some(_), Some("outside")) => Err(Trouble::Outside),
            (Some(_), Some("gone")) => Err(Trouble::Gone),
            (Some(_), Some("killed")) => Err(Trouble::Killed),
            (Some(error), _) => Err(Trouble::Wrong(error)),
        }
    }

    /// What a device has heard since this was asked last.
    pub(super) fn heard(&self, device: &str) -> Vec<Value> {
        lock(&self.state.heard).remove(device).unwrap_or_default()
    }

    /// Writes a line to the process that runs at this moment, and gives what its answer comes by.
    async fn write(&self, mut what: Value) -> Result<oneshot::Receiver<Value>, Trouble> {
        let mut slot = self.running.lock().await;
        let running = match &mut *slot {
            Some(running) => running,
            // A process that was killed knows its devices no longer.
            None if what["do"] != "open" => return Err(Trouble::Killed),
            None => slot.insert(self.start()),
        };
        let id = self.state.numbers.fetch_add(1, Ordering::SeqCst);
        let (answer, answered) = oneshot::channel();
        lock(&self.state.waiting).insert(id, answer);
        what["id"] = id.into();
        let line = format!("{what}\n");
        let written = running.input.write_all(line.as_bytes()).await;
        written.map_err(|_| Trouble::Killed)?;
        Ok(answered)
    }

    fn start(&self) -> Running {
        let mut process = command(self.language)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the clients start");
        let input = process.stdin.take().expect("it has an input");
        let output = process.stdout.take().expect("it has an output");
        let errors = process.stderr.take().expect("it has errors");
        tokio::spawn(listen(output, Arc::clone(&self.state)));
        tokio::spawn(pass_on(errors));
        Running { process, input }
    }
}

impl State {
    fn hear(&self, mut line: Value) {
        if let Some(id) = line["id"].as_u64() {
            if let Some(waiting) = lock(&self.waiting).remove(&id) {
                // Whoever asked may have given up.
                drop(waiting.send(line));
            }
        } else if let Some(device) = line["device"].as_str().map(str::to_owned) {
            let conflict = line["conflict"].take();
            lock(&self.heard).entry(device).or_default().push(conflict);
        }
    }
}

/// Hears what a process says. Other lines are those of what it runs in.
async fn listen(output: ChildStdout, state: Arc<State>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(line @ Value::Object(_)) = serde_json::from_str(&line) {
            state.hear(line);
        }
    }
}

/// Passes on what a process complains of. With our own errors for its own, Node.js would make them a
/// pipe that takes 64 KiB at once and no more: too little for what a run that fails has to say.
async fn pass_on(errors: ChildStderr) {
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("{line}");
    }
}

fn command(language: Language) -> Command {
    match language {
        Language::Rust => {
            let program = std::env::current_exe().expect("a test knows its place");
            let mut command = Command::new(program);
            command.args(["--exact", driver::TEST, "--ignored", "--nocapture"]);
            command
        }
        Language::TypeScript => {
            let mut command = Command::new("node");
            let driver = typescript().join("build/tests/driver.js");
            command.arg("--enable-source-maps").arg(driver);
            command
        }
    }
}

/// Compiles the TypeScript clients, whose compiler must be installed.
pub fn compile_typescript() {
    let folder = typescript();
    let lock = std::fs::File::create(std::env::temp_dir().join("syncline-tests-typescript"));
    let lock = lock.expect("the temporary folder takes a file");
    lock.lock().expect("others end");
    let compiler = folder.join("../node_modules/.bin/tsc");
    let status = std::process::Command::new(&compiler)
        .current_dir(&folder)
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{} fails: run `npm ci` in clients/, and see what it says",
        compiler.display()
    );
}

fn typescript() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript")
}

/// An answer to a line.
pub(super) fn answer(id: &Value, result: Result<Value, Trouble>) -> Value {
    match result {
        Ok(result) => json!({ "id": id, "result": result }),
        Err(trouble) => {
            let (code, error) = match trouble {
                Trouble::Away(error) => ("away", error),
                Trouble::Outside => ("outside", String::new()),
                Trouble::Gone => ("gone", String::new()),
                Trouble::Wrong(error) => ("wrong", error),
                Trouble::Killed => ("killed", String::new()),
            };
            json!({ "id": id, "error": error, "code": code })
        }
    }
}
