//! LookupRange and RegisterWait: what a range knows besides rows. Neither waits nor writes.

use super::{Evaluator, Stop};
use crate::{mvcc::read, seam::StateReader};
use kv::{
    Bytes, Key, KvError, RangeDescriptor, Reply, Timestamp, TxnId,
    command::Keyspace,
    key,
    mvcc::{self, LockRecord},
    reply::{LookupRangeReply, RegisterWaitReply},
    request::{LookupRange, RegisterWait},
};
use prost::Message as _;
use std::collections::BTreeMap;

/// Descriptors that one look-up returns at most.
const RANGES_MAX: u32 = 256;
/// A registration lives so long at most.
const WAIT_TTL_MS_MAX: u64 = 60_000;

impl Evaluator<'_> {
    /// Reads the meta rows from `key` on: the newest value of each, provisional or not, for they are hints.
    pub(super) fn lookup_range(&mut self, r: &LookupRange) -> Result<Reply, Stop> {
        let domicile = key::domicile_of(&r.key).map_err(|e| KvError::invalid(e.to_string()))?;
        let span = key::meta_lookup_span(domicile, &r.key);
        let wanted = r.ranges_max.clamp(1, RANGES_MAX) as usize;
        let mut rows: BTreeMap<Key, Option<Bytes>> = BTreeMap::new();
        let locks = self.workspace.range(Keyspace::Locks, &span.start, &span.end, false);
        for row in locks.take(wanted) {
            let (key, bytes) = row.map_err(Self::bad_row)?;
            let lock = LockRecord::decode_from(&bytes).map_err(Self::bad_row)?;
            if let Some(newest) = lock.history.last() {
                rows.insert(key, newest.value.clone());
            }
        }
        let mut ranges = Vec::new();
        let mut start = span.start.to_vec();
        while ranges.len() < wanted {
            let version =
                self.workspace.first(Keyspace::Versions, &start, &span.end).map_err(Self::bad_row)?;
            let committed = match version {
                None => None,
                Some((found, value)) => {
                    let (key, _) = mvcc::split_version_key(&found).map_err(Self::bad_row)?;
                    start = read::after_versions(key);
                    Some((found.slice(..key.len()), mvcc::decode_version(&value).map_err(Self::bad_row)?))
                }
            };
            // Provisional rows before (or at) the committed one come first (or instead).
            while let Some((key, _)) = rows.first_key_value() {
                if committed.as_ref().is_some_and(|(c, _)| key > c) {
                    break;
                }
                let same = committed.as_ref().is_some_and(|(c, _)| key == c);
                let Some((_, value)) = rows.pop_first() else { break };
                ranges.extend(value.map(RangeDescriptor::decode).transpose().map_err(Self::bad_row)?);
                if same {
                    break;
                }
            }
            match committed {
                None => break,
                Some((_, value)) => {
                    ranges.extend(value.map(RangeDescriptor::decode).transpose().map_err(Self::bad_row)?)
                }
            }
        }
        ranges.dedup_by(|a, b| a.span.end == b.span.end);
        ranges.truncate(wanted);
        // The cells of the ranges are added by the cell, which knows them.
        Ok(Reply::LookupRange(LookupRangeReply { ranges, cells: Vec::new() }))
    }

    pub(super) fn register_wait(&mut self, r: &RegisterWait) -> Result<Reply, Stop> {
        let id =
            |bytes: &Bytes| TxnId::from_slice(bytes).map_err(|e| Stop::from(KvError::invalid(e.to_string())));
        let waiter = id(&r.waiter_id)?;
        if !r.query_only {
            let holders = r.holder_ids.iter().map(id).collect::<Result<Vec<_>, _>>()?;
            let ttl_ms = r.ttl_ms.min(WAIT_TTL_MS_MAX);
            self.input.waits.register(waiter, r.waiter_start, holders, ttl_ms, self.input.now);
        }
        let (waiter_start, holders) =
            self.input.waits.of(waiter, self.input.now).unwrap_or((Timestamp::ZERO, Vec::new()));
        let holder_ids = holders.iter().map(|h| Bytes::copy_from_slice(&h.0)).collect();
        Ok(Reply::RegisterWait(RegisterWaitReply { holder_ids, waiter_start }))
    }
}
