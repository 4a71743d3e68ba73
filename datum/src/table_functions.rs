//! Set-returning functions of FROM: each opens to a source of rows that is pulled one row at a time.
//!
//! Rows are made on demand, so that `generate_series` over a large range costs no memory.

use crate::function::Volatility;
use crate::functions::args::get;
use crate::{Datum, DatumError, EvalContext, TypeId as T};
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

/// All table functions.
pub static FUNCTIONS: &[TableFunction] = &[
    t(1066, "generate_series", &[T::INT4, T::INT4, T::INT4], T::INT4, |_, a| int_series(a, false)),
    t(1067, "generate_series", &[T::INT4, T::INT4], T::INT4, |_, a| int_series(a, false)),
    t(1068, "generate_series", &[T::INT8, T::INT8, T::INT8], T::INT8, |_, a| int_series(a, true)),
    t(1069, "generate_series", &[T::INT8, T::INT8], T::INT8, |_, a| int_series(a, true)),
    t(2331, "unnest", &[T::ANYARRAY], T::ANYELEMENT, |_, a| {
        values(get::<&crate::Array>(a, 0)?.values.clone())
    }),
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
