//! Reads dates and timestamps as PostgreSQL does: fields in nearly any order, each decoded by what is known so far.
//!
//! `Decoder` takes the fields of `words::split` one by one. `known` is the set of parts read; a part that comes twice is an
//! error. Ambiguous numbers go by DateOrder.

use super::abbreviations::{self, Abbreviation};
use super::civil::{
    Civil, DAY_MICROS, EPOCH_JULIAN, SECOND_MICROS, civil_from_days, days_from_civil, days_in_month,
};
use super::civil::{UNIX_EPOCH_DAYS, UNIX_EPOCH_MICROS, date_is_valid, timestamp_is_valid};
use super::words::{DateWord, Field, Kind, Unit, date_word, split};
use super::zone::{DisplacementError, Zone, not_recognized, parse_displacement};
use super::{DateError, fraction_micros};
use crate::context::DateOrder;
use crate::{DatumError, EvalContext};

type Parts = u32;
const YEAR: Parts = 1;
const MONTH: Parts = 2;
const DAY: Parts = 4;
const DATE: Parts = YEAR | MONTH | DAY;
const HOUR: Parts = 8;
const MINUTE: Parts = 16;
const SECOND: Parts = 32;
const TIME: Parts = HOUR | MINUTE | SECOND;
const ZONE: Parts = 64;
const DAY_OF_YEAR: Parts = 128;
const WEEKDAY: Parts = 256;
const MERIDIEM: Parts = 512;
const ERA: Parts = 1024;
const DAYLIGHT: Parts = 2048;
/// A word for an instant; what else the text says is checked and ignored.
const RESERVED: Parts = 4096;

/// What the text says.
enum Decoded {
    At { civil: Civil, offset: i32 },
    Epoch,
    Infinity,
    NegInfinity,
}

struct Decoder<'a> {
    ctx: &'a EvalContext,
    known: Parts,
    year: i32,
    month: i32,
    day: i32,
    day_of_year: i32,
    hour: i32,
    minute: i32,
    second: i32,
    micros: i32,
    /// The year has one or two digits.
    short_year: bool,
    text_month: bool,
    julian: bool,
    bc: bool,
    /// `Some(true)`: PM.
    pm: Option<bool>,
    /// The label that the next number has.
    label: Option<Label>,
    /// Seconds east, once stated.
    offset: Option<i32>,
    zone: Option<Zone>,
    special: Option<Decoded>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Unit(Unit),
    Time,
}

/// Leading digits as a number, and what follows them.
fn leading_number(text: &str) -> Result<(i32, &str), DateError> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    if end == 0 {
        return Err(DateError::Format);
    }
    let v = text[..end].parse().map_err(|_| DateError::FieldOverflow)?;
    Ok((v, &text[end..]))
}

/// Hours, minutes, seconds and microseconds of `hh:mm[:ss[.f]]` or `mm:ss.f`.
pub(super) fn clock(text: &str, minutes_first: bool) -> Result<(i64, i32, i32, i32), DateError> {
    let long = |text: &str| -> Result<(i64, usize), DateError> {
        let end = text.bytes().take_while(u8::is_ascii_digit).count();
        if end == 0 {
            return Err(DateError::Format);
        }
        Ok((text[..end].parse().map_err(|_| DateError::FieldOverflow)?, end))
    };
    let (mut hour, end) = long(text)?;
    let rest = text[end..].strip_prefix(':').ok_or(DateError::Format)?;
    let (mut minute, rest) = leading_number(rest)?;
    let (mut second, mut micros) = (0, 0);
    if rest.is_empty() {
        if minutes_first {
            (second, minute, hour) = (minute, i32::try_from(hour).map_err(|_| DateError::FieldOverflow)?, 0);
        }
    } else if rest.starts_with('.') {
        // mm:ss.f always
        micros = fraction_micros(rest)?;
        (second, minute, hour) = (minute, i32::try_from(hour).map_err(|_| DateError::FieldOverflow)?, 0);
    } else {
        let (value, rest) = leading_number(rest.strip_prefix(':').ok_or(DateError::Format)?)?;
        second = value;
        if rest.starts_with('.') {
            micros = fraction_micros(rest)?;
        } else if !rest.is_empty() {
            return Err(DateError::Format);
        }
    }
    if minute > 59 || second > 60 {
        return Err(DateError::FieldOverflow);
    }
    Ok((hour, minute, second, micros))
}

impl Decoder<'_> {
    fn new(ctx: &EvalContext) -> Decoder<'_> {
        Decoder {
            ctx,
            known: 0,
            year: 0,
            month: 0,
            day: 0,
            day_of_year: 0,
            hour: 0,
            minute: 0,
            second: 0,
            micros: 0,
            short_year: false,
            text_month: false,
            julian: false,
            bc: false,
            pm: None,
            label: None,
            offset: None,
            zone: None,
            special: None,
        }
    }

    fn set_date(&mut self, days: i64) {
        (self.year, self.month, self.day) = civil_from_days(days);
    }

    fn displacement(&mut self, text: &str) -> Result<(), DateError> {
        self.offset = Some(parse_displacement(text).map_err(|e| match e {
            DisplacementError::Format => DateError::Format,
            DisplacementError::Range => DateError::Displacement,
        })?);
        Ok(())
    }

    /// Takes one field; says which parts it gave.
    fn field(&mut self, fields: &[Field], at: usize) -> Result<Parts, DateError> {
        let Field { kind, text } = &fields[at];
        match kind {
            Kind::Date => self.date_field(text),
            Kind::Time => {
                match self.label.take() {
                    None | Some(Label::Time) => {}
                    Some(_) => return Err(DateError::Format),
                }
                let (hour, minute, second, micros) = clock(text, false)?;
                self.hour = i32::try_from(hour).map_err(|_| DateError::FieldOverflow)?;
                (self.minute, self.second, self.micros) = (minute, second, micros);
                self.check_time()?;
                Ok(TIME)
            }
            Kind::Signed => {
                self.displacement(text)?;
                Ok(ZONE)
            }
            Kind::Number => match self.label.take() {
                Some(label) => self.labelled(label, text),
                None => self.bare_number(text),
            },
            Kind::Word | Kind::SignedWord => self.word(fields, at),
        }
    }

    fn check_time(&self) -> Result<(), DateError> {
        let total = Civil {
            hour: self.hour.min(100),
            minute: self.minute,
            second: self.second,
            micros: self.micros,
            ..Civil::default()
        }
        .time_micros();
        if self.hour > 24 || self.minute > 59 || self.second > 60 || total > DAY_MICROS {
            return Err(DateError::FieldOverflow);
        }
        Ok(())
    }

    fn date_field(&mut self, text: &str) -> Result<Parts, DateError> {
        if self.label == Some(Label::Unit(Unit::Julian)) {
            self.label = None;
            let (day, rest) = leading_number(text)?;
            self.set_date(i64::from(day) - EPOCH_JULIAN);
            self.julian = true;
            self.displacement(rest)?;
            return Ok(DATE | TIME | ZONE);
        }
        if self.label.is_none() && self.known & (MONTH | DAY) != (MONTH | DAY) {
            return self.date(text);
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) || self.label.is_some() {
            // hhmmss-zz, perhaps after "t"
            if self.label.take().is_some_and(|l| l != Label::Time) || self.known & TIME == TIME {
                return Err(DateError::Format);
            }
            let minus = text.find('-').ok_or(DateError::Format)?;
            self.displacement(&text[minus..])?;
            return Ok(self.run_together(&text[..minus], self.known)? | ZONE);
        }
        self.zone = Some(Zone::by_name(text).ok_or_else(|| DateError::Zone(text.to_string()))?);
        Ok(ZONE)
    }

    /// `1999-01-08`, `8.1.1999`, `08-Jan-1999` ...
    fn date(&mut self, text: &str) -> Result<Parts, DateError> {
        let mut numbers = Vec::new();
        let mut known = self.known;
        let mut got = 0;
        let mut rest = text;
        let mut text_month = false;
        while !rest.is_empty() {
            rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
            let Some(first) = rest.bytes().next() else { return Err(DateError::Format) };
            let same = |b: &u8| {
                if first.is_ascii_digit() { b.is_ascii_digit() } else { b.is_ascii_alphabetic() }
            };
            let end = rest.bytes().take_while(same).count();
            let (piece, tail) = rest.split_at(end);
            rest = tail.get(1..).unwrap_or("");
            if first.is_ascii_digit() {
                numbers.push(piece);
                continue;
            }
            match date_word(piece) {
                Some(DateWord::Ignore) => {}
                Some(DateWord::Month(month)) if known & MONTH == 0 => {
                    self.month = month;
                    text_month = true;
                    known |= MONTH;
                    got |= MONTH;
                }
                _ => return Err(DateError::Format),
            }
        }
        let outer = std::mem::replace(&mut self.text_month, text_month);
        for number in numbers {
            let parts = self.number(number, known)?;
            if known & parts != 0 {
                return Err(DateError::Format);
            }
            known |= parts;
            got |= parts;
        }
        self.text_month = outer;
        if known & !(DAY_OF_YEAR | ZONE) != DATE {
            return Err(DateError::Format);
        }
        Ok(got)
    }

    /// A number after a label, as in `y2001m02d04` or `J2451187`.
    fn labelled(&mut self, label: Label, text: &str) -> Result<Parts, DateError> {
        let (value, rest) = leading_number(text)?;
        self.special = None;
        if !rest.is_empty() {
            let fraction = matches!(label, Label::Time | Label::Unit(Unit::Julian | Unit::Second));
            if !(rest.starts_with('.') && fraction) {
                return Err(DateError::Format);
            }
        }
        Ok(match label {
            Label::Time => {
                let parts = self.run_together(text, self.known | DATE)?;
                if parts != TIME {
                    return Err(DateError::Format);
                }
                parts
            }
            Label::Unit(Unit::Year) => {
                self.year = value;
                YEAR
            }
            Label::Unit(Unit::Month) if self.known & (MONTH | HOUR) == (MONTH | HOUR) => {
                self.minute = value;
                MINUTE
            }
            Label::Unit(Unit::Month) => {
                self.month = value;
                MONTH
            }
            Label::Unit(Unit::Day) => {
                self.day = value;
                DAY
            }
            Label::Unit(Unit::Hour) => {
                self.hour = value;
                HOUR
            }
            Label::Unit(Unit::Minute) => {
                self.minute = value;
                MINUTE
            }
            Label::Unit(Unit::Second) => {
                self.second = value;
                if rest.is_empty() {
                    SECOND
                } else {
                    self.micros = fraction_micros(rest)?;
                    SECOND
                }
            }
            Label::Unit(Unit::Julian) => {
                self.set_date(i64::from(value) - EPOCH_JULIAN);
                self.julian = true;
                if rest.is_empty() {
                    DATE
                } else {
                    let fraction: f64 = rest.parse().map_err(|_| DateError::Format)?;
                    let c = Civil::from_micros((fraction * DAY_MICROS as f64) as i64);
                    (self.hour, self.minute, self.second, self.micros) =
                        (c.hour, c.minute, c.second, c.micros);
                    DATE | TIME
                }
            }
            Label::Unit(_) => return Err(DateError::Format),
        })
    }

    fn bare_number(&mut self, text: &str) -> Result<Parts, DateError> {
        let point = text.find('.');
        match point {
            Some(_) if self.known & DATE == 0 => self.date(text),
            Some(at) if at > 2 => self.run_together(text, self.known),
            _ if text.len() >= 6 && (self.known & DATE == 0 || self.known & TIME == 0) => {
                self.run_together(text, self.known)
            }
            _ => self.number(text, self.known),
        }
    }

    /// A number whose meaning follows from what is known.
    fn number(&mut self, text: &str, known: Parts) -> Result<Parts, DateError> {
        let (value, rest) = leading_number(text)?;
        let len = text.len();
        if rest.starts_with('.') {
            if len - rest.len() > 2 {
                return self.run_together(text, known | DATE);
            }
            self.micros = fraction_micros(rest)?;
        } else if !rest.is_empty() {
            return Err(DateError::Format);
        }
        if len == 3 && known & DATE == YEAR && (1..=366).contains(&value) {
            self.day_of_year = value;
            return Ok(DAY_OF_YEAR | MONTH | DAY);
        }
        let order = self.ctx.date_order;
        let parts = match known & DATE {
            0 if len >= 3 || order == DateOrder::Ymd => YEAR,
            0 if order == DateOrder::Dmy => DAY,
            0 => MONTH,
            YEAR | DAY => MONTH,
            MONTH if self.text_month && (len >= 3 || order == DateOrder::Ymd) => YEAR,
            MONTH => DAY,
            n if n == YEAR | MONTH => {
                if self.text_month && len >= 3 && self.short_year {
                    // What was taken for a year was the day.
                    self.day = self.year;
                    self.year = value;
                    self.short_year = false;
                    return Ok(DAY);
                }
                DAY
            }
            n if n == MONTH | DAY => YEAR,
            DATE => return self.run_together(text, known),
            _ => return Err(DateError::Format),
        };
        match parts {
            YEAR => {
                self.year = value;
                self.short_year = len <= 2;
            }
            MONTH => self.month = value,
            _ => self.day = value,
        }
        Ok(parts)
    }

    /// `yyyymmdd`, `yymmdd`, `hhmmss[.f]` or `hhmm`.
    fn run_together(&mut self, text: &str, known: Parts) -> Result<Parts, DateError> {
        let (digits, fraction) = match text.find('.') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateError::Format);
        }
        let number = |s: &str| s.parse::<i32>().map_err(|_| DateError::FieldOverflow);
        let len = digits.len();
        if !fraction.is_empty() {
            self.micros = fraction_micros(fraction)?;
        } else if known & DATE != DATE && len >= 6 {
            self.day = number(&digits[len - 2..])?;
            self.month = number(&digits[len - 4..len - 2])?;
            self.year = number(&digits[..len - 4])?;
            self.short_year |= len - 4 == 2;
            return Ok(DATE);
        }
        if known & TIME != TIME && (len == 6 || len == 4) {
            self.hour = number(&digits[..2])?;
            self.minute = number(&digits[2..4])?;
            self.second = if len == 6 { number(&digits[4..])? } else { 0 };
            self.check_time()?;
            return Ok(TIME);
        }
        Err(DateError::Format)
    }

    fn word(&mut self, fields: &[Field], at: usize) -> Result<Parts, DateError> {
        let text = &fields[at].text;
        if let Some(abbreviation) = abbreviations::find(text) {
            match abbreviation {
                Abbreviation::Fixed(seconds) => self.offset = Some(seconds),
                Abbreviation::Dynamic(name) => self.zone = Zone::by_abbreviation(text, name),
            }
            return Ok(ZONE);
        }
        let today = |ctx: &EvalContext| Zone::of_session(ctx).to_local(ctx.transaction_micros);
        let Some(word) = date_word(text) else {
            self.zone = Some(Zone::by_name(text).ok_or(DateError::Format)?);
            return Ok(ZONE);
        };
        Ok(match word {
            DateWord::Ignore => 0,
            DateWord::Now => {
                let c = Civil::from_micros(today(self.ctx));
                (self.year, self.month, self.day) = (c.year, c.month, c.day);
                (self.hour, self.minute, self.second, self.micros) = (c.hour, c.minute, c.second, c.micros);
                self.offset = Some(Zone::of_session(self.ctx).offset_at(self.ctx.transaction_micros));
                // Years of the clock are not to be adjusted.
                self.julian = true;
                self.special = None;
                DATE | TIME | ZONE
            }
            DateWord::Today | DateWord::Tomorrow | DateWord::Yesterday => {
                let shift = match word {
                    DateWord::Tomorrow => 1,
                    DateWord::Yesterday => -1,
                    _ => 0,
                };
                self.set_date(today(self.ctx).div_euclid(DAY_MICROS) + shift);
                self.julian = true;
                self.special = None;
                DATE
            }
            DateWord::Zulu => {
                (self.hour, self.minute, self.second) = (0, 0, 0);
                self.offset = Some(0);
                self.special = None;
                TIME | ZONE
            }
            DateWord::Epoch => {
                self.special = Some(Decoded::Epoch);
                RESERVED
            }
            DateWord::Infinity => {
                self.special = Some(Decoded::Infinity);
                RESERVED
            }
            DateWord::NegInfinity => {
                self.special = Some(Decoded::NegInfinity);
                RESERVED
            }
            DateWord::Month(month) => {
                let mut parts = MONTH;
                if self.known & MONTH != 0
                    && !self.text_month
                    && self.known & DAY == 0
                    && (1..=31).contains(&self.month)
                {
                    self.day = self.month;
                    parts = DAY;
                }
                self.text_month = true;
                self.month = month;
                parts
            }
            DateWord::Daylight => {
                self.offset = Some(self.offset.unwrap_or(0) + 3600);
                DAYLIGHT
            }
            DateWord::Am | DateWord::Pm => {
                self.pm = Some(word == DateWord::Pm);
                MERIDIEM
            }
            DateWord::Ad | DateWord::Bc => {
                self.bc = word == DateWord::Bc;
                ERA
            }
            DateWord::Weekday => WEEKDAY,
            DateWord::Unit(unit) => {
                self.label = Some(Label::Unit(unit));
                0
            }
            DateWord::IsoTime => {
                let next = fields.get(at + 1).map(|f| f.kind);
                let time = matches!(next, Some(Kind::Number | Kind::Time | Kind::Date));
                if self.known & DATE != DATE || !time {
                    return Err(DateError::Format);
                }
                self.label = Some(Label::Time);
                0
            }
        })
    }

    fn check_date(&mut self) -> Result<(), DateError> {
        if self.known & YEAR != 0 && !self.julian {
            if self.bc {
                if self.year <= 0 {
                    return Err(DateError::FieldOverflow);
                }
                self.year = 1 - self.year;
            } else if self.short_year {
                self.year += match self.year {
                    0..70 => 2000,
                    70..100 => 1900,
                    _ => 0,
                };
            } else if self.year <= 0 {
                return Err(DateError::FieldOverflow);
            }
        }
        if self.known & DAY_OF_YEAR != 0 {
            self.set_date(days_from_civil(self.year, 1, 1) + i64::from(self.day_of_year) - 1);
        }
        let month = self.known & MONTH != 0 && !(1..=12).contains(&self.month);
        let day = self.known & DAY != 0 && !(1..=31).contains(&self.day);
        if month || day {
            return Err(DateError::FieldOverflow);
        }
        if self.known & DATE == DATE && self.day > days_in_month(self.year, self.month) {
            return Err(DateError::FieldOverflow);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Decoded, DateError> {
        self.check_date()?;
        if let Some(pm) = self.pm {
            if self.hour > 12 {
                return Err(DateError::FieldOverflow);
            }
            self.hour = self.hour % 12 + if pm { 12 } else { 0 };
        }
        if let Some(special) = self.special {
            return Ok(special);
        }
        if self.known & DATE != DATE || self.label.is_some() {
            return Err(DateError::Format);
        }
        let civil = Civil {
            year: self.year,
            month: self.month,
            day: self.day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
            micros: self.micros,
        };
        let offset = match (&self.zone, self.offset) {
            (Some(_), _) if self.known & DAYLIGHT != 0 => return Err(DateError::Format),
            (Some(zone), _) => civil.to_micros().map_or(0, |local| zone.offset_for_local(local)),
            (None, Some(offset)) if self.known & ZONE != 0 => offset,
            _ if self.known & DAYLIGHT != 0 => return Err(DateError::Format),
            _ => civil.to_micros().map_or(0, |local| Zone::of_session(self.ctx).offset_for_local(local)),
        };
        Ok(Decoded::At { civil, offset })
    }
}

fn decode(text: &str, ctx: &EvalContext) -> Result<Decoded, DateError> {
    let fields = split(text)?;
    let mut decoder = Decoder::new(ctx);
    for at in 0..fields.len() {
        let parts = decoder.field(&fields, at)?;
        if decoder.known & parts != 0 {
            return Err(DateError::Format);
        }
        decoder.known |= parts;
    }
    decoder.finish()
}

/// `2024-02-29`, exactly; the common form needs no fields.
fn plain_date(text: &str) -> Option<i32> {
    let b: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        b[range].iter().try_fold(0i32, |v, c| c.is_ascii_digit().then(|| v * 10 + i32::from(c - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if year == 0 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    Some(days_from_civil(year, month, day) as i32)
}

/// Days since 2000-01-01.
///
/// # Errors
/// For the client.
pub fn parse_date(text: &str, ctx: &EvalContext) -> Result<i32, DatumError> {
    if let Some(days) = plain_date(text) {
        return Ok(days);
    }
    let out_of_range = || DatumError::DatetimeFieldOverflow(format!("date out of range: \"{text}\""));
    match decode(text, ctx).map_err(|e| e.of("date", text))? {
        Decoded::Epoch => Ok(UNIX_EPOCH_DAYS as i32),
        Decoded::Infinity => Ok(i32::MAX),
        Decoded::NegInfinity => Ok(i32::MIN),
        Decoded::At { civil, .. } => {
            let days = i32::try_from(days_from_civil(civil.year, civil.month, civil.day))
                .map_err(|_| out_of_range())?;
            if date_is_valid(days) && days != i32::MAX && days != i32::MIN {
                Ok(days)
            } else {
                Err(out_of_range())
            }
        }
    }
}

/// Microseconds since 2000-01-01 00:00; a zone in the text is read and ignored.
///
/// # Errors
/// For the client.
pub fn parse_timestamp(text: &str, ctx: &EvalContext) -> Result<i64, DatumError> {
    timestamp(text, ctx, "timestamp", |civil, _| civil.to_micros())
}

/// Microseconds since 2000-01-01 00:00 UTC; without a zone in the text the session's counts.
///
/// # Errors
/// For the client.
pub fn parse_timestamptz(text: &str, ctx: &EvalContext) -> Result<i64, DatumError> {
    timestamp(text, ctx, "timestamp with time zone", |civil, offset| {
        civil.to_micros()?.checked_sub(i64::from(offset) * SECOND_MICROS)
    })
}

fn timestamp(
    text: &str,
    ctx: &EvalContext,
    type_name: &str,
    at: impl Fn(&Civil, i32) -> Option<i64>,
) -> Result<i64, DatumError> {
    match decode(text, ctx).map_err(|e| e.of(type_name, text))? {
        Decoded::Epoch => Ok(UNIX_EPOCH_MICROS),
        Decoded::Infinity => Ok(i64::MAX),
        Decoded::NegInfinity => Ok(i64::MIN),
        Decoded::At { civil, offset } => at(&civil, offset)
            .filter(|v| timestamp_is_valid(*v) && !super::is_infinite(*v))
            .ok_or_else(|| DatumError::DatetimeFieldOverflow(format!("timestamp out of range: \"{text}\""))),
    }
}

impl DateError {
    /// The error for the client who sent `text` as a value of `type_name`.
    pub(super) fn of(self, type_name: &str, text: &str) -> DatumError {
        match self {
            DateError::Format => DatumError::InvalidDatetimeFormat(format!(
                "invalid input syntax for type {type_name}: \"{text}\""
            )),
            DateError::FieldOverflow => {
                DatumError::DatetimeFieldOverflow(format!("date/time field value out of range: \"{text}\""))
            }
            DateError::IntervalOverflow => {
                DatumError::IntervalFieldOverflow(format!("interval field value out of range: \"{text}\""))
            }
            DateError::Displacement => DatumError::InvalidTimeZoneDisplacement(format!(
                "time zone displacement out of range: \"{text}\""
            )),
            DateError::Zone(name) => not_recognized(&name),
        }
    }
}
