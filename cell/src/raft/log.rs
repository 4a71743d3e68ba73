//! A group's log and vote over the cell's log store, with the newest entries in memory.
//!
//! Invariant: everything of one group goes through `LogStore::submit` in the order in which openraft asked, so that a
//! vote and an append are never reordered. An append is readable when it returns and reports later that it is synced;
//! vote, truncation and purge return when they are synced.
//! Invariant: nothing is purged above the durable index of the state, for the log is what a lost state is rebuilt from.

use super::{Entry, LogId, Types, Vote, codec};
use crate::seam::{LogChange, LogEntry, LogStore, StateStore, StoreError};
use kv::RangeId;
use openraft::{
    LogState, OptionalSend, RaftLogReader,
    entry::RaftEntry,
    storage::{IOFlushed, RaftLogStorage},
};
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    fmt::Debug,
    io,
    ops::{Bound, RangeBounds},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Names of a group's small values in the log store.
pub const VOTE: &str = "vote";
pub const PURGED: &str = "purged";
pub const DURABLE: &str = "durable";

/// Entries kept in memory for replication and apply.
const RECENT_ENTRIES_MAX: usize = 512;
/// Bytes of them (the newest entry always stays).
const RECENT_BYTES_MAX: usize = 2 << 20;
/// Bytes of one answer to `limited_get_log_entries`, and of one read of the store.
const READ_BYTES_MAX: usize = 1 << 20;

pub fn io_error(e: StoreError) -> io::Error {
    io::Error::other(e)
}
fn corrupt(e: codec::CodecError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, e)
}

fn entry_bytes(e: &Entry) -> usize {
    64 + match &e.payload {
        openraft::EntryPayload::Normal(d) => d.0.len(),
        _ => 0,
    }
}

/// The newest entries, without a gap.
#[derive(Default)]
struct Recent {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Recent {
    fn first(&self) -> Option<u64> {
        self.entries.front().map(RaftEntry::index)
    }
    /// Forgets entries above `last`.
    fn truncate_after(&mut self, last: u64) {
        while self.entries.back().is_some_and(|e| e.index() > last) {
            let gone = self.entries.pop_back().expect("just seen");
            self.bytes -= entry_bytes(&gone);
        }
    }
    fn push(&mut self, e: Entry) {
        self.truncate_after(e.index().saturating_sub(1));
        if self.entries.back().is_some_and(|last| last.index() + 1 != e.index()) {
            self.entries.clear();
            self.bytes = 0;
        }
        self.bytes += entry_bytes(&e);
        self.entries.push_back(e);
        while self.entries.len() > RECENT_ENTRIES_MAX
            || (self.bytes > RECENT_BYTES_MAX && self.entries.len() > 1)
        {
            let gone = self.entries.pop_front().expect("not empty");
            self.bytes -= entry_bytes(&gone);
        }
    }
    /// Entries of `[start, end)` if none of those that exist is missing here.
    fn get(&self, start: u64, end: u64, bytes_max: usize) -> Option<Vec<Entry>> {
        let first = self.first()?;
        if start < first {
            return None;
        }
        let skip = usize::try_from(start - first).ok()?;
        let mut out = Vec::new();
        let mut bytes = 0;
        for e in self.entries.iter().skip(skip).take_while(|e| e.index() < end) {
            bytes += entry_bytes(e);
            if bytes > bytes_max && !out.is_empty() {
                break;
            }
            out.push(e.clone());
        }
        Some(out)
    }
}

struct Shared {
    recent: Mutex<Recent>,
    vote: Mutex<Option<Vote>>,
    purged: Mutex<Option<LogId>>,
    /// Applied index up to which the state is known to be on the disk.
    durable_index: AtomicU64,
}

/// The log of one group. Clones share everything.
#[derive(Clone)]
pub struct GroupLog {
    group: RangeId,
    store: Arc<dyn LogStore>,
    state: Arc<dyn StateStore>,
    shared: Arc<Shared>,
}

impl GroupLog {
    /// Loads vote and purged log id.
    ///
    /// # Errors
    /// The log store is corrupt.
    pub fn open(
        group: RangeId,
        store: Arc<dyn LogStore>,
        state: Arc<dyn StateStore>,
    ) -> Result<GroupLog, StoreError> {
        let bad = |e: codec::CodecError| StoreError::Corrupt(format!("log of range {group}: {e}"));
        let vote = store.get(group, VOTE)?.map(|b| codec::decode_vote(&b)).transpose().map_err(bad)?;
        let purged = store.get(group, PURGED)?.map(|b| codec::decode_log_id(&b)).transpose().map_err(bad)?;
        let durable =
            store.get(group, DURABLE)?.map(|b| codec::decode_log_id(&b)).transpose().map_err(bad)?;
        let shared = Shared {
            recent: Mutex::default(),
            vote: Mutex::new(vote),
            purged: Mutex::new(purged),
            durable_index: AtomicU64::new(durable.map_or(0, |d| d.index)),
        };
        Ok(GroupLog { group, store, state, shared: Arc::new(shared) })
    }
    pub fn vote(&self) -> Option<Vote> {
        *self.shared.vote.lock()
    }
    pub fn purged(&self) -> Option<LogId> {
        *self.shared.purged.lock()
    }
    pub fn durable_index(&self) -> u64 {
        self.shared.durable_index.load(Ordering::Acquire)
    }
    /// The log id of the last entry, or of the purged one if there is none.
    ///
    /// # Errors
    /// The log store is corrupt.
    pub fn last(&self) -> io::Result<Option<LogId>> {
        if let Some(e) = self.shared.recent.lock().entries.back() {
            return Ok(Some(e.log_id()));
        }
        let purged = self.purged();
        let Some(index) = self.store.last_index(self.group) else { return Ok(purged) };
        if purged.is_some_and(|p| p.index >= index) {
            return Ok(purged);
        }
        Ok(self.read(index, index + 1, READ_BYTES_MAX)?.last().map(RaftEntry::log_id).or(purged))
    }
    /// Writes changes and waits until they are synced.
    ///
    /// # Errors
    /// The log store failed; the cell must stop.
    pub async fn write(&self, changes: Vec<LogChange>) -> io::Result<()> {
        write_synced(&self.store, self.group, changes).await.map_err(io_error)
    }
    /// Records that the state is durable up to `applied` and allows purges up to there.
    ///
    /// # Errors
    /// The log store failed; the cell must stop.
    pub async fn record_durable(&self, applied: LogId) -> io::Result<()> {
        self.write(vec![LogChange::Put { name: DURABLE, value: codec::encode_log_id(&applied) }]).await?;
        self.shared.durable_index.fetch_max(applied.index, Ordering::AcqRel);
        Ok(())
    }
    /// Writes what a group starts from, if it has not been written: never lowers a vote, never touches a log.
    ///
    /// # Errors
    /// The log store failed; the cell must stop.
    pub async fn seed(&self, vote: Vote, purged: LogId) -> io::Result<()> {
        let mut changes = Vec::new();
        if self.vote().is_none_or(|v| v < vote) {
            changes.push(LogChange::Put { name: VOTE, value: codec::encode_vote(&vote) });
        }
        if self.purged().is_none() && self.store.last_index(self.group).is_none() {
            changes.push(LogChange::Put { name: PURGED, value: codec::encode_log_id(&purged) });
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.write(changes.clone()).await?;
        for change in changes {
            match change {
                LogChange::Put { name: VOTE, .. } => *self.shared.vote.lock() = Some(vote),
                _ => *self.shared.purged.lock() = Some(purged),
            }
        }
        Ok(())
    }

    fn read(&self, start: u64, end: u64, bytes_max: usize) -> io::Result<Vec<Entry>> {
        if start >= end {
            return Ok(Vec::new());
        }
        if let Some(found) = self.shared.recent.lock().get(start, end, bytes_max) {
            return Ok(found);
        }
        let found = self.store.read(self.group, start, end, bytes_max).map_err(io_error)?;
        let entries = found.iter().map(|e| decode(self.group, e)).collect::<io::Result<Vec<_>>>()?;
        Ok(entries)
    }
    /// All entries of `[start, end)` that exist.
    fn read_all(&self, mut start: u64, end: u64) -> io::Result<Vec<Entry>> {
        let mut out = Vec::new();
        while start < end {
            let part = self.read(start, end, READ_BYTES_MAX)?;
            let Some(last) = part.last() else { break };
            start = last.index() + 1;
            out.extend(part);
        }
        Ok(out)
    }
}

fn decode(group: RangeId, e: &LogEntry) -> io::Result<Entry> {
    let entry = codec::decode_entry(&e.data).map_err(corrupt)?;
    if entry.index() != e.index {
        let why = format!("log of range {group}: entry {} lies at index {}", entry.index(), e.index);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(entry)
}

/// Submits changes and waits until they are synced.
///
/// # Errors
/// The log store failed; the cell must stop.
pub async fn write_synced(
    store: &Arc<dyn LogStore>,
    group: RangeId,
    changes: Vec<LogChange>,
) -> Result<(), StoreError> {
    let (tx, rx) = tokio::sync::oneshot::channel();
    store.submit(group, changes, Box::new(move |result| drop(tx.send(result))));
    rx.await.unwrap_or_else(|_| Err(StoreError::Io("the log writer has stopped".to_owned())))
}

impl RaftLogReader<Types> for GroupLog {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> io::Result<Vec<Entry>> {
        let start = match range.start_bound() {
            Bound::Included(s) => *s,
            Bound::Excluded(s) => s + 1,
            Bound::Unbounded => self.store.first_index(self.group).unwrap_or(0),
        };
        let end = match range.end_bound() {
            Bound::Included(e) => e.saturating_add(1),
            Bound::Excluded(e) => *e,
            Bound::Unbounded => u64::MAX,
        };
        self.read_all(start, end)
    }
    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.vote())
    }
    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        self.read(start, end, READ_BYTES_MAX)
    }
}

impl RaftLogStorage<Types> for GroupLog {
    type LogReader = GroupLog;

    async fn get_log_state(&mut self) -> io::Result<LogState<Types>> {
        Ok(LogState { last_purged_log_id: self.purged(), last_log_id: self.last()? })
    }
    async fn get_log_reader(&mut self) -> GroupLog {
        self.clone()
    }
    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        self.write(vec![LogChange::Put { name: VOTE, value: codec::encode_vote(vote) }]).await?;
        *self.shared.vote.lock() = Some(*vote);
        Ok(())
    }
    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut changed = Vec::new();
        {
            let mut recent = self.shared.recent.lock();
            for e in entries {
                changed.push(LogEntry { index: e.index(), data: codec::encode_entry(&e) });
                recent.push(e);
            }
        }
        let done =
            Box::new(move |result: Result<(), StoreError>| callback.io_completed(result.map_err(io_error)));
        self.store.submit(self.group, vec![LogChange::Append(changed)], done);
        Ok(())
    }
    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let last = last.map_or(0, |l| l.index);
        self.shared.recent.lock().truncate_after(last);
        self.write(vec![LogChange::TruncateAfter { last }]).await
    }
    async fn purge(&mut self, through: LogId) -> io::Result<()> {
        if through.index > self.durable_index() {
            // Only at a start whose log ends below the applied state: make that state durable first.
            self.state.persist().map_err(io_error)?;
            self.record_durable(through).await?;
        }
        self.write(vec![
            LogChange::Put { name: PURGED, value: codec::encode_log_id(&through) },
            LogChange::PurgeThrough { through: through.index },
        ])
        .await?;
        *self.shared.purged.lock() = Some(through);
        Ok(())
    }
}
