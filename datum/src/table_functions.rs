//! Set-returning functions of FROM: each opens to a source of rows that is pulled one row at a time.
//!
//! Rows are made on demand, so that `generate_series` over a large range costs no memory.

use crate::datetime::{Zone, is_infinite, timestamp_add, timestamptz_add};
use crate::function::Volatility;
use crate::functions::args::{Timestamp, Timestamptz, get};
use crate::functions::pattern::{regexp_matches, regexp_split};
use crate::functions::text::split;
use crate::{Array, Datum, DatumError, EvalContext, Interval, Numeric, TypeId as T};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The rows of one call, in order.
pub trait Rows: Send {
    /// The next row's columns; `None` at the end.
    ///
    /// # Errors
    /// For the client (overflow).
    fn next(&mut self) -> Result<Option<Vec<Datum>>, DatumError>;
}

/// Opens one call; a strict function's arguments are not NULL.
pub type OpenFn = fn(&EvalContext, &[Datum]) -> Result<Box<dyn Rows>, DatumError>;

/// A set-returning function, one row for each overload, as in `pg_proc` (`proretset`).
pub struct TableFunction {
    pub oid: u32,
    pub name: &'static str,
    pub args: &'static [T],
    /// How many trailing arguments may be left out.
    pub optional: u8,
    /// The type of the value; RECORD: see `columns`. May be polymorphic.
    pub result: T,
    /// Names and types of the columns where the result is a record; otherwise the one column has the function's name.
    pub columns: &'static [(&'static str, T)],
    /// NULL argument: no rows, without a call.
    pub strict: bool,
    pub volatility: Volatility,
    pub open: OpenFn,
}

const fn t(oid: u32, name: &'static str, args: &'static [T], result: T, open: OpenFn) -> TableFunction {
    TableFunction {
        oid,
        name,
        args,
        optional: 0,
        result,
        columns: &[],
        strict: true,
        volatility: Volatility::Immutable,
        open,
    }
}

/// Rows that an iterator gives.
struct Iter<I>(I);
impl<I: Iterator<Item = Datum> + Send> Rows for Iter<I> {
    fn next(&mut self) -> Result<Option<Vec<Datum>>, DatumError> {
        Ok(self.0.next().map(|d| vec![d]))
    }
}

/// One column of values already computed.
fn values(values: Vec<Datum>) -> Result<Box<dyn Rows>, DatumError> {
    Ok(Box::new(Iter(values.into_iter())))
}

/// An arithmetic series of integers; stops rather than overflows.
struct IntSeries {
    next: Option<i64>,
    stop: i64,
    step: i64,
    wide: bool,
}
impl Rows for IntSeries {
    fn next(&mut self) -> Result<Option<Vec<Datum>>, DatumError> {
        let Some(value) = self.next else { return Ok(None) };
        if if self.step > 0 { value > self.stop } else { value < self.stop } {
            self.next = None;
            return Ok(None);
        }
        self.next = value.checked_add(self.step);
        // An int4 series that passes int4's end passes `stop` too.
        Ok(Some(vec![if self.wide { Datum::Int8(value) } else { Datum::Int4(value as i32) }]))
    }
}
fn int_series(args: &[Datum], wide: bool) -> Result<Box<dyn Rows>, DatumError> {
    let arg = |i: usize| {
        args.get(i)
            .map_or(Some(1), Datum::as_i64)
            .ok_or_else(|| DatumError::Internal("a series of integers takes integers".into()))
    };
    let (start, stop, step) = (arg(0)?, arg(1)?, arg(2)?);
    if step == 0 {
        return Err(zero_step());
    }
    Ok(Box::new(IntSeries { next: Some(start), stop, step, wide }))
}
fn zero_step() -> DatumError {
    DatumError::InvalidParameterValue("step size cannot equal zero".into())
}

/// A series of numerics.
struct NumericSeries {
    next: Numeric,
    stop: Numeric,
    step: Numeric,
}
impl Rows for NumericSeries {
    fn next(&mut self) -> Result<Option<Vec<Datum>>, DatumError> {
        let past = if self.step.signum() > 0 { self.next > self.stop } else { self.next < self.stop };
        if past {
            return Ok(None);
        }
        let value = self.next.clone();
        self.next = value.add(&self.step)?;
        Ok(Some(vec![Datum::Numeric(value)]))
    }
}
fn numeric_series(args: &[Datum]) -> Result<Box<dyn Rows>, DatumError> {
    let finite = |i: usize, what: &str| {
        let value: &Numeric = get(args, i)?;
        let bad = |kind| Err(DatumError::InvalidParameterValue(format!("{what} cannot be {kind}")));
        match value {
            Numeric::NaN => bad("NaN"),
            value if value.is_infinite() => bad("infinity"),
            value => Ok(value.clone()),
        }
    };
    let (start, stop) = (finite(0, "start value")?, finite(1, "stop value")?);
    let step = if args.len() > 2 { finite(2, "step size")? } else { Numeric::one() };
    if step.is_zero() {
        return Err(zero_step());
    }
    // Every value of the series has the scale of its widest argument.
    let scale = i32::from(start.scale().max(step.scale()));
    Ok(Box::new(NumericSeries { next: start.round(scale), stop, step }))
}

/// A series of timestamps by an interval, on the session's clock if they have a zone.
struct TimeSeries {
    next: i64,
    stop: i64,
    step: Interval,
    descending: bool,
    zone: Option<Zone>,
}
impl Rows for TimeSeries {
    fn next(&mut self) -> Result<Option<Vec<Datum>>, DatumError> {
        if if self.descending { self.next < self.stop } else { self.next > self.stop } {
            return Ok(None);
        }
        let value = self.next;
        Ok(Some(vec![match &self.zone {
            None => {
                self.next = timestamp_add(value, &self.step)?;
                Datum::Timestamp(value)
            }
            Some(zone) => {
                self.next = timestamptz_add(value, &self.step, zone)?;
                Datum::Timestamptz(value)
            }
        }]))
    }
}
fn time_series(
    start: i64,
    stop: i64,
    step: Interval,
    zone: Option<Zone>,
) -> Result<Box<dyn Rows>, DatumError> {
    let sign = step.cmp(&Interval::default());
    if sign.is_eq() {
        return Err(zero_step());
    }
    if is_infinite(start) {
        // It would never end: adding to an infinity gives it again.
        return Err(DatumError::InvalidParameterValue("start value cannot be infinite".into()));
    }
    Ok(Box::new(TimeSeries { next: start, stop, step, descending: sign.is_lt(), zone }))
}

fn subscripts(args: &[Datum]) -> Result<Box<dyn Rows>, DatumError> {
    let array: &Array = get(args, 0)?;
    let dimension: i32 = get(args, 1)?;
    let reverse = args.len() > 2 && get(args, 2)?;
    if dimension != 1 || array.values.is_empty() {
        return values(Vec::new());
    }
    let all = (0..array.values.len() as i32).map(|i| Datum::Int4(array.lower_bound + i));
    values(if reverse { all.rev().collect() } else { all.collect() })
}

fn string_to_table(args: &[Datum]) -> Result<Box<dyn Rows>, DatumError> {
    let Some(text) = get::<Option<&str>>(args, 0)? else { return values(Vec::new()) };
    let null: Option<&str> = if args.len() > 2 { get(args, 2)? } else { None };
    let pieces = split(text, get(args, 1)?).into_iter();
    values(pieces.map(|p| if Some(p) == null { Datum::Null } else { Datum::text(p) }).collect())
}
fn split_to_table(args: &[Datum]) -> Result<Box<dyn Rows>, DatumError> {
    values(regexp_split("regexp_split_to_table", args)?.into_iter().map(Datum::text).collect())
}
const fn sees_null(function: TableFunction) -> TableFunction {
    TableFunction { strict: false, ..function }
}
const fn stable(function: TableFunction) -> TableFunction {
    TableFunction { volatility: Volatility::Stable, ..function }
}

fn generate_timestamps(_: &EvalContext, args: &[Datum]) -> Result<Box<dyn Rows>, DatumError> {
    let (start, stop): (Timestamp, Timestamp) = (get(args, 0)?, get(args, 1)?);
    time_series(start.0, stop.0, get(args, 2)?, None)
}
fn generate_instants(ctx: &EvalContext, args: &[Datum]) -> Result<Box<dyn Rows>, DatumError> {
    let (start, stop): (Timestamptz, Timestamptz) = (get(args, 0)?, get(args, 1)?);
    time_series(start.0, stop.0, get(args, 2)?, Some(Zone::of_session(ctx)))
}

/// All table functions.
pub static FUNCTIONS: &[TableFunction] = &[
    t(1066, "generate_series", &[T::INT4, T::INT4, T::INT4], T::INT4, |_, a| int_series(a, false)),
    t(1067, "generate_series", &[T::INT4, T::INT4], T::INT4, |_, a| int_series(a, false)),
    t(1068, "generate_series", &[T::INT8, T::INT8, T::INT8], T::INT8, |_, a| int_series(a, true)),
    t(1069, "generate_series", &[T::INT8, T::INT8], T::INT8, |_, a| int_series(a, true)),
    t(3259, "generate_series", &[T::NUMERIC, T::NUMERIC, T::NUMERIC], T::NUMERIC, |_, a| numeric_series(a)),
    t(3260, "generate_series", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, |_, a| numeric_series(a)),
    t(938, "generate_series", &[T::TIMESTAMP, T::TIMESTAMP, T::INTERVAL], T::TIMESTAMP, generate_timestamps),
    stable(t(
        939,
        "generate_series",
        &[T::TIMESTAMPTZ, T::TIMESTAMPTZ, T::INTERVAL],
        T::TIMESTAMPTZ,
        generate_instants,
    )),
    t(1191, "generate_subscripts", &[T::ANYARRAY, T::INT4, T::BOOL], T::INT4, |_, a| subscripts(a)),
    t(1192, "generate_subscripts", &[T::ANYARRAY, T::INT4], T::INT4, |_, a| subscripts(a)),
    t(2331, "unnest", &[T::ANYARRAY], T::ANYELEMENT, |_, a| values(get::<&Array>(a, 0)?.values.clone())),
    t(2763, "regexp_matches", &[T::TEXT, T::TEXT], T::TEXT_ARRAY, |_, a| values(regexp_matches(a)?)),
    t(2764, "regexp_matches", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT_ARRAY, |_, a| values(regexp_matches(a)?)),
    t(2765, "regexp_split_to_table", &[T::TEXT, T::TEXT], T::TEXT, |_, a| split_to_table(a)),
    t(2766, "regexp_split_to_table", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT, |_, a| split_to_table(a)),
    sees_null(t(6160, "string_to_table", &[T::TEXT, T::TEXT], T::TEXT, |_, a| string_to_table(a))),
    sees_null(t(6161, "string_to_table", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT, |_, a| string_to_table(a))),
];

/// The overloads of a (lower-case) name; empty if there is none.
pub fn by_name(name: &str) -> &'static [&'static TableFunction] {
    static NAMES: OnceLock<HashMap<&'static str, Vec<&'static TableFunction>>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for function in FUNCTIONS {
            names.entry(function.name).or_default().push(function);
        }
        names
    });
    names.get(name).map_or(&[], Vec::as_slice)
}

/// The table function of a `pg_proc` OID.
pub fn by_oid(oid: u32) -> Option<&'static TableFunction> {
    FUNCTIONS.iter().find(|f| f.oid == oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(name: &str, args: &[Datum]) -> Result<usize, DatumError> {
        let types: Vec<T> = args.iter().map(crate::functions::output::type_of).collect();
        let function = by_name(name).iter().find(|f| f.args == types.as_slice()).expect("registered");
        let mut rows = (function.open)(&EvalContext::default(), args)?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn a_series_stops_at_the_end_of_its_type() {
        assert_eq!(rows("generate_series", &[Datum::Int4(i32::MAX - 1), Datum::Int4(i32::MAX)]), Ok(2));
        assert_eq!(rows("generate_series", &[Datum::Int8(i64::MAX - 1), Datum::Int8(i64::MAX)]), Ok(2));
        assert_eq!(rows("generate_series", &[Datum::Int4(1), Datum::Int4(0)]), Ok(0));
        assert_eq!(rows("generate_series", &[Datum::Int4(3), Datum::Int4(1), Datum::Int4(-1)]), Ok(3));
        assert!(rows("generate_series", &[Datum::Int4(3), Datum::Int4(1), Datum::Int4(0)]).is_err());
    }

    #[test]
    fn a_series_of_months_keeps_to_the_calendar() {
        let month = Datum::Interval(Interval { months: 1, days: 0, micros: 0 });
        let year = 366 * crate::datetime::DAY_MICROS;
        assert_eq!(rows("generate_series", &[Datum::Timestamp(0), Datum::Timestamp(year), month]), Ok(13));
    }

    #[test]
    fn regexp_matches_gives_a_row_for_each_match_with_g() {
        let t = Datum::text;
        assert_eq!(rows("regexp_matches", &[t("abab"), t("a"), t("g")]), Ok(2));
        assert_eq!(rows("regexp_matches", &[t("abab"), t("a")]), Ok(1));
        assert_eq!(rows("string_to_table", &[t("a,b"), t(",")]), Ok(2));
    }
}
