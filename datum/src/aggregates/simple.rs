//! Aggregates whose state is one value: count, min, max, and the folds of booleans and bits.

use super::aggregate;
use crate::compare::compare;
use crate::function::{Accumulator, Aggregate};
use crate::functions::args::get;
use crate::{Datum, DatumError, EvalContext, TypeId as T};
use std::cmp::Ordering;

/// Rows seen; the executor has left out those with a NULL argument.
struct Count(i64);

impl Accumulator for Count {
    fn add(&mut self, _: &EvalContext, _: &[Datum]) -> Result<(), DatumError> {
        self.0 = self.0.checked_add(1).ok_or_else(|| DatumError::out_of_range("bigint"))?;
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![Datum::Int8(self.0)]
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        let other: i64 = get(state, 0)?;
        self.0 = self.0.checked_add(other).ok_or_else(|| DatumError::out_of_range("bigint"))?;
        Ok(())
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        Ok(Datum::Int8(self.0))
    }
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// Folds values by an associative function; NULL until the first.
pub(super) struct Fold {
    value: Datum,
    step: fn(&Datum, &Datum) -> Result<Datum, DatumError>,
}
impl Fold {
    pub(super) fn new(step: fn(&Datum, &Datum) -> Result<Datum, DatumError>) -> Fold {
        Fold { value: Datum::Null, step }
    }
}
impl Accumulator for Fold {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let next: &Datum = get(args, 0)?;
        if !next.is_null() {
            self.value = if self.value.is_null() { next.clone() } else { (self.step)(&self.value, next)? };
        }
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![self.value.clone()]
    }
    fn merge(&mut self, ctx: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.add(ctx, state)
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        Ok(self.value.clone())
    }
    fn size(&self) -> usize {
        size_of::<Self>() + held(&self.value)
    }
}

/// Bytes behind a value's pointer, an estimate.
pub(super) fn held(value: &Datum) -> usize {
    match value {
        Datum::Text(s) => s.len(),
        Datum::Bytea(b) => b.len(),
        Datum::Array(a) => a.values.iter().map(|v| size_of::<Datum>() + held(v)).sum(),
        Datum::Record(r) => r.iter().map(|v| size_of::<Datum>() + held(v)).sum(),
        Datum::Numeric(_) => 16,
        _ => 0,
    }
}

fn unexpected<V>() -> Result<V, DatumError> {
    Err(DatumError::Internal("an aggregate met a value of another type".into()))
}
fn and_bool(a: &Datum, b: &Datum) -> Result<Datum, DatumError> {
    match (a, b) {
        (Datum::Bool(a), Datum::Bool(b)) => Ok(Datum::Bool(*a && *b)),
        _ => unexpected(),
    }
}
fn or_bool(a: &Datum, b: &Datum) -> Result<Datum, DatumError> {
    match (a, b) {
        (Datum::Bool(a), Datum::Bool(b)) => Ok(Datum::Bool(*a || *b)),
        _ => unexpected(),
    }
}
macro_rules! bits {
    ($($name:ident $op:tt;)*) => {
        $(fn $name(a: &Datum, b: &Datum) -> Result<Datum, DatumError> {
            match (a, b) {
                (Datum::Int2(a), Datum::Int2(b)) => Ok(Datum::Int2(a $op b)),
                (Datum::Int4(a), Datum::Int4(b)) => Ok(Datum::Int4(a $op b)),
                (Datum::Int8(a), Datum::Int8(b)) => Ok(Datum::Int8(a $op b)),
                _ => unexpected(),
            }
        })*
    };
}
bits! { bit_and &; bit_or |; bit_xor ^; }

/// Keeps the first of the values that compare as the smallest or greatest.
struct Extreme {
    value: Datum,
    order_of: T,
    keep: Ordering,
}
impl Extreme {
    fn new(types: &[T], declared: T, keep: Ordering) -> Extreme {
        Extreme { value: Datum::Null, order_of: types.first().copied().unwrap_or(declared), keep }
    }
}
impl Accumulator for Extreme {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let next: &Datum = get(args, 0)?;
        if !next.is_null() && (self.value.is_null() || compare(self.order_of, next, &self.value) == self.keep)
        {
            self.value = next.clone();
        }
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![self.value.clone()]
    }
    fn merge(&mut self, ctx: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.add(ctx, state)
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        Ok(self.value.clone())
    }
    fn size(&self) -> usize {
        size_of::<Self>() + held(&self.value)
    }
}

pub static AGGREGATES: &[Aggregate] = &[
    aggregate(2236, "bit_and", &[T::INT2], T::INT2, &[T::INT2], |_| Box::new(Fold::new(bit_and))),
    aggregate(2238, "bit_and", &[T::INT4], T::INT4, &[T::INT4], |_| Box::new(Fold::new(bit_and))),
    aggregate(2240, "bit_and", &[T::INT8], T::INT8, &[T::INT8], |_| Box::new(Fold::new(bit_and))),
    aggregate(2237, "bit_or", &[T::INT2], T::INT2, &[T::INT2], |_| Box::new(Fold::new(bit_or))),
    aggregate(2239, "bit_or", &[T::INT4], T::INT4, &[T::INT4], |_| Box::new(Fold::new(bit_or))),
    aggregate(2241, "bit_or", &[T::INT8], T::INT8, &[T::INT8], |_| Box::new(Fold::new(bit_or))),
    aggregate(6164, "bit_xor", &[T::INT2], T::INT2, &[T::INT2], |_| Box::new(Fold::new(bit_xor))),
    aggregate(6165, "bit_xor", &[T::INT4], T::INT4, &[T::INT4], |_| Box::new(Fold::new(bit_xor))),
    aggregate(6166, "bit_xor", &[T::INT8], T::INT8, &[T::INT8], |_| Box::new(Fold::new(bit_xor))),
    aggregate(2517, "bool_and", &[T::BOOL], T::BOOL, &[T::BOOL], |_| Box::new(Fold::new(and_bool))),
    aggregate(2518, "bool_or", &[T::BOOL], T::BOOL, &[T::BOOL], |_| Box::new(Fold::new(or_bool))),
    aggregate(2147, "count", &[T::ANY], T::INT8, &[T::INT8], |_| Box::new(Count(0))),
    Aggregate {
        skips_null: false,
        ..aggregate(2803, "count", &[], T::INT8, &[T::INT8], |_| Box::new(Count(0)))
    },
    aggregate(2519, "every", &[T::BOOL], T::BOOL, &[T::BOOL], |_| Box::new(Fold::new(and_bool))),
    aggregate(2050, "max", &[T::ANYARRAY], T::ANYARRAY, &[T::ANYARRAY], |types| {
        Box::new(Extreme::new(types, T::ANYARRAY, Ordering::Greater))
    }),
    aggregate(2115, "max", &[T::INT8], T::INT8, &[T::INT8], |types| {
        Box::new(Extreme::new(types, T::INT8, Ordering::Greater))
    }),
    aggregate(2116, "max", &[T::INT4], T::INT4, &[T::INT4], |types| {
        Box::new(Extreme::new(types, T::INT4, Ordering::Greater))
    }),
    aggregate(2117, "max", &[T::INT2], T::INT2, &[T::INT2], |types| {
        Box::new(Extreme::new(types, T::INT2, Ordering::Greater))
    }),
    aggregate(2118, "max", &[T::OID], T::OID, &[T::OID], |types| {
        Box::new(Extreme::new(types, T::OID, Ordering::Greater))
    }),
    aggregate(2119, "max", &[T::FLOAT4], T::FLOAT4, &[T::FLOAT4], |types| {
        Box::new(Extreme::new(types, T::FLOAT4, Ordering::Greater))
    }),
    aggregate(2120, "max", &[T::FLOAT8], T::FLOAT8, &[T::FLOAT8], |types| {
        Box::new(Extreme::new(types, T::FLOAT8, Ordering::Greater))
    }),
    aggregate(2122, "max", &[T::DATE], T::DATE, &[T::DATE], |types| {
        Box::new(Extreme::new(types, T::DATE, Ordering::Greater))
    }),
    aggregate(2126, "max", &[T::TIMESTAMP], T::TIMESTAMP, &[T::TIMESTAMP], |types| {
        Box::new(Extreme::new(types, T::TIMESTAMP, Ordering::Greater))
    }),
    aggregate(2127, "max", &[T::TIMESTAMPTZ], T::TIMESTAMPTZ, &[T::TIMESTAMPTZ], |types| {
        Box::new(Extreme::new(types, T::TIMESTAMPTZ, Ordering::Greater))
    }),
    aggregate(2128, "max", &[T::INTERVAL], T::INTERVAL, &[T::INTERVAL], |types| {
        Box::new(Extreme::new(types, T::INTERVAL, Ordering::Greater))
    }),
    aggregate(2129, "max", &[T::TEXT], T::TEXT, &[T::TEXT], |types| {
        Box::new(Extreme::new(types, T::TEXT, Ordering::Greater))
    }),
    aggregate(2130, "max", &[T::NUMERIC], T::NUMERIC, &[T::NUMERIC], |types| {
        Box::new(Extreme::new(types, T::NUMERIC, Ordering::Greater))
    }),
    aggregate(2244, "max", &[T::BPCHAR], T::BPCHAR, &[T::BPCHAR], |types| {
        Box::new(Extreme::new(types, T::BPCHAR, Ordering::Greater))
    }),
    aggregate(2051, "min", &[T::ANYARRAY], T::ANYARRAY, &[T::ANYARRAY], |types| {
        Box::new(Extreme::new(types, T::ANYARRAY, Ordering::Less))
    }),
    aggregate(2131, "min", &[T::INT8], T::INT8, &[T::INT8], |types| {
        Box::new(Extreme::new(types, T::INT8, Ordering::Less))
    }),
    aggregate(2132, "min", &[T::INT4], T::INT4, &[T::INT4], |types| {
        Box::new(Extreme::new(types, T::INT4, Ordering::Less))
    }),
    aggregate(2133, "min", &[T::INT2], T::INT2, &[T::INT2], |types| {
        Box::new(Extreme::new(types, T::INT2, Ordering::Less))
    }),
    aggregate(2134, "min", &[T::OID], T::OID, &[T::OID], |types| {
        Box::new(Extreme::new(types, T::OID, Ordering::Less))
    }),
    aggregate(2135, "min", &[T::FLOAT4], T::FLOAT4, &[T::FLOAT4], |types| {
        Box::new(Extreme::new(types, T::FLOAT4, Ordering::Less))
    }),
    aggregate(2136, "min", &[T::FLOAT8], T::FLOAT8, &[T::FLOAT8], |types| {
        Box::new(Extreme::new(types, T::FLOAT8, Ordering::Less))
    }),
    aggregate(2138, "min", &[T::DATE], T::DATE, &[T::DATE], |types| {
        Box::new(Extreme::new(types, T::DATE, Ordering::Less))
    }),
    aggregate(2142, "min", &[T::TIMESTAMP], T::TIMESTAMP, &[T::TIMESTAMP], |types| {
        Box::new(Extreme::new(types, T::TIMESTAMP, Ordering::Less))
    }),
    aggregate(2143, "min", &[T::TIMESTAMPTZ], T::TIMESTAMPTZ, &[T::TIMESTAMPTZ], |types| {
        Box::new(Extreme::new(types, T::TIMESTAMPTZ, Ordering::Less))
    }),
    aggregate(2144, "min", &[T::INTERVAL], T::INTERVAL, &[T::INTERVAL], |types| {
        Box::new(Extreme::new(types, T::INTERVAL, Ordering::Less))
    }),
    aggregate(2145, "min", &[T::TEXT], T::TEXT, &[T::TEXT], |types| {
        Box::new(Extreme::new(types, T::TEXT, Ordering::Less))
    }),
    aggregate(2146, "min", &[T::NUMERIC], T::NUMERIC, &[T::NUMERIC], |types| {
        Box::new(Extreme::new(types, T::NUMERIC, Ordering::Less))
    }),
    aggregate(2245, "min", &[T::BPCHAR], T::BPCHAR, &[T::BPCHAR], |types| {
        Box::new(Extreme::new(types, T::BPCHAR, Ordering::Less))
    }),
];
