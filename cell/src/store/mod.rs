//! The state of all ranges of a cell in one fjall database: a keyspace for each `kv::command::Keyspace`, batches atomic
//! across them, never synced on the commit path.
//!
//! The Raft log is the write-ahead log of this store: what is lost by power is applied again, so only [`persist`] syncs.
//! fjall's own back-pressure sleeps in the calling thread: `write` is for apply's own threads, never for a task.
//!
//! [`persist`]: crate::seam::StateStore::persist

pub(crate) mod directory;
mod journal;

use crate::seam::{Pair, StateReader, StateStore, StoreError};
use bytes::Bytes;
use directory::Directory;
use fjall::{Database, KeyspaceCreateOptions, PersistMode, Readable, Slice, config::FilterPolicy};
use kv::command::{Keyspace, WriteBatch};
use parking_lot::Mutex;
use std::{ops::Bound, path::Path, time::Duration};

/// Format of the directory and of what is in the keyspaces.
pub const STATE_FORMAT: u32 = 1;
/// Values above it are handed out without a copy, which pins the whole block's or memtable's slice.
const COPY_BYTES_MAX: usize = 1024;
/// How long `open` waits for the threads of an earlier instance in this process to let go of fjall's own lock.
const OPEN_RETRIES: u32 = 50;

/// Sizes. Memory is about the cache plus twice `memtable_bytes` under load.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Block cache.
    pub cache_bytes: u64,
    /// Memtable of the keyspace of versions; the others get a quarter.
    pub memtable_bytes: u64,
    /// Threads that flush and compact; at least 1.
    pub worker_threads: usize,
    /// Journals may take this much before cold keyspaces are flushed; at least 64 MiB.
    pub journal_bytes_max: u64,
    /// Open tables.
    pub open_files_max: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            cache_bytes: 256 << 20,
            memtable_bytes: 64 << 20,
            worker_threads: 2,
            journal_bytes_max: 512 << 20,
            open_files_max: 900,
        }
    }
}

impl StoreOptions {
    /// For several cells in one process that together stay small.
    pub fn small() -> Self {
        StoreOptions {
            cache_bytes: 8 << 20,
            memtable_bytes: 8 << 20,
            worker_threads: 1,
            journal_bytes_max: 64 << 20,
            open_files_max: 100,
        }
    }
}

/// The product's state store.
pub struct FjallStore {
    // Dropped in this order: keyspaces and database before the directory's lock.
    keyspaces: [fjall::Keyspace; 5],
    database: Option<Database>,
    poisoned: Mutex<Option<String>>,
    directory: Directory,
    torn_bytes: u64,
}

fn name(keyspace: Keyspace) -> &'static str {
    match keyspace {
        Keyspace::Versions => "versions",
        Keyspace::Locks => "locks",
        Keyspace::Markers => "markers",
        Keyspace::Local => "local",
        Keyspace::Store => "store",
    }
}

fn store_error(e: fjall::Error) -> StoreError {
    let text = e.to_string();
    match e {
        fjall::Error::Io(_) | fjall::Error::Storage(lsm_tree::Error::Io(_)) => StoreError::Io(text),
        fjall::Error::Poisoned => StoreError::Poisoned(text),
        fjall::Error::Locked | fjall::Error::InvalidVersion(_) => StoreError::Refused(text),
        _ => StoreError::Corrupt(text),
    }
}

fn read_error(keyspace: Keyspace, e: fjall::Error) -> StoreError {
    match store_error(e) {
        StoreError::Corrupt(text) => StoreError::Corrupt(format!("keyspace {}: {text}", name(keyspace))),
        other => other,
    }
}

fn bytes(slice: Slice) -> Bytes {
    if slice.len() <= COPY_BYTES_MAX { Bytes::copy_from_slice(&slice) } else { Bytes::from_owner(slice) }
}

fn bounds<'a>(start: &'a [u8], end: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    (Bound::Included(start), if end.is_empty() { Bound::Unbounded } else { Bound::Excluded(end) })
}

/// Whether no key can lie in `[start, end)`; lsm-tree panics on a range that runs backwards.
fn is_empty_range(start: &[u8], end: &[u8]) -> bool {
    !end.is_empty() && start >= end
}

fn pair(keyspace: Keyspace, guard: fjall::Guard) -> Result<Pair, StoreError> {
    let (key, value) = guard.into_inner().map_err(|e| read_error(keyspace, e))?;
    Ok((bytes(key), bytes(value)))
}

fn boxed<'a>(
    keyspace: Keyspace,
    iter: fjall::Iter,
    reverse: bool,
) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
    if reverse {
        Box::new(iter.rev().map(move |g| pair(keyspace, g)))
    } else {
        Box::new(iter.map(move |g| pair(keyspace, g)))
    }
}

impl FjallStore {
    /// Opens the store in `dir`, made if it is missing. After an unclean stop the newest journal is first cut after its
    /// last whole batch.
    ///
    /// # Errors
    /// `Refused` names the process that holds it, or the other format. `Corrupt`: rebuild the cell from its peers.
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<FjallStore, StoreError> {
        let directory = Directory::open(dir, "state", STATE_FORMAT)?;
        let data = directory.data();
        let mut torn_bytes = 0;
        if !directory.was_clean() {
            torn_bytes = journal::cut_torn_tail(&data)?;
            if torn_bytes > 0 {
                tracing::warn!(dir = %dir.display(), torn_bytes, "cut the torn tail of the state journal");
            }
        }
        let database = Self::open_database(&data, options)?;
        let open = |keyspace: Keyspace| {
            let memtable = if keyspace == Keyspace::Versions {
                options.memtable_bytes
            } else {
                options.memtable_bytes / 4
            };
            let create = || {
                let options =
                    KeyspaceCreateOptions::default().manual_journal_persist(true).max_memtable_size(memtable);
                // A version is found by a range read, which no bloom filter helps.
                if keyspace == Keyspace::Versions {
                    options.filter_policy(FilterPolicy::disabled())
                } else {
                    options
                }
            };
            database.keyspace(name(keyspace), create).map_err(store_error)
        };
        let [versions, locks, markers, local, store] = Keyspace::ALL.map(open);
        let keyspaces = [versions?, locks?, markers?, local?, store?];
        Ok(FjallStore {
            keyspaces,
            database: Some(database),
            poisoned: Mutex::new(None),
            directory,
            torn_bytes,
        })
    }

    fn open_database(data: &Path, options: &StoreOptions) -> Result<Database, StoreError> {
        let mut tries = 0;
        loop {
            let opened = Database::builder(data)
                .cache_size(options.cache_bytes)
                .worker_threads(options.worker_threads.max(1))
                .max_cached_files(Some(options.open_files_max))
                .max_journaling_size(options.journal_bytes_max.max(64 << 20))
                .manual_journal_persist(true)
                .open();
            match opened {
                // The directory's own lock is ours, so this can only be an earlier instance of this process, going.
                Err(fjall::Error::Locked) if tries < OPEN_RETRIES => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                other => return other.map_err(store_error),
            }
        }
    }

    /// Bytes that were cut from the journal when it was opened.
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    fn database(&self) -> &Database {
        self.database.as_ref().expect("it is taken only by drop")
    }
    fn keyspace(&self, keyspace: Keyspace) -> &fjall::Keyspace {
        &self.keyspaces[keyspace as usize]
    }
    fn check(&self) -> Result<(), StoreError> {
        self.poisoned.lock().as_ref().map_or(Ok(()), |why| Err(StoreError::Poisoned(why.clone())))
    }
    fn poison(&self, e: StoreError) -> StoreError {
        self.poisoned.lock().get_or_insert_with(|| e.to_string());
        e
    }
}

impl StateReader for FjallStore {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.check()?;
        let found = self.keyspace(keyspace).get(key).map_err(|e| read_error(keyspace, e))?;
        Ok(found.map(bytes))
    }
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
        if let Err(e) = self.check() {
            return Box::new(std::iter::once(Err(e)));
        }
        if is_empty_range(start, end) {
            return Box::new(std::iter::empty());
        }
        boxed(keyspace, self.keyspace(keyspace).range::<&[u8], _>(bounds(start, end)), reverse)
    }
    fn first(&self, keyspace: Keyspace, start: &[u8], end: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.check()?;
        if is_empty_range(start, end) {
            return Ok(None);
        }
        let guard = self.keyspace(keyspace).range::<&[u8], _>(bounds(start, end)).next();
        guard.map(|g| pair(keyspace, g)).transpose()
    }
}

impl StateStore for FjallStore {
    fn snapshot(&self) -> Box<dyn StateReader> {
        Box::new(FjallSnapshot { snapshot: self.database().snapshot(), keyspaces: self.keyspaces.clone() })
    }
    fn write(&self, batches: &[&WriteBatch]) -> Result<(), StoreError> {
        self.check()?;
        let mut batch = self.database().batch().durability(None);
        for write in batches.iter().flat_map(|b| b.iter()) {
            let write = write.map_err(|e| self.poison(StoreError::Corrupt(format!("write batch: {e}"))))?;
            let keyspace = self.keyspace(write.keyspace);
            match write.value {
                Some(value) => batch.insert(keyspace, write.key, value),
                None => batch.remove(keyspace, write.key),
            }
        }
        batch.commit().map_err(|e| self.poison(store_error(e)))
    }
    fn persist(&self) -> Result<(), StoreError> {
        self.check()?;
        self.database().persist(PersistMode::SyncAll).map_err(|e| self.poison(store_error(e)))
    }
    fn used_bytes(&self) -> u64 {
        self.database().disk_space().unwrap_or(0)
    }
}

impl Drop for FjallStore {
    fn drop(&mut self) {
        let clean = self.persist();
        self.database = None;
        if let Err(e) = clean.and_then(|()| self.directory.mark_clean()) {
            tracing::warn!(error = %e, "state store was not closed cleanly");
        }
    }
}

struct FjallSnapshot {
    snapshot: fjall::Snapshot,
    keyspaces: [fjall::Keyspace; 5],
}

impl StateReader for FjallSnapshot {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let found = self.snapshot.get(&self.keyspaces[keyspace as usize], key);
        Ok(found.map_err(|e| read_error(keyspace, e))?.map(bytes))
    }
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
        if is_empty_range(start, end) {
            return Box::new(std::iter::empty());
        }
        boxed(
            keyspace,
            self.snapshot.range::<&[u8], _>(&self.keyspaces[keyspace as usize], bounds(start, end)),
            reverse,
        )
    }
}

#[cfg(test)]
pub(crate) mod tests;
