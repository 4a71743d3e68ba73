//! The workloads' client over `txn::Db`: a cell is a key of one domicile, its value eight bytes.

use crate::cluster::{HIDDEN, OPEN};
use async_trait::async_trait;
use kv::{DomicileId, Key, Span, key};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use txn::{Db, ScanOptions, TxnError, TxnErrorKind, TxnOptions};
use workload::{Client, ClientError};

/// Longest wait for one lock, milliseconds.
const LOCK_TIMEOUT_MS: u64 = 4_000;
/// Longest time of one transaction, milliseconds.
const STATEMENT_TIMEOUT_MS: u64 = 8_000;

/// Where a table's keys are: tables whose name ends in `_hidden` are in that domicile.
fn place(table: &str) -> (DomicileId, kv::key::TableId) {
    let domicile = if table.ends_with("_hidden") { HIDDEN } else { OPEN };
    let number = match table.split('_').next() {
        Some("bank") => 100,
        Some("register") => 101,
        _ => 102,
    };
    (domicile, number)
}

/// The key of a cell of a table.
pub fn cell_key(table: &str, number: i64) -> Key {
    let (domicile, table) = place(table);
    let mut key = key::index_prefix(domicile, table, 1);
    key.extend(number.cast_unsigned().to_be_bytes());
    key.into()
}

/// A client of one process.
pub struct SimClient {
    db: Db,
    rng: StdRng,
}

impl SimClient {
    pub fn new(db: Db, seed: u64) -> SimClient {
        SimClient { db, rng: StdRng::seed_from_u64(seed) }
    }
}

#[async_trait]
impl Client for SimClient {
    async fn begin(&mut self) -> Result<Box<dyn workload::Transaction + '_>, ClientError> {
        let options = TxnOptions {
            lock_timeout_ms: LOCK_TIMEOUT_MS,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
            ..Default::default()
        };
        let flushes = self.rng.random_range(0..2) == 0;
        Ok(Box::new(SimTransaction { txn: self.db.begin(options), flushes }))
    }
}

struct SimTransaction {
    txn: txn::Transaction,
    /// Sends each write by itself: a commit of two phases.
    flushes: bool,
}

fn number(value: &[u8]) -> Result<i64, ClientError> {
    let bytes =
        value.try_into().map_err(|_| ClientError::Fatal(format!("a value of {} bytes", value.len())))?;
    Ok(i64::from_be_bytes(bytes))
}

/// Before the commit was sent nothing can have happened.
fn before_commit(error: &TxnError) -> ClientError {
    match error.kind() {
        TxnErrorKind::Corrupt | TxnErrorKind::Bug => ClientError::Fatal(format!("{error:?}")),
        _ => ClientError::Retry(error.to_string()),
    }
}

#[async_trait]
impl workload::Transaction for SimTransaction {
    async fn read(&mut self, table: &str, key: i64) -> Result<Option<i64>, ClientError> {
        let value = self.txn.get(cell_key(table, key)).await.map_err(|e| before_commit(&e))?;
        value.map(|v| number(&v)).transpose()
    }
    async fn scan(&mut self, table: &str, first: i64, last: i64) -> Result<Vec<(i64, i64)>, ClientError> {
        let mut rows = Vec::new();
        let mut rest = Some(Span::new(cell_key(table, first), cell_key(table, last + 1)));
        while let Some(span) = rest {
            let page = self.txn.scan(span, ScanOptions::default()).await.map_err(|e| before_commit(&e))?;
            for row in &page.rows {
                let key = row.key.get(key::INDEX_PREFIX_LEN..).unwrap_or_default();
                rows.push((number(key)?, number(&row.value)?));
            }
            rest = page.resume;
        }
        Ok(rows)
    }
    async fn write(&mut self, table: &str, key: i64, value: i64) -> Result<(), ClientError> {
        let bytes = value.to_be_bytes().to_vec();
        self.txn.put(cell_key(table, key), bytes).await.map_err(|e| before_commit(&e))?;
        if self.flushes {
            self.txn.flush().await.map_err(|e| before_commit(&e))?;
        }
        Ok(())
    }
    async fn commit(self: Box<Self>) -> Result<(), ClientError> {
        match self.txn.commit().await {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == TxnErrorKind::Ambiguous => Err(ClientError::Unknown(e.to_string())),
            Err(e) => Err(before_commit(&e)),
        }
    }
}
