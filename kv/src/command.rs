//! The replicated command: the effect of an evaluated batch. Apply is deterministic; it runs no user code and reads no clock.
//!
//! ```text
//! WriteBatch bytes:  op*   op = keyspace u8 | delete bit 0x80, key length u32 LE, key, [value length u32 LE, value]
//! ```

use crate::{Bytes, DecodeError, Lease, RangeDescriptor, Timestamp};

/// Version of the command's format that this build proposes.
pub const COMMAND_VERSION: u32 = 1;

/// The parts of a cell's state store. Write batches are atomic across them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Keyspace {
    /// `key ++ !timestamp` -> version.
    Versions = 0,
    /// `key` -> LockRecord.
    Locks = 1,
    /// `key ++ txn id` -> timestamp of a one-phase commit.
    Markers = 2,
    /// By range id: descriptor, lease, applied state (written by apply itself, never by a command's batch).
    Local = 3,
    /// Identity of the store.
    Store = 4,
}

impl Keyspace {
    pub const ALL: [Keyspace; 5] =
        [Keyspace::Versions, Keyspace::Locks, Keyspace::Markers, Keyspace::Local, Keyspace::Store];

    pub fn from_u8(v: u8) -> Option<Keyspace> {
        Keyspace::ALL.get(usize::from(v)).copied()
    }
}

const DELETE_BIT: u8 = 0x80;

/// Writes to the state store, in order, in one flat buffer: the same bytes in the log and on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteBatch {
    bytes: Vec<u8>,
    len: usize,
}

/// One write; `value: None` deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write<'a> {
    pub keyspace: Keyspace,
    pub key: &'a [u8],
    pub value: Option<&'a [u8]>,
}

impl WriteBatch {
    pub fn put(&mut self, keyspace: Keyspace, key: &[u8], value: &[u8]) {
        self.bytes.push(keyspace as u8);
        self.push_part(key);
        self.push_part(value);
        self.len += 1;
    }
    pub fn delete(&mut self, keyspace: Keyspace, key: &[u8]) {
        self.bytes.push(keyspace as u8 | DELETE_BIT);
        self.push_part(key);
        self.len += 1;
    }
    fn push_part(&mut self, part: &[u8]) {
        let len =
            u32::try_from(part.len()).expect("keys and values are bounded far below 4 GiB at the request");
        self.bytes.extend_from_slice(&len.to_le_bytes());
        self.bytes.extend_from_slice(part);
    }
    /// Reads the flat form.
    ///
    /// # Errors
    /// `DecodeError`: the bytes are corrupt.
    pub fn decode(bytes: &[u8]) -> Result<WriteBatch, DecodeError> {
        let mut len = 0;
        for write in WriteIter::new(bytes) {
            write?;
            len += 1;
        }
        Ok(WriteBatch { bytes: bytes.to_vec(), len })
    }
    /// Writes in it.
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
    pub fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }
    pub fn append(&mut self, other: &WriteBatch) {
        self.bytes.extend_from_slice(&other.bytes);
        self.len += other.len;
    }
    pub fn iter(&self) -> WriteIter<'_> {
        WriteIter { rest: &self.bytes }
    }
}

/// Reads the flat form; ends after the first error.
pub struct WriteIter<'a> {
    rest: &'a [u8],
}

impl<'a> WriteIter<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        WriteIter { rest: bytes }
    }
    fn part(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.rest.split_at_checked(4)?;
        let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
        let (part, rest) = rest.split_at_checked(len)?;
        self.rest = rest;
        Some(part)
    }
    fn read(&mut self) -> Option<Write<'a>> {
        let (&tag, rest) = self.rest.split_first()?;
        self.rest = rest;
        let keyspace = Keyspace::from_u8(tag & !DELETE_BIT)?;
        let key = self.part()?;
        let value = if tag & DELETE_BIT == 0 { Some(self.part()?) } else { None };
        Some(Write { keyspace, key, value })
    }
}

impl<'a> Iterator for WriteIter<'a> {
    type Item = Result<Write<'a>, DecodeError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let write = self.read().ok_or(DecodeError::Form { what: "write batch" });
        if write.is_err() {
            self.rest = &[];
        }
        Some(write)
    }
}

/// What the leaseholder proposes and every replica applies.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Command {
    #[prost(uint32, tag = "1")]
    pub version: u32,
    #[prost(uint64, tag = "2")]
    pub range_id: u64,
    /// Apply drops the command if this is not the current lease's sequence (a lease command names the previous one's).
    #[prost(uint64, tag = "3")]
    pub lease_sequence: u64,
    /// Apply drops the command if this is not above the range's last: a repeated or reordered proposal.
    #[prost(uint64, tag = "4")]
    pub lease_index: u64,
    /// No later command of this lease writes at or below it.
    #[prost(message, required, tag = "5")]
    pub closed: Timestamp,
    /// Flat form of [`WriteBatch`].
    #[prost(bytes = "bytes", tag = "6")]
    pub writes: Bytes,
    #[prost(oneof = "Change", tags = "7,8,9")]
    pub change: Option<Change>,
    /// Bytes that the range gained (negative: lost), an estimate for splits.
    #[prost(sint64, tag = "10")]
    pub bytes_delta: i64,
}

/// What a command changes besides keys.
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum Change {
    #[prost(message, tag = "7")]
    Lease(LeaseChange),
    #[prost(message, tag = "8")]
    Split(Split),
    #[prost(message, tag = "9")]
    Descriptor(RangeDescriptor),
}

/// A new, extended or transferred lease.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LeaseChange {
    #[prost(message, required, tag = "1")]
    pub lease: Lease,
    /// Set by a holder that gives its lease over: nothing was or will be served above it by the old holder.
    #[prost(message, optional, tag = "2")]
    pub read_summary: Option<Timestamp>,
    /// The holder gave it over by itself (otherwise the previous one must have expired).
    #[prost(bool, tag = "3")]
    pub transfer: bool,
}

/// Cuts a range in two. The right half's replicas are born on the same stores, by apply.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Split {
    #[prost(message, required, tag = "1")]
    pub left: RangeDescriptor,
    #[prost(message, required, tag = "2")]
    pub right: RangeDescriptor,
    /// At least as high as the timestamp cache and the closed timestamp of the range when it was cut.
    #[prost(message, required, tag = "3")]
    pub read_summary: Timestamp,
    /// The replica id of the right half that should lead first, on the leaseholder's store.
    #[prost(uint64, tag = "4")]
    pub right_leader: u64,
    /// How many of the range's bytes go to the right half, an estimate.
    #[prost(uint64, tag = "5")]
    pub right_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_come_back_in_order() {
        let mut batch = WriteBatch::default();
        batch.put(Keyspace::Versions, b"a", b"1");
        batch.delete(Keyspace::Locks, b"a");
        let got: Vec<_> = batch.iter().collect::<Result<_, _>>().unwrap();
        assert_eq!(got[0], Write { keyspace: Keyspace::Versions, key: b"a", value: Some(b"1") });
        assert_eq!(got[1], Write { keyspace: Keyspace::Locks, key: b"a", value: None });
        assert_eq!(batch.len(), 2);
        assert_eq!(WriteBatch::decode(batch.as_bytes()).unwrap(), batch);
    }

    #[test]
    fn a_torn_batch_is_an_error_once() {
        let mut batch = WriteBatch::default();
        batch.put(Keyspace::Versions, b"abc", b"def");
        let torn = &batch.as_bytes()[..batch.as_bytes().len() - 1];
        let mut iter = WriteIter::new(torn);
        assert!(iter.next().unwrap().is_err());
        assert!(iter.next().is_none());
    }
}
