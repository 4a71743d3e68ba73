//! Formatting functions (manual 9.8) over the templates of `format`.

use super::args::{Date, Timestamp, Timestamptz, eval};
use super::fs;
use crate::datetime::Zone;
use crate::format::datetime::{interval_to_char, timestamp_to_char};
use crate::format::number::{Number, to_char, to_number};
use crate::format::parse;
use crate::function::Function;
use crate::{Interval, Numeric, TypeId as T};

/// Decimal digits of a double and of a real that mean something.
const DOUBLE_DIGITS: usize = 15;
const REAL_DIGITS: usize = 6;

pub static FUNCTIONS: &[Function] = &[
    fs(
        1773,
        "to_char",
        &[T::INT4, T::TEXT],
        T::TEXT,
        eval!(|n: i32, template: &str| to_char(Number::Exact(&Numeric::new(n, 0)), template)),
    ),
    fs(
        1774,
        "to_char",
        &[T::INT8, T::TEXT],
        T::TEXT,
        eval!(|n: i64, template: &str| to_char(Number::Exact(&Numeric::new(n, 0)), template)),
    ),
    fs(
        1772,
        "to_char",
        &[T::NUMERIC, T::TEXT],
        T::TEXT,
        eval!(|n: &Numeric, template: &str| to_char(Number::Exact(n), template)),
    ),
    fs(
        1775,
        "to_char",
        &[T::FLOAT4, T::TEXT],
        T::TEXT,
        eval!(|v: f32, template: &str| to_char(Number::Float(v.into(), REAL_DIGITS), template)),
    ),
    fs(
        1776,
        "to_char",
        &[T::FLOAT8, T::TEXT],
        T::TEXT,
        eval!(|v: f64, template: &str| to_char(Number::Float(v, DOUBLE_DIGITS), template)),
    ),
    fs(
        2049,
        "to_char",
        &[T::TIMESTAMP, T::TEXT],
        T::TEXT,
        eval!(|t: Timestamp, template: &str| timestamp_to_char(t.0, None, template)),
    ),
    fs(
        1770,
        "to_char",
        &[T::TIMESTAMPTZ, T::TEXT],
        T::TEXT,
        eval!(ctx, |t: Timestamptz, template: &str| timestamp_to_char(
            t.0,
            Some((&Zone::of_session(ctx), &ctx.time_zone)),
            template
        )),
    ),
    fs(
        1768,
        "to_char",
        &[T::INTERVAL, T::TEXT],
        T::TEXT,
        eval!(|i: Interval, template: &str| interval_to_char(i, template)),
    ),
    fs(
        1777,
        "to_number",
        &[T::TEXT, T::TEXT],
        T::NUMERIC,
        eval!(|text: &str, template: &str| to_number(text, template)),
    ),
    fs(
        1780,
        "to_date",
        &[T::TEXT, T::TEXT],
        T::DATE,
        eval!(|text: &str, template: &str| parse::to_date(text, template).map(Date)),
    ),
    fs(
        1778,
        "to_timestamp",
        &[T::TEXT, T::TEXT],
        T::TIMESTAMPTZ,
        eval!(ctx, |text: &str, template: &str| parse::to_timestamp(text, template, &Zone::of_session(ctx))
            .map(Timestamptz)),
    ),
];
