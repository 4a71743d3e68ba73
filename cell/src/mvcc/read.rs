//! Reads of one key.

use super::{Conflict, Holder, MvccError, ReadAt, TxnView};
use crate::seam::StateReader;
use bytes::Bytes;
use kv::{
    Key, Timestamp,
    command::Keyspace,
    mvcc::{self, LockRecord},
};

/// Above all versions of a key: the complement of timestamp zero, and one byte more.
pub(crate) const AFTER_VERSIONS: [u8; 13] =
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0];

/// The first key of the versions keyspace after all versions of `key`.
pub(crate) fn after_versions(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + AFTER_VERSIONS.len());
    out.extend_from_slice(key);
    out.extend_from_slice(&AFTER_VERSIONS);
    out
}

/// A committed version: its timestamp, and its value unless it is a tombstone.
pub type Version = (Timestamp, Option<Bytes>);

/// The newest version of `key` at or below `at`.
///
/// # Errors
/// The store failed or is corrupt.
pub fn version_at(reader: &dyn StateReader, key: &[u8], at: Timestamp) -> Result<Option<Version>, MvccError> {
    let start = mvcc::version_key(key, at);
    match reader.first(Keyspace::Versions, &start, &after_versions(key))? {
        None => Ok(None),
        Some((found, value)) => {
            let (_, ts) = mvcc::split_version_key(&found)?;
            Ok(Some((ts, mvcc::decode_version(&value)?)))
        }
    }
}

/// The lock of `key`, whoever holds it.
///
/// # Errors
/// The store failed or is corrupt.
pub fn lock_of(reader: &dyn StateReader, key: &[u8]) -> Result<Option<LockRecord>, MvccError> {
    match reader.get(Keyspace::Locks, key)? {
        None => Ok(None),
        Some(bytes) => Ok(Some(LockRecord::decode_from(&bytes)?)),
    }
}

/// What a transaction's own lock says to its read: `Some` is the answer, `None` leaves it to the versions.
pub(super) fn own_value(lock: &LockRecord, txn: &TxnView) -> Result<Option<Option<Bytes>>, MvccError> {
    if lock.epoch > txn.epoch {
        return Err(MvccError::StaleEpoch { got: txn.epoch, seen: lock.epoch });
    }
    if lock.epoch < txn.epoch {
        return Ok(None);
    }
    Ok(lock.value_at(txn.sequence, &txn.ignored).map(|v| v.value.clone()))
}

/// The value of `key` as `at` sees it; `None` if there is none.
///
/// # Errors
/// `Conflict`, `Uncertain`, `TooOld` (only if `at.newest`), or the store's.
pub fn get(reader: &dyn StateReader, key: &Key, at: &ReadAt<'_>) -> Result<Option<Bytes>, MvccError> {
    if let Some(lock) = lock_of(reader, key)? {
        match at.txn.filter(|t| t.id.0[..] == lock.txn_id[..]) {
            Some(txn) => {
                if let Some(value) = own_value(&lock, txn)? {
                    return Ok(value);
                }
            }
            None if at.conflicts(&lock) => {
                let holder = Some(Holder::of_record(&lock)?);
                return Err(MvccError::Conflict(vec![Conflict { key: key.clone(), holder }]));
            }
            None => {}
        }
    }
    match version_at(reader, key, at.limit())? {
        None => Ok(None),
        Some((ts, value)) => {
            check_version(key, ts, at)?;
            Ok(value)
        }
    }
}

/// Whether a version at `ts`, the newest at or below the read's limit, may be the answer.
pub(super) fn check_version(key: &Key, ts: Timestamp, at: &ReadAt<'_>) -> Result<(), MvccError> {
    if ts <= at.read_ts {
        Ok(())
    } else if at.newest {
        Err(MvccError::TooOld { key: key.clone(), actual: ts })
    } else {
        Err(MvccError::Uncertain(ts))
    }
}
