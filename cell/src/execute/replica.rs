//! What the life of a batch needs of its replica: the descriptor, the lease, the applied state, and consensus.
//!
//! ```text
//! Executor --check_lease, store, propose--> dyn RangeReplica (cell::replica)
//! replica  --closed_target, on_lease_start, on_lease_end, on_split--> Concurrency (shared by both)
//! ```
//! The replica owns no latch and no lock; the executor owns no log and no lease.

use crate::seam::StateReader;
use async_trait::async_trait;
use kv::{KvError, Lease, RangeDescriptor, StoreId, Timestamp, command::WriteBatch, reply::RangeInfoReply};
use std::sync::Arc;

/// The effect of an evaluated batch, before it has a place in the log. The replica gives it the lease's sequence, a lease
/// index and a closed timestamp (from `Concurrency::closed_target`).
#[derive(Debug, Default)]
pub struct Proposal {
    pub writes: WriteBatch,
    /// Bytes that the range gains (negative: loses), an estimate.
    pub bytes_delta: i64,
}

/// The proposal was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub lease_index: u64,
}

/// Why a proposal has not been applied.
#[derive(Clone, Debug)]
pub enum ProposeError {
    /// It was certainly not applied and never will be: never handed to the log, or dropped by its lease sequence or lease
    /// index. The error says what the sender should do (mostly of kind `Reroute` or `Retry`).
    NotApplied(KvError),
    /// Its fate cannot be learnt here (the replica stops). Never sent again as new.
    Unknown(String),
}

impl From<ProposeError> for KvError {
    fn from(e: ProposeError) -> KvError {
        match e {
            ProposeError::NotApplied(e) => e,
            ProposeError::Unknown(text) => KvError::Ambiguous(kv::error::Message::new(text)),
        }
    }
}

/// One replica of one range, as the executor sees it.
#[async_trait]
pub trait RangeReplica: Send + Sync {
    /// The descriptor as of the applied state.
    fn descriptor(&self) -> Arc<RangeDescriptor>;
    /// The lease, if this replica holds it now and it covers `at` less the maximum clock offset: an atomic look, without a
    /// message. False as soon as a transfer has begun.
    ///
    /// # Errors
    /// `NotLeaseholder` (with the lease if another holds it), or `NotServing`.
    fn check_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError>;
    /// Makes sure that this replica holds a lease that covers `at`: asks for one, or extends it, when it may. Calls at the
    /// same time share one request.
    ///
    /// # Errors
    /// `NotLeaseholder` with the holder, `Unavailable` if none can be had now, `InvalidRequest` if `at` lies too far in
    /// the future for any lease.
    async fn acquire_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError>;
    /// The applied state of the store. The executor reads only keys of this range, under latches.
    fn reader(&self) -> &dyn StateReader;
    /// A reader that later writes do not change, for reads without latches.
    fn snapshot(&self) -> Box<dyn StateReader>;
    /// No later command of any lease writes at or below it: reads up to it need no lease.
    fn closed(&self) -> Timestamp;
    /// Versions below it may have been collected; reads below it are refused. Zero: none were.
    fn collected_below(&self) -> Timestamp;
    /// Whether writes are admitted now.
    ///
    /// # Errors
    /// `StoreFull` at the disk reserve, `Overloaded` when too many proposals are in flight.
    fn admit_write(&self) -> Result<(), KvError>;
    /// Replicates the effect of an evaluation under the lease it was evaluated under, and returns when its fate is known.
    /// The caller holds the latches until then and does not cancel the call.
    async fn propose(&self, lease: &Lease, proposal: Proposal) -> Result<Applied, ProposeError>;
    /// Cuts the range at `key`. The executor calls it with a write latch over the whole span of the range from `key` on, so
    /// that `Concurrency::read_summary` is final for the right half; a split decided by size goes through
    /// `Executor::execute` too.
    async fn admin_split(&self, lease: &Lease, key: &[u8]) -> Result<(), KvError>;
    /// Gives the lease to the replica on `target`.
    async fn transfer_lease(&self, target: StoreId) -> Result<(), KvError>;
    fn range_info(&self) -> RangeInfoReply;
}
