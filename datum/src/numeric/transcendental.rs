//! Roots, exponentials and logarithms, at the result scales that PostgreSQL 15 chooses.
//!
//! All work on integers scaled by a power of ten, with guard digits, and round once at the end.

use super::arithmetic::div_round;
use super::text::overflow;
use super::{
    DIGITS_BEFORE_POINT_MAX, DISPLAY_SCALE_MAX, Numeric, RESULT_SCALE_MAX, SIGNIFICANT_DIGITS_MIN, pow10,
};
use crate::DatumError;
use num_bigint::{BigInt, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Digits computed beyond those asked for.
const GUARD: i32 = 12;
const LOG10_E: f64 = 0.434_294_481_903_252;

fn clamp_scale(scale: i32, inputs: &[&Numeric]) -> i32 {
    let least = inputs.iter().map(|n| i32::from(n.scale())).max().unwrap_or(0);
    scale.max(least).clamp(0, DISPLAY_SCALE_MAX)
}

/// The coefficient of a finite value at `scale`, rounded.
fn at_scale(n: &Numeric, scale: i32) -> BigInt {
    match n.round_exactly(scale) {
        Numeric::Finite { digits, .. } if scale >= 0 => digits,
        _ => BigInt::ZERO,
    }
}

/// Rounds a coefficient at `from` digits after the point to `to`.
fn round_to(v: &BigInt, from: i32, to: i32) -> BigInt {
    if from >= to { div_round(v, &pow10((from - to) as u32)) } else { v * pow10((to - from) as u32) }
}

fn finite(digits: BigInt, scale: i32) -> Result<Numeric, DatumError> {
    Numeric::Finite { digits, scale: scale as u16 }.checked()
}

/// The decimal weight of ln(n), estimated as PostgreSQL does.
fn ln_weight(n: &Numeric) -> i32 {
    let Numeric::Finite { digits, scale } = n else { return 0 };
    if digits.sign() != Sign::Plus {
        return 0;
    }
    if *n >= Numeric::new(9, 1) && *n <= Numeric::new(11, 1) {
        let one = pow10(u32::from(*scale));
        let x = Numeric::Finite { digits: digits - one, scale: *scale };
        let (weight, first) = x.weight_and_first_digit();
        return if first == 0 { 0 } else { weight * 4 + f64::from(first).log10() as i32 };
    }
    // The first two digits in base 10000.
    let (weight, first) = n.weight_and_first_digit();
    let drop = i32::from(*scale) + 4 * (weight - 1);
    let two = if drop >= 0 { digits / pow10(drop as u32) } else { digits * pow10(-drop as u32) };
    let (lead, exponent) = match two.to_f64() {
        Some(two) if two % 10_000.0 != 0.0 => (two, (weight - 1) * 4),
        _ => (f64::from(first), weight * 4),
    };
    let ln = lead.ln() + f64::from(exponent) * std::f64::consts::LN_10;
    ln.abs().log10() as i32
}

/// e^x for a coefficient `x` at `scale` digits; the result has the same scale, good to about `scale - 3` digits of those.
fn exp_fixed(x: &BigInt, scale: i32) -> BigInt {
    let one = pow10(scale as u32);
    // e^x = (e^(x / 2^k))^(2^k), with x / 2^k below about 10^-6 for long results, 0.01 for short.
    let halvings = 8 + (scale as u32).isqrt() + (x.abs() / &one).bits() as u32;
    let extra = (f64::from(halvings) * 0.302) as i32 + 4 + (x.abs() / &one).to_i32().unwrap_or(0) * 9 / 20;
    let wide = scale + extra;
    let wide_one = pow10(wide as u32);
    let reduced = (x * pow10(extra as u32)) >> halvings;
    let mut sum = &wide_one + &reduced;
    let mut term = reduced.clone();
    let mut n = 1u32;
    loop {
        n += 1;
        term = &term * &reduced / &wide_one / n;
        if term.is_zero() || (term.sign() == Sign::Minus && term.is_one()) || term == BigInt::from(-1) {
            break;
        }
        sum += &term;
    }
    for _ in 0..halvings {
        sum = &sum * &sum / &wide_one;
    }
    sum / pow10(extra as u32)
}

/// ln(x) for a positive value, as a coefficient at `scale`, good to about `scale - 3` digits.
fn ln_fixed(n: &Numeric, scale: i32) -> BigInt {
    let Numeric::Finite { digits, scale: own } = n else { return BigInt::ZERO };
    // x = m * 10^e with m in [0.3, 3.2); ln x = ln m + e ln 10.
    let count = super::decimal_digits(digits) as i32;
    let mut exponent = count - 1 - i32::from(*own);
    let wide = scale + 10;
    let to_wide = |exponent: i32| {
        // digits * 10^-own * 10^-exponent at `wide`
        let shift = wide - i32::from(*own) - exponent;
        if shift >= 0 { digits * pow10(shift as u32) } else { div_round(digits, &pow10(-shift as u32)) }
    };
    let one = pow10(wide as u32);
    let mut m = to_wide(exponent);
    if m > &one * 3 {
        exponent += 1;
        m = to_wide(exponent);
    }
    let ln_m = ln_near_one(&m, wide);
    let ln = if exponent == 0 { ln_m } else { ln_m + ln_ten(wide) * exponent };
    ln / pow10(10)
}

/// ln(10) at `scale`: 10 = (10/8) * 8, ln 8 = 3 ln 2.
fn ln_ten(scale: i32) -> BigInt {
    let wide = scale + 10;
    let one = pow10(wide as u32);
    // ln 2 = 2 atanh(1/3), ln(5/4) = 2 atanh(1/9)
    let ln2: BigInt = atanh_inverse(3, &one) * 2;
    let ln54: BigInt = atanh_inverse(9, &one) * 2;
    (ln2 * 3 + ln54) / pow10(10)
}

/// atanh(1/k) at the scale whose one is `one`.
fn atanh_inverse(k: u32, one: &BigInt) -> BigInt {
    let mut power = one / k;
    let mut sum = power.clone();
    let mut n = 1u32;
    loop {
        power /= k * k;
        n += 2;
        let term = &power / n;
        if term.is_zero() {
            return sum;
        }
        sum += term;
    }
}

/// ln(m) for m in about [0.3, 3.2], by square roots toward one and the series of atanh.
fn ln_near_one(m: &BigInt, scale: i32) -> BigInt {
    let roots = 3 + (scale as u32).isqrt() / 2;
    let extra = (f64::from(roots) * 0.302) as i32 + 6;
    let wide = scale + extra;
    let one = pow10(wide as u32);
    let mut x = m * pow10(extra as u32);
    for _ in 0..roots {
        x = (x * &one).sqrt();
    }
    let z: BigInt = ((&x - &one) * &one) / (&x + &one);
    let z2: BigInt = &z * &z / &one;
    let mut power = z.clone();
    let mut sum = z;
    let mut n = 1u32;
    loop {
        power = power * &z2 / &one;
        n += 2;
        let term = &power / n;
        if term.is_zero() {
            break;
        }
        sum += term;
    }
    (sum << (roots + 1)) / pow10(extra as u32)
}

/// e^x at `scale`, rounded; `n` is finite.
fn exp_to_scale(n: &Numeric, scale: i32) -> Result<Numeric, DatumError> {
    let approximate = n.to_f64_lossy();
    if approximate.abs() >= f64::from(RESULT_SCALE_MAX) * 3.0 {
        return if approximate > 0.0 { Err(overflow()) } else { finite(BigInt::ZERO, scale) };
    }
    // The argument needs as many digits more as the result has before the point.
    let before_point = (approximate * LOG10_E).max(0.0) as i32 + 1;
    let work = scale + before_point + GUARD;
    let result = exp_fixed(&at_scale(n, work), work);
    finite(round_to(&result, work, scale), scale)
}

fn ln_to_scale(n: &Numeric, scale: i32) -> Result<Numeric, DatumError> {
    let work = scale.max(0) + GUARD;
    finite(round_to(&ln_fixed(n, work), work, scale.max(0)), scale.max(0))
}

fn check_logarithm(n: &Numeric) -> Result<(), DatumError> {
    match n.signum() {
        -1 => Err(DatumError::InvalidArgumentForLogarithm(
            "cannot take logarithm of a negative number".to_string(),
        )),
        0 => Err(DatumError::InvalidArgumentForLogarithm("cannot take logarithm of zero".to_string())),
        _ => Ok(()),
    }
}

impl Numeric {
    /// # Errors
    /// `InvalidArgumentForPowerFunction` for negative values.
    pub fn sqrt(&self) -> Result<Numeric, DatumError> {
        if self.signum() < 0 {
            let text = "cannot take square root of a negative number".to_string();
            return Err(DatumError::InvalidArgumentForPowerFunction(text));
        }
        let Numeric::Finite { digits, scale: own } = self else { return Ok(self.clone()) };
        let (weight, _) = self.weight_and_first_digit();
        let scale = clamp_scale(SIGNIFICANT_DIGITS_MIN - (weight * 2 + 1), &[self]);
        // sqrt(d * 10^-own) = sqrt(d * 10^(2 s - own)) * 10^-s
        let shift = 2 * (scale + 1) - i32::from(*own);
        let radicand = if shift >= 0 { digits * pow10(shift as u32) } else { digits / pow10(-shift as u32) };
        // One digit more, cut: enough to round half up.
        finite(div_round(&radicand.sqrt(), &BigInt::from(10)), scale)
    }

    /// # Errors
    /// `NumericValueOutOfRange`.
    pub fn exp(&self) -> Result<Numeric, DatumError> {
        match self {
            Numeric::NaN | Numeric::Infinity => return Ok(self.clone()),
            Numeric::NegInfinity => return Ok(Numeric::zero()),
            Numeric::Finite { .. } => {}
        }
        let bound = f64::from(RESULT_SCALE_MAX);
        let weight = (self.to_f64_lossy() * LOG10_E).clamp(-bound, bound) as i32;
        exp_to_scale(self, clamp_scale(SIGNIFICANT_DIGITS_MIN - weight, &[self]))
    }

    /// # Errors
    /// `InvalidArgumentForLogarithm` for zero and negative values.
    pub fn ln(&self) -> Result<Numeric, DatumError> {
        if self.is_nan() {
            return Ok(Numeric::NaN);
        }
        check_logarithm(self)?;
        if self.is_infinite() {
            return Ok(Numeric::Infinity);
        }
        ln_to_scale(self, clamp_scale(SIGNIFICANT_DIGITS_MIN - ln_weight(self), &[self]))
    }

    /// The logarithm of `self` to `base`.
    ///
    /// # Errors
    /// As `ln`; `DivisionByZero` for base 1.
    pub fn log(&self, base: &Numeric) -> Result<Numeric, DatumError> {
        if self.is_nan() || base.is_nan() {
            return Ok(Numeric::NaN);
        }
        if (base.is_infinite() || self.is_infinite()) && self.signum() < 0 {
            check_logarithm(self)?;
        }
        check_logarithm(base)?;
        check_logarithm(self)?;
        match (base.is_infinite(), self.is_infinite()) {
            (true, true) => return Ok(Numeric::NaN),
            (true, false) => return Ok(Numeric::zero()),
            (false, true) => return Ok(Numeric::Infinity),
            (false, false) => {}
        }
        let (base_weight, own_weight) = (ln_weight(base), ln_weight(self));
        let weight = own_weight - base_weight;
        let scale = clamp_scale(SIGNIFICANT_DIGITS_MIN - weight, &[base, self]);
        let base_ln = ln_to_scale(base, scale + weight - base_weight + 8)?;
        let own_ln = ln_to_scale(self, scale + weight - own_weight + 8)?;
        own_ln.div_to_scale(&base_ln, scale)
    }

    /// The logarithm to base 10.
    ///
    /// # Errors
    /// As `ln`.
    pub fn log10(&self) -> Result<Numeric, DatumError> {
        self.log(&Numeric::from(10i64))
    }

    /// # Errors
    /// `InvalidArgumentForPowerFunction` for zero to a negative power and negative values to a fraction;
    /// `NumericValueOutOfRange`.
    pub fn power(&self, exponent: &Numeric) -> Result<Numeric, DatumError> {
        let one = Numeric::one;
        if self.is_nan() {
            return Ok(if exponent.is_zero() { one() } else { Numeric::NaN });
        }
        if exponent.is_nan() {
            return Ok(if *self == one() { one() } else { Numeric::NaN });
        }
        if self.is_zero() && exponent.signum() < 0 {
            let text = "zero raised to a negative power is undefined".to_string();
            return Err(DatumError::InvalidArgumentForPowerFunction(text));
        }
        if self.signum() < 0 && !exponent.is_integral() {
            let text = "a negative number raised to a non-integer power yields a complex result".to_string();
            return Err(DatumError::InvalidArgumentForPowerFunction(text));
        }
        if self.is_infinite() || exponent.is_infinite() {
            return Ok(self.power_infinite(exponent));
        }
        if exponent.is_integral()
            && let Ok(integer) = exponent.to_i32()
        {
            return self.power_integer(integer);
        }
        if self.is_zero() {
            return finite(BigInt::ZERO, SIGNIFICANT_DIGITS_MIN);
        }
        let odd = match exponent.trim_scale() {
            Numeric::Finite { digits, scale: 0 } => digits.bit(0),
            _ => false,
        };
        let base = self.abs();
        let weight = ln_weight(&base);
        let rough =
            ln_to_scale(&base, 8 - weight)?.mul(exponent)?.round_exactly((8 - weight).max(0)).to_f64_lossy();
        if rough.abs() > f64::from(RESULT_SCALE_MAX) * 3.01 {
            return if rough > 0.0 { Err(overflow()) } else { finite(BigInt::ZERO, DISPLAY_SCALE_MAX) };
        }
        let decimal_weight = (rough * LOG10_E) as i32;
        let scale = clamp_scale(SIGNIFICANT_DIGITS_MIN - decimal_weight, &[self, exponent]);
        let local = (scale + decimal_weight - weight + 8).max(0);
        let product = ln_to_scale(&base, local + GUARD)?.mul(exponent)?;
        let product = product.round_exactly((local + GUARD).min(super::SCALE_MAX as i32));
        let result = exp_to_scale(&product, scale)?;
        Ok(if self.signum() < 0 && odd { result.neg() } else { result })
    }

    /// The cases with an infinite side, as POSIX pow().
    fn power_infinite(&self, exponent: &Numeric) -> Numeric {
        let one = Numeric::one();
        if *self == one || exponent.is_zero() {
            return one;
        }
        if self.is_zero() {
            return Numeric::zero();
        }
        if exponent.is_infinite() {
            let size = self.abs();
            if size == one {
                return one;
            }
            return if (size > one) == (exponent.signum() > 0) { Numeric::Infinity } else { Numeric::zero() };
        }
        if exponent.signum() < 0 {
            return Numeric::zero();
        }
        let odd = matches!(exponent.trim_scale(), Numeric::Finite { digits, scale: 0 } if digits.bit(0));
        if self.signum() < 0 && odd { Numeric::NegInfinity } else { Numeric::Infinity }
    }

    fn power_integer(&self, exponent: i32) -> Result<Numeric, DatumError> {
        let Numeric::Finite { digits, scale: own } = self else { return Ok(self.clone()) };
        let scale = clamp_scale(SIGNIFICANT_DIGITS_MIN, &[self]);
        match exponent {
            0 => return finite(pow10(scale as u32), scale),
            1 => return Ok(self.round_exactly(scale)),
            -1 => return Numeric::one().div_to_scale(self, scale),
            _ if digits.is_zero() => return finite(BigInt::ZERO, scale),
            _ => {}
        }
        // The decimal weight of the result, from the first digits of the base.
        let count = super::decimal_digits(digits) as i32;
        let drop = (count - 16).max(0);
        let lead = (digits.abs() / pow10(drop as u32)).to_f64().unwrap_or(1.0);
        let weight = f64::from(exponent) * (lead.log10() + f64::from(drop - i32::from(*own)));
        if weight > f64::from(DIGITS_BEFORE_POINT_MAX) {
            return Err(overflow());
        }
        if weight + 1.0 < -f64::from(scale) {
            return finite(BigInt::ZERO, scale);
        }
        // Significant digits that every intermediate keeps.
        let keep = 1 + scale + weight as i32 + (f64::from(exponent).abs().ln() as i32) + GUARD;
        let keep = keep.max(GUARD) as u32;
        let mut result = (BigInt::one(), 0i64);
        let mut square = (digits.clone(), i64::from(*own));
        let shorten = |v: (BigInt, i64)| {
            let count = super::decimal_digits(&v.0);
            if count <= keep + 4 {
                return v;
            }
            let cut = count - keep;
            (div_round(&v.0, &pow10(cut)), v.1 - i64::from(cut))
        };
        let mut bits = exponent.unsigned_abs();
        while bits > 0 {
            if bits & 1 == 1 {
                result = shorten((&result.0 * &square.0, result.1 + square.1));
            }
            bits >>= 1;
            if bits > 0 {
                square = shorten((&square.0 * &square.0, square.1 * 2));
            }
        }
        let (value, at) = result;
        // value * 10^-at, or its inverse, at `scale`
        let (n, d, shift) = if exponent < 0 {
            (BigInt::from(value.signum()), value.abs(), i64::from(scale) + at)
        } else {
            (value, BigInt::one(), i64::from(scale) - at)
        };
        let limit = i64::from(DIGITS_BEFORE_POINT_MAX) * 2;
        if shift > limit {
            return Err(overflow());
        }
        let digits = if shift >= 0 {
            div_round(&(n * pow10(shift as u32)), &d)
        } else if shift < -limit {
            BigInt::ZERO
        } else {
            div_round(&n, &(d * pow10(-shift as u32)))
        };
        finite(digits, scale)
    }
}
