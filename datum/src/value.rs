//! A value of any type.

use crate::{Array, Interval, Numeric, TypeId};
use std::sync::Arc;

/// One SQL value. Cheap to clone: what is long is shared.
#[derive(Clone, Debug)]
pub enum Datum {
    Null,
    Bool(bool),
    Int2(i16),
    Int4(i32),
    Int8(i64),
    Float4(f32),
    Float8(f64),
    Numeric(Numeric),
    /// text, varchar, bpchar (with its padding), name, unknown, cstring.
    Text(Arc<str>),
    Bytea(Arc<[u8]>),
    /// `"char"`: one byte.
    Char(u8),
    /// Days since 2000-01-01; `i32::MAX` and `i32::MIN` are the infinities.
    Date(i32),
    /// Microseconds since 2000-01-01 00:00; `i64::MAX` and `i64::MIN` are the infinities.
    Timestamp(i64),
    /// Microseconds since 2000-01-01 00:00 UTC; infinities as above.
    Timestamptz(i64),
    Interval(Interval),
    Uuid([u8; 16]),
    /// oid and the reg* types.
    Oid(u32),
    Array(Arc<Array>),
    /// A row value: of ROW(...), comparisons of rows, and whole-row references.
    Record(Arc<[Datum]>),
    /// The result of a function that returns nothing.
    Void,
}

impl Datum {
    /// The type that a value of this form has by itself (text for all kinds of text, oid for the reg* types).
    pub fn natural_type(&self) -> TypeId {
        match self {
            Datum::Null => TypeId::UNKNOWN,
            Datum::Bool(_) => TypeId::BOOL,
            Datum::Int2(_) => TypeId::INT2,
            Datum::Int4(_) => TypeId::INT4,
            Datum::Int8(_) => TypeId::INT8,
            Datum::Float4(_) => TypeId::FLOAT4,
            Datum::Float8(_) => TypeId::FLOAT8,
            Datum::Numeric(_) => TypeId::NUMERIC,
            Datum::Text(_) => TypeId::TEXT,
            Datum::Bytea(_) => TypeId::BYTEA,
            Datum::Char(_) => TypeId::CHAR,
            Datum::Date(_) => TypeId::DATE,
            Datum::Timestamp(_) => TypeId::TIMESTAMP,
            Datum::Timestamptz(_) => TypeId::TIMESTAMPTZ,
            Datum::Interval(_) => TypeId::INTERVAL,
            Datum::Uuid(_) => TypeId::UUID,
            Datum::Oid(_) => TypeId::OID,
            Datum::Array(a) => a.element.array().unwrap_or(TypeId::ANYARRAY),
            Datum::Record(_) => TypeId::RECORD,
            Datum::Void => TypeId::VOID,
        }
    }
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }
    pub fn text(s: impl AsRef<str>) -> Datum {
        Datum::Text(Arc::from(s.as_ref()))
    }
    pub fn bytea(b: impl AsRef<[u8]>) -> Datum {
        Datum::Bytea(Arc::from(b.as_ref()))
    }
    pub fn array(element: TypeId, values: Vec<Datum>) -> Datum {
        Datum::Array(Arc::new(Array::one_dimensional(element, values)))
    }
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Datum::Bool(b) => Some(*b),
            _ => None,
        }
    }
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Datum::Text(s) => Some(s),
            _ => None,
        }
    }
    /// The value of any integer type.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Datum::Int2(v) => Some(i64::from(*v)),
            Datum::Int4(v) => Some(i64::from(*v)),
            Datum::Int8(v) => Some(*v),
            Datum::Oid(v) => Some(i64::from(*v)),
            _ => None,
        }
    }
}
