//! ResolveIntent: ends the locks of a transaction in a span, or moves its intents up.

use super::{Evaluator, LockChange, Stop};
use crate::mvcc::resolve::{self, Outcome};
use kv::{KvError, Reply, Span, TxnId, TxnStatus, reply::DoneReply, request::ResolveIntent};

impl Evaluator<'_> {
    pub(super) fn resolve_intent(&mut self, r: &ResolveIntent) -> Result<Reply, Stop> {
        let txn_id = TxnId::from_slice(&r.txn_id).map_err(|e| KvError::invalid(e.to_string()))?;
        let status = TxnStatus::try_from(r.status)
            .ok()
            .filter(|s| matches!(s, TxnStatus::Committed | TxnStatus::Aborted | TxnStatus::Pending))
            .ok_or_else(|| KvError::invalid(format!("intents resolved to status {}", r.status)))?;
        let outcome =
            Outcome { txn_id, status, commit_ts: r.commit_ts, epoch: r.epoch, ignored: r.ignored.clone() };
        let resolved =
            resolve::resolve(&mut self.workspace, &r.span, &outcome).map_err(|e| self.stop(e, true))?;
        let count = resolved.keys.len() as u64;
        if status == TxnStatus::Pending {
            let moved = resolved.keys.into_iter().map(|k| LockChange::Moved(k, txn_id, r.commit_ts));
            self.out.locks.extend(moved);
        } else {
            let done = match &resolved.resume {
                None => r.span.clone(),
                Some(rest) => Span::new(r.span.start.clone(), rest.start.clone()),
            };
            self.out.locks.push(LockChange::Released(done, txn_id));
        }
        Ok(Reply::Done(DoneReply { count, resume: resolved.resume }))
    }
}
