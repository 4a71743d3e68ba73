//! The seams below a transaction: batches go to a range (`Sender`) or to a named store (`CellTransport`).

use async_trait::async_trait;
use kv::{BatchReply, BatchRequest, CellDescriptor, KvError, RangeDescriptor, StoreId};

/// Sends a batch to where its spans live. `route::Router` of this crate implements it over a `CellTransport`; the
/// header's `range_id` need not be set.
#[async_trait]
pub trait Sender: Send + Sync {
    /// # Errors
    /// Never of kind `Reroute`: those are followed here. `Ambiguous` if a write may or may not have happened.
    async fn send(&self, batch: BatchRequest) -> Result<BatchReply, KvError>;
}

/// Reaches one cell: over a stream, or by a function call if it is in the same process.
#[async_trait]
pub trait CellTransport: Send + Sync {
    /// # Errors
    /// What the cell answered, or `Unavailable` if the batch was certainly not delivered, or `Ambiguous` if it may have been
    /// (the connection broke after sending).
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError>;
    /// Cells known now (from the join addresses or the registry).
    fn cells(&self) -> Vec<CellDescriptor>;
    /// The newest known descriptor of the system domicile's first range: where every look-up starts.
    fn root_range(&self) -> Option<RangeDescriptor>;
}
