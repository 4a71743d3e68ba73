//! Arithmetic operators on dates, timestamps and intervals.

use super::{op, ops};
use crate::datetime::{
    Zone, date_add_days, date_sub, date_to_timestamp, timestamp_add, timestamp_sub, timestamptz_add,
};
use crate::function::Operator;
use crate::functions::args::{Date, Timestamp, Timestamptz, eval};
use crate::{DatumError, Interval, TypeId as T};

fn date_out_of_range() -> DatumError {
    DatumError::DatetimeFieldOverflow("date out of range".into())
}

pub static OPERATORS: &[Operator] = &[
    op(1100, "+", Some(T::DATE), T::INT4, T::DATE, eval!(|d: Date, n: i32| date_add_days(d.0, n).map(Date))),
    op(2555, "+", Some(T::INT4), T::DATE, T::DATE, eval!(|n: i32, d: Date| date_add_days(d.0, n).map(Date))),
    op(
        1101,
        "-",
        Some(T::DATE),
        T::INT4,
        T::DATE,
        eval!(|d: Date, n: i32| date_add_days(d.0, n.checked_neg().ok_or_else(date_out_of_range)?).map(Date)),
    ),
    op(1099, "-", Some(T::DATE), T::DATE, T::INT4, eval!(|a: Date, b: Date| date_sub(a.0, b.0))),
    op(
        1076,
        "+",
        Some(T::DATE),
        T::INTERVAL,
        T::TIMESTAMP,
        eval!(|d: Date, i: Interval| timestamp_add(date_to_timestamp(d.0)?, &i).map(Timestamp)),
    ),
    op(
        1077,
        "-",
        Some(T::DATE),
        T::INTERVAL,
        T::TIMESTAMP,
        eval!(|d: Date, i: Interval| timestamp_add(date_to_timestamp(d.0)?, &i.checked_neg()?).map(Timestamp)),
    ),
    op(
        2551,
        "+",
        Some(T::INTERVAL),
        T::DATE,
        T::TIMESTAMP,
        eval!(|i: Interval, d: Date| timestamp_add(date_to_timestamp(d.0)?, &i).map(Timestamp)),
    ),
    op(
        2066,
        "+",
        Some(T::TIMESTAMP),
        T::INTERVAL,
        T::TIMESTAMP,
        eval!(|t: Timestamp, i: Interval| timestamp_add(t.0, &i).map(Timestamp)),
    ),
    op(
        2553,
        "+",
        Some(T::INTERVAL),
        T::TIMESTAMP,
        T::TIMESTAMP,
        eval!(|i: Interval, t: Timestamp| timestamp_add(t.0, &i).map(Timestamp)),
    ),
    op(
        2068,
        "-",
        Some(T::TIMESTAMP),
        T::INTERVAL,
        T::TIMESTAMP,
        eval!(|t: Timestamp, i: Interval| timestamp_add(t.0, &i.checked_neg()?).map(Timestamp)),
    ),
    op(
        2067,
        "-",
        Some(T::TIMESTAMP),
        T::TIMESTAMP,
        T::INTERVAL,
        eval!(|a: Timestamp, b: Timestamp| timestamp_sub(a.0, b.0)),
    ),
    ops(
        1327,
        "+",
        Some(T::TIMESTAMPTZ),
        T::INTERVAL,
        T::TIMESTAMPTZ,
        eval!(ctx, |t: Timestamptz, i: Interval| timestamptz_add(t.0, &i, &Zone::of_session(ctx))
            .map(Timestamptz)),
    ),
    ops(
        2554,
        "+",
        Some(T::INTERVAL),
        T::TIMESTAMPTZ,
        T::TIMESTAMPTZ,
        eval!(ctx, |i: Interval, t: Timestamptz| timestamptz_add(t.0, &i, &Zone::of_session(ctx))
            .map(Timestamptz)),
    ),
    ops(
        1329,
        "-",
        Some(T::TIMESTAMPTZ),
        T::INTERVAL,
        T::TIMESTAMPTZ,
        eval!(ctx, |t: Timestamptz, i: Interval| timestamptz_add(
            t.0,
            &i.checked_neg()?,
            &Zone::of_session(ctx)
        )
        .map(Timestamptz)),
    ),
    op(
        1328,
        "-",
        Some(T::TIMESTAMPTZ),
        T::TIMESTAMPTZ,
        T::INTERVAL,
        eval!(|a: Timestamptz, b: Timestamptz| timestamp_sub(a.0, b.0)),
    ),
    op(
        1337,
        "+",
        Some(T::INTERVAL),
        T::INTERVAL,
        T::INTERVAL,
        eval!(|a: Interval, b: Interval| a.checked_add(&b)),
    ),
    op(
        1338,
        "-",
        Some(T::INTERVAL),
        T::INTERVAL,
        T::INTERVAL,
        eval!(|a: Interval, b: Interval| a.checked_sub(&b)),
    ),
    op(1336, "-", None, T::INTERVAL, T::INTERVAL, eval!(|a: Interval| a.checked_neg())),
    op(1583, "*", Some(T::INTERVAL), T::FLOAT8, T::INTERVAL, eval!(|a: Interval, by: f64| a.mul(by))),
    op(1584, "*", Some(T::FLOAT8), T::INTERVAL, T::INTERVAL, eval!(|by: f64, a: Interval| a.mul(by))),
    op(1585, "/", Some(T::INTERVAL), T::FLOAT8, T::INTERVAL, eval!(|a: Interval, by: f64| a.div(by))),
];
