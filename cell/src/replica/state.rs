//! A range's rows in the local keyspace: what apply has made of the log so far, and what a replica is born from.
//!
//! ```text
//! range id u64 BE ++ tag u8      1 descriptor   2 lease        3 applied state   4 membership
//!                                5 seed         6 tombstone    7 install marker (reserved)
//! ```
//! Applied state and data are written in one batch. The rows of a right half are written by the apply of the split in
//! the same batch as the left half's, then synced, and only then the log is seeded (DESIGN 4); a start that finds the
//! rows without the log's seed writes it.

use crate::{
    raft::{self, LogId, Member, Membership, StoredMembership, codec},
    seam::{StateReader, StoreError},
};
use bytes::Bytes;
use kv::{
    Lease, RangeDescriptor, RangeId, ReplicaId, StoreId, Timestamp,
    command::{Keyspace, WriteBatch},
};
use prost::Message;
use std::collections::BTreeMap;

const TAG_DESCRIPTOR: u8 = 1;
const TAG_LEASE: u8 = 2;
const TAG_APPLIED: u8 = 3;
const TAG_MEMBERSHIP: u8 = 4;
const TAG_SEED: u8 = 5;
const TAG_TOMBSTONE: u8 = 6;

fn row(range: RangeId, tag: u8) -> [u8; 9] {
    let mut key = [tag; 9];
    key[..8].copy_from_slice(&range.0.to_be_bytes());
    key
}

/// How far the log has been applied.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct AppliedState {
    #[prost(uint64, tag = "1")]
    term: u64,
    #[prost(uint64, tag = "2")]
    leader: u64,
    #[prost(uint64, tag = "3")]
    index: u64,
    /// Of the last command that was not dropped.
    #[prost(uint64, tag = "4")]
    pub lease_index: u64,
    #[prost(message, required, tag = "5")]
    pub closed: Timestamp,
    /// Of keys and values, an estimate.
    #[prost(uint64, tag = "6")]
    pub bytes: u64,
}

impl AppliedState {
    pub fn log_id(&self) -> LogId {
        raft::log_id(self.term, self.leader, self.index)
    }
    pub fn set_log_id(&mut self, at: &LogId) {
        let leader = at.committed_leader_id();
        (self.term, self.leader, self.index) = (leader.term, leader.node_id, at.index);
    }
}

/// The current lease and what came with it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct LeaseState {
    #[prost(message, required, tag = "1")]
    pub lease: Lease,
    /// Of the transfer or split by which it was got; zero: none.
    #[prost(message, required, tag = "2")]
    pub read_summary: Timestamp,
}

/// The replica that leads a new range first; all replicas are seeded alike with it.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Seed {
    #[prost(uint64, tag = "1")]
    pub leader: u64,
}

impl Seed {
    /// Applied and purged log id that all replicas start from.
    pub fn log_id(&self) -> LogId {
        raft::log_id(raft::SEED_TERM, self.leader, raft::SEED_INDEX)
    }
    pub fn vote(&self) -> raft::Vote {
        raft::vote(raft::SEED_TERM, self.leader)
    }
}

/// Left by a removed replica: the range may come back only with a higher replica id.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Tombstone {
    #[prost(uint64, tag = "1")]
    pub next_replica_id: u64,
}

/// All of a range's local rows.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalState {
    pub descriptor: RangeDescriptor,
    pub lease: LeaseState,
    pub applied: AppliedState,
    pub membership: StoredMembership,
    pub seed: Seed,
}

/// The group's members by a descriptor.
pub fn membership(descriptor: &RangeDescriptor) -> Membership {
    let members: BTreeMap<u64, Member> =
        descriptor.replicas.iter().map(|r| (r.replica_id, Member { store_id: r.store_id })).collect();
    Membership::from(members)
}

impl LocalState {
    /// A range that begins: by hand, or as the right half of a split (which inherits lease, summary and closed timestamp).
    pub fn new(
        descriptor: RangeDescriptor,
        leader: ReplicaId,
        lease: LeaseState,
        closed: Timestamp,
        bytes: u64,
    ) -> Self {
        let seed = Seed { leader: leader.0 };
        let mut applied = AppliedState { closed, bytes, ..Default::default() };
        applied.set_log_id(&seed.log_id());
        let membership = StoredMembership::new(Some(seed.log_id()), membership(&descriptor));
        LocalState { descriptor, lease, applied, membership, seed }
    }
    pub fn range_id(&self) -> RangeId {
        self.descriptor.id()
    }
    /// This store's replica.
    pub fn replica_on(&self, store: StoreId) -> Option<ReplicaId> {
        self.descriptor.replica_on(store).map(|r| r.replica())
    }
    /// All rows.
    pub fn put(&self, batch: &mut WriteBatch) {
        let range = self.range_id();
        put_descriptor(batch, &self.descriptor);
        put_lease(batch, range, &self.lease);
        put_applied(batch, range, &self.applied);
        put_membership(batch, range, &self.membership);
        batch.put(Keyspace::Local, &row(range, TAG_SEED), &self.seed.encode_to_vec());
    }
    /// The rows of a range, if it has any.
    ///
    /// # Errors
    /// `Corrupt` if some are missing or do not decode.
    pub fn load(reader: &dyn StateReader, range: RangeId) -> Result<Option<LocalState>, StoreError> {
        let get = |tag: u8| reader.get(Keyspace::Local, &row(range, tag));
        let Some(descriptor) = get(TAG_DESCRIPTOR)? else { return Ok(None) };
        let want = |tag: u8, what: &str| {
            get(tag)?.ok_or_else(|| {
                StoreError::Corrupt(format!("range {range} has no {what} in the local keyspace"))
            })
        };
        let bad = |what: &str, e: &dyn std::fmt::Display| {
            StoreError::Corrupt(format!("{what} of range {range} in the local keyspace: {e}"))
        };
        fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, prost::DecodeError> {
            M::decode(bytes)
        }
        let membership = want(TAG_MEMBERSHIP, "membership")?;
        Ok(Some(LocalState {
            descriptor: decode(descriptor).map_err(|e| bad("descriptor", &e))?,
            lease: decode(want(TAG_LEASE, "lease")?).map_err(|e| bad("lease", &e))?,
            applied: decode(want(TAG_APPLIED, "applied state")?).map_err(|e| bad("applied state", &e))?,
            membership: codec::decode_membership(&membership).map_err(|e| bad("membership", &e))?,
            seed: decode(want(TAG_SEED, "seed")?).map_err(|e| bad("seed", &e))?,
        }))
    }
    /// The ranges that have rows here, in order of their ids.
    ///
    /// # Errors
    /// The store failed.
    pub fn list(reader: &dyn StateReader) -> Result<Vec<RangeId>, StoreError> {
        let mut out = Vec::new();
        for pair in reader.range(Keyspace::Local, &[], &[], false) {
            let (key, _) = pair?;
            if key.len() == 9 && key[8] == TAG_DESCRIPTOR {
                out.push(RangeId(u64::from_be_bytes(key[..8].try_into().expect("8 of 9 bytes"))));
            }
        }
        Ok(out)
    }
}

pub fn put_descriptor(batch: &mut WriteBatch, descriptor: &RangeDescriptor) {
    batch.put(Keyspace::Local, &row(descriptor.id(), TAG_DESCRIPTOR), &descriptor.encode_to_vec());
}
pub fn put_lease(batch: &mut WriteBatch, range: RangeId, lease: &LeaseState) {
    batch.put(Keyspace::Local, &row(range, TAG_LEASE), &lease.encode_to_vec());
}
pub fn put_applied(batch: &mut WriteBatch, range: RangeId, applied: &AppliedState) {
    batch.put(Keyspace::Local, &row(range, TAG_APPLIED), &applied.encode_to_vec());
}
pub fn put_membership(batch: &mut WriteBatch, range: RangeId, membership: &StoredMembership) {
    batch.put(Keyspace::Local, &row(range, TAG_MEMBERSHIP), &codec::encode_membership(membership));
}
/// The tombstone of a range, if a replica of it was removed here.
///
/// # Errors
/// The store is corrupt.
pub fn tombstone(reader: &dyn StateReader, range: RangeId) -> Result<Option<Tombstone>, StoreError> {
    let bytes = reader.get(Keyspace::Local, &row(range, TAG_TOMBSTONE))?;
    bytes
        .map(Tombstone::decode)
        .transpose()
        .map_err(|e| StoreError::Corrupt(format!("tombstone of range {range} in the local keyspace: {e}")))
}
