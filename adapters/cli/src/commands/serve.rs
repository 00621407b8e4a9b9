//! `syncline serve`

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    configuration::Configuration,
    server::{Server, ServerError},
};

/// Serves until it is told to stop by Ctrl-C or `SIGTERM`.
pub(super) async fn run(configuration: &Configuration) -> Result<(), ServerError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let server = Server::start(configuration).await?;
    greet(configuration, &server);
    told_to_stop(&mut interrupt, &mut terminate).await;
    tracing::info!("stopping: no new requests, what runs is finished; a second signal ends it now");
    tokio::select! {
        stopped = server.stop() => stopped,
        () = told_to_stop(&mut interrupt, &mut terminate) => {
            Err("ended by a second signal, with requests under way".into())
        }
    }
}

async fn told_to_stop(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
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
    println!(
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
