//! Writes: buffered within a statement, flushed at its end (or earlier, when the buffer is full).

use crate::{
    TxnError,
    buffer::{BufferedWrite, WriteKind},
    coordinator::{Coordinator, REFRESHES_MAX},
    state::Phase,
};
use kv::{Key, KvError, Span, request::WaitPolicy};
use std::sync::Arc;

impl Coordinator {
    pub async fn write(self: &Arc<Self>, key: Key, kind: WriteKind, tag: u64) -> Result<(), TxnError> {
        if self.is_read_only() {
            return Err(TxnError::ReadOnly);
        }
        let full = {
            let state = &mut *self.state.lock();
            state.usable()?;
            let sequence = state.sequences.next();
            state.buffer.push(BufferedWrite { key, kind, sequence, tag });
            state.buffer.is_full()
        };
        if full { self.flush().await } else { Ok(()) }
    }
    /// Sends what is buffered, in parallel by range. A dropped or failed flush leaves the transaction usable for
    /// `rollback` and `rollback_to` only, because a part of the writes may be there.
    pub async fn flush(self: &Arc<Self>) -> Result<(), TxnError> {
        let _alone = self.flush_gate.lock().await;
        let writes = {
            let state = &mut *self.state.lock();
            state.usable()?;
            if state.buffer.is_empty() {
                return Ok(());
            }
            let writes = state.buffer.take();
            for w in &writes {
                state.footprint.lock(Span::point(w.key.clone()), true);
            }
            writes
        };
        self.start_heartbeat();
        let mut guard = IncompleteFlush { of: self, armed: true };
        self.send_writes(&writes).await?;
        guard.armed = false;
        Ok(())
    }
    async fn send_writes(&self, writes: &[BufferedWrite]) -> Result<(), TxnError> {
        let newest = writes.last().map_or(0, |w| w.sequence);
        for _ in 0..REFRESHES_MAX {
            let error = {
                let gate = self.enter().await;
                let header = {
                    let state = self.state.lock();
                    state.usable()?;
                    let mut header = self.header(&state, newest, WaitPolicy::Block)?;
                    header.can_forward_read_ts = gate.may_forward(&state);
                    header
                };
                match self.send(header, writes.iter().map(BufferedWrite::request).collect()).await {
                    Ok(_) => return Ok(()),
                    Err(error) => error,
                }
            };
            self.react_to_write(error, writes).await?;
        }
        Err(self.too_many_refreshes())
    }
    /// As `react`, and finds the tag of the write whose condition failed.
    pub async fn react_to_write(&self, error: KvError, writes: &[BufferedWrite]) -> Result<(), TxnError> {
        match error {
            KvError::ConditionFailed(e) => {
                let write = writes.get(e.index as usize).filter(|w| w.key == e.key);
                let write = write.or_else(|| writes.iter().find(|w| w.key == e.key));
                Err(TxnError::ConditionFailed {
                    tag: write.map_or(0, |w| w.tag),
                    key: e.key,
                    actual: e.actual,
                })
            }
            e => self.react(e).await,
        }
    }
    pub fn too_many_refreshes(&self) -> TxnError {
        let retry_at = self.state.lock().write_ts;
        let reason = format!("others wrote first, {REFRESHES_MAX} times in a row");
        let source = KvError::TxnRetry(kv::error::TxnRetry { retry_at, reason, key: Key::new() });
        TxnError::Restart { retry_at, source }
    }
}

/// Marks the transaction when a flush ends without success, by an error or by being dropped.
struct IncompleteFlush<'a> {
    of: &'a Coordinator,
    armed: bool,
}

impl Drop for IncompleteFlush<'_> {
    fn drop(&mut self) {
        let mut state = self.of.state.lock();
        if self.armed && matches!(state.phase, Phase::Active) {
            state.phase = Phase::FlushIncomplete;
        }
    }
}
