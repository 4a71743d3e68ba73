//! Why a transaction's call failed. `kind()` says what the caller should do next.

use kv::{Bytes, Key, KvError, Timestamp, TxnId, error::ErrorKind, key::Redacted};

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxnErrorKind {
    /// Roll back and run the transaction again, from its beginning: by the server as long as nothing has reached the
    /// client, else by the client.
    Restart,
    /// The statement cannot succeed as it is: roll back, or roll back to a savepoint.
    Reject,
    /// Nothing was decided; the cluster could not serve the request in time.
    Unavailable,
    /// The commit may or may not have happened.
    Ambiguous,
    /// Data on a disk or wire is damaged.
    Corrupt,
    /// A broken invariant, or a call that the API forbids: a fault in this program.
    Bug,
}

/// Named after the fact.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TxnError {
    /// What was read has changed since; `retry_at` is the timestamp that a new attempt must lie above to see why.
    #[error("transaction must restart at {retry_at}: {source}")]
    Restart { retry_at: Timestamp, source: KvError },
    /// The commit would lie at or above the limit given by `set_commit_below`: get new descriptor leases, then restart.
    #[error("commit too late for the descriptors it used: {source}")]
    CommitTooLate { source: KvError },
    /// Somebody aborted the transaction: its heartbeat was late, or it stood in the way.
    #[error("{source}")]
    Aborted { source: KvError },
    /// Chosen to die so that the others of a circle go on.
    #[error("deadlock of {} transactions, {} is the victim", txn_ids.len(), txn_ids.first().copied().unwrap_or_default())]
    Deadlock { txn_ids: Vec<TxnId> },
    /// An `insert` or `cput` met another value. `tag` is what the caller attached to the write.
    #[error("another value exists at {}", Redacted(key))]
    ConditionFailed { tag: u64, key: Key, actual: Option<Bytes> },
    /// NOWAIT met a lock.
    #[error("{} is locked by transaction {holder}", Redacted(key))]
    LockNotAvailable { key: Key, holder: TxnId },
    #[error("{} is still locked by transaction {holder} after {waited_ms} ms", Redacted(key))]
    LockTimeout { key: Key, holder: TxnId, waited_ms: u64 },
    #[error("statement timeout: {source}")]
    StatementTimeout { source: KvError },
    #[error("{source}")]
    Ambiguous { source: KvError },
    #[error("{source}")]
    StoreFull { source: KvError },
    #[error("{source}")]
    Unavailable { source: KvError },
    #[error("{source}")]
    BelowCollection { source: KvError },
    #[error("{source}")]
    CounterOverflow { source: KvError },
    #[error("{source}")]
    InvalidRequest { source: KvError },
    #[error("{source}")]
    Corrupt { source: KvError },
    /// A flush failed or was dropped, so the statement's writes are in part there: only `rollback_to` or `rollback` may
    /// follow.
    #[error("a flush of this transaction failed or was cancelled; roll back first")]
    FlushIncomplete,
    /// The transaction has committed, rolled back, or is about to.
    #[error("the transaction has ended")]
    Ended,
    #[error("a write in a read-only transaction")]
    ReadOnly,
    #[error("{source}")]
    Bug { source: KvError },
}

impl TxnError {
    pub fn kind(&self) -> TxnErrorKind {
        match self {
            TxnError::Restart { .. }
            | TxnError::CommitTooLate { .. }
            | TxnError::Aborted { .. }
            | TxnError::Deadlock { .. } => TxnErrorKind::Restart,
            TxnError::ConditionFailed { .. }
            | TxnError::LockNotAvailable { .. }
            | TxnError::LockTimeout { .. }
            | TxnError::StatementTimeout { .. }
            | TxnError::StoreFull { .. }
            | TxnError::BelowCollection { .. }
            | TxnError::CounterOverflow { .. }
            | TxnError::InvalidRequest { .. }
            | TxnError::ReadOnly => TxnErrorKind::Reject,
            TxnError::Unavailable { .. } => TxnErrorKind::Unavailable,
            TxnError::Ambiguous { .. } => TxnErrorKind::Ambiguous,
            TxnError::Corrupt { .. } => TxnErrorKind::Corrupt,
            TxnError::FlushIncomplete | TxnError::Ended | TxnError::Bug { .. } => TxnErrorKind::Bug,
        }
    }
    /// Where a new attempt should read at least, if this error says so (`TxnOptions::not_before`).
    pub fn retry_at(&self) -> Timestamp {
        match self {
            TxnError::Restart { retry_at, .. } => *retry_at,
            _ => Timestamp::ZERO,
        }
    }
}

/// The timestamp that a transaction must read at so that `error` goes away, if that is what it asks for.
pub(crate) fn refresh_target(error: &KvError) -> Option<Timestamp> {
    match error {
        KvError::WriteTooOld(e) => Some(e.actual.next()),
        KvError::UncertainRead(e) => Some(e.value_ts),
        // A key names the span whose refresh failed: no use in trying it again.
        KvError::TxnRetry(e) if e.key.is_empty() => Some(e.retry_at),
        _ => None,
    }
}

fn txn_id(bytes: &[u8]) -> TxnId {
    TxnId::from_slice(bytes).unwrap_or_default()
}

/// An error of a call without tags; a `ConditionFailed` gets tag 0.
impl From<KvError> for TxnError {
    fn from(source: KvError) -> TxnError {
        match source {
            KvError::WriteTooOld(ref e) => TxnError::Restart { retry_at: e.actual.next(), source },
            KvError::UncertainRead(ref e) => TxnError::Restart { retry_at: e.value_ts, source },
            KvError::TxnRetry(ref e) => TxnError::Restart { retry_at: e.retry_at, source },
            KvError::CommitTooLate(_) => TxnError::CommitTooLate { source },
            KvError::TxnAborted(_) => TxnError::Aborted { source },
            KvError::Deadlock(e) => {
                TxnError::Deadlock { txn_ids: e.txn_ids.iter().map(|i| txn_id(i)).collect() }
            }
            KvError::ConditionFailed(e) => TxnError::ConditionFailed { tag: 0, key: e.key, actual: e.actual },
            KvError::LockConflict(e) if e.waited_ms == 0 => {
                TxnError::LockNotAvailable { holder: txn_id(&e.holder_id), key: e.key }
            }
            KvError::LockConflict(e) => {
                TxnError::LockTimeout { holder: txn_id(&e.holder_id), key: e.key, waited_ms: e.waited_ms }
            }
            KvError::DeadlineExceeded(_) => TxnError::StatementTimeout { source },
            KvError::Ambiguous(_) => TxnError::Ambiguous { source },
            KvError::StoreFull(_) => TxnError::StoreFull { source },
            KvError::BelowCollection(_) => TxnError::BelowCollection { source },
            KvError::CounterOverflow(_) => TxnError::CounterOverflow { source },
            KvError::InvalidRequest(_) => TxnError::InvalidRequest { source },
            KvError::Corrupt(_) => TxnError::Corrupt { source },
            KvError::Overloaded(_)
            | KvError::Unavailable(_)
            | KvError::NotServing(_)
            | KvError::NotLeaseholder(_)
            | KvError::RangeMismatch(_)
            | KvError::RangeNotFound(_) => {
                debug_assert!(
                    matches!(source.kind(), ErrorKind::Retry | ErrorKind::Reroute),
                    "only routing errors are left"
                );
                TxnError::Unavailable { source }
            }
            KvError::Bug(_) => TxnError::Bug { source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kv::error::{LockConflict, Message, TxnRetry, WriteTooOld};

    #[test]
    fn errors_say_what_to_do_next() {
        let restart: TxnError =
            KvError::WriteTooOld(WriteTooOld { actual: Timestamp::new(5, 0), key: Key::new() }).into();
        assert_eq!(restart.kind(), TxnErrorKind::Restart);
        assert_eq!(restart.retry_at(), Timestamp::new(5, 1));
        let nowait: TxnError = KvError::LockConflict(LockConflict {
            key: Key::from_static(b"k"),
            holder_id: vec![1; 16].into(),
            waited_ms: 0,
        })
        .into();
        assert!(matches!(nowait, TxnError::LockNotAvailable { holder: TxnId([1, ..]), .. }));
        let lost: TxnError = KvError::Ambiguous(Message::new("x")).into();
        assert_eq!(lost.kind(), TxnErrorKind::Ambiguous);
    }

    #[test]
    fn a_failed_refresh_is_not_tried_again() {
        let at = Timestamp::new(9, 0);
        let push = TxnRetry { retry_at: at, reason: String::new(), key: Key::new() };
        assert_eq!(refresh_target(&KvError::TxnRetry(push.clone())), Some(at));
        let failed = TxnRetry { key: Key::from_static(b"k"), ..push };
        assert_eq!(refresh_target(&KvError::TxnRetry(failed)), None);
    }
}
