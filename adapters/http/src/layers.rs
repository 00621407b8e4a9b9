//! What every request and every answer passes through.

mod cors;
pub(crate) mod log;
mod measure;
mod panic;
mod rate;
pub(crate) mod renewal;
mod request_id;
mod time;

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
    decompression::RequestDecompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{HttpOptions, bounds::Bounds};

pub(crate) use measure::describe as describe_measures;
pub(crate) use rate::RateLimits;
pub(crate) use time::Progress;

/// Smaller answers fit a packet as they are.
const COMPRESSED_FROM_BYTES: u64 = 1_024;

/// Puts the layers around `router`, the first one outermost.
pub(crate) fn wrap(router: Router, options: &HttpOptions) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(log::span)
        .on_request(())
        .on_response(log::Answered)
        .on_body_chunk(())
        .on_eos(())
        // Whoever answers with a failure has logged its cause.
        .on_failure(());
    let compression = CompressionLayer::new()
        // JSON full of repeated names shrinks well enough at the least cost.
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_FROM_BYTES).and(NotForContentType::SSE));
    // An encoding that is not known is refused by whoever reads the body, as JSON.
    let decompression = RequestDecompressionLayer::new().pass_through_unaccepted(true);
    router.layer(
        ServiceBuilder::new()
            .map_request(request_id::drop_unsafe)
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(trace)
            .layer(from_fn(measure::measure))
            .layer(cors::layer(&options.cors_origins))
            .map_response(secure)
            .layer(compression)
            .layer(Extension(Arc::new(RateLimits::from(&options.rates))))
            .layer(from_fn(rate::limit))
            .layer(from_fn_with_state(options.request_time, time::limit))
            .layer(CatchPanicLayer::custom(panic::answer))
            .layer(from_fn(renewal::answer))
            .layer(decompression)
            .layer(Extension(Bounds::from(options))),
    )
}

/// Answers hold somebody's data: nobody keeps a copy, and nobody guesses what they are.
fn secure<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
