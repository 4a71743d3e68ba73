//! Cleaning up after the decision: intents become versions or go, then local records go, the deciding one last.
//!
//! Done in the background through a bounded queue; when that is full, whoever decides cleans up by itself. What is not
//! done because the process ends is done by whoever meets the intents (`recover`).

use crate::Sender;
use kv::{
    BatchRequest, DomicileId, Header, Key, KvError, Reply, Request, Span, Timestamp, TxnId, TxnStatus,
    request::{EndTxn, RemoveTxnRecord, ResolveIntent},
    transaction::SequenceRange,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Ended transactions that wait to be cleaned up.
pub(crate) const RESOLVE_QUEUE_MAX: usize = 4_096;
/// Transactions that are cleaned up at once.
const RESOLVE_PARALLEL_MAX: usize = 32;
/// Spans of one batch.
const RESOLVE_SPANS_MAX: usize = 128;
const RESOLVE_TIMEOUT_MS: u64 = 20_000;

/// An ended transaction's remains.
pub(crate) struct Ended {
    pub id: TxnId,
    pub status: TxnStatus,
    pub commit_ts: Timestamp,
    pub epoch: u32,
    pub ignored: Vec<SequenceRange>,
    /// Domicile, lock spans, whether there may be a record to remove.
    pub domiciles: Vec<(DomicileId, Vec<Span>, bool)>,
    /// The record of several domiciles, if there may be one.
    pub deciding: Option<Key>,
    /// Of a roll-back: by which ABORTED is said to the records first.
    pub txn: Option<kv::Txn>,
    /// Held by the heartbeat while one is under way: a record must not come back after its removal.
    pub heartbeat: Arc<tokio::sync::Mutex<()>>,
}

pub(crate) fn system_header(timeout_ms: u64) -> Header {
    Header { timeout_ms, principal: "system".into(), ..Default::default() }
}

/// Ends the locks of `id` in `spans`; goes on where a range stopped short.
///
/// # Errors
/// Some may be left; sending it again is harmless.
pub(crate) async fn resolve_spans(
    sender: &dyn Sender,
    ended: &ResolveIntent,
    spans: Vec<Span>,
) -> Result<(), KvError> {
    let mut todo = spans;
    while !todo.is_empty() {
        let rest = todo.split_off(todo.len().min(RESOLVE_SPANS_MAX));
        let requests =
            todo.into_iter().map(|span| Request::ResolveIntent(ResolveIntent { span, ..ended.clone() }));
        let reply = sender.send(BatchRequest::new(system_header(RESOLVE_TIMEOUT_MS), requests)).await?;
        todo = rest;
        todo.extend(reply.replies.into_iter().filter_map(|r| match r.reply {
            Some(Reply::Done(done)) => done.resume,
            _ => None,
        }));
    }
    Ok(())
}
/// `txn`: the coordinator's own, which may remove an ABORTED record at once; others must leave it to a collection pass.
pub(crate) async fn remove_record(
    sender: &dyn Sender,
    record_key: Key,
    txn: Option<&kv::Txn>,
) -> Result<(), KvError> {
    let request = Request::RemoveTxnRecord(RemoveTxnRecord { record_key });
    let header = Header { txn: txn.cloned(), ..system_header(RESOLVE_TIMEOUT_MS) };
    sender.send(BatchRequest::new(header, [request])).await.map(|_| ())
}

/// Does all of it, in the order that DESIGN 5 demands.
pub(crate) async fn clean_up(sender: &dyn Sender, ended: Ended) -> Result<(), KvError> {
    let _no_heartbeat = ended.heartbeat.lock().await;
    if let Some(txn) = ended.txn.as_ref().filter(|_| ended.status == TxnStatus::Aborted) {
        abort_records(sender, txn, &ended).await?;
    }
    let resolve = ResolveIntent {
        span: Span::default(),
        txn_id: ended.id.0.to_vec().into(),
        status: ended.status as i32,
        commit_ts: ended.commit_ts,
        epoch: ended.epoch,
        ignored: ended.ignored,
    };
    let (id, status, txn) = (ended.id, ended.status, ended.txn);
    let txn = &txn;
    let parts = ended.domiciles.into_iter().map(|(domicile, spans, has_record)| {
        let resolve = &resolve;
        async move {
            resolve_spans(sender, resolve, spans).await?;
            let record = kv::key::txn_record(domicile, id);
            if has_record || status == TxnStatus::Committed {
                return if has_record { remove_record(sender, record, txn.as_ref()).await } else { Ok(()) };
            }
            remove_stray(sender, record, txn.as_ref()).await
        }
    });
    for part in futures::future::join_all(parts).await {
        part?;
    }
    match ended.deciding {
        Some(record) => remove_record(sender, record, txn.as_ref()).await,
        None => Ok(()),
    }
}

async fn abort_records(sender: &dyn Sender, txn: &kv::Txn, ended: &Ended) -> Result<(), KvError> {
    let mut records: Vec<(Key, Vec<Span>)> = ended
        .domiciles
        .iter()
        .filter(|(_, _, has_record)| *has_record)
        .map(|(d, spans, _)| (kv::key::txn_record(*d, ended.id), spans.clone()))
        .collect();
    records.extend(ended.deciding.iter().map(|k| (k.clone(), Vec::new())));
    for (record_key, lock_spans) in records {
        abort_record(sender, txn, record_key, lock_spans).await?;
    }
    Ok(())
}
async fn abort_record(
    sender: &dyn Sender,
    txn: &kv::Txn,
    record_key: Key,
    lock_spans: Vec<Span>,
) -> Result<(), KvError> {
    let request = EndTxn { record_key, status: TxnStatus::Aborted as i32, lock_spans, ..Default::default() };
    let header = Header { txn: Some(txn.clone()), ..system_header(RESOLVE_TIMEOUT_MS) };
    match sender.send(BatchRequest::new(header, [Request::EndTxn(request)])).await {
        Ok(_) | Err(KvError::TxnAborted(_)) => Ok(()),
        Err(e) => Err(e),
    }
}
/// Of a rolled-back transaction without heartbeats: removes the record that a pusher may have written. Where there is none
/// that costs no command.
async fn remove_stray(sender: &dyn Sender, record_key: Key, txn: Option<&kv::Txn>) -> Result<(), KvError> {
    match (remove_record(sender, record_key.clone(), txn).await, txn) {
        // Pending, by a pusher of the timestamp: only an ended one may be removed.
        (Err(KvError::InvalidRequest(_)), Some(txn)) => {
            abort_record(sender, txn, record_key.clone(), Vec::new()).await?;
            remove_record(sender, record_key, Some(txn)).await
        }
        (result, _) => result,
    }
}

/// The background queue.
#[derive(Clone)]
pub(crate) struct Resolver {
    queue: mpsc::Sender<Ended>,
    sender: Arc<dyn Sender>,
}

impl Resolver {
    /// Must be called within a tokio runtime; the task ends when the last clone is gone.
    pub fn start(sender: Arc<dyn Sender>) -> Resolver {
        let (queue, mut ended) = mpsc::channel::<Ended>(RESOLVE_QUEUE_MAX);
        let worker = sender.clone();
        tokio::spawn(async move {
            let slots = Arc::new(tokio::sync::Semaphore::new(RESOLVE_PARALLEL_MAX));
            while let Some(ended) = ended.recv().await {
                let Ok(slot) = slots.clone().acquire_owned().await else { return };
                let worker = worker.clone();
                tokio::spawn(async move {
                    clean_up_logged(&*worker, ended).await;
                    drop(slot);
                });
            }
        });
        Resolver { queue, sender }
    }
    /// Queues, or cleans up before it returns if the queue is full.
    pub async fn submit(&self, ended: Ended) {
        if let Err(refused) = self.queue.try_send(ended) {
            clean_up_logged(&*self.sender, refused.into_inner()).await;
        }
    }
    /// Queues; if the queue is full, whoever meets the intents cleans up. For drops, which cannot wait.
    pub fn submit_or_leave(&self, ended: Ended) {
        if self.queue.try_send(ended).is_err() {
            tracing::warn!(
                "the queue of {RESOLVE_QUEUE_MAX} ended transactions is full; leaving one to be recovered"
            );
        }
    }
}

async fn clean_up_logged(sender: &dyn Sender, ended: Ended) {
    let id = ended.id;
    if let Err(error) = clean_up(sender, ended).await {
        tracing::debug!(txn = %id, %error, "not cleaned up; whoever meets the locks will");
    }
}
