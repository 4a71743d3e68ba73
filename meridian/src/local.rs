//! A whole cluster of cells in this process: nine stores in a directory, calls between them are function calls.

use crate::placement::{self, Domiciles, RangeSeeder};
use crate::store::{Identity, STORE_VERSION, Stores};
use anyhow::Context;
use async_trait::async_trait;
use cell::{
    log::LogOptions,
    node::{Cell, CellConfig},
    store::StoreOptions,
    transport::{LocalPeers, PeerTransport},
};
use kv::{CellDescriptor, DomicileDescriptor, DomicileId, RangeDescriptor, StoreId, key};
use prost::Message;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use txn::{
    CellTransport, Clock, Db, DbOptions, Distributor, RouteOptions, Sender, SystemClock, SystemEntropy,
};

/// The system domicile's first range.
const SYSTEM_RANGE: u64 = 1;
/// How long the first lease and leader may take.
const FIRST_ANSWER: Duration = Duration::from_secs(20);

/// Where one cell stands.
#[derive(Clone, Debug)]
pub struct Place {
    pub region: String,
    pub zone: String,
}

/// Running cells, and how to reach them.
pub struct LocalCluster {
    pub clock: Arc<Clock>,
    pub peers: LocalPeers,
    pub cells: BTreeMap<StoreId, Cell>,
    pub sender: Arc<dyn Sender>,
    /// It was made by this start.
    pub is_new: bool,
    pub cluster_id: String,
}

impl LocalCluster {
    /// Opens the stores below `dir` (one folder `region/zone` for each place) and starts their cells; makes them first if
    /// there are none.
    ///
    /// # Errors
    /// A directory is in use, corrupt, or of another cluster or version.
    pub async fn start(dir: &Path, places: &[Place]) -> anyhow::Result<LocalCluster> {
        // One kernel clock serves all cells: there is no offset between them.
        let clock = Clock::new(Arc::new(SystemClock), 0);
        let peers = LocalPeers::default();
        let transport: Arc<dyn CellTransport> = Arc::new(peers.clone());
        let sender: Arc<dyn Sender> =
            Distributor::new(transport, clock.clone(), Arc::new(SystemEntropy), RouteOptions::default());
        let mut opened = Vec::new();
        for place in places {
            let path = dir.join(&place.region).join(&place.zone);
            let stores = Stores::open(&path, &StoreOptions::small(), LogOptions::small())?;
            opened.push((place.clone(), stores));
        }
        let known: Vec<String> =
            opened.iter().filter_map(|(_, s)| s.identity.as_ref().map(|i| i.cluster_id.clone())).collect();
        let is_new = known.is_empty();
        anyhow::ensure!(
            known.len() == opened.len() || is_new,
            "{} holds {} of {} stores; put the missing ones back, or choose an empty directory",
            dir.display(),
            known.len(),
            opened.len()
        );
        anyhow::ensure!(
            known.windows(2).all(|w| w[0] == w[1]),
            "{} holds stores of several clusters ({})",
            dir.display(),
            known.join(", ")
        );
        let cluster_id = known.first().cloned().unwrap_or_else(new_cluster_id);
        let mut cells = BTreeMap::new();
        for (number, (place, mut stores)) in (1u64..).zip(opened) {
            if is_new {
                stores.set_identity(Identity {
                    store_version: STORE_VERSION,
                    cluster_id: cluster_id.clone(),
                    store_id: number,
                    region: place.region.clone(),
                    zone: place.zone.clone(),
                })?;
            }
            let identity = stores.identity.clone().expect("just written, or read before");
            let store_id = StoreId(identity.store_id);
            let config = CellConfig::with_executors(
                store_id,
                stores.state.clone(),
                stores.log.clone(),
                clock.clone(),
                Arc::new(peers.clone()) as Arc<dyn PeerTransport>,
            );
            let cell = Cell::start(config).await.with_context(|| format!("cell {}", place.zone))?;
            let descriptor = CellDescriptor {
                store_id: store_id.0,
                address: format!("in-process:{}", store_id.0),
                region: place.region,
                zone: place.zone,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Default::default()
            };
            peers.register(descriptor, Arc::new(cell.clone()), Arc::new(cell.clone()));
            cell.set_sender(sender.clone());
            cells.insert(store_id, cell);
        }
        let cluster = LocalCluster { clock, peers, cells, sender, is_new, cluster_id };
        if is_new {
            cluster.make_system_range().await?;
        } else {
            cluster.find_system_range()?;
        }
        cluster.wait_until_it_answers().await?;
        Ok(cluster)
    }

    async fn make_system_range(&self) -> anyhow::Result<()> {
        let stores = placement::pick(&self.peers.cells(), 0)?;
        let range = placement::first_range(SYSTEM_RANGE, DomicileId::SYSTEM, &stores);
        placement::seed_everywhere(self, &range).await?;
        self.peers.set_root_range(range);
        Ok(())
    }

    fn find_system_range(&self) -> anyhow::Result<()> {
        let ranges = self.cells.values().flat_map(Cell::ranges);
        let first = key::domicile_span(DomicileId::SYSTEM).start;
        let newest = ranges
            .filter(|r| r.descriptor.span.start == first)
            .max_by_key(|r| r.descriptor.generation)
            .context("no store holds the system domicile's first range")?;
        self.peers.set_root_range((*newest.descriptor).clone());
        Ok(())
    }

    async fn wait_until_it_answers(&self) -> anyhow::Result<()> {
        let db = self.db("");
        let ask = db.get(key::domicile_row(DomicileId::SYSTEM));
        let found = tokio::time::timeout(FIRST_ANSWER, ask).await.with_context(|| {
            format!("the system domicile did not answer within {} s", FIRST_ANSWER.as_secs())
        })??;
        if found.is_none() {
            let domicile = DomicileDescriptor {
                domicile_id: DomicileId::SYSTEM.0,
                name: "system".to_owned(),
                voters: placement::VOTERS as u32,
                version: 1,
                ..Default::default()
            };
            db.put(key::domicile_row(DomicileId::SYSTEM), domicile.encode_to_vec()).await?;
        }
        Ok(())
    }

    /// The client half, as used in a region.
    pub fn db(&self, region: &str) -> Db {
        let options = DbOptions { gateway_region: region.to_owned() };
        Db::new(self.sender.clone(), self.clock.clone(), Arc::new(SystemEntropy), options)
    }

    /// Descriptors of the cells with their counts now.
    pub fn local_cells(&self) -> crate::cluster_info::LocalCells {
        let (peers, cells) = (self.peers.clone(), self.cells.clone());
        Arc::new(move || {
            let mut out = peers.cells();
            for descriptor in &mut out {
                if let Some(cell) = cells.get(&StoreId(descriptor.store_id)) {
                    let ranges = cell.ranges();
                    descriptor.replica_count = u32::try_from(ranges.len()).unwrap_or(u32::MAX);
                    let leases = ranges.iter().filter(|r| r.leaseholder).count();
                    descriptor.lease_count = u32::try_from(leases).unwrap_or(u32::MAX);
                    descriptor.used_bytes = ranges.iter().map(|r| r.bytes).sum();
                }
            }
            out
        })
    }

    /// Makes domiciles over these cells.
    pub fn domiciles(self: &Arc<Self>) -> Arc<Domiciles> {
        Arc::new(Domiciles { db: self.db(""), transport: Arc::new(self.peers.clone()), seeder: self.clone() })
    }

    /// Stops the cells and makes their state durable.
    pub async fn shutdown(&self) {
        let all = self.cells.values().map(|cell| async move {
            if let Err(error) = cell.shutdown().await {
                tracing::error!(store = %cell.store_id(), %error, "the cell did not stop cleanly");
            }
            // Nothing calls it any more: its stores close when the last handle goes.
            self.peers.remove(cell.store_id());
        });
        futures::future::join_all(all).await;
    }
}

#[async_trait]
impl RangeSeeder for LocalCluster {
    async fn seed(&self, store: StoreId, range: RangeDescriptor) -> anyhow::Result<()> {
        let cell = self.cells.get(&store).with_context(|| format!("no {store} in this process"))?;
        Ok(cell.create_range(range).await?)
    }
}

fn new_cluster_id() -> String {
    use txn::Entropy;
    let id = SystemEntropy.txn_id();
    id.0.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use txn::TxnOptions;

    pub fn places() -> Vec<Place> {
        ["eu-west", "us-east", "ap-south"]
            .iter()
            .flat_map(|r| {
                ["a", "b", "c"].map(|z| Place { region: (*r).to_owned(), zone: format!("{r}-{z}") })
            })
            .collect()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_committed_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let cluster = Arc::new(LocalCluster::start(dir.path(), &places()).await.unwrap());
        let domicile = cluster.domiciles().make_domicile("app/primary").await.unwrap();
        let db = cluster.db("eu-west");
        let row = |i: u32| {
            let mut key = key::index_prefix(domicile, 100, 1);
            key.extend(i.to_be_bytes());
            kv::Key::from(key)
        };
        for i in 0..20u32 {
            let key = row(i);
            db.run(TxnOptions::default(), move |txn| {
                let key = key.clone();
                async move { txn.put(key, vec![i as u8]).await }
            })
            .await
            .unwrap();
        }
        // Both domiciles in one transaction.
        let (a, b) = (row(100), key::system_row(99, 1));
        let keys = (a.clone(), b.clone());
        db.run(TxnOptions::default(), move |txn| {
            let (a, b) = keys.clone();
            async move {
                txn.put(a, vec![1]).await?;
                txn.put(b, vec![2]).await
            }
        })
        .await
        .unwrap();
        assert_eq!(db.get(b.clone()).await.unwrap().unwrap()[0], 2);
        cluster.shutdown().await;
        drop(db);
        drop(cluster);

        let cluster = LocalCluster::start(dir.path(), &places()).await.unwrap();
        assert!(!cluster.is_new);
        let db = cluster.db("us-east");
        for i in 0..20u32 {
            assert_eq!(db.get(row(i)).await.unwrap().unwrap()[0], i as u8);
        }
        assert_eq!(db.get(a).await.unwrap().unwrap()[0], 1);
        cluster.shutdown().await;
    }
}
