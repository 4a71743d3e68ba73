//! Sequences: a counter in the sequence's domicile, and blocks of its values that a session holds.
//!
//! The counter is moved without a transaction (PostgreSQL's sequences do not roll back either). It holds the value that
//! was given out last; a sequence that was never used needs no row, the first use makes it.
//!
//! ```text
//! counter c                 (absent: start - increment)
//! nextval of a block of n   c += n * increment; the block is  old c + increment, ..., new c
//! setval(v, called)         c = v (- increment unless called)
//! RESTART WITH v            c = v - increment
//! ```

use crate::error::{SqlError, SqlResult, SqlState};
use catalog::{SequenceDescriptor, reserved};
use datum::DatumError;
use kv::{Bytes, Key};
use std::collections::{HashMap, HashSet, VecDeque};
use txn::{Db, TxnError};

/// Most values that one request takes.
const BLOCK_VALUES_MAX: i64 = 1 << 20;

/// The counter's key.
pub fn key(id: u32, sequence: &SequenceDescriptor) -> Key {
    reserved::sequence_key(kv::DomicileId(sequence.domicile_id), id)
}
/// The counter's row by which `next` is the next value.
pub fn counter_row(sequence: &SequenceDescriptor, next: i64) -> Bytes {
    Bytes::copy_from_slice(&next.wrapping_sub(sequence.increment).to_be_bytes())
}
/// The next value by the counter's row.
pub fn next_of_row(sequence: &SequenceDescriptor, row: Option<&[u8]>) -> i64 {
    match row.and_then(|r| r.try_into().ok()).map(i64::from_be_bytes) {
        Some(last) => last.wrapping_add(sequence.increment),
        None => sequence.start,
    }
}

/// Values that a session may give out.
#[derive(Clone, Debug)]
struct Block {
    next: i64,
    left: i64,
    increment: i64,
}

/// A session's blocks, and the values it has seen.
#[derive(Debug, Default)]
pub struct Sequences {
    blocks: HashMap<u32, VecDeque<Block>>,
    current: HashMap<u32, i64>,
    last: Option<u32>,
    /// What the running statement took, in order: it comes back if the statement is tried again.
    taken: Vec<(u32, Block)>,
    /// Size of the next block, for statements that need many values.
    wanted: HashMap<u32, i64>,
    /// Sequences whose counter is known to have its row.
    used: HashSet<u32>,
    /// A `setval` that a function asked for: (sequence, value, is_called).
    to_set: Option<(u32, i64, bool)>,
    /// Those of this statement that are done: evaluated again, they have their result.
    set: HashSet<(u32, i64, bool)>,
}

impl Sequences {
    /// # Errors
    /// `SequenceEmpty`: `fetch` first.
    pub fn nextval(&mut self, id: u32) -> Result<i64, DatumError> {
        let blocks = self.blocks.get_mut(&id).ok_or(DatumError::SequenceEmpty(id))?;
        while blocks.front().is_some_and(|b| b.left == 0) {
            blocks.pop_front();
        }
        let block = blocks.front_mut().ok_or(DatumError::SequenceEmpty(id))?;
        let (value, increment) = (block.next, block.increment);
        block.left -= 1;
        block.next = block.next.wrapping_add(increment);
        match self.taken.last_mut() {
            Some((last, b))
                if *last == id && b.next.wrapping_add(b.left.wrapping_mul(increment)) == value =>
            {
                b.left += 1
            }
            _ => self.taken.push((id, Block { next: value, left: 1, increment })),
        }
        self.current.insert(id, value);
        self.last = Some(id);
        Ok(value)
    }
    /// # Errors
    /// 55000 before the first `nextval`.
    pub fn currval(&self, id: u32, name: &str) -> Result<i64, DatumError> {
        self.current.get(&id).copied().ok_or_else(|| {
            DatumError::ObjectNotInPrerequisiteState(format!(
                "currval of sequence \"{name}\" is not yet defined in this session"
            ))
        })
    }
    /// # Errors
    /// 55000 before the first `nextval`.
    pub fn lastval(&self) -> Result<i64, DatumError> {
        self.last.and_then(|id| self.current.get(&id)).copied().ok_or_else(|| {
            DatumError::ObjectNotInPrerequisiteState("lastval is not yet defined in this session".to_owned())
        })
    }
    /// The first call of a statement asks (and gets `SequenceEmpty`, upon which `fetch` sets it); the second has it done.
    ///
    /// # Errors
    /// `SequenceEmpty`: `fetch`, then evaluate again.
    pub fn setval(&mut self, id: u32, value: i64, called: bool) -> Result<i64, DatumError> {
        if !self.set.contains(&(id, value, called)) {
            self.to_set = Some((id, value, called));
            return Err(DatumError::SequenceEmpty(id));
        }
        if called {
            self.current.insert(id, value);
            self.last = Some(id);
        }
        Ok(value)
    }
    /// DISCARD SEQUENCES.
    pub fn clear(&mut self) {
        *self = Sequences::default();
    }
    /// The statement is tried again: what it took went to nobody.
    pub fn give_back(&mut self) {
        for (id, block) in self.taken.drain(..).rev() {
            self.blocks.entry(id).or_default().push_front(block);
        }
    }
    pub fn end_statement(&mut self) {
        self.taken.clear();
        self.wanted.clear();
        self.set.clear();
        self.to_set = None;
    }
}

fn limit_reached(sequence: &SequenceDescriptor) -> SqlError {
    let (what, limit) =
        if sequence.increment > 0 { ("maximum", sequence.max) } else { ("minimum", sequence.min) };
    SqlError::new(
        SqlState::SEQUENCE_LIMIT_EXCEEDED,
        format!("nextval: reached {what} value of sequence \"{}\" ({limit})", sequence.name),
    )
}

/// Does what a `SequenceEmpty` asks for: takes a block of values, or sets the counter.
///
/// # Errors
/// 2200H at the limit of a sequence that does not cycle.
pub async fn fetch(
    db: &Db,
    sequences: &parking_lot::Mutex<Sequences>,
    id: u32,
    sequence: &SequenceDescriptor,
) -> SqlResult<()> {
    let pending = sequences.lock().to_set.take();
    if let Some((_, value, called)) = pending.filter(|p| p.0 == id) {
        if value < sequence.min || value > sequence.max {
            return Err(SqlError::new(
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                format!(
                    "setval: value {value} is out of bounds for sequence \"{}\" ({}..{})",
                    sequence.name, sequence.min, sequence.max
                ),
            ));
        }
        let next = if called { value.wrapping_add(sequence.increment) } else { value };
        db.put(key(id, sequence), counter_row(sequence, next)).await?;
        let mut s = sequences.lock();
        s.blocks.remove(&id);
        s.set.insert((id, value, called));
        s.used.insert(id);
        return Ok(());
    }
    let count = {
        let mut s = sequences.lock();
        let wanted = s.wanted.entry(id).or_insert(0);
        let count = (*wanted).max(sequence.cache.max(1)).min(BLOCK_VALUES_MAX);
        *wanted = count.saturating_mul(4);
        count
    };
    if !sequences.lock().used.contains(&id) {
        if db.get(key(id, sequence)).await?.is_none() {
            match db.cput(key(id, sequence), counter_row(sequence, sequence.start), None).await {
                // Another session was first; or this was, and the answer was lost.
                Ok(()) | Err(TxnError::ConditionFailed { .. } | TxnError::Ambiguous { .. }) => {}
                Err(e) => return Err(e.into()),
            }
        }
        sequences.lock().used.insert(id);
    }
    for _ in 0..3 {
        let step = count.saturating_mul(sequence.increment);
        let new = match db.increment(key(id, sequence), step).await {
            // A gap is harmless.
            Err(TxnError::Ambiguous { .. }) => continue,
            Err(TxnError::CounterOverflow { .. }) => return Err(limit_reached(sequence)),
            other => other?,
        };
        let first = i128::from(new) - i128::from(step) + i128::from(sequence.increment);
        let (min, max) = (i128::from(sequence.min), i128::from(sequence.max));
        let room = if sequence.increment > 0 { max - first } else { first - min };
        if room >= 0 && first >= min && first <= max {
            let left = (room / i128::from(sequence.increment.unsigned_abs()) + 1).min(i128::from(count));
            let block = Block { next: first as i64, left: left as i64, increment: sequence.increment };
            sequences.lock().blocks.entry(id).or_default().push_back(block);
            return Ok(());
        }
        let from = if sequence.increment > 0 { sequence.min } else { sequence.max };
        // Beyond the end: go back to the other one, or stay there.
        if !sequence.cycle {
            let _ = db.increment(key(id, sequence), -step).await;
            return Err(limit_reached(sequence));
        }
        db.put(key(id, sequence), counter_row(sequence, from)).await?;
    }
    Err(SqlError::new(SqlState::STATEMENT_COMPLETION_UNKNOWN, "the sequence's counter did not answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_is_tried_again_gets_its_values_back() {
        let mut s = Sequences::default();
        assert_eq!(s.nextval(7), Err(DatumError::SequenceEmpty(7)));
        s.blocks.entry(7).or_default().push_back(Block { next: 1, left: 2, increment: 1 });
        assert_eq!(s.nextval(7), Ok(1));
        assert_eq!(s.nextval(7), Ok(2));
        assert!(s.nextval(7).is_err());
        s.blocks.entry(7).or_default().push_back(Block { next: 3, left: 4, increment: 1 });
        s.give_back();
        assert_eq!((1..=5).map(|_| s.nextval(7).unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(s.lastval(), Ok(5));
        s.end_statement();
        s.give_back();
        assert_eq!(s.nextval(7), Ok(6));
    }

    #[test]
    fn setval_is_asked_for_and_then_done() {
        let mut s = Sequences::default();
        assert!(s.setval(7, 42, true).is_err());
        assert_eq!(s.to_set, Some((7, 42, true)));
        s.set.insert((7, 42, true));
        assert_eq!(s.setval(7, 42, true), Ok(42));
        assert_eq!(s.currval(7, "s"), Ok(42));
        assert_eq!(s.setval(7, 42, true), Ok(42), "evaluated again in the same statement");
        s.end_statement();
        assert!(s.setval(7, 42, true).is_err(), "the next statement sets anew");
    }

    #[test]
    fn the_counter_is_the_last_value_given_out() {
        let d = SequenceDescriptor { start: 10, increment: 5, ..Default::default() };
        assert_eq!(next_of_row(&d, None), 10);
        assert_eq!(next_of_row(&d, Some(&counter_row(&d, 42))), 42);
    }
}
