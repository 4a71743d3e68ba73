//! Cells that stop, crash and start again on what their disks kept.

use crate::raft_cluster::{Cluster, FIRST, until};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn everything_acknowledged_is_there_after_all_lost_their_unsynced_writes() {
    let c = Cluster::started().await;
    for round in 0..4u64 {
        for n in 0..30 {
            c.put(round * 100 + n, &format!("{round}/{n}")).await.unwrap();
        }
        for store in 1..=3 {
            c.crash(store).await;
        }
        for store in 1..=3 {
            c.start(store).await;
        }
        let start = Instant::now();
        for r in 0..=round {
            for n in 0..30 {
                assert_eq!(c.get(r * 100 + n).await, Some(format!("{r}/{n}")), "round {round}");
            }
        }
        println!("round {round}: all read {:?} after the restart", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    assert!(c.statuses(FIRST).values().all(|s| s.fault.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_crashed_follower_catches_up() {
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    let holder = c.leaseholder(FIRST).unwrap();
    let follower = holder % 3 + 1;
    c.crash(follower).await;
    for n in 0..300 {
        c.put(n, "while it was down").await.unwrap();
    }
    c.start(follower).await;
    let took = until("caught up", 10, || {
        let s = c.statuses(FIRST);
        s[&follower].applied_index >= s[&holder].applied_index
    })
    .await;
    println!("caught up after {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_restarted_holder_does_not_use_its_old_lease() {
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    let holder = c.leaseholder(FIRST).unwrap();
    let before = c.statuses(FIRST)[&holder].lease.clone();
    c.crash(holder).await;
    let cell = c.start(holder).await;
    let replica = cell.replica(FIRST).unwrap();
    use cell::execute::RangeReplica;
    let mut seen = Vec::new();
    let start = Instant::now();
    let get = tokio::spawn({
        let c = c.clone();
        async move { c.get(1).await }
    });
    while start.elapsed() < Duration::from_secs(6) {
        if let Ok(lease) = replica.check_lease(kv::Timestamp::ZERO) {
            seen.push(lease);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(get.await.unwrap().unwrap(), "x");
    assert!(seen.iter().all(|l| l.start >= before.expiration), "a lease from before: {before:?}");
}

#[tokio::test(start_paused = true)]
async fn a_graceful_stop_and_start_of_all_finds_everything() {
    let c = Cluster::started().await;
    for n in 0..50 {
        c.put(n, "kept").await.unwrap();
    }
    for store in 1..=3 {
        c.cell(store).shutdown().await.unwrap();
    }
    for store in 1..=3 {
        c.start(store).await;
    }
    assert_eq!(c.get(49).await.unwrap(), "kept");
}

#[tokio::test(start_paused = true)]
async fn corrupt_local_rows_stop_one_range_by_name() {
    use cell::seam::StateStore;
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    let follower = c.leaseholder(FIRST).unwrap() % 3 + 1;
    c.crash(follower).await;
    let mut rows = kv::command::WriteBatch::default();
    let mut key = FIRST.0.to_be_bytes().to_vec();
    key.push(3);
    rows.put(kv::command::Keyspace::Local, &key, b"\xff\xff\xff");
    c.disks[&follower].state.write(&[&rows]).unwrap();
    let cell = c.start(follower).await;
    let broken = cell.broken_ranges();
    assert!(broken[&FIRST].contains("applied state of range r1"), "{broken:?}");
    c.put(2, "y").await.unwrap();
}
