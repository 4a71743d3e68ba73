//! What whoever meets a lock does: asks the record for the holder's fate, resolves the lock by it, and finishes the clean-up
//! of a coordinator that is gone.
//!
//! ```text
//! lock in D -> PushTxn at /D/txn/id -> Pending: wait | Committed, Aborted: resolve
//!                      DELEGATED    -> PushTxn at /system/txn/id, which decides
//! ```
//! The record's leaseholder judges whether a pending or missing record is abandoned, and then writes ABORTED there; a
//! coordinator that is alive after all fails on it when it delegates or commits. For that reason ABORTED records of others
//! are never removed here: the coordinator removes its own, a collection pass (cell) those of the dead.

use crate::{
    Sender,
    resolve::{remove_record, resolve_spans, system_header},
};
use kv::{
    BatchRequest, Bytes, DomicileId, Header, KvError, Reply, Request, Span, Timestamp, TxnId, TxnStatus, key,
    mvcc::LockRecord,
    reply::TxnReply,
    request::{PushKind, PushTxn, ResolveIntent},
};
use std::collections::BTreeSet;

/// How long a push may take, milliseconds.
const PUSH_TIMEOUT_MS: u64 = 5_000;

/// Whom one meets, as its lock tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushee {
    pub id: TxnId,
    /// The domicile of the locked key: where the pushee's local record is.
    pub domicile: DomicileId,
    pub start: Timestamp,
    pub epoch: u32,
}

impl Pushee {
    /// # Errors
    /// The key or the lock is corrupt.
    pub fn of_lock(locked: &[u8], lock: &LockRecord) -> Result<Pushee, kv::DecodeError> {
        Ok(Pushee {
            id: lock.txn_id()?,
            domicile: key::domicile_of(locked)?,
            start: lock.txn_start,
            epoch: lock.epoch,
        })
    }
}

/// Asks for the fate of `pushee`, and may change it: see [`PushKind`]. `push_to` is for `PushKind::Timestamp`. The answer is
/// the deciding record's, with `ignored` and `lock_spans` of the local one.
///
/// # Errors
/// `Retry`: the record could not be reached; the lock stays as it is, ask again.
pub async fn push(
    sender: &dyn Sender,
    pushee: &Pushee,
    kind: PushKind,
    push_to: Timestamp,
    pusher: Option<TxnId>,
) -> Result<TxnReply, KvError> {
    let local = push_record(sender, pushee, pushee.domicile, kind, push_to, pusher).await?;
    if local.txn_status() != TxnStatus::Delegated {
        return Ok(local);
    }
    let deciding = push_record(sender, pushee, DomicileId::SYSTEM, kind, push_to, pusher).await?;
    if deciding.txn_status() == TxnStatus::Delegated {
        return Err(KvError::bug("a deciding record is itself delegated"));
    }
    let mut record = TxnReply { ignored: local.ignored, lock_spans: local.lock_spans, ..deciding };
    if is_pending(&record) {
        record.write_ts.forward(local.write_ts);
    }
    Ok(record)
}
fn is_pending(record: &TxnReply) -> bool {
    matches!(record.txn_status(), TxnStatus::Pending | TxnStatus::Staging)
}
async fn push_record(
    sender: &dyn Sender,
    pushee: &Pushee,
    domicile: DomicileId,
    kind: PushKind,
    push_to: Timestamp,
    pusher: Option<TxnId>,
) -> Result<TxnReply, KvError> {
    let request = Request::PushTxn(PushTxn {
        record_key: key::txn_record(domicile, pushee.id),
        pushee_id: id_bytes(pushee.id),
        kind: kind as i32,
        push_to,
        pushee_start: pushee.start,
        pusher_id: pusher.map_or_else(Bytes::new, id_bytes),
    });
    ask_record(sender, system_header(PUSH_TIMEOUT_MS), request).await
}
async fn ask_record(sender: &dyn Sender, header: Header, request: Request) -> Result<TxnReply, KvError> {
    let reply = sender.send(BatchRequest::new(header, [request])).await?;
    match reply.replies.into_iter().next().and_then(|r| r.reply) {
        Some(Reply::Txn(record)) => Ok(record),
        _ => Err(KvError::bug("a push was not answered by a record")),
    }
}
fn id_bytes(id: TxnId) -> Bytes {
    Bytes::copy_from_slice(&id.0)
}

/// Resolves the locks of a transaction in `spans` by what its record said. Of a pending one, whose timestamp was pushed, the
/// intents move up to `record.write_ts`, so that the reader may pass.
///
/// # Errors
/// Some may be left; calling it again is harmless.
pub async fn resolve(
    sender: &dyn Sender,
    spans: Vec<Span>,
    id: TxnId,
    record: &TxnReply,
) -> Result<(), KvError> {
    let status = match record.txn_status() {
        TxnStatus::Pending | TxnStatus::Staging if record.write_ts.is_zero() => return Ok(()),
        TxnStatus::Pending | TxnStatus::Staging => TxnStatus::Pending,
        TxnStatus::Delegated => return Err(KvError::bug("a delegated record decides nothing")),
        decided => decided,
    };
    let template = ResolveIntent {
        span: Span::default(),
        txn_id: id_bytes(id),
        status: status as i32,
        commit_ts: record.write_ts,
        epoch: record.epoch,
        ignored: record.ignored.clone(),
    };
    resolve_spans(sender, &template, spans).await
}

/// Finishes what an ended transaction's coordinator left: resolves all its intents in all its domiciles, then removes a
/// committed transaction's records, the deciding one last. Does nothing while it is pending.
///
/// For a background task that has met an intent of a transaction that is old (`pushee.start` before `FINISH_AFTER_MS`): a
/// coordinator that is alive does it by itself. Where the deciding record is not reached from a domicile (its local record
/// is gone already), that domicile is done.
///
/// # Errors
/// A part is left; calling it again is harmless.
pub async fn finish(sender: &dyn Sender, pushee: &Pushee) -> Result<TxnReply, KvError> {
    let record = push(sender, pushee, PushKind::Query, Timestamp::ZERO, None).await?;
    if is_pending(&record) {
        return Ok(record);
    }
    let several = !record.domiciles.is_empty();
    let mut domiciles: BTreeSet<DomicileId> = record.domiciles.iter().map(|d| DomicileId(*d)).collect();
    domiciles.insert(pushee.domicile);
    let decides = if several { DomicileId::SYSTEM } else { pushee.domicile };
    domiciles.remove(&decides);
    for domicile in domiciles {
        let local = push_record(
            sender,
            &Pushee { domicile, ..pushee.clone() },
            domicile,
            PushKind::Query,
            Timestamp::ZERO,
            None,
        )
        .await?;
        let by = TxnReply { ignored: local.ignored.clone(), ..record.clone() };
        resolve(sender, local.lock_spans.clone(), pushee.id, &by).await?;
        if local.txn_status() == TxnStatus::Delegated && record.txn_status() == TxnStatus::Committed {
            remove_record(sender, key::txn_record(domicile, pushee.id), None).await?;
        }
    }
    let own = push_record(sender, pushee, decides, PushKind::Query, Timestamp::ZERO, None).await?;
    resolve(sender, own.lock_spans, pushee.id, &record).await?;
    if record.txn_status() == TxnStatus::Committed {
        remove_record(sender, key::txn_record(decides, pushee.id), None).await?;
    }
    Ok(record)
}
/// A transaction is taken for left behind by its coordinator when it began so long ago, milliseconds.
pub const FINISH_AFTER_MS: u64 = 30_000;
