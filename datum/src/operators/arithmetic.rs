//! Arithmetic and bit operators on integers and floats: checked, with PostgreSQL's words.

use super::op;
use crate::function::Operator;
use crate::functions::args::{eval, pure};
use crate::functions::float;
use crate::{DatumError, TypeId as T};

/// Checked integer arithmetic in the wider type of the operands.
macro_rules! int {
    (div, $l:ty, $r:ty, $wide:ty, $name:literal) => {
        eval!(|a: $l, b: $r| {
            let (a, b) = (<$wide>::from(a), <$wide>::from(b));
            if b == 0 {
                Err(DatumError::DivisionByZero)
            } else {
                a.checked_div(b).ok_or_else(|| DatumError::out_of_range($name))
            }
        })
    };
    ($op:ident, $l:ty, $r:ty, $wide:ty, $name:literal) => {
        eval!(|a: $l, b: $r| int!(@$op <$wide>::from(a), <$wide>::from(b)).ok_or_else(|| DatumError::out_of_range($name)))
    };
    (@add $a:expr, $b:expr) => { $a.checked_add($b) };
    (@sub $a:expr, $b:expr) => { $a.checked_sub($b) };
    (@mul $a:expr, $b:expr) => { $a.checked_mul($b) };
}

/// Shift counts are taken modulo the width, as the machine does and PostgreSQL therefore shows.
pub static OPERATORS: &[Operator] = &[
    op(550, "+", Some(T::INT2), T::INT2, T::INT2, int!(add, i16, i16, i16, "smallint")),
    op(552, "+", Some(T::INT2), T::INT4, T::INT4, int!(add, i16, i32, i32, "integer")),
    op(822, "+", Some(T::INT2), T::INT8, T::INT8, int!(add, i16, i64, i64, "bigint")),
    op(553, "+", Some(T::INT4), T::INT2, T::INT4, int!(add, i32, i16, i32, "integer")),
    op(551, "+", Some(T::INT4), T::INT4, T::INT4, int!(add, i32, i32, i32, "integer")),
    op(692, "+", Some(T::INT4), T::INT8, T::INT8, int!(add, i32, i64, i64, "bigint")),
    op(818, "+", Some(T::INT8), T::INT2, T::INT8, int!(add, i64, i16, i64, "bigint")),
    op(688, "+", Some(T::INT8), T::INT4, T::INT8, int!(add, i64, i32, i64, "bigint")),
    op(684, "+", Some(T::INT8), T::INT8, T::INT8, int!(add, i64, i64, i64, "bigint")),
    op(554, "-", Some(T::INT2), T::INT2, T::INT2, int!(sub, i16, i16, i16, "smallint")),
    op(556, "-", Some(T::INT2), T::INT4, T::INT4, int!(sub, i16, i32, i32, "integer")),
    op(823, "-", Some(T::INT2), T::INT8, T::INT8, int!(sub, i16, i64, i64, "bigint")),
    op(557, "-", Some(T::INT4), T::INT2, T::INT4, int!(sub, i32, i16, i32, "integer")),
    op(555, "-", Some(T::INT4), T::INT4, T::INT4, int!(sub, i32, i32, i32, "integer")),
    op(693, "-", Some(T::INT4), T::INT8, T::INT8, int!(sub, i32, i64, i64, "bigint")),
    op(819, "-", Some(T::INT8), T::INT2, T::INT8, int!(sub, i64, i16, i64, "bigint")),
    op(689, "-", Some(T::INT8), T::INT4, T::INT8, int!(sub, i64, i32, i64, "bigint")),
    op(685, "-", Some(T::INT8), T::INT8, T::INT8, int!(sub, i64, i64, i64, "bigint")),
    op(526, "*", Some(T::INT2), T::INT2, T::INT2, int!(mul, i16, i16, i16, "smallint")),
    op(544, "*", Some(T::INT2), T::INT4, T::INT4, int!(mul, i16, i32, i32, "integer")),
    op(824, "*", Some(T::INT2), T::INT8, T::INT8, int!(mul, i16, i64, i64, "bigint")),
    op(545, "*", Some(T::INT4), T::INT2, T::INT4, int!(mul, i32, i16, i32, "integer")),
    op(514, "*", Some(T::INT4), T::INT4, T::INT4, int!(mul, i32, i32, i32, "integer")),
    op(694, "*", Some(T::INT4), T::INT8, T::INT8, int!(mul, i32, i64, i64, "bigint")),
    op(820, "*", Some(T::INT8), T::INT2, T::INT8, int!(mul, i64, i16, i64, "bigint")),
    op(690, "*", Some(T::INT8), T::INT4, T::INT8, int!(mul, i64, i32, i64, "bigint")),
    op(686, "*", Some(T::INT8), T::INT8, T::INT8, int!(mul, i64, i64, i64, "bigint")),
    op(527, "/", Some(T::INT2), T::INT2, T::INT2, int!(div, i16, i16, i16, "smallint")),
    op(546, "/", Some(T::INT2), T::INT4, T::INT4, int!(div, i16, i32, i32, "integer")),
    op(825, "/", Some(T::INT2), T::INT8, T::INT8, int!(div, i16, i64, i64, "bigint")),
    op(547, "/", Some(T::INT4), T::INT2, T::INT4, int!(div, i32, i16, i32, "integer")),
    op(528, "/", Some(T::INT4), T::INT4, T::INT4, int!(div, i32, i32, i32, "integer")),
    op(695, "/", Some(T::INT4), T::INT8, T::INT8, int!(div, i32, i64, i64, "bigint")),
    op(821, "/", Some(T::INT8), T::INT2, T::INT8, int!(div, i64, i16, i64, "bigint")),
    op(691, "/", Some(T::INT8), T::INT4, T::INT8, int!(div, i64, i32, i64, "bigint")),
    op(687, "/", Some(T::INT8), T::INT8, T::INT8, int!(div, i64, i64, i64, "bigint")),
    op(
        529,
        "%",
        Some(T::INT2),
        T::INT2,
        T::INT2,
        eval!(|a: i16, b: i16| if b == 0 { Err(DatumError::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }),
    ),
    op(1874, "&", Some(T::INT2), T::INT2, T::INT2, pure!(|a: i16, b: i16| a & b)),
    op(1875, "|", Some(T::INT2), T::INT2, T::INT2, pure!(|a: i16, b: i16| a | b)),
    op(1876, "#", Some(T::INT2), T::INT2, T::INT2, pure!(|a: i16, b: i16| a ^ b)),
    op(1877, "~", None, T::INT2, T::INT2, pure!(|a: i16| !a)),
    op(
        1878,
        "<<",
        Some(T::INT2),
        T::INT4,
        T::INT2,
        pure!(|a: i16, b: i32| (i32::from(a)).wrapping_shl(b as u32) as i16),
    ),
    op(
        1879,
        ">>",
        Some(T::INT2),
        T::INT4,
        T::INT2,
        pure!(|a: i16, b: i32| (i32::from(a)).wrapping_shr(b as u32) as i16),
    ),
    op(1917, "+", None, T::INT2, T::INT2, pure!(|a: i16| a)),
    op(
        559,
        "-",
        None,
        T::INT2,
        T::INT2,
        eval!(|a: i16| a.checked_neg().ok_or_else(|| DatumError::out_of_range("smallint"))),
    ),
    op(
        682,
        "@",
        None,
        T::INT2,
        T::INT2,
        eval!(|a: i16| a.checked_abs().ok_or_else(|| DatumError::out_of_range("smallint"))),
    ),
    op(
        530,
        "%",
        Some(T::INT4),
        T::INT4,
        T::INT4,
        eval!(|a: i32, b: i32| if b == 0 { Err(DatumError::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }),
    ),
    op(1880, "&", Some(T::INT4), T::INT4, T::INT4, pure!(|a: i32, b: i32| a & b)),
    op(1881, "|", Some(T::INT4), T::INT4, T::INT4, pure!(|a: i32, b: i32| a | b)),
    op(1882, "#", Some(T::INT4), T::INT4, T::INT4, pure!(|a: i32, b: i32| a ^ b)),
    op(1883, "~", None, T::INT4, T::INT4, pure!(|a: i32| !a)),
    op(1884, "<<", Some(T::INT4), T::INT4, T::INT4, pure!(|a: i32, b: i32| a.wrapping_shl(b as u32))),
    op(1885, ">>", Some(T::INT4), T::INT4, T::INT4, pure!(|a: i32, b: i32| a.wrapping_shr(b as u32))),
    op(1918, "+", None, T::INT4, T::INT4, pure!(|a: i32| a)),
    op(
        558,
        "-",
        None,
        T::INT4,
        T::INT4,
        eval!(|a: i32| a.checked_neg().ok_or_else(|| DatumError::out_of_range("integer"))),
    ),
    op(
        773,
        "@",
        None,
        T::INT4,
        T::INT4,
        eval!(|a: i32| a.checked_abs().ok_or_else(|| DatumError::out_of_range("integer"))),
    ),
    op(
        439,
        "%",
        Some(T::INT8),
        T::INT8,
        T::INT8,
        eval!(|a: i64, b: i64| if b == 0 { Err(DatumError::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }),
    ),
    op(1886, "&", Some(T::INT8), T::INT8, T::INT8, pure!(|a: i64, b: i64| a & b)),
    op(1887, "|", Some(T::INT8), T::INT8, T::INT8, pure!(|a: i64, b: i64| a | b)),
    op(1888, "#", Some(T::INT8), T::INT8, T::INT8, pure!(|a: i64, b: i64| a ^ b)),
    op(1889, "~", None, T::INT8, T::INT8, pure!(|a: i64| !a)),
    op(1890, "<<", Some(T::INT8), T::INT4, T::INT8, pure!(|a: i64, b: i32| a.wrapping_shl(b as u32))),
    op(1891, ">>", Some(T::INT8), T::INT4, T::INT8, pure!(|a: i64, b: i32| a.wrapping_shr(b as u32))),
    op(1916, "+", None, T::INT8, T::INT8, pure!(|a: i64| a)),
    op(
        484,
        "-",
        None,
        T::INT8,
        T::INT8,
        eval!(|a: i64| a.checked_neg().ok_or_else(|| DatumError::out_of_range("bigint"))),
    ),
    op(
        473,
        "@",
        None,
        T::INT8,
        T::INT8,
        eval!(|a: i64| a.checked_abs().ok_or_else(|| DatumError::out_of_range("bigint"))),
    ),
    op(586, "+", Some(T::FLOAT4), T::FLOAT4, T::FLOAT4, eval!(|a: f32, b: f32| float::add(a, b))),
    op(1116, "+", Some(T::FLOAT4), T::FLOAT8, T::FLOAT8, eval!(|a: f32, b: f64| float::add(f64::from(a), b))),
    op(1126, "+", Some(T::FLOAT8), T::FLOAT4, T::FLOAT8, eval!(|a: f64, b: f32| float::add(a, f64::from(b)))),
    op(591, "+", Some(T::FLOAT8), T::FLOAT8, T::FLOAT8, eval!(|a: f64, b: f64| float::add(a, b))),
    op(587, "-", Some(T::FLOAT4), T::FLOAT4, T::FLOAT4, eval!(|a: f32, b: f32| float::sub(a, b))),
    op(1117, "-", Some(T::FLOAT4), T::FLOAT8, T::FLOAT8, eval!(|a: f32, b: f64| float::sub(f64::from(a), b))),
    op(1127, "-", Some(T::FLOAT8), T::FLOAT4, T::FLOAT8, eval!(|a: f64, b: f32| float::sub(a, f64::from(b)))),
    op(592, "-", Some(T::FLOAT8), T::FLOAT8, T::FLOAT8, eval!(|a: f64, b: f64| float::sub(a, b))),
    op(589, "*", Some(T::FLOAT4), T::FLOAT4, T::FLOAT4, eval!(|a: f32, b: f32| float::mul(a, b))),
    op(1119, "*", Some(T::FLOAT4), T::FLOAT8, T::FLOAT8, eval!(|a: f32, b: f64| float::mul(f64::from(a), b))),
    op(1129, "*", Some(T::FLOAT8), T::FLOAT4, T::FLOAT8, eval!(|a: f64, b: f32| float::mul(a, f64::from(b)))),
    op(594, "*", Some(T::FLOAT8), T::FLOAT8, T::FLOAT8, eval!(|a: f64, b: f64| float::mul(a, b))),
    op(588, "/", Some(T::FLOAT4), T::FLOAT4, T::FLOAT4, eval!(|a: f32, b: f32| float::div(a, b))),
    op(1118, "/", Some(T::FLOAT4), T::FLOAT8, T::FLOAT8, eval!(|a: f32, b: f64| float::div(f64::from(a), b))),
    op(1128, "/", Some(T::FLOAT8), T::FLOAT4, T::FLOAT8, eval!(|a: f64, b: f32| float::div(a, f64::from(b)))),
    op(593, "/", Some(T::FLOAT8), T::FLOAT8, T::FLOAT8, eval!(|a: f64, b: f64| float::div(a, b))),
    op(1919, "+", None, T::FLOAT4, T::FLOAT4, pure!(|a: f32| a)),
    op(584, "-", None, T::FLOAT4, T::FLOAT4, pure!(|a: f32| -a)),
    op(590, "@", None, T::FLOAT4, T::FLOAT4, pure!(|a: f32| a.abs())),
    op(1920, "+", None, T::FLOAT8, T::FLOAT8, pure!(|a: f64| a)),
    op(585, "-", None, T::FLOAT8, T::FLOAT8, pure!(|a: f64| -a)),
    op(595, "@", None, T::FLOAT8, T::FLOAT8, pure!(|a: f64| a.abs())),
    op(965, "^", Some(T::FLOAT8), T::FLOAT8, T::FLOAT8, eval!(|a: f64, b: f64| float::power(a, b))),
    op(596, "|/", None, T::FLOAT8, T::FLOAT8, eval!(|a: f64| float::sqrt(a))),
    op(597, "||/", None, T::FLOAT8, T::FLOAT8, eval!(|a: f64| float::cbrt(a))),
];
