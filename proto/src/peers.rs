//! The address book, and one connection for each peer and class of traffic.

use crate::{
    dial::Dialer,
    stream::{CallError, Class, MakeHello, Reply, StreamClient},
    wire::Hello,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use kv::{CellDescriptor, RangeDescriptor, StoreId};
use parking_lot::{Mutex, RwLock};
use std::{collections::BTreeMap, sync::Arc};

/// Cells that this process knows, and the connections to them.
pub struct Peers {
    dialer: Dialer,
    me: Arc<RwLock<Hello>>,
    cells: RwLock<BTreeMap<StoreId, CellDescriptor>>,
    root_range: RwLock<Option<RangeDescriptor>>,
    streams: Mutex<BTreeMap<(StoreId, Class), StreamClient>>,
}

impl Peers {
    /// `store`: this process's own, 0 if it has none (a router, or a cell before it has joined).
    pub fn new(dialer: Dialer, store: StoreId, cluster_id: Bytes) -> Arc<Peers> {
        let me = Hello {
            wire_version: kv::WIRE_VERSION,
            cluster_id,
            store_id: store.0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Arc::new(Peers {
            dialer,
            me: Arc::new(RwLock::new(me)),
            cells: RwLock::default(),
            root_range: RwLock::default(),
            streams: Mutex::default(),
        })
    }
    /// What the next connections say of this process.
    pub fn set_identity(&self, store: StoreId, cluster_id: Bytes) {
        let mut me = self.me.write();
        me.store_id = store.0;
        me.cluster_id = cluster_id;
    }
    pub fn cluster_id(&self) -> Bytes {
        self.me.read().cluster_id.clone()
    }
    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }
    /// Remembers a cell; an older heartbeat does not replace a newer. A changed address makes new connections.
    pub fn learn(&self, cell: CellDescriptor) {
        let store = StoreId(cell.store_id);
        let mut cells = self.cells.write();
        match cells.get(&store) {
            Some(known) if known.heartbeat > cell.heartbeat => {}
            _ => {
                cells.insert(store, cell);
            }
        }
    }
    pub fn cells(&self) -> Vec<CellDescriptor> {
        self.cells.read().values().cloned().collect()
    }
    pub fn cell(&self, store: StoreId) -> Option<CellDescriptor> {
        self.cells.read().get(&store).cloned()
    }
    /// Remembers where look-ups start; an older generation is ignored.
    pub fn set_root_range(&self, range: RangeDescriptor) {
        let mut known = self.root_range.write();
        if known.as_ref().is_none_or(|k| k.generation <= range.generation) {
            *known = Some(range);
        }
    }
    pub fn root_range(&self) -> Option<RangeDescriptor> {
        self.root_range.read().clone()
    }
    /// Queues a call to `store`; in order with the others of its class.
    pub fn call(
        &self,
        store: StoreId,
        class: Class,
        payload: Bytes,
    ) -> BoxFuture<'static, Result<Reply, CallError>> {
        match self.stream(store, class) {
            Some(stream) => stream.call(payload),
            None => {
                Box::pin(
                    async move { Err(CallError::NotSent(format!("no address of store {store} is known"))) },
                )
            }
        }
    }
    fn stream(&self, store: StoreId, class: Class) -> Option<StreamClient> {
        let cells = self.cells.read();
        let address = &cells.get(&store)?.address;
        let mut streams = self.streams.lock();
        if let Some(stream) = streams.get(&(store, class))
            && stream.address() == address
        {
            return Some(stream.clone());
        }
        let me = self.me.clone();
        let hello: MakeHello = Arc::new(move || me.read().clone());
        let stream = StreamClient::new(self.dialer.clone(), address, class, hello);
        streams.insert((store, class), stream.clone());
        Some(stream)
    }
}
