//! The end of a transaction.
//!
//! ```text
//! nothing written           locks are let go, nothing is decided
//! all writes buffered       one phase: the writes and EndTxn in one batch; if a range refuses, or there are several,
//!                           the writes become intents and two phases follow
//! one domicile              flush, refresh reads to the write timestamp, EndTxn(Committed) at /D/txn/id
//! several                   the same, then EndTxn(Delegated) at each /D/txn/id, then EndTxn(Committed) at /system/txn/id
//! ```
//! The caller hears of the commit when the deciding record is there; intents are resolved afterwards.

use crate::{
    TxnError,
    buffer::BufferedWrite,
    coordinator::{Coordinator, REFRESHES_MAX},
    resolve::Ended,
    state::Phase,
};
use kv::{
    DomicileId, Header, KvError, Reply, Request, Span, Timestamp, TxnStatus,
    error::{ErrorKind, Message, TxnRetry},
    key,
    reply::TxnReply,
    request::{EndTxn, WaitPolicy},
    transaction::HEARTBEAT_EXPIRY_MS,
};
use std::sync::Arc;
use tokio::time::Duration;

/// A transaction that is older makes sure of its records before it decides.
const UNRECORDED_AGE_MAX_MS: u64 = HEARTBEAT_EXPIRY_MS / 2;
/// Longest wait for a commit timestamp in the future.
const COMMIT_WAIT_MAX_MS: u64 = 5_000;

/// How a transaction committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    pub commit_ts: Timestamp,
    pub one_phase: bool,
    /// Domiciles with writes.
    pub domiciles: usize,
}

/// What became of an attempt at one phase.
enum OnePhase {
    Committed(CommitInfo),
    /// Go on with two phases.
    Refused,
}

impl Coordinator {
    /// Ends the transaction, whatever the outcome: after an error it is rolled back (or, if `Ambiguous`, left to its record).
    pub async fn commit(self: &Arc<Self>) -> Result<CommitInfo, TxnError> {
        match self.try_commit().await {
            Ok(info) => {
                self.wait_until(info.commit_ts).await;
                Ok(info)
            }
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }
    pub async fn rollback(&self) {
        if let Some(ended) = self.abandon() {
            self.services.resolver.submit(ended).await;
        }
    }
    async fn try_commit(self: &Arc<Self>) -> Result<CommitInfo, TxnError> {
        let (nothing_written, may_be_one_phase, read_ts) = {
            let state = self.state.lock();
            state.usable()?;
            let buffered = !state.buffer.is_empty();
            (
                !buffered && !state.footprint.has_intents(),
                buffered && state.footprint.is_empty(),
                state.read_ts,
            )
        };
        if nothing_written {
            self.rollback().await; // lets go of locks; reads at one timestamp need no decision
            return Ok(CommitInfo { commit_ts: read_ts, one_phase: false, domiciles: 0 });
        }
        if may_be_one_phase && let OnePhase::Committed(info) = self.commit_in_one_phase().await? {
            return Ok(info);
        }
        self.flush().await?;
        self.commit_in_two_phases().await
    }

    async fn commit_in_one_phase(self: &Arc<Self>) -> Result<OnePhase, TxnError> {
        let writes = self.state.lock().buffer.writes().to_vec();
        let domicile = |w: &BufferedWrite| key::domicile_of(&w.key).ok();
        let Some(first) = writes.first() else { return Ok(OnePhase::Refused) };
        if writes.iter().any(|w| domicile(w) != domicile(first)) {
            return Ok(OnePhase::Refused);
        }
        for _ in 0..REFRESHES_MAX {
            let gate = self.enter().await;
            let (header, end) = {
                let state = &mut *self.state.lock();
                state.usable()?;
                // Ranges that refuse lay intents instead.
                writes.iter().for_each(|w| state.footprint.lock(Span::point(w.key.clone()), true));
                let end = EndTxn {
                    record_key: first.key.clone(),
                    status: TxnStatus::Committed as i32,
                    commit_below: state.commit_below,
                    one_phase: true,
                    ..Default::default()
                };
                let mut header = self.header(state, state.sequences.last(), WaitPolicy::Block)?;
                header.can_forward_read_ts = gate.may_forward(state);
                state.phase = Phase::Deciding;
                (header, end)
            };
            let requests = writes.iter().map(BufferedWrite::request).chain([Request::EndTxn(end)]).collect();
            let result = self.send(header, requests).await;
            drop(gate);
            if matches!(&result, Err(e) if e.kind() == ErrorKind::Ambiguous) {
                self.state.lock().phase = Phase::Ended;
                return result.map(|_| OnePhase::Refused).map_err(TxnError::from);
            }
            let mut reply = match result {
                Ok(reply) => reply,
                Err(error) => {
                    self.undecided(&error);
                    self.react_to_write(error, &writes).await?;
                    continue;
                }
            };
            let Some(Reply::Txn(end)) = reply.replies.pop().and_then(|r| r.reply) else {
                self.state.lock().phase = Phase::Ended;
                return Err(KvError::Ambiguous(Message::new("a commit was not answered by a record")).into());
            };
            if end.one_phase && end.txn_status() == TxnStatus::Committed {
                let commit_ts = self.decided(&end);
                return Ok(OnePhase::Committed(CommitInfo { commit_ts, one_phase: true, domiciles: 1 }));
            }
            let laid = reply.replies.iter().filter(|r| r.reply.is_some()).count();
            let must_move = {
                let state = &mut *self.state.lock();
                state.phase = Phase::Active;
                state.write_ts.forward(end.write_ts);
                if laid == writes.len() {
                    state.buffer.take();
                }
                state.write_ts > state.read_ts
            };
            if laid != 0 || !must_move {
                self.start_heartbeat();
                return Ok(OnePhase::Refused);
            }
            // Nothing was done, because the writes were pushed above the reads: move the reads and try again.
            self.refresh_to_write_ts().await?;
        }
        Ok(OnePhase::Refused)
    }

    async fn commit_in_two_phases(self: &Arc<Self>) -> Result<CommitInfo, TxnError> {
        self.ensure_records().await?;
        for _ in 0..REFRESHES_MAX {
            self.refresh_to_write_ts().await?;
            match self.decide().await {
                Ok(info) => return Ok(info),
                Err(error) => {
                    self.undecided(&error);
                    if error.kind() == ErrorKind::Ambiguous {
                        self.state.lock().phase = Phase::Ended;
                    }
                    self.react(error).await?;
                }
            }
        }
        Err(self.too_many_refreshes())
    }
    async fn refresh_to_write_ts(&self) -> Result<(), TxnError> {
        let write_ts = self.state.lock().write_ts;
        let reason = "the writes were pushed above the reads".to_owned();
        self.refresh_to(
            write_ts,
            KvError::TxnRetry(TxnRetry { retry_at: write_ts, reason, key: Default::default() }),
        )
        .await
    }
    /// A young transaction may decide without a record; of an older one a recoverer may have thought that it is dead, so
    /// it must have a live record first.
    async fn ensure_records(&self) -> Result<(), TxnError> {
        let age_ns = self.services.clock.now().wall_ns.saturating_sub(self.start_ts.wall_ns);
        let has_all = {
            let state = self.state.lock();
            state.footprint.record_domiciles().iter().all(|d| state.footprint.has_record(*d))
        };
        if !has_all && age_ns / 1_000_000 > UNRECORDED_AGE_MAX_MS {
            self.beat().await;
            self.state.lock().usable()?;
        }
        Ok(())
    }
    /// Local records first, then the deciding one.
    async fn decide(&self) -> Result<CommitInfo, KvError> {
        let (deciding, local) = {
            let state = self.state.lock();
            let deciding = state.footprint.deciding_domicile();
            (deciding, state.footprint.written().filter(|d| *d != deciding).collect::<Vec<_>>())
        };
        let delegations = local.iter().map(|d| self.end(*d, TxnStatus::Delegated, &[]));
        let mut pushed = Timestamp::ZERO;
        for result in futures::future::join_all(delegations).await {
            pushed.forward(result?.write_ts);
        }
        let late = {
            let state = &mut *self.state.lock();
            state.write_ts.forward(pushed);
            state.write_ts > state.read_ts
        };
        if late {
            let retry_at = self.state.lock().write_ts;
            let reason = "a local record was pushed".to_owned();
            return Err(KvError::TxnRetry(TxnRetry { retry_at, reason, key: Default::default() }));
        }
        self.state.lock().phase = Phase::Deciding;
        let domiciles: Vec<u32> = local.iter().map(|d| d.0).collect();
        let record = self.end(deciding, TxnStatus::Committed, &domiciles).await?;
        if record.txn_status() != TxnStatus::Committed {
            return Err(KvError::bug(format!("EndTxn was answered by status {:?}", record.txn_status())));
        }
        let several = !local.is_empty();
        let (ended, count) = self.ended(&record, deciding, several);
        self.decided(&record);
        self.services.resolver.submit(ended).await;
        Ok(CommitInfo { commit_ts: record.write_ts, one_phase: false, domiciles: count })
    }
    async fn end(
        &self,
        domicile: DomicileId,
        status: TxnStatus,
        domiciles: &[u32],
    ) -> Result<TxnReply, KvError> {
        let (header, request) = {
            let state = self.state.lock();
            let timeout_ms = state.timeout_ms().unwrap_or(1);
            let mut header = Header {
                timeout_ms,
                ..self.header_without_deadline(&state, state.sequences.last(), WaitPolicy::Block)
            };
            if let Some(txn) = &mut header.txn {
                txn.has_record = state.footprint.has_record(domicile);
            }
            let locks = state.footprint.domiciles.get(&domicile).map(|f| f.locks.to_vec());
            let request = EndTxn {
                record_key: key::txn_record(domicile, self.id),
                status: status as i32,
                commit_below: state.commit_below,
                lock_spans: locks.unwrap_or_default(),
                domiciles: domiciles.to_vec(),
                one_phase: false,
            };
            (header, request)
        };
        let reply = self.send(header, vec![Request::EndTxn(request)]).await?;
        self.state.lock().footprint.set_record(domicile);
        match reply.replies.into_iter().next().and_then(|r| r.reply) {
            Some(Reply::Txn(record)) => Ok(record),
            _ => Err(KvError::Ambiguous(Message::new("EndTxn was not answered by a record"))),
        }
    }
    /// The decision has failed for certain: the transaction can still be rolled back.
    fn undecided(&self, error: &KvError) {
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Deciding) {
            state.phase = Phase::Active;
        }
        if error.kind() == ErrorKind::AbortTxn {
            state.mark_aborted(error);
        }
    }
    fn decided(&self, record: &TxnReply) -> Timestamp {
        let mut state = self.state.lock();
        state.phase = Phase::Ended;
        state.buffer.take();
        state.write_ts.forward(record.write_ts);
        state.write_ts
    }
    /// What is to be cleaned up after a commit, and how many domiciles were written.
    fn ended(&self, record: &TxnReply, deciding: DomicileId, several: bool) -> (Ended, usize) {
        let state = &mut *self.state.lock();
        let footprint = std::mem::take(&mut state.footprint);
        let count = footprint.domiciles.values().filter(|d| d.has_intents).count();
        let domiciles = footprint
            .domiciles
            .iter()
            .map(|(d, f)| (*d, f.locks.to_vec(), f.has_record && !(several && *d == deciding)))
            .collect();
        let ended = Ended {
            id: self.id,
            status: TxnStatus::Committed,
            commit_ts: record.write_ts,
            epoch: record.epoch,
            ignored: state.sequences.ignored().to_vec(),
            domiciles,
            deciding: several.then(|| key::txn_record(deciding, self.id)),
            txn: None,
            heartbeat: self.heartbeat_gate.clone(),
        };
        (ended, count)
    }
    /// A commit in the future is acknowledged when its time has come.
    async fn wait_until(&self, commit_ts: Timestamp) {
        let ahead_ns = commit_ts.wall_ns.saturating_sub(self.services.clock.now().wall_ns);
        if ahead_ns > 0 && self.options.start.is_none() {
            let wait = Duration::from_nanos(ahead_ns).min(Duration::from_millis(COMMIT_WAIT_MAX_MS));
            tokio::time::sleep(wait).await;
        }
    }
}
