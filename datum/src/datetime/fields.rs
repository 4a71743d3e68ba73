//! The fields of dates, timestamps and intervals: `extract`, `date_part`, `date_trunc`.

use super::civil::{
    Civil, DAY_MICROS, EPOCH_JULIAN, HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS, UNIX_EPOCH_MICROS,
    day_of_week, day_of_year, days_from_civil, is_infinite, iso_week, iso_week_one,
};
use super::words::{Unit, interval_unit, unit_by_name};
use super::zone::Zone;
use crate::numeric::Numeric;
use crate::{Datum, DatumError, Interval, TypeId};
use num_bigint::BigInt;

/// An interval in the fields that print. All have one sign in each of the groups years-months, days, time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalParts {
    pub years: i32,
    pub months: i32,
    pub days: i32,
    pub hours: i64,
    pub minutes: i32,
    pub seconds: i32,
    pub micros: i32,
}

impl IntervalParts {
    pub fn of(v: &Interval) -> IntervalParts {
        IntervalParts {
            years: v.months / 12,
            months: v.months % 12,
            days: v.days,
            hours: v.micros / HOUR_MICROS,
            minutes: (v.micros % HOUR_MICROS / MINUTE_MICROS) as i32,
            seconds: (v.micros % MINUTE_MICROS / SECOND_MICROS) as i32,
            micros: (v.micros % SECOND_MICROS) as i32,
        }
    }
    pub(super) fn has_time(&self) -> bool {
        self.hours != 0 || self.minutes != 0 || self.seconds != 0 || self.micros != 0
    }
    pub(super) fn time_is_negative(&self) -> bool {
        self.hours < 0 || self.minutes < 0 || self.seconds < 0 || self.micros < 0
    }
}

fn not_recognized(unit: &str, ty: TypeId) -> DatumError {
    let unit = unit.to_ascii_lowercase();
    DatumError::InvalidParameterValue(format!("unit \"{unit}\" not recognized for type {ty}"))
}
fn not_supported(unit: &str, ty: TypeId) -> DatumError {
    let unit = unit.to_ascii_lowercase();
    DatumError::FeatureNotSupported(format!("unit \"{unit}\" not supported for type {ty}"))
}

/// The field of a reading as a numeric, for `extract`.
fn scaled(v: i64, scale: u16) -> Numeric {
    Numeric::new(v, scale)
}

fn century(year: i32, len: i32) -> i64 {
    let (year, len) = (i64::from(year), i64::from(len));
    if year > 0 { (year + len - 1) / len } else { -((len - 1 - (year - 1)) / len) }
}

/// `extract(unit from v)` where `v` is a date, timestamp, timestamptz or interval; NULL for fields that an infinity lacks.
///
/// # Errors
/// `InvalidParameterValue` for units that are none, `FeatureNotSupported` for those that the type lacks.
pub fn extract(unit: &str, v: &Datum, zone: &Zone) -> Result<Datum, DatumError> {
    let ty = v.natural_type();
    let Some(kind) = unit_by_name(unit) else { return Err(not_recognized(unit, ty)) };
    let numeric = |n: Numeric| Ok(Datum::Numeric(n));
    match v {
        Datum::Date(days) => {
            if matches!(
                kind,
                Unit::Microsecond
                    | Unit::Millisecond
                    | Unit::Second
                    | Unit::Minute
                    | Unit::Hour
                    | Unit::Timezone
                    | Unit::TimezoneHour
                    | Unit::TimezoneMinute
            ) {
                return Err(not_supported(unit, ty));
            }
            if *days == i32::MIN || *days == i32::MAX {
                return Ok(infinite_field(kind, *days > 0));
            }
            match kind {
                Unit::Julian => numeric(Numeric::from(i64::from(*days) + EPOCH_JULIAN)),
                Unit::Epoch => numeric(Numeric::from((i64::from(*days) + 10_957) * 86_400)),
                _ => {
                    let (year, month, day) = super::civil_from_days(i64::from(*days));
                    let civil = Civil { year, month, day, ..Civil::default() };
                    civil_field(kind, &civil).map_or_else(|| Err(not_supported(unit, ty)), numeric)
                }
            }
        }
        Datum::Timestamp(micros) | Datum::Timestamptz(micros) => {
            let with_zone = matches!(v, Datum::Timestamptz(_));
            let zone_unit = matches!(kind, Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute);
            if is_infinite(*micros) {
                return Ok(infinite_field(kind, *micros > 0));
            }
            if zone_unit && !with_zone {
                return Err(not_supported(unit, ty));
            }
            if kind == Unit::Epoch {
                return numeric(Numeric::new(i128::from(*micros) - i128::from(UNIX_EPOCH_MICROS), 6));
            }
            let offset = if with_zone { zone.offset_at(*micros) } else { 0 };
            let local = micros + i64::from(offset) * SECOND_MICROS;
            let civil = Civil::from_micros(local);
            match kind {
                Unit::Timezone => numeric(Numeric::from(offset)),
                Unit::TimezoneHour => numeric(Numeric::from(offset / 3600)),
                Unit::TimezoneMinute => numeric(Numeric::from(offset / 60 % 60)),
                Unit::Julian => {
                    let day = days_from_civil(civil.year, civil.month, civil.day) + EPOCH_JULIAN;
                    let fraction = Numeric::from(civil.time_micros()).div(&Numeric::from(DAY_MICROS))?;
                    numeric(Numeric::from(day).add(&fraction)?)
                }
                _ => civil_field(kind, &civil).map_or_else(|| Err(not_supported(unit, ty)), numeric),
            }
        }
        Datum::Interval(i) => {
            let p = IntervalParts::of(i);
            numeric(match kind {
                Unit::Microsecond => Numeric::from(i64::from(p.seconds) * 1_000_000 + i64::from(p.micros)),
                Unit::Millisecond => scaled(i64::from(p.seconds) * 1_000_000 + i64::from(p.micros), 3),
                Unit::Second => scaled(i64::from(p.seconds) * 1_000_000 + i64::from(p.micros), 6),
                Unit::Minute => Numeric::from(p.minutes),
                Unit::Hour => Numeric::from(p.hours),
                Unit::Day => Numeric::from(p.days),
                Unit::Month => Numeric::from(p.months),
                Unit::Quarter => Numeric::from(p.months / 3 + 1),
                Unit::Year => Numeric::from(p.years),
                Unit::Decade => Numeric::from(p.years / 10),
                Unit::Century => Numeric::from(p.years / 100),
                Unit::Millennium => Numeric::from(p.years / 1000),
                Unit::Epoch => {
                    // A year has 365.25 days, a month 30.
                    let quarter_days =
                        1461 * i64::from(p.years) + 120 * i64::from(p.months) + 4 * i64::from(p.days);
                    let seconds = i128::from(quarter_days) * 21_600;
                    Numeric::new(BigInt::from(seconds * 1_000_000 + i128::from(i.micros)), 6)
                }
                _ => return Err(not_supported(unit, ty)),
            })
        }
        _ => Err(DatumError::Internal("extract of a value that is no date, time or interval".to_string())),
    }
}

/// Fields that follow from the calendar and the clock alone.
fn civil_field(kind: Unit, c: &Civil) -> Option<Numeric> {
    let second_micros = i64::from(c.second) * 1_000_000 + i64::from(c.micros);
    Some(match kind {
        Unit::Microsecond => Numeric::from(second_micros),
        Unit::Millisecond => scaled(second_micros, 3),
        Unit::Second => scaled(second_micros, 6),
        Unit::Minute => Numeric::from(c.minute),
        Unit::Hour => Numeric::from(c.hour),
        Unit::Day => Numeric::from(c.day),
        Unit::Month => Numeric::from(c.month),
        Unit::Quarter => Numeric::from((c.month - 1) / 3 + 1),
        Unit::Week => Numeric::from(iso_week(c.year, c.month, c.day).1),
        // There is no year 0: 1 BC is -1.
        Unit::Year => Numeric::from(if c.year > 0 { c.year } else { c.year - 1 }),
        Unit::Decade => Numeric::from(if c.year >= 0 { c.year / 10 } else { -((8 - (c.year - 1)) / 10) }),
        Unit::Century => Numeric::from(century(c.year, 100)),
        Unit::Millennium => Numeric::from(century(c.year, 1000)),
        Unit::IsoYear => {
            let year = iso_week(c.year, c.month, c.day).0;
            Numeric::from(if year > 0 { year } else { year - 1 })
        }
        Unit::Dow => Numeric::from(day_of_week(days_from_civil(c.year, c.month, c.day))),
        Unit::IsoDow => {
            let day = day_of_week(days_from_civil(c.year, c.month, c.day));
            Numeric::from(if day == 0 { 7 } else { day })
        }
        Unit::Doy => Numeric::from(day_of_year(c.year, c.month, c.day)),
        _ => return None,
    })
}

/// Fields that grow without bound are infinite, those that repeat are NULL.
fn infinite_field(kind: Unit, positive: bool) -> Datum {
    match kind {
        Unit::Year
        | Unit::Decade
        | Unit::Century
        | Unit::Millennium
        | Unit::Julian
        | Unit::IsoYear
        | Unit::Epoch => Datum::Numeric(if positive { Numeric::Infinity } else { Numeric::NegInfinity }),
        _ => Datum::Null,
    }
}

/// `date_part`: as `extract`, but a float. Dates count as timestamps (callers cast them).
///
/// # Errors
/// As `extract`.
pub fn date_part(unit: &str, v: &Datum, zone: &Zone) -> Result<Datum, DatumError> {
    if let Datum::Interval(i) = v
        && unit_by_name(unit) == Some(Unit::Epoch)
    {
        // Summed as PostgreSQL sums, for the same last digit.
        let (years, months) = (f64::from(i.months / 12), f64::from(i.months % 12));
        let mut seconds = i.micros as f64 / 1e6;
        seconds += 365.25 * 86_400.0 * years;
        seconds += 30.0 * 86_400.0 * months;
        seconds += 86_400.0 * f64::from(i.days);
        return Ok(Datum::Float8(seconds));
    }
    Ok(match extract(unit, v, zone)? {
        Datum::Numeric(n) => Datum::Float8(match &n {
            // Divided as PostgreSQL divides: the nearest float of the quotient.
            Numeric::Finite { digits, scale } if *scale <= 6 => {
                use num_traits::ToPrimitive;
                digits.to_f64().unwrap_or(f64::NAN) / 10f64.powi(i32::from(*scale))
            }
            _ => n.to_f64()?,
        }),
        other => other,
    })
}

fn unit_for_trunc(unit: &str, ty: TypeId) -> Result<Unit, DatumError> {
    let lower = unit.to_ascii_lowercase();
    let kind = interval_unit(&lower).ok_or_else(|| not_recognized(unit, ty))?;
    let supported = matches!(
        kind,
        Unit::Microsecond
            | Unit::Millisecond
            | Unit::Second
            | Unit::Minute
            | Unit::Hour
            | Unit::Day
            | Unit::Week
            | Unit::Month
            | Unit::Quarter
            | Unit::Year
            | Unit::Decade
            | Unit::Century
            | Unit::Millennium
    );
    if supported { Ok(kind) } else { Err(not_supported(unit, ty)) }
}

/// The start of the unit that a reading lies in.
fn trunc_local(kind: Unit, local: i64) -> Option<i64> {
    let unit = match kind {
        Unit::Microsecond => 1,
        Unit::Millisecond => 1000,
        Unit::Second => SECOND_MICROS,
        Unit::Minute => MINUTE_MICROS,
        Unit::Hour => HOUR_MICROS,
        Unit::Day => DAY_MICROS,
        _ => {
            let c = Civil::from_micros(local);
            let first_year = |len: i32| match c.year {
                y if y > 0 => (y + len - 1) / len * len - (len - 1),
                y => -((len - 1 - (y - 1)) / len) * len + 1,
            };
            let days = match kind {
                Unit::Week => {
                    let (year, week) = iso_week(c.year, c.month, c.day);
                    iso_week_one(year) + i64::from(week - 1) * 7
                }
                Unit::Month => days_from_civil(c.year, c.month, 1),
                Unit::Quarter => days_from_civil(c.year, (c.month - 1) / 3 * 3 + 1, 1),
                Unit::Year => days_from_civil(c.year, 1, 1),
                Unit::Decade => {
                    let year = if c.year > 0 { c.year / 10 * 10 } else { -((8 - (c.year - 1)) / 10) * 10 };
                    days_from_civil(year, 1, 1)
                }
                Unit::Century => days_from_civil(first_year(100), 1, 1),
                Unit::Millennium => days_from_civil(first_year(1000), 1, 1),
                _ => return None,
            };
            return days.checked_mul(DAY_MICROS);
        }
    };
    Some(local.div_euclid(unit) * unit)
}

/// `date_trunc(unit, timestamp)`.
///
/// # Errors
/// As `extract`; `DatetimeFieldOverflow`.
pub fn trunc_timestamp(unit: &str, micros: i64) -> Result<i64, DatumError> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let kind = unit_for_trunc(unit, TypeId::TIMESTAMP)?;
    super::checked_timestamp(trunc_local(kind, micros).unwrap_or(i64::MAX - 1))
}

/// `date_trunc(unit, timestamptz)` on the zone's clock.
///
/// # Errors
/// As `trunc_timestamp`.
pub fn trunc_timestamptz(unit: &str, micros: i64, zone: &Zone) -> Result<i64, DatumError> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let kind = unit_for_trunc(unit, TypeId::TIMESTAMPTZ)?;
    let offset = zone.offset_at(micros);
    let local = micros + i64::from(offset) * SECOND_MICROS;
    let start = trunc_local(kind, local).unwrap_or(i64::MAX - 1);
    // Within a day the offset stays what it is; a longer unit may start under another.
    let short =
        matches!(kind, Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour);
    let utc = if short { start - i64::from(offset) * SECOND_MICROS } else { zone.to_utc(start) };
    super::checked_timestamp(utc)
}

/// `date_trunc(unit, interval)`.
///
/// # Errors
/// As `extract`.
pub fn trunc_interval(unit: &str, v: &Interval) -> Result<Interval, DatumError> {
    let kind = unit_for_trunc(unit, TypeId::INTERVAL)?;
    let cut_months = |len: i32| Interval::new(v.months / len * len, 0, 0);
    let cut_micros = |len: i64| Interval::new(v.months, v.days, v.micros / len * len);
    Ok(match kind {
        Unit::Millennium => cut_months(12_000),
        Unit::Century => cut_months(1200),
        Unit::Decade => cut_months(120),
        Unit::Year => cut_months(12),
        Unit::Quarter => cut_months(3),
        Unit::Month => cut_months(1),
        Unit::Day => Interval::new(v.months, v.days, 0),
        Unit::Hour => cut_micros(HOUR_MICROS),
        Unit::Minute => cut_micros(MINUTE_MICROS),
        Unit::Second => cut_micros(SECOND_MICROS),
        Unit::Millisecond => cut_micros(1000),
        Unit::Microsecond => *v,
        _ => return Err(not_supported(unit, TypeId::INTERVAL)),
    })
}
