//! What can be typed behind `syncline`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use syncline_domain::identifier::{OrganisationId, UserId};

use crate::demo::DemoOptions;

const CONFIGURATION: &str = "\
Configuration:
  A file, `syncline.toml`, `.yaml`, `.yml` or `.json` in the current folder or named by --config,
  and environment variables, which override it. Their names are SYNCLINE_ and the key in capitals,
  with `_` between words and `__` between levels: SYNCLINE_LIMITS__BODY_BYTES sets
  `limits.bodyBytes`. Most used:
    SYNCLINE_LISTEN        address and port, 127.0.0.1:8080 by default
    SYNCLINE_DATABASE_URL  a PostgreSQL server; without it Syncline runs one of its own
    SYNCLINE_DATA_DIR      where that server and the generated secret are kept
    SYNCLINE_JWT_SECRET    signs session tokens; make one with `openssl rand -hex 32`";

/// Offline-first document storage that synchronises both ways.
///
/// Applications keep a local copy of their JSON documents, go on working without a network, and
/// reconcile with this server field by field.
#[derive(Debug, Parser)]
#[command(name = "syncline", version, after_help = CONFIGURATION)]
pub struct Arguments {
    /// The configuration file, TOML, YAML or JSON by its ending; or set `SYNCLINE_CONFIG`.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What Syncline can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server until Ctrl-C or SIGTERM.
    ///
    /// Without a database URL it runs a PostgreSQL of its own in the data folder. The database is
    /// migrated first; several servers may start on one database at once.
    #[command(after_help = "Example:\n  syncline serve --config config/syncline.toml")]
    Serve,
    /// Migrate the database to the schema of this version.
    ///
    /// `serve` does so by itself. Use this where the server's role may not change the schema.
    #[command(
        after_help = "Example:\n  SYNCLINE_DATABASE_URL=postgres://owner@db/app syncline migrate"
    )]
    Migrate,
    /// Remove tombstones, superseded versions and reports older than the retention.
    ///
    /// A running server does so by itself every hour. Devices that were away for longer fetch
    /// everything anew; what they have yet to push is kept and merged.
    #[command(after_help = "Example:\n  SYNCLINE_RETENTION__DAYS=7 syncline purge")]
    Purge,
    /// Manage the incarnations of the database.
    #[command(subcommand)]
    Incarnation(IncarnationCommand),
    /// Export everything that a user or an organisation has, as of this moment.
    ///
    /// Writes the export to standard output and its progress to standard error.
    #[command(after_help = "Example:\n  syncline export --user ada > ada.json")]
    Export(ExportOptions),
    /// Merge an export into the documents of a user.
    ///
    /// Reads standard input. Documents that cannot be stored are listed; the rest are imported, and
    /// the exit code is 1. Importing the same file again changes nothing, and finishes an import that
    /// was interrupted.
    #[command(after_help = "Example:\n  syncline import --user ada --format ndjson < ada.ndjson")]
    Import(ImportOptions),
    /// Print a session token, for development and scripts.
    ///
    /// Whoever holds it can act as that user. It expires after three days without use, and after
    /// seven days in any case. It is signed with the server's secret: run this with the server's
    /// configuration.
    #[command(
        after_help = "Example:\n  curl -H \"Authorization: Bearer $(syncline token --user ada)\" …"
    )]
    Token {
        /// The id of the user, 1 to 255 characters.
        #[arg(long, value_name = "ID", value_parser = UserId::new)]
        user: UserId,
    },
    /// Check whether the server is ready.
    ///
    /// Asks the server with this configuration, which has to run on this machine. The exit code is 0 if
    /// it and its database answer, otherwise 1: for containers and supervisors.
    #[command(after_help = "Example:\n  SYNCLINE_LISTEN=127.0.0.1:8080 syncline health")]
    Health,
    /// Print the description of the HTTP API, as OpenAPI 3.1.
    ///
    /// Needs neither a configuration nor a database.
    #[command(
        name = "openapi",
        after_help = "Example:\n  syncline openapi > openapi.json"
    )]
    OpenApi,
    /// Show how devices sync, step by step, and check every promise.
    ///
    /// Two devices edit offline and converge, on a server that this command starts for itself or on
    /// one that is running. The exit code is 1 if anything is not as promised.
    #[command(
        after_help = "Example:\n  syncline demo\n  syncline demo --url http://127.0.0.1:8080"
    )]
    Demo(DemoOptions),
    /// Print a script with which a shell completes commands and options.
    ///
    /// Write it to where the shell looks for such scripts.
    #[command(
        after_help = "Example:\n  syncline completions bash > /etc/bash_completion.d/syncline\n  \
                      syncline completions zsh > \"${fpath[1]}/_syncline\"\n  \
                      syncline completions fish > ~/.config/fish/completions/syncline.fish"
    )]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Inspect the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What `syncline export` writes.
#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The user whose documents are exported.
    #[arg(
        long, value_name = "ID", value_parser = UserId::new, required_unless_present = "org",
        conflicts_with = "org"
    )]
    pub user: Option<UserId>,
    /// The organisation whose documents are exported.
    #[arg(long, value_name = "ID", value_parser = OrganisationId::new)]
    pub org: Option<OrganisationId>,
    /// The format of the export.
    #[arg(long, value_enum, default_value = "json")]
    pub format: ExportFormat,
    /// Export the documents of this application only.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// Export the documents of this collection only; as CSV, with a column for each of their fields.
    #[arg(long, value_name = "NAME", requires = "application")]
    pub collection: Option<String>,
}

/// The formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object; can be imported.
    Json,
    /// A document on each line; can be imported, however large.
    Ndjson,
    /// A table for spreadsheets.
    Csv,
}

impl ExportFormat {
    /// As requests name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

/// What `syncline import` reads.
#[derive(Debug, Args)]
pub struct ImportOptions {
    /// The user to whom the documents go.
    #[arg(long, value_name = "ID", value_parser = UserId::new)]
    pub user: UserId,
    /// The format of the file. For large files use `ndjson`: it takes little memory.
    #[arg(long, value_enum, default_value = "json")]
    pub format: ImportFormat,
}

/// The formats that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// One JSON object.
    Json,
    /// A document on each line.
    Ndjson,
}

/// What can be done with the incarnations of the database.
#[derive(Debug, Subcommand)]
pub enum IncarnationCommand {
    /// Begin a new incarnation of the database, after files of an earlier moment were put back.
    ///
    /// A copy of the data folder, a snapshot of its disk or a base backup without recovery looks just
    /// like the original. Run this on it before any server answers from it: devices that know what came
    /// later then fetch everything anew, and push again what was lost. A restored dump, a recovery to
    /// a point in time and a promoted standby are noticed without it.
    ///
    /// It waits for writes that are under way, and new ones wait for it. A PostgreSQL of Syncline's own
    /// may be running or not. Running it again, or without need, loses nothing: devices fetch everything
    /// once more.
    #[command(
        after_help = "Examples:\n  SYNCLINE_DATA_DIR=/var/lib/syncline syncline incarnation renew\n  \
                      SYNCLINE_DATABASE_URL=postgres://owner@db/app syncline incarnation renew"
    )]
    Renew,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and print what is in effect, as JSON without the secrets.
    ///
    /// Combines defaults, file, environment and the schemas that the file names, as `serve` does. If
    /// anything is wrong, one sentence says where and what, and the exit code is 1.
    #[command(after_help = "Example:\n  syncline config check --config config/syncline.toml")]
    Check,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Arguments, Command};

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command) {
            for command in command.get_subcommands() {
                if command.has_subcommands() {
                    check(command);
                } else {
                    let help = command.get_after_help().map(ToString::to_string);
                    assert!(
                        help.is_some_and(|help| help.contains("Example")),
                        "{command}"
                    );
                }
            }
        }
        check(&Arguments::command());
    }

    #[test]
    fn the_configuration_file_may_be_named_behind_the_command() {
        let line = [
            "syncline",
            "token",
            "--user",
            "ada",
            "--config",
            "here.toml",
        ];
        let arguments = Arguments::parse_from(line);
        assert_eq!(arguments.config.as_deref(), Some("here.toml".as_ref()));
        assert!(matches!(arguments.command, Command::Token { user } if user.as_str() == "ada"));
    }

    #[test]
    fn a_user_without_a_name_is_refused() {
        let error = Arguments::try_parse_from(["syncline", "token", "--user", ""]).unwrap_err();
        assert!(error.to_string().contains("255 characters"), "{error}");
    }
}
