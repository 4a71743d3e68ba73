//! Versions and intents over the state store: how a key is read at a timestamp, written, and its intent resolved.
//!
//! ```text
//! one key       locks     key            -> intent of one transaction, with its history by sequence
//!               versions  key ++ !ts     -> committed values, newest first
//!
//! read at t     own intent (epoch, sequence, ignored)  |  newest version <= t
//! conflict      another's intent <= max(t, uncertainty limit)
//! uncertain     newest version in (t, uncertainty limit]
//! ```
//! Pure over a [`Workspace`]: no clock, no waiting, no table of locks in memory.

pub mod read;
pub mod resolve;
pub mod scan;
pub mod workspace;
pub mod write;

use crate::seam::StoreError;
use kv::{
    DecodeError, Key, Timestamp, TxnId,
    mvcc::{LockRecord, LockStrength},
    transaction::SequenceRange,
};
pub use workspace::Workspace;

/// A transaction as versions and intents are seen by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxnView {
    pub id: TxnId,
    pub epoch: u32,
    /// Own writes up to it are seen.
    pub sequence: u32,
    pub ignored: Vec<SequenceRange>,
    pub start_ts: Timestamp,
}

impl TxnView {
    /// # Errors
    /// `DecodeError`: the sender is broken.
    pub fn new(txn: &kv::Txn) -> Result<TxnView, DecodeError> {
        Ok(TxnView {
            id: txn.txn_id()?,
            epoch: txn.epoch,
            sequence: txn.sequence,
            ignored: txn.ignored.clone(),
            start_ts: txn.start_ts,
        })
    }
}

/// How a read looks at the versions of a key.
#[derive(Clone, Copy, Debug)]
pub struct ReadAt<'a> {
    pub read_ts: Timestamp,
    /// At or below `read_ts`: there is no uncertainty.
    pub uncertainty_limit: Timestamp,
    pub txn: Option<&'a TxnView>,
    /// Fails on anything newer than `read_ts`, and on any lock of another: a read that locks.
    pub newest: bool,
}

impl ReadAt<'_> {
    /// Nothing above it matters to the read.
    fn limit(&self) -> Timestamp {
        if self.newest { Timestamp::MAX } else { self.read_ts.max(self.uncertainty_limit) }
    }
    fn conflicts(&self, lock: &LockRecord) -> bool {
        self.newest || (lock.strength == LockStrength::Intent as i32 && lock.timestamp <= self.limit())
    }
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub txn_id: TxnId,
    /// The transaction's start by its coordinator's clock.
    pub start_ts: Timestamp,
    /// Of an intent: where its value would become a version.
    pub timestamp: Timestamp,
    pub strength: LockStrength,
    /// It lies in the store (otherwise only in the lock table).
    pub replicated: bool,
}

impl Holder {
    /// # Errors
    /// `DecodeError`: the store is corrupt.
    pub fn of_record(lock: &LockRecord) -> Result<Holder, DecodeError> {
        Ok(Holder {
            txn_id: lock.txn_id()?,
            start_ts: lock.txn_start,
            timestamp: lock.timestamp,
            strength: LockStrength::try_from(lock.strength)
                .map_err(|_| DecodeError::Form { what: "lock strength" })?,
            replicated: true,
        })
    }
}

/// A lock of another transaction that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub key: Key,
    /// `None`: nobody holds the lock, but another request is next in its queue.
    pub holder: Option<Holder>,
}

/// Why a key could not be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MvccError {
    #[error("{} locks are in the way", .0.len())]
    Conflict(Vec<Conflict>),
    #[error("a value at {0} may be in the past of this read")]
    Uncertain(Timestamp),
    /// A version at `actual` exists, at or above the timestamp at which a plain version must be written or above that of a read.
    #[error("a newer version at {actual} exists")]
    TooOld { key: Key, actual: Timestamp },
    /// The key holds an intent of a newer epoch of the same transaction: the request was overtaken.
    #[error("request of epoch {got} after epoch {seen}")]
    StaleEpoch { got: u32, seen: u32 },
    /// A write repeats a sequence number with another value, or comes after a later one.
    #[error("write of sequence {got} after sequence {seen}")]
    SequenceOrder { got: u32, seen: u32 },
    /// The transaction's own intent lies where a plain version should be written.
    #[error("an own intent is in the way of a one-phase write")]
    OwnIntent,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("state does not decode: {0}")]
    Decode(#[from] DecodeError),
}
