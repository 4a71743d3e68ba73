//! Messages of a group that are not openraft's: how far all replicas have the log.

use super::Replica;
use crate::{raft::codec::kind, transport::TransportError};
use bytes::Bytes;
use std::sync::atomic::Ordering;

fn refused(text: impl Into<String>) -> TransportError {
    TransportError::Refused(text.into())
}

impl Replica {
    pub(crate) fn control(&self, kind: u8, payload: &Bytes) -> Result<Bytes, TransportError> {
        match kind {
            kind::PURGE => {
                let index =
                    payload.as_ref().try_into().map_err(|_| refused("a purge message of another length"))?;
                self.matched_everywhere.fetch_max(u64::from_be_bytes(index), Ordering::Relaxed);
                Ok(Bytes::new())
            }
            _ => Err(refused(format!("unknown kind {kind} of a control message"))),
        }
    }
}
