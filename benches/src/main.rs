//! Measures a Syncline server beside the least careful SQL for the same work.
//!
//! `scripts/bench` builds the server and runs this; `benches/README.md` says how it measures and
//! how to read the result.
//!
//! | module | what it does |
//! |---|---|
//! | `cases` | what is measured, and against which SQL |
//! | `benchmark` | the whole run: start, fill, measure in turns, stop |
//! | `fill` | what the server holds before |
//! | `library` | a large collection of many users, and a reader |
//! | `site`, `server` | the server under test, a process of its own, and its database |
//! | `load`, `device`, `http` | devices that push and pull, as cheaply as can be |
//! | `crew` | who takes turns on a connection |
//! | `live` | how fast live pokes are, and what idle streams cost |
//! | `growth` | how rates change with the number of documents |
//! | `writers` | how many pushes a second the writers of one organisation reach |
//! | `footprint` | what a pushed document adds to the database |
//! | `database`, `pgbench` | the baseline, in the server's own cluster |
//! | `report`, `table` | the table and the JSON file |

mod arguments;
mod benchmark;
mod cases;
mod clock;
mod crew;
mod database;
mod device;
mod document;
mod fill;
mod footprint;
mod growth;
mod http;
mod library;
mod live;
mod load;
mod pgbench;
mod processor;
mod report;
mod server;
mod site;
mod table;
mod writers;

use std::{path::Path, process::ExitCode};

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

use arguments::Arguments;

/// What can end a run early, as a sentence.
type BenchError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("syncline-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    // One thread: the load generator shares two cores with the server and the database.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    raise_file_limit()?;
    let output = &arguments.output;
    if let Some(streams) = arguments.live {
        let found = runtime.block_on(live::run(arguments, streams))?;
        return tell(&found.sentences(), &found, output);
    }
    if !arguments.growth.is_empty() {
        let found = runtime.block_on(growth::run(arguments))?;
        return tell(&found.table(), &found, output);
    }
    if !arguments.writers.is_empty() {
        let found = runtime.block_on(writers::run(arguments))?;
        return tell(&found.table(), &found, output);
    }
    if arguments.footprint {
        let found = runtime.block_on(footprint::run(arguments))?;
        return tell(&found.table(), &found, output);
    }
    let found = runtime.block_on(benchmark::run(arguments))?;
    tell(&found.table(), &found, output)
}

/// To people, and to the JSON file.
fn tell(text: &str, found: &impl Serialize, output: &Path) -> Result<(), BenchError> {
    println!("{text}");
    report::write(output, found)?;
    println!("written to {}", output.display());
    Ok(())
}

/// As many files as may be: every connection is one, here and in the server, which inherits this.
fn raise_file_limit() -> Result<(), BenchError> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )?)
}
