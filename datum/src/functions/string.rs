//! String functions (manual 9.4) that need no more than text; those that print values of any type are in `string_any`.

use super::args::{eval, get, pure};
use super::text::{self, Side};
use super::{encode, f, fs, n, optional};
use crate::function::Function;
use crate::{Datum, DatumError, EvalContext, TypeId as T};

fn count(n: usize) -> Result<i32, DatumError> {
    i32::try_from(n).map_err(|_| DatumError::out_of_range("integer"))
}

/// Pieces as a text[]; a piece equal to `null` becomes NULL.
pub(crate) fn text_array<'t>(pieces: impl IntoIterator<Item = &'t str>, null: Option<&str>) -> Datum {
    let values = pieces.into_iter().map(|p| if Some(p) == null { Datum::Null } else { Datum::text(p) });
    Datum::array(T::TEXT, values.collect())
}

fn string_to_array(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(input) = get::<Option<&str>>(args, 0)? else { return Ok(Datum::Null) };
    let delimiter: Option<&str> = get(args, 1)?;
    let null: Option<&str> = if args.len() > 2 { get(args, 2)? } else { None };
    Ok(text_array(text::split(input, delimiter), null))
}

/// `md5` and the SHA-2 family.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    use md5::Digest;
    hex::encode(md5::Md5::digest(bytes))
}
fn sha<D: sha2::Digest>(bytes: &[u8]) -> Vec<u8> {
    D::digest(bytes).to_vec()
}

/// `parse_ident`: the parts of a qualified name, folded and unquoted.
fn parse_ident(name: &str, strict: bool) -> Result<Datum, DatumError> {
    let bad = || DatumError::InvalidParameterValue(format!("string is not a valid identifier: \"{name}\""));
    let mut parts = Vec::new();
    let mut rest = name.trim_start();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut part = String::new();
            let mut inner = quoted;
            loop {
                let end = inner.find('"').ok_or_else(bad)?;
                part.push_str(&inner[..end]);
                inner = &inner[end + 1..];
                match inner.strip_prefix('"') {
                    Some(more) => {
                        part.push('"');
                        inner = more;
                    }
                    None => break,
                }
            }
            if part.is_empty() {
                return Err(bad());
            }
            parts.push(Datum::text(part));
            rest = inner;
        } else {
            let end = rest
                .char_indices()
                .find(|(i, c)| {
                    let starts = c.is_ascii_alphabetic() || *c == '_' || !c.is_ascii();
                    !(starts || *i > 0 && (c.is_ascii_digit() || *c == '$'))
                })
                .map_or(rest.len(), |(i, _)| i);
            if end == 0 {
                return Err(bad());
            }
            parts.push(Datum::text(text::lower(&rest[..end])));
            rest = &rest[end..];
        }
        let after = rest.trim_start();
        match after.strip_prefix('.') {
            Some(more) => rest = more.trim_start(),
            None if after.is_empty() || !strict => break,
            None => return Err(bad()),
        }
    }
    Ok(Datum::array(T::TEXT, parts))
}

/// Bit and byte access of bytea.
fn checked_index(index: i64, length: usize) -> Result<usize, DatumError> {
    usize::try_from(index).ok().filter(|i| *i < length).ok_or_else(|| {
        DatumError::ArraySubscriptError(format!("index {index} out of valid range, 0..{}", length as i64 - 1))
    })
}

pub static FUNCTIONS: &[Function] = &[
    f(1620, "ascii", &[T::TEXT], T::INT4, pure!(|s: &str| s.chars().next().map_or(0, |c| c as i32))),
    f(1621, "chr", &[T::INT4], T::TEXT, eval!(|code: i32| text::chr(code))),
    f(871, "upper", &[T::TEXT], T::TEXT, pure!(|s: &str| text::upper(s))),
    f(870, "lower", &[T::TEXT], T::TEXT, pure!(|s: &str| text::lower(s))),
    f(872, "initcap", &[T::TEXT], T::TEXT, pure!(|s: &str| text::initcap(s))),
    f(1317, "length", &[T::TEXT], T::INT4, eval!(|s: &str| count(s.chars().count()))),
    f(1318, "length", &[T::BPCHAR], T::INT4, eval!(|s: &str| count(s.trim_end_matches(' ').chars().count()))),
    f(2010, "length", &[T::BYTEA], T::INT4, eval!(|b: &[u8]| count(b.len()))),
    fs(
        1713,
        "length",
        &[T::BYTEA, T::NAME],
        T::INT4,
        eval!(|b: &[u8], encoding: &str| encode::convert_from(b, encoding)
            .and_then(|s| count(s.chars().count()))),
    ),
    f(1381, "char_length", &[T::TEXT], T::INT4, eval!(|s: &str| count(s.chars().count()))),
    f(
        1372,
        "char_length",
        &[T::BPCHAR],
        T::INT4,
        eval!(|s: &str| count(s.trim_end_matches(' ').chars().count())),
    ),
    f(1369, "character_length", &[T::TEXT], T::INT4, eval!(|s: &str| count(s.chars().count()))),
    f(
        1367,
        "character_length",
        &[T::BPCHAR],
        T::INT4,
        eval!(|s: &str| count(s.trim_end_matches(' ').chars().count())),
    ),
    f(1374, "octet_length", &[T::TEXT], T::INT4, eval!(|s: &str| count(s.len()))),
    f(1375, "octet_length", &[T::BPCHAR], T::INT4, eval!(|s: &str| count(s.len()))),
    f(720, "octet_length", &[T::BYTEA], T::INT4, eval!(|b: &[u8]| count(b.len()))),
    f(1811, "bit_length", &[T::TEXT], T::INT4, eval!(|s: &str| count(s.len() * 8))),
    f(1810, "bit_length", &[T::BYTEA], T::INT4, eval!(|b: &[u8]| count(b.len() * 8))),
    f(3060, "left", &[T::TEXT, T::INT4], T::TEXT, pure!(|s: &str, n: i32| text::left(s, n))),
    f(3061, "right", &[T::TEXT, T::INT4], T::TEXT, pure!(|s: &str, n: i32| text::right(s, n))),
    f(
        873,
        "lpad",
        &[T::TEXT, T::INT4, T::TEXT],
        T::TEXT,
        eval!(|s: &str, n: i32, fill: &str| text::pad(s, n, fill, Side::Left)),
    ),
    f(879, "lpad", &[T::TEXT, T::INT4], T::TEXT, eval!(|s: &str, n: i32| text::pad(s, n, " ", Side::Left))),
    f(
        874,
        "rpad",
        &[T::TEXT, T::INT4, T::TEXT],
        T::TEXT,
        eval!(|s: &str, n: i32, fill: &str| text::pad(s, n, fill, Side::Right)),
    ),
    f(880, "rpad", &[T::TEXT, T::INT4], T::TEXT, eval!(|s: &str, n: i32| text::pad(s, n, " ", Side::Right))),
    f(
        875,
        "ltrim",
        &[T::TEXT, T::TEXT],
        T::TEXT,
        pure!(|s: &str, set: &str| text::trim(s, set, true, false)),
    ),
    f(881, "ltrim", &[T::TEXT], T::TEXT, pure!(|s: &str| text::trim(s, " ", true, false))),
    f(
        876,
        "rtrim",
        &[T::TEXT, T::TEXT],
        T::TEXT,
        pure!(|s: &str, set: &str| text::trim(s, set, false, true)),
    ),
    f(882, "rtrim", &[T::TEXT], T::TEXT, pure!(|s: &str| text::trim(s, " ", false, true))),
    f(884, "btrim", &[T::TEXT, T::TEXT], T::TEXT, pure!(|s: &str, set: &str| text::trim(s, set, true, true))),
    f(885, "btrim", &[T::TEXT], T::TEXT, pure!(|s: &str| text::trim(s, " ", true, true))),
    f(1622, "repeat", &[T::TEXT, T::INT4], T::TEXT, eval!(|s: &str, n: i32| text::repeat(s, n))),
    f(
        2087,
        "replace",
        &[T::TEXT, T::TEXT, T::TEXT],
        T::TEXT,
        pure!(|s: &str, from: &str, to: &str| text::replace(s, from, to)),
    ),
    f(3062, "reverse", &[T::TEXT], T::TEXT, pure!(|s: &str| s.chars().rev().collect::<String>())),
    f(
        2088,
        "split_part",
        &[T::TEXT, T::TEXT, T::INT4],
        T::TEXT,
        eval!(|s: &str, delimiter: &str, field: i32| text::split_part(s, delimiter, field)),
    ),
    f(
        3696,
        "starts_with",
        &[T::TEXT, T::TEXT],
        T::BOOL,
        pure!(|s: &str, prefix: &str| s.starts_with(prefix)),
    ),
    f(868, "strpos", &[T::TEXT, T::TEXT], T::INT4, pure!(|s: &str, needle: &str| text::position(s, needle))),
    f(
        849,
        "position",
        &[T::TEXT, T::TEXT],
        T::INT4,
        pure!(|s: &str, needle: &str| text::position(s, needle)),
    ),
    f(
        877,
        "substr",
        &[T::TEXT, T::INT4, T::INT4],
        T::TEXT,
        eval!(|s: &str, start: i32, n: i32| text::substring(s, start, Some(n))),
    ),
    f(
        883,
        "substr",
        &[T::TEXT, T::INT4],
        T::TEXT,
        eval!(|s: &str, start: i32| text::substring(s, start, None)),
    ),
    f(
        936,
        "substring",
        &[T::TEXT, T::INT4, T::INT4],
        T::TEXT,
        eval!(|s: &str, start: i32, n: i32| text::substring(s, start, Some(n))),
    ),
    f(
        937,
        "substring",
        &[T::TEXT, T::INT4],
        T::TEXT,
        eval!(|s: &str, start: i32| text::substring(s, start, None)),
    ),
    f(
        1404,
        "overlay",
        &[T::TEXT, T::TEXT, T::INT4, T::INT4],
        T::TEXT,
        eval!(|s: &str, new: &str, start: i32, n: i32| text::overlay(s, new, start, n)),
    ),
    f(
        1405,
        "overlay",
        &[T::TEXT, T::TEXT, T::INT4],
        T::TEXT,
        eval!(|s: &str, new: &str, start: i32| text::overlay(s, new, start, new.chars().count() as i32)),
    ),
    f(
        878,
        "translate",
        &[T::TEXT, T::TEXT, T::TEXT],
        T::TEXT,
        pure!(|s: &str, from: &str, to: &str| text::translate(s, from, to)),
    ),
    f(2089, "to_hex", &[T::INT4], T::TEXT, pure!(|n: i32| format!("{n:x}"))),
    f(2090, "to_hex", &[T::INT8], T::TEXT, pure!(|n: i64| format!("{n:x}"))),
    f(6198, "unistr", &[T::TEXT], T::TEXT, eval!(|s: &str| text::unistr(s))),
    n(394, "string_to_array", &[T::TEXT, T::TEXT], T::TEXT_ARRAY, string_to_array),
    n(376, "string_to_array", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT_ARRAY, string_to_array),
    optional(
        1,
        f(1268, "parse_ident", &[T::TEXT, T::BOOL], T::TEXT_ARRAY, |_, args| {
            parse_ident(get(args, 0)?, if args.len() > 1 { get(args, 1)? } else { true })
        }),
    ),
    f(2311, "md5", &[T::TEXT], T::TEXT, pure!(|s: &str| md5_hex(s.as_bytes()))),
    f(2321, "md5", &[T::BYTEA], T::TEXT, pure!(|b: &[u8]| md5_hex(b))),
    f(3419, "sha224", &[T::BYTEA], T::BYTEA, pure!(|b: &[u8]| sha::<sha2::Sha224>(b))),
    f(3420, "sha256", &[T::BYTEA], T::BYTEA, pure!(|b: &[u8]| sha::<sha2::Sha256>(b))),
    f(3421, "sha384", &[T::BYTEA], T::BYTEA, pure!(|b: &[u8]| sha::<sha2::Sha384>(b))),
    f(3422, "sha512", &[T::BYTEA], T::BYTEA, pure!(|b: &[u8]| sha::<sha2::Sha512>(b))),
    f(
        1946,
        "encode",
        &[T::BYTEA, T::TEXT],
        T::TEXT,
        eval!(|b: &[u8], format: &str| encode::encode(b, format)),
    ),
    f(
        1947,
        "decode",
        &[T::TEXT, T::TEXT],
        T::BYTEA,
        eval!(|s: &str, format: &str| encode::decode(s, format)),
    ),
    fs(
        1714,
        "convert_from",
        &[T::BYTEA, T::NAME],
        T::TEXT,
        eval!(|b: &[u8], encoding: &str| encode::convert_from(b, encoding)),
    ),
    fs(
        1717,
        "convert_to",
        &[T::TEXT, T::NAME],
        T::BYTEA,
        eval!(|s: &str, encoding: &str| encode::convert_to(s, encoding)),
    ),
    fs(
        1813,
        "convert",
        &[T::BYTEA, T::NAME, T::NAME],
        T::BYTEA,
        eval!(|b: &[u8], from: &str, to: &str| encode::convert_from(b, from)
            .and_then(|s| encode::convert_to(&s, to))),
    ),
    fs(810, "pg_client_encoding", &[], T::NAME, pure!(|| "UTF8")),
    fs(1039, "getdatabaseencoding", &[], T::NAME, pure!(|| "UTF8")),
    f(
        2015,
        "btrim",
        &[T::BYTEA, T::BYTEA],
        T::BYTEA,
        pure!(|b: &[u8], set: &[u8]| text::trim_bytes(b, set, true, true)),
    ),
    f(
        6195,
        "ltrim",
        &[T::BYTEA, T::BYTEA],
        T::BYTEA,
        pure!(|b: &[u8], set: &[u8]| text::trim_bytes(b, set, true, false)),
    ),
    f(
        6196,
        "rtrim",
        &[T::BYTEA, T::BYTEA],
        T::BYTEA,
        pure!(|b: &[u8], set: &[u8]| text::trim_bytes(b, set, false, true)),
    ),
    f(
        2085,
        "substr",
        &[T::BYTEA, T::INT4, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], start: i32, n: i32| text::substring_bytes(b, start, Some(n))),
    ),
    f(
        2086,
        "substr",
        &[T::BYTEA, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], start: i32| text::substring_bytes(b, start, None)),
    ),
    f(
        2012,
        "substring",
        &[T::BYTEA, T::INT4, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], start: i32, n: i32| text::substring_bytes(b, start, Some(n))),
    ),
    f(
        2013,
        "substring",
        &[T::BYTEA, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], start: i32| text::substring_bytes(b, start, None)),
    ),
    f(
        749,
        "overlay",
        &[T::BYTEA, T::BYTEA, T::INT4, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], new: &[u8], start: i32, n: i32| text::overlay_bytes(b, new, start, n)),
    ),
    f(
        752,
        "overlay",
        &[T::BYTEA, T::BYTEA, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], new: &[u8], start: i32| text::overlay_bytes(b, new, start, new.len() as i32)),
    ),
    f(
        2014,
        "position",
        &[T::BYTEA, T::BYTEA],
        T::INT4,
        pure!(|b: &[u8], needle: &[u8]| text::position_bytes(b, needle)),
    ),
    f(
        6163,
        "bit_count",
        &[T::BYTEA],
        T::INT8,
        pure!(|b: &[u8]| b.iter().map(|b| i64::from(b.count_ones())).sum::<i64>()),
    ),
    f(
        721,
        "get_byte",
        &[T::BYTEA, T::INT4],
        T::INT4,
        eval!(|b: &[u8], i: i32| checked_index(i.into(), b.len()).map(|i| i32::from(b[i]))),
    ),
    f(
        723,
        "get_bit",
        &[T::BYTEA, T::INT8],
        T::INT4,
        eval!(|b: &[u8], i: i64| checked_index(i, b.len() * 8).map(|i| i32::from(b[i / 8] >> (i % 8) & 1))),
    ),
    f(
        722,
        "set_byte",
        &[T::BYTEA, T::INT4, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], i: i32, new: i32| checked_index(i.into(), b.len()).map(|i| {
            let mut bytes = b.to_vec();
            bytes[i] = new as u8;
            bytes
        })),
    ),
    f(
        724,
        "set_bit",
        &[T::BYTEA, T::INT8, T::INT4],
        T::BYTEA,
        eval!(|b: &[u8], i: i64, new: i32| checked_index(i, b.len() * 8).and_then(|i| {
            let mut bytes = b.to_vec();
            match new {
                0 => bytes[i / 8] &= !(1 << (i % 8)),
                1 => bytes[i / 8] |= 1 << (i % 8),
                _ => return Err(DatumError::InvalidParameterValue("new bit must be 0 or 1".into())),
            }
            Ok(bytes)
        })),
    ),
];
