//! CREATE TABLE and DROP TABLE.

use super::{index, sequence};
use crate::catalog_store::editor::{Editor, undefined_table};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::snapshot::Object;
use catalog::{
    ColumnDescriptor, ConstraintDescriptor, DescriptorKind, IndexColumn, IndexDescriptor, SequenceDescriptor,
    TableDescriptor, descriptor::ElementState,
};
use datum::TypeId;
use planner::parse::ddl::{ColumnDef, CreateTable, ObjectName, TableConstraint};

/// Columns of a table at most, as in PostgreSQL.
pub const COLUMNS_MAX: usize = 1_600;
/// Name of the hidden primary key of a table without one.
pub const ROW_ID: &str = "rowid";

pub async fn create(edit: &mut Editor<'_>, create: &CreateTable) -> SqlResult<()> {
    let (schema_id, _) = edit.creation_schema(&create.name)?;
    let name = &create.name.name;
    if edit.name_taken(schema_id, name) {
        if create.if_not_exists {
            edit.notice(format!("relation \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(SqlError::new(SqlState::DUPLICATE_TABLE, format!("relation \"{name}\" already exists")));
    }
    if create.columns.len() > COLUMNS_MAX {
        return Err(SqlError::new(
            SqlState::TOO_MANY_COLUMNS,
            format!("tables can have at most {COLUMNS_MAX} columns"),
        ));
    }
    let id = edit.new_id().await?;
    let domicile_id = edit.database()?.domicile_id;
    let mut table = TableDescriptor {
        name: name.clone(),
        database_id: edit.session.database_id,
        schema_id,
        owner: edit.session.role_id,
        next_column_id: 1,
        next_index_id: 1,
        domicile_id,
        ..Default::default()
    };
    edit.created.insert(id);
    for column in &create.columns {
        if table.columns.iter().any(|c| c.name == column.name) {
            return Err(SqlError::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", column.name),
            )
            .with_position(column.at));
        }
        add_column(edit, id, &mut table, column, ElementState::Public).await?;
    }
    // The primary key first: other indexes name its columns.
    let primary =
        create.constraints.iter().filter(|c| matches!(c, TableConstraint::PrimaryKey { .. })).count();
    if primary > 1 {
        return Err(SqlError::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("multiple primary keys for table \"{name}\" are not allowed"),
        ));
    }
    let is_primary = |c: &&TableConstraint| matches!(c, TableConstraint::PrimaryKey { .. });
    match create.constraints.iter().find(is_primary) {
        Some(TableConstraint::PrimaryKey { name, columns, include }) => {
            if !include.is_empty() {
                return Err(SqlError::unsupported(
                    "INCLUDE in a primary key is not supported: it holds every column",
                ));
            }
            let index = index::primary_key(edit, &mut table, name.as_deref(), columns).await?;
            table.primary = index;
        }
        _ => table.primary = hidden_primary(&mut table),
    }
    for constraint in create.constraints.iter().filter(|c| !is_primary(c)) {
        match constraint {
            TableConstraint::Unique { name, columns, include } => {
                let index = index::unique(edit, &mut table, name.as_deref(), columns, include).await?;
                table.indexes.push(index);
            }
            other => {
                let check = check_constraint(edit, &table, other).await?;
                table.checks.push(check);
            }
        }
    }
    edit.put_table(id, table).await
}

/// Adds a column, with the sequence that SERIAL or IDENTITY makes for it.
pub async fn add_column(
    edit: &mut Editor<'_>,
    table_id: u32,
    table: &mut TableDescriptor,
    def: &ColumnDef,
    state: ElementState,
) -> SqlResult<u32> {
    let id = table.next_column_id;
    table.next_column_id += 1;
    let mut column = ColumnDescriptor {
        id,
        name: def.name.clone(),
        type_oid: def.ty.id.0,
        typmod: def.ty.typmod,
        not_null: def.not_null || def.serial || def.identity.is_some(),
        default_sql: def.default_sql.clone(),
        state: state as i32,
        ..Default::default()
    };
    if def.serial || def.identity.is_some() {
        let name = edit.choose_name(table.schema_id, &table.name, &def.name, "seq", &[]);
        let options = def.identity.as_ref().map(|i| i.options.clone()).unwrap_or_default();
        let sequence = SequenceDescriptor {
            name: name.clone(),
            owner: table.owner,
            owned_by_table: table_id,
            owned_by_column: id,
            ..sequence::descriptor(edit, table.schema_id, def.ty.id, &options)?
        };
        let sequence_id = edit.new_id().await?;
        edit.put(sequence_id, DescriptorKind::Sequence(sequence)).await?;
        column.owned_sequence = sequence_id;
        column.identity = def.identity.as_ref().map_or(0, |i| if i.always { 1 } else { 2 });
        column.default_sql = Some(sequence::default_sql(edit, table.schema_id, &name));
    }
    table.columns.push(column);
    Ok(id)
}

/// The primary index over a hidden row id, for a table without a primary key.
pub fn hidden_primary(table: &mut TableDescriptor) -> IndexDescriptor {
    let column_id = table.next_column_id;
    table.next_column_id += 1;
    let mut name = ROW_ID.to_owned();
    while table.columns.iter().any(|c| c.name == name) {
        name.push('_');
    }
    table.columns.push(ColumnDescriptor {
        id: column_id,
        name,
        type_oid: TypeId::INT8.0,
        typmod: -1,
        not_null: true,
        hidden: true,
        ..Default::default()
    });
    let id = table.next_index_id;
    table.next_index_id += 1;
    IndexDescriptor {
        id,
        unique: true,
        columns: vec![IndexColumn { column_id, ..Default::default() }],
        domicile_id: table.domicile_id,
        ..Default::default()
    }
}

/// A CHECK constraint's descriptor; anything else is refused by name.
pub async fn check_constraint(
    edit: &Editor<'_>,
    table: &TableDescriptor,
    constraint: &TableConstraint,
) -> SqlResult<ConstraintDescriptor> {
    match constraint {
        TableConstraint::Check { name, sql, not_valid, columns } => {
            let taken = |n: &str| table.checks.iter().any(|c| c.name == n);
            let name = match name {
                Some(n) if taken(n) => {
                    return Err(SqlError::new(
                        SqlState::DUPLICATE_OBJECT,
                        format!("constraint \"{n}\" for relation \"{}\" already exists", table.name),
                    ));
                }
                Some(n) => n.clone(),
                None => {
                    let also: Vec<String> = table.checks.iter().map(|c| c.name.clone()).collect();
                    let column = if columns.len() == 1 { columns[0].as_str() } else { "" };
                    edit.choose_name(table.schema_id, &table.name, column, "check", &also)
                }
            };
            let oid = edit.new_id().await?;
            Ok(ConstraintDescriptor { oid, name, check_sql: sql.clone(), not_valid: *not_valid })
        }
        TableConstraint::ForeignKey { .. } => Err(SqlError::unsupported("foreign keys are not supported")),
        TableConstraint::UsingIndex { .. } => {
            Err(SqlError::unsupported("constraints USING INDEX are not supported"))
        }
        TableConstraint::PrimaryKey { .. } | TableConstraint::Unique { .. } => {
            Err(SqlError::internal("an index is not a check"))
        }
    }
}

pub async fn drop_all(
    edit: &mut Editor<'_>,
    names: &[ObjectName],
    if_exists: bool,
    _cascade: bool,
) -> SqlResult<()> {
    for name in names {
        let Some((id, table)) = edit.find_table(name)? else {
            if if_exists {
                edit.notice(format!("table \"{}\" does not exist, skipping", name.name));
                continue;
            }
            let mut error = undefined_table(name);
            error.0.message = format!("table \"{}\" does not exist", name.name);
            error.0.position = None;
            return Err(error);
        };
        edit.must_own(table.owner, "table", &table.name)?;
        forget(edit, id).await?;
    }
    Ok(())
}

/// Marks a table (with the sequences it owns) or a sequence dropped, or removes a schema. The rows stay until they are
/// collected; the descriptor stays to say which they are.
pub async fn forget(edit: &mut Editor<'_>, id: u32) -> SqlResult<()> {
    let Some(entry) = edit.snapshot().entry(id).cloned() else { return Ok(()) };
    match entry.object {
        Object::Table(t) => {
            for column in t.columns.iter().filter(|c| c.owned_sequence != 0) {
                forget_sequence(edit, column.owned_sequence).await?;
            }
            edit.put_table(id, TableDescriptor { dropped: true, ..(*t).clone() }).await
        }
        Object::Sequence(_) => forget_sequence(edit, id).await,
        Object::Schema(_) => edit.remove(id).await,
        Object::Database(_) | Object::Role(_) => Ok(()),
    }
}

async fn forget_sequence(edit: &mut Editor<'_>, id: u32) -> SqlResult<()> {
    let Some((_, sequence)) = edit.snapshot().sequence(id).map(|(v, s)| (v, s.clone())) else {
        return Ok(());
    };
    edit.put(id, DescriptorKind::Sequence(SequenceDescriptor { dropped: true, ..(*sequence).clone() })).await
}
