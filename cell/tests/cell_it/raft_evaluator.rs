//! A plain evaluator for tests of replicas: one request at a time per range, newest version wins, no transactions.

use async_trait::async_trait;
use cell::{
    concurrency::Concurrency,
    execute::{Proposal, RangeReplica},
    node::{Evaluate, MakeEvaluator},
};
use futures::future::BoxFuture;
use kv::{
    BatchReply, BatchRequest, Bytes, KvError, Lease, RangeDescriptor, Reply, Request, Timestamp,
    command::{Keyspace, WriteBatch},
    error::{ConditionFailed, RangeMismatch},
    mvcc,
    reply::{DoneReply, GetReply, IncrementReply, RangeInfoReply},
};
use std::sync::Arc;

pub struct Plain {
    replica: Arc<dyn RangeReplica>,
    latch: tokio::sync::Mutex<()>,
}

pub fn make() -> MakeEvaluator {
    Arc::new(|replica, _: Arc<Concurrency>| Arc::new(Plain { replica, latch: Default::default() }))
}

impl Plain {
    fn newest(&self, key: &[u8]) -> Option<(Timestamp, Bytes)> {
        let (start, end) = (mvcc::version_key(key, Timestamp::MAX), mvcc::version_key(key, Timestamp::ZERO));
        let (k, v) = self.replica.reader().first(Keyspace::Versions, &start, &end).unwrap()?;
        let (_, at) = mvcc::split_version_key(&k).unwrap();
        mvcc::decode_version(&v).unwrap().map(|v| (at, v))
    }
    fn check(&self, range: &RangeDescriptor, key: &[u8]) -> Result<(), KvError> {
        if range.contains(key) {
            return Ok(());
        }
        Err(KvError::RangeMismatch(RangeMismatch { ranges: vec![range.clone()] }))
    }
    async fn put(&self, lease: &Lease, key: &[u8], value: &[u8]) -> Result<(), KvError> {
        let at = self.newest(key).map_or(lease.start, |(at, _)| at.max(lease.start)).next();
        let mut writes = WriteBatch::default();
        writes.put(Keyspace::Versions, &mvcc::version_key(key, at), &mvcc::encode_version(Some(value)));
        let bytes_delta = (key.len() + value.len()) as i64;
        self.replica.propose(lease, Proposal { writes, bytes_delta }).await?;
        Ok(())
    }
    async fn one(&self, request: &Request) -> Result<Reply, KvError> {
        let _latch = self.latch.lock().await;
        let lease = match self.replica.check_lease(Timestamp::ZERO) {
            Ok(lease) => lease,
            Err(_) => self.replica.acquire_lease(Timestamp::ZERO).await?,
        };
        let range = self.replica.descriptor();
        let done = Reply::Done(DoneReply::default());
        self.check(&range, &request.span().start)?;
        Ok(match request {
            Request::Get(r) => {
                Reply::Get(GetReply { value: self.newest(&r.key).map(|v| v.1), skipped: false })
            }
            Request::Put(r) => self.put(&lease, &r.key, &r.value).await.map(|()| done)?,
            Request::ConditionalPut(r) => {
                let actual = self.newest(&r.key).map(|v| v.1);
                if actual != r.expected {
                    return Err(KvError::ConditionFailed(ConditionFailed {
                        index: 0,
                        key: r.key.clone(),
                        actual,
                    }));
                }
                self.put(&lease, &r.key, &r.value).await.map(|()| done)?
            }
            Request::Increment(r) => {
                let old =
                    self.newest(&r.key).map_or(0, |v| i64::from_be_bytes(v.1.as_ref().try_into().unwrap()));
                self.put(&lease, &r.key, &(old + r.by).to_be_bytes()).await?;
                Reply::Increment(IncrementReply { value: old + r.by })
            }
            Request::AdminSplit(r) => self.replica.admin_split(&lease, &r.key).await.map(|()| done)?,
            Request::AdminTransferLease(r) => {
                self.replica.transfer_lease(kv::StoreId(r.target_store)).await.map(|()| done)?
            }
            Request::RangeInfo(_) => Reply::RangeInfo(RangeInfoReply { ..self.replica.range_info() }),
            other => panic!("not for this evaluator: {other:?}"),
        })
    }
}

#[async_trait]
trait All {
    async fn all(&self, batch: BatchRequest) -> Result<BatchReply, KvError>;
}
#[async_trait]
impl All for Plain {
    async fn all(&self, batch: BatchRequest) -> Result<BatchReply, KvError> {
        let mut reply = BatchReply::default();
        for request in batch.iter() {
            reply.replies.push(self.one(request).await?.into());
        }
        Ok(reply)
    }
}

impl Evaluate for Plain {
    fn evaluate(&self, batch: BatchRequest) -> BoxFuture<'_, Result<BatchReply, KvError>> {
        self.all(batch)
    }
}
