//! DISTINCT and the set operations, by keys: of equal rows the first printed form stays.

use crate::ExecError;
use crate::key::row_key;
use crate::lower::only;
use crate::rows::{RowStream, each, later};
use crate::scope::Scope;
use datum::SqlType;
use futures::{StreamExt, TryStreamExt, stream};
use planner::plan::SetOpKind;
use std::collections::{HashMap, HashSet};

/// Bytes of a hash entry beside its key, an estimate.
const ENTRY_BYTES: usize = 48;

pub(crate) fn distinct(scope: Scope, input: RowStream, types: Vec<SqlType>) -> RowStream {
    let mut seen = HashSet::new();
    let mut charge = scope.charge("distinct");
    each(input, move |mut batch| {
        let mut bytes = 0;
        batch.retain(|row| {
            let key = row_key(row, &types);
            let len = key.len() + ENTRY_BYTES;
            let new = seen.insert(key);
            bytes += if new { len } else { 0 };
            new
        });
        charge.grow(bytes)?;
        Ok(batch)
    })
}

pub(crate) fn set_op(
    scope: Scope,
    op: SetOpKind,
    all: bool,
    mut inputs: Vec<RowStream>,
    types: Vec<SqlType>,
) -> RowStream {
    if op == SetOpKind::Union {
        let rows = stream::iter(inputs).flatten().boxed();
        return if all { rows } else { distinct(scope, rows, types) };
    }
    let right = inputs.pop();
    let left = only(inputs);
    later(async move {
        let mut charge = scope.charge("set operation");
        // How many rows of the right side are not yet paired.
        let mut counts: HashMap<Vec<u8>, u64> = HashMap::new();
        if let Some(mut right) = right {
            while let Some(batch) = right.try_next().await? {
                let mut bytes = 0;
                for row in batch {
                    let key = row_key(&row, &types);
                    let len = key.len() + ENTRY_BYTES;
                    let count = counts.entry(key).or_insert_with(|| {
                        bytes += len;
                        0
                    });
                    *count += 1;
                }
                charge.grow(bytes)?;
            }
        }
        let paired = each(left, {
            let types = types.clone();
            move |mut batch| {
                let _held = &charge;
                batch.retain(|row| {
                    let count = counts.get_mut(&row_key(row, &types));
                    let found = match count {
                        Some(c) if *c > 0 => {
                            *c -= u64::from(all);
                            true
                        }
                        _ => false,
                    };
                    found == (op == SetOpKind::Intersect)
                });
                Ok::<_, ExecError>(batch)
            }
        });
        Ok(if all { paired } else { distinct(scope, paired, types) })
    })
}
