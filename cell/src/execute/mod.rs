//! The life of a batch at the leaseholder: check, latch, evaluate, replicate, answer.
//!
//! ```text
//! validate -> latches -> lease, range -> evaluate --conflict--> let go of latches, wait for the lock, again
//!                                          |
//!                  reads into the timestamp cache
//!                                          |---- no writes: the lease still covers -> reply
//!                                          |---- writes: propose, hold latches until applied -> lock table -> reply
//! ```
//! Reads enter the timestamp cache before their latches go; writes are moved above it before they are evaluated.

pub mod faults;
pub mod replica;
pub mod validate;
mod wait;

use crate::{
    concurrency::{
        Concurrency, Pusher,
        latches::LatchGuard,
        lock_table::{Asker, LockTable, Place},
        tracker::Tracked,
    },
    evaluate::{
        self, Evaluation, Input, LockChange, Mode, Stop,
        end_txn::{one_phase_of, refused_one_phase, repeated_one_phase},
    },
    mvcc::{Holder, TxnView},
};
pub use faults::Faults;
use kv::{
    BatchReply, BatchRequest, KvError, Lease, Reply, Request, StoreId, Timestamp, TxnId,
    error::{BelowCollection, Message},
    mvcc::LockStrength,
    reply::{DoneReply, ReplyUnion},
};
pub use replica::{Applied, Proposal, ProposeError, RangeReplica};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use txn::Clock;

/// Evaluations of one batch at most, waits included: each conflict, moved timestamp and lost lease costs one.
const ATTEMPTS_MAX: usize = 1_000;

/// Serves the batches of one range on one store.
pub struct Executor {
    replica: Arc<dyn RangeReplica>,
    concurrency: Arc<Concurrency>,
    clock: Arc<Clock>,
    pusher: Arc<dyn Pusher>,
    faults: Arc<Faults>,
    /// Numbers the batches by arrival: their order in the queues of locks.
    arrivals: AtomicU64,
}

/// A batch on its way: what changes from one attempt to the next.
struct Passage {
    batch: BatchRequest,
    txn: Option<TxnView>,
    asker: Asker,
    read_ts: Timestamp,
    write_ts: Timestamp,
    uncertainty_limit: Timestamp,
    mode: Mode,
    can_forward: bool,
    is_write: bool,
    deadline: Option<Instant>,
    /// Places in the queues of locks, kept until the batch is done.
    places: Vec<Place>,
}

impl Passage {
    /// The greatest timestamp that the lease must cover.
    fn covers(&self) -> Timestamp {
        self.read_ts.max(self.uncertainty_limit)
    }
    fn forward(&mut self, at: Timestamp) {
        self.read_ts.forward(at);
        self.write_ts.forward(at);
    }
}

/// How an attempt ended if not with a reply or an error.
enum Again {
    /// The timestamps were moved.
    Moved,
    /// Ask for the lease first.
    NeedLease,
    Conflict {
        conflicts: Vec<crate::mvcc::Conflict>,
        want: crate::concurrency::lock_table::Want,
    },
}

impl Executor {
    /// `concurrency` is the one that the replica was given.
    pub fn new(
        replica: Arc<dyn RangeReplica>,
        concurrency: Arc<Concurrency>,
        clock: Arc<Clock>,
        pusher: Arc<dyn Pusher>,
        faults: Arc<Faults>,
    ) -> Arc<Executor> {
        Arc::new(Executor { replica, concurrency, clock, pusher, faults, arrivals: AtomicU64::new(1) })
    }

    /// Serves a batch. Cancelling it is safe: what has been proposed goes on by itself.
    ///
    /// # Errors
    /// By `KvError::kind`. `Ambiguous` only if a write was proposed and its fate is not known within the time.
    pub async fn execute(&self, batch: BatchRequest) -> Result<BatchReply, KvError> {
        validate::validate(&batch)?;
        self.clock
            .update(batch.header.now)
            .map_err(|e| KvError::NotServing(Message::new(format!("refused a batch: {e}"))))?;
        let mut passage = self.passage(batch)?;
        if let [only] = &passage.batch.requests[..]
            && let Some(request @ (Request::AdminSplit(_) | Request::AdminTransferLease(_))) =
                only.request.clone()
        {
            return self.administer(&passage, request).await;
        }
        if passage.batch.header.follower_read
            && let Some(reply) = self.follower_read(&passage)
        {
            return reply;
        }
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt(&mut passage).await? {
                Ok(reply) => return Ok(reply),
                Err(Again::Moved) => {}
                Err(Again::NeedLease) => {
                    let covers = passage.covers();
                    self.until(passage.deadline, "its lease", self.replica.acquire_lease(covers)).await??;
                }
                Err(Again::Conflict { conflicts, want }) => {
                    self.wait_for_locks(&mut passage, conflicts, want).await?;
                }
            }
        }
        Err(KvError::Overloaded(Message::new(format!("gave up after {ATTEMPTS_MAX} attempts"))))
    }

    fn passage(&self, batch: BatchRequest) -> Result<Passage, KvError> {
        let header = &batch.header;
        let txn =
            header.txn.as_ref().map(TxnView::new).transpose().map_err(|e| KvError::invalid(e.to_string()))?;
        let deadline =
            (header.timeout_ms > 0).then(|| Instant::now() + Duration::from_millis(header.timeout_ms));
        let asker = Asker {
            sequence: self.arrivals.fetch_add(1, Ordering::Relaxed),
            txn: txn.as_ref().map(|t| t.id),
        };
        let (read_ts, write_ts, uncertainty_limit, can_forward) = match &header.txn {
            Some(t) => (t.read_ts, t.write_ts, t.uncertainty_limit, header.can_forward_read_ts),
            // The timestamp is this leaseholder's to choose. A clock that ran ahead may have written above it.
            None if header.timestamp.is_zero() => {
                let now = self.clock.now();
                (now.to_timestamp(), now.to_timestamp(), self.clock.uncertainty_limit(now), true)
            }
            None => (header.timestamp, header.timestamp, header.uncertainty_limit, batch.is_write()),
        };
        let mode = if txn.is_none() || one_phase_of(&batch).is_some() { Mode::Version } else { Mode::Intent };
        let is_write = batch.is_write();
        let mut passage = Passage {
            txn,
            asker,
            read_ts,
            write_ts,
            uncertainty_limit,
            mode,
            can_forward,
            is_write,
            deadline,
            places: Vec::new(),
            batch,
        };
        if mode == Mode::Version && can_forward {
            passage.read_ts = passage.write_ts;
        }
        Ok(passage)
    }

    /// Waits for `work`, up to the batch's deadline.
    async fn until<T>(
        &self,
        deadline: Option<Instant>,
        what: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, KvError> {
        match deadline {
            None => Ok(work.await),
            Some(at) => tokio::time::timeout_at(at, work)
                .await
                .map_err(|_| KvError::DeadlineExceeded(Message::new(format!("the range waited for {what}")))),
        }
    }

    async fn latch(&self, passage: &Passage) -> Result<LatchGuard, KvError> {
        let range = self.replica.descriptor();
        let spans = passage.batch.iter().filter_map(|r| validate::latch(r, &range));
        self.until(passage.deadline, "latches", self.concurrency.latches().acquire(spans)).await
    }

    /// One evaluation under latches.
    async fn attempt(&self, passage: &mut Passage) -> Result<Result<BatchReply, Again>, KvError> {
        let guard = self.latch(passage).await?;
        let lease = match self.replica.check_lease(passage.covers()) {
            Ok(lease) => Some(lease),
            Err(_) if self.faults.read_without_lease() && !passage.is_write => None,
            Err(_) => return Ok(Err(Again::NeedLease)),
        };
        let range = self.replica.descriptor();
        validate::check_range(&passage.batch, &range)?;
        self.check_collected(passage.read_ts)?;
        let tracked = match self.begin_writes(passage) {
            Ok(tracked) => tracked,
            Err(at) => return self.refuse_one_phase(passage, at).map(Ok),
        };
        match self.evaluate(passage) {
            // A newer version or a served read has moved the writes: nothing read before speaks against moving the reads
            // along, and the transaction is spared a refresh.
            Ok(evaluation) if Self::may_follow_writes(passage, &evaluation) => {
                passage.forward(evaluation.write_ts);
                Ok(Err(Again::Moved))
            }
            Ok(evaluation) => {
                self.note_reads(&evaluation.reads, passage);
                self.finish(passage, lease, guard, tracked, evaluation)
                    .await
                    .map(|r| r.map_err(|()| Again::NeedLease))
            }
            Err(Stop::Conflict { conflicts, want }) => Ok(Err(Again::Conflict { conflicts, want })),
            Err(Stop::Forward(at)) => {
                passage.forward(at);
                Ok(Err(Again::Moved))
            }
            Err(Stop::NotOnePhase(at)) => self.refuse_one_phase(passage, at).map(Ok),
            Err(Stop::Failed { error, reads }) => {
                self.note_reads(&reads, passage);
                Err(error)
            }
        }
    }

    fn check_collected(&self, read_ts: Timestamp) -> Result<(), KvError> {
        let threshold = self.replica.collected_below();
        if read_ts < threshold {
            return Err(KvError::BelowCollection(BelowCollection { read_ts, threshold }));
        }
        Ok(())
    }

    /// Moves the write timestamp above what has been read and what is closed. `Err`: where a one-phase commit would have
    /// to lie, which must not move.
    fn begin_writes(&self, passage: &mut Passage) -> Result<Option<Tracked>, Timestamp> {
        if !passage.is_write {
            return Ok(None);
        }
        let mut at = passage.write_ts;
        if !self.faults.write_below_timestamp_cache() {
            let timestamps = self.concurrency.timestamps().lock();
            for request in passage.batch.iter() {
                let key = match request {
                    Request::Put(r) => &r.key,
                    Request::Delete(r) => &r.key,
                    Request::ConditionalPut(r) => &r.key,
                    Request::Increment(r) => &r.key,
                    _ => continue,
                };
                at = timestamps.forward_write(key, at, passage.asker.txn);
            }
        }
        let tracked = self.concurrency.tracker().begin(at);
        // Records and resolved intents lie where they lie; only writes of rows are moved above the closed timestamp.
        at = tracked.timestamp();
        if at > passage.write_ts && Self::writes_rows(&passage.batch) {
            match passage.mode {
                Mode::Version if !passage.can_forward => return Err(at),
                Mode::Version => passage.forward(at),
                Mode::Intent => passage.write_ts = at,
            }
        } else if passage.mode == Mode::Version && passage.write_ts > passage.read_ts && !passage.can_forward
        {
            return Err(passage.write_ts);
        }
        Ok(Some(tracked))
    }
    fn may_follow_writes(passage: &Passage, evaluation: &Evaluation) -> bool {
        passage.can_forward
            && passage.mode == Mode::Intent
            && evaluation.write_ts > passage.read_ts
            && Self::writes_rows(&passage.batch)
    }
    fn writes_rows(batch: &BatchRequest) -> bool {
        batch.iter().any(|r| {
            matches!(
                r,
                Request::Put(_) | Request::Delete(_) | Request::ConditionalPut(_) | Request::Increment(_)
            )
        })
    }

    fn evaluate(&self, passage: &Passage) -> Result<Evaluation, Stop> {
        let info = || self.replica.range_info();
        let input = Input {
            reader: self.replica.reader(),
            header: &passage.batch.header,
            txn: passage.txn.as_ref(),
            read_ts: passage.read_ts,
            write_ts: passage.write_ts,
            uncertainty_limit: passage.uncertainty_limit,
            mode: passage.mode,
            can_forward: passage.can_forward,
            now: self.clock.now().to_timestamp(),
            locks: self.concurrency.locks(),
            asker: passage.asker,
            waits: self.concurrency.waits(),
            info: &info,
        };
        if passage.mode == Mode::Version
            && let Some(end) = one_phase_of(&passage.batch)
            && let Some((replies, at)) = repeated_one_phase(&input, &passage.batch, end)?
        {
            return Ok(Evaluation { replies, write_ts: at, ..Default::default() });
        }
        evaluate::evaluate(&input, &passage.batch)
    }

    /// Nothing is done; but the batch may be the repetition of one that was.
    fn refuse_one_phase(&self, passage: &Passage, at: Timestamp) -> Result<BatchReply, KvError> {
        let epoch = passage.txn.as_ref().map_or(0, |t| t.epoch);
        let mut replies = refused_one_phase(&passage.batch, at, epoch);
        let mut write_ts = at;
        if let Some(end) = one_phase_of(&passage.batch) {
            let info = || self.replica.range_info();
            let input = Input {
                reader: self.replica.reader(),
                header: &passage.batch.header,
                txn: passage.txn.as_ref(),
                read_ts: passage.read_ts,
                write_ts: passage.write_ts,
                uncertainty_limit: passage.uncertainty_limit,
                mode: passage.mode,
                can_forward: false,
                now: self.clock.now().to_timestamp(),
                locks: self.concurrency.locks(),
                asker: passage.asker,
                waits: self.concurrency.waits(),
                info: &info,
            };
            match repeated_one_phase(&input, &passage.batch, end) {
                Ok(Some((repeated, at))) => (replies, write_ts) = (repeated, at),
                Ok(None) => {}
                Err(Stop::Failed { error, .. }) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(self.reply(passage, replies, write_ts, None))
    }

    fn note_reads(&self, reads: &[kv::Span], passage: &Passage) {
        if !reads.is_empty() {
            let mut timestamps = self.concurrency.timestamps().lock();
            for span in reads {
                timestamps.add(span, passage.read_ts, passage.asker.txn);
            }
        }
    }

    /// Replicates the effect, if there is any, and answers. `Err(())`: the lease was lost meanwhile, nothing was done.
    async fn finish(
        &self,
        passage: &Passage,
        lease: Option<Arc<Lease>>,
        guard: LatchGuard,
        tracked: Option<Tracked>,
        evaluation: Evaluation,
    ) -> Result<Result<BatchReply, ()>, KvError> {
        let Evaluation { writes, bytes_delta, replies, write_ts, locks, adds_data, .. } = evaluation;
        if writes.is_empty() {
            apply_locks(self.concurrency.locks(), &locks, passage.txn.as_ref());
            drop(guard);
            // What was evaluated was served under the lease only if that still holds.
            if let Some(lease) = &lease
                && self.replica.check_lease(passage.covers()).map(|l| l.sequence) != Ok(lease.sequence)
                && !(self.faults.read_without_lease() && !passage.is_write)
            {
                return Ok(Err(()));
            }
            return Ok(Ok(self.reply(passage, replies, write_ts, lease.as_deref())));
        }
        let Some(lease) = lease else { return Err(KvError::bug("a write without a lease")) };
        match self.replica.admit_write() {
            Err(KvError::StoreFull(_)) if !adds_data => {}
            other => other?,
        }
        // A task of its own: the latches are held until the fate is known, whatever becomes of the caller.
        let (replica, concurrency) = (self.replica.clone(), self.concurrency.clone());
        let txn = passage.txn.clone();
        let under = lease.clone();
        let proposing = tokio::spawn(async move {
            let fate = replica.propose(&under, Proposal { writes, bytes_delta }).await;
            if fate.is_ok() {
                apply_locks(concurrency.locks(), &locks, txn.as_ref());
            }
            drop(tracked);
            drop(guard);
            fate
        });
        let fate = match passage.deadline {
            None => proposing.await,
            Some(at) => match tokio::time::timeout_at(at, proposing).await {
                Ok(fate) => fate,
                Err(_) => {
                    return Err(KvError::Ambiguous(Message::new(
                        "the deadline passed before the write was applied",
                    )));
                }
            },
        };
        match fate {
            Ok(Ok(_)) => Ok(Ok(self.reply(passage, replies, write_ts, Some(&lease)))),
            Ok(Err(e)) => Err(e.into()),
            Err(e) => Err(KvError::Ambiguous(Message::new(format!("the proposal's task ended: {e}")))),
        }
    }

    fn reply(
        &self,
        passage: &Passage,
        replies: Vec<ReplyUnion>,
        write_ts: Timestamp,
        lease: Option<&Lease>,
    ) -> BatchReply {
        let range = self.replica.descriptor();
        let stale = passage.batch.header.range_generation < range.generation;
        BatchReply {
            replies,
            txn: passage.batch.header.txn.clone().map(|mut t| {
                t.read_ts.forward(passage.read_ts);
                t.write_ts.forward(write_ts.max(passage.read_ts));
                t
            }),
            now: self.clock.now(),
            range: stale.then(|| (*range).clone()),
            lease: lease.filter(|_| stale).cloned(),
            timestamp: passage.read_ts,
        }
    }

    /// A read below the closed timestamp, without lease or latches; `None`: it must go to the leaseholder.
    fn follower_read(&self, passage: &Passage) -> Option<Result<BatchReply, KvError>> {
        if passage.is_write
            || passage.covers() > self.replica.closed()
            || passage.batch.header.timestamp.is_zero() && passage.txn.is_none()
            // Own intents may not have come here yet.
            || passage.txn.as_ref().is_some_and(|t| t.sequence > 0)
        {
            return None;
        }
        let reads_only = passage.batch.iter().all(|r| matches!(r, Request::Get(_) | Request::Scan(_)));
        let range = self.replica.descriptor();
        if !reads_only || validate::check_range(&passage.batch, &range).is_err() {
            return None;
        }
        if let Err(error) = self.check_collected(passage.read_ts) {
            return Some(Err(error));
        }
        let snapshot = self.replica.snapshot();
        let info = || self.replica.range_info();
        let input = Input {
            reader: &*snapshot,
            header: &passage.batch.header,
            txn: passage.txn.as_ref(),
            read_ts: passage.read_ts,
            write_ts: passage.write_ts,
            uncertainty_limit: passage.uncertainty_limit,
            mode: passage.mode,
            can_forward: false,
            now: self.clock.now().to_timestamp(),
            locks: self.concurrency.locks(),
            asker: passage.asker,
            waits: self.concurrency.waits(),
            info: &info,
        };
        match evaluate::evaluate(&input, &passage.batch) {
            Ok(evaluation) => Some(Ok(self.reply(passage, evaluation.replies, evaluation.write_ts, None))),
            // An intent below the closed timestamp: the leaseholder knows what to do about it.
            Err(Stop::Failed { error, .. }) => Some(Err(error)),
            Err(_) => None,
        }
    }

    async fn administer(&self, passage: &Passage, request: Request) -> Result<BatchReply, KvError> {
        let _guard = self.latch(passage).await?;
        let range = self.replica.descriptor();
        validate::check_range(&passage.batch, &range)?;
        let now = self.clock.now().to_timestamp();
        let lease = match self.replica.check_lease(now) {
            Ok(lease) => lease,
            Err(_) => self.until(passage.deadline, "its lease", self.replica.acquire_lease(now)).await??,
        };
        match request {
            Request::AdminSplit(r) => self.replica.admin_split(&lease, &r.key).await?,
            Request::AdminTransferLease(r) => self.replica.transfer_lease(StoreId(r.target_store)).await?,
            other => return Err(KvError::bug(format!("not an admin request: {:?}", other.span()))),
        }
        let done = Reply::Done(DoneReply::default());
        Ok(self.reply(passage, vec![done.into()], passage.write_ts, Some(&lease)))
    }

    /// The id under which a lock's holder is shown to others.
    fn id_bytes(id: TxnId) -> kv::Bytes {
        kv::Bytes::copy_from_slice(&id.0)
    }
}

/// Tells the lock table what the batch of `txn` has done.
fn apply_locks(locks: &LockTable, changes: &[LockChange], txn: Option<&TxnView>) {
    let holder = |timestamp, replicated| {
        txn.map(|t| Holder {
            txn_id: t.id,
            start_ts: t.start_ts,
            timestamp,
            strength: if replicated { LockStrength::Intent } else { LockStrength::Exclusive },
            replicated,
        })
    };
    for change in changes {
        match change {
            LockChange::Locked(key) => {
                if let Some(holder) = holder(Timestamp::ZERO, false) {
                    locks.acquired(key, holder);
                }
            }
            LockChange::Intent(key, at) => {
                if let Some(holder) = holder(*at, true) {
                    locks.acquired(key, holder);
                }
            }
            LockChange::Released(span, id) => locks.release_span(span, *id),
            LockChange::Moved(key, id, at) => locks.moved(key, *id, *at),
            LockChange::Finished(id, record) => locks.note_finished(*id, record),
        }
    }
}
