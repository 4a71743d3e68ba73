//! Date and time functions (manual 9.9).

use super::args::{Date, FromDatum, Timestamp, Timestamptz, eval, get, pure, session};
use super::{f, fs, fv, n, ns, optional};
use crate::datetime::{
    self as dt, Civil, DAY_MICROS, UNIX_EPOCH_MICROS, Zone, checked_timestamp, is_infinite, timestamp_add,
    timestamptz_add,
};
use crate::function::Function;
use crate::{Datum, DatumError, EvalContext, Interval, TypeId as T};

fn overflow(text: String) -> DatumError {
    DatumError::DatetimeFieldOverflow(text)
}
fn make_timestamptz(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let at = |i| get::<i32>(args, i);
    let local = dt::make_timestamp(at(0)?, at(1)?, at(2)?, at(3)?, at(4)?, get(args, 5)?)?;
    let zone = if args.len() > 6 { named(get(args, 6)?)? } else { Zone::of_session(ctx) };
    checked_timestamp(zone.to_utc(local)).map(Datum::Timestamptz)
}
/// A zone by name; of a number, the sign counts east here.
fn named(text: &str) -> Result<Zone, DatumError> {
    if text.starts_with(['+', '-'])
        && let Zone::Fixed(seconds) = Zone::by_text(text)?
    {
        return Ok(Zone::Fixed(-seconds));
    }
    Zone::by_text(text)
}
fn make_interval(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    fn or_zero<'a, V: FromDatum<'a> + Default>(args: &'a [Datum], i: usize) -> Result<V, DatumError> {
        if i < args.len() { get(args, i) } else { Ok(V::default()) }
    }
    let at = |i| or_zero::<i32>(args, i);
    dt::make_interval(at(0)?, at(1)?, at(2)?, at(3)?, at(4)?, at(5)?, or_zero(args, 6)?).map(Datum::Interval)
}
fn to_timestamp(seconds: f64) -> Result<Timestamptz, DatumError> {
    if seconds.is_nan() {
        return Err(overflow("timestamp cannot be NaN".into()));
    }
    if seconds.is_infinite() {
        return Ok(Timestamptz(if seconds > 0.0 { i64::MAX } else { i64::MIN }));
    }
    let bad = || overflow(format!("timestamp out of range: \"{seconds}\""));
    let micros = (seconds * 1e6).round_ties_even();
    if micros.abs() > 9e18 {
        return Err(bad());
    }
    let micros = (micros as i64).checked_add(UNIX_EPOCH_MICROS).ok_or_else(bad)?;
    checked_timestamp(micros).map(Timestamptz).map_err(|_| bad())
}
/// Midnight of today on the session's clock.
fn today(ctx: &EvalContext) -> i64 {
    i64::from(dt::current_date(ctx)) * DAY_MICROS
}
/// PostgreSQL 15 refuses the age of -infinity only.
fn finite_below(later: i64, earlier: i64) -> Result<(), DatumError> {
    if later == i64::MIN || earlier == i64::MIN {
        return Err(overflow("timestamp out of range".into()));
    }
    Ok(())
}
fn age(later: i64, earlier: i64) -> Result<Interval, DatumError> {
    finite_below(later, earlier)?;
    dt::age(later, earlier)
}
fn age_zoned(ctx: &EvalContext, later: i64, earlier: i64) -> Result<Interval, DatumError> {
    finite_below(later, earlier)?;
    dt::age_tz(later, earlier, &zone(ctx))
}
fn zone(ctx: &EvalContext) -> Zone {
    Zone::of_session(ctx)
}

/// OVERLAPS of two periods whose ends may be in either order or unknown.
pub(crate) fn overlaps<V: Ord + Copy>(first: [Option<V>; 2], second: [Option<V>; 2]) -> Option<bool> {
    let ordered = |[a, b]: [Option<V>; 2]| match (a, b) {
        (None, None) => None,
        (None, Some(b)) => Some((b, None)),
        (Some(a), None) => Some((a, None)),
        (Some(a), Some(b)) => Some((a.min(b), Some(a.max(b)))),
    };
    let ((s1, e1), (s2, e2)) = (ordered(first)?, ordered(second)?);
    // The period that starts first decides, if its end is known.
    let (early_end, late_start, late_end) = match s1.cmp(&s2) {
        std::cmp::Ordering::Equal => return (e1.is_some() && e2.is_some()).then_some(true),
        std::cmp::Ordering::Less => (e1, s2, e2),
        std::cmp::Ordering::Greater => (e2, s1, e1),
    };
    match early_end {
        None => None,
        Some(end) if late_start < end => Some(true),
        Some(_) => late_end.map(|_| false),
    }
}

/// The ends of the two periods of OVERLAPS, each given as an end or a length.
fn periods(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let moment = |d: &Datum| match d {
        Datum::Timestamp(t) | Datum::Timestamptz(t) => Some(*t),
        _ => None,
    };
    let end = |start: &Datum, end: &Datum| -> Result<Option<i64>, DatumError> {
        Ok(match (start, end) {
            (Datum::Timestamp(t), Datum::Interval(span)) => Some(timestamp_add(*t, span)?),
            (Datum::Timestamptz(t), Datum::Interval(span)) => Some(timestamptz_add(*t, span, &zone(ctx))?),
            (_, end) => moment(end),
        })
    };
    let [a, b, c, d] = args else { return Err(DatumError::Internal("overlaps takes four arguments".into())) };
    Ok(overlaps([moment(a), end(a, b)?], [moment(c), end(c, d)?]).map_or(Datum::Null, Datum::Bool))
}

fn timeofday(ctx: &EvalContext) -> Result<String, DatumError> {
    let now = session(ctx)?.clock_micros();
    let zone = Zone::of_session(ctx);
    let c = Civil::from_micros(zone.to_local(now));
    let days = dt::days_from_civil(c.year, c.month, c.day);
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][dt::day_of_week(days) as usize];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let abbreviation = zone.info_at(now).abbreviation.unwrap_or_else(|| ctx.time_zone.to_string());
    Ok(format!(
        "{day} {} {:02} {:02}:{:02}:{:02}.{:06} {} {abbreviation}",
        months[(c.month - 1) as usize],
        c.day,
        c.hour,
        c.minute,
        c.second,
        c.micros,
        c.year
    ))
}

pub static FUNCTIONS: &[Function] = &[
    f(
        2058,
        "age",
        &[T::TIMESTAMP, T::TIMESTAMP],
        T::INTERVAL,
        eval!(|a: Timestamp, b: Timestamp| age(a.0, b.0)),
    ),
    fs(2059, "age", &[T::TIMESTAMP], T::INTERVAL, eval!(ctx, |b: Timestamp| age(today(ctx), b.0))),
    f(
        1199,
        "age",
        &[T::TIMESTAMPTZ, T::TIMESTAMPTZ],
        T::INTERVAL,
        eval!(ctx, |a: Timestamptz, b: Timestamptz| age_zoned(ctx, a.0, b.0)),
    ),
    fs(
        1386,
        "age",
        &[T::TIMESTAMPTZ],
        T::INTERVAL,
        eval!(ctx, |b: Timestamptz| age_zoned(ctx, zone(ctx).to_utc(today(ctx)), b.0)),
    ),
    fs(1299, "now", &[], T::TIMESTAMPTZ, pure!(ctx, || Timestamptz(ctx.transaction_micros))),
    fs(
        2647,
        "transaction_timestamp",
        &[],
        T::TIMESTAMPTZ,
        pure!(ctx, || Timestamptz(ctx.transaction_micros)),
    ),
    fs(2648, "statement_timestamp", &[], T::TIMESTAMPTZ, pure!(ctx, || Timestamptz(ctx.statement_micros))),
    fv(
        2649,
        "clock_timestamp",
        &[],
        T::TIMESTAMPTZ,
        eval!(ctx, || session(ctx).map(|s| Timestamptz(s.clock_micros()))),
    ),
    fv(274, "timeofday", &[], T::TEXT, eval!(ctx, || timeofday(ctx))),
    f(
        6199,
        "extract",
        &[T::TEXT, T::DATE],
        T::NUMERIC,
        eval!(|u: &str, v: &Datum| dt::extract(u, v, &Zone::utc())),
    ),
    f(
        6202,
        "extract",
        &[T::TEXT, T::TIMESTAMP],
        T::NUMERIC,
        eval!(|u: &str, v: &Datum| dt::extract(u, v, &Zone::utc())),
    ),
    fs(
        6203,
        "extract",
        &[T::TEXT, T::TIMESTAMPTZ],
        T::NUMERIC,
        eval!(ctx, |u: &str, v: &Datum| dt::extract(u, v, &zone(ctx))),
    ),
    f(
        6204,
        "extract",
        &[T::TEXT, T::INTERVAL],
        T::NUMERIC,
        eval!(|u: &str, v: &Datum| dt::extract(u, v, &Zone::utc())),
    ),
    f(
        1384,
        "date_part",
        &[T::TEXT, T::DATE],
        T::FLOAT8,
        eval!(|u: &str, d: Date| dt::date_part(
            u,
            &Datum::Timestamp(dt::date_to_timestamp(d.0)?),
            &Zone::utc()
        )),
    ),
    f(
        2021,
        "date_part",
        &[T::TEXT, T::TIMESTAMP],
        T::FLOAT8,
        eval!(|u: &str, v: &Datum| dt::date_part(u, v, &Zone::utc())),
    ),
    fs(
        1171,
        "date_part",
        &[T::TEXT, T::TIMESTAMPTZ],
        T::FLOAT8,
        eval!(ctx, |u: &str, v: &Datum| dt::date_part(u, v, &zone(ctx))),
    ),
    f(
        1172,
        "date_part",
        &[T::TEXT, T::INTERVAL],
        T::FLOAT8,
        eval!(|u: &str, v: &Datum| dt::date_part(u, v, &Zone::utc())),
    ),
    f(
        2020,
        "date_trunc",
        &[T::TEXT, T::TIMESTAMP],
        T::TIMESTAMP,
        eval!(|u: &str, t: Timestamp| dt::trunc_timestamp(u, t.0).map(Timestamp)),
    ),
    fs(
        1217,
        "date_trunc",
        &[T::TEXT, T::TIMESTAMPTZ],
        T::TIMESTAMPTZ,
        eval!(ctx, |u: &str, t: Timestamptz| dt::trunc_timestamptz(u, t.0, &zone(ctx)).map(Timestamptz)),
    ),
    fs(
        1284,
        "date_trunc",
        &[T::TEXT, T::TIMESTAMPTZ, T::TEXT],
        T::TIMESTAMPTZ,
        eval!(|u: &str, t: Timestamptz, zone: &str| dt::trunc_timestamptz(u, t.0, &Zone::by_text(zone)?)
            .map(Timestamptz)),
    ),
    f(
        1218,
        "date_trunc",
        &[T::TEXT, T::INTERVAL],
        T::INTERVAL,
        eval!(|u: &str, i: Interval| dt::trunc_interval(u, &i)),
    ),
    f(
        6177,
        "date_bin",
        &[T::INTERVAL, T::TIMESTAMP, T::TIMESTAMP],
        T::TIMESTAMP,
        eval!(|width: Interval, t: Timestamp, origin: Timestamp| dt::date_bin(&width, t.0, origin.0)
            .map(Timestamp)),
    ),
    f(
        6178,
        "date_bin",
        &[T::INTERVAL, T::TIMESTAMPTZ, T::TIMESTAMPTZ],
        T::TIMESTAMPTZ,
        eval!(|width: Interval, t: Timestamptz, origin: Timestamptz| dt::date_bin(&width, t.0, origin.0)
            .map(Timestamptz)),
    ),
    f(1373, "isfinite", &[T::DATE], T::BOOL, pure!(|d: Date| d.0 != i32::MAX && d.0 != i32::MIN)),
    f(2048, "isfinite", &[T::TIMESTAMP], T::BOOL, pure!(|t: Timestamp| !is_infinite(t.0))),
    f(1389, "isfinite", &[T::TIMESTAMPTZ], T::BOOL, pure!(|t: Timestamptz| !is_infinite(t.0))),
    f(1390, "isfinite", &[T::INTERVAL], T::BOOL, pure!(|_i: Interval| true)),
    f(1295, "justify_days", &[T::INTERVAL], T::INTERVAL, eval!(|i: Interval| i.justify_days())),
    f(1175, "justify_hours", &[T::INTERVAL], T::INTERVAL, eval!(|i: Interval| i.justify_hours())),
    f(2711, "justify_interval", &[T::INTERVAL], T::INTERVAL, eval!(|i: Interval| i.justify_interval())),
    f(
        3846,
        "make_date",
        &[T::INT4, T::INT4, T::INT4],
        T::DATE,
        eval!(|y: i32, m: i32, d: i32| dt::make_date(y, m, d).map(Date)),
    ),
    f(
        3461,
        "make_timestamp",
        &[T::INT4, T::INT4, T::INT4, T::INT4, T::INT4, T::FLOAT8],
        T::TIMESTAMP,
        eval!(|y: i32, m: i32, d: i32, h: i32, min: i32, s: f64| dt::make_timestamp(y, m, d, h, min, s)
            .map(Timestamp)),
    ),
    fs(
        3462,
        "make_timestamptz",
        &[T::INT4, T::INT4, T::INT4, T::INT4, T::INT4, T::FLOAT8],
        T::TIMESTAMPTZ,
        make_timestamptz,
    ),
    fs(
        3463,
        "make_timestamptz",
        &[T::INT4, T::INT4, T::INT4, T::INT4, T::INT4, T::FLOAT8, T::TEXT],
        T::TIMESTAMPTZ,
        make_timestamptz,
    ),
    optional(
        7,
        f(
            3464,
            "make_interval",
            &[T::INT4, T::INT4, T::INT4, T::INT4, T::INT4, T::INT4, T::FLOAT8],
            T::INTERVAL,
            make_interval,
        ),
    ),
    f(1158, "to_timestamp", &[T::FLOAT8], T::TIMESTAMPTZ, eval!(|seconds: f64| to_timestamp(seconds))),
    f(
        1159,
        "timezone",
        &[T::TEXT, T::TIMESTAMPTZ],
        T::TIMESTAMP,
        eval!(|zone: &str, t: Timestamptz| dt::timestamptz_to_timestamp(t.0, &Zone::by_text(zone)?)
            .map(Timestamp)),
    ),
    f(
        2069,
        "timezone",
        &[T::TEXT, T::TIMESTAMP],
        T::TIMESTAMPTZ,
        eval!(|zone: &str, t: Timestamp| dt::timestamp_to_timestamptz(t.0, &Zone::by_text(zone)?)
            .map(Timestamptz)),
    ),
    f(
        1026,
        "timezone",
        &[T::INTERVAL, T::TIMESTAMPTZ],
        T::TIMESTAMP,
        eval!(|zone: Interval, t: Timestamptz| dt::timestamptz_to_timestamp(
            t.0,
            &dt::zone_of_interval(&zone)?
        )
        .map(Timestamp)),
    ),
    f(
        2070,
        "timezone",
        &[T::INTERVAL, T::TIMESTAMP],
        T::TIMESTAMPTZ,
        eval!(|zone: Interval, t: Timestamp| dt::timestamp_to_timestamptz(
            t.0,
            &dt::zone_of_interval(&zone)?
        )
        .map(Timestamptz)),
    ),
    n(2041, "overlaps", &[T::TIMESTAMP, T::TIMESTAMP, T::TIMESTAMP, T::TIMESTAMP], T::BOOL, periods),
    n(2042, "overlaps", &[T::TIMESTAMP, T::INTERVAL, T::TIMESTAMP, T::INTERVAL], T::BOOL, periods),
    n(2043, "overlaps", &[T::TIMESTAMP, T::TIMESTAMP, T::TIMESTAMP, T::INTERVAL], T::BOOL, periods),
    n(2044, "overlaps", &[T::TIMESTAMP, T::INTERVAL, T::TIMESTAMP, T::TIMESTAMP], T::BOOL, periods),
    n(1304, "overlaps", &[T::TIMESTAMPTZ, T::TIMESTAMPTZ, T::TIMESTAMPTZ, T::TIMESTAMPTZ], T::BOOL, periods),
    ns(1305, "overlaps", &[T::TIMESTAMPTZ, T::INTERVAL, T::TIMESTAMPTZ, T::INTERVAL], T::BOOL, periods),
    ns(1306, "overlaps", &[T::TIMESTAMPTZ, T::TIMESTAMPTZ, T::TIMESTAMPTZ, T::INTERVAL], T::BOOL, periods),
    ns(1307, "overlaps", &[T::TIMESTAMPTZ, T::INTERVAL, T::TIMESTAMPTZ, T::TIMESTAMPTZ], T::BOOL, periods),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_that_touch_do_not_overlap() {
        assert_eq!(overlaps([Some(1), Some(3)], [Some(3), Some(4)]), Some(false));
        assert_eq!(overlaps([Some(3), Some(1)], [Some(2), Some(4)]), Some(true));
        assert_eq!(overlaps([Some(1), None], [Some(2), Some(3)]), None);
        assert_eq!(overlaps([Some(1), Some(1)], [Some(1), Some(2)]), Some(true));
    }
}
