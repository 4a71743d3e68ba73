//! A cell's process: from an empty directory to a member of a cluster, and what it answers to admin calls.
//!
//! ```text
//! no identity --init (this cell, or create_range from the one that runs it)--> identity, cell started
//!             --join (from a cluster that is finished)----------------------->
//! identity ----restart: cell started, says to all it knows that it is back
//! ```
//! Invariant: the identity is durable before the store holds anything, and the cluster's row is written last by `init`, so
//! that an interrupted one is taken up by calling it again.

use crate::placement::{self, Domiciles, RangeSeeder};
use crate::registry::{self, ClusterRow};
use crate::remote::{self, RemoteSeeder};
use crate::store::{Identity, STORE_VERSION, Stores};
use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use cell::{
    node::{Cell, CellConfig},
    seam::{StateReader, StateStore},
    server::{AdminHandler, StreamPeers},
    transport::{KvHandler, LocalPeers, PeerTransport, RaftHandler, RaftRequest, TransportError},
};
use futures::future::BoxFuture;
use kv::{
    BatchReply, BatchRequest, CellDescriptor, DomicileDescriptor, DomicileId, KvError, RangeDescriptor,
    StoreId,
    command::{Keyspace, WriteBatch},
    error::Message as Text,
    key,
};
use parking_lot::RwLock;
use prost::Message;
use proto::{AdminClient, Peers, admin::AdminError, wire};
use router::catalog_store::{SeedOptions, seed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use txn::{
    CellTransport, Clock, Db, DbOptions, Distributor, Entropy, RemoteCells, RouteOptions, Sender,
    SystemClock, SystemEntropy,
};

/// The system domicile's first range.
const SYSTEM_RANGE: u64 = 1;
/// How long the first lease and leader may take.
const FIRST_ANSWER: Duration = Duration::from_secs(20);
/// What was last known of the cluster, for a start at which nobody else answers.
const BOOK_KEY: &[u8] = b"book";
const CLUSTER_KEY: &[u8] = b"cluster";

/// What the command line says of a cell.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// host:port at which others reach it.
    pub address: String,
    /// The same for SQL clients; empty: it carries no router.
    pub sql_address: String,
    pub region: String,
    pub zone: String,
    pub join: Vec<String>,
    pub max_offset_ms: u64,
}

/// A cell and its way to the others.
pub struct Node {
    pub options: NodeOptions,
    pub clock: Arc<Clock>,
    pub peers: Arc<Peers>,
    pub transport: Arc<dyn CellTransport>,
    pub db: Db,
    sender: Arc<dyn Sender>,
    local: LocalPeers,
    stores: Mutex<Stores>,
    cell: OnceLock<Cell>,
    started: Notify,
    cluster: RwLock<Option<ClusterRow>>,
    init: Mutex<()>,
}

impl Node {
    /// Takes the stores; a store with an identity is started by [`Node::resume`].
    pub fn new(options: NodeOptions, dialer: proto::Dialer, stores: Stores) -> Arc<Node> {
        let clock = Clock::new(Arc::new(SystemClock), options.max_offset_ms * 1_000_000);
        let peers = Peers::new(dialer, StoreId(0), Bytes::new());
        let local = LocalPeers::default();
        let transport: Arc<dyn CellTransport> =
            Arc::new(RemoteCells::new(peers.clone(), Some(Arc::new(local.clone())), clock.clone()));
        let sender: Arc<dyn Sender> = Distributor::new(
            transport.clone(),
            clock.clone(),
            Arc::new(SystemEntropy),
            RouteOptions::default(),
        );
        let db_options = DbOptions { gateway_region: options.region.clone() };
        let db = Db::new(sender.clone(), clock.clone(), Arc::new(SystemEntropy), db_options);
        Arc::new(Node {
            options,
            clock,
            peers,
            transport,
            db,
            sender,
            local,
            stores: Mutex::new(stores),
            cell: OnceLock::new(),
            started: Notify::new(),
            cluster: RwLock::new(None),
            init: Mutex::new(()),
        })
    }
    /// The running cell, once this store is part of a cluster.
    pub fn cell(&self) -> Option<&Cell> {
        self.cell.get()
    }
    /// The cluster's row, once it has been read.
    pub fn cluster(&self) -> Option<ClusterRow> {
        self.cluster.read().clone()
    }
    /// Waits until the cell runs.
    pub async fn wait_started(&self) {
        loop {
            let started = self.started.notified();
            if self.cell.get().is_some() {
                return;
            }
            started.await;
        }
    }
    /// Starts the cell of a store that has an identity; says whether it has.
    ///
    /// # Errors
    /// The store failed, or is of another place than the command line says.
    pub async fn resume(&self) -> anyhow::Result<bool> {
        let stores = self.stores.lock().await;
        let Some(identity) = &stores.identity else { return Ok(false) };
        anyhow::ensure!(
            identity.region == self.options.region && identity.zone == self.options.zone,
            "the store is of region {:?}, zone {:?}; start it with these, or with an empty --store",
            identity.region,
            identity.zone
        );
        if let Some(bytes) = stores.state.get(Keyspace::Store, BOOK_KEY)? {
            let book = wire::PeersReply::decode(bytes).context("the known cells are corrupt")?;
            self.learn(&book.cells, &book.root_range)?;
        }
        if let Some(bytes) = stores.state.get(Keyspace::Store, CLUSTER_KEY)? {
            let row = ClusterRow::decode(bytes).context("the cluster's row is corrupt")?;
            *self.cluster.write() = Some(row);
        }
        self.start(&stores).await?;
        Ok(true)
    }
    async fn start(&self, stores: &Stores) -> anyhow::Result<Cell> {
        if let Some(cell) = self.cell.get() {
            return Ok(cell.clone());
        }
        let identity = stores.identity.as_ref().context("the store has no identity")?;
        let store = StoreId(identity.store_id);
        self.peers.set_identity(store, registry::unhex(&identity.cluster_id)?);
        let peers: Arc<dyn PeerTransport> =
            Arc::new(StreamPeers::new(self.peers.clone(), self.local.clone()));
        let config = CellConfig::with_executors(
            store,
            stores.state.clone(),
            stores.log.clone(),
            self.clock.clone(),
            peers,
        );
        let cell = Cell::start(config).await?;
        let descriptor = self.descriptor(&cell, 0);
        self.peers.learn(descriptor.clone());
        self.local.register(descriptor, Arc::new(cell.clone()), Arc::new(cell.clone()));
        cell.set_sender(self.sender.clone());
        let cell = self.cell.get_or_init(|| cell).clone();
        self.note_root_range();
        self.started.notify_waiters();
        tracing::info!(%store, cluster = identity.cluster_id, "the cell runs");
        Ok(cell)
    }
    /// Gives the store an identity, unless it has the same already, and starts the cell.
    async fn become_member(&self, cluster_id: &Bytes, store: StoreId) -> anyhow::Result<Cell> {
        let mut stores = self.stores.lock().await;
        let cluster_id = registry::hex(cluster_id);
        match &stores.identity {
            Some(i) if i.cluster_id == cluster_id && i.store_id == store.0 => {}
            Some(i) => {
                anyhow::bail!("the store is {} of cluster {} already", StoreId(i.store_id), i.cluster_id)
            }
            None => stores.set_identity(Identity {
                store_version: STORE_VERSION,
                cluster_id,
                store_id: store.0,
                region: self.options.region.clone(),
                zone: self.options.zone.clone(),
            })?,
        }
        self.start(&stores).await
    }
    /// What this cell says of itself now.
    pub fn descriptor(&self, cell: &Cell, epoch: u64) -> CellDescriptor {
        let ranges = cell.ranges();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        CellDescriptor {
            store_id: cell.store_id().0,
            replica_count: count(ranges.len()),
            lease_count: count(ranges.iter().filter(|r| r.leaseholder).count()),
            used_bytes: ranges.iter().map(|r| r.bytes).sum(),
            epoch,
            ..self.newcomer()
        }
    }
    fn newcomer(&self) -> CellDescriptor {
        CellDescriptor {
            address: self.options.address.clone(),
            region: self.options.region.clone(),
            zone: self.options.zone.clone(),
            version: registry::binary_version().to_owned(),
            heartbeat: self.clock.now().to_timestamp(),
            sql_address: self.options.sql_address.clone(),
            ..Default::default()
        }
    }
    fn learn(&self, cells: &[Bytes], root_range: &Bytes) -> anyhow::Result<()> {
        for cell in cells {
            self.peers.learn(CellDescriptor::decode(cell.clone())?);
        }
        if !root_range.is_empty() {
            self.peers.set_root_range(RangeDescriptor::decode(root_range.clone())?);
        }
        Ok(())
    }
    /// The system domicile's first range moves on where a replica of it is.
    pub fn note_root_range(&self) {
        let first = key::domicile_span(DomicileId::SYSTEM).start;
        let ranges = self.cell.get().map(Cell::ranges).unwrap_or_default();
        if let Some(range) = ranges.into_iter().find(|r| r.descriptor.span.start == first) {
            self.peers.set_root_range((*range.descriptor).clone());
        }
    }
    fn book(&self) -> wire::PeersReply {
        self.note_root_range();
        wire::PeersReply {
            cluster_id: self.peers.cluster_id(),
            cells: self.peers.cells().iter().map(|c| c.encode_to_vec().into()).collect(),
            root_range: self.peers.root_range().map(|r| r.encode_to_vec().into()).unwrap_or_default(),
        }
    }
    /// Keeps what is known of the cluster for the next start.
    ///
    /// # Errors
    /// The store failed.
    pub async fn save_book(&self) -> anyhow::Result<()> {
        let mut batch = WriteBatch::default();
        batch.put(Keyspace::Store, BOOK_KEY, &self.book().encode_to_vec());
        if let Some(row) = self.cluster() {
            batch.put(Keyspace::Store, CLUSTER_KEY, &row.encode_to_vec());
        }
        let stores = self.stores.lock().await;
        stores.state.write(&[&batch])?;
        Ok(stores.state.persist()?)
    }
    /// Reads the cluster's row and checks this process against it.
    ///
    /// # Errors
    /// The system domicile does not answer; the inner one: this process does not fit, and must stop.
    pub async fn read_cluster(&self) -> anyhow::Result<Result<Option<ClusterRow>, String>> {
        let Some(row) = registry::cluster(&self.db).await? else { return Ok(Ok(None)) };
        if let Err(why) = registry::check(&row, registry::binary_version(), self.options.max_offset_ms) {
            return Ok(Err(why));
        }
        *self.cluster.write() = Some(row.clone());
        Ok(Ok(Some(row)))
    }
    /// Says to everyone known that this cell is here, and learns whom they know.
    pub async fn meet(&self) {
        let Some(cell) = self.cell.get() else { return };
        let mut addresses: Vec<String> = self.peers.cells().into_iter().map(|c| c.address).collect();
        addresses.extend(self.options.join.iter().cloned());
        addresses.sort();
        addresses.dedup();
        addresses.retain(|a| *a != self.options.address);
        let request = wire::JoinRequest {
            store_id: cell.store_id().0,
            cluster_id: self.peers.cluster_id(),
            cell: self.descriptor(cell, 0).encode_to_vec().into(),
            max_offset_ms: self.options.max_offset_ms,
        };
        let all = addresses.iter().map(|address| {
            let request = request.clone();
            async move {
                match self.ask_to_join(address, request).await {
                    Ok(reply) => {
                        if let Err(error) = self.learn(&reply.cells, &reply.root_range) {
                            tracing::warn!(address, %error, "the answer does not decode");
                        }
                    }
                    Err(AdminError::Refused(why)) => {
                        tracing::warn!(address, why, "another cell refuses this one")
                    }
                    Err(error) => tracing::debug!(address, %error, "another cell does not answer"),
                }
            }
        });
        futures::future::join_all(all).await;
    }
    async fn ask_to_join(
        &self,
        address: &str,
        request: wire::JoinRequest,
    ) -> Result<wire::JoinReply, AdminError> {
        AdminClient::connect(self.peers.dialer(), address, remote::ASK).await?.join(request).await
    }
    /// Asks each address once for a place in a finished cluster; says whether one gave it.
    ///
    /// # Errors
    /// A place was given and cannot be taken.
    pub async fn try_join(&self) -> anyhow::Result<bool> {
        let request = wire::JoinRequest {
            cell: self.newcomer().encode_to_vec().into(),
            max_offset_ms: self.options.max_offset_ms,
            ..Default::default()
        };
        for address in self.options.join.iter().filter(|a| **a != self.options.address) {
            let reply = match self.ask_to_join(address, request.clone()).await {
                Ok(reply) => reply,
                Err(error) => {
                    tracing::debug!(address, %error, "no place in a cluster");
                    continue;
                }
            };
            registry::compatible(registry::binary_version(), &reply.cluster_version)
                .map_err(anyhow::Error::msg)?;
            self.learn(&reply.cells, &reply.root_range)?;
            self.become_member(&reply.cluster_id, StoreId(reply.store_id)).await?;
            self.save_book().await?;
            return Ok(true);
        }
        Ok(false)
    }
    /// Makes domiciles over all cells that are known.
    pub fn domiciles(&self) -> Arc<Domiciles> {
        Arc::new(Domiciles {
            db: self.db.clone(),
            transport: self.transport.clone(),
            seeder: Arc::new(RemoteSeeder(self.peers.clone())),
        })
    }
    /// Stops the cell and makes its state durable.
    ///
    /// # Errors
    /// The store failed.
    pub async fn shutdown(&self) -> anyhow::Result<()> {
        if let Some(cell) = self.cell.get() {
            let stopped = cell.shutdown().await;
            // Stores close when the last handle goes.
            self.local.remove(cell.store_id());
            stopped?;
        }
        Ok(())
    }

    /// Collects who is there, numbers them, and takes an identity: the first half of `init`.
    async fn found(&self, addresses: &[String]) -> Result<(), AdminError> {
        let mut cells = vec![self.newcomer()];
        for address in addresses {
            let mut client = AdminClient::connect(self.peers.dialer(), address, remote::ASK).await?;
            let status = client.status().await?;
            if status.initialized {
                let cluster = registry::hex(&status.cluster_id);
                return Err(AdminError::Refused(format!("{address} is of cluster {cluster} already")));
            }
            if status.max_offset_ms != self.options.max_offset_ms
                || status.version != registry::binary_version()
            {
                return Err(AdminError::Refused(format!(
                    "{address} is of version {} with --max-offset-ms {}, {} of {} with {}: make them equal",
                    status.version,
                    status.max_offset_ms,
                    self.options.address,
                    registry::binary_version(),
                    self.options.max_offset_ms
                )));
            }
            if cells.iter().all(|c| c.address != status.address) {
                cells.push(CellDescriptor {
                    address: status.address,
                    region: status.region,
                    zone: status.zone,
                    version: status.version,
                    sql_address: status.sql_address,
                    heartbeat: self.clock.now().to_timestamp(),
                    ..Default::default()
                });
            }
        }
        for (cell, number) in cells.iter_mut().zip(1u64..) {
            cell.store_id = number;
        }
        let chosen = placement::pick(&cells, 0).map_err(|e| AdminError::Refused(e.to_string()))?;
        let range = placement::first_range(SYSTEM_RANGE, DomicileId::SYSTEM, &chosen);
        let cluster_id = Bytes::copy_from_slice(&SystemEntropy.txn_id().0);
        // Those that are not chosen join by themselves, under other numbers.
        cells.retain(|c| c.store_id == 1 || chosen.contains(&StoreId(c.store_id)));
        self.become_member(&cluster_id, StoreId(1)).await.map_err(failed)?;
        cells.into_iter().filter(|c| c.store_id != 1).for_each(|c| self.peers.learn(c));
        self.peers.set_root_range(range);
        self.save_book().await.map_err(failed)
    }

    /// The second half of `init`, which may be done again: ranges, rows, catalog, and last the cluster's own row.
    async fn finish(&self, request: &wire::InitRequest) -> Result<(), AdminError> {
        let incomplete = "its directory has an identity and no ranges: give all cells empty directories";
        let range = self.peers.root_range().ok_or_else(|| AdminError::Refused(incomplete.into()))?;
        let seeder = RemoteSeeder(self.peers.clone());
        placement::seed_everywhere(&seeder as &dyn RangeSeeder, &range).await.map_err(failed)?;
        let ask = self.read_cluster();
        let row = match tokio::time::timeout(FIRST_ANSWER, ask).await {
            Ok(row) => row.map_err(failed)?.map_err(AdminError::Refused)?,
            Err(_) => {
                let s = FIRST_ANSWER.as_secs();
                return Err(AdminError::Failed(format!("the system domicile did not answer within {s} s")));
            }
        };
        if let Some(row) = row {
            return Err(already(&row.cluster_id));
        }
        let seeded = self.fill(request).await.map_err(failed)?;
        let row = ClusterRow {
            cluster_id: registry::hex(&self.peers.cluster_id()),
            version: registry::new_cluster_version(),
            max_offset_ms: self.options.max_offset_ms,
        };
        registry::put_cluster(&self.db, &row).await.map_err(failed)?;
        *self.cluster.write() = Some(row.clone());
        self.save_book().await.map_err(failed)?;
        if seeded {
            return Ok(());
        }
        Err(AdminError::Refused(format!(
            "cluster {} is complete now; its catalog was made by an earlier init, whose password holds",
            row.cluster_id
        )))
    }
    /// Fills the system domicile and makes the first database; says whether this call made the catalog.
    async fn fill(&self, request: &wire::InitRequest) -> anyhow::Result<bool> {
        let cells = self.peers.cells();
        let highest =
            cells.iter().map(|c| c.store_id).max().unwrap_or(0).max(request.addresses.len() as u64 + 1);
        let highest = i64::try_from(highest)?;
        let counted = self.db.increment(registry::store_id_counter(), 0).await?;
        if counted < highest {
            self.db.increment(registry::store_id_counter(), highest - counted).await?;
        }
        let system = DomicileDescriptor {
            domicile_id: DomicileId::SYSTEM.0,
            name: "system".to_owned(),
            voters: placement::VOTERS as u32,
            version: 1,
            ..Default::default()
        };
        self.db.put(key::domicile_row(DomicileId::SYSTEM), system.encode_to_vec()).await?;
        for cell in &cells {
            if registry::cell(&self.db, StoreId(cell.store_id)).await?.is_none() {
                registry::put_cell(&self.db, cell).await?;
            }
        }
        if self.db.get(catalog::reserved::catalog_version_key()).await?.is_some() {
            return Ok(false);
        }
        let domicile = self.domiciles().make_domicile(&format!("{}/primary", request.database)).await?;
        let options = SeedOptions {
            database: request.database.clone(),
            user: request.user.clone(),
            password: request.password.clone(),
            domicile,
        };
        seed(&self.db, &options)
            .await
            .map_err(|e| anyhow::anyhow!("the catalog was not made: {}", e.0.message))
    }
}

fn failed(e: anyhow::Error) -> AdminError {
    AdminError::Failed(format!("{e:#}"))
}
fn already(cluster: &str) -> AdminError {
    AdminError::Refused(format!("initialised already as cluster {cluster}"))
}

#[async_trait]
impl AdminHandler for Node {
    async fn status(&self) -> Result<wire::StatusReply, AdminError> {
        let cluster = self.cluster();
        let cluster_id = self.peers.cluster_id();
        Ok(wire::StatusReply {
            initialized: !cluster_id.is_empty(),
            cluster_id,
            store_id: self.cell().map_or(0, |c| c.store_id().0),
            region: self.options.region.clone(),
            zone: self.options.zone.clone(),
            version: registry::binary_version().to_owned(),
            address: self.options.address.clone(),
            sql_address: self.options.sql_address.clone(),
            wire_version: kv::WIRE_VERSION,
            ready: self.cell().is_some() && cluster.is_some(),
            cluster_version: cluster.map(|c| c.version).unwrap_or_default(),
            max_offset_ms: self.options.max_offset_ms,
        })
    }
    async fn init(&self, request: wire::InitRequest) -> Result<wire::InitReply, AdminError> {
        let Ok(_one) = self.init.try_lock() else {
            return Err(AdminError::Refused("an init is running here already".into()));
        };
        if let Some(row) = self.cluster() {
            return Err(already(&row.cluster_id));
        }
        if self.cell().is_none() {
            self.found(&request.addresses).await?;
        }
        self.finish(&request).await?;
        Ok(wire::InitReply { cluster_id: self.peers.cluster_id() })
    }
    async fn join(&self, request: wire::JoinRequest) -> Result<wire::JoinReply, AdminError> {
        let decoded = CellDescriptor::decode(request.cell);
        let cell = decoded.map_err(|e| AdminError::Refused(format!("the cell does not decode: {e}")))?;
        if self.cell().is_none() {
            return Err(AdminError::Refused(
                "this cell is not part of a cluster yet: run `meridian init`".into(),
            ));
        }
        let cluster = self.cluster();
        if let Some(row) = &cluster {
            registry::check(row, &cell.version, request.max_offset_ms).map_err(AdminError::Refused)?;
        }
        let mut store_id = request.store_id;
        if store_id == 0 {
            if cluster.is_none() {
                return Err(AdminError::Refused(
                    "the cluster is not complete yet: run `meridian init`".into(),
                ));
            }
            let number = self.db.increment(registry::store_id_counter(), 1).await;
            store_id = u64::try_from(number.map_err(|e| failed(e.into()))?)
                .map_err(|_| AdminError::Failed("the counter of store ids is negative".into()))?;
        } else if request.cluster_id != self.peers.cluster_id() {
            let (other, mine) = (registry::hex(&request.cluster_id), registry::hex(&self.peers.cluster_id()));
            return Err(AdminError::Refused(format!(
                "store of cluster {other}, this cell is of cluster {mine}"
            )));
        }
        self.peers.learn(CellDescriptor { store_id, ..cell });
        let book = self.book();
        Ok(wire::JoinReply {
            cluster_id: book.cluster_id,
            store_id,
            cluster_version: cluster.map(|c| c.version).unwrap_or_default(),
            cells: book.cells,
            root_range: book.root_range,
        })
    }
    async fn peers(&self) -> Result<wire::PeersReply, AdminError> {
        if self.cell().is_none() {
            return Err(AdminError::Refused(
                "this cell is not part of a cluster yet: run `meridian init`".into(),
            ));
        }
        Ok(self.book())
    }
    async fn create_range(&self, request: wire::CreateRangeRequest) -> Result<(), AdminError> {
        let decoded = RangeDescriptor::decode(request.range);
        let range = decoded.map_err(|e| AdminError::Refused(format!("the range does not decode: {e}")))?;
        if request.cluster_id.is_empty() || request.store_id == 0 {
            return Err(AdminError::Refused("a new range comes with its cluster and store".into()));
        }
        let cell = self.become_member(&request.cluster_id, StoreId(request.store_id)).await;
        let cell = cell.map_err(|e| AdminError::Refused(format!("{e:#}")))?;
        self.learn(&request.cells, &Bytes::new()).map_err(failed)?;
        cell.create_range(range).await.map_err(|e| AdminError::Failed(e.to_string()))?;
        self.save_book().await.map_err(failed)
    }
}

impl KvHandler for Node {
    fn handle(&self, batch: BatchRequest) -> BoxFuture<'static, Result<BatchReply, KvError>> {
        match self.cell.get() {
            Some(cell) => KvHandler::handle(cell, batch),
            None => Box::pin(async {
                Err(KvError::NotServing(Text { text: "this cell is not part of a cluster yet".into() }))
            }),
        }
    }
}

impl RaftHandler for Node {
    fn handle(&self, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        match self.cell.get() {
            Some(cell) => RaftHandler::handle(cell, request),
            None => Box::pin(async {
                Err(TransportError::Refused("this cell is not part of a cluster yet".into()))
            }),
        }
    }
}
