//! What `meridian_catalog` shows of the cluster: cells, ranges and jobs, read when somebody asks.

use async_trait::async_trait;
use catalog::job::{Job, JobState};
use catalog::reserved;
use kv::key::{self, Redacted};
use kv::request::RangeInfo;
use kv::{CellDescriptor, DomicileDescriptor, DomicileId, RangeDescriptor, Reply, Request, Timestamp};
use prost::Message;
use router::seam::QueryError;
use router::virtual_catalog::{CellRow, ClusterInfo, JobRow, RangeRow};
use txn::{Db, ScanOptions};

/// A cell whose last heartbeat is older counts as silent.
const SILENT_AFTER_NS: u64 = 10_000_000_000;
/// How long one range may take to answer.
const RANGE_ANSWER_MS: u64 = 2_000;

/// Cells of this process, whose word needs no heartbeat.
pub type LocalCells = std::sync::Arc<dyn Fn() -> Vec<CellDescriptor> + Send + Sync>;

pub struct ClusterTables {
    pub db: Db,
    /// `None`: the registry in the system domicile is asked.
    pub local: Option<LocalCells>,
}

fn micros(at: Timestamp) -> i64 {
    /// Microseconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800_000_000;
    i64::try_from(at.wall_ns / 1_000).unwrap_or(i64::MAX).saturating_sub(EPOCH)
}

impl ClusterTables {
    async fn rows<M: Message + Default>(&self, span: kv::Span) -> Result<Vec<M>, QueryError> {
        let page = self.db.scan(span, ScanOptions::default()).await?;
        let decode = |row: &kv::reply::Row| {
            M::decode(row.value.clone())
                .map_err(|e| QueryError::Internal(format!("a system row is malformed: {e}")))
        };
        page.rows.iter().map(decode).collect()
    }
    async fn range(&self, domicile: &str, range: &RangeDescriptor) -> RangeRow {
        let ask = Request::RangeInfo(RangeInfo { key: range.span.start.clone() });
        // A range that does not answer is shown all the same, without what only it knows.
        let info = match self.db.send(vec![ask], RANGE_ANSWER_MS).await {
            Ok(reply) => match reply.replies.into_iter().next().and_then(|r| r.reply) {
                Some(Reply::RangeInfo(info)) => Some(info),
                _ => None,
            },
            Err(_) => None,
        };
        RangeRow {
            range_id: range.range_id,
            domicile: domicile.to_owned(),
            start_key: Redacted(&range.span.start).to_string(),
            end_key: Redacted(&range.span.end).to_string(),
            generation: range.generation,
            replicas: range.replicas.iter().map(|r| r.store().to_string()).collect(),
            leaseholder: info.as_ref().and_then(|i| i.lease.as_ref()).map(|l| l.store().to_string()),
            bytes: info.map_or(0, |i| i.bytes),
        }
    }
}

#[async_trait]
impl ClusterInfo for ClusterTables {
    async fn cells(&self) -> Result<Vec<CellRow>, QueryError> {
        let now = self.db.clock().now().to_timestamp();
        let (cells, is_local) = match &self.local {
            Some(local) => (local(), true),
            None => (self.rows(key::index_span(DomicileId::SYSTEM, key::TABLE_CELL, 1)).await?, false),
        };
        let row = |c: CellDescriptor| {
            let silent = !is_local && c.heartbeat.add_ns(SILENT_AFTER_NS) < now;
            CellRow {
                store_id: c.store_id,
                address: c.address,
                region: c.region,
                zone: c.zone,
                version: c.version,
                state: if silent { "silent" } else { "live" }.to_owned(),
                heartbeat_micros: (!c.heartbeat.is_zero()).then(|| micros(c.heartbeat)),
                replicas: c.replica_count,
                leases: c.lease_count,
                bytes: c.used_bytes,
            }
        };
        Ok(cells.into_iter().filter(|c| c.store_id != 0).map(row).collect())
    }
    async fn ranges(&self) -> Result<Vec<RangeRow>, QueryError> {
        let domiciles: Vec<DomicileDescriptor> =
            self.rows(key::index_span(DomicileId::SYSTEM, key::TABLE_DOMICILE, 1)).await?;
        let mut out = Vec::new();
        for domicile in domiciles {
            let ranges: Vec<RangeDescriptor> =
                self.rows(key::index_span(domicile.id(), key::TABLE_META, 1)).await?;
            for range in &ranges {
                out.push(self.range(&domicile.name, range).await);
            }
        }
        Ok(out)
    }
    async fn jobs(&self) -> Result<Vec<JobRow>, QueryError> {
        let jobs: Vec<Job> = self.rows(reserved::jobs_span()).await?;
        let row = |j: Job| JobRow {
            id: j.id,
            description: j.description,
            state: JobState::try_from(j.state)
                .map_or_else(|_| "unknown".to_owned(), |s| format!("{s:?}").to_lowercase()),
            progress: f64::from(j.progress_millionths) / 1e6,
            created_micros: micros(j.created),
            finished_micros: (!j.finished.is_zero()).then(|| micros(j.finished)),
            error: (!j.error.is_empty()).then_some(j.error),
        };
        Ok(jobs.into_iter().map(row).collect())
    }
}
