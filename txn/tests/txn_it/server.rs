//! A reference server for these tests: the whole cluster's state behind one mutex, evaluated by the rules of DESIGN 5 in the
//! simplest way that is right. Its stores answer, redirect and wait as cells do, so the client half runs unchanged.

use async_trait::async_trait;
use kv::{
    BatchReply, BatchRequest, Bytes, CellDescriptor, ClockTimestamp, DomicileId, Key, KvError, Lease,
    RangeDescriptor, RangeId, Reply, Request, Span, StoreId, Timestamp, Txn, TxnRecord, TxnStatus,
    descriptor::ReplicaDescriptor,
    error::{self, Message},
    key,
    mvcc::{IntentValue, LockRecord, LockStrength},
    reply::*,
    request::{PushKind, WaitPolicy},
    transaction::{HEARTBEAT_EXPIRY_MS, TXN_RECORD_VERSION},
};
use parking_lot::Mutex;
use prost::Message as _;
use std::{collections::BTreeMap, sync::Arc};
use tokio::time::{Duration, sleep};
use txn::{CellTransport, Clock, Sender, deadlock, recover};

/// What evaluation says besides an error: the request must wait for a lock.
enum Stop {
    Error(KvError),
    Locked { key: Key, lock: LockRecord },
}
impl From<KvError> for Stop {
    fn from(e: KvError) -> Stop {
        Stop::Error(e)
    }
}

#[derive(Clone, Default)]
struct Data {
    versions: BTreeMap<Key, BTreeMap<Timestamp, Option<Bytes>>>,
    locks: BTreeMap<Key, LockRecord>,
    records: BTreeMap<Key, TxnRecord>,
    markers: BTreeMap<(Key, Bytes), Timestamp>,
}

#[derive(Default)]
pub struct World {
    data: Data,
    reads: Vec<(Span, Timestamp, Bytes)>,
    waits: BTreeMap<Bytes, (Vec<Bytes>, Timestamp)>,
    ranges: BTreeMap<RangeId, (RangeDescriptor, Lease)>,
    next_range: u64,
    pub sent: Vec<&'static str>,
}

pub struct Server {
    pub world: Mutex<World>,
    pub clock: Arc<Clock>,
    cells: Vec<CellDescriptor>,
    sender: Mutex<Option<Arc<dyn Sender>>>,
    expiry_ms: u64,
}

pub const STORES: u64 = 3;

impl Server {
    /// One range for the system domicile and one for each of `domiciles`, on three stores.
    pub fn new(clock: Arc<Clock>, domiciles: &[u32]) -> Arc<Server> {
        let cells = (1..=STORES)
            .map(|store_id| CellDescriptor { store_id, region: format!("r{store_id}"), ..Default::default() })
            .collect();
        let server = Server {
            world: Mutex::default(),
            clock,
            cells,
            sender: Mutex::default(),
            expiry_ms: HEARTBEAT_EXPIRY_MS / 10,
        };
        {
            let mut world = server.world.lock();
            let at = server.clock.now().to_timestamp();
            for d in [1].iter().chain(domiciles).copied() {
                let range = world.add_range(key::domicile_span(DomicileId(d)), d);
                let root = range.encode_to_vec().into();
                world.data.versions.entry(key::root(DomicileId(d))).or_default().insert(at, Some(root));
            }
        }
        Arc::new(server)
    }
    /// Through whom waiting requests push; without it they only wait.
    pub fn set_sender(&self, sender: Arc<dyn Sender>) {
        *self.sender.lock() = Some(sender);
    }
    pub fn split(&self, at: Key) {
        let mut world = self.world.lock();
        let (mut left, lease) = world.ranges.values().find(|(r, _)| r.contains(&at)).cloned().unwrap();
        let end = left.span.end.clone();
        let domicile = left.domicile_id;
        left.span.end = at.clone();
        left.generation += 1;
        let generation = left.generation;
        world.ranges.insert(left.id(), (left, lease));
        let id = world.add_range(Span::new(at, end), domicile).id();
        world.ranges.get_mut(&id).unwrap().0.generation = generation;
    }
    pub fn move_lease(&self, at: &[u8], store: u64) {
        let mut world = self.world.lock();
        let (_, lease) = world.ranges.values_mut().find(|(r, _)| r.contains(at)).unwrap();
        *lease = Lease { sequence: lease.sequence + 1, store_id: store, ..lease.clone() };
    }
    pub fn locks(&self) -> usize {
        self.world.lock().data.locks.len()
    }
    pub fn records(&self) -> usize {
        self.world.lock().data.records.len()
    }
    pub fn largest_record(&self) -> usize {
        self.world.lock().data.records.values().map(|r| r.encoded_len()).max().unwrap_or(0)
    }
}

impl World {
    fn add_range(&mut self, span: Span, domicile_id: u32) -> RangeDescriptor {
        self.next_range += 1;
        let range_id = self.next_range;
        let replicas =
            (1..=STORES).map(|s| ReplicaDescriptor { replica_id: s, store_id: s, kind: 0 }).collect();
        let range = RangeDescriptor {
            range_id,
            generation: 1,
            span,
            replicas,
            next_replica_id: STORES + 1,
            domicile_id,
        };
        let lease = Lease { sequence: 1, store_id: 1 + range_id % STORES, ..Default::default() };
        self.ranges.insert(RangeId(range_id), (range.clone(), lease));
        range
    }
    fn read_floor(&self, key: &[u8], own: &[u8]) -> Timestamp {
        let others = self.reads.iter().filter(|(s, _, by)| s.contains(key) && (by.is_empty() || by != own));
        others.map(|(_, at, _)| *at).max().unwrap_or_default()
    }
}

/// One batch's view.
struct Eval<'a> {
    world: &'a mut World,
    txn: Option<Txn>,
    now: ClockTimestamp,
    at: Timestamp,
    limit: Timestamp,
    skip: bool,
    keys_left: u64,
    limited: bool,
    expiry_ns: u64,
}

impl Eval<'_> {
    fn id(&self) -> Bytes {
        self.txn.as_ref().map(|t| t.id.clone()).unwrap_or_default()
    }
    fn is_own(&self, lock: &LockRecord) -> bool {
        self.txn.as_ref().is_some_and(|t| t.id == lock.txn_id)
    }
    fn newest(&self, key: &[u8]) -> Option<Timestamp> {
        self.world.data.versions.get(key).and_then(|v| v.keys().next_back().copied())
    }
    fn get(&mut self, key: &Key, strength: i32) -> Result<GetReply, Stop> {
        let locking = strength != LockStrength::None as i32;
        if let Some(lock) = self.world.data.locks.get(key) {
            let blocks = locking
                || (lock.strength == LockStrength::Intent as i32
                    && lock.timestamp <= self.limit.max(self.at));
            if !self.is_own(lock) && blocks {
                if self.skip {
                    return Ok(GetReply { value: None, skipped: true });
                }
                return Err(Stop::Locked { key: key.clone(), lock: lock.clone() });
            }
            if self.is_own(lock)
                && let Some(own) = self.txn.as_ref().and_then(|t| lock.value_at(t.sequence, &t.ignored))
            {
                return Ok(GetReply { value: own.value.clone(), skipped: false });
            }
        }
        if locking {
            if let Some(actual) = self.newest(key).filter(|t| *t > self.at) {
                return Err(KvError::WriteTooOld(error::WriteTooOld { actual, key: key.clone() }).into());
            }
            let txn = self.txn.clone().unwrap();
            self.world.data.locks.entry(key.clone()).or_insert_with(|| LockRecord {
                txn_id: txn.id,
                timestamp: txn.write_ts,
                strength,
                txn_start: txn.start_ts,
                ..Default::default()
            });
        }
        let versions = self.world.data.versions.get(key);
        if let Some((t, _)) =
            versions.and_then(|v| v.range(self.at.next()..).next()).filter(|(t, _)| **t <= self.limit)
        {
            return Err(KvError::UncertainRead(error::UncertainRead {
                value_ts: *t,
                local_limit: self.now.into(),
            })
            .into());
        }
        let value = versions.and_then(|v| v.range(..=self.at).next_back()).and_then(|(_, v)| v.clone());
        Ok(GetReply { value, skipped: false })
    }
    fn remember(&mut self, span: Span) {
        let by = self.id();
        self.world.reads.push((span, self.at, by));
    }
    fn scan(&mut self, r: &kv::request::Scan) -> Result<ScanReply, Stop> {
        let end = r.span.end_key();
        let mut keys: Vec<Key> = self
            .world
            .data
            .versions
            .range(r.span.start.clone()..end.clone())
            .map(|(k, _)| k.clone())
            .collect();
        keys.extend(self.world.data.locks.range(r.span.start.clone()..end.clone()).map(|(k, _)| k.clone()));
        keys.sort();
        keys.dedup();
        if r.reverse {
            keys.reverse();
        }
        let mut reply = ScanReply::default();
        for key in keys {
            if self.limited && self.keys_left == 0 {
                reply.resume = Some(match r.reverse {
                    true => Span::new(r.span.start.clone(), key::next(&key)),
                    false => Span::new(key, end),
                });
                break;
            }
            if let Some(value) = self.get(&key, r.lock)?.value {
                self.keys_left = self.keys_left.saturating_sub(1);
                reply.rows.push(Row { key, value });
            }
        }
        self.remember(r.span.clone());
        Ok(reply)
    }
    fn write(
        &mut self,
        key: &Key,
        sequence: u32,
        value: impl FnOnce(Option<Bytes>) -> Result<Option<Bytes>, KvError>,
    ) -> Result<Option<Bytes>, Stop> {
        if let Some(lock) = self.world.data.locks.get(key) {
            if !self.is_own(lock) {
                return Err(Stop::Locked { key: key.clone(), lock: lock.clone() });
            }
            if let Some(again) = lock.history.iter().find(|h| h.sequence == sequence) {
                let (value, at) = (again.value.clone(), lock.timestamp);
                self.txn.as_mut().unwrap().write_ts.forward(at);
                return Ok(value);
            }
        }
        let newest = self.newest(key).unwrap_or_default();
        let floor = self.world.read_floor(key, &self.id());
        let Some(txn) = self.txn.clone() else {
            let old =
                self.world.data.versions.get(key).and_then(|v| v.values().next_back().cloned()).flatten();
            let value = value(old)?;
            let at = self.at.max(newest.next()).max(floor.next());
            self.world.data.versions.entry(key.clone()).or_default().insert(at, value.clone());
            return Ok(value);
        };
        if newest > self.at {
            return Err(KvError::WriteTooOld(error::WriteTooOld { actual: newest, key: key.clone() }).into());
        }
        let seen = Txn { sequence: sequence.saturating_sub(1), ..txn.clone() };
        let real = self.txn.replace(seen);
        let old = self.get(key, 0)?.value;
        self.txn = real;
        let value = value(old)?;
        let mut at = txn.write_ts;
        at.forward(floor.next());
        let lock = self.world.data.locks.entry(key.clone()).or_insert_with(|| LockRecord {
            txn_id: txn.id.clone(),
            txn_start: txn.start_ts,
            ..Default::default()
        });
        lock.strength = LockStrength::Intent as i32;
        lock.timestamp.forward(at);
        lock.history.push(IntentValue { sequence, value: value.clone() });
        self.txn.as_mut().unwrap().write_ts.forward(lock.timestamp);
        Ok(value)
    }
    fn resolve(&mut self, key: &Key, lock: LockRecord, r: &kv::request::ResolveIntent) {
        let value = lock.value_at(u32::MAX, &r.ignored).cloned();
        match TxnStatus::try_from(r.status).unwrap() {
            TxnStatus::Committed => {
                if let Some(v) = value {
                    self.world.data.versions.entry(key.clone()).or_default().insert(r.commit_ts, v.value);
                }
            }
            TxnStatus::Pending => {
                let mut lock = lock;
                lock.timestamp.forward(r.commit_ts);
                self.world.data.locks.insert(key.clone(), lock);
            }
            _ => {}
        }
    }
    fn record_reply(record: &TxnRecord) -> Reply {
        Reply::Txn(TxnReply {
            status: record.status,
            write_ts: record.write_ts,
            epoch: record.epoch,
            lock_spans: record.lock_spans.clone(),
            domiciles: record.domiciles.clone(),
            ignored: record.ignored.clone(),
            one_phase: false,
        })
    }
    fn end(&mut self, r: &kv::request::EndTxn) -> Result<Reply, Stop> {
        let txn = self.txn.clone().unwrap();
        let aborted = |reason: &str| {
            KvError::TxnAborted(error::TxnAborted { txn_id: txn.id.clone(), reason: reason.into() })
        };
        let old = self.world.data.records.get(&r.record_key).cloned();
        let status = TxnStatus::try_from(r.status).unwrap();
        match old.as_ref().map(|o| TxnStatus::try_from(o.status).unwrap()) {
            Some(TxnStatus::Committed) if status == TxnStatus::Committed => {
                return Ok(Self::record_reply(old.as_ref().unwrap()));
            }
            Some(TxnStatus::Aborted) if status != TxnStatus::Aborted => {
                return Err(aborted("by a recoverer").into());
            }
            None if txn.has_record && status != TxnStatus::Aborted => {
                return Err(aborted("its record is gone").into());
            }
            _ => {}
        }
        let pushed = old.as_ref().map_or(Timestamp::ZERO, |o| o.write_ts);
        if status == TxnStatus::Committed {
            if pushed > txn.write_ts {
                return Err(KvError::TxnRetry(error::TxnRetry {
                    retry_at: pushed,
                    reason: "pushed".into(),
                    key: Key::new(),
                })
                .into());
            }
            if !r.commit_below.is_zero() && txn.write_ts >= r.commit_below {
                return Err(KvError::CommitTooLate(Message::new("lease")).into());
            }
            assert_eq!(txn.read_ts, txn.write_ts, "reads are refreshed before a commit");
        }
        let record = TxnRecord {
            version: TXN_RECORD_VERSION,
            status: r.status,
            epoch: txn.epoch,
            write_ts: txn.write_ts.max(pushed),
            start_ts: txn.start_ts,
            heartbeat: self.now.into(),
            lock_spans: r.lock_spans.clone(),
            domiciles: r.domiciles.clone(),
            ignored: txn.ignored.clone(),
        };
        for span in &r.lock_spans {
            assert_eq!(
                key::domicile_of(&span.start).unwrap(),
                key::domicile_of(&r.record_key).unwrap(),
                "keys never cross"
            );
        }
        let reply = Self::record_reply(&record);
        self.world.data.records.insert(r.record_key.clone(), record);
        Ok(reply)
    }
    fn push(&mut self, r: &kv::request::PushTxn) -> Reply {
        let now: Timestamp = self.now.into();
        let expired = |since: Timestamp| now.wall_ns.saturating_sub(since.wall_ns) > self.expiry_ns;
        let old = self.world.data.records.get(&r.record_key).cloned();
        let mut record = old.clone().unwrap_or(TxnRecord { start_ts: r.pushee_start, ..Default::default() });
        if record.status == TxnStatus::Pending as i32 {
            if r.kind == PushKind::Abort as i32 || expired(record.heartbeat.max(record.start_ts)) {
                record.status = TxnStatus::Aborted as i32;
                self.world.data.records.insert(r.record_key.clone(), record.clone());
            } else if r.kind == PushKind::Timestamp as i32 {
                record.write_ts.forward(r.push_to.next());
                record.heartbeat.forward(record.start_ts);
                self.world.data.records.insert(r.record_key.clone(), record.clone());
            }
        }
        Self::record_reply(&record)
    }
    fn one(&mut self, request: &Request) -> Result<Reply, Stop> {
        let done = |_| Reply::Done(DoneReply::default());
        Ok(match request {
            Request::Get(r) => {
                let reply = self.get(&r.key, r.lock)?;
                self.remember(Span::point(r.key.clone()));
                Reply::Get(reply)
            }
            Request::Scan(r) => Reply::Scan(self.scan(r)?),
            Request::Put(r) => self.write(&r.key, r.sequence, |_| Ok(Some(r.value.clone()))).map(done)?,
            Request::Delete(r) => self.write(&r.key, r.sequence, |_| Ok(None)).map(done)?,
            Request::ConditionalPut(r) => {
                let check = |actual: Option<Bytes>| match actual == r.expected {
                    true => Ok(Some(r.value.clone())),
                    false => Err(KvError::ConditionFailed(error::ConditionFailed {
                        index: 0,
                        key: r.key.clone(),
                        actual,
                    })),
                };
                self.write(&r.key, r.sequence, check).map(done)?
            }
            Request::Increment(r) => {
                let add = |old: Option<Bytes>| {
                    let old = old.map_or(0, |b| i64::from_be_bytes(b[..].try_into().unwrap()));
                    Ok(Some(Bytes::copy_from_slice(&(old + r.by).to_be_bytes())))
                };
                let value = self.write(&r.key, r.sequence, add)?.unwrap();
                Reply::Increment(IncrementReply { value: i64::from_be_bytes(value[..].try_into().unwrap()) })
            }
            Request::Refresh(r) => {
                let keys = r.span.start.clone()..r.span.end_key();
                let fails = |key: &Key| {
                    KvError::TxnRetry(error::TxnRetry {
                        retry_at: self.at,
                        reason: "refresh".into(),
                        key: key.clone(),
                    })
                };
                for (key, versions) in self.world.data.versions.range(keys.clone()) {
                    if versions.range(r.from.next()..=self.at).next().is_some() {
                        return Err(fails(key).into());
                    }
                }
                for (key, lock) in self.world.data.locks.range(keys) {
                    if !self.is_own(lock)
                        && lock.strength == LockStrength::Intent as i32
                        && lock.timestamp <= self.at
                    {
                        return Err(fails(key).into());
                    }
                }
                self.remember(r.span.clone());
                Reply::Done(DoneReply::default())
            }
            Request::EndTxn(r) => self.end(r)?,
            Request::HeartbeatTxn(r) => {
                let txn = self.txn.clone().unwrap();
                let gone = |reason: &str| {
                    KvError::TxnAborted(error::TxnAborted { txn_id: txn.id.clone(), reason: reason.into() })
                };
                match self.world.data.records.get_mut(&r.record_key) {
                    Some(old) if old.status == TxnStatus::Aborted as i32 => {
                        return Err(gone("aborted").into());
                    }
                    Some(old) => old.heartbeat = self.now.into(),
                    None if txn.has_record => return Err(gone("no record").into()),
                    None => {
                        let record = TxnRecord {
                            version: TXN_RECORD_VERSION,
                            write_ts: txn.write_ts,
                            start_ts: txn.start_ts,
                            heartbeat: self.now.into(),
                            ..Default::default()
                        };
                        self.world.data.records.insert(r.record_key.clone(), record);
                    }
                }
                Self::record_reply(&self.world.data.records[&r.record_key])
            }
            Request::PushTxn(r) => self.push(r),
            Request::ResolveIntent(r) => {
                let keys = r.span.start.clone()..r.span.end_key();
                let mine: Vec<_> = self
                    .world
                    .data
                    .locks
                    .range(keys)
                    .filter(|(_, l)| l.txn_id == r.txn_id)
                    .map(|(k, l)| (k.clone(), l.clone()))
                    .collect();
                let count = mine.len() as u64;
                for (key, lock) in mine {
                    self.world.data.locks.remove(&key);
                    self.resolve(&key, lock, r);
                }
                Reply::Done(DoneReply { count, resume: None })
            }
            Request::RemoveTxnRecord(r) => {
                if self
                    .world
                    .data
                    .records
                    .get(&r.record_key)
                    .is_some_and(|r| r.status == TxnStatus::Pending as i32)
                {
                    return Err(KvError::invalid("the record is pending").into());
                }
                self.world.data.records.remove(&r.record_key);
                Reply::Done(DoneReply::default())
            }
            Request::RegisterWait(r) => {
                if !r.query_only {
                    self.world.waits.insert(r.waiter_id.clone(), (r.holder_ids.clone(), r.waiter_start));
                }
                let (holder_ids, waiter_start) =
                    self.world.waits.get(&r.waiter_id).cloned().unwrap_or_default();
                Reply::RegisterWait(RegisterWaitReply { holder_ids, waiter_start })
            }
            Request::LookupRange(r) => {
                let mut ranges: Vec<_> = self
                    .world
                    .ranges
                    .values()
                    .map(|(d, _)| d.clone())
                    .filter(|d| d.span.end > r.key)
                    .collect();
                ranges.sort_by(|a, b| a.span.start.cmp(&b.span.start));
                ranges.truncate(r.ranges_max as usize);
                Reply::LookupRange(LookupRangeReply { ranges, cells: Vec::new() })
            }
            Request::AdminSplit(_) | Request::AdminTransferLease(_) | Request::RangeInfo(_) => {
                return Err(KvError::invalid("not of this server").into());
            }
        })
    }
    /// All writes at once, without intents, if the rules allow it.
    fn one_phase(&mut self, requests: &[Request], end: &kv::request::EndTxn) -> Result<Vec<Reply>, Stop> {
        let marker = (end.record_key.clone(), self.id());
        let committed = |write_ts, n: usize| {
            let end = TxnReply {
                status: TxnStatus::Committed as i32,
                write_ts,
                one_phase: true,
                ..Default::default()
            };
            let mut replies = vec![Reply::Done(DoneReply::default()); n - 1];
            replies.push(Reply::Txn(end));
            Ok(replies)
        };
        if let Some(at) = self.world.data.markers.get(&marker) {
            return committed(*at, requests.len());
        }
        let writes = &requests[..requests.len() - 1];
        let had_intents = self.world.data.locks.values().any(|l| l.txn_id == self.id());
        let mut replies = writes.iter().map(|r| self.one(r)).collect::<Result<Vec<_>, _>>()?;
        let txn = self.txn.clone().unwrap();
        if had_intents || txn.write_ts > txn.read_ts {
            replies.push(Reply::Txn(TxnReply { write_ts: txn.write_ts, ..Default::default() }));
            return Ok(replies);
        }
        if !end.commit_below.is_zero() && txn.write_ts >= end.commit_below {
            return Err(KvError::CommitTooLate(Message::new("lease")).into());
        }
        let mine: Vec<_> = self
            .world
            .data
            .locks
            .iter()
            .filter(|(_, l)| l.txn_id == txn.id)
            .map(|(k, l)| (k.clone(), l.clone()))
            .collect();
        let resolve = kv::request::ResolveIntent {
            status: TxnStatus::Committed as i32,
            commit_ts: txn.write_ts,
            ..Default::default()
        };
        for (key, lock) in mine {
            self.world.data.locks.remove(&key);
            self.resolve(&key, lock, &resolve);
        }
        self.world.data.markers.insert(marker, txn.write_ts);
        committed(txn.write_ts, requests.len())
    }
}

impl Server {
    fn evaluate(&self, batch: &BatchRequest) -> Result<BatchReply, Stop> {
        let now = self.clock.now();
        let world = &mut *self.world.lock();
        let h = &batch.header;
        let requests: Vec<Request> = batch.iter().cloned().collect();
        let before = batch.is_write().then(|| world.data.clone());
        let at = h
            .txn
            .as_ref()
            .map_or(if h.timestamp.is_zero() { now.into() } else { h.timestamp }, |t| t.read_ts);
        let limit = h.txn.as_ref().map_or(h.uncertainty_limit, |t| t.uncertainty_limit);
        let mut eval = Eval {
            world,
            txn: h.txn.clone(),
            now,
            at,
            limit,
            skip: h.wait_policy == WaitPolicy::Skip as i32,
            keys_left: h.keys_max,
            limited: h.keys_max != 0,
            expiry_ns: self.expiry_ms * 1_000_000,
        };
        let result = match requests.last() {
            Some(Request::EndTxn(end)) if end.one_phase => eval.one_phase(&requests, end),
            _ => requests
                .iter()
                .enumerate()
                .map(|(i, r)| {
                    eval.one(r).map_err(|s| match s {
                        Stop::Error(KvError::ConditionFailed(e)) => {
                            Stop::Error(KvError::ConditionFailed(error::ConditionFailed {
                                index: i as u32,
                                ..e
                            }))
                        }
                        s => s,
                    })
                })
                .collect(),
        };
        let txn = eval.txn;
        match result {
            Ok(replies) => Ok(BatchReply {
                replies: replies.into_iter().map(Into::into).collect(),
                txn,
                now,
                timestamp: at,
                ..Default::default()
            }),
            Err(stop) => {
                if let Some(before) = before {
                    world.data = before;
                }
                Err(stop)
            }
        }
    }
    /// Whether the store serves the batch's range; otherwise what it says instead.
    fn route(
        &self,
        store: StoreId,
        batch: &BatchRequest,
    ) -> Result<Option<(RangeDescriptor, Lease)>, KvError> {
        let world = self.world.lock();
        let h = &batch.header;
        let Some((range, lease)) = world.ranges.get(&RangeId(h.range_id)) else {
            return Err(KvError::RangeNotFound(error::RangeNotFound {
                range_id: h.range_id,
                store_id: store.0,
            }));
        };
        if lease.store() != store {
            return Err(KvError::NotLeaseholder(error::NotLeaseholder {
                lease: Some(lease.clone()),
                range: None,
            }));
        }
        let outside = |r: &Request| match r {
            Request::LookupRange(_) => false,
            r => !range.span.contains_span(&r.span()),
        };
        if batch.iter().any(outside) {
            let overlaps = |d: &RangeDescriptor| batch.iter().any(|r| d.span.overlaps(&r.span()));
            let ranges = world
                .ranges
                .values()
                .map(|(d, _)| d.clone())
                .filter(|d| d.range_id == h.range_id || overlaps(d))
                .collect();
            return Err(KvError::RangeMismatch(error::RangeMismatch { ranges }));
        }
        Ok((h.range_generation < range.generation).then(|| (range.clone(), lease.clone())))
    }
    /// Pushes the holder of a lock, as a waiter does.
    async fn handle_lock(
        &self,
        batch: &BatchRequest,
        locked: &Key,
        lock: &LockRecord,
    ) -> Result<(), KvError> {
        let Some(sender) = self.sender.lock().clone() else { return Ok(()) };
        let pushee = recover::Pushee::of_lock(locked, lock).unwrap();
        let kind = if batch.is_write() { PushKind::Query } else { PushKind::Timestamp };
        let to = batch
            .header
            .txn
            .as_ref()
            .map_or_else(|| self.clock.now().into(), |t| t.uncertainty_limit.max(t.read_ts));
        let waiter = batch.header.txn.as_ref().map(|t| (t.txn_id().unwrap(), t.start_ts));
        let record = recover::push(&*sender, &pushee, kind, to, waiter.map(|w| w.0)).await?;
        if record.txn_status() != TxnStatus::Pending || kind == PushKind::Timestamp {
            return recover::resolve(&*sender, vec![Span::point(locked.clone())], pushee.id, &record).await;
        }
        if let Some((id, start)) = waiter
            && let Some(circle) = deadlock::look(&*sender, id, start, &[pushee.id]).await?
            && circle.victim() == id
        {
            return Err(circle.into_error());
        }
        Ok(())
    }
}

#[async_trait]
impl CellTransport for Server {
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError> {
        if batch.header.range_id == 0 {
            let inside = self.sender.lock().clone().ok_or_else(|| KvError::unavailable("no gateway"))?;
            return inside.send(batch).await;
        }
        let newer = self.route(store, &batch)?;
        self.world.lock().sent.extend(batch.iter().map(name));
        let mut waited = 0;
        loop {
            let (locked, lock) = match self.evaluate(&batch) {
                Ok(mut reply) => {
                    if let Some((range, lease)) = newer {
                        (reply.range, reply.lease) = (Some(range), Some(lease));
                    }
                    return Ok(reply);
                }
                Err(Stop::Error(e)) => return Err(e),
                Err(Stop::Locked { key, lock }) => (key, lock),
            };
            let conflict = |waited_ms| {
                KvError::LockConflict(error::LockConflict {
                    key: locked.clone(),
                    holder_id: lock.txn_id.clone(),
                    waited_ms,
                })
            };
            if batch.header.wait_policy == WaitPolicy::Error as i32 {
                return Err(conflict(0));
            }
            let limit = batch.header.lock_timeout_ms;
            if limit != 0 && waited >= limit {
                return Err(conflict(waited));
            }
            self.handle_lock(&batch, &locked, &lock).await?;
            sleep(Duration::from_millis(2)).await;
            waited += 2;
        }
    }
    fn cells(&self) -> Vec<CellDescriptor> {
        self.cells.clone()
    }
    fn root_range(&self) -> Option<RangeDescriptor> {
        self.world.lock().ranges.get(&RangeId(1)).map(|(d, _)| d.clone())
    }
}

fn name(request: &Request) -> &'static str {
    match request {
        Request::EndTxn(r) if r.one_phase => "EndTxn(one phase)",
        Request::EndTxn(r) if r.status == TxnStatus::Delegated as i32 => "EndTxn(Delegated)",
        Request::EndTxn(r) if r.status == TxnStatus::Committed as i32 => "EndTxn(Committed)",
        Request::EndTxn(_) => "EndTxn(Aborted)",
        Request::Refresh(_) => "Refresh",
        Request::HeartbeatTxn(_) => "HeartbeatTxn",
        Request::LookupRange(_) => "LookupRange",
        _ => "other",
    }
}
