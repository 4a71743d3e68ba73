//! One transaction's coordinator: its state and what it needs to send. The interceptors are in the files that follow.

use crate::{
    Clock, Entropy, Sender, TxnError, TxnOptions,
    resolve::{Ended, Resolver},
    state::{Phase, State},
};
use kv::{
    BatchReply, BatchRequest, Header, KvError, Request, Timestamp, TxnId, TxnStatus, request::WaitPolicy,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// What all transactions of a process share.
pub(crate) struct Services {
    pub sender: Arc<dyn Sender>,
    pub clock: Arc<Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub resolver: Resolver,
    pub gateway_region: String,
}

/// How often one request may move the read timestamp before the transaction must restart.
pub(crate) const REFRESHES_MAX: usize = 10;

pub(crate) struct Coordinator {
    pub id: TxnId,
    /// The clock at BEGIN.
    pub start_ts: Timestamp,
    pub options: TxnOptions,
    pub services: Arc<Services>,
    pub state: Mutex<State>,
    /// Reads share it; a refresh is alone, so that no read at the old timestamp is under way while it moves.
    pub read_gate: tokio::sync::RwLock<()>,
    /// One flush at a time: sequence numbers reach a key in order.
    pub flush_gate: tokio::sync::Mutex<()>,
    pub heartbeat_gate: Arc<tokio::sync::Mutex<()>>,
}

impl Coordinator {
    pub fn new(services: Arc<Services>, options: TxnOptions) -> Arc<Coordinator> {
        let now = services.clock.now();
        let (read_ts, limit) = match options.start {
            Some(at) => (at, at),
            None => {
                let at = now.to_timestamp().max(options.not_before);
                (at, services.clock.uncertainty_limit(now).max(at))
            }
        };
        Arc::new(Coordinator {
            id: services.entropy.txn_id(),
            start_ts: now.to_timestamp(),
            state: Mutex::new(State::new(read_ts, limit, &options)),
            options,
            services,
            read_gate: Default::default(),
            flush_gate: Default::default(),
            heartbeat_gate: Default::default(),
        })
    }
    pub fn is_read_only(&self) -> bool {
        self.options.read_only || self.options.start.is_some()
    }
    /// The header of a batch of this transaction.
    ///
    /// # Errors
    /// The statement's deadline has passed.
    pub fn header(&self, state: &State, sequence: u32, wait: WaitPolicy) -> Result<Header, TxnError> {
        let timeout_ms = state.timeout_ms()?;
        Ok(Header { timeout_ms, ..self.header_without_deadline(state, sequence, wait) })
    }
    pub fn header_without_deadline(&self, state: &State, sequence: u32, wait: WaitPolicy) -> Header {
        Header {
            txn: Some(state.proto(self.id, self.start_ts, sequence)),
            wait_policy: wait as i32,
            lock_timeout_ms: state.lock_timeout_ms,
            principal: if self.options.principal.is_empty() {
                "system".into()
            } else {
                self.options.principal.clone()
            },
            gateway_region: self.services.gateway_region.clone(),
            follower_read: self.options.follower_read && self.options.start.is_some(),
            ..Default::default()
        }
    }
    /// Sends, and learns from the reply or the error what concerns the whole transaction.
    pub async fn send(&self, header: Header, requests: Vec<Request>) -> Result<BatchReply, KvError> {
        let forwarded = header.can_forward_read_ts;
        let result = self.services.sender.send(BatchRequest::new(header, requests)).await;
        let mut state = self.state.lock();
        match &result {
            Ok(reply) => state.absorb(reply, forwarded),
            Err(e @ (KvError::TxnAborted(_) | KvError::Deadlock(_))) => state.mark_aborted(e),
            Err(_) => {}
        }
        result
    }
    /// The gate for requests that may move the read timestamp: alone and allowed to, or with others and not.
    pub async fn enter(&self) -> Gate<'_> {
        let first = self.options.start.is_none() && self.state.lock().may_forward();
        if first && let Ok(alone) = self.read_gate.try_write() {
            return Gate::Alone(alone);
        }
        Gate::Shared(self.read_gate.read().await)
    }
    /// Ends the transaction as aborted and says what must be cleaned up, if anything.
    pub fn abandon(&self) -> Option<Ended> {
        let state = &mut *self.state.lock();
        let (gone, aborted) = match &state.phase {
            Phase::Ended | Phase::Deciding => (true, false),
            Phase::Aborted(_) => (false, true),
            Phase::Active | Phase::FlushIncomplete => (false, false),
        };
        if gone {
            return None;
        }
        state.phase = Phase::Ended;
        state.buffer.take();
        let footprint = std::mem::take(&mut state.footprint);
        if footprint.is_empty() {
            return None;
        }
        // Whoever aborted this transaction may have written a record that no heartbeat has made.
        let may_have_record = |d: kv::DomicileId| aborted || footprint.has_record(d);
        let local = |d: kv::DomicileId| footprint.domiciles.contains_key(&d);
        let system = kv::DomicileId::SYSTEM;
        let deciding = (!local(system)
            && may_have_record(system)
            && (footprint.has_deciding_record || footprint.written().count() > 1))
            .then(|| kv::key::txn_record(system, self.id));
        Some(Ended {
            id: self.id,
            status: TxnStatus::Aborted,
            commit_ts: state.write_ts,
            epoch: 0,
            ignored: Vec::new(),
            domiciles: footprint
                .domiciles
                .iter()
                .map(|(d, f)| (*d, f.locks.to_vec(), may_have_record(*d)))
                .collect(),
            deciding,
            txn: Some(state.proto(self.id, self.start_ts, state.sequences.last())),
            heartbeat: self.heartbeat_gate.clone(),
        })
    }
}

/// Held while a read or a write is under way.
pub(crate) enum Gate<'a> {
    Alone(#[allow(dead_code)] tokio::sync::RwLockWriteGuard<'a, ()>),
    Shared(#[allow(dead_code)] tokio::sync::RwLockReadGuard<'a, ()>),
}

impl Gate<'_> {
    /// Whether the range may move the read timestamp.
    pub fn may_forward(&self, state: &State) -> bool {
        matches!(self, Gate::Alone(_)) && state.may_forward()
    }
}

/// A transaction whose last handle is dropped without an end is rolled back in the background.
impl Drop for Coordinator {
    fn drop(&mut self) {
        if let Some(ended) = self.abandon() {
            tracing::debug!(txn = %self.id, name = %self.options.name, "dropped without an end: rolling back");
            self.services.resolver.submit_or_leave(ended);
        }
    }
}
