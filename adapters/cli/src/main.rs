//! The `syncline` binary: see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use syncline_cli::{arguments::Arguments, commands};

/// Documents are many small pieces of memory, on which the system's allocator spends a third of the
/// server's time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match commands::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("syncline: {error}");
            ExitCode::FAILURE
        }
    }
}
