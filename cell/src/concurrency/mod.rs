//! What keeps the requests of one range apart: latches (one request), locks (outlive it), and the timestamp cache.

pub mod latches;
pub mod lock_table;
pub mod pusher;
pub mod timestamp_cache;
pub mod tracker;
pub mod waits;

use kv::{Timestamp, command::Split};
use latches::Latches;
use lock_table::LockTable;
use parking_lot::Mutex;
pub use pusher::{Push, Pusher, SenderPusher};
use std::sync::Arc;
use timestamp_cache::TimestampCache;
use tracker::Tracker;
use waits::Waits;

/// The concurrency state of one range on one store. Shared by the range's executor and its replica, which tells it what
/// becomes of the lease.
pub struct Concurrency {
    latches: Arc<Latches>,
    locks: Arc<LockTable>,
    waits: Waits,
    timestamps: Mutex<TimestampCache>,
    tracker: Arc<Tracker>,
}

impl Concurrency {
    /// State of a replica that holds no lease yet.
    pub fn new() -> Arc<Concurrency> {
        Arc::new(Concurrency {
            latches: Arc::new(Latches::default()),
            locks: Arc::new(LockTable::default()),
            waits: Waits::default(),
            timestamps: Mutex::new(TimestampCache::new(Timestamp::ZERO)),
            tracker: Arc::new(Tracker::default()),
        })
    }
    /// A lease of this replica begins (a new one, not an extension): before `check_lease` first grants it. No write will go
    /// at or below `start`, nor `read_summary`, which came with a transfer or split.
    pub fn on_lease_start(&self, start: Timestamp, read_summary: Option<Timestamp>) {
        self.timestamps.lock().reset(start.max(read_summary.unwrap_or(Timestamp::ZERO)));
    }
    /// This replica's lease is over (expired, given over, taken by another): waiters go elsewhere.
    pub fn on_lease_end(&self) {
        self.locks.clear();
        self.waits.clear();
    }
    /// The range was cut by an applied command: returns the state of the right half on this store. Its reads start at the
    /// split's summary; it holds the locks of its keys.
    pub fn on_split(&self, split: &Split) -> Arc<Concurrency> {
        let right = Concurrency::new();
        right.timestamps.lock().reset(split.read_summary);
        self.locks.split_off(&split.right.span.start, &right.locks);
        right
    }
    /// What a lease transfer or a split carries: at least as high as every read that was or may still be served under
    /// this lease, and as what was closed. Ask after `check_lease` has stopped granting the lease (transfer), or under a
    /// latch over the span (split).
    pub fn read_summary(&self) -> Timestamp {
        self.timestamps.lock().max().max(self.tracker.closed())
    }
    /// The closed timestamp for the next command (see `Tracker::closed_target`): ask while giving the command its lease
    /// index, under the same lock, and put it in the command.
    pub fn closed_target(&self, wanted: Timestamp) -> Timestamp {
        self.tracker.closed_target(wanted)
    }
    /// Requests that wait for locks or keep a place in a queue.
    pub fn waiting(&self) -> usize {
        self.locks.waiters()
    }
    pub(crate) fn latches(&self) -> &Arc<Latches> {
        &self.latches
    }
    pub(crate) fn locks(&self) -> &Arc<LockTable> {
        &self.locks
    }
    pub(crate) fn waits(&self) -> &Waits {
        &self.waits
    }
    pub(crate) fn timestamps(&self) -> &Mutex<TimestampCache> {
        &self.timestamps
    }
    pub(crate) fn tracker(&self) -> &Arc<Tracker> {
        &self.tracker
    }
}
