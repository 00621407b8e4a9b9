//! The answer to a sync, written while its pages are read.

use std::{future, time::Duration};

use axum::{
    BoxError,
    body::Body,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde::Serialize;
use syncline_application::sync::{Changes, Closing, SyncAnswer};
use tokio::time::timeout;

use crate::error::{ApiError, chain};

/// Room for what stands around the changes: the server's clock, above all.
const FRAME_BYTES: usize = 1_280;

/// Begins the answer. One whose first page is the last is whole; of a longer one, each further
/// page is read when the caller has taken the one before, within `page_time`.
pub(super) async fn respond(
    mut answer: SyncAnswer,
    page_time: Duration,
) -> Result<Response, ApiError> {
    let page = answer.changes.next().await?.unwrap_or_default();
    let mut text = Vec::with_capacity(page.len() + FRAME_BYTES);
    open(&mut text, &answer).map_err(|error| ApiError::internal(&error))?;
    text.extend_from_slice(page.as_bytes());
    if answer.changes.is_last() {
        let closing = answer.changes.closing()?;
        close(&mut text, &closing).map_err(|error| ApiError::internal(&error))?;
        return Ok(json(Body::from(text)));
    }
    let rest = Rest {
        changes: answer.changes,
        needs_comma: !page.is_empty(),
        page_time,
    };
    let first = stream::once(future::ready(Ok(Bytes::from(text))));
    Ok(json(Body::from_stream(first.chain(rest.into_stream()))))
}

fn json(body: Body) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Writes everything up to the first change.
fn open(text: &mut Vec<u8>, answer: &SyncAnswer) -> serde_json::Result<()> {
    text.extend_from_slice(b"{\"conflicts\":");
    serde_json::to_writer(&mut *text, &answer.conflicts)?;
    member(text, "accepted", answer.accepted.as_ref())?;
    member(text, "rejected", answer.rejected.as_ref())?;
    member(text, "reset", answer.reset.then_some(&true))?;
    member(text, "healFrom", answer.heal_from.as_ref())?;
    text.extend_from_slice(b",\"serverChanges\":[");
    Ok(())
}

fn member(
    text: &mut Vec<u8>,
    name: &str,
    value: Option<&impl Serialize>,
) -> serde_json::Result<()> {
    let Some(value) = value else { return Ok(()) };
    text.extend_from_slice(b",\"");
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"\":");
    serde_json::to_writer(text, value)
}

/// Writes everything behind the last change.
fn close(text: &mut Vec<u8>, closing: &Closing) -> serde_json::Result<()> {
    text.push(b']');
    let brace = text.len();
    serde_json::to_writer(&mut *text, closing)?;
    // The members of the closing follow those of the answer: its opening brace becomes a comma.
    if let Some(brace) = text.get_mut(brace) {
        *brace = b',';
    }
    Ok(())
}

/// What of an answer follows its first page.
struct Rest {
    changes: Changes,
    /// Whether a change was written before.
    needs_comma: bool,
    page_time: Duration,
}

impl Rest {
    /// The pages and the end. An error cuts the answer off, which is all that the caller can
    /// still be told; the log has the cause.
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, BoxError>> + Send {
        let parts = stream::try_unfold(Some(self), |rest| async {
            let Some(mut rest) = rest else {
                return Ok(None);
            };
            match rest.page().await? {
                Some(page) => Ok(Some((page, Some(rest)))),
                None => Ok(Some((rest.end()?, None))),
            }
        });
        parts.inspect_err(|cause: &BoxError| {
            tracing::error!(cause = chain(cause.as_ref()), "an answer was cut off");
        })
    }

    async fn page(&mut self) -> Result<Option<Bytes>, BoxError> {
        while let Some(mut page) = timeout(self.page_time, self.changes.next()).await?? {
            if page.is_empty() {
                continue;
            }
            if self.needs_comma {
                page.insert(0, ',');
            }
            self.needs_comma = true;
            return Ok(Some(page.into()));
        }
        Ok(None)
    }

    fn end(&self) -> Result<Bytes, BoxError> {
        let mut text = Vec::with_capacity(FRAME_BYTES);
        close(&mut text, &self.changes.closing()?)?;
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use syncline_application::sync::{Closing, Rejection};
    use syncline_domain::hlc::Hlc;

    use super::{close, member};

    fn closed(has_more: bool) -> String {
        let closing = Closing {
            server_clock: Hlc::zero(),
            has_more,
        };
        let mut text = b"{\"serverChanges\":[".to_vec();
        close(&mut text, &closing).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn the_end_holds_the_clock_and_whether_there_is_more() {
        let zero = Hlc::zero();
        let last = format!(r#"{{"serverChanges":[],"serverClock":"{zero}"}}"#);
        let more = format!(r#"{{"serverChanges":[],"serverClock":"{zero}","hasMore":true}}"#);
        assert_eq!(closed(false), last);
        assert_eq!(closed(true), more);
    }

    #[test]
    fn a_member_is_written_only_when_there_is_one() {
        let mut text = Vec::new();
        member(&mut text, "rejected", None::<&Vec<Rejection>>).unwrap();
        assert_eq!(text, b"");
        member(&mut text, "rejected", Some(&Vec::<Rejection>::new())).unwrap();
        assert_eq!(text, b",\"rejected\":[]");
    }
}
