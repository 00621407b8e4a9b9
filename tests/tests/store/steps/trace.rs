//! The program under `strace`, which sees each step on the disk and kills it there.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt,
    path::PathBuf,
    process::{Command, Output},
};

use syncline_tests::TestServer;
use tempfile::TempDir;

use super::program::{DONE, FILE, TOKEN, URL};
use crate::device::file;

/// What changes something on the disk, or makes a change last.
const KINDS: [&str; 10] = [
    "openat",
    "pwrite64",
    "write",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "unlink",
    "unlinkat",
    "rename",
];

/// The kinds without which the program does not do what it is there for.
const EXPECTED: [&str; 4] = ["openat", "pwrite64", "ftruncate", "fsync"];

/// The files next to the store's own that SQLite makes.
const SUFFIXES: [&str; 3] = ["", "-wal", "-journal"];

/// A call of a kind, the first or one after it, counted from one. Killed there, it is not made.
#[derive(Clone, Debug)]
pub(super) struct Step {
    kind: String,
    count: usize,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "killed at {} {}", self.kind, self.count)
    }
}

/// A run of the program, for a user of its own.
pub(super) struct Run {
    pub(super) user: String,
    pub(super) file: PathBuf,
    folder: PathBuf,
    url: String,
    token: String,
}

impl Run {
    pub(super) fn new(server: &TestServer, user: &str, folder: &TempDir) -> Self {
        Self {
            user: user.to_owned(),
            file: file(folder),
            folder: folder.path().to_owned(),
            url: server.url(""),
            token: server.token(user),
        }
    }

    /// Runs to the end. Returns how much was done, and in which steps.
    pub(super) fn record(&self) -> (usize, Vec<Step>) {
        let log = self.folder.join("steps.log");
        let output = self
            .strace()
            .arg("-o")
            .arg(&log)
            .args(program())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        (
            count_done(&output),
            read(&std::fs::read_to_string(log).unwrap()),
        )
    }

    /// Runs until that step. Returns how much was done, and whether the program came so far.
    pub(super) fn kill_at(&self, step: &Step) -> (usize, bool) {
        let Step { kind, count } = step;
        let inject = format!("inject={kind}:signal=KILL:when={count}");
        let mut strace = self.strace();
        let strace = strace.args(["-o", "/dev/null", "-e", &inject]);
        let output = strace.args(program()).output().unwrap();
        let is_killed = !output.status.success();
        let is_failed = String::from_utf8_lossy(&output.stderr).contains("panicked");
        assert!(!is_failed, "{step}: {output:?}");
        (count_done(&output), is_killed)
    }

    /// Not with `--seccomp-bpf`, which injects nothing into the calls of a path.
    fn strace(&self) -> Command {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-e"]);
        command.arg(format!("trace=?{}", KINDS.join(",?")));
        command.arg("-P").arg(&self.folder);
        for suffix in SUFFIXES {
            let mut path = self.file.clone().into_os_string();
            path.push(suffix);
            command.arg("-P").arg(path);
        }
        command.env(URL, &self.url).env(TOKEN, &self.token);
        command.env(FILE, &self.file);
        command
    }
}

/// This very test program, told to be the program that is killed.
fn program() -> [OsString; 5] {
    let test = std::env::current_exe().unwrap();
    [
        test.into_os_string(),
        "--exact".into(),
        "steps::program::program".into(),
        "--ignored".into(),
        "--nocapture".into(),
    ]
}

fn count_done(output: &Output) -> usize {
    let said = String::from_utf8_lossy(&output.stdout);
    said.matches(DONE).count()
}

/// Each line is a process, and a call that it made.
fn read(log: &str) -> Vec<Step> {
    let (mut threads, mut counts) = (BTreeSet::new(), BTreeMap::<_, usize>::new());
    let mut steps = Vec::new();
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let Some(kind) = KINDS.into_iter().find(|kind| {
            call.trim_start()
                .strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with('('))
        }) else {
            continue;
        };
        threads.insert(thread);
        let count = counts.entry(kind).or_default();
        *count += 1;
        steps.push(Step {
            kind: kind.to_owned(),
            count: *count,
        });
    }
    assert_eq!(threads.len(), 1, "calls are counted for each thread");
    for kind in EXPECTED {
        assert!(counts.contains_key(kind), "there is a step {kind}");
    }
    steps
}
