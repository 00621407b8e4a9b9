//! Who calls: session tokens.
//!
//! A session is a JSON Web Token, signed with HMAC-SHA-256 and kept by the client alone:
//! [`SessionTokens`] issues it and, as [`syncline_application::ports::Sessions`], verifies it.

mod session;

pub use session::{IssueError, SecretError, SessionTokens};
