//! Dates and times read by template: `to_date` and `to_timestamp(text, text)`.
//!
//! A template's fields take as many digits as they are wide, or all there are where a separator or the end follows.
//! Separators match any separators; letters of the template skip a character each.

use super::datetime::{DAYS, Key, Length, MONTHS, Node, ROMAN_MONTHS, parse};
use crate::DatumError;
use crate::datetime::{
    Civil, DAY_MICROS, EPOCH_JULIAN, Zone, checked_timestamp, date_is_valid, days_from_civil, days_in_month,
    iso_week_one,
};

/// What was read; absent fields take the beginning of what contains them.
#[derive(Default)]
struct Read {
    year: Option<i64>,
    before_christ: bool,
    century: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    iso_year: Option<i64>,
    iso_week: Option<i64>,
    iso_day: Option<i64>,
    week: Option<i64>,
    week_of_month: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    second_of_day: Option<i64>,
    twelve: bool,
    afternoon: Option<bool>,
    zone_sign: i64,
    zone_hour: Option<i64>,
    zone_minute: i64,
}

fn bad_value(text: &str, field: &str) -> DatumError {
    DatumError::InvalidDatetimeFormat(format!("invalid value \"{text}\" for \"{field}\""))
}
fn out_of_range(text: &str) -> DatumError {
    DatumError::DatetimeFieldOverflow(format!("date/time field value out of range: \"{text}\""))
}

struct Input {
    chars: Vec<char>,
    at: usize,
}
impl Input {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }
    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }
    /// A number of at most `width` digits, or as many as there are.
    fn number(&mut self, width: Option<usize>, name: &str) -> Result<(i64, usize), DatumError> {
        self.skip_spaces();
        let from = self.at;
        let negative = match self.peek() {
            Some(c @ ('+' | '-')) if width.is_none_or(|w| w > 1) => {
                self.at += 1;
                c == '-'
            }
            _ => false,
        };
        let first = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) && width.is_none_or(|w| self.at - from < w) {
            self.at += 1;
        }
        let digits: String = self.chars[first..self.at].iter().collect();
        if digits.is_empty() {
            let shown: String = self.chars[from..].iter().take(width.unwrap_or(usize::MAX)).collect();
            return Err(bad_value(&shown, name));
        }
        let value: i32 = digits.parse().map_err(|_| {
            DatumError::DatetimeFieldOverflow(format!(
                "value for \"{name}\" in source string is out of range"
            ))
        })?;
        Ok((if negative { -i64::from(value) } else { value.into() }, digits.len()))
    }
    /// Which of some names stands here, in any case; the longest.
    fn name(&mut self, names: &[&str], short: Option<usize>, field: &str) -> Result<usize, DatumError> {
        self.skip_spaces();
        let rest: String = self.chars[self.at..].iter().collect::<String>().to_lowercase();
        let mut found: Option<(usize, usize)> = None;
        for (i, name) in names.iter().enumerate() {
            let name = short.map_or(*name, |n| &name[..n]).to_lowercase();
            if rest.starts_with(&name) && found.is_none_or(|(_, length)| name.len() > length) {
                found = Some((i, name.len()));
            }
        }
        let Some((i, length)) = found else {
            let word: String = self.chars[self.at..].iter().take_while(|c| !c.is_whitespace()).collect();
            return Err(bad_value(&word, field));
        };
        self.at += length;
        Ok(i)
    }
}

/// Whether the field after this one begins with a digit, so that this one's width counts.
fn digits_follow(nodes: &[Node]) -> bool {
    match nodes.first() {
        Some(Node::Field { key, .. }) => !matches!(
            key,
            Key::Meridian { .. }
                | Key::Era { .. }
                | Key::Month(..)
                | Key::Day(..)
                | Key::RomanMonth { .. }
                | Key::Zone { .. }
                | Key::OffsetHours
                | Key::ZoneHour
        ),
        Some(Node::Text(c) | Node::Separator(c)) => c.is_ascii_digit(),
        None => false,
    }
}

fn read(text: &str, template: &str) -> Result<Read, DatumError> {
    let nodes = parse(template);
    let exact = nodes.iter().any(|n| matches!(n, Node::Field { key: Key::Exact, .. }));
    let mut input = Input { chars: text.chars().collect(), at: 0 };
    let mut r = Read { zone_sign: 1, ..Read::default() };
    if !exact {
        input.skip_spaces();
    }
    for (i, node) in nodes.iter().enumerate() {
        if input.at >= input.chars.len() {
            break;
        }
        match node {
            Node::Separator(_) => {
                // Spaces and separators of the text stand for one separator, unless a sign follows that a zone needs.
                let zone_next = matches!(nodes.get(i + 1), Some(Node::Field { key: Key::ZoneHour, .. }));
                let is_separator =
                    |c: char| c.is_ascii_punctuation() && !(zone_next && matches!(c, '+' | '-'));
                input.skip_spaces();
                if input.peek().is_some_and(is_separator) {
                    input.at += 1;
                }
                if !exact {
                    input.skip_spaces();
                }
            }
            Node::Text(c) => {
                if *c == ' ' || input.peek() == Some(*c) || input.peek().is_some_and(|c| !c.is_ascii_digit())
                {
                    input.at += 1;
                }
            }
            Node::Field { key, fill, ordinal } => {
                let free = *fill || !digits_follow(&nodes[i + 1..]) && !exact;
                field(&mut r, &mut input, *key, free)?;
                if ordinal.is_some() {
                    input.at += 2;
                }
            }
        }
    }
    Ok(r)
}

fn field(r: &mut Read, input: &mut Input, key: Key, free: bool) -> Result<(), DatumError> {
    let width = |digits: usize| if free { None } else { Some(digits) };
    match key {
        Key::Meridian { points, .. } => {
            let names = if points { ["a.m.", "p.m."] } else { ["am", "pm"] };
            r.afternoon = Some(input.name(&names, None, "AM")? == 1);
            r.twelve = true;
        }
        Key::Era { points, .. } => {
            let names = if points { ["a.d.", "b.c."] } else { ["ad", "bc"] };
            r.before_christ = input.name(&names, None, "AD")? == 1;
        }
        Key::Century => r.century = Some(input.number(width(2), "CC")?.0),
        Key::Month(_, length) => {
            let short = (length == Length::Short).then_some(3);
            r.month =
                Some(input.name(&MONTHS, short, if short.is_some() { "MON" } else { "MONTH" })? as i64 + 1);
        }
        Key::Day(_, length) => {
            // The name of the day is read and says nothing.
            let short = (length == Length::Short).then_some(3);
            input.name(&DAYS, short, if short.is_some() { "DY" } else { "DAY" })?;
        }
        Key::RomanMonth { .. } => r.month = Some(input.name(&ROMAN_MONTHS, None, "RM")? as i64 + 1),
        Key::DayOfYear => r.day_of_year = Some(input.number(width(3), "DDD")?.0),
        Key::DayOfMonth => r.day = Some(input.number(width(2), "DD")?.0),
        Key::DayOfWeek => {
            input.number(width(1), "D")?;
        }
        Key::IsoDayOfYear => {
            let day = input.number(width(3), "IDDD")?.0;
            (r.iso_week, r.iso_day) = (Some((day - 1) / 7 + 1), Some((day - 1) % 7 + 1));
        }
        Key::IsoDayOfWeek => r.iso_day = Some(input.number(width(1), "ID")?.0),
        Key::IsoWeek => r.iso_week = Some(input.number(width(2), "IW")?.0),
        Key::IsoYear(digits) => {
            let (year, length) = input.number(width(digits.into()), "IYYY")?;
            r.iso_year = Some(if digits < 4 { near_2020(year, length) } else { year });
        }
        Key::Year(digits) => {
            let (year, length) = input.number(width(digits.into()), &"YYYY"[..digits.into()])?;
            r.year = Some(if digits < 4 { near_2020(year, length) } else { year });
        }
        Key::YearComma => {
            let thousands = input.number(None, "Y,YYY")?.0;
            input.at += usize::from(input.peek() == Some(','));
            r.year = Some(thousands * 1000 + input.number(Some(3), "Y,YYY")?.0);
        }
        Key::Fraction(digits) => fraction(r, input, width(digits.into()), 6)?,
        Key::Microsecond => fraction(r, input, width(6), 6)?,
        Key::Millisecond => fraction(r, input, width(3), 3)?,
        Key::Hour24 => r.hour = input.number(width(2), "HH24")?.0,
        Key::Hour12 => {
            r.hour = input.number(width(2), "HH12")?.0;
            r.twelve = true;
        }
        Key::Julian => r.julian = Some(input.number(None, "J")?.0),
        Key::Minute => r.minute = input.number(width(2), "MI")?.0,
        Key::MonthNumber => r.month = Some(input.number(width(2), "MM")?.0),
        Key::Second => r.second = input.number(width(2), "SS")?.0,
        Key::SecondOfDay => r.second_of_day = Some(input.number(width(5), "SSSS")?.0),
        Key::Quarter => {
            input.number(width(1), "Q")?;
        }
        Key::Week => r.week = Some(input.number(width(2), "WW")?.0),
        Key::WeekOfMonth => r.week_of_month = Some(input.number(width(1), "W")?.0),
        Key::ZoneHour => {
            r.zone_sign = match input.peek() {
                Some('-') => -1,
                _ => 1,
            };
            if matches!(input.peek(), Some('+' | '-' | ' ')) {
                input.at += 1;
            }
            r.zone_hour = Some(input.number(width(2), "TZH")?.0);
        }
        Key::ZoneMinute => {
            r.zone_minute = input.number(width(2), "TZM")?.0;
            r.zone_hour.get_or_insert(0);
        }
        Key::Zone { .. } | Key::OffsetHours => {
            let name = if matches!(key, Key::OffsetHours) { "OF" } else { "TZ" };
            return Err(DatumError::FeatureNotSupported(format!(
                "formatting field \"{name}\" is only supported in to_char"
            )));
        }
        Key::Exact => {}
    }
    Ok(())
}
/// Digits after the point: `5` in a field of thousandths is half a second.
fn fraction(r: &mut Read, input: &mut Input, width: Option<usize>, digits: u32) -> Result<(), DatumError> {
    let (value, length) = input.number(width.or(Some(6)), if digits == 3 { "MS" } else { "US" })?;
    // Thousandths and millionths add up.
    let scale = (if digits == 3 { 3u32 } else { 6 }).saturating_sub(length as u32);
    r.micros += value * 10i64.pow(scale) * if digits == 3 { 1000 } else { 1 };
    Ok(())
}
/// Years of fewer than four digits are those nearest to 2020.
fn near_2020(year: i64, digits: usize) -> i64 {
    match digits {
        _ if year < 0 => year,
        1 | 2 if year < 70 => year + 2000,
        1 | 2 if year < 100 => year + 1900,
        3 if year < 520 => year + 2000,
        3 if year < 1000 => year + 1000,
        _ => year,
    }
}

/// The reading of the clock, and the zone's offset if one was read.
fn resolve(text: &str, r: &Read) -> Result<(i64, Option<i32>), DatumError> {
    let fail = || out_of_range(text);
    let mut hour = r.hour;
    let (mut minute, mut second) = (r.minute, r.second);
    if let Some(seconds) = r.second_of_day {
        (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    if r.twelve {
        if !(1..=12).contains(&hour) {
            return Err(DatumError::InvalidDatetimeFormat(format!(
                "hour \"{hour}\" is invalid for the 12-hour clock"
            )));
        }
        if r.afternoon == Some(true) && hour < 12 {
            hour += 12;
        } else if r.afternoon == Some(false) && hour == 12 {
            hour = 0;
        }
    }
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return Err(fail());
    }
    let mut year = match (r.year, r.century) {
        (Some(year), Some(century)) if year < 100 => (century - 1) * 100 + year,
        (Some(year), _) => year,
        (None, Some(century)) => (century - 1) * 100 + 1,
        (None, None) => 0,
    };
    let named_year = r.year.is_some() || r.century.is_some();
    if r.before_christ && year > 0 {
        year = -year;
    }
    if year < 0 {
        // -1 is 1 BC.
        year += 1;
    } else if !named_year {
        // Without a year: 1 BC, as PostgreSQL has it.
        year = 0;
    }
    let year = i32::try_from(year).map_err(|_| fail())?;
    let days = if let Some(julian) = r.julian {
        julian - EPOCH_JULIAN
    } else if let Some(iso_year) = r.iso_year.filter(|_| r.iso_week.is_some()) {
        let week = r.iso_week.unwrap_or(1);
        iso_week_one(i32::try_from(iso_year).map_err(|_| fail())?) + (week - 1) * 7 + r.iso_day.unwrap_or(1)
            - 1
    } else if let Some(day) = r.day_of_year.or(r.week.map(|w| (w - 1) * 7 + 1)) {
        if !(1..=366).contains(&day) {
            return Err(fail());
        }
        days_from_civil(year, 1, 1) + day - 1
    } else {
        let month = r.month.unwrap_or(1);
        let day = r.day.or(r.week_of_month.map(|w| (w - 1) * 7 + 1)).unwrap_or(1);
        if !(1..=12).contains(&month) || day < 1 || day > i64::from(days_in_month(year, month as i32)) {
            return Err(fail());
        }
        days_from_civil(year, month as i32, day as i32)
    };
    let time = Civil { hour: hour as i32, minute: minute as i32, second: second as i32, ..Civil::default() };
    let local = days
        .checked_mul(DAY_MICROS)
        .and_then(|d| d.checked_add(time.time_micros() + r.micros))
        .ok_or_else(fail)?;
    let offset = match r.zone_hour {
        None => None,
        Some(h) if h > 15 || r.zone_minute > 59 => return Err(fail()),
        Some(h) => Some((r.zone_sign * (h * 3600 + r.zone_minute * 60)) as i32),
    };
    Ok((local, offset))
}

/// # Errors
/// For the client.
pub(crate) fn to_date(text: &str, template: &str) -> Result<i32, DatumError> {
    let (local, _) = resolve(text, &read(text, template)?)?;
    i32::try_from(local.div_euclid(DAY_MICROS))
        .ok()
        .filter(|d| date_is_valid(*d))
        .ok_or_else(|| DatumError::DatetimeFieldOverflow(format!("date out of range: \"{text}\"")))
}
/// # Errors
/// For the client.
pub(crate) fn to_timestamp(text: &str, template: &str, zone: &Zone) -> Result<i64, DatumError> {
    let (local, offset) = resolve(text, &read(text, template)?)?;
    checked_timestamp(match offset {
        Some(seconds) => Zone::Fixed(seconds).to_utc(local),
        None => zone.to_utc(local),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_by_template() {
        for (text, template, (y, m, d)) in [
            ("2024-02-09", "YYYY-MM-DD", (2024, 2, 9)),
            ("05 Dec 2000", "DD Mon YYYY", (2000, 12, 5)),
            ("20240209", "YYYYMMDD", (2024, 2, 9)),
            ("2024/2/9", "YYYY-MM-DD", (2024, 2, 9)),
            ("9 february 24", "DD month YY", (2024, 2, 9)),
            ("2024-040", "YYYY-DDD", (2024, 2, 9)),
            ("2024-06-5", "IYYY-IW-ID", (2024, 2, 9)),
        ] {
            assert_eq!(
                to_date(text, template).map(i64::from),
                Ok(days_from_civil(y, m, d)),
                "{text} by {template}"
            );
        }
        assert!(to_date("2024-02-30", "YYYY-MM-DD").is_err());
        assert!(to_date("2024-xx-01", "YYYY-MM-DD").is_err());
    }
}
