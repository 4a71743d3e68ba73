//! Numerics from and to other types, and the modifier `numeric(precision, scale)`.

use super::{Numeric, decimal_digits};
use crate::DatumError;
use num_bigint::BigInt;
use num_traits::ToPrimitive;

impl From<i64> for Numeric {
    fn from(v: i64) -> Numeric {
        Numeric::new(v, 0)
    }
}
impl From<i32> for Numeric {
    fn from(v: i32) -> Numeric {
        Numeric::new(v, 0)
    }
}
impl From<i128> for Numeric {
    fn from(v: i128) -> Numeric {
        Numeric::new(v, 0)
    }
}

/// The modifier of `numeric(precision, scale)`, as PostgreSQL packs it.
pub fn typmod(precision: i32, scale: i32) -> i32 {
    ((precision << 16) | (scale & 0x7FF)) + 4
}
/// Precision and scale of a modifier; `None`: no modifier.
pub fn typmod_parts(typmod: i32) -> Option<(i32, i32)> {
    (typmod >= 4).then(|| {
        let m = typmod - 4;
        ((m >> 16) & 0xFFFF, ((m & 0x7FF) ^ 1024) - 1024)
    })
}

impl Numeric {
    /// The nearest integer, half away from zero; `type_name` is for the message.
    ///
    /// # Errors
    /// `FeatureNotSupported` for NaN and infinities, as PostgreSQL; `NumericValueOutOfRange`.
    fn to_integer<T>(&self, type_name: &str, get: impl Fn(&BigInt) -> Option<T>) -> Result<T, DatumError> {
        match self {
            Numeric::NaN => {
                Err(DatumError::FeatureNotSupported(format!("cannot convert NaN to {type_name}")))
            }
            Numeric::Infinity | Numeric::NegInfinity => {
                Err(DatumError::FeatureNotSupported(format!("cannot convert infinity to {type_name}")))
            }
            Numeric::Finite { digits, scale: 0 } => {
                get(digits).ok_or_else(|| DatumError::out_of_range(type_name))
            }
            Numeric::Finite { .. } => match self.round(0) {
                Numeric::Finite { digits, .. } => {
                    get(&digits).ok_or_else(|| DatumError::out_of_range(type_name))
                }
                _ => Err(DatumError::out_of_range(type_name)),
            },
        }
    }
    /// # Errors
    /// As PostgreSQL's casts: NaN and infinities are not supported, others out of range.
    pub fn to_i16(&self) -> Result<i16, DatumError> {
        self.to_integer("smallint", ToPrimitive::to_i16)
    }
    /// # Errors
    /// As `to_i16`.
    pub fn to_i32(&self) -> Result<i32, DatumError> {
        self.to_integer("integer", ToPrimitive::to_i32)
    }
    /// # Errors
    /// As `to_i16`.
    pub fn to_i64(&self) -> Result<i64, DatumError> {
        self.to_integer("bigint", ToPrimitive::to_i64)
    }
    /// The nearest float.
    ///
    /// # Errors
    /// `NumericValueOutOfRange` if it is too large, or too small to be told from zero.
    pub fn to_f64(&self) -> Result<f64, DatumError> {
        match self {
            Numeric::NaN => Ok(f64::NAN),
            Numeric::Infinity => Ok(f64::INFINITY),
            Numeric::NegInfinity => Ok(f64::NEG_INFINITY),
            Numeric::Finite { .. } => crate::text_format::parse_f64(&self.to_string()),
        }
    }
    /// As `to_f64`, but too large is infinite and too small is zero.
    pub fn to_f64_lossy(&self) -> f64 {
        match self {
            Numeric::NaN => f64::NAN,
            Numeric::Infinity => f64::INFINITY,
            Numeric::NegInfinity => f64::NEG_INFINITY,
            Numeric::Finite { .. } => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }
    /// # Errors
    /// As `to_f64`.
    pub fn to_f32(&self) -> Result<f32, DatumError> {
        match self {
            Numeric::NaN => Ok(f32::NAN),
            Numeric::Infinity => Ok(f32::INFINITY),
            Numeric::NegInfinity => Ok(f32::NEG_INFINITY),
            Numeric::Finite { .. } => crate::text_format::parse_f32(&self.to_string()),
        }
    }
    /// With 15 significant digits, as PostgreSQL's cast.
    pub fn from_f64(v: f64) -> Numeric {
        from_float(v, 14)
    }
    /// With 6 significant digits, as PostgreSQL's cast.
    pub fn from_f32(v: f32) -> Numeric {
        from_float(f64::from(v), 5)
    }

    /// Rounds to the scale of `numeric(p,s)` and checks the precision. Modifiers below 4 mean none.
    ///
    /// # Errors
    /// `NumericFieldOverflow`.
    pub fn coerce_typmod(&self, typmod: i32) -> Result<Numeric, DatumError> {
        let Some((precision, scale)) = typmod_parts(typmod) else { return Ok(self.clone()) };
        match self {
            Numeric::NaN => Ok(Numeric::NaN),
            Numeric::Infinity | Numeric::NegInfinity => {
                Err(DatumError::NumericFieldOverflow { precision, scale })
            }
            Numeric::Finite { .. } => {
                let rounded = self.round_exactly(scale);
                if let Numeric::Finite { digits, scale: s } = &rounded {
                    let before_point = i64::from(decimal_digits(digits)) - i64::from(*s);
                    if digits.sign() != num_bigint::Sign::NoSign
                        && before_point > i64::from(precision - scale)
                    {
                        return Err(DatumError::NumericFieldOverflow { precision, scale });
                    }
                }
                Ok(rounded)
            }
        }
    }
}

/// `%.*g` and back: so many digits after the first.
fn from_float(v: f64, digits_after_first: usize) -> Numeric {
    if v.is_nan() {
        return Numeric::NaN;
    }
    if v.is_infinite() {
        return if v > 0.0 { Numeric::Infinity } else { Numeric::NegInfinity };
    }
    let text = format!("{v:.digits_after_first$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    format!("{mantissa}e{exponent}").parse().unwrap_or(Numeric::NaN)
}

/// Reads any of the numeric types; for binders and aggregates that widen.
pub fn from_datum(datum: &crate::Datum) -> Option<Numeric> {
    Some(match datum {
        crate::Datum::Numeric(n) => n.clone(),
        crate::Datum::Float4(v) => Numeric::from_f32(*v),
        crate::Datum::Float8(v) => Numeric::from_f64(*v),
        other => Numeric::from(other.as_i64()?),
    })
}
