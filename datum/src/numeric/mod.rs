//! PostgreSQL's numeric: any precision, NaN and the infinities, and a display scale that is part of the value.
//!
//! `mod` compares and inspects, `text` reads and prints, `arithmetic` is exact, `transcendental` chooses result scales as
//! PostgreSQL does, `convert` goes to and from other types and modifiers, `wire` is the binary format.

mod arithmetic;
mod convert;
mod text;
mod transcendental;
mod wire;

pub use convert::{from_datum, typmod, typmod_parts};

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Digits after the point that a stored value may have.
pub const SCALE_MAX: u32 = 16_383;
/// Digits before the point that a value may have (PostgreSQL's weight of 32767 in base 10000).
pub const DIGITS_BEFORE_POINT_MAX: u32 = 131_072;
/// Precision that a modifier may state.
pub const PRECISION_MAX: i32 = 1000;
/// Significant digits that division, roots and the like give at least.
pub(crate) const SIGNIFICANT_DIGITS_MIN: i32 = 16;
/// Scale that division, roots and the like give at most.
pub(crate) const DISPLAY_SCALE_MAX: i32 = 1000;
/// Scale to which `round` and `trunc` are bounded.
pub(crate) const RESULT_SCALE_MAX: i32 = 2000;

/// A decimal number. `value = digits * 10^-scale`; the scale is also how many digits print after the point.
#[derive(Clone, Debug)]
pub enum Numeric {
    NaN,
    Infinity,
    NegInfinity,
    /// Any finite value: coefficient and display scale (0..=16383).
    Finite {
        digits: BigInt,
        scale: u16,
    },
}

/// `10^n`.
pub fn pow10(n: u32) -> BigInt {
    if n <= 38 { BigInt::from(10u128.pow(n)) } else { BigInt::from(10).pow(n) }
}

/// How many decimal digits a coefficient has; 0 has one.
pub(crate) fn decimal_digits(v: &BigInt) -> u32 {
    if let Some(small) = v.magnitude().to_u128() {
        return small.checked_ilog10().unwrap_or(0) + 1;
    }
    // bits * log10(2), rounded down, is the answer or one less than it.
    let estimate = ((v.bits() - 1) as f64 * std::f64::consts::LOG10_2) as u32;
    let mut digits = estimate.max(1);
    while pow10(digits).magnitude() <= v.magnitude() {
        digits += 1;
    }
    digits
}

impl Numeric {
    pub fn zero() -> Numeric {
        Numeric::Finite { digits: BigInt::ZERO, scale: 0 }
    }
    pub fn one() -> Numeric {
        Numeric::from(1i64)
    }
    /// `digits * 10^-scale`.
    pub fn new(digits: impl Into<BigInt>, scale: u16) -> Numeric {
        Numeric::Finite { digits: digits.into(), scale }
    }
    pub fn is_nan(&self) -> bool {
        matches!(self, Numeric::NaN)
    }
    pub fn is_infinite(&self) -> bool {
        matches!(self, Numeric::Infinity | Numeric::NegInfinity)
    }
    pub fn is_finite(&self) -> bool {
        matches!(self, Numeric::Finite { .. })
    }
    pub fn is_zero(&self) -> bool {
        matches!(self, Numeric::Finite { digits, .. } if digits.is_zero())
    }
    /// -1, 0 or 1; NaN counts as 0 here (callers treat it first).
    pub fn signum(&self) -> i32 {
        match self {
            Numeric::NaN => 0,
            Numeric::Infinity => 1,
            Numeric::NegInfinity => -1,
            Numeric::Finite { digits, .. } => match digits.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }
    /// Digits that print after the point; 0 for NaN and the infinities.
    pub fn scale(&self) -> u16 {
        match self {
            Numeric::Finite { scale, .. } => *scale,
            _ => 0,
        }
    }
    /// The smallest scale that represents the value exactly.
    pub fn min_scale(&self) -> u16 {
        match self {
            Numeric::Finite { .. } => self.trim_scale().scale(),
            _ => 0,
        }
    }
    /// The same value at its smallest scale.
    pub fn trim_scale(&self) -> Numeric {
        let Numeric::Finite { digits, scale } = self else { return self.clone() };
        if digits.is_zero() {
            return Numeric::zero();
        }
        if *scale == 0 {
            return self.clone();
        }
        if let Some(mut small) = digits.to_i128() {
            let mut scale = *scale;
            while scale > 0 && small % 10 == 0 {
                small /= 10;
                scale -= 1;
            }
            return Numeric::new(small, scale);
        }
        let text = digits.magnitude().to_str_radix(10);
        let zeros = text.len() - text.trim_end_matches('0').len();
        let cut = zeros.min(usize::from(*scale)) as u16;
        Numeric::new(digits / pow10(u32::from(cut)), scale - cut)
    }
    /// Whether the value has no fraction (infinities have none).
    pub fn is_integral(&self) -> bool {
        match self {
            Numeric::NaN => false,
            Numeric::Infinity | Numeric::NegInfinity => true,
            Numeric::Finite { .. } => self.min_scale() == 0,
        }
    }

    /// PostgreSQL's weight of the first digit in base 10000, and that digit (0, 0 for zero): its rules for result scales
    /// are stated in these terms.
    pub(crate) fn weight_and_first_digit(&self) -> (i32, i32) {
        let Numeric::Finite { digits, scale } = self else { return (0, 0) };
        if digits.is_zero() {
            return (0, 0);
        }
        let count = decimal_digits(digits) as i32;
        let weight = (count - 1 - i32::from(*scale)).div_euclid(4);
        // value / 10000^weight, whole part: drops this many decimal digits from the coefficient (or adds, if negative).
        let drop = i32::from(*scale) + 4 * weight;
        let first =
            if drop >= 0 { digits.abs() / pow10(drop as u32) } else { digits.abs() * pow10(-drop as u32) };
        (weight, first.to_i32().unwrap_or(0))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Numeric {}
impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
/// By value, whatever the scale; NaN equals NaN and is the greatest.
impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        let class = |n: &Numeric| match n {
            Numeric::NegInfinity => 0,
            Numeric::Finite { .. } => 1,
            Numeric::Infinity => 2,
            Numeric::NaN => 3,
        };
        let (Numeric::Finite { digits: a, scale: sa }, Numeric::Finite { digits: b, scale: sb }) =
            (self, other)
        else {
            return class(self).cmp(&class(other));
        };
        match sa.cmp(sb) {
            Ordering::Equal => a.cmp(b),
            _ if a.sign() != b.sign() => a.sign().cmp(&b.sign()),
            Ordering::Less => (a * pow10(u32::from(sb - sa))).cmp(b),
            Ordering::Greater => a.cmp(&(b * pow10(u32::from(sa - sb)))),
        }
    }
}
/// Equal values hash equally, whatever their scale.
impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Numeric::NaN => state.write_u8(3),
            Numeric::Infinity => state.write_u8(2),
            Numeric::NegInfinity => state.write_u8(0),
            Numeric::Finite { .. } => {
                state.write_u8(1);
                if let Numeric::Finite { digits, scale } = self.trim_scale() {
                    digits.hash(state);
                    scale.hash(state);
                }
            }
        }
    }
}
