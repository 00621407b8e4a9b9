use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// An address that stays while servers come and go, as that of a load balancer does. At first it
/// leads to nobody.
pub(crate) struct Address {
    url: String,
    server: watch::Sender<Option<SocketAddr>>,
}

impl Address {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = watch::Sender::new(None);
        tokio::spawn(listen(listener, server.subscribe()));
        Self { url, server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on it leads to this server, or to nobody. Whoever is connected is cut off.
    pub(crate) fn lead_to(&self, server: Option<SocketAddr>) {
        self.server.send_replace(server);
    }
}

async fn listen(listener: TcpListener, server: watch::Receiver<Option<SocketAddr>>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, server.clone()));
    }
}

async fn carry(mut client: TcpStream, mut server: watch::Receiver<Option<SocketAddr>>) {
    let Some(address) = *server.borrow_and_update() else {
        return;
    };
    let Ok(mut there) = TcpStream::connect(address).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut there) => {}
        _ = server.changed() => {}
    }
}
