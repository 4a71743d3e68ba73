//! One group's log in memory: its bounds, its values and its newest entries; turns changes into raft-engine's operations.

use super::{Message, bounds::LogBounds, log_error};
use crate::seam::{LogChange, LogEntry, StoreError};
use bytes::Bytes;
use raft_engine::{Command, Engine, LogBatch};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Named values lie under `v:NAME`; `__` is raft-engine's own prefix.
const VALUE_PREFIX: &[u8] = b"v:";
/// Entries above it were forgotten, though raft-engine still holds them (u64 little-endian).
const LAST_KEY: &[u8] = b"b:last";
/// Entries at or below it were forgotten (u64 little-endian).
const PURGED_KEY: &[u8] = b"b:purged";
/// What an entry takes in memory besides its bytes.
const ENTRY_OVERHEAD_BYTES: usize = 64;

/// What raft-engine is told.
pub(super) enum Operation {
    Append(Vec<LogEntry>),
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    /// Forgets entries below the index.
    Compact(u64),
    /// Forgets all.
    Clean,
}

impl Operation {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Operation::Append(entries) => entries.iter().map(entry_bytes).sum(),
            Operation::Put(key, value) => key.len() + value.len(),
            Operation::Delete(key) => key.len(),
            Operation::Compact(_) | Operation::Clean => 16,
        }
    }
    pub(super) fn add_to(self, batch: &mut LogBatch, group: u64) -> Result<(), StoreError> {
        match self {
            Operation::Append(entries) => {
                let entries: Vec<_> = entries
                    .into_iter()
                    .map(|e| raft_proto::eraftpb::Entry {
                        index: e.index,
                        data: e.data,
                        ..Default::default()
                    })
                    .collect();
                batch.add_entries::<Message>(group, &entries).map_err(log_error)?;
            }
            Operation::Put(key, value) => batch.put(group, key, value).map_err(log_error)?,
            Operation::Delete(key) => batch.delete(group, key),
            Operation::Compact(index) => batch.add_command(group, Command::Compact { index }),
            Operation::Clean => batch.add_command(group, Command::Clean),
        }
        Ok(())
    }
}

fn entry_bytes(e: &LogEntry) -> usize {
    e.data.len() + ENTRY_OVERHEAD_BYTES
}
fn value_key(name: &str) -> Vec<u8> {
    [VALUE_PREFIX, name.as_bytes()].concat()
}

struct Cached {
    entry: LogEntry,
    /// Which submission brought it: the writer may let go of it once that one is synced.
    submission: u64,
}

/// The state as of the newest submission.
#[derive(Default)]
pub(super) struct Group {
    pub(super) bounds: LogBounds,
    pub(super) values: BTreeMap<String, Bytes>,
    /// The newest entries, in a row, up to the last; whatever is not in it is synced.
    cache: VecDeque<Cached>,
    /// raft-engine holds entries above the last, and `LAST_KEY` says so.
    has_last_key: bool,
}

impl Group {
    pub(super) fn recover(engine: &Engine, id: u64) -> Result<Group, StoreError> {
        let mut group = Group::default();
        let number = |value: &[u8]| value.try_into().map(u64::from_le_bytes).ok();
        let (mut last_valid, mut damaged) = (None, false);
        let scanned = engine.scan_raw_messages(id, None, None, false, |key, value| {
            if key == LAST_KEY {
                last_valid = number(value);
                damaged |= last_valid.is_none();
            } else if key == PURGED_KEY {
                group.bounds.purged = number(value).unwrap_or_default();
            } else if let Some(name) = key.strip_prefix(VALUE_PREFIX) {
                match std::str::from_utf8(name) {
                    Ok(name) => {
                        group.values.insert(name.to_owned(), Bytes::copy_from_slice(value));
                    }
                    Err(_) => damaged = true,
                }
            }
            true
        });
        scanned.map_err(log_error)?;
        if damaged {
            return Err(StoreError::Corrupt(format!("log of r{id}: a value is malformed")));
        }
        group.has_last_key = last_valid.is_some();
        let stored = engine.first_index(id).zip(engine.last_index(id));
        let first = stored.map(|(first, _)| first.max(group.bounds.purged + 1));
        let last = stored.map(|(_, last)| last_valid.map_or(last, |valid| valid.min(last)));
        group.bounds.span = first.zip(last).filter(|(first, last)| first <= last);
        // Entries below the first came back with a restart; those of an empty log would stand in the way of an append.
        if let Some((stored_first, stored_last)) = stored {
            let keep_from = group.bounds.first().unwrap_or(stored_last + 1);
            if stored_first < keep_from {
                engine.compact_to(id, keep_from);
            }
        }
        Ok(group)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bounds == LogBounds::default() && self.values.is_empty()
    }
    /// The first index that is in memory.
    pub(super) fn cached_from(&self) -> Option<u64> {
        self.cache.front().map(|c| c.entry.index)
    }
    /// Entries in memory with `start <= index < end`; `start` is not below the first cached.
    pub(super) fn cached(&self, start: u64, end: u64) -> impl Iterator<Item = &LogEntry> {
        let from = self.cached_from().unwrap_or(start);
        let at = |index: u64| {
            usize::try_from(index.saturating_sub(from)).map_or(self.cache.len(), |i| i.min(self.cache.len()))
        };
        let (start, end) = (at(start), at(end));
        self.cache.range(start..end.max(start)).map(|c| &c.entry)
    }

    /// Applies all changes or none, and says what raft-engine must be told.
    pub(super) fn change(
        &mut self,
        changes: Vec<LogChange>,
        submission: u64,
        cached_bytes: &AtomicUsize,
    ) -> Result<Vec<Operation>, StoreError> {
        self.bounds.apply_all(&changes)?;
        let mut operations = Vec::with_capacity(changes.len());
        for change in changes {
            let before = self.bounds;
            self.bounds.apply(&change).expect("the same changes were tried above");
            match change {
                LogChange::Append(entries) => {
                    let Some(first) = entries.first().map(|e| e.index) else { continue };
                    if before.first().is_some_and(|f| first < f) {
                        self.clean_but_values(&mut operations);
                    }
                    if std::mem::take(&mut self.has_last_key) {
                        operations.push(Operation::Delete(LAST_KEY.to_vec()));
                    }
                    self.forget_cached_from(first, cached_bytes);
                    cached_bytes.fetch_add(entries.iter().map(entry_bytes).sum(), Ordering::Relaxed);
                    self.cache.extend(entries.iter().map(|e| Cached { entry: e.clone(), submission }));
                    operations.push(Operation::Append(entries));
                }
                LogChange::TruncateAfter { last } => {
                    self.forget_cached_from(last.saturating_add(1), cached_bytes);
                    match self.bounds.last() {
                        now if now == before.last() => {}
                        Some(last) => {
                            operations.push(Operation::Put(LAST_KEY.to_vec(), last.to_le_bytes().to_vec()));
                            self.has_last_key = true;
                        }
                        None => self.clean_but_values(&mut operations),
                    }
                }
                LogChange::PurgeThrough { .. } => {
                    let purged = self.bounds.purged;
                    while self.cached_from().is_some_and(|index| index <= purged) {
                        self.forget_oldest(cached_bytes);
                    }
                    if self.bounds.span.is_none() && self.has_last_key {
                        self.clean_but_values(&mut operations); // entries above the last would come back
                    } else {
                        operations.push(Operation::Put(PURGED_KEY.to_vec(), purged.to_le_bytes().to_vec()));
                        operations.push(Operation::Compact(purged + 1));
                    }
                }
                LogChange::Put { name, value } => {
                    operations.push(Operation::Put(value_key(name), value.to_vec()));
                    match self.values.get_mut(name) {
                        Some(old) => *old = value,
                        None => {
                            self.values.insert(name.to_owned(), value);
                        }
                    }
                }
                LogChange::Remove => {
                    self.forget_cached_from(0, cached_bytes);
                    self.values.clear();
                    self.has_last_key = false;
                    operations.push(Operation::Clean);
                }
            }
        }
        Ok(operations)
    }

    /// Forgets all entries in raft-engine; the values are put again, in the same atomic batch.
    fn clean_but_values(&mut self, operations: &mut Vec<Operation>) {
        self.has_last_key = false;
        operations.push(Operation::Clean);
        let purged = self.bounds.purged;
        if purged > 0 {
            operations.push(Operation::Put(PURGED_KEY.to_vec(), purged.to_le_bytes().to_vec()));
        }
        operations
            .extend(self.values.iter().map(|(name, value)| Operation::Put(value_key(name), value.to_vec())));
    }

    fn forget_cached_from(&mut self, index: u64, cached_bytes: &AtomicUsize) {
        while self.cache.back().is_some_and(|c| c.entry.index >= index) {
            let gone = self.cache.pop_back().expect("there is a last one");
            cached_bytes.fetch_sub(entry_bytes(&gone.entry), Ordering::Relaxed);
        }
    }
    fn forget_oldest(&mut self, cached_bytes: &AtomicUsize) {
        if let Some(gone) = self.cache.pop_front() {
            cached_bytes.fetch_sub(entry_bytes(&gone.entry), Ordering::Relaxed);
        }
    }
    /// Lets go of the oldest entries as long as they are of `submission`, which is synced.
    pub(super) fn forget_synced(&mut self, submission: u64, cached_bytes: &AtomicUsize) {
        while self.cache.front().is_some_and(|c| c.submission == submission) {
            self.forget_oldest(cached_bytes);
        }
    }
}
