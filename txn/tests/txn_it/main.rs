//! The client half against a reference server in memory, with faults between them.

mod cells;
mod commit;
mod concurrency;
mod faults;
mod recovery;
mod routing;
mod server;
mod statements;

use faults::Faults;
use kv::{DomicileId, Key, key};
use server::Server;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use txn::{CellTransport, Clock, Db, DbOptions, Distributor, PhysicalClock, RouteOptions, SeededEntropy};

/// Real time plus a skew, so that two processes can disagree.
pub struct Skewed {
    base: tokio::time::Instant,
    skew_ns: AtomicU64,
}

const EPOCH_NS: u64 = 1_000_000_000_000;

impl PhysicalClock for Skewed {
    fn wall_ns(&self) -> u64 {
        EPOCH_NS + self.skew_ns.load(Ordering::Relaxed) + self.base.elapsed().as_nanos() as u64
    }
}

/// A server, and as many client processes as a test wants.
pub struct Cluster {
    pub server: Arc<Server>,
    base: tokio::time::Instant,
    max_offset_ns: u64,
    seeds: AtomicU64,
}

impl Cluster {
    pub fn new(domiciles: &[u32]) -> Cluster {
        Cluster::with_offset(domiciles, 0)
    }
    pub fn with_offset(domiciles: &[u32], max_offset_ns: u64) -> Cluster {
        let base = tokio::time::Instant::now();
        let physical = Skewed { base, skew_ns: AtomicU64::new(max_offset_ns / 2) };
        let clock = Clock::new(Arc::new(physical), max_offset_ns);
        let server = Server::new(clock.clone(), domiciles);
        let inside = Distributor::new(
            server.clone(),
            clock,
            Arc::new(SeededEntropy::new(99)),
            RouteOptions { region: "r1".into(), ..Default::default() },
        );
        server.set_sender(inside);
        Cluster { server, base, max_offset_ns, seeds: AtomicU64::new(1) }
    }
    pub fn db(&self) -> Db {
        self.db_over(self.server.clone(), self.max_offset_ns / 2)
    }
    /// A process whose clock is `skew_ns` ahead of the slowest possible.
    pub fn db_over(&self, transport: Arc<dyn CellTransport>, skew_ns: u64) -> Db {
        let physical = Skewed { base: self.base, skew_ns: AtomicU64::new(skew_ns) };
        let clock = Clock::new(Arc::new(physical), self.max_offset_ns);
        let entropy = Arc::new(SeededEntropy::new(self.seeds.fetch_add(1, Ordering::Relaxed)));
        let sender = Distributor::new(transport, clock.clone(), entropy.clone(), RouteOptions::default());
        Db::new(sender, clock, entropy, DbOptions::default())
    }
    pub fn faulty(&self, undelivered: u64, unanswered: u64) -> (Db, Arc<Faults>) {
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        let faults = Faults::new(self.server.clone(), seed, undelivered, unanswered);
        (self.db_over(faults.clone(), self.max_offset_ns / 2), faults)
    }
    pub fn count(&self, name: &str) -> usize {
        self.server.world.lock().sent.iter().filter(|n| **n == name).count()
    }
    /// Waits until the background has cleaned up.
    pub async fn settled(&self) {
        wait_for("no locks and no records", || self.server.locks() == 0 && self.server.records() == 0).await;
    }
}

pub async fn wait_for(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..5_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("waited in vain for {what}");
}

/// A row of table 100 in a domicile.
pub fn row(domicile: u32, n: u64) -> Key {
    let mut out = key::index_prefix(DomicileId(domicile), 100, 1);
    out.extend_from_slice(&n.to_be_bytes());
    out.into()
}
pub fn number(value: Option<kv::Bytes>) -> i64 {
    value.map_or(0, |b| i64::from_be_bytes(b[..].try_into().unwrap()))
}
pub fn bytes(n: i64) -> kv::Bytes {
    kv::Bytes::copy_from_slice(&n.to_be_bytes())
}
