//! The state store in memory: every key keeps the versions that a snapshot or a crash may still ask for.

use crate::seam::{Pair, StateReader, StateStore, StoreError};
use bytes::Bytes;
use kv::command::{Keyspace, WriteBatch};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

/// Rows that an iterator fetches at a time.
const FETCH_ROWS: usize = 32;

/// Versions of one key, oldest first: the write's number, and the value unless it was deleted.
type Versions = Vec<(u64, Option<Bytes>)>;

#[derive(Default)]
struct State {
    keyspaces: [BTreeMap<Bytes, Versions>; 5],
    /// Number of the newest write.
    written: u64,
    /// Number of the newest durable write.
    durable: u64,
    /// Open snapshots: number of the write they see, and how many.
    pins: BTreeMap<u64, usize>,
    /// Keys with versions that nobody may need any more.
    untidy: BTreeSet<(Keyspace, Bytes)>,
    skip_sync: bool,
    poisoned: Option<String>,
}

/// A state store that loses on [`MemoryStore::crash`] what was not persisted. Clones share the store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// Power loss: forgets every write since the last `persist`. All snapshots must be gone.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }
    /// Power loss after which the first `writes` of the unpersisted writes are there by luck.
    pub fn crash_keeping(&self, writes: u64) {
        let mut state = self.state.lock();
        let keep = state.written.min(state.durable.saturating_add(writes));
        for keyspace in &mut state.keyspaces {
            keyspace.retain(|_, versions| {
                while versions.last().is_some_and(|(number, _)| *number > keep) {
                    versions.pop();
                }
                !versions.is_empty()
            });
        }
        state.written = keep;
        state.durable = keep;
        state.pins.clear();
        state.poisoned = None;
    }
    /// How many writes a crash would lose now.
    pub fn unpersisted(&self) -> u64 {
        let state = self.state.lock();
        state.written - state.durable
    }
    /// Planted fault: `persist` says yes and makes nothing durable.
    pub fn set_skip_sync(&self, skip: bool) {
        self.state.lock().skip_sync = skip;
    }
    /// Planted fault: every later write and persist fails.
    pub fn poison(&self, why: &str) {
        self.state.lock().poisoned = Some(why.to_owned());
    }
}

impl State {
    fn check(&self) -> Result<(), StoreError> {
        self.poisoned.as_ref().map_or(Ok(()), |why| Err(StoreError::Poisoned(why.clone())))
    }
    fn seen(versions: &Versions, at: u64) -> Option<&Bytes> {
        versions.iter().rev().find(|(number, _)| *number <= at)?.1.as_ref()
    }
    /// Drops versions below the one that the oldest snapshot and a crash would see.
    fn tidy(&mut self) {
        let floor = self.pins.keys().next().copied().unwrap_or(u64::MAX).min(self.durable);
        let mut untidy = std::mem::take(&mut self.untidy);
        untidy.retain(|(keyspace, key)| {
            let map = &mut self.keyspaces[*keyspace as usize];
            let Some(versions) = map.get_mut(key) else { return false };
            if let Some(seen) = versions.iter().rposition(|(number, _)| *number <= floor) {
                versions.drain(..seen);
                if versions[0].1.is_none() && versions[0].0 <= floor {
                    versions.remove(0);
                }
            }
            if versions.is_empty() {
                map.remove(key);
                return false;
            }
            versions.len() > 1 || versions[0].1.is_none()
        });
        self.untidy = untidy;
    }
    fn fetch(
        &self,
        keyspace: Keyspace,
        range: (Bound<Bytes>, Bound<Bytes>),
        reverse: bool,
        at: u64,
    ) -> Vec<Pair> {
        let rows = self.keyspaces[keyspace as usize].range(range);
        let see =
            |(key, versions): (&Bytes, &Versions)| Some((key.clone(), State::seen(versions, at)?.clone()));
        if reverse {
            rows.rev().filter_map(see).take(FETCH_ROWS).collect()
        } else {
            rows.filter_map(see).take(FETCH_ROWS).collect()
        }
    }
}

impl StateReader for MemoryStore {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let state = self.state.lock();
        let versions = state.keyspaces[keyspace as usize].get(key);
        Ok(versions.and_then(|v| State::seen(v, state.written)).cloned())
    }
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
        Box::new(Rows::new(MemorySnapshot::new(&self.state), keyspace, start, end, reverse).map(Ok))
    }
}

impl StateStore for MemoryStore {
    fn snapshot(&self) -> Box<dyn StateReader> {
        Box::new(MemorySnapshot::new(&self.state))
    }
    fn write(&self, batches: &[&WriteBatch]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        state.check()?;
        let writes: Result<Vec<_>, _> = batches.iter().flat_map(|b| b.iter()).collect();
        let writes = match writes {
            Ok(writes) => writes,
            Err(e) => {
                state.poisoned = Some(e.to_string());
                return Err(StoreError::Corrupt(format!("write batch: {e}")));
            }
        };
        let number = state.written + 1;
        state.written = number;
        for write in writes {
            let key = Bytes::copy_from_slice(write.key);
            let value = write.value.map(Bytes::copy_from_slice);
            let versions = state.keyspaces[write.keyspace as usize].entry(key.clone()).or_default();
            match versions.last_mut() {
                Some(last) if last.0 == number => last.1 = value, // written twice in one batch
                _ => versions.push((number, value)),
            }
            if versions.len() > 1 || versions[0].1.is_none() {
                state.untidy.insert((write.keyspace, key));
            }
        }
        Ok(())
    }
    fn persist(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        state.check()?;
        if !state.skip_sync {
            state.durable = state.written;
            state.tidy();
        }
        Ok(())
    }
    fn used_bytes(&self) -> u64 {
        let state = self.state.lock();
        let row = |(key, versions): (&Bytes, &Versions)| {
            key.len() + versions.iter().map(|(_, v)| v.as_ref().map_or(0, Bytes::len)).sum::<usize>()
        };
        state.keyspaces.iter().flatten().map(row).sum::<usize>() as u64
    }
}

struct MemorySnapshot {
    state: Arc<Mutex<State>>,
    at: u64,
}

impl MemorySnapshot {
    fn new(shared: &Arc<Mutex<State>>) -> MemorySnapshot {
        let mut state = shared.lock();
        let at = state.written;
        *state.pins.entry(at).or_default() += 1;
        drop(state);
        MemorySnapshot { state: shared.clone(), at }
    }
}

impl Drop for MemorySnapshot {
    fn drop(&mut self) {
        let mut state = self.state.lock();
        if let Some(count) = state.pins.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                state.pins.remove(&self.at);
            }
        }
    }
}

impl StateReader for MemorySnapshot {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let state = self.state.lock();
        Ok(state.keyspaces[keyspace as usize].get(key).and_then(|v| State::seen(v, self.at)).cloned())
    }
    fn range<'a>(
        &'a self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a> {
        Box::new(Rows::new(self, keyspace, start, end, reverse).map(Ok))
    }
}

/// Rows of a snapshot, fetched a few at a time so that no lock is held between them.
struct Rows<S> {
    snapshot: S,
    keyspace: Keyspace,
    range: (Bound<Bytes>, Bound<Bytes>),
    reverse: bool,
    fetched: std::vec::IntoIter<Pair>,
    done: bool,
}

impl<S: std::borrow::Borrow<MemorySnapshot>> Rows<S> {
    fn new(snapshot: S, keyspace: Keyspace, start: &[u8], end: &[u8], reverse: bool) -> Self {
        let start = Bytes::copy_from_slice(start);
        let end = Bytes::copy_from_slice(end);
        let done = !end.is_empty() && start >= end; // BTreeMap panics on a range that runs backwards
        let end = if end.is_empty() { Bound::Unbounded } else { Bound::Excluded(end) };
        Rows {
            snapshot,
            keyspace,
            range: (Bound::Included(start), end),
            reverse,
            fetched: Vec::new().into_iter(),
            done,
        }
    }
}

impl<S: std::borrow::Borrow<MemorySnapshot>> Iterator for Rows<S> {
    type Item = Pair;
    fn next(&mut self) -> Option<Pair> {
        if let Some(row) = self.fetched.next() {
            return Some(row);
        }
        if self.done {
            return None;
        }
        let snapshot = self.snapshot.borrow();
        let rows = snapshot.state.lock().fetch(self.keyspace, self.range.clone(), self.reverse, snapshot.at);
        self.done = rows.len() < FETCH_ROWS;
        if let Some((last, _)) = rows.last() {
            let past = Bound::Excluded(last.clone());
            if self.reverse {
                self.range.1 = past;
            } else {
                self.range.0 = past;
            }
            // `(Excluded(k), Excluded(k))` is a range that BTreeMap refuses.
            self.done |= matches!(&self.range, (Bound::Excluded(a), Bound::Excluded(b)) if a >= b);
        }
        self.fetched = rows.into_iter();
        self.fetched.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    fn put(key: &[u8], value: &[u8]) -> WriteBatch {
        let mut batch = WriteBatch::default();
        batch.put(Keyspace::Versions, key, value);
        batch
    }

    #[test]
    fn keeps_the_contract_of_a_state_store() {
        let store = MemoryStore::default();
        conformance::state_store(&mut |reopen| {
            if reopen == conformance::Reopen::PowerLoss {
                store.crash();
            }
            Box::new(store.clone())
        });
    }

    #[test]
    fn a_crash_keeps_what_was_persisted_and_a_prefix_of_the_rest() {
        let store = MemoryStore::default();
        store.write(&[&put(b"a", b"1")]).unwrap();
        store.persist().unwrap();
        store.write(&[&put(b"a", b"2")]).unwrap();
        store.write(&[&put(b"b", b"3")]).unwrap();
        assert_eq!(store.unpersisted(), 2);
        store.crash_keeping(1);
        assert_eq!(store.get(Keyspace::Versions, b"a").unwrap().unwrap(), "2");
        assert_eq!(store.get(Keyspace::Versions, b"b").unwrap(), None);
    }

    #[test]
    fn a_skipped_sync_says_yes_and_loses() {
        let store = MemoryStore::default();
        store.set_skip_sync(true);
        store.write(&[&put(b"a", b"1")]).unwrap();
        store.persist().unwrap();
        store.crash();
        assert_eq!(store.get(Keyspace::Versions, b"a").unwrap(), None);
    }

    #[test]
    fn versions_that_nobody_can_see_are_dropped() {
        let store = MemoryStore::default();
        for i in 0..100u8 {
            store.write(&[&put(b"a", &[i])]).unwrap();
        }
        let mut gone = WriteBatch::default();
        gone.put(Keyspace::Locks, b"l", b"x");
        gone.delete(Keyspace::Locks, b"l");
        store.write(&[&gone]).unwrap();
        let snapshot = store.snapshot();
        store.write(&[&put(b"a", b"new")]).unwrap();
        store.persist().unwrap();
        assert_eq!(snapshot.get(Keyspace::Versions, b"a").unwrap().unwrap(), [99u8].as_slice());
        drop(snapshot);
        store.persist().unwrap();
        let state = store.state.lock();
        assert_eq!(state.keyspaces[Keyspace::Versions as usize][b"a".as_slice()].len(), 1);
        assert!(state.keyspaces[Keyspace::Locks as usize].is_empty());
        assert!(state.untidy.is_empty());
    }
}
