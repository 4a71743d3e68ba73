//! Applies a range's log: deterministic, without a clock, the same on every replica.
//!
//! ```text
//! run of entries -> judge each by lease sequence and lease index -> one write of the store -> tell waiters
//! ```
//! Pure but for its caller: [`Run`] decides, `Replica` writes and tells.

use super::{
    proposals::{Fate, Place},
    state::{self, AppliedState, LeaseState, LocalState},
};
use crate::raft::EntryPayload;
use crate::raft::{Entry, StoredMembership};
use kv::{
    Lease, RangeDescriptor, ReplicaId, Timestamp,
    command::{COMMAND_VERSION, Change, Command, Keyspace, LeaseChange, Split, WriteBatch, WriteIter},
};
use prost::Message;
use std::sync::Arc;

/// A committed entry that this build cannot apply: the replica stops by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    #[error("command at {index} does not decode: {why}")]
    Decode { index: u64, why: String },
    #[error("command at {index} is of version {got}, this build knows {COMMAND_VERSION}")]
    Version { index: u64, got: u32 },
    #[error("command at {index} is for range {got}")]
    OtherRange { index: u64, got: u64 },
    #[error("command at {index} writes to the keyspace {keyspace:?}, which only apply may")]
    Keyspace { index: u64, keyspace: Keyspace },
}

/// Whether a lease may follow `current`. The one rule by which leases change; see `kv::lease`.
pub fn may_follow(current: &Lease, range: &RangeDescriptor, change: &LeaseChange) -> bool {
    let new = &change.lease;
    if range.replicas.iter().all(|r| r.replica_id != new.replica_id || r.store_id != new.store_id) {
        return false;
    }
    if new.expiration <= new.start {
        return false;
    }
    if new.sequence == current.sequence {
        // An extension.
        return current.sequence > 0
            && new.replica_id == current.replica_id
            && new.start == current.start
            && new.expiration >= current.expiration;
    }
    new.sequence == current.sequence + 1 && (change.transfer || new.start >= current.expiration)
}

/// What a run of entries does beside the store's rows, for the replica to carry out after the write.
#[derive(Debug)]
pub enum Effect {
    Decided(Place, Fate),
    /// A new lease, an extended one, or a given one; with the summary that came with it.
    Lease(LeaseState),
    Descriptor(Arc<RangeDescriptor>),
    /// A right half is to be born.
    Split(Box<(Split, LocalState)>),
}

/// A range's applied state as a run of entries changes it.
#[derive(Clone, Debug)]
pub struct Applying {
    pub descriptor: Arc<RangeDescriptor>,
    pub lease: LeaseState,
    pub applied: AppliedState,
    pub membership: StoredMembership,
}

/// A run: what to write and what to tell.
#[derive(Default, Debug)]
pub struct Run {
    pub batches: Vec<WriteBatch>,
    pub effects: Vec<Effect>,
    /// Local rows besides the applied state.
    local: WriteBatch,
}

impl Applying {
    pub fn of(local: &LocalState) -> Applying {
        Applying {
            descriptor: Arc::new(local.descriptor.clone()),
            lease: local.lease.clone(),
            applied: local.applied,
            membership: local.membership.clone(),
        }
    }
    /// Judges one entry.
    ///
    /// # Errors
    /// The replica must stop: it can neither apply nor skip the entry.
    pub fn entry(&mut self, entry: &Entry, run: &mut Run) -> Result<(), ApplyError> {
        match &entry.payload {
            EntryPayload::Blank => {}
            EntryPayload::Membership(m) => {
                self.membership = StoredMembership::new(Some(entry.log_id), m.clone());
                state::put_membership(&mut run.local, self.descriptor.id(), &self.membership);
            }
            EntryPayload::Normal(data) => {
                let index = entry.log_id.index;
                let command = Command::decode(data.0.clone())
                    .map_err(|e| ApplyError::Decode { index, why: e.to_string() })?;
                self.command(index, command, run)?;
            }
        }
        self.applied.set_log_id(&entry.log_id);
        Ok(())
    }

    fn command(&mut self, index: u64, c: Command, run: &mut Run) -> Result<(), ApplyError> {
        if c.version != COMMAND_VERSION {
            return Err(ApplyError::Version { index, got: c.version });
        }
        if c.range_id != self.descriptor.range_id {
            return Err(ApplyError::OtherRange { index, got: c.range_id });
        }
        let current = c.lease_sequence == self.lease.lease.sequence;
        if let Some(Change::Lease(change)) = c.change {
            if current && may_follow(&self.lease.lease, &self.descriptor, &change) {
                self.lease_change(change, run);
            }
            return Ok(());
        }
        let place = (c.lease_sequence, c.lease_index);
        if !current || c.lease_index <= self.applied.lease_index {
            run.effects.push(Effect::Decided(place, Fate::Dropped));
            return Ok(());
        }
        let batch = decode_writes(index, &c.writes)?;
        self.applied.lease_index = c.lease_index;
        self.applied.closed.forward(c.closed);
        self.applied.bytes = self.applied.bytes.saturating_add_signed(c.bytes_delta);
        if !batch.is_empty() {
            run.batches.push(batch);
        }
        match c.change {
            Some(Change::Split(split)) => self.split(split, run),
            Some(Change::Descriptor(d)) if d.generation > self.descriptor.generation => self.describe(d, run),
            _ => {}
        }
        run.effects.push(Effect::Decided(place, Fate::Applied));
        Ok(())
    }
    fn lease_change(&mut self, change: LeaseChange, run: &mut Run) {
        let extension = change.lease.sequence == self.lease.lease.sequence;
        let read_summary =
            if extension { self.lease.read_summary } else { change.read_summary.unwrap_or(Timestamp::ZERO) };
        self.lease = LeaseState { lease: change.lease, read_summary };
        state::put_lease(&mut run.local, self.descriptor.id(), &self.lease);
        run.effects.push(Effect::Lease(self.lease.clone()));
    }
    fn describe(&mut self, descriptor: RangeDescriptor, run: &mut Run) {
        state::put_descriptor(&mut run.local, &descriptor);
        self.descriptor = Arc::new(descriptor);
        run.effects.push(Effect::Descriptor(self.descriptor.clone()));
    }
    fn split(&mut self, split: Split, run: &mut Run) {
        let right_bytes = split.right_bytes.min(self.applied.bytes);
        self.applied.bytes -= right_bytes;
        // The right half inherits the lease: the same holder, by its replica id there, until the same time.
        let mut lease = self.lease.clone();
        let holder = split.right.replica_on(lease.lease.store());
        lease.lease.replica_id = holder.map_or(0, |r| r.replica_id);
        lease.read_summary = split.read_summary;
        let right = LocalState::new(
            split.right.clone(),
            ReplicaId(split.right_leader),
            lease,
            self.applied.closed,
            right_bytes,
        );
        self.describe(split.left.clone(), run);
        right.put(&mut run.local);
        run.effects.push(Effect::Split(Box::new((split, right))));
    }
    /// Ends a run: all of it is one write.
    pub fn finish(&self, mut run: Run) -> (Vec<WriteBatch>, Vec<Effect>) {
        state::put_applied(&mut run.local, self.descriptor.id(), &self.applied);
        run.batches.push(run.local);
        (run.batches, run.effects)
    }
}

fn decode_writes(index: u64, bytes: &[u8]) -> Result<WriteBatch, ApplyError> {
    for write in WriteIter::new(bytes) {
        let write = write.map_err(|e| ApplyError::Decode { index, why: e.to_string() })?;
        if matches!(write.keyspace, Keyspace::Local | Keyspace::Store) {
            return Err(ApplyError::Keyspace { index, keyspace: write.keyspace });
        }
    }
    WriteBatch::decode(bytes).map_err(|e| ApplyError::Decode { index, why: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::{Data, log_id};
    use kv::{ReplicaDescriptor, Span};

    fn range() -> RangeDescriptor {
        let replicas = [(11, 1), (12, 2), (13, 3)];
        RangeDescriptor {
            range_id: 7,
            generation: 1,
            span: Span::new(&b"a"[..], &b"z"[..]),
            replicas: replicas
                .map(|(replica_id, store_id)| ReplicaDescriptor { replica_id, store_id, kind: 0 })
                .into(),
            next_replica_id: 14,
            domicile_id: 16,
        }
    }
    fn t(n: u64) -> Timestamp {
        Timestamp::new(n, 0)
    }
    fn lease(sequence: u64, replica_id: u64, start: u64, expiration: u64) -> Lease {
        Lease {
            sequence,
            replica_id,
            store_id: replica_id - 10,
            start: t(start),
            expiration: t(expiration),
            kind: 0,
        }
    }
    fn applying() -> Applying {
        Applying::of(&LocalState::new(range(), ReplicaId(11), LeaseState::default(), Timestamp::ZERO, 1000))
    }
    fn command(lease_sequence: u64, lease_index: u64, change: Option<Change>) -> Command {
        let mut writes = WriteBatch::default();
        writes.put(Keyspace::Versions, b"k", b"v");
        Command {
            version: COMMAND_VERSION,
            range_id: 7,
            lease_sequence,
            lease_index,
            writes: if change.is_none() { writes.into_bytes() } else { kv::Bytes::new() },
            change,
            ..Default::default()
        }
    }
    fn give(a: &mut Applying, index: u64, c: Command) -> Result<(Vec<WriteBatch>, Vec<Effect>), ApplyError> {
        let entry = Entry {
            log_id: log_id(2, 11, index),
            payload: EntryPayload::Normal(Data(c.encode_to_vec().into())),
        };
        let mut run = Run::default();
        a.entry(&entry, &mut run)?;
        Ok(a.finish(run))
    }
    fn change(lease: Lease, transfer: bool) -> Option<Change> {
        Some(Change::Lease(LeaseChange { lease, read_summary: None, transfer }))
    }

    #[test]
    fn a_lease_follows_only_what_has_ended_or_was_given() {
        let (range, held) = (range(), lease(3, 11, 100, 200));
        let ok = |new: Lease, transfer| {
            may_follow(&held, &range, &LeaseChange { lease: new, read_summary: None, transfer })
        };
        assert!(ok(lease(3, 11, 100, 300), false), "extension");
        assert!(!ok(lease(3, 11, 100, 150), false), "shortened");
        assert!(!ok(lease(3, 12, 100, 300), false), "extension by another");
        assert!(!ok(lease(3, 11, 150, 300), false), "extension with another start");
        assert!(!ok(lease(4, 12, 199, 300), false), "overlaps");
        assert!(ok(lease(4, 12, 200, 300), false), "expiration is exclusive");
        assert!(ok(lease(4, 12, 150, 300), true), "transfer");
        assert!(!ok(lease(5, 12, 200, 300), false), "skips a sequence");
        assert!(!ok(lease(4, 14, 200, 300), false), "not a replica");
        assert!(may_follow(
            &Lease::default(),
            &range,
            &LeaseChange { lease: lease(1, 12, 5, 10), read_summary: None, transfer: false }
        ));
    }

    #[test]
    fn commands_of_another_lease_or_an_old_index_are_dropped() {
        let mut a = applying();
        give(&mut a, 11, command(0, 0, change(lease(1, 11, 10, 20), false))).unwrap();
        let (batches, effects) = give(&mut a, 12, command(1, 5, None)).unwrap();
        assert_eq!(batches.len(), 2);
        assert!(matches!(effects[..], [Effect::Decided((1, 5), Fate::Applied)]));
        for stale in [command(0, 6, None), command(1, 5, None), command(1, 4, None), command(2, 6, None)] {
            let (batches, effects) = give(&mut a, 13, stale).unwrap();
            assert_eq!(batches.len(), 1, "only the applied state");
            assert!(matches!(effects[..], [Effect::Decided(_, Fate::Dropped)]));
        }
        assert_eq!((a.applied.lease_index, a.applied.log_id().index), (5, 13));
    }

    #[test]
    fn a_split_gives_the_right_half_the_lease_and_the_summary() {
        let mut a = applying();
        give(&mut a, 11, command(0, 0, change(lease(1, 12, 10, 20), false))).unwrap();
        let mut left = range();
        left.span.end = "m".into();
        left.generation = 2;
        let mut right = range();
        right.range_id = 8;
        right.span.start = "m".into();
        right.replicas.iter_mut().for_each(|r| r.replica_id += 10);
        let split = Split { left, right, read_summary: t(15), right_leader: 22, right_bytes: 400 };
        let (_, effects) = give(&mut a, 12, command(1, 1, Some(Change::Split(split)))).unwrap();
        let born = effects.into_iter().find_map(|e| match e {
            Effect::Split(b) => Some(b.1),
            _ => None,
        });
        let born = born.unwrap();
        assert_eq!((born.lease.lease.replica_id, born.lease.lease.sequence), (22, 1));
        assert_eq!((born.lease.read_summary, born.applied.bytes, a.applied.bytes), (t(15), 400, 600));
        assert_eq!(born.applied.log_id(), log_id(1, 22, 10));
        assert_eq!(a.descriptor.span.end, "m");
    }

    #[test]
    fn what_cannot_be_applied_stops_the_replica() {
        let mut a = applying();
        let mut other = command(0, 1, None);
        other.range_id = 9;
        assert!(matches!(give(&mut a, 11, other), Err(ApplyError::OtherRange { .. })));
        let mut newer = command(0, 1, None);
        newer.version += 1;
        assert!(matches!(give(&mut a, 11, newer), Err(ApplyError::Version { .. })));
        let mut local = command(0, 1, None);
        let mut writes = WriteBatch::default();
        writes.put(Keyspace::Local, b"x", b"y");
        local.writes = writes.into_bytes();
        assert!(matches!(give(&mut a, 11, local), Err(ApplyError::Keyspace { .. })));
    }
}
