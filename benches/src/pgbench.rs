//! `pgbench`: the least careful SQL, sent by somebody who has nothing else to do.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::{BenchError, database::NAME, document::Document};

/// For each so many connections the rate of a second is not counted: with many, a turn is too short for all sessions to have
/// begun in earnest.
const CONNECTIONS_WARM_IN_A_SECOND: usize = 32;

/// A script, and which keys it uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    /// In the language of `pgbench`.
    pub text: &'static str,
    /// The first and last key that may be drawn.
    pub keys: (u64, u64),
    /// The number that a puller has seen.
    pub seen: usize,
}

/// Runs scripts against a cluster.
pub(crate) struct Pgbench {
    program: PathBuf,
    socket: PathBuf,
    variables: Vec<String>,
}

impl Pgbench {
    /// Takes `pgbench` from the folder of the cluster's own programs.
    pub(crate) fn new(
        programs: &Path,
        socket: PathBuf,
        users: usize,
        document: &Document,
    ) -> Result<Self, BenchError> {
        let program = programs.join("pgbench");
        if !program.exists() {
            let program = program.display();
            return Err(
                format!("{program} is missing; install PostgreSQL's contrib package").into(),
            );
        }
        let (content, field_revisions) = (document.content(), document.field_revisions());
        let variables = vec![
            format!("users={users}"),
            format!("revision={}", document.revision()),
            format!("hundred_contents={}", hundred(&content)),
            format!("hundred_field_revisions={}", hundred(&field_revisions)),
            format!("content={content}"),
            format!("field_revisions={field_revisions}"),
        ];
        Ok(Self {
            program,
            socket,
            variables,
        })
    }

    /// Runs `script` on so many connections; returns transactions a second, counted when its sessions have
    /// read the catalogues and planned the statements, as those in a server's pool have.
    pub(crate) async fn run(
        &self,
        script: Script,
        connections: usize,
        seconds: u64,
    ) -> Result<f64, BenchError> {
        let warm_up = connections / CONNECTIONS_WARM_IN_A_SECOND;
        let mut command = Command::new(&self.program);
        command.args(["--no-vacuum", "--protocol=prepared", "--file=-", "--jobs=2"]);
        command.args([
            format!("--client={connections}"),
            format!("--time={}", u64::try_from(warm_up)? + seconds),
            "--progress=1".to_owned(),
        ]);
        command.arg("--host").arg(&self.socket).arg("--port=5432");
        let (first, last) = script.keys;
        let own = [
            format!("first_key={first}"),
            format!("last_key={last}"),
            format!("seen={}", script.seen),
        ];
        for variable in self.variables.iter().chain(&own) {
            command.arg("--define").arg(variable);
        }
        let mut process = command
            .args(["--username", NAME, NAME])
            .env_remove("PGOPTIONS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut input = process.stdin.take().ok_or("pgbench takes no script")?;
        input.write_all(script.text.as_bytes()).await?;
        drop(input);
        let output = process.wait_with_output().await?;
        let summary = String::from_utf8_lossy(&output.stdout);
        let progress = String::from_utf8_lossy(&output.stderr);
        match transactions_a_second(&summary, &progress, warm_up) {
            Some(rate) if output.status.success() => Ok(rate),
            _ => Err(format!("pgbench failed: {progress}{summary}").into()),
        }
    }
}

/// An array of a hundred times the same text.
fn hundred(text: &str) -> String {
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", vec![quoted; 100].join(","))
}

/// The rate of the whole, without what the first seconds did, of which each has a line of progress.
fn transactions_a_second(summary: &str, progress: &str, warm_up: usize) -> Option<f64> {
    let after = |start: &str| {
        let line = summary.lines().find_map(|line| line.strip_prefix(start))?;
        line.split(' ').next()?.parse::<f64>().ok()
    };
    let transactions = after("number of transactions actually processed: ")?;
    let seconds = transactions / after("tps = ")?;
    let (mut begun, mut early) = (0.0, 0.0);
    let lines = progress.lines();
    let lines = lines.filter_map(|line| line.strip_prefix("progress: "));
    for line in lines.take(warm_up) {
        let mut words = line.split(' ');
        let until: f64 = words.next()?.parse().ok()?;
        let rate: f64 = words.nth(1)?.parse().ok()?;
        early += rate * (until - begun);
        begun = until;
    }
    Some((transactions - early) / (seconds - begun))
}

#[cfg(test)]
mod tests {
    use super::{hundred, transactions_a_second};

    const SUMMARY: &str = "number of transactions actually processed: 900\n\
        latency average = 2.9 ms\ntps = 225.0 (without initial connection time)\n";
    const PROGRESS: &str = "pgbench: warning: something\n\
        progress: 1.0 s, 100.0 tps, lat 4.9 ms stddev 2.1, 0 failed\n\
        progress: 2.0 s, 200.0 tps, lat 4.9 ms stddev 2.1, 0 failed\n\
        progress: 3.0 s, 300.0 tps, lat 4.9 ms stddev 2.1, 0 failed\n";

    #[test]
    fn the_rate_is_read() {
        assert_eq!(transactions_a_second(SUMMARY, PROGRESS, 0), Some(225.0));
        assert_eq!(transactions_a_second("pgbench (15.1)\n", "", 0), None);
    }

    #[test]
    fn the_first_seconds_do_not_count() {
        assert_eq!(transactions_a_second(SUMMARY, PROGRESS, 2), Some(300.0));
    }

    #[test]
    fn elements_are_quoted() {
        let array = hundred(r#"{"a":1}"#);
        assert!(array.starts_with(r#"{"{\"a\":1}","{"#));
        assert_eq!(array.matches(r#"\"a\""#).count(), 100);
    }
}
