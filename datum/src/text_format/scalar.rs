//! Booleans, integers, characters and names, strings with a length, uuid, oid and the reg* types.

use super::NAME_BYTES_MAX;
use super::bytes::push_octal;
use crate::{Datum, DatumError, EvalContext, SqlType, TypeId};
use std::fmt::Write;

/// Without the white space of C's `isspace` around.
pub(super) fn trim_space(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b')
}

/// Any unique prefix of true, false, yes, no, on, off; 1 and 0.
///
/// # Errors
/// `InvalidTextRepresentation`.
pub fn parse_bool(text: &str) -> Result<bool, DatumError> {
    let word = trim_space(text).to_ascii_lowercase();
    let is = |full: &str, least: usize| word.len() >= least && full.starts_with(&word);
    if is("true", 1) || is("yes", 1) || is("on", 2) || word == "1" {
        Ok(true)
    } else if is("false", 1) || is("no", 1) || is("off", 2) || word == "0" {
        Ok(false)
    } else {
        Err(DatumError::invalid_text("boolean", text))
    }
}

/// Digits with a sign, as a number of any size up to `i128`; the outer error is for malformed text, the inner for range.
fn parse_integer(text: &str, type_name: &str) -> Result<i128, DatumError> {
    let body = trim_space(text);
    let (negative, digits) = match body.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(DatumError::invalid_text(type_name, text));
    }
    // Saturates well beyond 64 bits: the caller's range check then fails.
    let v = digits.iter().fold(0i128, |v, b| (v * 10 + i128::from(b - b'0')).min(1 << 100));
    Ok(if negative { -v } else { v })
}
fn range(text: &str, type_name: &str) -> DatumError {
    DatumError::NumericValueOutOfRange(format!("value \"{text}\" is out of range for type {type_name}"))
}

/// # Errors
/// `InvalidTextRepresentation`, `NumericValueOutOfRange`.
pub fn parse_i16(text: &str) -> Result<i16, DatumError> {
    i16::try_from(parse_integer(text, "smallint")?).map_err(|_| range(text, "smallint"))
}
/// # Errors
/// As `parse_i16`.
pub fn parse_i32(text: &str) -> Result<i32, DatumError> {
    i32::try_from(parse_integer(text, "integer")?).map_err(|_| range(text, "integer"))
}
/// # Errors
/// As `parse_i16`.
pub fn parse_i64(text: &str) -> Result<i64, DatumError> {
    i64::try_from(parse_integer(text, "bigint")?).map_err(|_| range(text, "bigint"))
}
/// Negative values down to that of i32 wrap around, as in PostgreSQL.
pub(super) fn parse_oid(text: &str) -> Result<u32, DatumError> {
    let v = parse_integer(text, "oid")?;
    if (i128::from(i32::MIN)..0).contains(&v) {
        return Ok(v as i32 as u32);
    }
    u32::try_from(v).map_err(|_| range(text, "oid"))
}

pub(super) fn write_integer(out: &mut String, v: i64) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = v.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if v < 0 {
        out.push('-');
    }
    out.push_str(std::str::from_utf8(&buffer[at..]).unwrap_or(""));
}

/// The first byte, or the byte that `\ooo` names; 0 for the empty string.
pub(crate) fn parse_char(text: &str) -> u8 {
    match text.as_bytes() {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
            (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0')
        }
        bytes => bytes.first().copied().unwrap_or(0),
    }
}
/// Bytes that are not ASCII print as `\ooo`, since the text around is UTF-8.
pub(super) fn write_char(out: &mut String, c: u8) {
    match c {
        0 => {}
        1..=0x7F => out.push(char::from(c)),
        _ => push_octal(out, c),
    }
}

pub(crate) fn truncate_name(text: &str) -> &str {
    let mut end = text.len().min(NAME_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Applies `varchar(n)` as input and assignment do: only spaces may be cut.
///
/// # Errors
/// `StringDataRightTruncation`.
pub fn varchar_input(text: &str, typmod: i32) -> Result<Datum, DatumError> {
    let ty = SqlType::new(TypeId::VARCHAR, typmod);
    cut_spaces(text, ty).map(Datum::text)
}
/// Applies `char(n)` as input and assignment do: only spaces may be cut, and the value is padded.
///
/// # Errors
/// `StringDataRightTruncation`.
pub fn bpchar_input(text: &str, typmod: i32) -> Result<Datum, DatumError> {
    let text = cut_spaces(text, SqlType::new(TypeId::BPCHAR, typmod))?;
    Ok(pad(text, typmod))
}
fn pad(text: &str, typmod: i32) -> Datum {
    let missing = (typmod - 4).max(0) as usize;
    let missing = missing.saturating_sub(text.chars().count());
    if missing == 0 { Datum::text(text) } else { Datum::text(format!("{text}{}", " ".repeat(missing))) }
}
/// Where the `n`th character ends, if there are more than `n`.
pub(crate) fn nth_char(text: &str, typmod: i32) -> Option<usize> {
    if typmod < 4 || text.len() <= (typmod - 4) as usize {
        return None;
    }
    text.char_indices().nth((typmod - 4) as usize).map(|(at, _)| at)
}
fn cut_spaces(text: &str, ty: SqlType) -> Result<&str, DatumError> {
    match nth_char(text, ty.typmod) {
        None => Ok(text),
        Some(at) if text[at..].bytes().all(|b| b == b' ') => Ok(&text[..at]),
        Some(_) => Err(DatumError::StringDataRightTruncation(ty.to_string())),
    }
}

/// 32 hex digits; a hyphen may follow each group of four, braces may enclose all.
pub(super) fn parse_uuid(text: &str) -> Result<[u8; 16], DatumError> {
    let invalid = || DatumError::invalid_text("uuid", text);
    let body = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or_else(invalid)?,
        None => text,
    };
    let mut out = [0u8; 16];
    let mut rest = body.as_bytes();
    for (i, slot) in out.iter_mut().enumerate() {
        let [high, low, tail @ ..] = rest else { return Err(invalid()) };
        let digit = |b: &u8| char::from(*b).to_digit(16).map(|d| d as u8);
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(invalid()) };
        *slot = high << 4 | low;
        rest = match tail {
            [b'-', tail @ ..] if i % 2 == 1 && i < 15 => tail,
            tail => tail,
        };
    }
    if rest.is_empty() { Ok(out) } else { Err(invalid()) }
}
pub(super) fn write_uuid(out: &mut String, uuid: &[u8; 16]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (i, b) in uuid.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push(char::from(DIGITS[usize::from(b >> 4)]));
        out.push(char::from(DIGITS[usize::from(b & 15)]));
    }
}

/// A name that the session resolves, a number, or `-` for none.
pub(super) fn parse_reg(ty: TypeId, text: &str, ctx: &EvalContext) -> Result<u32, DatumError> {
    if text == "-" {
        return Ok(0);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return parse_oid(text);
    }
    let found = match &ctx.session {
        Some(session) => session.reg_in(ty.0, text)?,
        None => None,
    };
    found.ok_or_else(|| match ty {
        TypeId::REGCLASS => DatumError::UndefinedTable(text.to_string()),
        TypeId::REGTYPE => DatumError::UndefinedObject(format!("type \"{text}\" does not exist")),
        TypeId::REGROLE => DatumError::UndefinedObject(format!("role \"{text}\" does not exist")),
        TypeId::REGNAMESPACE => DatumError::UndefinedSchema(text.to_string()),
        TypeId::REGOPER | TypeId::REGOPERATOR => {
            DatumError::UndefinedFunction(format!("operator does not exist: {text}"))
        }
        _ => DatumError::UndefinedFunction(format!("function \"{text}\" does not exist")),
    })
}
pub(super) fn write_reg(out: &mut String, ty: TypeId, oid: u32, ctx: &EvalContext) {
    if oid == 0 {
        out.push(if matches!(ty, TypeId::REGOPER | TypeId::REGOPERATOR) { '0' } else { '-' });
        return;
    }
    match ctx.session.as_ref().and_then(|s| s.reg_out(ty.0, oid)) {
        Some(name) => out.push_str(&name),
        None if ty == TypeId::REGTYPE && TypeId(oid).info().is_some() => {
            let _ = write!(out, "{}", TypeId(oid));
        }
        None => {
            let _ = write!(out, "{oid}");
        }
    }
}
