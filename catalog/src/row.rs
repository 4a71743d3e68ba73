//! The row codec: a table's values to one key-value pair for each index, and back.
//!
//! ```text
//! primary      key   = / domicile / table / index / key columns
//!              value = row of all other columns, and of key columns whose key form loses how they print
//! unique       key   = ... / index columns [/ primary key columns, if an index column is NULL]
//!              value = row of primary key columns, stored columns, lossy index columns
//! not unique   key   = ... / index columns / primary key columns that are not among them
//!              value = row of stored columns and lossy columns
//!
//! row          = format u8, then for each column by ascending id: id as difference to the last (varint), datum
//! ```
//! A row is a slice of datums by position in `TableDescriptor::columns`. NULL columns are left out of a value unless the
//! column has a `missing_value`, which an absent column reads as.

use crate::{CatalogError, IndexDescriptor, TableDescriptor};
use datum::{Datum, TypeId, key, value_format};
use kv::{Bytes, DomicileId, Key, Span};

/// Format of row values that this build writes.
const ROW_FORMAT: u8 = 1;
/// Longest key of an index entry in bytes, as PostgreSQL bounds btree rows, but larger.
pub const INDEX_KEY_BYTES_MAX: usize = 16_000;

/// A column within an index key.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    /// Position in `TableDescriptor::columns`.
    pub position: usize,
    pub ty: TypeId,
    pub descending: bool,
    pub nulls_reversed: bool,
}

impl KeyColumn {
    /// Appends the column's key form.
    pub fn encode(&self, out: &mut Vec<u8>, datum: &Datum) {
        match (datum.is_null() && self.nulls_reversed, self.descending) {
            (true, false) => out.push(NULL_FIRST),
            (true, true) => out.push(!NULL_FIRST),
            (false, false) => key::encode(out, self.ty, datum),
            (false, true) => key::encode_descending(out, self.ty, datum),
        }
    }
    fn decode(&self, input: &mut &[u8]) -> Result<Datum, CatalogError> {
        let reversed_null = if self.descending { !NULL_FIRST } else { NULL_FIRST };
        if self.nulls_reversed && input.first() == Some(&reversed_null) {
            *input = &input[1..];
            return Ok(Datum::Null);
        }
        let datum = if self.descending {
            key::decode_descending(self.ty, input)?
        } else {
            key::decode(self.ty, input)?
        };
        Ok(datum)
    }
}

/// Below every other tag of a key column: NULL where it sorts the other way round than by default.
const NULL_FIRST: u8 = 0x00;

/// The layout of one index of one version of a table.
#[derive(Clone, Debug)]
pub struct IndexCodec {
    table_id: u32,
    index_id: u32,
    index_name: String,
    prefix: Vec<u8>,
    unique: bool,
    /// The declared columns.
    pub key_columns: Vec<KeyColumn>,
    /// Primary key columns appended to the key (always for a secondary index that is not unique, else only beside NULL).
    suffix: Vec<KeyColumn>,
    /// Columns of the value by ascending id: (column id, position, keeps explicit NULLs).
    value_columns: Vec<(u32, usize, bool)>,
    missing: Vec<(usize, Datum)>,
    is_primary: bool,
}

impl IndexCodec {
    /// The layout of `index` (the primary one, a new primary one or a secondary one of `table`, whose id is `table_id`).
    ///
    /// # Errors
    /// `MalformedDescriptor`: the descriptor names a column that it does not have.
    pub fn new(
        table_id: u32,
        table: &TableDescriptor,
        index: &IndexDescriptor,
    ) -> Result<IndexCodec, CatalogError> {
        let is_primary =
            index.id == table.primary.id || table.new_primary.as_ref().is_some_and(|p| p.id == index.id);
        let position = |id: u32| {
            table.columns.iter().position(|c| c.id == id).ok_or_else(|| CatalogError::MalformedDescriptor {
                id: table_id,
                why: format!("index \"{}\" names column {id}, which the table does not have", index.name),
            })
        };
        let key_column = |c: &crate::IndexColumn| {
            let position = position(c.column_id)?;
            Ok::<_, CatalogError>(KeyColumn {
                position,
                ty: TypeId(table.columns[position].type_oid),
                descending: c.descending,
                nulls_reversed: c.nulls_reversed,
            })
        };
        let key_columns = index.columns.iter().map(key_column).collect::<Result<Vec<_>, _>>()?;
        let primary = table.primary.columns.iter().map(key_column).collect::<Result<Vec<_>, _>>()?;
        let in_key = |p: usize| key_columns.iter().any(|k| k.position == p);
        let mut suffix = Vec::new();
        let mut in_value: Vec<usize> = Vec::new();
        if is_primary {
            for (p, c) in table.columns.iter().enumerate() {
                if !in_key(p) || key::type_is_lossy(TypeId(c.type_oid)) {
                    in_value.push(p);
                }
            }
        } else {
            // A key is decoded up to its end, so the suffix is ascending whatever the primary key's own order.
            suffix = primary.iter().filter(|k| !in_key(k.position)).cloned().collect();
            in_value.extend(key_columns.iter().filter(|k| key::type_is_lossy(k.ty)).map(|k| k.position));
            for k in &primary {
                if (index.unique && !in_key(k.position)) || key::type_is_lossy(k.ty) {
                    in_value.push(k.position);
                }
            }
            for &id in &index.stored_column_ids {
                in_value.push(position(id)?);
            }
        }
        in_value.sort_by_key(|&p| table.columns[p].id);
        in_value.dedup();
        let value_columns = in_value
            .iter()
            .map(|&p| (table.columns[p].id, p, table.columns[p].missing_value.is_some()))
            .collect();
        let mut missing = Vec::new();
        if is_primary {
            for (p, c) in table.columns.iter().enumerate() {
                if let Some(bytes) = &c.missing_value {
                    missing.push((p, value_format::decode(&mut &bytes[..])?));
                }
            }
        }
        Ok(IndexCodec {
            table_id,
            index_id: index.id,
            index_name: index.name.clone(),
            prefix: kv::key::index_prefix(DomicileId(index.domicile_id), table_id, index.id),
            unique: index.unique,
            key_columns,
            suffix,
            value_columns,
            missing,
            is_primary,
        })
    }

    pub fn index_id(&self) -> u32 {
        self.index_id
    }
    /// `/ domicile / table / index`.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }
    /// All entries of the index.
    pub fn span(&self) -> Span {
        Span::prefix(&self.prefix)
    }
    /// Whether an entry's key and value give the column at `position`.
    pub fn covers(&self, position: usize) -> bool {
        self.is_primary
            || self.key_columns.iter().any(|k| k.position == position)
            || self.suffix.iter().any(|k| k.position == position)
            || self.value_columns.iter().any(|v| v.1 == position)
    }

    /// Appends key forms of the first `values.len()` columns to the prefix: a key to seek to, or the start of a span.
    pub fn encode_prefix<'a>(&self, values: impl IntoIterator<Item = &'a Datum>) -> Vec<u8> {
        let mut out = self.prefix.clone();
        for (column, value) in self.key_columns.iter().zip(values) {
            column.encode(&mut out, value);
        }
        out
    }

    /// The key of a row's entry.
    ///
    /// # Errors
    /// `ValueTooLong`, for the client.
    pub fn encode_key(&self, row: &[Datum]) -> Result<Key, CatalogError> {
        let mut out =
            Vec::with_capacity(self.prefix.len() + 16 * (self.key_columns.len() + self.suffix.len()));
        out.extend_from_slice(&self.prefix);
        let mut has_null = false;
        for column in &self.key_columns {
            has_null |= row[column.position].is_null();
            column.encode(&mut out, &row[column.position]);
        }
        if !self.is_primary && (!self.unique || has_null) {
            for column in &self.suffix {
                column.encode(&mut out, &row[column.position]);
            }
        }
        if out.len() > INDEX_KEY_BYTES_MAX {
            return Err(CatalogError::ValueTooLong {
                index: self.index_name.clone(),
                bytes: out.len(),
                limit: INDEX_KEY_BYTES_MAX,
            });
        }
        Ok(out.into())
    }

    /// The value of a row's entry.
    pub fn encode_value(&self, row: &[Datum]) -> Bytes {
        let mut out = Vec::with_capacity(16 * self.value_columns.len() + 1);
        out.push(ROW_FORMAT);
        let mut last = 0;
        for &(id, position, keeps_null) in &self.value_columns {
            let datum = &row[position];
            if datum.is_null() && !keeps_null {
                continue;
            }
            put_varint(&mut out, id - last);
            last = id;
            value_format::encode(&mut out, datum);
        }
        out.into()
    }

    /// Reads the columns for which `wanted` says so into `out` (both by position); what the entry does not give becomes
    /// NULL or the column's missing value.
    ///
    /// # Errors
    /// `MalformedRow`: the entry is corrupt, or of another version of the table.
    pub fn decode(
        &self,
        key: &[u8],
        value: &[u8],
        wanted: &[bool],
        out: &mut [Datum],
    ) -> Result<(), CatalogError> {
        for (slot, _) in out.iter_mut().zip(wanted).filter(|(_, w)| **w) {
            *slot = Datum::Null;
        }
        for (position, datum) in &self.missing {
            if wanted.get(*position) == Some(&true) {
                out[*position] = datum.clone();
            }
        }
        if self.needs_key(wanted) {
            self.decode_key(key, wanted, out)?;
        }
        self.decode_value(value, wanted, out)
    }

    fn needs_key(&self, wanted: &[bool]) -> bool {
        self.key_columns.iter().chain(&self.suffix).any(|k| wanted.get(k.position) == Some(&true))
    }

    fn decode_key(&self, key: &[u8], wanted: &[bool], out: &mut [Datum]) -> Result<(), CatalogError> {
        let mut rest = key
            .strip_prefix(&self.prefix[..])
            .ok_or_else(|| self.malformed("the key is of another index"))?;
        for column in &self.key_columns {
            let datum = column.decode(&mut rest)?;
            if wanted.get(column.position) == Some(&true) {
                out[column.position] = datum;
            }
        }
        if self.is_primary {
            return if rest.is_empty() {
                Ok(())
            } else {
                Err(self.malformed("bytes after the last key column"))
            };
        }
        for column in &self.suffix {
            if rest.is_empty() {
                break; // a unique entry without NULL: the value has them
            }
            let datum = column.decode(&mut rest)?;
            if wanted.get(column.position) == Some(&true) {
                out[column.position] = datum;
            }
        }
        Ok(())
    }

    fn decode_value(&self, value: &[u8], wanted: &[bool], out: &mut [Datum]) -> Result<(), CatalogError> {
        let mut rest = match value.split_first() {
            Some((&ROW_FORMAT, rest)) => rest,
            Some((&other, _)) => {
                return Err(self.malformed(format!("row format {other}, this build reads {ROW_FORMAT}")));
            }
            None => return Err(self.malformed("the value is empty")),
        };
        let mut id = 0;
        let mut columns = self.value_columns.iter();
        while !rest.is_empty() {
            id += take_varint(&mut rest).ok_or_else(|| self.malformed("a column id ends early"))?;
            // A column that this version does not know (it was dropped) is skipped.
            let position = loop {
                match columns.as_slice().first() {
                    Some(&(known, _, _)) if known < id => drop(columns.next()),
                    Some(&(known, position, _)) if known == id => break Some(position),
                    _ => break None,
                }
            };
            match position.filter(|&p| wanted.get(p) == Some(&true)) {
                Some(position) => out[position] = value_format::decode(&mut rest)?,
                None => value_format::skip(&mut rest)?,
            }
        }
        Ok(())
    }

    fn malformed(&self, why: impl Into<String>) -> CatalogError {
        CatalogError::MalformedRow { table: self.table_id, why: why.into() }
    }
}

fn put_varint(out: &mut Vec<u8>, mut v: u32) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn take_varint(input: &mut &[u8]) -> Option<u32> {
    let mut out = 0u32;
    for shift in (0..32).step_by(7) {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        out |= u32::from(byte & 0x7F).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(out);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnDescriptor, IndexColumn};

    fn column(id: u32, name: &str, ty: TypeId) -> ColumnDescriptor {
        ColumnDescriptor { id, name: name.into(), type_oid: ty.0, typmod: -1, ..Default::default() }
    }
    fn index(id: u32, unique: bool, columns: &[(u32, bool)]) -> IndexDescriptor {
        let columns = columns
            .iter()
            .map(|&(column_id, descending)| IndexColumn { column_id, descending, nulls_reversed: false })
            .collect();
        IndexDescriptor { id, name: format!("i{id}"), unique, columns, domicile_id: 16, ..Default::default() }
    }
    fn table() -> TableDescriptor {
        TableDescriptor {
            name: "t".into(),
            columns: vec![
                column(1, "id", TypeId::INT4),
                column(2, "name", TypeId::TEXT),
                column(3, "price", TypeId::NUMERIC),
                column(4, "n", TypeId::INT8),
            ],
            primary: index(1, true, &[(1, false)]),
            indexes: vec![index(2, true, &[(2, false)]), index(3, false, &[(4, true), (3, false)])],
            ..Default::default()
        }
    }
    fn price() -> Datum {
        datum::text_format::input(TypeId::NUMERIC.plain(), "1.10", &datum::EvalContext::default()).unwrap()
    }
    fn show(d: &Datum) -> String {
        format!("{d:?}")
    }

    #[test]
    fn each_index_gives_back_the_columns_it_covers() {
        let table = table();
        let row = vec![Datum::Int4(7), Datum::text("x"), price(), Datum::Int8(-3)];
        for index in table.all_indexes() {
            let codec = IndexCodec::new(100, &table, index).unwrap();
            let (key, value) = (codec.encode_key(&row).unwrap(), codec.encode_value(&row));
            let wanted: Vec<bool> = (0..4).map(|p| codec.covers(p)).collect();
            assert!(wanted[0], "the primary key is always there");
            let mut out = vec![Datum::Null; 4];
            codec.decode(&key, &value, &wanted, &mut out).unwrap();
            for p in (0..4).filter(|&p| wanted[p]) {
                assert_eq!(show(&out[p]), show(&row[p]), "index {} column {p}", index.id);
            }
        }
    }

    #[test]
    fn null_makes_unique_entries_differ() {
        let table = table();
        let codec = IndexCodec::new(100, &table, &table.indexes[0]).unwrap();
        let row = |id, name| vec![Datum::Int4(id), name, Datum::Null, Datum::Null];
        let key = |id, name| codec.encode_key(&row(id, name)).unwrap();
        assert_ne!(key(1, Datum::Null), key(2, Datum::Null));
        assert_eq!(key(1, Datum::text("a")), key(2, Datum::text("a")));
    }

    #[test]
    fn a_descending_column_sorts_the_other_way_round() {
        let table = table();
        let codec = IndexCodec::new(100, &table, &table.indexes[1]).unwrap();
        let key = |n| codec.encode_key(&[Datum::Int4(1), Datum::Null, Datum::Null, n]).unwrap();
        assert!(key(Datum::Int8(5)) < key(Datum::Int8(4)));
        assert!(key(Datum::Null) < key(Datum::Int8(5)), "NULLs come first when descending");
    }

    #[test]
    fn rows_from_before_a_column_was_added_read_its_missing_value() {
        let old = table();
        let row = vec![Datum::Int4(7), Datum::text("x"), Datum::Null, Datum::Null];
        let codec = IndexCodec::new(100, &old, &old.primary).unwrap();
        let (key, value) = (codec.encode_key(&row).unwrap(), codec.encode_value(&row));
        let mut new = old.clone();
        let mut missing = Vec::new();
        value_format::encode(&mut missing, &Datum::Int4(42));
        new.columns.push(ColumnDescriptor {
            missing_value: Some(missing.into()),
            ..column(9, "added", TypeId::INT4)
        });
        let codec = IndexCodec::new(100, &new, &new.primary).unwrap();
        let mut out = vec![Datum::Null; 5];
        codec.decode(&key, &value, &[true; 5], &mut out).unwrap();
        assert!(matches!(out[4], Datum::Int4(42)));
        // An explicit NULL of the new column is kept apart from a missing one.
        let row = vec![Datum::Int4(8), Datum::Null, Datum::Null, Datum::Null, Datum::Null];
        let (key, value) = (codec.encode_key(&row).unwrap(), codec.encode_value(&row));
        codec.decode(&key, &value, &[true; 5], &mut out).unwrap();
        assert!(out[4].is_null());
    }

    #[test]
    fn a_dropped_column_is_skipped() {
        let old = table();
        let row = vec![Datum::Int4(7), Datum::text("x"), price(), Datum::Int8(5)];
        let codec = IndexCodec::new(100, &old, &old.primary).unwrap();
        let (key, value) = (codec.encode_key(&row).unwrap(), codec.encode_value(&row));
        let mut new = old.clone();
        new.columns.remove(1);
        new.indexes.clear();
        let codec = IndexCodec::new(100, &new, &new.primary).unwrap();
        let mut out = vec![Datum::Null; 3];
        codec.decode(&key, &value, &[true; 3], &mut out).unwrap();
        assert!(matches!(out[2], Datum::Int8(5)));
        assert!(codec.decode(&key, b"\x09", &[true; 3], &mut out).is_err());
    }
}
