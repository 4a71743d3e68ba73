//! Exact aggregates: sums, means and variances of integers and numerics, with PostgreSQL's scales.
//!
//! Integers are summed in 128 bits; numerics exactly. What has a variance keeps the count, the sum and the sum of
//! squares, all exact, so that partial states merge without loss.

use super::aggregate;
use crate::function::{Accumulator, Aggregate};
use crate::functions::args::get;
use crate::{Datum, DatumError, EvalContext, Interval, Numeric, TypeId as T};
use num_bigint::BigInt;

fn int(args: &[Datum]) -> Result<i64, DatumError> {
    args.first()
        .and_then(Datum::as_i64)
        .ok_or_else(|| DatumError::Internal("an integer aggregate met another type".into()))
}
/// An integer or numeric argument as numeric.
fn exact(args: &[Datum], i: usize) -> Result<Numeric, DatumError> {
    match args.get(i) {
        Some(Datum::Numeric(n)) => Ok(n.clone()),
        Some(other) => other
            .as_i64()
            .map(|v| Numeric::new(v, 0))
            .ok_or_else(|| DatumError::Internal("an exact aggregate met another type".into())),
        None => Err(DatumError::Internal("an aggregate's argument is missing".into())),
    }
}

/// What becomes of an integer sum.
#[derive(Clone, Copy, PartialEq)]
enum IntResult {
    Bigint,
    Numeric,
    Mean,
}
/// `sum` and `avg` of integers. 2^63 rows of 64 bits fit 128.
struct IntSum {
    count: i64,
    sum: i128,
    result: IntResult,
}
impl Accumulator for IntSum {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        self.sum += i128::from(int(args)?);
        self.count += 1;
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![Datum::Int8(self.count), Datum::Numeric(Numeric::new(self.sum, 0))]
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.count += get::<i64>(state, 0)?;
        let Numeric::Finite { digits, scale: 0 } = get::<&Numeric>(state, 1)? else {
            return Err(DatumError::Internal("a partial sum of integers is not an integer".into()));
        };
        let other = i128::try_from(digits).map_err(|_| DatumError::out_of_range("bigint"))?;
        self.sum = self.sum.checked_add(other).ok_or_else(|| DatumError::out_of_range("bigint"))?;
        Ok(())
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.count == 0 {
            return Ok(Datum::Null);
        }
        Ok(match self.result {
            IntResult::Bigint => {
                Datum::Int8(i64::try_from(self.sum).map_err(|_| DatumError::out_of_range("bigint"))?)
            }
            IntResult::Numeric => Datum::Numeric(Numeric::new(self.sum, 0)),
            IntResult::Mean => Datum::Numeric(Numeric::new(self.sum, 0).div(&Numeric::new(self.count, 0))?),
        })
    }
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
fn int_sum(result: IntResult) -> Box<dyn Accumulator> {
    Box::new(IntSum { count: 0, sum: 0, result })
}

/// `sum` and `avg` of numerics.
struct NumericSum {
    count: i64,
    sum: Numeric,
    mean: bool,
}
impl Accumulator for NumericSum {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        self.sum = self.sum.add(get(args, 0)?)?;
        self.count += 1;
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![Datum::Int8(self.count), Datum::Numeric(self.sum.clone())]
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.count += get::<i64>(state, 0)?;
        self.sum = self.sum.add(get(state, 1)?)?;
        Ok(())
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.count == 0 {
            return Ok(Datum::Null);
        }
        Ok(Datum::Numeric(if self.mean {
            self.sum.div(&Numeric::new(self.count, 0))?
        } else {
            self.sum.clone()
        }))
    }
    fn size(&self) -> usize {
        size_of::<Self>() + 32
    }
}
fn numeric_sum(mean: bool) -> Box<dyn Accumulator> {
    Box::new(NumericSum { count: 0, sum: Numeric::zero(), mean })
}

/// `sum` and `avg` of intervals.
struct IntervalSum {
    count: i64,
    sum: Interval,
    mean: bool,
}
impl Accumulator for IntervalSum {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        self.sum = self.sum.checked_add(&get(args, 0)?)?;
        self.count += 1;
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![Datum::Int8(self.count), Datum::Interval(self.sum)]
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.count += get::<i64>(state, 0)?;
        self.sum = self.sum.checked_add(&get(state, 1)?)?;
        Ok(())
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.count == 0 {
            return Ok(Datum::Null);
        }
        let sum = if self.mean { self.sum.div(self.count as f64)? } else { self.sum };
        Ok(Datum::Interval(sum))
    }
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
fn interval_sum(mean: bool) -> Box<dyn Accumulator> {
    Box::new(IntervalSum { count: 0, sum: Interval::default(), mean })
}

/// Which spread.
#[derive(Clone, Copy)]
struct Spread {
    sample: bool,
    root: bool,
}
const VAR_POP: Spread = Spread { sample: false, root: false };
const VAR_SAMP: Spread = Spread { sample: true, root: false };
const STDDEV_POP: Spread = Spread { sample: false, root: true };
const STDDEV_SAMP: Spread = Spread { sample: true, root: true };

struct Moments {
    count: i64,
    sum: Numeric,
    squares: Numeric,
    spread: Spread,
}
impl Accumulator for Moments {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let value = exact(args, 0)?;
        self.squares = self.squares.add(&value.mul(&value)?)?;
        self.sum = self.sum.add(&value)?;
        self.count += 1;
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![Datum::Int8(self.count), Datum::Numeric(self.sum.clone()), Datum::Numeric(self.squares.clone())]
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.count += get::<i64>(state, 0)?;
        self.sum = self.sum.add(get(state, 1)?)?;
        self.squares = self.squares.add(get(state, 2)?)?;
        Ok(())
    }
    /// `(n * sum of squares - square of sum) / (n * n)`, or `/ (n * (n - 1))` for a sample.
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.count == 0 || self.spread.sample && self.count == 1 {
            return Ok(Datum::Null);
        }
        if !self.sum.is_finite() || !self.squares.is_finite() {
            return Ok(Datum::Numeric(Numeric::NaN));
        }
        let n = Numeric::new(self.count, 0);
        let over = n.mul(&self.squares)?.sub(&self.sum.mul(&self.sum)?)?;
        if over.signum() <= 0 {
            return Ok(Datum::Numeric(Numeric::zero()));
        }
        let under = n.mul(&Numeric::new(self.count - i64::from(self.spread.sample), 0))?;
        let variance = over.div(&under)?;
        Ok(Datum::Numeric(if self.spread.root { root(&variance) } else { variance }))
    }
    fn size(&self) -> usize {
        size_of::<Self>() + 64
    }
}
fn moments(spread: Spread) -> Box<dyn Accumulator> {
    Box::new(Moments { count: 0, sum: Numeric::zero(), squares: Numeric::zero(), spread })
}
/// The square root of a value that is not negative, rounded at the value's own scale.
fn root(value: &Numeric) -> Numeric {
    let Numeric::Finite { digits, scale } = value else { return value.clone() };
    // sqrt(digits / 10^scale) at `scale` digits = isqrt(digits * 10^scale), here with one bit more for rounding.
    let quadrupled: BigInt = digits * crate::numeric::pow10(u32::from(*scale)) * 4;
    Numeric::new((quadrupled.sqrt() + 1) / 2, *scale)
}

const SUM: &[T] = &[T::INT8, T::NUMERIC];
const INTERVALS: &[T] = &[T::INT8, T::INTERVAL];
const MOMENTS: &[T] = &[T::INT8, T::NUMERIC, T::NUMERIC];

pub static AGGREGATES: &[Aggregate] = &[
    aggregate(2108, "sum", &[T::INT4], T::INT8, SUM, |_| int_sum(IntResult::Bigint)),
    aggregate(2109, "sum", &[T::INT2], T::INT8, SUM, |_| int_sum(IntResult::Bigint)),
    aggregate(2107, "sum", &[T::INT8], T::NUMERIC, SUM, |_| int_sum(IntResult::Numeric)),
    aggregate(2114, "sum", &[T::NUMERIC], T::NUMERIC, SUM, |_| numeric_sum(false)),
    aggregate(2100, "avg", &[T::INT8], T::NUMERIC, SUM, |_| int_sum(IntResult::Mean)),
    aggregate(2101, "avg", &[T::INT4], T::NUMERIC, SUM, |_| int_sum(IntResult::Mean)),
    aggregate(2102, "avg", &[T::INT2], T::NUMERIC, SUM, |_| int_sum(IntResult::Mean)),
    aggregate(2113, "sum", &[T::INTERVAL], T::INTERVAL, INTERVALS, |_| interval_sum(false)),
    aggregate(2106, "avg", &[T::INTERVAL], T::INTERVAL, INTERVALS, |_| interval_sum(true)),
    aggregate(2103, "avg", &[T::NUMERIC], T::NUMERIC, SUM, |_| numeric_sum(true)),
    aggregate(2154, "stddev", &[T::INT8], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2155, "stddev", &[T::INT4], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2156, "stddev", &[T::INT2], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2159, "stddev", &[T::NUMERIC], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2724, "stddev_pop", &[T::INT8], T::NUMERIC, MOMENTS, |_| moments(STDDEV_POP)),
    aggregate(2725, "stddev_pop", &[T::INT4], T::NUMERIC, MOMENTS, |_| moments(STDDEV_POP)),
    aggregate(2726, "stddev_pop", &[T::INT2], T::NUMERIC, MOMENTS, |_| moments(STDDEV_POP)),
    aggregate(2729, "stddev_pop", &[T::NUMERIC], T::NUMERIC, MOMENTS, |_| moments(STDDEV_POP)),
    aggregate(2712, "stddev_samp", &[T::INT8], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2713, "stddev_samp", &[T::INT4], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2714, "stddev_samp", &[T::INT2], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2717, "stddev_samp", &[T::NUMERIC], T::NUMERIC, MOMENTS, |_| moments(STDDEV_SAMP)),
    aggregate(2718, "var_pop", &[T::INT8], T::NUMERIC, MOMENTS, |_| moments(VAR_POP)),
    aggregate(2719, "var_pop", &[T::INT4], T::NUMERIC, MOMENTS, |_| moments(VAR_POP)),
    aggregate(2720, "var_pop", &[T::INT2], T::NUMERIC, MOMENTS, |_| moments(VAR_POP)),
    aggregate(2723, "var_pop", &[T::NUMERIC], T::NUMERIC, MOMENTS, |_| moments(VAR_POP)),
    aggregate(2641, "var_samp", &[T::INT8], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2642, "var_samp", &[T::INT4], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2643, "var_samp", &[T::INT2], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2646, "var_samp", &[T::NUMERIC], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2148, "variance", &[T::INT8], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2149, "variance", &[T::INT4], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2150, "variance", &[T::INT2], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
    aggregate(2153, "variance", &[T::NUMERIC], T::NUMERIC, MOMENTS, |_| moments(VAR_SAMP)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, ty: T, values: &[Datum], split: usize) -> String {
        let aggregate = AGGREGATES.iter().find(|a| a.name == name && a.args == [ty]).expect("registered");
        let ctx = EvalContext::default();
        let part = |values: &[Datum]| {
            let mut a = (aggregate.create)(aggregate.args);
            for v in values {
                a.add(&ctx, std::slice::from_ref(v)).expect("fits");
            }
            a
        };
        let mut whole = part(&values[..split]);
        whole.merge(&ctx, &part(&values[split..]).state()).expect("fits");
        let result = whole.result(&ctx).expect("fits");
        crate::text_format::output(&result, aggregate.result, &ctx)
    }

    #[test]
    fn means_have_the_scale_of_division() {
        let ints = [1, 2, 4].map(Datum::Int4);
        for split in 0..=3 {
            assert_eq!(run("avg", T::INT4, &ints, split), "2.3333333333333333");
            assert_eq!(run("sum", T::INT4, &ints, split), "7");
            assert_eq!(run("variance", T::INT4, &ints, split), "2.3333333333333333");
            assert_eq!(run("stddev", T::INT4, &ints, split), "1.5275252316519467");
            assert_eq!(run("var_pop", T::INT4, &ints, split), "1.5555555555555556");
        }
    }

    #[test]
    fn a_sum_of_bigints_passes_their_range() {
        let values = [i64::MAX, i64::MAX].map(Datum::Int8);
        assert_eq!(run("sum", T::INT8, &values, 1), "18446744073709551614");
    }

    #[test]
    fn numerics_keep_the_greatest_scale() {
        let values = ["1.10", "2.005"].map(|t| Datum::Numeric(t.parse().expect("numeric")));
        assert_eq!(run("sum", T::NUMERIC, &values, 0), "3.105");
        assert_eq!(run("avg", T::NUMERIC, &values, 2), "1.5525000000000000");
    }
}
