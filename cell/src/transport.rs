//! How cells reach each other: the traits that a cell's halves implement, and peers that share a process.
//!
//! ```text
//! raft, replica --PeerTransport::call--> [stream | function call] --RaftHandler::handle--> the peer's raft
//! txn ---------txn::CellTransport------> [stream | function call] --KvHandler::handle----> the peer's replica
//! ```
//! `server` carries both over streams; [`LocalPeers`] carries them by function call, without serialisation, where
//! several cells share one process (the demo) and in tests.
//!
//! Invariant: `handle` is called in the order in which one sender's calls were made on one connection, and does what
//! must keep that order before it returns its future; the futures then run in any order.

use bytes::Bytes;
use futures::future::BoxFuture;
use kv::{BatchReply, BatchRequest, CellDescriptor, KvError, RangeDescriptor, RangeId, ReplicaId, StoreId};
use parking_lot::RwLock;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Why a call to a peer brought no answer. The difference matters to whoever sends again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request was certainly not delivered.
    #[error("store {to} is not reachable: {why}")]
    Unreachable { to: StoreId, why: String },
    /// The request was sent and no answer came: it may have been carried out.
    #[error("connection to store {to} was lost before the answer: {why}")]
    Lost { to: StoreId, why: String },
    /// The peer understood and refused (no such replica, shutting down, another cluster).
    #[error("refused: {0}")]
    Refused(String),
}

/// One message of a Raft group to a replica on another store. `kind` and `payload` are `cell::raft`'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaftRequest {
    pub range_id: RangeId,
    pub from_store: StoreId,
    pub from_replica: ReplicaId,
    pub to_replica: ReplicaId,
    pub kind: u8,
    pub payload: Bytes,
}

/// Receives Raft messages. The future is spawned or awaited by the caller, who may drop it at any await.
pub trait RaftHandler: Send + Sync {
    fn handle(&self, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>>;
}

/// Receives batches. The future may be dropped at any await (the caller timed out or its connection broke): what must
/// go on then is a task of the handler's own.
pub trait KvHandler: Send + Sync {
    fn handle(&self, batch: BatchRequest) -> BoxFuture<'static, Result<BatchReply, KvError>>;
}

/// Sends Raft messages. A request is queued (or refused) when `call` returns, so that calls keep their order; there is
/// no time-out here: the caller puts one around the future.
pub trait PeerTransport: Send + Sync {
    fn call(&self, to: StoreId, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>>;
}

/// What a test's hook does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Deliver,
    /// Delivered later; messages overtake each other.
    Delay(Duration),
    /// Certainly not delivered: the sender sees `Unreachable`.
    Drop,
    /// Delivered and carried out, but the sender sees `Lost`.
    DropReply,
}

/// Judges each message by sender (0: a client) and receiver.
pub type Hook = Arc<dyn Fn(StoreId, StoreId) -> Verdict + Send + Sync>;

#[derive(Clone)]
struct LocalCell {
    raft: Arc<dyn RaftHandler>,
    kv: Arc<dyn KvHandler>,
    descriptor: CellDescriptor,
}

#[derive(Default)]
struct LocalState {
    cells: BTreeMap<StoreId, LocalCell>,
    root_range: Option<RangeDescriptor>,
    hook: Option<Hook>,
}

/// Cells that share this process: a call is a function call.
#[derive(Clone, Default)]
pub struct LocalPeers {
    state: Arc<RwLock<LocalState>>,
}

impl LocalPeers {
    /// Adds or replaces the cell of `descriptor.store_id`.
    pub fn register(&self, descriptor: CellDescriptor, raft: Arc<dyn RaftHandler>, kv: Arc<dyn KvHandler>) {
        let store = StoreId(descriptor.store_id);
        self.state.write().cells.insert(store, LocalCell { raft, kv, descriptor });
    }
    /// Takes a cell out; calls to it become `Unreachable`.
    pub fn remove(&self, store: StoreId) {
        self.state.write().cells.remove(&store);
    }
    pub fn contains(&self, store: StoreId) -> bool {
        self.state.read().cells.contains_key(&store)
    }
    /// Remembers the newest descriptor of the system domicile's first range (an older generation is ignored).
    pub fn set_root_range(&self, range: RangeDescriptor) {
        let known = &mut self.state.write().root_range;
        if known.as_ref().is_none_or(|k| k.generation <= range.generation) {
            *known = Some(range);
        }
    }
    /// Puts a judge over every message, or takes it away. For tests.
    pub fn set_hook(&self, hook: Option<Hook>) {
        self.state.write().hook = hook;
    }

    fn find(&self, from: StoreId, to: StoreId) -> Result<(LocalCell, Verdict), TransportError> {
        let state = self.state.read();
        let unreachable = |why: &str| TransportError::Unreachable { to, why: why.to_owned() };
        let cell =
            state.cells.get(&to).cloned().ok_or_else(|| unreachable("no such cell in this process"))?;
        let hook = state.hook.clone();
        drop(state); // a hook may call back
        match hook.map_or(Verdict::Deliver, |h| h(from, to)) {
            Verdict::Drop => Err(unreachable("dropped by the hook")),
            verdict => Ok((cell, verdict)),
        }
    }
}

impl PeerTransport for LocalPeers {
    fn call(&self, to: StoreId, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let from = request.from_store;
        let lost = move || TransportError::Lost { to, why: "reply dropped by the hook".to_owned() };
        match self.find(from, to) {
            Err(e) => Box::pin(async move { Err(e) }),
            Ok((cell, Verdict::Delay(time))) => Box::pin(async move {
                tokio::time::sleep(time).await;
                cell.raft.handle(request).await
            }),
            Ok((cell, verdict)) => {
                let answer = cell.raft.handle(request);
                if verdict != Verdict::DropReply {
                    return answer;
                }
                Box::pin(async move { answer.await.and(Err(lost())) })
            }
        }
    }
}

#[async_trait::async_trait]
impl txn::CellTransport for LocalPeers {
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError> {
        let (cell, verdict) = self.find(StoreId(0), store).map_err(kv_error)?;
        if let Verdict::Delay(time) = verdict {
            tokio::time::sleep(time).await;
        }
        let answer = cell.kv.handle(batch).await;
        if verdict == Verdict::DropReply {
            return Err(kv_error(TransportError::Lost {
                to: store,
                why: "reply dropped by the hook".to_owned(),
            }));
        }
        answer
    }
    fn cells(&self) -> Vec<CellDescriptor> {
        self.state.read().cells.values().map(|c| c.descriptor.clone()).collect()
    }
    fn root_range(&self) -> Option<RangeDescriptor> {
        self.state.read().root_range.clone()
    }
}

impl txn::LocalCells for LocalPeers {
    fn call(
        &self,
        store: StoreId,
        batch: BatchRequest,
    ) -> Result<BoxFuture<'static, Result<BatchReply, KvError>>, BatchRequest> {
        if !self.contains(store) {
            return Err(batch);
        }
        let local = self.clone();
        Ok(Box::pin(async move { txn::CellTransport::send(&local, store, batch).await }))
    }
}

/// What a broken connection means to the sender of a batch.
pub fn kv_error(e: TransportError) -> KvError {
    let text = e.to_string();
    match e {
        TransportError::Unreachable { .. } => KvError::Unavailable(kv::error::Message { text }),
        TransportError::Lost { .. } => KvError::Ambiguous(kv::error::Message { text }),
        TransportError::Refused(_) => KvError::NotServing(kv::error::Message { text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[derive(Default)]
    struct Echo(Mutex<Vec<u8>>);
    impl RaftHandler for Echo {
        fn handle(&self, r: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
            self.0.lock().push(r.kind);
            Box::pin(async move { Ok(r.payload) })
        }
    }
    impl KvHandler for Echo {
        fn handle(&self, _: BatchRequest) -> BoxFuture<'static, Result<BatchReply, KvError>> {
            Box::pin(async { Ok(BatchReply::default()) })
        }
    }
    fn request(kind: u8) -> RaftRequest {
        RaftRequest {
            range_id: RangeId(1),
            from_store: StoreId(1),
            from_replica: ReplicaId(1),
            to_replica: ReplicaId(2),
            kind,
            payload: Bytes::from_static(b"x"),
        }
    }

    #[tokio::test]
    async fn local_calls_arrive_in_call_order_and_the_hook_decides() {
        let peers = LocalPeers::default();
        let echo = Arc::new(Echo::default());
        peers.register(CellDescriptor { store_id: 2, ..Default::default() }, echo.clone(), echo.clone());
        let calls: Vec<_> = (0..5).map(|k| peers.call(StoreId(2), request(k))).collect();
        assert_eq!(*echo.0.lock(), [0, 1, 2, 3, 4]);
        for c in calls {
            assert_eq!(c.await.unwrap(), Bytes::from_static(b"x"));
        }
        assert!(matches!(peers.call(StoreId(3), request(0)).await, Err(TransportError::Unreachable { .. })));
        peers.set_hook(Some(Arc::new(|_, _| Verdict::Drop)));
        assert!(matches!(peers.call(StoreId(2), request(9)).await, Err(TransportError::Unreachable { .. })));
        peers.set_hook(Some(Arc::new(|_, _| Verdict::DropReply)));
        assert!(matches!(peers.call(StoreId(2), request(7)).await, Err(TransportError::Lost { .. })));
        assert_eq!(*echo.0.lock(), [0, 1, 2, 3, 4, 7]);
    }
}
