//! One phase, two phases, several domiciles; limits of a commit.

use crate::{Cluster, bytes, row};
use kv::{Timestamp, key};
use txn::{TxnError, TxnOptions};

#[tokio::test]
async fn writes_of_one_range_commit_in_one_phase() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    txn.insert(row(16, 2), bytes(2), 0).await.unwrap();
    let info = txn.commit().await.unwrap();
    assert!(info.one_phase);
    assert_eq!((cluster.server.locks(), cluster.server.records()), (0, 0));
    assert_eq!(db.get(row(16, 2)).await.unwrap(), Some(bytes(2)));
}

#[tokio::test]
async fn one_phase_moves_above_a_later_read() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    assert_eq!(db.get(row(16, 1)).await.unwrap(), None, "a read above the transaction's timestamp");
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    let before = txn.read_ts();
    let info = txn.commit().await.unwrap();
    assert!(info.commit_ts > before);
    cluster.settled().await;
    assert_eq!(db.get(row(16, 1)).await.unwrap(), Some(bytes(1)));
}

#[tokio::test]
async fn writes_of_two_ranges_commit_in_two_phases() {
    let cluster = Cluster::new(&[16]);
    cluster.server.split(row(16, 100));
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    txn.put(row(16, 200), bytes(2)).await.unwrap();
    let info = txn.commit().await.unwrap();
    assert!(!info.one_phase);
    assert_eq!(cluster.count("EndTxn(one phase)"), 0, "no range could have done it alone");
    cluster.settled().await;
    assert_eq!(db.get(row(16, 200)).await.unwrap(), Some(bytes(2)));
}

#[tokio::test]
async fn two_domiciles_delegate_to_the_system_domicile() {
    let cluster = Cluster::new(&[16, 17]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    for d in [16, 17] {
        txn.put(row(d, 1), bytes(1)).await.unwrap();
    }
    let info = txn.commit().await.unwrap();
    assert_eq!(info.domiciles, 2);
    assert_eq!((cluster.count("EndTxn(Delegated)"), cluster.count("EndTxn(Committed)")), (2, 1));
    cluster.settled().await;
    for d in [16, 17] {
        assert_eq!(db.get(row(d, 1)).await.unwrap(), Some(bytes(1)));
    }
}

#[tokio::test]
async fn the_system_domicile_decides_for_its_own_writes_too() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let system = key::system_row(20, 7);
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    txn.put(system.clone(), bytes(7)).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!((cluster.count("EndTxn(Delegated)"), cluster.count("EndTxn(Committed)")), (1, 1));
    cluster.settled().await;
    assert_eq!(db.get(system).await.unwrap(), Some(bytes(7)));
}

#[tokio::test]
async fn a_commit_stays_below_its_limit() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    for buffered in [true, false] {
        let txn = db.begin(TxnOptions::default());
        txn.set_commit_below(Timestamp::new(5, 0));
        txn.put(row(16, 1), bytes(1)).await.unwrap();
        if !buffered {
            txn.flush().await.unwrap();
        }
        assert!(matches!(txn.commit().await, Err(TxnError::CommitTooLate { .. })));
        cluster.settled().await;
        assert_eq!(db.get(row(16, 1)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_failed_condition_names_its_write() {
    let cluster = Cluster::new(&[16]);
    cluster.server.split(row(16, 100));
    let db = cluster.db();
    db.put(row(16, 150), bytes(9)).await.unwrap();
    for flush in [true, false] {
        let txn = db.begin(TxnOptions::default());
        txn.insert(row(16, 1), bytes(1), 10).await.unwrap();
        txn.insert(row(16, 150), bytes(2), 20).await.unwrap();
        txn.insert(row(16, 160), bytes(3), 30).await.unwrap();
        let result = if flush { txn.flush().await } else { txn.commit().await.map(|_| ()) };
        let Err(TxnError::ConditionFailed { tag, key, actual }) = result else { panic!("{result:?}") };
        assert_eq!((tag, key, actual), (20, row(16, 150), Some(bytes(9))));
        txn.rollback().await;
        cluster.settled().await;
        assert_eq!(db.get(row(16, 1)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_large_transaction_has_a_small_record() {
    let cluster = Cluster::new(&[16]);
    cluster.server.split(row(16, 10_000));
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    const ROWS: u64 = 20_000;
    for n in 0..ROWS {
        txn.put(row(16, n), bytes(n as i64)).await.unwrap();
    }
    assert!(cluster.server.locks() > 10_000, "the buffer is bounded");
    let reader = cluster.db();
    txn.commit().await.unwrap();
    let largest = cluster.server.largest_record();
    assert!(largest > 0 && largest < 100 << 10, "record of {largest} bytes");
    cluster.settled().await;
    let page = reader.scan(key::table_span(kv::DomicileId(16), 100), Default::default()).await.unwrap();
    assert_eq!(page.rows.len() as u64, ROWS);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back() {
    let cluster = Cluster::new(&[16]);
    let db = cluster.db();
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 1), bytes(1)).await.unwrap();
    txn.flush().await.unwrap();
    assert_eq!(cluster.server.locks(), 1);
    drop(txn);
    cluster.settled().await;
    assert_eq!(db.get(row(16, 1)).await.unwrap(), None);
}
