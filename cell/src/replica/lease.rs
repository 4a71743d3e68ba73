//! Gets, extends and gives leases. Only a Raft leader asks; leadership follows the lease.
//!
//! ```text
//! none or expired --acquire--> held --half used, in use--> extended ...        idle: lapses, at no cost
//!                                \--transfer(target, read summary)--> held by the target, which then leads
//! ```

use super::{
    LEASE, Replica,
    propose::{Refused, Taken},
};
use crate::raft::WatchReceiver;
use kv::{
    KvError, Lease, StoreId, Timestamp,
    command::{COMMAND_VERSION, Change, Command, LeaseChange},
    error::Message,
};
use prost::Message as _;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// How long a request waits for a lease: an old one may have to expire, a leader may have to be elected.
const ACQUIRE_WAIT: Duration = Duration::from_millis(5_000);
/// How long it waits for a leader, or as leader for a quorum, before the sender is sent elsewhere.
const LEADER_WAIT: Duration = Duration::from_millis(1_000);
/// A replica without a leader asks for votes at most this often.
const ELECT_EVERY: Duration = Duration::from_millis(600);
/// How long one lease command may take.
const COMMAND_WAIT: Duration = Duration::from_millis(1_000);
const RETRY: Duration = Duration::from_millis(10);

fn lease_ns() -> u64 {
    u64::try_from(LEASE.as_nanos()).expect("three seconds")
}

/// What a try to get a lease came to.
enum Step {
    Held(Arc<Lease>),
    /// Look again after a while.
    Wait(Duration),
    /// Ask for votes, then look again.
    Elect,
    /// This leader is heard by no quorum: look again.
    NoQuorum,
}

impl Replica {
    /// See `RangeReplica::check_lease`.
    pub(super) fn look_at_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError> {
        let granted = self.granted.load(Ordering::Acquire);
        if granted > 0 && self.giving.load(Ordering::Acquire) != granted {
            let lease = self.lease();
            let at = at.max(self.shared.clock.now().to_timestamp());
            if lease.sequence == granted && lease.covers(at, self.shared.clock.max_offset_ns()) {
                self.used.store(true, Ordering::Relaxed);
                return Ok(lease);
            }
        }
        match self.fault() {
            Some(fault) => Err(self.corrupt(fault)),
            None => Err(self.not_leaseholder()),
        }
    }
    /// See `RangeReplica::acquire_lease`.
    pub(super) async fn get_lease(&self, at: Timestamp) -> Result<Arc<Lease>, KvError> {
        self.used.store(true, Ordering::Relaxed);
        let until = Instant::now() + ACQUIRE_WAIT;
        let mut elected: Option<Instant> = None;
        let mut leaderless: Option<Instant> = None;
        loop {
            if let Some(fault) = self.fault() {
                return Err(self.corrupt(fault));
            }
            let _one = self.acquiring.lock().await;
            let step = self.lease_step(at).await?;
            if matches!(step, Step::Wait(_)) {
                leaderless = None;
            } else if leaderless.get_or_insert_with(Instant::now).elapsed() > LEADER_WAIT {
                return match step {
                    Step::Held(lease) => Ok(lease),
                    _ => Err(KvError::unavailable(format!(
                        "range {} has no leader that {} knows of",
                        self.range_id, self.shared.store_id
                    ))),
                };
            }
            let wait = match step {
                Step::Held(lease) => return Ok(lease),
                Step::Wait(time) => time,
                Step::NoQuorum => RETRY,
                Step::Elect => {
                    if elected.is_none_or(|t| t.elapsed() >= ELECT_EVERY) {
                        elected = Some(Instant::now());
                        self.elect().await;
                    }
                    RETRY
                }
            };
            if Instant::now() + wait > until {
                return Err(KvError::unavailable(format!(
                    "no lease of range {} on {} within {} ms",
                    self.range_id,
                    self.shared.store_id,
                    ACQUIRE_WAIT.as_millis()
                )));
            }
            drop(_one);
            tokio::time::sleep(wait).await;
        }
    }
    async fn lease_step(&self, at: Timestamp) -> Result<Step, KvError> {
        if let Ok(lease) = self.look_at_lease(at) {
            return Ok(Step::Held(lease));
        }
        let (lease, now) = (self.lease(), self.shared.clock.now().to_timestamp());
        let offset = self.shared.clock.max_offset_ns();
        if at >= now.add_ns(lease_ns()).saturating_sub_ns(offset) {
            return Err(KvError::invalid(format!(
                "timestamp {at} lies too far in the future for a lease at {now}"
            )));
        }
        let running = lease.sequence > 0 && now < lease.expiration;
        if running && lease.replica_id != self.replica_id.0 {
            return Err(self.not_leaseholder());
        }
        let Some(raft) = self.raft() else { return Ok(Step::Wait(RETRY)) };
        if !raft.is_leader() {
            let leader = raft.server_metrics().borrow_watched().current_leader;
            return match leader {
                Some(l) if l != self.replica_id.0 => Err(self.not_leaseholder()),
                _ => Ok(Step::Elect),
            };
        }
        let granted = self.granted.load(Ordering::Acquire);
        let giving = self.giving.load(Ordering::Acquire) == lease.sequence && lease.sequence > 0;
        let change = if granted == lease.sequence && granted > 0 && !giving {
            Lease { expiration: now.add_ns(lease_ns()).max(lease.expiration), ..(*lease).clone() }
        } else if running {
            // Of a former process on this store, or being given over: wait until it has ended.
            let left = Duration::from_nanos(lease.expiration.wall_ns.saturating_sub(now.wall_ns));
            return Ok(Step::Wait(left.clamp(Duration::from_millis(1), Duration::from_millis(100))));
        } else {
            let start = now.max(lease.expiration);
            Lease {
                sequence: lease.sequence + 1,
                replica_id: self.replica_id.0,
                store_id: self.shared.store_id.0,
                start,
                expiration: start.add_ns(lease_ns()),
                kind: 0,
            }
        };
        let heard =
            self.ask(&lease, LeaseChange { lease: change, read_summary: None, transfer: false }).await?;
        match self.look_at_lease(at) {
            Ok(lease) => Ok(Step::Held(lease)),
            Err(_) if heard => Ok(Step::Wait(RETRY)),
            Err(_) => Ok(Step::NoQuorum),
        }
    }
    /// Proposes a lease that follows `before` and waits until it is decided (or for a while). Says whether a quorum
    /// took part.
    async fn ask(&self, before: &Lease, change: LeaseChange) -> Result<bool, KvError> {
        let new = change.lease.sequence != before.sequence;
        if new && !change.transfer {
            self.asked.lock().push(change.lease.start);
        }
        let command = Command {
            version: COMMAND_VERSION,
            range_id: self.range_id.0,
            lease_sequence: before.sequence,
            change: Some(Change::Lease(change)),
            ..Default::default()
        };
        let taken = match self.hand_over(command.encode_to_vec().into()).await {
            Ok(taken) => taken,
            Err(Refused::NotLeader) => return Ok(false),
            Err(Refused::Stopped) => {
                let text = format!("range {} has stopped on {}", self.range_id, self.shared.store_id);
                return Err(KvError::NotServing(Message::new(text)));
            }
        };
        match tokio::time::timeout(COMMAND_WAIT, taken).await {
            Ok(Taken::Applied) => {
                if !new {
                    self.shared.counters.leases_extended.fetch_add(1, Ordering::Relaxed);
                }
                Ok(true)
            }
            Ok(Taken::NotLeader | Taken::Forgotten) | Err(_) => Ok(false),
        }
    }
    async fn elect(&self) {
        if let Some(raft) = self.raft() {
            drop(raft.trigger().elect(true).await);
        }
    }
    /// Extends the lease when half of it is used and the range was in use. For the maintenance of the cell.
    pub(crate) async fn extend_if_due(&self) {
        let lease = self.lease();
        if self.granted.load(Ordering::Acquire) != lease.sequence || lease.sequence == 0 {
            return;
        }
        if self.giving.load(Ordering::Acquire) == lease.sequence || !self.is_raft_leader() {
            return;
        }
        let now = self.shared.clock.now().to_timestamp();
        if now.add_ns(lease_ns() / 2) < lease.expiration || !self.used.swap(false, Ordering::Relaxed) {
            return;
        }
        let Ok(_one) = self.acquiring.try_lock() else { return };
        let longer = Lease { expiration: now.add_ns(lease_ns()).max(lease.expiration), ..(*lease).clone() };
        drop(self.ask(&lease, LeaseChange { lease: longer, read_summary: None, transfer: false }).await);
    }
    /// See `RangeReplica::transfer_lease`.
    pub(super) async fn give_lease(&self, target: StoreId) -> Result<(), KvError> {
        if target == self.shared.store_id {
            return self.get_lease(Timestamp::ZERO).await.map(drop);
        }
        let held = self.get_lease(Timestamp::ZERO).await?;
        let _one = self.acquiring.lock().await;
        let lease = self.look_at_lease(Timestamp::ZERO)?;
        if lease.sequence != held.sequence {
            return Err(self.not_leaseholder());
        }
        let to =
            self.descriptor().replica_on(target).cloned().ok_or_else(|| {
                KvError::invalid(format!("range {} has no replica on {target}", self.range_id))
            })?;
        // From here on nothing is served under the lease, so the summary is final.
        self.giving.store(lease.sequence, Ordering::Release);
        let summary = self.concurrency.read_summary();
        let start = self.shared.clock.now().to_timestamp().max(lease.start.next());
        let given = Lease {
            sequence: lease.sequence + 1,
            replica_id: to.replica_id,
            store_id: to.store_id,
            start,
            expiration: start.add_ns(lease_ns()).max(lease.expiration),
            kind: 0,
        };
        self.ask(&lease, LeaseChange { lease: given, read_summary: Some(summary), transfer: true }).await?;
        if self.lease().sequence <= lease.sequence {
            // Undecided: the lease stays blocked until it has expired, for the transfer may still be applied.
            return Err(KvError::unavailable(format!(
                "the lease of range {} was not given over in time",
                self.range_id
            )));
        }
        self.shared.counters.leases_transferred.fetch_add(1, Ordering::Relaxed);
        if let Some(raft) = self.raft() {
            drop(raft.trigger().transfer_leader(to.replica_id).await);
        }
        Ok(())
    }
    /// Gives the group's leadership to the holder of a lease that runs. For the maintenance of the cell.
    pub(crate) async fn follow_lease(&self) {
        let lease = self.lease();
        let now = self.shared.clock.now().to_timestamp();
        let elsewhere = lease.sequence > 0 && lease.replica_id != self.replica_id.0 && now < lease.expiration;
        if let (true, Some(raft)) = (elsewhere && self.is_raft_leader(), self.raft()) {
            drop(raft.trigger().transfer_leader(lease.replica_id).await);
        }
    }
}
