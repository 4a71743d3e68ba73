//! Waiting for locks: the queue, the push of a holder that does not move, and deadlocks.
//!
//! ```text
//! in the way -> place in the queue -> woken: again
//!                                  -> 50 ms with the same holder: look for a circle; the first in the queue (and each
//!                                     reader) pushes: ended -> resolve; moved up -> resolve; pending -> wait on
//! ```

use super::{Executor, Passage};
use crate::{
    concurrency::{
        Push,
        lock_table::{Place, Turn, Want},
    },
    mvcc::{Conflict, Holder},
};
use kv::{
    Key, KvError, Span, TxnId, TxnStatus,
    error::{Deadlock, LockConflict, Message},
    reply::TxnReply,
    request::{PushKind, WaitPolicy},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long a request waits for one holder before it asks for its fate: most transactions are done by then.
const PUSH_AFTER: Duration = Duration::from_millis(50);
/// How often it asks again.
const PUSH_EVERY: Duration = Duration::from_millis(250);

/// What a look at the holder's fate has brought.
enum Fate {
    /// It is over, or out of the way: try again.
    Gone,
    Pending,
}

impl super::Executor {
    /// Waits until the first of `conflicts` is out of the way (all those of the same holder are resolved with it).
    pub(super) async fn wait_for_locks(
        &self,
        passage: &mut Passage,
        conflicts: Vec<Conflict>,
        want: Want,
    ) -> Result<(), KvError> {
        let Some(first) = conflicts.first() else { return Ok(()) };
        if let Some(holder) = &first.holder {
            if let Some(record) = self.concurrency.locks().finished(holder.txn_id) {
                return self.resolve(passage, &conflicts, holder, &record).await;
            }
            if passage.batch.header.wait_policy == WaitPolicy::Error as i32 {
                return match self.push(passage, &conflicts, holder, &first.key, want).await {
                    Ok(Fate::Gone) => Ok(()),
                    Ok(Fate::Pending) | Err(_) => Err(conflict_error(&first.key, holder.txn_id, 0)),
                };
            }
        }
        for place in passage.places.iter().filter(|p| *p.key() != first.key) {
            place.set_active(false);
        }
        let place = self.concurrency.locks().enqueue(first, passage.asker, want)?;
        passage.places.retain(|p| *p.key() != first.key);
        let begun = Instant::now();
        let waited = self.wait_at(passage, &place, &conflicts, want, begun).await;
        if let Some(txn) = &passage.txn
            && begun.elapsed() >= PUSH_AFTER
        {
            let (pusher, id, start) = (self.pusher.clone(), txn.id, txn.start_ts);
            // Nobody waits for it: a registration dies by itself, too.
            tokio::spawn(async move { pusher.forget(id, start).await });
        }
        waited?;
        passage.places.push(place);
        passage.places.iter().for_each(|p| p.set_active(true));
        Ok(())
    }

    async fn wait_at(
        &self,
        passage: &Passage,
        place: &Place,
        conflicts: &[Conflict],
        want: Want,
        begun: Instant,
    ) -> Result<(), KvError> {
        let header = &passage.batch.header;
        let lock_deadline =
            (header.lock_timeout_ms > 0).then(|| begun + Duration::from_millis(header.lock_timeout_ms));
        let mut seen = None;
        let mut push_at = begun + PUSH_AFTER;
        let mut last_holder = TxnId::default();
        loop {
            let now = Instant::now();
            let holder = match place.look() {
                Turn::Go => return Ok(()),
                Turn::Behind { .. } if header.wait_policy == WaitPolicy::Error as i32 => {
                    return Err(conflict_error(place.key(), last_holder, 0));
                }
                Turn::Behind { .. } => None,
                Turn::Held { holder, generation } => {
                    if seen.replace(generation) != Some(generation) {
                        push_at = now + PUSH_AFTER;
                    }
                    last_holder = holder.txn_id;
                    Some(holder)
                }
            };
            if passage.deadline.is_some_and(|at| now >= at) {
                return Err(KvError::DeadlineExceeded(Message::new("the range waited for a lock")));
            }
            if lock_deadline.is_some_and(|at| now >= at) {
                return Err(conflict_error(place.key(), last_holder, header.lock_timeout_ms));
            }
            let timers = [passage.deadline, lock_deadline, holder.is_some().then_some(push_at)];
            let Some(holder) = holder.filter(|_| now >= push_at) else {
                match timers.into_iter().flatten().min() {
                    None => place.changed().await,
                    Some(at) => {
                        // Whichever comes first; the loop looks again.
                        let _ = tokio::time::timeout_at(at, place.changed()).await;
                    }
                }
                continue;
            };
            push_at = now + PUSH_EVERY;
            let until = timers[..2].iter().flatten().min().copied();
            let asking = self.ask(passage, place, conflicts, &holder, want);
            tokio::select! {
                biased;
                () = place.changed() => {}
                asked = asking => asked?,
                () = sleep_until(until) => {}
            }
        }
    }

    /// Looks for a circle, and pushes the holder if that is this request's part.
    async fn ask(
        &self,
        passage: &Passage,
        place: &Place,
        conflicts: &[Conflict],
        holder: &Holder,
        want: Want,
    ) -> Result<(), KvError> {
        if let (Some(txn), Want::Write) = (&passage.txn, want) {
            match self.pusher.look(txn.id, txn.start_ts, holder.txn_id).await {
                Ok(Some(circle)) if circle.first() == Some(&txn.id) => {
                    let txn_ids = circle.into_iter().map(Executor::id_bytes).collect();
                    return Err(KvError::Deadlock(Deadlock { txn_ids }));
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "no look for a deadlock"),
            }
        }
        if want == Want::Write && !place.is_first() {
            return Ok(());
        }
        if let Err(error) = self.push(passage, conflicts, holder, place.key(), want).await {
            // The lock stays; the next round asks again.
            tracing::debug!(%error, holder = %holder.txn_id, "the holder of a lock could not be asked");
        }
        Ok(())
    }

    async fn push(
        &self,
        passage: &Passage,
        conflicts: &[Conflict],
        holder: &Holder,
        key: &Key,
        want: Want,
    ) -> Result<Fate, KvError> {
        let (kind, push_to) = match want {
            Want::Read(at) => (PushKind::Timestamp, at),
            Want::Write => (PushKind::Query, passage.write_ts),
        };
        let record = self
            .pusher
            .push(Push {
                key: key.clone(),
                pushee_id: holder.txn_id,
                pushee_start: holder.start_ts,
                kind,
                push_to,
                pusher_id: passage.asker.txn,
            })
            .await?;
        let gone = match record.txn_status() {
            TxnStatus::Committed | TxnStatus::Aborted => true,
            TxnStatus::Pending | TxnStatus::Staging => {
                kind == PushKind::Timestamp && record.write_ts > push_to
            }
            TxnStatus::Delegated => false,
        };
        if !gone {
            return Ok(Fate::Pending);
        }
        self.resolve(passage, conflicts, holder, &record).await?;
        Ok(Fate::Gone)
    }

    /// Resolves the locks of `holder` among `conflicts` by what its record said.
    async fn resolve(
        &self,
        passage: &Passage,
        conflicts: &[Conflict],
        holder: &Holder,
        record: &TxnReply,
    ) -> Result<(), KvError> {
        let locks = self.concurrency.locks();
        let ended = matches!(record.txn_status(), TxnStatus::Committed | TxnStatus::Aborted);
        if ended {
            locks.note_finished(holder.txn_id, record);
        }
        let of_holder = |c: &&Conflict| c.holder.as_ref().is_some_and(|h| h.txn_id == holder.txn_id);
        let mut spans = Vec::new();
        for conflict in conflicts.iter().filter(of_holder) {
            if conflict.holder.as_ref().is_some_and(|h| h.replicated) {
                spans.push(Span::point(conflict.key.clone()));
            } else if ended {
                locks.release(&conflict.key, holder.txn_id);
            }
        }
        // The lock may have become an intent while this request waited.
        if spans.is_empty() && holder.replicated {
            spans.extend(conflicts.first().map(|c| Span::point(c.key.clone())));
        }
        if spans.is_empty() {
            return Ok(());
        }
        let resolving = self.pusher.resolve(spans, holder.txn_id, record);
        self.until(passage.deadline, "the locks of an ended transaction", resolving).await?
    }
}

fn conflict_error(key: &Key, holder: TxnId, waited_ms: u64) -> KvError {
    KvError::LockConflict(LockConflict { key: key.clone(), holder_id: Executor::id_bytes(holder), waited_ms })
}

/// Sleeps until then; for ever without a time.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
