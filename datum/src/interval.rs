//! PostgreSQL's interval: months, days and microseconds are kept apart.

/// A span of time; equal values (`1 month` and `30 days`) may print differently.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}
