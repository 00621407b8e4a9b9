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
    configuration::{Configuration, ConfigurationError, Environment},
    demo, logging,
    server::ServerError,
    signals::unless_told_twice,
};

/// Does what was typed.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn run(arguments: &Arguments) -> Result<(), ServerError> {
    match &arguments.command {
        Command::Serve => logged(arguments, serve::run),
        Command::Migrate => logged(arguments, migrate::run),
        Command::Purge => logged(arguments, purge::run),
        Command::Incarnation(IncarnationCommand::Renew) => logged(arguments, incarnation::renew),
        Command::Export(options) => {
            logged(arguments, async |keys| export::run(options, keys).await)
        }
        Command::Import(options) => {
            logged(arguments, async |keys| import::run(options, keys).await)
        }
        Command::Token { user } => token::run(&configuration(arguments)?, user, &SystemClock),
        Command::Health => runtime()?.block_on(health::run(&configuration(arguments)?)),
        Command::Demo(options) => {
            let configuration = configuration(arguments)?;
            run_in_order(demo::run(options, &configuration)).map_err(Into::into)
        }
        Command::Config(ConfigCommand::Check) => config_check::run(&configuration(arguments)?),
        // These depend on no configuration.
        Command::OpenApi => openapi::run(),
        Command::Completions { shell } => completions::run(*shell),
    }
}

fn configuration(arguments: &Arguments) -> Result<Configuration, ConfigurationError> {
    let environment = Environment::of_process()?;
    Configuration::load(arguments.config.as_deref(), &environment)
}

/// Runs a command that talks to others, and logs what it does.
fn logged(
    arguments: &Arguments,
    command: impl AsyncFnOnce(&Configuration) -> Result<(), ServerError>,
) -> Result<(), ServerError> {
    let configuration = configuration(arguments)?;
    logging::start(
        &configuration.log,
        std::env::var("RUST_LOG").ok().as_deref(),
    )?;
    run_in_order(command(&configuration))
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
