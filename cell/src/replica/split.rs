//! Cuts a range in two: where, and the command that does it.
//!
//! The right half's replicas are born on the same stores by apply; see `state` for the order of writes, and
//! `raft` for why `initialize` is not used.

use super::Replica;
use crate::{
    execute::Proposal,
    seam::{StateReader, StoreError},
};
use kv::{
    KvError, Lease, RangeDescriptor, ReplicaDescriptor, Span,
    command::{Change, Keyspace, Split},
    key, mvcc,
};

/// Why a key is no place to cut a range.
fn refuse(range: &RangeDescriptor, at: &[u8]) -> Option<String> {
    let meta = key::index_span(range.domicile(), key::TABLE_META, 1);
    if !range.contains(at) || range.span.start == at {
        return Some(format!("{} is not inside the range {}", key::Redacted(at), range.id()));
    }
    if meta.start.as_ref() < at && at < meta.end.as_ref() {
        return Some("the meta span of a domicile is never cut".to_owned());
    }
    None
}

/// Where a range must be cut first: the meta span of a domicile becomes a range of its own.
pub fn meta_cut(range: &RangeDescriptor) -> Option<kv::Key> {
    let end = key::index_span(range.domicile(), key::TABLE_META, 1).end;
    (range.contains(&end) && range.span.start < end).then_some(end)
}

/// Rows looked at between two yields to other tasks.
const SCAN_ROWS: usize = 2_000;

/// Bytes of the versions in `span`, and the first key at which at least `stop_at` bytes lie before it.
///
/// # Errors
/// The store failed.
pub async fn measure(
    snapshot: &dyn StateReader,
    span: &Span,
    stop_at: u64,
) -> Result<(u64, Option<kv::Key>), StoreError> {
    let mut from = kv::Bytes::copy_from_slice(&span.start);
    let mut bytes = 0u64;
    let mut previous = kv::Bytes::new();
    loop {
        let mut seen = 0;
        for pair in snapshot.range(Keyspace::Versions, &from, &span.end, false).take(SCAN_ROWS) {
            let (k, v) = pair?;
            let (user, _) = mvcc::split_version_key(&k).map_err(|e| StoreError::Corrupt(e.to_string()))?;
            if bytes >= stop_at && previous.as_ref() != user && !previous.is_empty() {
                return Ok((bytes, Some(kv::Bytes::copy_from_slice(user))));
            }
            previous = kv::Bytes::copy_from_slice(user);
            bytes += (k.len() + v.len()) as u64;
            seen += 1;
            from = key::next(&k);
        }
        if seen < SCAN_ROWS {
            return Ok((bytes, None));
        }
        tokio::task::yield_now().await;
    }
}

impl Replica {
    /// A key in the middle of the range's bytes at which it may be cut, if there is one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn split_key(&self) -> Result<Option<kv::Key>, StoreError> {
        let range = self.descriptor();
        if let Some(cut) = meta_cut(&range) {
            return Ok(Some(cut));
        }
        let snapshot = self.shared.state.snapshot();
        let half = self.applied().bytes / 2;
        let (_, middle) = measure(&*snapshot, &range.span, half).await?;
        Ok(middle.filter(|k| refuse(&range, k).is_none()))
    }
    /// See `RangeReplica::admin_split`.
    pub(super) async fn split_at(&self, lease: &Lease, at: &[u8]) -> Result<(), KvError> {
        let range = self.descriptor();
        if range.span.start == at {
            return Ok(()); // a repeated request
        }
        if let Some(why) = refuse(&range, at) {
            return Err(KvError::invalid(why));
        }
        if let Some(cut) = meta_cut(&range).filter(|cut| cut.as_ref() != at) {
            return Err(KvError::invalid(format!(
                "the first cut of a domicile's first range is at {}",
                key::Redacted(&cut)
            )));
        }
        let host = self.shared.host().ok_or_else(|| KvError::unavailable("the cell is stopping"))?;
        let right_id = host.range_id().await?;
        let snapshot = self.shared.state.snapshot();
        let right_span = Span::new(kv::Bytes::copy_from_slice(at), range.span.end.clone());
        let (right_bytes, _) = measure(&*snapshot, &right_span, u64::MAX)
            .await
            .map_err(|e| KvError::Corrupt(kv::error::Message::new(e.to_string())))?;
        drop(snapshot);
        let mut left = (*range).clone();
        left.generation += 1;
        left.span.end = right_span.start.clone();
        // Replica ids are per range; the right half's begin anew, above 0 and apart from any store id by chance only.
        let replicas: Vec<ReplicaDescriptor> = range
            .replicas
            .iter()
            .zip(1u64..)
            .map(|(r, n)| ReplicaDescriptor { replica_id: n, store_id: r.store_id, kind: r.kind })
            .collect();
        let right_leader =
            replicas.iter().find(|r| r.store_id == self.shared.store_id.0).map_or(0, |r| r.replica_id);
        let right = RangeDescriptor {
            range_id: right_id.0,
            generation: left.generation,
            span: right_span,
            next_replica_id: replicas.len() as u64 + 1,
            replicas,
            domicile_id: range.domicile_id,
        };
        let read_summary = self.concurrency.read_summary();
        let split = Split { left, right, read_summary, right_leader, right_bytes };
        self.propose_command(lease, Proposal::default(), Some(Change::Split(split))).await?;
        Ok(())
    }
}
