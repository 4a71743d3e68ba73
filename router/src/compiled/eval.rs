//! Evaluates bound expressions over a row, value by value: the compiled road's half of what `exec` does in columns. Both
//! call the same functions of `datum`.

use datum::{Datum, DatumError, EvalContext, Operator, SqlType, TypeId, cast::coerce_typmod, text_format};
use planner::Scalar;
use planner::scalar::RowComparison;

/// What an expression may refer to besides its row.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub ctx: &'a EvalContext,
    pub params: &'a [Datum],
    pub slots: &'a [Datum],
}

type EvalResult = Result<Datum, DatumError>;

/// Most arguments that a call evaluates without an allocation.
const ARGS_INLINE: usize = 4;

/// Evaluates `scalar` over `row`.
///
/// # Errors
/// For the client; `SequenceEmpty` for the session.
pub fn eval(scalar: &Scalar, row: &[Datum], env: Env<'_>) -> EvalResult {
    match scalar {
        Scalar::Const { value, .. } => Ok(value.clone()),
        Scalar::Column { index, .. } => row
            .get(*index)
            .cloned()
            .ok_or_else(|| DatumError::Internal(format!("column {index} of {}", row.len()))),
        Scalar::Param { index, .. } => env
            .params
            .get(*index)
            .cloned()
            .ok_or_else(|| DatumError::Internal(format!("parameter {index} of {}", env.params.len()))),
        Scalar::Slot { index, .. } => env
            .slots
            .get(*index)
            .cloned()
            .ok_or_else(|| DatumError::Internal(format!("slot {index} of {}", env.slots.len()))),
        Scalar::Outer { .. } | Scalar::Subquery(_) | Scalar::Placeholder { .. } => {
            Err(DatumError::Internal("expression is not for the compiled road".to_owned()))
        }
        Scalar::Call { function, args, .. } => {
            call(args, row, env, function.strict, |values| (function.eval)(env.ctx, values))
        }
        Scalar::Operator { operator, args, .. } => {
            call(args, row, env, true, |values| (operator.eval)(env.ctx, values))
        }
        Scalar::Cast { cast, arg, .. } => match eval(arg, row, env)? {
            Datum::Null => Ok(Datum::Null),
            v => (cast.eval)(env.ctx, &[v]),
        },
        Scalar::Relabel { arg, .. } => eval(arg, row, env),
        Scalar::CastViaText { arg, ty } => match eval(arg, row, env)? {
            Datum::Null => Ok(Datum::Null),
            v => text_format::input(*ty, &text_format::output(&v, arg.ty().id, env.ctx), env.ctx),
        },
        Scalar::CastArray { cast, arg, ty, explicit } => match eval(arg, row, env)? {
            Datum::Array(a) => {
                let element = ty.id.element().unwrap_or(a.element);
                let values = a.values.iter().map(|v| match v {
                    Datum::Null => Ok(Datum::Null),
                    v => coerce_typmod(
                        (cast.eval)(env.ctx, std::slice::from_ref(v))?,
                        SqlType::new(element, ty.typmod),
                        *explicit,
                    ),
                });
                let values = values.collect::<Result<Vec<_>, _>>()?;
                let array = datum::Array { element, lower_bound: a.lower_bound, values };
                Ok(Datum::Array(std::sync::Arc::new(array)))
            }
            v => Ok(v),
        },
        Scalar::Typmod { arg, ty, explicit } => match eval(arg, row, env)? {
            Datum::Null => Ok(Datum::Null),
            v => coerce_typmod(v, *ty, *explicit),
        },
        Scalar::And(args) => {
            let mut unknown = false;
            for arg in args {
                match eval(arg, row, env)? {
                    Datum::Bool(false) => return Ok(Datum::Bool(false)),
                    Datum::Null => unknown = true,
                    _ => {}
                }
            }
            Ok(if unknown { Datum::Null } else { Datum::Bool(true) })
        }
        Scalar::Or(args) => {
            let mut unknown = false;
            for arg in args {
                match eval(arg, row, env)? {
                    Datum::Bool(true) => return Ok(Datum::Bool(true)),
                    Datum::Null => unknown = true,
                    _ => {}
                }
            }
            Ok(if unknown { Datum::Null } else { Datum::Bool(false) })
        }
        Scalar::Not(arg) => Ok(match eval(arg, row, env)? {
            Datum::Bool(b) => Datum::Bool(!b),
            v => v,
        }),
        Scalar::IsNull { arg, negated } => {
            let v = eval(arg, row, env)?;
            Ok(Datum::Bool(match (&v, negated) {
                (Datum::Record(fields), false) => fields.iter().all(Datum::is_null),
                (Datum::Record(fields), true) => fields.iter().all(|f| !f.is_null()),
                (v, negated) => v.is_null() != *negated,
            }))
        }
        Scalar::IsBool { arg, value, negated } => {
            let is = eval(arg, row, env)?.as_bool() == *value;
            Ok(Datum::Bool(is != *negated))
        }
        Scalar::IsDistinct { equal, left, right, negated } => {
            let (l, r) = (eval(left, row, env)?, eval(right, row, env)?);
            let distinct = match (l.is_null(), r.is_null()) {
                (true, true) => false,
                (false, false) => !is_true(&(equal.eval)(env.ctx, &[l, r])?),
                _ => true,
            };
            Ok(Datum::Bool(distinct != *negated))
        }
        Scalar::Case { whens, otherwise, .. } => {
            for (condition, result) in whens {
                if is_true(&eval(condition, row, env)?) {
                    return eval(result, row, env);
                }
            }
            eval(otherwise, row, env)
        }
        Scalar::Coalesce { args, .. } => {
            for arg in args {
                let v = eval(arg, row, env)?;
                if !v.is_null() {
                    return Ok(v);
                }
            }
            Ok(Datum::Null)
        }
        Scalar::NullIf { equal, left, right, compare_left, .. } => {
            let (l, r) = (eval(compare_left, row, env)?, eval(right, row, env)?);
            if !l.is_null() && !r.is_null() && is_true(&(equal.eval)(env.ctx, &[l, r])?) {
                return Ok(Datum::Null);
            }
            eval(left, row, env)
        }
        Scalar::MinMax { greatest, less, args, .. } => {
            let mut best = Datum::Null;
            for arg in args {
                let v = eval(arg, row, env)?;
                if v.is_null() {
                    continue;
                }
                let better = best.is_null() || {
                    let pair = if *greatest { [best.clone(), v.clone()] } else { [v.clone(), best.clone()] };
                    is_true(&(less.eval)(env.ctx, &pair)?)
                };
                if better {
                    best = v;
                }
            }
            Ok(best)
        }
        Scalar::InList { operator, all, arg, list } => {
            let left = eval(arg, row, env)?;
            let mut any = AnyAll::new(*all);
            for item in list {
                let right = eval(item, row, env)?;
                if let Some(done) = any.add(operator, &left, right, env)? {
                    return Ok(done);
                }
            }
            Ok(any.result())
        }
        Scalar::Quantified { operator, all, arg, array } => {
            let left = eval(arg, row, env)?;
            let Datum::Array(array) = eval(array, row, env)? else { return Ok(Datum::Null) };
            let mut any = AnyAll::new(*all);
            for item in &array.values {
                if let Some(done) = any.add(operator, &left, item.clone(), env)? {
                    return Ok(done);
                }
            }
            Ok(any.result())
        }
        Scalar::Array { element, items, .. } => {
            let values = items.iter().map(|i| eval(i, row, env)).collect::<Result<Vec<_>, _>>()?;
            Ok(Datum::array(*element, values))
        }
        Scalar::Subscript { array, index, .. } => {
            let (array, index) = (eval(array, row, env)?, eval(index, row, env)?);
            let (Datum::Array(array), Some(index)) = (array, index.as_i64()) else { return Ok(Datum::Null) };
            let at = index - i64::from(array.lower_bound);
            Ok(usize::try_from(at).ok().and_then(|at| array.values.get(at)).cloned().unwrap_or(Datum::Null))
        }
        Scalar::Slice { array, lower, upper, .. } => {
            let Datum::Array(array) = eval(array, row, env)? else { return Ok(Datum::Null) };
            let first = i64::from(array.lower_bound);
            let last = first + array.values.len() as i64 - 1;
            let bound = |b: &Option<Box<Scalar>>, default: i64| -> Result<Option<i64>, DatumError> {
                match b {
                    Some(b) => Ok(eval(b, row, env)?.as_i64()),
                    None => Ok(Some(default)),
                }
            };
            let (Some(lower), Some(upper)) = (bound(lower, first)?, bound(upper, last)?) else {
                return Ok(Datum::Null);
            };
            let (lower, upper) = (lower.max(first), upper.min(last));
            let values = if lower > upper {
                Vec::new()
            } else {
                array.values[(lower - first) as usize..=(upper - first) as usize].to_vec()
            };
            Ok(Datum::array(array.element, values))
        }
        Scalar::Row(items) => {
            let values = items.iter().map(|i| eval(i, row, env)).collect::<Result<Vec<_>, _>>()?;
            Ok(Datum::Record(values.into()))
        }
        Scalar::RowCompare { comparison, equal, strict, left, right } => {
            row_compare(*comparison, equal, strict, left, right, row, env)
        }
    }
}

/// Whether a condition's value lets a row pass.
pub fn is_true(v: &Datum) -> bool {
    matches!(v, Datum::Bool(true))
}

/// Evaluates a condition.
///
/// # Errors
/// As `eval`.
pub fn passes(condition: Option<&Scalar>, row: &[Datum], env: Env<'_>) -> Result<bool, DatumError> {
    match condition {
        Some(c) => Ok(is_true(&eval(c, row, env)?)),
        None => Ok(true),
    }
}

fn call(
    args: &[Scalar],
    row: &[Datum],
    env: Env<'_>,
    strict: bool,
    f: impl FnOnce(&[Datum]) -> EvalResult,
) -> EvalResult {
    let mut inline: [Datum; ARGS_INLINE] = [const { Datum::Null }; ARGS_INLINE];
    let mut many = Vec::new();
    let values: &mut [Datum] = if args.len() <= ARGS_INLINE {
        &mut inline[..args.len()]
    } else {
        many.resize(args.len(), Datum::Null);
        &mut many
    };
    for (at, arg) in args.iter().enumerate() {
        values[at] = eval(arg, row, env)?;
        if strict && values[at].is_null() {
            // The other arguments are evaluated in PostgreSQL too, but only their errors could tell.
            return Ok(Datum::Null);
        }
    }
    f(values)
}

/// ANY and ALL with three values.
struct AnyAll {
    all: bool,
    unknown: bool,
}

impl AnyAll {
    fn new(all: bool) -> AnyAll {
        AnyAll { all, unknown: false }
    }
    fn add(
        &mut self,
        op: &Operator,
        left: &Datum,
        right: Datum,
        env: Env<'_>,
    ) -> Result<Option<Datum>, DatumError> {
        if left.is_null() || right.is_null() {
            self.unknown = true;
            return Ok(None);
        }
        match (op.eval)(env.ctx, &[left.clone(), right])? {
            Datum::Bool(b) if b != self.all => Ok(Some(Datum::Bool(b))),
            Datum::Null => {
                self.unknown = true;
                Ok(None)
            }
            _ => Ok(None),
        }
    }
    fn result(&self) -> Datum {
        if self.unknown { Datum::Null } else { Datum::Bool(self.all) }
    }
}

fn row_compare(
    comparison: RowComparison,
    equal: &[&'static Operator],
    strict: &[&'static Operator],
    left: &[Scalar],
    right: &[Scalar],
    row: &[Datum],
    env: Env<'_>,
) -> EvalResult {
    let by_equality = matches!(comparison, RowComparison::Equal | RowComparison::NotEqual);
    let mut unknown = false;
    for at in 0..left.len().min(right.len()) {
        let (l, r) = (eval(&left[at], row, env)?, eval(&right[at], row, env)?);
        if l.is_null() || r.is_null() {
            if !by_equality {
                return Ok(Datum::Null);
            }
            unknown = true;
            continue;
        }
        let pair = [l, r];
        let same = is_true(&(equal[at].eval)(env.ctx, &pair)?);
        if same {
            continue;
        }
        return match comparison {
            RowComparison::Equal => Ok(Datum::Bool(false)),
            RowComparison::NotEqual => Ok(Datum::Bool(true)),
            _ => (strict[at].eval)(env.ctx, &pair),
        };
    }
    if unknown {
        return Ok(Datum::Null);
    }
    Ok(Datum::Bool(matches!(
        comparison,
        RowComparison::Equal | RowComparison::LessEqual | RowComparison::GreaterEqual
    )))
}

/// Whether any part of an expression is an uncacheable or impossible thing for this road (asserted by the planner).
pub fn is_compilable(scalar: &Scalar) -> bool {
    !scalar.any(&mut |s| matches!(s, Scalar::Outer { .. } | Scalar::Subquery(_) | Scalar::Placeholder { .. }))
}

/// The type of a parameter as COPY and the wire read it.
pub fn is_text_like(ty: TypeId) -> bool {
    matches!(ty, TypeId::TEXT | TypeId::VARCHAR | TypeId::BPCHAR | TypeId::NAME)
}
