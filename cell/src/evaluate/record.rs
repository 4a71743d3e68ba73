//! Records: how they lie in the store; HeartbeatTxn and RemoveTxnRecord.
//!
//! A record is one unversioned row: the version of its key at timestamp zero.

use super::{Evaluator, Stop};
use crate::seam::StateReader;
use kv::{
    Bytes, Key, KvError, Reply, Timestamp, TxnId, TxnRecord, TxnStatus,
    command::Keyspace,
    error::TxnAborted,
    key, mvcc,
    reply::{DoneReply, TxnReply},
    request::{HeartbeatTxn, RemoveTxnRecord},
    transaction::{HEARTBEAT_EXPIRY_MS, TXN_RECORD_VERSION},
};
use prost::Message as _;

/// An ABORTED record that another than its coordinator removes must be older: no commit can come any more.
pub const ABORTED_KEPT_MS: u64 = 600_000;

pub(super) const NS_PER_MS: u64 = 1_000_000;

pub(super) fn status_of(record: &TxnRecord) -> Result<TxnStatus, Stop> {
    TxnStatus::try_from(record.status)
        .map_err(|_| Evaluator::bad_row(format!("transaction record of status {}", record.status)))
}

pub(super) fn reply_of(record: &TxnRecord) -> TxnReply {
    TxnReply {
        status: record.status,
        write_ts: record.write_ts,
        epoch: record.epoch,
        lock_spans: record.lock_spans.clone(),
        domiciles: record.domiciles.clone(),
        ignored: record.ignored.clone(),
        one_phase: false,
    }
}

pub(super) fn aborted(id: TxnId, reason: &str) -> Stop {
    let txn_id = Bytes::copy_from_slice(&id.0);
    KvError::TxnAborted(TxnAborted { txn_id, reason: reason.to_owned() }).into()
}

/// Whether the coordinator of a record last heard of at `heartbeat` is gone.
pub(super) fn is_expired(heartbeat: Timestamp, now: Timestamp) -> bool {
    now > heartbeat.add_ns(HEARTBEAT_EXPIRY_MS * NS_PER_MS)
}

impl Evaluator<'_> {
    pub(super) fn read_record(&self, record_key: &Key) -> Result<Option<TxnRecord>, Stop> {
        let at = mvcc::version_key(record_key, Timestamp::ZERO);
        let Some(bytes) = self.workspace.get(Keyspace::Versions, &at).map_err(Self::bad_row)? else {
            return Ok(None);
        };
        let Some(value) = mvcc::decode_version(&bytes).map_err(Self::bad_row)? else { return Ok(None) };
        TxnRecord::decode(value).map(Some).map_err(Self::bad_row)
    }
    pub(super) fn write_record(&mut self, record_key: &Key, record: &TxnRecord) {
        let at = mvcc::version_key(record_key, Timestamp::ZERO);
        self.workspace.put(Keyspace::Versions, &at, &mvcc::encode_version(Some(&record.encode_to_vec())));
    }
    /// A record for this batch's transaction, not yet written.
    pub(super) fn new_record(&self, status: TxnStatus) -> Result<TxnRecord, Stop> {
        let txn = self.txn()?;
        Ok(TxnRecord {
            version: TXN_RECORD_VERSION,
            status: status as i32,
            epoch: txn.epoch,
            write_ts: self.write_ts,
            start_ts: txn.start_ts,
            heartbeat: self.input.now,
            ..Default::default()
        })
    }
    pub(super) fn has_record(&self) -> bool {
        self.input.header.txn.as_ref().is_some_and(|t| t.has_record)
    }
    /// The record's key must be that of the transaction, or anybody could end any other.
    pub(super) fn check_record_key(record_key: &Key, id: TxnId) -> Result<(), Stop> {
        match key::split_prefix(record_key) {
            Ok((_, key::TABLE_TXN, 1, rest)) if rest == id.0 => Ok(()),
            _ => Err(KvError::invalid("the key is not that of the transaction's record").into()),
        }
    }

    pub(super) fn heartbeat_txn(&mut self, r: &HeartbeatTxn) -> Result<Reply, Stop> {
        let txn = self.txn()?;
        Self::check_record_key(&r.record_key, txn.id)?;
        let record = match self.read_record(&r.record_key)? {
            None if self.has_record() => return Err(aborted(txn.id, "its record is gone")),
            None => {
                let record = self.new_record(TxnStatus::Pending)?;
                self.write_record(&r.record_key, &record);
                record
            }
            Some(mut record) => {
                match status_of(&record)? {
                    TxnStatus::Aborted => return Err(aborted(txn.id, "its record was aborted by another")),
                    TxnStatus::Committed => {}
                    TxnStatus::Pending | TxnStatus::Staging | TxnStatus::Delegated => {
                        record.heartbeat.forward(self.input.now);
                        record.epoch = record.epoch.max(txn.epoch);
                        if status_of(&record)? == TxnStatus::Pending {
                            record.write_ts.forward(self.write_ts);
                        }
                        self.write_record(&r.record_key, &record);
                    }
                }
                record
            }
        };
        Ok(Reply::Txn(reply_of(&record)))
    }

    pub(super) fn remove_txn_record(&mut self, r: &RemoveTxnRecord) -> Result<Reply, Stop> {
        let Some(record) = self.read_record(&r.record_key)? else {
            return Ok(Reply::Done(DoneReply::default()));
        };
        let own = self.input.txn.is_some_and(|t| Self::check_record_key(&r.record_key, t.id).is_ok());
        let gone = match status_of(&record)? {
            TxnStatus::Committed | TxnStatus::Delegated => true,
            TxnStatus::Aborted => {
                own || self.input.now > record.heartbeat.add_ns(ABORTED_KEPT_MS * NS_PER_MS)
            }
            TxnStatus::Pending | TxnStatus::Staging => {
                return Err(KvError::invalid("the transaction has not ended").into());
            }
        };
        if gone {
            let at = mvcc::version_key(&r.record_key, Timestamp::ZERO);
            self.workspace.delete(Keyspace::Versions, &at, record.encoded_len());
        }
        Ok(Reply::Done(DoneReply { count: u64::from(gone), resume: None }))
    }
}
