//! Dates, times and intervals: civil arithmetic, time zones, the text forms, and the functions over them.
//!
//! `civil` is the proleptic Gregorian calendar over PostgreSQL's range; the rest builds on it. Days count from 2000-01-01,
//! microseconds from its midnight.

pub mod civil;

pub use civil::{
    Civil, DAY_MICROS, TIMESTAMP_END, TIMESTAMP_MIN, checked_timestamp, civil_from_days, coerce_timestamp,
    date_is_valid, days_from_civil, is_infinite, round_timestamp, timestamp_is_valid,
};

use crate::context::IntervalStyle;
use crate::{DatumError, EvalContext, Interval};

fn later<T>() -> Result<T, DatumError> {
    Err(DatumError::FeatureNotSupported("text of dates and times".to_string()))
}
pub fn parse_date(_: &str, _: &EvalContext) -> Result<i32, DatumError> {
    later()
}
pub fn parse_timestamp(_: &str, _: &EvalContext) -> Result<i64, DatumError> {
    later()
}
pub fn parse_timestamptz(_: &str, _: &EvalContext) -> Result<i64, DatumError> {
    later()
}
pub fn parse_interval(_: &str, _: i32, _: &EvalContext) -> Result<Interval, DatumError> {
    later()
}
pub fn write_date(_: &mut String, _: i32, _: &EvalContext) {}
pub fn write_timestamp(_: &mut String, _: i64, _: &EvalContext) {}
pub fn write_timestamptz(_: &mut String, _: i64, _: &EvalContext) {}
pub fn write_interval(_: &mut String, _: &Interval, _: IntervalStyle) {}
impl Interval {
    pub fn coerce_typmod(self, _: i32) -> Result<Interval, DatumError> {
        Ok(self)
    }
}
