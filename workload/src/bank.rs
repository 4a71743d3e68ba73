//! Transfers between accounts, with concurrent readers that must always see the same total.

use crate::client::{Client, ClientError};
use rand::{Rng, RngExt};
use std::sync::atomic::{AtomicU64, Ordering};

/// The tables that the accounts are spread over: one for each domicile or range that a transfer should cross.
#[derive(Clone, Debug)]
pub struct Bank {
    pub tables: Vec<String>,
    /// In each table, with keys `0..accounts`.
    pub accounts: i64,
    pub initial: i64,
}

/// What the clients counted.
#[derive(Debug, Default)]
pub struct Counts {
    pub transfers: AtomicU64,
    pub reads: AtomicU64,
    pub retries: AtomicU64,
    pub unknown: AtomicU64,
}

/// A reader saw another total than there is: the database is not serializable, or lost or made money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongTotal {
    pub seen: i64,
    pub expected: i64,
}

impl Bank {
    pub fn total(&self) -> i64 {
        self.initial * self.accounts * i64::try_from(self.tables.len()).expect("few tables")
    }

    /// Fills the accounts.
    ///
    /// # Errors
    /// As the client.
    pub async fn load(&self, client: &mut dyn Client) -> Result<(), ClientError> {
        let mut txn = client.begin().await?;
        for table in &self.tables {
            for key in 0..self.accounts {
                txn.write(table, key, self.initial).await?;
            }
        }
        txn.commit().await
    }

    /// One transfer between two accounts; an account may not fall below zero.
    ///
    /// # Errors
    /// As the client; on `Retry` nothing was moved.
    pub async fn transfer(
        &self,
        client: &mut dyn Client,
        rng: &mut (dyn Rng + Send),
    ) -> Result<(), ClientError> {
        let pick = |rng: &mut (dyn Rng + Send)| {
            (rng.random_range(0..self.tables.len()), rng.random_range(0..self.accounts))
        };
        let (from, to) = (pick(rng), pick(rng));
        let amount = rng.random_range(1..=10);
        if from == to {
            return Ok(());
        }
        let mut txn = client.begin().await?;
        let source = txn.read(&self.tables[from.0], from.1).await?.unwrap_or(0);
        let target = txn.read(&self.tables[to.0], to.1).await?.unwrap_or(0);
        if source < amount {
            return Ok(());
        }
        txn.write(&self.tables[from.0], from.1, source - amount).await?;
        txn.write(&self.tables[to.0], to.1, target + amount).await?;
        txn.commit().await
    }

    /// Reads all accounts in one transaction.
    ///
    /// # Errors
    /// As the client; the inner result says whether the total was right.
    pub async fn audit(&self, client: &mut dyn Client) -> Result<Result<(), WrongTotal>, ClientError> {
        let mut txn = client.begin().await?;
        let mut seen = 0;
        for table in &self.tables {
            seen += txn.scan(table, 0, self.accounts - 1).await?.iter().map(|(_, v)| v).sum::<i64>();
        }
        txn.commit().await?;
        let expected = self.total();
        Ok(if seen == expected { Ok(()) } else { Err(WrongTotal { seen, expected }) })
    }

    /// One client's work until `stop()`: mostly transfers, one in `audit_every` an audit.
    ///
    /// # Errors
    /// A wrong total, or a fatal error of the client, as text.
    pub async fn run(
        &self,
        client: &mut dyn Client,
        rng: &mut (dyn Rng + Send),
        counts: &Counts,
        audit_every: u32,
        mut stop: impl FnMut() -> bool + Send,
    ) -> Result<(), String> {
        while !stop() {
            let audits = rng.random_range(0..audit_every.max(1)) == 0;
            let done = if audits {
                match self.audit(client).await {
                    Ok(Err(wrong)) => {
                        return Err(format!("an audit saw {} instead of {}", wrong.seen, wrong.expected));
                    }
                    Ok(Ok(())) => Ok(&counts.reads),
                    Err(e) => Err(e),
                }
            } else {
                self.transfer(client, rng).await.map(|()| &counts.transfers)
            };
            let counter = match done {
                Ok(counter) => counter,
                Err(ClientError::Retry(_)) => &counts.retries,
                Err(ClientError::Unknown(_)) => &counts.unknown,
                Err(ClientError::Fatal(m)) => return Err(m),
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
