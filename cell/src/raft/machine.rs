//! The state machine that openraft drives: hands runs of committed entries to the replica.

use super::{Entry, LogId, StoredMembership, Types};
use futures::{Stream, StreamExt, future::BoxFuture};
use openraft::{
    OptionalSend, RaftSnapshotBuilder, Snapshot, SnapshotMeta,
    alias::{SnapshotMetaOf, SnapshotOf},
    storage::{EntryResponder, RaftStateMachine},
};
use std::{io, sync::Arc};

/// What applies a range's log. Called by one task, in log order.
pub trait Apply: Send + Sync {
    /// Applied log id and membership, as they are in the state store.
    fn applied(&self) -> (Option<LogId>, StoredMembership);
    /// Applies a run of entries in order as one write of the state store (more than one if an entry demands it).
    ///
    /// # Errors
    /// Stops the replica for good, by name.
    fn apply(&self, entries: Vec<Entry>) -> BoxFuture<'_, io::Result<()>>;
}

/// Held by everything of a group that may still write to its state; see [`wait_until_gone`].
pub type Alive = Arc<()>;

/// Waits until no state machine worker holds `alive`: only then may the group be started again (DEPENDENCIES 1.5).
pub async fn wait_until_gone(alive: Alive) {
    /// The worker ends within a few polls of `shutdown`.
    const STEP: std::time::Duration = std::time::Duration::from_millis(1);
    while Arc::strong_count(&alive) > 1 {
        tokio::time::sleep(STEP).await;
    }
}

/// Entries in one run.
const RUN_ENTRIES_MAX: usize = 256;

/// openraft's view of a replica.
pub struct Machine {
    target: Arc<dyn Apply>,
    _alive: Alive,
}

impl Machine {
    pub fn new(target: Arc<dyn Apply>, alive: Alive) -> Machine {
        Machine { target, _alive: alive }
    }
    fn snapshot(&self) -> SnapshotOf<Types, ()> {
        let (last_log_id, last_membership) = self.target.applied();
        Snapshot { meta: SnapshotMeta { last_log_id, last_membership }, snapshot: () }
    }
}

/// A snapshot is metadata only: what was applied when it was asked for.
pub struct Builder(SnapshotOf<Types, ()>);

impl RaftSnapshotBuilder<Types> for Builder {
    type SnapshotData = ();
    async fn build_snapshot(&mut self) -> io::Result<SnapshotOf<Types, ()>> {
        Ok(self.0.clone())
    }
}

impl RaftStateMachine<Types> for Machine {
    type SnapshotData = ();
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        Ok(self.target.applied())
    }
    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<Types>>> + Unpin + OptionalSend,
    {
        loop {
            let mut run = Vec::new();
            let mut responders = Vec::new();
            while run.len() < RUN_ENTRIES_MAX {
                let Some(item) = entries.next().await else { break };
                let (entry, responder) = item?;
                run.push(entry);
                responders.extend(responder);
            }
            if run.is_empty() {
                return Ok(());
            }
            self.target.apply(run).await?;
            responders.into_iter().for_each(|r| r.send(()));
        }
    }
    async fn get_snapshot_builder(&mut self) -> Builder {
        Builder(self.snapshot())
    }
    async fn install_snapshot(&mut self, _: &SnapshotMetaOf<Types>, (): ()) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this build does not transfer snapshots"))
    }
    async fn get_current_snapshot(&mut self) -> io::Result<Option<SnapshotOf<Types, ()>>> {
        let snapshot = self.snapshot();
        Ok(snapshot.meta.last_log_id.is_some().then_some(snapshot))
    }
}
