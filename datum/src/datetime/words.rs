//! Splits the text of a date, time or interval into fields, and knows the words among them.

use super::DateError;

/// What a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits, perhaps with a fraction.
    Number,
    /// Digits or letters with `-`, `/` or `.` between; or the name of a zone.
    Date,
    /// Digits with `:`.
    Time,
    /// A sign and digits: a displacement, or a signed number.
    Signed,
    /// Letters.
    Word,
    /// A sign and letters.
    SignedWord,
}

/// One field, in lower case.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub kind: Kind,
    pub text: String,
}

/// Bytes that fields may have in all, and how many there may be.
const FIELDS_MAX: usize = 25;
/// Words compare by so many letters.
const WORD_LETTERS_MAX: usize = 10;

pub(super) fn split(text: &str) -> Result<Vec<Field>, DateError> {
    let b = text.as_bytes();
    let mut fields: Vec<Field> = Vec::new();
    let mut at = 0;
    let digit = |i: usize| b.get(i).is_some_and(u8::is_ascii_digit);
    let is = |i: usize, set: &[u8]| b.get(i).is_some_and(|c| set.contains(c));
    while let Some(&c) = b.get(at) {
        if c.is_ascii_whitespace() || c == 0x0B {
            at += 1;
            continue;
        }
        let start = at;
        let mut lead = String::new();
        let kind = if c.is_ascii_digit() {
            let run = |from: usize, more: &dyn Fn(u8) -> bool| {
                from + b[from..].iter().take_while(|c| more(**c)).count()
            };
            at = run(at, &|c| c.is_ascii_digit());
            match b.get(at) {
                Some(b':') => {
                    at = run(at, &|c| c.is_ascii_digit() || c == b':' || c == b'.');
                    Kind::Time
                }
                Some(&delimiter @ (b'-' | b'/' | b'.')) => {
                    at += 1;
                    if digit(at) {
                        at = run(at, &|c| c.is_ascii_digit());
                        if b.get(at) == Some(&delimiter) {
                            at = run(at, &|c| c.is_ascii_digit() || c == delimiter);
                            Kind::Date
                        } else if delimiter == b'.' {
                            Kind::Number
                        } else {
                            Kind::Date
                        }
                    } else {
                        at = run(at, &|c| c.is_ascii_alphanumeric() || c == delimiter);
                        Kind::Date
                    }
                }
                _ => Kind::Number,
            }
        } else if c == b'.' {
            at += 1;
            while digit(at) {
                at += 1;
            }
            Kind::Number
        } else if c.is_ascii_alphabetic() {
            while b.get(at).is_some_and(u8::is_ascii_alphabetic) {
                at += 1;
            }
            let date = is(at, b"-/.")
                || ((is(at, b"+") || digit(at))
                    && date_word(&text[start..at].to_ascii_lowercase()).is_none());
            if date {
                while b.get(at).is_some_and(u8::is_ascii_alphanumeric) || is(at, b"+-/_.:") {
                    at += 1;
                }
                Kind::Date
            } else {
                Kind::Word
            }
        } else if c == b'+' || c == b'-' {
            lead.push(char::from(c));
            at += 1;
            while b.get(at).is_some_and(|c| c.is_ascii_whitespace()) {
                at += 1;
            }
            let body = at;
            let kind = if digit(at) {
                while digit(at) || is(at, b":.-") {
                    at += 1;
                }
                Kind::Signed
            } else if b.get(at).is_some_and(u8::is_ascii_alphabetic) {
                while b.get(at).is_some_and(u8::is_ascii_alphabetic) {
                    at += 1;
                }
                Kind::SignedWord
            } else {
                return Err(DateError::Format);
            };
            lead.push_str(&text[body..at]);
            kind
        } else if c.is_ascii_punctuation() {
            at += 1;
            continue;
        } else {
            return Err(DateError::Format);
        };
        if fields.len() == FIELDS_MAX {
            return Err(DateError::Format);
        }
        let text =
            if lead.is_empty() { text[start..at].to_ascii_lowercase() } else { lead.to_ascii_lowercase() };
        fields.push(Field { kind, text });
    }
    Ok(fields)
}

/// A unit of time, as a label in dates, a unit of intervals, and what `extract` and `date_trunc` take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Julian,
    IsoYear,
    Dow,
    IsoDow,
    Doy,
    Epoch,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
}

/// What a word means in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateWord {
    Now,
    Today,
    Tomorrow,
    Yesterday,
    Epoch,
    Infinity,
    NegInfinity,
    /// `allballs`: midnight UTC.
    Zulu,
    Am,
    Pm,
    Ad,
    Bc,
    Month(i32),
    Weekday,
    /// `dst`: an hour more than the zone before it.
    Daylight,
    /// `t` between date and time.
    IsoTime,
    Unit(Unit),
    Ignore,
}

fn short(word: &str) -> &str {
    word.get(..WORD_LETTERS_MAX).unwrap_or(word)
}

pub(super) fn date_word(word: &str) -> Option<DateWord> {
    use DateWord as W;
    Some(match short(word) {
        "-infinity" => W::NegInfinity,
        "infinity" => W::Infinity,
        "ad" => W::Ad,
        "bc" => W::Bc,
        "am" => W::Am,
        "pm" => W::Pm,
        "allballs" => W::Zulu,
        "now" => W::Now,
        "today" => W::Today,
        "tomorrow" => W::Tomorrow,
        "yesterday" => W::Yesterday,
        "epoch" => W::Epoch,
        "at" | "on" => W::Ignore,
        "jan" | "january" => W::Month(1),
        "feb" | "february" => W::Month(2),
        "mar" | "march" => W::Month(3),
        "apr" | "april" => W::Month(4),
        "may" => W::Month(5),
        "jun" | "june" => W::Month(6),
        "jul" | "july" => W::Month(7),
        "aug" | "august" => W::Month(8),
        "sep" | "sept" | "september" => W::Month(9),
        "oct" | "october" => W::Month(10),
        "nov" | "november" => W::Month(11),
        "dec" | "december" => W::Month(12),
        "sun" | "sunday" | "mon" | "monday" | "tue" | "tues" | "tuesday" | "wed" | "wednesday" | "weds"
        | "thu" | "thur" | "thurs" | "thursday" | "fri" | "friday" | "sat" | "saturday" => W::Weekday,
        "dst" => W::Daylight,
        "t" => W::IsoTime,
        "d" => W::Unit(Unit::Day),
        "h" => W::Unit(Unit::Hour),
        "m" => W::Unit(Unit::Month),
        "mm" => W::Unit(Unit::Minute),
        "s" => W::Unit(Unit::Second),
        "y" => W::Unit(Unit::Year),
        "j" | "jd" | "julian" => W::Unit(Unit::Julian),
        "dow" => W::Unit(Unit::Dow),
        "doy" => W::Unit(Unit::Doy),
        "isodow" => W::Unit(Unit::IsoDow),
        "isoyear" => W::Unit(Unit::IsoYear),
        _ => return None,
    })
}

/// A unit by any of its names in intervals.
pub(super) fn interval_unit(word: &str) -> Option<Unit> {
    Some(match short(word) {
        "us" | "usec" | "usecond" | "useconds" | "usecs" | "microsecon" => Unit::Microsecond,
        "ms" | "msec" | "msecond" | "mseconds" | "msecs" | "millisecon" => Unit::Millisecond,
        "s" | "sec" | "second" | "seconds" | "secs" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "qtr" | "quarter" => Unit::Quarter,
        "y" | "year" | "years" | "yr" | "yrs" => Unit::Year,
        "dec" | "decade" | "decades" | "decs" => Unit::Decade,
        "c" | "cent" | "centuries" | "century" => Unit::Century,
        "mil" | "mils" | "millennia" | "millennium" => Unit::Millennium,
        "timezone" => Unit::Timezone,
        "timezone_h" => Unit::TimezoneHour,
        "timezone_m" => Unit::TimezoneMinute,
        _ => return None,
    })
}

/// A unit by the names that `extract`, `date_part` and `date_trunc` take.
pub fn unit_by_name(name: &str) -> Option<Unit> {
    let lower = name.to_ascii_lowercase();
    interval_unit(&lower).or_else(|| match date_word(&lower) {
        Some(DateWord::Unit(unit)) => Some(unit),
        Some(DateWord::Epoch) => Some(Unit::Epoch),
        _ => None,
    })
}
