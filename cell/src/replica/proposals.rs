//! Proposals whose fate is not known yet, by (lease sequence, lease index).
//!
//! The fate of a proposal is known only when apply passes its place: it is applied, or it is dropped, or a later lease or
//! a later lease index has been applied, so that it would be dropped if it came. Lost leadership says nothing.

use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::sync::oneshot;

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Applied,
    /// Never applied and never will be.
    Dropped,
}

/// A command's place in the order of its range.
pub type Place = (u64, u64);

/// Bytes of one range's proposals in flight at which new ones are refused.
pub const IN_FLIGHT_BYTES_MAX: usize = 64 << 20;
/// Proposals of one range in flight at which new ones are refused.
pub const IN_FLIGHT_MAX: usize = 4_096;

#[derive(Default)]
pub struct Proposals {
    waiting: Mutex<BTreeMap<Place, oneshot::Sender<Fate>>>,
    bytes: AtomicUsize,
    count: AtomicUsize,
}

/// Counts a proposal as in flight until it is dropped.
pub struct InFlight<'a> {
    of: &'a Proposals,
    bytes: usize,
}
impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.of.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.of.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Proposals {
    /// Whether no more should be begun.
    pub fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= IN_FLIGHT_BYTES_MAX
            || self.count.load(Ordering::Relaxed) >= IN_FLIGHT_MAX
    }
    pub fn in_flight(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
    pub fn begin(&self, bytes: usize) -> InFlight<'_> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
        InFlight { of: self, bytes }
    }
    /// Waits for the fate of `place`, which must not have been handed to the log yet.
    pub fn wait(&self, place: Place) -> oneshot::Receiver<Fate> {
        let (tx, rx) = oneshot::channel();
        self.waiting.lock().insert(place, tx);
        rx
    }
    /// `place` was certainly not handed to the log.
    pub fn forget(&self, place: Place) {
        self.waiting.lock().remove(&place);
    }
    /// A command at `place` was applied or dropped; all at or before it are decided.
    pub fn decide(&self, place: Place, fate: Fate) {
        let mut waiting = self.waiting.lock();
        if let Some(tx) = waiting.remove(&place) {
            let _ = tx.send(fate); // a waiter that is gone needs no answer
        }
        if fate == Fate::Applied {
            drop_below(&mut waiting, place);
        }
    }
    /// A lease of `sequence` holds now: commands of earlier ones will be dropped.
    pub fn decide_below(&self, sequence: u64) {
        drop_below(&mut self.waiting.lock(), (sequence, 0));
    }
    /// The replica stops: nobody will learn the fate of what is in flight.
    pub fn abandon(&self) {
        self.waiting.lock().clear();
    }
}

fn drop_below(waiting: &mut BTreeMap<Place, oneshot::Sender<Fate>>, place: Place) {
    while let Some(first) = waiting.first_entry() {
        if *first.key() >= place {
            return;
        }
        let _ = first.remove().send(Fate::Dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_place_decides_the_earlier_ones() {
        let p = Proposals::default();
        let mut at: Vec<_> = [(1, 1), (1, 2), (1, 3), (2, 4)].map(|place| p.wait(place)).into();
        p.decide((1, 2), Fate::Applied);
        assert_eq!(at[0].try_recv(), Ok(Fate::Dropped));
        assert_eq!(at[1].try_recv(), Ok(Fate::Applied));
        assert!(at[2].try_recv().is_err(), "still open");
        p.decide_below(2);
        assert_eq!(at[2].try_recv(), Ok(Fate::Dropped));
        assert!(matches!(at[3].try_recv(), Err(oneshot::error::TryRecvError::Empty)));
        p.abandon();
        assert!(matches!(at[3].try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }

    #[test]
    fn in_flight_is_counted_until_dropped() {
        let p = Proposals::default();
        let one = p.begin(IN_FLIGHT_BYTES_MAX);
        assert!(p.is_full());
        drop(one);
        assert!(!p.is_full());
    }
}
