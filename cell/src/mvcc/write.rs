//! Writes of one key: an intent of a transaction, or a committed version.

use super::{Conflict, Holder, MvccError, ReadAt, TxnView, Workspace, read};
use bytes::Bytes;
use kv::{
    Key, Timestamp,
    command::Keyspace,
    mvcc::{self, IntentValue, LockRecord, LockStrength},
};

/// What a write needs to know of its key, read once.
pub struct KeyState {
    key: Key,
    lock: Option<LockRecord>,
    /// Length of the lock as it is stored.
    lock_len: usize,
    newest: Option<read::Version>,
}

impl KeyState {
    /// # Errors
    /// The store's.
    pub fn load(workspace: &Workspace<'_>, key: &Key) -> Result<KeyState, MvccError> {
        use crate::seam::StateReader;
        let bytes = workspace.get(Keyspace::Locks, key)?;
        let lock_len = bytes.as_ref().map_or(0, Bytes::len);
        let lock = bytes.map(|b| LockRecord::decode_from(&b)).transpose()?;
        let newest = read::version_at(workspace, key, Timestamp::MAX)?;
        Ok(KeyState { key: key.clone(), lock, lock_len, newest })
    }
    fn own_lock(&self, txn: Option<&TxnView>) -> Result<Option<&LockRecord>, MvccError> {
        match (&self.lock, txn) {
            (None, _) => Ok(None),
            (Some(lock), Some(txn)) if txn.id.0[..] == lock.txn_id[..] => {
                if lock.epoch > txn.epoch {
                    return Err(MvccError::StaleEpoch { got: txn.epoch, seen: lock.epoch });
                }
                Ok(Some(lock))
            }
            (Some(lock), _) => {
                let holder = Some(Holder::of_record(lock)?);
                Err(MvccError::Conflict(vec![Conflict { key: self.key.clone(), holder }]))
            }
        }
    }
    /// The value that a write of `sequence` has left already, if this is its repetition.
    ///
    /// # Errors
    /// `Conflict`, `StaleEpoch`.
    pub fn written_by(
        &self,
        txn: Option<&TxnView>,
        sequence: u32,
    ) -> Result<Option<Option<Bytes>>, MvccError> {
        let Some(lock) = self.own_lock(txn)?.filter(|l| txn.is_some_and(|t| t.epoch == l.epoch)) else {
            return Ok(None);
        };
        Ok(lock.history.iter().find(|v| v.sequence == sequence).map(|v| v.value.clone()))
    }
    /// The value that a write of `sequence` finds: the newest there is.
    ///
    /// # Errors
    /// `Conflict`, `StaleEpoch`; `TooOld` if the newest committed version lies above the read timestamp.
    pub fn value_before(&self, at: &ReadAt<'_>, sequence: u32) -> Result<Option<Bytes>, MvccError> {
        if let (Some(lock), Some(txn)) = (self.own_lock(at.txn)?, at.txn)
            && lock.epoch == txn.epoch
            && let Some(own) = lock.value_at(sequence.saturating_sub(1), &txn.ignored)
        {
            return Ok(own.value.clone());
        }
        match &self.newest {
            None => Ok(None),
            Some((ts, value)) => {
                read::check_version(&self.key, *ts, &ReadAt { newest: true, ..*at })?;
                Ok(value.clone())
            }
        }
    }
    /// Lays an intent at `write_ts` or above, and says where it lies. Repeating a write changes nothing.
    ///
    /// # Errors
    /// `Conflict`, `StaleEpoch`, `SequenceOrder`.
    pub fn put_intent(
        self,
        workspace: &mut Workspace<'_>,
        value: Option<Bytes>,
        sequence: u32,
        txn: &TxnView,
        write_ts: Timestamp,
    ) -> Result<Timestamp, MvccError> {
        let own = self.own_lock(Some(txn))?;
        let mut timestamp = write_ts;
        if let Some((newest, _)) = &self.newest {
            timestamp.forward(newest.next());
        }
        let mut history = Vec::new();
        if let Some(lock) = own.filter(|l| l.epoch == txn.epoch) {
            timestamp.forward(lock.timestamp);
            let last = lock.history.last().map_or(0, |v| v.sequence);
            if let Some(earlier) = lock.history.iter().find(|v| v.sequence == sequence) {
                if earlier.value == value {
                    return Ok(timestamp);
                }
                // The same statement wrote the key twice: its last value counts.
                if last > sequence {
                    return Err(MvccError::SequenceOrder { got: sequence, seen: last });
                }
            } else if last > sequence
                && lock.value_at(u32::MAX, &txn.ignored).is_some_and(|v| v.sequence > sequence)
            {
                return Err(MvccError::SequenceOrder { got: sequence, seen: last });
            }
            history.extend(
                lock.history
                    .iter()
                    .filter(|v| v.sequence < sequence && !txn.ignored.iter().any(|r| r.contains(v.sequence)))
                    .cloned(),
            );
        }
        history.push(IntentValue { sequence, value });
        let lock = LockRecord {
            txn_id: Bytes::copy_from_slice(&txn.id.0),
            epoch: txn.epoch,
            timestamp,
            strength: LockStrength::Intent as i32,
            history,
            txn_start: txn.start_ts,
        };
        if self.lock_len > 0 {
            workspace.replaces(&self.key, self.lock_len);
        }
        workspace.put(Keyspace::Locks, &self.key, &lock.encode_to_bytes());
        Ok(timestamp)
    }
    /// Writes a committed version at `at`.
    ///
    /// # Errors
    /// `Conflict`; `OwnIntent`; `TooOld` if a version at or above `at` exists that this batch has not written.
    pub fn put_version(
        self,
        workspace: &mut Workspace<'_>,
        value: Option<Bytes>,
        txn: Option<&TxnView>,
        at: Timestamp,
        written_before: bool,
    ) -> Result<(), MvccError> {
        if self.own_lock(txn)?.is_some() {
            return Err(MvccError::OwnIntent);
        }
        if let Some((newest, _)) = &self.newest
            && (*newest > at || (*newest == at && !written_before))
        {
            return Err(MvccError::TooOld { key: self.key.clone(), actual: *newest });
        }
        workspace.put(
            Keyspace::Versions,
            &mvcc::version_key(&self.key, at),
            &mvcc::encode_version(value.as_deref()),
        );
        Ok(())
    }
}
