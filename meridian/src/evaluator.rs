//! Wires a replica to its executor, and the executor to the rest of the cluster.

use cell::{
    concurrency::{Concurrency, SenderPusher},
    execute::{Executor, Faults, RangeReplica},
    node::{Evaluate, MakeEvaluator},
};
use futures::future::BoxFuture;
use kv::{BatchReply, BatchRequest, KvError};
use std::sync::Arc;
use txn::{Clock, Sender};

struct ByExecutor(Arc<Executor>);

impl Evaluate for ByExecutor {
    fn evaluate(&self, batch: BatchRequest) -> BoxFuture<'_, Result<BatchReply, KvError>> {
        Box::pin(self.0.execute(batch))
    }
}

/// Makes the executor of each replica; all push and resolve through `sender`.
pub fn executors(clock: Arc<Clock>, sender: Arc<dyn Sender>) -> MakeEvaluator {
    let pusher = Arc::new(SenderPusher { sender });
    let faults = Arc::new(Faults::default());
    Arc::new(move |replica: Arc<dyn RangeReplica>, concurrency: Arc<Concurrency>| {
        Arc::new(ByExecutor(Executor::new(
            replica,
            concurrency,
            clock.clone(),
            pusher.clone(),
            faults.clone(),
        ))) as Arc<dyn Evaluate>
    })
}
