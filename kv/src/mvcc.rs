//! How versions and locks lie in the store.
//!
//! ```text
//! keyspace versions   key ++ !timestamp (12 bytes, complemented)  ->  tag u8, value
//! keyspace locks      key                                        ->  LockRecord
//! keyspace markers    key ++ txn id (16 bytes)                   ->  Timestamp of a one-phase commit
//! ```
//! The complement puts the newest version of a key first, so a read at `t` is one seek to `key ++ !t`.

use crate::{Bytes, DecodeError, Timestamp, TxnId, transaction::SequenceRange};
use prost::Message;

const TAG_TOMBSTONE: u8 = 0;
const TAG_VALUE: u8 = 1;

/// `key ++ !timestamp`.
pub fn version_key(key: &[u8], at: Timestamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + Timestamp::ENCODED_LEN);
    out.extend_from_slice(key);
    out.extend(at.encode().iter().map(|b| !b));
    out
}
/// The key and the timestamp of a version key.
///
/// # Errors
/// `DecodeError` if it is shorter than a timestamp: the store is corrupt.
pub fn split_version_key(bytes: &[u8]) -> Result<(&[u8], Timestamp), DecodeError> {
    let at = bytes.len().checked_sub(Timestamp::ENCODED_LEN).ok_or(DecodeError::Length {
        what: "version key",
        want: Timestamp::ENCODED_LEN,
        got: bytes.len(),
    })?;
    let (key, suffix) = bytes.split_at(at);
    let mut ts = [0; Timestamp::ENCODED_LEN];
    ts.iter_mut().zip(suffix).for_each(|(to, from)| *to = !from);
    Ok((key, Timestamp::decode(&ts)?))
}
/// `None` is a tombstone.
pub fn encode_version(value: Option<&[u8]>) -> Vec<u8> {
    match value {
        None => vec![TAG_TOMBSTONE],
        Some(v) => {
            let mut out = Vec::with_capacity(1 + v.len());
            out.push(TAG_VALUE);
            out.extend_from_slice(v);
            out
        }
    }
}
/// # Errors
/// `DecodeError` if the tag is unknown: the store is corrupt or newer than this build.
pub fn decode_version(bytes: &Bytes) -> Result<Option<Bytes>, DecodeError> {
    match bytes.first() {
        Some(&TAG_TOMBSTONE) if bytes.len() == 1 => Ok(None),
        Some(&TAG_VALUE) => Ok(Some(bytes.slice(1..))),
        _ => Err(DecodeError::Form { what: "version value" }),
    }
}
pub fn marker_key(key: &[u8], id: TxnId) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 16);
    out.extend_from_slice(key);
    out.extend_from_slice(&id.0);
    out
}

/// What a lock forbids to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LockStrength {
    /// No lock: a plain read.
    None = 0,
    /// Forbids writes and exclusive locks of others; plain reads go on.
    Exclusive = 1,
    /// An exclusive lock with a provisional value: reads above its timestamp wait too.
    Intent = 2,
}

/// One provisional value of an intent, kept so that a savepoint can bring it back.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct IntentValue {
    #[prost(uint32, tag = "1")]
    pub sequence: u32,
    /// Absent: a tombstone.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub value: Option<Bytes>,
}

/// The durable lock of one transaction on one key. It names only the transaction's id; the record decides its fate.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LockRecord {
    #[prost(bytes = "bytes", tag = "1")]
    pub txn_id: Bytes,
    #[prost(uint32, tag = "2")]
    pub epoch: u32,
    /// Timestamp at which the value would become a version.
    #[prost(message, required, tag = "3")]
    pub timestamp: Timestamp,
    #[prost(enumeration = "LockStrength", tag = "4")]
    pub strength: i32,
    /// Provisional values by ascending sequence; empty for a lock that is not an intent.
    #[prost(message, repeated, tag = "5")]
    pub history: Vec<IntentValue>,
    /// The coordinator's start, by its clock: how old a transaction without a record is.
    #[prost(message, required, tag = "6")]
    pub txn_start: Timestamp,
}

impl LockRecord {
    /// # Errors
    /// `DecodeError`: the store is corrupt.
    pub fn txn_id(&self) -> Result<TxnId, DecodeError> {
        TxnId::from_slice(&self.txn_id)
    }
    /// The provisional value that a read of the same transaction at `sequence` sees, if any: the newest that is not
    /// after `sequence` and not rolled back.
    pub fn value_at(&self, sequence: u32, ignored: &[SequenceRange]) -> Option<&IntentValue> {
        self.history
            .iter()
            .rev()
            .find(|v| v.sequence <= sequence && !ignored.iter().any(|r| r.contains(v.sequence)))
    }
    pub fn encode_to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
    /// # Errors
    /// `DecodeError`: the store is corrupt or newer than this build.
    pub fn decode_from(bytes: &[u8]) -> Result<LockRecord, DecodeError> {
        LockRecord::decode(bytes).map_err(|_| DecodeError::Form { what: "lock record" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_version_comes_first_and_round_trips() {
        let (old, new) = (version_key(b"k", Timestamp::new(1, 0)), version_key(b"k", Timestamp::new(2, 3)));
        assert!(new < old);
        assert_eq!(split_version_key(&new).unwrap(), (&b"k"[..], Timestamp::new(2, 3)));
        assert!(split_version_key(b"short").is_err());
    }

    #[test]
    fn tombstone_and_empty_value_differ() {
        let tomb = Bytes::from(encode_version(None));
        let empty = Bytes::from(encode_version(Some(b"")));
        assert_eq!(decode_version(&tomb).unwrap(), None);
        assert_eq!(decode_version(&empty).unwrap(), Some(Bytes::new()));
        assert!(decode_version(&Bytes::from_static(b"\x07x")).is_err());
    }

    #[test]
    fn a_rolled_back_sequence_is_not_seen() {
        let v = |sequence| IntentValue { sequence, value: None };
        let lock = LockRecord { history: vec![v(1), v(4), v(6)], ..Default::default() };
        let ignored = [SequenceRange { first: 4, last: 5 }];
        assert_eq!(lock.value_at(5, &ignored).unwrap().sequence, 1);
        assert_eq!(lock.value_at(6, &ignored).unwrap().sequence, 6);
        assert!(lock.value_at(0, &[]).is_none());
    }
}
