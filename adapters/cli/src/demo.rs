//! `syncline demo`: the main job, told step by step, and every promise checked.
//!
//! | module | what it does |
//! |---|---|
//! | `stage` | a server to play on, and sessions of two users |
//! | `login` | signing in, on a server of its own |
//! | `browser` | as much of a browser as that needs |
//! | `api` | requests that are no sync |
//! | `device` | a device: its name, its documents, its way to the server |
//! | `refusal` | what a server says that does not do it |
//! | `story` | what happens, a chapter in a file |
//! | `tour` | what is told and checked on the way |
//! | `terminal` | how that looks |
//!
//! To add a chapter: write it in `story`, call it from `story::tell`, and let it check what it
//! tells with `Tour::promise`.

mod api;
mod browser;
mod device;
mod error;
mod login;
mod refusal;
mod stage;
mod story;
mod terminal;
mod tour;

use clap::{Args, Subcommand};

pub use browser::{Arrival, Browser, BrowserError, Step};
pub use error::DemoError;
pub use login::LoginOptions;

use crate::{configuration::Configuration, signals::StopSignals};
use stage::Stage;
use terminal::Terminal;
use tour::Tour;

/// Where the demonstration takes place.
#[derive(Clone, Debug, Default, Args)]
pub struct DemoOptions {
    /// A running server; without it, one is started for the demonstration and removed afterwards.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// A session token. Give the option twice, for two users of that server; without it, tokens are
    /// signed with the secret in the configuration.
    #[arg(long = "token", value_name = "TOKEN", requires = "url")]
    pub tokens: Vec<String>,

    /// What else can be shown.
    #[command(subcommand)]
    pub other: Option<OtherDemo>,
}

/// Demonstrations beside that of the main job.
#[derive(Clone, Debug, Subcommand)]
pub enum OtherDemo {
    /// Show signing in step by step: sign in, refresh, link and unlink, and check every promise.
    ///
    /// The command starts a server for itself, which signs people in through the provider at
    /// `--issuer`.
    #[command(after_help = "Example:\n  syncline demo login --issuer http://127.0.0.1:4000")]
    Login(LoginOptions),
}

/// Plays the demonstration. `configuration` is that of the server at `options.url`.
///
/// # Errors
/// [`DemoError::Broken`] at the first promise that is not kept; otherwise what kept the
/// demonstration from being played.
pub async fn run(options: &DemoOptions, configuration: &Configuration) -> Result<(), DemoError> {
    let terminal = Terminal::of_process();
    // From here on an interrupt ends the tour, and not the process with its server half started.
    let mut signals = StopSignals::listen()?;
    if let Some(OtherDemo::Login(options)) = &options.other {
        return Box::pin(login::run(options, terminal, &mut signals)).await;
    }
    let stage = Stage::set(options, configuration, signals.told()).await?;
    let told = tokio::select! {
        told = tell(terminal, &stage) => told,
        () = signals.told() => Err(DemoError::Interrupted),
    };
    // A server of the tour's own is stopped however the tour ended, and the first error counts.
    let struck = stage.strike().await;
    told.and(struck)
}

async fn tell(terminal: Terminal, stage: &Stage) -> Result<(), DemoError> {
    let mut tour = Tour::begin(
        terminal,
        "Syncline: edit offline on several devices, and lose nothing",
        &stage.described(),
    )?;
    story::tell(&mut tour, stage).await?;
    tour.end()
}
