//! Live pokes, passed on as they come.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Result},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    time::sleep,
};

use super::{State, exchange::user, http::Request, lie::Liar, lock, read};

const HEAD: &[u8] =
    b"HTTP/1.1 200 answer\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// What there is beside pokes, so that a client knows that the server is there.
const SIGN_OF_LIFE: &[u8] = b": awake\n\n";

const POKE: &str = "event: change";

impl State {
    /// Passes on what a server has to say, until it or the client ends that, or the network does.
    pub(super) async fn listen(&self, request: &Request, stream: &mut TcpStream) -> Result<()> {
        let user = user(request);
        let life = self.life_of_a_stream(&user);
        let Some(server) = self.server() else {
            return Ok(());
        };
        let Ok(answer) = self.begin(&server, request).await else {
            return Ok(());
        };
        self.log
            .add(format!("{user} listens to {server} for {life:?}"));
        if answer.status() != 200 {
            return match read(answer).await {
                Ok(answer) => answer.write(stream, 1.0).await,
                Err(_) => Ok(()),
            };
        }
        let (mut from_client, mut to_client) = stream.split();
        tokio::select! {
            passed = self.pass_on(answer, &user, &mut to_client) => passed,
            () = ended(&mut from_client) => Ok(()),
            () = sleep(life.unwrap_or(Duration::MAX)) => Ok(()),
        }
    }

    fn life_of_a_stream(&self, user: &str) -> Option<Duration> {
        let is_calm = self.is_calm.load(Ordering::SeqCst);
        let life = lock(&self.weather).life_of_a_stream(user);
        life.filter(|_| !is_calm)
    }

    async fn pass_on(
        &self,
        mut answer: reqwest::Response,
        user: &str,
        to_client: &mut WriteHalf<'_>,
    ) -> Result<()> {
        to_client.write_all(HEAD).await?;
        while let Ok(Some(said)) = answer.chunk().await {
            let text = String::from_utf8_lossy(&said);
            let pokes = text.matches(POKE).count() as u64;
            let is_hushed = self.liar.as_ref().is_some_and(Liar::is_hushing);
            if pokes > 0 {
                self.pokes.fetch_add(pokes, Ordering::SeqCst);
                self.log.add(format!("{user} is poked: {text:?}"));
            }
            if pokes > 0 && is_hushed {
                to_client.write_all(SIGN_OF_LIFE).await?;
            } else {
                to_client.write_all(&said).await?;
            }
            to_client.flush().await?;
        }
        Ok(())
    }
}

/// A client that listens says nothing more, until it is gone.
async fn ended(from_client: &mut ReadHalf<'_>) {
    while from_client.read(&mut [0]).await.is_ok_and(|read| read > 0) {}
}
