//! Evaluation: from a batch and the state to an effect and replies. One file for each family of requests.
//!
//! Runs under the batch's latches, in order, as one unit: later requests see the writes of earlier ones; any failure
//! leaves nothing. No clock, no waiting, no consensus: what is in the way is returned as [`Stop`].
//!
//! ```text
//! mode Intent    writes of a transaction: intents, which its record decides
//! mode Version   committed versions at one timestamp: no transaction, or one-phase commit
//! ```

pub mod end_txn;
mod lookup;
mod push_txn;
mod read;
mod record;
mod resolve;
mod write;

use crate::{
    concurrency::{
        lock_table::{Asker, LockTable, Want},
        waits::Waits,
    },
    mvcc::{Conflict, MvccError, ReadAt, TxnView, Workspace, scan::Limits},
    seam::StateReader,
};
use kv::{
    BatchRequest, Header, Key, KvError, Reply, Request, Span, Timestamp, TxnId, TxnStatus,
    command::WriteBatch,
    error::{Message, TxnRetry, UncertainRead, WriteTooOld},
    reply::{RangeInfoReply, ReplyUnion, TxnReply},
    request::WaitPolicy,
};

/// How writes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Intent,
    Version,
}

/// What an evaluation is given besides the batch.
pub struct Input<'a> {
    pub reader: &'a dyn StateReader,
    pub header: &'a Header,
    pub txn: Option<&'a TxnView>,
    pub read_ts: Timestamp,
    /// At or above `read_ts`; equal in mode Version.
    pub write_ts: Timestamp,
    pub uncertainty_limit: Timestamp,
    pub mode: Mode,
    /// The evaluation may be repeated at a higher `read_ts`.
    pub can_forward: bool,
    /// The leaseholder's clock.
    pub now: Timestamp,
    pub locks: &'a LockTable,
    pub asker: Asker,
    pub waits: &'a Waits,
    pub info: &'a dyn Fn() -> RangeInfoReply,
}

/// What becomes of locks when the effect is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockChange {
    /// An unreplicated lock is taken.
    Locked(Key),
    /// An intent lies at the timestamp.
    Intent(Key, Timestamp),
    /// The transaction holds nothing in the span any more.
    Released(Span, TxnId),
    /// Its intent has moved up.
    Moved(Key, TxnId, Timestamp),
    /// It is over.
    Finished(TxnId, TxnReply),
}

/// The outcome of a batch.
#[derive(Debug, Default)]
pub struct Evaluation {
    pub writes: WriteBatch,
    pub bytes_delta: i64,
    pub replies: Vec<ReplyUnion>,
    /// What was read at the batch's read timestamp.
    pub reads: Vec<Span>,
    /// Where the transaction would commit now.
    pub write_ts: Timestamp,
    pub locks: Vec<LockChange>,
    /// Whether it adds data that a store at its reserve must refuse.
    pub adds_data: bool,
}

/// Why a batch has no outcome.
#[derive(Debug)]
pub enum Stop {
    /// Locks are in the way: wait, or resolve them, and evaluate again.
    Conflict { conflicts: Vec<Conflict>, want: Want },
    /// Evaluate again with `read_ts` and `write_ts` moved up to it.
    Forward(Timestamp),
    /// A one-phase commit is not allowed; it would have to lie at least there.
    NotOnePhase(Timestamp),
    /// What `reads` were seen to be is part of the answer.
    Failed { error: KvError, reads: Vec<Span> },
}

impl From<KvError> for Stop {
    fn from(error: KvError) -> Stop {
        Stop::Failed { error, reads: Vec::new() }
    }
}

/// A batch under evaluation.
struct Evaluator<'a> {
    input: &'a Input<'a>,
    workspace: Workspace<'a>,
    limits: Limits,
    write_ts: Timestamp,
    out: Evaluation,
    /// Keys that this batch has written (mode Version): a second write of the same timestamp is its own.
    written: std::collections::BTreeSet<Key>,
    several: bool,
}

/// Evaluates `batch`.
///
/// # Errors
/// See [`Stop`]; nothing was done.
pub fn evaluate(input: &Input<'_>, batch: &BatchRequest) -> Result<Evaluation, Stop> {
    let several = batch.requests.len() > 1;
    let mut evaluator = Evaluator {
        input,
        workspace: Workspace::new(input.reader, several),
        limits: Limits::new(input.header.keys_max, input.header.bytes_max),
        write_ts: input.write_ts,
        out: Evaluation::default(),
        written: Default::default(),
        several,
    };
    evaluator.out.replies.reserve_exact(batch.requests.len());
    for (index, request) in batch.iter().enumerate() {
        let reply = evaluator.request(index, request)?;
        evaluator.out.replies.push(reply.into());
    }
    let Evaluator { workspace, write_ts, mut out, .. } = evaluator;
    (out.writes, out.bytes_delta) = workspace.into_writes();
    out.write_ts = write_ts;
    Ok(out)
}

impl<'a> Evaluator<'a> {
    fn request(&mut self, index: usize, request: &Request) -> Result<Reply, Stop> {
        match request {
            Request::Get(r) => self.get(r),
            Request::Scan(r) => self.scan(r),
            Request::Refresh(r) => self.refresh(r),
            Request::Put(r) => self.put(&r.key, Some(r.value.clone()), r.sequence),
            Request::Delete(r) => self.put(&r.key, None, r.sequence),
            Request::ConditionalPut(r) => self.conditional_put(index, r),
            Request::Increment(r) => self.increment(r),
            Request::EndTxn(r) if r.one_phase && r.status == TxnStatus::Committed as i32 => {
                self.end_one_phase(r)
            }
            Request::EndTxn(r) => self.end_txn(r),
            Request::HeartbeatTxn(r) => self.heartbeat_txn(r),
            Request::RemoveTxnRecord(r) => self.remove_txn_record(r),
            Request::PushTxn(r) => self.push_txn(r),
            Request::ResolveIntent(r) => self.resolve_intent(r),
            Request::RegisterWait(r) => self.register_wait(r),
            Request::RangeInfo(_) => Ok(Reply::RangeInfo((self.input.info)())),
            Request::LookupRange(r) => self.lookup_range(r),
            Request::AdminSplit(_) | Request::AdminTransferLease(_) => {
                Err(KvError::invalid("an admin request must be alone in its batch").into())
            }
        }
    }
    fn read_at(&self, newest: bool) -> ReadAt<'a> {
        ReadAt {
            read_ts: self.input.read_ts,
            uncertainty_limit: self.input.uncertainty_limit,
            txn: self.input.txn,
            newest,
        }
    }
    fn skips(&self) -> bool {
        self.input.header.wait_policy == WaitPolicy::Skip as i32
    }
    fn txn(&self) -> Result<&'a TxnView, Stop> {
        self.input.txn.ok_or_else(|| KvError::invalid("the request needs a transaction in its header").into())
    }
    fn bad_row(error: impl std::fmt::Display) -> Stop {
        KvError::Corrupt(Message::new(error.to_string())).into()
    }
    /// What to do about a failure of a read (`locking`: or of a write).
    fn stop(&self, error: MvccError, locking: bool) -> Stop {
        let input = self.input;
        match error {
            MvccError::Conflict(conflicts) => {
                let limit = input.read_ts.max(input.uncertainty_limit);
                let want = if locking { Want::Write } else { Want::Read(limit) };
                Stop::Conflict { conflicts, want }
            }
            MvccError::Uncertain(at) | MvccError::TooOld { actual: at, .. } if input.can_forward => {
                Stop::Forward(at.next())
            }
            MvccError::Uncertain(value_ts) => {
                KvError::UncertainRead(UncertainRead { value_ts, local_limit: input.now }).into()
            }
            MvccError::TooOld { key, actual } => KvError::WriteTooOld(WriteTooOld { actual, key }).into(),
            MvccError::StaleEpoch { .. } => KvError::TxnRetry(TxnRetry {
                retry_at: self.write_ts,
                reason: error.to_string(),
                key: Key::new(),
            })
            .into(),
            MvccError::OwnIntent => Stop::NotOnePhase(self.write_ts),
            MvccError::SequenceOrder { .. } => KvError::bug(error.to_string()).into(),
            MvccError::Store(e) => Self::bad_row(e),
            MvccError::Decode(e) => Self::bad_row(e),
        }
    }
}
