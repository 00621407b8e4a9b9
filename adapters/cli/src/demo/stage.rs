//! A server to play on, and sessions of two users.

use std::{fs, path::Path};

use syncline_application::ports::Clock;
use syncline_domain::{hlc::UnixMillis, identifier::UserId};
use syncline_identity::SessionTokens;
use tempfile::TempDir;

use super::{DemoError, DemoOptions};
use crate::{
    clock::SystemClock,
    configuration::{Configuration, Environment},
    server::{Server, ServerError},
};

/// What the tour's own server serves.
const APPLICATIONS: &str = include_str!("stage/syncline.toml");

/// Where a tour takes place.
pub(super) struct Stage {
    /// The server.
    pub(super) url: String,
    /// The session of the first user.
    pub(super) ada: String,
    /// The session of the second user.
    pub(super) bob: String,
    /// Tells this tour's documents, devices and users from those of others.
    pub(super) run: String,
    guests: Option<Guests>,
    own: Option<OwnServer>,
}

/// Signs in users whom nobody else is, and who therefore may be deleted.
struct Guests(SessionTokens);

struct OwnServer {
    server: Server,
    /// Holds its data, and takes it away in the end.
    folder: TempDir,
}

impl Stage {
    /// Takes the running server that `options` name, or starts one.
    pub(super) async fn set(
        options: &DemoOptions,
        configuration: &Configuration,
        told_to_stop: impl Future<Output = ()>,
    ) -> Result<Self, DemoError> {
        let run = format!("{:x}", SystemClock.now().0);
        let Some(url) = options.url.clone() else {
            return Self::set_alone(run, told_to_stop).await;
        };
        let (ada, bob, guests) = match options.tokens.as_slice() {
            [ada, bob] => (ada.clone(), bob.clone(), None),
            [] => sessions(configuration, &run)?,
            _ => return Err(DemoError::Options("give `--token` twice, for two users")),
        };
        Ok(Self {
            url,
            ada,
            bob,
            run,
            guests,
            own: None,
        })
    }

    async fn set_alone(
        run: String,
        told_to_stop: impl Future<Output = ()>,
    ) -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new()
            .prefix("syncline-demo-")
            .tempdir()?;
        let configuration = own_configuration(&folder)?;
        let server = Server::start_unless(told_to_stop, &configuration).await?;
        let url = format!("http://{}", server.address());
        let own = Some(OwnServer { server, folder });
        match sessions(&configuration, &run) {
            Ok((ada, bob, guests)) => Ok(Self {
                url,
                ada,
                bob,
                run,
                guests,
                own,
            }),
            Err(error) => {
                let (ada, bob) = (String::new(), String::new());
                Self {
                    url,
                    ada,
                    bob,
                    run,
                    guests: None,
                    own,
                }
                .strike()
                .await?;
                Err(error)
            }
        }
    }

    /// A session of one more user, which begins at `time`; none if the tour's users are somebody's.
    pub(super) fn guest(&self, name: &str, time: UnixMillis) -> Result<Option<String>, DemoError> {
        let guests = self.guests.as_ref();
        guests
            .map(|guests| guests.session(name, &self.run, time))
            .transpose()
    }

    /// The server in a few words.
    pub(super) fn described(&self) -> String {
        match self.own {
            Some(_) => format!(
                "{}, started for this tour with a database of its own",
                self.url
            ),
            None => self.url.clone(),
        }
    }

    /// Stops what was started.
    pub(super) async fn strike(self) -> Result<(), DemoError> {
        let Some(OwnServer { server, folder }) = self.own else {
            return Ok(());
        };
        server.stop().await?;
        Ok(folder.close()?)
    }
}

/// A configuration that depends on nothing in the process's environment.
fn own_configuration(folder: &TempDir) -> Result<Configuration, DemoError> {
    let file = folder.path().join("syncline.toml");
    fs::write(&file, APPLICATIONS)?;
    configuration_in(folder, &file)
}

/// The configuration in `file`, of a server in `folder`.
pub(super) fn configuration_in(folder: &TempDir, file: &Path) -> Result<Configuration, DemoError> {
    let variables = [
        ("SYNCLINE_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        (
            "SYNCLINE_DATA_DIR".to_owned(),
            folder.path().display().to_string(),
        ),
    ];
    let environment = Environment::new(variables, folder.path().to_owned(), false);
    let configuration = Configuration::load(Some(file), &environment);
    Ok(configuration.map_err(ServerError::from)?)
}

/// Sessions of two users that nobody else is, and of more.
fn sessions(
    configuration: &Configuration,
    run: &str,
) -> Result<(String, String, Option<Guests>), DemoError> {
    let secrets = configuration.session_secrets().map_err(ServerError::from)?;
    let guests = Guests(SessionTokens::new(&secrets).map_err(ServerError::from)?);
    let now = SystemClock.now();
    let (ada, bob) = (
        guests.session("ada", run, now)?,
        guests.session("bob", run, now)?,
    );
    Ok((ada, bob, Some(guests)))
}

impl Guests {
    fn session(&self, name: &str, run: &str, time: UnixMillis) -> Result<String, DemoError> {
        let user = UserId::new(&format!("demo-{name}-{run}"))?;
        Ok(self.0.issue(&user, time).map_err(ServerError::from)?)
    }
}
