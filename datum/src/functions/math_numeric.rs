//! Mathematical functions (manual 9.3) on numeric.

use super::args::{eval, pure};
use super::f;
use crate::function::Function;
use crate::{DatumError, Numeric, TypeId as T};
use num_bigint::BigInt;

/// The largest n whose factorial fits numeric.
const FACTORIAL_MAX: i64 = 32_177;

fn factorial(n: i64) -> Result<Numeric, DatumError> {
    if n < 0 {
        return Err(DatumError::NumericValueOutOfRange("factorial of a negative number is undefined".into()));
    }
    if n > FACTORIAL_MAX {
        return Err(DatumError::NumericValueOutOfRange("value overflows numeric format".into()));
    }
    Ok(Numeric::new((2..=n).fold(BigInt::from(1), |product, i| product * i), 0))
}

fn width_bucket(operand: &Numeric, low: &Numeric, high: &Numeric, count: i32) -> Result<i32, DatumError> {
    let bad = |text: &str| Err(DatumError::InvalidArgumentForWidthBucket(text.into()));
    if count <= 0 {
        return bad("count must be greater than zero");
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return bad("operand, lower bound, and upper bound cannot be NaN");
    }
    if low.is_infinite() || high.is_infinite() {
        return bad("lower and upper bounds must be finite");
    }
    if low == high {
        return bad("lower bound cannot equal upper bound");
    }
    let ascending = low < high;
    let (below, above) =
        if ascending { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    if below {
        return Ok(0);
    }
    if above {
        return count.checked_add(1).ok_or_else(|| DatumError::out_of_range("integer"));
    }
    // Both differences have one sign, so truncation is the floor.
    let part = operand.sub(low)?.mul(&Numeric::new(count, 0))?;
    part.div_trunc(&high.sub(low)?)?.to_i32().map(|bucket| bucket.min(count - 1) + 1)
}

fn scale(n: &Numeric, of: fn(&Numeric) -> u16) -> Option<i32> {
    n.is_finite().then(|| i32::from(of(n)))
}

pub static FUNCTIONS: &[Function] = &[
    f(1705, "abs", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.abs())),
    f(1711, "ceil", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.ceil())),
    f(2167, "ceiling", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.ceil())),
    f(1712, "floor", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.floor())),
    f(1708, "round", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.round(0))),
    f(1707, "round", &[T::NUMERIC, T::INT4], T::NUMERIC, pure!(|a: &Numeric, places: i32| a.round(places))),
    f(1710, "trunc", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.trunc(0))),
    f(1709, "trunc", &[T::NUMERIC, T::INT4], T::NUMERIC, pure!(|a: &Numeric, places: i32| a.trunc(places))),
    f(1706, "sign", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.sign())),
    f(1973, "div", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.div_trunc(b))),
    f(1728, "mod", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.rem(b))),
    f(1732, "exp", &[T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric| a.exp())),
    f(1734, "ln", &[T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric| a.ln())),
    f(1741, "log", &[T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric| a.log10())),
    f(1481, "log10", &[T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric| a.log10())),
    f(1736, "log", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, eval!(|base: &Numeric, a: &Numeric| a.log(base))),
    f(2169, "power", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.power(b))),
    f(1738, "pow", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.power(b))),
    f(1730, "sqrt", &[T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric| a.sqrt())),
    f(5048, "gcd", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric, b: &Numeric| a.gcd(b))),
    f(5049, "lcm", &[T::NUMERIC, T::NUMERIC], T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.lcm(b))),
    f(1376, "factorial", &[T::INT8], T::NUMERIC, eval!(|n: i64| factorial(n))),
    f(3281, "scale", &[T::NUMERIC], T::INT4, pure!(|a: &Numeric| scale(a, Numeric::scale))),
    f(5042, "min_scale", &[T::NUMERIC], T::INT4, pure!(|a: &Numeric| scale(a, Numeric::min_scale))),
    f(5043, "trim_scale", &[T::NUMERIC], T::NUMERIC, pure!(|a: &Numeric| a.trim_scale())),
    f(
        2170,
        "width_bucket",
        &[T::NUMERIC, T::NUMERIC, T::NUMERIC, T::INT4],
        T::INT4,
        eval!(|a: &Numeric, low: &Numeric, high: &Numeric, count: i32| width_bucket(a, low, high, count)),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_buckets_are_exact() {
        let n = |text: &str| text.parse::<Numeric>().expect("numeric");
        assert_eq!(width_bucket(&n("5.35"), &n("0.024"), &n("10.06"), 5), Ok(3));
        assert_eq!(width_bucket(&n("9"), &n("10"), &n("0"), 10), Ok(2));
        assert_eq!(width_bucket(&n("10"), &n("0"), &n("10"), 10), Ok(11));
        assert!(width_bucket(&n("1"), &n("2"), &n("2"), 1).is_err());
    }

    #[test]
    fn factorials_stop_where_numeric_does() {
        assert_eq!(factorial(5).expect("fits").to_i64(), Ok(120));
        assert!(factorial(-1).is_err());
        assert!(factorial(FACTORIAL_MAX + 1).is_err());
    }
}
