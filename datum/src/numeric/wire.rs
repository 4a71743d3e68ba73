//! The binary format: digits in base 10000.
//!
//! ```text
//! i16 ndigits | i16 weight | u16 sign (0000 +, 4000 -, C000 NaN, D000 inf, F000 -inf) | u16 display scale | i16 digits[]
//! ```

use super::{Numeric, pow10};
use crate::DatumError;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEG_INFINITY: u16 = 0xF000;

fn invalid(why: &str) -> DatumError {
    DatumError::InvalidBinaryRepresentation { type_name: "numeric".to_string(), why: why.to_string() }
}

impl Numeric {
    /// Appends the body (without its length).
    pub fn send_into(&self, out: &mut Vec<u8>) {
        // PostgreSQL 15 sends the bits of its header as the display scale of an infinity.
        let special = |out: &mut Vec<u8>, sign: u16, scale: u8| {
            out.extend_from_slice(&[0, 0, 0, 0]);
            out.extend_from_slice(&sign.to_be_bytes());
            out.extend_from_slice(&[0, scale]);
        };
        let (digits, scale) = match self {
            Numeric::NaN => return special(out, NAN, 0),
            Numeric::Infinity => return special(out, INFINITY, 0x20),
            Numeric::NegInfinity => return special(out, NEG_INFINITY, 0x20),
            Numeric::Finite { digits, scale } => (digits, *scale),
        };
        // Aligns the point to groups of four digits.
        let pad = (4 - scale % 4) % 4;
        let mut rest = digits.abs();
        if pad > 0 {
            rest *= pow10(u32::from(pad));
        }
        let groups_after_point = i32::from((scale + pad) / 4);
        let mut groups: Vec<i16> = Vec::new();
        if let Some(mut small) = rest.to_u128() {
            while small > 0 {
                groups.push((small % 10_000) as i16);
                small /= 10_000;
            }
        } else {
            let text = rest.to_str_radix(10);
            for chunk in text.as_bytes().rchunks(4) {
                groups.push(chunk.iter().fold(0, |v, b| v * 10 + i16::from(b - b'0')));
            }
        }
        let weight = groups.len() as i32 - 1 - groups_after_point;
        let trailing = groups.iter().take_while(|g| **g == 0).count();
        let groups = &groups[trailing..];
        let weight = if groups.is_empty() { 0 } else { weight };
        out.extend_from_slice(&(groups.len() as i16).to_be_bytes());
        out.extend_from_slice(&(weight as i16).to_be_bytes());
        let sign = if digits.sign() == Sign::Minus { NEGATIVE } else { 0 };
        out.extend_from_slice(&sign.to_be_bytes());
        out.extend_from_slice(&scale.to_be_bytes());
        for group in groups.iter().rev() {
            out.extend_from_slice(&group.to_be_bytes());
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// `InvalidBinaryRepresentation`.
    pub fn receive(body: &[u8]) -> Result<Numeric, DatumError> {
        let word = |at: usize| body.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]));
        let (Some(count), Some(weight), Some(sign), Some(scale)) = (word(0), word(2), word(4), word(6))
        else {
            return Err(invalid("insufficient data left in message"));
        };
        let weight = i32::from(weight as i16);
        match sign {
            NAN => return Ok(Numeric::NaN),
            INFINITY => return Ok(Numeric::Infinity),
            NEG_INFINITY => return Ok(Numeric::NegInfinity),
            0 | NEGATIVE => {}
            _ => return Err(invalid("invalid sign in external \"numeric\" value")),
        }
        if scale > super::SCALE_MAX as u16 {
            return Err(invalid("invalid scale in external \"numeric\" value"));
        }
        if body.len() != 8 + 2 * usize::from(count) {
            return Err(invalid("length does not match the number of digits"));
        }
        let mut text = Vec::with_capacity(usize::from(count) * 4);
        for pair in body[8..].chunks_exact(2) {
            let group = u16::from_be_bytes([pair[0], pair[1]]);
            if group > 9999 {
                return Err(invalid("invalid digit in external \"numeric\" value"));
            }
            text.extend([group / 1000, group / 100 % 10, group / 10 % 10, group % 10].map(|d| d as u8));
        }
        let digits = if text.is_empty() {
            BigInt::ZERO
        } else {
            BigInt::from_radix_be(Sign::Plus, &text, 10).ok_or_else(|| invalid("no digits"))?
        };
        // digits * 10000^(weight - count + 1), cut to the display scale
        let shift = 4 * (weight - i32::from(count) + 1) + i32::from(scale);
        let digits = if digits.is_zero() {
            digits
        } else if shift >= 0 {
            digits * pow10(shift as u32)
        } else {
            digits.div_floor(&pow10(-shift as u32))
        };
        let digits = if sign == NEGATIVE { -digits } else { digits };
        Numeric::Finite { digits, scale }.checked()
    }
}
