//! Evaluations in flight, so that a closed timestamp stays below all of them.
//!
//! ```text
//!      closed so far <= target <  every write timestamp in flight
//!                       a new evaluation is moved above target
//! ```
//! Invariant: once `closed_target` has returned `t`, no evaluation that is in flight or begins later writes at or below `t`.

use kv::Timestamp;
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Default)]
struct State {
    /// The greatest target ever given out.
    closed: Timestamp,
    /// Write timestamps in flight, and how many evaluations have each.
    in_flight: BTreeMap<Timestamp, usize>,
}

/// The tracker of one range.
#[derive(Default)]
pub struct Tracker {
    state: Mutex<State>,
}

/// One evaluation; it ends when this is dropped (after its proposal has its place in the log's order).
pub struct Tracked {
    tracker: Arc<Tracker>,
    at: Timestamp,
}

impl Tracker {
    /// Begins an evaluation that will write at `at` or above: above the closed timestamp if that is higher.
    pub fn begin(self: &Arc<Self>, at: Timestamp) -> Tracked {
        let mut state = self.state.lock();
        let at = at.max(state.closed.next());
        *state.in_flight.entry(at).or_default() += 1;
        Tracked { tracker: self.clone(), at }
    }
    /// The highest timestamp up to `wanted` that may be closed now, and closes it for later evaluations. Never goes back.
    pub fn closed_target(&self, wanted: Timestamp) -> Timestamp {
        let mut state = self.state.lock();
        let below = state.in_flight.keys().next().map_or(wanted, |first| wanted.min(first.prev()));
        state.closed.forward(below);
        state.closed
    }
    /// The greatest timestamp closed so far.
    pub fn closed(&self) -> Timestamp {
        self.state.lock().closed
    }
}

impl Tracked {
    /// Where the evaluation writes at least.
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let mut state = self.tracker.state.lock();
        if let Some(count) = state.in_flight.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                state.in_flight.remove(&self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(n: u64) -> Timestamp {
        Timestamp::new(n, 0)
    }

    #[test]
    fn closed_stays_below_what_is_in_flight_and_moves_what_comes_later() {
        let tracker = Arc::new(Tracker::default());
        let first = tracker.begin(t(10));
        assert_eq!(tracker.closed_target(t(20)), t(10).prev());
        drop(first);
        assert_eq!(tracker.closed_target(t(20)), t(20));
        assert_eq!(tracker.begin(t(15)).timestamp(), t(20).next());
    }

    #[test]
    fn closed_never_goes_back() {
        let tracker = Arc::new(Tracker::default());
        assert_eq!(tracker.closed_target(t(20)), t(20));
        let _late = tracker.begin(t(5));
        assert_eq!(tracker.closed_target(t(6)), t(20));
    }
}
