//! Logs and votes of all groups of a cell in one raft-engine: one writer thread, one sync for many groups.
//!
//! ```text
//! submit --> group in memory (readable at once) --> queue --> writer thread: one LogBatch of all that is queued,
//!                                                             one sync, then every `done`
//! ```
//! Each group keeps its newest entries in memory: those that are not synced always, those that are up to a bound over
//! all groups, since openraft reads an entry again to send and to apply it.
//!
//! raft-engine has no command that forgets a tail, so a group that was truncated carries its last valid index as a
//! value until the next append overwrites. It may also bring back purged entries after a restart; the purged index is
//! therefore a value too.
//!
//! At most one batch is ever unsynced, and it is the last: raft-engine checks it whole when it opens and cuts it if it is
//! torn (it checks the entries of earlier batches only when they are read). Anything else that does not read back is
//! corruption. What an earlier process wrote and did not sync is synced before the log is opened, so that this holds
//! over `kill -9` too.

pub(crate) mod bounds;
mod group;
mod writer;

use crate::{
    seam::{LogChange, LogDone, LogEntry, LogStore, StoreError},
    store::directory::Directory,
};
use bytes::Bytes;
use group::Group;
use kv::RangeId;
use parking_lot::{Condvar, Mutex, RwLock};
use raft_engine::{Config, Engine, MessageExt, ReadableSize, RecoveryMode};
use raft_proto::eraftpb::Entry;
use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use writer::Item;

/// Format of the directory, of the entries and of the values' names.
pub const LOG_FORMAT: u32 = 1;
/// `submit` waits while this much is queued.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Files that hold nothing of use are looked for after this time.
const PURGE_INTERVAL: Duration = Duration::from_secs(10);

/// Sizes, and the switch that a test turns to show that losing syncs loses rows.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Newest entries kept in memory over all groups (those not synced come on top).
    pub cache_bytes: usize,
    /// A log file is closed at this size.
    pub file_bytes: u64,
    /// What cold groups pin is rewritten above this size.
    pub purge_bytes: u64,
    /// Reuse files instead of deleting them: faster syncs, more disk.
    pub recycle_files: bool,
    /// Sync each write. Off only in the test of power loss.
    #[doc(hidden)]
    pub sync: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        LogOptions {
            cache_bytes: 64 << 20,
            file_bytes: 64 << 20,
            purge_bytes: 1 << 30,
            recycle_files: true,
            sync: true,
        }
    }
}

impl LogOptions {
    /// For several cells in one process that together stay small.
    pub fn small() -> Self {
        LogOptions {
            cache_bytes: 4 << 20,
            file_bytes: 16 << 20,
            purge_bytes: 64 << 20,
            recycle_files: false,
            ..LogOptions::default()
        }
    }
}

/// raft-engine's entries: ours are opaque bytes at an index.
#[derive(Clone)]
struct Message;
impl MessageExt for Message {
    type Entry = Entry;
    fn index(e: &Entry) -> u64 {
        e.index
    }
}

fn log_error(e: raft_engine::Error) -> StoreError {
    use raft_engine::Error as E;
    let text = format!("log: {e}");
    match e {
        E::Corruption(_) | E::Codec(_) | E::Protobuf(_) | E::EntryCompacted | E::EntryNotFound => {
            StoreError::Corrupt(text)
        }
        _ => StoreError::Io(text),
    }
}

#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    closing: bool,
}

struct Inner {
    engine: Engine,
    options: LogOptions,
    groups: RwLock<BTreeMap<RangeId, Arc<Mutex<Group>>>>,
    queue: Mutex<Queue>,
    /// Something is queued, or the log closes.
    filled: Condvar,
    /// The queue was drained.
    drained: Condvar,
    /// Wakes the purging thread when the log closes.
    purge: (Mutex<bool>, Condvar),
    poisoned: Mutex<Option<String>>,
    next_submission: AtomicU64,
    cached_bytes: AtomicUsize,
}

/// The product's log store.
pub struct RaftEngineLog {
    inner: Arc<Inner>,
    threads: Vec<JoinHandle<()>>,
    directory: Directory,
}

impl RaftEngineLog {
    /// Opens the log in `dir`, made if it is missing. A tail torn by power loss is cut.
    ///
    /// # Errors
    /// `Refused` names the process that holds it, or the other format. `Corrupt`: damage below what was synced last.
    pub fn open(dir: &Path, options: LogOptions) -> Result<RaftEngineLog, StoreError> {
        let directory = Directory::open(dir, "log", LOG_FORMAT)?;
        let Some(data) = directory.data().to_str().map(str::to_owned) else {
            return Err(StoreError::Refused(format!("{}: the path is not UTF-8", dir.display())));
        };
        let config = Config {
            dir: data,
            recovery_mode: RecoveryMode::TolerateTailCorruption,
            recovery_threads: 2,
            batch_compression_threshold: ReadableSize(0), // none: entries are small, and the sync costs more
            target_file_size: ReadableSize(options.file_bytes),
            purge_threshold: ReadableSize(options.purge_bytes.max(options.file_bytes)),
            enable_log_recycle: options.recycle_files,
            ..Config::default()
        };
        if !directory.was_clean() {
            sync_files(&directory.data())?;
        }
        let engine = Engine::open(config).map_err(log_error)?;
        let mut groups = BTreeMap::new();
        for id in engine.raft_groups() {
            let group = Group::recover(&engine, id)?;
            if !group.is_empty() {
                groups.insert(RangeId(id), Arc::new(Mutex::new(group)));
            }
        }
        let inner = Arc::new(Inner {
            engine,
            options,
            groups: RwLock::new(groups),
            queue: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            purge: (Mutex::new(false), Condvar::new()),
            poisoned: Mutex::new(None),
            next_submission: AtomicU64::new(1),
            cached_bytes: AtomicUsize::new(0),
        });
        let spawn = |name: &str, run: fn(&Inner)| {
            let inner = inner.clone();
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&inner));
            thread.map_err(|e| StoreError::Io(format!("cannot start thread {name}: {e}")))
        };
        let threads = vec![spawn("log-writer", writer::run)?, spawn("log-purge", purge)?];
        Ok(RaftEngineLog { inner, threads, directory })
    }

    /// Bytes of entries in memory; for metrics.
    pub fn cached_bytes(&self) -> usize {
        self.inner.cached_bytes.load(Ordering::Relaxed)
    }
}

/// What an earlier process wrote and did not sync is read back from the kernel's memory: it must be on the disk before
/// anything is built on it.
fn sync_files(data: &Path) -> Result<(), StoreError> {
    let failed =
        |e: std::io::Error| StoreError::Io(format!("cannot sync the files of {}: {e}", data.display()));
    for entry in std::fs::read_dir(data).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            std::fs::File::open(&path).and_then(|f| f.sync_all()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Looks now and then for files that hold nothing of use.
fn purge(inner: &Inner) {
    loop {
        {
            let mut closing = inner.purge.0.lock();
            if !*closing {
                inner.purge.1.wait_for(&mut closing, PURGE_INTERVAL);
            }
            if *closing {
                return;
            }
        }
        if let Err(e) = inner.engine.purge_expired_files() {
            tracing::warn!(error = %e, "cannot purge old log files");
        }
    }
}

impl Inner {
    fn group(&self, id: RangeId) -> Option<Arc<Mutex<Group>>> {
        self.groups.read().get(&id).cloned()
    }
    fn group_or_new(&self, id: RangeId) -> Arc<Mutex<Group>> {
        self.group(id).unwrap_or_else(|| self.groups.write().entry(id).or_default().clone())
    }
    fn push(&self, item: Item) {
        let mut queue = self.queue.lock();
        queue.bytes += item.bytes;
        queue.items.push_back(item);
        self.filled.notify_one();
    }
}

impl LogStore for RaftEngineLog {
    fn submit(&self, group: RangeId, changes: Vec<LogChange>, done: LogDone) {
        let inner = &*self.inner;
        {
            // Waits without the group's lock, which the writer needs.
            let mut queue = inner.queue.lock();
            while queue.bytes > QUEUE_BYTES_MAX {
                inner.drained.wait(&mut queue);
            }
        }
        let submission = inner.next_submission.fetch_add(1, Ordering::Relaxed);
        let handle = inner.group_or_new(group);
        let mut state = handle.lock(); // held until the item is queued: keeps the order of the group's changes
        let (operations, result) = match state.change(changes, submission, &inner.cached_bytes) {
            Ok(operations) => (operations, Ok(())),
            Err(e) => (Vec::new(), Err(e)),
        };
        inner.push(Item::new(group, submission, operations, result, done));
    }

    fn read(
        &self,
        group: RangeId,
        start: u64,
        end: u64,
        bytes_max: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let Some(state) = self.inner.group(group) else { return Ok(Vec::new()) };
        let state = state.lock();
        let Some((first, last)) = state.bounds.span else { return Ok(Vec::new()) };
        let (start, end) = (start.max(first), end.min(last + 1));
        if start >= end {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        let mut bytes = 0;
        let cached_from = state.cached_from().unwrap_or(last + 1);
        if start < cached_from {
            let stop = end.min(cached_from);
            let mut stored: Vec<Entry> = Vec::new();
            let fetched = self.inner.engine.fetch_entries_to::<Message>(
                group.0,
                start,
                stop,
                Some(bytes_max),
                &mut stored,
            );
            let at = |e: StoreError| match e {
                StoreError::Corrupt(text) => {
                    StoreError::Corrupt(format!("{group}, entries {start} to {stop}: {text}"))
                }
                other => other,
            };
            fetched.map_err(log_error).map_err(at)?;
            for (entry, index) in stored.into_iter().zip(start..) {
                if entry.index != index {
                    let text = format!("log of {group}: entry {} where {index} should be", entry.index);
                    return Err(StoreError::Corrupt(text));
                }
                bytes += entry.data.len();
                entries.push(LogEntry { index, data: entry.data });
            }
            if (entries.len() as u64) < stop - start {
                return Ok(entries); // bytes_max is reached
            }
        }
        for entry in state.cached(start.max(cached_from), end) {
            bytes += entry.data.len();
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push(entry.clone());
        }
        Ok(entries)
    }

    fn first_index(&self, group: RangeId) -> Option<u64> {
        self.inner.group(group)?.lock().bounds.first()
    }
    fn last_index(&self, group: RangeId) -> Option<u64> {
        self.inner.group(group)?.lock().bounds.last()
    }
    fn get(&self, group: RangeId, name: &'static str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.inner.group(group).and_then(|g| g.lock().values.get(name).cloned()))
    }
    fn groups(&self) -> Vec<RangeId> {
        let groups = self.inner.groups.read();
        groups.iter().filter(|(_, g)| !g.lock().is_empty()).map(|(id, _)| *id).collect()
    }
    fn used_bytes(&self) -> u64 {
        self.inner.engine.get_used_size() as u64
    }
}

impl Drop for RaftEngineLog {
    /// Writes what is queued, then stops.
    fn drop(&mut self) {
        self.inner.queue.lock().closing = true;
        self.inner.filled.notify_all();
        *self.inner.purge.0.lock() = true;
        self.inner.purge.1.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the log ended by a panic");
                return;
            }
        }
        if self.inner.options.sync
            && self.inner.poisoned.lock().is_none()
            && let Err(e) = self.directory.mark_clean()
        {
            tracing::warn!(error = %e, "the log was not closed cleanly");
        }
    }
}

#[cfg(test)]
mod tests;
