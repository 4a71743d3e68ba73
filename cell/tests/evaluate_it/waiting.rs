//! Waiting for locks, latches and leases under a paused clock.

use crate::harness::*;
use cell::execute::RangeReplica as _;
use kv::{
    BatchReply, Bytes, DomicileId, Header, KvError, Reply, Request, Span, Timestamp, Txn, TxnStatus, key,
    mvcc::LockStrength, request::*,
};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::Instant};

fn put(k: &str, v: &str, sequence: u32) -> Request {
    Request::Put(Put { key: row(k), value: Bytes::copy_from_slice(v.as_bytes()), sequence })
}
fn get(k: &str) -> Request {
    Request::Get(Get { key: row(k), lock: 0 })
}
fn lock(k: &str) -> Request {
    Request::Get(Get { key: row(k), lock: LockStrength::Exclusive as i32 })
}
fn value(reply: &Reply) -> Option<Bytes> {
    match reply {
        Reply::Get(r) => r.value.clone(),
        other => panic!("{other:?}"),
    }
}
fn spawn(
    range: &Arc<Range>,
    header: Header,
    requests: Vec<Request>,
) -> JoinHandle<Result<BatchReply, KvError>> {
    let range = range.clone();
    tokio::spawn(async move { range.send(header, requests).await })
}
async fn end(range: &Range, txn: &Txn, keys: &[&str], status: TxnStatus) {
    let record_key = key::txn_record(DOMICILE, txn.txn_id().unwrap());
    let end = EndTxn { record_key, status: status as i32, ..Default::default() };
    let Reply::Txn(record) = range.one(with_txn(txn), Request::EndTxn(end)).await.unwrap() else { panic!() };
    for k in keys {
        let resolve = ResolveIntent {
            span: Span::point(row(k)),
            txn_id: txn.id.clone(),
            status: status as i32,
            commit_ts: record.write_ts,
            ..Default::default()
        };
        range.one(header(), Request::ResolveIntent(resolve)).await.unwrap();
    }
}
async fn heartbeat(range: &Range, txn: &Txn) {
    let record_key = key::txn_record(DOMICILE, txn.txn_id().unwrap());
    range.one(with_txn(txn), Request::HeartbeatTxn(HeartbeatTxn { record_key })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn writers_of_one_key_go_in_the_order_of_arrival() {
    let range = Arc::new(Range::new());
    let first = txn(1, 2);
    range.one(with_txn(&first), put("k", "1", 1)).await.unwrap();
    let mut waiting = Vec::new();
    for n in 2..8u8 {
        waiting.push((n, spawn(&range, with_txn(&txn(n, 2)), vec![put("k", &n.to_string(), 1)])));
        tokio::task::yield_now().await;
    }
    end(&range, &first, &["k"], TxnStatus::Aborted).await;
    for (n, task) in waiting {
        task.await.unwrap().unwrap();
        end(&range, &txn(n, 2), &["k"], TxnStatus::Aborted).await;
    }
    assert_eq!(range.concurrency.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_intent_of_a_coordinator_that_is_gone_is_cleared_by_a_writer() {
    let range = Arc::new(Range::new());
    range.one(with_txn(&txn(1, 2)), put("k", "lost", 1)).await.unwrap();
    range.set_clock(20);
    let begun = Instant::now();
    range.one(with_txn(&txn(2, 20)), put("k", "won", 1)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(200), "{:?}", begun.elapsed());
    // The coordinator comes back too late.
    let record_key = key::txn_record(DOMICILE, id(1));
    let commit = EndTxn { record_key, status: TxnStatus::Committed as i32, ..Default::default() };
    let late = range.one(with_txn(&txn(1, 2)), Request::EndTxn(commit)).await;
    assert!(matches!(late, Err(KvError::TxnAborted(_))), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_pushes_the_timestamp_of_a_live_writer_and_passes() {
    let range = Arc::new(Range::new());
    let writer = txn(1, 2);
    range.one(with_txn(&writer), put("k", "new", 1)).await.unwrap();
    heartbeat(&range, &writer).await;
    range.set_clock(4);
    let read = Header { timestamp: seconds(4), ..header() };
    assert_eq!(value(&range.one(read, get("k")).await.unwrap()), None);
    let record_key = key::txn_record(DOMICILE, id(1));
    let commit = EndTxn { record_key, status: TxnStatus::Committed as i32, ..Default::default() };
    let refused = range.one(with_txn(&writer), Request::EndTxn(commit)).await;
    assert!(matches!(refused, Err(KvError::TxnRetry(r)) if r.retry_at > seconds(4)));
}

#[tokio::test(start_paused = true)]
async fn a_circle_of_two_is_found_within_a_second_and_the_youngest_dies() {
    let range = Arc::new(Range::new());
    let (old, young) = (txn(1, 2), txn(2, 3));
    range.set_clock(3);
    range.one(with_txn(&old), put("a", "1", 1)).await.unwrap();
    range.one(with_txn(&young), put("b", "2", 1)).await.unwrap();
    heartbeat(&range, &old).await;
    heartbeat(&range, &young).await;
    let begun = Instant::now();
    let waits = spawn(&range, with_txn(&old), vec![put("b", "1", 2)]);
    let dies = spawn(&range, with_txn(&young), vec![put("a", "2", 2)]);
    let Err(KvError::Deadlock(circle)) = dies.await.unwrap() else { panic!("no deadlock was found") };
    assert_eq!(circle.txn_ids, [young.id.clone(), old.id.clone()]);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    end(&range, &young, &["b"], TxnStatus::Aborted).await;
    waits.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_circle_over_locks_in_memory_is_found_too() {
    let range = Arc::new(Range::new());
    let (a, b, c) = (txn(1, 2), txn(2, 2), txn(3, 2));
    for (t, k) in [(&a, "a"), (&b, "b"), (&c, "c")] {
        range.one(with_txn(t), lock(k)).await.unwrap();
        heartbeat(&range, t).await;
    }
    let begun = Instant::now();
    let first = spawn(&range, with_txn(&a), vec![lock("b")]);
    let second = spawn(&range, with_txn(&b), vec![lock("c")]);
    let third = spawn(&range, with_txn(&c), vec![lock("a")]);
    let Err(KvError::Deadlock(_)) = third.await.unwrap() else { panic!("the greatest id dies") };
    assert!(begun.elapsed() < Duration::from_secs(1));
    end(&range, &c, &["c"], TxnStatus::Aborted).await;
    second.await.unwrap().unwrap();
    end(&range, &b, &["b", "c"], TxnStatus::Aborted).await;
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn lock_timeout_and_deadline_end_a_wait() {
    let range = Arc::new(Range::new());
    let holder = txn(1, 2);
    range.one(with_txn(&holder), lock("k")).await.unwrap();
    heartbeat(&range, &holder).await;
    let timeout = Header { lock_timeout_ms: 300, ..with_txn(&txn(2, 2)) };
    let begun = Instant::now();
    let failed = range.one(timeout, lock("k")).await;
    assert!(matches!(&failed, Err(KvError::LockConflict(e)) if e.waited_ms == 300), "{failed:?}");
    assert_eq!(begun.elapsed(), Duration::from_millis(300));
    let deadline = Header { timeout_ms: 70, ..with_txn(&txn(2, 2)) };
    let failed = range.one(deadline, lock("k")).await;
    assert!(matches!(failed, Err(KvError::DeadlineExceeded(_))), "{failed:?}");
    assert_eq!(range.concurrency.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_write_keeps_its_latches_until_its_fate_is_known() {
    let range = Arc::new(Range::new());
    let held = range.replica.gate.acquire().await.unwrap();
    let write = spawn(&range, header(), vec![put("k", "1", 0)]);
    tokio::task::yield_now().await;
    write.abort();
    assert!(write.await.unwrap_err().is_cancelled());
    let read = spawn(&range, header(), vec![get("k")]);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!read.is_finished());
    drop(held);
    let reply = read.await.unwrap().unwrap();
    assert_eq!(value(reply.replies[0].reply.as_ref().unwrap()).as_deref(), Some(&b"1"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_read_whose_lease_went_while_it_was_latched_is_not_served() {
    let range = Arc::new(Range::new());
    let held = range.replica.gate.acquire().await.unwrap();
    let _write = spawn(&range, header(), vec![put("k", "1", 0)]);
    tokio::task::yield_now().await;
    let read = spawn(&range, header(), vec![get("k")]);
    tokio::task::yield_now().await;
    *range.replica.lease.write() = None;
    range.concurrency.on_lease_end();
    drop(held);
    assert!(matches!(read.await.unwrap(), Err(KvError::NotLeaseholder(_))));
}

#[tokio::test(start_paused = true)]
async fn waiters_leave_when_the_lease_ends() {
    let range = Arc::new(Range::new());
    range.one(with_txn(&txn(1, 2)), lock("k")).await.unwrap();
    let waits = spawn(&range, with_txn(&txn(2, 2)), vec![lock("k")]);
    tokio::task::yield_now().await;
    *range.replica.lease.write() = None;
    range.concurrency.on_lease_end();
    assert!(matches!(waits.await.unwrap(), Err(KvError::NotLeaseholder(_))));
    assert_eq!(range.concurrency.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_new_lease_takes_all_before_it_as_read() {
    let range = Arc::new(Range::new());
    range.grant_lease(2, 5, 1_000);
    range.set_clock(6);
    let write = range.send(with_txn(&txn(1, 3)), vec![put("k", "1", 1)]).await.unwrap();
    assert_eq!(write.txn.unwrap().write_ts, seconds(5).next());
}

#[tokio::test(start_paused = true)]
async fn a_planted_fault_lets_writes_below_served_reads() {
    let range = Arc::new(Range::new());
    range.set_clock(9);
    range.one(Header { timestamp: seconds(9), ..header() }, get("k")).await.unwrap();
    let at = |r: BatchReply| r.txn.unwrap().write_ts;
    assert_eq!(
        at(range.send(with_txn(&txn(1, 3)), vec![put("k", "1", 1)]).await.unwrap()),
        seconds(9).next()
    );
    range.faults.set_write_below_timestamp_cache(true);
    assert_eq!(at(range.send(with_txn(&txn(2, 3)), vec![put("l", "1", 1)]).await.unwrap()), seconds(3));
    *range.replica.lease.write() = None;
    assert!(range.one(header(), get("l")).await.is_err());
    range.faults.set_read_without_lease(true);
    assert!(range.one(Header { timestamp: seconds(2), ..header() }, get("l")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn closed_timestamps_stay_below_writes_in_flight() {
    let range = Arc::new(Range::new());
    let held = range.replica.gate.acquire().await.unwrap();
    let write = spawn(&range, with_txn(&txn(1, 3)), vec![put("k", "1", 1)]);
    tokio::task::yield_now().await;
    assert!(range.concurrency.closed_target(seconds(9)) < seconds(3));
    drop(held);
    write.await.unwrap().unwrap();
    assert_eq!(range.concurrency.closed_target(seconds(9)), seconds(9));
    let later = range.send(with_txn(&txn(2, 3)), vec![put("l", "1", 1)]).await.unwrap();
    assert_eq!(later.txn.unwrap().write_ts, seconds(9).next());
}

#[tokio::test(start_paused = true)]
async fn a_full_store_refuses_data_and_serves_reads_and_ends() {
    let range = Arc::new(Range::new());
    let t = txn(1, 2);
    range.one(with_txn(&t), put("k", "1", 1)).await.unwrap();
    range.replica.full.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(range.one(with_txn(&t), put("l", "1", 2)).await, Err(KvError::StoreFull(_))));
    end(&range, &t, &["k"], TxnStatus::Committed).await;
    assert!(value(&range.one(header(), get("k")).await.unwrap()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_batch_for_another_range_is_sent_back_with_the_descriptor() {
    let range = Arc::new(Range::new());
    let elsewhere = Request::Get(Get { key: key::index_prefix(DomicileId(99), 100, 1).into(), lock: 0 });
    let Err(KvError::RangeMismatch(e)) = range.one(header(), elsewhere).await else { panic!() };
    assert_eq!(e.ranges, [(*range.replica.descriptor()).clone()]);
    let stale = Header { range_generation: 0, ..header() };
    assert!(range.send(stale, vec![get("k")]).await.unwrap().range.is_some());
    let unknown =
        range.executor.execute(kv::BatchRequest { header: header(), requests: vec![Default::default()] });
    assert!(matches!(unknown.await, Err(KvError::InvalidRequest(_))));
}

#[tokio::test(start_paused = true)]
async fn money_is_neither_made_nor_lost_by_writers_that_meet() {
    let range = Arc::new(Range::new());
    range.one(header(), Request::Increment(Increment { key: row("k"), by: 0, sequence: 0 })).await.unwrap();
    let mut tasks = Vec::new();
    for n in 1..=20u8 {
        let range = range.clone();
        tasks.push(tokio::spawn(async move {
            let mut t = txn(n, 3);
            for _ in 0..50 {
                let header = Header { can_forward_read_ts: true, ..with_txn(&t) };
                let inc = Request::Increment(Increment { key: row("k"), by: 1, sequence: 1 });
                let reply = range.send(header, vec![inc]).await.unwrap();
                t = reply.txn.unwrap();
                let record_key = key::txn_record(DOMICILE, id(n));
                let commit = EndTxn { record_key, status: TxnStatus::Committed as i32, ..Default::default() };
                if range.one(with_txn(&t), Request::EndTxn(commit)).await.is_ok() {
                    break;
                }
            }
            end(&range, &t, &["k"], TxnStatus::Committed).await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    // The transactions began at 3 s: the clock that reads is set behind them.
    range.set_clock(4);
    let sum = value(&range.one(header(), get("k")).await.unwrap()).unwrap();
    assert_eq!(i64::from_be_bytes(sum[..].try_into().unwrap()), 20);
    assert!(range.replica.clock.now().to_timestamp() > Timestamp::ZERO);
}
