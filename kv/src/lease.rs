//! The lease of a range: who may serve strong reads and propose writes, and until when.
//!
//! Leases are ours, not Raft's: a lease is a replicated command, so every replica knows the same holder at the same log
//! position. Used only up to its expiration less the cluster's maximum clock offset.

use crate::{LeaseSequence, ReplicaId, StoreId, Timestamp};

/// How a lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LeaseKind {
    /// At its expiration, unless the holder extends it.
    Expiration = 0,
}

/// One lease. `apply` accepts it only if it starts after the previous expiration, or the previous holder gave over, or
/// the same replica extends or asks again after a restart with a start above the bound of its persisted clock.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Lease {
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    #[prost(uint64, tag = "2")]
    pub replica_id: u64,
    #[prost(uint64, tag = "3")]
    pub store_id: u64,
    #[prost(message, required, tag = "4")]
    pub start: Timestamp,
    /// Exclusive.
    #[prost(message, required, tag = "5")]
    pub expiration: Timestamp,
    #[prost(enumeration = "LeaseKind", tag = "6")]
    pub kind: i32,
}

impl Lease {
    pub fn sequence(&self) -> LeaseSequence {
        LeaseSequence(self.sequence)
    }
    pub fn replica(&self) -> ReplicaId {
        ReplicaId(self.replica_id)
    }
    pub fn store(&self) -> StoreId {
        StoreId(self.store_id)
    }
    /// Whether the holder may serve a request whose greatest timestamp (uncertainty limit included) is `at`,
    /// when clocks may differ by `max_offset_ns`.
    pub fn covers(&self, at: Timestamp, max_offset_ns: u64) -> bool {
        at < self.expiration.saturating_sub_ns(max_offset_ns)
    }
}
