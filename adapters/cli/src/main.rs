//! The `syncline` binary: see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use syncline_cli::{arguments::Arguments, commands};

/// A request makes and drops many small values, on whichever thread it is: the system's allocator
/// takes several times as long for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("syncline: {error}");
            ExitCode::FAILURE
        }
    }
}
