//! Registers: single-key reads, writes and compare-and-sets whose history must be linearizable.

use crate::client::{Client, ClientError};
use crate::history::{Action, History, Operation};
use rand::{Rng, RngExt};

/// Registers with keys `0..keys` of one table.
#[derive(Clone, Debug)]
pub struct Registers {
    pub table: String,
    pub keys: i64,
}

impl Registers {
    /// Runs one random operation and records what is known of it. `value` must be unique over the run.
    ///
    /// # Errors
    /// A fatal error of the client, as text.
    pub async fn step(
        &self,
        id: u64,
        client: &mut dyn Client,
        rng: &mut (dyn Rng + Send),
        value: i64,
        history: &History,
        now_ns: &(dyn Fn() -> u64 + Send + Sync),
    ) -> Result<(), String> {
        let key = rng.random_range(0..self.keys);
        let kind = rng.random_range(0..3);
        let called_ns = now_ns();
        let result = match kind {
            0 => self.read(client, key).await.map(Action::Read),
            1 => self.write(client, key, value).await.map(|()| Action::Write(value)),
            _ => self.compare_and_set(client, key, value).await,
        };
        let returned_ns = Some(now_ns());
        match result {
            Ok(action) => history.record(Operation { client: id, key, action, called_ns, returned_ns }),
            Err(Failed { error: ClientError::Fatal(m), .. }) => return Err(m),
            // It may have happened at any time from now on.
            Err(Failed { error: ClientError::Unknown(_), attempted: Some(action) }) => {
                history.record(Operation { client: id, key, action, called_ns, returned_ns: None });
            }
            Err(_) => {}
        }
        Ok(())
    }

    async fn read(&self, client: &mut dyn Client, key: i64) -> Result<Option<i64>, Failed> {
        let mut txn = client.begin().await?;
        let value = txn.read(&self.table, key).await?;
        txn.commit().await?;
        Ok(value)
    }
    async fn write(&self, client: &mut dyn Client, key: i64, value: i64) -> Result<(), Failed> {
        let mut txn = client.begin().await?;
        txn.write(&self.table, key, value).await?;
        txn.commit().await.map_err(|error| Failed { error, attempted: Some(Action::Write(value)) })
    }
    async fn compare_and_set(&self, client: &mut dyn Client, key: i64, to: i64) -> Result<Action, Failed> {
        let mut txn = client.begin().await?;
        let from = txn.read(&self.table, key).await?;
        txn.write(&self.table, key, to).await?;
        let action = Action::CompareAndSet { from, to };
        match txn.commit().await {
            Ok(()) => Ok(action),
            Err(error) => Err(Failed { error, attempted: Some(action) }),
        }
    }
}

/// A failure, and what may have happened all the same.
struct Failed {
    error: ClientError,
    attempted: Option<Action>,
}

impl From<ClientError> for Failed {
    fn from(error: ClientError) -> Self {
        Failed { error, attempted: None }
    }
}
