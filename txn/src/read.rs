//! Reads, plain and locking: at the transaction's read timestamp, which moves up when it must and may.

use crate::{
    TxnError,
    coordinator::{Coordinator, REFRESHES_MAX},
};
use kv::{
    BatchReply, Key, KvError, Reply, Request, Span,
    mvcc::LockStrength,
    reply::{GetReply, Row},
    request::{Get, Scan, WaitPolicy},
};
use std::sync::Arc;

/// How a span is read.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions {
    pub reverse: bool,
    /// `Exclusive` locks each row that is returned (FOR UPDATE).
    pub lock: LockStrength,
    pub wait: WaitPolicy,
    /// Rows at most; 0: no limit.
    pub keys_max: u64,
    /// Bytes at most, about; the first row always comes. 0: no limit.
    pub bytes_max: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            reverse: false,
            lock: LockStrength::None,
            wait: WaitPolicy::Block,
            keys_max: 0,
            bytes_max: 0,
        }
    }
}

/// A part of a scan's rows, in the scan's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanPage {
    pub rows: Vec<Row>,
    /// What is left; `None`: nothing.
    pub resume: Option<Span>,
}

/// Limits of one batch; 0: none.
#[derive(Clone, Copy, Default)]
pub(crate) struct BatchLimits {
    pub keys_max: u64,
    pub bytes_max: u64,
}

impl Coordinator {
    pub async fn get_many(
        self: &Arc<Self>,
        keys: &[Key],
        lock: LockStrength,
        wait: WaitPolicy,
    ) -> Result<Vec<GetReply>, TxnError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let requests = keys.iter().map(|k| Request::Get(Get { key: k.clone(), lock: lock as i32 })).collect();
        let reply = self.read(requests, BatchLimits::default(), lock != LockStrength::None, wait).await?;
        let replies: Vec<GetReply> = reply
            .replies
            .into_iter()
            .filter_map(|r| match r.reply {
                Some(Reply::Get(get)) => Some(get),
                _ => None,
            })
            .collect();
        if replies.len() != keys.len() {
            return Err(KvError::bug(format!("{} replies to {} reads", replies.len(), keys.len())).into());
        }
        Ok(replies)
    }
    pub async fn scan(self: &Arc<Self>, span: Span, options: ScanOptions) -> Result<ScanPage, TxnError> {
        let request =
            Request::Scan(Scan { span: span.clone(), reverse: options.reverse, lock: options.lock as i32 });
        let limits = BatchLimits { keys_max: options.keys_max, bytes_max: options.bytes_max };
        let reply =
            self.read(vec![request], limits, options.lock != LockStrength::None, options.wait).await?;
        match reply.replies.into_iter().next().and_then(|r| r.reply) {
            Some(Reply::Scan(scan)) => Ok(ScanPage { rows: scan.rows, resume: scan.resume }),
            _ => Err(KvError::bug("a scan was not answered by rows").into()),
        }
    }
    async fn read(
        self: &Arc<Self>,
        requests: Vec<Request>,
        limits: BatchLimits,
        locking: bool,
        wait: WaitPolicy,
    ) -> Result<BatchReply, TxnError> {
        if locking && self.is_read_only() {
            return Err(TxnError::ReadOnly);
        }
        for _ in 0..REFRESHES_MAX {
            if self.must_flush_before(&requests) {
                self.flush().await?;
            }
            let error = {
                let gate = self.enter().await;
                let header = {
                    let state = &mut *self.state.lock();
                    state.usable()?;
                    if locking {
                        requests.iter().for_each(|r| state.footprint.lock(r.span(), false));
                    }
                    let mut header = self.header(state, state.sequences.read_at(), wait)?;
                    header.keys_max = limits.keys_max;
                    header.bytes_max = limits.bytes_max;
                    header.can_forward_read_ts = gate.may_forward(state);
                    header
                };
                if locking {
                    self.start_heartbeat();
                }
                match self.send(header, requests.clone()).await {
                    Ok(reply) => {
                        self.track(&requests, &reply);
                        return Ok(reply);
                    }
                    Err(error) => error,
                }
            };
            self.react(error).await?;
        }
        Err(self.too_many_refreshes())
    }
    /// A read that would see a buffered write must find it at the range.
    fn must_flush_before(&self, requests: &[Request]) -> bool {
        let state = self.state.lock();
        let seen = state.buffer.writes().first().is_some_and(|w| w.sequence <= state.sequences.read_at());
        seen && requests.iter().any(|r| state.buffer.touches(&r.span()))
    }
    /// Keeps what was read, for a refresh.
    fn track(&self, requests: &[Request], reply: &BatchReply) {
        if self.options.start.is_some() {
            return;
        }
        let state = &mut *self.state.lock();
        for (request, reply) in requests.iter().zip(&reply.replies) {
            let mut span = request.span();
            if let (Request::Scan(scan), Some(Reply::Scan(page))) = (request, &reply.reply)
                && let Some(resume) = &page.resume
            {
                span = match scan.reverse {
                    true => Span::new(resume.end_key(), span.end_key()),
                    false => Span::new(span.start, resume.start.clone()),
                };
            }
            state.statement_reads.insert(span);
        }
    }
}
