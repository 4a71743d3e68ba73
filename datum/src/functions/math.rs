//! Mathematical functions (manual 9.3) on integers and floats; those on numeric are in `math_numeric`.

use super::args::{eval, pure, session};
use super::{f, float, fv};
use crate::function::Function;
use crate::{DatumError, TypeId as T};

/// `gcd` by Euclid; the only overflow is a result of -MIN.
macro_rules! gcd {
    ($t:ty, $name:literal) => {
        |a: $t, b: $t| -> Result<$t, DatumError> {
            let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
            while b != 0 {
                (a, b) = (b, a % b);
            }
            <$t>::try_from(a).map_err(|_| DatumError::out_of_range($name))
        }
    };
}
macro_rules! lcm {
    ($t:ty, $name:literal) => {
        |a: $t, b: $t| -> Result<$t, DatumError> {
            if a == 0 || b == 0 {
                return Ok(0);
            }
            let divisor = gcd!($t, $name)(a, b)?;
            (a / divisor)
                .checked_mul(b)
                .and_then(<$t>::checked_abs)
                .ok_or_else(|| DatumError::out_of_range($name))
        }
    };
}

/// A random float of 53 bits in `[0, 1)`.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

fn abs_range(name: &'static str) -> impl Fn() -> DatumError {
    move || DatumError::out_of_range(name)
}

pub static FUNCTIONS: &[Function] = &[
    f(1398, "abs", &[T::INT2], T::INT2, eval!(|a: i16| a.checked_abs().ok_or_else(abs_range("smallint")))),
    f(1397, "abs", &[T::INT4], T::INT4, eval!(|a: i32| a.checked_abs().ok_or_else(abs_range("integer")))),
    f(1396, "abs", &[T::INT8], T::INT8, eval!(|a: i64| a.checked_abs().ok_or_else(abs_range("bigint")))),
    f(1394, "abs", &[T::FLOAT4], T::FLOAT4, pure!(|a: f32| a.abs())),
    f(1395, "abs", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.abs())),
    f(1345, "cbrt", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::cbrt(a))),
    f(2308, "ceil", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.ceil())),
    f(2320, "ceiling", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.ceil())),
    f(2309, "floor", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.floor())),
    f(1608, "degrees", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::degrees(a))),
    f(1609, "radians", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::radians(a))),
    f(1347, "exp", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::exp(a))),
    f(1341, "ln", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::ln(a))),
    f(1340, "log", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::log10(a))),
    f(1194, "log10", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::log10(a))),
    f(5044, "gcd", &[T::INT4, T::INT4], T::INT4, eval!(|a: i32, b: i32| gcd!(i32, "integer")(a, b))),
    f(5045, "gcd", &[T::INT8, T::INT8], T::INT8, eval!(|a: i64, b: i64| gcd!(i64, "bigint")(a, b))),
    f(5046, "lcm", &[T::INT4, T::INT4], T::INT4, eval!(|a: i32, b: i32| lcm!(i32, "integer")(a, b))),
    f(5047, "lcm", &[T::INT8, T::INT8], T::INT8, eval!(|a: i64, b: i64| lcm!(i64, "bigint")(a, b))),
    f(
        940,
        "mod",
        &[T::INT2, T::INT2],
        T::INT2,
        eval!(|a: i16, b: i16| if b == 0 { Err(DatumError::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }),
    ),
    f(
        941,
        "mod",
        &[T::INT4, T::INT4],
        T::INT4,
        eval!(|a: i32, b: i32| if b == 0 { Err(DatumError::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }),
    ),
    f(
        947,
        "mod",
        &[T::INT8, T::INT8],
        T::INT8,
        eval!(|a: i64, b: i64| if b == 0 { Err(DatumError::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }),
    ),
    f(1610, "pi", &[], T::FLOAT8, pure!(|| std::f64::consts::PI)),
    f(1368, "power", &[T::FLOAT8, T::FLOAT8], T::FLOAT8, eval!(|a: f64, b: f64| float::power(a, b))),
    f(1346, "pow", &[T::FLOAT8, T::FLOAT8], T::FLOAT8, eval!(|a: f64, b: f64| float::power(a, b))),
    f(1342, "round", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| float::round(a))),
    f(1343, "trunc", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.trunc())),
    f(2310, "sign", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| float::sign(a))),
    f(1344, "sqrt", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::sqrt(a))),
    f(
        320,
        "width_bucket",
        &[T::FLOAT8, T::FLOAT8, T::FLOAT8, T::INT4],
        T::INT4,
        eval!(|a: f64, low: f64, high: f64, count: i32| float::width_bucket(a, low, high, count)),
    ),
    fv(1598, "random", &[], T::FLOAT8, eval!(ctx, || session(ctx).map(|s| unit(s.random())))),
    fv(
        1599,
        "setseed",
        &[T::FLOAT8],
        T::VOID,
        eval!(ctx, |seed: f64| {
            if !(-1.0..=1.0).contains(&seed) {
                return Err(DatumError::InvalidParameterValue(format!(
                    "setseed parameter {seed} is out of allowed range [-1,1]"
                )));
            }
            session(ctx).map(|s| {
                s.set_seed(seed);
                crate::Datum::Void
            })
        }),
    ),
    f(1604, "sin", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::periodic(a, f64::sin))),
    f(1605, "cos", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::periodic(a, f64::cos))),
    f(1606, "tan", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::periodic(a, f64::tan))),
    f(1607, "cot", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::cot(a))),
    f(1600, "asin", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::within_one(a, f64::asin))),
    f(1601, "acos", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::within_one(a, f64::acos))),
    f(1602, "atan", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.atan())),
    f(1603, "atan2", &[T::FLOAT8, T::FLOAT8], T::FLOAT8, pure!(|a: f64, b: f64| a.atan2(b))),
    f(2735, "sind", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::sind(a))),
    f(2736, "cosd", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::cosd(a))),
    f(2737, "tand", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::tand(a))),
    f(2738, "cotd", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::cotd(a))),
    f(2731, "asind", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::asind(a))),
    f(2732, "acosd", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::acosd(a))),
    f(2733, "atand", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| float::atand(a))),
    f(2734, "atan2d", &[T::FLOAT8, T::FLOAT8], T::FLOAT8, pure!(|a: f64, b: f64| float::atan2d(a, b))),
    f(2462, "sinh", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::sinh(a))),
    f(2463, "cosh", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::cosh(a))),
    f(2464, "tanh", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.tanh())),
    f(2465, "asinh", &[T::FLOAT8], T::FLOAT8, pure!(|a: f64| a.asinh())),
    f(2466, "acosh", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::acosh(a))),
    f(2467, "atanh", &[T::FLOAT8], T::FLOAT8, eval!(|a: f64| float::atanh(a))),
];
