//! Reads and prints intervals: PostgreSQL's words, ISO 8601, SQL's year-month and day-time forms.

use super::civil::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS};
use super::parse::clock;
use super::print::seconds;
use super::words::{DateWord, Kind, Unit, date_word, interval_unit, split};
use super::{DateError, fields::IntervalParts};
use crate::context::IntervalStyle;
use crate::{DatumError, EvalContext, Interval};
use std::fmt::Write;

/// Fields that a modifier may restrict an interval to, as PostgreSQL numbers them.
mod range {
    pub const MONTH: i32 = 1 << 1;
    pub const YEAR: i32 = 1 << 2;
    pub const DAY: i32 = 1 << 3;
    pub const HOUR: i32 = 1 << 10;
    pub const MINUTE: i32 = 1 << 11;
    pub const SECOND: i32 = 1 << 12;
    pub const FULL: i32 = 0x7FFF;
}
/// No precision in the modifier.
const PRECISION_FULL: i32 = 0xFFFF;
const MONTH_DAYS: f64 = 30.0;

fn range_of(typmod: i32) -> i32 {
    if typmod < 0 { range::FULL } else { (typmod >> 16) & 0x7FFF }
}

/// Sums while fields are read; every addition is checked.
#[derive(Clone, Copy, Default)]
struct Sum {
    years: i32,
    months: i32,
    days: i32,
    micros: i64,
}

impl Sum {
    fn add_months(&mut self, v: i64) -> Result<(), DateError> {
        let v = i32::try_from(v).map_err(|_| DateError::FieldOverflow)?;
        self.months = self.months.checked_add(v).ok_or(DateError::FieldOverflow)?;
        Ok(())
    }
    fn add_days(&mut self, v: i64, scale: i64) -> Result<(), DateError> {
        let v = v.checked_mul(scale).and_then(|v| i32::try_from(v).ok()).ok_or(DateError::FieldOverflow)?;
        self.days = self.days.checked_add(v).ok_or(DateError::FieldOverflow)?;
        Ok(())
    }
    fn add_micros(&mut self, v: i64, fraction: f64, scale: i64) -> Result<(), DateError> {
        let v = v.checked_mul(scale).ok_or(DateError::FieldOverflow)?;
        self.micros = self.micros.checked_add(v).ok_or(DateError::FieldOverflow)?;
        self.add_fraction_micros(fraction, scale)
    }
    /// A fraction of a unit of `scale` microseconds.
    fn add_fraction_micros(&mut self, fraction: f64, scale: i64) -> Result<(), DateError> {
        let exact = fraction * scale as f64;
        let mut whole = exact as i64;
        let rest = exact - whole as f64;
        if rest > 0.5 {
            whole += 1;
        } else if rest < -0.5 {
            whole -= 1;
        }
        self.micros = self.micros.checked_add(whole).ok_or(DateError::FieldOverflow)?;
        Ok(())
    }
    /// A fraction of a unit of `scale` days: whole days, the rest as time.
    fn add_fraction_days(&mut self, fraction: f64, scale: f64) -> Result<(), DateError> {
        let exact = fraction * scale;
        let whole = exact as i32;
        self.days = self.days.checked_add(whole).ok_or(DateError::FieldOverflow)?;
        self.add_fraction_micros(exact - f64::from(whole), DAY_MICROS)
    }
    /// A fraction of a unit of `scale` years: whole months, rounded.
    fn add_fraction_years(&mut self, fraction: f64, scale: f64) -> Result<(), DateError> {
        let months = (fraction * scale * 12.0).round_ties_even() as i32;
        self.months = self.months.checked_add(months).ok_or(DateError::FieldOverflow)?;
        Ok(())
    }
    fn add_unit(&mut self, unit: Unit, v: i64, fraction: f64) -> Result<(), DateError> {
        match unit {
            Unit::Microsecond => self.add_micros(v, fraction, 1),
            Unit::Millisecond => self.add_micros(v, fraction, 1000),
            Unit::Second => self.add_micros(v, fraction, SECOND_MICROS),
            Unit::Minute => self.add_micros(v, fraction, MINUTE_MICROS),
            Unit::Hour => self.add_micros(v, fraction, HOUR_MICROS),
            Unit::Day => {
                self.add_days(v, 1)?;
                self.add_fraction_micros(fraction, DAY_MICROS)
            }
            Unit::Week => {
                self.add_days(v, 7)?;
                self.add_fraction_days(fraction, 7.0)
            }
            Unit::Month => {
                self.add_months(v)?;
                self.add_fraction_days(fraction, MONTH_DAYS)
            }
            Unit::Year => self.add_years(v, fraction, 1),
            Unit::Decade => self.add_years(v, fraction, 10),
            Unit::Century => self.add_years(v, fraction, 100),
            Unit::Millennium => self.add_years(v, fraction, 1000),
            _ => Err(DateError::Format),
        }
    }
    fn add_years(&mut self, v: i64, fraction: f64, scale: i64) -> Result<(), DateError> {
        let years =
            v.checked_mul(scale).and_then(|v| i32::try_from(v).ok()).ok_or(DateError::FieldOverflow)?;
        self.years = self.years.checked_add(years).ok_or(DateError::FieldOverflow)?;
        self.add_fraction_years(fraction, scale as f64)
    }
    fn negate(&mut self) -> Result<(), DateError> {
        self.years = self.years.checked_neg().ok_or(DateError::FieldOverflow)?;
        self.months = self.months.checked_neg().ok_or(DateError::FieldOverflow)?;
        self.days = self.days.checked_neg().ok_or(DateError::FieldOverflow)?;
        self.micros = self.micros.checked_neg().ok_or(DateError::FieldOverflow)?;
        Ok(())
    }
}

/// Reads an interval and applies the modifier.
///
/// # Errors
/// For the client.
pub fn parse_interval(text: &str, typmod: i32, ctx: &EvalContext) -> Result<Interval, DatumError> {
    let sql_standard = ctx.interval_style == IntervalStyle::SqlStandard;
    let sum = match decode(text, range_of(typmod), sql_standard) {
        Err(DateError::Format) => decode_iso8601(text),
        other => other,
    };
    let sum = sum.map_err(|e| match e {
        DateError::FieldOverflow => DateError::IntervalOverflow.of("interval", text),
        e => e.of("interval", text),
    })?;
    let months = i32::try_from(i64::from(sum.years) * 12 + i64::from(sum.months))
        .map_err(|_| DatumError::DatetimeFieldOverflow("interval out of range".to_string()))?;
    Interval::new(months, sum.days, sum.micros).coerce_typmod(typmod)
}

/// Which unit a number without one has, by the modifier.
fn default_unit(range: i32) -> Unit {
    use range::{DAY, HOUR, MINUTE, MONTH, SECOND, YEAR};
    if range == range::FULL || range & SECOND != 0 {
        Unit::Second
    } else if range & MINUTE != 0 {
        Unit::Minute
    } else if range & HOUR != 0 {
        Unit::Hour
    } else if range & DAY != 0 {
        Unit::Day
    } else if range & MONTH != 0 {
        Unit::Month
    } else if range & YEAR != 0 {
        Unit::Year
    } else {
        Unit::Second
    }
}

fn unit_bit(unit: Unit) -> u32 {
    1 << unit as u32
}
const TIME_BITS: u32 = 1 << Unit::Hour as u32 | 1 << Unit::Minute as u32 | SECOND_BITS;
const SECOND_BITS: u32 =
    1 << Unit::Second as u32 | 1 << Unit::Millisecond as u32 | 1 << Unit::Microsecond as u32;

/// `hh:mm[:ss]` in microseconds.
fn clock_micros(text: &str, range: i32) -> Result<i64, DateError> {
    let (hour, minute, second, micros) = clock(text, range == range::MINUTE | range::SECOND)?;
    let rest = i64::from(minute) * MINUTE_MICROS + i64::from(second) * SECOND_MICROS + i64::from(micros);
    hour.checked_mul(HOUR_MICROS).and_then(|h| h.checked_add(rest)).ok_or(DateError::FieldOverflow)
}

/// A number with a sign and a fraction; the fraction has the sign too.
fn number(text: &str) -> Result<(i64, f64, &str), DateError> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let signed = &text[..text.len() - body.len() + digits];
    let value = if digits == 0 { 0 } else { signed.parse().map_err(|_| DateError::FieldOverflow)? };
    let mut rest = &body[digits..];
    let mut fraction = 0.0;
    if rest.starts_with('.') {
        let end = 1 + rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        fraction = if end == 1 { 0.0 } else { rest[..end].parse().map_err(|_| DateError::Format)? };
        if end == 1 && digits == 0 {
            return Err(DateError::Format);
        }
        rest = &rest[end..];
    } else if digits == 0 {
        return Err(DateError::Format);
    }
    Ok((value, if text.starts_with('-') { -fraction } else { fraction }, rest))
}

/// The words' form, read from the right so that a unit is known before its number.
fn decode(text: &str, range: i32, sql_standard: bool) -> Result<Sum, DateError> {
    let fields = split(text)?;
    let signed = |t: &str| t.starts_with(['+', '-']);
    // SQL: one leading sign counts for all fields.
    let all_negative = sql_standard
        && fields.first().is_some_and(|f| f.text.starts_with('-'))
        && !fields[1..].iter().any(|f| signed(&f.text));
    let mut sum = Sum::default();
    let mut known = 0u32;
    let mut unit: Option<Unit> = None;
    let mut ago = false;
    for field in fields.iter().rev() {
        let text = field.text.as_str();
        let time = match field.kind {
            Kind::Time => Some(clock_micros(text, range)?),
            Kind::Signed if text.contains(':') => {
                let micros = clock_micros(&text[1..], range).ok();
                micros.map(|m| if text.starts_with('-') { -m } else { m })
            }
            _ => None,
        };
        if let Some(micros) = time {
            if known & TIME_BITS != 0 {
                return Err(DateError::Format);
            }
            known |= TIME_BITS;
            let micros = if all_negative && micros > 0 { -micros } else { micros };
            sum.micros = sum.micros.checked_add(micros).ok_or(DateError::FieldOverflow)?;
            unit = Some(Unit::Day);
            continue;
        }
        match field.kind {
            Kind::Signed | Kind::Date | Kind::Number => {
                let mut this = unit.unwrap_or_else(|| default_unit(range));
                let (mut value, mut fraction, rest) = number(text)?;
                if let Some(months) = rest.strip_prefix('-') {
                    // years-months
                    if months.is_empty() || !months.bytes().all(|b| b.is_ascii_digit()) || fraction != 0.0 {
                        return Err(DateError::Format);
                    }
                    let months: i64 = months.parse().map_err(|_| DateError::FieldOverflow)?;
                    if months >= 12 {
                        return Err(DateError::FieldOverflow);
                    }
                    this = Unit::Month;
                    let months = if text.starts_with('-') { -months } else { months };
                    value = value
                        .checked_mul(12)
                        .and_then(|v| v.checked_add(months))
                        .ok_or(DateError::FieldOverflow)?;
                } else if !rest.is_empty() {
                    return Err(DateError::Format);
                }
                if all_negative {
                    value = -value.abs();
                    fraction = -fraction.abs();
                }
                sum.add_unit(this, value, fraction)?;
                let bits = if this == Unit::Second && fraction != 0.0 { SECOND_BITS } else { unit_bit(this) };
                if known & bits != 0 {
                    return Err(DateError::Format);
                }
                known |= bits;
                // A number to the left of hours without a unit is days.
                unit = Some(if this == Unit::Hour { Unit::Day } else { this });
            }
            Kind::Word | Kind::SignedWord => {
                if text == "ago" {
                    ago = true;
                    // No unit of intervals: a number right before it has none.
                    unit = Some(Unit::Timezone);
                } else if date_word(text) == Some(DateWord::Ignore) && interval_unit(text).is_none() {
                    return Err(DateError::Format);
                } else {
                    unit = Some(interval_unit(text).ok_or(DateError::Format)?);
                }
            }
            Kind::Time => return Err(DateError::Format),
        }
    }
    if known == 0 {
        return Err(DateError::Format);
    }
    if ago {
        sum.negate()?;
    }
    Ok(sum)
}

/// How many digits the whole part has, without its sign.
fn whole_digits(text: &str) -> usize {
    text.strip_prefix('-').unwrap_or(text).bytes().take_while(u8::is_ascii_digit).count()
}

/// `P1Y2M3DT4H5M6S`, `P0001-02-03T04:05:06`, `P00010203T040506`.
fn decode_iso8601(text: &str) -> Result<Sum, DateError> {
    let mut rest = text.strip_prefix('P').filter(|r| !r.is_empty()).ok_or(DateError::Format)?;
    let mut sum = Sum::default();
    let mut date = true;
    let mut labelled = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (date, labelled, rest) = (false, false, after);
            continue;
        }
        let start = rest;
        let (value, fraction, after) = number(rest)?;
        let mark = after.chars().next();
        rest = mark.map_or("", |c| &after[c.len_utf8()..]);
        match (date, mark) {
            (true, Some('Y')) => sum.add_unit(Unit::Year, value, fraction)?,
            (true, Some('M')) => sum.add_unit(Unit::Month, value, fraction)?,
            (true, Some('W')) => sum.add_unit(Unit::Week, value, fraction)?,
            (true, Some('D')) => sum.add_unit(Unit::Day, value, fraction)?,
            (true, None | Some('T')) if whole_digits(start) == 8 && !labelled => {
                sum.add_years(value / 10_000, 0.0, 1)?;
                sum.add_months(value / 100 % 100)?;
                sum.add_days(value % 100, 1)?;
                sum.add_fraction_micros(fraction, DAY_MICROS)?;
                (date, labelled) = (false, false);
                continue;
            }
            (true, None | Some('T' | '-')) => {
                if labelled {
                    return Err(DateError::Format);
                }
                sum.add_unit(Unit::Year, value, fraction)?;
                let mut mark = mark;
                for unit in [Unit::Month, Unit::Day] {
                    if mark != Some('-') {
                        break;
                    }
                    let (value, fraction, after) = number(rest)?;
                    sum.add_unit(unit, value, fraction)?;
                    mark = after.chars().next();
                    rest = mark.map_or("", |c| &after[c.len_utf8()..]);
                }
                match mark {
                    None => return Ok(sum),
                    Some('T') => {
                        (date, labelled) = (false, false);
                        continue;
                    }
                    Some(_) => return Err(DateError::Format),
                }
            }
            (false, Some('H')) => sum.add_unit(Unit::Hour, value, fraction)?,
            (false, Some('M')) => sum.add_unit(Unit::Minute, value, fraction)?,
            (false, Some('S')) => sum.add_unit(Unit::Second, value, fraction)?,
            (false, None) if whole_digits(start) == 6 && !labelled => {
                sum.add_micros(value / 10_000, 0.0, HOUR_MICROS)?;
                sum.add_micros(value / 100 % 100, 0.0, MINUTE_MICROS)?;
                sum.add_micros(value % 100, 0.0, SECOND_MICROS)?;
                sum.add_fraction_micros(fraction, 1)?;
                return Ok(sum);
            }
            (false, None | Some(':')) => {
                if labelled {
                    return Err(DateError::Format);
                }
                sum.add_unit(Unit::Hour, value, fraction)?;
                let mut mark = mark;
                for unit in [Unit::Minute, Unit::Second] {
                    if mark != Some(':') {
                        break;
                    }
                    let (value, fraction, after) = number(rest)?;
                    sum.add_unit(unit, value, fraction)?;
                    mark = after.chars().next();
                    rest = mark.map_or("", |c| &after[c.len_utf8()..]);
                }
                return if mark.is_none() { Ok(sum) } else { Err(DateError::Format) };
            }
            _ => return Err(DateError::Format),
        }
        labelled = true;
    }
    Ok(sum)
}

impl Interval {
    /// Cuts to the fields of the modifier and rounds to its precision. A negative modifier: none.
    ///
    /// # Errors
    /// None today; the signature is that of the other types.
    pub fn coerce_typmod(self, typmod: i32) -> Result<Interval, DatumError> {
        use range::{DAY, HOUR, MINUTE, MONTH, SECOND, YEAR};
        if typmod < 0 {
            return Ok(self);
        }
        let mut v = self;
        let range = range_of(typmod);
        if range == range::FULL || range & SECOND != 0 {
            // Seconds are kept: nothing to cut.
        } else if range & (YEAR | MONTH) != 0 {
            v.days = 0;
            v.micros = 0;
            if range == YEAR {
                v.months = v.months / 12 * 12;
            }
            debug_assert_eq!(range & !(YEAR | MONTH), 0);
        } else if range == DAY {
            v.micros = 0;
        } else if range & MINUTE != 0 {
            v.micros = v.micros / MINUTE_MICROS * MINUTE_MICROS;
        } else if range & HOUR != 0 {
            v.micros = v.micros / HOUR_MICROS * HOUR_MICROS;
        }
        let precision = typmod & PRECISION_FULL;
        if precision < 6 {
            v.micros = super::round_timestamp(v.micros, precision);
        }
        Ok(v)
    }
}

/// Appends an interval in a style.
pub fn write_interval(out: &mut String, interval: &Interval, style: IntervalStyle) {
    let parts = IntervalParts::of(interval);
    match style {
        IntervalStyle::Postgres => write_postgres(out, &parts),
        IntervalStyle::PostgresVerbose => write_verbose(out, &parts),
        IntervalStyle::SqlStandard => write_sql(out, &parts),
        IntervalStyle::Iso8601 => write_iso8601(out, &parts),
    }
}

fn write_postgres(out: &mut String, p: &IntervalParts) {
    let mut first = true;
    let mut before = false;
    for (value, unit) in [(p.years, "year"), (p.months, "mon"), (p.days, "day")] {
        if value == 0 {
            continue;
        }
        if !first {
            out.push(' ');
        }
        if before && value > 0 {
            out.push('+');
        }
        // Writing to a String does not fail.
        let _ = write!(out, "{value} {unit}{}", if value == 1 { "" } else { "s" });
        before = value < 0;
        first = false;
    }
    if first || p.has_time() {
        if !first {
            out.push(' ');
        }
        if p.time_is_negative() {
            out.push('-');
        } else if before {
            out.push('+');
        }
        let _ = write!(out, "{:02}:{:02}:", p.hours.unsigned_abs(), p.minutes.unsigned_abs());
        seconds(out, p.seconds, p.micros, 2);
    }
}

fn write_verbose(out: &mut String, p: &IntervalParts) {
    out.push('@');
    let mut first = true;
    let mut before = false;
    let whole = [
        (i64::from(p.years), "year"),
        (i64::from(p.months), "mon"),
        (i64::from(p.days), "day"),
        (p.hours, "hour"),
        (i64::from(p.minutes), "min"),
    ];
    for (mut value, unit) in whole {
        if value == 0 {
            continue;
        }
        if first {
            before = value < 0;
            value = value.abs();
        } else if before {
            value = -value;
        }
        let _ = write!(out, " {value} {unit}{}", if value == 1 { "" } else { "s" });
        first = false;
    }
    if p.seconds != 0 || p.micros != 0 {
        out.push(' ');
        if p.seconds < 0 || p.micros < 0 {
            if first {
                before = true;
            } else if !before {
                out.push('-');
            }
        } else if before {
            out.push('-');
        }
        seconds(out, p.seconds, p.micros, 1);
        out.push_str(if p.seconds.abs() != 1 || p.micros != 0 { " secs" } else { " sec" });
        first = false;
    }
    if first {
        out.push_str(" 0");
    }
    if before {
        out.push_str(" ago");
    }
}

fn write_iso8601(out: &mut String, p: &IntervalParts) {
    out.push('P');
    for (value, unit) in [(p.years, 'Y'), (p.months, 'M'), (p.days, 'D')] {
        if value != 0 {
            let _ = write!(out, "{value}{unit}");
        }
    }
    if p.has_time() {
        out.push('T');
        for (value, unit) in [(p.hours, 'H'), (i64::from(p.minutes), 'M')] {
            if value != 0 {
                let _ = write!(out, "{value}{unit}");
            }
        }
        if p.seconds != 0 || p.micros != 0 {
            if p.seconds < 0 || p.micros < 0 {
                out.push('-');
            }
            seconds(out, p.seconds, p.micros, 1);
            out.push('S');
        }
    } else if out.ends_with('P') {
        out.push_str("T0S");
    }
}

fn write_sql(out: &mut String, p: &IntervalParts) {
    let all = [i64::from(p.years), i64::from(p.months), i64::from(p.days), p.hours, i64::from(p.minutes)];
    let negative = all.iter().any(|v| *v < 0) || p.seconds < 0 || p.micros < 0;
    let positive = all.iter().any(|v| *v > 0) || p.seconds > 0 || p.micros > 0;
    let year_month = p.years != 0 || p.months != 0;
    let day_time = p.days != 0 || p.has_time();
    if !negative && !positive {
        return out.push('0');
    }
    let (years, months, days) = (p.years.unsigned_abs(), p.months.unsigned_abs(), p.days.unsigned_abs());
    let (hours, minutes) = (p.hours.unsigned_abs(), p.minutes.unsigned_abs());
    if (negative && positive) || (year_month && day_time) {
        let sign = |negative: bool| if negative { '-' } else { '+' };
        let _ = write!(
            out,
            "{}{years}-{months} {}{days} {}{hours}:{minutes:02}:",
            sign(p.years < 0 || p.months < 0),
            sign(p.days < 0),
            sign(p.time_is_negative())
        );
        return seconds(out, p.seconds, p.micros, 2);
    }
    if negative {
        out.push('-');
    }
    if year_month {
        let _ = write!(out, "{years}-{months}");
        return;
    }
    if p.days != 0 {
        let _ = write!(out, "{days} ");
    }
    let _ = write!(out, "{hours}:{minutes:02}:");
    seconds(out, p.seconds, p.micros, 2);
}
