//! The only home of openraft: one group's types, its log over the cell's log store, its state machine, its network.
//!
//! ```text
//! replica --propose--> openraft --append--> log.rs ----> LogStore (one sync for many groups)
//!                         |  \---network.rs --> PeerTransport --> the peer's network::receive --> openraft
//!                         \------machine.rs --> replica's Apply (one store write for a run of entries)
//! ```
//! Facts that lose data if ignored (DEPENDENCIES 1.5): a restarted leader never leads by the memory of its last vote
//! (`enable_leader_restore` is off); votes and appends of a group go through one queue; `shutdown` does not wait for
//! the state machine, so whoever starts a group again waits for [`machine::Alive`] first.

pub mod codec;
pub mod log;
pub mod machine;
pub mod network;

// What replicas need of openraft: its types are named in this module only.
pub(crate) use openraft::{
    EntryPayload, async_runtime::WatchReceiver, entry::RaftEntry, error::ClientWriteError,
    impls::ProgressResponder, raft::ClientWriteResult,
};

use bytes::Bytes;
use openraft::{SnapshotPolicy, alias, impls::leader_id_adv, vote::RaftLeaderId};
use std::{fmt, sync::Arc};

/// The runtime of all groups: tokio, with randomness from a seed in a task-local. Every `Raft::new` runs within
/// [`scope`].
pub type Runtime = openraft_rt::deterministic_rng::DeterministicRng<openraft::TokioRuntime>;

/// Runs `future`, and the tasks that openraft spawns in it, with randomness from `seed`.
pub async fn scope<F: Future>(seed: u64, future: F) -> F::Output {
    Runtime::scope(seed, future).await
}

/// What a log entry carries: an encoded `kv::command::Command`.
#[derive(Clone, PartialEq, Eq)]
pub struct Data(pub Bytes);

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "command of {} bytes", self.0.len())
    }
}
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
impl serde::Serialize for Data {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for Data {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize(d).map(|v| Data(v.into()))
    }
}

/// A member: on which store a replica lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Member {
    pub store_id: u64,
}

openraft::declare_raft_types!(
    /// Types of a range's group. A node id is a replica id.
    pub Types:
        D = Data,
        R = (),
        NodeId = u64,
        Node = Member,
        Term = u64,
        LeaderId = leader_id_adv::LeaderId<u64, u64>,
        AsyncRuntime = Runtime,
);

pub type Raft = openraft::Raft<Types, machine::Machine>;
pub type LogId = alias::LogIdOf<Types>;
pub type Vote = alias::VoteOf<Types>;
pub type Entry = alias::EntryOf<Types>;
pub type Membership = openraft::Membership<u64, Member>;
pub type StoredMembership = alias::StoredMembershipOf<Types>;
pub type Config = openraft::Config;
pub type Metrics = openraft::RaftMetrics<Types>;

/// The log id of `index`, written by the leader `replica` of `term`.
pub fn log_id(term: u64, replica: u64, index: u64) -> LogId {
    LogId::new(leader_id_adv::LeaderId::new(term, replica), index)
}
/// A vote for `replica` that no quorum has granted yet.
pub fn vote(term: u64, replica: u64) -> Vote {
    Vote::new(term, replica)
}

/// Index at which a group begins: what is below was never a log entry. `initialize` is not used (DEPENDENCIES 1.5).
pub const SEED_INDEX: u64 = 10;
/// Term of the seed; the first election is of a later one.
pub const SEED_TERM: u64 = 1;

/// Time between two heartbeats of a leader, milliseconds.
pub const HEARTBEAT_MS: u64 = 500;
/// A follower that hears nothing for a time between these two asks for votes, milliseconds.
pub const ELECTION_MIN_MS: u64 = 1_200;
pub const ELECTION_MAX_MS: u64 = 2_000;
/// Entries in one append message.
const PAYLOAD_ENTRIES_MAX: u64 = 128;

/// The configuration of every group.
pub fn config() -> Arc<Config> {
    let config = Config {
        cluster_name: "meridian".to_owned(),
        heartbeat_interval: HEARTBEAT_MS,
        election_timeout_min: ELECTION_MIN_MS,
        election_timeout_max: ELECTION_MAX_MS,
        max_payload_entries: PAYLOAD_ENTRIES_MAX,
        // A snapshot is metadata, built when the durable index has moved and before a purge (replica::truncate).
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: u64::MAX,
        api_channel_size: Some(1024),
        notification_channel_size: Some(1024),
        state_machine_channel_size: Some(256),
        enable_pre_vote: Some(true),
        enable_leader_restore: Some(false),
        backoff: "20ms 50ms 100ms 200ms ...200ms".to_owned(),
        ..Config::default()
    };
    Arc::new(config.validate().expect("constants that fit together"))
}
