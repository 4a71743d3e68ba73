//! PushTxn: asks a record for the fate of its transaction, and may change it.
//!
//! ```text
//!            young                               expired (5 s, by this leaseholder's clock)
//! missing    Query: nothing                      ABORTED is written
//!            Timestamp: PENDING is written
//!            Abort: ABORTED is written
//! PENDING    Query: nothing                      ABORTED
//!            Timestamp: write_ts moves up
//!            Abort: ABORTED
//! ended, DELEGATED: the answer as it is
//! ```
//! Once ABORTED stands, a heartbeat, delegation or commit that comes later fails on it.

use super::{
    Evaluator, LockChange, Stop,
    record::{is_expired, reply_of, status_of},
};
use kv::{
    KvError, Reply, TxnId, TxnRecord, TxnStatus,
    request::{PushKind, PushTxn},
    transaction::TXN_RECORD_VERSION,
};

impl Evaluator<'_> {
    pub(super) fn push_txn(&mut self, r: &PushTxn) -> Result<Reply, Stop> {
        let id = TxnId::from_slice(&r.pushee_id).map_err(|e| KvError::invalid(e.to_string()))?;
        Self::check_record_key(&r.record_key, id)?;
        let kind =
            PushKind::try_from(r.kind).map_err(|_| KvError::invalid(format!("push of kind {}", r.kind)))?;
        let now = self.input.now;
        let found = self.read_record(&r.record_key)?;
        let mut record = match &found {
            Some(record) => record.clone(),
            None => TxnRecord {
                version: TXN_RECORD_VERSION,
                status: TxnStatus::Pending as i32,
                write_ts: r.pushee_start,
                start_ts: r.pushee_start,
                // Nothing was heard of it since it began.
                heartbeat: r.pushee_start,
                ..Default::default()
            },
        };
        if status_of(&record)? == TxnStatus::Pending {
            if kind == PushKind::Abort || is_expired(record.heartbeat, now) {
                record.status = TxnStatus::Aborted as i32;
                record.heartbeat.forward(now);
            } else if kind == PushKind::Timestamp {
                record.write_ts.forward(r.push_to.next());
            }
            if found.as_ref() != Some(&record)
                && (found.is_some() || kind != PushKind::Query || record.status != 0)
            {
                self.write_record(&r.record_key, &record);
            }
        }
        if matches!(status_of(&record)?, TxnStatus::Committed | TxnStatus::Aborted) {
            self.out.locks.push(LockChange::Finished(id, reply_of(&record)));
        }
        Ok(Reply::Txn(reply_of(&record)))
    }
}
