//! Hands commands to the group and learns their fate.
//!
//! A proposal that the group refuses at its door (no leader here, or no quorum heard yet) was certainly not appended and
//! may be handed over again at a new lease index. Once appended, only apply decides; see `proposals`.

use super::{Replica, proposals::Fate};
use crate::raft::{ClientWriteError, ClientWriteResult, ProgressResponder};
use crate::{
    execute::{Applied, Proposal, ProposeError},
    raft::{Data, Types},
};
use kv::{
    Bytes, KvError, Lease, Timestamp,
    command::{COMMAND_VERSION, Change, Command},
    error::Message,
};
use prost::Message as _;
use std::{sync::atomic::Ordering, time::Duration};
use tokio::{sync::oneshot, time::Instant};

/// How far the closed timestamp follows behind the clock, nanoseconds.
const CLOSED_LAG_NS: u64 = 3_000_000_000;
/// How long a proposal waits for its replica to become leader (again) before the sender is sent elsewhere.
const LEADERSHIP_WAIT: Duration = Duration::from_millis(1_500);
/// A proposal without a fate is given up when its lease has long expired: after this long at least. That is safe for
/// the latches, because the next lease is applied after it or instead of it.
const FATE_WAIT: Duration = Duration::from_millis(6_000);
/// Time between two tries.
const RETRY: Duration = Duration::from_millis(10);

/// Why the group did not take a command. It is certainly not in the log.
#[derive(Debug)]
pub(super) enum Refused {
    /// Not the leader, or a leader that no quorum has answered yet.
    NotLeader,
    Stopped,
}

/// What the group says of a command that it took.
pub(super) enum Taken {
    Applied,
    /// Refused at the door after all.
    NotLeader,
    /// The group forgot it; it may yet be applied.
    Forgotten,
}

impl Replica {
    /// Hands one command to the group.
    pub(super) async fn hand_over(
        &self,
        bytes: Bytes,
    ) -> Result<impl Future<Output = Taken> + Send + use<>, Refused> {
        let raft = self.raft().ok_or(Refused::Stopped)?;
        if !raft.is_leader() {
            return Err(Refused::NotLeader);
        }
        let (responder, done) = ProgressResponder::<Types, ClientWriteResult<Types>>::complete_only();
        raft.write(Data(bytes)).responder(responder).await.map_err(|_| Refused::Stopped)?;
        Ok(async move {
            match done.await {
                Ok(Ok(_)) => Taken::Applied,
                Ok(Err(ClientWriteError::ForwardToLeader(_))) => Taken::NotLeader,
                Ok(Err(_)) | Err(_) => Taken::Forgotten,
            }
        })
    }

    /// Replicates a command of the range's data order; see `RangeReplica::propose`.
    pub(super) async fn propose_command(
        &self,
        lease: &Lease,
        proposal: Proposal,
        change: Option<Change>,
    ) -> Result<Applied, ProposeError> {
        let Proposal { writes, bytes_delta } = proposal;
        let mut command = Command {
            version: COMMAND_VERSION,
            range_id: self.range_id.0,
            lease_sequence: lease.sequence,
            lease_index: 0,
            closed: Timestamp::ZERO,
            writes: writes.into_bytes(),
            change,
            bytes_delta,
        };
        let _in_flight = self.proposals.begin(command.writes.len());
        self.shared.counters.proposals.fetch_add(1, Ordering::Relaxed);
        let until = Instant::now() + LEADERSHIP_WAIT;
        loop {
            match self.propose_once(lease, &mut command).await? {
                Some(applied) => return Ok(applied),
                None if Instant::now() >= until => {
                    return Err(ProposeError::NotApplied(self.not_leaseholder()));
                }
                None => {
                    self.shared.counters.proposals_retried.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
    /// `None`: not taken, certainly not applied, try again.
    async fn propose_once(
        &self,
        lease: &Lease,
        command: &mut Command,
    ) -> Result<Option<Applied>, ProposeError> {
        if let Some(fault) = self.fault() {
            return Err(ProposeError::NotApplied(self.corrupt(fault)));
        }
        let mut order = self.order.lock().await;
        if self.granted.load(Ordering::Acquire) != lease.sequence {
            return Err(ProposeError::NotApplied(self.not_leaseholder()));
        }
        *order = (*order).max(self.order_floor.load(Ordering::Acquire));
        command.lease_index = *order;
        command.closed = self.closed_for(&self.lease());
        let place = (command.lease_sequence, command.lease_index);
        let mut fate = self.proposals.wait(place);
        let taken = match self.hand_over(command.encode_to_vec().into()).await {
            Ok(taken) => taken,
            Err(refused) => {
                drop(order);
                self.proposals.forget(place);
                return match refused {
                    Refused::NotLeader => Ok(None),
                    Refused::Stopped => Err(ProposeError::NotApplied(KvError::NotServing(Message::new(
                        format!("range {} has stopped on {}", self.range_id, self.shared.store_id),
                    )))),
                };
            }
        };
        *order += 1;
        drop(order);
        tokio::pin!(taken);
        let fate = tokio::select! {
            biased;
            fate = &mut fate => fate,
            taken = &mut taken => match taken {
                Taken::NotLeader => {
                    self.proposals.forget(place);
                    return Ok(None);
                }
                Taken::Applied | Taken::Forgotten => self.await_fate(lease, &mut fate).await,
            },
            lapsed = self.lapsed(lease) => lapsed,
        };
        match fate {
            Ok(Fate::Applied) => Ok(Some(Applied { lease_index: place.1 })),
            Ok(Fate::Dropped) if self.granted.load(Ordering::Acquire) == lease.sequence => {
                Err(ProposeError::NotApplied(KvError::unavailable(
                    "a later command of the same lease came first",
                )))
            }
            Ok(Fate::Dropped) => Err(ProposeError::NotApplied(self.not_leaseholder())),
            Err(_) => Err(ProposeError::Unknown(format!(
                "range {} on {} lost its quorum or stopped with the proposal in flight",
                self.range_id, self.shared.store_id
            ))),
        }
    }
    /// Ends when the lease has long expired and was not extended.
    async fn lapsed(&self, lease: &Lease) -> Result<Fate, oneshot::error::RecvError> {
        loop {
            tokio::time::sleep(FATE_WAIT).await;
            let (now, current) = (self.shared.clock.now().to_timestamp(), self.lease());
            if current.sequence == lease.sequence && now > current.expiration {
                // As if the waiter had been abandoned.
                let (tx, rx) = oneshot::channel();
                drop(tx);
                return rx.await;
            }
        }
    }
    async fn await_fate(
        &self,
        lease: &Lease,
        fate: &mut oneshot::Receiver<Fate>,
    ) -> Result<Fate, oneshot::error::RecvError> {
        tokio::select! {
            biased;
            fate = fate => fate,
            lapsed = self.lapsed(lease) => lapsed,
        }
    }
    /// What the next command may close: some time ago, below every evaluation in flight and below the lease's end.
    fn closed_for(&self, lease: &Lease) -> Timestamp {
        let now = self.shared.clock.now().to_timestamp();
        let end = lease.expiration.saturating_sub_ns(self.shared.clock.max_offset_ns()).prev();
        self.concurrency.closed_target(now.saturating_sub_ns(CLOSED_LAG_NS).min(end))
    }
}
