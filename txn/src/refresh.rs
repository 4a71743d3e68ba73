//! Read refresh: instead of restarting, the transaction proves that what it has read is the same at a later timestamp.

use crate::{TxnError, coordinator::Coordinator, error::refresh_target};
use kv::{
    KvError, Request, Timestamp,
    error::ErrorKind,
    request::{Refresh, WaitPolicy},
};

/// Spans of one batch.
const REFRESH_SPANS_MAX: usize = 256;

impl Coordinator {
    /// Does what can be done about an error, so that the request can be sent again.
    ///
    /// # Errors
    /// Nothing can be done.
    pub async fn react(&self, error: KvError) -> Result<(), TxnError> {
        match refresh_target(&error) {
            Some(at) if self.options.start.is_none() => self.refresh_to(at, error).await,
            _ => Err(error.into()),
        }
    }
    /// Moves the read timestamp up to `at`.
    ///
    /// # Errors
    /// `Restart` with `cause` if something that was read has changed since.
    pub async fn refresh_to(&self, at: Timestamp, cause: KvError) -> Result<(), TxnError> {
        let _alone = self.read_gate.write().await;
        let (spans, from, header) = {
            let mut state = self.state.lock();
            state.usable()?;
            if state.read_ts >= at {
                return Ok(());
            }
            let spans = state.read_spans();
            if spans.is_empty() {
                state.read_ts = at;
                state.write_ts.forward(at);
                return Ok(());
            }
            let mut header = self.header(&state, state.sequences.read_at(), WaitPolicy::Block)?;
            if let Some(txn) = &mut header.txn {
                txn.read_ts = at;
                txn.write_ts.forward(at);
            }
            (spans, state.read_ts, header)
        };
        for lot in spans.chunks(REFRESH_SPANS_MAX) {
            let requests =
                lot.iter().map(|span| Request::Refresh(Refresh { span: span.clone(), from })).collect();
            if let Err(error) = self.refresh_lot(&header, requests).await {
                return Err(match error.kind() {
                    ErrorKind::RestartTxn | ErrorKind::Reject
                        if !matches!(error, KvError::DeadlineExceeded(_)) =>
                    {
                        let mut retry_at = at;
                        retry_at.forward(refresh_target(&error).unwrap_or_default());
                        TxnError::Restart { retry_at, source: cause }
                    }
                    _ => error.into(),
                });
            }
        }
        let mut state = self.state.lock();
        state.read_ts.forward(at);
        state.write_ts.forward(at);
        Ok(())
    }
    async fn refresh_lot(&self, header: &kv::Header, requests: Vec<Request>) -> Result<(), KvError> {
        let mut todo = requests;
        while !todo.is_empty() {
            let reply = self.send(header.clone(), todo.clone()).await?;
            let resumes = reply.replies.into_iter().zip(todo);
            todo = resumes
                .filter_map(|(reply, request)| match (reply.reply, request) {
                    (Some(kv::Reply::Done(done)), Request::Refresh(r)) => {
                        done.resume.map(|span| Request::Refresh(Refresh { span, ..r }))
                    }
                    _ => None,
                })
                .collect();
        }
        Ok(())
    }
}
