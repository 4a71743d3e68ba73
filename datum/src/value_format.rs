//! The stored form of a value: self-describing, compact, fast for integers and text. Not ordered (see `key`).
//!
//! ```text
//! tag u8, then:  integers, date, oid   varint (signed ones zigzag)      text, bytea   length varint, bytes
//!                floats, timestamps    fixed, little-endian             uuid          16 bytes
//!                numeric               scale varint, then zigzag varint (small) or length varint and two's complement
//!                interval              months, days, microseconds as zigzag varints
//!                array                 element oid, lower bound, count, values;   record   count, values
//! ```
//! A form never changes under its tag: a new form gets a new tag. The bytes are on disk: a golden test pins them.

use crate::{Array, Datum, DatumError, Interval, Numeric, TypeId};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::sync::Arc;

const NULL: u8 = 0x00;
const FALSE: u8 = 0x01;
const TRUE: u8 = 0x02;
const INT2: u8 = 0x03;
const INT4: u8 = 0x04;
const INT8: u8 = 0x05;
const FLOAT4: u8 = 0x06;
const FLOAT8: u8 = 0x07;
const NUMERIC_SMALL: u8 = 0x08;
const NUMERIC_LARGE: u8 = 0x09;
const NUMERIC_NAN: u8 = 0x0A;
const NUMERIC_INFINITY: u8 = 0x0B;
const NUMERIC_NEG_INFINITY: u8 = 0x0C;
const TEXT: u8 = 0x0D;
const BYTEA: u8 = 0x0E;
const CHAR: u8 = 0x0F;
const DATE: u8 = 0x10;
const TIMESTAMP: u8 = 0x11;
const TIMESTAMPTZ: u8 = 0x12;
const INTERVAL: u8 = 0x13;
const UUID: u8 = 0x14;
const OID: u8 = 0x15;
const ARRAY: u8 = 0x16;
const RECORD: u8 = 0x17;
const VOID: u8 = 0x18;

/// How deep records and arrays may nest in stored bytes.
const DEPTH_MAX: u32 = 64;

/// Appends a value.
pub fn encode(out: &mut Vec<u8>, datum: &Datum) {
    match datum {
        Datum::Null => out.push(NULL),
        Datum::Bool(false) => out.push(FALSE),
        Datum::Bool(true) => out.push(TRUE),
        Datum::Int2(v) => signed(out, INT2, i64::from(*v)),
        Datum::Int4(v) => signed(out, INT4, i64::from(*v)),
        Datum::Int8(v) => signed(out, INT8, *v),
        Datum::Float4(v) => {
            out.push(FLOAT4);
            out.extend_from_slice(&v.to_le_bytes());
        }
        Datum::Float8(v) => {
            out.push(FLOAT8);
            out.extend_from_slice(&v.to_le_bytes());
        }
        Datum::Numeric(Numeric::NaN) => out.push(NUMERIC_NAN),
        Datum::Numeric(Numeric::Infinity) => out.push(NUMERIC_INFINITY),
        Datum::Numeric(Numeric::NegInfinity) => out.push(NUMERIC_NEG_INFINITY),
        Datum::Numeric(Numeric::Finite { digits, scale }) => match digits.to_i64() {
            Some(small) => {
                out.push(NUMERIC_SMALL);
                put_varint(out, u64::from(*scale));
                put_varint(out, zigzag(small));
            }
            None => {
                out.push(NUMERIC_LARGE);
                put_varint(out, u64::from(*scale));
                bytes(out, &digits.to_signed_bytes_le());
            }
        },
        Datum::Text(s) => {
            out.push(TEXT);
            bytes(out, s.as_bytes());
        }
        Datum::Bytea(b) => {
            out.push(BYTEA);
            bytes(out, b);
        }
        Datum::Char(c) => out.extend_from_slice(&[CHAR, *c]),
        Datum::Date(v) => signed(out, DATE, i64::from(*v)),
        Datum::Timestamp(v) => {
            out.push(TIMESTAMP);
            out.extend_from_slice(&v.to_le_bytes());
        }
        Datum::Timestamptz(v) => {
            out.push(TIMESTAMPTZ);
            out.extend_from_slice(&v.to_le_bytes());
        }
        Datum::Interval(i) => {
            signed(out, INTERVAL, i64::from(i.months));
            put_varint(out, zigzag(i64::from(i.days)));
            put_varint(out, zigzag(i.micros));
        }
        Datum::Uuid(u) => {
            out.push(UUID);
            out.extend_from_slice(u);
        }
        Datum::Oid(v) => {
            out.push(OID);
            put_varint(out, u64::from(*v));
        }
        Datum::Array(a) => {
            out.push(ARRAY);
            put_varint(out, u64::from(a.element.0));
            put_varint(out, zigzag(i64::from(a.lower_bound)));
            put_varint(out, a.values.len() as u64);
            for v in &a.values {
                encode(out, v);
            }
        }
        Datum::Record(fields) => {
            out.push(RECORD);
            put_varint(out, fields.len() as u64);
            for v in fields.iter() {
                encode(out, v);
            }
        }
        Datum::Void => out.push(VOID),
    }
}

/// Reads one value from the front of `input` and moves it on.
///
/// # Errors
/// `CorruptEncoding`: the data is damaged.
pub fn decode(input: &mut &[u8]) -> Result<Datum, DatumError> {
    read(input, DEPTH_MAX)
}

/// Moves `input` past one value without building it.
///
/// # Errors
/// `CorruptEncoding`: the data is damaged.
pub fn skip(input: &mut &[u8]) -> Result<(), DatumError> {
    skip_nested(input, DEPTH_MAX)
}

fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}
fn unzigzag(v: u64) -> i64 {
    ((v >> 1) as i64) ^ -((v & 1) as i64)
}
fn signed(out: &mut Vec<u8>, tag: u8, v: i64) {
    out.push(tag);
    put_varint(out, zigzag(v));
}
fn bytes(out: &mut Vec<u8>, v: &[u8]) {
    put_varint(out, v.len() as u64);
    out.extend_from_slice(v);
}

/// Appends 7 bits a byte, low first; the high bit says that more follow.
pub fn put_varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}
/// Reads what `put_varint` wrote.
///
/// # Errors
/// `CorruptEncoding`.
pub fn take_varint(input: &mut &[u8]) -> Result<u64, DatumError> {
    let mut v = 0u64;
    for shift in (0..64).step_by(7) {
        let b = byte(input)?;
        v |= u64::from(b & 0x7F) << shift;
        if b & 0x80 == 0 {
            return if shift == 63 && b > 1 { Err(corrupt("varint too long")) } else { Ok(v) };
        }
    }
    Err(corrupt("varint too long"))
}

fn corrupt(why: &'static str) -> DatumError {
    DatumError::CorruptEncoding { what: "value", why }
}
fn byte(input: &mut &[u8]) -> Result<u8, DatumError> {
    let Some((&b, rest)) = input.split_first() else { return Err(corrupt("ends early")) };
    *input = rest;
    Ok(b)
}
fn fixed<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], DatumError> {
    let Some((head, rest)) = input.split_first_chunk::<N>() else { return Err(corrupt("ends early")) };
    *input = rest;
    Ok(*head)
}
fn take_bytes<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], DatumError> {
    let len = take_varint(input)?;
    if len > input.len() as u64 {
        return Err(corrupt("ends early"));
    }
    let (head, rest) = input.split_at(len as usize);
    *input = rest;
    Ok(head)
}
fn take_signed(input: &mut &[u8]) -> Result<i64, DatumError> {
    take_varint(input).map(unzigzag)
}
fn take_i32(input: &mut &[u8]) -> Result<i32, DatumError> {
    i32::try_from(take_signed(input)?).map_err(|_| corrupt("integer out of range"))
}
fn take_u32(input: &mut &[u8]) -> Result<u32, DatumError> {
    u32::try_from(take_varint(input)?).map_err(|_| corrupt("integer out of range"))
}
/// A count of values that follow; each has at least one byte.
fn take_count(input: &mut &[u8]) -> Result<usize, DatumError> {
    let count = take_varint(input)?;
    if count > input.len() as u64 { Err(corrupt("ends early")) } else { Ok(count as usize) }
}
fn take_scale(input: &mut &[u8]) -> Result<u16, DatumError> {
    let scale = take_varint(input)?;
    if scale > u64::from(crate::numeric::SCALE_MAX) {
        return Err(corrupt("numeric scale out of range"));
    }
    Ok(scale as u16)
}

fn read(input: &mut &[u8], depth: u32) -> Result<Datum, DatumError> {
    Ok(match byte(input)? {
        NULL => Datum::Null,
        FALSE => Datum::Bool(false),
        TRUE => Datum::Bool(true),
        INT2 => Datum::Int2(i16::try_from(take_signed(input)?).map_err(|_| corrupt("integer out of range"))?),
        INT4 => Datum::Int4(take_i32(input)?),
        INT8 => Datum::Int8(take_signed(input)?),
        FLOAT4 => Datum::Float4(f32::from_le_bytes(fixed(input)?)),
        FLOAT8 => Datum::Float8(f64::from_le_bytes(fixed(input)?)),
        NUMERIC_SMALL => {
            let scale = take_scale(input)?;
            Datum::Numeric(Numeric::new(take_signed(input)?, scale))
        }
        NUMERIC_LARGE => {
            let scale = take_scale(input)?;
            Datum::Numeric(Numeric::new(BigInt::from_signed_bytes_le(take_bytes(input)?), scale))
        }
        NUMERIC_NAN => Datum::Numeric(Numeric::NaN),
        NUMERIC_INFINITY => Datum::Numeric(Numeric::Infinity),
        NUMERIC_NEG_INFINITY => Datum::Numeric(Numeric::NegInfinity),
        TEXT => {
            let text = std::str::from_utf8(take_bytes(input)?).map_err(|_| corrupt("text is not UTF-8"))?;
            Datum::Text(Arc::from(text))
        }
        BYTEA => Datum::Bytea(Arc::from(take_bytes(input)?)),
        CHAR => Datum::Char(byte(input)?),
        DATE => Datum::Date(take_i32(input)?),
        TIMESTAMP => Datum::Timestamp(i64::from_le_bytes(fixed(input)?)),
        TIMESTAMPTZ => Datum::Timestamptz(i64::from_le_bytes(fixed(input)?)),
        INTERVAL => {
            let (months, days) = (take_i32(input)?, take_i32(input)?);
            Datum::Interval(Interval { months, days, micros: take_signed(input)? })
        }
        UUID => Datum::Uuid(fixed(input)?),
        OID => Datum::Oid(take_u32(input)?),
        ARRAY | RECORD if depth == 0 => return Err(corrupt("nested too deep")),
        ARRAY => {
            let element = TypeId(take_u32(input)?);
            let lower_bound = take_i32(input)?;
            let count = take_count(input)?;
            let values = (0..count).map(|_| read(input, depth - 1)).collect::<Result<Vec<_>, _>>()?;
            Datum::Array(Arc::new(Array { element, lower_bound, values }))
        }
        RECORD => {
            let count = take_count(input)?;
            Datum::Record((0..count).map(|_| read(input, depth - 1)).collect::<Result<Vec<_>, _>>()?.into())
        }
        VOID => Datum::Void,
        _ => return Err(corrupt("unknown tag")),
    })
}

fn skip_nested(input: &mut &[u8], depth: u32) -> Result<(), DatumError> {
    match byte(input)? {
        NULL | FALSE | TRUE | NUMERIC_NAN | NUMERIC_INFINITY | NUMERIC_NEG_INFINITY | VOID => {}
        INT2 | INT4 | INT8 | DATE | OID => {
            take_varint(input)?;
        }
        FLOAT4 => {
            fixed::<4>(input)?;
        }
        FLOAT8 | TIMESTAMP | TIMESTAMPTZ => {
            fixed::<8>(input)?;
        }
        NUMERIC_SMALL => {
            take_varint(input)?;
            take_varint(input)?;
        }
        NUMERIC_LARGE => {
            take_varint(input)?;
            take_bytes(input)?;
        }
        TEXT | BYTEA => {
            take_bytes(input)?;
        }
        CHAR => {
            byte(input)?;
        }
        INTERVAL => {
            for _ in 0..3 {
                take_varint(input)?;
            }
        }
        UUID => {
            fixed::<16>(input)?;
        }
        ARRAY | RECORD if depth == 0 => return Err(corrupt("nested too deep")),
        tag @ (ARRAY | RECORD) => {
            if tag == ARRAY {
                take_varint(input)?;
                take_varint(input)?;
            }
            for _ in 0..take_count(input)? {
                skip_nested(input, depth - 1)?;
            }
        }
        _ => return Err(corrupt("unknown tag")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(d: &Datum) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, d);
        let mut input = &out[..];
        assert_eq!(format!("{:?}", decode(&mut input).unwrap()), format!("{d:?}"));
        assert!(input.is_empty());
        let mut input = &out[..];
        skip(&mut input).unwrap();
        assert!(input.is_empty());
        out
    }

    #[test]
    fn golden_bytes_never_change() {
        let cases: Vec<(Datum, &str)> = vec![
            (Datum::Null, "00"),
            (Datum::Bool(false), "01"),
            (Datum::Bool(true), "02"),
            (Datum::Int2(-1), "0301"),
            (Datum::Int4(300), "04d804"),
            (Datum::Int8(i64::MIN), "05ffffffffffffffffff01"),
            (Datum::Float4(1.5), "060000c03f"),
            (Datum::Float8(-0.0), "070000000000000080"),
            (Datum::Numeric("1.10".parse().unwrap()), "0802dc01"),
            (Datum::Numeric("-12345678901234567890".parse().unwrap()), "0900092ef5e0147356ab54ff"),
            (Datum::Numeric(Numeric::NaN), "0a"),
            (Datum::Numeric(Numeric::Infinity), "0b"),
            (Datum::Numeric(Numeric::NegInfinity), "0c"),
            (Datum::text("hé"), "0d0368c3a9"),
            (Datum::bytea([0, 255]), "0e0200ff"),
            (Datum::Char(b'r'), "0f72"),
            (Datum::Date(-1), "1001"),
            (Datum::Timestamp(1), "110100000000000000"),
            (Datum::Timestamptz(-2), "12feffffffffffffff"),
            (Datum::Interval(Interval::new(1, -1, 64)), "1302018001"),
            (Datum::Uuid([7; 16]), "1407070707070707070707070707070707"),
            (Datum::Oid(200), "15c801"),
            (Datum::array(TypeId::INT4, vec![Datum::Int4(1), Datum::Null]), "16170202040200"),
            (Datum::Record(vec![Datum::Int4(1), Datum::text("a")].into()), "170204020d0161"),
            (Datum::Void, "18"),
        ];
        for (datum, want) in cases {
            assert_eq!(hex::encode(round_trip(&datum)), want, "{datum:?}");
        }
    }

    proptest! {
        #[test]
        fn values_come_back(a: i64, b: i32, c: f64, s: String, n: i128, scale in 0u16..400) {
            for d in [Datum::Int8(a), Datum::Int4(b), Datum::Float8(c), Datum::text(&s), Datum::Timestamp(a),
                      Datum::Numeric(Numeric::new(n, scale)), Datum::Interval(Interval::new(b, b, a))] {
                round_trip(&d);
            }
        }
        #[test]
        fn torn_or_foreign_bytes_are_errors_not_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&mut &bytes[..]);
            let _ = skip(&mut &bytes[..]);
        }
    }
}
