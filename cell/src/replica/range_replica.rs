//! The replica as the executor sees it.

use super::Replica;
use crate::{
    execute::{Applied, Proposal, ProposeError, RangeReplica},
    seam::StateReader,
};
use async_trait::async_trait;
use kv::{KvError, Lease, RangeDescriptor, StoreId, Timestamp, error::Message, reply::RangeInfoReply};
use std::sync::Arc;

#[async_trait]
impl RangeReplica for Replica {
    fn descriptor(&self) -> Arc<RangeDescriptor> {
        Replica::descriptor(self)
    }
    fn check_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError> {
        self.look_at_lease(at)
    }
    async fn acquire_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError> {
        self.get_lease(at).await
    }
    fn reader(&self) -> &dyn StateReader {
        &*self.shared.state
    }
    fn snapshot(&self) -> Box<dyn StateReader> {
        self.shared.state.snapshot()
    }
    fn closed(&self) -> Timestamp {
        self.applied().closed
    }
    fn collected_below(&self) -> Timestamp {
        Timestamp::ZERO // versions are not collected yet
    }
    fn admit_write(&self) -> Result<(), KvError> {
        if let Some(text) = self.shared.store_full.read().clone() {
            return Err(KvError::StoreFull(Message::new(text)));
        }
        if self.proposals().is_full() {
            let text = format!(
                "{} proposals of range {} are in flight",
                self.proposals().in_flight(),
                self.range_id()
            );
            return Err(KvError::Overloaded(Message::new(text)));
        }
        Ok(())
    }
    async fn propose(&self, lease: &Lease, proposal: Proposal) -> Result<Applied, ProposeError> {
        self.propose_command(lease, proposal, None).await
    }
    async fn admin_split(&self, lease: &Lease, key: &[u8]) -> Result<(), KvError> {
        self.split_at(lease, key).await
    }
    async fn transfer_lease(&self, target: StoreId) -> Result<(), KvError> {
        self.give_lease(target).await
    }
    fn range_info(&self) -> RangeInfoReply {
        let applied = self.applied();
        let lease = self.lease();
        RangeInfoReply {
            range: (*Replica::descriptor(self)).clone(),
            lease: (lease.sequence > 0).then(|| (*lease).clone()),
            bytes: applied.bytes,
            raft_leader_store: self.raft_leader_store().map_or(0, |s| s.0),
            applied_index: applied.log_id().index,
            closed: applied.closed,
        }
    }
}
