//! What the process exports: counters of its cells and routers, as Prometheus metrics.

use crate::local::LocalCluster;
use cell::node::Cell;
use prometheus::{IntGaugeVec, Opts, Registry};
use router::Router;
use std::sync::Arc;

/// What a demo shows: a registry for each router, and one for the cells.
///
/// # Errors
/// A name is registered twice: a fault in this program.
pub fn of_demo<'a>(
    cluster: &Arc<LocalCluster>,
    routers: impl Iterator<Item = (&'a str, &'a Router)>,
) -> anyhow::Result<Vec<Registry>> {
    let mut out = Vec::new();
    for (region, router) in routers {
        let labels = [("region".to_owned(), region.to_owned())].into();
        let registry = Registry::new_custom(None, Some(labels))?;
        router.services().metrics.register(&registry)?;
        out.push(registry);
    }
    let cells = Registry::new();
    cells.register(Box::new(Cells::new(cluster.cells.values().cloned().collect())?))?;
    out.push(cells);
    Ok(out)
}

/// Reads the counters of cells when somebody asks.
pub struct Cells {
    cells: Vec<Cell>,
    ranges: IntGaugeVec,
    leases: IntGaugeVec,
    bytes: IntGaugeVec,
    faults: IntGaugeVec,
}

impl Cells {
    /// # Errors
    /// Names are malformed: a fault in this program.
    pub fn new(cells: Vec<Cell>) -> anyhow::Result<Cells> {
        let gauge = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), &["store"]);
        Ok(Cells {
            cells,
            ranges: gauge("meridian_cell_replicas", "replicas on the store")?,
            leases: gauge("meridian_cell_leases", "ranges whose lease the store may use now")?,
            bytes: gauge("meridian_cell_bytes", "bytes of the ranges' data on the store, an estimate")?,
            faults: gauge("meridian_cell_stopped_replicas", "replicas that stopped for good")?,
        })
    }
}

impl prometheus::core::Collector for Cells {
    fn desc(&self) -> Vec<&prometheus::core::Desc> {
        [&self.ranges, &self.leases, &self.bytes, &self.faults].into_iter().flat_map(|g| g.desc()).collect()
    }
    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        for cell in &self.cells {
            let store = cell.store_id().0.to_string();
            let ranges = cell.ranges();
            let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            self.ranges.with_label_values(&[&store]).set(count(ranges.len()));
            self.leases
                .with_label_values(&[&store])
                .set(count(ranges.iter().filter(|r| r.leaseholder).count()));
            let bytes = ranges.iter().map(|r| r.bytes).sum::<u64>();
            self.bytes.with_label_values(&[&store]).set(i64::try_from(bytes).unwrap_or(i64::MAX));
            let stopped = ranges.iter().filter(|r| r.fault.is_some()).count() + cell.broken_ranges().len();
            self.faults.with_label_values(&[&store]).set(count(stopped));
        }
        [&self.ranges, &self.leases, &self.bytes, &self.faults]
            .into_iter()
            .flat_map(|g| g.collect())
            .collect()
    }
}
