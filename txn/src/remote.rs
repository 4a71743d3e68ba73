//! Cells over streams, or by function call where the store is in this process.

use crate::{CellTransport, Clock};
use async_trait::async_trait;
use futures::future::BoxFuture;
use kv::{
    BatchReply, BatchRequest, CellDescriptor, KvError, RangeDescriptor, StoreId,
    error::{ErrorReply, Message as Text},
};
use prost::Message;
use proto::{CallError, Class, Peers, Reply};
use std::sync::Arc;

/// Stores of this process.
pub trait LocalCells: Send + Sync {
    /// The call, made at once; the batch comes back if the store is not here.
    fn call(
        &self,
        store: StoreId,
        batch: BatchRequest,
    ) -> Result<BoxFuture<'static, Result<BatchReply, KvError>>, BatchRequest>;
}

/// The product's [`CellTransport`].
pub struct RemoteCells {
    peers: Arc<Peers>,
    local: Option<Arc<dyn LocalCells>>,
    clock: Arc<Clock>,
}

impl RemoteCells {
    /// `local`: tried first. `peers` is fed by whoever joins or reads the registry.
    pub fn new(peers: Arc<Peers>, local: Option<Arc<dyn LocalCells>>, clock: Arc<Clock>) -> RemoteCells {
        RemoteCells { peers, local, clock }
    }
    pub fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }
}

#[async_trait]
impl CellTransport for RemoteCells {
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError> {
        let batch = match &self.local {
            None => batch,
            Some(local) => match local.call(store, batch) {
                Ok(answer) => return answer.await,
                Err(batch) => batch,
            },
        };
        let corrupt = |e: prost::DecodeError| {
            // The batch was carried out; what came of it cannot be read.
            KvError::Ambiguous(Text { text: format!("answer of store {store} does not decode: {e}") })
        };
        match self.peers.call(store, Class::Kv, batch.encode_to_vec().into()).await {
            Ok(Reply::Ok(payload)) => BatchReply::decode(payload).map_err(corrupt),
            Ok(Reply::Error(payload)) => {
                let reply = ErrorReply::decode(payload).map_err(corrupt)?;
                if let Err(e) = self.clock.update(reply.now) {
                    tracing::warn!(%store, error = %e, "clock reading of a cell was not taken over");
                }
                let unknown = || {
                    KvError::Ambiguous(Text { text: format!("store {store} sent an error of unknown kind") })
                };
                Err(reply.error.unwrap_or_else(unknown))
            }
            Err(CallError::NotSent(text)) => {
                Err(KvError::Unavailable(Text { text: format!("store {store}: {text}") }))
            }
            Err(CallError::Lost(text)) => {
                Err(KvError::Ambiguous(Text { text: format!("store {store}: {text}") }))
            }
            Err(CallError::Refused(text)) => {
                Err(KvError::NotServing(Text { text: format!("store {store}: {text}") }))
            }
        }
    }
    fn cells(&self) -> Vec<CellDescriptor> {
        self.peers.cells()
    }
    fn root_range(&self) -> Option<RangeDescriptor> {
        self.peers.root_range()
    }
}
