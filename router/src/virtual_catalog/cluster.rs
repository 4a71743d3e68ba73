//! What the tables of meridian_catalog show of the cluster: asked for when they are read, never kept.

use super::definition::{Rows, row, texts};
use crate::seam::QueryError;
use async_trait::async_trait;
use datum::Datum;

/// Tells of cells, ranges and jobs. Implemented by `meridian`.
#[async_trait]
pub trait ClusterInfo: Send + Sync {
    /// # Errors
    /// The system domicile cannot be read.
    async fn cells(&self) -> Result<Vec<CellRow>, QueryError>;
    /// # Errors
    /// The addressing records cannot be read.
    async fn ranges(&self) -> Result<Vec<RangeRow>, QueryError>;
    /// # Errors
    /// The system domicile cannot be read.
    async fn jobs(&self) -> Result<Vec<JobRow>, QueryError>;
}

/// A cell as it last reported.
#[derive(Clone, Debug, Default)]
pub struct CellRow {
    pub store_id: u64,
    pub address: String,
    pub region: String,
    pub zone: String,
    pub version: String,
    pub state: String,
    /// Its last heartbeat, microseconds since 2000-01-01 UTC.
    pub heartbeat_micros: Option<i64>,
    pub replicas: u32,
    pub leases: u32,
    pub bytes: u64,
}

/// A range. Keys are shown without row values.
#[derive(Clone, Debug, Default)]
pub struct RangeRow {
    pub range_id: u64,
    pub domicile: String,
    pub start_key: String,
    pub end_key: String,
    pub generation: u64,
    pub replicas: Vec<String>,
    pub leaseholder: Option<String>,
    pub bytes: u64,
}

/// A job.
#[derive(Clone, Debug, Default)]
pub struct JobRow {
    pub id: u64,
    pub description: String,
    pub state: String,
    /// 0 to 1.
    pub progress: f64,
    /// Microseconds since 2000-01-01 UTC.
    pub created_micros: i64,
    pub finished_micros: Option<i64>,
    pub error: Option<String>,
}

/// Numbers beyond the range of bigint do not occur; the largest stands for them.
fn bigint(v: u64) -> i64 {
    i64::try_from(v).unwrap_or(i64::MAX)
}
fn integer(v: u32) -> i32 {
    i32::try_from(v).unwrap_or(i32::MAX)
}

pub(super) fn cells(rows: &mut Rows<'_>, cells: Vec<CellRow>) {
    for c in cells {
        row!(rows, {
            store_id: bigint(c.store_id), address: c.address, region: c.region, zone: c.zone, version: c.version,
            state: c.state, heartbeat: c.heartbeat_micros.map(Datum::Timestamptz), replicas: integer(c.replicas),
            leases: integer(c.leases), bytes: bigint(c.bytes),
        });
    }
}
pub(super) fn ranges(rows: &mut Rows<'_>, ranges: Vec<RangeRow>) {
    for r in ranges {
        row!(rows, {
            range_id: bigint(r.range_id), domicile: r.domicile, start_key: r.start_key, end_key: r.end_key,
            generation: bigint(r.generation), replicas: texts(r.replicas), leaseholder: r.leaseholder,
            bytes: bigint(r.bytes),
        });
    }
}
pub(super) fn jobs(rows: &mut Rows<'_>, jobs: Vec<JobRow>) {
    for j in jobs {
        row!(rows, {
            id: bigint(j.id), description: j.description, state: j.state, progress: Datum::Float8(j.progress),
            created: Datum::Timestamptz(j.created_micros), finished: j.finished_micros.map(Datum::Timestamptz),
            error: j.error,
        });
    }
}
