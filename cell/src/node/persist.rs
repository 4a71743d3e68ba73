//! Makes the applied state durable, records how far, and truncates logs below it.
//!
//! ```text
//! look at applied -> StateStore::persist -> log store: durable index -> purge what all replicas have and is durable here
//! ```
//! Only a leader knows what all replicas have; it tells its followers, and each purges no further than its own durable
//! index. This build transfers no snapshots, so the log is kept until every replica has it.

use super::Inner;
use crate::raft::WatchReceiver;
use crate::{
    raft::{LogId, codec::kind},
    replica::{Host, Replica},
    seam::StoreError,
};
use bytes::Bytes;
use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

/// How long the leader waits for a follower to take a message about the log.
const TELL_WAIT: Duration = Duration::from_millis(500);

pub(super) async fn run(cell: Weak<Inner>) {
    loop {
        let Some(every) = cell.upgrade().map(|i| i.config.persist_every) else { return };
        tokio::time::sleep(every).await;
        let Some(inner) = cell.upgrade() else { return };
        if let Err(e) = once(&inner).await {
            tracing::error!(store = %inner.config.store_id, "state was not made durable: {e}");
        }
    }
}

pub(super) async fn once(inner: &Arc<Inner>) -> Result<(), StoreError> {
    let moved: Vec<(Arc<Replica>, LogId)> = inner
        .slots()
        .into_iter()
        .map(|s| (s.replica.applied().log_id(), s.replica))
        .filter(|(applied, replica)| applied.index > replica.log().durable_index())
        .map(|(applied, replica)| (replica, applied))
        .collect();
    if !moved.is_empty() {
        inner.persist().await?;
        let recorded = moved.iter().map(|(replica, applied)| replica.log().record_durable(*applied));
        for result in futures::future::join_all(recorded).await {
            result.map_err(|e| StoreError::Io(e.to_string()))?;
        }
    }
    for slot in inner.slots() {
        let (replica, entries_min) = (slot.replica, inner.config.purge_entries_min);
        replica.learn_matched(entries_min).await;
        replica.purge_matched(entries_min).await;
    }
    Ok(())
}

impl Replica {
    /// As leader: learns what all replicas have, and tells the others.
    async fn learn_matched(&self, entries_min: u64) {
        let Some(raft) = self.raft().filter(|r| r.is_leader()) else { return };
        let matched = {
            let metrics = raft.metrics();
            let metrics = metrics.borrow_watched();
            let Some(replication) = metrics.replication.clone() else { return };
            let members = metrics.membership_config.membership().nodes().map(|(id, _)| *id);
            members
                .map(|id| replication.get(&id).copied().flatten().map_or(0, |l: LogId| l.index))
                .min()
                .unwrap_or(0)
        };
        if matched < self.matched_everywhere.load(Ordering::Relaxed) + entries_min {
            return;
        }
        self.matched_everywhere.fetch_max(matched, Ordering::Relaxed);
        for r in self.descriptor().replicas.iter().filter(|r| r.replica() != self.replica_id()) {
            let payload = Bytes::copy_from_slice(&matched.to_be_bytes());
            // One that does not hear it hears the next.
            drop(
                tokio::time::timeout(
                    TELL_WAIT,
                    self.network().call(r.store(), r.replica(), kind::PURGE, payload),
                )
                .await,
            );
        }
    }
    /// Purges the log up to what all replicas have, but not above what is durable here, if that frees enough.
    async fn purge_matched(&self, entries_min: u64) {
        let through = self.matched_everywhere.load(Ordering::Relaxed).min(self.log().durable_index());
        let Some(raft) = self.raft() else { return };
        if through < self.log().purged().map_or(0, |p| p.index) + entries_min {
            return;
        }
        // openraft purges only below a snapshot; ours is metadata (DEPENDENCIES 1.4).
        let snapshot_below = |m: &crate::raft::Metrics| m.snapshot.is_none_or(|s| s.index < through);
        if snapshot_below(&raft.metrics().borrow_watched()) {
            drop(raft.trigger().snapshot().await);
            let wait = raft.wait(Some(std::time::Duration::from_secs(1)));
            if wait.metrics(|m| !snapshot_below(m), "snapshot").await.is_err() {
                return;
            }
        }
        drop(raft.trigger().purge_log(through).await);
    }
}
