//! PostgreSQL's interval: months, days and microseconds are kept apart.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A span of time; equal values (`1 month` and `30 days`) may print differently.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

impl Interval {
    pub const fn new(months: i32, days: i32, micros: i64) -> Interval {
        Interval { months, days, micros }
    }
    /// Microseconds with months of 30 days and days of 24 hours: what comparison goes by.
    pub fn comparison_value(&self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * 86_400_000_000 + i128::from(self.micros)
    }
}
impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.comparison_value() == other.comparison_value()
    }
}
impl Eq for Interval {}
impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Interval {
    fn cmp(&self, other: &Self) -> Ordering {
        self.comparison_value().cmp(&other.comparison_value())
    }
}
impl Hash for Interval {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.comparison_value().hash(state);
    }
}
