//! The log store in memory: changes are readable at once, durable after a simulated sync, and acknowledged then.

use crate::{
    log::bounds::LogBounds,
    seam::{LogChange, LogDone, LogEntry, LogStore, StoreError},
};
use bytes::Bytes;
use kv::RangeId;
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long the next sync takes.
pub type SyncDelay = Arc<dyn Fn() -> Duration + Send + Sync>;

#[derive(Clone, Default)]
struct Group {
    bounds: LogBounds,
    entries: BTreeMap<u64, Bytes>,
    values: BTreeMap<&'static str, Bytes>,
}

type Groups = BTreeMap<RangeId, Group>;

impl Group {
    /// The change was checked before.
    fn apply(&mut self, change: &LogChange) {
        self.bounds.apply(change).expect("the bounds were checked before");
        match change {
            LogChange::Append(entries) => {
                if let Some(first) = entries.first() {
                    self.entries.split_off(&first.index);
                }
                self.entries.extend(entries.iter().map(|e| (e.index, e.data.clone())));
            }
            LogChange::Put { name, value } => {
                self.values.insert(name, value.clone());
            }
            LogChange::Remove => *self = Group::default(),
            LogChange::TruncateAfter { .. } | LogChange::PurgeThrough { .. } => {}
        }
        match self.bounds.span {
            Some((first, last)) => self.entries.retain(|index, _| (first..=last).contains(index)),
            None => self.entries.clear(),
        }
    }
}

#[derive(Default)]
struct State {
    /// As of the newest submission.
    newest: Groups,
    /// As a crash would leave it.
    durable: Groups,
    /// Submitted and not yet durable, in order.
    unsynced: Vec<(RangeId, Vec<LogChange>)>,
    /// Submitted and not yet acknowledged, in order.
    waiting: Vec<(Result<(), StoreError>, LogDone)>,
    /// A task syncs.
    syncing: bool,
    /// Counts crashes: a task of an earlier life does nothing.
    life: u64,
    skip_sync: bool,
    poisoned: Option<String>,
    delay: Option<SyncDelay>,
}

/// A log store that loses on [`MemoryLog::crash`] what was not synced. Clones share the store. `submit` must be called
/// inside a tokio runtime.
#[derive(Clone, Default)]
pub struct MemoryLog {
    state: Arc<Mutex<State>>,
}

impl MemoryLog {
    /// How long each sync takes; without it, a sync is done as soon as the runtime gets to it.
    pub fn set_sync_delay(&self, delay: Option<SyncDelay>) {
        self.state.lock().delay = delay;
    }
    /// Planted fault: submissions are acknowledged without being made durable. When it ends, the next sync makes all of
    /// them durable.
    pub fn set_skip_sync(&self, skip: bool) {
        self.state.lock().skip_sync = skip;
    }
    /// Planted fault: every submission not yet acknowledged, and every later one, fails.
    pub fn poison(&self, why: &str) {
        self.state.lock().poisoned = Some(why.to_owned());
    }
    /// Power loss: forgets everything that was not synced; `done` of what was waiting is never called.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }
    /// Power loss after which the first `submissions` of the unsynced ones are there by luck.
    pub fn crash_keeping(&self, submissions: usize) {
        let mut state = self.state.lock();
        state.make_durable(submissions);
        let durable = state.durable.clone();
        let life = state.life + 1;
        let (delay, skip_sync) = (state.delay.take(), state.skip_sync);
        let waiting = std::mem::take(&mut state.waiting);
        *state = State { newest: durable.clone(), durable, life, delay, skip_sync, ..State::default() };
        drop(state);
        drop(waiting); // their owners may call back
    }
    /// How many submissions a crash would lose now.
    pub fn unsynced(&self) -> usize {
        self.state.lock().unsynced.len()
    }

    async fn sync(self, life: u64) {
        loop {
            let (delay, round) = {
                let state = self.state.lock();
                if state.life != life {
                    return;
                }
                // What is queued now is in this sync; what comes during it waits for the next.
                (state.delay.clone(), (state.unsynced.len(), state.waiting.len()))
            };
            match delay {
                Some(delay) => tokio::time::sleep(delay()).await,
                None => tokio::task::yield_now().await,
            }
            let (done, poisoned) = {
                let mut state = self.state.lock();
                if state.life != life {
                    return;
                }
                let poisoned = state.poisoned.clone();
                if poisoned.is_none() && !state.skip_sync {
                    state.make_durable(round.0);
                }
                let done: Vec<_> = state.waiting.drain(..round.1).collect();
                if state.waiting.is_empty() {
                    state.syncing = false;
                }
                (done, poisoned)
            };
            for (result, done) in done {
                done(poisoned.clone().map_or(result, |why| Err(StoreError::Poisoned(why))));
            }
            if !self.state.lock().syncing {
                return;
            }
        }
    }
}

impl State {
    fn make_durable(&mut self, count: usize) {
        for (group, changes) in self.unsynced.drain(..count.min(self.unsynced.len())) {
            let state = self.durable.entry(group).or_default();
            changes.iter().for_each(|c| state.apply(c));
        }
    }
}

impl LogStore for MemoryLog {
    fn submit(&self, group: RangeId, changes: Vec<LogChange>, done: LogDone) {
        let mut state = self.state.lock();
        let newest = state.newest.entry(group).or_default();
        let result = newest.bounds.apply_all(&changes).map(|_| ());
        if result.is_ok() {
            changes.iter().for_each(|c| newest.apply(c));
            state.unsynced.push((group, changes));
        }
        state.waiting.push((result, done));
        if !std::mem::replace(&mut state.syncing, true) {
            tokio::spawn(self.clone().sync(state.life));
        }
    }
    fn read(
        &self,
        group: RangeId,
        start: u64,
        end: u64,
        bytes_max: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let state = self.state.lock();
        let Some(group) = state.newest.get(&group) else { return Ok(Vec::new()) };
        if start >= end {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        let mut bytes = 0;
        for (index, data) in group.entries.range(start..end) {
            bytes += data.len();
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push(LogEntry { index: *index, data: data.clone() });
        }
        Ok(entries)
    }
    fn first_index(&self, group: RangeId) -> Option<u64> {
        self.state.lock().newest.get(&group)?.bounds.first()
    }
    fn last_index(&self, group: RangeId) -> Option<u64> {
        self.state.lock().newest.get(&group)?.bounds.last()
    }
    fn get(&self, group: RangeId, name: &'static str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.state.lock().newest.get(&group).and_then(|g| g.values.get(name).cloned()))
    }
    fn groups(&self) -> Vec<RangeId> {
        let state = self.state.lock();
        let in_use = |g: &Group| g.bounds != LogBounds::default() || !g.values.is_empty();
        state.newest.iter().filter(|(_, g)| in_use(g)).map(|(id, _)| *id).collect()
    }
    fn used_bytes(&self) -> u64 {
        let state = self.state.lock();
        state.newest.values().flat_map(|g| g.entries.values()).map(Bytes::len).sum::<usize>() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{self, entries, submit};

    const GROUP: RangeId = RangeId(1);

    #[tokio::test]
    async fn keeps_the_contract_of_a_log_store() {
        let log = MemoryLog::default();
        conformance::log_store(&mut |reopen| {
            if reopen == conformance::Reopen::PowerLoss {
                log.crash();
            }
            Box::new(log.clone())
        })
        .await;
    }

    #[tokio::test]
    async fn a_crash_before_the_sync_loses_and_never_acknowledges() {
        let log = MemoryLog::default();
        log.set_sync_delay(Some(Arc::new(|| Duration::from_millis(5))));
        submit(&log, GROUP, vec![LogChange::Append(entries(1..3, 1))]).await.unwrap().unwrap();
        let lost = submit(&log, GROUP, vec![LogChange::Append(entries(3..5, 1))]);
        assert_eq!(log.last_index(GROUP), Some(4));
        log.crash();
        assert_eq!(log.last_index(GROUP), Some(2));
        assert!(lost.await.is_err(), "the waiter sees its callback dropped");
        submit(&log, GROUP, vec![LogChange::Append(entries(3..4, 2))]).await.unwrap().unwrap();
        assert_eq!(log.last_index(GROUP), Some(3));
    }

    #[tokio::test]
    async fn a_skipped_sync_acknowledges_and_loses() {
        let log = MemoryLog::default();
        log.set_skip_sync(true);
        submit(&log, GROUP, vec![LogChange::Append(entries(1..3, 1))]).await.unwrap().unwrap();
        assert_eq!(log.unsynced(), 1);
        log.crash();
        assert_eq!(log.last_index(GROUP), None);
        submit(&log, GROUP, vec![LogChange::Append(entries(1..3, 1))]).await.unwrap().unwrap();
        log.set_skip_sync(false);
        submit(&log, GROUP, vec![LogChange::Append(entries(3..4, 1))]).await.unwrap().unwrap();
        log.crash();
        assert_eq!(log.last_index(GROUP), Some(3));
    }

    #[tokio::test]
    async fn a_poisoned_log_fails_every_waiter() {
        let log = MemoryLog::default();
        let first = submit(&log, GROUP, vec![LogChange::Append(entries(1..3, 1))]);
        log.poison("disk gone");
        for waiter in [first, submit(&log, GROUP, vec![])] {
            assert!(matches!(waiter.await.unwrap(), Err(StoreError::Poisoned(_))));
        }
    }
}
