//! A line to PostgreSQL that can be cut without a word: nothing goes through any more, and nobody is
//! told. So it is with a host that vanishes, or a network that drops what is sent.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{UnixListener, UnixStream},
    sync::watch,
};

use crate::TestDatabase;

/// A socket through which a database is reached.
pub struct Line {
    folder: TempDir,
    is_cut: watch::Sender<bool>,
}

impl Line {
    /// Listens beside the socket of the cluster that `database` is in.
    #[must_use]
    pub fn to(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let listener =
            UnixListener::bind(socket(folder.path(), database)).expect("the socket is free");
        let options = database.options();
        let cluster = options.get_socket().expect("the cluster has a socket");
        let is_cut = watch::Sender::new(false);
        tokio::spawn(listen(
            listener,
            socket(cluster, database),
            is_cut.subscribe(),
        ));
        Self { folder, is_cut }
    }

    /// The database, reached through the line.
    #[must_use]
    pub fn database(&self, database: &TestDatabase) -> TestDatabase {
        TestDatabase::at(database.options().socket(self.folder.path()))
    }

    /// From now on nothing goes through.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Connections that are made from now on go through. Those from before never do again.
    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

fn socket(folder: &Path, database: &TestDatabase) -> PathBuf {
    folder.join(format!(".s.PGSQL.{}", database.options().get_port()))
}

async fn listen(listener: UnixListener, socket: PathBuf, is_cut: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, socket.clone(), is_cut.clone()));
    }
}

async fn carry(mut client: UnixStream, socket: PathBuf, mut is_cut: watch::Receiver<bool>) {
    let mut server = UnixStream::connect(socket)
        .await
        .expect("the cluster listens");
    tokio::select! {
        biased;
        _ = is_cut.wait_for(|is_cut| *is_cut) => {}
        _ = copy_bidirectional(&mut client, &mut server) => return,
    }
    // Both ends stay open for as long as the test goes on.
    while is_cut.changed().await.is_ok() {}
}
