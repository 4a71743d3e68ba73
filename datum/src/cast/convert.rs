//! What casts do: one function for each target, over every source that `pg_cast` has for it.

use crate::datetime::{self, Zone};
use crate::{Datum, DatumError, EvalContext, Numeric, TypeId, text_format};

type Result = std::result::Result<Datum, DatumError>;

fn argument(args: &[Datum]) -> std::result::Result<&Datum, DatumError> {
    args.first().ok_or_else(|| DatumError::Internal("a cast without argument".to_string()))
}
fn foreign(v: &Datum) -> DatumError {
    DatumError::Internal(format!("a cast got a value of type {}", v.natural_type()))
}
fn text(args: &[Datum]) -> std::result::Result<&str, DatumError> {
    let v = argument(args)?;
    v.as_str().ok_or_else(|| foreign(v))
}

pub(super) fn same(_: &EvalContext, args: &[Datum]) -> Result {
    argument(args).cloned()
}

pub(super) fn to_bool(_: &EvalContext, args: &[Datum]) -> Result {
    let v = argument(args)?;
    Ok(Datum::Bool(v.as_i64().ok_or_else(|| foreign(v))? != 0))
}
pub(super) fn bool_to_text(_: &EvalContext, args: &[Datum]) -> Result {
    match argument(args)? {
        Datum::Bool(b) => Ok(Datum::text(if *b { "true" } else { "false" })),
        v => Err(foreign(v)),
    }
}

/// The nearest integer, ties to even, if it is in `low..high`.
fn whole(v: f64, low: f64, high: f64) -> Option<f64> {
    let rounded = v.round_ties_even();
    (rounded >= low && rounded < high).then_some(rounded)
}

pub(super) fn to_int2(_: &EvalContext, args: &[Datum]) -> Result {
    let range = || DatumError::out_of_range("smallint");
    Ok(Datum::Int2(match argument(args)? {
        Datum::Int4(v) => i16::try_from(*v).map_err(|_| range())?,
        Datum::Int8(v) => i16::try_from(*v).map_err(|_| range())?,
        Datum::Float4(v) => whole(f64::from(*v), -32_768.0, 32_768.0).ok_or_else(range)? as i16,
        Datum::Float8(v) => whole(*v, -32_768.0, 32_768.0).ok_or_else(range)? as i16,
        Datum::Numeric(n) => n.to_i16()?,
        v => return Err(foreign(v)),
    }))
}
pub(super) fn to_int4(_: &EvalContext, args: &[Datum]) -> Result {
    let range = || DatumError::out_of_range("integer");
    const HIGH: f64 = 2_147_483_648.0;
    Ok(Datum::Int4(match argument(args)? {
        Datum::Bool(b) => i32::from(*b),
        Datum::Char(c) => i32::from(*c as i8),
        Datum::Int2(v) => i32::from(*v),
        Datum::Int8(v) => i32::try_from(*v).map_err(|_| range())?,
        Datum::Float4(v) => whole(f64::from(*v), -HIGH, HIGH).ok_or_else(range)? as i32,
        Datum::Float8(v) => whole(*v, -HIGH, HIGH).ok_or_else(range)? as i32,
        Datum::Numeric(n) => n.to_i32()?,
        v => return Err(foreign(v)),
    }))
}
pub(super) fn to_int8(_: &EvalContext, args: &[Datum]) -> Result {
    let range = || DatumError::out_of_range("bigint");
    const HIGH: f64 = 9_223_372_036_854_775_808.0;
    Ok(Datum::Int8(match argument(args)? {
        Datum::Int2(v) => i64::from(*v),
        Datum::Int4(v) => i64::from(*v),
        Datum::Float4(v) => whole(f64::from(*v), -HIGH, HIGH).ok_or_else(range)? as i64,
        Datum::Float8(v) => whole(*v, -HIGH, HIGH).ok_or_else(range)? as i64,
        Datum::Numeric(n) => n.to_i64()?,
        v => return Err(foreign(v)),
    }))
}
/// Reinterprets the 32 bits.
pub(super) fn oid_to_int4(_: &EvalContext, args: &[Datum]) -> Result {
    match argument(args)? {
        Datum::Oid(v) => Ok(Datum::Int4(*v as i32)),
        v => Err(foreign(v)),
    }
}
pub(super) fn oid_to_int8(_: &EvalContext, args: &[Datum]) -> Result {
    match argument(args)? {
        Datum::Oid(v) => Ok(Datum::Int8(i64::from(*v))),
        v => Err(foreign(v)),
    }
}
/// Integers of up to 32 bits wrap around; int8 must be in range.
pub(super) fn to_oid(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Oid(match argument(args)? {
        Datum::Int2(v) => i32::from(*v) as u32,
        Datum::Int4(v) => *v as u32,
        Datum::Int8(v) => u32::try_from(*v).map_err(|_| DatumError::out_of_range("OID"))?,
        v => return Err(foreign(v)),
    }))
}
pub(super) fn text_to_regclass(ctx: &EvalContext, args: &[Datum]) -> Result {
    text_format::input(TypeId::REGCLASS.plain(), text(args)?, ctx)
}

pub(super) fn to_float4(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Float4(match argument(args)? {
        Datum::Int2(v) => f32::from(*v),
        Datum::Int4(v) => *v as f32,
        Datum::Int8(v) => *v as f32,
        Datum::Float8(v) => {
            let narrow = *v as f32;
            if narrow.is_infinite() && !v.is_infinite() {
                return Err(DatumError::NumericValueOutOfRange("value out of range: overflow".to_string()));
            }
            if narrow == 0.0 && *v != 0.0 {
                return Err(DatumError::NumericValueOutOfRange("value out of range: underflow".to_string()));
            }
            narrow
        }
        Datum::Numeric(n) => n.to_f32()?,
        v => return Err(foreign(v)),
    }))
}
pub(super) fn to_float8(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Float8(match argument(args)? {
        Datum::Int2(v) => f64::from(*v),
        Datum::Int4(v) => f64::from(*v),
        Datum::Int8(v) => *v as f64,
        Datum::Float4(v) => f64::from(*v),
        Datum::Numeric(n) => n.to_f64()?,
        v => return Err(foreign(v)),
    }))
}
pub(super) fn to_numeric(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Numeric(match argument(args)? {
        Datum::Int2(v) => Numeric::from(i64::from(*v)),
        Datum::Int4(v) => Numeric::from(*v),
        Datum::Int8(v) => Numeric::from(*v),
        Datum::Float4(v) => Numeric::from_f32(*v),
        Datum::Float8(v) => Numeric::from_f64(*v),
        v => return Err(foreign(v)),
    }))
}

pub(super) fn trim_bpchar(_: &EvalContext, args: &[Datum]) -> Result {
    let v = text(args)?;
    let trimmed = v.trim_end_matches(' ');
    if trimmed.len() == v.len() { argument(args).cloned() } else { Ok(Datum::text(trimmed)) }
}
pub(super) fn to_name(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::text(text_format::truncate_name(text(args)?)))
}
pub(super) fn bpchar_to_name(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::text(text_format::truncate_name(text(args)?).trim_end_matches(' ')))
}
pub(super) fn text_to_char(_: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Char(text_format::parse_char(text(args)?)))
}
pub(super) fn char_to_text(ctx: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::text(text_format::output(argument(args)?, TypeId::CHAR, ctx)))
}
pub(super) fn to_char(_: &EvalContext, args: &[Datum]) -> Result {
    match argument(args)? {
        Datum::Int4(v) => match i8::try_from(*v) {
            Ok(v) => Ok(Datum::Char(v as u8)),
            Err(_) => Err(DatumError::out_of_range("\"char\"")),
        },
        v => Err(foreign(v)),
    }
}

pub(super) fn to_date(ctx: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Date(match argument(args)? {
        Datum::Timestamp(v) => datetime::timestamp_to_date(*v),
        Datum::Timestamptz(v) => datetime::timestamptz_to_date(*v, &Zone::of_session(ctx)),
        v => return Err(foreign(v)),
    }))
}
pub(super) fn to_timestamp(ctx: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Timestamp(match argument(args)? {
        Datum::Date(v) => datetime::date_to_timestamp(*v)?,
        Datum::Timestamptz(v) => datetime::timestamptz_to_timestamp(*v, &Zone::of_session(ctx))?,
        v => return Err(foreign(v)),
    }))
}
pub(super) fn to_timestamptz(ctx: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::Timestamptz(match argument(args)? {
        Datum::Date(v) => datetime::date_to_timestamptz(*v, &Zone::of_session(ctx))?,
        Datum::Timestamp(v) => datetime::timestamp_to_timestamptz(*v, &Zone::of_session(ctx))?,
        v => return Err(foreign(v)),
    }))
}

/// By the output function of `FROM`, to any string type.
pub(super) fn output<const FROM: u32>(ctx: &EvalContext, args: &[Datum]) -> Result {
    Ok(Datum::text(text_format::output(argument(args)?, TypeId(FROM), ctx)))
}
/// By the output function of `FROM`, to name.
pub(super) fn output_name<const FROM: u32>(ctx: &EvalContext, args: &[Datum]) -> Result {
    let printed = text_format::output(argument(args)?, TypeId(FROM), ctx);
    Ok(Datum::text(text_format::truncate_name(&printed)))
}
/// By the input function of `TO`, from any string type; padding of bpchar does not matter to it but to arrays of text.
pub(super) fn input<const TO: u32>(ctx: &EvalContext, args: &[Datum]) -> Result {
    text_format::input(TypeId(TO).plain(), text(args)?, ctx)
}
/// Element by element, to elements of type `TO`.
pub(super) fn elements<const TO: u32>(ctx: &EvalContext, args: &[Datum]) -> Result {
    let Datum::Array(array) = argument(args)? else { return Err(foreign(argument(args)?)) };
    let to = TypeId(TO);
    if array.element == to {
        return argument(args).cloned();
    }
    let cast =
        super::find_cast(array.element, to).ok_or(DatumError::CannotCoerce { from: array.element, to })?;
    let values = array
        .values
        .iter()
        .map(|v| if v.is_null() { Ok(Datum::Null) } else { (cast.eval)(ctx, std::slice::from_ref(v)) })
        .collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(Datum::Array(std::sync::Arc::new(crate::Array {
        element: to,
        lower_bound: array.lower_bound,
        values,
    })))
}
