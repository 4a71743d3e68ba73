//! What clients did and saw, with the times between which each operation took effect.

use parking_lot_free::Shared;
use std::sync::Arc;

/// One operation on one register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub client: u64,
    pub key: i64,
    pub action: Action,
    /// Nanoseconds of any one monotonic clock.
    pub called_ns: u64,
    /// `None`: the answer never came, it may take effect at any later time, or never.
    pub returned_ns: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Write(i64),
    /// What was read; `None`: absent.
    Read(Option<i64>),
    /// Wrote `to` because it read `from`.
    CompareAndSet {
        from: Option<i64>,
        to: i64,
    },
}

/// Operations of all clients, in the order in which they returned.
#[derive(Clone, Default)]
pub struct History {
    operations: Arc<Shared<Vec<Operation>>>,
}

impl History {
    pub fn record(&self, operation: Operation) {
        self.operations.with(|o| o.push(operation));
    }
    pub fn take(&self) -> Vec<Operation> {
        self.operations.with(std::mem::take)
    }
    pub fn len(&self) -> usize {
        self.operations.with(|o| o.len())
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A mutex whose poison is ignored: a panicking client has failed the run anyway.
mod parking_lot_free {
    use std::sync::{Mutex, PoisonError};

    #[derive(Default)]
    pub struct Shared<T>(Mutex<T>);

    impl<T> Shared<T> {
        pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
            f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }
}
