/// First path segments that belong to the server itself, so that no application can have them.
pub(super) const RESERVED_NAMES: &[&str] = &[
    "health",
    "ready",
    "metrics",
    "openapi.json",
    "docs",
    "auth",
    "account",
    "orgs",
    "share",
    "docIndex",
];
