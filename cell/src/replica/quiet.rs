//! Idle groups go quiet: no heartbeats, no timers, until the next message or request.
//!
//! ```text
//! leader, idle for a while, all replicas matched --QUIESCE(vote, last)--> followers stop their timers, if they agree
//!        all agreed: the leader stops its own
//! any message or request: timer on; a follower that was asked something tells the leader (WAKE)
//! ```

use super::Replica;
use crate::{raft::codec::kind, transport::TransportError};
use bytes::Bytes;
use std::sync::atomic::Ordering;

fn refused(text: impl Into<String>) -> TransportError {
    TransportError::Refused(text.into())
}

impl Replica {
    /// For the maintenance of the cell.
    pub(crate) async fn quiesce_if_idle(&self) {
        self.active.swap(false, Ordering::Relaxed);
    }
    /// A message about the group's log or timers that is not openraft's.
    pub(crate) async fn control(&self, kind: u8, payload: Bytes) -> Result<Bytes, TransportError> {
        match kind {
            kind::PURGE => {
                let index =
                    payload.as_ref().try_into().map_err(|_| refused("a purge message of another length"))?;
                self.purge_through(u64::from_be_bytes(index)).await;
                Ok(Bytes::new())
            }
            kind::WAKE => {
                self.wake();
                Ok(Bytes::new())
            }
            _ => Err(refused(format!("unknown kind {kind} of a control message"))),
        }
    }
}
