//! Put, Delete, ConditionalPut and Increment.

use super::{Evaluator, LockChange, Mode, Stop};
use crate::{
    concurrency::lock_table::Want,
    mvcc::{MvccError, write::KeyState},
};
use kv::{
    Bytes, Key, KvError, Reply, Span,
    error::{ConditionFailed, Message},
    reply::{DoneReply, IncrementReply},
    request::{ConditionalPut, Increment},
};

impl Evaluator<'_> {
    fn load(&self, key: &Key) -> Result<KeyState, Stop> {
        if let Some(conflict) = self.input.locks.conflict(key, self.input.asker, Want::Write) {
            return Err(Stop::Conflict { conflicts: vec![conflict], want: Want::Write });
        }
        KeyState::load(&self.workspace, key).map_err(|e| self.stop(e, true))
    }
    fn store(&mut self, key: &Key, state: KeyState, value: Option<Bytes>, sequence: u32) -> Result<(), Stop> {
        self.out.adds_data |= value.is_some();
        match (self.input.mode, self.input.txn) {
            (Mode::Intent, Some(txn)) => {
                let write_ts = self.write_ts;
                let laid = state.put_intent(&mut self.workspace, value, sequence, txn, write_ts);
                let at = laid.map_err(|e| self.stop(e, true))?;
                self.write_ts.forward(at);
                self.out.locks.push(LockChange::Intent(key.clone(), at));
            }
            (Mode::Version, txn) => {
                let (at, before) = (self.input.write_ts, self.written.contains(key));
                match state.put_version(&mut self.workspace, value, txn, at, before) {
                    Ok(()) => {}
                    Err(MvccError::TooOld { actual, .. }) if !self.input.can_forward => {
                        return Err(Stop::NotOnePhase(actual.next()));
                    }
                    Err(e) => return Err(self.stop(e, true)),
                }
                if self.several {
                    self.written.insert(key.clone());
                }
                if let Some(txn) = txn {
                    self.out.locks.push(LockChange::Released(Span::point(key.clone()), txn.id));
                }
            }
            (Mode::Intent, None) => return Err(KvError::bug("an intent without a transaction").into()),
        }
        Ok(())
    }

    pub(super) fn put(&mut self, key: &Key, value: Option<Bytes>, sequence: u32) -> Result<Reply, Stop> {
        let state = self.load(key)?;
        self.store(key, state, value, sequence)?;
        Ok(Reply::Done(DoneReply::default()))
    }

    pub(super) fn conditional_put(&mut self, index: usize, r: &ConditionalPut) -> Result<Reply, Stop> {
        let state = self.load(&r.key)?;
        let written = state.written_by(self.input.txn, r.sequence).map_err(|e| self.stop(e, true))?;
        if written == Some(Some(r.value.clone())) {
            return Ok(Reply::Done(DoneReply::default()));
        }
        let actual = state.value_before(&self.read_at(true), r.sequence).map_err(|e| self.stop(e, true))?;
        if actual != r.expected {
            let failed = ConditionFailed { index: index as u32, key: r.key.clone(), actual };
            return Err(Stop::Failed {
                error: KvError::ConditionFailed(failed),
                reads: vec![Span::point(r.key.clone())],
            });
        }
        self.store(&r.key, state, Some(r.value.clone()), r.sequence)?;
        Ok(Reply::Done(DoneReply::default()))
    }

    pub(super) fn increment(&mut self, r: &Increment) -> Result<Reply, Stop> {
        let state = self.load(&r.key)?;
        let written = state.written_by(self.input.txn, r.sequence).map_err(|e| self.stop(e, true))?;
        if let Some(value) = written {
            return Ok(Reply::Increment(IncrementReply { value: counter(value.as_ref())? }));
        }
        let before = state.value_before(&self.read_at(true), r.sequence).map_err(|e| self.stop(e, true))?;
        let before = counter(before.as_ref())?;
        let Some(value) = before.checked_add(r.by) else {
            let text = format!("counter at {before} moved by {} leaves 64 bits", r.by);
            return Err(KvError::CounterOverflow(Message::new(text)).into());
        };
        self.store(&r.key, state, Some(Bytes::copy_from_slice(&value.to_be_bytes())), r.sequence)?;
        Ok(Reply::Increment(IncrementReply { value }))
    }
}

/// The counter in a value; absent is 0.
pub(super) fn counter(value: Option<&Bytes>) -> Result<i64, Stop> {
    let Some(value) = value else { return Ok(0) };
    let bytes: [u8; 8] = value[..].try_into().map_err(|_| {
        KvError::invalid(format!("a value of {} bytes is no counter, which has 8", value.len()))
    })?;
    Ok(i64::from_be_bytes(bytes))
}
