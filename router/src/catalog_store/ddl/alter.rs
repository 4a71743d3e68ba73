//! ALTER TABLE. What an older version of the table would misread goes through states by a job; the rest is one edit.

use super::{index, sequence, table as create_table};
use crate::catalog_store::editor::{Editor, undefined_table};
use crate::error::{SqlError, SqlResult, SqlState};
use catalog::{
    DescriptorKind, SequenceDescriptor, TableDescriptor,
    descriptor::ElementState,
    job::{AdvanceColumn, BuildIndex, JobDetails, Validate},
};
use datum::{Datum, SqlType, TypeId};
use planner::parse::ddl::{AlterTable, ColumnDef, ObjectName, TableConstraint};

pub async fn alter(
    edit: &mut Editor<'_>,
    name: &ObjectName,
    if_exists: bool,
    actions: &[AlterTable],
) -> SqlResult<()> {
    let Some((id, found)) = edit.find_table(name)? else {
        if if_exists {
            edit.notice(format!("relation \"{}\" does not exist, skipping", name.name));
            return Ok(());
        }
        return Err(undefined_table(name));
    };
    edit.must_own(found.owner, "table", &found.name)?;
    for action in actions {
        let table = edit.snapshot().table(id).ok_or_else(|| undefined_table(name))?;
        one(edit, id, (*table.descriptor).clone(), action).await?;
    }
    Ok(())
}

fn no_column(table: &TableDescriptor, column: &str) -> SqlError {
    SqlError::new(
        SqlState::UNDEFINED_COLUMN,
        format!("column \"{column}\" of relation \"{}\" does not exist", table.name),
    )
}

fn position(table: &TableDescriptor, column: &str) -> SqlResult<usize> {
    let found = table.columns.iter().position(|c| c.is_public() && !c.hidden && c.name == column);
    found.ok_or_else(|| no_column(table, column))
}

async fn one(
    edit: &mut Editor<'_>,
    id: u32,
    mut table: TableDescriptor,
    action: &AlterTable,
) -> SqlResult<()> {
    match action {
        AlterTable::AddColumn { column, if_not_exists, constraints } => {
            return add_column(edit, id, table, column, *if_not_exists, constraints).await;
        }
        AlterTable::DropColumn { name, if_exists, cascade } => {
            return drop_column(edit, id, table, name, *if_exists, *cascade).await;
        }
        AlterTable::AlterColumnType { name, ty, using_sql } => {
            let at = position(&table, name)?;
            let old = table.columns[at].sql_type();
            if using_sql.is_some() || !keeps_rows(old, *ty) {
                return Err(SqlError::unsupported(format!(
                    "ALTER COLUMN TYPE from {old} to {ty} rewrites rows and is not supported"
                ))
                .with_hint("Add a new column, fill it by UPDATE, and drop the old one."));
            }
            table.columns[at].type_oid = ty.id.0;
            table.columns[at].typmod = ty.typmod;
        }
        AlterTable::SetDefault { column, sql } => {
            let at = position(&table, column)?;
            table.columns[at].default_sql = Some(sql.clone());
        }
        AlterTable::DropDefault { column } => {
            let at = position(&table, column)?;
            table.columns[at].default_sql = None;
        }
        AlterTable::SetNotNull { column } => {
            let at = position(&table, column)?;
            if !table.columns[at].not_null {
                table.columns[at].not_null = true;
                let column_id = table.columns[at].id;
                validate(edit, id, &mut table, 0, column_id).await?;
            }
        }
        AlterTable::DropNotNull { column } => {
            let at = position(&table, column)?;
            let column_id = table.columns[at].id;
            if table.primary.columns.iter().any(|c| c.column_id == column_id) {
                return Err(SqlError::new(
                    SqlState::INVALID_TABLE_DEFINITION,
                    format!("column \"{column}\" is in a primary key"),
                ));
            }
            if table.columns[at].identity != 0 {
                return Err(SqlError::new(
                    SqlState::SYNTAX_ERROR,
                    format!("column \"{column}\" of relation \"{}\" is an identity column", table.name),
                ));
            }
            table.columns[at].not_null = false;
        }
        AlterTable::AddIdentity { column, identity } => {
            let at = position(&table, column)?;
            let c = &table.columns[at];
            if !c.not_null || c.default_sql.is_some() {
                return Err(SqlError::new(
                    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!(
                        "column \"{column}\" of relation \"{}\" must be declared NOT NULL, without a default, before identity can be added",
                        table.name
                    ),
                ));
            }
            let (column_id, ty) = (c.id, TypeId(c.type_oid));
            let name = edit.choose_name(table.schema_id, &table.name, column, "seq", &[]);
            let made = SequenceDescriptor {
                name: name.clone(),
                owner: table.owner,
                owned_by_table: id,
                owned_by_column: column_id,
                ..sequence::descriptor(edit, table.schema_id, ty, &identity.options)?
            };
            let sequence_id = edit.new_id().await?;
            edit.put(sequence_id, DescriptorKind::Sequence(made)).await?;
            let default_sql = sequence::default_sql(edit, table.schema_id, &name);
            let c = &mut table.columns[at];
            c.owned_sequence = sequence_id;
            c.identity = if identity.always { 1 } else { 2 };
            c.default_sql = Some(default_sql);
        }
        AlterTable::DropIdentity { column, if_exists } => {
            let at = position(&table, column)?;
            if table.columns[at].identity == 0 {
                if *if_exists {
                    edit.notice(format!(
                        "column \"{column}\" of relation \"{}\" is not an identity column, skipping",
                        table.name
                    ));
                    return Ok(());
                }
                return Err(SqlError::new(
                    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!("column \"{column}\" of relation \"{}\" is not an identity column", table.name),
                ));
            }
            let sequence = std::mem::take(&mut table.columns[at].owned_sequence);
            table.columns[at].identity = 0;
            table.columns[at].default_sql = None;
            edit.put_table(id, table).await?;
            return create_table::forget(edit, sequence).await;
        }
        AlterTable::AddConstraint(constraint) => return add_constraint(edit, id, table, constraint).await,
        AlterTable::DropConstraint { name, if_exists, .. } => {
            return drop_constraint(edit, id, table, name, *if_exists).await;
        }
        AlterTable::ValidateConstraint { name } => {
            let check = table
                .checks
                .iter()
                .find(|c| c.name == *name)
                .cloned()
                .ok_or_else(|| no_constraint(&table, name))?;
            if check.not_valid {
                validate(edit, id, &mut table, check.oid, 0).await?;
            }
        }
        AlterTable::RenameColumn { from, to } => {
            let at = position(&table, from)?;
            if table.columns.iter().any(|c| c.name == *to) {
                return Err(SqlError::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{to}\" of relation \"{}\" already exists", table.name),
                ));
            }
            if table.checks.iter().any(|c| names_word(&c.check_sql, from)) {
                return Err(SqlError::unsupported(format!(
                    "renaming column \"{from}\", which a CHECK constraint names, is not supported"
                ))
                .with_hint("Drop the constraint, rename the column, and add the constraint again."));
            }
            table.columns[at].name.clone_from(to);
        }
        AlterTable::RenameConstraint { from, to } => {
            let names = table.checks.iter_mut().map(|c| &mut c.name);
            let indexes =
                std::iter::once(&mut table.primary).chain(&mut table.indexes).filter(|i| i.constraint);
            let found = names.chain(indexes.map(|i| &mut i.name)).find(|n| *n == from);
            match found {
                Some(name) => name.clone_from(to),
                None => return Err(no_constraint(&table, from)),
            }
        }
        AlterTable::RenameTable { to } => {
            if edit.name_taken(table.schema_id, to) {
                return Err(SqlError::new(
                    SqlState::DUPLICATE_TABLE,
                    format!("relation \"{to}\" already exists"),
                ));
            }
            table.name.clone_from(to);
        }
        AlterTable::SetSchema { to } => {
            let (schema_id, _) = edit.schema(to)?;
            if edit.name_taken(schema_id, &table.name) {
                return Err(SqlError::new(
                    SqlState::DUPLICATE_TABLE,
                    format!("relation \"{}\" already exists in schema \"{to}\"", table.name),
                ));
            }
            table.schema_id = schema_id;
        }
        AlterTable::Owner { to } => table.owner = edit.role(to)?.0,
        AlterTable::NoEffect { .. } => return Ok(()),
    }
    edit.put_table(id, table).await
}

/// Whether stored rows of the old type are rows of the new one.
fn keeps_rows(old: SqlType, new: SqlType) -> bool {
    if old == new {
        return true;
    }
    match (old.id, new.id) {
        (TypeId::VARCHAR, TypeId::TEXT) => true,
        (TypeId::VARCHAR, TypeId::VARCHAR) => new.typmod < 0 || (old.typmod >= 0 && new.typmod >= old.typmod),
        (TypeId::TEXT, TypeId::VARCHAR) => new.typmod < 0,
        (TypeId::NUMERIC, TypeId::NUMERIC) => new.typmod < 0,
        _ => false,
    }
}

fn names_word(sql: &str, word: &str) -> bool {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word)
}

async fn add_column(
    edit: &mut Editor<'_>,
    id: u32,
    mut table: TableDescriptor,
    def: &ColumnDef,
    if_not_exists: bool,
    constraints: &[TableConstraint],
) -> SqlResult<()> {
    if table.columns.iter().any(|c| c.name == def.name) {
        if if_not_exists {
            edit.notice(format!(
                "column \"{}\" of relation \"{}\" already exists, skipping",
                def.name, table.name
            ));
            return Ok(());
        }
        return Err(SqlError::new(
            SqlState::DUPLICATE_COLUMN,
            format!("column \"{}\" of relation \"{}\" already exists", def.name, table.name),
        ));
    }
    if table.columns.len() >= create_table::COLUMNS_MAX {
        return Err(SqlError::new(
            SqlState::TOO_MANY_COLUMNS,
            format!("tables can have at most {} columns", create_table::COLUMNS_MAX),
        ));
    }
    let empty = index::is_empty(edit, &table, id).await?;
    let fresh = edit.created.contains(&id);
    if !empty && (def.serial || def.identity.is_some()) {
        return Err(SqlError::unsupported(
            "adding a serial or identity column to a table with rows is not supported",
        )
        .with_hint(
            "Add the column without it, fill it by UPDATE, then ALTER COLUMN ... SET DEFAULT nextval(...).",
        ));
    }
    let state = if fresh { ElementState::Public } else { ElementState::WriteOnly };
    let column_id = create_table::add_column(edit, id, &mut table, def, state).await?;
    if !empty {
        let value = match &def.default_sql {
            Some(sql) => default_value(edit, sql, def.ty)?,
            None => Datum::Null,
        };
        if value.is_null() && def.not_null {
            return Err(SqlError::new(
                SqlState::NOT_NULL_VIOLATION,
                format!("column \"{}\" of relation \"{}\" contains null values", def.name, table.name),
            )
            .with_hint("Give the column a DEFAULT."));
        }
        if !value.is_null() {
            let mut bytes = Vec::new();
            datum::value_format::encode(&mut bytes, &value);
            let last = table.columns.last_mut().expect("the column was just added");
            last.missing_value = Some(bytes.into());
        }
    }
    if !fresh {
        let job = edit
            .add_job(JobDetails::AdvanceColumn(AdvanceColumn { table_id: id, column_id, dropping: false }))
            .await?;
        table.job_ids.push(job);
    }
    edit.put_table(id, table).await?;
    for constraint in constraints {
        if !fresh {
            return Err(SqlError::unsupported(
                "a constraint within ADD COLUMN is not supported on a table that exists",
            )
            .with_hint("Add the column first, then the constraint."));
        }
        let table = edit.snapshot().table(id).expect("it was just written");
        Box::pin(add_constraint(edit, id, (*table.descriptor).clone(), constraint)).await?;
    }
    Ok(())
}

/// What rows from before the column hold: the default, evaluated once. A volatile default would have to differ by row.
fn default_value(edit: &Editor<'_>, sql: &str, ty: SqlType) -> SqlResult<Datum> {
    let unbound = || SqlError::internal(format!("the default {sql} was not bound"));
    let statements = planner::parse(&format!("SELECT CAST(({sql}) AS {ty})"))?;
    let plan = planner::bind(statements.first().ok_or_else(unbound)?, &edit.catalog, &[])?;
    if plan.volatile && !is_now(sql) {
        return Err(SqlError::unsupported(format!(
            "a volatile default ({sql}) for a new column of a table with rows is not supported"
        ))
        .with_hint("Add the column without a default, fill it by UPDATE, then set the default."));
    }
    let planner::PlanKind::Query(rel) = &plan.kind else { return Err(unbound()) };
    let scalar = match &rel.kind {
        planner::RelKind::Values(rows) => rows.first().and_then(|r| r.first()),
        planner::RelKind::Project { exprs, .. } => exprs.first(),
        _ => None,
    };
    Ok(planner::eval(scalar.ok_or_else(unbound)?, &[], &[], &[], &edit.session.eval)?)
}

/// Whether an expression depends on nothing that varies by row but the transaction's time.
fn is_now(sql: &str) -> bool {
    let plain = sql.trim().to_ascii_lowercase();
    matches!(plain.as_str(), "now()" | "current_timestamp" | "current_date" | "transaction_timestamp()")
}

async fn drop_column(
    edit: &mut Editor<'_>,
    id: u32,
    mut table: TableDescriptor,
    name: &str,
    if_exists: bool,
    cascade: bool,
) -> SqlResult<()> {
    let Ok(at) = position(&table, name) else {
        if if_exists {
            edit.notice(format!("column \"{name}\" of relation \"{}\" does not exist, skipping", table.name));
            return Ok(());
        }
        return Err(no_column(&table, name));
    };
    let column = table.columns[at].clone();
    if table.primary.columns.iter().any(|c| c.column_id == column.id) {
        return Err(SqlError::unsupported(format!(
            "dropping column \"{name}\" of the primary key is not supported"
        )));
    }
    if table.checks.iter().any(|c| names_word(&c.check_sql, name)) {
        if !cascade {
            return Err(SqlError::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!(
                    "cannot drop column {name} of table {} because other objects depend on it",
                    table.name
                ),
            )
            .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        table.checks.retain(|c| !names_word(&c.check_sql, name));
    }
    let with_it: Vec<u32> = table
        .indexes
        .iter()
        .filter(|i| {
            i.columns.iter().any(|c| c.column_id == column.id) || i.stored_column_ids.contains(&column.id)
        })
        .map(|i| i.id)
        .collect();
    edit.put_table(id, table).await?;
    for index_id in with_it {
        let table = edit.snapshot().table(id).expect("it was just written");
        index::remove(edit, id, (*table.descriptor).clone(), index_id).await?;
    }
    if column.owned_sequence != 0 {
        create_table::forget(edit, column.owned_sequence).await?;
    }
    let mut table = (*edit.snapshot().table(id).expect("it was just written").descriptor).clone();
    if edit.created.contains(&id) && index::is_empty(edit, &table, id).await? {
        table.columns.retain(|c| c.id != column.id);
    } else {
        let taken = format!("........pg.dropped.{}........", column.id);
        for c in table.columns.iter_mut().filter(|c| c.id == column.id) {
            c.state = ElementState::WriteOnly as i32;
            c.not_null = false;
            c.default_sql = None;
            c.name.clone_from(&taken);
        }
        let details = AdvanceColumn { table_id: id, column_id: column.id, dropping: true };
        let job = edit.add_job(JobDetails::AdvanceColumn(details)).await?;
        table.job_ids.push(job);
    }
    edit.put_table(id, table).await
}

async fn validate(
    edit: &mut Editor<'_>,
    id: u32,
    table: &mut TableDescriptor,
    constraint_oid: u32,
    column_id: u32,
) -> SqlResult<()> {
    if edit.created.contains(&id) && index::is_empty(edit, table, id).await? {
        table.checks.iter_mut().filter(|c| c.oid == constraint_oid).for_each(|c| c.not_valid = false);
        return Ok(());
    }
    let job =
        edit.add_job(JobDetails::Validate(Validate { table_id: id, constraint_oid, column_id })).await?;
    table.job_ids.push(job);
    Ok(())
}

async fn add_constraint(
    edit: &mut Editor<'_>,
    id: u32,
    mut table: TableDescriptor,
    constraint: &TableConstraint,
) -> SqlResult<()> {
    match constraint {
        TableConstraint::PrimaryKey { name, columns, .. } => {
            add_primary_key(edit, id, table, name.as_deref(), columns).await
        }
        TableConstraint::Unique { name, columns, include } => {
            let index = index::unique(edit, &mut table, name.as_deref(), columns, include).await?;
            index::add(edit, id, table, index).await
        }
        other => {
            let mut check = create_table::check_constraint(edit, &table, other).await?;
            let oid = check.oid;
            let wanted_valid = !check.not_valid;
            check.not_valid = true;
            table.checks.push(check);
            if wanted_valid {
                validate(edit, id, &mut table, oid, 0).await?;
            }
            edit.put_table(id, table).await
        }
    }
}

/// A new primary index is built and swapped in; the hidden row id goes with the old one.
async fn add_primary_key(
    edit: &mut Editor<'_>,
    id: u32,
    mut table: TableDescriptor,
    name: Option<&str>,
    columns: &[String],
) -> SqlResult<()> {
    if !table.has_hidden_primary() || table.new_primary.is_some() {
        return Err(SqlError::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("multiple primary keys for table \"{}\" are not allowed", table.name),
        ));
    }
    let public_indexes = table.indexes.iter().any(|i| !i.name.is_empty());
    if edit.created.contains(&id) && index::is_empty(edit, &table, id).await? && !public_indexes {
        let hidden: Vec<u32> = table.primary.columns.iter().map(|c| c.column_id).collect();
        let primary = index::primary_key(edit, &mut table, name, columns).await?;
        table.columns.retain(|c| !hidden.contains(&c.id));
        table.primary = primary;
        return edit.put_table(id, table).await;
    }
    if public_indexes {
        return Err(SqlError::unsupported(format!(
            "ADD PRIMARY KEY on table \"{}\", which has other indexes, is not supported",
            table.name
        ))
        .with_hint("Drop the other indexes, add the primary key, and create them again."));
    }
    let mut primary = index::primary_key(edit, &mut table, name, columns).await?;
    primary.state = ElementState::DeleteOnly as i32;
    let index_id = primary.id;
    table.new_primary = Some(primary);
    let details = BuildIndex { table_id: id, index_id, stage: 0, new_primary: true };
    let job = edit.add_job(JobDetails::BuildIndex(details)).await?;
    table.job_ids.push(job);
    edit.put_table(id, table).await
}

fn no_constraint(table: &TableDescriptor, name: &str) -> SqlError {
    SqlError::new(
        SqlState::UNDEFINED_OBJECT,
        format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name),
    )
}

async fn drop_constraint(
    edit: &mut Editor<'_>,
    id: u32,
    mut table: TableDescriptor,
    name: &str,
    if_exists: bool,
) -> SqlResult<()> {
    if let Some(at) = table.checks.iter().position(|c| c.name == name) {
        table.checks.remove(at);
        return edit.put_table(id, table).await;
    }
    if let Some(index) = table.indexes.iter().find(|i| i.constraint && i.name == name) {
        let index_id = index.id;
        return index::remove(edit, id, table, index_id).await;
    }
    if table.primary.name == name && !name.is_empty() {
        return Err(SqlError::unsupported("dropping a primary key is not supported")
            .with_hint("Create a new table with the wanted key and copy the rows."));
    }
    if if_exists {
        edit.notice(format!("constraint \"{name}\" of relation \"{}\" does not exist, skipping", table.name));
        return Ok(());
    }
    Err(no_constraint(&table, name))
}
