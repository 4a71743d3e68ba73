//! Indexes: descriptors of new ones, and the job that fills one on a table that has rows.

use crate::catalog_store::editor::{Editor, undefined_table};
use crate::error::{SqlError, SqlResult, SqlState};
use catalog::{
    IndexColumn, IndexDescriptor, TableDescriptor,
    descriptor::ElementState,
    job::{BuildIndex, DropIndex, JobDetails},
};
use datum::TypeId;
use planner::parse::ddl::{CreateIndex, ObjectName};

/// Columns of an index key at most, as in PostgreSQL.
const KEY_COLUMNS_MAX: usize = 32;

fn column_id(table: &TableDescriptor, name: &str) -> SqlResult<u32> {
    let column = table.column_by_name(name).filter(|c| !c.hidden).ok_or_else(|| {
        SqlError::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"))
    })?;
    if TypeId(column.type_oid).info().is_none() {
        return Err(SqlError::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "data type {} has no default operator class for access method \"btree\"",
                column.sql_type()
            ),
        ));
    }
    Ok(column.id)
}

async fn new_index(
    edit: &Editor<'_>,
    table: &mut TableDescriptor,
    name: String,
    unique: bool,
    columns: Vec<IndexColumn>,
    stored: Vec<u32>,
) -> SqlResult<IndexDescriptor> {
    if columns.len() > KEY_COLUMNS_MAX {
        return Err(SqlError::new(
            SqlState::TOO_MANY_COLUMNS,
            format!("cannot use more than {KEY_COLUMNS_MAX} columns in an index"),
        ));
    }
    let id = table.next_index_id;
    table.next_index_id += 1;
    Ok(IndexDescriptor {
        id,
        oid: edit.new_id().await?,
        name,
        unique,
        columns,
        state: ElementState::Public as i32,
        domicile_id: table.domicile_id,
        constraint: false,
        stored_column_ids: stored,
    })
}

fn taken(name: &str) -> SqlError {
    SqlError::new(SqlState::DUPLICATE_TABLE, format!("relation \"{name}\" already exists"))
}

fn names_of(table: &TableDescriptor) -> Vec<String> {
    table.all_indexes().map(|i| i.name.clone()).chain([table.name.clone()]).collect()
}

/// The primary key's index; its columns become NOT NULL.
pub async fn primary_key(
    edit: &Editor<'_>,
    table: &mut TableDescriptor,
    name: Option<&str>,
    columns: &[String],
) -> SqlResult<IndexDescriptor> {
    let name = constraint_name(edit, table, name, "", "pkey")?;
    let mut key = Vec::new();
    for column in columns {
        let id = column_id(table, column)?;
        if key.iter().any(|c: &IndexColumn| c.column_id == id) {
            return Err(twice(column, "primary key"));
        }
        key.push(IndexColumn { column_id: id, ..Default::default() });
    }
    for part in &key {
        table.columns.iter_mut().filter(|c| c.id == part.column_id).for_each(|c| c.not_null = true);
    }
    let index = new_index(edit, table, name, true, key, Vec::new()).await?;
    Ok(IndexDescriptor { constraint: true, ..index })
}

fn twice(column: &str, what: &str) -> SqlError {
    SqlError::new(
        SqlState::DUPLICATE_COLUMN,
        format!("column \"{column}\" appears twice in {what} constraint"),
    )
}

fn constraint_name(
    edit: &Editor<'_>,
    table: &TableDescriptor,
    name: Option<&str>,
    columns: &str,
    suffix: &str,
) -> SqlResult<String> {
    let also = names_of(table);
    match name {
        Some(n) if edit.name_taken(table.schema_id, n) || also.iter().any(|a| a == n) => Err(taken(n)),
        Some(n) => Ok(n.to_owned()),
        None => Ok(edit.choose_name(table.schema_id, &table.name, columns, suffix, &also)),
    }
}

/// The index of a UNIQUE constraint.
pub async fn unique(
    edit: &Editor<'_>,
    table: &mut TableDescriptor,
    name: Option<&str>,
    columns: &[String],
    include: &[String],
) -> SqlResult<IndexDescriptor> {
    let name = constraint_name(edit, table, name, &columns.join("_"), "key")?;
    let mut key = Vec::new();
    for column in columns {
        let id = column_id(table, column)?;
        if key.iter().any(|c: &IndexColumn| c.column_id == id) {
            return Err(twice(column, "unique"));
        }
        key.push(IndexColumn { column_id: id, ..Default::default() });
    }
    let stored = include.iter().map(|c| column_id(table, c)).collect::<SqlResult<_>>()?;
    let index = new_index(edit, table, name, true, key, stored).await?;
    Ok(IndexDescriptor { constraint: true, ..index })
}

pub async fn create(edit: &mut Editor<'_>, create: &CreateIndex) -> SqlResult<()> {
    let (table_id, old) = edit.owned_table(&create.table)?;
    let mut table = (*old).clone();
    let column_names: Vec<&str> = create.columns.iter().map(|c| c.name.as_str()).collect();
    let name = match &create.name {
        Some(n) if edit.name_taken(table.schema_id, n) => {
            if create.if_not_exists {
                edit.notice(format!("relation \"{n}\" already exists, skipping"));
                return Ok(());
            }
            return Err(taken(n));
        }
        Some(n) => n.clone(),
        None => edit.choose_name(table.schema_id, &table.name, &column_names.join("_"), "idx", &[]),
    };
    let mut key = Vec::new();
    for column in &create.columns {
        key.push(IndexColumn {
            column_id: column_id(&table, &column.name)?,
            descending: column.descending,
            // By default NULLs come last ascending and first descending.
            nulls_reversed: column.nulls_first != column.descending,
        });
    }
    let stored = create.include.iter().map(|c| column_id(&table, c)).collect::<SqlResult<_>>()?;
    let index = new_index(edit, &mut table, name, create.unique, key, stored).await?;
    add(edit, table_id, table, index).await
}

/// Adds an index: at once to a table that this transaction made, else by a job.
pub async fn add(
    edit: &mut Editor<'_>,
    table_id: u32,
    mut table: TableDescriptor,
    mut index: IndexDescriptor,
) -> SqlResult<()> {
    if edit.created.contains(&table_id) && is_empty(edit, &table, table_id).await? {
        table.indexes.push(index);
        return edit.put_table(table_id, table).await;
    }
    index.state = ElementState::DeleteOnly as i32;
    let index_id = index.id;
    table.indexes.push(index);
    let job = edit
        .add_job(JobDetails::BuildIndex(BuildIndex { table_id, index_id, stage: 0, new_primary: false }))
        .await?;
    table.job_ids.push(job);
    edit.put_table(table_id, table).await
}

/// Whether the transaction sees no row in the table.
pub async fn is_empty(edit: &Editor<'_>, table: &TableDescriptor, table_id: u32) -> SqlResult<bool> {
    let span = kv::key::index_span(table.primary.domicile(), table_id, table.primary.id);
    let page = edit.txn.scan(span, txn::ScanOptions { keys_max: 1, ..Default::default() }).await?;
    Ok(page.rows.is_empty())
}

pub async fn drop_all(edit: &mut Editor<'_>, names: &[ObjectName], if_exists: bool) -> SqlResult<()> {
    for name in names {
        let Some((table_id, old, index_id)) = edit.find_index(name)? else {
            if if_exists {
                edit.notice(format!("index \"{}\" does not exist, skipping", name.name));
                continue;
            }
            return Err(SqlError::new(
                SqlState::UNDEFINED_OBJECT,
                format!("index \"{}\" does not exist", name.name),
            ));
        };
        edit.must_own(old.owner, "index", &name.name)?;
        let index = old.index(index_id).ok_or_else(|| undefined_table(name))?;
        if index.constraint {
            return Err(SqlError::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!(
                    "cannot drop index {0} because constraint {0} on table {1} requires it",
                    name.name, old.name
                ),
            )
            .with_hint(format!("You can drop constraint {} on table {} instead.", name.name, old.name)));
        }
        remove(edit, table_id, (*old).clone(), index_id).await?;
    }
    Ok(())
}

/// Takes an index out: at once from a table that this transaction made, else by a job, because routers at the version
/// before still read it and would miss rows of writers that no longer fill it. It loses its name at once.
pub async fn remove(
    edit: &mut Editor<'_>,
    table_id: u32,
    mut table: TableDescriptor,
    index_id: u32,
) -> SqlResult<()> {
    if edit.created.contains(&table_id) {
        table.indexes.retain(|i| i.id != index_id);
        return edit.put_table(table_id, table).await;
    }
    for index in table.indexes.iter_mut().filter(|i| i.id == index_id) {
        index.state = ElementState::WriteOnly as i32;
        index.name = String::new();
        // Its constraint is gone with the statement: only the entries are kept right.
        index.constraint = false;
    }
    let job = edit.add_job(JobDetails::DropIndex(DropIndex { table_id, index_id })).await?;
    table.job_ids.push(job);
    edit.put_table(table_id, table).await
}

pub async fn rename(edit: &mut Editor<'_>, name: &ObjectName, if_exists: bool, to: &str) -> SqlResult<()> {
    let Some((table_id, old, index_id)) = edit.find_index(name)? else {
        if if_exists {
            edit.notice(format!("relation \"{}\" does not exist, skipping", name.name));
            return Ok(());
        }
        return Err(undefined_table(name));
    };
    edit.must_own(old.owner, "index", &name.name)?;
    if edit.name_taken(old.schema_id, to) {
        return Err(taken(to));
    }
    let mut table = (*old).clone();
    if table.primary.id == index_id {
        table.primary.name = to.to_owned();
    }
    table.indexes.iter_mut().filter(|i| i.id == index_id).for_each(|i| i.name = to.to_owned());
    edit.put_table(table_id, table).await
}
