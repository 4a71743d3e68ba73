//! Keeps the records of a transaction alive from its first lock on, in every domicile where it has one.
//!
//! A transaction that ends within the first interval never makes a record before its decision.

use crate::{coordinator::Coordinator, state::Phase};
use kv::{
    DomicileId, KvError, Reply, Request,
    request::{HeartbeatTxn, WaitPolicy},
    transaction::{HEARTBEAT_EXPIRY_MS, HEARTBEAT_INTERVAL_MS},
};
use std::sync::Arc;
use tokio::time::Duration;

/// One heartbeat is given up in time for the next ones to come before the expiry.
const HEARTBEAT_TIMEOUT_MS: u64 = 2_000;
const _: () = assert!(HEARTBEAT_INTERVAL_MS + HEARTBEAT_TIMEOUT_MS < HEARTBEAT_EXPIRY_MS);

impl Coordinator {
    /// To be called when a lock may exist. Needs a tokio runtime.
    pub fn start_heartbeat(self: &Arc<Self>) {
        if std::mem::replace(&mut self.state.lock().heartbeats, true) {
            return;
        }
        let weak = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(HEARTBEAT_INTERVAL_MS)).await;
                let Some(coordinator) = weak.upgrade() else { return };
                if !coordinator.beat().await {
                    return;
                }
            }
        });
    }
    /// One heartbeat at every record; says whether there should be more.
    pub async fn beat(&self) -> bool {
        let _under_way = self.heartbeat_gate.lock().await;
        let domiciles = {
            let state = self.state.lock();
            match state.phase {
                Phase::Active | Phase::FlushIncomplete | Phase::Deciding => {
                    state.footprint.record_domiciles()
                }
                Phase::Aborted(_) | Phase::Ended => return false,
            }
        };
        let beats = domiciles.into_iter().map(|d| self.beat_in(d));
        for result in futures::future::join_all(beats).await {
            match result {
                Ok(()) => {}
                Err(KvError::TxnAborted(_)) => return false,
                Err(error) => tracing::debug!(txn = %self.id, %error, "heartbeat failed"),
            }
        }
        true
    }
    async fn beat_in(&self, domicile: DomicileId) -> Result<(), KvError> {
        let header = {
            let state = self.state.lock();
            let mut header = self.header_without_deadline(&state, state.sequences.last(), WaitPolicy::Block);
            if let Some(txn) = &mut header.txn {
                txn.has_record = state.footprint.has_record(domicile);
            }
            header.timeout_ms = HEARTBEAT_TIMEOUT_MS;
            header
        };
        let record_key = kv::key::txn_record(domicile, self.id);
        let reply = self.send(header, vec![Request::HeartbeatTxn(HeartbeatTxn { record_key })]).await?;
        let mut state = self.state.lock();
        state.footprint.set_record(domicile);
        if let Some(Reply::Txn(record)) = reply.replies.into_iter().next().and_then(|r| r.reply) {
            state.write_ts.forward(record.write_ts); // a reader may have pushed it
        }
        Ok(())
    }
}
