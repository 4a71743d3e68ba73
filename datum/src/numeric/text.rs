//! Reading and printing numerics.

use super::{DIGITS_BEFORE_POINT_MAX, Numeric, SCALE_MAX, pow10};
use crate::DatumError;
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{ToPrimitive, Zero};
use std::fmt;

/// Exponents beyond this are refused before any arithmetic.
const EXPONENT_MAX: i64 = i32::MAX as i64 / 2;

pub(super) fn overflow() -> DatumError {
    DatumError::NumericValueOutOfRange("value overflows numeric format".to_string())
}

impl std::str::FromStr for Numeric {
    type Err = DatumError;

    /// As `numeric_in`: sign, digits, point, exponent; NaN and the infinities in any case; white space around.
    fn from_str(text: &str) -> Result<Numeric, DatumError> {
        let invalid = || DatumError::invalid_text("numeric", text);
        let body = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        let (negative, unsigned) = match body.as_bytes().first() {
            Some(b'-') => (true, &body[1..]),
            Some(b'+') => (false, &body[1..]),
            _ => (false, body),
        };
        let bytes = unsigned.as_bytes();
        if !bytes.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.') {
            return match unsigned.to_ascii_lowercase().as_str() {
                "nan" if unsigned.len() == body.len() => Ok(Numeric::NaN),
                "infinity" | "inf" if negative => Ok(Numeric::NegInfinity),
                "infinity" | "inf" => Ok(Numeric::Infinity),
                _ => Err(invalid()),
            };
        }
        let digits_end = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let whole_end = digits_end(0);
        let (fraction_start, fraction_end) = if bytes.get(whole_end) == Some(&b'.') {
            (whole_end + 1, digits_end(whole_end + 1))
        } else {
            (whole_end, whole_end)
        };
        let fraction = fraction_end - fraction_start;
        if whole_end + fraction == 0 {
            return Err(invalid());
        }
        let mut exponent = 0i64;
        let rest = &bytes[fraction_end..];
        if let Some((b'e' | b'E', after)) = rest.split_first() {
            let digits = match after.first() {
                Some(b'+' | b'-') => &after[1..],
                _ => after,
            };
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return Err(invalid());
            }
            let number =
                digits.iter().fold(0i64, |v, b| (v * 10 + i64::from(b - b'0')).min(EXPONENT_MAX + 1));
            exponent = if after[0] == b'-' { -number } else { number };
            if exponent.abs() >= EXPONENT_MAX {
                return Err(overflow());
            }
        } else if !rest.is_empty() {
            return Err(invalid());
        }
        let scale = (fraction as i64 - exponent).max(0);
        // Up to 38 digits need no big arithmetic to be read.
        let mut digits = if whole_end + fraction <= 38 {
            let all = bytes[..whole_end].iter().chain(&bytes[fraction_start..fraction_end]);
            BigInt::from(all.fold(0u128, |v, b| v * 10 + u128::from(b - b'0')))
        } else {
            let all = [&bytes[..whole_end], &bytes[fraction_start..fraction_end]].concat();
            BigUint::parse_bytes(&all, 10).ok_or_else(invalid)?.into()
        };
        if exponent > fraction as i64 && !digits.is_zero() {
            let zeros = exponent - fraction as i64;
            if zeros > i64::from(DIGITS_BEFORE_POINT_MAX) {
                return Err(overflow());
            }
            digits *= pow10(zeros as u32);
        }
        if scale > i64::from(SCALE_MAX) {
            return Err(overflow());
        }
        if negative {
            digits = -digits;
        }
        Numeric::Finite { digits, scale: scale as u16 }.checked()
    }
}

impl Numeric {
    /// Appends the text form.
    pub fn write_into(&self, out: &mut String) {
        let (digits, scale) = match self {
            Numeric::NaN => return out.push_str("NaN"),
            Numeric::Infinity => return out.push_str("Infinity"),
            Numeric::NegInfinity => return out.push_str("-Infinity"),
            Numeric::Finite { digits, scale } => (digits, usize::from(*scale)),
        };
        if digits.sign() == Sign::Minus {
            out.push('-');
        }
        let start = out.len();
        match digits.magnitude().to_u128() {
            Some(small) => {
                use fmt::Write;
                // Writing to a String does not fail.
                let _ = write!(out, "{small}");
            }
            None => out.push_str(&digits.magnitude().to_str_radix(10)),
        }
        if scale > 0 {
            let count = out.len() - start;
            if count <= scale {
                out.insert_str(start, &"0".repeat(scale + 1 - count));
            }
            out.insert(out.len() - scale, '.');
        }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write_into(&mut out);
        f.write_str(&out)
    }
}
