//! One replica of one range: its applied state, its lease, its proposals, and its Raft group.
//!
//! ```text
//! executor --check_lease, propose--> Replica --raft.write--> group --apply--> Replica::apply --write--> StateStore
//!                                       |                                        |
//!                                       '---- waits for its (sequence, index) <--'
//! ```
//! A lease is usable only if this process asked for it or was given it after its start (`granted`); a restarted process
//! never uses one from before.

pub mod apply;
pub mod control;
pub mod lease;
pub mod proposals;
pub mod propose;
pub mod range_replica;
pub mod split;
pub mod state;

use crate::raft::{RaftEntry, WatchReceiver};
use crate::{
    concurrency::Concurrency,
    raft::{
        self, Entry, LogId, Raft, StoredMembership,
        log::{GroupLog, io_error},
        machine::{Alive, Apply},
        network::{Network, NetworkCounters},
    },
    seam::{LogStore, StateStore, StoreError},
    transport::PeerTransport,
};
use apply::{Applying, Effect, Run};
use futures::future::BoxFuture;
use kv::{
    KvError, Lease, RangeDescriptor, RangeId, ReplicaId, StoreId, Timestamp,
    command::{Split, WriteBatch},
    error::{Message, NotLeaseholder},
};
use parking_lot::{Mutex, RwLock};
use proposals::{Fate, Proposals};
use state::{AppliedState, LeaseState, LocalState};
use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Length of an expiration lease.
pub const LEASE: Duration = Duration::from_secs(3);

/// What all replicas of a cell share.
pub struct Shared {
    pub store_id: StoreId,
    pub state: Arc<dyn StateStore>,
    pub log: Arc<dyn LogStore>,
    pub clock: Arc<txn::Clock>,
    pub transport: Arc<dyn PeerTransport>,
    pub raft_config: Arc<raft::Config>,
    pub network_counters: Arc<NetworkCounters>,
    pub counters: Counters,
    /// Leases that start at or below it may be from before this process: they are not used.
    pub process_start: Timestamp,
    /// Writes are refused with this text (the disk reserve is met).
    pub store_full: RwLock<Option<String>>,
    /// Set when the cell stops.
    pub stopping: watch::Sender<bool>,
    pub host: OnceLock<std::sync::Weak<dyn Host>>,
    seeds: AtomicU64,
}

/// Counts for metrics, all since the process began.
#[derive(Debug, Default)]
pub struct Counters {
    pub proposals: AtomicU64,
    pub proposals_dropped: AtomicU64,
    pub proposals_retried: AtomicU64,
    pub entries_applied: AtomicU64,
    pub runs_applied: AtomicU64,
    pub leases_acquired: AtomicU64,
    pub leases_extended: AtomicU64,
    pub leases_transferred: AtomicU64,
    pub splits: AtomicU64,
    pub persists: AtomicU64,
}

/// The cell, as its replicas see it.
pub trait Host: Send + Sync {
    /// A right half was written by the apply of a split (rows synced): start its replica. Idempotent.
    fn born(
        &self,
        local: LocalState,
        concurrency: Arc<Concurrency>,
        lead: bool,
        granted: bool,
    ) -> BoxFuture<'_, io::Result<()>>;
    /// A new range id.
    fn range_id(&self) -> BoxFuture<'_, Result<RangeId, KvError>>;
    /// Makes the state durable, off the runtime's threads where there are others.
    fn persist(&self) -> BoxFuture<'_, Result<(), StoreError>>;
    /// The range's descriptor has changed here under this replica's lease: publish it.
    fn publish(&self, range: RangeId);
}

impl Shared {
    pub fn new(
        store_id: StoreId,
        state: Arc<dyn StateStore>,
        log: Arc<dyn LogStore>,
        clock: Arc<txn::Clock>,
        transport: Arc<dyn PeerTransport>,
        seed: u64,
    ) -> Arc<Shared> {
        let process_start = clock.now().to_timestamp().add_ns(clock.max_offset_ns());
        Arc::new(Shared {
            store_id,
            state,
            log,
            clock,
            transport,
            raft_config: raft::config(),
            network_counters: Arc::default(),
            counters: Counters::default(),
            process_start,
            store_full: RwLock::new(None),
            stopping: watch::Sender::new(false),
            host: OnceLock::new(),
            seeds: AtomicU64::new(seed),
        })
    }
    /// The next number of the cell's seed: randomness for one group.
    pub fn next_seed(&self) -> u64 {
        /// An odd step visits all numbers; the runtime mixes it.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        self.seeds.fetch_add(STEP, Ordering::Relaxed)
    }
    fn host(&self) -> Option<Arc<dyn Host>> {
        self.host.get().and_then(std::sync::Weak::upgrade)
    }
}

/// What readers look at without waiting for apply.
struct Shown {
    descriptor: Arc<RangeDescriptor>,
    lease: Arc<Lease>,
    applied: AppliedState,
}

pub struct Replica {
    pub(crate) shared: Arc<Shared>,
    range_id: RangeId,
    replica_id: ReplicaId,
    shown: RwLock<Shown>,
    /// Touched only by apply.
    applying: Mutex<Applying>,
    /// Sequence of the lease that this process may use; 0: none.
    granted: AtomicU64,
    /// Sequence of the lease that is being given over; 0: none.
    giving: AtomicU64,
    /// Starts of leases that this process asked for.
    asked: Mutex<Vec<Timestamp>>,
    acquiring: tokio::sync::Mutex<()>,
    /// The next lease index; held while a proposal is handed to the group, so that indexes and log order agree.
    order: tokio::sync::Mutex<u64>,
    /// The next lease index is at least this: set by apply, which never waits for `order`.
    order_floor: AtomicU64,
    proposals: Proposals,
    /// The lease was asked for since the maintenance last looked.
    used: AtomicBool,
    /// The leader says that all replicas have the log up to here.
    pub(crate) matched_everywhere: AtomicU64,
    concurrency: Arc<Concurrency>,
    log: GroupLog,
    network: Network,
    raft: OnceLock<Raft>,
    alive: Mutex<Option<Alive>>,
    fault: RwLock<Option<String>>,
}

impl Replica {
    /// A replica over its rows; its group is started by [`Replica::start`].
    ///
    /// # Errors
    /// The log store is corrupt, or this store has no replica by the descriptor.
    pub fn open(
        shared: Arc<Shared>,
        local: LocalState,
        concurrency: Arc<Concurrency>,
    ) -> Result<Arc<Replica>, StoreError> {
        let range_id = local.range_id();
        let replica_id = local.replica_on(shared.store_id).ok_or_else(|| {
            StoreError::Corrupt(format!("range {range_id} names no replica on {}", shared.store_id))
        })?;
        let log = GroupLog::open(range_id, shared.log.clone(), shared.state.clone())?;
        let network = Network {
            range_id,
            from_store: shared.store_id,
            from_replica: replica_id,
            transport: shared.transport.clone(),
            counters: shared.network_counters.clone(),
        };
        let applying = Applying::of(&local);
        let shown = Shown {
            descriptor: applying.descriptor.clone(),
            lease: Arc::new(local.lease.lease.clone()),
            applied: local.applied,
        };
        Ok(Arc::new(Replica {
            range_id,
            replica_id,
            shown: RwLock::new(shown),
            order: tokio::sync::Mutex::new(local.applied.lease_index + 1),
            order_floor: AtomicU64::new(0),
            applying: Mutex::new(applying),
            granted: AtomicU64::new(0),
            giving: AtomicU64::new(0),
            asked: Mutex::default(),
            acquiring: tokio::sync::Mutex::default(),
            proposals: Proposals::default(),
            used: AtomicBool::new(false),
            matched_everywhere: AtomicU64::new(0),
            concurrency,
            log,
            network,
            raft: OnceLock::new(),
            alive: Mutex::new(Some(Alive::default())),
            fault: RwLock::new(None),
            shared,
        }))
    }
    /// Seeds the log if the rows are new, and starts the group. With `lead` it asks for votes at once.
    ///
    /// # Errors
    /// A store failed or does not fit the other; the replica must not run.
    pub async fn start(self: &Arc<Self>, seed: state::Seed, lead: bool) -> io::Result<()> {
        self.log.seed(seed.vote(), seed.log_id()).await?;
        let alive = self.alive.lock().clone().ok_or_else(|| io::Error::other("the replica was stopped"))?;
        let machine = raft::machine::Machine::new(self.clone(), alive);
        let new = Raft::new(
            self.replica_id.0,
            self.shared.raft_config.clone(),
            self.network.clone(),
            self.log.clone(),
            machine,
        );
        let raft = raft::scope(self.shared.next_seed(), new).await.map_err(io::Error::other)?;
        if lead {
            drop(raft.trigger().elect(false).await);
        }
        self.raft.set(raft).map_err(|_| io::Error::other("the replica was started twice"))
    }
    /// Stops the group and waits until nothing of it can write any more.
    pub async fn stop(&self) {
        if let Some(raft) = self.raft.get() {
            drop(raft.shutdown().await);
        }
        self.proposals.abandon();
        let alive = self.alive.lock().take();
        if let Some(alive) = alive {
            raft::machine::wait_until_gone(alive).await;
        }
    }

    pub fn range_id(&self) -> RangeId {
        self.range_id
    }
    pub fn replica_id(&self) -> ReplicaId {
        self.replica_id
    }
    pub fn descriptor(&self) -> Arc<RangeDescriptor> {
        self.shown.read().descriptor.clone()
    }
    /// The current lease by the applied state, whoever holds it and whether or not it has expired. Sequence 0: none yet.
    pub fn lease(&self) -> Arc<Lease> {
        self.shown.read().lease.clone()
    }
    pub fn applied(&self) -> AppliedState {
        self.shown.read().applied
    }
    pub fn concurrency(&self) -> &Arc<Concurrency> {
        &self.concurrency
    }
    pub(crate) fn log(&self) -> &GroupLog {
        &self.log
    }
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }
    /// The group, once it has been started.
    pub fn raft(&self) -> Option<&Raft> {
        self.raft.get()
    }
    pub fn is_raft_leader(&self) -> bool {
        self.raft.get().is_some_and(Raft::is_leader)
    }
    /// The store of the group's leader, as far as this replica knows.
    pub fn raft_leader_store(&self) -> Option<StoreId> {
        let leader = self.raft.get()?.server_metrics().borrow_watched().current_leader?;
        self.descriptor().replicas.iter().find(|r| r.replica_id == leader).map(|r| r.store())
    }
    /// Why this replica has stopped for good, if it has.
    pub fn fault(&self) -> Option<String> {
        if let Some(fault) = self.fault.read().clone() {
            return Some(fault);
        }
        let stopped = self.raft.get()?.metrics().borrow_watched().running_state.clone().err()?;
        if *self.shared.stopping.borrow() {
            return None;
        }
        let text = format!("Raft group of range {} stopped: {stopped}", self.range_id);
        self.set_fault(text.clone());
        Some(text)
    }
    pub(crate) fn set_fault(&self, text: String) {
        let mut fault = self.fault.write();
        if fault.is_none() {
            tracing::error!(range = %self.range_id, store = %self.shared.store_id, "replica stops: {text}");
            *fault = Some(text);
            drop(fault);
            self.granted.store(0, Ordering::Release);
            self.proposals.abandon();
        }
    }
    pub(crate) fn proposals(&self) -> &Proposals {
        &self.proposals
    }
    /// Where else to ask: the holder if its lease still runs, else the leader (as a lease of sequence 0, which is only a
    /// hint).
    pub(crate) fn not_leaseholder(&self) -> KvError {
        let (lease, descriptor) = {
            let shown = self.shown.read();
            (shown.lease.clone(), shown.descriptor.clone())
        };
        let now = self.shared.clock.now().to_timestamp();
        let lease = if lease.sequence > 0 && now < lease.expiration && lease.replica_id != self.replica_id.0 {
            Some((*lease).clone())
        } else {
            self.raft_leader_store().filter(|s| *s != self.shared.store_id).and_then(|store| {
                let replica = descriptor.replica_on(store)?;
                Some(Lease { replica_id: replica.replica_id, store_id: store.0, ..Default::default() })
            })
        };
        KvError::NotLeaseholder(NotLeaseholder { lease, range: Some((*descriptor).clone()) })
    }
    pub(crate) fn corrupt(&self, fault: String) -> KvError {
        KvError::Corrupt(Message::new(fault))
    }

    async fn apply_run(&self, entries: Vec<Entry>) -> io::Result<()> {
        let Some(last) = entries.last().map(RaftEntry::log_id) else { return Ok(()) };
        let count = entries.len() as u64;
        let (mut next, mut run) = (self.applying.lock().clone(), Run::default());
        for entry in &entries {
            if entry.index() <= next.applied.log_id().index {
                continue; // openraft asked again for what a former run has written
            }
            if let Err(e) = next.entry(entry, &mut run) {
                self.set_fault(format!("range {}: {e}", self.range_id));
                return Err(io::Error::new(io::ErrorKind::InvalidData, e));
            }
        }
        let splits = run.effects.iter().any(|e| matches!(e, Effect::Split(_)));
        let (batches, effects) = next.finish(run);
        let batches: Vec<&WriteBatch> = batches.iter().collect();
        self.shared.state.write(&batches).map_err(|e| self.store_failed(e))?;
        if splits {
            // The right half's rows must be durable before its log says anything (DESIGN 4).
            let host = self.shared.host().ok_or_else(|| io::Error::other("the cell is gone"))?;
            host.persist().await.map_err(|e| self.store_failed(e))?;
        }
        *self.applying.lock() = next.clone();
        for effect in effects {
            self.carry_out(effect, &next).await?;
        }
        let mut shown = self.shown.write();
        shown.applied = next.applied;
        drop(shown);
        tracing::trace!(range = %self.range_id, %last, "applied");
        self.shared.counters.entries_applied.fetch_add(count, Ordering::Relaxed);
        self.shared.counters.runs_applied.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn store_failed(&self, e: StoreError) -> io::Error {
        self.set_fault(format!("range {}: {e}", self.range_id));
        io_error(e)
    }
    async fn carry_out(&self, effect: Effect, now: &Applying) -> io::Result<()> {
        match effect {
            Effect::Decided(place, fate) => {
                if fate == Fate::Dropped {
                    self.shared.counters.proposals_dropped.fetch_add(1, Ordering::Relaxed);
                }
                self.proposals.decide(place, fate);
            }
            Effect::Lease(lease) => self.lease_applied(lease, now.applied.lease_index),
            Effect::Descriptor(descriptor) => {
                self.shown.write().descriptor = descriptor;
                self.publish();
            }
            Effect::Split(split) => self.split_applied(split.0, split.1).await?,
        }
        Ok(())
    }
    /// Asks the cell to publish the descriptor, if this replica may use the lease.
    fn publish(&self) {
        if self.granted.load(Ordering::Acquire) > 0
            && let Some(host) = self.shared.host()
        {
            host.publish(self.range_id);
        }
    }
    fn lease_applied(&self, state: LeaseState, lease_index: u64) {
        let LeaseState { lease, read_summary } = state;
        let before = self.lease();
        let new = lease.sequence != before.sequence;
        if !new {
            self.shown.write().lease = Arc::new(lease);
            return;
        }
        let mine = lease.replica_id == self.replica_id.0;
        let asked = {
            let mut asked = self.asked.lock();
            let found = asked.contains(&lease.start);
            asked.retain(|start| *start > lease.start);
            found
        };
        // A lease given by another may be from before a restart, with reads that this process has forgotten.
        let granted = mine && (asked || lease.start > self.shared.process_start);
        let held = self.granted.swap(0, Ordering::AcqRel) > 0;
        if granted {
            let summary = (!read_summary.is_zero()).then_some(read_summary);
            self.concurrency.on_lease_start(lease.start, summary);
            self.order_floor.fetch_max(lease_index + 1, Ordering::AcqRel);
            self.shared.counters.leases_acquired.fetch_add(1, Ordering::Relaxed);
        }
        let sequence = lease.sequence;
        tracing::debug!(
            range = %self.range_id, store = %self.shared.store_id, holder = lease.store_id, sequence, granted, "lease"
        );
        self.shown.write().lease = Arc::new(lease);
        self.giving.store(0, Ordering::Release);
        if granted {
            self.granted.store(sequence, Ordering::Release);
            self.used.store(true, Ordering::Relaxed);
            self.publish();
        } else if held {
            self.concurrency.on_lease_end();
        }
        self.proposals.decide_below(sequence);
    }
    async fn split_applied(&self, split: Split, right: LocalState) -> io::Result<()> {
        let host = self.shared.host().ok_or_else(|| io::Error::other("the cell is gone"))?;
        let concurrency = self.concurrency.on_split(&split);
        let lead = right.replica_on(self.shared.store_id).is_some_and(|r| r.0 == split.right_leader);
        let granted = self.granted.load(Ordering::Acquire) > 0;
        self.shared.counters.splits.fetch_add(1, Ordering::Relaxed);
        host.born(right, concurrency, lead, granted).await
    }
    /// Whether this replica may use the lease now.
    pub fn holds_lease(&self) -> bool {
        let (lease, now) = (self.lease(), self.shared.clock.now().to_timestamp());
        lease.sequence > 0
            && self.granted.load(Ordering::Acquire) == lease.sequence
            && lease.covers(now, self.shared.clock.max_offset_ns())
    }
    /// The inherited lease of a right half may be used here: the left half's was.
    pub(crate) fn grant_inherited(&self) {
        let lease = self.lease();
        if lease.replica_id == self.replica_id.0 && lease.sequence > 0 {
            self.granted.store(lease.sequence, Ordering::Release);
        }
    }
}

impl Apply for Replica {
    fn applied(&self) -> (Option<LogId>, StoredMembership) {
        let applying = self.applying.lock();
        (Some(applying.applied.log_id()), applying.membership.clone())
    }
    fn apply(&self, entries: Vec<Entry>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.apply_run(entries))
    }
}
