//! A set of spans in bounded memory: exact at first, then condensed to wider ones, never over the border of a domicile.
//!
//! What was read and what was locked both live in such sets. Wider is safe: a refresh may fail for a key that was not
//! read, a resolution may look at keys that were not locked. It is only slower, and only for large transactions.

use kv::{Key, Span, key};
use std::collections::BTreeMap;

/// Bytes that one span costs besides its keys, about.
const SPAN_OVERHEAD_BYTES: usize = 64;

/// Disjoint spans in key order.
#[derive(Clone, Debug)]
pub struct SpanSet {
    /// Start -> end; an empty end is the single key.
    spans: BTreeMap<Key, Key>,
    bytes: usize,
    bytes_max: usize,
    condensed: bool,
}

impl SpanSet {
    /// Holds about `bytes_max` bytes at most, as long as the spans lie in few domiciles.
    pub fn new(bytes_max: usize) -> SpanSet {
        SpanSet { spans: BTreeMap::new(), bytes: 0, bytes_max, condensed: false }
    }
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
    pub fn len(&self) -> usize {
        self.spans.len()
    }
    /// Estimate of the memory used.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
    /// Whether spans were made wider than what was inserted.
    pub fn is_condensed(&self) -> bool {
        self.condensed
    }
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.spans.iter().map(|(s, e)| Span { start: s.clone(), end: e.clone() })
    }
    pub fn to_vec(&self) -> Vec<Span> {
        self.iter().collect()
    }
    pub fn clear(&mut self) {
        self.spans.clear();
        self.bytes = 0;
        self.condensed = false;
    }
    pub fn covers(&self, span: &Span) -> bool {
        self.at_or_before(&span.start).is_some_and(|s| s.contains_span(span))
    }
    fn at_or_before(&self, start: &[u8]) -> Option<Span> {
        let (s, e) = self
            .spans
            .range::<[u8], _>((std::ops::Bound::Unbounded, std::ops::Bound::Included(start)))
            .next_back()?;
        Some(Span { start: s.clone(), end: e.clone() })
    }
    /// Adds a span, merging what overlaps or touches it.
    pub fn insert(&mut self, span: Span) {
        if (!span.is_point() && span.start >= span.end) || self.covers(&span) {
            return;
        }
        if span.is_point()
            && self.at_or_before(&span.start).is_none_or(|s| s.is_point() || s.end < span.start)
        {
            self.put(span.start, span.end); // a point is only merged into a span that it touches
        } else {
            let (mut start, mut end) = (span.start.clone(), span.end_key());
            if let Some(before) = self.at_or_before(&start).filter(|s| s.end_key() >= start) {
                end = end.max(before.end_key());
                start = before.start;
            }
            let eaten: Vec<Key> = self
                .spans
                .range(start.clone()..)
                .map(|(s, _)| s)
                .take_while(|s| **s <= end)
                .cloned()
                .collect();
            for s in eaten {
                let e = self.take(&s);
                end = end.max(Span { start: s, end: e }.end_key());
            }
            self.put(start, end);
        }
        if self.bytes > self.bytes_max {
            self.condense();
        }
    }
    fn put(&mut self, start: Key, end: Key) {
        self.bytes += start.len() + end.len() + SPAN_OVERHEAD_BYTES;
        self.spans.insert(start, end);
    }
    fn take(&mut self, start: &Key) -> Key {
        let end = self.spans.remove(start).unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(start.len() + end.len() + SPAN_OVERHEAD_BYTES);
        end
    }
    /// Halves the memory: joins neighbours within an index, and if that is not enough within a domicile.
    fn condense(&mut self) {
        let target = self.bytes_max / 2;
        let lot = (self.bytes / target.max(1) + 1) * 2;
        self.join_neighbours(key::INDEX_PREFIX_LEN, lot);
        if self.bytes > target {
            self.join_neighbours(key::INDEX_PREFIX_LEN, usize::MAX);
        }
        if self.bytes > target {
            self.join_neighbours(4, usize::MAX);
        }
    }
    /// Joins each `lot` neighbours that share the first `prefix_len` bytes.
    fn join_neighbours(&mut self, prefix_len: usize, lot: usize) {
        let old = std::mem::take(&mut self.spans);
        self.bytes = 0;
        let prefix = |k: &Key| k.slice(..k.len().min(prefix_len));
        let mut open: Option<(Key, Key, usize)> = None;
        for (start, end) in old {
            let whole = Span { start: start.clone(), end: end.clone() };
            match &mut open {
                Some((first, last, n)) if *n < lot && prefix(first) == prefix(&start) => {
                    *last = whole.end_key();
                    *n += 1;
                    self.condensed = true;
                }
                _ => {
                    if let Some((s, e, _)) = open.take() {
                        self.put(s, e);
                    }
                    open = Some((start, end, 1));
                }
            }
        }
        if let Some((s, e, _)) = open {
            self.put(s, e);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kv::{DomicileId, key::index_prefix};
    use proptest::prelude::*;

    fn k(domicile: u32, table: u32, n: u32) -> Key {
        let mut out = index_prefix(DomicileId(domicile), table, 1);
        out.extend_from_slice(&n.to_be_bytes());
        out.into()
    }

    #[test]
    fn overlapping_and_touching_spans_become_one() {
        let mut set = SpanSet::new(10_000);
        set.insert(Span::new("b", "d"));
        set.insert(Span::new("f", "h"));
        set.insert(Span::new("c", "f"));
        assert_eq!(set.to_vec(), vec![Span::new("b", "h")]);
        set.insert(Span::point("c"));
        set.insert(Span::point("x"));
        assert_eq!(set.to_vec(), vec![Span::new("b", "h"), Span::point("x")]);
        set.insert(Span::new("a", "z"));
        assert_eq!(set.to_vec(), vec![Span::new("a", "z")]);
    }

    #[test]
    fn a_million_keys_stay_within_the_bound_and_their_domicile() {
        let mut set = SpanSet::new(64 << 10);
        for n in 0..200_000 {
            set.insert(Span::point(k(16 + n % 2, 100 + n % 3, n)));
            assert!(set.bytes() <= 66 << 10);
        }
        assert!(set.is_condensed());
        for n in 0..200_000 {
            assert!(set.covers(&Span::point(k(16 + n % 2, 100 + n % 3, n))));
        }
        for span in set.iter() {
            assert_eq!(key::domicile_of(&span.start).unwrap(), key::domicile_of(&span.end_key()).unwrap());
        }
    }

    proptest! {
        #[test]
        fn what_was_inserted_is_covered(points in prop::collection::vec((0u32..50, 0u32..6), 1..60), max in 200usize..4000) {
            let mut set = SpanSet::new(max);
            let spans: Vec<Span> = points
                .iter()
                .map(|&(at, len)| if len == 0 { Span::point(k(16, 100, at)) } else { Span::new(k(16, 100, at), k(16, 100, at + len)) })
                .collect();
            for s in &spans {
                set.insert(s.clone());
            }
            for s in &spans {
                prop_assert!(set.covers(s), "{} not in {:?}", s, set);
            }
            let all = set.to_vec();
            for pair in all.windows(2) {
                prop_assert!(pair[0].end_key() <= pair[1].start);
            }
        }
    }
}
