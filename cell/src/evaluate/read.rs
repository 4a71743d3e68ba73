//! Get, Scan and Refresh.

use super::{Evaluator, LockChange, Stop};
use crate::{
    concurrency::lock_table::Want,
    mvcc::{
        Conflict, MvccError, read, resolve,
        scan::{self, ScanLocks},
    },
};
use kv::{
    Key, KvError, Reply,
    error::TxnRetry,
    mvcc::LockStrength,
    reply::{DoneReply, GetReply, ScanReply},
    request::{Get, Refresh, Scan},
};

impl Evaluator<'_> {
    /// Whether the read locks: only a transaction can hold a lock.
    fn locks(&self, strength: i32) -> bool {
        strength != LockStrength::None as i32 && self.input.txn.is_some()
    }
    fn lock_in_memory(&self, key: &Key) -> Option<Conflict> {
        self.input.locks.conflict(key, self.input.asker, Want::Write)
    }

    pub(super) fn get(&mut self, r: &Get) -> Result<Reply, Stop> {
        let locking = self.locks(r.lock);
        let held = if locking { self.lock_in_memory(&r.key) } else { None };
        let found = match held {
            Some(conflict) => Err(MvccError::Conflict(vec![conflict])),
            None => read::get(&self.workspace, &r.key, &self.read_at(locking)),
        };
        let value = match found {
            Ok(value) => value,
            Err(MvccError::Conflict(_)) if self.skips() => {
                return Ok(Reply::Get(GetReply { value: None, skipped: true }));
            }
            Err(e) => return Err(self.stop(e, locking)),
        };
        self.out.reads.push(kv::Span::point(r.key.clone()));
        if locking {
            self.out.locks.push(LockChange::Locked(r.key.clone()));
        }
        if let Some(value) = &value {
            self.limits.admit(r.key.len() + value.len());
        }
        Ok(Reply::Get(GetReply { value, skipped: false }))
    }

    pub(super) fn scan(&mut self, r: &Scan) -> Result<Reply, Stop> {
        let locking = self.locks(r.lock);
        let mut limits = self.limits;
        let held = |key: &Key| self.lock_in_memory(key);
        let locks = ScanLocks { skip: self.skips(), held: &held };
        let scanned =
            scan::scan(&self.workspace, &r.span, r.reverse, &self.read_at(locking), &mut limits, &locks)
                .map_err(|e| self.stop(e, locking))?;
        self.limits = limits;
        let read = resolve::scanned_part(&r.span, scanned.resume.as_ref(), r.reverse);
        if read.is_point() || read.start < read.end {
            self.out.reads.push(read);
        }
        if locking {
            self.out.locks.extend(scanned.rows.iter().map(|row| LockChange::Locked(row.key.clone())));
        }
        Ok(Reply::Scan(ScanReply { rows: scanned.rows, resume: scanned.resume }))
    }

    pub(super) fn refresh(&mut self, r: &Refresh) -> Result<Reply, Stop> {
        let txn = self.txn()?;
        let changed = resolve::changed_between(&self.workspace, &r.span, r.from, self.input.read_ts, txn.id)
            .map_err(|e| self.stop(e, false))?;
        if let Some((key, at)) = changed {
            return Err(KvError::TxnRetry(TxnRetry {
                retry_at: self.input.read_ts.max(at),
                reason: format!("what it has read was written at {at}"),
                key,
            })
            .into());
        }
        self.out.reads.push(r.span.clone());
        Ok(Reply::Done(DoneReply::default()))
    }
}
