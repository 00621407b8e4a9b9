use syncline_domain::hlc::UnixMillis;

/// The wall clock.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> UnixMillis;
}
