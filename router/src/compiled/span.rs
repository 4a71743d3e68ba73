//! From constraints on an index's columns to keys and spans of keys.

use super::eval::{Env, eval};
use crate::error::{SqlError, SqlResult, SqlState};
use catalog::row::{IndexCodec, KeyColumn};
use datum::Datum;
use kv::{Key, Span, key};
use planner::plan::{ColumnConstraint, IndexSpan};

/// Most spans that IN lists of one statement may multiply to.
const SPANS_MAX: usize = 100_000;

/// What a scan reads: keys that are complete, or spans (never both); sorted, without doubles or overlaps.
#[derive(Debug, Default, PartialEq)]
pub struct Target {
    pub keys: Vec<Key>,
    pub spans: Vec<Span>,
}

/// Evaluates the constraints. `unique_keys`: a key with all columns given (and none NULL) has at most one entry.
///
/// # Errors
/// For the client.
pub fn target(codec: &IndexCodec, unique_keys: bool, spans: &[IndexSpan], env: Env<'_>) -> SqlResult<Target> {
    let mut out = Target::default();
    for span in spans {
        one(codec, unique_keys, span, env, &mut out)?;
    }
    if out.keys.len() > 1 {
        out.keys.sort_unstable();
        out.keys.dedup();
    }
    // Both kinds at once: as spans, so that rows come in the order of the index.
    if !out.keys.is_empty() && !out.spans.is_empty() {
        out.spans.extend(out.keys.drain(..).map(|k| Span::new(k.clone(), key::next(&k))));
    }
    if out.spans.len() > 1 {
        out.spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(out.spans.len());
        for span in out.spans.drain(..) {
            match merged.last_mut() {
                Some(last) if span.start < last.end => {
                    if span.end > last.end {
                        last.end = span.end;
                    }
                }
                _ => merged.push(span),
            }
        }
        out.spans = merged;
    }
    Ok(out)
}

fn one(
    codec: &IndexCodec,
    unique_keys: bool,
    span: &IndexSpan,
    env: Env<'_>,
    out: &mut Target,
) -> SqlResult<()> {
    let mut prefixes = vec![codec.prefix().to_vec()];
    let mut has_null = false;
    for (at, constraint) in span.columns.iter().enumerate() {
        let column = codec
            .key_columns
            .get(at)
            .ok_or_else(|| SqlError::internal("a span has more columns than its index"))?;
        match constraint {
            ColumnConstraint::Equal(value) => {
                let value = eval(value, &[], env)?;
                if value.is_null() {
                    return Ok(());
                }
                prefixes.iter_mut().for_each(|p| column.encode(p, &value));
            }
            ColumnConstraint::In(values) => {
                let values = values.iter().map(|v| eval(v, &[], env)).collect::<Result<Vec<_>, _>>()?;
                prefixes = multiply(prefixes, column, &values)?;
            }
            ColumnConstraint::InArray(array) => match eval(array, &[], env)? {
                Datum::Array(a) => prefixes = multiply(prefixes, column, &a.values)?,
                _ => return Ok(()),
            },
            ColumnConstraint::IsNull => {
                has_null = true;
                prefixes.iter_mut().for_each(|p| column.encode(p, &Datum::Null));
            }
            ColumnConstraint::Range { low, high } => {
                let bound = |b: &Option<(planner::Scalar, bool)>| -> SqlResult<Option<(Datum, bool)>> {
                    match b {
                        Some((v, inclusive)) => Ok(Some((eval(v, &[], env)?, *inclusive))),
                        None => Ok(None),
                    }
                };
                let (low, high) = (bound(low)?, bound(high)?);
                if [&low, &high].into_iter().flatten().any(|b| b.0.is_null()) {
                    return Ok(());
                }
                for prefix in prefixes {
                    let range = range(column, &prefix, low.as_ref(), high.as_ref());
                    if range.start < range.end {
                        out.spans.push(range);
                    }
                }
                return Ok(());
            }
        }
    }
    if unique_keys && !has_null && span.columns.len() == codec.key_columns.len() {
        out.keys.extend(prefixes.into_iter().map(Key::from));
    } else {
        out.spans.extend(prefixes.iter().map(|p| Span::prefix(p)));
    }
    Ok(())
}

fn multiply(prefixes: Vec<Vec<u8>>, column: &KeyColumn, values: &[Datum]) -> SqlResult<Vec<Vec<u8>>> {
    let count = prefixes.len().saturating_mul(values.len());
    if count > SPANS_MAX {
        return Err(SqlError::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("lists of the condition name {count} keys, more than {SPANS_MAX}"),
        ));
    }
    let mut out = Vec::with_capacity(count);
    for prefix in &prefixes {
        for value in values.iter().filter(|v| !v.is_null()) {
            let mut p = prefix.clone();
            column.encode(&mut p, value);
            out.push(p);
        }
    }
    Ok(out)
}

/// The span of one column between two bounds, without NULL.
fn range(
    column: &KeyColumn,
    prefix: &[u8],
    low: Option<&(Datum, bool)>,
    high: Option<&(Datum, bool)>,
) -> Span {
    let with = |v: &Datum| {
        let mut out = prefix.to_vec();
        column.encode(&mut out, v);
        out
    };
    // In key order the bounds of a descending column change places.
    let (first, last) = if column.descending { (high, low) } else { (low, high) };
    let null_first = column.descending != column.nulls_reversed;
    let start = match first {
        Some((v, true)) => Key::from(with(v)),
        Some((v, false)) => key::prefix_end(&with(v)),
        None if null_first => key::prefix_end(&with(&Datum::Null)),
        None => Key::copy_from_slice(prefix),
    };
    let end = match last {
        Some((v, true)) => key::prefix_end(&with(v)),
        Some((v, false)) => Key::from(with(v)),
        None if null_first => key::prefix_end(prefix),
        None => Key::from(with(&Datum::Null)),
    };
    Span::new(start, end)
}
