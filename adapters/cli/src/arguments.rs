//! What can be typed behind `syncline`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use syncline_domain::identifier::{OrganisationId, UserId};

use crate::demo::DemoOptions;

const CONFIGURATION: &str = "\
Configuration:
  A file, `syncline.toml`, `.yaml`, `.yml` or `.json` in the current folder or named by --config,
  and the environment, which wins: SYNCLINE_ and `__` between levels, so that
  SYNCLINE_LIMITS__BODY_BYTES sets `limits.bodyBytes`. Most used:
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
    /// Serve, until Ctrl-C or SIGTERM.
    ///
    /// Without a database URL it runs a PostgreSQL of its own in the data folder. The database is
    /// migrated first; several servers may start on one database at once.
    #[command(after_help = "Example:\n  syncline serve --config config/syncline.toml")]
    Serve,
    /// Bring the database to the schema of this program, and end.
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
    /// Look after the lives of the database.
    #[command(subcommand)]
    Incarnation(IncarnationCommand),
    /// Write everything that a user or an organisation has, as of this moment.
    ///
    /// The export goes to the output, how far it is to the errors. As `json` or `ndjson` it can be
    /// imported again.
    #[command(after_help = "Example:\n  syncline export --user ada > ada.json")]
    Export(ExportOptions),
    /// Merge an export into what a user has; importing the same again changes nothing.
    ///
    /// The file comes from the input. What cannot be stored is named and holds up nothing else; the
    /// exit code is 1 then. An interrupted import is finished by another one of the same file.
    #[command(after_help = "Example:\n  syncline import --user ada --format ndjson < ada.ndjson")]
    Import(ImportOptions),
    /// Print a session token, for development and scripts.
    ///
    /// Whoever holds it is that user until it was idle for three days, or seven days have passed.
    /// It is signed with the secret that the server uses: run this with the same configuration.
    #[command(
        after_help = "Example:\n  curl -H \"Authorization: Bearer $(syncline token --user ada)\" …"
    )]
    Token {
        /// Whose token: 1 to 255 characters, as the server is to know this user.
        #[arg(long, value_name = "ID", value_parser = UserId::new)]
        user: UserId,
    },
    /// Ask the server of this configuration whether it is ready.
    ///
    /// It has to run on this machine. The exit code is 0 when it and its database answer, 1 otherwise:
    /// what a container or a supervisor wants to know.
    #[command(after_help = "Example:\n  SYNCLINE_LISTEN=127.0.0.1:8080 syncline health")]
    Health,
    /// Print the description of the HTTP API, as OpenAPI 3.1.
    ///
    /// It is made from the handlers, and needs no database.
    #[command(
        name = "openapi",
        after_help = "Example:\n  syncline openapi > openapi.json"
    )]
    OpenApi,
    /// Show the main job step by step, and check every promise.
    ///
    /// Two devices edit offline and converge, on a server that this command starts for itself or on
    /// one that runs. The exit code is 1 when anything is not as promised.
    #[command(
        after_help = "Example:\n  syncline demo\n  syncline demo --url http://127.0.0.1:8080"
    )]
    Demo(DemoOptions),
    /// Print a script that completes `syncline` in a shell.
    ///
    /// It knows every command and option of this program.
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
    /// Look into the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What `syncline export` writes.
#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The documents of this user.
    #[arg(
        long, value_name = "ID", value_parser = UserId::new, required_unless_present = "org",
        conflicts_with = "org"
    )]
    pub user: Option<UserId>,
    /// The documents of this organisation.
    #[arg(long, value_name = "ID", value_parser = OrganisationId::new)]
    pub org: Option<OrganisationId>,
    /// `json`, `ndjson` or `csv`.
    #[arg(long, default_value = "json")]
    pub format: String,
    /// Those of one application only.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// Those of one collection only; as CSV, with a column for each of their fields.
    #[arg(long, value_name = "NAME", requires = "application")]
    pub collection: Option<String>,
}

/// What `syncline import` reads.
#[derive(Debug, Args)]
pub struct ImportOptions {
    /// Whose the documents become.
    #[arg(long, value_name = "ID", value_parser = UserId::new)]
    pub user: UserId,
    /// How the file was exported. A large one had better be `ndjson`: it takes little memory.
    #[arg(long, value_enum, default_value = "json")]
    pub format: ImportFormat,
}

/// The formats that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// One JSON object.
    Json,
    /// A document a line.
    Ndjson,
}

/// What can be done with the lives of the database.
#[derive(Debug, Subcommand)]
pub enum IncarnationCommand {
    /// Begin a new life of the database, after files of an earlier moment were put back.
    ///
    /// A copy of the data folder, a snapshot of its disk or a base backup without recovery looks just
    /// like the original. Run this on it before any server answers from it: devices that know what came
    /// later then fetch everything anew, and push again what was lost. A restored dump, a recovery to
    /// a point in time and a promoted standby are noticed without it.
    ///
    /// Whoever writes is waited for, and waits. A PostgreSQL of Syncline's own may run or not. Running
    /// this once more, or for nothing, loses nothing: devices fetch everything once more.
    #[command(
        after_help = "Examples:\n  SYNCLINE_DATA_DIR=/var/lib/syncline syncline incarnation renew\n  \
                      SYNCLINE_DATABASE_URL=postgres://owner@db/app syncline incarnation renew"
    )]
    Renew,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and print what is in effect, as JSON, secrets left out.
    ///
    /// Defaults, file, environment and the schemas that the file names are put together as `serve`
    /// would. When anything is wrong, one sentence says where and what, and the exit code is 1.
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
