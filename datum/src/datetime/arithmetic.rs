//! Arithmetic of dates, timestamps and intervals: what operators and functions are built of.

use super::civil::{
    Civil, DAY_MICROS, HOUR_MICROS, SECOND_MICROS, checked_timestamp, date_is_valid, days_from_civil,
    days_in_month, is_infinite,
};
use super::zone::Zone;
use crate::{DatumError, EvalContext, Interval};

const MONTH_DAYS: i32 = 30;

fn timestamp_out_of_range() -> DatumError {
    DatumError::DatetimeFieldOverflow("timestamp out of range".to_string())
}
fn date_out_of_range() -> DatumError {
    DatumError::DatetimeFieldOverflow("date out of range".to_string())
}
fn interval_out_of_range() -> DatumError {
    DatumError::DatetimeFieldOverflow("interval out of range".to_string())
}

/// Adds months and days to a reading of a clock; the day is cut to the length of its month.
fn add_calendar(local: i64, months: i32, days: i32) -> Result<i64, DatumError> {
    let mut local = local;
    if months != 0 {
        let mut c = Civil::from_micros(local);
        let total = i64::from(c.year) * 12 + i64::from(c.month) - 1 + i64::from(months);
        c.year = i32::try_from(total.div_euclid(12)).map_err(|_| timestamp_out_of_range())?;
        c.month = total.rem_euclid(12) as i32 + 1;
        c.day = c.day.min(days_in_month(c.year, c.month));
        local = c.to_micros().ok_or_else(timestamp_out_of_range)?;
    }
    let shift = i64::from(days).checked_mul(DAY_MICROS).ok_or_else(timestamp_out_of_range)?;
    local.checked_add(shift).ok_or_else(timestamp_out_of_range)
}

/// `timestamp + interval`.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn timestamp_add(micros: i64, interval: &Interval) -> Result<i64, DatumError> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let local = add_calendar(micros, interval.months, interval.days)?;
    checked_finite(local.checked_add(interval.micros).ok_or_else(timestamp_out_of_range)?)
}

/// `timestamptz + interval`: months and days move the clock of the zone.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn timestamptz_add(micros: i64, interval: &Interval, zone: &Zone) -> Result<i64, DatumError> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let mut micros = micros;
    if interval.months != 0 || interval.days != 0 {
        micros = zone.to_utc(add_calendar(zone.to_local(micros), interval.months, interval.days)?);
    }
    checked_finite(micros.checked_add(interval.micros).ok_or_else(timestamp_out_of_range)?)
}

fn checked_finite(micros: i64) -> Result<i64, DatumError> {
    if is_infinite(micros) { Err(timestamp_out_of_range()) } else { checked_timestamp(micros) }
}

/// `date + integer`.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn date_add_days(date: i32, days: i32) -> Result<i32, DatumError> {
    if date == i32::MIN || date == i32::MAX {
        return Ok(date);
    }
    let sum = date.checked_add(days).ok_or_else(date_out_of_range)?;
    if date_is_valid(sum) && sum != i32::MIN && sum != i32::MAX { Ok(sum) } else { Err(date_out_of_range()) }
}
/// `date - date`.
///
/// # Errors
/// `DatetimeFieldOverflow` if either is infinite.
pub fn date_sub(a: i32, b: i32) -> Result<i32, DatumError> {
    if [a, b].iter().any(|d| *d == i32::MIN || *d == i32::MAX) {
        return Err(DatumError::DatetimeFieldOverflow("cannot subtract infinite dates".to_string()));
    }
    Ok(a - b)
}
/// `timestamp - timestamp`, in days and time.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn timestamp_sub(a: i64, b: i64) -> Result<Interval, DatumError> {
    if is_infinite(a) || is_infinite(b) {
        return Err(DatumError::DatetimeFieldOverflow("cannot subtract infinite timestamps".to_string()));
    }
    let micros = a.checked_sub(b).ok_or_else(interval_out_of_range)?;
    Interval::new(0, 0, micros).justify_hours()
}

/// Midnight of a date.
///
/// # Errors
/// `DatetimeFieldOverflow`: timestamps end earlier than dates.
pub fn date_to_timestamp(date: i32) -> Result<i64, DatumError> {
    match date {
        i32::MIN => Ok(i64::MIN),
        i32::MAX => Ok(i64::MAX),
        _ => {
            let micros = i64::from(date).checked_mul(DAY_MICROS).filter(|m| super::timestamp_is_valid(*m));
            micros.ok_or_else(|| {
                DatumError::DatetimeFieldOverflow("date out of range for timestamp".to_string())
            })
        }
    }
}
/// Midnight of a date on the zone's clock.
///
/// # Errors
/// As `date_to_timestamp`.
pub fn date_to_timestamptz(date: i32, zone: &Zone) -> Result<i64, DatumError> {
    let local = date_to_timestamp(date)?;
    if is_infinite(local) {
        return Ok(local);
    }
    let micros = zone.to_utc(local);
    if super::timestamp_is_valid(micros) {
        Ok(micros)
    } else {
        Err(DatumError::DatetimeFieldOverflow("date out of range for timestamp".to_string()))
    }
}
/// The day of a timestamp.
pub fn timestamp_to_date(micros: i64) -> i32 {
    match micros {
        i64::MIN => i32::MIN,
        i64::MAX => i32::MAX,
        // Days of the range of timestamps fit.
        _ => micros.div_euclid(DAY_MICROS) as i32,
    }
}
/// The day of an instant on the zone's clock.
pub fn timestamptz_to_date(micros: i64, zone: &Zone) -> i32 {
    if is_infinite(micros) { timestamp_to_date(micros) } else { timestamp_to_date(zone.to_local(micros)) }
}
/// `timestamp AT TIME ZONE zone`, and the cast to timestamptz.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn timestamp_to_timestamptz(local: i64, zone: &Zone) -> Result<i64, DatumError> {
    if is_infinite(local) { Ok(local) } else { checked_finite(zone.to_utc(local)) }
}
/// `timestamptz AT TIME ZONE zone`, and the cast to timestamp.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn timestamptz_to_timestamp(micros: i64, zone: &Zone) -> Result<i64, DatumError> {
    if is_infinite(micros) { Ok(micros) } else { checked_finite(zone.to_local(micros)) }
}
/// The zone of `AT TIME ZONE interval`.
///
/// # Errors
/// `InvalidParameterValue` if it has months or days.
pub fn zone_of_interval(interval: &Interval) -> Result<Zone, DatumError> {
    if interval.months != 0 || interval.days != 0 {
        let mut text = String::new();
        super::write_interval(&mut text, interval, crate::context::IntervalStyle::Postgres);
        let text = format!("interval time zone \"{text}\" must not include months or days");
        return Err(DatumError::InvalidParameterValue(text));
    }
    Ok(Zone::Fixed((interval.micros / SECOND_MICROS) as i32))
}

/// `age(later, earlier)`: years, months, days and time between two readings.
///
/// An infinity counts as the 64-bit number that stands for it, as in PostgreSQL 15.
///
/// # Errors
/// `DatetimeFieldOverflow` beyond 32 bits of months.
pub fn age(later: i64, earlier: i64) -> Result<Interval, DatumError> {
    let (a, b) = (Civil::from_micros(later), Civil::from_micros(earlier));
    let negative = later < earlier;
    let (hi, lo) = if negative { (b, a) } else { (a, b) };
    let mut micros = hi.time_micros() - lo.time_micros();
    let mut days = hi.day - lo.day;
    let years = i64::from(hi.year) - i64::from(lo.year);
    let mut months =
        i32::try_from(years * 12 + i64::from(hi.month - lo.month)).map_err(|_| interval_out_of_range())?;
    if micros < 0 {
        micros += DAY_MICROS;
        days -= 1;
    }
    while days < 0 {
        // The month of the earlier argument in time lends its days.
        days += days_in_month(lo.year, lo.month);
        months -= 1;
    }
    let sign = if negative { -1 } else { 1 };
    Ok(Interval::new(sign * months, sign * days, i64::from(sign) * micros))
}
/// `age(timestamptz, timestamptz)`: on the zone's clock.
///
/// # Errors
/// As `age`.
pub fn age_tz(later: i64, earlier: i64, zone: &Zone) -> Result<Interval, DatumError> {
    age(zone.to_local(later), zone.to_local(earlier))
}

/// `date_bin(stride, timestamp, origin)`.
///
/// # Errors
/// For the client.
pub fn date_bin(stride: &Interval, micros: i64, origin: i64) -> Result<i64, DatumError> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    if is_infinite(origin) {
        return Err(DatumError::DatetimeFieldOverflow("origin out of range".to_string()));
    }
    if stride.months != 0 {
        let text = "timestamps cannot be binned into intervals containing months or years".to_string();
        return Err(DatumError::FeatureNotSupported(text));
    }
    let width = i64::from(stride.days)
        .checked_mul(DAY_MICROS)
        .and_then(|d| d.checked_add(stride.micros))
        .ok_or_else(interval_out_of_range)?;
    if width <= 0 {
        return Err(DatumError::DatetimeFieldOverflow("stride must be greater than zero".to_string()));
    }
    let distance = micros.checked_sub(origin).ok_or_else(interval_out_of_range)?;
    let floor = distance.div_euclid(width) * width;
    checked_timestamp(origin + floor)
}

/// `make_date(year, month, day)`; a negative year is BC.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn make_date(year: i32, month: i32, day: i32) -> Result<i32, DatumError> {
    let overflow = || {
        DatumError::DatetimeFieldOverflow(format!(
            "date field value out of range: {year}-{month:02}-{day:02}"
        ))
    };
    let astronomical = match year {
        0 => return Err(overflow()),
        y if y < 0 => y.checked_add(1).ok_or_else(overflow)?,
        y => y,
    };
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(astronomical, month) {
        return Err(overflow());
    }
    let out_of_range = || {
        DatumError::DatetimeFieldOverflow(format!("date out of range: {astronomical}-{month:02}-{day:02}"))
    };
    let days = i32::try_from(days_from_civil(astronomical, month, day)).map_err(|_| out_of_range())?;
    if date_is_valid(days) { Ok(days) } else { Err(out_of_range()) }
}

/// `make_timestamp(year, month, day, hour, minute, second)`.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn make_timestamp(
    year: i32,
    month: i32,
    day: i32,
    hour: i32,
    minute: i32,
    second: f64,
) -> Result<i64, DatumError> {
    let date = make_date(year, month, day)?;
    // Digits of a float beyond the microsecond are noise.
    let second_micros = (second * 1e6).round_ties_even();
    let valid = (0..=24).contains(&hour)
        && (0..60).contains(&minute)
        && (0.0..=60.0 * 1e6).contains(&second_micros)
        && i64::from(hour) * HOUR_MICROS + i64::from(minute) * 60 * SECOND_MICROS + second_micros as i64
            <= DAY_MICROS;
    if !valid {
        return Err(DatumError::DatetimeFieldOverflow(format!(
            "time field value out of range: {hour}:{minute:02}:{}",
            crate::text_format::padded_seconds(second)
        )));
    }
    let time = i64::from(hour) * HOUR_MICROS + i64::from(minute) * 60 * SECOND_MICROS + second_micros as i64;
    let micros = i64::from(date).checked_mul(DAY_MICROS).and_then(|d| d.checked_add(time));
    micros.filter(|m| super::timestamp_is_valid(*m)).ok_or_else(|| {
        DatumError::DatetimeFieldOverflow(format!(
            "timestamp out of range: {year}-{month:02}-{day:02} {hour}:{minute:02}:{}",
            crate::text_format::padded_seconds(second)
        ))
    })
}

/// `make_interval(years, months, weeks, days, hours, mins, secs)`.
///
/// # Errors
/// `DatetimeFieldOverflow`.
pub fn make_interval(
    years: i32,
    months: i32,
    weeks: i32,
    days: i32,
    hours: i32,
    minutes: i32,
    seconds: f64,
) -> Result<Interval, DatumError> {
    if !seconds.is_finite() {
        return Err(interval_out_of_range());
    }
    let months = i64::from(years) * 12 + i64::from(months);
    let days = i64::from(weeks) * 7 + i64::from(days);
    let micros = i128::from(hours) * i128::from(HOUR_MICROS)
        + i128::from(minutes) * 60_000_000
        + (seconds * 1e6).round_ties_even() as i128;
    match (i32::try_from(months), i32::try_from(days), i64::try_from(micros)) {
        (Ok(months), Ok(days), Ok(micros)) => Ok(Interval::new(months, days, micros)),
        _ => Err(interval_out_of_range()),
    }
}

impl Interval {
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn checked_add(&self, other: &Interval) -> Result<Interval, DatumError> {
        let months = self.months.checked_add(other.months);
        let days = self.days.checked_add(other.days);
        let micros = self.micros.checked_add(other.micros);
        match (months, days, micros) {
            (Some(months), Some(days), Some(micros)) => Ok(Interval::new(months, days, micros)),
            _ => Err(interval_out_of_range()),
        }
    }
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn checked_sub(&self, other: &Interval) -> Result<Interval, DatumError> {
        let months = self.months.checked_sub(other.months);
        let days = self.days.checked_sub(other.days);
        let micros = self.micros.checked_sub(other.micros);
        match (months, days, micros) {
            (Some(months), Some(days), Some(micros)) => Ok(Interval::new(months, days, micros)),
            _ => Err(interval_out_of_range()),
        }
    }
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn checked_neg(&self) -> Result<Interval, DatumError> {
        match (self.months.checked_neg(), self.days.checked_neg(), self.micros.checked_neg()) {
            (Some(months), Some(days), Some(micros)) => Ok(Interval::new(months, days, micros)),
            _ => Err(interval_out_of_range()),
        }
    }
    /// `interval * factor`: what is left of months becomes days, what is left of days becomes time.
    ///
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn mul(&self, factor: f64) -> Result<Interval, DatumError> {
        self.scale(&|v| v * factor)
    }
    /// `interval / divisor`.
    ///
    /// # Errors
    /// `DivisionByZero`, `DatetimeFieldOverflow`.
    pub fn div(&self, divisor: f64) -> Result<Interval, DatumError> {
        if divisor == 0.0 {
            return Err(DatumError::DivisionByZero);
        }
        self.scale(&|v| v / divisor)
    }
    fn scale(&self, by: &dyn Fn(f64) -> f64) -> Result<Interval, DatumError> {
        let fits = |v: f64| v >= f64::from(i32::MIN) && v <= f64::from(i32::MAX);
        let (exact_months, exact_days) = (by(f64::from(self.months)), by(f64::from(self.days)));
        if !fits(exact_months) || !fits(exact_days) {
            return Err(interval_out_of_range());
        }
        let months = exact_months as i32;
        let days = exact_days as i32;
        // Noise beyond the microsecond must not tip a day.
        let clean = |v: f64| (v * 1e6).round_ties_even() / 1e6;
        let month_days = clean((exact_months - f64::from(months)) * f64::from(MONTH_DAYS));
        let mut whole_days = month_days as i32;
        let seconds_per_day = 86_400.0;
        let mut seconds =
            clean((exact_days - f64::from(days) + month_days - f64::from(whole_days)) * seconds_per_day);
        if seconds.abs() >= seconds_per_day {
            let carry = (seconds / seconds_per_day) as i32;
            whole_days += carry;
            seconds -= f64::from(carry) * seconds_per_day;
        }
        let days = days.checked_add(whole_days).ok_or_else(interval_out_of_range)?;
        let micros = (by(self.micros as f64) + seconds * 1e6).round_ties_even();
        if !(micros >= i64::MIN as f64 && micros < i64::MAX as f64) {
            return Err(interval_out_of_range());
        }
        Ok(Interval::new(months, days, micros as i64))
    }

    /// Whole days out of the time.
    ///
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn justify_hours(&self) -> Result<Interval, DatumError> {
        let mut v = *self;
        let whole = v.micros / DAY_MICROS;
        v.micros -= whole * DAY_MICROS;
        v.days = i32::try_from(i64::from(v.days) + whole).map_err(|_| interval_out_of_range())?;
        if v.days > 0 && v.micros < 0 {
            v.micros += DAY_MICROS;
            v.days -= 1;
        } else if v.days < 0 && v.micros > 0 {
            v.micros -= DAY_MICROS;
            v.days += 1;
        }
        Ok(v)
    }
    /// Whole months of 30 days out of the days.
    ///
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn justify_days(&self) -> Result<Interval, DatumError> {
        let mut v = *self;
        let whole = v.days / MONTH_DAYS;
        v.days -= whole * MONTH_DAYS;
        v.months = v.months.checked_add(whole).ok_or_else(interval_out_of_range)?;
        if v.months > 0 && v.days < 0 {
            v.days += MONTH_DAYS;
            v.months -= 1;
        } else if v.months < 0 && v.days > 0 {
            v.days -= MONTH_DAYS;
            v.months += 1;
        }
        Ok(v)
    }
    /// Both, with one sign.
    ///
    /// # Errors
    /// `DatetimeFieldOverflow`.
    pub fn justify_interval(&self) -> Result<Interval, DatumError> {
        let mut v = *self;
        // Days and time of one sign may overflow when they are moved up together; take months first.
        if (v.days > 0 && v.micros > 0) || (v.days < 0 && v.micros < 0) {
            let whole = v.days / MONTH_DAYS;
            v.days -= whole * MONTH_DAYS;
            v.months = v.months.checked_add(whole).ok_or_else(interval_out_of_range)?;
        }
        let whole = v.micros / DAY_MICROS;
        v.micros -= whole * DAY_MICROS;
        v.days = i32::try_from(i64::from(v.days) + whole).map_err(|_| interval_out_of_range())?;
        let whole = v.days / MONTH_DAYS;
        v.days -= whole * MONTH_DAYS;
        v.months = v.months.checked_add(whole).ok_or_else(interval_out_of_range)?;
        if v.months > 0 && (v.days < 0 || (v.days == 0 && v.micros < 0)) {
            v.days += MONTH_DAYS;
            v.months -= 1;
        } else if v.months < 0 && (v.days > 0 || (v.days == 0 && v.micros > 0)) {
            v.days -= MONTH_DAYS;
            v.months += 1;
        }
        if v.days > 0 && v.micros < 0 {
            v.micros += DAY_MICROS;
            v.days -= 1;
        } else if v.days < 0 && v.micros > 0 {
            v.micros -= DAY_MICROS;
            v.days += 1;
        }
        Ok(v)
    }
}

/// Today on the session's clock, in days since 2000-01-01.
pub fn current_date(ctx: &EvalContext) -> i32 {
    timestamptz_to_date(ctx.transaction_micros, &Zone::of_session(ctx))
}
