//! Writes one row of a table to all its indexes, whatever state they are in.
//!
//! ```text
//!               insert   update                         delete
//! Public        entry    old entry out, new one in      entry out
//! WriteOnly     entry    old entry out, new one in      entry out
//! DeleteOnly    -        old entry out                  entry out
//! ```
//! Source: Rae et al., "Online, Asynchronous Schema Change in F1", VLDB 2013, section 3.

use super::table::TableCodec;
use crate::error::SqlResult;
use catalog::descriptor::ElementState;
use datum::Datum;
use txn::Transaction;

impl TableCodec {
    /// Adds a row, given by position in the descriptor. A conflict comes as `TxnError::ConditionFailed` whose tag is the
    /// index's number (see `unique_violation`), now or when the writes are sent.
    ///
    /// # Errors
    /// As the transaction's writes; 54000 for a key that is too long.
    pub async fn insert(&self, txn: &Transaction, row: &[Datum]) -> SqlResult<()> {
        for (tag, index) in self.indexes.iter().enumerate() {
            if index.state == ElementState::DeleteOnly {
                continue;
            }
            let (key, value) = (index.codec.encode_key(row)?, index.codec.encode_value(row));
            if index.unique || index.holds_rows {
                txn.insert(key, value, tag as u64).await?;
            } else {
                txn.put(key, value).await?;
            }
        }
        Ok(())
    }

    /// Takes a row away.
    ///
    /// # Errors
    /// As the transaction's writes.
    pub async fn delete(&self, txn: &Transaction, row: &[Datum]) -> SqlResult<()> {
        for index in &self.indexes {
            txn.delete(index.codec.encode_key(row)?).await?;
        }
        Ok(())
    }

    /// Makes `old` `new`.
    ///
    /// # Errors
    /// As `insert`.
    pub async fn update(&self, txn: &Transaction, old: &[Datum], new: &[Datum]) -> SqlResult<()> {
        for (tag, index) in self.indexes.iter().enumerate() {
            let old_key = index.codec.encode_key(old)?;
            if index.state == ElementState::DeleteOnly {
                txn.delete(old_key).await?;
                continue;
            }
            let (new_key, new_value) = (index.codec.encode_key(new)?, index.codec.encode_value(new));
            if old_key == new_key {
                // An entry that stays as it is needs no write; the row itself is written also then, for its lock.
                if index.holds_rows
                    || index.state != ElementState::Public
                    || index.codec.encode_value(old) != new_value
                {
                    txn.put(new_key, new_value).await?;
                }
                continue;
            }
            txn.delete(old_key).await?;
            if index.unique || index.holds_rows {
                txn.insert(new_key, new_value, tag as u64).await?;
            } else {
                txn.put(new_key, new_value).await?;
            }
        }
        Ok(())
    }
}
