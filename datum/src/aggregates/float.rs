//! Aggregates over floats: sums, means, variances and regressions, one pass, by Youngs and Cramer.
//!
//! State and combination are PostgreSQL's (`float8_accum`, `float8_regr_accum`, `float8_combine`), so that results agree
//! in the last digit for the same order of rows.

use super::aggregate;
use crate::function::{Accumulator, Aggregate};
use crate::functions::args::get;
use crate::functions::float;
use crate::{Datum, DatumError, EvalContext, TypeId as T};

fn number(args: &[Datum], i: usize) -> Result<f64, DatumError> {
    match args.get(i) {
        Some(Datum::Float4(v)) => Ok(f64::from(*v)),
        Some(Datum::Float8(v)) => Ok(*v),
        _ => Err(DatumError::Internal("a float aggregate met another type".into())),
    }
}

/// `sum(float4)` and `sum(float8)`: plain addition in the argument's width.
struct Sum(Datum);
impl Accumulator for Sum {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        let next: &Datum = get(args, 0)?;
        self.0 = match (&self.0, next) {
            (_, Datum::Null) => return Ok(()),
            (Datum::Null, next) => next.clone(),
            (Datum::Float4(a), Datum::Float4(b)) => Datum::Float4(float::add(*a, *b)?),
            (Datum::Float8(a), Datum::Float8(b)) => Datum::Float8(float::add(*a, *b)?),
            _ => return Err(DatumError::Internal("a float sum met another type".into())),
        };
        Ok(())
    }
    fn state(&self) -> Vec<Datum> {
        vec![self.0.clone()]
    }
    fn merge(&mut self, ctx: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        self.add(ctx, state)
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        Ok(self.0.clone())
    }
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// Count, sum and sum of squared differences from the mean.
#[derive(Clone, Copy, Default)]
struct Moments {
    n: f64,
    sx: f64,
    sxx: f64,
}
impl Moments {
    fn add(&mut self, x: f64) -> Result<(), DatumError> {
        let old = *self;
        self.n += 1.0;
        self.sx += x;
        if old.n > 0.0 {
            let t = x * self.n - self.sx;
            self.sxx += t * t / (self.n * old.n);
            if self.sx.is_infinite() || self.sxx.is_infinite() {
                if old.sx.is_finite() && x.is_finite() {
                    return Err(float::overflow());
                }
                self.sxx = f64::NAN;
            }
        } else if !x.is_finite() {
            self.sxx = f64::NAN;
        }
        Ok(())
    }
    fn merge(&mut self, other: Moments) -> Result<(), DatumError> {
        if other.n == 0.0 {
            return Ok(());
        }
        if self.n == 0.0 {
            *self = other;
            return Ok(());
        }
        let n = self.n + other.n;
        let t = self.sx / self.n - other.sx / other.n;
        let sxx = self.sxx + other.sxx + self.n * other.n * t * t / n;
        if sxx.is_infinite() && self.sxx.is_finite() && other.sxx.is_finite() {
            return Err(float::overflow());
        }
        *self = Moments { n, sx: float::add(self.sx, other.sx)?, sxx };
        Ok(())
    }
}

/// An aggregate of one float variable with its final step.
struct OneVariable {
    moments: Moments,
    finish: fn(&Moments) -> Option<f64>,
}
impl Accumulator for OneVariable {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        self.moments.add(number(args, 0)?)
    }
    fn state(&self) -> Vec<Datum> {
        [self.moments.n, self.moments.sx, self.moments.sxx].map(Datum::Float8).to_vec()
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        let other = Moments { n: number(state, 0)?, sx: number(state, 1)?, sxx: number(state, 2)? };
        self.moments.merge(other)
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.moments.n == 0.0 {
            return Ok(Datum::Null);
        }
        Ok((self.finish)(&self.moments).map_or(Datum::Null, Datum::Float8))
    }
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
fn one(finish: fn(&Moments) -> Option<f64>) -> Box<dyn Accumulator> {
    Box::new(OneVariable { moments: Moments::default(), finish })
}
fn avg(m: &Moments) -> Option<f64> {
    Some(m.sx / m.n)
}
fn var_pop(m: &Moments) -> Option<f64> {
    Some(m.sxx / m.n)
}
fn var_samp(m: &Moments) -> Option<f64> {
    (m.n > 1.0).then(|| m.sxx / (m.n - 1.0))
}
fn stddev_pop(m: &Moments) -> Option<f64> {
    var_pop(m).map(f64::sqrt)
}
fn stddev_samp(m: &Moments) -> Option<f64> {
    var_samp(m).map(f64::sqrt)
}

/// The six sums of a regression of y (first argument) on x (second).
#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    sx: f64,
    sxx: f64,
    sy: f64,
    syy: f64,
    sxy: f64,
}
impl Sums {
    fn add(&mut self, y: f64, x: f64) -> Result<(), DatumError> {
        let old = *self;
        self.n += 1.0;
        self.sx += x;
        self.sy += y;
        if old.n > 0.0 {
            let (tx, ty) = (x * self.n - self.sx, y * self.n - self.sy);
            let scale = 1.0 / (self.n * old.n);
            self.sxx += tx * tx * scale;
            self.syy += ty * ty * scale;
            self.sxy += tx * ty * scale;
            if [self.sx, self.sxx, self.sy, self.syy, self.sxy].iter().any(|s| s.is_infinite()) {
                let finite_x = old.sx.is_finite() && x.is_finite();
                let finite_y = old.sy.is_finite() && y.is_finite();
                if (self.sx.is_infinite() || self.sxx.is_infinite()) && finite_x
                    || (self.sy.is_infinite() || self.syy.is_infinite()) && finite_y
                    || self.sxy.is_infinite() && finite_x && finite_y
                {
                    return Err(float::overflow());
                }
                for sum in [&mut self.sxx, &mut self.syy, &mut self.sxy] {
                    if sum.is_infinite() {
                        *sum = f64::NAN;
                    }
                }
            }
        } else {
            if !x.is_finite() {
                (self.sxx, self.sxy) = (f64::NAN, f64::NAN);
            }
            if !y.is_finite() {
                (self.syy, self.sxy) = (f64::NAN, f64::NAN);
            }
        }
        Ok(())
    }
    fn merge(&mut self, o: Sums) -> Result<(), DatumError> {
        if o.n == 0.0 {
            return Ok(());
        }
        if self.n == 0.0 {
            *self = o;
            return Ok(());
        }
        let n = self.n + o.n;
        let (tx, ty) = (self.sx / self.n - o.sx / o.n, self.sy / self.n - o.sy / o.n);
        let weight = self.n * o.n;
        let joined = |a: f64, b: f64, t: f64| {
            let sum = a + b + weight * t / n;
            if sum.is_infinite() && a.is_finite() && b.is_finite() { Err(float::overflow()) } else { Ok(sum) }
        };
        *self = Sums {
            n,
            sx: float::add(self.sx, o.sx)?,
            sxx: joined(self.sxx, o.sxx, tx * tx)?,
            sy: float::add(self.sy, o.sy)?,
            syy: joined(self.syy, o.syy, ty * ty)?,
            sxy: joined(self.sxy, o.sxy, tx * ty)?,
        };
        Ok(())
    }
}

/// An aggregate of two float variables with its final step.
struct TwoVariables {
    sums: Sums,
    finish: fn(&Sums) -> Option<f64>,
    /// `regr_count`: the count itself, as bigint.
    counts: bool,
}
impl Accumulator for TwoVariables {
    fn add(&mut self, _: &EvalContext, args: &[Datum]) -> Result<(), DatumError> {
        self.sums.add(number(args, 0)?, number(args, 1)?)
    }
    fn state(&self) -> Vec<Datum> {
        let s = &self.sums;
        [s.n, s.sx, s.sxx, s.sy, s.syy, s.sxy].map(Datum::Float8).to_vec()
    }
    fn merge(&mut self, _: &EvalContext, state: &[Datum]) -> Result<(), DatumError> {
        let at = |i| number(state, i);
        self.sums.merge(Sums { n: at(0)?, sx: at(1)?, sxx: at(2)?, sy: at(3)?, syy: at(4)?, sxy: at(5)? })
    }
    fn result(&self, _: &EvalContext) -> Result<Datum, DatumError> {
        if self.counts {
            return Ok(Datum::Int8(self.sums.n as i64));
        }
        if self.sums.n == 0.0 {
            return Ok(Datum::Null);
        }
        Ok((self.finish)(&self.sums).map_or(Datum::Null, Datum::Float8))
    }
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
fn two(finish: fn(&Sums) -> Option<f64>) -> Box<dyn Accumulator> {
    Box::new(TwoVariables { sums: Sums::default(), finish, counts: false })
}
fn corr(s: &Sums) -> Option<f64> {
    (s.sxx != 0.0 && s.syy != 0.0).then(|| s.sxy / (s.sxx * s.syy).sqrt())
}
fn r2(s: &Sums) -> Option<f64> {
    if s.sxx == 0.0 {
        return None;
    }
    Some(if s.syy == 0.0 { 1.0 } else { (s.sxy * s.sxy) / (s.sxx * s.syy) })
}
fn slope(s: &Sums) -> Option<f64> {
    (s.sxx != 0.0).then(|| s.sxy / s.sxx)
}
fn intercept(s: &Sums) -> Option<f64> {
    (s.sxx != 0.0).then(|| (s.sy - s.sx * s.sxy / s.sxx) / s.n)
}

const ONE: &[T] = &[T::FLOAT8, T::FLOAT8, T::FLOAT8];
const TWO: &[T] = &[T::FLOAT8, T::FLOAT8, T::FLOAT8, T::FLOAT8, T::FLOAT8, T::FLOAT8];
const PAIR: &[T] = &[T::FLOAT8, T::FLOAT8];

pub static AGGREGATES: &[Aggregate] = &[
    aggregate(2110, "sum", &[T::FLOAT4], T::FLOAT4, &[T::FLOAT4], |_| Box::new(Sum(Datum::Null))),
    aggregate(2111, "sum", &[T::FLOAT8], T::FLOAT8, &[T::FLOAT8], |_| Box::new(Sum(Datum::Null))),
    aggregate(2104, "avg", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(avg)),
    aggregate(2105, "avg", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(avg)),
    aggregate(2157, "stddev", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(stddev_samp)),
    aggregate(2158, "stddev", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(stddev_samp)),
    aggregate(2727, "stddev_pop", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(stddev_pop)),
    aggregate(2728, "stddev_pop", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(stddev_pop)),
    aggregate(2715, "stddev_samp", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(stddev_samp)),
    aggregate(2716, "stddev_samp", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(stddev_samp)),
    aggregate(2721, "var_pop", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(var_pop)),
    aggregate(2722, "var_pop", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(var_pop)),
    aggregate(2644, "var_samp", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(var_samp)),
    aggregate(2645, "var_samp", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(var_samp)),
    aggregate(2151, "variance", &[T::FLOAT4], T::FLOAT8, ONE, |_| one(var_samp)),
    aggregate(2152, "variance", &[T::FLOAT8], T::FLOAT8, ONE, |_| one(var_samp)),
    aggregate(2818, "regr_count", PAIR, T::INT8, TWO, |_| {
        Box::new(TwoVariables { sums: Sums::default(), finish: |_| None, counts: true })
    }),
    aggregate(2819, "regr_sxx", PAIR, T::FLOAT8, TWO, |_| two(|s| Some(s.sxx))),
    aggregate(2820, "regr_syy", PAIR, T::FLOAT8, TWO, |_| two(|s| Some(s.syy))),
    aggregate(2821, "regr_sxy", PAIR, T::FLOAT8, TWO, |_| two(|s| Some(s.sxy))),
    aggregate(2822, "regr_avgx", PAIR, T::FLOAT8, TWO, |_| two(|s| Some(s.sx / s.n))),
    aggregate(2823, "regr_avgy", PAIR, T::FLOAT8, TWO, |_| two(|s| Some(s.sy / s.n))),
    aggregate(2824, "regr_r2", PAIR, T::FLOAT8, TWO, |_| two(r2)),
    aggregate(2825, "regr_slope", PAIR, T::FLOAT8, TWO, |_| two(slope)),
    aggregate(2826, "regr_intercept", PAIR, T::FLOAT8, TWO, |_| two(intercept)),
    aggregate(2827, "covar_pop", PAIR, T::FLOAT8, TWO, |_| two(|s| Some(s.sxy / s.n))),
    aggregate(2828, "covar_samp", PAIR, T::FLOAT8, TWO, |_| {
        two(|s| (s.n > 1.0).then(|| s.sxy / (s.n - 1.0)))
    }),
    aggregate(2829, "corr", PAIR, T::FLOAT8, TWO, |_| two(corr)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, rows: &[[f64; 2]], split: usize) -> Datum {
        let aggregate = AGGREGATES
            .iter()
            .find(|a| a.name == name && a.args.last() == Some(&T::FLOAT8))
            .expect("registered");
        let ctx = EvalContext::default();
        let part = |rows: &[[f64; 2]]| {
            let mut a = (aggregate.create)(aggregate.args);
            for row in rows {
                let row = row.map(Datum::Float8);
                a.add(&ctx, &row[..aggregate.args.len()]).expect("finite");
            }
            a
        };
        let mut whole = part(&rows[..split]);
        whole.merge(&ctx, &part(&rows[split..]).state()).expect("finite");
        whole.result(&ctx).expect("finite")
    }

    #[test]
    fn partial_states_merge_to_the_whole() {
        let rows = [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [4.0, 8.0]];
        for split in 0..=4 {
            assert!(matches!(run("avg", &rows, split), Datum::Float8(v) if v == 2.5));
            assert!(matches!(run("var_pop", &rows, split), Datum::Float8(v) if (v - 1.25).abs() < 1e-12));
            assert!(matches!(run("corr", &rows, split), Datum::Float8(v) if (v - 1.0).abs() < 1e-12));
            assert!(matches!(run("regr_slope", &rows, split), Datum::Float8(v) if (v - 0.5).abs() < 1e-12));
        }
    }

    #[test]
    fn a_sample_of_one_has_no_variance() {
        assert!(run("var_samp", &[[1.0, 0.0]], 0).is_null());
        assert!(matches!(run("stddev_pop", &[[1.0, 0.0]], 1), Datum::Float8(v) if v == 0.0));
        assert!(run("avg", &[], 0).is_null());
    }
}
