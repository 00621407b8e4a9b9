//! Creates the cluster the first time.

use std::{path::Path, process::Output};

use super::{
    ROLE, account::Account, binaries::Binaries, data_folder::DataFolder, error::LocalClusterError,
    log_tail::last_lines,
};

/// Which characters are letters, and which capitals: with those of `C`, only ASCII has any, and a search
/// finds neither `Über` by `über` nor what stands in typographic quotes.
const CHARACTERS: &str = if cfg!(target_os = "macos") {
    "--lc-ctype=UTF-8"
} else {
    "--lc-ctype=C.UTF-8"
};

/// Runs `initdb` beside the cluster's place and moves the complete result there: whatever
/// interrupts it, there is either no cluster or a whole one.
pub(super) async fn initialise(
    folder: &DataFolder,
    account: &Account,
    binaries: &Binaries,
) -> Result<(), LocalClusterError> {
    tracing::info!(folder = %folder.path().display(), "creating the local PostgreSQL cluster");
    folder.remove_unfinished();
    let unfinished = folder.create_unfinished(account)?;
    let done = run_initdb(folder, account, binaries, &unfinished).await;
    if done.is_ok() {
        return folder.install(&unfinished);
    }
    folder.remove_unfinished();
    done
}

async fn run_initdb(
    folder: &DataFolder,
    account: &Account,
    binaries: &Binaries,
    unfinished: &Path,
) -> Result<(), LocalClusterError> {
    let program = binaries.initdb();
    let mut command = account.command(&program, folder.path());
    command
        .args([
            "--encoding=UTF8",
            "--locale=C",
            CHARACTERS,
            "--data-checksums",
        ])
        .args([
            "--auth-local=trust",
            "--auth-host=reject",
            "--username",
            ROLE,
        ])
        .arg("--pgdata")
        .arg(unfinished)
        .kill_on_drop(true);
    let output = command
        .output()
        .await
        .map_err(account.run_error(&program, folder.path()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(failure(folder, &output))
    }
}

fn failure(folder: &DataFolder, Output { stderr, .. }: &Output) -> LocalClusterError {
    let output = last_lines(&String::from_utf8_lossy(stderr));
    LocalClusterError::Initialise {
        folder: folder.path().to_owned(),
        output,
    }
}
