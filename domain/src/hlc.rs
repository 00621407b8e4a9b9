//! Hybrid Logical Clocks.
//!
//! A clock is written `<13 hex milliseconds>-<6 hex sequence>-<node>`, in lower case. Both numbers
//! have a fixed width and a node is printable ASCII, so the order of the strings, byte by byte, is
//! the order of the clocks: in Rust, in JavaScript and in SQL under `COLLATE "C"`.
//!
//! Source: Kulkarni, Demirbas, Madappa, Avva, Leone: *Logical Physical Clocks and Consistent
//! Snapshots in Globally Distributed Databases*, 2014.

use std::{cmp::max, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::written;

/// The greatest length of a written clock, in bytes. A server clock carries a cursor in its node.
pub const MAX_BYTES: usize = 1024;

/// How the node of every clock that a server issued begins: such a node is nobody's device.
pub const SERVER_NODE_PREFIX: &str = "server~";

const MILLIS_DIGITS: usize = 13;
const SEQUENCE_DIGITS: usize = 6;
const NODE_OFFSET: usize = MILLIS_DIGITS + SEQUENCE_DIGITS + 2;
const MAX_MILLIS: u64 = (1 << (4 * MILLIS_DIGITS)) - 1;
const MAX_SEQUENCE: u32 = (1 << (4 * SEQUENCE_DIGITS)) - 1;

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

/// The name of whoever stamps clocks: 1 or more printable ASCII characters, at most so many that a
/// clock fits [`MAX_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(SmolStr);

/// A Hybrid Logical Clock, ordered as its written form is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hlc {
    millis: u64,
    sequence: u32,
    node: Node,
}

/// Why a text is no clock, or a clock cannot advance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HlcError {
    /// The text does not have the form `<13 hex>-<6 hex>-<node>`.
    #[error(
        "a clock is written as 13 lower-case hexadecimal digits, `-`, 6 lower-case hexadecimal \
         digits, `-` and a node"
    )]
    Malformed,
    /// The node is empty, too long, or holds something else than printable ASCII.
    #[error("the node of a clock is 1 to {max} printable ASCII characters", max = MAX_BYTES - NODE_OFFSET)]
    Node,
    /// The clock stands at the greatest value that can be written.
    #[error("the clock cannot advance beyond its greatest value")]
    Exhausted,
}

impl Node {
    /// Takes `name` as a node.
    ///
    /// # Errors
    /// [`HlcError::Node`] when it is empty, too long or not printable ASCII.
    pub fn new(name: &str) -> Result<Self, HlcError> {
        let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if name.is_empty() || name.len() > MAX_BYTES - NODE_OFFSET || !printable {
            return Err(HlcError::Node);
        }
        Ok(Self(name.into()))
    }

    /// The node as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a server issued it, so that it names no device.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.0.starts_with(SERVER_NODE_PREFIX)
    }
}

impl Hlc {
    /// The clock at `millis` with sequence 0.
    ///
    /// # Errors
    /// [`HlcError::Exhausted`] when `millis` does not fit 13 hexadecimal digits.
    pub fn new(millis: UnixMillis, node: Node) -> Result<Self, HlcError> {
        Self::from_parts(millis.0, 0, node)
    }

    /// The least clock: "nothing seen yet".
    #[must_use]
    pub fn zero() -> Self {
        Self {
            millis: 0,
            sequence: 0,
            node: Node(SmolStr::new_static("00000000")),
        }
    }

    /// Its physical part.
    #[must_use]
    pub fn millis(&self) -> UnixMillis {
        UnixMillis(self.millis)
    }

    /// Its logical part, which counts events within a millisecond.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Who stamped it.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The length of the clock as it is written, in bytes.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        NODE_OFFSET + self.node.0.len()
    }

    /// The same instant under another node.
    #[must_use]
    pub fn with_node(&self, node: Node) -> Self {
        Self { node, ..*self }
    }

    /// The clock of the next local event: `now`, or one step beyond this clock if that is later.
    /// A sequence that overflows carries into the milliseconds.
    ///
    /// # Errors
    /// [`HlcError::Exhausted`] when there is no later clock.
    pub fn tick(&self, now: UnixMillis) -> Result<Self, HlcError> {
        if now.0 > self.millis {
            return Self::from_parts(now.0, 0, self.node.clone());
        }
        let (millis, sequence) = step(self.millis, self.sequence)?;
        Self::from_parts(millis, sequence, self.node.clone())
    }

    /// The clock after hearing of `remote`: later than this clock and `remote`, and not before
    /// `now`. It keeps this clock's node.
    ///
    /// # Errors
    /// [`HlcError::Exhausted`] when there is no later clock.
    pub fn receive(&self, remote: &Self, now: UnixMillis) -> Result<Self, HlcError> {
        let latest = max(
            (self.millis, self.sequence),
            (remote.millis, remote.sequence),
        );
        Self {
            millis: latest.0,
            sequence: latest.1,
            node: self.node.clone(),
        }
        .tick(now)
    }

    /// Whether it is more than `bound` milliseconds ahead of `now`.
    #[must_use]
    pub fn is_ahead_of(&self, now: UnixMillis, bound: u64) -> bool {
        self.millis > now.0.saturating_add(bound)
    }

    fn from_parts(millis: u64, sequence: u32, node: Node) -> Result<Self, HlcError> {
        if millis > MAX_MILLIS {
            return Err(HlcError::Exhausted);
        }
        Ok(Self {
            millis,
            sequence,
            node,
        })
    }
}

fn step(millis: u64, sequence: u32) -> Result<(u64, u32), HlcError> {
    match (millis, sequence) {
        (_, sequence) if sequence < MAX_SEQUENCE => Ok((millis, sequence + 1)),
        (millis, _) if millis < MAX_MILLIS => Ok((millis + 1, 0)),
        _ => Err(HlcError::Exhausted),
    }
}

impl fmt::Display for Hlc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = [b'-'; NODE_OFFSET];
        let (millis, sequence) = numbers.split_at_mut(MILLIS_DIGITS + 1);
        write_hexadecimal(self.millis, millis.get_mut(..MILLIS_DIGITS));
        write_hexadecimal(self.sequence.into(), sequence.get_mut(..SEQUENCE_DIGITS));
        formatter.write_str(std::str::from_utf8(&numbers).map_err(|_| fmt::Error)?)?;
        formatter.write_str(&self.node.0)
    }
}

impl FromStr for Hlc {
    type Err = HlcError;

    fn from_str(text: &str) -> Result<Self, HlcError> {
        let mut parts = text.splitn(3, '-');
        let mut digits = |width| parts.next().and_then(|part| lower_hexadecimal(part, width));
        let millis = digits(MILLIS_DIGITS).ok_or(HlcError::Malformed)?;
        let sequence = digits(SEQUENCE_DIGITS).ok_or(HlcError::Malformed)?;
        let node = Node::new(parts.next().ok_or(HlcError::Malformed)?)?;
        let sequence = u32::try_from(sequence).map_err(|_| HlcError::Malformed)?;
        Ok(Self {
            millis,
            sequence,
            node,
        })
    }
}

/// Writes a number with as many digits as there is room for. Clocks are written many times for each
/// document, and formatting takes several times as long.
fn write_hexadecimal(mut number: u64, room: Option<&mut [u8]>) {
    for digit in room.into_iter().flatten().rev() {
        let value = (number & 0xf) as u8;
        *digit = if value < 10 { b'0' } else { b'a' - 10 } + value;
        number >>= 4;
    }
}

fn lower_hexadecimal(text: &str, width: usize) -> Option<u64> {
    let valid = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != width || !valid {
        return None;
    }
    u64::from_str_radix(text, 16).ok()
}

impl Serialize for Hlc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hlc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        written::deserialize(deserializer, str::parse)
    }
}
