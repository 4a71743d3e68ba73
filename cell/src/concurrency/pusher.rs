//! What a waiter needs of other ranges: the fate of a lock's holder, the end of its locks, and who waits for whom.

use async_trait::async_trait;
use kv::{Key, KvError, Span, Timestamp, TxnId, key, reply::TxnReply, request::PushKind};
use std::sync::Arc;
use txn::{
    Sender, deadlock,
    recover::{self, Pushee},
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

/// Reaches records and locks of other ranges: over a `Sender`, or by direct calls in tests.
#[async_trait]
pub trait Pusher: Send + Sync {
    /// Asks the record at `/D/txn/id` of the key's domicile, and if that is DELEGATED the one at `/system/txn/id`, whose
    /// answer counts.
    ///
    /// # Errors
    /// The record could not be reached: the lock stays as it is, ask again.
    async fn push(&self, push: Push) -> Result<TxnReply, KvError>;
    /// Resolves the transaction's locks in `spans` by what the record said (Pending: moves the intents up to
    /// `record.write_ts`).
    ///
    /// # Errors
    /// Some may be left; calling it again is harmless.
    async fn resolve(&self, spans: Vec<Span>, txn_id: TxnId, record: &TxnReply) -> Result<(), KvError>;
    /// Registers that `waiter` waits for `holder`, and looks whether that closes a circle: its members, the victim (the
    /// youngest) first. Each member finds the same victim, which acts when it looks itself.
    ///
    /// # Errors
    /// A registration could not be reached: no circle is known; look again.
    async fn look(
        &self,
        waiter: TxnId,
        start: Timestamp,
        holder: TxnId,
    ) -> Result<Option<Vec<TxnId>>, KvError>;
    /// Says that `waiter` waits no more. Best effort.
    async fn forget(&self, waiter: TxnId, start: Timestamp);
}

/// The product's pusher: batches through the cell's own client half.
pub struct SenderPusher {
    pub sender: Arc<dyn Sender>,
}

#[async_trait]
impl Pusher for SenderPusher {
    async fn push(&self, push: Push) -> Result<TxnReply, KvError> {
        let domicile = key::domicile_of(&push.key).map_err(|e| KvError::bug(format!("locked key: {e}")))?;
        // A record is found by id alone; the epoch matters to those who resolve.
        let pushee = Pushee { id: push.pushee_id, domicile, start: push.pushee_start, epoch: 0 };
        recover::push(&*self.sender, &pushee, push.kind, push.push_to, push.pusher_id).await
    }
    async fn resolve(&self, spans: Vec<Span>, txn_id: TxnId, record: &TxnReply) -> Result<(), KvError> {
        recover::resolve(&*self.sender, spans, txn_id, record).await
    }
    async fn look(
        &self,
        waiter: TxnId,
        start: Timestamp,
        holder: TxnId,
    ) -> Result<Option<Vec<TxnId>>, KvError> {
        Ok(deadlock::look(&*self.sender, waiter, start, &[holder]).await?.map(|circle| circle.members))
    }
    async fn forget(&self, waiter: TxnId, start: Timestamp) {
        deadlock::forget(&*self.sender, waiter, start).await;
    }
}
