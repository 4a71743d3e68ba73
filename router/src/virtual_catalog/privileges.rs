//! has_*_privilege and pg_has_role.

use super::names;
use crate::seam::SessionCatalog;
use crate::snapshot::Object;
use catalog::descriptor::{Grant, privilege};
use catalog::reserved;
use datum::{Datum, DatumError};

/// Whether `role` has any of `wanted` on an object with that owner and those grants; `grant_option`: may pass it on.
pub fn has_any(
    catalog: &SessionCatalog,
    role: u32,
    owner: u32,
    grants: &[Grant],
    (wanted, grant_option): (u32, bool),
) -> bool {
    let roles = catalog.snapshot.role_closure(role);
    if is_superuser(catalog, role) || roles.contains(&owner) {
        return true;
    }
    let mut held = grants.iter().filter(|g| g.grantee == 0 || roles.contains(&g.grantee));
    held.any(|g| if grant_option { g.grant_options & wanted != 0 } else { g.privileges & wanted != 0 })
}
pub fn is_superuser(catalog: &SessionCatalog, role: u32) -> bool {
    role == reserved::ROOT_ROLE_ID || catalog.snapshot.role_by_id(role).is_some_and(|r| r.superuser)
}
/// Whether `role` may do any of `wanted` to the relation; `None`: there is no such relation.
pub fn on_relation(catalog: &SessionCatalog, role: u32, oid: u32, wanted: (u32, bool)) -> Option<bool> {
    if super::definition::by_oid(oid).is_some() {
        let readable = wanted.0 & privilege::SELECT != 0 && !wanted.1;
        return Some(is_superuser(catalog, role) || readable);
    }
    match catalog.snapshot.entry(oid).map(|e| &e.object) {
        Some(Object::Table(t)) => Some(has_any(catalog, role, t.owner, &t.grants, wanted)),
        Some(Object::Sequence(s)) => Some(has_any(catalog, role, s.owner, &s.grants, wanted)),
        _ => {
            let (t, _) = catalog.snapshot.index_by_oid(oid)?;
            Some(has_any(catalog, role, t.descriptor.owner, &[], wanted))
        }
    }
}

/// A list like `SELECT, INSERT WITH GRANT OPTION`: each entry is enough.
fn parse(text: &str) -> Result<Vec<(u32, bool)>, DatumError> {
    let parse_one = |word: &str| {
        let upper = word.trim().to_ascii_uppercase();
        let (name, option) = match upper.strip_suffix(" WITH GRANT OPTION") {
            Some(name) => (name, true),
            None => (upper.as_str(), false),
        };
        let bit = match name {
            "TEMP" => Some(privilege::TEMPORARY),
            "RULE" => Some(0),
            _ => super::print::PRIVILEGES.iter().find(|p| p.2 == name).map(|p| p.0),
        };
        let bit = bit.ok_or_else(|| {
            DatumError::InvalidParameterValue(format!("unrecognized privilege type: \"{}\"", word.trim()))
        })?;
        Ok((bit, option))
    };
    text.split(',').map(parse_one).collect()
}

fn find_role(catalog: &SessionCatalog, arg: &Datum) -> Result<u32, DatumError> {
    match arg {
        Datum::Text(name) if **name == *"public" => Ok(0),
        Datum::Text(name) => catalog
            .snapshot
            .role(name)
            .map(|(id, _)| id)
            .ok_or_else(|| DatumError::UndefinedObject(format!("role \"{name}\" does not exist"))),
        other => Ok(super::functions::oid(other)),
    }
}
/// The role, and the rest of the arguments: `count` of them; one more means that the role is given.
fn split<'a>(
    catalog: &SessionCatalog,
    args: &'a [Datum],
    count: usize,
) -> Result<(u32, &'a [Datum]), DatumError> {
    match args.len() {
        n if n == count => Ok((catalog.user_id, args)),
        n if n == count + 1 => Ok((find_role(catalog, &args[0])?, &args[1..])),
        n => Err(DatumError::Internal(format!("{n} arguments of a function over privileges"))),
    }
}
fn relation_oid(catalog: &SessionCatalog, arg: &Datum) -> Result<u32, DatumError> {
    match arg {
        Datum::Text(name) => {
            names::find_relation(catalog, name)?.ok_or_else(|| DatumError::UndefinedTable(name.to_string()))
        }
        other => Ok(super::functions::oid(other)),
    }
}
fn text(arg: &Datum) -> &str {
    arg.as_str().unwrap_or_default()
}
/// NULL where the object is not there, else whether any of the privileges holds.
fn any(wanted: &str, mut holds: impl FnMut((u32, bool)) -> Option<bool>) -> Result<Datum, DatumError> {
    let mut answer = Some(false);
    for one in parse(wanted)? {
        match holds(one) {
            Some(held) => answer = answer.map(|a| a || held),
            None => return Ok(Datum::Null),
        }
    }
    Ok(answer.map_or(Datum::Null, Datum::Bool))
}

/// Answers the functions of this family; `None`: not one of them.
///
/// # Errors
/// Unknown names of objects, roles and privileges.
pub fn function(catalog: &SessionCatalog, name: &str, args: &[Datum]) -> Option<Result<Datum, DatumError>> {
    Some(match name {
        "has_table_privilege" | "has_sequence_privilege" | "has_any_column_privilege" => {
            relation(catalog, args)
        }
        "has_column_privilege" => column(catalog, args),
        "has_schema_privilege" => schema(catalog, args),
        "has_database_privilege" => database(catalog, args),
        "pg_has_role" => role(catalog, args),
        // Functions, types and languages are the system's, for all to use.
        "has_function_privilege" | "has_type_privilege" | "has_language_privilege" => everyone(catalog, args),
        "has_tablespace_privilege" | "has_server_privilege" | "has_foreign_data_wrapper_privilege" => {
            split(catalog, args, 2).map(|(role, _)| Datum::Bool(is_superuser(catalog, role)))
        }
        "has_parameter_privilege" => {
            split(catalog, args, 2).map(|(role, _)| Datum::Bool(is_superuser(catalog, role)))
        }
        _ => return None,
    })
}
fn everyone(catalog: &SessionCatalog, args: &[Datum]) -> Result<Datum, DatumError> {
    split(catalog, args, 2).map(|_| Datum::Bool(true))
}
fn relation(catalog: &SessionCatalog, args: &[Datum]) -> Result<Datum, DatumError> {
    let (role, args) = split(catalog, args, 2)?;
    let oid = relation_oid(catalog, &args[0])?;
    any(text(&args[1]), |one| on_relation(catalog, role, oid, one))
}
/// Privileges are held on whole tables only.
fn column(catalog: &SessionCatalog, args: &[Datum]) -> Result<Datum, DatumError> {
    let (role, args) = split(catalog, args, 3)?;
    let oid = relation_oid(catalog, &args[0])?;
    if let (Datum::Text(column), Some((_, table))) = (&args[1], names::relation(catalog, oid)) {
        let known = match (super::definition::by_oid(oid), catalog.snapshot.table(oid)) {
            (Some(d), _) => d.table.columns.iter().any(|(n, _)| *n == *column),
            (None, Some(t)) => t.descriptor.column_by_name(column).is_some(),
            (None, None) => true,
        };
        if !known {
            let why = format!("column \"{column}\" of relation \"{table}\" does not exist");
            return Err(DatumError::UndefinedObject(why));
        }
    }
    any(text(&args[2]), |one| on_relation(catalog, role, oid, one))
}
fn schema(catalog: &SessionCatalog, args: &[Datum]) -> Result<Datum, DatumError> {
    let (role, args) = split(catalog, args, 2)?;
    let oid = match &args[0] {
        Datum::Text(name) => {
            names::schema_oid(catalog, name).ok_or_else(|| DatumError::UndefinedSchema(name.to_string()))?
        }
        other => super::functions::oid(other),
    };
    any(text(&args[1]), |one| {
        if names::VIRTUAL_SCHEMAS.iter().any(|s| s.0 == oid) {
            return Some(is_superuser(catalog, role) || one == (privilege::USAGE, false));
        }
        catalog.snapshot.schema_by_id(oid).map(|s| has_any(catalog, role, s.owner, &s.grants, one))
    })
}
fn database(catalog: &SessionCatalog, args: &[Datum]) -> Result<Datum, DatumError> {
    let (role, args) = split(catalog, args, 2)?;
    let oid = match &args[0] {
        Datum::Text(name) => {
            let missing = || DatumError::UndefinedObject(format!("database \"{name}\" does not exist"));
            catalog.snapshot.database(name).ok_or_else(missing)?.0
        }
        other => super::functions::oid(other),
    };
    any(text(&args[1]), |one| {
        catalog.snapshot.database_by_id(oid).map(|d| has_any(catalog, role, d.owner, &d.grants, one))
    })
}
fn role(catalog: &SessionCatalog, args: &[Datum]) -> Result<Datum, DatumError> {
    let (role, args) = split(catalog, args, 2)?;
    let of = find_role(catalog, &args[0])?;
    let member = is_superuser(catalog, role) || catalog.snapshot.role_closure(role).contains(&of);
    Ok(Datum::Bool(member))
}
