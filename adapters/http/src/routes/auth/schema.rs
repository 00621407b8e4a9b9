//! What stands in several sign-ins.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

use utoipa::{IntoParams, ToSchema};

/// Through whom people sign in. `dev` is nobody: on the developer's own machine, anyone may be
/// anyone.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum Provider {
    Google,
    #[schema(rename = "github")]
    GitHub,
    Microsoft,
    Apple,
    #[schema(rename = "dev")]
    Development,
}

/// The path of a provider.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ProviderName {
    provider: Provider,
}
