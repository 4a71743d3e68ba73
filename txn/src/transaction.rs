//! The handle of a transaction: cheap to clone, usable from several tasks at once.

use crate::{
    CommitInfo, Savepoint, ScanOptions, ScanPage, TxnError, TxnErrorKind, buffer::WriteKind,
    coordinator::Coordinator,
};
use kv::{
    Bytes, Key, KvError, Span, Timestamp, TxnId, error::TxnRetry, mvcc::LockStrength, reply::GetReply,
    request::WaitPolicy,
};
use std::sync::Arc;

/// A serializable transaction. Clones are handles of the same one; when the last is dropped without an end, it is rolled
/// back in the background.
///
/// Cancellation: dropping the future of a read is harmless. Dropping a `flush` (or a write that flushes) leaves the
/// transaction usable for `rollback` and `rollback_to` only. Dropping `commit` leaves the outcome to the record.
#[derive(Clone)]
pub struct Transaction {
    inner: Arc<Coordinator>,
}

impl Transaction {
    pub(crate) fn new(inner: Arc<Coordinator>) -> Transaction {
        Transaction { inner }
    }
    pub fn id(&self) -> TxnId {
        self.inner.id
    }
    /// The clock at BEGIN.
    pub fn start_ts(&self) -> Timestamp {
        self.inner.start_ts
    }
    /// All reads are as of this; it moves up when a refresh allows.
    pub fn read_ts(&self) -> Timestamp {
        self.inner.state.lock().read_ts
    }
    pub fn is_read_only(&self) -> bool {
        self.inner.is_read_only()
    }
    /// Whether anything was written (buffered or sent), and not rolled back for good.
    pub fn has_writes(&self) -> bool {
        let state = self.inner.state.lock();
        !state.buffer.is_empty() || state.footprint.has_intents()
    }
    /// Why the transaction can only be rolled back, if so: aborted by others, or ended.
    ///
    /// # Errors
    /// That reason.
    pub fn check(&self) -> Result<(), TxnError> {
        self.inner.state.lock().usable()
    }

    /// # Errors
    /// As every call: see [`TxnError`], whose `kind` says what to do.
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Bytes>, TxnError> {
        let mut got = self.inner.get_many(&[key.into()], LockStrength::None, WaitPolicy::Block).await?;
        Ok(got.pop().and_then(|g| g.value))
    }
    /// Locks the key (also if it is absent), then reads it.
    pub async fn get_for_update(&self, key: impl Into<Key>, wait: WaitPolicy) -> Result<GetReply, TxnError> {
        let mut got = self.inner.get_many(&[key.into()], LockStrength::Exclusive, wait).await?;
        got.pop().ok_or_else(|| KvError::bug("no reply to a read").into())
    }
    /// The values of keys of any ranges and domiciles, in the order of the keys.
    pub async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Bytes>>, TxnError> {
        let got = self.inner.get_many(keys, LockStrength::None, WaitPolicy::Block).await?;
        Ok(got.into_iter().map(|g| g.value).collect())
    }
    /// Locks and reads; `skipped` tells what SKIP LOCKED left out.
    pub async fn get_many_for_update(
        &self,
        keys: &[Key],
        wait: WaitPolicy,
    ) -> Result<Vec<GetReply>, TxnError> {
        self.inner.get_many(keys, LockStrength::Exclusive, wait).await
    }
    /// One page of a span of one domicile. Without limits all of it comes in one page (if the server agrees).
    pub async fn scan(&self, span: Span, options: ScanOptions) -> Result<ScanPage, TxnError> {
        self.inner.scan(span, options).await
    }

    /// Writes a value whatever is there. Buffered; sent when the buffer is full, at `flush`, or with the commit.
    pub async fn put(&self, key: impl Into<Key>, value: impl Into<Bytes>) -> Result<(), TxnError> {
        self.inner.write(key.into(), WriteKind::Put(value.into()), 0).await
    }
    pub async fn delete(&self, key: impl Into<Key>) -> Result<(), TxnError> {
        self.inner.write(key.into(), WriteKind::Delete, 0).await
    }
    /// Writes where nothing is; else `ConditionFailed` with `tag` comes from here, a later `flush`, or `commit`.
    pub async fn insert(
        &self,
        key: impl Into<Key>,
        value: impl Into<Bytes>,
        tag: u64,
    ) -> Result<(), TxnError> {
        self.cput(key, value, None, tag).await
    }
    /// Writes where `expected` is (`None`: nothing).
    pub async fn cput(
        &self,
        key: impl Into<Key>,
        value: impl Into<Bytes>,
        expected: Option<Bytes>,
        tag: u64,
    ) -> Result<(), TxnError> {
        self.inner.write(key.into(), WriteKind::Conditional { value: value.into(), expected }, tag).await
    }
    /// Sends what is buffered, in parallel by range: at a statement's end. A transaction of one statement calls `commit`
    /// right away instead, which may then need only one phase.
    pub async fn flush(&self) -> Result<(), TxnError> {
        self.inner.flush().await
    }

    /// Begins a statement: its reads see what earlier statements wrote, not its own writes; its deadline starts.
    /// Never called: reads see all that was written.
    pub fn begin_statement(&self) {
        let mut state = self.inner.state.lock();
        state.begin_statement();
        state.start_deadline();
    }
    /// Flushes; reads of the same statement then see all that was written until now (constraint checks at its end).
    pub async fn step(&self) -> Result<(), TxnError> {
        self.inner.flush().await?;
        self.inner.state.lock().sequences.step();
        Ok(())
    }
    /// After a `Restart` error within a statement of which no row has reached the client: undoes the statement's writes,
    /// forgets its reads, and moves what earlier statements have read to where the new attempt must read.
    ///
    /// # Errors
    /// `Restart` if what earlier statements read has changed: only a new transaction helps. `error` itself if it is not
    /// of a kind that a new attempt of the statement can mend.
    pub async fn restart_statement(&self, error: TxnError) -> Result<(), TxnError> {
        let TxnError::Restart { retry_at, source } = error else { return Err(error) };
        {
            let state = &mut *self.inner.state.lock();
            let start = state.statement_start;
            state.rollback_to(start);
            state.statement_reads.clear();
            state.usable()?;
        }
        let at = retry_at.max(self.inner.state.lock().write_ts);
        self.inner.refresh_to(at, source).await
    }
    pub fn savepoint(&self) -> Savepoint {
        self.inner.state.lock().sequences.savepoint()
    }
    /// Undoes all writes since the savepoint, which stays. Locks are kept until the end. Mends a failed flush.
    ///
    /// # Errors
    /// The transaction was aborted or has ended.
    pub fn rollback_to(&self, savepoint: Savepoint) -> Result<(), TxnError> {
        let mut state = self.inner.state.lock();
        state.rollback_to(savepoint);
        state.usable()
    }
    /// Forgets a savepoint. Costs nothing and cannot fail; here so that callers read well.
    pub fn release(&self, _savepoint: Savepoint) {}

    /// The commit must lie below `at`: the earliest expiry of the descriptor leases used. The lowest of all calls counts.
    pub fn set_commit_below(&self, at: Timestamp) {
        let mut state = self.inner.state.lock();
        if state.commit_below.is_zero() || at < state.commit_below {
            state.commit_below = at;
        }
    }
    /// Longest wait for one lock, milliseconds; 0: no limit.
    pub fn set_lock_timeout_ms(&self, ms: u64) {
        self.inner.state.lock().lock_timeout_ms = ms;
    }
    /// Longest time of one statement, milliseconds, from the next `begin_statement` on; 0: no limit.
    pub fn set_statement_timeout_ms(&self, ms: u64) {
        self.inner.state.lock().statement_timeout_ms = ms;
    }

    /// Ends the transaction, whatever the outcome. After `Ambiguous` only its record knows.
    pub async fn commit(&self) -> Result<CommitInfo, TxnError> {
        self.inner.commit().await
    }
    /// Undoes everything; locks are let go in the background. Harmless after the end.
    pub async fn rollback(&self) {
        self.inner.rollback().await;
    }
    /// The error by which an attempt asks for another one, as `Db::run` understands it.
    pub fn retry(&self, reason: impl Into<String>) -> TxnError {
        let retry_at = self.inner.state.lock().write_ts;
        let source = KvError::TxnRetry(TxnRetry { retry_at, reason: reason.into(), key: Key::new() });
        let error = TxnError::Restart { retry_at, source };
        debug_assert_eq!(error.kind(), TxnErrorKind::Restart);
        error
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction")
            .field("id", &self.inner.id)
            .field("name", &self.inner.options.name)
            .finish()
    }
}
