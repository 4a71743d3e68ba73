//! The seams of a cell: state store and log store. The product wires fjall and raft-engine; the simulator wires stores
//! in memory that lose what was not synced. The state store's seam is synchronous: point reads call it in place.

use bytes::Bytes;
use kv::{
    RangeId,
    command::{Keyspace, WriteBatch},
};

/// Why a store failed. Any of these stops the replica or the cell by name; none is retried.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The data does not read back: names the file or keyspace.
    #[error("corrupt store: {0}")]
    Corrupt(String),
    #[error("store input or output failed: {0}")]
    Io(String),
    /// An earlier failure poisoned the store; the cell must stop.
    #[error("store is poisoned by an earlier failure: {0}")]
    Poisoned(String),
    /// The directory belongs to another process, cluster, or a newer format.
    #[error("{0}")]
    Refused(String),
}

/// A row of the state store.
pub type Pair = (Bytes, Bytes);

/// Reads of one consistent state. Keys are those of the keyspace, without any prefix.
pub trait StateReader: Send + Sync {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError>;
    /// The rows with `start <= key < end` in ascending order (descending if `reverse`). An empty `end` is no bound.
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a>;
    /// The first row with `start <= key < end`: what a read of the newest version at a timestamp is.
    fn first(&self, keyspace: Keyspace, start: &[u8], end: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.range(keyspace, start, end, false).next().transpose()
    }
}

/// The state of all ranges of one cell. Reads see the newest writes.
pub trait StateStore: StateReader {
    /// A reader that later writes do not change.
    fn snapshot(&self) -> Box<dyn StateReader>;
    /// Applies the batches in order as one atomic unit, across keyspaces. Not synced.
    ///
    /// # Errors
    /// After any error the store is poisoned and the cell must stop.
    fn write(&self, batches: &[&WriteBatch]) -> Result<(), StoreError>;
    /// Makes all earlier writes durable.
    fn persist(&self) -> Result<(), StoreError>;
    /// Bytes on the disk.
    fn used_bytes(&self) -> u64;
}

/// A log entry: opaque bytes at an index. `cell::raft` puts openraft's log id inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub index: u64,
    pub data: Bytes,
}

/// One change of one group's log. The writer keeps the order of one group's changes and syncs many groups at once.
#[derive(Clone, Debug)]
pub enum LogChange {
    /// Appends entries in a row; an index at or below the last overwrites from there. Refused if it leaves a hole after the
    /// last, or begins at or below what was purged; an empty log takes any index above that.
    Append(Vec<LogEntry>),
    /// Forgets entries above `last` (0: all).
    TruncateAfter { last: u64 },
    /// Forgets entries at or below `through`.
    PurgeThrough { through: u64 },
    /// Sets a small named value of the group (vote, durable index, purged log id).
    Put { name: &'static str, value: Bytes },
    /// Forgets the group (log and values).
    Remove,
}

/// Called once, when the change is synced (or failed): never while the caller is inside `submit`. Must not block: it
/// runs on the thread that writes for all groups. After power loss it is not called.
pub type LogDone = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Logs and votes of all groups of one cell, in one place with one sync for many groups.
pub trait LogStore: Send + Sync {
    /// Queues a change, whole or not at all. Entries and values are readable when `submit` returns; `done` runs when they
    /// are synced. Waits if far too much is queued.
    fn submit(&self, group: RangeId, changes: Vec<LogChange>, done: LogDone);
    /// Entries with `start <= index < end` (fewer if they are not there), at most about `bytes_max` bytes but at least one.
    fn read(
        &self,
        group: RangeId,
        start: u64,
        end: u64,
        bytes_max: usize,
    ) -> Result<Vec<LogEntry>, StoreError>;
    fn first_index(&self, group: RangeId) -> Option<u64>;
    fn last_index(&self, group: RangeId) -> Option<u64>;
    fn get(&self, group: RangeId, name: &'static str) -> Result<Option<Bytes>, StoreError>;
    /// Groups with anything in the log.
    fn groups(&self) -> Vec<RangeId>;
    /// Bytes on the disk.
    fn used_bytes(&self) -> u64;
}
