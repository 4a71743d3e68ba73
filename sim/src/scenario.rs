//! One seed: cells come up, clients work while everything fails, then all heals and what was acknowledged must be there.

use crate::{
    client::{SimClient, cell_key},
    cluster::{AWAY, Cluster, HOME},
    ledger::{self, Ledger},
    network::{FIRST_CLIENT, Weather},
    trace::Trace,
};
use anyhow::{Context, anyhow};
use kv::{Request, StoreId, request::AdminSplit};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::RngSeed, time::Instant};
use workload::{
    Client, ClientError,
    bank::{Bank, Counts},
    history::History,
    linearizable,
    register::Registers,
};

/// Cells of a run.
const CELLS: u64 = 3;
/// Virtual time that may pass until a healthy cluster answers.
const HEALTHY: Duration = Duration::from_secs(60);
/// Client processes that run workloads.
const CLIENTS: u64 = 5;

/// What is done wrongly on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    SkippedSync,
    ReadWithoutLease,
    WriteBelowTimestampCache,
}

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub planted: Planted,
    /// Virtual time of the faults.
    pub faults_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options { planted: Planted::Nothing, faults_for: Duration::from_secs(15) }
    }
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The trace's hash after each event.
    pub trace: Vec<u64>,
    pub virtual_ms: u64,
    pub crashes: u32,
    pub partitions: u32,
    pub splits: u32,
    pub ranges: usize,
    pub transfers: u64,
    pub audits: u64,
    pub retries: u64,
    pub unknown: u64,
    pub registers: usize,
    /// Acknowledged, refused, unknown.
    pub ledger: (usize, usize, usize),
}

/// A broken promise of the database.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something acknowledged is missing, or was seen otherwise than it can have been.
    #[error("wrong: {0:#}")]
    Wrong(anyhow::Error),
    /// It does not serve although everything runs and is connected.
    #[error("stuck: {0}")]
    Stuck(String),
}

impl From<anyhow::Error> for Failure {
    fn from(e: anyhow::Error) -> Failure {
        Failure::Wrong(e)
    }
}

/// Runs one seed.
///
/// # Errors
/// What was wrong.
pub fn run(seed: u64, options: &Options) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .rng_seed(RngSeed::from_bytes(&seed.to_be_bytes()))
        .build()
        .context("tokio does not start")?;
    runtime.block_on(cell::raft::scope(seed, Box::pin(scenario(seed, *options))))
}

struct Load {
    bank: Bank,
    counts: Counts,
    history: History,
    ledger: Ledger,
    stop: AtomicBool,
    numbers: AtomicI64,
}

async fn scenario(seed: u64, options: Options) -> Result<Report, Failure> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x5EED);
    let trace = Trace::new();
    let cluster = Cluster::new(rng.random(), CELLS, trace.clone());
    let admin = cluster.client(CLIENTS, HOME);
    within(&cluster, "the cluster does not come up", cluster.boot(&admin.db)).await??;

    let load = Arc::new(Load {
        bank: Bank { tables: vec!["bank".into(), "bank_hidden".into()], accounts: 6, initial: 50 },
        counts: Counts::default(),
        history: History::default(),
        ledger: Ledger::default(),
        stop: AtomicBool::new(false),
        numbers: AtomicI64::new(1),
    });
    let mut first = SimClient::new(admin.db.clone(), rng.random());
    let loaded = retry(async || load.bank.load(&mut first).await);
    within(&cluster, "the bank cannot be loaded", loaded).await?.map_err(|e| anyhow!(e))?;

    let processes: Vec<_> =
        (0..CLIENTS).map(|n| cluster.client(n, if n == 0 { HOME } else { AWAY })).collect();
    let mut workers = Vec::new();
    for (number, process) in (0u64..).zip(&processes) {
        let client = SimClient::new(process.db.clone(), rng.random());
        let worker = work(number, client, StdRng::seed_from_u64(rng.random()), load.clone(), trace.clone());
        workers.push(tokio::spawn(worker));
    }

    plant(&cluster, options.planted, true);
    let mut driver = Driver { cluster: &cluster, rng, crashes: 0, partitions: 0, splits: 0 };
    driver.run(&admin.db, options.faults_for).await?;
    plant(&cluster, options.planted, false);
    let Driver { crashes, partitions, splits, mut rng, .. } = driver;
    trace.event(format_args!("healed"));

    // A while of peace under load: it must serve again.
    let before = load.ledger.counts().0;
    tokio::time::sleep(Duration::from_secs(8)).await;
    load.stop.store(true, Ordering::Relaxed);
    for worker in workers {
        let ended = within(&cluster, "a client hangs after the healing", worker).await?;
        ended.context("a client panicked")?.map_err(|e| anyhow!(e))?;
    }
    if let Some(fault) = cluster.replica_fault() {
        return Err(anyhow!(fault).into());
    }
    if load.ledger.counts().0 <= before {
        return Err(stuck(&cluster, "nothing was written in the peace after the healing"));
    }

    let mut last = SimClient::new(admin.db.clone(), rng.random());
    let audit = retry(async || load.bank.audit(&mut last).await);
    let total = within(&cluster, "the last audit gets no answer", audit).await?.map_err(|e| anyhow!(e))?;
    total.map_err(|w| anyhow!("the last audit saw {} instead of {}", w.seen, w.expected))?;
    let mut found = [BTreeMap::new(), BTreeMap::new()];
    for (table, found) in ledger::TABLES.iter().zip(&mut found) {
        let read = retry(async || {
            let mut txn = last.begin().await?;
            txn.scan(table, 0, i64::MAX - 1).await
        });
        let rows = within(&cluster, "the ledger cannot be read", read).await?.map_err(|e| anyhow!(e))?;
        found.extend(rows);
    }
    load.ledger.check(&found).map_err(|e| anyhow!(e))?;
    let registers = load.history.len();
    linearizable::check(load.history.take()).map_err(|v| anyhow!("{v}"))?;
    for process in processes.iter().skip(1) {
        for table in ["bank_hidden", "register_hidden", "ledger_hidden"] {
            for number in [0, 3, 1 << 40] {
                let cached = process.distributor.cache().find(&cell_key(table, number));
                if cached.is_some() {
                    return Err(anyhow!("a client outside learnt a hidden range: {cached:?}").into());
                }
            }
        }
    }
    trace.event(format_args!("end"));
    Ok(Report {
        virtual_ms: trace.elapsed_ns() / 1_000_000,
        trace: trace.take(),
        crashes,
        partitions,
        splits,
        ranges: cluster.range_count(),
        transfers: load.counts.transfers.load(Ordering::Relaxed),
        audits: load.counts.reads.load(Ordering::Relaxed),
        retries: load.counts.retries.load(Ordering::Relaxed),
        unknown: load.counts.unknown.load(Ordering::Relaxed),
        registers,
        ledger: load.ledger.counts(),
    })
}

async fn within<T>(cluster: &Cluster, what: &str, future: impl Future<Output = T>) -> Result<T, Failure> {
    let late = |_| stuck(cluster, &format!("{what} within {} s", HEALTHY.as_secs()));
    tokio::time::timeout(HEALTHY, future).await.map_err(late)
}

fn stuck(cluster: &Cluster, what: &str) -> Failure {
    Failure::Stuck(format!("{what}{}", cluster.describe()))
}

/// Repeats what may be repeated.
async fn retry<T>(mut what: impl AsyncFnMut() -> Result<T, ClientError>) -> Result<T, String> {
    loop {
        match what().await {
            Ok(value) => return Ok(value),
            Err(ClientError::Fatal(m)) => return Err(m),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// One client: a turn of the bank, a register or the ledger at a time.
async fn work(
    id: u64,
    mut client: SimClient,
    mut rng: StdRng,
    load: Arc<Load>,
    trace: Trace,
) -> Result<(), String> {
    let registers = ["register", "register_hidden"].map(|t| Registers { table: t.to_owned(), keys: 2 });
    let now = {
        let trace = trace.clone();
        move || trace.elapsed_ns()
    };
    while !load.stop.load(Ordering::Relaxed) {
        let number = load.numbers.fetch_add(1, Ordering::Relaxed);
        let turn = rng.random_range(0..10);
        trace.event(format_args!("client {id} turn {turn} number {number}"));
        match turn {
            0..4 => {
                let mut once = false;
                let stop = move || std::mem::replace(&mut once, true);
                load.bank.run(&mut client, &mut rng, &load.counts, 3, stop).await?;
            }
            4..8 => {
                // One history for both tables: the keys of the second come after those of the first.
                let which = usize::from(turn >= 6);
                let own = History::default();
                registers[which].step(id, &mut client, &mut rng, number, &own, &now).await?;
                for mut operation in own.take() {
                    operation.key += registers[0].keys * which as i64;
                    load.history.record(operation);
                }
            }
            _ => load.ledger.write(&mut client, number).await?,
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(1..60))).await;
    }
    Ok(())
}

fn plant(cluster: &Cluster, planted: Planted, on: bool) {
    match planted {
        Planted::Nothing => {}
        Planted::SkippedSync => cluster.disks.values().for_each(|d| d.set_skip_sync(on)),
        Planted::ReadWithoutLease => cluster.faults.set_read_without_lease(on),
        Planted::WriteBelowTimestampCache => cluster.faults.set_write_below_timestamp_cache(on),
    }
}

struct Driver<'a> {
    cluster: &'a Arc<Cluster>,
    rng: StdRng,
    crashes: u32,
    partitions: u32,
    splits: u32,
}

impl Driver<'_> {
    /// Faults for a time; then everything runs and nothing is parted.
    async fn run(&mut self, admin: &txn::Db, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        let mut down: BTreeMap<StoreId, Instant> = BTreeMap::new();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(50..900))).await;
            let due: Vec<StoreId> =
                down.iter().filter(|(_, at)| **at <= Instant::now()).map(|(s, _)| *s).collect();
            for store in due {
                down.remove(&store);
                self.cluster.start(store).await?;
            }
            self.one(admin, &mut down);
        }
        self.cluster.network.heal();
        for store in down.into_keys() {
            self.cluster.start(store).await?;
        }
        Ok(())
    }
    fn one(&mut self, admin: &txn::Db, down: &mut BTreeMap<StoreId, Instant>) {
        let (cluster, rng) = (self.cluster, &mut self.rng);
        let stores = cluster.stores();
        let some = stores[rng.random_range(0..stores.len())];
        let back = |rng: &mut StdRng| Instant::now() + Duration::from_millis(rng.random_range(100..5_000));
        match rng.random_range(0..12) {
            0..3 if !down.contains_key(&some) => {
                cluster.crash(some);
                self.crashes += 1;
                down.insert(some, back(rng));
            }
            // All at once, as when the power fails.
            3 => {
                for store in stores.into_iter().filter(|s| cluster.is_running(*s)) {
                    cluster.crash(store);
                    self.crashes += 1;
                    down.insert(store, back(rng));
                }
            }
            4..6 => {
                // A cell is parted from the others, in one direction or both; clients may still reach it.
                let both = rng.random_range(0..3) > 0;
                cluster.trace.event(format_args!("{some} is parted, both ways: {both}"));
                for other in stores.into_iter().filter(|s| *s != some) {
                    cluster.network.part(some.0, other.0, true);
                    cluster.network.part(other.0, some.0, both);
                }
                self.partitions += 1;
            }
            6 => {
                let client = FIRST_CLIENT + rng.random_range(0..CLIENTS);
                cluster.trace.event(format_args!("client {client} is parted from {some}"));
                cluster.network.part(client, some.0, true);
                self.partitions += 1;
            }
            7..9 => {
                cluster.trace.event(format_args!("the network heals"));
                cluster.network.heal();
            }
            9 => {
                let weather = Weather {
                    delay_max_us: [3_000, 20_000, 100_000][rng.random_range(0..3)],
                    lost: [0, 50, 300][rng.random_range(0..3)],
                };
                cluster.trace.event(format_args!("{weather:?}"));
                cluster.network.set_weather(weather);
            }
            _ => {
                let tables =
                    ["bank", "bank_hidden", "register", "register_hidden", "ledger", "ledger_hidden"];
                let table = tables[rng.random_range(0..tables.len())];
                let number = rng.random_range(0..6);
                self.splits += 1;
                cluster.trace.event(format_args!("split {table} at {number}"));
                let (admin, key) = (admin.clone(), cell_key(table, number));
                // It may fail, or be one already: the run goes on.
                tokio::spawn(async move {
                    drop(admin.send(vec![Request::AdminSplit(AdminSplit { key })], 3_000).await);
                });
            }
        }
    }
}
