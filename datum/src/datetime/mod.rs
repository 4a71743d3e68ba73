//! Dates, times and intervals: civil arithmetic, time zones, the text forms, and what functions compute of them.
//!
//! `civil` is the proleptic Gregorian calendar over PostgreSQL's range; `zone` goes between clocks; `words` and `parse` read,
//! `print` writes; `interval_text` does both for intervals; `arithmetic` and `fields` are the building blocks of functions.
//! Days count from 2000-01-01, microseconds from its midnight.

pub mod abbreviations;
pub mod arithmetic;
pub mod civil;
pub mod fields;
mod interval_text;
mod parse;
mod print;
mod words;
pub mod zone;

pub use arithmetic::*;
pub use civil::*;
pub use fields::*;
pub use interval_text::{parse_interval, write_interval};
pub use parse::{parse_date, parse_timestamp, parse_timestamptz};
pub use print::{DAYS, MONTHS, write_date, write_timestamp, write_timestamptz};
pub use words::{Unit, unit_by_name};
pub use zone::Zone;

/// Why text is not a date, time or interval.
#[derive(Clone, Debug, PartialEq, Eq)]
enum DateError {
    Format,
    FieldOverflow,
    IntervalOverflow,
    Displacement,
    Zone(String),
}

/// Microseconds of `.fraction`, rounded.
fn fraction_micros(text: &str) -> Result<i32, DateError> {
    let digits = text.strip_prefix('.').ok_or(DateError::Format)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DateError::Format);
    }
    if digits.len() <= 6 {
        let value = digits.bytes().fold(0, |v, b| v * 10 + i32::from(b - b'0'));
        return Ok(value * 10i32.pow(6 - digits.len() as u32));
    }
    let fraction: f64 = text.parse().map_err(|_| DateError::Format)?;
    Ok((fraction * 1e6).round_ties_even() as i32)
}
