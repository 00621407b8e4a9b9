//! The server under test, a process of its own.

use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::BenchError;

/// The only application, with collections of any kind, and as many requests as the server can answer.
const CONFIGURATION: &str = "\
[applications.bench]

[limits]
requestsPerMinute = 0
addressRequestsPerMinute = 0
liveStreams = 1000000
";
const START: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_mins(1);

/// A running server with a PostgreSQL of its own.
pub(crate) struct Server {
    process: Child,
    id: u32,
    /// Where it listens.
    pub address: SocketAddr,
    folder: PathBuf,
    /// Nobody reads on, but a closed pipe would end the server at its next word.
    _greeting: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts `program` with its data in `folder`.
    pub(crate) async fn start(
        program: &Path,
        folder: &Path,
        secret: &str,
    ) -> Result<Self, BenchError> {
        let configuration = folder.join("syncline.toml");
        fs::write(&configuration, CONFIGURATION)?;
        let mut command = Command::new(program);
        // No setting of the caller's shall change what is measured.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        let mut process = command
            .args(["serve", "--config"])
            .arg(&configuration)
            .env("SYNCLINE_LISTEN", "127.0.0.1:0")
            .env("SYNCLINE_DATA_DIR", folder)
            .env("SYNCLINE_JWT_SECRET", secret)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log(folder))?)
            .spawn()
            .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
        let id = process.id().ok_or("the server ended at once")?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut greeting = BufReader::new(output).lines();
        let folder = folder.to_owned();
        match timeout(START, address(&mut greeting)).await {
            Ok(Ok(address)) => Ok(Self {
                process,
                id,
                address,
                folder,
                _greeting: greeting,
            }),
            failed => {
                let cause = match failed {
                    Ok(Err(error)) => error,
                    _ => format!("it did not listen within {} s", START.as_secs()).into(),
                };
                let error = format!("the server did not start: {cause}\n{}", tail(&folder));
                stop(&mut process, id).await?;
                Err(error.into())
            }
        }
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// The folder of the socket of its PostgreSQL.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("run")
    }

    /// Begins a new measurement of the most memory that it has in use.
    pub(crate) fn reset_peak_memory(&self) -> Result<(), BenchError> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.id), "5")?)
    }

    /// The most memory that it had in use since then, in KiB, its PostgreSQL not counted.
    pub(crate) fn peak_memory(&self) -> Result<u64, BenchError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        Ok(kibibytes(&status, "VmHWM:").ok_or("/proc/<pid>/status names no VmHWM")?)
    }

    /// The memory that it has in use now, in KiB, its PostgreSQL not counted.
    pub(crate) fn memory(&self) -> Result<u64, BenchError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        Ok(kibibytes(&status, "VmRSS:").ok_or("/proc/<pid>/status names no VmRSS")?)
    }

    /// The last lines of its log.
    pub(crate) fn log(&self) -> String {
        tail(&self.folder)
    }

    /// Stops it and its PostgreSQL.
    pub(crate) async fn stop(mut self) -> Result<(), BenchError> {
        stop(&mut self.process, self.id).await
    }
}

/// Whether a variable of the environment could change what the server, or its database, does.
fn is_setting(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b"SYNCLINE_") || name.starts_with(b"PG") || name == b"RUST_LOG"
}

async fn address(greeting: &mut Lines<BufReader<ChildStdout>>) -> Result<SocketAddr, BenchError> {
    while let Some(line) = greeting.next_line().await? {
        if let Some((_, address)) = line.split_once("listens on http://") {
            return Ok(address.trim().parse()?);
        }
    }
    Err("it ended".into())
}

async fn stop(process: &mut Child, id: u32) -> Result<(), BenchError> {
    if process.try_wait()?.is_some() {
        return Ok(());
    }
    let id = i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or("no such process")?;
    kill_process(id, Signal::TERM)?;
    timeout(STOP, process.wait())
        .await
        .map_err(|_| "the server does not stop")??;
    Ok(())
}

fn log(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn tail(folder: &Path) -> String {
    let text = fs::read_to_string(log(folder)).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(10).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::kibibytes;

    #[test]
    fn the_peak_is_read() {
        let status = "Name:\tsyncline\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(kibibytes(status, "VmHWM:"), Some(20_480));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
    }
}
