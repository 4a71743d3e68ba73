//! A cell's directory: its two stores and who it is.

use anyhow::Context;
use bytes::Bytes;
use cell::{
    log::{LogOptions, RaftEngineLog},
    seam::{StateReader, StateStore},
    store::{FjallStore, StoreOptions},
};
use kv::{
    StoreId,
    command::{Keyspace, WriteBatch},
};
use prost::Message;
use std::path::Path;
use std::sync::Arc;

/// Version of everything that lies in a cell's directory.
pub const STORE_VERSION: u32 = 1;

/// Who a store is: written once, before it holds anything.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Identity {
    #[prost(uint32, tag = "1")]
    pub store_version: u32,
    #[prost(string, tag = "2")]
    pub cluster_id: String,
    #[prost(uint64, tag = "3")]
    pub store_id: u64,
    #[prost(string, tag = "4")]
    pub region: String,
    #[prost(string, tag = "5")]
    pub zone: String,
}

/// The stores of one cell, open.
pub struct Stores {
    pub state: Arc<FjallStore>,
    pub log: Arc<RaftEngineLog>,
    pub identity: Option<Identity>,
}

const IDENTITY_KEY: &[u8] = b"identity";

impl Stores {
    /// Opens (or makes) the directory.
    ///
    /// # Errors
    /// It is in use, corrupt, or of a newer version; the text says which.
    pub fn open(dir: &Path, state: &StoreOptions, log: LogOptions) -> anyhow::Result<Stores> {
        let place = || dir.display().to_string();
        let state = FjallStore::open(&dir.join("state"), state).with_context(place)?;
        let log = RaftEngineLog::open(&dir.join("log"), log).with_context(place)?;
        let identity = match state.get(Keyspace::Store, IDENTITY_KEY).with_context(place)? {
            None => None,
            Some(bytes) => {
                let identity =
                    Identity::decode(bytes).with_context(|| format!("{}: identity is corrupt", place()))?;
                anyhow::ensure!(
                    identity.store_version <= STORE_VERSION,
                    "{}: store of version {}, this build reads up to {STORE_VERSION}; start a newer build",
                    place(),
                    identity.store_version
                );
                Some(identity)
            }
        };
        Ok(Stores { state: Arc::new(state), log: Arc::new(log), identity })
    }

    /// Gives an empty directory its identity, durably.
    ///
    /// # Errors
    /// It has one already, or the store failed.
    pub fn set_identity(&mut self, identity: Identity) -> anyhow::Result<()> {
        if let Some(old) = &self.identity {
            anyhow::bail!("the store is {} of cluster {} already", StoreId(old.store_id), old.cluster_id);
        }
        let mut batch = WriteBatch::default();
        batch.put(Keyspace::Store, IDENTITY_KEY, &Bytes::from(identity.encode_to_vec()));
        self.state.write(&[&batch])?;
        self.state.persist()?;
        self.identity = Some(identity);
        Ok(())
    }
}
