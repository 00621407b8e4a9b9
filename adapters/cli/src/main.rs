//! The `syncline` binary: see the library for what it does.

use std::{
    io::{Write, stderr},
    process::ExitCode,
};

use clap::Parser;
use syncline_cli::{arguments::Arguments, commands};
use tikv_jemallocator::Jemalloc;

/// Documents are many small pieces of memory, which one thread often frees for another. Threads of the
/// system's allocator wait for each other then.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    match commands::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be left to be told.
            let _ = writeln!(stderr(), "syncline: {error}");
            ExitCode::FAILURE
        }
    }
}
