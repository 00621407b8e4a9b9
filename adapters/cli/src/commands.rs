//! What `syncline` does, a file for each command.

mod completions;
mod config_check;
mod export;
mod health;
mod import;
mod incarnation;
mod migrate;
mod openapi;
mod purge;
mod serve;
mod token;

use std::io;

use crate::{
    arguments::{Arguments, Command, ConfigCommand, IncarnationCommand},
    clock::SystemClock,
    configuration::{Configuration, Environment},
    demo, logging,
    server::ServerError,
    signals::unless_told_twice,
};

/// Does what was typed.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn run(arguments: &Arguments) -> Result<(), ServerError> {
    let environment = Environment::of_process()?;
    let configuration = Configuration::load(arguments.config.as_deref(), &environment)?;
    match &arguments.command {
        Command::Serve => block_on(&configuration, serve::run(&configuration)),
        Command::Migrate => block_on(&configuration, migrate::run(&configuration)),
        Command::Purge => block_on(&configuration, purge::run(&configuration)),
        Command::Incarnation(IncarnationCommand::Renew) => {
            block_on(&configuration, incarnation::renew(&configuration))
        }
        Command::Export(options) => block_on(&configuration, export::run(options, &configuration)),
        Command::Import(options) => block_on(&configuration, import::run(options, &configuration)),
        Command::Token { user } => token::run(&configuration, user, &SystemClock),
        Command::Health => runtime()?.block_on(health::run(&configuration)),
        Command::OpenApi => openapi::run(),
        Command::Demo(options) => {
            run_in_order(demo::run(options, &configuration)).map_err(Into::into)
        }
        Command::Completions { shell } => completions::run(*shell),
        Command::Config(ConfigCommand::Check) => config_check::run(&configuration),
    }
}

/// Runs a command that talks to others, and logs what it does.
fn block_on(
    configuration: &Configuration,
    command: impl Future<Output = Result<(), ServerError>>,
) -> Result<(), ServerError> {
    logging::start(
        &configuration.log,
        std::env::var("RUST_LOG").ok().as_deref(),
    )?;
    run_in_order(command)
}

/// Runs a command that stops what it has started when it is told to stop.
fn run_in_order<E: From<ServerError> + From<io::Error>>(
    command: impl Future<Output = Result<(), E>>,
) -> Result<(), E> {
    let runtime = runtime()?;
    let done = runtime.block_on(unless_told_twice(command));
    // A thread may wait for the input or the output, and nobody any more for the thread.
    runtime.shutdown_background();
    done
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}
