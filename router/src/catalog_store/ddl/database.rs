//! Databases. A database has a domicile of its own, where its tables live; its first range is made with it.

use crate::catalog_store::editor::{Editor, denied};
use crate::catalog_store::store::DomicileMaker;
use crate::error::{SqlError, SqlResult, SqlState};
use catalog::{
    DatabaseDescriptor, DescriptorKind, SchemaDescriptor,
    descriptor::{Grant, privilege},
};

pub async fn create(
    edit: &mut Editor<'_>,
    domiciles: &dyn DomicileMaker,
    name: &str,
    if_not_exists: bool,
    owner: Option<&str>,
    encoding: Option<&str>,
    template: Option<&str>,
) -> SqlResult<()> {
    if edit.snapshot().database(name).is_some() {
        if if_not_exists {
            edit.notice(format!("database \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(SqlError::new(
            SqlState::DUPLICATE_DATABASE,
            format!("database \"{name}\" already exists"),
        ));
    }
    let may = edit.is_superuser()
        || edit.snapshot().role_by_id(edit.session.role_id).is_some_and(|r| r.create_database);
    if !may {
        return Err(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied to create database"));
    }
    if let Some(e) = encoding
        .filter(|e| !matches!(e.to_ascii_lowercase().as_str(), "utf8" | "utf-8" | "unicode" | "default"))
    {
        return Err(SqlError::unsupported(format!("encoding \"{e}\" is not supported, only UTF8 is")));
    }
    if let Some(t) = template.filter(|t| !matches!(*t, "template0" | "template1" | "default")) {
        return Err(SqlError::unsupported(format!("template database \"{t}\" is not supported")));
    }
    let owner = match owner {
        Some(o) => edit.role(o)?.0,
        None => edit.session.role_id,
    };
    let domicile_id = domiciles.make(&format!("{name}/primary")).await?.0;
    let id = edit.new_id().await?;
    let database = DatabaseDescriptor {
        name: name.to_owned(),
        owner,
        domicile_id,
        grants: public_database(owner),
        dropped: false,
    };
    edit.put(id, DescriptorKind::Database(database)).await?;
    let schema_id = edit.new_id().await?;
    edit.put(schema_id, DescriptorKind::Schema(public_schema(id, owner))).await
}

/// What PUBLIC may do with a new database.
pub fn public_database(owner: u32) -> Vec<Grant> {
    let privileges = privilege::CONNECT | privilege::TEMPORARY;
    vec![Grant { grantee: 0, grantor: owner, privileges, grant_options: 0 }]
}
/// The schema `public`: everybody may use it, the database's owner may create in it (as in PostgreSQL 15).
pub fn public_schema(database_id: u32, owner: u32) -> SchemaDescriptor {
    let grants = vec![Grant { grantee: 0, grantor: owner, privileges: privilege::USAGE, grant_options: 0 }];
    SchemaDescriptor { name: "public".into(), database_id, owner, grants }
}

pub async fn drop_one(edit: &mut Editor<'_>, name: &str, if_exists: bool) -> SqlResult<()> {
    let Some((id, database)) = edit.snapshot().database(name).map(|(id, d)| (id, d.clone())) else {
        if if_exists {
            edit.notice(format!("database \"{name}\" does not exist, skipping"));
            return Ok(());
        }
        return Err(undefined(name));
    };
    if id == edit.session.database_id {
        return Err(SqlError::new(SqlState::OBJECT_IN_USE, "cannot drop the currently open database"));
    }
    edit.must_own(database.owner, "database", name)?;
    let mut inside: Vec<u32> = Vec::new();
    for entry in edit.snapshot().entries() {
        use crate::snapshot::Object::{Schema, Sequence, Table};
        let of = match &entry.object {
            Schema(s) => s.database_id,
            Table(t) => t.database_id,
            Sequence(s) => s.database_id,
            _ => 0,
        };
        if of == id {
            inside.push(entry.id);
        }
    }
    for object in inside {
        super::table::forget(edit, object).await?;
    }
    let dropped = DatabaseDescriptor { dropped: true, ..(*database).clone() };
    edit.put(id, DescriptorKind::Database(dropped)).await
}

pub async fn rename(edit: &mut Editor<'_>, name: &str, to: &str) -> SqlResult<()> {
    let (id, database) =
        edit.snapshot().database(name).map(|(id, d)| (id, d.clone())).ok_or_else(|| undefined(name))?;
    if !edit.has(database.owner, &[], u32::MAX) {
        return Err(denied("database", name));
    }
    if edit.snapshot().database(to).is_some() {
        return Err(SqlError::new(SqlState::DUPLICATE_DATABASE, format!("database \"{to}\" already exists")));
    }
    if id == edit.session.database_id {
        return Err(SqlError::unsupported("current database cannot be renamed"));
    }
    edit.put(id, DescriptorKind::Database(DatabaseDescriptor { name: to.to_owned(), ..(*database).clone() }))
        .await
}

pub fn undefined(name: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist"))
}
