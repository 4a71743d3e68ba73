//! Cells and their disks: made, crashed and started again.

use crate::{
    clock,
    disk::{Disk, Life, LogOfLife, StateOfLife},
    network::{FIRST_CLIENT, Network},
    trace::Trace,
};
use anyhow::Context;
use cell::{
    execute::Faults,
    node::{Blocking, Cell, CellConfig, LateSender, executors},
};
use kv::{CellDescriptor, DomicileDescriptor, DomicileId, RangeDescriptor, ReplicaDescriptor, StoreId, key};
use parking_lot::Mutex;
use prost::Message;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use txn::{Clock, Db, DbOptions, Distributor, RouteOptions, SeededEntropy};

/// Region of all cells.
pub const HOME: &str = "home";
/// Region of clients that may not learn the keys of [`HIDDEN`].
pub const AWAY: &str = "away";
/// A domicile whose keys anybody may learn.
pub const OPEN: DomicileId = DomicileId(16);
/// A domicile that shows its keys to nobody outside of [`HOME`].
pub const HIDDEN: DomicileId = DomicileId(17);

/// How often a cell makes its state durable.
const PERSIST_EVERY: Duration = Duration::from_secs(2);
/// Longest simulated sync of the log, microseconds.
const SYNC_US_MAX: u64 = 8_000;

struct Running {
    cell: Cell,
    life: Life,
}

/// A cluster of one run.
pub struct Cluster {
    pub network: Network,
    pub trace: Trace,
    pub faults: Arc<Faults>,
    pub disks: BTreeMap<StoreId, Disk>,
    skews: BTreeMap<StoreId, i64>,
    started: Instant,
    running: Mutex<BTreeMap<StoreId, Running>>,
    rng: Mutex<StdRng>,
}

/// A client process.
pub struct Process {
    pub db: Db,
    pub distributor: Arc<Distributor>,
    pub clock: Arc<Clock>,
}

impl Cluster {
    /// Cells with empty disks.
    pub fn new(seed: u64, cells: u64, trace: Trace) -> Arc<Cluster> {
        let mut rng = StdRng::seed_from_u64(seed);
        let network = Network::new(rng.random(), trace.clone());
        let mut disks = BTreeMap::new();
        let mut skews = BTreeMap::new();
        for number in 1..=cells {
            let disk = Disk::default();
            let syncs = Mutex::new(StdRng::seed_from_u64(rng.random()));
            disk.log.set_sync_delay(Some(Arc::new(move || {
                Duration::from_micros(syncs.lock().random_range(100..=SYNC_US_MAX))
            })));
            disks.insert(StoreId(number), disk);
            skews.insert(StoreId(number), rng.random_range(-clock::SKEW_MAX_MS..=clock::SKEW_MAX_MS));
            network.describe(CellDescriptor {
                store_id: number,
                address: format!("cell-{number}"),
                region: HOME.to_owned(),
                zone: format!("{HOME}-{number}"),
                ..Default::default()
            });
        }
        Arc::new(Cluster {
            network,
            trace,
            faults: Arc::default(),
            disks,
            skews,
            started: Instant::now(),
            running: Mutex::default(),
            rng: Mutex::new(rng),
        })
    }
    fn draw<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.rng.lock())
    }
    pub fn stores(&self) -> Vec<StoreId> {
        self.disks.keys().copied().collect()
    }
    pub fn is_running(&self, store: StoreId) -> bool {
        self.running.lock().contains_key(&store)
    }
    /// Starts a cell on its disk.
    ///
    /// # Errors
    /// The disk does not read back, or a range does not load from it.
    pub async fn start(&self, store: StoreId) -> anyhow::Result<()> {
        let disk = &self.disks[&store];
        let life = Life::default();
        let port = self.network.seen_from(store.0, life.clone());
        let clock = clock::skewed(self.started, self.skews[&store]);
        let entropy = Arc::new(SeededEntropy::new(self.draw(|r| r.random())));
        let sender = Distributor::new(port.clone(), clock.clone(), entropy, route_options(HOME));
        let late = LateSender::default();
        late.set(sender);
        let evaluator = executors(clock.clone(), late.clone(), self.faults.clone());
        let state = Arc::new(StateOfLife { store: disk.state.clone(), life: life.clone() });
        let log = Arc::new(LogOfLife { log: disk.log.clone(), life: life.clone() });
        let config = CellConfig {
            sender: late,
            seed: self.draw(|r| r.random()),
            blocking: Blocking::Inline,
            persist_every: PERSIST_EVERY,
            purge_entries_min: 50,
            ..CellConfig::new(store, state, log, clock, port, evaluator)
        };
        let cell = Cell::start(config).await.with_context(|| format!("{store} does not start"))?;
        let broken = cell.broken_ranges();
        anyhow::ensure!(broken.is_empty(), "{store} has broken ranges: {broken:?}");
        self.trace.event(format_args!("{store} starts"));
        self.network.join(cell.clone(), life.clone());
        self.running.lock().insert(store, Running { cell, life });
        Ok(())
    }
    /// Power loss: nothing of the cell goes on, and its disk loses what was not synced, but for a few writes by luck.
    pub fn crash(&self, store: StoreId) {
        let Some(running) = self.running.lock().remove(&store) else { return };
        self.network.leave(store);
        running.life.end();
        let luck = self.draw(|r| (r.random_range(0..4), r.random_range(0..4)));
        self.trace.event(format_args!("{store} crashes keeping {luck:?}"));
        self.disks[&store].crash(luck.0, luck.1);
        // Its tasks end by themselves or by this; meanwhile they reach neither disk nor network.
        tokio::spawn(async move { running.cell.stop().await });
    }
    /// A fault that stopped a replica for good, if there is one.
    pub fn replica_fault(&self) -> Option<String> {
        let running = self.running.lock();
        let ranges = running.iter().flat_map(|(s, r)| r.cell.ranges().into_iter().map(move |x| (*s, x)));
        ranges
            .filter_map(|(s, r)| r.fault.map(|f| format!("range {} on {s} stopped: {f}", r.descriptor.id())))
            .next()
    }
    /// What every replica of the running cells says of itself, a line each.
    pub fn describe(&self) -> String {
        let running = self.running.lock();
        let ranges = running.iter().flat_map(|(s, r)| r.cell.ranges().into_iter().map(move |x| (*s, x)));
        ranges
            .map(|(s, r)| {
                format!(
                    "\n  {s} {} generation {} {}: lease {} of {} (mine now: {}), leader {:?}, applied {}, durable {}, purged {}",
                    r.descriptor.id(),
                    r.descriptor.generation,
                    r.descriptor.span,
                    r.lease.sequence,
                    r.lease.store(),
                    r.leaseholder,
                    r.raft_leader_store,
                    r.applied_index,
                    r.durable_index,
                    r.purged_index
                )
            })
            .collect()
    }
    /// Ranges of the cells that run.
    pub fn range_count(&self) -> usize {
        let running = self.running.lock();
        running.values().map(|r| r.cell.ranges().len()).max().unwrap_or(0)
    }
    /// A client process in `region`; `number` tells clients apart.
    pub fn client(&self, number: u64, region: &str) -> Process {
        let port = self.network.seen_from(FIRST_CLIENT + number, Life::default());
        let skew = self.draw(|r| r.random_range(-clock::SKEW_MAX_MS..=clock::SKEW_MAX_MS));
        let clock = clock::skewed(self.started, skew);
        let entropy = Arc::new(SeededEntropy::new(self.draw(|r| r.random())));
        let distributor = Distributor::new(port, clock.clone(), entropy.clone(), route_options(region));
        let options = DbOptions { gateway_region: region.to_owned() };
        let db = Db::new(distributor.clone(), clock.clone(), entropy, options);
        Process { db, distributor, clock }
    }
    /// Starts all cells, and makes the system domicile and the two others.
    ///
    /// # Errors
    /// The cluster does not come up.
    pub async fn boot(&self, admin: &Db) -> anyhow::Result<()> {
        for store in self.stores() {
            self.start(store).await?;
        }
        let root = self.seed(1, DomicileId::SYSTEM).await?;
        self.network.set_root(root);
        for (range, domicile) in [(2, OPEN), (3, HIDDEN)] {
            let first = self.seed(range, domicile).await?;
            admin.put(key::root(domicile), first.encode_to_vec()).await?;
        }
        for (domicile, hides_keys) in [(DomicileId::SYSTEM, false), (OPEN, false), (HIDDEN, true)] {
            let row = DomicileDescriptor {
                domicile_id: domicile.0,
                name: format!("domicile {domicile}"),
                regions: if hides_keys { vec![HOME.to_owned()] } else { Vec::new() },
                home_region: if hides_keys { HOME.to_owned() } else { String::new() },
                voters: 3,
                hides_keys,
                version: 1,
            };
            admin.put(key::domicile_row(domicile), row.encode_to_vec()).await?;
        }
        Ok(())
    }
    async fn seed(&self, range_id: u64, domicile: DomicileId) -> anyhow::Result<RangeDescriptor> {
        let mut stores = self.stores();
        stores.rotate_left(usize::try_from(range_id)? % self.disks.len());
        let replicas = (1u64..)
            .zip(&stores)
            .map(|(replica_id, s)| ReplicaDescriptor { replica_id, store_id: s.0, kind: 0 })
            .collect();
        let range = RangeDescriptor {
            range_id,
            generation: 1,
            span: key::domicile_span(domicile),
            replicas,
            next_replica_id: stores.len() as u64 + 1,
            domicile_id: domicile.0,
        };
        let cells: Vec<Cell> = self.running.lock().values().map(|r| r.cell.clone()).collect();
        for cell in cells {
            cell.create_range(range.clone()).await?;
        }
        Ok(range)
    }
}

fn route_options(region: &str) -> RouteOptions {
    RouteOptions { region: region.to_owned(), ..Default::default() }
}
