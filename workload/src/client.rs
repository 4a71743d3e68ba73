//! What a workload needs of a database: transactions over integer cells addressed by (table, key).

use async_trait::async_trait;

/// Why an operation failed, by what the caller should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The transaction did not happen; run it again.
    Retry(String),
    /// It may or may not have happened.
    Unknown(String),
    /// Neither retrying nor waiting helps: the workload or the database is broken.
    Fatal(String),
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClientError::Retry(m) => write!(f, "retry: {m}"),
            ClientError::Unknown(m) => write!(f, "fate unknown: {m}"),
            ClientError::Fatal(m) => write!(f, "fatal: {m}"),
        }
    }
}
impl std::error::Error for ClientError {}

/// A connection.
#[async_trait]
pub trait Client: Send {
    /// # Errors
    /// `Retry`: nothing was begun.
    async fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, ClientError>;
}

/// An open serializable transaction; dropping it rolls it back.
#[async_trait]
pub trait Transaction: Send {
    async fn read(&mut self, table: &str, key: i64) -> Result<Option<i64>, ClientError>;
    /// All cells with `first <= key <= last`, in order.
    async fn scan(&mut self, table: &str, first: i64, last: i64) -> Result<Vec<(i64, i64)>, ClientError>;
    async fn write(&mut self, table: &str, key: i64, value: i64) -> Result<(), ClientError>;
    /// # Errors
    /// `Retry`: it did not commit. `Unknown`: it may have.
    async fn commit(self: Box<Self>) -> Result<(), ClientError>;
}
