//! Arrays, vectors and records.

use super::{input, output_into, scalar};
use crate::{Array, Datum, DatumError, EvalContext, SqlType, TypeId};
use std::fmt::Write;
use std::sync::Arc;

/// Arrays of more than one dimension are not supported.
pub fn multidimensional() -> DatumError {
    DatumError::FeatureNotSupported("multidimensional arrays are not supported".to_string())
}

/// `{a,b}` or `[lower:upper]={a,b}`.
pub(super) fn parse(element: SqlType, text: &str, ctx: &EvalContext) -> Result<Datum, DatumError> {
    let malformed = || DatumError::MalformedText(format!("malformed array literal: \"{text}\""));
    let mut rest = scalar::trim_space(text);
    let mut bounds = None;
    if let Some(after) = rest.strip_prefix('[') {
        let (inside, after) = after.split_once(']').ok_or_else(malformed)?;
        let (lower, upper) = inside.split_once(':').unwrap_or(("1", inside));
        let number = |s: &str| scalar::trim_space(s).parse::<i32>().map_err(|_| malformed());
        let (lower, upper) = (number(lower)?, number(upper)?);
        if upper < lower {
            let text = "upper bound cannot be less than lower bound".to_string();
            return Err(DatumError::ArraySubscriptError(text));
        }
        if after.trim_start().starts_with('[') {
            return Err(multidimensional());
        }
        rest = scalar::trim_space(after.trim_start().strip_prefix('=').ok_or_else(malformed)?);
        bounds = Some((lower, upper));
    }
    let mut values = Vec::new();
    let mut chars = rest.strip_prefix('{').ok_or_else(malformed)?.chars().peekable();
    let mut item = String::new();
    loop {
        while chars.next_if(char::is_ascii_whitespace).is_some() {}
        // Between items only the first may be missing, in `{}`.
        let (mut quoted, mut escaped) = (false, false);
        item.clear();
        // Where the item would end if the spaces after it were cut: escaped and quoted ones stay.
        let mut kept = 0;
        let end = loop {
            match chars.next().ok_or_else(malformed)? {
                '{' if !quoted && item.is_empty() && balanced(rest) => return Err(multidimensional()),
                '{' => return Err(malformed()),
                '"' if item.is_empty() && !quoted => {
                    quoted = true;
                    loop {
                        match chars.next().ok_or_else(malformed)? {
                            '"' => break,
                            '\\' => item.push(chars.next().ok_or_else(malformed)?),
                            c => item.push(c),
                        }
                    }
                    kept = item.len();
                }
                '"' => return Err(malformed()),
                c @ (',' | '}') => break c,
                '\\' if !quoted => {
                    escaped = true;
                    item.push(chars.next().ok_or_else(malformed)?);
                    kept = item.len();
                }
                c if c.is_ascii_whitespace() => item.push(c),
                _ if quoted => return Err(malformed()),
                c => {
                    item.push(c);
                    kept = item.len();
                }
            }
        };
        item.truncate(kept);
        if item.is_empty() && !quoted && !escaped {
            if end == '}' && values.is_empty() {
                break;
            }
            return Err(malformed());
        }
        if !quoted && !escaped && item.eq_ignore_ascii_case("null") {
            values.push(Datum::Null);
        } else {
            values.push(input(element, &item, ctx)?);
        }
        if end == '}' {
            break;
        }
    }
    if chars.any(|c| !c.is_ascii_whitespace()) {
        return Err(malformed());
    }
    let mut lower_bound = 1;
    if let Some((lower, upper)) = bounds {
        if i64::from(upper) - i64::from(lower) + 1 != values.len() as i64 {
            return Err(malformed());
        }
        lower_bound = lower;
    }
    Ok(Datum::Array(Arc::new(Array { element: element.id, lower_bound, values })))
}

/// Whether the braces outside of quotes close.
fn balanced(text: &str) -> bool {
    let (mut depth, mut quoted) = (0i64, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth == 0 && !quoted
}

/// Numbers with spaces between; int2vector and oidvector count from 0.
pub(super) fn parse_vector(ty: TypeId, text: &str) -> Result<Datum, DatumError> {
    let element = if ty == TypeId::INT2VECTOR { TypeId::INT2 } else { TypeId::OID };
    let values = text
        .split_ascii_whitespace()
        .map(|word| match element {
            TypeId::INT2 => super::parse_i16(word).map(Datum::Int2),
            _ => scalar::parse_oid(word).map(Datum::Oid),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Datum::Array(Arc::new(Array { element, lower_bound: 0, values })))
}

pub(super) fn write(out: &mut String, a: &Array, ty: TypeId, ctx: &EvalContext) {
    if ty == TypeId::INT2VECTOR || ty == TypeId::OIDVECTOR {
        for (i, v) in a.values.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            output_into(out, v, a.element, ctx);
        }
        return;
    }
    if a.lower_bound != 1 && !a.values.is_empty() {
        let upper = i64::from(a.lower_bound) + a.values.len() as i64 - 1;
        // Writing to a String does not fail.
        let _ = write!(out, "[{}:{upper}]=", a.lower_bound);
    }
    let element = match ty.element() {
        Some(element) if ty != TypeId::ANYARRAY => element,
        _ => a.element,
    };
    out.push('{');
    for (i, v) in a.values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if v.is_null() {
            out.push_str("NULL");
            continue;
        }
        let start = out.len();
        output_into(out, v, element, ctx);
        let item = &out[start..];
        let quote = item.is_empty()
            || item.eq_ignore_ascii_case("null")
            || item
                .bytes()
                .any(|b| matches!(b, b'"' | b'\\' | b'{' | b'}' | b',' | b'\x0b') || b.is_ascii_whitespace());
        if quote {
            let item = out.split_off(start);
            out.push('"');
            for c in item.chars() {
                if c == '"' || c == '\\' {
                    out.push('\\');
                }
                out.push(c);
            }
            out.push('"');
        }
    }
    out.push('}');
}

pub(super) fn write_record(out: &mut String, fields: &[Datum], ctx: &EvalContext) {
    out.push('(');
    for (i, v) in fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if v.is_null() {
            continue;
        }
        let start = out.len();
        output_into(out, v, v.natural_type(), ctx);
        let item = &out[start..];
        let quote = item.is_empty()
            || item
                .bytes()
                .any(|b| matches!(b, b'"' | b'\\' | b'(' | b')' | b',' | b'\x0b') || b.is_ascii_whitespace());
        if quote {
            let item = out.split_off(start);
            out.push('"');
            for c in item.chars() {
                if c == '"' || c == '\\' {
                    out.push(c);
                }
                out.push(c);
            }
            out.push('"');
        }
    }
    out.push(')');
}
