//! Who waits for whom, as registered at this range's records: memory of the leaseholder, forgotten after a time to live.
//!
//! A waiter that is forgotten too early registers again; nothing depends on this but how soon a deadlock is found.

use kv::{Timestamp, TxnId};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Waiters that are remembered at most; a further one is not registered (its circle is found by the others in it).
pub const WAITS_MAX: usize = 50_000;

struct Wait {
    start: Timestamp,
    holders: Vec<TxnId>,
    expires: Timestamp,
}

/// The registrations of one range.
#[derive(Default)]
pub struct Waits {
    by_waiter: Mutex<BTreeMap<TxnId, Wait>>,
}

impl Waits {
    /// Registers (or, without holders, forgets) a wait until `now + ttl_ms`.
    pub fn register(
        &self,
        waiter: TxnId,
        start: Timestamp,
        holders: Vec<TxnId>,
        ttl_ms: u64,
        now: Timestamp,
    ) {
        let mut waits = self.by_waiter.lock();
        if holders.is_empty() {
            waits.remove(&waiter);
            return;
        }
        if waits.len() >= WAITS_MAX {
            waits.retain(|_, w| w.expires > now);
            if waits.len() >= WAITS_MAX {
                return;
            }
        }
        let expires = now.add_ns(ttl_ms.saturating_mul(1_000_000));
        waits.insert(waiter, Wait { start, holders, expires });
    }
    /// For whom `waiter` waits at `now`, and its start.
    pub fn of(&self, waiter: TxnId, now: Timestamp) -> Option<(Timestamp, Vec<TxnId>)> {
        let waits = self.by_waiter.lock();
        waits.get(&waiter).filter(|w| w.expires > now).map(|w| (w.start, w.holders.clone()))
    }
    pub fn clear(&self) {
        self.by_waiter.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_forgotten_after_its_time() {
        let waits = Waits::default();
        let (a, b) = (TxnId([1; 16]), TxnId([2; 16]));
        waits.register(a, Timestamp::new(1, 0), vec![b], 1_000, Timestamp::ZERO);
        assert_eq!(waits.of(a, Timestamp::new(999_999_999, 0)).unwrap().1, vec![b]);
        assert!(waits.of(a, Timestamp::new(1_000_000_000, 0)).is_none());
        waits.register(a, Timestamp::new(1, 0), vec![], 1_000, Timestamp::ZERO);
        assert!(waits.of(a, Timestamp::ZERO).is_none());
    }
}
