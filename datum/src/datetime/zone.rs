//! Time zones: by IANA name, POSIX rule, abbreviation or fixed offset; from UTC to the clock on the wall and back.
//!
//! The rules come from the bundled tz database. It ends with the year 9999; later times use the year of the 400-year cycle
//! that has the same calendar.

use super::abbreviations::{self, Abbreviation};
use super::civil::{Civil, DAY_MICROS, SECOND_MICROS, UNIX_EPOCH_MICROS};
use crate::{DatumError, EvalContext};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

/// Microseconds of 400 years: the calendar repeats.
const CYCLE_MICROS: i64 = 146_097 * DAY_MICROS;
/// 9000-01-01, and local readings beyond its year are moved back by cycles.
const CYCLE_FROM_MICROS: i64 = 2_556_695 * DAY_MICROS;
/// The greatest displacement that input accepts, in hours.
const DISPLACEMENT_HOURS_MAX: i32 = 15;

/// A time zone.
#[derive(Clone, Debug)]
pub enum Zone {
    /// Seconds east of UTC.
    Fixed(i32),
    Rules(TimeZone),
    /// What an abbreviation meant in a zone: the offset that it had last, or had first if it came later.
    Abbreviated(TimeZone, &'static str),
}

/// How a zone's clock stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneOffset {
    /// Seconds east of UTC.
    pub seconds: i32,
    /// Absent for a fixed offset.
    pub abbreviation: Option<String>,
}

fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

thread_local! {
    /// The session's zone that this thread looked up last.
    static LAST: RefCell<Option<(Arc<str>, Zone)>> = const { RefCell::new(None) };
}

impl Zone {
    pub fn utc() -> Zone {
        Zone::Fixed(0)
    }

    /// Finds a zone by IANA name (in any case) or POSIX rule (`EST5EDT`, `<+07>-07`, `UTC+3`).
    pub fn by_name(name: &str) -> Option<Zone> {
        if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt") {
            return database().get(name).ok().map(Zone::Rules);
        }
        if let Ok(zone) = database().get(name) {
            return Some(Zone::Rules(zone));
        }
        if !name.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        if name.starts_with(['+', '-']) {
            // A POSIX rule without a name: its sign counts west.
            return parse_displacement(name).ok().map(|east| Zone::Fixed(-east));
        }
        TimeZone::posix(&name.to_ascii_uppercase())
            .or_else(|_| TimeZone::posix(name))
            .ok()
            .map(Zone::Rules)
            .or_else(|| {
                // A rule whose name is shorter than POSIX wants.
                let offset = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                let digits = offset.trim_start_matches(['+', '-']).bytes();
                if digits.take_while(u8::is_ascii_digit).count() > 2 {
                    return None;
                }
                let signed =
                    if offset.starts_with(['+', '-']) { offset.to_string() } else { format!("+{offset}") };
                parse_displacement(&signed).ok().map(|west| Zone::Fixed(-west))
            })
    }

    /// An abbreviation that the zone `name` explains.
    pub(super) fn by_abbreviation(abbreviation: &str, name: &str) -> Option<Zone> {
        let abbreviation = abbreviations::name(&abbreviation.to_ascii_lowercase())?;
        database().get(name).ok().map(|zone| Zone::Abbreviated(zone, abbreviation))
    }

    /// Finds a zone as AT TIME ZONE does: abbreviation first, then name.
    ///
    /// # Errors
    /// `InvalidParameterValue`.
    pub fn by_text(text: &str) -> Result<Zone, DatumError> {
        match abbreviations::find(&text.to_ascii_lowercase()) {
            Some(Abbreviation::Fixed(seconds)) => Some(Zone::Fixed(seconds)),
            Some(Abbreviation::Dynamic(name)) => Zone::by_abbreviation(text, name),
            None => Zone::by_name(text),
        }
        .ok_or_else(|| not_recognized(text))
    }

    /// The session's zone; UTC if its name is not known (SET checked it).
    pub fn of_session(ctx: &EvalContext) -> Zone {
        if &*ctx.time_zone == "UTC" {
            return Zone::Fixed(0);
        }
        LAST.with_borrow_mut(|last| {
            if let Some((name, zone)) = last
                && (Arc::ptr_eq(name, &ctx.time_zone) || *name == ctx.time_zone)
            {
                return zone.clone();
            }
            let zone = Zone::by_name(&ctx.time_zone).unwrap_or(Zone::Fixed(0));
            *last = Some((ctx.time_zone.clone(), zone.clone()));
            zone
        })
    }

    /// Seconds east of UTC at an instant (microseconds since 2000-01-01 UTC).
    pub fn offset_at(&self, utc_micros: i64) -> i32 {
        match self {
            Zone::Fixed(seconds) => *seconds,
            Zone::Rules(zone) => zone.to_offset(instant(utc_micros)).seconds(),
            Zone::Abbreviated(zone, name) => abbreviated(zone, name, instant(utc_micros)),
        }
    }
    /// As `offset_at`, with the abbreviation in force.
    pub fn info_at(&self, utc_micros: i64) -> ZoneOffset {
        match self {
            Zone::Fixed(seconds) => ZoneOffset { seconds: *seconds, abbreviation: None },
            Zone::Abbreviated(_, name) => ZoneOffset {
                seconds: self.offset_at(utc_micros),
                abbreviation: Some(name.to_ascii_uppercase()),
            },
            Zone::Rules(zone) => {
                let info = zone.to_offset_info(instant(utc_micros));
                ZoneOffset {
                    seconds: info.offset().seconds(),
                    abbreviation: Some(info.abbreviation().to_string()),
                }
            }
        }
    }
    /// Seconds east of UTC when the clock on the wall reads `local` (microseconds since 2000-01-01). A reading that the
    /// clock skipped counts with the offset before the jump, one that it showed twice with the offset after it.
    pub fn offset_for_local(&self, local: i64) -> i32 {
        match self {
            Zone::Fixed(seconds) => *seconds,
            Zone::Abbreviated(zone, name) => {
                let near = Zone::Rules(zone.clone()).to_utc(local);
                abbreviated(zone, name, instant(near))
            }
            Zone::Rules(zone) => match zone.to_ambiguous_timestamp(reading(local)).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset,
                AmbiguousOffset::Gap { before, .. } => before,
                AmbiguousOffset::Fold { after, .. } => after,
            }
            .seconds(),
        }
    }
    /// The reading of the zone's clock at an instant.
    pub fn to_local(&self, utc_micros: i64) -> i64 {
        utc_micros.saturating_add(i64::from(self.offset_at(utc_micros)) * SECOND_MICROS)
    }
    /// The instant of a reading.
    pub fn to_utc(&self, local: i64) -> i64 {
        local.saturating_sub(i64::from(self.offset_for_local(local)) * SECOND_MICROS)
    }
}

/// Transitions that are looked through for an abbreviation.
const TRANSITIONS_MAX: usize = 400;

fn abbreviated(zone: &TimeZone, name: &str, at: Timestamp) -> i32 {
    let now = zone.to_offset_info(at);
    if now.abbreviation().eq_ignore_ascii_case(name) {
        return now.offset().seconds();
    }
    let earlier = zone.preceding(at).take(TRANSITIONS_MAX);
    let later = zone.following(at).take(TRANSITIONS_MAX);
    for transition in earlier.chain(later) {
        if transition.abbreviation().eq_ignore_ascii_case(name) {
            return transition.offset().seconds();
        }
    }
    now.offset().seconds()
}

pub(super) fn not_recognized(name: &str) -> DatumError {
    DatumError::InvalidParameterValue(format!("time zone \"{name}\" not recognized"))
}

/// Times past the database's end, moved into it by whole cycles.
fn folded(micros: i64) -> i64 {
    if micros < CYCLE_FROM_MICROS {
        return micros;
    }
    CYCLE_FROM_MICROS - CYCLE_MICROS + (micros - CYCLE_FROM_MICROS) % CYCLE_MICROS
}
fn instant(utc_micros: i64) -> Timestamp {
    let micros = folded(utc_micros).saturating_sub(UNIX_EPOCH_MICROS);
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}
fn reading(local: i64) -> DateTime {
    let c = Civil::from_micros(folded(local));
    let (year, month, day) = (c.year as i16, c.month as i8, c.day as i8);
    DateTime::new(year, month, day, c.hour as i8, c.minute as i8, c.second as i8, c.micros * 1000)
        .unwrap_or(DateTime::MIN)
}

/// Why a displacement cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisplacementError {
    Format,
    Range,
}

/// `+hh`, `+hhmm`, `+hh:mm` or `+hh:mm:ss`, in seconds east of UTC.
///
/// # Errors
/// Malformed, or beyond 15:59:59.
pub fn parse_displacement(text: &str) -> Result<i32, DisplacementError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => return Err(DisplacementError::Format),
    };
    let number = |text: &mut &str| -> Result<i32, DisplacementError> {
        let end = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at(end);
        *text = rest;
        if digits.is_empty() {
            return Err(DisplacementError::Format);
        }
        digits.parse().map_err(|_| DisplacementError::Range)
    };
    let mut rest = digits;
    let first = number(&mut rest)?;
    let (hours, minutes, seconds) = match rest.strip_prefix(':') {
        Some(after) => {
            rest = after;
            let minutes = number(&mut rest)?;
            let seconds = match rest.strip_prefix(':') {
                Some(after) => {
                    rest = after;
                    number(&mut rest)?
                }
                None => 0,
            };
            (first, minutes, seconds)
        }
        None if digits.len() > 2 => (first / 100, first % 100, 0),
        None => (first, 0, 0),
    };
    // The range comes first, then what follows.
    if hours > DISPLACEMENT_HOURS_MAX || minutes > 59 || seconds > 59 {
        return Err(DisplacementError::Range);
    }
    if !rest.is_empty() {
        return Err(DisplacementError::Format);
    }
    let total = (hours * 60 + minutes) * 60 + seconds;
    Ok(if negative { -total } else { total })
}

/// The zone that stands at `seconds` east of UTC, as jiff has it; for callers that need its name.
pub fn fixed(seconds: i32) -> Option<TimeZone> {
    Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::civil::days_from_civil;

    fn local(y: i32, m: i32, d: i32, hour: i64) -> i64 {
        days_from_civil(y, m, d) * DAY_MICROS + hour * 3_600_000_000
    }

    #[test]
    fn skipped_readings_count_before_and_repeated_ones_after_the_jump() {
        let zone = Zone::by_name("america/new_york").unwrap();
        assert_eq!(zone.offset_for_local(local(2024, 3, 10, 2)), -5 * 3600);
        assert_eq!(zone.offset_for_local(local(2024, 11, 3, 1)), -5 * 3600);
        assert_eq!(zone.offset_for_local(local(2024, 7, 1, 0)), -4 * 3600);
    }

    #[test]
    fn times_beyond_the_database_follow_its_last_rule() {
        let zone = Zone::by_name("Europe/Berlin").unwrap();
        assert_eq!(zone.offset_for_local(local(200_024, 7, 1, 0)), 7200);
        assert_eq!(zone.offset_for_local(local(200_024, 1, 1, 0)), 3600);
    }

    #[test]
    fn abbreviations_are_sorted_and_found() {
        assert_eq!(abbreviations::find("pst"), Some(Abbreviation::Fixed(-28800)));
        assert_eq!(abbreviations::find("z"), Some(Abbreviation::Fixed(0)));
        assert!(Zone::by_text("MSK").is_ok());
        assert!(Zone::by_text("Nowhere/City").is_err());
    }
}
