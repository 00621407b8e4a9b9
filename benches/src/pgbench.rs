//! `pgbench`: the least careful SQL, sent by somebody who has nothing else to do.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::{BenchError, database::NAME, document::Document};

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

    /// Runs `script` on so many connections; returns transactions a second.
    pub(crate) async fn run(
        &self,
        script: Script,
        connections: usize,
        seconds: u64,
    ) -> Result<f64, BenchError> {
        let mut command = Command::new(&self.program);
        command.args(["--no-vacuum", "--protocol=prepared", "--file=-", "--jobs=2"]);
        command.args([
            format!("--client={connections}"),
            format!("--time={seconds}"),
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
        let text = String::from_utf8_lossy(&output.stdout);
        match transactions_a_second(&text) {
            Some(rate) if output.status.success() => Ok(rate),
            _ => {
                let cause = String::from_utf8_lossy(&output.stderr);
                Err(format!("pgbench failed: {cause}{text}").into())
            }
        }
    }
}

/// An array of a hundred times the same text.
fn hundred(text: &str) -> String {
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", vec![quoted; 100].join(","))
}

fn transactions_a_second(output: &str) -> Option<f64> {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{hundred, transactions_a_second};

    #[test]
    fn the_rate_is_read() {
        let output = "latency average = 2.9 ms\ntps = 5432.1 (without initial connection time)\n";
        assert_eq!(transactions_a_second(output), Some(5432.1));
        assert_eq!(transactions_a_second("pgbench (15.1)\n"), None);
    }

    #[test]
    fn elements_are_quoted() {
        let array = hundred(r#"{"a":1}"#);
        assert!(array.starts_with(r#"{"{\"a\":1}","{"#));
        assert_eq!(array.matches(r#"\"a\""#).count(), 100);
    }
}
