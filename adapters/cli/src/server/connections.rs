//! Connections. The head of each request has to come within a time, an answer has to be read, and what
//! has begun is finished when the server stops.
//!
//! `axum::serve` does all of this but for clients that do not go on, with a request or with reading an answer: nothing
//! ever ends their connections, and whoever stops the server waits for them.

#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, serve::Listener};
use hyper::{
    Request,
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpStream, sync::watch, task::JoinSet, time::timeout};
use tokio_io_timeout::TimeoutStream;

/// How long clients are waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// Until the head of a request has come, the first one of a connection and the next.
    head: Duration,
    /// Until something more is read of an answer that waits.
    reading: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            // Longer than most proxies and clients keep a connection for another request, who would find
            // it closed.
            head: Duration::from_secs(150),
            // On a slow line minutes can pass until there is room for more: a third of what the socket holds.
            reading: Duration::from_mins(10),
        }
    }
}

/// How long a connection without a request may take to end when the server stops: the last page of an
/// answer may be on its way still, to a client on a slow line.
const LINGER: Duration = Duration::from_secs(10);

/// Answers requests until `stopped`, and then those that have begun.
pub(super) async fn serve(
    mut listener: impl Listener<Io = TcpStream, Addr = SocketAddr>,
    router: Router,
    patience: Patience,
    stopped: impl Future<Output = ()>,
) {
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            (stream, peer) = listener.accept() => {
                connections.spawn(connection(stream, peer, router.clone(), patience, stopping.clone()));
            }
            Some(_) = connections.join_next() => {}
            () = &mut stopped => break,
        }
    }
    drop(listener);
    stop.send_replace(true);
    while connections.join_next().await.is_some() {}
}

/// Answers the requests of one connection.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    mut stopping: watch::Receiver<bool>,
) {
    let own = Arc::new(());
    let holders = Arc::downgrade(&own);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (answer, held) = (router.call(request), Arc::clone(&own));
        async move {
            answer
                .await
                .map(|answer| answer.map(|body| Held(body, held)))
        }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience.reading));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // A client that goes amid a request is no error of ours.
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let has_request = || holders.strong_count() > 1;
    if !has_request() && timeout(LINGER, connection.as_mut()).await.is_ok() {
        return;
    }
    // One may have begun meanwhile.
    if has_request() {
        let _ = connection.await;
    }
}

/// The body of an answer, which holds something as long as it is being sent.
struct Held(
    Body,
    #[expect(dead_code, reason = "it is only counted")] Arc<()>,
);

impl HttpBody for Held {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.get_mut().0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
