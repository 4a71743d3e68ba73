//! Scans of a span, forward and in reverse, within limits.
//!
//! Locks and versions are walked side by side. A key's versions lie together, newest first (oldest first in reverse).

use super::{Conflict, Holder, MvccError, ReadAt, read};
use crate::seam::{Pair, StateReader, StoreError};
use bytes::Bytes;
use kv::{
    Key, Span, Timestamp,
    command::Keyspace,
    key,
    mvcc::{self, LockRecord},
    reply::Row,
};
use std::iter::Peekable;

/// Conflicts that one scan gathers at most, so that many abandoned intents are met in few rounds.
pub const CONFLICTS_MAX: usize = 256;
/// Versions of one key that are stepped over before the scan seeks past them.
const STEPS_BEFORE_SEEK: usize = 8;

/// What a batch may still return; shared by its scans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub keys: Option<u64>,
    pub bytes: Option<u64>,
    /// Whether the first row has been returned: it comes even if it exceeds `bytes`.
    pub any: bool,
}

impl Limits {
    /// Zeros are no limit, as in the header.
    pub fn new(keys_max: u64, bytes_max: u64) -> Limits {
        Limits {
            keys: (keys_max > 0).then_some(keys_max),
            bytes: (bytes_max > 0).then_some(bytes_max),
            any: false,
        }
    }
    pub fn is_spent(&self) -> bool {
        self.keys == Some(0) || (self.any && self.bytes == Some(0))
    }
    /// Whether a row of `len` bytes still fits; counts it if so.
    pub fn admit(&mut self, len: usize) -> bool {
        let len = len as u64;
        if self.is_spent() || (self.any && self.bytes.is_some_and(|left| left < len)) {
            return false;
        }
        self.any = true;
        if let Some(keys) = &mut self.keys {
            *keys -= 1;
        }
        if let Some(bytes) = &mut self.bytes {
            *bytes = bytes.saturating_sub(len);
        }
        true
    }
}

/// How a scan treats rows that others have locked.
pub struct ScanLocks<'a> {
    /// Leaves out rows that are locked by others (SKIP LOCKED).
    pub skip: bool,
    /// Asks whether a lock in memory is in the way of locking this row.
    pub held: &'a dyn Fn(&Key) -> Option<Conflict>,
}

#[derive(Debug, Default)]
pub struct Scanned {
    pub rows: Vec<Row>,
    /// What was not scanned because a limit was met.
    pub resume: Option<Span>,
}

type Rows<'a> = Peekable<Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a>>;

/// The version keys of the keys below `end`: keys are self-delimiting, so only an `end` made by `key::next` cuts a key
/// from its own versions.
fn versions_end(end: &Key) -> Vec<u8> {
    match end.split_last() {
        Some((0, key)) => read::after_versions(key),
        _ => end.to_vec(),
    }
}

fn peek_key(rows: &mut Rows<'_>) -> Result<Option<Bytes>, MvccError> {
    match rows.peek() {
        None => Ok(None),
        Some(Ok((key, _))) => Ok(Some(key.clone())),
        Some(Err(e)) => Err(e.clone().into()),
    }
}

/// The key of the next version, without its timestamp.
fn peek_version(rows: &mut Rows<'_>) -> Result<Option<(Key, Timestamp)>, MvccError> {
    match peek_key(rows)? {
        None => Ok(None),
        Some(bytes) => {
            let (key, ts) = mvcc::split_version_key(&bytes)?;
            Ok(Some((bytes.slice(..key.len()), ts)))
        }
    }
}

struct Scan<'a, 'b> {
    reader: &'a dyn StateReader,
    span: &'b Span,
    end: Vec<u8>,
    reverse: bool,
    locks: Rows<'a>,
    versions: Rows<'a>,
}

impl<'a, 'b> Scan<'a, 'b> {
    fn new(reader: &'a dyn StateReader, span: &'b Span, reverse: bool) -> Self {
        let end = versions_end(&span.end);
        let locks = reader.range(Keyspace::Locks, &span.start, &span.end, reverse).peekable();
        let versions = reader.range(Keyspace::Versions, &span.start, &end, reverse).peekable();
        Scan { reader, span, end, reverse, locks, versions }
    }
    /// The next key of either keyspace, and its lock if it has one.
    fn next_key(&mut self) -> Result<Option<(Key, Option<LockRecord>)>, MvccError> {
        let version = loop {
            match peek_version(&mut self.versions)? {
                // A bound may lie between a key and its versions.
                Some((key, _)) if !self.span.contains(&key) => {
                    self.versions.next();
                }
                other => break other.map(|(key, _)| key),
            }
        };
        let lock = peek_key(&mut self.locks)?;
        let key = match (version, lock.clone()) {
            (None, None) => return Ok(None),
            (Some(k), None) | (None, Some(k)) => k,
            (Some(v), Some(l)) => {
                if self.reverse {
                    v.max(l)
                } else {
                    v.min(l)
                }
            }
        };
        let lock = match lock.filter(|l| *l == key).and_then(|_| self.locks.next()) {
            Some(row) => Some(LockRecord::decode_from(&row?.1)?),
            None => None,
        };
        Ok(Some((key, lock)))
    }
    /// The newest version of `key` at or below `limit`, moving past all of the key's versions.
    fn version(&mut self, key: &Key, limit: Timestamp) -> Result<Option<read::Version>, MvccError> {
        let mut found: Option<(Timestamp, Bytes)> = None;
        let mut steps = 0;
        while let Some((at, ts)) = peek_version(&mut self.versions)? {
            if at != *key {
                break;
            }
            let Some(row) = self.versions.next() else { break };
            let value = row?.1;
            // In reverse the last one that fits is the newest, forward the first.
            if ts <= limit && (self.reverse || found.is_none()) {
                found = Some((ts, value));
            }
            steps += 1;
            if !self.reverse && steps % STEPS_BEFORE_SEEK == 0 {
                let start = match found {
                    Some(_) => read::after_versions(key),
                    None => mvcc::version_key(key, limit.min(ts.prev())),
                };
                self.versions = self.reader.range(Keyspace::Versions, &start, &self.end, false).peekable();
            }
        }
        match found {
            None => Ok(None),
            Some((ts, value)) => Ok(Some((ts, mvcc::decode_version(&value)?))),
        }
    }
    /// Adds the conflicts with the locks that follow, up to the bound.
    fn gather(&mut self, conflicts: &mut Vec<Conflict>, at: &ReadAt<'_>) -> Result<(), MvccError> {
        while conflicts.len() < CONFLICTS_MAX {
            let Some(row) = self.locks.next() else { break };
            let (key, bytes) = row?;
            let lock = LockRecord::decode_from(&bytes)?;
            let own = at.txn.is_some_and(|t| t.id.0[..] == lock.txn_id[..]);
            if !own && at.conflicts(&lock) {
                conflicts.push(Conflict { key, holder: Some(Holder::of_record(&lock)?) });
            }
        }
        Ok(())
    }
}

/// The rows of `span` as `at` sees them.
///
/// # Errors
/// As [`read::get`]; a conflict comes with those that follow it, up to [`CONFLICTS_MAX`].
pub fn scan(
    reader: &dyn StateReader,
    span: &Span,
    reverse: bool,
    at: &ReadAt<'_>,
    limits: &mut Limits,
    locks: &ScanLocks<'_>,
) -> Result<Scanned, MvccError> {
    let mut out = Scanned::default();
    let span = &Span { start: span.start.clone(), end: span.end_key() };
    if span.start >= span.end {
        return Ok(out);
    }
    if limits.is_spent() {
        out.resume = Some(span.clone());
        return Ok(out);
    }
    let mut scan = Scan::new(reader, span, reverse);
    while let Some((key, lock)) = scan.next_key()? {
        let mut own = None;
        let mut conflict = None;
        if let Some(lock) = &lock {
            match at.txn.filter(|t| t.id.0[..] == lock.txn_id[..]) {
                Some(txn) => own = read::own_value(lock, txn)?,
                None if at.conflicts(lock) => {
                    conflict = Some(Conflict { key: key.clone(), holder: Some(Holder::of_record(lock)?) });
                }
                None => {}
            }
        }
        let version = scan.version(&key, at.limit())?;
        let value = match (own, version) {
            (Some(own), _) => own,
            (None, None) => None,
            (None, Some((ts, value))) => {
                if conflict.is_none() {
                    read::check_version(&key, ts, at)?;
                }
                value
            }
        };
        if conflict.is_none() && at.newest && value.is_some() {
            conflict = (locks.held)(&key);
        }
        if let Some(conflict) = conflict {
            if locks.skip {
                continue;
            }
            let mut conflicts = vec![conflict];
            scan.gather(&mut conflicts, at)?;
            return Err(MvccError::Conflict(conflicts));
        }
        let Some(value) = value else { continue };
        if !limits.admit(key.len() + value.len()) {
            out.resume = Some(if reverse {
                Span::new(span.start.clone(), key::next(&key))
            } else {
                Span::new(key, span.end.clone())
            });
            break;
        }
        out.rows.push(Row { key: key.clone(), value });
        if limits.is_spent() {
            let rest = if reverse {
                Span::new(span.start.clone(), key)
            } else {
                Span::new(key::next(&key), span.end.clone())
            };
            out.resume = (rest.start < rest.end).then_some(rest);
            break;
        }
    }
    Ok(out)
}
