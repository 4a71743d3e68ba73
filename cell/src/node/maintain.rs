//! What every replica needs now and then: its lease extended, its leadership moved to the lease, its size looked at.

use super::{Inner, Slot};
use crate::replica::Host;
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::Instant;

/// Time between two looks: well below half a lease.
const EVERY: Duration = Duration::from_millis(250);
/// Looks between two of sizes and the disk.
const SIZES_EVERY: u32 = 8;
/// After a split, or a range that could not be split, it is left alone for this long.
const SPLIT_PAUSE: Duration = Duration::from_secs(10);

pub(super) async fn run(cell: Weak<Inner>) {
    let mut looks = 0u32;
    // Ranges led at the last look, with the generation that was to be published.
    let mut led: BTreeMap<kv::RangeId, u64> = BTreeMap::new();
    let splitting: Arc<Mutex<BTreeMap<kv::RangeId, Option<Instant>>>> = Arc::default();
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(inner) = cell.upgrade() else { return };
        looks = looks.wrapping_add(1);
        for slot in inner.slots() {
            let (range, leads) = (slot.replica.range_id(), slot.replica.is_raft_leader());
            let generation = slot.replica.descriptor().generation;
            if !leads {
                led.remove(&range);
            } else if led.insert(range, generation) != Some(generation) {
                Host::publish(&*inner, range);
            }
        }
        for slot in inner.slots() {
            tokio::spawn(async move {
                slot.replica.extend_if_due().await;
                slot.replica.follow_lease().await;
            });
        }
        if looks.is_multiple_of(SIZES_EVERY) {
            inner.look_at_disk();
            for slot in inner.slots() {
                inner.clone().split_if_large(slot, &splitting);
            }
        }
    }
}

impl Inner {
    fn look_at_disk(&self) {
        let used = self.config.state.used_bytes() + self.config.log.used_bytes();
        let max = self.config.disk_bytes_max;
        let full = (used >= max).then(|| format!("{} uses {used} of {max} bytes", self.config.store_id));
        let mut shown = self.shared.store_full.write();
        if shown.is_none()
            && let Some(text) = &full
        {
            tracing::error!("disk reserve met, writes are refused: {text}");
        }
        *shown = full;
    }
    fn split_if_large(
        self: Arc<Self>,
        slot: Slot,
        splitting: &Arc<Mutex<BTreeMap<kv::RangeId, Option<Instant>>>>,
    ) {
        let range = slot.replica.range_id();
        if slot.replica.applied().bytes <= self.config.split_bytes || !slot.replica.holds_lease() {
            return;
        }
        match splitting.lock().get(&range) {
            Some(None) => return,
            Some(Some(paused)) if paused.elapsed() < SPLIT_PAUSE => return,
            _ => {}
        }
        splitting.lock().insert(range, None);
        let splitting = splitting.clone();
        tokio::spawn(async move {
            let done = match slot.replica.split_key().await {
                Ok(Some(key)) => match self.fill_range_ids().await {
                    Ok(()) => self.split(&slot, key).await.map_err(|e| e.to_string()).map(|()| true),
                    Err(e) => Err(e.to_string()),
                },
                Ok(None) => Ok(false),
                Err(e) => Err(e.to_string()),
            };
            match done {
                // Cut: what is left may still be too large.
                Ok(true) => drop(splitting.lock().remove(&range)),
                Ok(false) => drop(splitting.lock().insert(range, Some(Instant::now()))),
                Err(e) => {
                    tracing::warn!(%range, "split failed: {e}");
                    splitting.lock().insert(range, Some(Instant::now()));
                }
            }
        });
    }
}
