//! Publishes range descriptors as hints in the meta span of their domicile, and the first range's in the root.
//!
//! Meta rows go before the root's: without them a router does not find the range that holds the root.
//! A row is replaced only by one of a higher generation. A failure is tried again later. Every new leaseholder publishes
//! anew, and so does every new leader of a group: a range whose row was lost with the cell that split it is asked for by
//! nobody, so it gets no leaseholder.

use super::Inner;
use kv::{
    BatchRequest, Bytes, Key, KvError, RangeDescriptor, RangeId, Reply, Request, key,
    request::{ConditionalPut, Get, Header},
};
use prost::Message;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use txn::Sender;

/// After a failure, and between two looks without one.
const RETRY: Duration = Duration::from_millis(500);
/// How long one request may take: others wait behind it.
const REQUEST_MS: u64 = 2_000;
/// Tries to replace one row before it is left to the next round.
const TRIES_MAX: usize = 5;

pub(super) async fn run(cell: Weak<Inner>) {
    loop {
        let Some(inner) = cell.upgrade() else { return };
        let ranges: Vec<RangeId> = inner.to_publish.lock().iter().copied().collect();
        let mut failed = false;
        if let Some(sender) = inner.sender() {
            for in_root in [false, true] {
                for range in &ranges {
                    if !in_root {
                        inner.to_publish.lock().remove(range);
                    }
                    if let Err(e) = inner.publish_one(*range, in_root, &sender).await {
                        tracing::debug!(%range, in_root, "range is published later: {e}");
                        inner.to_publish.lock().insert(*range);
                        failed = true;
                    }
                }
            }
        }
        if failed {
            drop(inner);
            tokio::time::sleep(RETRY).await;
        } else {
            // The cell owns this task and ends it, so holding the cell here is no cycle that lasts.
            inner.publish_now.notified().await;
        }
    }
}

impl Inner {
    async fn publish_one(
        &self,
        range: RangeId,
        in_root: bool,
        sender: &Arc<dyn Sender>,
    ) -> Result<(), KvError> {
        // Any replica's descriptor was true once, and the generation keeps it from replacing a newer one.
        let Some(slot) = self.slot(range) else { return Ok(()) };
        let descriptor = slot.replica.descriptor();
        if !in_root {
            self.replace(sender, descriptor.meta_key(), &descriptor).await
        } else if descriptor.span.start == key::domicile_span(descriptor.domicile()).start {
            self.replace(sender, key::root(descriptor.domicile()), &descriptor).await
        } else {
            Ok(())
        }
    }
    /// Puts the row unless one of the same or a higher generation is there.
    async fn replace(
        &self,
        sender: &Arc<dyn Sender>,
        row: Key,
        new: &RangeDescriptor,
    ) -> Result<(), KvError> {
        let header = || Header { timeout_ms: REQUEST_MS, ..self.header() };
        for _ in 0..TRIES_MAX {
            let get = Request::Get(Get { key: row.clone(), lock: 0 });
            let reply = sender.send(BatchRequest::new(header(), [get])).await?;
            let there: Option<Bytes> = match reply.replies.into_iter().next().and_then(|r| r.reply) {
                Some(Reply::Get(g)) => g.value,
                _ => return Err(KvError::bug("a Get was answered by something else")),
            };
            let newer = there.as_ref().and_then(|b| RangeDescriptor::decode(b.clone()).ok());
            if newer.is_some_and(|d| d.generation >= new.generation) {
                return Ok(());
            }
            let put = ConditionalPut {
                key: row.clone(),
                value: new.encode_to_vec().into(),
                expected: there,
                sequence: 0,
            };
            match sender.send(BatchRequest::new(header(), [Request::ConditionalPut(put)])).await {
                Err(KvError::ConditionFailed(_)) => {}
                other => return other.map(drop),
            }
        }
        Err(KvError::unavailable("the row changes all the time"))
    }
}
