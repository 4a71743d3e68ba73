//! bytea: the hex form and the escape form.

use crate::DatumError;

pub(super) fn parse(text: &str) -> Result<Vec<u8>, DatumError> {
    match text.strip_prefix("\\x") {
        Some(hex) => parse_hex(hex),
        None => parse_escape(text),
    }
}

fn parse_hex(text: &str) -> Result<Vec<u8>, DatumError> {
    let digit = |c: char| {
        c.to_digit(16)
            .map(|d| d as u8)
            .ok_or_else(|| DatumError::InvalidParameterValue(format!("invalid hexadecimal digit: \"{c}\"")))
    };
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if matches!(c, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = digit(c)?;
        let Some(low) = chars.next() else {
            let text = "invalid hexadecimal data: odd number of digits".to_string();
            return Err(DatumError::InvalidParameterValue(text));
        };
        out.push(high << 4 | digit(low)?);
    }
    Ok(out)
}

fn parse_escape(text: &str) -> Result<Vec<u8>, DatumError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(out),
            [b'\\', b'\\', tail @ ..] => {
                out.push(b'\\');
                tail
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            [b'\\', ..] => {
                return Err(DatumError::MalformedText("invalid input syntax for type bytea".to_string()));
            }
            [b, tail @ ..] => {
                out.push(*b);
                tail
            }
        };
    }
}

pub(super) fn write(out: &mut String, bytes: &[u8], escape: bool) {
    if escape {
        for &b in bytes {
            match b {
                b'\\' => out.push_str("\\\\"),
                0x20..=0x7E => out.push(char::from(b)),
                _ => push_octal(out, b),
            }
        }
        return;
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(2 + bytes.len() * 2);
    out.push_str("\\x");
    for &b in bytes {
        out.push(char::from(DIGITS[usize::from(b >> 4)]));
        out.push(char::from(DIGITS[usize::from(b & 15)]));
    }
}

/// `\ooo`
pub(super) fn push_octal(out: &mut String, b: u8) {
    out.push('\\');
    for shift in [6, 3, 0] {
        out.push(char::from(b'0' + (b >> shift & 7)));
    }
}
