//! A transport that loses messages and answers, as networks do.

use async_trait::async_trait;
use kv::{
    BatchReply, BatchRequest, CellDescriptor, KvError, RangeDescriptor, Request, StoreId, error::Message,
};
use parking_lot::Mutex;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use txn::{CellTransport, Entropy, SeededEntropy};

/// Which requests get through from now on.
pub type Filter = Box<dyn Fn(&Request) -> bool + Send + Sync>;

pub struct Faults {
    inner: Arc<dyn CellTransport>,
    dice: SeededEntropy,
    /// Of 100: requests that are not delivered, answers that are lost.
    pub undelivered: u64,
    pub unanswered: u64,
    /// Nothing gets through.
    pub cut: AtomicBool,
    pub filter: Mutex<Option<Filter>>,
}

impl Faults {
    pub fn new(inner: Arc<dyn CellTransport>, seed: u64, undelivered: u64, unanswered: u64) -> Arc<Faults> {
        let dice = SeededEntropy::new(seed);
        Arc::new(Faults {
            inner,
            dice,
            undelivered,
            unanswered,
            cut: AtomicBool::new(false),
            filter: Mutex::new(None),
        })
    }
}

#[async_trait]
impl CellTransport for Faults {
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError> {
        let stopped = {
            let filter = self.filter.lock();
            filter.as_ref().is_some_and(|f| !batch.iter().all(f))
        };
        if stopped || self.cut.load(Ordering::Relaxed) || self.dice.below(100) < self.undelivered {
            return Err(KvError::unavailable("not delivered"));
        }
        let result = self.inner.send(store, batch).await;
        if self.dice.below(100) < self.unanswered {
            return Err(KvError::Ambiguous(Message::new("the connection broke after sending")));
        }
        result
    }
    fn cells(&self) -> Vec<CellDescriptor> {
        self.inner.cells()
    }
    fn root_range(&self) -> Option<RangeDescriptor> {
        self.inner.root_range()
    }
}
