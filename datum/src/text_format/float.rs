//! float4 and float8: shortest text that reads back to the same value, or `%g` with a stated number of digits.

use super::scalar::trim_space;
use crate::DatumError;
use num_bigint::BigInt;
use std::fmt::Write;

/// # Errors
/// For the client: not a number, or beyond the type's range.
pub fn parse_f64(text: &str) -> Result<f64, DatumError> {
    parse(text, "double precision", |t| t.parse::<f64>().ok(), |v| v.is_infinite(), |v| *v == 0.0)
}
/// # Errors
/// As `parse_f64`.
pub fn parse_f32(text: &str) -> Result<f32, DatumError> {
    parse(text, "real", |t| t.parse::<f32>().ok(), |v| v.is_infinite(), |v| *v == 0.0)
}

fn parse<T>(
    text: &str,
    type_name: &str,
    read: impl Fn(&str) -> Option<T>,
    infinite: impl Fn(&T) -> bool,
    zero: impl Fn(&T) -> bool,
) -> Result<T, DatumError> {
    let body = trim_space(text);
    let invalid = || DatumError::invalid_text(type_name, text);
    let unsigned = body.strip_prefix(['+', '-']).unwrap_or(body);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return match unsigned.to_ascii_lowercase().as_str() {
            "nan" | "inf" | "infinity" => read(body).ok_or_else(invalid),
            _ => Err(invalid()),
        };
    }
    let value = read(body).ok_or_else(invalid)?;
    // A zero that has other digits before its exponent is an underflow.
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or("");
    let underflow = zero(&value) && mantissa.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if infinite(&value) || underflow {
        return Err(DatumError::NumericValueOutOfRange(format!(
            "\"{body}\" is out of range for type {type_name}"
        )));
    }
    Ok(value)
}

/// Appends a float8; `extra_digits` as in `extra_float_digits`: above 0 the shortest exact form, else 15 + that many digits.
pub fn write_f64(out: &mut String, v: f64, extra_digits: i32) {
    if special(out, v) {
        return;
    }
    if extra_digits <= 0 {
        return write_g(out, v, (15 + extra_digits).max(1) as usize);
    }
    let mut text = Buffer::new();
    // The buffer holds any float's shortest digits.
    let _ = write!(text, "{v:e}");
    // Only here can a short decimal lie exactly between two floats.
    if (1e15..1e41).contains(&v.abs()) && v.to_bits() & 1 == 0 {
        let bits = v.to_bits();
        let exponent = (bits >> 52 & 0x7FF) as i32 - 1075;
        let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
        for digits in 0..17 {
            if !is_halfway(text.as_str(), mantissa, exponent) {
                break;
            }
            let longer = format!("{v:.digits$e}");
            if longer.parse() == Ok(v) {
                text = Buffer::trimmed(&longer);
            }
        }
    }
    let bits = v.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    text.prefer_even(bits & ((1 << 52) - 1) | u64::from(exponent > 0) << 52, exponent.max(1) - 1075, |t| {
        t.parse() == Ok(v)
    });
    write_shortest(out, text.as_str(), 15);
}
/// As `write_f64`, of a float4.
pub fn write_f32(out: &mut String, v: f32, extra_digits: i32) {
    if special(out, f64::from(v)) {
        return;
    }
    if extra_digits <= 0 {
        return write_g(out, f64::from(v), (6 + extra_digits).max(1) as usize);
    }
    let mut text = Buffer::new();
    let _ = write!(text, "{v:e}");
    if (1e5..1e20).contains(&v.abs()) && v.to_bits() & 1 == 0 {
        let bits = v.to_bits();
        let exponent = (bits >> 23 & 0xFF) as i32 - 150;
        let mantissa = u64::from(bits & ((1 << 23) - 1) | 1 << 23);
        for digits in 0..9 {
            if !is_halfway(text.as_str(), mantissa, exponent) {
                break;
            }
            let longer = format!("{v:.digits$e}");
            if longer.parse() == Ok(v) {
                text = Buffer::trimmed(&longer);
            }
        }
    }
    let bits = v.to_bits();
    let exponent = (bits >> 23 & 0xFF) as i32;
    let mantissa = bits & ((1 << 23) - 1) | u32::from(exponent > 0) << 23;
    text.prefer_even(u64::from(mantissa), exponent.max(1) - 150, |t| t.parse() == Ok(v));
    write_shortest(out, text.as_str(), 6);
}

/// Whether the decimal `text` lies exactly between the float `mantissa * 2^exponent` and a neighbour. Reading it back gives
/// the float with the even mantissa, so it is a shortest form; but PostgreSQL prints only what is nearer to the float.
fn is_halfway(text: &str, mantissa: u64, exponent: i32) -> bool {
    let Some((digits, power)) = text.trim_start_matches('-').split_once('e') else { return false };
    let fraction = digits.split_once('.').map_or(0, |(_, f)| f.len() as i32);
    let coefficient: String = digits.chars().filter(char::is_ascii_digit).collect();
    let (Ok(coefficient), Ok(power)) = (coefficient.parse::<u64>(), power.parse::<i32>()) else {
        return false;
    };
    // Both sides of coefficient * 10^power = (4 mantissa +- 2) * 2^(exponent - 2), as integers; below a power of two the
    // neighbour is half as far.
    let power = power - fraction;
    let exponent = exponent - 2;
    let mut left = BigInt::from(coefficient);
    let mut unit = BigInt::from(1);
    if power >= 0 {
        left *= crate::numeric::pow10(power as u32);
    } else {
        unit *= crate::numeric::pow10(-power as u32);
    }
    if exponent >= 0 {
        unit <<= exponent;
    } else {
        left <<= -exponent;
    }
    let middle = BigInt::from(mantissa) * 4;
    let below = if mantissa.is_power_of_two() { -1 } else { -2 };
    [below, 2].iter().any(|d| (&middle + d) * &unit == left)
}

fn special(out: &mut String, v: f64) -> bool {
    if v.is_nan() {
        out.push_str("NaN");
    } else if v.is_infinite() {
        out.push_str(if v > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        return false;
    }
    true
}

/// Text on the stack.
struct Buffer {
    bytes: [u8; 40],
    len: usize,
}
impl Buffer {
    fn new() -> Buffer {
        Buffer { bytes: [0; 40], len: 0 }
    }
    /// Where the float `mantissa * 2^exponent` lies exactly between two shortest decimals, takes the even one, as PostgreSQL.
    fn prefer_even(&mut self, mantissa: u64, exponent: i32, reads_back: impl Fn(&str) -> bool) {
        /// Digits that a decimal halfway between two shortest ones can have.
        const HALFWAY_MAX: u128 = 1_000_000_000_000_000_000;
        let Some(mark) = self.bytes[..self.len].iter().position(|b| *b == b'e') else { return };
        let last = self.bytes[mark - 1];
        if last.is_multiple_of(2) || mantissa == 0 {
            return;
        }
        // The float's own digits: whole * 10^power.
        let twos = mantissa.trailing_zeros();
        let (odd, exponent) = (u128::from(mantissa >> twos), exponent + twos as i32);
        let (mut whole, mut power) = match exponent {
            -25..0 => (odd * 5u128.pow(-exponent as u32), exponent),
            0..60 => (odd << exponent, 0),
            _ => return,
        };
        while whole.is_multiple_of(10) {
            whole /= 10;
            power += 1;
        }
        if whole >= HALFWAY_MAX {
            return;
        }
        let text = self.as_str();
        let (digits, shown) = text.split_at(mark);
        let fraction = digits.split_once('.').map_or(0, |(_, f)| f.len() as i32);
        let shown: i32 = shown[1..].parse().unwrap_or(0);
        let coefficient =
            digits.bytes().filter(u8::is_ascii_digit).fold(0u128, |v, b| v * 10 + u128::from(b - b'0'));
        if whole + 5 == coefficient * 10 && power == shown - fraction - 1 {
            self.bytes[mark - 1] = last - 1;
            // Below a power of two the floats lie closer: there the even one may be another float's.
            if mantissa.is_power_of_two() && !reads_back(self.as_str()) {
                self.bytes[mark - 1] = last;
            }
        }
    }
    /// Digits in the form `d.ddde-x`, without zeros at their end.
    fn trimmed(text: &str) -> Buffer {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        let mut out = Buffer::new();
        let _ = write!(out, "{mantissa}e{exponent}");
        out
    }
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or("")
    }
}
impl Write for Buffer {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.len + s.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// `text` is `d.ddde-x`. Exponents in -4..`limit` print without one.
fn write_shortest(out: &mut String, text: &str, limit: i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    write_digits(out, mantissa, exponent.parse().unwrap_or(0), limit);
}

fn write_digits(out: &mut String, mantissa: &str, exponent: i32, limit: i32) {
    let mantissa = match mantissa.strip_prefix('-') {
        Some(rest) => {
            out.push('-');
            rest
        }
        None => mantissa,
    };
    if !(-4..limit).contains(&exponent) {
        out.push_str(mantissa);
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exponent.abs());
        return;
    }
    let (first, rest) = mantissa.split_at(1);
    let rest = rest.strip_prefix('.').unwrap_or("");
    if exponent < 0 {
        out.push_str("0.");
        for _ in 1..-exponent {
            out.push('0');
        }
        out.push_str(first);
        out.push_str(rest);
        return;
    }
    let whole = exponent as usize;
    out.push_str(first);
    if rest.len() <= whole {
        out.push_str(rest);
        for _ in rest.len()..whole {
            out.push('0');
        }
    } else {
        out.push_str(&rest[..whole]);
        out.push('.');
        out.push_str(&rest[whole..]);
    }
}

/// C's `%.{digits}g`.
fn write_g(out: &mut String, v: f64, digits: usize) {
    let text = format!("{v:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    write_digits(out, mantissa, exponent.parse().unwrap_or(0), digits as i32);
}

/// C's `%02g`: seconds in messages about times out of range.
pub fn padded_seconds(v: f64) -> String {
    let mut out = String::new();
    if !special(&mut out, v) {
        write_g(&mut out, v, 6);
    }
    if out.len() < 2 { format!("0{out}") } else { out }
}
