//! Faults that the simulator plants, to see that it finds them. Set at run time, and out of reach of any command line.

use std::sync::atomic::{AtomicBool, Ordering};

/// What to do wrongly.
#[derive(Debug, Default)]
pub struct Faults {
    read_without_lease: AtomicBool,
    write_below_timestamp_cache: AtomicBool,
}

impl Faults {
    /// Reads are served whoever holds the lease.
    pub fn set_read_without_lease(&self, on: bool) {
        self.read_without_lease.store(on, Ordering::Relaxed);
    }
    /// Writes do not look at what has been read.
    pub fn set_write_below_timestamp_cache(&self, on: bool) {
        self.write_below_timestamp_cache.store(on, Ordering::Relaxed);
    }
    pub(super) fn read_without_lease(&self) -> bool {
        self.read_without_lease.load(Ordering::Relaxed)
    }
    pub(super) fn write_below_timestamp_cache(&self) -> bool {
        self.write_below_timestamp_cache.load(Ordering::Relaxed)
    }
}
