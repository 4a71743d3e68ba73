//! Serializability under concurrency, faults and skewed clocks.

use crate::{Cluster, bytes, number, row};
use kv::{DomicileId, key, request::WaitPolicy};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};
use txn::{Db, Entropy, ScanOptions, SeededEntropy, Transaction, TxnError, TxnErrorKind, TxnOptions};

#[tokio::test]
async fn write_skew_does_not_commit() {
    let cluster = Cluster::new(&[16]);
    cluster.server.split(row(16, 2));
    let db = cluster.db();
    let (a, b) = (db.begin(TxnOptions::default()), db.begin(TxnOptions::default()));
    for txn in [&a, &b] {
        assert_eq!(txn.get_many(&[row(16, 1), row(16, 2)]).await.unwrap(), [None, None]);
    }
    a.put(row(16, 1), bytes(1)).await.unwrap();
    b.put(row(16, 2), bytes(1)).await.unwrap();
    let results = [a.commit().await, b.commit().await];
    let failed: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    assert_eq!(failed.len(), 1, "{results:?}");
    assert_eq!(failed[0].kind(), TxnErrorKind::Restart);
}

pub const ACCOUNTS: u64 = 12;

pub async fn transfer(txn: Transaction, from: u64, to: u64, amount: i64) -> Result<(), TxnError> {
    let balances = txn.get_many(&[account(from), account(to)]).await?;
    let [a, b] = balances.try_into().unwrap();
    txn.put(account(from), bytes(number(a) - amount)).await?;
    txn.put(account(to), bytes(number(b) + amount)).await
}
/// Half of the accounts in each of two domiciles.
pub fn account(n: u64) -> kv::Key {
    row(16 + (n % 2) as u32, n)
}
pub async fn total(db: &Db) -> i64 {
    db.run(TxnOptions { read_only: true, ..Default::default() }, |txn| async move {
        let mut sum = 0;
        for d in [16, 17] {
            let page = txn.scan(key::table_span(DomicileId(d), 100), ScanOptions::default()).await?;
            sum += page.rows.into_iter().map(|r| number(Some(r.value))).sum::<i64>();
        }
        Ok(sum)
    })
    .await
    .unwrap()
}
async fn bank(cluster: &Cluster, undelivered: u64, unanswered: u64, disturb: bool) {
    let clean = cluster.db();
    for n in 0..ACCOUNTS {
        clean.put(account(n), bytes(100)).await.unwrap();
    }
    let running = Arc::new(AtomicBool::new(true));
    let mut movers = Vec::new();
    for mover in 0..4u64 {
        let (db, _) = cluster.faulty(undelivered, unanswered);
        movers.push(tokio::spawn(async move {
            let dice = SeededEntropy::new(mover);
            for _ in 0..15 {
                let (from, to) = (dice.below(ACCOUNTS), dice.below(ACCOUNTS));
                if from == to {
                    continue;
                }
                let amount = dice.below(20) as i64;
                match db.run(TxnOptions::default(), |txn| transfer(txn, from, to, amount)).await {
                    Ok(()) => {}
                    Err(e) if e.kind() == TxnErrorKind::Ambiguous => {}
                    Err(e) => panic!("{e}"),
                }
            }
        }));
    }
    let reader = {
        let (db, running) = (cluster.db(), running.clone());
        tokio::spawn(async move {
            let mut reads = 0;
            while running.load(Ordering::Relaxed) {
                assert_eq!(total(&db).await, 100 * ACCOUNTS as i64);
                reads += 1;
            }
            reads
        })
    };
    if disturb {
        for n in [3, 6, 9] {
            cluster.server.split(account(n));
            cluster.server.move_lease(&account(n), 1 + n % 3);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    for mover in movers {
        mover.await.unwrap();
    }
    running.store(false, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    assert_eq!(total(&clean).await, 100 * ACCOUNTS as i64);
}

#[tokio::test]
async fn transfers_keep_the_total_for_every_reader() {
    let cluster = Cluster::new(&[16, 17]);
    bank(&cluster, 0, 0, false).await;
    cluster.settled().await;
}
#[tokio::test]
async fn transfers_keep_the_total_while_ranges_split_and_leases_move() {
    bank(&Cluster::new(&[16, 17]), 0, 0, true).await;
}
#[tokio::test]
async fn transfers_keep_the_total_when_messages_and_answers_are_lost() {
    bank(&Cluster::new(&[16, 17]), 10, 10, true).await;
}

#[tokio::test]
async fn a_counter_counts_each_commit_once_although_answers_are_lost() {
    let cluster = Cluster::new(&[16]);
    let (done, unknown) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let (db, _) = cluster.faulty(10, 20);
        let (done, unknown) = (done.clone(), unknown.clone());
        tasks.push(tokio::spawn(async move {
            for _ in 0..20 {
                let add = |txn: Transaction| async move {
                    let old = number(txn.get_for_update(row(16, 1), WaitPolicy::Block).await?.value);
                    txn.put(row(16, 1), bytes(old + 1)).await
                };
                match db.run(TxnOptions::default(), add).await {
                    Ok(()) => done.fetch_add(1, Ordering::Relaxed),
                    Err(e) if e.kind() == TxnErrorKind::Ambiguous => unknown.fetch_add(1, Ordering::Relaxed),
                    Err(e) => panic!("{e}"),
                };
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (done, unknown) = (done.load(Ordering::Relaxed), unknown.load(Ordering::Relaxed));
    let got = number(cluster.db().get(row(16, 1)).await.unwrap());
    assert!((done..=done + unknown).contains(&got), "{got} of {done} and {unknown} unknown");
    assert!(done > unknown);
}

#[tokio::test]
async fn blind_one_phase_commits_are_applied_once() {
    let cluster = Cluster::new(&[16]);
    let (db, _) = cluster.faulty(0, 50);
    for n in 0..30 {
        let txn = db.begin(TxnOptions::default());
        txn.insert(row(16, n), bytes(1), 0).await.unwrap();
        let info = txn.commit().await.unwrap(); // a second application would fail the condition
        assert!(info.one_phase);
    }
}

#[tokio::test]
async fn a_write_without_transaction_is_not_sent_twice() {
    let cluster = Cluster::new(&[16]);
    let (db, _) = cluster.faulty(0, 100);
    // Look-ups would never be answered either: learn the route first, by a process that shares nothing but the server.
    let clean = cluster.db();
    clean.increment(row(16, 1), 1).await.unwrap();
    let result =
        tokio::time::timeout(std::time::Duration::from_millis(300), db.increment(row(16, 1), 1)).await;
    assert!(!matches!(result, Ok(Ok(_))));
    assert!(clean.increment(row(16, 1), 0).await.unwrap() <= 2);
}

#[tokio::test]
async fn a_read_sees_what_was_acknowledged_before_whatever_the_clocks_say() {
    const OFFSET_NS: u64 = 200_000_000;
    let cluster = Cluster::with_offset(&[16], OFFSET_NS);
    let fast = cluster.db_over(cluster.server.clone(), OFFSET_NS);
    let slow = cluster.db_over(cluster.server.clone(), 0);
    // The slow clock must not learn from replies: each attempt is a process that has just started.
    for n in 1..=5 {
        let txn = fast.begin(TxnOptions::default());
        txn.put(row(16, 1), bytes(n)).await.unwrap();
        txn.commit().await.unwrap();
        let fresh = cluster.db_over(cluster.server.clone(), 0);
        let txn = fresh.begin(TxnOptions::default());
        let before = txn.read_ts();
        assert_eq!(number(txn.get(row(16, 1)).await.unwrap()), n);
        assert!(txn.read_ts() > before, "the value was in the uncertain part");
        txn.commit().await.unwrap();
    }
    let txn = slow.begin(TxnOptions::default());
    let again = txn.get(row(16, 2)).await.unwrap();
    fast.put(row(16, 2), bytes(1)).await.unwrap();
    assert_eq!(txn.get(row(16, 2)).await.map_err(|e| e.kind()), Err(TxnErrorKind::Restart));
    assert_eq!(again, None);
}

#[tokio::test]
async fn of_a_deadlock_one_dies() {
    let cluster = Cluster::new(&[16, 17]);
    let db = cluster.db();
    let (a, b) = (db.begin(TxnOptions::default()), db.begin(TxnOptions::default()));
    a.get_for_update(row(16, 1), WaitPolicy::Block).await.unwrap();
    b.get_for_update(row(17, 1), WaitPolicy::Block).await.unwrap();
    let (first, second) = tokio::join!(
        async {
            let r = a.get_for_update(row(17, 1), WaitPolicy::Block).await;
            a.rollback().await;
            r
        },
        async {
            let r = b.get_for_update(row(16, 1), WaitPolicy::Block).await;
            b.rollback().await;
            r
        }
    );
    assert!(first.is_ok(), "the older goes on: {first:?}");
    assert!(
        matches!(second, Err(TxnError::Deadlock { txn_ids }) if txn_ids[0] == b.id() && txn_ids.len() == 2)
    );
}
