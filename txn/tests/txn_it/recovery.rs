//! Coordinators that die, and whoever meets what they leave.

use crate::{Cluster, bytes, row, wait_for};
use kv::{DomicileId, Request, Span, TxnId, TxnStatus, key, request::PushKind};
use std::sync::atomic::Ordering;
use txn::{ScanOptions, TxnError, TxnOptions, recover};

#[tokio::test]
async fn an_abandoned_transaction_holds_nobody_up() {
    let cluster = Cluster::new(&[16, 17]);
    let (dying, faults) = cluster.faulty(0, 0);
    let txn = dying.begin(TxnOptions::default());
    for d in [16, 17] {
        txn.put(row(d, 1), bytes(1)).await.unwrap();
    }
    txn.flush().await.unwrap();
    faults.cut.store(true, Ordering::Relaxed);
    let db = cluster.db();
    for d in [16, 17] {
        assert_eq!(db.get(row(d, 1)).await.unwrap(), None);
        db.put(row(d, 1), bytes(2)).await.unwrap();
    }
    assert_eq!(cluster.server.locks(), 0);
    faults.cut.store(false, Ordering::Relaxed);
    let result = txn.commit().await;
    assert!(matches!(result, Err(TxnError::Aborted { .. })), "{result:?}");
    assert_eq!(db.get(row(16, 1)).await.unwrap(), Some(bytes(2)));
    cluster.settled().await;
}

#[tokio::test]
async fn a_coordinator_that_dies_between_delegation_and_decision_has_not_committed() {
    let cluster = Cluster::new(&[16, 17]);
    let (dying, faults) = cluster.faulty(0, 0);
    let txn = dying.begin(TxnOptions { statement_timeout_ms: 200, ..Default::default() });
    for d in [16, 17] {
        txn.put(row(d, 1), bytes(1)).await.unwrap();
    }
    let decision = |r: &Request| matches!(r, Request::EndTxn(e) if e.status == TxnStatus::Committed as i32);
    *faults.filter.lock() = Some(Box::new(move |r| !decision(r)));
    assert!(txn.commit().await.is_err());
    assert_eq!(cluster.count("EndTxn(Delegated)"), 2);
    assert_eq!(cluster.count("EndTxn(Committed)"), 0);
    let db = cluster.db();
    for d in [16, 17] {
        assert_eq!(db.get(row(d, 1)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_commit_whose_clean_up_never_came_is_finished_by_others() {
    for domiciles in [&[16u32][..], &[16, 17]] {
        let cluster = Cluster::new(&[16, 17]);
        let (dying, faults) = cluster.faulty(0, 0);
        let txn = dying.begin(TxnOptions::default());
        for d in domiciles {
            for n in 1..=3 {
                txn.put(row(*d, n), bytes(n as i64)).await.unwrap();
            }
        }
        txn.flush().await.unwrap();
        *faults.filter.lock() =
            Some(Box::new(|r| !matches!(r, Request::ResolveIntent(_) | Request::RemoveTxnRecord(_))));
        txn.commit().await.unwrap();
        let db = cluster.db();
        let page = db.scan(Span::new(row(16, 0), row(16, 3)), ScanOptions::default()).await.unwrap();
        assert_eq!(page.rows.len(), 2, "the reader resolved what it met");
        assert_eq!(cluster.server.locks(), 3 * domiciles.len() - 2);
        let pushee =
            recover::Pushee { id: txn.id(), domicile: DomicileId(16), start: txn.start_ts(), epoch: 0 };
        let record = recover::finish(&**db.sender(), &pushee).await.unwrap();
        assert_eq!(record.txn_status(), TxnStatus::Committed);
        cluster.settled().await;
        for d in domiciles {
            assert_eq!(db.get(row(*d, 3)).await.unwrap(), Some(bytes(3)));
        }
    }
}

#[tokio::test]
async fn a_heartbeat_keeps_a_slow_transaction_alive() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    txn.flush().await.unwrap();
    wait_for("a record", || cluster.count("HeartbeatTxn") > 0 && cluster.server.records() == 1).await;
    let pushee = recover::Pushee { id: txn.id(), domicile: DomicileId(16), start: txn.start_ts(), epoch: 0 };
    let at = db.clock().now().to_timestamp();
    let record = recover::push(&**db.sender(), &pushee, PushKind::Timestamp, at, None).await.unwrap();
    assert_eq!(record.txn_status(), TxnStatus::Pending);
    assert!(record.write_ts > at);
    let info = txn.commit().await.unwrap();
    assert!(info.commit_ts > at, "a pushed transaction commits above the pusher");
    cluster.settled().await;
}

#[tokio::test]
async fn a_transaction_that_was_aborted_learns_it_from_its_heartbeat() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    txn.flush().await.unwrap();
    let pushee = recover::Pushee { id: txn.id(), domicile: DomicileId(16), start: txn.start_ts(), epoch: 0 };
    let record =
        recover::push(&**db.sender(), &pushee, PushKind::Abort, Default::default(), Some(TxnId([9; 16])))
            .await
            .unwrap();
    assert_eq!(record.txn_status(), TxnStatus::Aborted);
    wait_for("the heartbeat", || txn.check().is_err()).await;
    assert!(matches!(txn.get(row(16, 1)).await, Err(TxnError::Aborted { .. })));
    txn.rollback().await;
    cluster.settled().await;
    assert!(key::txn_record(DomicileId(16), txn.id()).len() > 16);
}
