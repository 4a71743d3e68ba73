//! Array functions and operators (manual 9.19) on one-dimensional arrays.
//!
//! Elements compare by their type's equality; NULL elements equal nothing in containment, and NULL in `array_position`,
//! `array_remove` and `array_replace`.

use super::args::{eval, get, pure};
use super::output::type_of;
use super::{f, n};
use crate::compare::equal;
use crate::function::{Function, Operator};
use crate::operators::{op, seeing_null};
use crate::{Array, Datum, DatumError, EvalContext, TypeId as T};
use std::sync::Arc;

/// PostgreSQL's `MaxArraySize`.
const ELEMENTS_MAX: usize = 134_217_727;

fn too_many() -> DatumError {
    DatumError::ProgramLimitExceeded(format!("array size exceeds the maximum allowed ({ELEMENTS_MAX})"))
}
fn array(element: T, lower_bound: i32, values: Vec<Datum>) -> Datum {
    Datum::Array(Arc::new(Array {
        element,
        lower_bound: if values.is_empty() { 1 } else { lower_bound },
        values,
    }))
}

fn append(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    with_one_more(get(args, 0)?, get(args, 1)?, false)
}
fn prepend(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    with_one_more(get(args, 1)?, get(args, 0)?, true)
}
fn with_one_more(to: Option<&Array>, value: &Datum, front: bool) -> Result<Datum, DatumError> {
    let (element, lower, old): (T, i32, &[Datum]) = match to {
        Some(a) => (a.element, a.lower_bound, &a.values),
        None => (type_of(value), 1, &[]),
    };
    let mut values = Vec::with_capacity(old.len() + 1);
    if front {
        values.push(value.clone());
    }
    values.extend_from_slice(old);
    if !front {
        values.push(value.clone());
    }
    Ok(array(element, if old.is_empty() { 1 } else { lower }, values))
}
fn cat(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let (a, b): (Option<&Array>, Option<&Array>) = (get(args, 0)?, get(args, 1)?);
    Ok(match (a, b) {
        (None, None) => Datum::Null,
        (None, Some(_)) => args[1].clone(),
        (Some(_), None) => args[0].clone(),
        (Some(a), Some(_)) if a.values.is_empty() => args[1].clone(),
        (Some(a), Some(b)) => array(a.element, a.lower_bound, [a.values.as_slice(), &b.values].concat()),
    })
}

/// Subscripts at which an element is.
fn positions<'a>(a: &'a Array, value: &'a Datum) -> impl Iterator<Item = i32> + 'a {
    a.values
        .iter()
        .enumerate()
        .filter(|(_, v)| equal(a.element, v, value))
        .map(|(i, _)| a.lower_bound.saturating_add(i as i32))
}
fn array_position(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(a) = get::<Option<&Array>>(args, 0)? else { return Ok(Datum::Null) };
    let from = if args.len() > 2 {
        get::<Option<i32>>(args, 2)?
            .ok_or_else(|| DatumError::NullValueNotAllowed("initial position must not be null".into()))?
    } else {
        i32::MIN
    };
    Ok(positions(a, &args[1]).find(|p| *p >= from).map_or(Datum::Null, Datum::Int4))
}
fn array_positions(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(a) = get::<Option<&Array>>(args, 0)? else { return Ok(Datum::Null) };
    Ok(Datum::array(T::INT4, positions(a, &args[1]).map(Datum::Int4).collect()))
}
fn array_remove(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(a) = get::<Option<&Array>>(args, 0)? else { return Ok(Datum::Null) };
    let left = a.values.iter().filter(|v| !equal(a.element, v, &args[1])).cloned().collect();
    Ok(array(a.element, a.lower_bound, left))
}
fn array_replace(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(a) = get::<Option<&Array>>(args, 0)? else { return Ok(Datum::Null) };
    let swap = |v: &Datum| if equal(a.element, v, &args[1]) { args[2].clone() } else { v.clone() };
    Ok(array(a.element, a.lower_bound, a.values.iter().map(swap).collect()))
}
fn trim_array(a: &Array, count: i32) -> Result<Datum, DatumError> {
    let length = a.values.len();
    let cut = usize::try_from(count).ok().filter(|n| *n <= length).ok_or_else(|| {
        DatumError::ArraySubscriptError(format!("number of elements to trim must be between 0 and {length}"))
    })?;
    // The result starts at 1, whatever the bounds were.
    Ok(array(a.element, 1, a.values[..length - cut].to_vec()))
}
fn array_fill(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let null = || DatumError::NullValueNotAllowed("dimension array or low bound array cannot be null".into());
    let dimensions: &Array = get::<Option<&Array>>(args, 1)?.ok_or_else(null)?;
    let bounds = if args.len() > 2 { Some(get::<Option<&Array>>(args, 2)?.ok_or_else(null)?) } else { None };
    let number = |a: &Array| match a.values.first() {
        Some(Datum::Int4(v)) => Ok(*v),
        _ => Err(DatumError::NullValueNotAllowed("dimension values cannot be null".into())),
    };
    let element = type_of(&args[0]);
    match dimensions.values.len() {
        0 => return Ok(array(element, 1, Vec::new())),
        1 => {}
        _ => {
            return Err(DatumError::FeatureNotSupported(
                "arrays of more than one dimension are not supported".into(),
            ));
        }
    }
    let lower = match bounds {
        None => 1,
        Some(b) if b.values.len() == 1 => number(b)?,
        Some(_) => return Err(DatumError::ArraySubscriptError("wrong number of array subscripts".into())),
    };
    let length =
        usize::try_from(number(dimensions)?).ok().filter(|n| *n <= ELEMENTS_MAX / 8).ok_or_else(too_many)?;
    Ok(array(element, lower, vec![args[0].clone(); length]))
}

fn same_elements(a: &Array, b: &Array) -> Result<(), DatumError> {
    if a.element == b.element {
        return Ok(());
    }
    Err(DatumError::DatatypeMismatch("cannot compare arrays of different element types".into()))
}
fn holds(a: &Array, value: &Datum) -> bool {
    !value.is_null() && a.values.iter().any(|v| !v.is_null() && equal(a.element, v, value))
}
fn contains(a: &Array, b: &Array) -> Result<bool, DatumError> {
    same_elements(a, b)?;
    Ok(b.values.iter().all(|v| holds(a, v)))
}
fn overlaps(a: &Array, b: &Array) -> Result<bool, DatumError> {
    same_elements(a, b)?;
    Ok(b.values.iter().any(|v| holds(a, v)))
}
fn bound(a: &Array, dimension: i32, upper: bool) -> Option<i32> {
    if dimension != 1 || a.values.is_empty() {
        return None;
    }
    Some(if upper { a.lower_bound + (a.values.len() as i32 - 1) } else { a.lower_bound })
}

/// Which of the thresholds (sorted ascending) a value has reached: their count that is not above it.
fn width_bucket(operand: &Datum, thresholds: &Array) -> Result<i32, DatumError> {
    if thresholds.values.iter().any(Datum::is_null) {
        return Err(DatumError::NullValueNotAllowed("thresholds array must not contain NULLs".into()));
    }
    let below = |t: &Datum| crate::compare::compare(thresholds.element, t, operand).is_le();
    Ok(thresholds.values.partition_point(below) as i32)
}

pub static FUNCTIONS: &[Function] = &[
    n(378, "array_append", &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLE], T::ANYCOMPATIBLEARRAY, append),
    n(379, "array_prepend", &[T::ANYCOMPATIBLE, T::ANYCOMPATIBLEARRAY], T::ANYCOMPATIBLEARRAY, prepend),
    n(383, "array_cat", &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLEARRAY], T::ANYCOMPATIBLEARRAY, cat),
    f(
        747,
        "array_dims",
        &[T::ANYARRAY],
        T::TEXT,
        pure!(|a: &Array| bound(a, 1, true).map(|upper| format!("[{}:{upper}]", a.lower_bound))),
    ),
    f(
        748,
        "array_ndims",
        &[T::ANYARRAY],
        T::INT4,
        pure!(|a: &Array| if a.values.is_empty() { None } else { Some(1) }),
    ),
    f(
        2176,
        "array_length",
        &[T::ANYARRAY, T::INT4],
        T::INT4,
        pure!(|a: &Array, d: i32| bound(a, d, true).map(|_| a.values.len() as i32)),
    ),
    f(2091, "array_lower", &[T::ANYARRAY, T::INT4], T::INT4, pure!(|a: &Array, d: i32| bound(a, d, false))),
    f(2092, "array_upper", &[T::ANYARRAY, T::INT4], T::INT4, pure!(|a: &Array, d: i32| bound(a, d, true))),
    f(3179, "cardinality", &[T::ANYARRAY], T::INT4, pure!(|a: &Array| a.values.len() as i32)),
    n(3277, "array_position", &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLE], T::INT4, array_position),
    n(3278, "array_position", &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLE, T::INT4], T::INT4, array_position),
    n(3279, "array_positions", &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLE], T::INT4_ARRAY, array_positions),
    n(3167, "array_remove", &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLE], T::ANYCOMPATIBLEARRAY, array_remove),
    n(
        3168,
        "array_replace",
        &[T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLE, T::ANYCOMPATIBLE],
        T::ANYCOMPATIBLEARRAY,
        array_replace,
    ),
    n(1193, "array_fill", &[T::ANYELEMENT, T::INT4_ARRAY], T::ANYARRAY, array_fill),
    n(1286, "array_fill", &[T::ANYELEMENT, T::INT4_ARRAY, T::INT4_ARRAY], T::ANYARRAY, array_fill),
    f(
        6172,
        "trim_array",
        &[T::ANYARRAY, T::INT4],
        T::ANYARRAY,
        eval!(|a: &Array, count: i32| trim_array(a, count)),
    ),
    f(
        3218,
        "width_bucket",
        &[T::ANYCOMPATIBLE, T::ANYCOMPATIBLEARRAY],
        T::INT4,
        eval!(|v: &Datum, a: &Array| width_bucket(v, a)),
    ),
];

pub static OPERATORS: &[Operator] = &[
    op(2751, "@>", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, eval!(|a: &Array, b: &Array| contains(a, b))),
    op(2752, "<@", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, eval!(|a: &Array, b: &Array| contains(b, a))),
    op(2750, "&&", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, eval!(|a: &Array, b: &Array| overlaps(a, b))),
    seeing_null(op(349, "||", Some(T::ANYCOMPATIBLEARRAY), T::ANYCOMPATIBLE, T::ANYCOMPATIBLEARRAY, append)),
    seeing_null(op(374, "||", Some(T::ANYCOMPATIBLE), T::ANYCOMPATIBLEARRAY, T::ANYCOMPATIBLEARRAY, prepend)),
    seeing_null(op(
        375,
        "||",
        Some(T::ANYCOMPATIBLEARRAY),
        T::ANYCOMPATIBLEARRAY,
        T::ANYCOMPATIBLEARRAY,
        cat,
    )),
];
