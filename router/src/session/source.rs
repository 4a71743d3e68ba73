//! Where rows of a running statement come from.

use crate::compiled::pipeline::Cursor;
use crate::error::SqlResult;
use crate::seam::{RowBatch, RowStream};
use futures::StreamExt;
use parking_lot::Mutex;

/// Pulled batch by batch.
pub enum Source {
    Cursor(Box<Cursor>),
    /// Behind a lock that is never contended, so that a session can be shared.
    Stream(Mutex<RowStream>),
    /// Rows at hand (RETURNING, SHOW).
    Rows(Option<RowBatch>),
}

impl Source {
    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// For the client, or for a retry.
    pub async fn next(&mut self) -> SqlResult<Option<RowBatch>> {
        match self {
            Source::Cursor(c) => c.next().await,
            Source::Stream(s) => Ok(s.get_mut().next().await.transpose()?),
            Source::Rows(rows) => Ok(rows.take().filter(|r| !r.is_empty())),
        }
    }
}
