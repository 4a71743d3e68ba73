//! The way in: transactions, and single requests without one.

use crate::{
    Clock, Entropy, ScanOptions, ScanPage, Sender, Transaction, TxnError, TxnErrorKind, TxnOptions,
    coordinator::{Coordinator, Services},
    resolve::Resolver,
};
use kv::{
    BatchReply, BatchRequest, Bytes, Header, Key, KvError, Reply, Request, Span, Timestamp,
    error::ErrorKind,
    request::{ConditionalPut, Get, Increment, Put, Scan},
};
use std::{future::Future, sync::Arc};
use tokio::time::{Duration, sleep};

/// What a process says of itself.
#[derive(Clone, Debug, Default)]
pub struct DbOptions {
    pub gateway_region: String,
}

/// Cheap to clone. Must be made within a tokio runtime, which then cleans up after ended transactions.
#[derive(Clone)]
pub struct Db {
    services: Arc<Services>,
}

/// How often an internal transaction is tried.
const RUN_ATTEMPTS_MAX: u32 = 40;
/// How often a request without transaction is tried when it meets newer values.
const SINGLE_ATTEMPTS_MAX: u32 = 20;
const BACKOFF_FIRST_MS: u64 = 2;
const BACKOFF_MAX_MS: u64 = 250;

impl Db {
    pub fn new(
        sender: Arc<dyn Sender>,
        clock: Arc<Clock>,
        entropy: Arc<dyn Entropy>,
        options: DbOptions,
    ) -> Db {
        let resolver = Resolver::start(sender.clone());
        let gateway_region = options.gateway_region;
        Db { services: Arc::new(Services { sender, clock, entropy, resolver, gateway_region }) }
    }
    pub fn clock(&self) -> &Arc<Clock> {
        &self.services.clock
    }
    pub fn sender(&self) -> &Arc<dyn Sender> {
        &self.services.sender
    }
    pub fn begin(&self, options: TxnOptions) -> Transaction {
        Transaction::new(Coordinator::new(self.services.clone(), options))
    }
    /// Runs `work` in a transaction and commits it; again from the beginning when it must restart.
    ///
    /// # Errors
    /// What `work` or the commit says, unless it asks for a restart; the last such after 40 attempts. `Ambiguous` is never
    /// tried again.
    pub async fn run<T, F, Fut>(&self, options: TxnOptions, work: F) -> Result<T, TxnError>
    where
        F: Fn(Transaction) -> Fut,
        Fut: Future<Output = Result<T, TxnError>>,
    {
        let mut options = options;
        let mut attempt = 0;
        loop {
            let txn = self.begin(options.clone());
            let result = match work(txn.clone()).await {
                Ok(value) => txn.commit().await.map(|_| value),
                Err(error) => Err(error),
            };
            match result {
                Err(error) if error.kind() == TxnErrorKind::Restart && attempt < RUN_ATTEMPTS_MAX => {
                    txn.rollback().await;
                    options.not_before.forward(error.retry_at());
                    self.backoff(attempt).await;
                    attempt += 1;
                }
                Err(error) => {
                    txn.rollback().await;
                    return Err(error);
                }
                Ok(value) => return Ok(value),
            }
        }
    }

    /// The newest value, without a transaction.
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Bytes>, TxnError> {
        match self.single(Request::Get(Get { key: key.into(), lock: 0 })).await? {
            Reply::Get(r) => Ok(r.value),
            _ => Err(wrong_reply()),
        }
    }
    /// Writes one value, at once and by itself.
    pub async fn put(&self, key: impl Into<Key>, value: impl Into<Bytes>) -> Result<(), TxnError> {
        let put = Put { key: key.into(), value: value.into(), sequence: 0 };
        self.single(Request::Put(put)).await.map(|_| ())
    }
    /// Writes one value if `expected` is there (`None`: nothing).
    pub async fn cput(
        &self,
        key: impl Into<Key>,
        value: impl Into<Bytes>,
        expected: Option<Bytes>,
    ) -> Result<(), TxnError> {
        let put = ConditionalPut { key: key.into(), value: value.into(), expected, sequence: 0 };
        self.single(Request::ConditionalPut(put)).await.map(|_| ())
    }
    /// Adds to a counter and returns the new value. Final at once: not undone by any transaction.
    ///
    /// # Errors
    /// `Ambiguous` if the answer was lost: a gap in a sequence of ids is harmless, so the caller may try again.
    pub async fn increment(&self, key: impl Into<Key>, by: i64) -> Result<i64, TxnError> {
        match self.single(Request::Increment(Increment { key: key.into(), by, sequence: 0 })).await? {
            Reply::Increment(r) => Ok(r.value),
            _ => Err(wrong_reply()),
        }
    }
    /// One page of a span at one timestamp, the present one. Locks are not taken (`options.lock` is ignored).
    pub async fn scan(&self, span: Span, options: ScanOptions) -> Result<ScanPage, TxnError> {
        let now = self.services.clock.now();
        let mut header = self.header();
        header.timestamp = now.to_timestamp();
        header.uncertainty_limit = self.services.clock.uncertainty_limit(now);
        header.keys_max = options.keys_max;
        header.bytes_max = options.bytes_max;
        let request = Request::Scan(Scan { span, reverse: options.reverse, lock: 0 });
        let mut reply = self.send_single(header, vec![request]).await?;
        match reply.replies.pop().and_then(|r| r.reply) {
            Some(Reply::Scan(r)) => Ok(ScanPage { rows: r.rows, resume: r.resume }),
            _ => Err(wrong_reply()),
        }
    }
    /// Sends a batch of system requests (admin, look-up, heartbeat of something) as it is, with this process's header.
    pub async fn send(&self, requests: Vec<Request>, timeout_ms: u64) -> Result<BatchReply, KvError> {
        let header = Header { timeout_ms, ..self.header() };
        self.services.sender.send(BatchRequest::new(header, requests)).await
    }

    fn header(&self) -> Header {
        Header {
            principal: "system".into(),
            gateway_region: self.services.gateway_region.clone(),
            ..Default::default()
        }
    }
    async fn single(&self, request: Request) -> Result<Reply, TxnError> {
        let mut reply = self.send_single(self.header(), vec![request]).await?;
        reply.replies.pop().and_then(|r| r.reply).ok_or_else(wrong_reply)
    }
    /// Sends until no newer value stands in the way.
    async fn send_single(&self, mut header: Header, requests: Vec<Request>) -> Result<BatchReply, TxnError> {
        let mut attempt = 0;
        loop {
            match self.services.sender.send(BatchRequest::new(header.clone(), requests.clone())).await {
                Ok(reply) => return Ok(reply),
                Err(error) if error.kind() == ErrorKind::RestartTxn && attempt < SINGLE_ATTEMPTS_MAX => {
                    let at = crate::error::refresh_target(&error).unwrap_or(Timestamp::ZERO);
                    if !header.timestamp.is_zero() {
                        header.timestamp.forward(at);
                    }
                    self.backoff(attempt / 4).await;
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    async fn backoff(&self, attempt: u32) {
        let ms = (BACKOFF_FIRST_MS << attempt.min(10)).min(BACKOFF_MAX_MS);
        sleep(Duration::from_millis(self.services.entropy.below(ms + 1))).await;
    }
}

fn wrong_reply() -> TxnError {
    KvError::bug("the reply does not fit the request").into()
}
