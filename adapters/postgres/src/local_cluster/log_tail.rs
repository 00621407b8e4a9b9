//! The end of what PostgreSQL wrote, for error messages.

use std::{fs, path::PathBuf};

use super::data_folder::DataFolder;

const LINES: usize = 15;
/// What the postmaster prints last before it writes to its own log.
const LOG_MOVED: &str = "redirecting log output to logging collector";

/// The last lines of the start log, and of the newest log of the cluster if this start reached it.
pub(super) fn of_start(folder: &DataFolder) -> String {
    let start = read(folder.start_log());
    if !start.contains(LOG_MOVED) {
        return last_lines(&start);
    }
    newest_log(folder)
        .map(read)
        .map_or_else(|| last_lines(&start), |log| last_lines(&log))
}

/// The last lines of `text`.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines
        .get(lines.len().saturating_sub(LINES)..)
        .unwrap_or_default();
    last.join("\n")
}

fn newest_log(folder: &DataFolder) -> Option<PathBuf> {
    let entries = fs::read_dir(folder.cluster().join("log")).ok()?.flatten();
    let files = entries.filter_map(|entry| {
        let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((found.modified().ok()?, entry.path()))
    });
    files.max().map(|(_, path)| path)
}

fn read(path: PathBuf) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept() {
        let twenty: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
        assert_eq!(last_lines(&twenty.join("\n\n")), twenty[5..].join("\n"));
        assert_eq!(last_lines("one\n"), "one");
    }
}
