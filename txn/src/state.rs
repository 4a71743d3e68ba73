//! What a coordinator knows of its transaction, behind one mutex that is never held while something is awaited.

use crate::{
    TxnError,
    buffer::WriteBuffer,
    footprint::Footprint,
    sequence::{Savepoint, Sequences},
    spans::SpanSet,
};
use kv::{BatchReply, Bytes, KvError, Timestamp, Txn, TxnId};
use tokio::time::{Duration, Instant};

/// Bytes of read spans of one transaction; then they are condensed.
pub(crate) const READ_SPANS_BYTES_MAX: usize = 256 << 10;

/// How a transaction begins.
#[derive(Clone, Debug, Default)]
pub struct TxnOptions {
    /// For logs.
    pub name: String,
    /// Writes and locks are refused.
    pub read_only: bool,
    /// Reads exactly at this timestamp (AS OF SYSTEM TIME), without uncertainty; implies read-only.
    pub start: Option<Timestamp>,
    /// Reads at or above it: after a restart, `TxnError::retry_at` of the attempt before.
    pub not_before: Timestamp,
    /// Longest wait for one lock, milliseconds; 0: no limit.
    pub lock_timeout_ms: u64,
    /// Longest time of one statement (from `begin_statement`, or from BEGIN), milliseconds; 0: no limit.
    pub statement_timeout_ms: u64,
    /// The SQL role; empty: "system".
    pub principal: String,
    /// Any replica may serve reads whose timestamp is closed. Only with `start`.
    pub follower_read: bool,
}

/// How far it has come.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Active,
    /// A flush has failed or was dropped under way.
    FlushIncomplete,
    /// Learnt from a reply or a heartbeat.
    Aborted(KvError),
    /// The decision is on its way: only the record knows from here on.
    Deciding,
    Ended,
}

pub(crate) struct State {
    pub phase: Phase,
    pub read_ts: Timestamp,
    pub write_ts: Timestamp,
    pub uncertainty_limit: Timestamp,
    pub commit_below: Timestamp,
    pub sequences: Sequences,
    pub buffer: WriteBuffer,
    /// What earlier statements have read, and what the current one has.
    pub reads: SpanSet,
    pub statement_reads: SpanSet,
    pub statement_start: Savepoint,
    pub footprint: Footprint,
    pub heartbeats: bool,
    pub deadline: Option<Instant>,
    pub lock_timeout_ms: u64,
    pub statement_timeout_ms: u64,
}

impl State {
    pub fn new(read_ts: Timestamp, uncertainty_limit: Timestamp, options: &TxnOptions) -> State {
        let mut state = State {
            phase: Phase::Active,
            read_ts,
            write_ts: read_ts,
            uncertainty_limit,
            commit_below: Timestamp::ZERO,
            sequences: Sequences::default(),
            buffer: WriteBuffer::default(),
            reads: SpanSet::new(READ_SPANS_BYTES_MAX),
            statement_reads: SpanSet::new(READ_SPANS_BYTES_MAX),
            statement_start: Savepoint { sequence: 0 },
            footprint: Footprint::default(),
            heartbeats: false,
            deadline: None,
            lock_timeout_ms: options.lock_timeout_ms,
            statement_timeout_ms: options.statement_timeout_ms,
        };
        state.start_deadline();
        state
    }
    pub fn start_deadline(&mut self) {
        let ms = self.statement_timeout_ms;
        self.deadline = (ms != 0).then(|| Instant::now() + Duration::from_millis(ms));
    }
    /// # Errors
    /// Why nothing may be read or written.
    pub fn usable(&self) -> Result<(), TxnError> {
        match &self.phase {
            Phase::Active => Ok(()),
            Phase::FlushIncomplete => Err(TxnError::FlushIncomplete),
            Phase::Aborted(source) => Err(source.clone().into()),
            Phase::Deciding | Phase::Ended => Err(TxnError::Ended),
        }
    }
    /// Milliseconds until the statement's deadline (0: none).
    ///
    /// # Errors
    /// It has passed.
    pub fn timeout_ms(&self) -> Result<u64, TxnError> {
        let Some(deadline) = self.deadline else { return Ok(0) };
        match deadline.saturating_duration_since(Instant::now()).as_millis() as u64 {
            0 => Err(KvError::DeadlineExceeded(kv::error::Message::new(format!(
                "the statement has taken {} ms",
                self.statement_timeout_ms
            )))
            .into()),
            ms => Ok(ms),
        }
    }
    /// As requests carry it. `sequence`: what reads see, or the newest write of the batch.
    pub fn proto(&self, id: TxnId, start_ts: Timestamp, sequence: u32) -> Txn {
        Txn {
            id: Bytes::copy_from_slice(&id.0),
            epoch: 0,
            sequence,
            ignored: self.sequences.ignored().to_vec(),
            read_ts: self.read_ts,
            write_ts: self.write_ts,
            start_ts,
            uncertainty_limit: self.uncertainty_limit,
            has_record: false,
        }
    }
    pub fn begin_statement(&mut self) {
        self.sequences.step();
        self.statement_start = self.sequences.savepoint();
        if self.reads.is_empty() {
            std::mem::swap(&mut self.reads, &mut self.statement_reads);
        } else {
            self.statement_reads.iter().for_each(|s| self.reads.insert(s));
            self.statement_reads.clear();
        }
    }
    pub fn read_spans(&self) -> Vec<kv::Span> {
        self.reads.iter().chain(self.statement_reads.iter()).collect()
    }
    pub fn rollback_to(&mut self, savepoint: Savepoint) {
        self.buffer.truncate_after(savepoint.sequence);
        self.sequences.rollback_to(savepoint);
        if matches!(self.phase, Phase::FlushIncomplete) {
            self.phase = Phase::Active;
        }
    }
    /// Whether nothing was read that a refresh would have to prove: a range may then move the read timestamp by itself,
    /// if the request is the only one under way.
    pub fn may_forward(&self) -> bool {
        self.reads.is_empty() && self.statement_reads.is_empty()
    }
    /// Learns from a reply how far the writes were pushed, and the reads moved.
    pub fn absorb(&mut self, reply: &BatchReply, forwarded: bool) {
        if let Some(txn) = &reply.txn {
            self.write_ts.forward(txn.write_ts);
            if forwarded {
                self.read_ts.forward(txn.read_ts);
                self.write_ts.forward(txn.read_ts);
            }
        }
    }
    pub fn mark_aborted(&mut self, error: &KvError) {
        if matches!(self.phase, Phase::Active | Phase::FlushIncomplete) {
            self.phase = Phase::Aborted(error.clone());
        }
    }
}
