//! The `syncline` binary: see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use syncline_cli::{arguments::Arguments, commands};

fn main() -> ExitCode {
    match commands::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("syncline: {error}");
            ExitCode::FAILURE
        }
    }
}
