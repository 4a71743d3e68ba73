//! Makes domiciles: picks cells for the first range, seeds its replicas, writes the domicile's row.

use async_trait::async_trait;
use kv::{
    CellDescriptor, DomicileDescriptor, DomicileId, RangeDescriptor, ReplicaDescriptor, ReplicaKind, StoreId,
    key,
};
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;
use txn::{CellTransport, Db};

/// Voters of a range.
pub const VOTERS: usize = 3;

/// Seeds a replica of a new range on a store; idempotent by range id.
#[async_trait]
pub trait RangeSeeder: Send + Sync {
    async fn seed(&self, store: StoreId, range: RangeDescriptor) -> anyhow::Result<()>;
}

/// The first range of a domicile on the given stores, the first of which leads first.
pub fn first_range(range_id: u64, domicile: DomicileId, stores: &[StoreId]) -> RangeDescriptor {
    let replicas = (1u64..)
        .zip(stores)
        .map(|(replica_id, store)| ReplicaDescriptor {
            replica_id,
            store_id: store.0,
            kind: ReplicaKind::Voter as i32,
        })
        .collect();
    RangeDescriptor {
        range_id,
        generation: 1,
        span: key::domicile_span(domicile),
        replicas,
        next_replica_id: stores.len() as u64 + 1,
        domicile_id: domicile.0,
    }
}

/// Picks cells for a new range: one in each region while there are regions, then one in each zone; within a region and
/// between regions it rotates by `turn`, so that new ranges spread.
///
/// # Errors
/// Fewer cells than voters.
pub fn pick(cells: &[CellDescriptor], turn: usize) -> anyhow::Result<Vec<StoreId>> {
    let mut regions: BTreeMap<&str, Vec<&CellDescriptor>> = BTreeMap::new();
    for cell in cells {
        regions.entry(&cell.region).or_default().push(cell);
    }
    for cells in regions.values_mut() {
        cells.sort_by_key(|c| (&c.zone, c.store_id));
        let by = turn % cells.len();
        cells.rotate_left(by);
    }
    let mut lists: Vec<Vec<&CellDescriptor>> = regions.into_values().collect();
    if !lists.is_empty() {
        let by = turn % lists.len();
        lists.rotate_left(by);
    }
    let deepest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let picked: Vec<StoreId> = (0..deepest)
        .flat_map(|depth| lists.iter().filter_map(move |l| l.get(depth)))
        .map(|c| StoreId(c.store_id))
        .take(VOTERS)
        .collect();
    anyhow::ensure!(
        picked.len() == VOTERS,
        "a range needs {VOTERS} cells, and only {} are known; start more cells",
        picked.len()
    );
    Ok(picked)
}

/// Seeds all replicas of a range.
///
/// # Errors
/// A store did not answer: call again, it is idempotent.
pub async fn seed_everywhere(seeder: &dyn RangeSeeder, range: &RangeDescriptor) -> anyhow::Result<()> {
    let all = range.replicas.iter().map(|r| seeder.seed(r.store(), range.clone()));
    futures::future::try_join_all(all).await.map(drop)
}

/// Makes domiciles over the cells that are known.
pub struct Domiciles {
    pub db: Db,
    pub transport: Arc<dyn CellTransport>,
    pub seeder: Arc<dyn RangeSeeder>,
}

impl Domiciles {
    /// A new domicile with its first range, ready to be written.
    ///
    /// # Errors
    /// Too few cells, or one of them does not answer.
    pub async fn make_domicile(&self, name: &str) -> anyhow::Result<DomicileId> {
        let number = self.db.increment(key::domicile_id_counter(), 1).await?;
        let id = DomicileId(u32::try_from(number)? + DomicileId::FIRST_USER.0 - 1);
        let range_id =
            u64::try_from(self.db.increment(key::range_id_counter(), 1).await?)? + key::RANGE_ID_FIRST - 1;
        let stores = pick(&self.transport.cells(), usize::try_from(number)?)?;
        let range = first_range(range_id, id, &stores);
        seed_everywhere(&*self.seeder, &range).await?;
        // The leaseholder publishes the row too; it is written here so that the domicile can be used at once.
        self.db.put(key::root(id), range.encode_to_vec()).await?;
        let domicile = DomicileDescriptor {
            domicile_id: id.0,
            name: name.to_owned(),
            voters: VOTERS as u32,
            version: 1,
            ..Default::default()
        };
        self.db.put(key::domicile_row(id), domicile.encode_to_vec()).await?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Vec<CellDescriptor> {
        let mut out = Vec::new();
        for (r, region) in ["a", "b", "c"].iter().enumerate() {
            for zone in 0..3u64 {
                out.push(CellDescriptor {
                    store_id: r as u64 * 3 + zone + 1,
                    region: (*region).into(),
                    zone: format!("{region}-{zone}"),
                    ..Default::default()
                });
            }
        }
        out
    }

    #[test]
    fn each_region_gets_one_and_turns_rotate_over_its_cells() {
        let mut seen = std::collections::BTreeSet::new();
        for turn in 0..3 {
            let picked = pick(&cells(), turn).unwrap();
            let regions: std::collections::BTreeSet<u64> = picked.iter().map(|s| (s.0 - 1) / 3).collect();
            assert_eq!(regions.len(), 3);
            seen.extend(picked);
        }
        assert_eq!(seen.len(), 9, "three ranges use all nine cells");
    }

    #[test]
    fn too_few_cells_are_refused() {
        assert!(pick(&cells()[..2], 0).is_err());
    }
}
