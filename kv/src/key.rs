//! The key layout: domicile first, then table and index; reserved tables below 100.
//!
//! ```text
//! / domicile u32 BE / table u32 BE / index u32 BE / columns (catalog's row codec)
//!
//! in every domicile                         in the system domicile only
//!   1 meta    end key -> RangeDescriptor      10 root        domicile -> first range
//!   2 txn     txn id  -> TxnRecord            11 domicile    id -> DomicileDescriptor
//!   3 job     progress of jobs                12 cell        store id -> CellDescriptor
//!   4 sequence  values                        13 .. 99       the catalog's (see catalog::reserved)
//! ```
//! `meta` is the head of its domicile's span, so it is the head of the domicile's first range.
//! Invariant: within one index no key is a proper prefix of another (every column is self-delimiting), so the versions
//! of a key lie side by side.

use crate::{DecodeError, DomicileId, Span, TxnId, encoding};
use bytes::Bytes;
use std::fmt;

/// A key without its timestamp.
pub type Key = Bytes;

/// A table's number within the keyspace. Below 100: reserved, fixed in code.
pub type TableId = u32;
/// An index's number within its table; the primary index of a new table is 1.
pub type IndexId = u32;

pub const TABLE_META: TableId = 1;
pub const TABLE_TXN: TableId = 2;
pub const TABLE_JOB: TableId = 3;
pub const TABLE_SEQUENCE: TableId = 4;
pub const TABLE_ROOT: TableId = 10;
pub const TABLE_DOMICILE: TableId = 11;
pub const TABLE_CELL: TableId = 12;
/// The first table id that a user's table may get.
pub const TABLE_FIRST_USER: TableId = 100;

/// Bytes of `/ domicile / table / index`.
pub const INDEX_PREFIX_LEN: usize = 12;

/// `/ domicile / table / index`, ready to take columns.
pub fn index_prefix(domicile: DomicileId, table: TableId, index: IndexId) -> Vec<u8> {
    let mut out = Vec::with_capacity(INDEX_PREFIX_LEN + 20);
    encoding::put_u32(&mut out, domicile.0);
    encoding::put_u32(&mut out, table);
    encoding::put_u32(&mut out, index);
    out
}
pub fn index_span(domicile: DomicileId, table: TableId, index: IndexId) -> Span {
    Span::prefix(&index_prefix(domicile, table, index))
}
pub fn table_span(domicile: DomicileId, table: TableId) -> Span {
    let mut out = Vec::with_capacity(8);
    encoding::put_u32(&mut out, domicile.0);
    encoding::put_u32(&mut out, table);
    Span::prefix(&out)
}
pub fn domicile_span(domicile: DomicileId) -> Span {
    Span::prefix(&domicile.0.to_be_bytes())
}

/// The domicile of a key.
///
/// # Errors
/// `DecodeError` if the key has fewer than 4 bytes.
pub fn domicile_of(key: &[u8]) -> Result<DomicileId, DecodeError> {
    encoding::take_u32(&mut &key[..]).map(DomicileId)
}
/// Domicile, table and index of a key, and its columns.
///
/// # Errors
/// `DecodeError` if the key is shorter than the prefix.
pub fn split_prefix(key: &[u8]) -> Result<(DomicileId, TableId, IndexId, &[u8]), DecodeError> {
    let mut rest = key;
    let domicile = DomicileId(encoding::take_u32(&mut rest)?);
    let table = encoding::take_u32(&mut rest)?;
    let index = encoding::take_u32(&mut rest)?;
    Ok((domicile, table, index, rest))
}

/// Where the record of a transaction lives in one of its domiciles.
pub fn txn_record(domicile: DomicileId, id: TxnId) -> Key {
    let mut out = index_prefix(domicile, TABLE_TXN, 1);
    out.extend_from_slice(&id.0);
    out.into()
}
/// The addressing row of the range that ends at `end` (exclusive), in the domicile's meta span.
/// The last range of a domicile ends at the domicile's own end.
pub fn meta(domicile: DomicileId, end: &[u8]) -> Key {
    let mut out = index_prefix(domicile, TABLE_META, 1);
    encoding::put_bytes(&mut out, end);
    out.into()
}
/// The part of the meta span that addresses `key` and all after it: the first row there is the range that holds `key`.
pub fn meta_lookup_span(domicile: DomicileId, key: &[u8]) -> Span {
    let start = meta(domicile, &next(key));
    Span::new(start, index_span(domicile, TABLE_META, 1).end)
}
/// The root's row: the first range of a domicile.
pub fn root(domicile: DomicileId) -> Key {
    system_row(TABLE_ROOT, u64::from(domicile.0))
}
pub fn domicile_row(domicile: DomicileId) -> Key {
    system_row(TABLE_DOMICILE, u64::from(domicile.0))
}
pub fn cell_row(store: crate::StoreId) -> Key {
    system_row(TABLE_CELL, store.0)
}
/// The counter of range ids: a cell takes a block of them by Increment. The ids of ranges that are made by hand lie below
/// [`RANGE_ID_FIRST`], which is added to the counter.
pub fn range_id_counter() -> Key {
    system_row(TABLE_SEQUENCE, 1)
}
/// The first range id that a split may get.
pub const RANGE_ID_FIRST: u64 = 1_000;
/// The counter of domicile ids; `DomicileId::FIRST_USER` is added to it.
pub fn domicile_id_counter() -> Key {
    system_row(TABLE_SEQUENCE, 2)
}
/// A row of a system table that is addressed by one number.
pub fn system_row(table: TableId, id: u64) -> Key {
    let mut out = index_prefix(DomicileId::SYSTEM, table, 1);
    encoding::put_u64(&mut out, id);
    out.into()
}

/// The smallest key greater than `key`.
pub fn next(key: &[u8]) -> Key {
    let mut out = Vec::with_capacity(key.len() + 1);
    out.extend_from_slice(key);
    out.push(0);
    out.into()
}
/// The smallest key greater than all keys that start with `prefix`; empty (no bound) if there is none.
pub fn prefix_end(prefix: &[u8]) -> Key {
    let mut out = prefix.to_vec();
    while let Some(last) = out.pop() {
        if last < 0xFF {
            out.push(last + 1);
            break;
        }
    }
    out.into()
}

/// Prints the prefix in numbers and says only the length of the columns: a key's columns are a row's values.
pub struct Redacted<'a>(pub &'a [u8]);
impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match split_prefix(self.0) {
            Ok((d, t, i, rest)) => write!(f, "/{d}/{t}/{i}/({} bytes)", rest.len()),
            Err(_) => write!(f, "({} bytes)", self.0.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_is_the_head_of_its_domicile() {
        let span = domicile_span(DomicileId(7));
        let head = index_span(DomicileId(7), TABLE_META, 1);
        assert!(span.contains_span(&head));
        assert!(head.end <= txn_record(DomicileId(7), TxnId([0; 16])));
    }

    #[test]
    fn lookup_finds_the_range_that_holds_the_key() {
        let d = DomicileId(7);
        let (a, b) = (index_prefix(d, 100, 1), index_prefix(d, 200, 1));
        let rows = [meta(d, &a), meta(d, &b), meta(d, &domicile_span(d).end)];
        let find = |key: &[u8]| {
            let span = meta_lookup_span(d, key);
            rows.iter().position(|r| span.contains(r)).unwrap()
        };
        assert_eq!(find(&index_prefix(d, 50, 1)), 0);
        assert_eq!(find(&a), 1, "an end is exclusive");
        assert_eq!(find(&index_prefix(d, 300, 9)), 2);
    }

    #[test]
    fn redacted_shows_no_column() {
        let mut k = index_prefix(DomicileId(16), 101, 1);
        k.extend_from_slice(b"secret");
        assert_eq!(Redacted(&k).to_string(), "/d16/101/1/(6 bytes)");
    }
}
