//! Is a history of registers linearizable? Each key is judged by itself (locality).
//!
//! Source: Wing and Gong, "Testing and Verifying Concurrent Objects", 1993, with the memo of Lowe, "Testing for
//! Linearizability", 2017: a set of done operations with the same register value is explored once.

use crate::history::{Action, Operation};
use std::collections::{BTreeMap, HashSet};

/// A key whose history has no order that explains it.
#[derive(Clone, Debug)]
pub struct Violation {
    pub key: i64,
    /// The operations on it, by call time.
    pub operations: Vec<Operation>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "register {} is not linearizable:", self.key)?;
        self.operations.iter().try_for_each(|o| {
            let end = o.returned_ns.map_or_else(|| "never".to_owned(), |t| t.to_string());
            writeln!(f, "  client {} [{} .. {}] {:?}", o.client, o.called_ns, end, o.action)
        })
    }
}

/// # Errors
/// The first key that is not linearizable.
pub fn check(history: Vec<Operation>) -> Result<(), Violation> {
    let mut keys: BTreeMap<i64, Vec<Operation>> = BTreeMap::new();
    for operation in history {
        // A read whose answer never came says nothing.
        if operation.returned_ns.is_none() && matches!(operation.action, Action::Read(_)) {
            continue;
        }
        keys.entry(operation.key).or_default().push(operation);
    }
    for (key, mut operations) in keys {
        operations.sort_by_key(|o| o.called_ns);
        if !explains(&operations) {
            return Err(Violation { key, operations });
        }
    }
    Ok(())
}

fn step(value: Option<i64>, action: &Action) -> Option<Option<i64>> {
    match *action {
        Action::Write(v) => Some(Some(v)),
        Action::Read(seen) => (seen == value).then_some(value),
        Action::CompareAndSet { from, to } => (from == value).then_some(Some(to)),
    }
}

fn explains(operations: &[Operation]) -> bool {
    let words = operations.len().div_ceil(64);
    let must: usize = operations.iter().filter(|o| o.returned_ns.is_some()).count();
    let mut seen: HashSet<(Vec<u64>, Option<i64>)> = HashSet::new();
    // (done set, register value, how many of those that must be done are)
    let mut stack = vec![(vec![0u64; words], None, 0usize)];
    while let Some((done, value, count)) = stack.pop() {
        if count == must {
            return true;
        }
        if !seen.insert((done.clone(), value)) {
            continue;
        }
        // Only an operation that was called before every undone one returned may be next.
        let is_done = |i: usize| done[i / 64] >> (i % 64) & 1 == 1;
        let deadline = operations
            .iter()
            .enumerate()
            .filter(|(i, _)| !is_done(*i))
            .filter_map(|(_, o)| o.returned_ns)
            .min()
            .unwrap_or(u64::MAX);
        for (i, operation) in operations.iter().enumerate() {
            if operation.called_ns > deadline {
                break;
            }
            if is_done(i) {
                continue;
            }
            if let Some(next) = step(value, &operation.action) {
                let mut done = done.clone();
                done[i / 64] |= 1 << (i % 64);
                stack.push((done, next, count + usize::from(operation.returned_ns.is_some())));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(action: Action, called_ns: u64, returned_ns: Option<u64>) -> Operation {
        Operation { client: 0, key: 1, action, called_ns, returned_ns }
    }

    #[test]
    fn a_stale_read_is_found() {
        let history = vec![
            op(Action::Write(1), 0, Some(1)),
            op(Action::Write(2), 2, Some(3)),
            op(Action::Read(Some(1)), 4, Some(5)),
        ];
        assert!(check(history).is_err());
    }

    #[test]
    fn overlapping_operations_may_take_either_order() {
        let history = vec![
            op(Action::Write(1), 0, Some(1)),
            op(Action::Write(2), 2, Some(9)),
            op(Action::Read(Some(1)), 3, Some(4)),
            op(Action::Read(Some(2)), 5, Some(6)),
        ];
        check(history).unwrap();
    }

    #[test]
    fn a_lost_answer_may_have_taken_effect_or_not() {
        let write = op(Action::Write(7), 0, None);
        check(vec![write.clone(), op(Action::Read(None), 5, Some(6))]).unwrap();
        check(vec![write.clone(), op(Action::Read(Some(7)), 5, Some(6))]).unwrap();
        let back = vec![write, op(Action::Read(Some(7)), 5, Some(6)), op(Action::Read(None), 7, Some(8))];
        assert!(check(back).is_err(), "once seen it stays");
    }

    #[test]
    fn a_lost_update_is_found() {
        let cas = |from, to, a, b| op(Action::CompareAndSet { from, to }, a, Some(b));
        let history = vec![cas(None, 1, 0, 1), cas(Some(1), 2, 2, 5), cas(Some(1), 3, 3, 6)];
        assert!(check(history).is_err());
    }
}
