//! The range cache: descriptors by start key, each with the newest known lease.
//!
//! Invariant: no two entries overlap. Where a new descriptor overlaps old ones, the greater generation stays.

use kv::{Key, Lease, RangeDescriptor, RangeId};
use parking_lot::Mutex;
use std::{collections::BTreeMap, ops::Bound};

/// A range as it was last heard of.
#[derive(Clone, Debug, PartialEq)]
pub struct CachedRange {
    pub range: RangeDescriptor,
    pub lease: Option<Lease>,
}

struct Entry {
    cached: CachedRange,
    used: u64,
}

#[derive(Default)]
struct Inner {
    by_start: BTreeMap<Key, Entry>,
    starts: BTreeMap<RangeId, Key>,
    tick: u64,
    /// Where the search for the next entry to drop goes on.
    hand: Key,
}

/// Bounded; drops what was not used for long.
pub struct RangeCache {
    inner: Mutex<Inner>,
    ranges_max: usize,
}

/// Entries that are compared to find one to drop.
const EVICTION_SAMPLE: usize = 16;

impl RangeCache {
    pub fn new(ranges_max: usize) -> RangeCache {
        RangeCache { inner: Mutex::default(), ranges_max: ranges_max.max(1) }
    }
    pub fn len(&self) -> usize {
        self.inner.lock().by_start.len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The range that holds `key`, if known.
    pub fn find(&self, key: &[u8]) -> Option<CachedRange> {
        let inner = &mut *self.inner.lock();
        inner.tick += 1;
        let (_, entry) =
            inner.by_start.range_mut::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()?;
        if !entry.cached.range.contains(key) {
            return None;
        }
        entry.used = inner.tick;
        Some(entry.cached.clone())
    }
    pub fn get(&self, id: RangeId) -> Option<CachedRange> {
        let inner = self.inner.lock();
        inner.starts.get(&id).and_then(|s| inner.by_start.get(s)).map(|e| e.cached.clone())
    }
    /// Learns a descriptor; ignored if an overlapping one is newer. Says whether it is now in the cache.
    pub fn learn(&self, range: RangeDescriptor) -> bool {
        if range.range_id == 0 || range.span.is_point() || range.span.start >= range.span.end {
            return false; // no descriptor of a range: a broken or newer sender
        }
        let inner = &mut *self.inner.lock();
        inner.tick += 1;
        let overlapping: Vec<Key> = {
            let from = inner
                .by_start
                .range::<Key, _>(..=&range.span.start)
                .next_back()
                .map_or_else(|| range.span.start.clone(), |(s, _)| s.clone());
            inner
                .by_start
                .range(from..range.span.end.clone())
                .filter(|(_, e)| e.cached.range.span.overlaps(&range.span))
                .map(|(s, _)| s.clone())
                .collect()
        };
        let stale = |e: &Entry| {
            let old = &e.cached.range;
            if old.range_id == range.range_id {
                old.generation < range.generation
            } else {
                old.generation <= range.generation
            }
        };
        for start in &overlapping {
            let old = &inner.by_start[start];
            if old.cached.range == range {
                return true;
            }
            if !stale(old) {
                return false;
            }
        }
        let mut lease = None;
        for start in overlapping {
            if let Some(old) = inner.by_start.remove(&start) {
                inner.starts.remove(&old.cached.range.id());
                if old.cached.range.range_id == range.range_id {
                    lease = old.cached.lease;
                }
            }
        }
        // The same range may have been known with a span that does not overlap (it moved by merges and splits).
        if let Some(start) = inner.starts.get(&range.id()).cloned() {
            if inner.by_start[&start].cached.range.generation >= range.generation {
                return false;
            }
            inner.by_start.remove(&start);
        }
        let lease = lease.filter(|l| range.replica_on(l.store()).is_some());
        inner.starts.insert(range.id(), range.span.start.clone());
        let used = inner.tick;
        inner.by_start.insert(range.span.start.clone(), Entry { cached: CachedRange { range, lease }, used });
        if inner.by_start.len() > self.ranges_max {
            inner.evict_one();
        }
        true
    }
    /// Learns who holds a range's lease; an older sequence is ignored.
    pub fn learn_lease(&self, id: RangeId, lease: &Lease) {
        self.update_lease(id, |old| match old {
            Some(old) if old.sequence > lease.sequence => Some(old),
            _ => Some(lease.clone()),
        });
    }
    /// Forgets the leaseholder if it is still thought to be on that store.
    pub fn forget_lease(&self, id: RangeId, store: kv::StoreId) {
        self.update_lease(id, |old| old.filter(|l| l.store() != store));
    }
    fn update_lease(&self, id: RangeId, with: impl FnOnce(Option<Lease>) -> Option<Lease>) {
        let inner = &mut *self.inner.lock();
        if let Some(entry) = inner.starts.get(&id).and_then(|s| inner.by_start.get_mut(s)) {
            entry.cached.lease = with(entry.cached.lease.take());
        }
    }
    /// Forgets a range, unless a newer generation of it has been learnt.
    pub fn forget(&self, id: RangeId, generation: u64) {
        let inner = &mut *self.inner.lock();
        if let Some(start) = inner.starts.get(&id).cloned()
            && inner.by_start[&start].cached.range.generation <= generation
        {
            inner.by_start.remove(&start);
            inner.starts.remove(&id);
        }
    }
}

impl Inner {
    fn evict_one(&mut self) {
        let after = (Bound::Excluded(self.hand.clone()), Bound::Unbounded);
        let sample = self.by_start.range(after).chain(self.by_start.iter()).take(EVICTION_SAMPLE);
        let Some(start) = sample.min_by_key(|(_, e)| e.used).map(|(s, _)| s.clone()) else { return };
        if let Some(entry) = self.by_start.remove(&start) {
            self.starts.remove(&entry.cached.range.id());
        }
        self.hand = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kv::{Span, StoreId, descriptor::ReplicaDescriptor};

    fn range(id: u64, generation: u64, start: &'static str, end: &'static str) -> RangeDescriptor {
        let replicas = vec![ReplicaDescriptor { replica_id: 1, store_id: 1, kind: 0 }];
        RangeDescriptor {
            range_id: id,
            generation,
            span: Span::new(start, end),
            replicas,
            next_replica_id: 2,
            domicile_id: 16,
        }
    }
    fn lease(sequence: u64, store: u64) -> Lease {
        Lease { sequence, store_id: store, replica_id: 1, ..Default::default() }
    }

    #[test]
    fn a_split_replaces_the_range_and_old_news_are_ignored() {
        let cache = RangeCache::new(10);
        assert!(cache.learn(range(1, 1, "a", "z")));
        assert!(cache.learn(range(2, 2, "m", "z")));
        assert!(cache.find(b"b").is_none(), "the left half is not known yet");
        assert!(cache.learn(range(1, 2, "a", "m")));
        assert_eq!(cache.find(b"b").unwrap().range.range_id, 1);
        assert_eq!(cache.find(b"m").unwrap().range.range_id, 2);
        assert!(!cache.learn(range(1, 1, "a", "z")), "older than both halves");
        assert_eq!(cache.len(), 2);
        assert!(cache.find(b"z").is_none());
        assert!(cache.find(b"A").is_none());
    }

    #[test]
    fn leases_go_up_only_and_outlive_a_split() {
        let cache = RangeCache::new(10);
        cache.learn(range(1, 1, "a", "z"));
        cache.learn_lease(RangeId(1), &lease(5, 1));
        cache.learn_lease(RangeId(1), &lease(4, 9));
        assert_eq!(cache.find(b"b").unwrap().lease.unwrap().store(), StoreId(1));
        cache.learn(range(1, 2, "a", "m"));
        assert_eq!(cache.find(b"b").unwrap().lease.unwrap().sequence, 5);
        cache.forget_lease(RangeId(1), StoreId(1));
        assert!(cache.find(b"b").unwrap().lease.is_none());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        let cache = RangeCache::new(8);
        cache.learn(range(1000, 1, "0", "1"));
        for id in 0..100u64 {
            let start = format!("k{id:03}").into_bytes();
            let end = format!("k{:03}", id + 1).into_bytes();
            let span = Span::new(start, end);
            cache.learn(RangeDescriptor { range_id: id + 1, span, ..range(1, 1, "", "") });
            assert!(cache.find(b"0").is_some(), "in use");
        }
        assert_eq!(cache.len(), 8);
    }

    #[test]
    fn forgetting_spares_newer_generations() {
        let cache = RangeCache::new(8);
        cache.learn(range(1, 3, "a", "z"));
        cache.forget(RangeId(1), 2);
        assert!(cache.find(b"b").is_some());
        cache.forget(RangeId(1), 3);
        assert!(cache.find(b"b").is_none());
    }
}
