//! Who calls: those who vouch for people, and session tokens.
//!
//! | module | what it does |
//! |---|---|
//! | `session` | session tokens: JSON Web Tokens, signed with HMAC-SHA-256 and kept by the client alone |
//! | `issuers` | tokens of other issuers, checked with their public keys |
//! | `callers` | whose token it is, whoever issued it |
//! | `providers` | signing in through Google, GitHub, Microsoft and Apple |
//! | `document` | JSON documents of others, fetched when needed and kept |
//! | `discovery` | what an issuer says of itself |
//! | `http` | requests to providers and issuers |
//!
//! To add a provider: a name in `syncline_domain::identity::Provider`, its ways in `providers`, and
//! its keys in the configuration.

mod callers;
mod discovery;
mod document;
mod http;
mod issuers;
mod providers;
mod session;

pub use callers::Callers;
pub use http::{HttpClient, HttpClientError};
pub use issuers::{ExternalIssuers, IssuerSettings};
pub use providers::{ProviderSettings, Providers, ProvidersError};
pub use session::{SecretError, SessionTokens};
