//! A node's wall clock: virtual time with the node's own skew.

use std::sync::Arc;
use tokio::time::Instant;

/// The bound that the cluster is told.
pub const MAX_OFFSET_NS: u64 = 250_000_000;
/// A node is off by at most this, either way: two nodes stay within the bound.
pub const SKEW_MAX_MS: i64 = 120;
/// Virtual time begins here: some time in 2027.
const EPOCH_NS: u64 = 1_800_000_000_000_000_000;

/// Clones of one run share `started`.
pub struct SkewedClock {
    pub started: Instant,
    pub skew_ms: i64,
}

impl txn::PhysicalClock for SkewedClock {
    fn wall_ns(&self) -> u64 {
        let elapsed = u64::try_from(self.started.elapsed().as_nanos()).expect("a run is short");
        (EPOCH_NS + elapsed).saturating_add_signed(self.skew_ms * 1_000_000)
    }
}

/// The clock of a node that is off by `skew_ms`.
pub fn skewed(started: Instant, skew_ms: i64) -> Arc<txn::Clock> {
    txn::Clock::new(Arc::new(SkewedClock { started, skew_ms }), MAX_OFFSET_NS)
}
