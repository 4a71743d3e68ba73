//! EndTxn: decides a transaction at its record, delegates a local record, or commits a whole batch in one phase.
//!
//! ```text
//! missing, PENDING --Committed--> COMMITTED    if commit timestamp = read timestamp (refreshed), below commit_below
//!                  --Delegated--> DELEGATED    then /system/txn/id decides
//!                  --Aborted----> ABORTED
//! ABORTED          --Committed, Delegated--> TxnAborted
//! the same outcome again: the same answer
//! ```

use super::{
    Evaluator, LockChange, Mode, Stop,
    record::{aborted, reply_of, status_of},
};
use crate::mvcc::read;
use kv::{
    BatchRequest, Bytes, KvError, Reply, Request, Timestamp, TxnStatus,
    command::Keyspace,
    error::{Message, TxnRetry},
    mvcc,
    reply::{DoneReply, IncrementReply, ReplyUnion, TxnReply},
    request::EndTxn,
};

impl Evaluator<'_> {
    pub(super) fn end_txn(&mut self, r: &EndTxn) -> Result<Reply, Stop> {
        let txn = self.txn()?;
        Self::check_record_key(&r.record_key, txn.id)?;
        let wanted = match TxnStatus::try_from(r.status) {
            Ok(s @ (TxnStatus::Committed | TxnStatus::Aborted | TxnStatus::Delegated)) => s,
            _ => return Err(KvError::invalid(format!("EndTxn to status {}", r.status)).into()),
        };
        let mut record = match self.read_record(&r.record_key)? {
            None if self.has_record() && wanted != TxnStatus::Aborted => {
                return Err(aborted(txn.id, "its record is gone"));
            }
            None => self.new_record(TxnStatus::Pending)?,
            Some(record) => {
                let status = status_of(&record)?;
                match (status, wanted) {
                    (s, w) if s == w => return Ok(Reply::Txn(reply_of(&record))),
                    (TxnStatus::Aborted, _) => {
                        return Err(aborted(txn.id, "its record was aborted by another"));
                    }
                    (TxnStatus::Committed, _) => {
                        return Err(KvError::invalid("the transaction is committed").into());
                    }
                    (TxnStatus::Delegated, TxnStatus::Committed) => {
                        return Err(
                            KvError::invalid("the transaction is decided at its deciding record").into()
                        );
                    }
                    _ => record,
                }
            }
        };
        record.write_ts.forward(self.write_ts);
        if wanted == TxnStatus::Committed {
            self.check_commit(record.write_ts, r)?;
        }
        record.status = wanted as i32;
        record.epoch = txn.epoch;
        record.heartbeat.forward(self.input.now);
        record.lock_spans = r.lock_spans.clone();
        record.domiciles = r.domiciles.clone();
        record.ignored = txn.ignored.clone();
        self.write_ts.forward(record.write_ts);
        self.write_record(&r.record_key, &record);
        if wanted != TxnStatus::Delegated {
            self.out.locks.push(LockChange::Finished(txn.id, reply_of(&record)));
        }
        Ok(Reply::Txn(reply_of(&record)))
    }
    fn check_commit(&self, commit_ts: Timestamp, r: &EndTxn) -> Result<(), Stop> {
        if commit_ts != self.input.read_ts && !self.input.can_forward {
            let reason = "its writes were pushed above its reads".to_owned();
            return Err(KvError::TxnRetry(TxnRetry { retry_at: commit_ts, reason, key: Bytes::new() }).into());
        }
        if !r.commit_below.is_zero() && commit_ts >= r.commit_below {
            let text = format!("commit at {commit_ts} is not below {}", r.commit_below);
            return Err(KvError::CommitTooLate(Message::new(text)).into());
        }
        Ok(())
    }

    /// All writes of the batch are versions at `write_ts` by now; leaves the marker.
    pub(super) fn end_one_phase(&mut self, r: &EndTxn) -> Result<Reply, Stop> {
        let txn = self.txn()?;
        if self.input.mode != Mode::Version {
            return Err(KvError::bug("one-phase commit over intents").into());
        }
        let at = self.input.write_ts;
        self.check_commit(at, r)?;
        let marker = mvcc::marker_key(&r.record_key, txn.id);
        self.workspace.put(Keyspace::Markers, &marker, &at.encode());
        self.out.locks.extend(r.lock_spans.iter().map(|s| LockChange::Released(s.clone(), txn.id)));
        Ok(Reply::Txn(one_phase_reply(at, txn.epoch)))
    }
}

fn one_phase_reply(at: Timestamp, epoch: u32) -> TxnReply {
    TxnReply {
        status: TxnStatus::Committed as i32,
        write_ts: at,
        epoch,
        one_phase: true,
        ..Default::default()
    }
}

/// The one-phase EndTxn of a batch, if it has one.
pub fn one_phase_of(batch: &BatchRequest) -> Option<&EndTxn> {
    // It is the last request by its nature: looked for from the end.
    batch.requests.iter().rev().find_map(|r| match &r.request {
        Some(Request::EndTxn(r)) if r.one_phase && r.status == TxnStatus::Committed as i32 => Some(r),
        _ => None,
    })
}

/// The replies to a batch whose one-phase commit is refused: nothing was done.
pub fn refused_one_phase(batch: &BatchRequest, write_ts: Timestamp, epoch: u32) -> Vec<ReplyUnion> {
    let refused = TxnReply { status: TxnStatus::Pending as i32, write_ts, epoch, ..Default::default() };
    batch
        .requests
        .iter()
        .map(|r| ReplyUnion {
            reply: matches!(r.request, Some(Request::EndTxn(_))).then(|| Reply::Txn(refused.clone())),
        })
        .collect()
}

/// The replies to a batch that has committed in one phase before, by its marker: the commit timestamp with them.
///
/// # Errors
/// The store's.
pub fn repeated_one_phase(
    input: &super::Input<'_>,
    batch: &BatchRequest,
    end: &EndTxn,
) -> Result<Option<(Vec<ReplyUnion>, Timestamp)>, Stop> {
    let Some(txn) = input.txn else { return Ok(None) };
    let marker = mvcc::marker_key(&end.record_key, txn.id);
    let Some(at) = input.reader.get(Keyspace::Markers, &marker).map_err(Evaluator::bad_row)? else {
        return Ok(None);
    };
    let at = Timestamp::decode(&at).map_err(Evaluator::bad_row)?;
    let mut replies = Vec::with_capacity(batch.requests.len());
    for request in batch.iter() {
        replies.push(ReplyUnion::from(match request {
            Request::Put(_) | Request::Delete(_) | Request::ConditionalPut(_) => {
                Reply::Done(DoneReply::default())
            }
            Request::EndTxn(_) => Reply::Txn(one_phase_reply(at, txn.epoch)),
            Request::Increment(r) => {
                let found = read::version_at(input.reader, &r.key, at).map_err(Evaluator::bad_row)?;
                let value = super::write::counter(found.and_then(|(_, v)| v).as_ref())?;
                Reply::Increment(IncrementReply { value })
            }
            _ => return Err(KvError::invalid("a one-phase commit holds only writes").into()),
        }));
    }
    Ok(Some((replies, at)))
}
