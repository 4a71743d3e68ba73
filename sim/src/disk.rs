//! A cell's disk, and the handles of one life of the cell: after a crash the old handles reach nothing any more, so that
//! tasks that outlive the cell cannot write to the disk of the next life.

use bytes::Bytes;
use cell::{
    memory::{MemoryLog, MemoryStore},
    seam::{LogChange, LogDone, LogEntry, LogStore, Pair, StateReader, StateStore, StoreError},
};
use kv::{
    RangeId,
    command::{Keyspace, WriteBatch},
};
use tokio::sync::watch;

/// Both stores of a cell.
#[derive(Clone, Default)]
pub struct Disk {
    pub state: MemoryStore,
    pub log: MemoryLog,
}

impl Disk {
    /// Power loss; the first few unsynced writes may be there by luck.
    pub fn crash(&self, kept_writes: u64, kept_submissions: usize) {
        self.state.crash_keeping(kept_writes);
        self.log.crash_keeping(kept_submissions);
    }
    /// Planted fault: nothing more is made durable, and everything is acknowledged.
    pub fn set_skip_sync(&self, skip: bool) {
        self.state.set_skip_sync(skip);
        self.log.set_skip_sync(skip);
    }
}

/// Whether a life of a cell is over. Clones share it.
#[derive(Clone)]
pub struct Life(watch::Sender<bool>);

impl Default for Life {
    fn default() -> Self {
        Life(watch::Sender::new(false))
    }
}

impl Life {
    pub fn is_over(&self) -> bool {
        *self.0.borrow()
    }
    pub fn end(&self) {
        self.0.send_replace(true);
    }
    pub async fn over(&self) {
        let mut seen = self.0.subscribe();
        // The sender is `self`: it cannot be gone.
        drop(seen.wait_for(|over| *over).await);
    }
    fn check(&self) -> Result<(), StoreError> {
        match self.is_over() {
            true => Err(StoreError::Poisoned("the cell has crashed".to_owned())),
            false => Ok(()),
        }
    }
}

/// The state store, as one life of the cell sees it.
pub struct StateOfLife {
    pub store: MemoryStore,
    pub life: Life,
}

impl StateReader for StateOfLife {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.life.check()?;
        self.store.get(keyspace, key)
    }
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
        match self.life.check() {
            Ok(()) => self.store.range(keyspace, start, end, reverse),
            Err(e) => Box::new(std::iter::once(Err(e))),
        }
    }
}

impl StateStore for StateOfLife {
    fn snapshot(&self) -> Box<dyn StateReader> {
        // Of a later life, perhaps: who asks can send its answer to nobody.
        self.store.snapshot()
    }
    fn write(&self, batches: &[&WriteBatch]) -> Result<(), StoreError> {
        self.life.check()?;
        self.store.write(batches)
    }
    fn persist(&self) -> Result<(), StoreError> {
        self.life.check()?;
        self.store.persist()
    }
    fn used_bytes(&self) -> u64 {
        self.store.used_bytes()
    }
}

/// The log store, as one life of the cell sees it.
pub struct LogOfLife {
    pub log: MemoryLog,
    pub life: Life,
}

impl LogStore for LogOfLife {
    fn submit(&self, group: RangeId, changes: Vec<LogChange>, done: LogDone) {
        // After power loss `done` is not called.
        if !self.life.is_over() {
            self.log.submit(group, changes, done);
        }
    }
    fn read(
        &self,
        group: RangeId,
        start: u64,
        end: u64,
        bytes_max: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.life.check()?;
        self.log.read(group, start, end, bytes_max)
    }
    fn first_index(&self, group: RangeId) -> Option<u64> {
        self.log.first_index(group)
    }
    fn last_index(&self, group: RangeId) -> Option<u64> {
        self.log.last_index(group)
    }
    fn get(&self, group: RangeId, name: &'static str) -> Result<Option<Bytes>, StoreError> {
        self.life.check()?;
        self.log.get(group, name)
    }
    fn groups(&self) -> Vec<RangeId> {
        self.log.groups()
    }
    fn used_bytes(&self) -> u64 {
        self.log.used_bytes()
    }
}
