//! Who serves a range, and how soon another does when it is gone.

use crate::raft_cluster::{Cluster, FIRST, until};
use cell::{execute::RangeReplica, transport::Verdict};
use kv::{Request, StoreId, Timestamp, request::AdminTransferLease};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_new_range_serves_and_all_replicas_apply_the_same() {
    let c = Cluster::started().await;
    let start = Instant::now();
    c.put(1, "one").await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(500), "first write after {:?}", start.elapsed());
    for n in 2..50 {
        c.put(n, "more").await.unwrap();
    }
    assert_eq!(c.get(1).await.unwrap(), "one");
    let applied = c.statuses(FIRST)[&c.leaseholder(FIRST).unwrap()].applied_index;
    until("all applied", 5, || c.statuses(FIRST).values().all(|r| r.applied_index >= applied)).await;
    let states: Vec<_> = c.statuses(FIRST).into_values().map(|r| (r.bytes, r.lease.sequence)).collect();
    assert_eq!(states.len(), 3);
    assert!(states.iter().all(|s| *s == states[0]), "{states:?}");
}

#[tokio::test(start_paused = true)]
async fn creating_a_range_twice_is_one_range_and_an_overlap_is_refused() {
    let c = Cluster::started().await;
    c.cell(1).create_range(crate::raft_cluster::first_range()).await.unwrap();
    let mut other = crate::raft_cluster::first_range();
    other.range_id = 2;
    let e = c.cell(1).create_range(other).await.unwrap_err();
    assert!(e.to_string().contains("overlaps"), "{e}");
}

#[tokio::test(start_paused = true)]
async fn another_cell_serves_within_five_seconds_of_a_kill() {
    for round in 0..5 {
        let c = Cluster::started().await;
        for n in 0..20 {
            c.put(n, "before").await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(300 * round)).await;
        c.put(20, "before").await.unwrap();
        let holder = c.leaseholder(FIRST).unwrap();
        c.crash(holder).await;
        let start = Instant::now();
        c.put(100, "after").await.unwrap();
        let gap = start.elapsed();
        println!("round {round}: served again after {gap:?}");
        assert!(gap < Duration::from_secs(5), "served again after {gap:?}");
        assert_eq!(c.get(3).await.unwrap(), "before");
        assert_ne!(c.leaseholder(FIRST), Some(holder));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_in_use_is_extended_and_an_idle_one_lapses() {
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    let sequence = c.statuses(FIRST)[&1].lease.sequence;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        c.get(1).await.unwrap();
    }
    assert_eq!(c.statuses(FIRST)[&1].lease.sequence, sequence, "the same lease, extended");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(c.leaseholder(FIRST), None);
    let start = Instant::now();
    assert_eq!(c.get(1).await.unwrap(), "x");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_given_over_and_leadership_follows() {
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    let from = c.leaseholder(FIRST).unwrap();
    let target = from % 3 + 1;
    let key = crate::raft_cluster::key(1);
    let start = Instant::now();
    c.send(Request::AdminTransferLease(AdminTransferLease { key, target_store: target })).await.unwrap();
    until("the target holds the lease", 2, || c.leaseholder(FIRST) == Some(target)).await;
    c.put(2, "y").await.unwrap();
    println!("transfer and a write: {:?}", start.elapsed());
    until("leadership follows", 2, || c.statuses(FIRST)[&target].raft_leader).await;
    assert_eq!(c.get(1).await.unwrap(), "x");
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_is_cut_off_serves_no_longer_than_its_lease() {
    let c = Cluster::started().await;
    c.put(1, "old").await.unwrap();
    let holder = c.leaseholder(FIRST).unwrap();
    let cut = StoreId(holder);
    c.peers.set_hook(Some(Arc::new(move |from, to| {
        // Clients (0) reach every cell; cells do not reach the one that is cut off.
        if from.0 != 0 && (from == cut) != (to == cut) { Verdict::Drop } else { Verdict::Deliver }
    })));
    let old = c.cell(holder).replica(FIRST).unwrap();
    // One write that is in flight at the old holder: its fate stays open until the net is whole again, or is given up.
    let stuck = tokio::spawn({
        let c = c.clone();
        async move { c.put(3, "stuck").await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    *c.avoid.lock() = Some(holder);
    let writing = tokio::spawn({
        let c = c.clone();
        async move { c.put(2, "new").await }
    });
    let mut served_by_both = false;
    until("another holds a lease", 8, || {
        let other = c.statuses(FIRST).iter().any(|(s, r)| *s != holder && r.leaseholder);
        served_by_both |= other && old.check_lease(Timestamp::ZERO).is_ok();
        other
    })
    .await;
    assert!(!served_by_both);
    assert!(old.check_lease(Timestamp::ZERO).is_err());
    c.peers.set_hook(None);
    *c.avoid.lock() = None;
    until("the old holder has caught up", 8, || {
        let s = c.statuses(FIRST);
        s.values().all(|r| r.applied_index == s[&1].applied_index)
    })
    .await;
    writing.await.unwrap().unwrap();
    assert_eq!(c.get(2).await.unwrap(), "new");
    // Dropped under the old lease, it was sent again by the router, or not; never is it there without an answer.
    match stuck.await.unwrap() {
        Ok(()) => assert_eq!(c.get(3).await.unwrap(), "stuck"),
        Err(_) => assert_eq!(c.get(3).await, None),
    }
}
