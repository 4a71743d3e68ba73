//! The lock table of one range: who holds which key, and who waits for it, in order.
//!
//! ```text
//! key -> holder?   a transaction; unreplicated locks exist only here, intents are put here when someone meets them
//!        queue     requests by sequence number (of arrival in the range); the lowest active one is next
//! ```
//! A request that has waited keeps its place until it has the lock or gives up. While it runs (or waits for its turn) it
//! is *active*: those behind it stay behind. While it waits at another key it is not, so that places alone never close
//! a circle: all waiting goes to holders of locks, or to requests that run.
//!
//! Plain reads wait for intents only and have no turn: all of them go when the intent is gone or above them.

use crate::mvcc::{Conflict, Holder};
use kv::{
    Key, KvError, Span, Timestamp, TxnId, TxnStatus, error::Message, mvcc::LockStrength, reply::TxnReply,
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// Requests that wait at the locks of one range at most.
pub const WAITERS_MAX: usize = 10_000;
/// Unreplicated locks of one range at most; more are not remembered, for a refresh proves the reads anyway.
pub const UNREPLICATED_MAX: usize = 100_000;
/// Finished transactions that are remembered, so that their other intents need no question.
const FINISHED_MAX: usize = 1_024;

/// What a request wants of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// To read at a timestamp (uncertainty limit included), without a lock.
    Read(Timestamp),
    /// To write or lock.
    Write,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Of arrival in the range; kept over retries.
    pub sequence: u64,
    pub txn: Option<TxnId>,
}

/// What a waiter finds when it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Try again now.
    Go,
    /// A lock is held. `generation` changes with each holder.
    Held { holder: Holder, generation: u64 },
    /// The lock is free and another request is next.
    Behind { generation: u64 },
}

struct Waiter {
    asker: Asker,
    want: Want,
    active: bool,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct Entry {
    holder: Option<Holder>,
    generation: u64,
    queue: BTreeMap<u64, Waiter>,
}

impl Entry {
    fn blocks(&self, asker: Asker, want: Want) -> Option<Turn> {
        if let Some(holder) = &self.holder
            && Some(holder.txn_id) != asker.txn
        {
            let held = match want {
                Want::Write => true,
                Want::Read(at) => holder.strength == LockStrength::Intent && holder.timestamp <= at,
            };
            if held {
                return Some(Turn::Held { holder: holder.clone(), generation: self.generation });
            }
        }
        // The holder itself never waits for those who wait for it.
        if want == Want::Write
            && !(self.holder.is_some() && self.holder.as_ref().map(|h| h.txn_id) == asker.txn)
        {
            let before = self.queue.range(..asker.sequence).find(|(_, w)| w.active && w.want == Want::Write);
            if before.is_some_and(|(_, w)| w.asker.txn.is_none() || w.asker.txn != asker.txn) {
                return Some(Turn::Behind { generation: self.generation });
            }
        }
        None
    }
    /// Wakes all reads and the first request that may have its turn.
    fn wake(&self) {
        let mut first = true;
        for waiter in self.queue.values() {
            match waiter.want {
                Want::Read(_) => waiter.wake.notify_one(),
                Want::Write if first && waiter.active => {
                    first = false;
                    waiter.wake.notify_one();
                }
                Want::Write => {}
            }
        }
    }
    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.holder.as_ref().is_none_or(|h| h.replicated)
    }
}

#[derive(Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    unreplicated: usize,
    waiters: usize,
    finished: BTreeMap<TxnId, TxnReply>,
    finished_order: VecDeque<TxnId>,
}

impl State {
    fn set_holder(&mut self, key: &Key, holder: Option<Holder>) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let was = entry.holder.as_ref().is_some_and(|h| !h.replicated);
        let is = holder.as_ref().is_some_and(|h| !h.replicated);
        if entry.holder.as_ref().map(|h| h.txn_id) != holder.as_ref().map(|h| h.txn_id) {
            entry.generation += 1;
        }
        entry.holder = holder;
        self.unreplicated = self.unreplicated + usize::from(is) - usize::from(was);
    }
    fn remove_if_idle(&mut self, key: &Key) {
        if self.entries.get(key).is_some_and(Entry::is_idle) {
            self.set_holder(key, None);
            self.entries.remove(key);
        }
    }
}

/// The lock table of one range.
#[derive(Default)]
pub struct LockTable {
    state: Mutex<State>,
    /// Entries, readable without the mutex: most ranges have none.
    len: AtomicUsize,
}

/// A place in the queue of one key; dropping it lets the next one go.
pub struct Place {
    table: Arc<LockTable>,
    key: Key,
    asker: Asker,
    wake: Arc<Notify>,
}

impl LockTable {
    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock();
        let out = f(&mut state);
        self.len.store(state.entries.len(), Ordering::Release);
        out
    }
    /// What is in the way of `asker` at `key`, as far as this table knows; the store may know more.
    pub fn conflict(&self, key: &Key, asker: Asker, want: Want) -> Option<Conflict> {
        if self.len.load(Ordering::Acquire) == 0 {
            return None;
        }
        let state = self.state.lock();
        match state.entries.get(key)?.blocks(asker, want)? {
            Turn::Go => None,
            Turn::Held { holder, .. } => Some(Conflict { key: key.clone(), holder: Some(holder) }),
            Turn::Behind { .. } => Some(Conflict { key: key.clone(), holder: None }),
        }
    }
    /// Takes a place in the queue of the conflict's key, and notes the holder that was met there.
    ///
    /// # Errors
    /// `Overloaded` at [`WAITERS_MAX`].
    pub fn enqueue(
        self: &Arc<Self>,
        conflict: &Conflict,
        asker: Asker,
        want: Want,
    ) -> Result<Place, KvError> {
        let wake = Arc::new(Notify::new());
        self.with(|state| {
            if state.waiters >= WAITERS_MAX {
                let text = format!("{WAITERS_MAX} requests wait for locks of this range");
                return Err(KvError::Overloaded(Message::new(text)));
            }
            let entry = state.entries.entry(conflict.key.clone()).or_default();
            let waiter = Waiter { asker, want, active: true, wake: wake.clone() };
            if entry.queue.insert(asker.sequence, waiter).is_none() {
                state.waiters += 1;
            }
            if let Some(holder) = &conflict.holder {
                state.set_holder(&conflict.key, Some(holder.clone()));
            }
            Ok(())
        })?;
        Ok(Place { table: self.clone(), key: conflict.key.clone(), asker, wake })
    }
    /// A request has locked `key`, or (`replicated`) laid an intent there. Intents without a queue are not noted: the
    /// store knows them.
    pub fn acquired(&self, key: &Key, holder: Holder) {
        if holder.replicated && self.len.load(Ordering::Acquire) == 0 {
            return;
        }
        self.with(|state| {
            match state.entries.get(key) {
                // An unreplicated lock never hides the intent of the same transaction.
                Some(e)
                    if !holder.replicated && e.holder.as_ref().is_some_and(|h| h.txn_id == holder.txn_id) =>
                {
                    return;
                }
                Some(_) => {}
                None if holder.replicated || state.unreplicated >= UNREPLICATED_MAX => return,
                None => {
                    state.entries.insert(key.clone(), Entry::default());
                }
            }
            state.set_holder(key, Some(holder));
            state.remove_if_idle(key);
        });
    }
    /// The transaction's lock on `key` has ended.
    pub fn release(&self, key: &Key, txn: TxnId) {
        if self.len.load(Ordering::Acquire) != 0 {
            self.with(|state| Self::release_in(state, key, txn));
        }
    }
    /// All locks of the transaction in `span` have ended.
    pub fn release_span(&self, span: &Span, txn: TxnId) {
        if self.len.load(Ordering::Acquire) == 0 {
            return;
        }
        if span.is_point() {
            return self.release(&span.start, txn);
        }
        if span.start >= span.end {
            return;
        }
        self.with(|state| {
            let keys: Vec<Key> = state
                .entries
                .range(span.start.clone()..span.end.clone())
                .filter(|(_, e)| e.holder.as_ref().is_some_and(|h| h.txn_id == txn))
                .map(|(k, _)| k.clone())
                .collect();
            for key in keys {
                Self::release_in(state, &key, txn);
            }
        });
    }
    fn release_in(state: &mut State, key: &Key, txn: TxnId) {
        if state.entries.get(key).is_some_and(|e| e.holder.as_ref().is_some_and(|h| h.txn_id == txn)) {
            state.set_holder(key, None);
            if let Some(entry) = state.entries.get(key) {
                entry.wake();
            }
            state.remove_if_idle(key);
        }
    }
    /// The transaction's intent on `key` has moved up to `at`: reads below it may pass.
    pub fn moved(&self, key: &Key, txn: TxnId, at: Timestamp) {
        if self.len.load(Ordering::Acquire) == 0 {
            return;
        }
        self.with(|state| {
            if let Some(entry) = state.entries.get_mut(key)
                && let Some(holder) = entry.holder.as_mut().filter(|h| h.txn_id == txn)
            {
                holder.timestamp.forward(at);
                entry.wake();
            }
        });
    }
    /// Remembers that a transaction is over.
    pub fn note_finished(&self, txn: TxnId, record: &TxnReply) {
        if !matches!(record.txn_status(), TxnStatus::Committed | TxnStatus::Aborted) {
            return;
        }
        self.with(|state| {
            if state.finished.insert(txn, record.clone()).is_none() {
                state.finished_order.push_back(txn);
            }
            if state.finished_order.len() > FINISHED_MAX
                && let Some(oldest) = state.finished_order.pop_front()
            {
                state.finished.remove(&oldest);
            }
        });
    }
    /// How a transaction ended, if that is remembered.
    pub fn finished(&self, txn: TxnId) -> Option<TxnReply> {
        self.state.lock().finished.get(&txn).cloned()
    }
    /// Forgets all holders and lets all waiters try again: the lease is over.
    pub fn clear(&self) {
        self.with(|state| {
            let keys: Vec<Key> = state.entries.keys().cloned().collect();
            for key in keys {
                state.set_holder(&key, None);
                if let Some(entry) = state.entries.get(&key) {
                    entry.queue.values().for_each(|w| w.wake.notify_one());
                }
                state.remove_if_idle(&key);
            }
        });
    }
    /// Moves the locks from `key` on to another table; who waits for them here tries again.
    pub fn split_off(&self, key: &Key, right: &LockTable) {
        let moved = self.with(|state| {
            let moved = state.entries.split_off(key);
            for entry in moved.values() {
                state.waiters -= entry.queue.len();
                state.unreplicated -= usize::from(entry.holder.as_ref().is_some_and(|h| !h.replicated));
            }
            moved
        });
        right.with(|state| {
            for (key, entry) in moved {
                entry.queue.values().for_each(|w| w.wake.notify_one());
                if entry.holder.as_ref().is_some_and(|h| !h.replicated) {
                    state.entries.insert(key.clone(), Entry::default());
                    state.set_holder(&key, entry.holder);
                }
            }
        });
    }
    /// Keys with a lock or a queue.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Requests that wait, or run and keep their place.
    pub fn waiters(&self) -> usize {
        self.state.lock().waiters
    }
}

impl std::fmt::Display for LockTable {
    /// One line for each key, for tests and diagnosis: no key's columns are shown unless they are text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state.lock();
        for (key, entry) in &state.entries {
            write!(f, "{}", String::from_utf8_lossy(key))?;
            match &entry.holder {
                None => write!(f, " free")?,
                Some(h) => {
                    let kind = if h.replicated { "intent" } else { "lock" };
                    write!(f, " {kind} of {}", h.txn_id)?;
                }
            }
            for (sequence, w) in &entry.queue {
                let want = if w.want == Want::Write { 'w' } else { 'r' };
                write!(f, " {want}{sequence}{}", if w.active { "" } else { "-" })?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Place {
    pub fn key(&self) -> &Key {
        &self.key
    }
    /// What this request finds now.
    pub fn look(&self) -> Turn {
        let state = self.table.state.lock();
        let Some(entry) = state.entries.get(&self.key) else { return Turn::Go };
        let Some(waiter) = entry.queue.get(&self.asker.sequence) else { return Turn::Go };
        entry.blocks(self.asker, waiter.want).unwrap_or(Turn::Go)
    }
    /// Whether this is the first that waits: it asks for the holder's fate on behalf of all.
    pub fn is_first(&self) -> bool {
        let state = self.table.state.lock();
        let Some(entry) = state.entries.get(&self.key) else { return true };
        entry.queue.iter().find(|(_, w)| w.active).is_none_or(|(s, _)| *s == self.asker.sequence)
    }
    /// Waits until something changed at the key.
    pub async fn changed(&self) {
        self.wake.notified().await;
    }
    /// Lets those behind pass while this request waits elsewhere (`false`), or takes the place again.
    pub fn set_active(&self, active: bool) {
        self.table.with(|state| {
            let Some(entry) = state.entries.get_mut(&self.key) else { return };
            if let Some(waiter) = entry.queue.get_mut(&self.asker.sequence) {
                waiter.active = active;
            }
            if !active {
                entry.wake();
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.with(|state| {
            let Some(entry) = state.entries.get_mut(&self.key) else { return };
            if entry.queue.get(&self.asker.sequence).is_some_and(|w| Arc::ptr_eq(&w.wake, &self.wake)) {
                entry.queue.remove(&self.asker.sequence);
                if entry.holder.is_none() {
                    entry.wake();
                }
                state.waiters -= 1;
            }
            state.remove_if_idle(&self.key);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn holder(n: u8, replicated: bool) -> Holder {
        Holder {
            txn_id: TxnId([n; 16]),
            start_ts: Timestamp::new(1, 0),
            timestamp: Timestamp::new(10, 0),
            strength: if replicated { LockStrength::Intent } else { LockStrength::Exclusive },
            replicated,
        }
    }
    fn asker(sequence: u64, n: u8) -> Asker {
        Asker { sequence, txn: Some(TxnId([n; 16])) }
    }
    fn key() -> Key {
        Key::from_static(b"k")
    }
    fn wait(table: &Arc<LockTable>, asker: Asker) -> Place {
        let conflict = table.conflict(&key(), asker, Want::Write).expect("locked");
        table.enqueue(&conflict, asker, Want::Write).unwrap()
    }

    #[test]
    fn those_who_wait_are_served_in_the_order_of_arrival() {
        let table = Arc::new(LockTable::default());
        table.acquired(&key(), holder(1, false));
        let (third, second) = (wait(&table, asker(3, 3)), wait(&table, asker(2, 2)));
        assert!(second.is_first() && !third.is_first());
        table.release(&key(), TxnId([1; 16]));
        assert_eq!(second.look(), Turn::Go);
        assert!(matches!(third.look(), Turn::Behind { .. }));
        assert!(matches!(
            table.conflict(&key(), asker(9, 9), Want::Write),
            Some(Conflict { holder: None, .. })
        ));
        table.acquired(&key(), holder(2, true));
        drop(second);
        assert!(matches!(third.look(), Turn::Held { holder, .. } if holder.txn_id == TxnId([2; 16])));
        table.release(&key(), TxnId([2; 16]));
        assert!(third.changed().now_or_never().is_some());
        drop(third);
        assert!(table.is_empty());
        assert_eq!(table.waiters(), 0);
    }

    #[test]
    fn a_request_that_waits_elsewhere_lets_others_pass() {
        let table = Arc::new(LockTable::default());
        table.acquired(&key(), holder(1, false));
        let (second, third) = (wait(&table, asker(2, 2)), wait(&table, asker(3, 3)));
        table.release(&key(), TxnId([1; 16]));
        second.set_active(false);
        assert_eq!(third.look(), Turn::Go);
        assert!(third.changed().now_or_never().is_some());
    }

    #[test]
    fn a_read_waits_only_for_an_intent_at_or_below_it() {
        let table = Arc::new(LockTable::default());
        table.acquired(&key(), holder(1, false));
        let reader = asker(2, 2);
        assert!(table.conflict(&key(), reader, Want::Read(Timestamp::new(20, 0))).is_none());
        table.acquired(&key(), holder(1, true));
        // No queue: the table leaves it to the store again.
        assert!(table.is_empty());
        let conflict = Conflict { key: key(), holder: Some(holder(1, true)) };
        let place = table.enqueue(&conflict, reader, Want::Read(Timestamp::new(20, 0))).unwrap();
        assert!(matches!(place.look(), Turn::Held { .. }));
        table.moved(&key(), TxnId([1; 16]), Timestamp::new(21, 0));
        assert_eq!(place.look(), Turn::Go);
    }

    #[test]
    fn a_transaction_passes_its_own_lock_and_those_who_wait_for_it() {
        let table = Arc::new(LockTable::default());
        table.acquired(&key(), holder(1, false));
        let _second = wait(&table, asker(2, 2));
        assert!(table.conflict(&key(), asker(3, 1), Want::Write).is_none());
    }

    #[test]
    fn unreplicated_locks_are_bounded() {
        let table = Arc::new(LockTable::default());
        for n in 0..UNREPLICATED_MAX + 10 {
            table.acquired(&Key::from(n.to_be_bytes().to_vec()), holder(1, false));
        }
        assert_eq!(table.len(), UNREPLICATED_MAX);
        table.release_span(&Span::new(&[0u8][..], &[255u8][..]), TxnId([1; 16]));
        assert!(table.is_empty());
    }
}
