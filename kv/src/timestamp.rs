//! The two timestamp types: one comes from a clock and may move one, the other never does.
//!
//! Source: Kulkarni et al., "Logical Physical Clocks", 2014 (hybrid logical clocks).

use std::fmt;

/// A point in hybrid logical time: transactions and versions carry it. It may lie in the future and never moves a clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Timestamp {
    /// Nanoseconds since the Unix epoch.
    #[prost(uint64, tag = "1")]
    pub wall_ns: u64,
    /// Orders events within one nanosecond.
    #[prost(uint32, tag = "2")]
    pub logical: u32,
}

/// A reading of some node's hybrid logical clock. The only thing that may move another clock forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct ClockTimestamp {
    /// Nanoseconds since the Unix epoch.
    #[prost(uint64, tag = "1")]
    pub wall_ns: u64,
    /// Orders events within one nanosecond.
    #[prost(uint32, tag = "2")]
    pub logical: u32,
}

impl Timestamp {
    /// Before every version.
    pub const ZERO: Timestamp = Timestamp { wall_ns: 0, logical: 0 };
    /// After every version.
    pub const MAX: Timestamp = Timestamp { wall_ns: u64::MAX, logical: u32::MAX };
    /// Bytes of the memory-comparable form.
    pub const ENCODED_LEN: usize = 12;

    pub const fn new(wall_ns: u64, logical: u32) -> Self {
        Timestamp { wall_ns, logical }
    }
    pub const fn is_zero(&self) -> bool {
        self.wall_ns == 0 && self.logical == 0
    }
    /// The smallest timestamp above this one; `MAX` stays.
    pub fn next(self) -> Self {
        if self.logical < u32::MAX {
            Timestamp { logical: self.logical + 1, ..self }
        } else if self.wall_ns < u64::MAX {
            Timestamp { wall_ns: self.wall_ns + 1, logical: 0 }
        } else {
            self
        }
    }
    /// The greatest timestamp below this one; `ZERO` stays.
    pub fn prev(self) -> Self {
        if self.logical > 0 {
            Timestamp { logical: self.logical - 1, ..self }
        } else if self.wall_ns > 0 {
            Timestamp { wall_ns: self.wall_ns - 1, logical: u32::MAX }
        } else {
            self
        }
    }
    /// Moves this timestamp up to `other` and says whether it moved.
    pub fn forward(&mut self, other: Timestamp) -> bool {
        let moved = other > *self;
        if moved {
            *self = other;
        }
        moved
    }
    pub fn add_ns(self, ns: u64) -> Self {
        Timestamp { wall_ns: self.wall_ns.saturating_add(ns), logical: self.logical }
    }
    pub fn saturating_sub_ns(self, ns: u64) -> Self {
        Timestamp { wall_ns: self.wall_ns.saturating_sub(ns), logical: self.logical }
    }
    /// Big-endian, so that bytes compare as timestamps do.
    pub fn encode(self) -> [u8; Self::ENCODED_LEN] {
        let mut out = [0; Self::ENCODED_LEN];
        out[..8].copy_from_slice(&self.wall_ns.to_be_bytes());
        out[8..].copy_from_slice(&self.logical.to_be_bytes());
        out
    }
    /// # Errors
    /// `DecodeError` if `bytes` is not 12 long.
    pub fn decode(bytes: &[u8]) -> Result<Self, crate::DecodeError> {
        if bytes.len() != Self::ENCODED_LEN {
            return Err(crate::DecodeError::Length {
                what: "timestamp",
                want: Self::ENCODED_LEN,
                got: bytes.len(),
            });
        }
        let (wall, logical) = bytes.split_at(8);
        Ok(Timestamp {
            wall_ns: u64::from_be_bytes(wall.try_into().expect("8 bytes by split_at")),
            logical: u32::from_be_bytes(logical.try_into().expect("12 less 8 bytes by the length check")),
        })
    }
}

impl ClockTimestamp {
    pub const ZERO: ClockTimestamp = ClockTimestamp { wall_ns: 0, logical: 0 };
    pub const fn new(wall_ns: u64, logical: u32) -> Self {
        ClockTimestamp { wall_ns, logical }
    }
    /// A clock reading may always be used as a timestamp; the other way there is no conversion.
    pub const fn to_timestamp(self) -> Timestamp {
        Timestamp { wall_ns: self.wall_ns, logical: self.logical }
    }
}

impl From<ClockTimestamp> for Timestamp {
    fn from(c: ClockTimestamp) -> Timestamp {
        c.to_timestamp()
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09},{}", self.wall_ns / 1_000_000_000, self.wall_ns % 1_000_000_000, self.logical)
    }
}
impl fmt::Display for ClockTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_timestamp(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_and_prev_are_inverse_over_the_logical_edge() {
        let edge = Timestamp::new(5, u32::MAX);
        assert_eq!(edge.next(), Timestamp::new(6, 0));
        assert_eq!(edge.next().prev(), edge);
        assert_eq!(Timestamp::MAX.next(), Timestamp::MAX);
        assert_eq!(Timestamp::ZERO.prev(), Timestamp::ZERO);
    }

    #[test]
    fn bytes_compare_as_timestamps_do() {
        let ordered = [
            Timestamp::ZERO,
            Timestamp::new(0, 1),
            Timestamp::new(1, 0),
            Timestamp::new(256, 7),
            Timestamp::MAX,
        ];
        for pair in ordered.windows(2) {
            assert!(pair[0].encode() < pair[1].encode());
            assert_eq!(Timestamp::decode(&pair[0].encode()).unwrap(), pair[0]);
        }
    }
}
