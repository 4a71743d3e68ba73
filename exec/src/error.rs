//! Why a query failed, and how that comes back through DataFusion unharmed.

use datafusion_common::DataFusionError;
use datum::DatumError;
use std::error::Error;
use std::sync::Arc;

/// Cheap to clone: DataFusion shares the error of a join's build side.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExecError {
    /// The client's to mend.
    #[error(transparent)]
    Datum(#[from] DatumError),
    /// Of the `ScanSource`, as it was given: downcast it.
    #[error("{0}")]
    Source(Arc<dyn Error + Send + Sync>),
    /// A scalar subquery yielded several rows.
    #[error("more than one row returned by a subquery used as an expression")]
    MoreThanOneRow,
    #[error("LIMIT must not be negative")]
    NegativeLimit,
    #[error("OFFSET must not be negative")]
    NegativeOffset,
    #[error("query needs more than its {limit_bytes} bytes of memory")]
    MemoryExceeded { limit_bytes: usize },
    #[error("{0} is not supported")]
    Unsupported(String),
    #[error("query cancelled")]
    Cancelled,
    #[error("internal error: {0}")]
    Internal(String),
}

impl ExecError {
    /// Finds our own error under DataFusion's wrappers.
    pub(crate) fn from_datafusion(e: &DataFusionError, limit_bytes: usize) -> ExecError {
        let mut at: Option<&(dyn Error + 'static)> = Some(e);
        while let Some(error) = at {
            if let Some(own) = error.downcast_ref::<ExecError>() {
                return own.clone();
            }
            if let Some(DataFusionError::External(inner)) = error.downcast_ref::<DataFusionError>()
                && let Some(own) = inner.downcast_ref::<ExecError>()
            {
                return own.clone();
            }
            at = error.source();
        }
        match e.find_root() {
            DataFusionError::ResourcesExhausted(_) => ExecError::MemoryExceeded { limit_bytes },
            other => ExecError::Internal(other.to_string()),
        }
    }
}

impl From<ExecError> for DataFusionError {
    fn from(e: ExecError) -> DataFusionError {
        DataFusionError::External(Box::new(e))
    }
}
