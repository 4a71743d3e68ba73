//! A transaction as requests carry it, and its record.
//!
//! ```text
//! writes in one domicile D      record at /D/txn/id decides
//! writes in several             /D/txn/id is DELEGATED in each, and /system/txn/id decides
//! ```
//! A recoverer that finds a local record missing writes ABORTED there; a later commit or delegation must fail on it.

use crate::{Bytes, DecodeError, Span, Timestamp, TxnId};

/// Sequence numbers `first..=last` that a ROLLBACK TO has undone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct SequenceRange {
    #[prost(uint32, tag = "1")]
    pub first: u32,
    #[prost(uint32, tag = "2")]
    pub last: u32,
}

impl SequenceRange {
    pub fn contains(&self, sequence: u32) -> bool {
        (self.first..=self.last).contains(&sequence)
    }
}

/// A transaction as its coordinator sends it with each request.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Txn {
    /// 16 bytes, see [`TxnId`].
    #[prost(bytes = "bytes", tag = "1")]
    pub id: Bytes,
    /// Counts restarts; intents of an older epoch are void.
    #[prost(uint32, tag = "2")]
    pub epoch: u32,
    /// Of the newest write in this batch; a read sees writes up to it.
    #[prost(uint32, tag = "3")]
    pub sequence: u32,
    #[prost(message, repeated, tag = "4")]
    pub ignored: Vec<SequenceRange>,
    /// All reads are at this timestamp.
    #[prost(message, required, tag = "5")]
    pub read_ts: Timestamp,
    /// Where the transaction would commit now; at or above `read_ts`.
    #[prost(message, required, tag = "6")]
    pub write_ts: Timestamp,
    /// The coordinator's clock at BEGIN; older transactions win a deadlock.
    #[prost(message, required, tag = "7")]
    pub start_ts: Timestamp,
    /// A value in `(read_ts, uncertainty_limit]` may have been committed before this transaction began.
    #[prost(message, required, tag = "8")]
    pub uncertainty_limit: Timestamp,
    /// Whether a heartbeat has made a record, so that a missing one means aborted.
    #[prost(bool, tag = "9")]
    pub has_record: bool,
}

impl Txn {
    /// # Errors
    /// `DecodeError` if the id is not 16 bytes: the sender is broken.
    pub fn txn_id(&self) -> Result<TxnId, DecodeError> {
        TxnId::from_slice(&self.id)
    }
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TxnStatus {
    Pending = 0,
    /// Reserved for parallel commit: committed if all its in-flight writes are there.
    Staging = 1,
    Committed = 2,
    Aborted = 3,
    /// This domicile's part is complete; `/system/txn/id` decides.
    Delegated = 4,
}

/// The record of a transaction in one domicile. Local records name keys of their own domicile only; the deciding record
/// in the system domicile names no key.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TxnRecord {
    #[prost(uint32, tag = "1")]
    pub version: u32,
    #[prost(enumeration = "TxnStatus", tag = "2")]
    pub status: i32,
    #[prost(uint32, tag = "3")]
    pub epoch: u32,
    /// Where it commits or committed.
    #[prost(message, required, tag = "4")]
    pub write_ts: Timestamp,
    #[prost(message, required, tag = "5")]
    pub start_ts: Timestamp,
    /// Last heartbeat, by the leaseholder's clock.
    #[prost(message, required, tag = "6")]
    pub heartbeat: Timestamp,
    /// Where its intents in this domicile may be; filled when it ends.
    #[prost(message, repeated, tag = "7")]
    pub lock_spans: Vec<Span>,
    /// Domiciles with a local record; filled in the deciding record only.
    #[prost(uint32, repeated, tag = "8")]
    pub domiciles: Vec<u32>,
    #[prost(message, repeated, tag = "9")]
    pub ignored: Vec<SequenceRange>,
}

/// Version of the record's format that this build writes.
pub const TXN_RECORD_VERSION: u32 = 1;
/// A coordinator heartbeats its records this often.
pub const HEARTBEAT_INTERVAL_MS: u64 = 1_000;
/// A pending record is abandoned when its last heartbeat is older, judged by the record's leaseholder.
pub const HEARTBEAT_EXPIRY_MS: u64 = 5_000;
