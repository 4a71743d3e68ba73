//! One range whose replica applies in place.

use async_trait::async_trait;
use cell::{
    concurrency::{Concurrency, SenderPusher},
    execute::{Applied, Executor, Faults, Proposal, ProposeError, RangeReplica},
    seam::{Pair, StateReader, StoreError},
};
use kv::{
    BatchReply, BatchRequest, Bytes, DomicileId, Header, Key, KvError, Lease, RangeDescriptor, Reply,
    Request, Span, StoreId, Timestamp, Txn, TxnId, WIRE_VERSION,
    command::{Keyspace, WriteBatch},
    encoding,
    error::NotLeaseholder,
    key,
    reply::RangeInfoReply,
};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::Semaphore;
use txn::{Clock, PhysicalClock, Sender};

pub const DOMICILE: DomicileId = DomicileId(16);
pub const OFFSET_NS: u64 = 250_000_000;

type Rows = BTreeMap<Bytes, Bytes>;

/// A store in maps.
#[derive(Default, Clone)]
pub struct MapStore(Arc<RwLock<[Rows; Keyspace::ALL.len()]>>);

impl MapStore {
    pub fn apply(&self, batch: &WriteBatch) {
        let mut rows = self.0.write();
        for write in batch.iter() {
            let write = write.unwrap();
            let key = Bytes::copy_from_slice(write.key);
            match write.value {
                Some(value) => rows[write.keyspace as usize].insert(key, Bytes::copy_from_slice(value)),
                None => rows[write.keyspace as usize].remove(&key),
            };
        }
    }
    pub fn rows(&self, keyspace: Keyspace) -> Rows {
        self.0.read()[keyspace as usize].clone()
    }
}

impl StateReader for MapStore {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.read()[keyspace as usize].get(key).cloned())
    }
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
        let rows = self.0.read();
        let from = rows[keyspace as usize]
            .range::<[u8], _>((std::ops::Bound::Included(start), std::ops::Bound::<&[u8]>::Unbounded));
        let mut found: Vec<_> = from
            .take_while(|(k, _)| end.is_empty() || k[..] < *end)
            .map(|(k, v)| Ok((k.clone(), v.clone())))
            .collect();
        if reverse {
            found.reverse();
        }
        Box::new(found.into_iter())
    }
    fn first(&self, keyspace: Keyspace, start: &[u8], end: &[u8]) -> Result<Option<Pair>, StoreError> {
        let rows = self.0.read();
        let bounds = (std::ops::Bound::Included(start), std::ops::Bound::Excluded(end));
        Ok(rows[keyspace as usize].range::<[u8], _>(bounds).next().map(|(k, v)| (k.clone(), v.clone())))
    }
}

/// A wall clock that a test sets.
#[derive(Default)]
pub struct TestWall(AtomicU64);

impl PhysicalClock for TestWall {
    fn wall_ns(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A replica without peers: what is proposed is applied, if the lease is still the one.
pub struct TestReplica {
    pub store: MapStore,
    pub lease: RwLock<Option<Arc<Lease>>>,
    pub descriptor: RwLock<Arc<RangeDescriptor>>,
    pub closed: Mutex<Timestamp>,
    pub clock: Arc<Clock>,
    /// Each proposal takes a permit: a test holds them back.
    pub gate: Semaphore,
    pub full: AtomicBool,
    pub proposals: AtomicU64,
}

#[async_trait]
impl RangeReplica for TestReplica {
    fn descriptor(&self) -> Arc<RangeDescriptor> {
        self.descriptor.read().clone()
    }
    fn check_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError> {
        match &*self.lease.read() {
            Some(lease) if lease.covers(at, OFFSET_NS) => Ok(lease.clone()),
            _ => Err(KvError::NotLeaseholder(NotLeaseholder::default())),
        }
    }
    async fn acquire_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError> {
        self.check_lease(at)
    }
    fn reader(&self) -> &dyn StateReader {
        &self.store
    }
    fn snapshot(&self) -> Box<dyn StateReader> {
        let copy = MapStore::default();
        *copy.0.write() = self.store.0.read().clone();
        Box::new(copy)
    }
    fn closed(&self) -> Timestamp {
        *self.closed.lock()
    }
    fn collected_below(&self) -> Timestamp {
        Timestamp::ZERO
    }
    fn admit_write(&self) -> Result<(), KvError> {
        match self.full.load(Ordering::Relaxed) {
            true => Err(KvError::StoreFull(kv::error::Message::new("the reserve is met"))),
            false => Ok(()),
        }
    }
    async fn propose(&self, lease: &Lease, proposal: Proposal) -> Result<Applied, ProposeError> {
        self.gate.acquire().await.unwrap().forget();
        self.gate.add_permits(1);
        if self.lease.read().as_ref().map(|l| l.sequence) != Some(lease.sequence) {
            return Err(ProposeError::NotApplied(KvError::NotLeaseholder(NotLeaseholder::default())));
        }
        self.store.apply(&proposal.writes);
        Ok(Applied { lease_index: self.proposals.fetch_add(1, Ordering::Relaxed) + 1 })
    }
    async fn admin_split(&self, _: &Lease, _: &[u8]) -> Result<(), KvError> {
        Ok(())
    }
    async fn transfer_lease(&self, _: StoreId) -> Result<(), KvError> {
        Ok(())
    }
    fn range_info(&self) -> RangeInfoReply {
        RangeInfoReply { range: (**self.descriptor.read()).clone(), ..Default::default() }
    }
}

/// Sends everything to the one range.
struct Direct(OnceLock<Weak<Executor>>);

#[async_trait]
impl Sender for Direct {
    async fn send(&self, mut batch: BatchRequest) -> Result<BatchReply, KvError> {
        batch.header.version = WIRE_VERSION;
        let executor = self.0.get().and_then(Weak::upgrade).ok_or_else(|| KvError::unavailable("gone"))?;
        Box::pin(executor.execute(batch)).await
    }
}

pub struct Range {
    pub executor: Arc<Executor>,
    pub replica: Arc<TestReplica>,
    pub concurrency: Arc<Concurrency>,
    pub clock: Arc<Clock>,
    pub wall: Arc<TestWall>,
    pub faults: Arc<Faults>,
}

pub fn seconds(s: u64) -> Timestamp {
    Timestamp::new(s * 1_000_000_000, 0)
}

impl Range {
    /// A range over all domiciles from the system's to 16, with a lease from 1 s to 1000 s, at 2 s.
    pub fn new() -> Range {
        let wall = Arc::new(TestWall::default());
        let clock = Clock::new(wall.clone(), OFFSET_NS);
        let replica = Arc::new(TestReplica {
            store: MapStore::default(),
            lease: RwLock::new(None),
            descriptor: RwLock::new(Arc::new(RangeDescriptor {
                range_id: 7,
                generation: 1,
                span: Span::new(
                    key::domicile_span(DomicileId::SYSTEM).start,
                    key::domicile_span(DomicileId(DOMICILE.0)).end,
                ),
                ..Default::default()
            })),
            closed: Mutex::new(Timestamp::ZERO),
            clock: clock.clone(),
            gate: Semaphore::new(1),
            full: AtomicBool::new(false),
            proposals: AtomicU64::new(0),
        });
        let concurrency = Concurrency::new();
        let direct = Arc::new(Direct(OnceLock::new()));
        let faults = Arc::new(Faults::default());
        let executor = Executor::new(
            replica.clone(),
            concurrency.clone(),
            clock.clone(),
            Arc::new(SenderPusher { sender: direct.clone() }),
            faults.clone(),
        );
        direct.0.set(Arc::downgrade(&executor)).unwrap();
        let range = Range { executor, replica, concurrency, clock, wall, faults };
        range.grant_lease(1, 1, 1_000);
        range.set_clock(2);
        range
    }
    pub fn grant_lease(&self, sequence: u64, start: u64, end: u64) {
        let lease = Lease { sequence, start: seconds(start), expiration: seconds(end), ..Default::default() };
        self.concurrency.on_lease_start(seconds(start), None);
        *self.replica.lease.write() = Some(Arc::new(lease));
    }
    pub fn set_clock(&self, s: u64) {
        self.wall.0.store(s * 1_000_000_000, Ordering::Relaxed);
    }
    pub async fn send(&self, header: Header, requests: Vec<Request>) -> Result<BatchReply, KvError> {
        self.executor.execute(BatchRequest::new(header, requests)).await
    }
    pub async fn one(&self, header: Header, request: Request) -> Result<Reply, KvError> {
        let reply = self.send(header, vec![request]).await?;
        Ok(reply.replies.into_iter().next().unwrap().reply.unwrap())
    }
}

pub fn header() -> Header {
    Header { version: WIRE_VERSION, range_generation: 1, ..Default::default() }
}
/// The header of a transaction that begins at `s` seconds.
pub fn txn(n: u8, s: u64) -> Txn {
    Txn {
        id: Bytes::copy_from_slice(&[n; 16]),
        read_ts: seconds(s),
        write_ts: seconds(s),
        start_ts: seconds(s),
        uncertainty_limit: seconds(s),
        sequence: u32::MAX,
        ..Default::default()
    }
}
pub fn with_txn(txn: &Txn) -> Header {
    Header { txn: Some(txn.clone()), ..header() }
}
pub fn id(n: u8) -> TxnId {
    TxnId([n; 16])
}
/// A row's key with one text column.
pub fn row(name: &str) -> Key {
    let mut out = key::index_prefix(DOMICILE, 100, 1);
    encoding::put_bytes(&mut out, name.as_bytes());
    out.into()
}
/// The text column of a row's key, or an end made of one.
pub fn name_of(key: &[u8]) -> String {
    let mut rest = &key[key::INDEX_PREFIX_LEN..];
    let name = String::from_utf8(encoding::take_bytes(&mut rest).unwrap()).unwrap();
    if rest.is_empty() { name } else { format!("{name}+") }
}
