//! What is known of a range, a cell and a domicile. A range's own descriptor is the authority; meta rows are hints.

use crate::{DomicileId, Key, RangeId, ReplicaId, Span, StoreId, Timestamp, key};

/// What a replica counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ReplicaKind {
    Voter = 0,
    /// Receives the log, does not vote.
    Learner = 1,
}

#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ReplicaDescriptor {
    #[prost(uint64, tag = "1")]
    pub replica_id: u64,
    #[prost(uint64, tag = "2")]
    pub store_id: u64,
    #[prost(enumeration = "ReplicaKind", tag = "3")]
    pub kind: i32,
}

impl ReplicaDescriptor {
    pub fn replica(&self) -> ReplicaId {
        ReplicaId(self.replica_id)
    }
    pub fn store(&self) -> StoreId {
        StoreId(self.store_id)
    }
}

/// A range: a span of one domicile's keys, replicated by one Raft group.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RangeDescriptor {
    #[prost(uint64, tag = "1")]
    pub range_id: u64,
    /// Grows with every split, merge and change of replicas.
    #[prost(uint64, tag = "2")]
    pub generation: u64,
    #[prost(message, required, tag = "3")]
    pub span: Span,
    #[prost(message, repeated, tag = "4")]
    pub replicas: Vec<ReplicaDescriptor>,
    #[prost(uint64, tag = "5")]
    pub next_replica_id: u64,
    #[prost(uint32, tag = "6")]
    pub domicile_id: u32,
}

impl RangeDescriptor {
    pub fn id(&self) -> RangeId {
        RangeId(self.range_id)
    }
    pub fn domicile(&self) -> DomicileId {
        DomicileId(self.domicile_id)
    }
    pub fn contains(&self, key: &[u8]) -> bool {
        self.span.contains(key)
    }
    pub fn replica_on(&self, store: StoreId) -> Option<&ReplicaDescriptor> {
        self.replicas.iter().find(|r| r.store_id == store.0)
    }
    /// The row of the meta span under which this descriptor is published.
    pub fn meta_key(&self) -> Key {
        key::meta(self.domicile(), &self.span.end)
    }
}

/// A cell as it stands in the registry (system domicile, table `cell`).
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct CellDescriptor {
    #[prost(uint64, tag = "1")]
    pub store_id: u64,
    /// host:port of its RPC listener.
    #[prost(string, tag = "2")]
    pub address: String,
    #[prost(string, tag = "3")]
    pub region: String,
    #[prost(string, tag = "4")]
    pub zone: String,
    /// Version of the binary, such as 0.1.0.
    #[prost(string, tag = "5")]
    pub version: String,
    /// Counts the starts of the process on this store.
    #[prost(uint64, tag = "6")]
    pub epoch: u64,
    /// Last heartbeat, by the cell's clock.
    #[prost(message, required, tag = "7")]
    pub heartbeat: Timestamp,
    /// host:port of its SQL listener; empty if it has none.
    #[prost(string, tag = "8")]
    pub sql_address: String,
    #[prost(uint32, tag = "9")]
    pub replica_count: u32,
    #[prost(uint32, tag = "10")]
    pub lease_count: u32,
    #[prost(uint64, tag = "11")]
    pub used_bytes: u64,
}

/// Where rows may live, and how many copies there are.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DomicileDescriptor {
    #[prost(uint32, tag = "1")]
    pub domicile_id: u32,
    #[prost(string, tag = "2")]
    pub name: String,
    /// Regions that may hold a copy; empty means any.
    #[prost(string, repeated, tag = "3")]
    pub regions: Vec<String>,
    /// The region that should hold the leases; empty means any.
    #[prost(string, tag = "4")]
    pub home_region: String,
    #[prost(uint32, tag = "5")]
    pub voters: u32,
    /// Whether outside cells and routers may learn this domicile's keys (range boundaries). If not, only its gateway
    /// cells are known outside, and a cell inside does the look-up and splits the request.
    #[prost(bool, tag = "6")]
    pub hides_keys: bool,
    #[prost(uint32, tag = "7")]
    pub version: u32,
}

impl DomicileDescriptor {
    pub fn id(&self) -> DomicileId {
        DomicileId(self.domicile_id)
    }
    pub fn span(&self) -> Span {
        key::domicile_span(self.id())
    }
}
