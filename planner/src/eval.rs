//! Evaluates bound scalars over one row: the compiled road, constant folding and the router's small needs. Vectorised
//! evaluation is exec's; a test runs every expression down both roads.

use crate::scalar::{RowComparison, Scalar};
use datum::{Datum, DatumError, EvalContext, SqlType, TypeId};
use std::cmp::Ordering;

/// What an expression sees beside its row.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub params: &'a [Datum],
    pub slots: &'a [Datum],
    /// Rows of enclosing `Apply` and lookup joins, the nearest first.
    pub outer: &'a [&'a [Datum]],
    pub ctx: &'a EvalContext,
}

type Result<T> = std::result::Result<T, DatumError>;

/// The value of a bound expression over a row; `params` and `slots` by position.
///
/// # Errors
/// For the client (overflow, division by zero, ...); `SequenceEmpty`: fetch a block and evaluate again.
pub fn eval(
    scalar: &Scalar,
    row: &[Datum],
    params: &[Datum],
    slots: &[Datum],
    ctx: &EvalContext,
) -> Result<Datum> {
    eval_in(scalar, row, &Env { params, slots, outer: &[], ctx })
}

/// Whether a condition holds: NULL does not.
///
/// # Errors
/// As `eval`.
pub fn holds(scalar: &Scalar, row: &[Datum], env: &Env<'_>) -> Result<bool> {
    Ok(matches!(eval_in(scalar, row, env)?, Datum::Bool(true)))
}

fn missing(what: &str, index: usize) -> DatumError {
    DatumError::Internal(format!("{what} {index} is not there"))
}

/// As `eval`, with everything that an expression may see.
///
/// # Errors
/// As `eval`.
pub fn eval_in(scalar: &Scalar, row: &[Datum], env: &Env<'_>) -> Result<Datum> {
    let go = |s: &Scalar| eval_in(s, row, env);
    match scalar {
        Scalar::Const { value, .. } => Ok(value.clone()),
        Scalar::Column { index, .. } => row.get(*index).cloned().ok_or_else(|| missing("column", *index)),
        Scalar::Outer { level, index, .. } => {
            let outer = level
                .checked_sub(1)
                .and_then(|l| env.outer.get(l))
                .ok_or_else(|| missing("outer row", *level))?;
            outer.get(*index).cloned().ok_or_else(|| missing("outer column", *index))
        }
        Scalar::Param { index, .. } => {
            env.params.get(*index).cloned().ok_or_else(|| missing("parameter", *index))
        }
        Scalar::Slot { index, .. } => env.slots.get(*index).cloned().ok_or_else(|| missing("slot", *index)),
        Scalar::Call { function, args, .. } => call(function.eval, function.strict, args, row, env),
        Scalar::Operator { operator, args, .. } => call(operator.eval, operator.strict, args, row, env),
        Scalar::Cast { cast, arg, ty, explicit } => {
            let v = go(arg)?;
            if v.is_null() {
                return Ok(v);
            }
            let v = (cast.eval)(env.ctx, std::slice::from_ref(&v))?;
            if ty.typmod < 0 { Ok(v) } else { datum::cast::coerce_typmod(v, *ty, *explicit) }
        }
        Scalar::Relabel { arg, .. } => go(arg),
        Scalar::CastViaText { arg, ty } => match go(arg)? {
            Datum::Null => Ok(Datum::Null),
            v => {
                let text = datum::text_format::output(&v, arg.ty().id, env.ctx);
                datum::text_format::input(*ty, &text, env.ctx)
            }
        },
        Scalar::CastArray { cast, arg, ty, explicit } => match go(arg)? {
            Datum::Array(a) => {
                let element = ty.id.element().unwrap_or(ty.id);
                let values = a.values.iter().map(|v| {
                    if v.is_null() {
                        return Ok(Datum::Null);
                    }
                    let v = (cast.eval)(env.ctx, std::slice::from_ref(v))?;
                    datum::cast::coerce_typmod(v, SqlType::new(element, ty.typmod), *explicit)
                });
                let values = values.collect::<Result<Vec<_>>>()?;
                Ok(Datum::Array(std::sync::Arc::new(datum::Array {
                    element,
                    lower_bound: a.lower_bound,
                    values,
                })))
            }
            v => Ok(v),
        },
        Scalar::Typmod { arg, ty, explicit } => match go(arg)? {
            Datum::Null => Ok(Datum::Null),
            v => datum::cast::coerce_typmod(v, *ty, *explicit),
        },
        Scalar::And(args) => {
            let mut unknown = false;
            for a in args {
                match go(a)? {
                    Datum::Bool(false) => return Ok(Datum::Bool(false)),
                    Datum::Bool(true) => {}
                    _ => unknown = true,
                }
            }
            Ok(if unknown { Datum::Null } else { Datum::Bool(true) })
        }
        Scalar::Or(args) => {
            let mut unknown = false;
            for a in args {
                match go(a)? {
                    Datum::Bool(true) => return Ok(Datum::Bool(true)),
                    Datum::Bool(false) => {}
                    _ => unknown = true,
                }
            }
            Ok(if unknown { Datum::Null } else { Datum::Bool(false) })
        }
        Scalar::Not(arg) => Ok(match go(arg)? {
            Datum::Bool(b) => Datum::Bool(!b),
            _ => Datum::Null,
        }),
        Scalar::IsNull { arg, negated } => Ok(Datum::Bool(match go(arg)? {
            Datum::Record(fields) => fields.iter().all(|f| f.is_null() != *negated),
            v => v.is_null() != *negated,
        })),
        Scalar::IsBool { arg, value, negated } => {
            let v = go(arg)?.as_bool();
            Ok(Datum::Bool((v == *value) != *negated))
        }
        Scalar::IsDistinct { equal, left, right, negated } => {
            let pair = [go(left)?, go(right)?];
            let distinct = match (pair[0].is_null(), pair[1].is_null()) {
                (true, true) => false,
                (true, false) | (false, true) => true,
                _ => !matches!((equal.eval)(env.ctx, &pair)?, Datum::Bool(true)),
            };
            Ok(Datum::Bool(distinct != *negated))
        }
        Scalar::Case { whens, otherwise, .. } => {
            for (condition, result) in whens {
                if matches!(go(condition)?, Datum::Bool(true)) {
                    return go(result);
                }
            }
            go(otherwise)
        }
        Scalar::Coalesce { args, .. } => {
            for a in args {
                let v = go(a)?;
                if !v.is_null() {
                    return Ok(v);
                }
            }
            Ok(Datum::Null)
        }
        Scalar::NullIf { equal, left, right, compare_left, .. } => {
            let pair = [go(compare_left)?, go(right)?];
            if !pair[0].is_null()
                && !pair[1].is_null()
                && matches!((equal.eval)(env.ctx, &pair)?, Datum::Bool(true))
            {
                return Ok(Datum::Null);
            }
            go(left)
        }
        Scalar::MinMax { greatest, less, args, .. } => {
            let mut best = Datum::Null;
            for a in args {
                let v = go(a)?;
                if v.is_null() {
                    continue;
                }
                if best.is_null() {
                    best = v;
                    continue;
                }
                let pair = if *greatest { [best.clone(), v.clone()] } else { [v.clone(), best.clone()] };
                if matches!((less.eval)(env.ctx, &pair)?, Datum::Bool(true)) {
                    best = v;
                }
            }
            Ok(best)
        }
        Scalar::InList { operator, all, arg, list } => {
            let left = go(arg)?;
            let mut fold = Quantifier::new(*all);
            let mut pair = [left, Datum::Null];
            for item in list {
                pair[1] = go(item)?;
                let v = strict_pair(operator.eval, &pair, env)?;
                if let Some(done) = fold.add(&v) {
                    return Ok(done);
                }
            }
            Ok(fold.finish())
        }
        Scalar::Quantified { operator, all, arg, array } => {
            let left = go(arg)?;
            let array = match go(array)? {
                Datum::Array(a) => a,
                _ => return Ok(Datum::Null),
            };
            let mut fold = Quantifier::new(*all);
            let mut pair = [left, Datum::Null];
            for item in &array.values {
                pair[1] = item.clone();
                let v = strict_pair(operator.eval, &pair, env)?;
                if let Some(done) = fold.add(&v) {
                    return Ok(done);
                }
            }
            Ok(fold.finish())
        }
        Scalar::Array { element, items, .. } => {
            Ok(Datum::array(*element, items.iter().map(go).collect::<Result<Vec<_>>>()?))
        }
        Scalar::Subscript { array, index, .. } => {
            let (Datum::Array(a), Some(i)) = (go(array)?, go(index)?.as_i64()) else {
                return Ok(Datum::Null);
            };
            let at = i.checked_sub(i64::from(a.lower_bound)).and_then(|i| usize::try_from(i).ok());
            Ok(at.and_then(|i| a.values.get(i)).cloned().unwrap_or(Datum::Null))
        }
        Scalar::Slice { array, lower, upper, .. } => {
            let Datum::Array(a) = go(array)? else { return Ok(Datum::Null) };
            let first = i64::from(a.lower_bound);
            let last = first + a.values.len() as i64 - 1;
            let bound = |b: &Option<Box<Scalar>>, default: i64| match b {
                None => Ok(Some(default)),
                Some(s) => go(s).map(|v| v.as_i64()),
            };
            let (Some(from), Some(to)) = (bound(lower, first)?, bound(upper, last)?) else {
                return Ok(Datum::Null);
            };
            let (from, to) = (from.max(first), to.min(last));
            let values = if from > to {
                vec![]
            } else {
                a.values[(from - first) as usize..=(to - first) as usize].to_vec()
            };
            Ok(Datum::array(a.element, values))
        }
        Scalar::Row(items) => Ok(Datum::Record(items.iter().map(go).collect::<Result<Vec<_>>>()?.into())),
        Scalar::RowCompare { comparison, equal, strict, left, right } => {
            let mut unknown = false;
            for i in 0..left.len().min(right.len()) {
                let pair = [go(&left[i])?, go(&right[i])?];
                let same = strict_pair(equal[i].eval, &pair, env)?.as_bool();
                match comparison {
                    RowComparison::Equal | RowComparison::NotEqual => match same {
                        Some(true) => {}
                        Some(false) => return Ok(Datum::Bool(*comparison == RowComparison::NotEqual)),
                        None => unknown = true,
                    },
                    _ => match same {
                        Some(true) => {}
                        Some(false) => return strict_pair(strict[i].eval, &pair, env),
                        None => return Ok(Datum::Null),
                    },
                }
            }
            if unknown {
                return Ok(Datum::Null);
            }
            Ok(Datum::Bool(matches!(
                comparison,
                RowComparison::Equal | RowComparison::LessEqual | RowComparison::GreaterEqual
            )))
        }
        Scalar::Subquery(_) | Scalar::Placeholder { .. } => {
            Err(DatumError::Internal("an expression of an unfinished plan".into()))
        }
    }
}

fn call(
    f: datum::function::EvalFn,
    strict: bool,
    args: &[Scalar],
    row: &[Datum],
    env: &Env<'_>,
) -> Result<Datum> {
    // Most calls have one or two arguments: no allocation for those.
    match args {
        [a] => {
            let v = eval_in(a, row, env)?;
            if strict && v.is_null() { Ok(Datum::Null) } else { f(env.ctx, &[v]) }
        }
        [a, b] => {
            let pair = [eval_in(a, row, env)?, eval_in(b, row, env)?];
            if strict && (pair[0].is_null() || pair[1].is_null()) {
                Ok(Datum::Null)
            } else {
                f(env.ctx, &pair)
            }
        }
        _ => {
            let values = args.iter().map(|a| eval_in(a, row, env)).collect::<Result<Vec<_>>>()?;
            if strict && values.iter().any(Datum::is_null) { Ok(Datum::Null) } else { f(env.ctx, &values) }
        }
    }
}

fn strict_pair(f: datum::function::EvalFn, pair: &[Datum; 2], env: &Env<'_>) -> Result<Datum> {
    if pair[0].is_null() || pair[1].is_null() { Ok(Datum::Null) } else { f(env.ctx, pair) }
}

/// Three-valued OR (ANY) or AND (ALL) over a list.
struct Quantifier {
    all: bool,
    unknown: bool,
}
impl Quantifier {
    fn new(all: bool) -> Self {
        Quantifier { all, unknown: false }
    }
    fn add(&mut self, v: &Datum) -> Option<Datum> {
        match v.as_bool() {
            Some(b) if b != self.all => return Some(Datum::Bool(b)),
            Some(_) => {}
            None => self.unknown = true,
        }
        None
    }
    fn finish(self) -> Datum {
        if self.unknown { Datum::Null } else { Datum::Bool(self.all) }
    }
}

/// Compares two rows by sort keys already evaluated.
pub fn compare_keys(keys: &[(TypeId, bool, bool)], a: &[Datum], b: &[Datum]) -> Ordering {
    keys.iter()
        .zip(a.iter().zip(b))
        .map(|((ty, descending, nulls_first), (a, b))| {
            datum::compare::compare_ordered(*ty, a, b, *descending, *nulls_first)
        })
        .find(|o| *o != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}
