//! The thread that writes: everything queued goes into one batch with one sync.

use super::{Inner, group::Operation};
use crate::seam::{LogDone, StoreError};
use kv::RangeId;
use raft_engine::LogBatch;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
};

/// Most bytes of one batch (it may pass it by one submission).
const BATCH_BYTES_MAX: usize = 8 << 20;
/// Most submissions of which synced entries stay in memory.
const SYNCED_MAX: usize = 1 << 16;

/// One submission in the queue.
pub(super) struct Item {
    group: RangeId,
    submission: u64,
    operations: Vec<Operation>,
    result: Result<(), StoreError>,
    done: LogDone,
    pub(super) bytes: usize,
}

impl Item {
    pub(super) fn new(
        group: RangeId,
        submission: u64,
        operations: Vec<Operation>,
        result: Result<(), StoreError>,
        done: LogDone,
    ) -> Item {
        let bytes = operations.iter().map(Operation::bytes).sum();
        Item { group, submission, operations, result, done, bytes }
    }
}

/// Runs until the log closes and the queue is empty.
pub(super) fn run(inner: &Inner) {
    // Submissions that are synced and may still be in memory, oldest first.
    let mut synced: VecDeque<(RangeId, u64)> = VecDeque::new();
    while let Some(mut items) = next(inner) {
        let written = write(inner, &mut items);
        if let Err(e) = &written {
            tracing::error!(error = %e, "the log cannot be written; it takes nothing more");
            inner.poisoned.lock().get_or_insert_with(|| e.to_string());
        }
        for item in items {
            if item.bytes > 0 {
                synced.push_back((item.group, item.submission));
            }
            (item.done)(written.clone().and(item.result));
        }
        if written.is_ok() {
            let full = |synced: &VecDeque<_>| {
                synced.len() > SYNCED_MAX
                    || inner.cached_bytes.load(Ordering::Relaxed) > inner.options.cache_bytes
            };
            while full(&synced) {
                let Some((group, submission)) = synced.pop_front() else { break };
                if let Some(group) = inner.group(group) {
                    group.lock().forget_synced(submission, &inner.cached_bytes);
                }
            }
        }
    }
}

/// Waits for work. `None`: the log closes.
fn next(inner: &Inner) -> Option<Vec<Item>> {
    let mut queue = inner.queue.lock();
    while queue.items.is_empty() {
        if queue.closing {
            return None;
        }
        inner.filled.wait(&mut queue);
    }
    let mut items = Vec::with_capacity(queue.items.len());
    let mut bytes = 0;
    while bytes < BATCH_BYTES_MAX
        && let Some(item) = queue.items.pop_front()
    {
        bytes += item.bytes;
        items.push(item);
    }
    queue.bytes -= bytes;
    inner.drained.notify_all();
    Some(items)
}

fn write(inner: &Inner, items: &mut [Item]) -> Result<(), StoreError> {
    if let Some(why) = inner.poisoned.lock().clone() {
        return Err(StoreError::Poisoned(why));
    }
    let mut batch = LogBatch::default();
    for item in items {
        for operation in item.operations.drain(..) {
            operation.add_to(&mut batch, item.group.0)?;
        }
    }
    if batch.is_empty() {
        return Ok(());
    }
    // raft-engine panics when a sync fails: that is this log's end, and not the process's before it has said so.
    match catch_unwind(AssertUnwindSafe(|| inner.engine.write(&mut batch, inner.options.sync))) {
        Ok(written) => written.map(|_| ()).map_err(super::log_error),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic");
            Err(StoreError::Io(format!("log: {text}")))
        }
    }
}
