//! Schemas.

use super::table;
use crate::catalog_store::editor::{Editor, denied};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::snapshot::Object;
use catalog::{DescriptorKind, SchemaDescriptor, descriptor::privilege};

pub async fn create(
    edit: &mut Editor<'_>,
    name: &str,
    if_not_exists: bool,
    owner: Option<&str>,
) -> SqlResult<()> {
    let database = edit.database()?;
    if !edit.has(database.owner, &database.grants, privilege::CREATE) {
        return Err(denied("database", &database.name));
    }
    if name.starts_with("pg_") {
        return Err(SqlError::new(SqlState::RESERVED_NAME, format!("unacceptable schema name \"{name}\""))
            .with_detail("The prefix \"pg_\" is reserved for system schemas."));
    }
    if planner::CatalogView::schema_exists(&edit.catalog, name) {
        if if_not_exists {
            edit.notice(format!("schema \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(SqlError::new(SqlState::DUPLICATE_SCHEMA, format!("schema \"{name}\" already exists")));
    }
    let owner = match owner {
        Some(o) => edit.role(o)?.0,
        None => edit.session.role_id,
    };
    let id = edit.new_id().await?;
    let database_id = edit.session.database_id;
    let schema = SchemaDescriptor { name: name.to_owned(), database_id, owner, grants: Vec::new() };
    edit.put(id, DescriptorKind::Schema(schema)).await
}

pub async fn drop_all(
    edit: &mut Editor<'_>,
    names: &[String],
    if_exists: bool,
    cascade: bool,
) -> SqlResult<()> {
    for name in names {
        let (id, schema) = match edit.schema(name) {
            Ok(found) => found,
            Err(_) if if_exists => {
                edit.notice(format!("schema \"{name}\" does not exist, skipping"));
                continue;
            }
            Err(e) => return Err(e),
        };
        edit.must_own(schema.owner, "schema", name)?;
        let inside: Vec<(u32, String)> = edit
            .snapshot()
            .entries()
            .filter_map(|e| match &e.object {
                Object::Table(t) if t.schema_id == id => Some((e.id, format!("table {name}.{}", t.name))),
                Object::Sequence(s) if s.schema_id == id => {
                    Some((e.id, format!("sequence {name}.{}", s.name)))
                }
                _ => None,
            })
            .collect();
        if !inside.is_empty() && !cascade {
            let detail: Vec<String> =
                inside.iter().map(|(_, what)| format!("{what} depends on schema {name}")).collect();
            return Err(SqlError::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("cannot drop schema {name} because other objects depend on it"),
            )
            .with_detail(detail.join("\n"))
            .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        for (object, what) in inside {
            edit.notice(format!("drop cascades to {what}"));
            table::forget(edit, object).await?;
        }
        edit.remove(id).await?;
    }
    Ok(())
}

pub async fn rename(edit: &mut Editor<'_>, name: &str, to: &str) -> SqlResult<()> {
    let (id, schema) = edit.schema(name)?;
    edit.must_own(schema.owner, "schema", name)?;
    if planner::CatalogView::schema_exists(&edit.catalog, to) {
        return Err(SqlError::new(SqlState::DUPLICATE_SCHEMA, format!("schema \"{to}\" already exists")));
    }
    edit.put(id, DescriptorKind::Schema(SchemaDescriptor { name: to.to_owned(), ..(*schema).clone() })).await
}
