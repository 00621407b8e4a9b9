use std::{io, time::Duration};

use axum::BoxError;
use bytes::Bytes;
use futures::{Stream, stream};
use syncline_application::ports::{ExportSink, SinkClosed};
use tokio::{sync::mpsc, time::timeout};

/// How many pieces wait for whoever takes them.
const WAITING: usize = 2;

/// Hands an export to the body of an answer.
pub(super) struct BodySink {
    /// None marks the end: a body that merely stops was cut off.
    pieces: mpsc::Sender<Option<Bytes>>,
    piece_time: Duration,
}

impl BodySink {
    /// A sink, and the body that it fills. A piece that nobody takes within `piece_time` ends it.
    pub(super) fn new(
        piece_time: Duration,
    ) -> (
        Self,
        impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static,
    ) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let sink = Self {
            pieces: sender,
            piece_time,
        };
        let body = stream::try_unfold(receiver, |mut receiver| async {
            match receiver.recv().await {
                Some(Some(piece)) => Ok(Some((piece, receiver))),
                Some(None) => Ok(None),
                None => Err(BoxError::from(io::Error::from(
                    io::ErrorKind::UnexpectedEof,
                ))),
            }
        });
        (sink, body)
    }

    /// Ends the body in an orderly way.
    pub(super) async fn finish(&self) {
        // Nobody may be left to be told.
        let _ = timeout(self.piece_time, self.pieces.send(None)).await;
    }
}

#[async_trait::async_trait]
impl ExportSink for BodySink {
    async fn take(&mut self, piece: Vec<u8>, _documents: u64) -> Result<(), SinkClosed> {
        if piece.is_empty() {
            return Ok(());
        }
        let sent = timeout(self.piece_time, self.pieces.send(Some(piece.into()))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(SinkClosed),
        }
    }
}
