//! Being told to stop by a signal.

use std::{fs, future, io};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::server::ServerError;

/// What a command ends with that was told to stop before it was done.
#[derive(Debug, thiserror::Error)]
#[error("told to stop by a signal, before it was done")]
pub struct ToldToStop;

/// The signals that tell a process to stop: Ctrl-C, `SIGTERM`, and `SIGHUP`, which the end of a
/// terminal sends.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// None if whoever started this process has it ignored.
    hang_up: Option<Signal>,
}

impl StopSignals {
    /// Listens. From now on none of them ends the process by itself.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub fn listen() -> io::Result<Self> {
        let hang_up = if is_hang_up_ignored(&status_of_process()) {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    /// Waits for one of them.
    pub async fn told(&mut self) {
        let hung_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hung_up => {}
        }
    }

    /// Waits for two. `SIGHUP` is none of them: who ends a session may send it beside another.
    async fn told_twice(&mut self) {
        for _ in 0..2 {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        }
    }
}

/// What `work` gives, unless `told` comes first.
pub(crate) async fn unless_told<T>(
    told: impl Future<Output = ()>,
    work: impl Future<Output = Result<T, ServerError>>,
) -> Result<T, ServerError> {
    tokio::select! {
        done = work => done,
        () = told => Err(ToldToStop.into()),
    }
}

/// The same of a command that ends in order at the first signal, and is given up at the second.
pub(crate) async fn unless_told_twice<E: From<ServerError>>(
    command: impl Future<Output = Result<(), E>>,
) -> Result<(), E> {
    let mut signals = StopSignals::listen().map_err(ServerError::from)?;
    tokio::select! {
        done = command => done,
        () = signals.told_twice() => {
            let sentence = "ended by a second signal, before everything was finished and stopped; a \
                            PostgreSQL of Syncline's own that still runs is adopted by the next start";
            Err(ServerError::from(sentence).into())
        }
    }
}

/// What Linux knows of this process; other systems do not tell.
fn status_of_process() -> String {
    fs::read_to_string("/proc/self/status").unwrap_or_default()
}

/// Whether `SIGHUP`, the first of all signals, is ignored, as `nohup` has it: to listen for it would
/// undo that.
fn is_hang_up_ignored(status: &str) -> bool {
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::is_hang_up_ignored;

    #[test]
    fn the_lowest_bit_of_what_is_ignored_is_the_hang_up() {
        let status = |mask: &str| format!("Name:\tsyncline\nSigBlk:\t1\nSigIgn:\t{mask}\n");
        assert!(is_hang_up_ignored(&status("0000000000001001")));
        assert!(!is_hang_up_ignored(&status("0000000000001000")));
        assert!(!is_hang_up_ignored(""));
    }
}
