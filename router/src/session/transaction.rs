//! A session's transaction: implicit or explicit, its savepoints, and what its commit has to see to.

use super::Session;
use crate::compiled::table::TableCodec;
use crate::error::{Retry, SqlError, SqlResult, SqlState};
use crate::seam::CatalogPin;
use crate::snapshot::CatalogSnapshot;
use crate::wire::backend::TxnState;
use kv::Timestamp;
use std::sync::Arc;
use txn::{Savepoint, Transaction, TxnError, TxnOptions};

/// Whose block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Block {
    /// No transaction: each statement is one.
    #[default]
    None,
    /// Of several statements of one simple query, or up to Sync.
    Implicit,
    /// BEGIN.
    Explicit,
}

/// See the module.
#[derive(Default)]
pub struct TxnContext {
    pub block: Block,
    /// Begun with the first statement that needs it.
    pub txn: Option<Transaction>,
    pub failed: bool,
    savepoints: Vec<(String, Savepoint)>,
    /// Before the first write of the statement that runs.
    pub statement_start: Option<Savepoint>,
    /// The catalog with this transaction's own changes.
    pub overlay: Option<Arc<CatalogSnapshot>>,
    pub jobs: Vec<u64>,
    pub catalog_changed: bool,
    /// Versions of the catalog that were used, each pinned; without a pin the transaction must not commit.
    used: Vec<(u64, Option<CatalogPin>)>,
    /// Statements that ended well in this transaction: only before the first can it be begun anew.
    pub statements: u32,
    pub read_only: bool,
    /// Of now(), microseconds since 2000-01-01.
    pub start_micros: i64,
    pub not_before: Timestamp,
    /// The table whose conditional writes may still be in the buffer.
    pub written: Option<Arc<TableCodec>>,
}

impl TxnContext {
    pub fn state(&self) -> TxnState {
        match (self.failed, self.block) {
            (true, _) => TxnState::Failed,
            (false, Block::None) => TxnState::Idle,
            (false, _) => TxnState::InTransaction,
        }
    }
}

impl Session {
    /// Begins the transaction if it has none yet.
    pub(super) fn transaction(&mut self) -> Transaction {
        if let Some(txn) = &self.txn.txn {
            return txn.clone();
        }
        let derived = self.shared.settings.lock().derived().clone();
        let ms = |d: Option<std::time::Duration>| d.map_or(0, |d| d.as_millis() as u64);
        let txn = self.services.db.begin(TxnOptions {
            name: "sql".to_owned(),
            read_only: self.txn.read_only,
            not_before: self.txn.not_before,
            lock_timeout_ms: ms(derived.lock_timeout),
            statement_timeout_ms: ms(derived.statement_timeout),
            principal: self.user.to_string(),
            ..TxnOptions::default()
        });
        self.txn.txn = Some(txn.clone());
        txn
    }
    /// Notes which catalog a statement of the transaction went by.
    pub(super) fn use_catalog(&mut self, snapshot: &CatalogSnapshot) {
        if !self.txn.used.iter().any(|u| u.0 == snapshot.version) {
            let pin = self.services.catalog.pin(snapshot.version);
            self.txn.used.push((snapshot.version, pin));
        }
    }
    pub(super) fn begin_block(&mut self, block: Block) {
        self.txn.block = block;
        self.txn.start_micros = self.now_micros();
        self.txn.read_only = self.shared.settings.lock().derived().default_read_only;
    }

    /// Commits. Afterwards there is no transaction, whatever the outcome. The failed commit of a block is final: what the
    /// client was told of its statements cannot be taken back, so the error asks for no other attempt.
    ///
    /// # Errors
    /// 40001, 40003, 23505 of a buffered write; a failed job of a schema change.
    pub(super) async fn commit(&mut self) -> SqlResult<()> {
        let context = std::mem::take(&mut self.txn);
        self.portals.clear();
        let TxnContext { block, txn, jobs, catalog_changed, used, written, .. } = context;
        let result = match &txn {
            Some(txn) => {
                self.bound_by_leases(txn, &used);
                txn.commit().await.map(|_| ())
            }
            None => Ok(()),
        };
        // The pins go first: a schema change's jobs wait until nobody is at an older version.
        drop(used);
        self.shared.settings.lock().end_transaction(result.is_ok());
        if let Err(e) = result {
            let error = self.txn_error(e, written.as_ref());
            return Err(if block == Block::None { error } else { error.with_retry(Retry::Never) });
        }
        if catalog_changed {
            self.catalog = None;
            // It has committed: whatever its jobs say, the statement is not run again.
            let done = self.services.catalog.committed(&jobs).await;
            done.map_err(|e| e.with_retry(Retry::Never))?;
        }
        Ok(())
    }
    /// The commit must lie below the expiration of each catalog lease that was used. One that was taken back before it was
    /// pinned leaves no time at all: the commit is refused, and the transaction is run again by a newer catalog.
    fn bound_by_leases(&self, txn: &Transaction, used: &[(u64, Option<CatalogPin>)]) {
        for (version, pin) in used {
            let at = match pin {
                Some(_) => self.services.catalog.expiration(*version),
                None => Timestamp::ZERO,
            };
            txn.set_commit_below(at.max(Timestamp::new(1, 0)));
        }
    }
    /// Rolls back, and leaves no transaction.
    pub(super) async fn rollback(&mut self) {
        let context = std::mem::take(&mut self.txn);
        self.portals.clear();
        if let Some(txn) = context.txn {
            txn.rollback().await;
        }
        if context.catalog_changed {
            self.catalog = None;
        }
        self.shared.settings.lock().end_transaction(false);
    }
    /// A statement has failed: an explicit block waits for its end, anything else is rolled back.
    pub(super) async fn fail(&mut self) {
        match self.txn.block {
            Block::Explicit => {
                self.txn.failed = true;
                // Without a savepoint nothing can be saved: let the locks go now.
                if self.txn.savepoints.is_empty() {
                    if let Some(txn) = self.txn.txn.take() {
                        txn.rollback().await;
                    }
                }
            }
            Block::Implicit | Block::None => self.rollback().await,
        }
    }
    /// Gives the transaction up for a new one, before its first statement has ended.
    pub(super) async fn begin_anew(&mut self, not_before: Timestamp) {
        if let Some(txn) = self.txn.txn.take() {
            txn.rollback().await;
        }
        self.txn.not_before.forward(not_before);
        self.txn.used.clear();
        self.txn.statement_start = None;
        self.txn.overlay = None;
    }
    pub(super) fn has_savepoints(&self) -> bool {
        !self.txn.savepoints.is_empty()
    }

    pub(super) fn savepoint(&mut self, name: String) {
        let txn = self.transaction();
        self.txn.savepoints.push((name, txn.savepoint()));
        self.shared.settings.lock().push_savepoint();
    }
    fn find_savepoint(&self, name: &str) -> SqlResult<usize> {
        self.txn.savepoints.iter().rposition(|s| s.0 == name).ok_or_else(|| {
            SqlError::new(SqlState::SAVEPOINT_EXCEPTION, format!("savepoint \"{name}\" does not exist"))
        })
    }
    /// # Errors
    /// 3B001.
    pub(super) fn release_savepoint(&mut self, name: &str) -> SqlResult<()> {
        let at = self.find_savepoint(name)?;
        self.txn.savepoints.truncate(at);
        self.shared.settings.lock().release_savepoints(at);
        Ok(())
    }
    /// # Errors
    /// 3B001; 40001 if the transaction was aborted.
    pub(super) fn rollback_to_savepoint(&mut self, name: &str) -> SqlResult<()> {
        let at = self.find_savepoint(name)?;
        let savepoint = self.txn.savepoints[at].1;
        self.transaction().rollback_to(savepoint)?;
        self.txn.savepoints.truncate(at + 1);
        self.shared.settings.lock().rollback_to_savepoint(at);
        self.txn.failed = false;
        if self.txn.catalog_changed {
            // Which of the changes remain is in the transaction: read it again.
            self.txn.overlay = None;
            self.catalog = None;
        }
        self.portals.clear();
        Ok(())
    }

    /// An error of the transaction; a failed condition is that of a unique index of `written`.
    pub(super) fn txn_error(&self, error: TxnError, written: Option<&Arc<TableCodec>>) -> SqlError {
        match (&error, written) {
            (TxnError::ConditionFailed { tag, key, .. }, Some(codec)) => {
                codec.unique_violation(*tag, key, &self.eval_context())
            }
            _ => error.into(),
        }
    }
    /// Sees whether an error came from a conditional write of `written`.
    pub(super) fn name_conflict(&self, error: SqlError, written: Option<&Arc<TableCodec>>) -> SqlError {
        match (&error.0.txn, written) {
            (Some(TxnError::ConditionFailed { tag, key, .. }), Some(codec)) => {
                codec.unique_violation(*tag, key, &self.eval_context())
            }
            _ => error,
        }
    }
    /// What an error asks for before another attempt can be made, if that is allowed; does it.
    ///
    /// # Errors
    /// The error for the client.
    pub(super) async fn recover(&mut self, error: SqlError, first_of_block: bool) -> SqlResult<()> {
        let anew = first_of_block && self.txn.statements == 0 && !self.has_savepoints();
        match error.retry() {
            Retry::Never | Retry::Sequence(_) => Err(error),
            Retry::Restart(at) => {
                if let (Some(txn), Some(e)) = (self.txn.txn.clone(), error.0.txn.clone()) {
                    // The same transaction keeps its locks, and so its place in the queues.
                    if txn.restart_statement(e).await.is_ok() {
                        return Ok(());
                    }
                }
                if !anew {
                    return Err(error);
                }
                self.begin_anew(at).await;
                Ok(())
            }
            Retry::NewCatalog => {
                if !anew {
                    return Err(error);
                }
                self.begin_anew(Timestamp::ZERO).await;
                self.catalog = None;
                self.services.catalog.refresh().await?;
                Ok(())
            }
        }
    }
}
