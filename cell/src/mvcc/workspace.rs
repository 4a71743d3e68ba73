//! The state as an evaluation sees it: the store, and what the earlier requests of the batch have written over it.

use crate::seam::{Pair, StateReader, StoreError};
use bytes::Bytes;
use kv::command::{Keyspace, WriteBatch};
use std::{collections::BTreeMap, iter::Peekable, ops::Bound};

/// Reads through to the store, collects writes.
pub struct Workspace<'a> {
    base: &'a dyn StateReader,
    /// Own writes by keyspace, kept only if later requests of the batch may read them.
    overlay: Option<[BTreeMap<Bytes, Option<Bytes>>; Keyspace::ALL.len()]>,
    batch: WriteBatch,
    bytes_delta: i64,
}

impl<'a> Workspace<'a> {
    /// `read_own`: whether own writes must be seen by later reads (a batch of more than one request).
    pub fn new(base: &'a dyn StateReader, read_own: bool) -> Self {
        Workspace {
            base,
            overlay: read_own.then(Default::default),
            batch: WriteBatch::default(),
            bytes_delta: 0,
        }
    }
    pub fn put(&mut self, keyspace: Keyspace, key: &[u8], value: &[u8]) {
        self.batch.put(keyspace, key, value);
        self.bytes_delta += (key.len() + value.len()) as i64;
        if let Some(overlay) = &mut self.overlay {
            overlay[keyspace as usize]
                .insert(Bytes::copy_from_slice(key), Some(Bytes::copy_from_slice(value)));
        }
    }
    /// `old_len`: length of the value that goes, for the count of bytes.
    pub fn delete(&mut self, keyspace: Keyspace, key: &[u8], old_len: usize) {
        self.batch.delete(keyspace, key);
        self.bytes_delta -= (key.len() + old_len) as i64;
        if let Some(overlay) = &mut self.overlay {
            overlay[keyspace as usize].insert(Bytes::copy_from_slice(key), None);
        }
    }
    /// The lock of `key`, stored with `old_len` bytes, is about to be written over: its bytes go.
    pub fn replaces(&mut self, key: &[u8], old_len: usize) {
        self.bytes_delta -= (key.len() + old_len) as i64;
    }
    pub fn is_unchanged(&self) -> bool {
        self.batch.is_empty()
    }
    /// The writes, and the bytes that the range gains by them.
    pub fn into_writes(self) -> (WriteBatch, i64) {
        (self.batch, self.bytes_delta)
    }
    fn own(&self, keyspace: Keyspace) -> Option<&BTreeMap<Bytes, Option<Bytes>>> {
        self.overlay.as_ref().map(|o| &o[keyspace as usize]).filter(|o| !o.is_empty())
    }
}

impl StateReader for Workspace<'_> {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        match self.own(keyspace).and_then(|own| own.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(keyspace, key),
        }
    }
    fn range<'b>(
        &'b self,
        keyspace: Keyspace,
        start: &[u8],
        end: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'b> {
        let base = self.base.range(keyspace, start, end, reverse);
        let Some(own) = self.own(keyspace) else { return base };
        if !end.is_empty() && start >= end {
            return base;
        }
        let upper = if end.is_empty() { Bound::Unbounded } else { Bound::Excluded(end) };
        let own = own.range::<[u8], _>((Bound::Included(start), upper));
        if reverse {
            Box::new(Merge { base: base.peekable(), own: own.rev().peekable(), reverse })
        } else {
            Box::new(Merge { base: base.peekable(), own: own.peekable(), reverse })
        }
    }
    fn first(&self, keyspace: Keyspace, start: &[u8], end: &[u8]) -> Result<Option<Pair>, StoreError> {
        match self.own(keyspace) {
            None => self.base.first(keyspace, start, end),
            Some(_) => self.range(keyspace, start, end, false).next().transpose(),
        }
    }
}

/// Merges the store's rows with own writes, which win.
struct Merge<B: Iterator, O: Iterator> {
    base: Peekable<B>,
    own: Peekable<O>,
    reverse: bool,
}

impl<'b, B, O> Iterator for Merge<B, O>
where
    B: Iterator<Item = Result<Pair, StoreError>>,
    O: Iterator<Item = (&'b Bytes, &'b Option<Bytes>)>,
{
    type Item = Result<Pair, StoreError>;
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let order = match (self.base.peek(), self.own.peek()) {
                (None, None) => return None,
                (Some(Err(_)), _) | (Some(_), None) => return self.base.next(),
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(Ok((base, _))), Some((own, _))) if self.reverse => base[..].cmp(own).reverse(),
                (Some(Ok((base, _))), Some((own, _))) => base[..].cmp(own),
            };
            match order {
                std::cmp::Ordering::Less => return self.base.next(),
                std::cmp::Ordering::Equal => {
                    self.base.next();
                }
                std::cmp::Ordering::Greater => {}
            }
            if let Some((key, Some(value))) = self.own.next() {
                return Some(Ok((key.clone(), value.clone())));
            }
        }
    }
}
