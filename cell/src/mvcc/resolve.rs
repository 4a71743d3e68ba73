//! Turns intents of a transaction into versions, removes them, or moves them up.

use super::{MvccError, Workspace, read};
use crate::seam::StateReader;
use bytes::Bytes;
use kv::{
    Key, Span, Timestamp, TxnId, TxnStatus,
    command::Keyspace,
    mvcc::{self, LockRecord},
    transaction::SequenceRange,
};

/// Locks of the transaction that one request resolves at most.
pub const RESOLVED_MAX: usize = 1_000;
/// Locks that one request looks at most.
pub const EXAMINED_MAX: usize = 10_000;

/// What became of the transaction.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub txn_id: TxnId,
    pub status: TxnStatus,
    pub commit_ts: Timestamp,
    pub epoch: u32,
    pub ignored: Vec<SequenceRange>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Locks that ended (or moved).
    pub keys: Vec<Key>,
    /// What is left of the span.
    pub resume: Option<Span>,
}

/// Resolves the transaction's intents in `span`.
///
/// # Errors
/// The store's.
pub fn resolve(workspace: &mut Workspace<'_>, span: &Span, outcome: &Outcome) -> Result<Resolved, MvccError> {
    let mut out = Resolved::default();
    let mut found: Vec<(Key, Bytes)> = Vec::new();
    if span.is_point() {
        if let Some(bytes) = workspace.get(Keyspace::Locks, &span.start)? {
            found.push((span.start.clone(), bytes));
        }
    } else if span.start < span.end {
        for (examined, row) in workspace.range(Keyspace::Locks, &span.start, &span.end, false).enumerate() {
            let (key, bytes) = row?;
            if found.len() == RESOLVED_MAX || examined == EXAMINED_MAX {
                out.resume = Some(Span::new(key, span.end.clone()));
                break;
            }
            if is_of(&bytes, outcome.txn_id)? {
                found.push((key, bytes));
            }
        }
    }
    for (key, bytes) in found {
        let lock = LockRecord::decode_from(&bytes)?;
        if lock.txn_id[..] == outcome.txn_id.0[..]
            && resolve_lock(workspace, &key, lock, bytes.len(), outcome)?
        {
            out.keys.push(key);
        }
    }
    Ok(out)
}

fn is_of(bytes: &[u8], id: TxnId) -> Result<bool, MvccError> {
    Ok(LockRecord::decode_from(bytes)?.txn_id[..] == id.0[..])
}

/// Says whether anything changed.
fn resolve_lock(
    workspace: &mut Workspace<'_>,
    key: &Key,
    mut lock: LockRecord,
    len: usize,
    outcome: &Outcome,
) -> Result<bool, MvccError> {
    // An intent of an epoch that the outcome does not speak of: newer ones stay unless the transaction is over.
    let same_epoch = lock.epoch == outcome.epoch;
    match outcome.status {
        TxnStatus::Committed => {
            workspace.delete(Keyspace::Locks, key, len);
            if same_epoch && let Some(value) = lock.value_at(u32::MAX, &outcome.ignored) {
                let version_key = mvcc::version_key(key, outcome.commit_ts);
                workspace.put(
                    Keyspace::Versions,
                    &version_key,
                    &mvcc::encode_version(value.value.as_deref()),
                );
            }
            Ok(true)
        }
        TxnStatus::Aborted => {
            workspace.delete(Keyspace::Locks, key, len);
            Ok(true)
        }
        TxnStatus::Pending | TxnStatus::Staging | TxnStatus::Delegated => {
            if !lock.timestamp.forward(outcome.commit_ts) {
                return Ok(false);
            }
            workspace.replaces(key, len);
            workspace.put(Keyspace::Locks, key, &lock.encode_to_bytes());
            Ok(true)
        }
    }
}

/// Deletes of the markers in `span` that were written before `before`; at most `rows_max`.
///
/// Markers answer the repetition of a one-phase commit; ten minutes are longer than any sender repeats.
///
/// # Errors
/// The store's.
pub fn expired_markers(
    reader: &dyn StateReader,
    span: &Span,
    before: Timestamp,
    rows_max: usize,
) -> Result<kv::command::WriteBatch, MvccError> {
    let mut batch = kv::command::WriteBatch::default();
    for row in reader.range(Keyspace::Markers, &span.start, &span.end_key(), false) {
        if batch.len() >= rows_max {
            break;
        }
        let (marker, at) = row?;
        if Timestamp::decode(&at)? < before {
            batch.delete(Keyspace::Markers, &marker);
        }
    }
    Ok(batch)
}

/// Whether any version or intent of others lies in `span` in `(from, to]`: where, and at what timestamp.
///
/// # Errors
/// The store's.
pub fn changed_between(
    reader: &dyn StateReader,
    span: &Span,
    from: Timestamp,
    to: Timestamp,
    own: TxnId,
) -> Result<Option<(Key, Timestamp)>, MvccError> {
    if span.is_point() {
        let lock = read::lock_of(reader, &span.start)?;
        if let Some(lock) = lock.filter(|l| intrudes(l, own, to)) {
            return Ok(Some((span.start.clone(), lock.timestamp)));
        }
        let newest = read::version_at(reader, &span.start, to)?;
        return Ok(newest.filter(|(ts, _)| *ts > from).map(|(ts, _)| (span.start.clone(), ts)));
    }
    if span.start >= span.end {
        return Ok(None);
    }
    for row in reader.range(Keyspace::Locks, &span.start, &span.end, false) {
        let (key, bytes) = row?;
        let lock = LockRecord::decode_from(&bytes)?;
        if intrudes(&lock, own, to) {
            return Ok(Some((key, lock.timestamp)));
        }
    }
    let end = match span.end.split_last() {
        Some((0, key)) => Bytes::from(read::after_versions(key)),
        _ => span.end.clone(),
    };
    for row in reader.range(Keyspace::Versions, &span.start, &end, false) {
        let bytes = row?.0;
        let (key, ts) = mvcc::split_version_key(&bytes)?;
        if from < ts && ts <= to && span.contains(key) {
            return Ok(Some((bytes.slice(..key.len()), ts)));
        }
    }
    Ok(None)
}

fn intrudes(lock: &LockRecord, own: TxnId, to: Timestamp) -> bool {
    lock.txn_id[..] != own.0[..] && lock.strength == mvcc::LockStrength::Intent as i32 && lock.timestamp <= to
}

/// The part of `span` that a scan with this `resume` has read.
pub fn scanned_part(span: &Span, resume: Option<&Span>, reverse: bool) -> Span {
    match resume {
        None => span.clone(),
        Some(rest) if reverse => Span::new(rest.end.clone(), span.end_key()),
        Some(rest) => Span::new(span.start.clone(), rest.start.clone()),
    }
}
