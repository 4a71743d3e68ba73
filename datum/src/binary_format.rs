//! The binary wire format of every type, as PostgreSQL's send and receive functions have it.

use crate::{Array, Datum, DatumError, Interval, Numeric, SqlType, TypeId, text_format};
use std::sync::Arc;

fn invalid(ty: TypeId, why: impl Into<String>) -> DatumError {
    DatumError::InvalidBinaryRepresentation { type_name: ty.to_string(), why: why.into() }
}

/// Appends the body of a value of type `ty` (without the length that precedes it on the wire). NULL appends nothing: the
/// caller writes its length of -1.
pub fn output_into(out: &mut Vec<u8>, datum: &Datum, ty: TypeId) {
    match datum {
        Datum::Null | Datum::Void => {}
        Datum::Bool(b) => out.push(u8::from(*b)),
        Datum::Char(c) => out.push(*c),
        Datum::Int2(v) => out.extend_from_slice(&v.to_be_bytes()),
        Datum::Int4(v) | Datum::Date(v) => out.extend_from_slice(&v.to_be_bytes()),
        Datum::Int8(v) | Datum::Timestamp(v) | Datum::Timestamptz(v) => {
            out.extend_from_slice(&v.to_be_bytes())
        }
        Datum::Float4(v) => out.extend_from_slice(&v.to_be_bytes()),
        Datum::Float8(v) => out.extend_from_slice(&v.to_be_bytes()),
        Datum::Numeric(n) => n.send_into(out),
        Datum::Text(s) => out.extend_from_slice(s.as_bytes()),
        Datum::Bytea(b) => out.extend_from_slice(b),
        Datum::Interval(i) => {
            out.extend_from_slice(&i.micros.to_be_bytes());
            out.extend_from_slice(&i.days.to_be_bytes());
            out.extend_from_slice(&i.months.to_be_bytes());
        }
        Datum::Uuid(u) => out.extend_from_slice(u),
        Datum::Oid(v) => out.extend_from_slice(&v.to_be_bytes()),
        Datum::Array(a) => {
            let vector = ty == TypeId::INT2VECTOR || ty == TypeId::OIDVECTOR;
            let dimensions = i32::from(vector || !a.values.is_empty());
            out.extend_from_slice(&dimensions.to_be_bytes());
            out.extend_from_slice(&i32::from(a.values.iter().any(Datum::is_null)).to_be_bytes());
            out.extend_from_slice(&a.element.0.to_be_bytes());
            if dimensions == 1 {
                out.extend_from_slice(&(a.values.len() as i32).to_be_bytes());
                out.extend_from_slice(&a.lower_bound.to_be_bytes());
            }
            for v in &a.values {
                element_into(out, v, a.element);
            }
        }
        Datum::Record(fields) => {
            out.extend_from_slice(&(fields.len() as i32).to_be_bytes());
            for v in fields.iter() {
                let ty = v.natural_type();
                out.extend_from_slice(&ty.0.to_be_bytes());
                element_into(out, v, ty);
            }
        }
    }
}

/// A value with its length before it, -1 for NULL.
pub fn element_into(out: &mut Vec<u8>, datum: &Datum, ty: TypeId) {
    if datum.is_null() {
        out.extend_from_slice(&(-1i32).to_be_bytes());
        return;
    }
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    output_into(out, datum, ty);
    let len = (out.len() - at - 4) as i32;
    out[at..at + 4].copy_from_slice(&len.to_be_bytes());
}

fn exact<const N: usize>(ty: TypeId, body: &[u8]) -> Result<[u8; N], DatumError> {
    body.try_into().map_err(|_| invalid(ty, format!("{} bytes where {N} are expected", body.len())))
}

fn utf8(body: &[u8]) -> Result<&str, DatumError> {
    let text = std::str::from_utf8(body).map_err(|e| {
        let at = e.valid_up_to();
        let bytes: Vec<String> = body[at..].iter().take(1).map(|b| format!("0x{b:02x}")).collect();
        let text = format!("invalid byte sequence for encoding \"UTF8\": {}", bytes.join(" "));
        DatumError::CharacterNotInRepertoire(text)
    })?;
    if text.contains('\0') {
        let text = "invalid byte sequence for encoding \"UTF8\": 0x00".to_string();
        return Err(DatumError::CharacterNotInRepertoire(text));
    }
    Ok(text)
}

/// Reads the body of a value that is not NULL and applies the modifier.
///
/// # Errors
/// `InvalidBinaryRepresentation`, `CharacterNotInRepertoire`, and those of the modifier: for the client.
pub fn input(ty: SqlType, body: &[u8]) -> Result<Datum, DatumError> {
    let id = ty.id;
    Ok(match id {
        TypeId::BOOL => Datum::Bool(exact::<1>(id, body)?[0] != 0),
        TypeId::CHAR => Datum::Char(exact::<1>(id, body)?[0]),
        TypeId::INT2 => Datum::Int2(i16::from_be_bytes(exact(id, body)?)),
        TypeId::INT4 => Datum::Int4(i32::from_be_bytes(exact(id, body)?)),
        TypeId::INT8 => Datum::Int8(i64::from_be_bytes(exact(id, body)?)),
        TypeId::FLOAT4 => Datum::Float4(f32::from_be_bytes(exact(id, body)?)),
        TypeId::FLOAT8 => Datum::Float8(f64::from_be_bytes(exact(id, body)?)),
        TypeId::NUMERIC => Datum::Numeric(Numeric::receive(body)?.coerce_typmod(ty.typmod)?),
        TypeId::TEXT | TypeId::UNKNOWN | TypeId::CSTRING => Datum::text(utf8(body)?),
        TypeId::VARCHAR => text_format::varchar_input(utf8(body)?, ty.typmod)?,
        TypeId::BPCHAR => text_format::bpchar_input(utf8(body)?, ty.typmod)?,
        TypeId::NAME => {
            let text = utf8(body)?;
            if text.len() > text_format::NAME_BYTES_MAX {
                return Err(DatumError::InvalidParameterValue("identifier too long".to_string()));
            }
            Datum::text(text)
        }
        TypeId::BYTEA => Datum::bytea(body),
        TypeId::DATE => {
            let v = i32::from_be_bytes(exact(id, body)?);
            if !crate::datetime::date_is_valid(v) {
                return Err(DatumError::DatetimeFieldOverflow("date out of range".to_string()));
            }
            Datum::Date(v)
        }
        TypeId::TIMESTAMP => {
            let v = crate::datetime::checked_timestamp(i64::from_be_bytes(exact(id, body)?))?;
            Datum::Timestamp(crate::datetime::round_timestamp(v, ty.typmod))
        }
        TypeId::TIMESTAMPTZ => {
            let v = crate::datetime::checked_timestamp(i64::from_be_bytes(exact(id, body)?))?;
            Datum::Timestamptz(crate::datetime::round_timestamp(v, ty.typmod))
        }
        TypeId::INTERVAL => {
            let body: [u8; 16] = exact(id, body)?;
            let word = |at: usize| i32::from_be_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
            let micros = i64::from_be_bytes(*body.first_chunk().expect("16 bytes checked"));
            Datum::Interval(Interval::new(word(12), word(8), micros).coerce_typmod(ty.typmod)?)
        }
        TypeId::UUID => Datum::Uuid(exact(id, body)?),
        TypeId::OID => Datum::Oid(u32::from_be_bytes(exact(id, body)?)),
        _ if id.is_reg() => Datum::Oid(u32::from_be_bytes(exact(id, body)?)),
        TypeId::VOID => Datum::Void,
        _ => match id.element() {
            Some(element) => receive_array(id, SqlType::new(element, ty.typmod), body)?,
            None => {
                return Err(DatumError::FeatureNotSupported(format!(
                    "no binary input function available for type {id}"
                )));
            }
        },
    })
}

fn receive_array(id: TypeId, element: SqlType, body: &[u8]) -> Result<Datum, DatumError> {
    let mut rest = body;
    let mut word = || -> Result<i32, DatumError> {
        let Some((head, tail)) = rest.split_first_chunk::<4>() else {
            return Err(invalid(id, "insufficient data left in message"));
        };
        rest = tail;
        Ok(i32::from_be_bytes(*head))
    };
    let (dimensions, flags, oid) = (word()?, word()?, word()? as u32);
    if flags != 0 && flags != 1 {
        return Err(invalid(id, format!("invalid array flags {flags}")));
    }
    if oid != element.id.0 {
        return Err(invalid(id, format!("element type {oid} where {} is expected", element.id.0)));
    }
    let (count, lower_bound) = match dimensions {
        0 => (0, 1),
        1 => (word()?, word()?),
        2..=6 => return Err(text_format::multidimensional()),
        _ => return Err(invalid(id, format!("invalid number of dimensions {dimensions}"))),
    };
    // Each element has at least its length.
    if count < 0 || count as usize > rest.len() / 4 {
        return Err(invalid(id, "insufficient data left in message"));
    }
    let mut values = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let Some((head, tail)) = rest.split_first_chunk::<4>() else {
            return Err(invalid(id, "insufficient data left in message"));
        };
        rest = tail;
        let len = i32::from_be_bytes(*head);
        if len == -1 {
            values.push(Datum::Null);
            continue;
        }
        let Some((value, tail)) = usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len)) else {
            return Err(invalid(id, "insufficient data left in message"));
        };
        rest = tail;
        values.push(input(element, value)?);
    }
    if !rest.is_empty() {
        return Err(invalid(id, "bytes left over"));
    }
    Ok(Datum::Array(Arc::new(Array { element: element.id, lower_bound, values })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn send(ty: TypeId, d: &Datum) -> Vec<u8> {
        let mut out = Vec::new();
        output_into(&mut out, d, ty);
        out
    }

    /// Bytes of PostgreSQL's own send functions.
    #[test]
    fn golden_bytes_are_those_of_postgresql() {
        let numeric = |s: &str| Datum::Numeric(s.parse().unwrap());
        let cases: Vec<(TypeId, Datum, &str)> = vec![
            (TypeId::BOOL, Datum::Bool(true), "01"),
            (TypeId::INT2, Datum::Int2(-2), "fffe"),
            (TypeId::INT4, Datum::Int4(1), "00000001"),
            (TypeId::INT8, Datum::Int8(-1), "ffffffffffffffff"),
            (TypeId::FLOAT4, Datum::Float4(1.5), "3fc00000"),
            (TypeId::FLOAT8, Datum::Float8(1.5), "3ff8000000000000"),
            (TypeId::NUMERIC, numeric("0"), "0000000000000000"),
            (TypeId::NUMERIC, numeric("0.00"), "0000000000000002"),
            (TypeId::NUMERIC, numeric("1.10"), "0002000000000002000103e8"),
            (TypeId::NUMERIC, numeric("-12345.678"), "0003000140000003000109291a7c"),
            (TypeId::NUMERIC, numeric("100000000"), "00010002000000000001"),
            (TypeId::NUMERIC, numeric("0.00001"), "0001fffe0000000503e8"),
            (TypeId::NUMERIC, numeric("NaN"), "00000000c0000000"),
            (TypeId::NUMERIC, numeric("Infinity"), "00000000d0000020"),
            (TypeId::TEXT, Datum::text("hé"), "68c3a9"),
            (TypeId::DATE, Datum::Date(1), "00000001"),
            (TypeId::TIMESTAMPTZ, Datum::Timestamptz(1), "0000000000000001"),
            (TypeId::INTERVAL, Datum::Interval(Interval::new(1, 2, 3)), "00000000000000030000000200000001"),
            (
                TypeId::INT4_ARRAY,
                Datum::array(TypeId::INT4, vec![Datum::Int4(1), Datum::Null]),
                "00000001000000010000001700000002000000010000000400000001ffffffff",
            ),
            (TypeId::TEXT_ARRAY, Datum::array(TypeId::TEXT, vec![]), "000000000000000000000019"),
        ];
        for (ty, datum, want) in cases {
            let bytes = send(ty, &datum);
            assert_eq!(hex::encode(&bytes), want, "{ty} {datum:?}");
            let back = input(ty.plain(), &bytes).unwrap();
            assert_eq!(format!("{back:?}"), format!("{datum:?}"));
        }
    }

    proptest! {
        #[test]
        fn numerics_come_back(digits: i128, scale in 0u16..300) {
            let n = Datum::Numeric(Numeric::new(digits, scale));
            let back = input(TypeId::NUMERIC.plain(), &send(TypeId::NUMERIC, &n)).unwrap();
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", n));
        }
        #[test]
        fn foreign_bytes_are_errors_not_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for t in crate::types::TYPES {
                let _ = input(t.id.plain(), &bytes);
            }
        }
    }
}
