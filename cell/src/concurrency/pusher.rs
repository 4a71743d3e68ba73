//! What a waiter needs of other ranges: the fate of a lock's holder, the end of its locks, and who waits for whom.

use async_trait::async_trait;
use kv::{
    Key, KvError, Span, Timestamp, TxnId,
    reply::{RegisterWaitReply, TxnReply},
    request::{PushKind, RegisterWait},
};

/// A question about the holder of a lock.
#[derive(Clone, Debug)]
pub struct Push {
    /// The locked key: its domicile has the holder's (local) record.
    pub key: Key,
    pub pushee_id: TxnId,
    /// The lock's `txn_start`.
    pub pushee_start: Timestamp,
    pub kind: PushKind,
    /// For `PushKind::Timestamp`: the holder's commit must lie above it.
    pub push_to: Timestamp,
    /// Who asks; `None`: a request without transaction.
    pub pusher_id: Option<TxnId>,
}

/// Reaches records and locks of other ranges. `txn::recover` implements it over a `Sender`; tests by direct calls.
#[async_trait]
pub trait Pusher: Send + Sync {
    /// Asks the record at `/D/txn/id` of the key's domicile, and if that is DELEGATED the one at `/system/txn/id`, whose
    /// answer counts. Recovers a delegated transaction whose coordinator is gone.
    async fn push(&self, push: Push) -> Result<TxnReply, KvError>;
    /// Sends ResolveIntent for `spans` by what the record said (Pending: moves the intents up to `record.write_ts`).
    async fn resolve(&self, spans: Vec<Span>, txn_id: TxnId, record: &TxnReply) -> Result<(), KvError>;
    /// Registers a wait at `/system/txn/waiter`, or asks for whom a transaction waits.
    async fn register_wait(&self, wait: RegisterWait) -> Result<RegisterWaitReply, KvError>;
}
