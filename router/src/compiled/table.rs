//! A table at one version, ready to read and write: the codecs of its indexes, and its constraints' errors.

use crate::error::{SqlError, SqlResult, SqlState};
use catalog::descriptor::ElementState;
use catalog::row::IndexCodec;
use catalog::{CatalogError, IndexDescriptor, TableDescriptor};
use datum::{Datum, EvalContext, TypeId, text_format};
use kv::Key;
use planner::TableRef;
use std::sync::Arc;

/// One index of a table.
pub struct IndexEntry {
    pub id: u32,
    pub name: String,
    pub unique: bool,
    pub state: ElementState,
    pub codec: IndexCodec,
    /// It is the primary index, or the one that is to replace it: its entries hold whole rows.
    pub holds_rows: bool,
}

/// See the module. Made once for each plan.
pub struct TableCodec {
    pub table: TableRef,
    /// The primary index first. Those on their way in or out too.
    pub indexes: Vec<IndexEntry>,
    /// Positions of columns that must not be NULL, which writes fill.
    pub not_null: Vec<usize>,
    /// Position of the hidden row id, if that is the primary key.
    pub row_id: Option<usize>,
}

impl TableCodec {
    /// # Errors
    /// The descriptor is malformed.
    pub fn new(table: &TableRef) -> Result<TableCodec, CatalogError> {
        let d = &table.descriptor;
        let entry = |index: &IndexDescriptor| {
            Ok::<_, CatalogError>(IndexEntry {
                id: index.id,
                name: index.name.clone(),
                unique: index.unique,
                state: index.element_state(),
                codec: IndexCodec::new(table.id, d, index)?,
                holds_rows: index.id == d.primary.id
                    || d.new_primary.as_ref().is_some_and(|p| p.id == index.id),
            })
        };
        let mut indexes = d.all_indexes().map(entry).collect::<Result<Vec<_>, _>>()?;
        if let Some(primary) = indexes.first_mut() {
            (primary.unique, primary.state) = (true, ElementState::Public);
        }
        let key_ids: Vec<u32> = d.primary.columns.iter().map(|c| c.column_id).collect();
        let not_null = d
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| {
                c.element_state() != ElementState::DeleteOnly
                    && (c.not_null || key_ids.contains(&c.id))
                    && !c.hidden
            })
            .map(|(at, _)| at)
            .collect();
        let row_id = d.columns.iter().position(|c| c.hidden && key_ids.contains(&c.id));
        Ok(TableCodec { table: table.clone(), indexes, not_null, row_id })
    }
    pub fn descriptor(&self) -> &TableDescriptor {
        &self.table.descriptor
    }
    pub fn primary(&self) -> &IndexCodec {
        &self.indexes[0].codec
    }
    pub fn index(&self, id: u32) -> Option<&IndexEntry> {
        self.indexes.iter().find(|i| i.id == id)
    }
    /// Position of a column in the descriptor.
    ///
    /// # Errors
    /// The plan is of another version: a bug.
    pub fn position(&self, column_id: u32) -> SqlResult<usize> {
        self.descriptor()
            .columns
            .iter()
            .position(|c| c.id == column_id)
            .ok_or_else(|| SqlError::internal(format!("table {} has no column {column_id}", self.table.id)))
    }
    /// # Errors
    /// As `position`.
    pub fn positions(&self, column_ids: &[u32]) -> SqlResult<Vec<usize>> {
        column_ids.iter().map(|id| self.position(*id)).collect()
    }
    pub fn columns_len(&self) -> usize {
        self.descriptor().columns.len()
    }

    /// 23505 for the entry at `key` of the index numbered `tag`.
    pub fn unique_violation(&self, tag: u64, key: &Key, ctx: &EvalContext) -> SqlError {
        let Some(index) = usize::try_from(tag).ok().and_then(|t| self.indexes.get(t)) else {
            return SqlError::internal(format!("a conditional write with unknown tag {tag} failed"));
        };
        let error = SqlError::new(
            SqlState::UNIQUE_VIOLATION,
            format!("duplicate key value violates unique constraint \"{}\"", index.name),
        )
        .with_constraint(index.name.clone());
        let error = self.name_table(error);
        match self.describe_key(index, key, ctx) {
            Some((names, values)) => error.with_detail(format!("Key ({names})=({values}) already exists.")),
            None => error,
        }
    }
    /// Names and values of an index key, as messages print them.
    fn describe_key(&self, index: &IndexEntry, key: &Key, ctx: &EvalContext) -> Option<(String, String)> {
        let columns = &self.descriptor().columns;
        let mut values = vec![Datum::Null; columns.len()];
        // Only key columns are wanted, and an empty row is a valid value.
        let mut rest = key.strip_prefix(index.codec.prefix())?;
        for column in &index.codec.key_columns {
            values[column.position] = decode_key_column(column, &mut rest)?;
        }
        let at: Vec<usize> = index.codec.key_columns.iter().map(|k| k.position).collect();
        let names: Vec<&str> = at.iter().map(|p| columns[*p].name.as_str()).collect();
        let shown: Vec<String> =
            at.iter().map(|p| show(&values[*p], TypeId(columns[*p].type_oid), ctx)).collect();
        Some((names.join(", "), shown.join(", ")))
    }
    /// # Errors
    /// 23502.
    pub fn check_not_null(&self, row: &[Datum], ctx: &EvalContext) -> SqlResult<()> {
        for at in &self.not_null {
            if row[*at].is_null() {
                let d = self.descriptor();
                let name = &d.columns[*at].name;
                let error = SqlError::new(
                    SqlState::NOT_NULL_VIOLATION,
                    format!(
                        "null value in column \"{name}\" of relation \"{}\" violates not-null constraint",
                        d.name
                    ),
                )
                .with_column(name.clone())
                .with_detail(self.failing_row(row, ctx));
                return Err(self.name_table(error));
            }
        }
        Ok(())
    }
    /// 23514.
    pub fn check_violation(&self, name: &str, row: &[Datum], ctx: &EvalContext) -> SqlError {
        let error = SqlError::new(
            SqlState::CHECK_VIOLATION,
            format!(
                "new row for relation \"{}\" violates check constraint \"{name}\"",
                self.descriptor().name
            ),
        )
        .with_constraint(name)
        .with_detail(self.failing_row(row, ctx));
        self.name_table(error)
    }
    fn name_table(&self, mut error: SqlError) -> SqlError {
        error.0.table = Some(self.descriptor().name.clone());
        error
    }
    fn failing_row(&self, row: &[Datum], ctx: &EvalContext) -> String {
        let columns = &self.descriptor().columns;
        let shown: Vec<String> = columns
            .iter()
            .zip(row)
            .filter(|(c, _)| c.is_public() && !c.hidden)
            .map(|(c, v)| {
                let mut text = if v.is_null() { "null".to_owned() } else { show(v, TypeId(c.type_oid), ctx) };
                if text.chars().count() > SHOWN_CHARS_MAX {
                    text = text.chars().take(SHOWN_CHARS_MAX).chain("...".chars()).collect();
                }
                text
            })
            .collect();
        format!("Failing row contains ({}).", shown.join(", "))
    }
}

/// Characters of a value that a failing row shows.
const SHOWN_CHARS_MAX: usize = 64;

fn show(value: &Datum, ty: TypeId, ctx: &EvalContext) -> String {
    if value.is_null() { "null".to_owned() } else { text_format::output(value, ty, ctx) }
}

fn decode_key_column(column: &catalog::row::KeyColumn, rest: &mut &[u8]) -> Option<Datum> {
    let decoded = if column.descending {
        datum::key::decode_descending(column.ty, rest)
    } else {
        datum::key::decode(column.ty, rest)
    };
    decoded.ok()
}

/// Codecs of the tables of one plan.
#[derive(Default, Clone)]
pub struct Tables(Vec<Arc<TableCodec>>);

impl Tables {
    /// # Errors
    /// The descriptor is malformed.
    pub fn codec(&mut self, table: &TableRef) -> SqlResult<Arc<TableCodec>> {
        let same = |c: &&Arc<TableCodec>| {
            c.table.id == table.id && Arc::ptr_eq(&c.table.descriptor, &table.descriptor)
        };
        if let Some(c) = self.0.iter().find(same) {
            return Ok(c.clone());
        }
        let codec = Arc::new(TableCodec::new(table)?);
        self.0.push(codec.clone());
        Ok(codec)
    }
}
