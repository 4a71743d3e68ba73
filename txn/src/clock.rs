//! The hybrid logical clock, over a physical clock that the simulator can replace.

use kv::{ClockTimestamp, Timestamp};
use parking_lot::Mutex;
use std::sync::Arc;

/// Wall time of this node. The product reads the kernel; the simulator skews it.
pub trait PhysicalClock: Send + Sync {
    /// Nanoseconds since the Unix epoch.
    fn wall_ns(&self) -> u64;
}

/// The kernel's real-time clock.
pub struct SystemClock;

impl PhysicalClock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place that reads the wall clock
    fn wall_ns(&self) -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A hybrid logical clock: never goes back, and goes past every clock reading it has seen.
///
/// Source: Kulkarni et al., "Logical Physical Clocks", 2014.
pub struct Clock {
    physical: Arc<dyn PhysicalClock>,
    last: Mutex<ClockTimestamp>,
    max_offset_ns: u64,
}

/// A reading that would move this clock further ahead of the wall than the cluster's bound allows.
#[derive(Debug, thiserror::Error)]
#[error(
    "clock reading {remote} is {ahead_ns} ns ahead of this node's, more than the cluster's bound of {bound_ns} ns"
)]
pub struct ClockOffsetExceeded {
    pub remote: ClockTimestamp,
    pub ahead_ns: u64,
    pub bound_ns: u64,
}

impl Clock {
    /// `max_offset_ns`: the cluster-wide bound between any two clocks (250 ms unless set; 0 where one kernel clock serves all).
    pub fn new(physical: Arc<dyn PhysicalClock>, max_offset_ns: u64) -> Arc<Clock> {
        Arc::new(Clock { physical, last: Mutex::new(ClockTimestamp::ZERO), max_offset_ns })
    }
    pub fn max_offset_ns(&self) -> u64 {
        self.max_offset_ns
    }
    /// A reading above every earlier one.
    pub fn now(&self) -> ClockTimestamp {
        let wall = self.physical.wall_ns();
        let mut last = self.last.lock();
        *last = if wall > last.wall_ns {
            ClockTimestamp::new(wall, 0)
        } else {
            let t = last.to_timestamp().next();
            ClockTimestamp::new(t.wall_ns, t.logical)
        };
        *last
    }
    /// Moves the clock past a reading of another node's.
    ///
    /// # Errors
    /// The reading is too far ahead: refuse the message and log it; this clock has not moved.
    pub fn update(&self, remote: ClockTimestamp) -> Result<(), ClockOffsetExceeded> {
        let wall = self.physical.wall_ns();
        let ahead_ns = remote.wall_ns.saturating_sub(wall);
        // With a configured offset of 0 (one kernel clock) readings can still race by scheduling; allow a little.
        let bound_ns = self.max_offset_ns.max(1_000_000);
        if ahead_ns > bound_ns {
            return Err(ClockOffsetExceeded { remote, ahead_ns, bound_ns });
        }
        let mut last = self.last.lock();
        if remote > *last {
            *last = remote;
        }
        Ok(())
    }
    /// Where the uncertainty of a transaction that begins at `start` ends.
    pub fn uncertainty_limit(&self, start: ClockTimestamp) -> Timestamp {
        start.to_timestamp().add_ns(self.max_offset_ns)
    }
}
