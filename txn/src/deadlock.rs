//! Finding circles of waiters. Each waiter says at its own id in the system domicile for whom it waits, and follows the
//! registrations of those. Only ids travel: keys never cross a domicile.
//!
//! Every member of a circle finds the same victim, the youngest; it finds itself when it looks, so nobody has to be told.

use crate::{Sender, resolve::system_header};
use kv::{
    BatchRequest, Bytes, DomicileId, KvError, Reply, Request, Timestamp, TxnId, key,
    reply::RegisterWaitReply, request::RegisterWait,
};
use std::collections::BTreeMap;

/// How often a waiter looks again while it waits.
pub const LOOK_INTERVAL_MS: u64 = 250;
/// How long a registration lives: several looks, so that one lost message does not hide a circle.
pub const REGISTRATION_TTL_MS: u64 = 2_000;
/// Transactions that one look visits at most; a longer circle is found by `lock_timeout` or when it has become shorter.
pub const VISITS_MAX: usize = 64;
const WAIT_TIMEOUT_MS: u64 = 2_000;

/// A circle of waiters, the victim (the youngest) first.
#[derive(Clone, Debug, PartialEq)]
pub struct Circle {
    pub members: Vec<TxnId>,
}

impl Circle {
    pub fn victim(&self) -> TxnId {
        self.members.first().copied().unwrap_or_default()
    }
    /// As the victim's request is answered.
    pub fn into_error(self) -> KvError {
        let txn_ids = self.members.into_iter().map(|i| Bytes::copy_from_slice(&i.0)).collect();
        KvError::Deadlock(kv::error::Deadlock { txn_ids })
    }
}

/// Registers that `waiter` waits for `holders`, and looks whether that closes a circle. To be repeated every
/// `LOOK_INTERVAL_MS` while the wait lasts; only the victim acts.
///
/// # Errors
/// A registration could not be reached: no circle is known; look again.
pub async fn look(
    sender: &dyn Sender,
    waiter: TxnId,
    waiter_start: Timestamp,
    holders: &[TxnId],
) -> Result<Option<Circle>, KvError> {
    register(sender, waiter, waiter_start, holders, false).await?;
    let mut starts = BTreeMap::from([(waiter, waiter_start)]);
    // Depth first, the path in `path`; each transaction is asked once.
    let mut path = vec![waiter];
    let mut branches: Vec<Vec<TxnId>> = vec![holders.to_vec()];
    while let Some(branch) = branches.last_mut() {
        let Some(next) = branch.pop() else {
            branches.pop();
            path.pop();
            continue;
        };
        if next == waiter {
            return Ok(Some(circle(&path, &starts)));
        }
        if starts.contains_key(&next) || starts.len() >= VISITS_MAX {
            continue;
        }
        let found = register(sender, next, Timestamp::ZERO, &[], true).await?;
        starts.insert(next, found.waiter_start);
        path.push(next);
        branches.push(found.holder_ids.iter().filter_map(|i| TxnId::from_slice(i).ok()).collect());
    }
    Ok(None)
}
/// Says that `waiter` waits no more. Best effort: registrations die by themselves.
pub async fn forget(sender: &dyn Sender, waiter: TxnId, waiter_start: Timestamp) {
    if let Err(error) = register(sender, waiter, waiter_start, &[], false).await {
        tracing::debug!(txn = %waiter, %error, "a registration of a wait was left to expire");
    }
}

async fn register(
    sender: &dyn Sender,
    waiter: TxnId,
    waiter_start: Timestamp,
    holders: &[TxnId],
    query_only: bool,
) -> Result<RegisterWaitReply, KvError> {
    let bytes = |i: &TxnId| Bytes::copy_from_slice(&i.0);
    let request = Request::RegisterWait(RegisterWait {
        record_key: key::txn_record(DomicileId::SYSTEM, waiter),
        waiter_id: bytes(&waiter),
        waiter_start,
        holder_ids: holders.iter().map(bytes).collect(),
        ttl_ms: REGISTRATION_TTL_MS,
        query_only,
    });
    send(sender, request).await
}
/// Sends a registration or a question, for those who follow the circle by themselves.
///
/// # Errors
/// The system domicile could not be reached.
pub async fn register_wait(sender: &dyn Sender, wait: RegisterWait) -> Result<RegisterWaitReply, KvError> {
    send(sender, Request::RegisterWait(wait)).await
}
async fn send(sender: &dyn Sender, request: Request) -> Result<RegisterWaitReply, KvError> {
    let reply = sender.send(BatchRequest::new(system_header(WAIT_TIMEOUT_MS), [request])).await?;
    match reply.replies.into_iter().next().and_then(|r| r.reply) {
        Some(Reply::RegisterWait(found)) => Ok(found),
        _ => Err(KvError::bug("a registration of a wait was not answered as such")),
    }
}
/// The youngest first, the others in the order of the circle.
fn circle(path: &[TxnId], starts: &BTreeMap<TxnId, Timestamp>) -> Circle {
    let victim =
        path.iter().enumerate().max_by_key(|(_, id)| (starts.get(*id), **id)).map_or(0, |(at, _)| at);
    let mut members = path.to_vec();
    members.rotate_left(victim);
    Circle { members }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use kv::{BatchReply, reply::ReplyUnion};
    use parking_lot::Mutex;

    /// The registrations of a system domicile, in memory.
    #[derive(Default)]
    struct Registry(Mutex<BTreeMap<Vec<u8>, RegisterWait>>);

    #[async_trait]
    impl Sender for Registry {
        async fn send(&self, batch: BatchRequest) -> Result<BatchReply, KvError> {
            let mut known = self.0.lock();
            let replies = batch.iter().map(|r| {
                let Request::RegisterWait(r) = r else { panic!("only waits are registered") };
                if !r.query_only {
                    known.insert(r.waiter_id.to_vec(), r.clone());
                }
                let at = known.get(&r.waiter_id[..]).cloned().unwrap_or_default();
                let reply = RegisterWaitReply { holder_ids: at.holder_ids, waiter_start: at.waiter_start };
                ReplyUnion { reply: Some(Reply::RegisterWait(reply)) }
            });
            Ok(BatchReply { replies: replies.collect(), ..Default::default() })
        }
    }

    fn id(n: u8) -> TxnId {
        TxnId([n; 16])
    }
    fn at(n: u8) -> Timestamp {
        Timestamp::new(u64::from(n), 0)
    }

    #[tokio::test]
    async fn every_member_finds_the_same_victim() {
        let r = Registry::default();
        assert_eq!(look(&r, id(1), at(1), &[id(3)]).await.unwrap(), None);
        assert_eq!(look(&r, id(3), at(3), &[id(9), id(2)]).await.unwrap(), None);
        let closed = look(&r, id(2), at(2), &[id(1)]).await.unwrap().unwrap();
        assert_eq!(closed.members, [id(3), id(2), id(1)]);
        for (n, holders) in [(1, vec![id(3)]), (3, vec![id(9), id(2)])] {
            assert_eq!(look(&r, id(n), at(n), &holders).await.unwrap().unwrap().victim(), id(3));
        }
        forget(&r, id(3), at(3)).await;
        assert_eq!(look(&r, id(2), at(2), &[id(1)]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_circle_of_others_is_left_to_them() {
        let r = Registry::default();
        look(&r, id(1), at(1), &[id(2)]).await.unwrap();
        look(&r, id(2), at(2), &[id(1)]).await.unwrap();
        assert_eq!(look(&r, id(5), at(5), &[id(1)]).await.unwrap(), None);
    }
}
