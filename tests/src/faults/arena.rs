//! The servers of a run, and their database.

use std::{path::Path, sync::Arc};

use rand::RngExt;
use syncline_postgres::local_cluster::LocalCluster;
use tempfile::TempDir;

use super::{
    network::{Servers, lock},
    past::Past,
};
use crate::{TestDatabase, TestServer, replicas::Replicas, simulation::Dice};

/// How many servers share a database.
const SERVERS: usize = 3;

/// Servers on one database.
pub(super) struct Arena {
    pub(super) servers: Servers,
    pub(super) past: Arc<Past>,
    kind: Kind,
}

enum Kind {
    /// In this process, to be left alone.
    Inside(Arc<Vec<TestServer>>),
    /// In processes of their own, on a database of the cluster that all tests share.
    Processes(Replicas, TestDatabase),
    /// The same, on a PostgreSQL of their own.
    Cluster(Replicas, Cluster),
}

/// A private PostgreSQL, to be killed.
struct Cluster {
    folder: TempDir,
    running: Option<LocalCluster>,
}

impl Arena {
    pub(super) async fn inside() -> Self {
        let database = TestDatabase::create().await;
        let mut servers = Vec::new();
        for _ in 0..SERVERS {
            servers.push(TestServer::on(database.clone()).await);
        }
        let addresses = servers.iter().map(|server| server.url("")).collect();
        Self::of(addresses, database, Kind::Inside(Arc::new(servers)))
    }

    pub(super) async fn processes() -> Self {
        let database = TestDatabase::create().await;
        let replicas = start(&database).await;
        let (addresses, past) = (replicas.addresses(), database.clone());
        Self::of(addresses, past, Kind::Processes(replicas, database))
    }

    pub(super) async fn cluster() -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let running = LocalCluster::start(folder.path())
            .await
            .expect("the cluster starts");
        let database = TestDatabase::at(running.connect_options());
        let replicas = start(&database).await;
        let running = Some(running);
        let cluster = Cluster { folder, running };
        Self::of(
            replicas.addresses(),
            database,
            Kind::Cluster(replicas, cluster),
        )
    }

    /// The same servers once more, if they are in this process.
    pub(super) fn shared(&self) -> Option<Self> {
        let Kind::Inside(servers) = &self.kind else {
            return None;
        };
        Some(Self {
            servers: Arc::clone(&self.servers),
            past: Arc::clone(&self.past),
            kind: Kind::Inside(Arc::clone(servers)),
        })
    }

    fn of(addresses: Vec<String>, database: TestDatabase, kind: Kind) -> Self {
        let servers = Servers::default();
        *lock(&servers) = addresses;
        let past = Arc::new(Past::of(database));
        Self {
            servers,
            past,
            kind,
        }
    }

    /// Kills one of the servers, which comes back after a while.
    pub(super) async fn strike_server(&mut self, dice: &mut Dice) -> String {
        let number = dice.random_range(0..SERVERS);
        let pause = std::time::Duration::from_millis(dice.random_range(0..150));
        let replicas = self.replicas();
        let killed = replicas.addresses()[number].clone();
        replicas.kill(number);
        lock(&self.servers).retain(|address| *address != killed);
        tokio::time::sleep(pause).await;
        let replicas = self.replicas();
        tokio::task::block_in_place(|| replicas.restart(number));
        let addresses = replicas.addresses();
        lock(&self.servers).push(addresses[number].clone());
        format!("{killed} was killed, and is at {} now", addresses[number])
    }

    /// Kills every process of PostgreSQL, which then recovers.
    pub(super) async fn strike_database(&mut self) -> String {
        let Kind::Cluster(_, cluster) = &mut self.kind else {
            panic!("the database of others is left alone")
        };
        cluster.strike().await;
        "PostgreSQL was killed, and has recovered".to_owned()
    }

    fn replicas(&mut self) -> &mut Replicas {
        match &mut self.kind {
            Kind::Processes(replicas, _) | Kind::Cluster(replicas, _) => replicas,
            Kind::Inside(_) => panic!("servers in this process cannot be killed"),
        }
    }

    /// Stops the servers, and removes what was only theirs.
    pub(super) async fn finish(self) {
        match self.kind {
            Kind::Inside(servers) => {
                // Whoever is the last to use them.
                let Some(servers) = Arc::into_inner(servers) else {
                    return;
                };
                let mut database = None;
                for server in servers {
                    database = Some(server.stop().await);
                }
                database.expect("there are servers").drop().await;
            }
            Kind::Processes(replicas, database) => {
                drop(replicas);
                database.drop().await;
            }
            Kind::Cluster(replicas, cluster) => {
                drop(replicas);
                let running = cluster.running.expect("it runs");
                running.stop().await.expect("the cluster stops");
            }
        }
    }
}

impl Cluster {
    async fn strike(&mut self) {
        // It leaves PostgreSQL running, and lets go of the folder.
        drop(self.running.take());
        let postmaster = postmaster(self.folder.path());
        let mut processes = children(postmaster);
        processes.push(postmaster);
        let ids: Vec<_> = processes.iter().map(u32::to_string).collect();
        // Some may have ended by themselves.
        let killed = std::process::Command::new("kill")
            .args(["-s", "KILL"])
            .args(&ids)
            .stderr(std::process::Stdio::null())
            .status();
        killed.expect("kill is installed");
        while processes.iter().any(|process| is_running(*process)) {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let running = LocalCluster::start(self.folder.path()).await;
        self.running = Some(running.expect("the cluster recovers"));
    }
}

async fn start(database: &TestDatabase) -> Replicas {
    let database = database.clone();
    tokio::task::spawn_blocking(move || Replicas::start(&database, SERVERS))
        .await
        .expect("the servers start")
}

fn postmaster(folder: &Path) -> u32 {
    let file = folder.join("postgres/postmaster.pid");
    let file = std::fs::read_to_string(file).expect("PostgreSQL runs");
    let line = file.lines().next().expect("the file has lines");
    line.trim().parse().expect("the first is its process")
}

/// The processes that a process began.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("Linux tells of its processes");
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id| status(*id).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// A process that ended and was not waited for runs no longer.
fn is_running(process: u32) -> bool {
    status(process).is_some_and(|(state, _)| state != 'Z')
}

/// The state of a process, and its parent.
fn status(process: u32) -> Option<(char, u32)> {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before may hold anything.
    let mut words = line.rsplit_once(')')?.1.split_whitespace();
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}
