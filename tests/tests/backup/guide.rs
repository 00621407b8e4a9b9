//! What docs/backup.md says.

use std::{fs, path::Path, time::Duration};

use syncline_tests::Postgresql;
use tokio::time::sleep;

const GUIDE: &str = include_str!("../../../docs/backup.md");

/// The first commands behind these words.
#[track_caller]
pub(crate) fn commands(words: &str) -> &'static str {
    block(words, "```sh\n")
}

/// Makes the folders for backups.
pub(crate) const MAKE_FOLDERS: &str = "Once, make the folder of the backups";

/// The backup that these commands make, by its path. They make another one, as the next day would.
pub(crate) async fn backup(cluster: &Postgresql, words: &str, database: &str) -> String {
    cluster.run(commands(MAKE_FOLDERS));
    let address = [("DATABASE_URL", database.to_owned())];
    cluster.run_with(commands(words), &address);
    let made = only(&cluster.backups());
    next_name().await;
    cluster.run_with(commands(words), &address);
    made
}

/// The only backup in a folder.
#[track_caller]
pub(crate) fn only(backups: &Path) -> String {
    let files = fs::read_dir(backups).expect("there is a folder for backups");
    let paths = files.map(|file| file.expect("it has a name").path());
    let backups: Vec<_> = paths.filter(|path| !path.ends_with("wal")).collect();
    let [backup] = backups.as_slice() else {
        panic!("not one backup: {backups:?}");
    };
    backup.display().to_string()
}

/// Until a backup has another name.
pub(crate) async fn next_name() {
    sleep(Duration::from_secs(1)).await;
}

/// The first settings behind these words.
#[track_caller]
pub(crate) fn settings(words: &str) -> &'static str {
    block(words, "```ini\n")
}

#[track_caller]
fn block(words: &str, begin: &str) -> &'static str {
    let (_, rest) = GUIDE.split_once(words).expect("the guide says so");
    let (_, rest) = rest.split_once(begin).expect("commands follow");
    let (block, _) = rest.split_once("```").expect("they end");
    block
}
