//! The durable index and what is purged below it.

use crate::raft_cluster::{Cluster, FIRST, until};
use std::sync::Arc;

async fn small() -> Arc<Cluster> {
    let mut c = Cluster::new();
    c.purge_entries_min = 20;
    let c = Arc::new(c);
    c.begin().await;
    c
}

#[tokio::test(start_paused = true)]
async fn the_log_is_purged_only_below_what_is_durable_and_everywhere() {
    let c = small().await;
    for n in 0..100 {
        c.put(n, "x").await.unwrap();
    }
    until("purged on all", 60, || c.statuses(FIRST).values().all(|s| s.purged_index > 80)).await;
    for s in c.statuses(FIRST).values() {
        assert!(s.purged_index <= s.durable_index, "{} > {}", s.purged_index, s.durable_index);
        assert!(s.fault.is_none());
    }
    for store in 1..=3 {
        c.crash(store).await;
    }
    for store in 1..=3 {
        c.start(store).await;
    }
    for n in 0..100 {
        assert_eq!(c.get(n).await.unwrap(), "x");
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_kept_until_every_replica_has_it() {
    let c = small().await;
    c.put(0, "x").await.unwrap();
    let holder = c.leaseholder(FIRST).unwrap();
    let down = holder % 3 + 1;
    c.crash(down).await;
    for n in 0..200 {
        c.put(n, "y").await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_secs(40)).await;
    assert!(c.statuses(FIRST).values().all(|s| s.purged_index < 30), "{:?}", c.statuses(FIRST));
    c.start(down).await;
    c.put(201, "z").await.unwrap();
    until("purged on all", 60, || c.statuses(FIRST).values().all(|s| s.purged_index > 150)).await;
    assert_eq!(
        c.cell(holder).network_counters().snapshots_refused.load(std::sync::atomic::Ordering::Relaxed),
        0
    );
}
