//! The text format of every type: input as PostgreSQL's input functions accept it, output as its output functions print it.
//!
//! `input` and `output_into` dispatch by type; what is long has its own file.

mod array;
mod bytes;
mod float;
mod scalar;

pub use array::multidimensional;
pub use float::{padded_seconds, parse_f32, parse_f64, write_f32, write_f64};
pub use scalar::{bpchar_input, parse_bool, parse_i16, parse_i32, parse_i64, varchar_input};
pub(crate) use scalar::{nth_char, parse_char, truncate_name};

use crate::{Datum, DatumError, EvalContext, Numeric, SqlType, TypeId, datetime};
use std::fmt::Write;

/// Bytes that a name keeps.
pub const NAME_BYTES_MAX: usize = 63;

/// Reads a value of type `ty` and applies its modifier as the input function does (too long is an error).
///
/// # Errors
/// For the client, with PostgreSQL's text.
pub fn input(ty: SqlType, text: &str, ctx: &EvalContext) -> Result<Datum, DatumError> {
    Ok(match ty.id {
        TypeId::BOOL => Datum::Bool(parse_bool(text)?),
        TypeId::BYTEA => Datum::bytea(bytes::parse(text)?),
        TypeId::CHAR => Datum::Char(scalar::parse_char(text)),
        TypeId::NAME => Datum::text(scalar::truncate_name(text)),
        TypeId::INT8 => Datum::Int8(parse_i64(text)?),
        TypeId::INT2 => Datum::Int2(parse_i16(text)?),
        TypeId::INT4 => Datum::Int4(parse_i32(text)?),
        TypeId::TEXT | TypeId::UNKNOWN | TypeId::CSTRING => Datum::text(text),
        TypeId::OID => Datum::Oid(scalar::parse_oid(text)?),
        TypeId::FLOAT4 => Datum::Float4(parse_f32(text)?),
        TypeId::FLOAT8 => Datum::Float8(parse_f64(text)?),
        TypeId::BPCHAR => bpchar_input(text, ty.typmod)?,
        TypeId::VARCHAR => varchar_input(text, ty.typmod)?,
        TypeId::DATE => Datum::Date(datetime::parse_date(text, ctx)?),
        TypeId::TIMESTAMP => {
            Datum::Timestamp(datetime::coerce_timestamp(datetime::parse_timestamp(text, ctx)?, ty.typmod)?)
        }
        TypeId::TIMESTAMPTZ => Datum::Timestamptz(datetime::coerce_timestamp(
            datetime::parse_timestamptz(text, ctx)?,
            ty.typmod,
        )?),
        TypeId::INTERVAL => Datum::Interval(datetime::parse_interval(text, ty.typmod, ctx)?),
        TypeId::NUMERIC => Datum::Numeric(text.parse::<Numeric>()?.coerce_typmod(ty.typmod)?),
        TypeId::UUID => Datum::Uuid(scalar::parse_uuid(text)?),
        TypeId::INT2VECTOR | TypeId::OIDVECTOR => array::parse_vector(ty.id, text)?,
        _ if ty.id.is_reg() => Datum::Oid(scalar::parse_reg(ty.id, text, ctx)?),
        TypeId::RECORD => {
            let text = "input of anonymous composite types is not implemented".to_string();
            return Err(DatumError::FeatureNotSupported(text));
        }
        TypeId::VOID => Datum::Void,
        _ => match ty.id.element() {
            Some(element) => array::parse(SqlType::new(element, ty.typmod), text, ctx)?,
            None => {
                return Err(DatumError::FeatureNotSupported(format!(
                    "cannot accept a value of type {}",
                    ty.id
                )));
            }
        },
    })
}

/// The text form of a value of type `ty`; of NULL the empty string (callers send NULL otherwise).
pub fn output(datum: &Datum, ty: TypeId, ctx: &EvalContext) -> String {
    let mut out = String::new();
    output_into(&mut out, datum, ty, ctx);
    out
}

/// Appends what `output` gives.
pub fn output_into(out: &mut String, datum: &Datum, ty: TypeId, ctx: &EvalContext) {
    match datum {
        Datum::Null | Datum::Void => {}
        Datum::Bool(b) => out.push(if *b { 't' } else { 'f' }),
        Datum::Int2(v) => scalar::write_integer(out, i64::from(*v)),
        Datum::Int4(v) => scalar::write_integer(out, i64::from(*v)),
        Datum::Int8(v) => scalar::write_integer(out, *v),
        Datum::Float4(v) => write_f32(out, *v, ctx.extra_float_digits),
        Datum::Float8(v) => write_f64(out, *v, ctx.extra_float_digits),
        Datum::Numeric(n) => n.write_into(out),
        Datum::Text(s) => out.push_str(s),
        Datum::Bytea(b) => bytes::write(out, b, ctx.bytea_escape),
        Datum::Char(c) => scalar::write_char(out, *c),
        Datum::Date(v) => datetime::write_date(out, *v, ctx),
        Datum::Timestamp(v) => datetime::write_timestamp(out, *v, ctx),
        Datum::Timestamptz(v) => datetime::write_timestamptz(out, *v, ctx),
        Datum::Interval(v) => datetime::write_interval(out, v, ctx.interval_style),
        Datum::Uuid(u) => scalar::write_uuid(out, u),
        Datum::Oid(v) if ty.is_reg() => scalar::write_reg(out, ty, *v, ctx),
        Datum::Oid(v) => {
            // Writing to a String does not fail.
            let _ = write!(out, "{v}");
        }
        Datum::Array(a) => array::write(out, a, ty, ctx),
        Datum::Record(fields) => array::write_record(out, fields, ctx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ty: TypeId, text: &str) -> Result<String, DatumError> {
        let ctx = EvalContext::default();
        input(ty.plain(), text, &ctx).map(|d| output(&d, ty, &ctx))
    }

    #[test]
    fn arrays_quote_what_needs_it() {
        for (text, want) in [
            ("{}", "{}"),
            ("{ a , \"b c\" ,null,\"NULL\",\"\"}", "{a,\"b c\",NULL,\"NULL\",\"\"}"),
            (r#"{"a\"b",a\\b}"#, r#"{"a\"b","a\\b"}"#),
            ("[2:3]={x,y}", "[2:3]={x,y}"),
        ] {
            assert_eq!(read(TypeId::TEXT_ARRAY, text).unwrap(), want);
        }
        for text in ["", "{", "{a", "{a}}", "{a}x", "{a,}", "[1:3]={a}", "{\"a\"b}"] {
            assert!(matches!(read(TypeId::TEXT_ARRAY, text), Err(DatumError::MalformedText(_))), "{text}");
        }
        assert_eq!(read(TypeId::INT4_ARRAY, "{{1},{2}}"), Err(multidimensional()));
    }

    #[test]
    fn records_quote_what_needs_it() {
        let ctx = EvalContext::default();
        let fields =
            vec![Datum::Int4(1), Datum::Null, Datum::text("a \"b\""), Datum::text(""), Datum::Bool(true)];
        assert_eq!(output(&Datum::Record(fields.into()), TypeId::RECORD, &ctx), r#"(1,,"a ""b""","",t)"#);
    }

    #[test]
    fn names_are_cut_between_characters() {
        let long = "é".repeat(40);
        assert_eq!(read(TypeId::NAME, &long).unwrap(), "é".repeat(31));
    }
}
