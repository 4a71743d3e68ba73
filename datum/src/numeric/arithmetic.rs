//! Exact arithmetic with PostgreSQL's result scales.

use super::text::overflow;
use super::{
    DIGITS_BEFORE_POINT_MAX, DISPLAY_SCALE_MAX, Numeric, RESULT_SCALE_MAX, SCALE_MAX, SIGNIFICANT_DIGITS_MIN,
    decimal_digits, pow10,
};
use crate::DatumError;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// `n / d` rounded half away from zero; `d` is positive.
pub(super) fn div_round(n: &BigInt, d: &BigInt) -> BigInt {
    if let (Some(n), Some(d)) = (n.to_i128(), d.to_i128()) {
        let (q, r) = (n / d, n % d);
        let away = r.unsigned_abs() >= d.unsigned_abs() - r.unsigned_abs();
        return BigInt::from(if away { q + if n < 0 { -1 } else { 1 } } else { q });
    }
    let (q, r) = n.div_rem(d);
    if r.abs() * 2 >= *d { if n.sign() == Sign::Minus { q - 1 } else { q + 1 } } else { q }
}

/// Coefficients of both at the greater scale.
fn align<'a>(
    a: &'a BigInt,
    sa: u16,
    b: &'a BigInt,
    sb: u16,
) -> (std::borrow::Cow<'a, BigInt>, std::borrow::Cow<'a, BigInt>, u16) {
    use std::borrow::Cow::{Borrowed, Owned};
    match sa.cmp(&sb) {
        std::cmp::Ordering::Equal => (Borrowed(a), Borrowed(b), sa),
        std::cmp::Ordering::Less => (Owned(a * pow10(u32::from(sb - sa))), Borrowed(b), sb),
        std::cmp::Ordering::Greater => (Borrowed(a), Owned(b * pow10(u32::from(sa - sb))), sa),
    }
}

impl Numeric {
    /// Refuses what PostgreSQL's format cannot hold.
    pub(super) fn checked(self) -> Result<Numeric, DatumError> {
        if let Numeric::Finite { digits, scale } = &self {
            // 2^435411 < 10^131072: small values need no count.
            if digits.bits() > 400_000
                && decimal_digits(digits).saturating_sub(u32::from(*scale)) > DIGITS_BEFORE_POINT_MAX
            {
                return Err(overflow());
            }
        }
        Ok(self)
    }

    pub fn neg(&self) -> Numeric {
        match self {
            Numeric::NaN => Numeric::NaN,
            Numeric::Infinity => Numeric::NegInfinity,
            Numeric::NegInfinity => Numeric::Infinity,
            Numeric::Finite { digits, scale } => Numeric::Finite { digits: -digits, scale: *scale },
        }
    }
    pub fn abs(&self) -> Numeric {
        if self.signum() < 0 { self.neg() } else { self.clone() }
    }
    /// The sign as a value: -1, 0, 1, or NaN.
    pub fn sign(&self) -> Numeric {
        if self.is_nan() { Numeric::NaN } else { Numeric::from(i64::from(self.signum())) }
    }

    /// # Errors
    /// `NumericValueOutOfRange` beyond the format's bounds.
    pub fn add(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        use Numeric::{Finite, Infinity, NaN, NegInfinity};
        match (self, other) {
            (Finite { digits: a, scale: sa }, Finite { digits: b, scale: sb }) => {
                let (a, b, scale) = align(a, *sa, b, *sb);
                Finite { digits: a.as_ref() + b.as_ref(), scale }.checked()
            }
            (NaN, _) | (_, NaN) | (Infinity, NegInfinity) | (NegInfinity, Infinity) => Ok(NaN),
            (Infinity, _) | (_, Infinity) => Ok(Infinity),
            _ => Ok(NegInfinity),
        }
    }
    /// # Errors
    /// As `add`.
    pub fn sub(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        use Numeric::Finite;
        match (self, other) {
            (Finite { digits: a, scale: sa }, Finite { digits: b, scale: sb }) => {
                let (a, b, scale) = align(a, *sa, b, *sb);
                Finite { digits: a.as_ref() - b.as_ref(), scale }.checked()
            }
            _ => self.add(&other.neg()),
        }
    }
    /// # Errors
    /// As `add`.
    pub fn mul(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        match (self, other) {
            (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) => {
                let scale = u32::from(*sa) + u32::from(*sb);
                let digits = a * b;
                if scale > SCALE_MAX {
                    let digits = div_round(&digits, &pow10(scale - SCALE_MAX));
                    return Numeric::Finite { digits, scale: SCALE_MAX as u16 }.checked();
                }
                Numeric::Finite { digits, scale: scale as u16 }.checked()
            }
            _ if self.is_nan() || other.is_nan() || self.signum() == 0 || other.signum() == 0 => {
                Ok(Numeric::NaN)
            }
            _ if self.signum() == other.signum() => Ok(Numeric::Infinity),
            _ => Ok(Numeric::NegInfinity),
        }
    }

    /// The scale of a quotient: at least 16 significant digits, no fewer than either side has after the point.
    pub(super) fn div_scale(&self, other: &Numeric) -> u16 {
        let (weight1, first1) = self.weight_and_first_digit();
        let (weight2, first2) = other.weight_and_first_digit();
        let quotient_weight = weight1 - weight2 - i32::from(first1 <= first2);
        (SIGNIFICANT_DIGITS_MIN - quotient_weight * 4)
            .max(i32::from(self.scale()))
            .max(i32::from(other.scale()))
            .clamp(0, DISPLAY_SCALE_MAX) as u16
    }

    /// # Errors
    /// `DivisionByZero`; `NumericValueOutOfRange` as `add`.
    pub fn div(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        if self.is_nan() || other.is_nan() {
            return Ok(Numeric::NaN);
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => Ok(Numeric::NaN),
            (true, false) if other.signum() == 0 => Err(DatumError::DivisionByZero),
            (true, false) if other.signum() == self.signum() => Ok(Numeric::Infinity),
            (true, false) => Ok(Numeric::NegInfinity),
            (false, true) => Ok(Numeric::zero()),
            (false, false) => self.div_to_scale(other, i32::from(self.div_scale(other))),
        }
    }

    /// The quotient of finite values, rounded half away from zero to `scale` digits after the point.
    pub(super) fn div_to_scale(&self, other: &Numeric, scale: i32) -> Result<Numeric, DatumError> {
        let (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) =
            (self, other)
        else {
            return Err(DatumError::Internal("division of values that are not finite".to_string()));
        };
        if b.is_zero() {
            return Err(DatumError::DivisionByZero);
        }
        let shift = scale - i32::from(*sa) + i32::from(*sb);
        let n = if b.sign() == Sign::Minus { -a } else { a.clone() };
        let d = b.abs();
        let digits = if shift >= 0 {
            div_round(&(n * pow10(shift as u32)), &d)
        } else {
            div_round(&n, &(d * pow10(-shift as u32)))
        };
        Numeric::Finite { digits, scale: scale as u16 }.checked()
    }

    /// The integer quotient, truncated toward zero.
    ///
    /// # Errors
    /// `DivisionByZero`.
    pub fn div_trunc(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        let (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) =
            (self, other)
        else {
            return self.div(other);
        };
        if b.is_zero() {
            return Err(DatumError::DivisionByZero);
        }
        let (a, b, _) = align(a, *sa, b, *sb);
        Numeric::Finite { digits: a.as_ref() / b.as_ref(), scale: 0 }.checked()
    }

    /// The remainder, with the sign of the dividend.
    ///
    /// # Errors
    /// `DivisionByZero`.
    pub fn rem(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        if self.is_nan() || other.is_nan() {
            return Ok(Numeric::NaN);
        }
        if self.is_infinite() {
            return if other.signum() == 0 { Err(DatumError::DivisionByZero) } else { Ok(Numeric::NaN) };
        }
        let (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) =
            (self, other)
        else {
            return Ok(self.clone());
        };
        if b.is_zero() {
            return Err(DatumError::DivisionByZero);
        }
        let (a, b, scale) = align(a, *sa, b, *sb);
        Ok(Numeric::Finite { digits: a.as_ref() % b.as_ref(), scale })
    }

    /// Rounds half away from zero to `places` after the point (before it, if negative). NaN and infinities stay.
    pub fn round(&self, places: i32) -> Numeric {
        self.to_places(places, div_round)
    }
    /// Cuts toward zero after `places`.
    pub fn trunc(&self, places: i32) -> Numeric {
        self.to_places(places, |n, d| n / d)
    }
    fn to_places(&self, places: i32, divide: impl Fn(&BigInt, &BigInt) -> BigInt) -> Numeric {
        let Numeric::Finite { digits, scale } = self else { return self.clone() };
        let places = places.clamp(-RESULT_SCALE_MAX, RESULT_SCALE_MAX);
        self.rescale(digits, i32::from(*scale), places, divide)
    }
    /// As `round`, without the bound on `places` (it is at most 16383).
    pub(super) fn round_exactly(&self, places: i32) -> Numeric {
        let Numeric::Finite { digits, scale } = self else { return self.clone() };
        self.rescale(digits, i32::from(*scale), places, div_round)
    }
    fn rescale(
        &self,
        digits: &BigInt,
        scale: i32,
        places: i32,
        divide: impl Fn(&BigInt, &BigInt) -> BigInt,
    ) -> Numeric {
        if places >= scale {
            let digits =
                if places == scale { digits.clone() } else { digits * pow10((places - scale) as u32) };
            return Numeric::Finite { digits, scale: places as u16 };
        }
        let unit = pow10((scale - places) as u32);
        let mut digits = divide(digits, &unit);
        if places < 0 {
            digits *= pow10(-places as u32);
        }
        Numeric::Finite { digits, scale: places.max(0) as u16 }
    }

    pub fn ceil(&self) -> Numeric {
        self.to_places(0, |n, d| n.div_ceil(d))
    }
    pub fn floor(&self) -> Numeric {
        self.to_places(0, |n, d| n.div_floor(d))
    }

    /// Greatest common divisor at the greater scale of the two.
    pub fn gcd(&self, other: &Numeric) -> Numeric {
        let (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) =
            (self, other)
        else {
            return Numeric::NaN;
        };
        let (a, b, scale) = align(a, *sa, b, *sb);
        Numeric::Finite { digits: a.gcd(&b), scale }
    }
    /// Least common multiple at the greater scale of the two.
    ///
    /// # Errors
    /// As `add`.
    pub fn lcm(&self, other: &Numeric) -> Result<Numeric, DatumError> {
        let (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) =
            (self, other)
        else {
            return Ok(Numeric::NaN);
        };
        let (a, b, scale) = align(a, *sa, b, *sb);
        Numeric::Finite { digits: a.lcm(&b).abs(), scale }.checked()
    }
}
