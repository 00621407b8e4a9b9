//! Many devices that listen to one server.

use futures::{StreamExt, stream};
use serde_json::json;
use syncline_tests::TestServer;

use crate::{
    listener::{Listener, own, request},
    world::{open_to, push},
};

const STREAMS: usize = 1_000;

/// More at a time would only wait for each other.
const AT_ONCE: usize = 32;

#[tokio::test]
async fn a_thousand_devices_are_told() {
    let server = TestServer::start().await;
    push(&server, "ada", "notes", "1").await;
    let mut ada = Listener::open(&server, "ada").await;
    let open = |number: usize| {
        let server = &server;
        async move { Listener::of(request(server, &format!("user-{number}")).await) }
    };
    let streams = stream::iter(0..STREAMS).map(open).buffered(AT_ONCE);
    let mut streams: Vec<_> = streams.collect().await;
    // The server goes on answering, and each is told what is its own.
    for number in [0, STREAMS / 2, STREAMS - 1] {
        push(&server, &format!("user-{number}"), "lists", "1").await;
        assert_eq!(streams[number].next().await, Some(own("lists")));
    }
    open_to(&server, "ada", "1", &json!({ "visibility": "public" })).await;
    for stream in &mut streams {
        assert_eq!(stream.next().await, Some(own("notes")));
    }
    assert_eq!(ada.told(&server, "ada").await, [own("notes")]);
    drop(streams);
    server.finish().await;
}
