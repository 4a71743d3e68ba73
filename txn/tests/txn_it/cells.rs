//! The client half against real cells: three in this process, stores in memory, messages by function call.

use crate::{
    Skewed, bytes,
    concurrency::{ACCOUNTS, account, total, transfer},
    number, row,
};
use cell::{
    concurrency::pusher::SenderPusher,
    execute::{Executor, Faults},
    memory::{MemoryLog, MemoryStore},
    node::{Blocking, Cell, CellConfig},
    transport::{LocalPeers, Verdict},
};
use kv::{
    CellDescriptor, DomicileId, Key, RangeDescriptor, ReplicaDescriptor, Request, StoreId, key,
    request::{AdminSplit, AdminTransferLease, WaitPolicy},
    transaction::HEARTBEAT_EXPIRY_MS,
};
use prost::Message;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use txn::{
    CellTransport, Clock, Db, DbOptions, Distributor, Entropy, RouteOptions, SeededEntropy, Sender, TxnError,
    TxnErrorKind, TxnOptions,
};

/// Gives the pusher of a cell the cell's own client half, which is made after the cell.
struct Later(std::sync::OnceLock<Arc<dyn Sender>>);
#[async_trait::async_trait]
impl Sender for Later {
    async fn send(&self, batch: kv::BatchRequest) -> Result<kv::BatchReply, kv::KvError> {
        match self.0.get() {
            Some(sender) => sender.send(batch).await,
            None => Err(kv::KvError::unavailable("starting")),
        }
    }
}

pub struct Cells {
    peers: LocalPeers,
    base: tokio::time::Instant,
    max_offset_ns: u64,
    seeds: AtomicU64,
    _cells: Vec<Cell>,
}

impl Cells {
    pub async fn start(domiciles: &[u32], max_offset_ns: u64) -> Cells {
        let peers = LocalPeers::default();
        let base = tokio::time::Instant::now();
        let mut cells = Vec::new();
        for store in 1..=3u64 {
            // The cells' clocks differ by as much as they may.
            let physical = Skewed { base, skew_ns: AtomicU64::new(max_offset_ns * (store - 1) / 2) };
            let clock = Clock::new(Arc::new(physical), max_offset_ns);
            let later = Arc::new(Later(Default::default()));
            let (sender, at) = (later.clone(), clock.clone());
            let evaluator = Arc::new(move |replica, concurrency| -> Arc<dyn cell::node::Evaluate> {
                let pusher = Arc::new(SenderPusher { sender: sender.clone() });
                Executor::new(replica, concurrency, at.clone(), pusher, Arc::new(Faults::default()))
            });
            let (state, log) = (Arc::new(MemoryStore::default()), Arc::new(MemoryLog::default()));
            let mut config = CellConfig::new(
                StoreId(store),
                state,
                log,
                clock.clone(),
                Arc::new(peers.clone()),
                evaluator,
            );
            config.blocking = Blocking::Inline;
            let cell = Cell::start(config).await.unwrap();
            let options = RouteOptions { region: format!("r{store}"), ..Default::default() };
            let route = Distributor::new(
                Arc::new(peers.clone()),
                clock,
                Arc::new(SeededEntropy::new(store)),
                options,
            );
            later.0.set(route.clone()).ok();
            cell.set_sender(route);
            let me = Arc::new(cell.clone());
            let descriptor =
                CellDescriptor { store_id: store, region: format!("r{store}"), ..Default::default() };
            peers.register(descriptor, me.clone(), me);
            cells.push(cell);
        }
        let all: Vec<u32> = [1].iter().chain(domiciles).copied().collect();
        let ranges: Vec<RangeDescriptor> = all.iter().zip(1..).map(|(d, id)| first_range(*d, id)).collect();
        for range in &ranges {
            for cell in &cells {
                cell.create_range(range.clone()).await.unwrap();
            }
        }
        peers.set_root_range(ranges[0].clone());
        let cells = Cells { peers, base, max_offset_ns, seeds: AtomicU64::new(100), _cells: cells };
        let db = cells.db();
        for range in &ranges {
            db.put(key::root(range.domicile()), range.encode_to_vec()).await.unwrap();
        }
        cells
    }
    pub fn db(&self) -> Db {
        self.db_over(Arc::new(self.peers.clone()))
    }
    fn db_over(&self, transport: Arc<dyn CellTransport>) -> Db {
        let physical = Skewed { base: self.base, skew_ns: AtomicU64::new(self.max_offset_ns / 2) };
        let clock = Clock::new(Arc::new(physical), self.max_offset_ns);
        let entropy = Arc::new(SeededEntropy::new(self.seeds.fetch_add(1, Ordering::Relaxed)));
        let sender = Distributor::new(transport, clock.clone(), entropy.clone(), RouteOptions::default());
        Db::new(sender, clock, entropy, DbOptions::default())
    }
    /// Of 100 messages from clients and their answers, how many are lost.
    fn lose(&self, undelivered: u64, unanswered: u64) {
        let dice = SeededEntropy::new(77);
        self.peers.set_hook(Some(Arc::new(move |from, _| match dice.below(100) {
            _ if from != StoreId(0) => Verdict::Deliver,
            n if n < undelivered => Verdict::Drop,
            n if n < undelivered + unanswered => Verdict::DropReply,
            _ => Verdict::Deliver,
        })));
    }
}

fn first_range(domicile: u32, range_id: u64) -> RangeDescriptor {
    // The first replica leads first: another one for each range.
    let stores = (0..3).map(|n| 1 + (range_id + n) % 3);
    let replicas = stores.map(|s| ReplicaDescriptor { replica_id: s, store_id: s, kind: 0 }).collect();
    let span = key::domicile_span(DomicileId(domicile));
    RangeDescriptor { range_id, generation: 1, span, replicas, next_replica_id: 4, domicile_id: domicile }
}
async fn split(db: &Db, at: Key) {
    db.send(vec![Request::AdminSplit(AdminSplit { key: at })], 10_000).await.unwrap();
}

#[tokio::test]
async fn on_cells_transactions_commit_in_one_phase_in_two_and_over_domiciles() {
    let cells = Cells::start(&[16, 17], 0).await;
    let db = cells.db();
    let txn = db.begin(TxnOptions::default());
    txn.insert(row(16, 1), bytes(1), 0).await.unwrap();
    txn.put(row(16, 2), bytes(2)).await.unwrap();
    assert!(txn.commit().await.unwrap().one_phase);
    split(&db, row(16, 100)).await;
    let txn = db.begin(TxnOptions::default());
    let before = txn.savepoint();
    txn.put(row(16, 1), bytes(99)).await.unwrap();
    txn.flush().await.unwrap();
    txn.rollback_to(before).unwrap();
    txn.put(row(16, 2), bytes(20)).await.unwrap();
    txn.put(row(16, 200), bytes(200)).await.unwrap();
    let info = txn.commit().await.unwrap();
    assert!(!info.one_phase);
    let txn = db.begin(TxnOptions::default());
    txn.put(row(16, 3), bytes(3)).await.unwrap();
    txn.put(row(17, 3), bytes(3)).await.unwrap();
    txn.put(key::system_row(20, 1), bytes(3)).await.unwrap();
    assert_eq!(txn.commit().await.unwrap().domiciles, 3);
    let keys = [row(16, 1), row(16, 2), row(16, 200), row(16, 3), row(17, 3), key::system_row(20, 1)];
    let got = db.begin(TxnOptions::default()).get_many(&keys).await.unwrap();
    assert_eq!(got.into_iter().map(number).collect::<Vec<_>>(), [1, 20, 200, 3, 3, 3]);
    let txn = db.begin(TxnOptions::default());
    txn.insert(row(16, 5), bytes(1), 7).await.unwrap();
    txn.insert(row(16, 200), bytes(1), 8).await.unwrap();
    assert!(matches!(txn.commit().await, Err(TxnError::ConditionFailed { tag: 8, .. })));
    assert_eq!(db.get(row(16, 5)).await.unwrap(), None);
}

#[tokio::test]
async fn on_cells_write_skew_does_not_commit() {
    let cells = Cells::start(&[16], 0).await;
    let db = cells.db();
    let (a, b) = (db.begin(TxnOptions::default()), db.begin(TxnOptions::default()));
    for txn in [&a, &b] {
        assert_eq!(txn.get_many(&[row(16, 1), row(16, 2)]).await.unwrap(), [None, None]);
    }
    a.put(row(16, 1), bytes(1)).await.unwrap();
    b.put(row(16, 2), bytes(1)).await.unwrap();
    let results = [a.commit().await, b.commit().await];
    assert_eq!(results.iter().filter(|r| r.is_err()).count(), 1, "{results:?}");
}

async fn bank(max_offset_ns: u64, undelivered: u64, unanswered: u64) {
    let cells = Cells::start(&[16, 17], max_offset_ns).await;
    let clean = cells.db();
    for n in 0..ACCOUNTS {
        clean.put(account(n), bytes(100)).await.unwrap();
    }
    cells.lose(undelivered, unanswered);
    let running = Arc::new(AtomicBool::new(true));
    let mut movers = Vec::new();
    for mover in 0..4u64 {
        let db = cells.db();
        movers.push(tokio::spawn(async move {
            let dice = SeededEntropy::new(mover);
            for _ in 0..15 {
                let (from, to) = (dice.below(ACCOUNTS), dice.below(ACCOUNTS));
                let amount = dice.below(20) as i64;
                if from != to {
                    match db.run(TxnOptions::default(), |txn| transfer(txn, from, to, amount)).await {
                        Ok(()) => {}
                        Err(e) if e.kind() == TxnErrorKind::Ambiguous => {}
                        Err(e) => panic!("{e}"),
                    }
                }
            }
        }));
    }
    let reader = {
        let (db, running) = (cells.db(), running.clone());
        tokio::spawn(async move {
            let mut reads = 0;
            while running.load(Ordering::Relaxed) {
                assert_eq!(total(&db).await, 100 * ACCOUNTS as i64);
                reads += 1;
            }
            reads
        })
    };
    for n in [3, 6] {
        let split = Request::AdminSplit(AdminSplit { key: account(n) });
        clean.send(vec![split], 10_000).await.unwrap();
        let transfer = AdminTransferLease { key: account(n), target_store: 1 + n % 3 };
        // Refused while that replica is behind or holds it already: only a disturbance.
        let _ = clean.send(vec![Request::AdminTransferLease(transfer)], 2_000).await;
    }
    for mover in movers {
        mover.await.unwrap();
    }
    running.store(false, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    cells.peers.set_hook(None);
    assert_eq!(total(&clean).await, 100 * ACCOUNTS as i64);
}

#[tokio::test]
async fn on_cells_transfers_keep_the_total() {
    bank(0, 0, 0).await;
}
#[tokio::test]
async fn on_cells_transfers_keep_the_total_when_messages_are_lost_and_clocks_differ() {
    bank(50_000_000, 8, 8).await;
}

/// Takes as long as a heartbeat's expiry.
#[tokio::test]
async fn on_cells_an_abandoned_transaction_holds_nobody_up_for_longer_than_its_expiry() {
    let cells = Cells::start(&[16, 17], 0).await;
    let faults = crate::faults::Faults::new(Arc::new(cells.peers.clone()), 1, 0, 0);
    let (dying, db) = (cells.db_over(faults.clone()), cells.db());
    let txn = dying.begin(TxnOptions::default());
    for d in [16, 17] {
        txn.put(row(d, 1), bytes(1)).await.unwrap();
    }
    txn.flush().await.unwrap();
    faults.cut.store(true, Ordering::Relaxed);
    let begun = tokio::time::Instant::now();
    for d in [16, 17] {
        db.put(row(d, 1), bytes(2)).await.unwrap();
    }
    let expiry = Duration::from_millis(HEARTBEAT_EXPIRY_MS);
    assert!(begun.elapsed() < expiry + Duration::from_secs(3), "after {:?}", begun.elapsed());
    faults.cut.store(false, Ordering::Relaxed);
    let result = txn.commit().await;
    assert!(matches!(result, Err(TxnError::Aborted { .. })), "{result:?}");
    for d in [16, 17] {
        assert_eq!(db.get(row(d, 1)).await.unwrap(), Some(bytes(2)));
    }
}

#[tokio::test]
async fn on_cells_of_a_deadlock_over_domiciles_one_dies() {
    let cells = Cells::start(&[16, 17], 0).await;
    let db = cells.db();
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
    assert!(matches!(second, Err(TxnError::Deadlock { txn_ids }) if txn_ids[0] == b.id()));
}
