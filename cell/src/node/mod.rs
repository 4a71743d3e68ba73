//! The cell: all replicas of one store, and what keeps them going.
//!
//! ```text
//! KvHandler::handle ---> replica's executor              maintain: leases, leadership, splits, disk reserve
//! RaftHandler::handle -> replica's group                 persist:  durable index, log truncation
//!                        (held 50 ms for one not born)   publish:  meta rows as hints
//! ```

pub mod maintain;
pub mod persist;
pub mod publish;

use crate::{
    concurrency::{Concurrency, Pusher, SenderPusher},
    execute::{Executor, Faults, RangeReplica},
    raft::{codec::kind, network},
    replica::{
        Counters, Host, Replica, Shared,
        state::{self, LeaseState, LocalState},
    },
    seam::{LogStore, StateStore, StoreError},
    transport::{KvHandler, PeerTransport, RaftHandler, RaftRequest, TransportError},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use kv::{
    BatchReply, BatchRequest, KvError, Lease, RangeDescriptor, RangeId, ReplicaId, Request, StoreId,
    Timestamp,
    command::WriteBatch,
    error::{Message, RangeNotFound},
    request::{AdminSplit, Header, Increment},
};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle};
use txn::Sender;

/// How long a message waits for its replica to be born by the apply of a split (DEPENDENCIES 1.5).
const UNBORN_WAIT: Duration = Duration::from_millis(50);
/// Range ids that a cell takes at once.
const RANGE_ID_BLOCK: i64 = 16;
/// A cell takes new ones when fewer are left.
const RANGE_ID_RESERVE: u64 = 4;

/// Evaluates batches of one range. `execute::Executor` is the one; tests have simpler ones.
pub trait Evaluate: Send + Sync {
    fn evaluate(&self, batch: BatchRequest) -> BoxFuture<'_, Result<BatchReply, KvError>>;
}

/// Makes the evaluator of a replica that is born.
pub type MakeEvaluator =
    Arc<dyn Fn(Arc<dyn RangeReplica>, Arc<Concurrency>) -> Arc<dyn Evaluate> + Send + Sync>;

impl Evaluate for Executor {
    fn evaluate(&self, batch: BatchRequest) -> BoxFuture<'_, Result<BatchReply, KvError>> {
        Box::pin(self.execute(batch))
    }
}

/// Evaluators that are executors, which reach other ranges through `sender`.
pub fn executors(clock: Arc<txn::Clock>, sender: LateSender, faults: Arc<Faults>) -> MakeEvaluator {
    let pusher: Arc<dyn Pusher> = Arc::new(SenderPusher { sender: Arc::new(sender) });
    Arc::new(move |replica, concurrency| {
        Executor::new(replica, concurrency, clock.clone(), pusher.clone(), faults.clone())
    })
}

/// A sender that is set after its users were made: a cell's way to other ranges needs the cell first.
#[derive(Clone, Default)]
pub struct LateSender {
    sender: Arc<RwLock<Option<Arc<dyn Sender>>>>,
}

impl LateSender {
    pub fn set(&self, sender: Arc<dyn Sender>) {
        *self.sender.write() = Some(sender);
    }
    fn get(&self) -> Option<Arc<dyn Sender>> {
        self.sender.read().clone()
    }
}

#[async_trait::async_trait]
impl Sender for LateSender {
    async fn send(&self, batch: BatchRequest) -> Result<BatchReply, KvError> {
        let sender =
            self.get().ok_or_else(|| KvError::NotServing(Message::new("this cell cannot route yet")))?;
        sender.send(batch).await
    }
}

/// Where long work of the stores runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// On a thread of tokio's blocking pool: the product.
    Threads,
    /// In place: the simulator, which has one thread.
    Inline,
}

impl Blocking {
    /// Runs `work` and waits for it.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match self {
            Blocking::Inline => work(),
            Blocking::Threads => match tokio::task::spawn_blocking(work).await {
                Ok(value) => value,
                Err(e) => std::panic::resume_unwind(e.into_panic()),
            },
        }
    }
}

/// What a cell is made of.
#[derive(Clone)]
pub struct CellConfig {
    pub store_id: StoreId,
    pub state: Arc<dyn StateStore>,
    pub log: Arc<dyn LogStore>,
    pub clock: Arc<txn::Clock>,
    pub peers: Arc<dyn PeerTransport>,
    pub evaluator: MakeEvaluator,
    /// The cell's own way to other ranges; set later by `Cell::set_sender`.
    pub sender: LateSender,
    /// Randomness of the groups (election timeouts).
    pub seed: u64,
    pub blocking: Blocking,
    /// A range of more bytes is cut in two.
    pub split_bytes: u64,
    /// How often the state is made durable and the log truncated.
    pub persist_every: Duration,
    /// Entries that a purge must free at least.
    pub purge_entries_min: u64,
    /// Bytes of both stores at which writes are refused; `u64::MAX`: no reserve.
    pub disk_bytes_max: u64,
}

impl CellConfig {
    /// The product's settings, with executors as evaluators that reach other ranges through the cell's own sender.
    pub fn with_executors(
        store_id: StoreId,
        state: Arc<dyn StateStore>,
        log: Arc<dyn LogStore>,
        clock: Arc<txn::Clock>,
        peers: Arc<dyn PeerTransport>,
    ) -> CellConfig {
        let sender = LateSender::default();
        let evaluator = executors(clock.clone(), sender.clone(), Arc::default());
        CellConfig { sender, ..CellConfig::new(store_id, state, log, clock, peers, evaluator) }
    }
    /// The product's settings.
    pub fn new(
        store_id: StoreId,
        state: Arc<dyn StateStore>,
        log: Arc<dyn LogStore>,
        clock: Arc<txn::Clock>,
        peers: Arc<dyn PeerTransport>,
        evaluator: MakeEvaluator,
    ) -> CellConfig {
        CellConfig {
            sender: LateSender::default(),
            store_id,
            state,
            log,
            clock,
            peers,
            evaluator,
            seed: store_id.0,
            blocking: Blocking::Threads,
            split_bytes: 64 << 20,
            persist_every: Duration::from_secs(10),
            purge_entries_min: 2_000,
            disk_bytes_max: u64::MAX,
        }
    }
}

/// Why a cell or a range was not started or made.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("range {range} could not be started: {why}")]
    Start { range: RangeId, why: String },
    #[error("range {range} has no replica on {store}")]
    NotMember { range: RangeId, store: StoreId },
    #[error("range {range} overlaps {other}, which is here already")]
    Overlap { range: RangeId, other: RangeId },
    #[error("a replica of range {range} was removed here: its next replica id is {next}")]
    Removed { range: RangeId, next: u64 },
    #[error("range {0} exists with another descriptor")]
    Exists(RangeId),
}

#[derive(Clone)]
pub(crate) struct Slot {
    pub replica: Arc<Replica>,
    pub evaluator: Arc<dyn Evaluate>,
}

/// One range as `Cell::ranges` shows it.
#[derive(Clone, Debug)]
pub struct RangeStatus {
    pub descriptor: Arc<RangeDescriptor>,
    pub replica_id: ReplicaId,
    pub lease: Arc<Lease>,
    /// This replica may use the lease now.
    pub leaseholder: bool,
    pub raft_leader_store: Option<StoreId>,
    pub raft_leader: bool,
    pub bytes: u64,
    pub applied_index: u64,
    pub durable_index: u64,
    /// Everything at or below it is gone from the log.
    pub purged_index: u64,
    pub closed: Timestamp,
    /// Why the replica has stopped for good.
    pub fault: Option<String>,
}

pub(crate) struct Inner {
    config: CellConfig,
    shared: Arc<Shared>,
    slots: RwLock<BTreeMap<RangeId, Slot>>,
    /// Ranges whose rows do not load: named, not served.
    broken: Mutex<BTreeMap<RangeId, String>>,
    born: Notify,
    births: tokio::sync::Mutex<()>,
    sender: LateSender,
    range_ids: tokio::sync::Mutex<std::ops::Range<u64>>,
    to_publish: Mutex<BTreeSet<RangeId>>,
    publish_now: Notify,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// All replicas of one store.
#[derive(Clone)]
pub struct Cell {
    inner: Arc<Inner>,
}

impl Cell {
    /// Starts the replicas that the store has. A range whose rows are corrupt is named in `ranges` and not served.
    ///
    /// # Errors
    /// The store failed.
    pub async fn start(config: CellConfig) -> Result<Cell, CellError> {
        let shared = Shared::new(
            config.store_id,
            config.state.clone(),
            config.log.clone(),
            config.clock.clone(),
            config.peers.clone(),
            config.seed,
        );
        let inner = Arc::new(Inner {
            shared,
            slots: RwLock::default(),
            broken: Mutex::default(),
            born: Notify::new(),
            births: tokio::sync::Mutex::default(),
            sender: config.sender.clone(),
            range_ids: tokio::sync::Mutex::new(0..0),
            to_publish: Mutex::default(),
            publish_now: Notify::new(),
            tasks: Mutex::default(),
            config,
        });
        let host: Weak<dyn Host> = Arc::downgrade(&(inner.clone() as Arc<dyn Host>));
        inner.shared.host.set(host).map_err(|_| StoreError::Refused("started twice".to_owned()))?;
        for range in LocalState::list(&*inner.config.state)? {
            if let Err(e) = inner.load(range).await {
                tracing::error!(%range, store = %inner.config.store_id, "range is not served: {e}");
                inner.broken.lock().insert(range, e.to_string());
            }
        }
        let tasks = [
            tokio::spawn(maintain::run(Arc::downgrade(&inner))),
            tokio::spawn(persist::run(Arc::downgrade(&inner))),
            tokio::spawn(publish::run(Arc::downgrade(&inner))),
        ];
        inner.tasks.lock().extend(tasks);
        Ok(Cell { inner })
    }
    pub fn store_id(&self) -> StoreId {
        self.inner.config.store_id
    }
    /// How this cell reaches other ranges: for range ids, meta rows and requests that it routes itself.
    pub fn set_sender(&self, sender: Arc<dyn Sender>) {
        self.inner.sender.set(sender);
        self.inner.publish_now.notify_one();
    }
    /// Makes this store's replica of a new range, seeded as a split's right half is; the first replica of the descriptor
    /// leads first. To be called on every member. Idempotent by range id.
    ///
    /// # Errors
    /// See [`CellError`].
    pub async fn create_range(&self, descriptor: RangeDescriptor) -> Result<(), CellError> {
        self.inner.create(descriptor).await
    }
    pub async fn handle_batch(&self, batch: BatchRequest) -> Result<BatchReply, KvError> {
        self.inner.clone().handle(batch).await
    }
    /// The state of every replica, in order of range ids.
    pub fn ranges(&self) -> Vec<RangeStatus> {
        self.inner.ranges()
    }
    /// Ranges whose rows do not load, and why.
    pub fn broken_ranges(&self) -> BTreeMap<RangeId, String> {
        self.inner.broken.lock().clone()
    }
    pub fn counters(&self) -> &Counters {
        &self.inner.shared.counters
    }
    pub fn network_counters(&self) -> &network::NetworkCounters {
        &self.inner.shared.network_counters
    }
    /// The replica of a range, if it is here.
    pub fn replica(&self, range: RangeId) -> Option<Arc<Replica>> {
        self.inner.slot(range).map(|s| s.replica)
    }
    /// Makes the state durable, records it and truncates logs, now.
    ///
    /// # Errors
    /// A store failed; the cell must stop.
    pub async fn persist(&self) -> Result<(), StoreError> {
        persist::once(&self.inner).await
    }
    /// Stops all groups, waits until nothing writes to the store any more, and makes the state durable.
    ///
    /// # Errors
    /// The store failed while it was made durable.
    pub async fn shutdown(&self) -> Result<(), StoreError> {
        self.stop().await;
        persist::once(&self.inner).await?;
        self.inner.slots.write().clear();
        Ok(())
    }
    /// Stops all groups and waits until nothing writes to the store any more.
    pub async fn stop(&self) {
        self.inner.shared.stopping.send_replace(true);
        self.inner.born.notify_waiters();
        let tasks = std::mem::take(&mut *self.inner.tasks.lock());
        for task in tasks {
            task.abort();
            drop(task.await);
        }
        let _no_births = self.inner.births.lock().await;
        let slots: Vec<Slot> = self.inner.slots.read().values().cloned().collect();
        futures::future::join_all(slots.iter().map(|s| s.replica.stop())).await;
    }
}

impl Inner {
    pub(crate) fn slot(&self, range: RangeId) -> Option<Slot> {
        self.slots.read().get(&range).cloned()
    }
    pub(crate) fn slots(&self) -> Vec<Slot> {
        self.slots.read().values().cloned().collect()
    }
    pub(crate) fn sender(&self) -> Option<Arc<dyn Sender>> {
        self.sender.get()
    }
    fn is_stopping(&self) -> bool {
        *self.shared.stopping.borrow()
    }
    async fn load(&self, range: RangeId) -> Result<(), CellError> {
        let local = LocalState::load(&*self.config.state, range)?
            .ok_or_else(|| StoreError::Corrupt(format!("range {range} has no descriptor")))?;
        let held_here = local.lease.lease.store_id == self.config.store_id.0;
        let replica = self.begin(local, Concurrency::new(), false).await?;
        if held_here && let Some(raft) = replica.raft() {
            // Who held the last lease asks first, so that a restart does not wait for a timer.
            drop(raft.trigger().elect(true).await);
        }
        Ok(())
    }
    /// Starts the replica of rows that are durable.
    async fn begin(
        &self,
        local: LocalState,
        concurrency: Arc<Concurrency>,
        granted: bool,
    ) -> Result<Arc<Replica>, CellError> {
        let (range, seed) = (local.range_id(), local.seed);
        let replica = Replica::open(self.shared.clone(), local, concurrency.clone())?;
        if granted {
            replica.grant_inherited();
        }
        replica.start(seed, false).await.map_err(|e| CellError::Start { range, why: e.to_string() })?;
        let evaluator = (self.config.evaluator)(replica.clone(), concurrency);
        self.slots.write().insert(range, Slot { replica: replica.clone(), evaluator });
        self.born.notify_waiters();
        Ok(replica)
    }
    async fn create(&self, descriptor: RangeDescriptor) -> Result<(), CellError> {
        let (range, store) = (descriptor.id(), self.config.store_id);
        let _one = self.births.lock().await;
        if let Some(slot) = self.slot(range) {
            let same = slot.replica.descriptor().replicas == descriptor.replicas;
            return if same { Ok(()) } else { Err(CellError::Exists(range)) };
        }
        let me = descriptor.replica_on(store).ok_or(CellError::NotMember { range, store })?;
        if let Some(t) = state::tombstone(&*self.config.state, range)?
            && me.replica_id < t.next_replica_id
        {
            return Err(CellError::Removed { range, next: t.next_replica_id });
        }
        for slot in self.slots() {
            let other = slot.replica.descriptor();
            if other.span.overlaps(&descriptor.span) {
                return Err(CellError::Overlap { range, other: other.id() });
            }
        }
        let leader = descriptor.replicas.first().map_or(ReplicaId(0), |r| r.replica());
        let leads = me.replica() == leader;
        let local = LocalState::new(descriptor, leader, LeaseState::default(), Timestamp::ZERO, 0);
        let mut rows = WriteBatch::default();
        local.put(&mut rows);
        self.config.state.write(&[&rows])?;
        Host::persist(self).await?;
        let replica = self.begin(local, Concurrency::new(), false).await?;
        if leads {
            self.campaign(replica);
        }
        Ok(())
    }
    /// Asks for votes until the group has a leader: its other replicas may be born a little later.
    fn campaign(&self, replica: Arc<Replica>) {
        const TRIES_MAX: u32 = 40;
        const EVERY: Duration = Duration::from_millis(50);
        let mut stopping = self.shared.stopping.subscribe();
        tokio::spawn(async move {
            for attempt in 0..TRIES_MAX {
                let Some(raft) = replica.raft() else { return };
                if raft.current_leader().await.is_some() {
                    return;
                }
                // Once without pre-vote: no other can lead yet.
                if raft.trigger().elect(attempt > 0).await.is_err() {
                    return;
                }
                let stopped = tokio::time::timeout(EVERY, stopping.wait_for(|s| *s)).await.is_ok();
                if stopped {
                    return;
                }
            }
        });
    }

    async fn handle(self: Arc<Self>, batch: BatchRequest) -> Result<BatchReply, KvError> {
        if self.is_stopping() {
            return Err(KvError::NotServing(Message::new(format!("{} is stopping", self.config.store_id))));
        }
        if batch.header.range_id == 0 {
            return self.sender.send(batch).await;
        }
        let range = RangeId(batch.header.range_id);
        let Some(slot) = self.slot(range) else {
            if let Some(fault) = self.broken.lock().get(&range) {
                return Err(KvError::Corrupt(Message::new(fault.clone())));
            }
            let store_id = self.config.store_id.0;
            return Err(KvError::RangeNotFound(RangeNotFound { range_id: range.0, store_id }));
        };
        if let Some(fault) = slot.replica.fault() {
            return Err(KvError::Corrupt(Message::new(fault)));
        }
        if !batch.iter().any(|r| matches!(r, Request::AdminSplit(_) | Request::AdminTransferLease(_))) {
            return slot.evaluator.evaluate(batch).await;
        }
        // A task of its own: the latches of a split are held until its fate is known, whatever becomes of the caller.
        let task = tokio::spawn(async move {
            self.fill_range_ids().await?;
            self.cut_meta_first(&slot, &batch).await?;
            slot.evaluator.evaluate(batch).await
        });
        let stopped =
            |_| Err(KvError::Ambiguous(Message::new("the cell stopped with the request in flight")));
        task.await.unwrap_or_else(stopped)
    }
    /// Takes range ids ahead of need: a split asks for one under latches that may cover their counter.
    pub(crate) async fn fill_range_ids(&self) -> Result<(), KvError> {
        let mut ids = self.range_ids.lock().await;
        if ids.end - ids.start >= RANGE_ID_RESERVE {
            return Ok(());
        }
        let sender = self.sender.get().ok_or_else(|| KvError::unavailable("the cell cannot route yet"))?;
        let ask = Increment { key: kv::key::range_id_counter(), by: RANGE_ID_BLOCK, sequence: 0 };
        let reply = sender.send(BatchRequest::new(self.header(), [Request::Increment(ask)])).await?;
        let end = match reply.replies.first().and_then(|r| r.reply.as_ref()) {
            Some(kv::Reply::Increment(r)) => u64::try_from(r.value).ok(),
            _ => None,
        };
        let end = end.ok_or_else(|| KvError::bug("the counter of range ids gave no number"))?;
        let end = end + kv::key::RANGE_ID_FIRST;
        *ids = end - RANGE_ID_BLOCK.unsigned_abs()..end;
        Ok(())
    }
    /// A domicile's first range is cut at the end of its meta span before anywhere else.
    async fn cut_meta_first(&self, slot: &Slot, batch: &BatchRequest) -> Result<(), KvError> {
        let wanted = batch.iter().find_map(|r| match r {
            Request::AdminSplit(s) => Some(&s.key),
            _ => None,
        });
        let Some(wanted) = wanted else { return Ok(()) };
        let cut = crate::replica::split::meta_cut(&slot.replica.descriptor());
        match cut {
            Some(cut) if cut != wanted => self.split(slot, cut).await,
            _ => Ok(()),
        }
    }
    /// Cuts a range through its evaluator, which holds the latches.
    pub(crate) async fn split(&self, slot: &Slot, key: kv::Key) -> Result<(), KvError> {
        let range = slot.replica.descriptor();
        let header = Header { range_id: range.range_id, range_generation: range.generation, ..self.header() };
        slot.evaluator
            .evaluate(BatchRequest::new(header, [Request::AdminSplit(AdminSplit { key })]))
            .await
            .map(drop)
    }
    pub(crate) fn header(&self) -> Header {
        Header {
            version: kv::WIRE_VERSION,
            principal: "system".to_owned(),
            now: self.config.clock.now(),
            ..Default::default()
        }
    }
    fn ranges(&self) -> Vec<RangeStatus> {
        let status = |slot: Slot| {
            let replica = slot.replica;
            let applied = replica.applied();
            RangeStatus {
                descriptor: replica.descriptor(),
                replica_id: replica.replica_id(),
                lease: replica.lease(),
                leaseholder: replica.holds_lease(),
                raft_leader_store: replica.raft_leader_store(),
                raft_leader: replica.is_raft_leader(),
                bytes: applied.bytes,
                applied_index: applied.log_id().index,
                durable_index: replica.log().durable_index(),
                purged_index: replica.log().purged().map_or(0, |p| p.index),
                closed: applied.closed,
                fault: replica.fault(),
            }
        };
        self.slots().into_iter().map(status).collect()
    }
    /// The group of a message, waiting a little for one that is being born.
    async fn group_of(&self, request: &RaftRequest) -> Result<Arc<Replica>, TransportError> {
        let until = tokio::time::Instant::now() + UNBORN_WAIT;
        loop {
            let born = self.born.notified();
            tokio::pin!(born);
            born.as_mut().enable();
            if let Some(found) = self.find_group(request)? {
                return Ok(found);
            }
            if self.is_stopping() || tokio::time::timeout_at(until, born).await.is_err() {
                return Err(TransportError::Refused(format!(
                    "range {} has no replica on {}",
                    request.range_id, self.config.store_id
                )));
            }
        }
    }
    fn find_group(&self, request: &RaftRequest) -> Result<Option<Arc<Replica>>, TransportError> {
        let Some(slot) = self.slot(request.range_id) else { return Ok(None) };
        if slot.replica.replica_id() != request.to_replica {
            return Err(TransportError::Refused(format!(
                "range {} has {} on {}, not {}",
                request.range_id,
                slot.replica.replica_id(),
                self.config.store_id,
                request.to_replica
            )));
        }
        if let Some(fault) = slot.replica.fault() {
            return Err(TransportError::Refused(fault));
        }
        Ok(Some(slot.replica))
    }
}

fn deliver(
    replica: &Arc<Replica>,
    request: RaftRequest,
) -> BoxFuture<'static, Result<Bytes, TransportError>> {
    match (request.kind, replica.raft()) {
        (kind::PURGE, _) => Box::pin(std::future::ready(replica.control(request.kind, &request.payload))),
        (_, Some(raft)) => network::receive(raft.clone(), request.kind, request.payload),
        (_, None) => Box::pin(async { Err(TransportError::Refused("the replica is starting".to_owned())) }),
    }
}

impl RaftHandler for Cell {
    fn handle(&self, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        // What is known is delivered before this returns, which keeps the order of the connection.
        match self.inner.find_group(&request) {
            Ok(Some(replica)) => deliver(&replica, request),
            Err(e) => Box::pin(async move { Err(e) }),
            Ok(None) => {
                let inner = self.inner.clone();
                Box::pin(async move {
                    let replica = inner.group_of(&request).await?;
                    drop(inner);
                    deliver(&replica, request).await
                })
            }
        }
    }
}

impl KvHandler for Cell {
    fn handle(&self, batch: BatchRequest) -> BoxFuture<'static, Result<BatchReply, KvError>> {
        Box::pin(self.inner.clone().handle(batch))
    }
}

impl Host for Inner {
    fn born(
        &self,
        local: LocalState,
        concurrency: Arc<Concurrency>,
        lead: bool,
        granted: bool,
    ) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            if self.is_stopping() || self.slot(local.range_id()).is_some() {
                return Ok(()); // the rows are durable: the next start makes the replica
            }
            let replica = self.begin(local, concurrency, granted).await.map_err(io::Error::other)?;
            if granted {
                self.publish(replica.range_id());
            }
            if lead {
                self.campaign(replica);
            }
            Ok(())
        })
    }
    fn range_id(&self) -> BoxFuture<'_, Result<RangeId, KvError>> {
        Box::pin(async move {
            let none = || KvError::unavailable("too many splits at once: no range id is left");
            self.range_ids.try_lock().map_err(|_| none())?.next().map(RangeId).ok_or_else(none)
        })
    }
    fn persist(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let state = self.config.state.clone();
        self.shared.counters.persists.fetch_add(1, Ordering::Relaxed);
        Box::pin(self.config.blocking.run(move || state.persist()))
    }
    fn publish(&self, range: RangeId) {
        self.to_publish.lock().insert(range);
        self.publish_now.notify_one();
    }
}
