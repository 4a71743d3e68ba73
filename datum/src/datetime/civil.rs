//! The proleptic Gregorian calendar, and what PostgreSQL's dates and timestamps can hold.
//!
//! ```text
//! date        4713-11-24 BC .. 5874897-12-31        infinities are i32::MIN and i32::MAX
//! timestamp   4713-11-24 BC .. 294276-12-31         infinities are i64::MIN and i64::MAX
//! ```
//! Years are astronomical: 1 BC is year 0.

use crate::DatumError;

pub const DAY_MICROS: i64 = 86_400_000_000;
pub const HOUR_MICROS: i64 = 3_600_000_000;
pub const MINUTE_MICROS: i64 = 60_000_000;
pub const SECOND_MICROS: i64 = 1_000_000;
/// The Julian day of 2000-01-01.
pub const EPOCH_JULIAN: i64 = 2_451_545;
/// 1970-01-01 in days since 2000-01-01.
pub const UNIX_EPOCH_DAYS: i64 = -10_957;
pub const UNIX_EPOCH_MICROS: i64 = UNIX_EPOCH_DAYS * DAY_MICROS;
/// The first date.
pub const DATE_MIN: i64 = -EPOCH_JULIAN;
/// One after the last date.
pub const DATE_END: i64 = 2_147_483_494 - EPOCH_JULIAN;
/// The first timestamp.
pub const TIMESTAMP_MIN: i64 = -211_813_488_000_000_000;
/// One after the last timestamp.
pub const TIMESTAMP_END: i64 = 9_223_371_331_200_000_000;

/// A date and time of day on some clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Civil {
    /// Astronomical: 0 is 1 BC.
    pub year: i32,
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub micros: i32,
}

/// Days since 2000-01-01 of a date of the proleptic Gregorian calendar; the month may be beyond 1..12, the day of its month.
pub fn days_from_civil(year: i32, month: i32, day: i32) -> i64 {
    let months = i64::from(year) * 12 + i64::from(month) - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    // Years that start in March put the leap day last.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    // 730425 days lie between 0000-03-01 and 2000-01-01.
    era * 146_097 + day_of_era - 730_425
}

/// The date of a day: (year, month, day).
pub fn civil_from_days(days: i64) -> (i32, i32, i32) {
    let z = days + 730_425;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as i32, day as i32)
}

pub fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}
pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
/// 0 is Sunday.
pub fn day_of_week(days: i64) -> i32 {
    // 2000-01-01 was a Saturday.
    (days + 6).rem_euclid(7) as i32
}
pub fn day_of_year(year: i32, month: i32, day: i32) -> i32 {
    (days_from_civil(year, month, day) - days_from_civil(year, 1, 1) + 1) as i32
}
/// ISO 8601: the year that the week belongs to, and its number.
pub fn iso_week(year: i32, month: i32, day: i32) -> (i32, i32) {
    let days = days_from_civil(year, month, day);
    let monday = iso_week_one(year);
    let (iso_year, first) = if days < monday {
        (year - 1, iso_week_one(year - 1))
    } else {
        let next = iso_week_one(year + 1);
        if days >= next { (year + 1, next) } else { (year, monday) }
    };
    (iso_year, ((days - first) / 7 + 1) as i32)
}
/// The Monday of ISO week 1: the week that holds January 4.
pub fn iso_week_one(year: i32) -> i64 {
    let fourth = days_from_civil(year, 1, 4);
    fourth - (i64::from(day_of_week(fourth)) + 6) % 7
}

impl Civil {
    /// The clock's reading at `micros` since 2000-01-01.
    pub fn from_micros(micros: i64) -> Civil {
        let (year, month, day) = civil_from_days(micros.div_euclid(DAY_MICROS));
        let time = micros.rem_euclid(DAY_MICROS);
        Civil {
            year,
            month,
            day,
            hour: (time / HOUR_MICROS) as i32,
            minute: (time / MINUTE_MICROS % 60) as i32,
            second: (time / SECOND_MICROS % 60) as i32,
            micros: (time % SECOND_MICROS) as i32,
        }
    }
    /// Microseconds since 2000-01-01 of this reading; `None` beyond 64 bits.
    pub fn to_micros(&self) -> Option<i64> {
        days_from_civil(self.year, self.month, self.day)
            .checked_mul(DAY_MICROS)?
            .checked_add(self.time_micros())
    }
    /// Microseconds since midnight.
    pub fn time_micros(&self) -> i64 {
        i64::from(self.hour) * HOUR_MICROS
            + i64::from(self.minute) * MINUTE_MICROS
            + i64::from(self.second) * SECOND_MICROS
            + i64::from(self.micros)
    }
}

/// Whether `micros` is one of the infinities.
pub fn is_infinite(micros: i64) -> bool {
    micros == i64::MIN || micros == i64::MAX
}
pub fn timestamp_is_valid(micros: i64) -> bool {
    is_infinite(micros) || (TIMESTAMP_MIN..TIMESTAMP_END).contains(&micros)
}
pub fn date_is_valid(days: i32) -> bool {
    days == i32::MIN || days == i32::MAX || (DATE_MIN..DATE_END).contains(&i64::from(days))
}
/// # Errors
/// `DatetimeFieldOverflow` out of range.
pub fn checked_timestamp(micros: i64) -> Result<i64, DatumError> {
    if timestamp_is_valid(micros) {
        Ok(micros)
    } else {
        Err(DatumError::DatetimeFieldOverflow("timestamp out of range".to_string()))
    }
}

/// Rounds to the digits of `timestamp(p)`, half away from zero. A negative modifier: none.
pub fn round_timestamp(micros: i64, typmod: i32) -> i64 {
    if is_infinite(micros) || !(0..6).contains(&typmod) {
        return micros;
    }
    let unit = 10i64.pow(6 - typmod as u32);
    let half = unit / 2;
    let rounded = if micros >= 0 { micros.saturating_add(half) } else { micros.saturating_sub(half) };
    rounded / unit * unit
}
/// As `round_timestamp`.
///
/// # Errors
/// `DatetimeFieldOverflow` if rounding leaves the range.
pub fn coerce_timestamp(micros: i64, typmod: i32) -> Result<i64, DatumError> {
    checked_timestamp(round_timestamp(micros, typmod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        assert_eq!(days_from_civil(2000, 1, 1), 0);
        assert_eq!(days_from_civil(1970, 1, 1), UNIX_EPOCH_DAYS);
        assert_eq!(days_from_civil(-4712, 11, 24) - 0, days_from_civil(-4713, 11, 24) + 366);
        assert_eq!(days_from_civil(-4713, 11, 24), DATE_MIN);
        for days in (DATE_MIN..3_000_000).step_by(101).chain(DATE_END - 1000..DATE_END) {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
    }

    #[test]
    fn iso_weeks_at_the_turn_of_the_year() {
        assert_eq!(iso_week(2021, 1, 3), (2020, 53));
        assert_eq!(iso_week(2024, 12, 30), (2025, 1));
        assert_eq!(iso_week(2026, 1, 1), (2026, 1));
    }
}
