//! Look-ups, stale caches, scans over several ranges, domiciles that hide their keys.

use crate::{Cluster, bytes, row};
use async_trait::async_trait;
use kv::{
    BatchReply, BatchRequest, CellDescriptor, DomicileDescriptor, DomicileId, KvError, RangeDescriptor, Span,
    StoreId, key,
};
use parking_lot::Mutex;
use prost::Message;
use std::sync::Arc;
use txn::{
    CellTransport, Clock, Distributor, RouteOptions, ScanOptions, SeededEntropy, Sender, SystemClock,
    TxnOptions,
};

async fn filled(cluster: &Cluster) -> txn::Db {
    let db = cluster.db();
    for n in 0..40 {
        db.put(row(16, n), bytes(n as i64)).await.unwrap();
    }
    for at in [10, 20, 30] {
        cluster.server.split(row(16, at));
    }
    db
}

#[tokio::test]
async fn scans_over_ranges_keep_order_and_limits() {
    let cluster = Cluster::new(&[16]);
    let db = filled(&cluster).await;
    let fresh = cluster.db();
    for db in [&db, &fresh] {
        for reverse in [false, true] {
            for keys_max in [0, 1, 7, 10, 25, 100] {
                let options = ScanOptions { reverse, keys_max, ..Default::default() };
                let txn = db.begin(TxnOptions::default());
                let (mut rest, mut got) = (Some(Span::new(row(16, 3), row(16, 38))), Vec::new());
                while let Some(span) = rest {
                    let page = txn.scan(span, options).await.unwrap();
                    assert!(keys_max == 0 || page.rows.len() as u64 <= keys_max);
                    got.extend(page.rows.into_iter().map(|r| r.key));
                    rest = page.resume;
                }
                let mut want: Vec<_> = (3..38).map(|n| row(16, n)).collect();
                if reverse {
                    want.reverse();
                }
                assert_eq!(got, want, "reverse {reverse}, {keys_max} at once");
            }
        }
    }
}

#[tokio::test]
async fn a_range_that_moved_is_found_again() {
    let cluster = Cluster::new(&[16]);
    let db = filled(&cluster).await;
    for round in 0..6 {
        for at in [5, 15, 25, 35] {
            cluster.server.move_lease(&row(16, at), 1 + round % 3);
            assert_eq!(db.get(row(16, at)).await.unwrap(), Some(bytes(at as i64)));
        }
    }
    let keys: Vec<_> = (0..40).rev().map(|n| row(16, n)).collect();
    let got = db.begin(TxnOptions::default()).get_many(&keys).await.unwrap();
    assert_eq!(got, (0..40).rev().map(|n| Some(bytes(n))).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_unknown_domicile_is_refused_at_once() {
    let cluster = Cluster::new(&[16]);
    let error = cluster.db().get(row(99, 1)).await.unwrap_err();
    assert!(error.to_string().contains("no domicile d99"), "{error}");
    let error = cluster.db().get("abc").await.unwrap_err();
    assert!(matches!(error, txn::TxnError::InvalidRequest { .. }), "{error}");
}

/// Notes what an outsider gets to see.
struct Witness {
    inner: Arc<dyn CellTransport>,
    seen: Mutex<Vec<(StoreId, u64)>>,
}
#[async_trait]
impl CellTransport for Witness {
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError> {
        if batch.iter().any(|r| key::domicile_of(&r.span().start) == Ok(DomicileId(17))) {
            self.seen.lock().push((store, batch.header.range_id));
        }
        self.inner.send(store, batch).await
    }
    fn cells(&self) -> Vec<CellDescriptor> {
        self.inner.cells()
    }
    fn root_range(&self) -> Option<RangeDescriptor> {
        self.inner.root_range()
    }
}

#[tokio::test]
async fn of_a_domicile_that_hides_its_keys_only_gateways_are_known_outside() {
    let cluster = Cluster::new(&[16, 17]);
    let inside = cluster.db();
    let hidden = DomicileDescriptor {
        domicile_id: 17,
        hides_keys: true,
        regions: vec!["r1".into()],
        ..Default::default()
    };
    inside.put(key::domicile_row(DomicileId(17)), hidden.encode_to_vec()).await.unwrap();
    cluster.server.split(row(17, 5));
    let witness = Arc::new(Witness { inner: cluster.server.clone(), seen: Mutex::default() });
    let clock = Clock::new(Arc::new(SystemClock), u64::MAX / 2);
    let entropy = Arc::new(SeededEntropy::new(5));
    let options = RouteOptions { region: "r2".into(), ..Default::default() };
    let outside = Distributor::new(witness.clone(), clock.clone(), entropy.clone(), options);
    let db = txn::Db::new(outside.clone(), clock, entropy, Default::default());
    let txn = db.begin(TxnOptions { start: Some(kv::Timestamp::MAX), ..Default::default() });
    assert_eq!(txn.get_many(&[row(17, 1), row(17, 9)]).await.unwrap(), [None, None]);
    let seen = witness.seen.lock().clone();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|(store, range)| *store == StoreId(1) && *range == 0), "{seen:?}");
    assert!(outside.cache().find(&row(17, 1)).is_none());
    assert!(outside.cache().find(&row(17, 9)).is_none());
    let _: &dyn Sender = &*outside;
}
