//! What a statement sees, savepoints, restarts of a statement, cancelled flushes.

use crate::{Cluster, bytes, number, row};
use futures::FutureExt;
use kv::{Request, Span, request::WaitPolicy};
use txn::{ScanOptions, TxnError, TxnErrorKind, TxnOptions};

#[tokio::test]
async fn a_statement_sees_earlier_statements_and_not_itself() {
    let cluster = Cluster::new(&[16]);
    let txn = cluster.db().begin(TxnOptions::default());
    txn.begin_statement();
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), None);
    txn.flush().await.unwrap();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), None, "its own writes, flushed or not");
    txn.step().await.unwrap();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), Some(bytes(1)));
    txn.begin_statement();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), Some(bytes(1)));
    txn.commit().await.unwrap();
    cluster.settled().await;
}

#[tokio::test]
async fn without_statements_reads_see_all_writes() {
    let cluster = Cluster::new(&[16]);
    let txn = cluster.db().begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), Some(bytes(1)));
    txn.put(row(16, 2), bytes(2)).await.unwrap();
    let page = txn.scan(Span::new(row(16, 0), row(16, 9)), ScanOptions::default()).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    txn.delete(row(16, 1)).await.unwrap();
    assert_eq!(txn.get_many(&[row(16, 1), row(16, 2)]).await.unwrap(), [None, Some(bytes(2))]);
    txn.commit().await.unwrap();
    cluster.settled().await;
}

#[tokio::test]
async fn savepoints_undo_buffered_and_flushed_writes() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    let outer = txn.savepoint();
    txn.put(row(16, 1), bytes(2)).await.unwrap();
    txn.flush().await.unwrap();
    let inner = txn.savepoint();
    txn.put(row(16, 1), bytes(3)).await.unwrap();
    txn.put(row(16, 2), bytes(3)).await.unwrap();
    txn.rollback_to(inner).unwrap();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), Some(bytes(2)));
    txn.rollback_to(outer).unwrap();
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), Some(bytes(1)));
    txn.put(row(16, 3), bytes(4)).await.unwrap();
    txn.release(outer);
    txn.commit().await.unwrap();
    cluster.settled().await;
    let got = db.begin(TxnOptions::default()).get_many(&[row(16, 1), row(16, 2), row(16, 3)]).await.unwrap();
    assert_eq!(got, [Some(bytes(1)), None, Some(bytes(4))]);
}

#[tokio::test]
async fn a_conflict_restarts_the_statement_and_not_the_transaction() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.begin_statement();
    assert_eq!(txn.get(row(16, 5)).await.unwrap(), None);
    txn.begin_statement();
    let old = number(txn.get(row(16, 1)).await.unwrap());
    db.put(row(16, 1), bytes(10)).await.unwrap();
    txn.put(row(16, 1), bytes(old + 1)).await.unwrap();
    let error = txn.flush().await.unwrap_err();
    assert_eq!(error.kind(), TxnErrorKind::Restart);
    txn.restart_statement(error).await.unwrap();
    let old = number(txn.get(row(16, 1)).await.unwrap());
    txn.put(row(16, 1), bytes(old + 1)).await.unwrap();
    txn.commit().await.unwrap();
    cluster.settled().await;
    assert_eq!(db.get(row(16, 1)).await.unwrap(), Some(bytes(11)));
}

#[tokio::test]
async fn a_conflict_with_an_earlier_statement_restarts_the_transaction() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.begin_statement();
    txn.get(row(16, 1)).await.unwrap();
    txn.begin_statement();
    db.put(row(16, 1), bytes(10)).await.unwrap();
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    let error = txn.flush().await.unwrap_err();
    assert!(matches!(txn.restart_statement(error).await, Err(TxnError::Restart { .. })));
}

#[tokio::test]
async fn a_locking_read_sees_the_newest_value() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    db.put(row(16, 1), bytes(10)).await.unwrap();
    let got = txn.get_for_update(row(16, 1), WaitPolicy::Block).await.unwrap();
    assert_eq!(got.value, Some(bytes(10)), "nothing was read before, so the timestamp could move");
    let other = db.begin(TxnOptions { lock_timeout_ms: 20, ..Default::default() });
    let nowait = other.get_for_update(row(16, 1), WaitPolicy::Error).await;
    assert!(matches!(nowait, Err(TxnError::LockNotAvailable { holder, .. }) if holder == txn.id()));
    let skipped = other.get_for_update(row(16, 1), WaitPolicy::Skip).await.unwrap();
    assert!(skipped.skipped);
    assert!(matches!(
        other.get_for_update(row(16, 1), WaitPolicy::Block).await,
        Err(TxnError::LockTimeout { waited_ms: 20.., .. })
    ));
    txn.commit().await.unwrap();
    other.rollback().await;
    cluster.settled().await;
}

#[tokio::test]
async fn a_statement_ends_at_its_deadline() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let holder = db.begin(TxnOptions::default());
    holder.get_for_update(row(16, 1), WaitPolicy::Block).await.unwrap();
    let txn = db.begin(TxnOptions { statement_timeout_ms: 50, ..Default::default() });
    txn.begin_statement();
    let result = txn.get_for_update(row(16, 1), WaitPolicy::Block).await;
    assert!(matches!(result, Err(TxnError::StatementTimeout { .. })), "{result:?}");
    holder.rollback().await;
}

#[tokio::test]
async fn a_dropped_flush_leaves_only_the_way_back() {
    let cluster = Cluster::new(&[16]);
    let (db, faults) = cluster.faulty(0, 0);
    let txn = db.begin(TxnOptions::default());
    let start = txn.savepoint();
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    *faults.filter.lock() = Some(Box::new(|r| !matches!(r, Request::Put(_))));
    let mut flush = Box::pin(txn.flush());
    for _ in 0..20 {
        assert!(flush.as_mut().now_or_never().is_none(), "the range does not answer");
        tokio::task::yield_now().await;
    }
    drop(flush);
    assert!(matches!(txn.get(row(16, 1)).await, Err(TxnError::FlushIncomplete)));
    assert!(matches!(txn.put(row(16, 2), bytes(1)).await, Err(TxnError::FlushIncomplete)));
    *faults.filter.lock() = None;
    txn.rollback_to(start).unwrap();
    txn.put(row(16, 2), bytes(2)).await.unwrap();
    txn.commit().await.unwrap();
    cluster.settled().await;
    assert_eq!(db.get(row(16, 1)).await.unwrap(), None);
    assert_eq!(db.get(row(16, 2)).await.unwrap(), Some(bytes(2)));
}

#[tokio::test]
async fn read_only_transactions_refuse_writes_and_locks() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let past = db.clock().now().to_timestamp();
    db.put(row(16, 1), bytes(1)).await.unwrap();
    let txn = db.begin(TxnOptions { start: Some(past), ..Default::default() });
    assert_eq!(txn.get(row(16, 1)).await.unwrap(), None, "as of then");
    assert!(matches!(txn.put(row(16, 1), bytes(2)).await, Err(TxnError::ReadOnly)));
    assert!(matches!(txn.get_for_update(row(16, 1), WaitPolicy::Block).await, Err(TxnError::ReadOnly)));
    txn.commit().await.unwrap();
}
