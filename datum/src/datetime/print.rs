//! Prints dates and timestamps in every DateStyle.

use super::civil::{Civil, civil_from_days, day_of_week, days_from_civil};
use super::zone::{Zone, ZoneOffset};
use crate::EvalContext;
use crate::context::{DateOrder, DateStyle};
use std::fmt::Write;

pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// Letters of a zone's abbreviation that print.
const ZONE_LETTERS_MAX: usize = 10;

/// Appends at least `width` digits. Values are not negative.
pub(super) fn pad(out: &mut String, v: i32, width: usize) {
    let mut buffer = [b'0'; 10];
    let mut rest = v.unsigned_abs();
    let mut at = buffer.len();
    while rest > 0 {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let at = at.min(buffer.len() - width);
    out.push_str(std::str::from_utf8(&buffer[at..]).unwrap_or(""));
}

/// `ss[.ffffff]` without trailing zeros.
pub(super) fn seconds(out: &mut String, second: i32, micros: i32, width: usize) {
    pad(out, second.abs(), width);
    if micros != 0 {
        out.push('.');
        pad(out, micros.abs(), 6);
        while out.ends_with('0') {
            out.pop();
        }
    }
}

/// The year as it prints, before ` BC`.
fn shown(year: i32) -> i32 {
    if year > 0 { year } else { 1 - year }
}

fn date(out: &mut String, year: i32, month: i32, day: i32, ctx: &EvalContext) {
    let day_first = ctx.date_order == DateOrder::Dmy;
    let (first, second) = if day_first { (day, month) } else { (month, day) };
    let (separator, first, second) = match ctx.date_style {
        DateStyle::Iso => {
            pad(out, shown(year), 4);
            out.push('-');
            pad(out, month, 2);
            out.push('-');
            pad(out, day, 2);
            return;
        }
        DateStyle::Sql => ('/', first, second),
        DateStyle::German => ('.', day, month),
        DateStyle::Postgres => ('-', first, second),
    };
    pad(out, first, 2);
    out.push(separator);
    pad(out, second, 2);
    out.push(separator);
    pad(out, shown(year), 4);
}

/// Appends a date (days since 2000-01-01).
pub fn write_date(out: &mut String, days: i32, ctx: &EvalContext) {
    match days {
        i32::MIN => return out.push_str("-infinity"),
        i32::MAX => return out.push_str("infinity"),
        _ => {}
    }
    let (year, month, day) = civil_from_days(i64::from(days));
    date(out, year, month, day, ctx);
    if year <= 0 {
        out.push_str(" BC");
    }
}

/// Appends a timestamp without time zone.
pub fn write_timestamp(out: &mut String, micros: i64, ctx: &EvalContext) {
    write(out, micros, None, ctx);
}

/// Appends a timestamp with time zone, in the session's.
pub fn write_timestamptz(out: &mut String, micros: i64, ctx: &EvalContext) {
    if super::is_infinite(micros) {
        return write(out, micros, None, ctx);
    }
    let zone = Zone::of_session(ctx);
    let offset = match ctx.date_style {
        DateStyle::Iso => ZoneOffset { seconds: zone.offset_at(micros), abbreviation: None },
        _ => match zone {
            // The session's UTC is looked up without its rules.
            Zone::Fixed(0) => ZoneOffset { seconds: 0, abbreviation: Some("UTC".to_string()) },
            zone => zone.info_at(micros),
        },
    };
    let local = micros.saturating_add(i64::from(offset.seconds) * super::SECOND_MICROS);
    write(out, local, Some(offset), ctx);
}

fn write(out: &mut String, local: i64, offset: Option<ZoneOffset>, ctx: &EvalContext) {
    match local {
        i64::MIN => return out.push_str("-infinity"),
        i64::MAX => return out.push_str("infinity"),
        _ => {}
    }
    let c = Civil::from_micros(local);
    let time = |out: &mut String| {
        pad(out, c.hour, 2);
        out.push(':');
        pad(out, c.minute, 2);
        out.push(':');
        seconds(out, c.second, c.micros, 2);
    };
    if ctx.date_style == DateStyle::Postgres {
        out.push_str(DAYS[day_of_week(days_from_civil(c.year, c.month, c.day)) as usize]);
        out.push(' ');
        let month = MONTHS[(c.month - 1) as usize];
        if ctx.date_order == DateOrder::Dmy {
            pad(out, c.day, 2);
            out.push(' ');
            out.push_str(month);
        } else {
            out.push_str(month);
            out.push(' ');
            pad(out, c.day, 2);
        }
        out.push(' ');
        time(out);
        out.push(' ');
        pad(out, shown(c.year), 4);
    } else {
        date(out, c.year, c.month, c.day, ctx);
        out.push(' ');
        time(out);
    }
    if let Some(offset) = offset {
        match offset.abbreviation {
            Some(name) => {
                out.push(' ');
                out.extend(name.chars().take(ZONE_LETTERS_MAX));
            }
            None => {
                if ctx.date_style == DateStyle::Postgres {
                    out.push(' ');
                }
                displacement(out, offset.seconds);
            }
        }
    }
    if c.year <= 0 {
        out.push_str(" BC");
    }
}

/// `+hh`, `+hh:mm` or `+hh:mm:ss`.
fn displacement(out: &mut String, seconds: i32) {
    out.push(if seconds < 0 { '-' } else { '+' });
    let total = seconds.abs();
    pad(out, total / 3600, 2);
    if total % 3600 != 0 {
        // Writing to a String does not fail.
        let _ = write!(out, ":{:02}", total / 60 % 60);
        if total % 60 != 0 {
            let _ = write!(out, ":{:02}", total % 60);
        }
    }
}
