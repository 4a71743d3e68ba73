//! How an evaluation function takes its typed arguments and gives its result.
//!
//! The binder has coerced every argument to the declared type, so a value of another variant is a broken invariant and
//! becomes `Internal`, never a panic.

use crate::{Array, Datum, DatumError, EvalContext, Interval, Numeric};
use std::sync::Arc;

/// A Rust type that can be borrowed from a [`Datum`].
pub(crate) trait FromDatum<'a>: Sized {
    fn from_datum(datum: &'a Datum) -> Option<Self>;
}

/// A Rust type that becomes a [`Datum`].
pub(crate) trait IntoDatum {
    fn into_datum(self) -> Datum;
}

/// Days since 2000-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date(pub i32);
/// Microseconds since 2000-01-01 of no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(pub i64);
/// Microseconds since 2000-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamptz(pub i64);
/// An OID or reg* value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Oid(pub u32);

macro_rules! by_value {
    ($($rust:ty, $variant:ident $(, $wrap:path)?;)*) => {
        $(
            impl FromDatum<'_> for $rust {
                fn from_datum(datum: &Datum) -> Option<Self> {
                    match datum {
                        Datum::$variant(v) => Some($($wrap)?(*v)),
                        _ => None,
                    }
                }
            }
        )*
    };
}
by_value! {
    bool, Bool; i16, Int2; i32, Int4; i64, Int8; f32, Float4; f64, Float8; u8, Char; Interval, Interval; [u8; 16], Uuid;
    Date, Date, Date; Timestamp, Timestamp, Timestamp; Timestamptz, Timestamptz, Timestamptz; Oid, Oid, Oid;
}
impl<'a> FromDatum<'a> for &'a str {
    fn from_datum(datum: &'a Datum) -> Option<Self> {
        datum.as_str()
    }
}
impl<'a> FromDatum<'a> for &'a [u8] {
    fn from_datum(datum: &'a Datum) -> Option<Self> {
        match datum {
            Datum::Bytea(b) => Some(b),
            _ => None,
        }
    }
}
impl<'a> FromDatum<'a> for &'a Numeric {
    fn from_datum(datum: &'a Datum) -> Option<Self> {
        match datum {
            Datum::Numeric(n) => Some(n),
            _ => None,
        }
    }
}
impl<'a> FromDatum<'a> for &'a Array {
    fn from_datum(datum: &'a Datum) -> Option<Self> {
        match datum {
            Datum::Array(a) => Some(a),
            _ => None,
        }
    }
}
impl<'a> FromDatum<'a> for &'a Datum {
    fn from_datum(datum: &'a Datum) -> Option<Self> {
        Some(datum)
    }
}
impl<'a, V: FromDatum<'a>> FromDatum<'a> for Option<V> {
    fn from_datum(datum: &'a Datum) -> Option<Self> {
        match datum {
            Datum::Null => Some(None),
            other => V::from_datum(other).map(Some),
        }
    }
}

macro_rules! into_datum {
    ($($rust:ty, $v:ident => $body:expr;)*) => {
        $(impl IntoDatum for $rust {
            fn into_datum(self) -> Datum {
                let $v = self;
                $body
            }
        })*
    };
}
into_datum! {
    Datum, v => v;
    bool, v => Datum::Bool(v);
    i16, v => Datum::Int2(v);
    i32, v => Datum::Int4(v);
    i64, v => Datum::Int8(v);
    f32, v => Datum::Float4(v);
    f64, v => Datum::Float8(v);
    String, v => Datum::Text(Arc::from(v));
    &str, v => Datum::Text(Arc::from(v));
    Vec<u8>, v => Datum::Bytea(Arc::from(v));
    &[u8], v => Datum::Bytea(Arc::from(v));
    Numeric, v => Datum::Numeric(v);
    Interval, v => Datum::Interval(v);
    Date, v => Datum::Date(v.0);
    Timestamp, v => Datum::Timestamp(v.0);
    Timestamptz, v => Datum::Timestamptz(v.0);
    Oid, v => Datum::Oid(v.0);
}
impl<V: IntoDatum> IntoDatum for Option<V> {
    fn into_datum(self) -> Datum {
        self.map_or(Datum::Null, V::into_datum)
    }
}

/// Argument `index` as `V`.
pub(crate) fn get<'a, V: FromDatum<'a>>(args: &'a [Datum], index: usize) -> Result<V, DatumError> {
    let datum =
        args.get(index).ok_or_else(|| DatumError::Internal(format!("argument {} is missing", index + 1)))?;
    V::from_datum(datum).ok_or_else(|| {
        DatumError::Internal(format!(
            "argument {} is not {} ({:?})",
            index + 1,
            std::any::type_name::<V>(),
            std::mem::discriminant(datum)
        ))
    })
}

/// The session, for functions that need one.
///
/// # Errors
/// `FeatureNotSupported` where an expression is evaluated without a session (a default that is folded, a check).
pub(crate) fn session(ctx: &EvalContext) -> Result<&dyn crate::context::SessionInfo, DatumError> {
    ctx.session
        .as_deref()
        .ok_or_else(|| DatumError::FeatureNotSupported("this function needs a session".into()))
}

/// An evaluation function from a typed closure body that gives a `Result`.
macro_rules! eval {
    ($ctx:ident, || $body:expr) => { $crate::functions::args::eval!($ctx, | | $body) };
    (|| $body:expr) => { $crate::functions::args::eval!(_ctx, | | $body) };
    ($ctx:ident, |$($a:ident : $t:ty),*| $body:expr) => {
        |$ctx: &$crate::EvalContext, args: &[$crate::Datum]| -> Result<$crate::Datum, $crate::DatumError> {
            let mut _next = 0usize..;
            $(let $a: $t = $crate::functions::args::get(args, _next.next().unwrap_or(usize::MAX))?;)*
            let _ = args;
            Ok($crate::functions::args::IntoDatum::into_datum(($body)?))
        }
    };
    (|$($a:ident : $t:ty),*| $body:expr) => { $crate::functions::args::eval!(_ctx, |$($a: $t),*| $body) };
}
/// An evaluation function from a typed closure body that cannot fail.
macro_rules! pure {
    ($ctx:ident, || $body:expr) => { $crate::functions::args::pure!($ctx, | | $body) };
    (|| $body:expr) => { $crate::functions::args::pure!(_ctx, | | $body) };
    ($ctx:ident, |$($a:ident : $t:ty),*| $body:expr) => {
        $crate::functions::args::eval!($ctx, |$($a: $t),*| Ok::<_, $crate::DatumError>($body))
    };
    (|$($a:ident : $t:ty),*| $body:expr) => { $crate::functions::args::pure!(_ctx, |$($a: $t),*| $body) };
}
pub(crate) use {eval, pure};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_of_another_variant_is_an_internal_error() {
        let e = get::<i32>(&[Datum::Bool(true)], 0);
        assert!(matches!(e, Err(DatumError::Internal(_))));
        assert!(matches!(get::<i32>(&[], 0), Err(DatumError::Internal(_))));
        assert_eq!(get::<Option<i32>>(&[Datum::Null], 0), Ok(None));
    }
}
