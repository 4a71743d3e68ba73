//! What a caller gives to an execution: parameters, session, where rows come from, and bounds.

use async_trait::async_trait;
use datum::{Datum, EvalContext};
use futures::stream::BoxStream;
use planner::plan::{Scan, VirtualScan};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the expressions of a scan see. References to outer rows are replaced by their values before a scan is handed out.
#[derive(Clone)]
pub struct ScanEnv {
    pub params: Arc<[Datum]>,
    pub slots: Arc<[Datum]>,
    pub eval: EvalContext,
}

/// Where rows of tables come from.
#[async_trait]
pub trait ScanSource: Send + Sync {
    /// Rows of `Scan::output`, after spans, filter, lock and limit. Dropping the stream ends the scan.
    fn scan(&self, scan: Arc<Scan>, env: ScanEnv) -> BoxStream<'static, Result<Vec<Vec<Datum>>, BoxError>>;
    /// All rows of a virtual table with all its columns; filter and projection are done here.
    ///
    /// # Errors
    /// As the source says.
    async fn virtual_scan(&self, scan: &VirtualScan) -> Result<Vec<Vec<Datum>>, BoxError>;
}

/// One execution.
#[derive(Clone)]
pub struct ExecContext {
    pub params: Arc<[Datum]>,
    pub eval: EvalContext,
    pub source: Arc<dyn ScanSource>,
    /// Bytes that sorts, joins, groups and materialised rows may hold together.
    pub memory_limit_bytes: usize,
    /// Where sorts spill to; `None`: they do not.
    pub spill_directory: Option<PathBuf>,
    /// Cancelled: the stream ends with `Cancelled`.
    pub cancel: CancellationToken,
}
