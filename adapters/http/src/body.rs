//! Bodies of requests.

use axum::{
    body::{Body, BodyDataStream},
    extract::{FromRequest, FromRequestParts, Request},
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
};
use futures::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::{
    bounds::Bounds,
    error::{ApiError, ErrorCode},
};

/// The type of bodies with a JSON object a line.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// How much of a body that is too large is read without being kept.
const DRAINED_BYTES: usize = 64 << 20;

/// A body of JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A body of JSON, if there is one: many clients declare a body that they do not send.
pub(crate) struct OptionalJsonBody<T>(pub(crate) Option<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        check_type(&parts.headers)?;
        let bounds = Bounds::from_request_parts(&mut parts, state).await?;
        let bytes = read(body, bounds.body_bytes).await?;
        Ok(Self(parse(&bytes)?))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let bounds = Bounds::from_request_parts(&mut parts, state).await?;
        let bytes = read(body, bounds.body_bytes).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(None));
        }
        check_type(&parts.headers)?;
        Ok(Self(parse(&bytes)?))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    check_form(bytes)?;
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, mistake::<T>(bytes, &error)))
}

fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    check_encoding(headers)?;
    if media_type(headers).as_deref() == Some("application/json") {
        return Ok(());
    }
    let sentence =
        "The body is not declared as JSON; send the header `Content-Type: application/json`";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, sentence))
}

/// What a body is declared as, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let declared = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let name = declared.split(';').next().unwrap_or_default();
    Some(name.trim().to_ascii_lowercase())
}

/// Of the encodings, `gzip` was undone before, and its header removed.
pub(crate) fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let encoding = headers.get(CONTENT_ENCODING);
    if encoding.is_none_or(|encoding| encoding == "identity") {
        return Ok(());
    }
    let sentence = "The encoding of the body is not known here; send it plain or as `gzip`";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, sentence))
}

/// A body that does not come to its end.
pub(crate) fn broken_off() -> ApiError {
    let sentence = "The body broke off or cannot be decompressed; send all of it again";
    ApiError::new(ErrorCode::BadRequest, sentence)
}

/// All bodies are objects. An array would be taken as the values of their members in turn.
fn check_form(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        let sentence = "The body is an array; send a JSON object";
        return Err(ApiError::new(ErrorCode::BadRequest, sentence));
    }
    Ok(())
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        if chunk.len() > limit - bytes.len() {
            drain(chunks).await;
            let sentence = format!("The body has more than {limit} bytes; send less at once");
            return Err(ApiError::new(ErrorCode::PayloadTooLarge, sentence));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads on for a while: a caller who is still sending when the connection closes may lose the
/// answer.
async fn drain(mut chunks: BodyDataStream) {
    let mut left = DRAINED_BYTES;
    while let Some(Ok(chunk)) = chunks.next().await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// What is wrong with a body, and where.
fn mistake<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => misfit::<T>(bytes),
        Category::Eof if bytes.trim_ascii().is_empty() => {
            "The body is empty; send a JSON object".to_owned()
        }
        Category::Eof => format!("The body ends amid its JSON: {error}; send all of it"),
        // What is no name of a variant counts as bad syntax.
        Category::Syntax if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => {
            misfit::<T>(bytes)
        }
        Category::Syntax | Category::Io => format!("The body is not JSON: {error}"),
    }
}

/// Reads JSON once more that does not fit, to find the place: keeping track of it is slow.
fn misfit<T: DeserializeOwned>(bytes: &[u8]) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) if error.path().iter().len() > 0 => {
            format!("{}: {}", error.path(), error.inner())
        }
        Err(error) => format!("The body is not as it should be: {}", error.inner()),
        Ok(_) => "The body is not as it should be".to_owned(),
    }
}

#[cfg(test)]
mod tests;
