//! Dates and times by template: `to_char(timestamp | interval, ...)`.

use super::{literal, ordinal};
use crate::datetime::{Civil, Zone, day_of_week, day_of_year, days_from_civil, iso_week};
use crate::{DatumError, Interval};

/// A field of a template. The case of the letters matters for names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Key {
    /// `AM`, `PM`, with or without points.
    Meridian {
        points: bool,
        upper: bool,
    },
    /// `AD`, `BC`.
    Era {
        points: bool,
        upper: bool,
    },
    Century,
    Month(Case, Length),
    Day(Case, Length),
    DayOfYear,
    DayOfMonth,
    DayOfWeek,
    IsoDayOfYear,
    IsoDayOfWeek,
    IsoWeek,
    /// ISO year with so many digits.
    IsoYear(u8),
    Fraction(u8),
    /// `FX`: exact reading.
    Exact,
    Hour24,
    Hour12,
    Julian,
    Minute,
    MonthNumber,
    Millisecond,
    Microsecond,
    OffsetHours,
    Quarter,
    RomanMonth {
        upper: bool,
    },
    SecondOfDay,
    Second,
    ZoneHour,
    ZoneMinute,
    Zone {
        upper: bool,
    },
    Week,
    WeekOfMonth,
    YearComma,
    Year(u8),
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Case {
    Upper,
    Title,
    Lower,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Length {
    Full,
    Short,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const ROMAN_MONTHS: [&str; 12] =
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// Names in upper case; longer ones before their beginnings.
const NAMES: &[(&str, Key)] = &[
    ("A.D.", Key::Era { points: true, upper: true }),
    ("A.M.", Key::Meridian { points: true, upper: true }),
    ("AD", Key::Era { points: false, upper: true }),
    ("AM", Key::Meridian { points: false, upper: true }),
    ("B.C.", Key::Era { points: true, upper: true }),
    ("BC", Key::Era { points: false, upper: true }),
    ("CC", Key::Century),
    ("DDD", Key::DayOfYear),
    ("DD", Key::DayOfMonth),
    ("D", Key::DayOfWeek),
    ("FF1", Key::Fraction(1)),
    ("FF2", Key::Fraction(2)),
    ("FF3", Key::Fraction(3)),
    ("FF4", Key::Fraction(4)),
    ("FF5", Key::Fraction(5)),
    ("FF6", Key::Fraction(6)),
    ("FX", Key::Exact),
    ("HH24", Key::Hour24),
    ("HH12", Key::Hour12),
    ("HH", Key::Hour12),
    ("IDDD", Key::IsoDayOfYear),
    ("ID", Key::IsoDayOfWeek),
    ("IW", Key::IsoWeek),
    ("IYYY", Key::IsoYear(4)),
    ("IYY", Key::IsoYear(3)),
    ("IY", Key::IsoYear(2)),
    ("I", Key::IsoYear(1)),
    ("J", Key::Julian),
    ("MI", Key::Minute),
    ("MM", Key::MonthNumber),
    ("MS", Key::Millisecond),
    ("OF", Key::OffsetHours),
    ("P.M.", Key::Meridian { points: true, upper: true }),
    ("PM", Key::Meridian { points: false, upper: true }),
    ("Q", Key::Quarter),
    ("RM", Key::RomanMonth { upper: true }),
    ("SSSSS", Key::SecondOfDay),
    ("SSSS", Key::SecondOfDay),
    ("SS", Key::Second),
    ("TZH", Key::ZoneHour),
    ("TZM", Key::ZoneMinute),
    ("TZ", Key::Zone { upper: true }),
    ("US", Key::Microsecond),
    ("WW", Key::Week),
    ("W", Key::WeekOfMonth),
    ("Y,YYY", Key::YearComma),
    ("YYYY", Key::Year(4)),
    ("YYY", Key::Year(3)),
    ("YY", Key::Year(2)),
    ("Y", Key::Year(1)),
];
const WORDS: &[(&str, fn(Case) -> Key)] = &[
    ("Month", |case| Key::Month(case, Length::Full)),
    ("Mon", |case| Key::Month(case, Length::Short)),
    ("Day", |case| Key::Day(case, Length::Full)),
    ("Dy", |case| Key::Day(case, Length::Short)),
];

/// What a piece of a template is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Field {
        key: Key,
        fill: bool,
        ordinal: Option<bool>,
    },
    /// Text in quotes, or a letter that is no field.
    Text(char),
    /// Any other character: when read, it may stand for another separator.
    Separator(char),
}

pub(super) fn parse(template: &str) -> Vec<Node> {
    let chars: Vec<char> = template.chars().collect();
    let starts = |at: usize, name: &str| name.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let mut nodes = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let mut fill = false;
        while starts(at, "FM") || starts(at, "fm") || starts(at, "TM") || starts(at, "tm") {
            fill |= matches!(chars[at], 'F' | 'f');
            at += 2;
        }
        if at >= chars.len() {
            break;
        }
        let Some((key, length)) = field(&starts, at) else {
            let quoted = chars[at] == '"' || chars[at] == '\\' && chars.get(at + 1) == Some(&'"');
            for c in literal(&chars, &mut at) {
                let separates = !quoted && (c.is_ascii_punctuation() || c.is_whitespace());
                nodes.push(if separates { Node::Separator(c) } else { Node::Text(c) });
            }
            continue;
        };
        at += length;
        let mut suffix = None;
        if starts(at, "TH") || starts(at, "th") {
            suffix = Some(chars[at] == 'T');
            at += 2;
        } else if starts(at, "SP") || starts(at, "sp") {
            at += 2;
        }
        nodes.push(Node::Field { key, fill, ordinal: suffix });
    }
    nodes
}
fn field(starts: &impl Fn(usize, &str) -> bool, at: usize) -> Option<(Key, usize)> {
    for (word, key) in WORDS {
        for (text, case) in [
            (word.to_uppercase(), Case::Upper),
            (word.to_string(), Case::Title),
            (word.to_lowercase(), Case::Lower),
        ] {
            if starts(at, &text) {
                return Some((key(case), text.len()));
            }
        }
    }
    for (name, key) in NAMES {
        if starts(at, name) {
            return Some((*key, name.len()));
        }
        if starts(at, &name.to_lowercase()) {
            let lower = match *key {
                Key::Meridian { points, .. } => Key::Meridian { points, upper: false },
                Key::Era { points, .. } => Key::Era { points, upper: false },
                Key::RomanMonth { .. } => Key::RomanMonth { upper: false },
                Key::Zone { .. } => Key::Zone { upper: false },
                key => key,
            };
            return Some((lower, name.len()));
        }
    }
    None
}

/// The values that a template may ask for.
struct Values {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    day_of_year: i64,
    interval: bool,
    /// Seconds east of UTC and the zone's abbreviation.
    zone: Option<(i32, String)>,
}

/// `zone`: of a timestamptz.
pub(crate) fn timestamp_to_char(
    micros: i64,
    zone: Option<(&Zone, &str)>,
    template: &str,
) -> Result<Option<String>, DatumError> {
    if template.is_empty() || crate::datetime::is_infinite(micros) {
        return Ok(None);
    }
    let local = zone.map_or(micros, |(z, _)| z.to_local(micros));
    let c = Civil::from_micros(local);
    let values = Values {
        year: c.year.into(),
        month: c.month.into(),
        day: c.day.into(),
        hour: c.hour.into(),
        minute: c.minute.into(),
        second: c.second.into(),
        micros: c.micros.into(),
        day_of_year: day_of_year(c.year, c.month, c.day).into(),
        interval: false,
        zone: zone.map(|(z, name)| {
            let info = z.info_at(micros);
            (info.seconds, info.abbreviation.unwrap_or_else(|| name.to_string()))
        }),
    };
    write(&values, template).map(Some)
}
pub(crate) fn interval_to_char(i: Interval, template: &str) -> Result<Option<String>, DatumError> {
    if template.is_empty() {
        return Ok(None);
    }
    let (year, month, day) = (i64::from(i.months / 12), i64::from(i.months % 12), i64::from(i.days));
    let values = Values {
        year,
        month,
        day,
        hour: i.micros / 3_600_000_000,
        minute: i.micros / 60_000_000 % 60,
        second: i.micros / 1_000_000 % 60,
        micros: i.micros % 1_000_000,
        day_of_year: (year * 12 + month) * 30 + day,
        interval: true,
        zone: None,
    };
    write(&values, template).map(Some)
}

/// Padded with zeros to `width`, one more place for a minus; as it is with fill mode.
fn padded(value: i64, width: usize, fill: bool) -> String {
    if fill {
        value.to_string()
    } else if value < 0 {
        format!("-{:0width$}", -value)
    } else {
        format!("{value:0width$}")
    }
}
fn cased(name: &str, case: Case, length: Length, fill: bool) -> String {
    let name = if length == Length::Short { &name[..3] } else { name };
    let name = match case {
        Case::Upper => name.to_uppercase(),
        Case::Title => name.to_string(),
        Case::Lower => name.to_lowercase(),
    };
    if length == Length::Full && !fill { format!("{name:<9}") } else { name }
}

fn write(v: &Values, template: &str) -> Result<String, DatumError> {
    let mut out = String::new();
    for node in parse(template) {
        match node {
            Node::Text(c) | Node::Separator(c) => out.push(c),
            Node::Field { key, fill, ordinal: suffix } => {
                let text = one(v, key, fill)?;
                out.push_str(&text);
                let counts = text.ends_with(|c: char| c.is_ascii_digit());
                if let Some(upper) = suffix.filter(|_| counts) {
                    out.push_str(ordinal(&text, upper));
                }
            }
        }
    }
    Ok(out)
}

fn one(v: &Values, key: Key, fill: bool) -> Result<String, DatumError> {
    let dated = || {
        if v.interval {
            return Err(DatumError::InvalidDatetimeFormat(
                "invalid format specification for an interval value".into(),
            ));
        }
        Ok((v.year as i32, v.month as i32, v.day as i32))
    };
    // People count no year 0.
    let year = if v.interval || v.year > 0 { v.year } else { 1 - v.year };
    let yearly = |year: i64, digits: u8| match digits {
        4 => padded(year, 4, fill),
        digits => padded(year % 10i64.pow(digits.into()), digits.into(), fill),
    };
    Ok(match key {
        Key::Meridian { points, upper } => {
            let text = match (v.hour.rem_euclid(24) >= 12, points) {
                (false, false) => "AM",
                (false, true) => "A.M.",
                (true, false) => "PM",
                (true, true) => "P.M.",
            };
            if upper { text.into() } else { text.to_lowercase() }
        }
        Key::Era { points, upper } => {
            dated()?;
            let text = match (v.year <= 0, points) {
                (false, false) => "AD",
                (false, true) => "A.D.",
                (true, false) => "BC",
                (true, true) => "B.C.",
            };
            if upper { text.into() } else { text.to_lowercase() }
        }
        Key::Hour12 => padded(if v.hour % 12 == 0 { 12 } else { v.hour % 12 }, 2, fill),
        Key::Hour24 => padded(v.hour, 2, fill),
        Key::Minute => padded(v.minute, 2, fill),
        Key::Second => padded(v.second, 2, fill),
        Key::Fraction(digits) => {
            format!("{:0w$}", v.micros / 10i64.pow(6 - u32::from(digits)), w = digits.into())
        }
        Key::Millisecond => format!("{:03}", v.micros / 1000),
        Key::Microsecond => format!("{:06}", v.micros),
        Key::SecondOfDay => (v.hour * 3600 + v.minute * 60 + v.second).to_string(),
        Key::Zone { upper } => {
            dated()?;
            let name = v.zone.as_ref().map_or("", |(_, name)| name);
            if upper { name.to_uppercase() } else { name.to_lowercase() }
        }
        Key::OffsetHours => {
            dated()?;
            let offset = v.zone.as_ref().map_or(0, |(offset, _)| *offset);
            let minutes = offset.abs() / 60 % 60;
            let sign = if offset >= 0 { '+' } else { '-' };
            let hours = offset.abs() / 3600;
            let hours = if fill { hours.to_string() } else { format!("{hours:02}") };
            if minutes == 0 { format!("{sign}{hours}") } else { format!("{sign}{hours}:{minutes:02}") }
        }
        Key::ZoneHour => {
            dated()?;
            let offset = v.zone.as_ref().map_or(0, |(offset, _)| *offset);
            format!("{}{:02}", if offset >= 0 { '+' } else { '-' }, offset.abs() / 3600)
        }
        Key::ZoneMinute => {
            dated()?;
            format!("{:02}", v.zone.as_ref().map_or(0, |(offset, _)| *offset).abs() / 60 % 60)
        }
        Key::Month(case, length) => {
            dated()?;
            cased(MONTHS[(v.month - 1).rem_euclid(12) as usize], case, length, fill)
        }
        Key::MonthNumber => padded(v.month, 2, fill),
        Key::Day(case, length) => {
            let (y, m, d) = dated()?;
            cased(DAYS[day_of_week(days_from_civil(y, m, d)) as usize], case, length, fill)
        }
        Key::DayOfYear => padded(v.day_of_year, 3, fill),
        Key::IsoDayOfYear => {
            let (y, m, d) = dated()?;
            let iso = iso_week(y, m, d);
            let weekday = (i64::from(day_of_week(days_from_civil(y, m, d))) + 6) % 7;
            padded((i64::from(iso.1) - 1) * 7 + weekday + 1, 3, fill)
        }
        // The minus of an interval's days takes one of the two places.
        Key::DayOfMonth if fill => v.day.to_string(),
        Key::DayOfMonth => format!("{:02}", v.day),
        Key::DayOfWeek => {
            let (y, m, d) = dated()?;
            (day_of_week(days_from_civil(y, m, d)) + 1).to_string()
        }
        Key::IsoDayOfWeek => {
            let (y, m, d) = dated()?;
            let weekday = day_of_week(days_from_civil(y, m, d));
            (if weekday == 0 { 7 } else { weekday }).to_string()
        }
        Key::Week => padded((v.day_of_year - 1) / 7 + 1, 2, fill),
        Key::IsoWeek => {
            let (y, m, d) = dated()?;
            padded(iso_week(y, m, d).1.into(), 2, fill)
        }
        Key::Quarter if v.month == 0 => String::new(),
        Key::Quarter => ((v.month - 1) / 3 + 1).to_string(),
        Key::Century => {
            let century = if v.interval {
                v.year / 100
            } else if v.year > 0 {
                (v.year - 1) / 100 + 1
            } else {
                v.year / 100 - 1
            };
            padded(century, 2, fill)
        }
        Key::YearComma => format!("{},{:03}", year / 1000, year % 1000),
        Key::Year(digits) => yearly(year, digits),
        Key::IsoYear(digits) => {
            let (y, m, d) = dated()?;
            let iso = i64::from(iso_week(y, m, d).0);
            yearly(if iso > 0 { iso } else { 1 - iso }, digits)
        }
        Key::RomanMonth { upper } => {
            if v.month == 0 && v.year == 0 {
                return Ok(String::new());
            }
            let month = ROMAN_MONTHS[(v.month - 1).rem_euclid(12) as usize];
            let month = if upper { month.to_string() } else { month.to_lowercase() };
            if fill { month } else { format!("{month:<4}") }
        }
        Key::WeekOfMonth => ((v.day - 1) / 7 + 1).to_string(),
        Key::Julian => {
            let (y, m, d) = (v.year as i32, v.month as i32, v.day as i32);
            (days_from_civil(y, m, d) + crate::datetime::EPOCH_JULIAN).to_string()
        }
        Key::Exact => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_print_by_template() {
        let micros = days_from_civil(2024, 2, 9) * crate::datetime::DAY_MICROS + 47_106_123_456;
        let shown =
            |template: &str| timestamp_to_char(micros, None, template).expect("valid").expect("not empty");
        assert_eq!(shown("YYYY-MM-DD HH24:MI:SS.US"), "2024-02-09 13:05:06.123456");
        assert_eq!(shown("FMDay, FMDDth FMMonth HH12:MI AM"), "Friday, 9th February 01:05 PM");
        assert_eq!(shown("\"Day\" Day|dy|MON"), "Day Friday   |fri|FEB");
        assert_eq!(shown("IYYY-IW-ID DDD Q CC J"), "2024-06-5 040 1 21 2460350");
    }

    #[test]
    fn an_interval_has_no_weekday() {
        let day = Interval { months: 14, days: 3, micros: 0 };
        assert!(interval_to_char(day, "Day").is_err());
        assert_eq!(interval_to_char(day, "YY MM DD").expect("valid").as_deref(), Some("01 02 03"));
    }
}
