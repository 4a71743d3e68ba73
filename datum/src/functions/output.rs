//! The text form of a value whose type only the value itself tells.

use crate::{Datum, EvalContext, TypeId as T, text_format};

/// The type that a value shows by its variant. A reg* value shows as oid, a char(n) as text.
pub(crate) fn type_of(datum: &Datum) -> T {
    match datum {
        Datum::Null => T::UNKNOWN,
        Datum::Bool(_) => T::BOOL,
        Datum::Int2(_) => T::INT2,
        Datum::Int4(_) => T::INT4,
        Datum::Int8(_) => T::INT8,
        Datum::Float4(_) => T::FLOAT4,
        Datum::Float8(_) => T::FLOAT8,
        Datum::Numeric(_) => T::NUMERIC,
        Datum::Text(_) => T::TEXT,
        Datum::Bytea(_) => T::BYTEA,
        Datum::Char(_) => T::CHAR,
        Datum::Date(_) => T::DATE,
        Datum::Timestamp(_) => T::TIMESTAMP,
        Datum::Timestamptz(_) => T::TIMESTAMPTZ,
        Datum::Interval(_) => T::INTERVAL,
        Datum::Uuid(_) => T::UUID,
        Datum::Oid(_) => T::OID,
        Datum::Array(array) => array.element.array().unwrap_or(T::TEXT_ARRAY),
        Datum::Record(_) => T::RECORD,
        Datum::Void => T::VOID,
    }
}

/// As the cast to text gives it: as `output`, but for booleans.
pub(crate) fn cast_to_text(ctx: &EvalContext, datum: &Datum) -> String {
    match datum {
        Datum::Bool(value) => value.to_string(),
        other => output(ctx, other),
    }
}

/// As the output function of its type prints it.
pub(crate) fn output(ctx: &EvalContext, datum: &Datum) -> String {
    text_format::output(datum, type_of(datum), ctx)
}
