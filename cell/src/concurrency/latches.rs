//! Latches: the spans that requests read and write now. One request waits for the conflicting ones before it, in order.
//!
//! ```text
//! read  | read    together
//! read  | write   wait
//! write | write   wait
//! ```
//! A set of latches takes its place among all others at once, so there is no deadlock: waiting goes to earlier ones only.
//! It is held from before evaluation until the fate of the proposal is known.

use kv::{Key, Span};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Notify;

/// What a request does to a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    Read,
    Write,
}

/// One latched interval, `[start, end)`.
#[derive(Clone, Debug)]
struct Latch {
    start: Key,
    /// Empty: the single key `start`.
    end: Key,
    access: Access,
}

impl Latch {
    fn overlaps(&self, other: &Latch) -> bool {
        match (self.end.is_empty(), other.end.is_empty()) {
            (true, true) => self.start == other.start,
            (true, false) => other.start <= self.start && self.start < other.end,
            (false, true) => self.start <= other.start && other.start < self.end,
            (false, false) => self.start < other.end && other.start < self.end,
        }
    }
    /// Whether this one ends at or before `key` begins.
    fn ends_before(&self, key: &Key) -> bool {
        if self.end.is_empty() { self.start < *key } else { self.end <= *key }
    }
}

struct Held {
    latches: Arc<[Latch]>,
    writes: bool,
    /// Conflicting sets before this one that are still there.
    waits_for: usize,
    /// Later sets that wait for this one.
    dependents: Vec<u64>,
    wake: Option<Arc<Notify>>,
}

#[derive(Default)]
struct State {
    next_id: u64,
    held: BTreeMap<u64, Held>,
}

/// The latches of one range.
#[derive(Default)]
pub struct Latches {
    state: Mutex<State>,
}

/// A set of latches; dropping it lets the next ones go.
pub struct LatchGuard {
    latches: Arc<Latches>,
    id: u64,
}

/// Conflicts between two sets, each sorted by start.
fn conflicts(a: &[Latch], b: &[Latch]) -> bool {
    let (Some(a_first), Some(b_first)) = (a.first(), b.first()) else { return false };
    if a.len() == 1 && b.len() == 1 {
        return (a_first.access == Access::Write || b_first.access == Access::Write)
            && a_first.overlaps(b_first);
    }
    // Walk the shorter against the part of the longer where it can overlap.
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    for one in few {
        // Spans of one set may nest, so only the starts are in order: stop at the first that starts behind `one`.
        for other in many {
            if one.ends_before(&other.start) {
                break;
            }
            if (one.access == Access::Write || other.access == Access::Write) && one.overlaps(other) {
                return true;
            }
        }
    }
    false
}

impl Latches {
    /// Takes a place for `spans` and waits for the conflicting ones before. Cancelling gives the place back.
    pub async fn acquire(self: &Arc<Self>, spans: impl IntoIterator<Item = (Span, Access)>) -> LatchGuard {
        let (guard, wake) = self.enter(spans);
        if let Some(wake) = wake {
            // One permit is stored, so a wake-up before this await is not lost.
            wake.notified().await;
        }
        guard
    }
    fn enter(
        self: &Arc<Self>,
        spans: impl IntoIterator<Item = (Span, Access)>,
    ) -> (LatchGuard, Option<Arc<Notify>>) {
        let mut latches: Vec<Latch> =
            spans.into_iter().map(|(s, access)| Latch { start: s.start, end: s.end, access }).collect();
        if latches.len() > 1 {
            latches.sort_unstable_by(|a, b| a.start.cmp(&b.start));
        }
        let latches: Arc<[Latch]> = latches.into();
        let writes = latches.iter().any(|l| l.access == Access::Write);
        let mut state = self.state.lock();
        let id = state.next_id;
        state.next_id += 1;
        let mut waits_for = 0;
        for held in state.held.values_mut() {
            if (writes || held.writes) && conflicts(&latches, &held.latches) {
                held.dependents.push(id);
                waits_for += 1;
            }
        }
        let wake = (waits_for > 0).then(|| Arc::new(Notify::new()));
        state
            .held
            .insert(id, Held { latches, writes, waits_for, dependents: Vec::new(), wake: wake.clone() });
        (LatchGuard { latches: self.clone(), id }, wake)
    }
    /// Sets held or waited for.
    pub fn len(&self) -> usize {
        self.state.lock().held.len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for LatchGuard {
    fn drop(&mut self) {
        let mut state = self.latches.state.lock();
        let Some(gone) = state.held.remove(&self.id) else { return };
        for id in gone.dependents {
            if let Some(held) = state.held.get_mut(&id) {
                held.waits_for -= 1;
                if held.waits_for == 0
                    && let Some(wake) = &held.wake
                {
                    wake.notify_one();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn point(k: &'static str, access: Access) -> Vec<(Span, Access)> {
        vec![(Span::point(k), access)]
    }

    #[tokio::test]
    async fn reads_go_together_and_a_write_waits_for_both() {
        let latches = Arc::new(Latches::default());
        let first = latches.acquire(point("k", Access::Read)).await;
        let second = latches.acquire(vec![(Span::new("a", "z"), Access::Read)]).await;
        let mut write = Box::pin(latches.acquire(point("k", Access::Write)));
        assert!((&mut write).now_or_never().is_none());
        drop(first);
        assert!((&mut write).now_or_never().is_none());
        drop(second);
        assert!(write.now_or_never().is_some());
        assert!(latches.is_empty());
    }

    #[tokio::test]
    async fn a_later_read_does_not_overtake_a_waiting_write() {
        let latches = Arc::new(Latches::default());
        let first = latches.acquire(point("k", Access::Read)).await;
        let mut write = Box::pin(latches.acquire(point("k", Access::Write)));
        assert!((&mut write).now_or_never().is_none());
        let mut read = Box::pin(latches.acquire(point("k", Access::Read)));
        assert!((&mut read).now_or_never().is_none());
        drop(first);
        let write = write.now_or_never().expect("first in line");
        assert!((&mut read).now_or_never().is_none());
        drop(write);
        assert!(read.now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_cancelled_waiter_lets_those_behind_it_go() {
        let latches = Arc::new(Latches::default());
        let _first = latches.acquire(point("k", Access::Read)).await;
        let mut write = Box::pin(latches.acquire(point("k", Access::Write)));
        assert!((&mut write).now_or_never().is_none());
        let mut read = Box::pin(latches.acquire(point("k", Access::Read)));
        assert!((&mut read).now_or_never().is_none());
        drop(write);
        assert!(read.now_or_never().is_some());
    }

    #[tokio::test]
    async fn disjoint_sets_do_not_meet() {
        let latches = Arc::new(Latches::default());
        let _a = latches
            .acquire(vec![(Span::point("a"), Access::Write), (Span::new("c", "e"), Access::Write)])
            .await;
        assert!(latches.acquire(point("b", Access::Write)).now_or_never().is_some());
        assert!(latches.acquire(point("e", Access::Write)).now_or_never().is_some());
        assert!(latches.acquire(point("d", Access::Read)).now_or_never().is_none());
    }
}
