//! What can be typed behind `scripts/bench`.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Parser};

use crate::cases::{CONNECTIONS, MOST_CONNECTIONS};

/// What says how cases are measured, and nothing about what is measured instead of them.
const OF_CASES: [&str; 4] = ["only", "alone", "connections", "library"];

/// Into so many turns the time of each case is cut.
pub(crate) const TURNS: u64 = 5;

/// Measures a Syncline server beside the least careful SQL for the same work.
///
/// Starts the server with a database of its own in a temporary folder, fills it, measures every
/// case in turns with `pgbench` on the same cluster, and stops and removes everything.
#[derive(Debug, Parser)]
#[command(name = "scripts/bench")]
#[command(group = ArgGroup::new("instead").conflicts_with_all(OF_CASES))]
pub(crate) struct Arguments {
    /// The `syncline` program to measure.
    #[arg(long, value_name = "FILE")]
    pub server: PathBuf,

    /// How long each case is measured, and each of its baselines, in seconds: in five turns.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(TURNS..))]
    pub seconds: u64,

    /// Measure only the cases whose name contains this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub only: String,

    /// Measure the server alone, without the baselines: for a profile of it.
    #[arg(long)]
    pub alone: bool,

    /// On so many connections each case is measured that takes several, `16,64,256` for example.
    #[arg(
        long, value_name = "COUNT", value_delimiter = ',', default_values_t = [CONNECTIONS],
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=MOST_CONNECTIONS)
    )]
    pub connections: Vec<usize>,

    /// How many documents there are in the collection in which one user searches.
    #[arg(
        long, value_name = "COUNT", default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(40_000..)
    )]
    pub library: u64,

    /// Measure live pokes instead, beside so many idle streams. The server and this program each
    /// need as many files (`ulimit -Hn`).
    #[arg(long, value_name = "STREAMS", group = "instead")]
    pub live: Option<usize>,

    /// Measure instead how rates change with the number of documents: as many servers as numbers,
    /// `10000,100000,1000000` for example.
    #[arg(
        long,
        value_name = "DOCUMENTS",
        value_delimiter = ',',
        group = "instead"
    )]
    pub growth: Vec<u32>,

    /// Measure instead how many pushes a second so many concurrent writers of one organisation
    /// reach, `1,10,100,1000` for example.
    #[arg(long, value_name = "WRITERS", value_delimiter = ',', group = "instead")]
    pub writers: Vec<usize>,

    /// Measure instead what a pushed document adds to the tables, the indexes and the log.
    #[arg(long, group = "instead")]
    pub footprint: bool,

    /// Where the JSON file goes.
    #[arg(long, value_name = "FILE", default_value = "target/bench/latest.json")]
    pub output: PathBuf,

    /// Where the temporary folder goes: on a real disk, for commits to cost what they cost.
    #[arg(long, value_name = "FOLDER", default_value = "/var/tmp")]
    pub folder: PathBuf,
}

impl Arguments {
    /// How long a turn takes, to the second.
    pub(crate) fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds / TURNS)
    }

    /// The most connections on which anything is measured.
    pub(crate) fn most_connections(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Arguments;

    fn is_refused(arguments: &str) -> bool {
        let arguments = format!("scripts/bench --server syncline {arguments}");
        Arguments::try_parse_from(arguments.split_whitespace()).is_err()
    }

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        assert!(!is_refused("--only push --alone --seconds 5"));
        assert!(!is_refused("--growth 10000,20000 --seconds 5"));
        assert!(is_refused("--seconds 4"), "of five turns, one is none");
        assert!(is_refused("--growth 10000 --connections 16"));
        assert!(is_refused("--live 10000 --footprint"));
        assert!(is_refused("--writers 1 --growth 10000"));
    }
}
