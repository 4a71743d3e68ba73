//! Float arithmetic and functions with PostgreSQL's errors: overflow, underflow, domain.
//!
//! The degree forms are exact at the multiples of 30 and 45 where their radian forms are not. Source: PostgreSQL's
//! `float.c`, whose reduction to the first quadrant is followed.

use crate::DatumError;
use std::sync::OnceLock;

type Float = Result<f64, DatumError>;

pub(crate) fn overflow() -> DatumError {
    DatumError::NumericValueOutOfRange("value out of range: overflow".into())
}
pub(crate) fn underflow() -> DatumError {
    DatumError::NumericValueOutOfRange("value out of range: underflow".into())
}
fn input() -> DatumError {
    DatumError::NumericValueOutOfRange("input is out of range".into())
}

/// f32 and f64, as far as checked arithmetic needs them.
pub(crate) trait Real: Copy + PartialEq + num_traits::Float {}
impl Real for f32 {}
impl Real for f64 {}

pub(crate) fn add<F: Real>(a: F, b: F) -> Result<F, DatumError> {
    over(a + b, a.is_infinite() || b.is_infinite())
}
pub(crate) fn sub<F: Real>(a: F, b: F) -> Result<F, DatumError> {
    over(a - b, a.is_infinite() || b.is_infinite())
}
pub(crate) fn mul<F: Real>(a: F, b: F) -> Result<F, DatumError> {
    let r = over(a * b, a.is_infinite() || b.is_infinite())?;
    if r.is_zero() && !a.is_zero() && !b.is_zero() { Err(underflow()) } else { Ok(r) }
}
pub(crate) fn div<F: Real>(a: F, b: F) -> Result<F, DatumError> {
    if b.is_zero() && !a.is_nan() {
        return Err(DatumError::DivisionByZero);
    }
    let r = over(a / b, a.is_infinite())?;
    if r.is_zero() && !a.is_zero() && !b.is_infinite() { Err(underflow()) } else { Ok(r) }
}
fn over<F: Real>(r: F, infinite_operand: bool) -> Result<F, DatumError> {
    if r.is_infinite() && !infinite_operand { Err(overflow()) } else { Ok(r) }
}

pub(crate) fn power(a: f64, b: f64) -> Float {
    if a == 0.0 && b < 0.0 {
        return Err(DatumError::InvalidArgumentForPowerFunction(
            "zero raised to a negative power is undefined".into(),
        ));
    }
    if a < 0.0 && b.is_finite() && b.floor() != b && a.is_finite() {
        return Err(complex());
    }
    if a == f64::NEG_INFINITY && b.is_finite() && b.floor() != b {
        return Err(complex());
    }
    let r = a.powf(b);
    if a.is_finite() && b.is_finite() {
        if r.is_infinite() {
            return Err(overflow());
        }
        if r == 0.0 && a != 0.0 {
            return Err(underflow());
        }
    }
    Ok(r)
}
fn complex() -> DatumError {
    DatumError::InvalidArgumentForPowerFunction(
        "a negative number raised to a non-integer power yields a complex result".into(),
    )
}
pub(crate) fn sqrt(a: f64) -> Float {
    if a < 0.0 {
        return Err(DatumError::InvalidArgumentForPowerFunction(
            "cannot take square root of a negative number".into(),
        ));
    }
    Ok(a.sqrt())
}
pub(crate) fn cbrt(a: f64) -> Float {
    Ok(a.cbrt())
}
pub(crate) fn exp(a: f64) -> Float {
    let r = a.exp();
    if r.is_infinite() && a.is_finite() {
        return Err(overflow());
    }
    if r == 0.0 && a.is_finite() { Err(underflow()) } else { Ok(r) }
}
fn positive(a: f64) -> Float {
    if a == 0.0 {
        return Err(DatumError::InvalidArgumentForLogarithm("cannot take logarithm of zero".into()));
    }
    if a < 0.0 {
        return Err(DatumError::InvalidArgumentForLogarithm(
            "cannot take logarithm of a negative number".into(),
        ));
    }
    Ok(a)
}
pub(crate) fn ln(a: f64) -> Float {
    positive(a).map(f64::ln)
}
pub(crate) fn log10(a: f64) -> Float {
    positive(a).map(f64::log10)
}
/// A periodic function is not defined at the infinities.
pub(crate) fn periodic(a: f64, function: fn(f64) -> f64) -> Float {
    if a.is_infinite() { Err(input()) } else { Ok(function(a)) }
}
pub(crate) fn cot(a: f64) -> Float {
    if a.is_infinite() { Err(input()) } else { Ok(1.0 / a.tan()) }
}
/// `asin`, `acos` and kin: from -1 to 1.
pub(crate) fn within_one(a: f64, function: fn(f64) -> f64) -> Float {
    if a.abs() > 1.0 { Err(input()) } else { Ok(function(a)) }
}
pub(crate) fn sinh(a: f64) -> Float {
    Ok(a.sinh())
}
pub(crate) fn cosh(a: f64) -> Float {
    Ok(a.cosh())
}
/// By the C library's formulas, whose last digit differs from Rust's.
pub(crate) fn acosh(a: f64) -> Float {
    const LARGE: f64 = 268_435_456.0;
    if a < 1.0 {
        Err(input())
    } else if a > LARGE {
        Ok(a.ln() + std::f64::consts::LN_2)
    } else if a > 2.0 {
        Ok((2.0 * a - 1.0 / (a + (a * a - 1.0).sqrt())).ln())
    } else {
        let t = a - 1.0;
        Ok((t + (2.0 * t + t * t).sqrt()).ln_1p())
    }
}
pub(crate) fn atanh(a: f64) -> Float {
    if a.abs() > 1.0 {
        Err(input())
    } else if a.abs() == 1.0 {
        Ok(a * f64::INFINITY)
    } else {
        Ok(a.atanh())
    }
}
/// Half to even, as `rint`.
pub(crate) fn round(a: f64) -> f64 {
    a.round_ties_even()
}
pub(crate) fn sign(a: f64) -> f64 {
    if a > 0.0 {
        1.0
    } else if a < 0.0 {
        -1.0
    } else {
        0.0
    }
}

const RADIANS_PER_DEGREE: f64 = 0.017_453_292_519_943_295;

pub(crate) fn radians(a: f64) -> Float {
    mul(a, RADIANS_PER_DEGREE)
}
pub(crate) fn degrees(a: f64) -> Float {
    div(a, RADIANS_PER_DEGREE)
}

struct Constants {
    sin_30: f64,
    one_minus_cos_60: f64,
    asin_half: f64,
    acos_half: f64,
    atan_one: f64,
    tan_45: f64,
    cot_45: f64,
}
fn constants() -> &'static Constants {
    static CONSTANTS: OnceLock<Constants> = OnceLock::new();
    CONSTANTS.get_or_init(|| {
        let mut c = Constants {
            sin_30: (30.0 * RADIANS_PER_DEGREE).sin(),
            one_minus_cos_60: 1.0 - (60.0 * RADIANS_PER_DEGREE).cos(),
            asin_half: 0.5f64.asin(),
            acos_half: 0.5f64.acos(),
            atan_one: 1.0f64.atan(),
            tan_45: 0.0,
            cot_45: 0.0,
        };
        let (s, k) = (sin_quadrant(&c, 45.0), cos_quadrant(&c, 45.0));
        c.tan_45 = s / k;
        c.cot_45 = k / s;
        c
    })
}
fn sin_to_30(c: &Constants, x: f64) -> f64 {
    ((x * RADIANS_PER_DEGREE).sin() / c.sin_30) / 2.0
}
fn cos_to_60(c: &Constants, x: f64) -> f64 {
    1.0 - ((1.0 - (x * RADIANS_PER_DEGREE).cos()) / c.one_minus_cos_60) / 2.0
}
fn sin_quadrant(c: &Constants, x: f64) -> f64 {
    if x <= 30.0 { sin_to_30(c, x) } else { cos_to_60(c, 90.0 - x) }
}
fn cos_quadrant(c: &Constants, x: f64) -> f64 {
    if x <= 60.0 { cos_to_60(c, x) } else { sin_to_30(c, 90.0 - x) }
}
/// Degrees folded to 0..=90, and the signs that sine and cosine then take.
fn quadrant(a: f64) -> Result<(f64, f64, f64), DatumError> {
    if a.is_infinite() {
        return Err(input());
    }
    let mut x = a % 360.0;
    let (mut sine, mut cosine) = (1.0, 1.0);
    if x < 0.0 {
        x = -x;
        sine = -sine;
    }
    if x > 180.0 {
        x = 360.0 - x;
        sine = -sine;
    }
    if x > 90.0 {
        x = 180.0 - x;
        cosine = -cosine;
    }
    Ok((x, sine, cosine))
}
pub(crate) fn sind(a: f64) -> Float {
    let (x, sine, _) = quadrant(a)?;
    Ok(sine * sin_quadrant(constants(), x))
}
pub(crate) fn cosd(a: f64) -> Float {
    let (x, _, cosine) = quadrant(a)?;
    Ok(cosine * cos_quadrant(constants(), x))
}
pub(crate) fn tand(a: f64) -> Float {
    let (x, sine, cosine) = quadrant(a)?;
    let c = constants();
    let r = sine * cosine * ((sin_quadrant(c, x) / cos_quadrant(c, x)) / c.tan_45);
    Ok(if r == 0.0 { 0.0 } else { r })
}
pub(crate) fn cotd(a: f64) -> Float {
    let (x, sine, cosine) = quadrant(a)?;
    let c = constants();
    let r = sine * cosine * ((cos_quadrant(c, x) / sin_quadrant(c, x)) / c.cot_45);
    Ok(if r == 0.0 { 0.0 } else { r })
}
fn asin_quadrant(c: &Constants, x: f64) -> f64 {
    if x <= 0.5 { (x.asin() / c.asin_half) * 30.0 } else { 90.0 - (x.acos() / c.acos_half) * 60.0 }
}
fn acos_quadrant(c: &Constants, x: f64) -> f64 {
    if x <= 0.5 { 90.0 - (x.asin() / c.asin_half) * 30.0 } else { (x.acos() / c.acos_half) * 60.0 }
}
pub(crate) fn asind(a: f64) -> Float {
    within_one(a, |a| {
        let c = constants();
        if a >= 0.0 { asin_quadrant(c, a) } else { -asin_quadrant(c, -a) }
    })
}
pub(crate) fn acosd(a: f64) -> Float {
    within_one(a, |a| {
        let c = constants();
        if a >= 0.0 { acos_quadrant(c, a) } else { 90.0 + asin_quadrant(c, -a) }
    })
}
pub(crate) fn atand(a: f64) -> f64 {
    (a.atan() / constants().atan_one) * 45.0
}
pub(crate) fn atan2d(y: f64, x: f64) -> f64 {
    (y.atan2(x) / constants().atan_one) * 45.0
}

/// Which of `count` equal buckets between two bounds a value falls in; 0 and `count + 1` are outside.
///
/// # Errors
/// For the client: no buckets, equal or infinite bounds, NaN.
pub(crate) fn width_bucket(operand: f64, low: f64, high: f64, count: i32) -> Result<i32, DatumError> {
    if count <= 0 {
        return Err(DatumError::InvalidArgumentForWidthBucket("count must be greater than zero".into()));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(DatumError::InvalidArgumentForWidthBucket(
            "operand, lower bound, and upper bound cannot be NaN".into(),
        ));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(DatumError::InvalidArgumentForWidthBucket(
            "lower and upper bounds must be finite".into(),
        ));
    }
    let beyond = || count.checked_add(1).ok_or_else(|| DatumError::out_of_range("integer"));
    let inside = |part: f64, whole: f64| {
        let bucket = (f64::from(count) * (part / whole)) as i32;
        bucket.min(count - 1) + 1
    };
    if low < high {
        if operand < low {
            return Ok(0);
        }
        if operand >= high {
            return beyond();
        }
        // The difference of the bounds may overflow: then halve everything first.
        return Ok(if (high - low).is_finite() {
            inside(operand - low, high - low)
        } else {
            inside(operand / 2.0 - low / 2.0, high / 2.0 - low / 2.0)
        });
    }
    if low > high {
        if operand > low {
            return Ok(0);
        }
        if operand <= high {
            return beyond();
        }
        return Ok(if (low - high).is_finite() {
            inside(low - operand, low - high)
        } else {
            inside(low / 2.0 - operand / 2.0, low / 2.0 - high / 2.0)
        });
    }
    Err(DatumError::InvalidArgumentForWidthBucket("lower bound cannot equal upper bound".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_exact_at_special_angles() {
        assert_eq!(sind(30.0), Ok(0.5));
        assert_eq!(cosd(120.0), Ok(-0.5));
        assert_eq!(tand(45.0), Ok(1.0));
        assert_eq!(acosd(0.5), Ok(60.0));
        assert_eq!(atand(1.0), 45.0);
    }

    #[test]
    fn overflow_and_underflow_are_errors_of_finite_operands_only() {
        assert_eq!(mul(1e308, 10.0), Err(overflow()));
        assert_eq!(mul(1e-308, 1e-308), Err(underflow()));
        assert_eq!(mul(f64::INFINITY, 2.0), Ok(f64::INFINITY));
        assert_eq!(div(1.0, 0.0), Err(DatumError::DivisionByZero));
        assert_eq!(add(f32::MAX, f32::MAX), Err(overflow()));
    }

    #[test]
    fn buckets_count_from_one_inside_the_bounds() {
        assert_eq!(width_bucket(5.35, 0.024, 10.06, 5), Ok(3));
        assert_eq!(width_bucket(-1.0, 0.0, 10.0, 5), Ok(0));
        assert_eq!(width_bucket(10.0, 0.0, 10.0, 5), Ok(6));
        assert_eq!(width_bucket(9.0, 10.0, 0.0, 10), Ok(2));
        assert!(width_bucket(1.0, 2.0, 2.0, 1).is_err());
    }
}
