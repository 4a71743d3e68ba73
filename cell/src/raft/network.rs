//! A group's messages over the cell's peer transport, and their way into a group at the other end.
//!
//! Appends are pipelined: each is queued in call order and answers are awaited in order. The receiver polls its group
//! once before it returns, so that the order of the connection is the order of the group.

use super::{LogId, Member, Raft, Types, codec, codec::kind};
use crate::transport::{PeerTransport, RaftRequest, TransportError};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, future::BoxFuture};
use kv::{RangeId, ReplicaId, StoreId};
use openraft::{
    AnyError, OptionalSend, RaftNetworkFactory, RaftNetworkV2,
    alias::{SnapshotOf, VoteOf},
    base::BoxStream,
    error::{RPCError, ReplicationClosed, StreamingError, Unreachable},
    network::RPCOption,
    raft::{
        AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult,
        TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Appends of one group to one follower that wait for their answer.
const APPENDS_IN_FLIGHT_MAX: usize = 32;
/// How long an append waits for its answer: longer than a slow sync, shorter than an election.
const APPEND_TIMEOUT: Duration = Duration::from_millis(2_000);

/// Counts what the simulator and the metrics want to see.
#[derive(Debug, Default)]
pub struct NetworkCounters {
    pub messages_sent: AtomicU64,
    /// A follower lags behind the purged log and would need a snapshot, which this build does not transfer.
    pub snapshots_refused: AtomicU64,
}

/// Makes a group's connections to its members.
#[derive(Clone)]
pub struct Network {
    pub range_id: RangeId,
    pub from_store: StoreId,
    pub from_replica: ReplicaId,
    pub transport: Arc<dyn PeerTransport>,
    pub counters: Arc<NetworkCounters>,
}

/// A group's connection to one member.
pub struct Peer {
    network: Network,
    to_store: StoreId,
    to_replica: ReplicaId,
}

impl RaftNetworkFactory<Types> for Network {
    type Network = Peer;
    async fn new_client(&mut self, target: u64, node: &Member) -> Peer {
        Peer { network: self.clone(), to_store: StoreId(node.store_id), to_replica: ReplicaId(target) }
    }
}

fn unreachable(why: impl std::fmt::Display) -> RPCError<Types> {
    RPCError::Unreachable(Unreachable::new(&AnyError::error(why)))
}

impl Network {
    /// Queues a message and returns the wait for its answer.
    pub fn call(
        &self,
        to_store: StoreId,
        to_replica: ReplicaId,
        kind: u8,
        payload: Bytes,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        self.counters.messages_sent.fetch_add(1, Ordering::Relaxed);
        let request = RaftRequest {
            range_id: self.range_id,
            from_store: self.from_store,
            from_replica: self.from_replica,
            to_replica,
            kind,
            payload,
        };
        self.transport.call(to_store, request)
    }
}

impl Peer {
    fn call(
        &self,
        kind: u8,
        payload: Bytes,
        ttl: Duration,
    ) -> impl Future<Output = Result<Bytes, RPCError<Types>>> + Send + use<> {
        let answer = self.network.call(self.to_store, self.to_replica, kind, payload);
        async move {
            match tokio::time::timeout(ttl, answer).await {
                Ok(answer) => answer.map_err(unreachable),
                Err(_) => Err(unreachable(format_args!("no answer within {} ms", ttl.as_millis()))),
            }
        }
    }
}

type AppendAnswer = Result<StreamAppendResult<Types>, RPCError<Types>>;

impl RaftNetworkV2<Types> for Peer {
    type SnapshotData = ();

    async fn append_entries(
        &mut self,
        r: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        let answer = self.call(kind::APPEND, codec::encode_append(&r), option.hard_ttl()).await?;
        codec::decode_append_reply(answer).map_err(unreachable)
    }
    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        _: RPCOption,
    ) -> BoxFuture<'s, Result<BoxStream<'s, AppendAnswer>, RPCError<Types>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + OptionalSend + Unpin + 'static,
    {
        // Errors are items of the stream, never of this call: openraft backs off only in the request stream, so an
        // `Err` from here would be retried in a hot loop (DEPENDENCIES 1.5).
        let me = &*self;
        let answers = input
            .map(move |r| {
                let prev: Option<LogId> = r.prev_log_id;
                let last = r.entries.last().map(|e| e.log_id).or(prev);
                let answer = me.call(kind::APPEND, codec::encode_append(&r), APPEND_TIMEOUT);
                async move {
                    let reply = codec::decode_append_reply(answer.await?).map_err(unreachable)?;
                    if prev.is_none() && reply.is_conflict() {
                        return Err(unreachable("a follower conflicts with the empty log"));
                    }
                    Ok(reply.into_stream_result(prev, last))
                }
            })
            .buffered(APPENDS_IN_FLIGHT_MAX)
            .boxed();
        async move { Ok(answers) }.boxed()
    }
    async fn vote(
        &mut self,
        r: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let answer = self.call(kind::VOTE, codec::encode_vote_request(&r), option.hard_ttl()).await?;
        codec::decode_vote_reply(answer).map_err(unreachable)
    }
    async fn pre_vote(
        &mut self,
        r: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let answer = self.call(kind::PRE_VOTE, codec::encode_vote_request(&r), option.hard_ttl()).await?;
        codec::decode_vote_reply(answer).map_err(unreachable)
    }
    async fn full_snapshot(
        &mut self,
        _: VoteOf<Types>,
        snapshot: SnapshotOf<Types, ()>,
        _: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        self.network.counters.snapshots_refused.fetch_add(1, Ordering::Relaxed);
        let why = AnyError::error("the follower needs a snapshot, which this build does not transfer");
        tracing::error!(
            range = %self.network.range_id, store = %self.to_store, replica = %self.to_replica,
            snapshot = ?snapshot.meta.last_log_id, "{why}"
        );
        Err(StreamingError::Unreachable(Unreachable::new(&why)))
    }
    async fn transfer_leader(
        &mut self,
        r: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        let answer = self.call(kind::TRANSFER, codec::encode_transfer(&r), option.hard_ttl()).await?;
        codec::decode_transfer_reply(answer, &r).map_err(unreachable)
    }
}

fn refused(e: impl std::fmt::Display) -> TransportError {
    TransportError::Refused(e.to_string())
}

/// Gives a message to its group. Queued in the group when this returns.
pub fn receive(raft: Raft, kind: u8, payload: Bytes) -> BoxFuture<'static, Result<Bytes, TransportError>> {
    let answer = tokio::task::unconstrained(async move {
        match kind {
            kind::APPEND => {
                let r = codec::decode_append(payload).map_err(refused)?;
                raft.append_entries(r).await.map(|a| codec::encode_append_reply(&a)).map_err(refused)
            }
            kind::VOTE => {
                let r = codec::decode_vote_request(payload).map_err(refused)?;
                raft.vote(r).await.map(|a| codec::encode_vote_reply(&a)).map_err(refused)
            }
            kind::PRE_VOTE => {
                let r = codec::decode_vote_request(payload).map_err(refused)?;
                raft.pre_vote(r).await.map(|a| codec::encode_vote_reply(&a)).map_err(refused)
            }
            kind::TRANSFER => {
                let r = codec::decode_transfer(payload).map_err(refused)?;
                raft.handle_transfer_leader(r)
                    .await
                    .map(|a| codec::encode_transfer_reply(&a))
                    .map_err(refused)
            }
            other => Err(refused(format_args!("unknown kind {other} of a Raft message"))),
        }
    });
    let mut answer = Box::pin(answer);
    // The first poll queues the message; the answer comes later.
    match (&mut answer).now_or_never() {
        Some(done) => Box::pin(std::future::ready(done)),
        None => answer,
    }
}
