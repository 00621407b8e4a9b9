/// What nobody can guess.
pub trait Randomness: Send + Sync {
    /// 32 random bytes; none if the operating system has none to give.
    fn bytes(&self) -> Option<[u8; 32]>;
}
