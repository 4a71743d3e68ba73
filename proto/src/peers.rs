//! The address book, and one connection for each peer and class of traffic.

use crate::{
    admin::{AdminClient, AdminError},
    dial::Dialer,
    stream::{CallError, Class, MakeHello, Reply, StreamClient},
    wire::{Hello, PeersReply},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use kv::{CellDescriptor, RangeDescriptor, StoreId};
use parking_lot::{Mutex, RwLock};
use prost::Message;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// For one cell to say who is there.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

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
    /// Asks the given addresses and then the known cells, until one answers, who is there. A process without a cluster id
    /// takes over the one it finds.
    ///
    /// # Errors
    /// Nobody answered (the last reason), or the one who did is of another cluster.
    pub async fn refresh(&self, addresses: &[String]) -> Result<(), AdminError> {
        let known = self.cells();
        let mut ask: Vec<&String> = addresses.iter().chain(known.iter().map(|c| &c.address)).collect();
        ask.dedup();
        let mut last = AdminError::Unreachable("no address is known".into());
        for address in ask {
            let asked = async {
                let mut client = AdminClient::connect(&self.dialer, address, ASK_TIMEOUT).await?;
                client.peers().await
            };
            match asked.await {
                Ok(reply) => return self.take_over(reply, address),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    /// Keeps the book fresh until it is dropped. `join` is asked while no cell is known or none answers.
    pub async fn keep_fresh(self: Arc<Self>, join: Vec<String>, every: Duration) {
        let mut turn = 0;
        loop {
            let known = self.cells();
            // One cell after the other, so that no single one is asked by all.
            let first = known.get(turn % known.len().max(1)).map(|c| c.address.clone());
            turn += 1;
            let ask: Vec<String> = first.into_iter().chain(join.iter().cloned()).collect();
            if let Err(e) = self.refresh(&ask).await {
                tracing::warn!(error = %e, "cannot learn who the cells are");
            }
            tokio::time::sleep(every).await;
        }
    }

    fn take_over(&self, reply: PeersReply, address: &str) -> Result<(), AdminError> {
        let mine = self.cluster_id();
        if mine.is_empty() {
            self.me.write().cluster_id = reply.cluster_id;
        } else if !reply.cluster_id.is_empty() && mine != reply.cluster_id {
            return Err(AdminError::Refused(format!("the cell at {address} is of another cluster")));
        }
        let bad =
            |e: prost::DecodeError| AdminError::Failed(format!("answer of {address} does not decode: {e}"));
        for cell in reply.cells {
            self.learn(CellDescriptor::decode(cell).map_err(bad)?);
        }
        if !reply.root_range.is_empty() {
            self.set_root_range(RangeDescriptor::decode(reply.root_range).map_err(bad)?);
        }
        Ok(())
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
