//! The timestamp cache: up to when each key of a range has been read, so that no write goes below a served read.
//!
//! ```text
//! lookup(key) = max( low water, previous generation, current generation )
//!                                 each: points (hash map) and spans (interval map of disjoint segments)
//! ```
//! Bounded: when the current generation is full it becomes the previous one, whose maximum becomes the low-water mark.
//! An entry remembers the one transaction that read at its timestamp, so that this transaction is not moved by itself.

use kv::{Key, Span, Timestamp, TxnId};
use std::collections::{BTreeMap, HashMap};

/// Entries of one generation at most.
const GENERATION_ENTRIES_MAX: usize = 16_384;

/// A read: until when, and by which transaction if only one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadMark {
    pub at: Timestamp,
    pub txn: Option<TxnId>,
}

impl ReadMark {
    /// The higher mark; at the same timestamp by two transactions, nobody's own.
    fn merge(self, other: ReadMark) -> ReadMark {
        match self.at.cmp(&other.at) {
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal if self.txn == other.txn => self,
            std::cmp::Ordering::Equal => ReadMark { at: self.at, txn: None },
        }
    }
}

#[derive(Default)]
struct Generation {
    points: HashMap<Key, ReadMark>,
    /// Disjoint segments by start: end (exclusive) and mark.
    spans: BTreeMap<Key, (Key, ReadMark)>,
    max: Timestamp,
}

impl Generation {
    fn len(&self) -> usize {
        self.points.len() + self.spans.len()
    }
    fn lookup(&self, key: &[u8]) -> ReadMark {
        let mut mark = self.points.get(key).copied().unwrap_or_default();
        if !self.spans.is_empty()
            && let Some((_, (end, span_mark))) = self
                .spans
                .range::<[u8], _>((std::ops::Bound::Unbounded, std::ops::Bound::Included(key)))
                .next_back()
            && key < &end[..]
        {
            mark = mark.merge(*span_mark);
        }
        mark
    }
    fn add_point(&mut self, key: &Key, mark: ReadMark) {
        match self.points.get_mut(key) {
            Some(old) => *old = old.merge(mark),
            None => {
                self.points.insert(key.clone(), mark);
            }
        }
    }
    fn add_span(&mut self, start: &Key, end: &Key, mark: ReadMark) {
        // The segments that overlap: at most one begins before `start`.
        let first = match self.spans.range(..start.clone()).next_back() {
            Some((s, (e, _))) if e > start => s.clone(),
            _ => start.clone(),
        };
        let touched: Vec<Key> = self.spans.range(first..end.clone()).map(|(s, _)| s.clone()).collect();
        let mut at = start.clone();
        for seg_start in touched {
            let Some((seg_end, seg_mark)) = self.spans.remove(&seg_start) else { continue };
            if seg_start < *start {
                self.spans.insert(seg_start.clone(), (start.clone(), seg_mark));
            }
            let inner_start = seg_start.max(start.clone());
            let inner_end = seg_end.clone().min(end.clone());
            if at < inner_start {
                self.spans.insert(at.clone(), (inner_start.clone(), mark));
            }
            self.spans.insert(inner_start, (inner_end.clone(), seg_mark.merge(mark)));
            if seg_end > *end {
                self.spans.insert(end.clone(), (seg_end, seg_mark));
            }
            at = inner_end;
        }
        if at < *end {
            self.spans.insert(at, (end.clone(), mark));
        }
        self.join(start, end, mark);
    }
    /// Makes one segment of equal neighbours within `[start, end)`, so that repeated scans do not pile up segments.
    fn join(&mut self, start: &Key, end: &Key, mark: ReadMark) {
        let inside: Vec<Key> = self.spans.range(start.clone()..end.clone()).map(|(s, _)| s.clone()).collect();
        if inside.len() < 2 || !inside.iter().all(|s| self.spans[s].1 == mark) {
            return;
        }
        for s in inside {
            self.spans.remove(&s);
        }
        self.spans.insert(start.clone(), (end.clone(), mark));
    }
}

/// The timestamp cache of one range.
#[derive(Default)]
pub struct TimestampCache {
    low_water: Timestamp,
    current: Generation,
    previous: Generation,
}

impl TimestampCache {
    /// A cache that knows nothing but that reads up to `low_water` may have been served.
    pub fn new(low_water: Timestamp) -> Self {
        TimestampCache { low_water, ..Default::default() }
    }
    /// Remembers that `span` was read at `at`.
    pub fn add(&mut self, span: &Span, at: Timestamp, txn: Option<TxnId>) {
        if at <= self.low_water {
            return;
        }
        if self.current.len() >= GENERATION_ENTRIES_MAX {
            let full = std::mem::take(&mut self.current);
            let old = std::mem::replace(&mut self.previous, full);
            self.low_water.forward(old.max);
        }
        self.current.max.forward(at);
        let mark = ReadMark { at, txn };
        if span.is_point() {
            self.current.add_point(&span.start, mark);
        } else if span.start < span.end {
            self.current.add_span(&span.start, &span.end, mark);
        }
    }
    /// Up to when `key` has been read, and by whom if by one only.
    pub fn lookup(&self, key: &[u8]) -> ReadMark {
        let low = ReadMark { at: self.low_water, txn: None };
        low.merge(self.previous.lookup(key)).merge(self.current.lookup(key))
    }
    /// The lowest timestamp at which `txn` may write `key`, if it would write at `at`.
    pub fn forward_write(&self, key: &[u8], at: Timestamp, txn: Option<TxnId>) -> Timestamp {
        let mark = self.lookup(key);
        if mark.txn.is_some() && mark.txn == txn { at } else { at.max(mark.at.next()) }
    }
    /// Nothing above it was read.
    pub fn max(&self) -> Timestamp {
        self.low_water.max(self.previous.max).max(self.current.max)
    }
    /// Forgets everything and takes all keys as read up to `at`, if that is higher than the low-water mark.
    pub fn reset(&mut self, at: Timestamp) {
        let low_water = self.low_water.max(at);
        *self = TimestampCache::new(low_water);
    }
    pub fn low_water(&self) -> Timestamp {
        self.low_water
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn t(n: u64) -> Timestamp {
        Timestamp::new(n, 0)
    }
    fn id(n: u8) -> Option<TxnId> {
        Some(TxnId([n; 16]))
    }

    #[test]
    fn a_transaction_is_not_moved_by_its_own_read() {
        let mut cache = TimestampCache::new(t(1));
        cache.add(&Span::point("k"), t(10), id(1));
        assert_eq!(cache.forward_write(b"k", t(10), id(1)), t(10));
        assert_eq!(cache.forward_write(b"k", t(10), id(2)), t(10).next());
        cache.add(&Span::point("k"), t(10), id(2));
        assert_eq!(cache.forward_write(b"k", t(10), id(1)), t(10).next());
    }

    #[test]
    fn a_full_cache_raises_the_low_water_mark() {
        let mut cache = TimestampCache::new(t(1));
        for n in 0..(3 * GENERATION_ENTRIES_MAX as u64) {
            cache.add(&Span::point(n.to_be_bytes().to_vec()), t(n + 2), None);
        }
        assert!(cache.low_water() > t(1));
        assert_eq!(cache.lookup(&0u64.to_be_bytes()).at, cache.low_water());
        assert!(cache.current.len() <= GENERATION_ENTRIES_MAX);
    }

    #[test]
    fn repeated_scans_do_not_pile_up_segments() {
        let mut cache = TimestampCache::new(t(1));
        cache.add(&Span::new("b", "c"), t(3), None);
        for n in 0..100 {
            cache.add(&Span::new("a", "z"), t(10 + n), None);
        }
        assert_eq!(cache.current.spans.len(), 1);
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_map(reads in prop::collection::vec((0u8..20, 0u8..6, 2u64..30, 0u8..4), 0..60)) {
            let mut cache = TimestampCache::new(t(1));
            let mut naive = [ReadMark { at: t(1), txn: None }; 32];
            for (start, len, at, txn) in reads {
                let span = if len == 0 { Span::point(vec![start]) } else { Span::new(vec![start], vec![start + len]) };
                let txn = if txn == 0 { None } else { id(txn) };
                cache.add(&span, t(at), txn);
                for k in start..start + len.max(1) {
                    naive[k as usize] = naive[k as usize].merge(ReadMark { at: t(at), txn });
                }
            }
            for k in 0..32u8 {
                let got = cache.lookup(&[k]);
                prop_assert_eq!(got.at, naive[k as usize].at);
                if got.txn.is_some() {
                    prop_assert_eq!(got.txn, naive[k as usize].txn);
                }
            }
        }
    }
}
