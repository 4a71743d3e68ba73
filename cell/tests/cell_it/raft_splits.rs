//! Ranges that are cut in two, with crashes at every step.

use crate::raft_cluster::{Cluster, FIRST, TABLE, key, until};
use kv::{
    DomicileId, RangeDescriptor, RangeId, Request,
    request::{AdminSplit, Get},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// All ranges of the cluster by id, and on how many cells each is served without a fault.
fn ranges(c: &Cluster) -> BTreeMap<RangeId, (RangeDescriptor, usize)> {
    let mut out = BTreeMap::new();
    for r in c.cells().into_iter().flat_map(|cell| cell.ranges()) {
        let entry = out.entry(r.descriptor.id()).or_insert(((*r.descriptor).clone(), 0));
        if entry.0.generation < r.descriptor.generation {
            entry.0 = (*r.descriptor).clone();
        }
        entry.1 += usize::from(r.fault.is_none());
    }
    out
}

/// The ranges tile the domicile: no hole, no overlap.
fn assert_tiled(c: &Cluster) {
    let mut spans: Vec<_> = ranges(c).into_values().map(|(d, _)| d.span).collect();
    spans.sort();
    let whole = kv::key::domicile_span(DomicileId::SYSTEM);
    assert_eq!(spans.first().unwrap().start, whole.start);
    assert_eq!(spans.last().unwrap().end, whole.end);
    for pair in spans.windows(2) {
        assert_eq!(pair[0].end, pair[1].start);
    }
}

async fn split(c: &Arc<Cluster>, n: u64) {
    c.send(Request::AdminSplit(AdminSplit { key: key(n) })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_split_gives_two_ranges_that_serve_at_once() {
    let c = Cluster::started().await;
    for n in 0..50 {
        c.put(n, "before").await.unwrap();
    }
    let start = Instant::now();
    split(&c, 25).await;
    c.put(30, "after").await.unwrap();
    println!("split and a write to the right half: {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    // The meta span was cut off first.
    assert_eq!(ranges(&c).len(), 3);
    assert_tiled(&c);
    for n in 0..50 {
        assert_eq!(c.get(n).await.unwrap(), if n == 30 { "after" } else { "before" });
    }
    until("all replicas are there", 5, || ranges(&c).values().all(|r| r.1 == 3)).await;
}

#[tokio::test(start_paused = true)]
async fn meta_rows_follow_a_split() {
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    split(&c, 25).await;
    let all = ranges(&c);
    let start = Instant::now();
    loop {
        let mut found = 0;
        for (d, _) in all.values() {
            let get = Request::Get(Get { key: d.meta_key(), lock: 0 });
            let Ok(kv::Reply::Get(g)) = c.send(get).await else { panic!("no reply") };
            let row = g.value.map(|v| <RangeDescriptor as prost::Message>::decode(v).unwrap());
            found +=
                usize::from(row.is_some_and(|r| r.range_id == d.range_id && r.generation == d.generation));
        }
        if found == all.len() {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{found} of {} published", all.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let root = Request::Get(Get { key: kv::key::root(DomicileId::SYSTEM), lock: 0 });
    let Ok(kv::Reply::Get(g)) = c.send(root).await else { panic!("no reply") };
    let row = <RangeDescriptor as prost::Message>::decode(g.value.unwrap()).unwrap();
    assert_eq!(row.id(), FIRST);
}

#[tokio::test(start_paused = true)]
async fn a_range_that_grows_is_split_by_size() {
    let mut c = Cluster::new();
    c.split_bytes = 20_000;
    let c = Arc::new(c);
    c.begin().await;
    let value = "v".repeat(500);
    for n in 0..200 {
        c.put(n, &value).await.unwrap();
    }
    until("cut small", 120, || {
        let c2 = c.clone();
        tokio::spawn(async move { drop(c2.get(1).await) }); // in use
        for n in [60, 110, 160] {
            let c2 = c.clone();
            tokio::spawn(async move { drop(c2.get(n).await) });
        }
        let largest = c.cells().iter().flat_map(|cell| cell.ranges()).map(|r| r.bytes).max().unwrap();
        largest <= 25_000
    })
    .await;
    assert_tiled(&c);
    assert!(ranges(&c).len() >= 5, "{}", ranges(&c).len());
    for n in 0..200 {
        assert_eq!(c.get(n).await.unwrap(), value);
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_range_is_not_cut() {
    let c = Cluster::started().await;
    c.put(1, "x").await.unwrap();
    split(&c, 10).await;
    split(&c, 10).await; // again: nothing to do
    let count = ranges(&c).len();
    let inside_meta = kv::key::meta(DomicileId::SYSTEM, &key(3));
    let e = c.send(Request::AdminSplit(AdminSplit { key: inside_meta })).await.unwrap_err();
    assert!(e.to_string().contains("meta span"), "{e}");
    assert_eq!(ranges(&c).len(), count);
}

/// Writes, splits, crashes a cell (or all) after `delay`, starts again, and wants everything back.
async fn crash_after(delay: Duration, who: &[u64]) {
    let c = Cluster::started().await;
    for n in 0..20 {
        c.put(n, "x").await.unwrap();
    }
    let splitting = tokio::spawn({
        let c = c.clone();
        async move { drop(c.send(Request::AdminSplit(AdminSplit { key: key(10) })).await) }
    });
    tokio::time::sleep(delay).await;
    for store in who {
        c.crash(*store).await;
    }
    for store in who {
        c.start(*store).await;
    }
    splitting.await.unwrap();
    for n in 0..20 {
        assert_eq!(c.get(n).await.unwrap(), "x", "{delay:?} {who:?}");
        c.put(n, "y").await.unwrap();
    }
    until("tiled and whole", 20, || ranges(&c).values().all(|r| r.1 == 3)).await;
    assert_tiled(&c);
    let _ = TABLE;
}

#[tokio::test(start_paused = true)]
async fn a_split_survives_a_crash_at_any_time() {
    for delay_us in [0, 1, 100, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 80_000, 200_000] {
        for who in [&[1u64][..], &[2], &[1, 2, 3]] {
            crash_after(Duration::from_micros(delay_us), who).await;
        }
    }
}
