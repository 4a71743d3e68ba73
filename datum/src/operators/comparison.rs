//! Comparison operators: all types with themselves, and PostgreSQL's mixes of integer, float, text and date types.
//!
//! Order: text by bytes (collation C), char(n) without its trailing spaces, NaN above every number, `true` above
//! `false`, infinities at the ends.

use super::op;
use super::ops;
use crate::compare::compare;
use crate::function::Operator;
use crate::functions::args::get;
use crate::{Datum, DatumError, EvalContext, TypeId as T};
use std::cmp::Ordering;

fn int(args: &[Datum], i: usize) -> Result<i64, DatumError> {
    args.get(i)
        .and_then(Datum::as_i64)
        .ok_or_else(|| DatumError::Internal("an integer operand is not an integer".into()))
}
fn integers(_: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    Ok(int(args, 0)?.cmp(&int(args, 1)?))
}
fn oids(ctx: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    integers(ctx, args)
}
fn float(args: &[Datum], i: usize) -> Result<f64, DatumError> {
    match args.get(i) {
        Some(Datum::Float4(v)) => Ok(f64::from(*v)),
        Some(Datum::Float8(v)) => Ok(*v),
        _ => Err(DatumError::Internal("a float operand is not a float".into())),
    }
}
fn floats(_: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    let (a, b) = (float(args, 0)?, float(args, 1)?);
    Ok(a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())))
}
fn texts(_: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    Ok(get::<&str>(args, 0)?.cmp(get::<&str>(args, 1)?))
}
fn bpchars(_: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    Ok(get::<&str>(args, 0)?.trim_end_matches(' ').cmp(get::<&str>(args, 1)?.trim_end_matches(' ')))
}
fn numerics(ctx: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    values(ctx, args)
}
fn moments(_: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    match (args.first(), args.get(1)) {
        (Some(Datum::Date(a)), Some(Datum::Date(b))) => Ok(a.cmp(b)),
        (Some(Datum::Timestamp(a)), Some(Datum::Timestamp(b)))
        | (Some(Datum::Timestamptz(a)), Some(Datum::Timestamptz(b))) => Ok(a.cmp(b)),
        _ => Err(DatumError::Internal("operands are not dates of one type".into())),
    }
}
/// Date, timestamp and timestamptz against each other: the one that has a zone decides whether zones matter.
fn mixed_moments(ctx: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    let [a, b] = args else { return Err(DatumError::Internal("a comparison takes two operands".into())) };
    let zoned = matches!(a, Datum::Timestamptz(_)) || matches!(b, Datum::Timestamptz(_));
    Ok(micros(ctx, a, zoned)?.cmp(&micros(ctx, b, zoned)?))
}
/// Microseconds in a width that holds every date's.
fn micros(ctx: &EvalContext, moment: &Datum, zoned: bool) -> Result<i128, DatumError> {
    const DAY_MICROS: i128 = 86_400_000_000;
    Ok(match moment {
        // The infinities lie beyond every date.
        Datum::Date(i32::MAX) | Datum::Timestamp(i64::MAX) | Datum::Timestamptz(i64::MAX) => i128::MAX,
        Datum::Date(i32::MIN) | Datum::Timestamp(i64::MIN) | Datum::Timestamptz(i64::MIN) => i128::MIN,
        Datum::Timestamptz(micros) => (*micros).into(),
        Datum::Timestamp(micros) if !zoned => (*micros).into(),
        Datum::Timestamp(_) => zone(ctx, moment, T::TIMESTAMP)?,
        Datum::Date(days) if zoned => match zone(ctx, moment, T::DATE) {
            // Dates reach further than timestamps: behind the last of these the zone does not matter.
            Err(DatumError::DatetimeFieldOverflow(_)) => i128::from(*days) * DAY_MICROS,
            other => other?,
        },
        Datum::Date(days) => i128::from(*days) * DAY_MICROS,
        _ => return Err(DatumError::Internal("an operand is neither date nor timestamp".into())),
    })
}
fn zone(ctx: &EvalContext, moment: &Datum, from: T) -> Result<i128, DatumError> {
    match crate::cast::cast(ctx, moment, from, T::TIMESTAMPTZ.plain(), false)? {
        Datum::Timestamptz(micros) => Ok(micros.into()),
        _ => Err(DatumError::Internal("a cast gave another type".into())),
    }
}
fn values(_: &EvalContext, args: &[Datum]) -> Result<Ordering, DatumError> {
    match args {
        [a, b] => Ok(compare(T::UNKNOWN, a, b)),
        _ => Err(DatumError::Internal("a comparison takes two operands".into())),
    }
}

/// A comparison operator from an order and a test of it.
macro_rules! by {
    ($order:ident, $test:ident) => {
        |ctx: &EvalContext, args: &[Datum]| Ok(Datum::Bool($order(ctx, args)?.$test()))
    };
}

pub static OPERATORS: &[Operator] = &[
    op(37, "<", Some(T::INT4), T::INT8, T::BOOL, by!(integers, is_lt)),
    op(80, "<=", Some(T::INT4), T::INT8, T::BOOL, by!(integers, is_le)),
    op(15, "=", Some(T::INT4), T::INT8, T::BOOL, by!(integers, is_eq)),
    op(36, "<>", Some(T::INT4), T::INT8, T::BOOL, by!(integers, is_ne)),
    op(82, ">=", Some(T::INT4), T::INT8, T::BOOL, by!(integers, is_ge)),
    op(76, ">", Some(T::INT4), T::INT8, T::BOOL, by!(integers, is_gt)),
    op(58, "<", Some(T::BOOL), T::BOOL, T::BOOL, by!(values, is_lt)),
    op(1694, "<=", Some(T::BOOL), T::BOOL, T::BOOL, by!(values, is_le)),
    op(91, "=", Some(T::BOOL), T::BOOL, T::BOOL, by!(values, is_eq)),
    op(85, "<>", Some(T::BOOL), T::BOOL, T::BOOL, by!(values, is_ne)),
    op(1695, ">=", Some(T::BOOL), T::BOOL, T::BOOL, by!(values, is_ge)),
    op(59, ">", Some(T::BOOL), T::BOOL, T::BOOL, by!(values, is_gt)),
    op(95, "<", Some(T::INT2), T::INT2, T::BOOL, by!(integers, is_lt)),
    op(522, "<=", Some(T::INT2), T::INT2, T::BOOL, by!(integers, is_le)),
    op(94, "=", Some(T::INT2), T::INT2, T::BOOL, by!(integers, is_eq)),
    op(519, "<>", Some(T::INT2), T::INT2, T::BOOL, by!(integers, is_ne)),
    op(524, ">=", Some(T::INT2), T::INT2, T::BOOL, by!(integers, is_ge)),
    op(520, ">", Some(T::INT2), T::INT2, T::BOOL, by!(integers, is_gt)),
    op(97, "<", Some(T::INT4), T::INT4, T::BOOL, by!(integers, is_lt)),
    op(523, "<=", Some(T::INT4), T::INT4, T::BOOL, by!(integers, is_le)),
    op(96, "=", Some(T::INT4), T::INT4, T::BOOL, by!(integers, is_eq)),
    op(518, "<>", Some(T::INT4), T::INT4, T::BOOL, by!(integers, is_ne)),
    op(525, ">=", Some(T::INT4), T::INT4, T::BOOL, by!(integers, is_ge)),
    op(521, ">", Some(T::INT4), T::INT4, T::BOOL, by!(integers, is_gt)),
    op(255, "<", Some(T::NAME), T::TEXT, T::BOOL, by!(texts, is_lt)),
    op(256, "<=", Some(T::NAME), T::TEXT, T::BOOL, by!(texts, is_le)),
    op(254, "=", Some(T::NAME), T::TEXT, T::BOOL, by!(texts, is_eq)),
    op(259, "<>", Some(T::NAME), T::TEXT, T::BOOL, by!(texts, is_ne)),
    op(257, ">=", Some(T::NAME), T::TEXT, T::BOOL, by!(texts, is_ge)),
    op(258, ">", Some(T::NAME), T::TEXT, T::BOOL, by!(texts, is_gt)),
    op(261, "<", Some(T::TEXT), T::NAME, T::BOOL, by!(texts, is_lt)),
    op(262, "<=", Some(T::TEXT), T::NAME, T::BOOL, by!(texts, is_le)),
    op(260, "=", Some(T::TEXT), T::NAME, T::BOOL, by!(texts, is_eq)),
    op(265, "<>", Some(T::TEXT), T::NAME, T::BOOL, by!(texts, is_ne)),
    op(263, ">=", Some(T::TEXT), T::NAME, T::BOOL, by!(texts, is_ge)),
    op(264, ">", Some(T::TEXT), T::NAME, T::BOOL, by!(texts, is_gt)),
    op(412, "<", Some(T::INT8), T::INT8, T::BOOL, by!(integers, is_lt)),
    op(414, "<=", Some(T::INT8), T::INT8, T::BOOL, by!(integers, is_le)),
    op(410, "=", Some(T::INT8), T::INT8, T::BOOL, by!(integers, is_eq)),
    op(411, "<>", Some(T::INT8), T::INT8, T::BOOL, by!(integers, is_ne)),
    op(415, ">=", Some(T::INT8), T::INT8, T::BOOL, by!(integers, is_ge)),
    op(413, ">", Some(T::INT8), T::INT8, T::BOOL, by!(integers, is_gt)),
    op(418, "<", Some(T::INT8), T::INT4, T::BOOL, by!(integers, is_lt)),
    op(420, "<=", Some(T::INT8), T::INT4, T::BOOL, by!(integers, is_le)),
    op(416, "=", Some(T::INT8), T::INT4, T::BOOL, by!(integers, is_eq)),
    op(417, "<>", Some(T::INT8), T::INT4, T::BOOL, by!(integers, is_ne)),
    op(430, ">=", Some(T::INT8), T::INT4, T::BOOL, by!(integers, is_ge)),
    op(419, ">", Some(T::INT8), T::INT4, T::BOOL, by!(integers, is_gt)),
    op(534, "<", Some(T::INT2), T::INT4, T::BOOL, by!(integers, is_lt)),
    op(540, "<=", Some(T::INT2), T::INT4, T::BOOL, by!(integers, is_le)),
    op(532, "=", Some(T::INT2), T::INT4, T::BOOL, by!(integers, is_eq)),
    op(538, "<>", Some(T::INT2), T::INT4, T::BOOL, by!(integers, is_ne)),
    op(542, ">=", Some(T::INT2), T::INT4, T::BOOL, by!(integers, is_ge)),
    op(536, ">", Some(T::INT2), T::INT4, T::BOOL, by!(integers, is_gt)),
    op(535, "<", Some(T::INT4), T::INT2, T::BOOL, by!(integers, is_lt)),
    op(541, "<=", Some(T::INT4), T::INT2, T::BOOL, by!(integers, is_le)),
    op(533, "=", Some(T::INT4), T::INT2, T::BOOL, by!(integers, is_eq)),
    op(539, "<>", Some(T::INT4), T::INT2, T::BOOL, by!(integers, is_ne)),
    op(543, ">=", Some(T::INT4), T::INT2, T::BOOL, by!(integers, is_ge)),
    op(537, ">", Some(T::INT4), T::INT2, T::BOOL, by!(integers, is_gt)),
    op(609, "<", Some(T::OID), T::OID, T::BOOL, by!(oids, is_lt)),
    op(611, "<=", Some(T::OID), T::OID, T::BOOL, by!(oids, is_le)),
    op(607, "=", Some(T::OID), T::OID, T::BOOL, by!(oids, is_eq)),
    op(608, "<>", Some(T::OID), T::OID, T::BOOL, by!(oids, is_ne)),
    op(612, ">=", Some(T::OID), T::OID, T::BOOL, by!(oids, is_ge)),
    op(610, ">", Some(T::OID), T::OID, T::BOOL, by!(oids, is_gt)),
    op(622, "<", Some(T::FLOAT4), T::FLOAT4, T::BOOL, by!(floats, is_lt)),
    op(624, "<=", Some(T::FLOAT4), T::FLOAT4, T::BOOL, by!(floats, is_le)),
    op(620, "=", Some(T::FLOAT4), T::FLOAT4, T::BOOL, by!(floats, is_eq)),
    op(621, "<>", Some(T::FLOAT4), T::FLOAT4, T::BOOL, by!(floats, is_ne)),
    op(625, ">=", Some(T::FLOAT4), T::FLOAT4, T::BOOL, by!(floats, is_ge)),
    op(623, ">", Some(T::FLOAT4), T::FLOAT4, T::BOOL, by!(floats, is_gt)),
    op(631, "<", Some(T::CHAR), T::CHAR, T::BOOL, by!(values, is_lt)),
    op(632, "<=", Some(T::CHAR), T::CHAR, T::BOOL, by!(values, is_le)),
    op(92, "=", Some(T::CHAR), T::CHAR, T::BOOL, by!(values, is_eq)),
    op(630, "<>", Some(T::CHAR), T::CHAR, T::BOOL, by!(values, is_ne)),
    op(634, ">=", Some(T::CHAR), T::CHAR, T::BOOL, by!(values, is_ge)),
    op(633, ">", Some(T::CHAR), T::CHAR, T::BOOL, by!(values, is_gt)),
    op(660, "<", Some(T::NAME), T::NAME, T::BOOL, by!(texts, is_lt)),
    op(661, "<=", Some(T::NAME), T::NAME, T::BOOL, by!(texts, is_le)),
    op(93, "=", Some(T::NAME), T::NAME, T::BOOL, by!(texts, is_eq)),
    op(643, "<>", Some(T::NAME), T::NAME, T::BOOL, by!(texts, is_ne)),
    op(663, ">=", Some(T::NAME), T::NAME, T::BOOL, by!(texts, is_ge)),
    op(662, ">", Some(T::NAME), T::NAME, T::BOOL, by!(texts, is_gt)),
    op(664, "<", Some(T::TEXT), T::TEXT, T::BOOL, by!(texts, is_lt)),
    op(665, "<=", Some(T::TEXT), T::TEXT, T::BOOL, by!(texts, is_le)),
    op(98, "=", Some(T::TEXT), T::TEXT, T::BOOL, by!(texts, is_eq)),
    op(531, "<>", Some(T::TEXT), T::TEXT, T::BOOL, by!(texts, is_ne)),
    op(667, ">=", Some(T::TEXT), T::TEXT, T::BOOL, by!(texts, is_ge)),
    op(666, ">", Some(T::TEXT), T::TEXT, T::BOOL, by!(texts, is_gt)),
    op(672, "<", Some(T::FLOAT8), T::FLOAT8, T::BOOL, by!(floats, is_lt)),
    op(673, "<=", Some(T::FLOAT8), T::FLOAT8, T::BOOL, by!(floats, is_le)),
    op(670, "=", Some(T::FLOAT8), T::FLOAT8, T::BOOL, by!(floats, is_eq)),
    op(671, "<>", Some(T::FLOAT8), T::FLOAT8, T::BOOL, by!(floats, is_ne)),
    op(675, ">=", Some(T::FLOAT8), T::FLOAT8, T::BOOL, by!(floats, is_ge)),
    op(674, ">", Some(T::FLOAT8), T::FLOAT8, T::BOOL, by!(floats, is_gt)),
    op(1058, "<", Some(T::BPCHAR), T::BPCHAR, T::BOOL, by!(bpchars, is_lt)),
    op(1059, "<=", Some(T::BPCHAR), T::BPCHAR, T::BOOL, by!(bpchars, is_le)),
    op(1054, "=", Some(T::BPCHAR), T::BPCHAR, T::BOOL, by!(bpchars, is_eq)),
    op(1057, "<>", Some(T::BPCHAR), T::BPCHAR, T::BOOL, by!(bpchars, is_ne)),
    op(1061, ">=", Some(T::BPCHAR), T::BPCHAR, T::BOOL, by!(bpchars, is_ge)),
    op(1060, ">", Some(T::BPCHAR), T::BPCHAR, T::BOOL, by!(bpchars, is_gt)),
    op(1072, "<", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, by!(values, is_lt)),
    op(1074, "<=", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, by!(values, is_le)),
    op(1070, "=", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, by!(values, is_eq)),
    op(1071, "<>", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, by!(values, is_ne)),
    op(1075, ">=", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, by!(values, is_ge)),
    op(1073, ">", Some(T::ANYARRAY), T::ANYARRAY, T::BOOL, by!(values, is_gt)),
    op(1095, "<", Some(T::DATE), T::DATE, T::BOOL, by!(moments, is_lt)),
    op(1096, "<=", Some(T::DATE), T::DATE, T::BOOL, by!(moments, is_le)),
    op(1093, "=", Some(T::DATE), T::DATE, T::BOOL, by!(moments, is_eq)),
    op(1094, "<>", Some(T::DATE), T::DATE, T::BOOL, by!(moments, is_ne)),
    op(1098, ">=", Some(T::DATE), T::DATE, T::BOOL, by!(moments, is_ge)),
    op(1097, ">", Some(T::DATE), T::DATE, T::BOOL, by!(moments, is_gt)),
    op(1122, "<", Some(T::FLOAT4), T::FLOAT8, T::BOOL, by!(floats, is_lt)),
    op(1124, "<=", Some(T::FLOAT4), T::FLOAT8, T::BOOL, by!(floats, is_le)),
    op(1120, "=", Some(T::FLOAT4), T::FLOAT8, T::BOOL, by!(floats, is_eq)),
    op(1121, "<>", Some(T::FLOAT4), T::FLOAT8, T::BOOL, by!(floats, is_ne)),
    op(1125, ">=", Some(T::FLOAT4), T::FLOAT8, T::BOOL, by!(floats, is_ge)),
    op(1123, ">", Some(T::FLOAT4), T::FLOAT8, T::BOOL, by!(floats, is_gt)),
    op(1132, "<", Some(T::FLOAT8), T::FLOAT4, T::BOOL, by!(floats, is_lt)),
    op(1134, "<=", Some(T::FLOAT8), T::FLOAT4, T::BOOL, by!(floats, is_le)),
    op(1130, "=", Some(T::FLOAT8), T::FLOAT4, T::BOOL, by!(floats, is_eq)),
    op(1131, "<>", Some(T::FLOAT8), T::FLOAT4, T::BOOL, by!(floats, is_ne)),
    op(1135, ">=", Some(T::FLOAT8), T::FLOAT4, T::BOOL, by!(floats, is_ge)),
    op(1133, ">", Some(T::FLOAT8), T::FLOAT4, T::BOOL, by!(floats, is_gt)),
    op(1322, "<", Some(T::TIMESTAMPTZ), T::TIMESTAMPTZ, T::BOOL, by!(moments, is_lt)),
    op(1323, "<=", Some(T::TIMESTAMPTZ), T::TIMESTAMPTZ, T::BOOL, by!(moments, is_le)),
    op(1320, "=", Some(T::TIMESTAMPTZ), T::TIMESTAMPTZ, T::BOOL, by!(moments, is_eq)),
    op(1321, "<>", Some(T::TIMESTAMPTZ), T::TIMESTAMPTZ, T::BOOL, by!(moments, is_ne)),
    op(1325, ">=", Some(T::TIMESTAMPTZ), T::TIMESTAMPTZ, T::BOOL, by!(moments, is_ge)),
    op(1324, ">", Some(T::TIMESTAMPTZ), T::TIMESTAMPTZ, T::BOOL, by!(moments, is_gt)),
    op(1332, "<", Some(T::INTERVAL), T::INTERVAL, T::BOOL, by!(values, is_lt)),
    op(1333, "<=", Some(T::INTERVAL), T::INTERVAL, T::BOOL, by!(values, is_le)),
    op(1330, "=", Some(T::INTERVAL), T::INTERVAL, T::BOOL, by!(values, is_eq)),
    op(1331, "<>", Some(T::INTERVAL), T::INTERVAL, T::BOOL, by!(values, is_ne)),
    op(1335, ">=", Some(T::INTERVAL), T::INTERVAL, T::BOOL, by!(values, is_ge)),
    op(1334, ">", Some(T::INTERVAL), T::INTERVAL, T::BOOL, by!(values, is_gt)),
    op(1754, "<", Some(T::NUMERIC), T::NUMERIC, T::BOOL, by!(numerics, is_lt)),
    op(1755, "<=", Some(T::NUMERIC), T::NUMERIC, T::BOOL, by!(numerics, is_le)),
    op(1752, "=", Some(T::NUMERIC), T::NUMERIC, T::BOOL, by!(numerics, is_eq)),
    op(1753, "<>", Some(T::NUMERIC), T::NUMERIC, T::BOOL, by!(numerics, is_ne)),
    op(1757, ">=", Some(T::NUMERIC), T::NUMERIC, T::BOOL, by!(numerics, is_ge)),
    op(1756, ">", Some(T::NUMERIC), T::NUMERIC, T::BOOL, by!(numerics, is_gt)),
    op(1864, "<", Some(T::INT2), T::INT8, T::BOOL, by!(integers, is_lt)),
    op(1866, "<=", Some(T::INT2), T::INT8, T::BOOL, by!(integers, is_le)),
    op(1862, "=", Some(T::INT2), T::INT8, T::BOOL, by!(integers, is_eq)),
    op(1863, "<>", Some(T::INT2), T::INT8, T::BOOL, by!(integers, is_ne)),
    op(1867, ">=", Some(T::INT2), T::INT8, T::BOOL, by!(integers, is_ge)),
    op(1865, ">", Some(T::INT2), T::INT8, T::BOOL, by!(integers, is_gt)),
    op(1870, "<", Some(T::INT8), T::INT2, T::BOOL, by!(integers, is_lt)),
    op(1872, "<=", Some(T::INT8), T::INT2, T::BOOL, by!(integers, is_le)),
    op(1868, "=", Some(T::INT8), T::INT2, T::BOOL, by!(integers, is_eq)),
    op(1869, "<>", Some(T::INT8), T::INT2, T::BOOL, by!(integers, is_ne)),
    op(1873, ">=", Some(T::INT8), T::INT2, T::BOOL, by!(integers, is_ge)),
    op(1871, ">", Some(T::INT8), T::INT2, T::BOOL, by!(integers, is_gt)),
    op(1957, "<", Some(T::BYTEA), T::BYTEA, T::BOOL, by!(values, is_lt)),
    op(1958, "<=", Some(T::BYTEA), T::BYTEA, T::BOOL, by!(values, is_le)),
    op(1955, "=", Some(T::BYTEA), T::BYTEA, T::BOOL, by!(values, is_eq)),
    op(1956, "<>", Some(T::BYTEA), T::BYTEA, T::BOOL, by!(values, is_ne)),
    op(1960, ">=", Some(T::BYTEA), T::BYTEA, T::BOOL, by!(values, is_ge)),
    op(1959, ">", Some(T::BYTEA), T::BYTEA, T::BOOL, by!(values, is_gt)),
    op(2062, "<", Some(T::TIMESTAMP), T::TIMESTAMP, T::BOOL, by!(moments, is_lt)),
    op(2063, "<=", Some(T::TIMESTAMP), T::TIMESTAMP, T::BOOL, by!(moments, is_le)),
    op(2060, "=", Some(T::TIMESTAMP), T::TIMESTAMP, T::BOOL, by!(moments, is_eq)),
    op(2061, "<>", Some(T::TIMESTAMP), T::TIMESTAMP, T::BOOL, by!(moments, is_ne)),
    op(2065, ">=", Some(T::TIMESTAMP), T::TIMESTAMP, T::BOOL, by!(moments, is_ge)),
    op(2064, ">", Some(T::TIMESTAMP), T::TIMESTAMP, T::BOOL, by!(moments, is_gt)),
    op(2345, "<", Some(T::DATE), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_lt)),
    op(2346, "<=", Some(T::DATE), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_le)),
    op(2347, "=", Some(T::DATE), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_eq)),
    op(2350, "<>", Some(T::DATE), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_ne)),
    op(2348, ">=", Some(T::DATE), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_ge)),
    op(2349, ">", Some(T::DATE), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_gt)),
    ops(2358, "<", Some(T::DATE), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_lt)),
    ops(2359, "<=", Some(T::DATE), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_le)),
    ops(2360, "=", Some(T::DATE), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_eq)),
    ops(2363, "<>", Some(T::DATE), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_ne)),
    ops(2361, ">=", Some(T::DATE), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_ge)),
    ops(2362, ">", Some(T::DATE), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_gt)),
    op(2371, "<", Some(T::TIMESTAMP), T::DATE, T::BOOL, by!(mixed_moments, is_lt)),
    op(2372, "<=", Some(T::TIMESTAMP), T::DATE, T::BOOL, by!(mixed_moments, is_le)),
    op(2373, "=", Some(T::TIMESTAMP), T::DATE, T::BOOL, by!(mixed_moments, is_eq)),
    op(2376, "<>", Some(T::TIMESTAMP), T::DATE, T::BOOL, by!(mixed_moments, is_ne)),
    op(2374, ">=", Some(T::TIMESTAMP), T::DATE, T::BOOL, by!(mixed_moments, is_ge)),
    op(2375, ">", Some(T::TIMESTAMP), T::DATE, T::BOOL, by!(mixed_moments, is_gt)),
    ops(2384, "<", Some(T::TIMESTAMPTZ), T::DATE, T::BOOL, by!(mixed_moments, is_lt)),
    ops(2385, "<=", Some(T::TIMESTAMPTZ), T::DATE, T::BOOL, by!(mixed_moments, is_le)),
    ops(2386, "=", Some(T::TIMESTAMPTZ), T::DATE, T::BOOL, by!(mixed_moments, is_eq)),
    ops(2389, "<>", Some(T::TIMESTAMPTZ), T::DATE, T::BOOL, by!(mixed_moments, is_ne)),
    ops(2387, ">=", Some(T::TIMESTAMPTZ), T::DATE, T::BOOL, by!(mixed_moments, is_ge)),
    ops(2388, ">", Some(T::TIMESTAMPTZ), T::DATE, T::BOOL, by!(mixed_moments, is_gt)),
    ops(2534, "<", Some(T::TIMESTAMP), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_lt)),
    ops(2535, "<=", Some(T::TIMESTAMP), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_le)),
    ops(2536, "=", Some(T::TIMESTAMP), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_eq)),
    ops(2539, "<>", Some(T::TIMESTAMP), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_ne)),
    ops(2537, ">=", Some(T::TIMESTAMP), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_ge)),
    ops(2538, ">", Some(T::TIMESTAMP), T::TIMESTAMPTZ, T::BOOL, by!(mixed_moments, is_gt)),
    ops(2540, "<", Some(T::TIMESTAMPTZ), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_lt)),
    ops(2541, "<=", Some(T::TIMESTAMPTZ), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_le)),
    ops(2542, "=", Some(T::TIMESTAMPTZ), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_eq)),
    ops(2545, "<>", Some(T::TIMESTAMPTZ), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_ne)),
    ops(2543, ">=", Some(T::TIMESTAMPTZ), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_ge)),
    ops(2544, ">", Some(T::TIMESTAMPTZ), T::TIMESTAMP, T::BOOL, by!(mixed_moments, is_gt)),
    op(2974, "<", Some(T::UUID), T::UUID, T::BOOL, by!(values, is_lt)),
    op(2976, "<=", Some(T::UUID), T::UUID, T::BOOL, by!(values, is_le)),
    op(2972, "=", Some(T::UUID), T::UUID, T::BOOL, by!(values, is_eq)),
    op(2973, "<>", Some(T::UUID), T::UUID, T::BOOL, by!(values, is_ne)),
    op(2977, ">=", Some(T::UUID), T::UUID, T::BOOL, by!(values, is_ge)),
    op(2975, ">", Some(T::UUID), T::UUID, T::BOOL, by!(values, is_gt)),
    op(2990, "<", Some(T::RECORD), T::RECORD, T::BOOL, by!(values, is_lt)),
    op(2992, "<=", Some(T::RECORD), T::RECORD, T::BOOL, by!(values, is_le)),
    op(2988, "=", Some(T::RECORD), T::RECORD, T::BOOL, by!(values, is_eq)),
    op(2989, "<>", Some(T::RECORD), T::RECORD, T::BOOL, by!(values, is_ne)),
    op(2993, ">=", Some(T::RECORD), T::RECORD, T::BOOL, by!(values, is_ge)),
    op(2991, ">", Some(T::RECORD), T::RECORD, T::BOOL, by!(values, is_gt)),
];
