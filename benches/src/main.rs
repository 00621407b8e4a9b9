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
//! | `server` | the server under test, a process of its own |
//! | `load`, `device`, `http` | devices that push and pull, as cheaply as can be |
//! | `live` | how fast live pokes are, and what idle streams cost |
//! | `database`, `pgbench` | the baseline, in the server's own cluster |
//! | `report` | the table and the JSON file |

mod arguments;
mod benchmark;
mod cases;
mod clock;
mod database;
mod device;
mod document;
mod fill;
mod http;
mod library;
mod live;
mod load;
mod pgbench;
mod processor;
mod report;
mod server;

use std::process::ExitCode;

use clap::Parser;

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
    if let Some(streams) = arguments.live {
        let found = runtime.block_on(live::run(arguments, streams))?;
        println!("{}", found.sentences());
        return Ok(());
    }
    let report = runtime.block_on(benchmark::run(arguments))?;
    println!("{}", report.table());
    report.write(&arguments.output)?;
    println!("written to {}", arguments.output.display());
    Ok(())
}
