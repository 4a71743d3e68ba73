//! Sequences: options as PostgreSQL checks them. The counter is a row of the sequence's domicile.

use crate::catalog_store::editor::Editor;
use crate::error::{SqlError, SqlResult, SqlState};
use catalog::{DescriptorKind, SequenceDescriptor, TableDescriptor, reserved};
use datum::TypeId;
use kv::DomicileId;
use planner::parse::ddl::{ObjectName, SequenceOptions};

/// Values that a session takes at once where CACHE is not given: between nextval calls of one session no message is sent.
const CACHE_DEFAULT: i64 = 32;

fn invalid(message: String) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// A descriptor without name and owner.
pub fn descriptor(
    edit: &Editor<'_>,
    schema_id: u32,
    ty: TypeId,
    options: &SequenceOptions,
) -> SqlResult<SequenceDescriptor> {
    let ty = options.ty.unwrap_or(ty);
    let bounds = match ty {
        TypeId::INT2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        TypeId::INT4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        TypeId::INT8 => (i64::MIN, i64::MAX),
        _ => return Err(invalid("sequence type must be smallint, integer, or bigint".into())),
    };
    let base = SequenceDescriptor {
        database_id: edit.session.database_id,
        schema_id,
        owner: edit.session.role_id,
        domicile_id: edit.database()?.domicile_id,
        type_oid: ty.0,
        ..Default::default()
    };
    with_options(base, bounds, options, true)
}

fn with_options(
    mut s: SequenceDescriptor,
    bounds: (i64, i64),
    options: &SequenceOptions,
    new: bool,
) -> SqlResult<SequenceDescriptor> {
    if new {
        s.increment = 1;
        s.cache = CACHE_DEFAULT;
    }
    if let Some(by) = options.increment {
        if by == 0 {
            return Err(invalid("INCREMENT must not be zero".into()));
        }
        s.increment = by;
    }
    let (low, high) = if s.increment > 0 { (1, bounds.1) } else { (bounds.0, -1) };
    match options.min {
        Some(Some(v)) => s.min = v,
        Some(None) => s.min = low,
        None if new => s.min = low,
        None => {}
    }
    match options.max {
        Some(Some(v)) => s.max = v,
        Some(None) => s.max = high,
        None if new => s.max = high,
        None => {}
    }
    if s.min < bounds.0 || s.max > bounds.1 {
        let (what, v) = if s.min < bounds.0 { ("MINVALUE", s.min) } else { ("MAXVALUE", s.max) };
        return Err(invalid(format!(
            "{what} ({v}) is out of range for sequence data type {}",
            TypeId(s.type_oid)
        )));
    }
    if s.min >= s.max {
        return Err(invalid(format!("MINVALUE ({}) must be less than MAXVALUE ({})", s.min, s.max)));
    }
    match options.start {
        Some(v) => s.start = v,
        None if new => s.start = if s.increment > 0 { s.min } else { s.max },
        None => {}
    }
    if s.start < s.min {
        return Err(invalid(format!("START value ({}) cannot be less than MINVALUE ({})", s.start, s.min)));
    }
    if s.start > s.max {
        return Err(invalid(format!(
            "START value ({}) cannot be greater than MAXVALUE ({})",
            s.start, s.max
        )));
    }
    if let Some(cache) = options.cache {
        if cache < 1 {
            return Err(invalid(format!("CACHE ({cache}) must be greater than zero")));
        }
        s.cache = cache;
    }
    if let Some(cycle) = options.cycle {
        s.cycle = cycle;
    }
    Ok(s)
}

/// `nextval('schema.name'::regclass)`, without the schema where the search path finds it.
pub fn default_sql(edit: &Editor<'_>, schema_id: u32, name: &str) -> String {
    let schema = edit.snapshot().schema_name(schema_id).unwrap_or_else(|| "public".to_owned());
    let text = if schema == "public" { quote(name) } else { format!("{}.{}", quote(&schema), quote(name)) };
    format!("nextval('{}'::regclass)", text.replace('\'', "''"))
}
fn quote(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

pub async fn create(
    edit: &mut Editor<'_>,
    name: &ObjectName,
    if_not_exists: bool,
    options: &SequenceOptions,
) -> SqlResult<()> {
    let (schema_id, _) = edit.creation_schema(name)?;
    if edit.name_taken(schema_id, &name.name) {
        if if_not_exists {
            edit.notice(format!("relation \"{}\" already exists, skipping", name.name));
            return Ok(());
        }
        return Err(SqlError::new(
            SqlState::DUPLICATE_TABLE,
            format!("relation \"{}\" already exists", name.name),
        ));
    }
    let mut s =
        SequenceDescriptor { name: name.name.clone(), ..descriptor(edit, schema_id, TypeId::INT8, options)? };
    let id = edit.new_id().await?;
    set_owned_by(edit, id, &mut s, options).await?;
    edit.put(id, DescriptorKind::Sequence(s)).await
}

async fn set_owned_by(
    edit: &mut Editor<'_>,
    id: u32,
    s: &mut SequenceDescriptor,
    options: &SequenceOptions,
) -> SqlResult<()> {
    let Some(target) = &options.owned_by else { return Ok(()) };
    if s.owned_by_table != 0
        && let Some(old) = edit.snapshot().table(s.owned_by_table)
    {
        let mut table = (*old.descriptor).clone();
        table.columns.iter_mut().filter(|c| c.owned_sequence == id).for_each(|c| c.owned_sequence = 0);
        edit.put_table(old.id, table).await?;
    }
    (s.owned_by_table, s.owned_by_column) = (0, 0);
    if let Some((name, column)) = target {
        let (table_id, table) = edit.owned_table(name)?;
        let mut table: TableDescriptor = (*table).clone();
        let found =
            table.columns.iter_mut().find(|c| c.is_public() && c.name == *column).ok_or_else(|| {
                SqlError::new(
                    SqlState::UNDEFINED_COLUMN,
                    format!("column \"{column}\" of relation \"{}\" does not exist", name.name),
                )
            })?;
        found.owned_sequence = id;
        (s.owned_by_table, s.owned_by_column) = (table_id, found.id);
        edit.put_table(table_id, table).await?;
    }
    Ok(())
}

pub async fn alter(
    edit: &mut Editor<'_>,
    name: &ObjectName,
    if_exists: bool,
    options: &SequenceOptions,
) -> SqlResult<()> {
    let Some((id, old)) = edit.find_sequence(name)? else {
        if if_exists {
            edit.notice(format!("relation \"{}\" does not exist, skipping", name.name));
            return Ok(());
        }
        return Err(crate::catalog_store::editor::undefined_table(name));
    };
    edit.must_own(old.owner, "sequence", &old.name)?;
    let ty = options.ty.unwrap_or(TypeId(old.type_oid));
    let bounds = match ty {
        TypeId::INT2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        TypeId::INT4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let mut s =
        with_options(SequenceDescriptor { type_oid: ty.0, ..(*old).clone() }, bounds, options, false)?;
    set_owned_by(edit, id, &mut s, options).await?;
    if let Some(restart) = options.restart {
        let value = restart.unwrap_or(s.start);
        if value < s.min || value > s.max {
            return Err(invalid(format!("RESTART value ({value}) is out of bounds ({}..{})", s.min, s.max)));
        }
        let before = value.wrapping_sub(s.increment).to_be_bytes().to_vec();
        let key = reserved::sequence_key(DomicileId(s.domicile_id), id);
        edit.txn.put(key, before).await?;
    }
    edit.put(id, DescriptorKind::Sequence(s)).await
}

pub async fn drop_all(edit: &mut Editor<'_>, names: &[ObjectName], if_exists: bool) -> SqlResult<()> {
    for name in names {
        let Some((id, s)) = edit.find_sequence(name)? else {
            if if_exists {
                edit.notice(format!("sequence \"{}\" does not exist, skipping", name.name));
                continue;
            }
            return Err(SqlError::new(
                SqlState::UNDEFINED_TABLE,
                format!("sequence \"{}\" does not exist", name.name),
            ));
        };
        edit.must_own(s.owner, "sequence", &s.name)?;
        let used = edit
            .snapshot()
            .table(s.owned_by_table)
            .filter(|t| t.descriptor.columns.iter().any(|c| c.owned_sequence == id));
        if let Some(table) = used {
            return Err(SqlError::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("cannot drop sequence {} because other objects depend on it", s.name),
            )
            .with_detail(format!(
                "a column of table {} depends on sequence {}",
                table.descriptor.name, s.name
            ))
            .with_hint("Drop the column's default first."));
        }
        super::table::forget(edit, id).await?;
    }
    Ok(())
}

pub async fn rename(edit: &mut Editor<'_>, name: &ObjectName, if_exists: bool, to: &str) -> SqlResult<()> {
    let Some((id, s)) = edit.find_sequence(name)? else {
        if if_exists {
            edit.notice(format!("relation \"{}\" does not exist, skipping", name.name));
            return Ok(());
        }
        return Err(crate::catalog_store::editor::undefined_table(name));
    };
    edit.must_own(s.owner, "sequence", &s.name)?;
    if edit.name_taken(s.schema_id, to) {
        return Err(SqlError::new(SqlState::DUPLICATE_TABLE, format!("relation \"{to}\" already exists")));
    }
    // Defaults name the sequence by text: those of the column that owns it follow.
    if let Some(owner) = edit.snapshot().table(s.owned_by_table) {
        let (old, new) = (default_sql(edit, s.schema_id, &s.name), default_sql(edit, s.schema_id, to));
        let mut table = (*owner.descriptor).clone();
        for column in table.columns.iter_mut().filter(|c| c.default_sql.as_deref() == Some(&old)) {
            column.default_sql = Some(new.clone());
        }
        edit.put_table(owner.id, table).await?;
    }
    edit.put(id, DescriptorKind::Sequence(SequenceDescriptor { name: to.to_owned(), ..(*s).clone() })).await
}
