//! Requests and answers as they look.

use serde_json::{Value, json};

pub(super) fn first_request() -> Value {
    json!({ "collection": "tasks", "protocol": 2 })
}

pub(super) fn first_answer() -> Value {
    json!({
        "conflicts": [],
        "serverChanges": [{
            "_key": "groceries",
            "_rev": "0019ab3f5c2d0-000000-server~1",
            "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
            "title": "Buy milk",
        }],
        "serverClock": "0019ab3f5c300-000000-server~2",
    })
}

pub(super) fn edit_request() -> Value {
    json!({
        "collection": "tasks",
        "protocol": 2,
        "node": "phone",
        "changes": [{
            "key": "laundry",
            "doc": { "title": "Do the laundry", "done": false },
            "fieldRevs": {
                "title": "0019ab3f5c2d0-000000-phone",
                "done": "0019ab3f5c2d0-000001-phone",
            },
        }],
    })
}

pub(super) fn edit_answer() -> Value {
    json!({
        "conflicts": [],
        "serverChanges": [{
            "_key": "laundry",
            "_rev": "0019ab3f5c2d0-000000-server~1",
            "_fieldRevs": {
                "done": "0019ab3f5c2d0-000001-phone",
                "title": "0019ab3f5c2d0-000000-phone",
            },
            "done": false,
            "title": "Do the laundry",
        }],
        "serverClock": "0019ab3f5c300-000000-server~2",
    })
}

pub(super) fn deletion_request() -> Value {
    json!({
        "collection": "tasks",
        "protocol": 2,
        "clientClock": "0019ab3f5c300-000000-server~2",
        "changes": [{
            "key": "groceries",
            "baseClock": "0019ab3f5c300-000000-server~2",
            "deleted": true,
            "fieldRevs": { "_deleted": "0019ab3f5c2d0-000000-phone" },
        }],
    })
}

pub(super) fn deletion_answer() -> Value {
    json!({
        "conflicts": [],
        "serverChanges": [{
            "_key": "groceries",
            "_rev": "0019ab3f5c2d0-000000-server~1",
            "_fieldRevs": {
                "_deleted": "0019ab3f5c2d0-000000-phone",
                "title": "0019ab3f5c2d0-000000-phone",
            },
            "_deleted": true,
        }],
        "serverClock": "0019ab3f5c300-000000-server~2",
    })
}

pub(super) fn partial_request() -> Value {
    json!({
        "collection": "tasks",
        "protocol": 2,
        "partial": true,
        "echo": false,
        "changes": [
            {
                "key": "laundry",
                "doc": { "title": "Do the laundry" },
                "fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
            },
            {
                "key": "ironing",
                "doc": { "done": true },
                "fieldRevs": { "done": "0019ab3f5c2d0-000001-phone" },
            },
        ],
    })
}

pub(super) fn partial_answer() -> Value {
    json!({
        "conflicts": [],
        "accepted": [{ "key": "laundry", "rev": "0019ab3f5c2d0-000000-server~1" }],
        "rejected": [{
            "key": "ironing",
            "code": "schema_validation_failed",
            "error": "Schema validation failed",
            "details": [{
                "key": "ironing",
                "field": "title",
                "message": "must have required property 'title'",
            }],
        }],
        "serverChanges": [],
        "serverClock": "0019ab3f5c300-000000-server~2",
    })
}

pub(super) fn bad_request() -> Value {
    json!({
        "error": "limit: it is a number from 1 to 5000",
        "code": "bad_request",
    })
}

pub(super) fn schema_validation_failed() -> Value {
    json!({
        "error": "Schema validation failed",
        "code": "schema_validation_failed",
        "details": [{
            "key": "ironing",
            "field": "title",
            "message": "must have required property 'title'",
        }],
    })
}

pub(super) fn clock_skew() -> Value {
    json!({
        "error": "clientClock: it is more than 300 seconds ahead of the server's time",
        "code": "clock_skew",
        "serverTime": 1_763_888_400_000_u64,
    })
}

pub(super) fn forbidden() -> Value {
    json!({
        "error": "You are no member of the organisation that `X-Org-Id` names; `GET /orgs` lists \
            yours",
        "code": "forbidden",
    })
}
