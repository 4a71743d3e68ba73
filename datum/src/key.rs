//! Memcomparable encoding of datums: bytes compare as the values do, and equal values have equal bytes.
//!
//! ```text
//! column   0x01 body | 0x02 (NULL: last when ascending)        descending: every byte complemented
//!
//! bool           1 byte, 0 or 1
//! int2/4/8, date, timestamp(tz)   big-endian, sign bit flipped (infinities are the extremes)
//! oid, reg*      u32 big-endian           "char"  1 byte          uuid  16 bytes
//! float4/8       bits, all flipped if negative, else sign bit flipped; -0.0 as 0.0; one NaN, last
//! text, bytea    0x00 -> 0x00 0xFF, terminated by 0x00 0x01 (bpchar: without its padding)
//! numeric        class byte, then for finite non-zero values: decimal exponent, digit pairs + 1, 0x00
//!                (complemented for negative values)
//! interval       microseconds with months of 30 days, 10 bytes, sign bit flipped
//! array          elements as columns, 0x00, lower bound        record  fields as columns, 0x00
//! ```
//! Invariant: no encoding of a type is a proper prefix of another of the same type. The bytes are on disk: a golden test
//! pins them.

use crate::{Array, Datum, DatumError, Interval, Numeric, TypeId};
use num_bigint::{BigInt, BigUint, Sign};
use std::sync::Arc;

const VALUE: u8 = 0x01;
const NULL: u8 = 0x02;
const END: u8 = 0x00;

const NUMERIC_NEG_INFINITY: u8 = 0x10;
const NUMERIC_NEGATIVE: u8 = 0x20;
const NUMERIC_ZERO: u8 = 0x30;
const NUMERIC_POSITIVE: u8 = 0x40;
const NUMERIC_INFINITY: u8 = 0x50;
const NUMERIC_NAN: u8 = 0x60;

/// Exponents of at most this size take one byte.
const EXPONENT_SHORT_MAX: i64 = 100;
const EXPONENT_LOW: u8 = 0x10;
const EXPONENT_HIGH: u8 = 0xF0;

/// Whether values of this type may print differently though their keys are equal, so that a row codec must keep the
/// original beside the key (always by type, or by value with `datum_is_lossy`).
pub fn type_is_lossy(ty: TypeId) -> bool {
    match ty {
        TypeId::NUMERIC
        | TypeId::INTERVAL
        | TypeId::FLOAT4
        | TypeId::FLOAT8
        | TypeId::BPCHAR
        | TypeId::RECORD
        | TypeId::ANYARRAY => true,
        _ => ty.element().is_some_and(type_is_lossy),
    }
}

/// Whether `decode` of this value's key would give anything but this very value.
pub fn datum_is_lossy(ty: TypeId, datum: &Datum) -> bool {
    match datum {
        Datum::Numeric(n) => n.scale() != n.min_scale(),
        Datum::Interval(i) => interval_from_key(i.comparison_value()) != (i.months, i.days, i.micros),
        Datum::Float4(v) => *v == 0.0 && v.is_sign_negative(),
        Datum::Float8(v) => *v == 0.0 && v.is_sign_negative(),
        Datum::Text(s) => ty == TypeId::BPCHAR && s.ends_with(' '),
        Datum::Array(a) => a.values.iter().any(|v| datum_is_lossy(a.element, v)),
        Datum::Record(_) | Datum::Void => true,
        _ => false,
    }
}

/// Appends one column, ascending.
pub fn encode(out: &mut Vec<u8>, ty: TypeId, datum: &Datum) {
    if datum.is_null() {
        out.push(NULL);
        return;
    }
    out.push(VALUE);
    encode_body(out, ty, datum);
}

/// Appends one column, descending: the complement of `encode`.
pub fn encode_descending(out: &mut Vec<u8>, ty: TypeId, datum: &Datum) {
    let start = out.len();
    encode(out, ty, datum);
    for b in &mut out[start..] {
        *b = !*b;
    }
}

/// Reads one ascending column of type `ty` and moves `input` past it. Where `type_is_lossy`, what comes back is equal to
/// what was encoded but may print differently.
///
/// # Errors
/// `CorruptEncoding`: the data is damaged or not of this type.
pub fn decode(ty: TypeId, input: &mut &[u8]) -> Result<Datum, DatumError> {
    read(ty, &mut Reader { input, mask: 0 })
}

/// As `decode`, of a column written by `encode_descending`.
///
/// # Errors
/// As `decode`.
pub fn decode_descending(ty: TypeId, input: &mut &[u8]) -> Result<Datum, DatumError> {
    read(ty, &mut Reader { input, mask: 0xFF })
}

fn encode_body(out: &mut Vec<u8>, ty: TypeId, datum: &Datum) {
    match datum {
        Datum::Null => out.push(NULL),
        Datum::Bool(b) => out.push(u8::from(*b)),
        Datum::Int2(v) => out.extend_from_slice(&((*v as u16) ^ (1 << 15)).to_be_bytes()),
        Datum::Int4(v) | Datum::Date(v) => out.extend_from_slice(&((*v as u32) ^ (1 << 31)).to_be_bytes()),
        Datum::Int8(v) | Datum::Timestamp(v) | Datum::Timestamptz(v) => {
            out.extend_from_slice(&((*v as u64) ^ (1 << 63)).to_be_bytes());
        }
        Datum::Float4(v) => {
            let bits = if v.is_nan() { f32::NAN.to_bits() } else { (v + 0.0).to_bits() };
            let bits = if bits >> 31 == 1 { !bits } else { bits ^ (1 << 31) };
            out.extend_from_slice(&bits.to_be_bytes());
        }
        Datum::Float8(v) => {
            let bits = if v.is_nan() { f64::NAN.to_bits() } else { (v + 0.0).to_bits() };
            let bits = if bits >> 63 == 1 { !bits } else { bits ^ (1 << 63) };
            out.extend_from_slice(&bits.to_be_bytes());
        }
        Datum::Numeric(n) => put_numeric(out, n),
        Datum::Text(s) => {
            let s = if ty == TypeId::BPCHAR { s.trim_end_matches(' ') } else { s };
            put_bytes(out, s.as_bytes());
        }
        Datum::Bytea(b) => put_bytes(out, b),
        Datum::Char(c) => out.push(*c),
        Datum::Interval(i) => {
            let v = i.comparison_value() ^ (1 << 79);
            out.extend_from_slice(&v.to_be_bytes()[6..]);
        }
        Datum::Uuid(u) => out.extend_from_slice(u),
        Datum::Oid(v) => out.extend_from_slice(&v.to_be_bytes()),
        Datum::Array(a) => {
            for v in &a.values {
                encode(out, a.element, v);
            }
            out.push(END);
            let lower = if a.values.is_empty() { 1 } else { a.lower_bound };
            out.extend_from_slice(&((lower as u32) ^ (1 << 31)).to_be_bytes());
        }
        Datum::Record(fields) => {
            for v in fields.iter() {
                encode(out, TypeId::UNKNOWN, v);
            }
            out.push(END);
        }
        Datum::Void => {}
    }
}

fn put_bytes(out: &mut Vec<u8>, v: &[u8]) {
    let mut rest = v;
    while let Some(at) = rest.iter().position(|&b| b == 0) {
        out.extend_from_slice(&rest[..=at]);
        out.push(0xFF);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(&[0x00, 0x01]);
}

fn put_numeric(out: &mut Vec<u8>, n: &Numeric) {
    let (digits, scale) = match n {
        Numeric::NaN => return out.push(NUMERIC_NAN),
        Numeric::Infinity => return out.push(NUMERIC_INFINITY),
        Numeric::NegInfinity => return out.push(NUMERIC_NEG_INFINITY),
        Numeric::Finite { digits, scale } => (digits, *scale),
    };
    if digits.sign() == Sign::NoSign {
        return out.push(NUMERIC_ZERO);
    }
    let negative = digits.sign() == Sign::Minus;
    out.push(if negative { NUMERIC_NEGATIVE } else { NUMERIC_POSITIVE });
    let start = out.len();
    let text = digits.magnitude().to_str_radix(10);
    // value = 0.d1d2d3... * 10^exponent
    let exponent = text.len() as i64 - i64::from(scale);
    if exponent.abs() <= EXPONENT_SHORT_MAX {
        out.push((0x80 + exponent) as u8);
    } else {
        out.push(if exponent > 0 { EXPONENT_HIGH } else { EXPONENT_LOW });
        out.extend_from_slice(&((exponent as i32 as u32) ^ (1 << 31)).to_be_bytes());
    }
    for pair in text.trim_end_matches('0').as_bytes().chunks(2) {
        let low = pair.get(1).map_or(0, |b| b - b'0');
        out.push((pair[0] - b'0') * 10 + low + 1);
    }
    out.push(END);
    if negative {
        for b in &mut out[start..] {
            *b = !*b;
        }
    }
}

/// A cursor that undoes the complement of descending columns (and of negative numerics) as it reads.
struct Reader<'a, 'b> {
    input: &'b mut &'a [u8],
    mask: u8,
}

impl Reader<'_, '_> {
    fn byte(&mut self) -> Result<u8, DatumError> {
        let Some((&b, rest)) = self.input.split_first() else { return Err(corrupt("ends early")) };
        *self.input = rest;
        Ok(b ^ self.mask)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DatumError> {
        let Some((head, rest)) = self.input.split_first_chunk::<N>() else {
            return Err(corrupt("ends early"));
        };
        *self.input = rest;
        Ok(head.map(|b| b ^ self.mask))
    }
    fn bytes(&mut self) -> Result<Vec<u8>, DatumError> {
        let mut out = Vec::new();
        loop {
            match self.byte()? {
                0 => match self.byte()? {
                    0x01 => return Ok(out),
                    0xFF => out.push(0),
                    _ => return Err(corrupt("bad escape")),
                },
                b => out.push(b),
            }
        }
    }
}

fn corrupt(why: &'static str) -> DatumError {
    DatumError::CorruptEncoding { what: "key", why }
}

fn read(ty: TypeId, r: &mut Reader<'_, '_>) -> Result<Datum, DatumError> {
    match r.byte()? {
        NULL => Ok(Datum::Null),
        VALUE => read_body(ty, r),
        _ => Err(corrupt("unknown tag")),
    }
}

fn read_body(ty: TypeId, r: &mut Reader<'_, '_>) -> Result<Datum, DatumError> {
    let i32_ = |b: [u8; 4]| (u32::from_be_bytes(b) ^ (1 << 31)) as i32;
    let i64_ = |b: [u8; 8]| (u64::from_be_bytes(b) ^ (1 << 63)) as i64;
    Ok(match ty {
        TypeId::BOOL => match r.byte()? {
            0 => Datum::Bool(false),
            1 => Datum::Bool(true),
            _ => return Err(corrupt("bool is neither 0 nor 1")),
        },
        TypeId::INT2 => Datum::Int2((u16::from_be_bytes(r.array()?) ^ (1 << 15)) as i16),
        TypeId::INT4 => Datum::Int4(i32_(r.array()?)),
        TypeId::INT8 => Datum::Int8(i64_(r.array()?)),
        TypeId::DATE => Datum::Date(i32_(r.array()?)),
        TypeId::TIMESTAMP => Datum::Timestamp(i64_(r.array()?)),
        TypeId::TIMESTAMPTZ => Datum::Timestamptz(i64_(r.array()?)),
        TypeId::FLOAT4 => {
            let bits = u32::from_be_bytes(r.array()?);
            Datum::Float4(f32::from_bits(if bits >> 31 == 1 { bits ^ (1 << 31) } else { !bits }))
        }
        TypeId::FLOAT8 => {
            let bits = u64::from_be_bytes(r.array()?);
            Datum::Float8(f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits }))
        }
        TypeId::NUMERIC => Datum::Numeric(read_numeric(r)?),
        TypeId::TEXT
        | TypeId::VARCHAR
        | TypeId::BPCHAR
        | TypeId::NAME
        | TypeId::UNKNOWN
        | TypeId::CSTRING => {
            let bytes = r.bytes()?;
            Datum::Text(Arc::from(String::from_utf8(bytes).map_err(|_| corrupt("text is not UTF-8"))?))
        }
        TypeId::BYTEA => Datum::Bytea(Arc::from(r.bytes()?)),
        TypeId::CHAR => Datum::Char(r.byte()?),
        TypeId::INTERVAL => {
            let bytes: [u8; 10] = r.array()?;
            let mut wide = [0u8; 16];
            wide[6..].copy_from_slice(&bytes);
            // Sign-extends the 80 bits after flipping the sign bit back.
            let v = ((i128::from_be_bytes(wide) ^ (1 << 79)) << 48) >> 48;
            let (months, days, micros) = interval_from_key(v);
            Datum::Interval(Interval { months, days, micros })
        }
        TypeId::UUID => Datum::Uuid(r.array()?),
        TypeId::OID => Datum::Oid(u32::from_be_bytes(r.array()?)),
        _ if ty.is_reg() => Datum::Oid(u32::from_be_bytes(r.array()?)),
        _ => match ty.element() {
            Some(element) => {
                let mut values = Vec::new();
                loop {
                    match r.byte()? {
                        END => break,
                        NULL => values.push(Datum::Null),
                        VALUE => values.push(read_body(element, r)?),
                        _ => return Err(corrupt("unknown tag in array")),
                    }
                }
                let lower_bound = i32_(r.array()?);
                Datum::Array(Arc::new(Array { element, lower_bound, values }))
            }
            None => return Err(corrupt("type has no key")),
        },
    })
}

fn read_numeric(r: &mut Reader<'_, '_>) -> Result<Numeric, DatumError> {
    let negative = match r.byte()? {
        NUMERIC_NAN => return Ok(Numeric::NaN),
        NUMERIC_INFINITY => return Ok(Numeric::Infinity),
        NUMERIC_NEG_INFINITY => return Ok(Numeric::NegInfinity),
        NUMERIC_ZERO => return Ok(Numeric::zero()),
        NUMERIC_POSITIVE => false,
        NUMERIC_NEGATIVE => true,
        _ => return Err(corrupt("unknown class of numeric")),
    };
    let mut r = Reader { input: &mut *r.input, mask: if negative { !r.mask } else { r.mask } };
    let exponent = match r.byte()? {
        EXPONENT_LOW | EXPONENT_HIGH => i64::from((u32::from_be_bytes(r.array()?) ^ (1 << 31)) as i32),
        b => i64::from(b) - 0x80,
    };
    let mut text = Vec::new();
    loop {
        match r.byte()? {
            END => break,
            b @ 1..=100 => text.extend_from_slice(&[(b - 1) / 10 + b'0', (b - 1) % 10 + b'0']),
            _ => return Err(corrupt("digit pair out of range")),
        }
    }
    while text.last() == Some(&b'0') {
        text.pop();
    }
    let Some(magnitude) = BigUint::parse_bytes(&text, 10) else {
        return Err(corrupt("numeric without digits"));
    };
    let scale = text.len() as i64 - exponent;
    let mut digits = BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, magnitude);
    if scale < 0 {
        let zeros = u32::try_from(-scale).ok().filter(|z| *z <= crate::numeric::DIGITS_BEFORE_POINT_MAX);
        let Some(zeros) = zeros else { return Err(corrupt("exponent out of range")) };
        digits *= BigInt::from(10).pow(zeros);
    }
    let Ok(scale) = u16::try_from(scale.max(0)) else { return Err(corrupt("scale out of range")) };
    Ok(Numeric::Finite { digits, scale })
}

/// The interval that `decode` chooses among the equal ones: days of 24 hours, months of 30 days only where days do not suffice.
fn interval_from_key(v: i128) -> (i32, i32, i64) {
    const DAY: i128 = 86_400_000_000;
    let (days, micros) = (v / DAY, v % DAY);
    match i32::try_from(days) {
        Ok(days) => (0, days, micros as i64),
        Err(_) => {
            let months = (days / 30).clamp(i128::from(i32::MIN), i128::from(i32::MAX));
            let days = (days - months * 30).clamp(i128::from(i32::MIN), i128::from(i32::MAX));
            let rest = v - (months * 30 + days) * DAY;
            (months as i32, days as i32, rest as i64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use proptest::prelude::*;

    fn key(ty: TypeId, d: &Datum) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, ty, d);
        out
    }
    fn check(ty: TypeId, a: &Datum, b: &Datum) -> Result<(), TestCaseError> {
        let (x, y) = (key(ty, a), key(ty, b));
        prop_assert_eq!(compare(ty, a, b), x.cmp(&y), "{:?} {:?}", a, b);
        for (d, k) in [(a, &x), (b, &y)] {
            let mut input = &k[..];
            let back = decode(ty, &mut input).unwrap();
            prop_assert!(input.is_empty());
            prop_assert_eq!(compare(ty, d, &back), std::cmp::Ordering::Equal);
            if !datum_is_lossy(ty, d) {
                prop_assert_eq!(format!("{:?}", d), format!("{:?}", back));
            }
            let mut desc = Vec::new();
            encode_descending(&mut desc, ty, d);
            let mut input = &desc[..];
            let back = decode_descending(ty, &mut input).unwrap();
            prop_assert!(input.is_empty());
            prop_assert_eq!(compare(ty, d, &back), std::cmp::Ordering::Equal);
        }
        Ok(())
    }
    fn numeric() -> impl Strategy<Value = Datum> {
        prop_oneof![
            8 => (any::<i64>(), 0u16..30).prop_map(|(d, scale)| Numeric::Finite { digits: d.into(), scale }),
            8 => (-200i64..200, 0u16..4).prop_map(|(d, scale)| Numeric::Finite { digits: d.into(), scale }),
            2 => (any::<i128>(), 0u16..400).prop_map(|(d, scale)| Numeric::Finite { digits: d.into(), scale }),
            1 => (-99i64..99, 0u32..300).prop_map(|(d, e)| Numeric::Finite {
                digits: BigInt::from(d) * BigInt::from(10).pow(e), scale: 0 }),
            1 => prop_oneof![Just(Numeric::NaN), Just(Numeric::Infinity), Just(Numeric::NegInfinity)],
        ]
        .prop_map(Datum::Numeric)
    }
    fn interval() -> impl Strategy<Value = Datum> {
        prop_oneof![
            (any::<i32>(), any::<i32>(), any::<i64>()),
            (-2i32..3, -40i32..40, -100_000_000_000i64..100_000_000_000),
            (-1i32..2, -30i32..31, -1i64..2),
        ]
        .prop_map(|(months, days, micros)| Datum::Interval(Interval { months, days, micros }))
    }

    proptest! {
        #[test]
        fn numerics_keep_order(a in numeric(), b in numeric()) { check(TypeId::NUMERIC, &a, &b)?; }
        #[test]
        fn intervals_keep_order(a in interval(), b in interval()) { check(TypeId::INTERVAL, &a, &b)?; }
        #[test]
        fn ints_keep_order(a: i64, b: i64, c: i32, d: i32, e: i16, f: i16) {
            check(TypeId::INT8, &Datum::Int8(a), &Datum::Int8(b))?;
            check(TypeId::TIMESTAMPTZ, &Datum::Timestamptz(a), &Datum::Timestamptz(b))?;
            check(TypeId::INT4, &Datum::Int4(c), &Datum::Int4(d))?;
            check(TypeId::DATE, &Datum::Date(c), &Datum::Date(d))?;
            check(TypeId::INT2, &Datum::Int2(e), &Datum::Int2(f))?;
            check(TypeId::OID, &Datum::Oid(c as u32), &Datum::Oid(d as u32))?;
        }
        #[test]
        fn floats_keep_order(a: f64, b: f64, c: f32, d: f32) {
            check(TypeId::FLOAT8, &Datum::Float8(a), &Datum::Float8(b))?;
            check(TypeId::FLOAT4, &Datum::Float4(c), &Datum::Float4(d))?;
        }
        #[test]
        fn strings_keep_order(a in "[a\u{0}\u{1} \u{ff}]{0,5}", b in "[a\u{0}\u{1} \u{ff}]{0,5}") {
            check(TypeId::TEXT, &Datum::text(&a), &Datum::text(&b))?;
            check(TypeId::BPCHAR, &Datum::text(&a), &Datum::text(&b))?;
            check(TypeId::BYTEA, &Datum::bytea(&a), &Datum::bytea(&b))?;
        }
        #[test]
        fn arrays_keep_order(a in proptest::collection::vec(proptest::option::of(-2i32..3), 0..4),
                             b in proptest::collection::vec(proptest::option::of(-2i32..3), 0..4), l in 0i32..3) {
            let make = |v: Vec<Option<i32>>, lower_bound| {
                let lower_bound = if v.is_empty() { 1 } else { lower_bound };
                let values = v.into_iter().map(|x| x.map_or(Datum::Null, Datum::Int4)).collect();
                Datum::Array(Arc::new(Array { element: TypeId::INT4, lower_bound, values }))
            };
            check(TypeId::INT4_ARRAY, &make(a, 1), &make(b, l))?;
        }
        #[test]
        fn torn_or_foreign_bytes_are_errors_not_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            for t in crate::types::TYPES {
                let _ = decode(t.id, &mut &bytes[..]);
                let _ = decode_descending(t.id, &mut &bytes[..]);
            }
        }
    }

    #[test]
    fn golden_bytes_never_change() {
        let numeric = |s: &str| Datum::Numeric(s.parse().unwrap());
        let interval = |months, days, micros| Datum::Interval(Interval { months, days, micros });
        let cases: Vec<(TypeId, Datum, &str)> = vec![
            (TypeId::INT4, Datum::Null, "02"),
            (TypeId::BOOL, Datum::Bool(true), "0101"),
            (TypeId::INT2, Datum::Int2(-2), "017ffe"),
            (TypeId::INT4, Datum::Int4(1), "0180000001"),
            (TypeId::INT8, Datum::Int8(-1), "017fffffffffffffff"),
            (TypeId::FLOAT8, Datum::Float8(-0.0), "018000000000000000"),
            (TypeId::FLOAT8, Datum::Float8(-1.5), "014007ffffffffffff"),
            (TypeId::FLOAT8, Datum::Float8(f64::NAN), "01fff8000000000000"),
            (TypeId::FLOAT4, Datum::Float4(1.0), "01bf800000"),
            (TypeId::NUMERIC, numeric("0.00"), "0130"),
            (TypeId::NUMERIC, numeric("1.10"), "0140810c00"),
            (TypeId::NUMERIC, numeric("-1.1"), "01207ef3ff"),
            (TypeId::NUMERIC, numeric("12345.678"), "0140850d23394f00"),
            (TypeId::NUMERIC, numeric("1e200"), "0140f0800000c90b00"),
            (TypeId::NUMERIC, numeric("NaN"), "0160"),
            (TypeId::NUMERIC, numeric("-Infinity"), "0110"),
            (TypeId::TEXT, Datum::text("a\0b"), "016100ff620001"),
            (TypeId::BPCHAR, Datum::text("ab  "), "0161620001"),
            (TypeId::BYTEA, Datum::bytea([0xFF]), "01ff0001"),
            (TypeId::CHAR, Datum::Char(b'x'), "0178"),
            (TypeId::DATE, Datum::Date(0), "0180000000"),
            (TypeId::TIMESTAMP, Datum::Timestamp(1), "018000000000000001"),
            (TypeId::INTERVAL, interval(1, 0, 0), "0180000000025b7f3d4000"),
            (TypeId::OID, Datum::Oid(26), "010000001a"),
            (
                TypeId::INT4_ARRAY,
                Datum::array(TypeId::INT4, vec![Datum::Int4(1), Datum::Null]),
                "010180000001020080000001",
            ),
        ];
        for (ty, datum, want) in cases {
            assert_eq!(hex::encode(key(ty, &datum)), want, "{ty} {datum:?}");
        }
    }
}
