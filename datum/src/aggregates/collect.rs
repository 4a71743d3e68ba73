//! Aggregates that keep every value: `string_agg`, `array_agg`, and the ordered sets (`percentile_cont`, `mode`, ...).
//!
//! Rows come in the order that the call asks for. An ordered set is never split in parts: its rows are sorted as a whole.

use super::aggregate;
use super::simple::held;
use crate::compare::equal;
use crate::function::{Accumulator, Aggregate};
use crate::functions::args::get;
use crate::functions::output::type_of;
use crate::{Array, Datum, DatumError, EvalContext, TypeId as T};

/// Bytes that one group's text may have.
const GROUP_BYTES_MAX: usize = crate::functions::text::TEXT_BYTES_MAX;

fn too_large() -> DatumError {
    DatumError::ProgramLimitExceeded(format!("an aggregated value exceeds {GROUP_BYTES_MAX} bytes"))
}

/// The delimiter of each value stands before it; the first one is cut off in the end.
#[derive(Default)]
struct StringAgg {
    joined: Option<Vec<u8>>,
    first_delimiter: usize,
    bytes: bool,
}
impl StringAgg {
    fn append(&mut self, delimiter: &[u8], value: &[u8]) -> Result<(), DatumError> {
        if self.joined.is_none() {
            self.first_delimiter = delimiter.len();
        }
        let joined = self.joined.get_or_insert_default();
        joined.extend_from_slice(delimiter);
        joined.extend_from_slice(value);
        if joined.len() > GROUP_BYTES_MAX { Err(too_large()) } else { Ok(()) }
    }
    fn give(&self, from: usize) -> Result<Datum, DatumError> {
        let Some(joined) = &self.joined else { return Ok(Datum::Null) };
        if self.bytes {
            return Ok(Datum::bytea(&joined[from..]));
        }
        let text = std::str::from_utf8(&joined[from..]);
        text.map(Datum::text).map_err(|_| DatumError::Internal("joined text is not UTF-8".into()))
    }
}
fn raw(datum: &Datum) -> &[u8] {
    match datum {
        Datum::Text(s) => s.as_bytes(),
        Datum::Bytea(b) => b,
        _ => &[],
    }
}
impl Accumulator for StringAgg {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let (value, delimiter): (&Datum, &Datum) = (get(args, 0)?, get(args, 1)?);
        if value.is_null() { Ok(()) } else { self.append(raw(delimiter), raw(value)) }
    }
    fn state(&self) -> Vec<Datum> {
        let joined = self.joined.as_ref().map_or(Datum::Null, Datum::bytea);
        vec![joined, Datum::Int8(self.first_delimiter as i64)]
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        let Some(other) = get::<Option<&[u8]>>(state, 0)? else { return Ok(()) };
        let cut = usize::try_from(get::<i64>(state, 1)?).ok().filter(|n| *n <= other.len());
        let cut = cut.ok_or_else(|| DatumError::Internal("a partial string_agg is malformed".into()))?;
        self.append(&other[..cut], &other[cut..])
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        self.give(self.first_delimiter)
    }
    fn size(&self) -> usize {
        size_of::<Self>() + self.joined.as_ref().map_or(0, Vec::capacity)
    }
}

/// `array_agg`, NULLs and all.
struct ArrayAgg {
    element: Option<T>,
    values: Vec<Datum>,
    held: usize,
}
impl Accumulator for ArrayAgg {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let value: &Datum = get(args, 0)?;
        if matches!(value, Datum::Array(_)) {
            return Err(DatumError::FeatureNotSupported(
                "arrays of more than one dimension are not supported".into(),
            ));
        }
        self.held += size_of::<Datum>() + held(value);
        if self.held > GROUP_BYTES_MAX {
            return Err(too_large());
        }
        self.values.push(value.clone());
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![Datum::array(self.element(), self.values.clone())]
    }
    fn merge(&mut self, ctx: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        let other: &Array = get(state, 0)?;
        other.values.iter().try_for_each(|v| self.add(ctx, std::slice::from_ref(v)))
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.values.is_empty() {
            return Ok(Datum::Null);
        }
        Ok(Datum::array(self.element(), self.values.clone()))
    }
    fn size(&self) -> usize {
        size_of::<Self>() + self.held
    }
}
impl ArrayAgg {
    fn element(&self) -> T {
        self.element.unwrap_or_else(|| self.values.iter().find(|v| !v.is_null()).map_or(T::TEXT, type_of))
    }
}

/// What an ordered set gives.
#[derive(Clone, Copy, PartialEq)]
enum Pick {
    Continuous,
    Discrete,
    Mode,
}
/// The values of an ordered set, which come sorted, and the fraction asked for.
struct OrderedSet {
    fraction: Datum,
    values: Vec<Datum>,
    element: T,
    held: usize,
    pick: Pick,
}
impl Accumulator for OrderedSet {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let value = match (self.pick, args) {
            (Pick::Mode, [value]) => value,
            (Pick::Continuous | Pick::Discrete, [fraction, value]) => {
                self.fraction = fraction.clone();
                value
            }
            _ => return Err(DatumError::Internal("an ordered set has other arguments".into())),
        };
        if !value.is_null() {
            self.held += size_of::<Datum>() + held(value);
            if self.held > GROUP_BYTES_MAX {
                return Err(too_large());
            }
            self.values.push(value.clone());
        }
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        Vec::new()
    }
    fn merge(&mut self, _: &EvalContext, _: &[Datum]) -> Result<(), DatumError> {
        Err(DatumError::Internal("an ordered set has no partial state".into()))
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.pick == Pick::Mode {
            return Ok(self.mode());
        }
        match &self.fraction {
            _ if self.values.is_empty() => Ok(Datum::Null),
            Datum::Null => Ok(Datum::Null),
            Datum::Array(fractions) => {
                let picked: Result<Vec<Datum>, _> = fractions.values.iter().map(|f| self.at(f)).collect();
                Ok(Datum::array(self.element, picked?))
            }
            fraction => self.at(fraction),
        }
    }
    fn size(&self) -> usize {
        size_of::<Self>() + self.held
    }
}
impl OrderedSet {
    fn at(&self, fraction: &Datum) -> Result<Datum, DatumError> {
        let Datum::Float8(p) = fraction else { return Ok(Datum::Null) };
        if !(0.0..=1.0).contains(p) {
            return Err(DatumError::NumericValueOutOfRange(format!(
                "percentile value {p} is not between 0 and 1"
            )));
        }
        let count = self.values.len();
        if self.pick == Pick::Discrete {
            let row = (p * count as f64).ceil() as usize;
            return Ok(self.values[row.max(1) - 1].clone());
        }
        let place = p * (count - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        if low == high {
            return Ok(self.values[low].clone());
        }
        between(&self.values[low], &self.values[high], place - place.floor())
    }
    fn mode(&self) -> Datum {
        let (mut best, mut best_run, mut run) = (Datum::Null, 0, 0);
        for (i, value) in self.values.iter().enumerate() {
            run = if i > 0 && equal(self.element, value, &self.values[i - 1]) { run + 1 } else { 1 };
            if run > best_run {
                best_run = run;
                // The first of equal values, as they were given.
                best = self.values[i + 1 - run].clone();
            }
        }
        best
    }
}
/// A value between two others.
fn between(a: &Datum, b: &Datum, part: f64) -> Result<Datum, DatumError> {
    match (a, b) {
        (Datum::Float8(a), Datum::Float8(b)) => Ok(Datum::Float8(a + part * (b - a))),
        (Datum::Interval(a), Datum::Interval(b)) => {
            a.checked_add(&b.checked_sub(a)?.mul(part)?).map(Datum::Interval)
        }
        _ => Err(DatumError::Internal("percentile_cont of another type".into())),
    }
}

fn ordered(types: &[T], pick: Pick) -> Box<dyn Accumulator> {
    let element = types.last().copied().unwrap_or(T::TEXT);
    Box::new(OrderedSet { fraction: Datum::Null, values: Vec::new(), element, held: 0, pick })
}
const fn set(oid: u32, name: &'static str, direct: u8, row: Aggregate) -> Aggregate {
    Aggregate { oid, name, direct_args: Some(direct), skips_null: false, ..row }
}
const fn cont(args: &'static [T], result: T) -> Aggregate {
    aggregate(0, "", args, result, &[], |types| ordered(types, Pick::Continuous))
}
const fn disc(args: &'static [T], result: T) -> Aggregate {
    aggregate(0, "", args, result, &[], |types| ordered(types, Pick::Discrete))
}
fn array_agg(types: &[T]) -> Box<dyn Accumulator> {
    let element = types.first().copied().filter(|t| t.info().is_some_and(|i| i.category != 'P'));
    Box::new(ArrayAgg { element, values: Vec::new(), held: 0 })
}
const fn sees_null(row: Aggregate) -> Aggregate {
    Aggregate { skips_null: false, ..row }
}

pub static AGGREGATES: &[Aggregate] = &[
    sees_null(aggregate(3538, "string_agg", &[T::TEXT, T::TEXT], T::TEXT, &[T::BYTEA, T::INT8], |_| {
        Box::new(StringAgg::default())
    })),
    sees_null(aggregate(3545, "string_agg", &[T::BYTEA, T::BYTEA], T::BYTEA, &[T::BYTEA, T::INT8], |_| {
        Box::new(StringAgg { bytes: true, ..StringAgg::default() })
    })),
    sees_null(aggregate(2335, "array_agg", &[T::ANYNONARRAY], T::ANYARRAY, &[T::ANYARRAY], array_agg)),
    sees_null(aggregate(4053, "array_agg", &[T::ANYARRAY], T::ANYARRAY, &[T::ANYARRAY], array_agg)),
    set(3974, "percentile_cont", 1, cont(&[T::FLOAT8, T::FLOAT8], T::FLOAT8)),
    set(3976, "percentile_cont", 1, cont(&[T::FLOAT8, T::INTERVAL], T::INTERVAL)),
    set(3980, "percentile_cont", 1, cont(&[T::FLOAT8_ARRAY, T::FLOAT8], T::FLOAT8_ARRAY)),
    set(3982, "percentile_cont", 1, cont(&[T::FLOAT8_ARRAY, T::INTERVAL], T::INTERVAL_ARRAY)),
    set(3972, "percentile_disc", 1, disc(&[T::FLOAT8, T::ANYELEMENT], T::ANYELEMENT)),
    set(3978, "percentile_disc", 1, disc(&[T::FLOAT8_ARRAY, T::ANYELEMENT], T::ANYARRAY)),
    set(
        3984,
        "mode",
        0,
        aggregate(0, "", &[T::ANYELEMENT], T::ANYELEMENT, &[], |types| ordered(types, Pick::Mode)),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, types: &[T], rows: &[Vec<Datum>]) -> Datum {
        let ctx = EvalContext::default();
        let aggregate = AGGREGATES.iter().find(|a| a.name == name).expect("registered");
        let mut a = (aggregate.create)(types);
        for row in rows {
            a.add(&ctx, row).expect("fits");
        }
        a.result(&ctx).expect("fits")
    }

    #[test]
    fn percentiles_interpolate_or_pick() {
        let rows: Vec<_> = [1.0, 2.0, 3.0, 4.0].map(|v| vec![Datum::Float8(0.5), Datum::Float8(v)]).to_vec();
        assert!(
            matches!(run("percentile_cont", &[T::FLOAT8, T::FLOAT8], &rows), Datum::Float8(v) if v == 2.5)
        );
        assert!(
            matches!(run("percentile_disc", &[T::FLOAT8, T::FLOAT8], &rows), Datum::Float8(v) if v == 2.0)
        );
    }

    #[test]
    fn the_mode_is_the_longest_run() {
        let rows: Vec<_> = [1, 2, 2, 3].map(|v| vec![Datum::Int4(v)]).to_vec();
        assert!(matches!(run("mode", &[T::INT4], &rows), Datum::Int4(2)));
    }

    #[test]
    fn a_null_value_is_left_out_of_text_but_not_of_an_array() {
        let rows = [
            vec![Datum::text("a"), Datum::text(",")],
            vec![Datum::Null, Datum::text(",")],
            vec![Datum::text("b"), Datum::text(";")],
        ];
        assert_eq!(run("string_agg", &[T::TEXT, T::TEXT], &rows).as_str(), Some("a;b"));
        let rows = [vec![Datum::Int4(1)], vec![Datum::Null]];
        assert!(matches!(run("array_agg", &[T::INT4], &rows), Datum::Array(a) if a.values.len() == 2));
    }
}
