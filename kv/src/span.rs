//! A half-open interval of keys.

use crate::key::{self, Key};
use std::fmt;

/// `[start, end)`; an empty `end` makes it the single key `start`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Span {
    #[prost(bytes = "bytes", tag = "1")]
    pub start: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub end: Key,
}

impl Span {
    pub fn new(start: impl Into<Key>, end: impl Into<Key>) -> Span {
        Span { start: start.into(), end: end.into() }
    }
    pub fn point(key: impl Into<Key>) -> Span {
        Span { start: key.into(), end: Key::new() }
    }
    /// All keys that start with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Span {
        Span { start: Key::copy_from_slice(prefix), end: key::prefix_end(prefix) }
    }
    pub fn is_point(&self) -> bool {
        self.end.is_empty()
    }
    /// The end as a key that can be compared: of a point, the key after it.
    pub fn end_key(&self) -> Key {
        if self.is_point() { key::next(&self.start) } else { self.end.clone() }
    }
    pub fn contains(&self, key: &[u8]) -> bool {
        if self.is_point() { self.start == key } else { &self.start[..] <= key && key < &self.end[..] }
    }
    pub fn contains_span(&self, other: &Span) -> bool {
        if other.is_point() {
            return self.contains(&other.start);
        }
        !self.is_point() && self.start <= other.start && other.end <= self.end
    }
    pub fn overlaps(&self, other: &Span) -> bool {
        match (self.is_point(), other.is_point()) {
            (_, true) => self.contains(&other.start),
            (true, false) => other.contains(&self.start),
            (false, false) => self.start < other.end && other.start < self.end,
        }
    }
    /// What lies in both, if anything.
    pub fn intersect(&self, other: &Span) -> Option<Span> {
        if !self.overlaps(other) {
            return None;
        }
        if self.is_point() {
            return Some(self.clone());
        }
        if other.is_point() {
            return Some(other.clone());
        }
        Some(Span {
            start: self.start.clone().max(other.start.clone()),
            end: self.end.clone().min(other.end.clone()),
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_point() {
            write!(f, "{}", key::Redacted(&self.start))
        } else {
            write!(f, "[{}, {})", key::Redacted(&self.start), key::Redacted(&self.end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(a: &'static str, b: &'static str) -> Span {
        Span::new(a.as_bytes(), b.as_bytes())
    }

    #[test]
    fn points_and_intervals_overlap_by_half_open_rules() {
        assert!(s("a", "c").overlaps(&Span::point("a")));
        assert!(!s("a", "c").overlaps(&Span::point("c")));
        assert!(!s("a", "c").overlaps(&s("c", "d")));
        assert_eq!(s("a", "c").intersect(&s("b", "d")), Some(s("b", "c")));
        assert_eq!(Span::point("b").intersect(&s("a", "c")), Some(Span::point("b")));
    }
}
