//! `syncline serve`

use std::io::{Write, stdout};

use crate::{
    configuration::Configuration,
    server::{Server, ServerError},
    signals::{StopSignals, ToldToStop},
};

/// Serves until it is told to stop.
pub(super) async fn run(configuration: &Configuration) -> Result<(), ServerError> {
    let mut signals = StopSignals::listen()?;
    let server = match Server::start_unless(signals.told(), configuration).await {
        Err(error) if error.is::<ToldToStop>() => {
            tracing::info!("told to stop before it had started");
            return Ok(());
        }
        started => started?,
    };
    greet(configuration, &server);
    signals.told().await;
    tracing::info!("stopping: no new requests, what runs is finished; a second signal ends it now");
    server.stop().await
}

/// What a newcomer needs to know first.
fn greet(configuration: &Configuration, server: &Server) {
    let data = match &configuration.database.url {
        Some(_) => "the PostgreSQL server that databaseUrl names".to_owned(),
        None => format!(
            "{} (a PostgreSQL of Syncline's own)",
            configuration.data_dir.display()
        ),
    };
    let names: Vec<_> = configuration
        .applications
        .keys()
        .map(ToString::to_string)
        .collect();
    let applications = if names.is_empty() {
        "none: name some in the configuration".into()
    } else {
        names.join(", ")
    };
    let address = server.address();
    // Who starts a server need not read what it says.
    let _ = writeln!(
        stdout(),
        "Syncline listens on http://{address}\n  see it work   http://{address}/ in a browser\n  \
         its API       http://{address}/docs\n  applications  {applications}\n  data          {data}\n  \
         sign in       {}\n  \
         a token       syncline token --user ada\n  a tour        syncline demo\n  \
         documentation docs/README.md, beginning with docs/sync.md",
        ways_in(configuration, server),
    );
}

/// How people sign in. That anyone may be anyone has to be said.
fn ways_in(configuration: &Configuration, server: &Server) -> String {
    let identity = &configuration.identity;
    if identity.is_development(configuration.listen) {
        return format!(
            "http://{}/auth/dev?name=ada (development: anyone on this machine may be anyone, \
             until a provider is configured)",
            server.address()
        );
    }
    let names: Vec<_> = identity.providers.keys().map(ToString::to_string).collect();
    if names.is_empty() {
        return "no provider is configured: see docs/identity.md".to_owned();
    }
    format!("through {}", names.join(", "))
}
