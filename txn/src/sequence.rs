//! Sequence numbers: each write gets the next one, a read sees those up to its own, and a ROLLBACK TO makes a stretch of
//! them count as never written.

use kv::transaction::SequenceRange;

/// A point to which a transaction can be rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Savepoint {
    pub(crate) sequence: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Sequences {
    last: u32,
    /// What reads of the current statement see; `None`: all that is written.
    read_at: Option<u32>,
    /// Ascending and disjoint.
    ignored: Vec<SequenceRange>,
}

impl Sequences {
    pub fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
    pub fn last(&self) -> u32 {
        self.last
    }
    pub fn read_at(&self) -> u32 {
        self.read_at.unwrap_or(self.last)
    }
    /// From now on reads see what has been written until now, and no more.
    pub fn step(&mut self) {
        self.read_at = Some(self.last);
    }
    pub fn savepoint(&self) -> Savepoint {
        Savepoint { sequence: self.last }
    }
    /// All writes since the savepoint count as never written.
    pub fn rollback_to(&mut self, savepoint: Savepoint) {
        let first = savepoint.sequence + 1;
        if first <= self.last {
            self.ignored.retain(|r| r.first < first);
            let joins = self.ignored.last().is_some_and(|r| r.last + 1 >= first);
            match self.ignored.last_mut() {
                Some(r) if joins => r.last = self.last,
                _ => self.ignored.push(SequenceRange { first, last: self.last }),
            }
        }
        self.read_at = self.read_at.map(|_| self.last);
    }
    pub fn ignored(&self) -> &[SequenceRange] {
        &self.ignored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolling_back_ignores_a_stretch_and_nested_ones_join() {
        let mut s = Sequences::default();
        s.next();
        let outer = s.savepoint();
        s.next();
        let inner = s.savepoint();
        s.next();
        s.rollback_to(inner);
        assert_eq!(s.ignored(), [SequenceRange { first: 3, last: 3 }]);
        s.next();
        s.rollback_to(outer);
        assert_eq!(s.ignored(), [SequenceRange { first: 2, last: 4 }]);
        s.next();
        let later = s.savepoint();
        s.rollback_to(later);
        assert_eq!(s.ignored().len(), 1, "nothing was written since");
        s.next();
        s.rollback_to(later);
        assert_eq!(s.ignored(), [SequenceRange { first: 2, last: 4 }, SequenceRange { first: 6, last: 6 }]);
    }

    #[test]
    fn rolling_back_to_the_same_point_again_widens_the_stretch() {
        let mut s = Sequences::default();
        let start = s.savepoint();
        s.next();
        s.rollback_to(start);
        s.next();
        s.rollback_to(start);
        assert_eq!(s.ignored(), [SequenceRange { first: 1, last: 2 }]);
    }

    #[test]
    fn a_statement_sees_what_was_written_before_it() {
        let mut s = Sequences::default();
        s.next();
        assert_eq!(s.read_at(), 1);
        s.step();
        s.next();
        assert_eq!(s.read_at(), 1);
        s.step();
        assert_eq!(s.read_at(), 2);
    }
}
