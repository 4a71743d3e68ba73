//! Entries that are written once in both domiciles by one transaction: an acknowledged one must be in both at the end, a
//! refused one in none, and one of unknown fate in both or in none.

use crate::client::SimClient;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use workload::{Client, ClientError};

/// The two copies of an entry.
pub const TABLES: [&str; 2] = ["ledger", "ledger_hidden"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Written,
    Refused,
    Unknown,
}

/// What the writers were told.
#[derive(Default)]
pub struct Ledger {
    entries: Mutex<BTreeMap<i64, Fate>>,
}

impl Ledger {
    /// Writes entry `number`, which nobody else writes.
    ///
    /// # Errors
    /// A fatal error of the client, as text.
    pub async fn write(&self, client: &mut SimClient, number: i64) -> Result<(), String> {
        let fate = match Ledger::both(client, number).await {
            Ok(()) => Fate::Written,
            Err(ClientError::Retry(_)) => Fate::Refused,
            Err(ClientError::Unknown(_)) => Fate::Unknown,
            Err(ClientError::Fatal(m)) => return Err(m),
        };
        self.entries.lock().insert(number, fate);
        Ok(())
    }
    async fn both(client: &mut SimClient, number: i64) -> Result<(), ClientError> {
        let mut txn = client.begin().await?;
        for table in TABLES {
            txn.write(table, number, number).await?;
        }
        txn.commit().await
    }
    /// Entries acknowledged, refused, and of unknown fate.
    pub fn counts(&self) -> (usize, usize, usize) {
        let entries = self.entries.lock();
        let count = |fate| entries.values().filter(|f| **f == fate).count();
        (count(Fate::Written), count(Fate::Refused), count(Fate::Unknown))
    }
    /// Judges what is in the tables at the end.
    ///
    /// # Errors
    /// The first entry that is not as it was acknowledged.
    pub fn check(&self, found: &[BTreeMap<i64, i64>; 2]) -> Result<(), String> {
        for (number, fate) in &*self.entries.lock() {
            let there = found.each_ref().map(|t| t.get(number) == Some(number));
            let right = match fate {
                Fate::Written => there == [true, true],
                Fate::Refused => there == [false, false],
                Fate::Unknown => there[0] == there[1],
            };
            if !right {
                return Err(format!("ledger entry {number} was {fate:?}, and is in its tables: {there:?}"));
            }
        }
        Ok(())
    }
}
