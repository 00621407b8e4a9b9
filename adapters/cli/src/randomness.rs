//! Randomness of the operating system.

use rand::{TryRng, rngs::SysRng};
use syncline_application::ports::Randomness;

/// Asks the operating system each time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn bytes(&self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).ok().map(|()| bytes)
    }
}
