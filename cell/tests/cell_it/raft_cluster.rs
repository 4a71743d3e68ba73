//! Three cells in one process over stores in memory, under tokio's paused clock: hours pass in moments.

use crate::raft_evaluator;
use async_trait::async_trait;
use cell::{
    memory::{MemoryLog, MemoryStore},
    node::{Blocking, Cell, CellConfig, RangeStatus},
    transport::LocalPeers,
};
use kv::{
    BatchReply, BatchRequest, Bytes, CellDescriptor, DomicileId, KvError, RangeDescriptor, RangeId,
    ReplicaDescriptor, Reply, Request, StoreId, key,
    request::{Get, Header, Put},
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use txn::{CellTransport, PhysicalClock, Sender};

/// The system domicile's first range.
pub const FIRST: RangeId = RangeId(1);
/// A table of the system domicile that nothing else uses.
pub const TABLE: u32 = 99;

/// Wall time that is tokio's, so that a paused clock pauses it too.
struct TokioClock(Instant);
impl PhysicalClock for TokioClock {
    fn wall_ns(&self) -> u64 {
        1_700_000_000_000_000_000 + self.0.elapsed().as_nanos() as u64
    }
}

#[derive(Clone, Default)]
pub struct Disk {
    pub state: MemoryStore,
    pub log: MemoryLog,
}

pub struct Cluster {
    pub peers: LocalPeers,
    pub disks: BTreeMap<u64, Disk>,
    cells: Mutex<BTreeMap<u64, Cell>>,
    zero: Instant,
    pub split_bytes: u64,
    pub purge_entries_min: u64,
    /// Clients leave this cell out.
    pub avoid: Mutex<Option<u64>>,
    /// With the plain evaluator and a router without a cache; otherwise with executors and the product's router.
    pub plain: bool,
}

pub fn key(n: u64) -> Bytes {
    let mut k = key::index_prefix(DomicileId::SYSTEM, TABLE, 1);
    k.extend_from_slice(&n.to_be_bytes());
    k.into()
}

impl Cluster {
    pub fn new() -> Cluster {
        Cluster {
            peers: LocalPeers::default(),
            disks: (1..=3).map(|s| (s, Disk::default())).collect(),
            cells: Mutex::default(),
            zero: Instant::now(),
            split_bytes: 64 << 20,
            purge_entries_min: 2_000,
            avoid: Mutex::new(None),
            plain: true,
        }
    }
    /// Three cells with one range: the whole system domicile.
    pub async fn started() -> Arc<Cluster> {
        let cluster = Arc::new(Cluster::new());
        cluster.begin().await;
        cluster
    }
    pub async fn begin(self: &Arc<Self>) {
        for store in 1..=3 {
            self.start(store).await;
        }
        for store in 1..=3 {
            self.cell(store).create_range(first_range()).await.unwrap();
        }
    }
    pub async fn start(self: &Arc<Self>, store: u64) -> Cell {
        let disk = self.disks[&store].clone();
        let clock = txn::Clock::new(Arc::new(TokioClock(self.zero)), 0);
        let mut config = CellConfig::with_executors(
            StoreId(store),
            Arc::new(disk.state),
            Arc::new(disk.log),
            clock,
            Arc::new(self.peers.clone()),
        );
        if self.plain {
            config.evaluator = raft_evaluator::make();
        }
        config.blocking = Blocking::Inline;
        config.split_bytes = self.split_bytes;
        config.purge_entries_min = self.purge_entries_min;
        let cell = Cell::start(config).await.unwrap();
        let sender: Arc<dyn Sender> =
            if self.plain { Arc::new(Route(Arc::downgrade(self))) } else { self.distributor(store) };
        cell.set_sender(sender);
        let me = Arc::new(cell.clone());
        self.peers.register(CellDescriptor { store_id: store, ..Default::default() }, me.clone(), me);
        self.cells.lock().insert(store, cell.clone());
        cell
    }
    /// The product's router over this cluster.
    pub fn distributor(&self, seed: u64) -> Arc<txn::Distributor> {
        self.peers.set_root_range(first_range());
        let clock = txn::Clock::new(Arc::new(TokioClock(self.zero)), 0);
        txn::Distributor::new(
            Arc::new(self.peers.clone()),
            clock,
            Arc::new(txn::SeededEntropy::new(seed)),
            txn::RouteOptions::default(),
        )
    }
    pub fn cell(&self, store: u64) -> Cell {
        self.cells.lock()[&store].clone()
    }
    pub fn cells(&self) -> Vec<Cell> {
        self.cells.lock().values().cloned().collect()
    }
    /// The process is gone: nobody hears of it, unsynced writes are lost.
    pub async fn crash(&self, store: u64) {
        self.peers.remove(StoreId(store));
        let cell = self.cells.lock().remove(&store).unwrap();
        // What the process would still do reaches no disk that counts: the disks forget first.
        let disk = &self.disks[&store];
        cell.stop().await;
        disk.state.crash();
        disk.log.crash();
    }
    pub fn statuses(&self, range: RangeId) -> BTreeMap<u64, RangeStatus> {
        let of = |c: Cell| {
            c.ranges().into_iter().find(|r| r.descriptor.id() == range).map(|r| (c.store_id().0, r))
        };
        self.cells().into_iter().filter_map(of).collect()
    }
    pub fn leaseholder(&self, range: RangeId) -> Option<u64> {
        self.statuses(range).into_iter().find(|(_, r)| r.leaseholder).map(|(s, _)| s)
    }
    pub async fn put(self: &Arc<Self>, n: u64, value: &str) -> Result<(), KvError> {
        let put = Put { key: key(n), value: Bytes::copy_from_slice(value.as_bytes()), sequence: 0 };
        self.send(Request::Put(put)).await.map(drop)
    }
    pub async fn get(self: &Arc<Self>, n: u64) -> Option<String> {
        match self.send(Request::Get(Get { key: key(n), lock: 0 })).await.unwrap() {
            Reply::Get(g) => g.value.map(|v| String::from_utf8(v.to_vec()).unwrap()),
            other => panic!("{other:?}"),
        }
    }
    pub async fn send(self: &Arc<Self>, request: Request) -> Result<Reply, KvError> {
        let route = Route(Arc::downgrade(self));
        let reply = route.send(BatchRequest::new(Header::default(), [request])).await?;
        Ok(reply.replies.into_iter().next().unwrap().reply.unwrap())
    }
}

pub fn first_range() -> RangeDescriptor {
    RangeDescriptor {
        range_id: FIRST.0,
        generation: 1,
        span: key::domicile_span(DomicileId::SYSTEM),
        replicas: (1..=3).map(|s| ReplicaDescriptor { replica_id: s + 10, store_id: s, kind: 0 }).collect(),
        next_replica_id: 14,
        domicile_id: DomicileId::SYSTEM.0,
    }
}

/// Asks cells in turn until one serves: a router without a cache.
struct Route(std::sync::Weak<Cluster>);

/// Until then some cell must have served.
const SEND_MAX: Duration = Duration::from_secs(20);

#[async_trait]
impl Sender for Route {
    async fn send(&self, mut batch: BatchRequest) -> Result<BatchReply, KvError> {
        let until = Instant::now() + SEND_MAX;
        let start = batch.iter().next().unwrap().span().start;
        let mut last = KvError::unavailable("no cell has the range");
        let mut hint = None;
        while Instant::now() < until {
            let cluster = self.0.upgrade().ok_or_else(|| KvError::unavailable("the cluster is gone"))?;
            let mut cells = cluster.cells();
            let avoid = *cluster.avoid.lock();
            cells.retain(|c| Some(c.store_id().0) != avoid);
            let first = cells.iter().filter(|c| Some(c.store_id().0) == hint).chain(&cells).next().cloned();
            let ordered = first.into_iter().chain(cells.iter().cloned());
            hint = None;
            for cell in ordered {
                let Some(range) = cell.ranges().into_iter().find(|r| r.descriptor.contains(&start)) else {
                    continue;
                };
                batch.header.range_id = range.descriptor.range_id;
                match cluster.peers.send(cell.store_id(), batch.clone()).await {
                    Ok(reply) => return Ok(reply),
                    Err(KvError::NotLeaseholder(e)) => {
                        hint = e.lease.as_ref().map(|l| l.store_id);
                        last = KvError::NotLeaseholder(e);
                        if hint.is_some() {
                            break;
                        }
                    }
                    Err(
                        e @ (KvError::Unavailable(_)
                        | KvError::RangeNotFound(_)
                        | KvError::RangeMismatch(_)
                        | KvError::NotServing(_)),
                    ) => last = e,
                    Err(e) => return Err(e),
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(last)
    }
}

/// Waits until `what` holds.
pub async fn until(name: &str, seconds: u64, mut what: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(seconds), "{name}: not within {seconds} s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}
