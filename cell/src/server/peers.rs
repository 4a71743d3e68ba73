//! The way out to other stores: by function call within the process, over streams otherwise.

use crate::transport::{LocalPeers, PeerTransport, RaftRequest, TransportError};
use bytes::Bytes;
use futures::future::BoxFuture;
use kv::StoreId;
use prost::Message;
use proto::{CallError, Class, Peers, Reply, wire::RaftMessage};
use std::sync::Arc;

/// Raft messages to any store.
#[derive(Clone)]
pub struct StreamPeers {
    peers: Arc<Peers>,
    local: LocalPeers,
}

impl StreamPeers {
    /// `local`: cells of this process; may be empty.
    pub fn new(peers: Arc<Peers>, local: LocalPeers) -> StreamPeers {
        StreamPeers { peers, local }
    }
}

impl PeerTransport for StreamPeers {
    fn call(&self, to: StoreId, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        if self.local.contains(to) {
            return self.local.call(to, request);
        }
        let message = RaftMessage {
            range_id: request.range_id.0,
            from_store: request.from_store.0,
            from_replica: request.from_replica.0,
            to_replica: request.to_replica.0,
            kind: request.kind.into(),
            payload: request.payload,
        };
        let answer = self.peers.call(to, Class::Raft, message.encode_to_vec().into());
        Box::pin(async move {
            match answer.await {
                Ok(Reply::Ok(payload)) => Ok(payload),
                Ok(Reply::Error(_)) => Err(TransportError::Refused("an answer of another class".into())),
                Err(CallError::NotSent(why)) => Err(TransportError::Unreachable { to, why }),
                Err(CallError::Lost(why)) => Err(TransportError::Lost { to, why }),
                Err(CallError::Refused(text)) => Err(TransportError::Refused(text)),
            }
        })
    }
}
