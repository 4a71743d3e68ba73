//! Why a batch was not served. `kind()` says what the caller should do next.

use crate::{Bytes, Key, Lease, RangeDescriptor, Timestamp, TxnId, key::Redacted};
use std::fmt;

/// Bytes that are not of the expected form: corruption, or a newer format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("{what} of {got} bytes, want {want}")]
    Length { what: &'static str, want: usize, got: usize },
    #[error("{what} is malformed")]
    Form { what: &'static str },
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Ask again, elsewhere: the routing was stale. Handled by the sender, never seen by a transaction.
    Reroute,
    /// Ask the same again, later: nothing was done.
    Retry,
    /// Restart the transaction at a higher timestamp (or refresh and go on).
    RestartTxn,
    /// The transaction is gone; begin anew.
    AbortTxn,
    /// The request cannot succeed as it is; tell the client.
    Reject,
    /// It may or may not have happened.
    Ambiguous,
    /// Data on a disk or wire is damaged.
    Corrupt,
    /// A broken invariant: a fault in this program.
    Bug,
}

/// An error of a range, as it travels.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ErrorReply {
    #[prost(oneof = "KvError", tags = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22")]
    pub error: Option<KvError>,
    #[prost(message, required, tag = "30")]
    pub now: crate::ClockTimestamp,
}

/// Named after the fact. Contains keys only where the receiver already knew them (it sent them).
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum KvError {
    #[prost(message, tag = "1")]
    NotLeaseholder(NotLeaseholder),
    #[prost(message, tag = "2")]
    RangeMismatch(RangeMismatch),
    #[prost(message, tag = "3")]
    RangeNotFound(RangeNotFound),
    #[prost(message, tag = "4")]
    WriteTooOld(WriteTooOld),
    #[prost(message, tag = "5")]
    UncertainRead(UncertainRead),
    #[prost(message, tag = "6")]
    TxnAborted(TxnAborted),
    #[prost(message, tag = "7")]
    TxnRetry(TxnRetry),
    #[prost(message, tag = "8")]
    LockConflict(LockConflict),
    #[prost(message, tag = "9")]
    ConditionFailed(ConditionFailed),
    #[prost(message, tag = "10")]
    Deadlock(Deadlock),
    #[prost(message, tag = "11")]
    Ambiguous(Message),
    /// The disk reserve is met: writes are refused, reads go on.
    #[prost(message, tag = "12")]
    StoreFull(Message),
    #[prost(message, tag = "13")]
    Overloaded(Message),
    #[prost(message, tag = "14")]
    DeadlineExceeded(Message),
    #[prost(message, tag = "15")]
    Unavailable(Message),
    #[prost(message, tag = "16")]
    Corrupt(Message),
    #[prost(message, tag = "17")]
    BelowCollection(BelowCollection),
    #[prost(message, tag = "18")]
    InvalidRequest(Message),
    #[prost(message, tag = "19")]
    Bug(Message),
    /// The commit would lie at or above `commit_below`: the descriptors it used may have changed.
    #[prost(message, tag = "20")]
    CommitTooLate(Message),
    /// The cell serves nothing for now (clock out of bounds, shutting down, not initialised).
    #[prost(message, tag = "21")]
    NotServing(Message),
    #[prost(message, tag = "22")]
    CounterOverflow(Message),
}

#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Message {
    #[prost(string, tag = "1")]
    pub text: String,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct NotLeaseholder {
    /// Who holds it, if known.
    #[prost(message, optional, tag = "1")]
    pub lease: Option<Lease>,
    #[prost(message, optional, tag = "2")]
    pub range: Option<RangeDescriptor>,
}
/// A span lies outside the range, or the generation is old; `ranges` are newer descriptors.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RangeMismatch {
    #[prost(message, repeated, tag = "1")]
    pub ranges: Vec<RangeDescriptor>,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RangeNotFound {
    #[prost(uint64, tag = "1")]
    pub range_id: u64,
    #[prost(uint64, tag = "2")]
    pub store_id: u64,
}
/// A version at or above the transaction's read timestamp exists; the write must go above `actual`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct WriteTooOld {
    #[prost(message, required, tag = "1")]
    pub actual: Timestamp,
    #[prost(bytes = "bytes", tag = "2")]
    pub key: Key,
}
/// A value above the read timestamp may have been committed before the transaction began.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct UncertainRead {
    #[prost(message, required, tag = "1")]
    pub value_ts: Timestamp,
    /// A read at this timestamp or above is certain of this server's clock.
    #[prost(message, required, tag = "2")]
    pub local_limit: Timestamp,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TxnAborted {
    #[prost(bytes = "bytes", tag = "1")]
    pub txn_id: Bytes,
    /// What happened, without values.
    #[prost(string, tag = "2")]
    pub reason: String,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TxnRetry {
    #[prost(message, required, tag = "1")]
    pub retry_at: Timestamp,
    #[prost(string, tag = "2")]
    pub reason: String,
    /// The span whose refresh failed, if that is why.
    #[prost(bytes = "bytes", tag = "3")]
    pub key: Key,
}
/// NOWAIT met a lock, or the lock timeout passed.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LockConflict {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub holder_id: Bytes,
    /// Zero: NOWAIT.
    #[prost(uint64, tag = "3")]
    pub waited_ms: u64,
}
/// Another value is there.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ConditionFailed {
    /// Which request of the batch.
    #[prost(uint32, tag = "1")]
    pub index: u32,
    #[prost(bytes = "bytes", tag = "2")]
    pub key: Key,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub actual: Option<Bytes>,
}
/// The transaction was chosen to die so that the others go on.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Deadlock {
    /// The circle, the victim first.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub txn_ids: Vec<Bytes>,
}
/// Versions at this timestamp have been collected.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BelowCollection {
    #[prost(message, required, tag = "1")]
    pub read_ts: Timestamp,
    #[prost(message, required, tag = "2")]
    pub threshold: Timestamp,
}

impl Message {
    pub fn new(text: impl Into<String>) -> Self {
        Message { text: text.into() }
    }
}

impl KvError {
    pub fn bug(text: impl Into<String>) -> KvError {
        KvError::Bug(Message::new(text))
    }
    pub fn unavailable(text: impl Into<String>) -> KvError {
        KvError::Unavailable(Message::new(text))
    }
    pub fn invalid(text: impl Into<String>) -> KvError {
        KvError::InvalidRequest(Message::new(text))
    }
    pub fn kind(&self) -> ErrorKind {
        match self {
            KvError::NotLeaseholder(_)
            | KvError::RangeMismatch(_)
            | KvError::RangeNotFound(_)
            | KvError::NotServing(_) => ErrorKind::Reroute,
            KvError::Overloaded(_) | KvError::Unavailable(_) => ErrorKind::Retry,
            KvError::WriteTooOld(_)
            | KvError::UncertainRead(_)
            | KvError::TxnRetry(_)
            | KvError::CommitTooLate(_) => ErrorKind::RestartTxn,
            KvError::TxnAborted(_) | KvError::Deadlock(_) => ErrorKind::AbortTxn,
            KvError::LockConflict(_)
            | KvError::ConditionFailed(_)
            | KvError::StoreFull(_)
            | KvError::DeadlineExceeded(_)
            | KvError::BelowCollection(_)
            | KvError::CounterOverflow(_)
            | KvError::InvalidRequest(_) => ErrorKind::Reject,
            KvError::Ambiguous(_) => ErrorKind::Ambiguous,
            KvError::Corrupt(_) => ErrorKind::Corrupt,
            KvError::Bug(_) => ErrorKind::Bug,
        }
    }
}

fn id(bytes: &[u8]) -> String {
    TxnId::from_slice(bytes).map_or_else(|_| "?".to_owned(), |id| id.to_string())
}

impl fmt::Display for KvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KvError::NotLeaseholder(e) => match &e.lease {
                Some(l) => write!(f, "not the leaseholder, store {} is", l.store_id),
                None => write!(f, "not the leaseholder"),
            },
            KvError::RangeMismatch(e) => {
                write!(f, "span outside the range, {} newer descriptors", e.ranges.len())
            }
            KvError::RangeNotFound(e) => {
                write!(f, "range {} has no replica on store {}", e.range_id, e.store_id)
            }
            KvError::WriteTooOld(e) => {
                write!(f, "a newer version at {} exists at {}", e.actual, Redacted(&e.key))
            }
            KvError::UncertainRead(e) => {
                write!(f, "a value at {} may be in the past of this read", e.value_ts)
            }
            KvError::TxnAborted(e) => write!(f, "transaction {} aborted: {}", id(&e.txn_id), e.reason),
            KvError::TxnRetry(e) => write!(f, "transaction must restart at {}: {}", e.retry_at, e.reason),
            KvError::LockConflict(e) if e.waited_ms == 0 => {
                write!(f, "locked by transaction {}", id(&e.holder_id))
            }
            KvError::LockConflict(e) => {
                write!(f, "still locked by transaction {} after {} ms", id(&e.holder_id), e.waited_ms)
            }
            KvError::ConditionFailed(e) => write!(f, "another value exists at {}", Redacted(&e.key)),
            KvError::Deadlock(e) => {
                let ids: Vec<_> = e.txn_ids.iter().map(|i| id(i)).collect();
                write!(f, "deadlock of transactions {}", ids.join(", "))
            }
            KvError::Ambiguous(m) => write!(f, "fate unknown: {}", m.text),
            KvError::StoreFull(m) => write!(f, "store full: {}", m.text),
            KvError::Overloaded(m) => write!(f, "overloaded: {}", m.text),
            KvError::DeadlineExceeded(m) => write!(f, "deadline exceeded: {}", m.text),
            KvError::Unavailable(m) => write!(f, "unavailable: {}", m.text),
            KvError::Corrupt(m) => write!(f, "corrupt: {}", m.text),
            KvError::BelowCollection(e) => {
                write!(f, "read at {} below the collection threshold {}", e.read_ts, e.threshold)
            }
            KvError::InvalidRequest(m) => write!(f, "invalid request: {}", m.text),
            KvError::Bug(m) => write!(f, "internal error: {}", m.text),
            KvError::CommitTooLate(m) => write!(f, "commit too late: {}", m.text),
            KvError::NotServing(m) => write!(f, "not serving: {}", m.text),
            KvError::CounterOverflow(m) => write!(f, "counter overflow: {}", m.text),
        }
    }
}
impl std::error::Error for KvError {}
