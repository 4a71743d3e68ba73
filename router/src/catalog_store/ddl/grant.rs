//! GRANT, REVOKE and OWNER TO, over all kinds of objects.

use crate::catalog_store::editor::{Editor, denied, undefined_table};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::snapshot::Object;
use catalog::{
    DescriptorKind,
    descriptor::{Grant, privilege},
};
use planner::parse::ddl::{GrantObject, ObjectName, OwnedObject, Privilege};

/// The objects meant, with all privileges of their kind.
fn targets(edit: &Editor<'_>, on: &GrantObject) -> SqlResult<Vec<(u32, u32)>> {
    let mut out = Vec::new();
    match on {
        GrantObject::Tables(names) => {
            for name in names {
                match edit.find_sequence(name) {
                    Ok(Some((id, _))) => out.push((id, privilege::SEQUENCE_ALL)),
                    _ => {
                        let (id, _) = edit.find_table(name)?.ok_or_else(|| undefined_table(name))?;
                        out.push((id, privilege::TABLE_ALL));
                    }
                }
            }
        }
        GrantObject::Sequences(names) => {
            for name in names {
                let (id, _) = edit.find_sequence(name)?.ok_or_else(|| undefined_table(name))?;
                out.push((id, privilege::SEQUENCE_ALL));
            }
        }
        GrantObject::AllTablesInSchemas(schemas) | GrantObject::AllSequencesInSchemas(schemas) => {
            let want_tables = matches!(on, GrantObject::AllTablesInSchemas(_));
            for schema in schemas {
                let (schema_id, _) = edit.schema(schema)?;
                out.extend(edit.snapshot().entries().filter_map(|e| match &e.object {
                    Object::Table(t) if want_tables && t.schema_id == schema_id => {
                        Some((e.id, privilege::TABLE_ALL))
                    }
                    Object::Sequence(s) if !want_tables && s.schema_id == schema_id => {
                        Some((e.id, privilege::SEQUENCE_ALL))
                    }
                    _ => None,
                }));
            }
        }
        GrantObject::Schemas(names) => {
            for name in names {
                out.push((edit.schema(name)?.0, privilege::SCHEMA_ALL));
            }
        }
        GrantObject::Databases(names) => {
            for name in names {
                let found = edit.snapshot().database(name).map(|(id, _)| id);
                out.push((found.ok_or_else(|| super::database::undefined(name))?, privilege::DATABASE_ALL));
            }
        }
    }
    Ok(out)
}

fn grantees(edit: &Editor<'_>, names: &[String]) -> SqlResult<Vec<u32>> {
    names.iter().map(|n| if n.eq_ignore_ascii_case("public") { Ok(0) } else { Ok(edit.role(n)?.0) }).collect()
}

fn bits(privileges: &[Privilege], all: u32) -> SqlResult<u32> {
    if privileges.iter().any(|p| !p.columns.is_empty()) {
        return Err(SqlError::unsupported("privileges on columns are not supported"));
    }
    let bits = privileges.iter().fold(0, |bits, p| bits | if p.bits == u32::MAX { all } else { p.bits });
    if bits & !all != 0 {
        return Err(SqlError::new(
            SqlState::INVALID_GRANT_OPERATION,
            "invalid privilege type for this kind of object",
        ));
    }
    Ok(bits)
}

/// Owner, grants and how to write them back.
async fn edit_grants(edit: &mut Editor<'_>, id: u32, change: impl Fn(&mut Vec<Grant>, u32)) -> SqlResult<()> {
    let Some(entry) = edit.snapshot().entry(id).cloned() else { return Ok(()) };
    let (owner, name, kind, held) = match &entry.object {
        Object::Table(t) => (t.owner, &t.name, "table", &t.grants),
        Object::Sequence(s) => (s.owner, &s.name, "sequence", &s.grants),
        Object::Schema(s) => (s.owner, &s.name, "schema", &s.grants),
        Object::Database(d) => (d.owner, &d.name, "database", &d.grants),
        Object::Role(_) => return Ok(()),
    };
    let options = held.iter().any(|g| {
        g.grant_options != 0 && edit.snapshot().role_closure(edit.session.role_id).contains(&g.grantee)
    });
    if !edit.has(owner, &[], u32::MAX) && !options {
        return Err(denied(kind, name));
    }
    let kind = match entry.object {
        Object::Table(t) => {
            let mut t = (*t).clone();
            change(&mut t.grants, t.owner);
            DescriptorKind::Table(t)
        }
        Object::Sequence(s) => {
            let mut s = (*s).clone();
            change(&mut s.grants, s.owner);
            DescriptorKind::Sequence(s)
        }
        Object::Schema(s) => {
            let mut s = (*s).clone();
            change(&mut s.grants, s.owner);
            DescriptorKind::Schema(s)
        }
        Object::Database(d) => {
            let mut d = (*d).clone();
            change(&mut d.grants, d.owner);
            DescriptorKind::Database(d)
        }
        Object::Role(_) => return Ok(()),
    };
    edit.put(id, kind).await
}

pub async fn grant(
    edit: &mut Editor<'_>,
    privileges: &[Privilege],
    on: &GrantObject,
    to: &[String],
    grant_option: bool,
) -> SqlResult<()> {
    let to = grantees(edit, to)?;
    let grantor = edit.session.role_id;
    for (id, all) in targets(edit, on)? {
        let bits = bits(privileges, all)?;
        edit_grants(edit, id, |grants, _| {
            for &grantee in &to {
                if !grants.iter().any(|g| g.grantee == grantee) {
                    grants.push(Grant { grantee, grantor, ..Default::default() });
                }
                for g in grants.iter_mut().filter(|g| g.grantee == grantee) {
                    g.privileges |= bits;
                    if grant_option {
                        g.grant_options |= bits;
                    }
                }
            }
        })
        .await?;
    }
    Ok(())
}

pub async fn revoke(
    edit: &mut Editor<'_>,
    privileges: &[Privilege],
    on: &GrantObject,
    from: &[String],
    grant_option_for: bool,
) -> SqlResult<()> {
    let from = grantees(edit, from)?;
    for (id, all) in targets(edit, on)? {
        let bits = bits(privileges, all)?;
        edit_grants(edit, id, |grants, _| {
            for g in grants.iter_mut().filter(|g| from.contains(&g.grantee)) {
                g.grant_options &= !bits;
                if !grant_option_for {
                    g.privileges &= !bits;
                }
            }
            grants.retain(|g| g.privileges != 0);
        })
        .await?;
    }
    Ok(())
}

/// The command's tag comes back.
pub async fn set_owner(edit: &mut Editor<'_>, object: &OwnedObject, owner: &str) -> SqlResult<&'static str> {
    let (role, _) = edit.role(owner)?;
    if !edit.is_superuser() && !edit.snapshot().role_closure(edit.session.role_id).contains(&role) {
        return Err(SqlError::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("must be member of role \"{owner}\""),
        ));
    }
    let missing = |name: &ObjectName| undefined_table(name);
    match object {
        OwnedObject::Table(name) => {
            let (id, table) = edit.owned_table(name)?;
            let mut table = (*table).clone();
            table.owner = role;
            for sequence in
                table.columns.iter().map(|c| c.owned_sequence).filter(|s| *s != 0).collect::<Vec<_>>()
            {
                if let Some((_, s)) = edit.snapshot().sequence(sequence).map(|(v, s)| (v, s.clone())) {
                    let s = catalog::SequenceDescriptor { owner: role, ..(*s).clone() };
                    edit.put(sequence, DescriptorKind::Sequence(s)).await?;
                }
            }
            edit.put_table(id, table).await?;
            Ok("ALTER TABLE")
        }
        OwnedObject::Sequence(name) => {
            let (id, s) = edit.find_sequence(name)?.ok_or_else(|| missing(name))?;
            edit.must_own(s.owner, "sequence", &s.name)?;
            edit.put(
                id,
                DescriptorKind::Sequence(catalog::SequenceDescriptor { owner: role, ..(*s).clone() }),
            )
            .await?;
            Ok("ALTER SEQUENCE")
        }
        OwnedObject::Schema(name) => {
            let (id, s) = edit.schema(name)?;
            edit.must_own(s.owner, "schema", &s.name)?;
            edit.put(id, DescriptorKind::Schema(catalog::SchemaDescriptor { owner: role, ..(*s).clone() }))
                .await?;
            Ok("ALTER SCHEMA")
        }
        OwnedObject::Database(name) => {
            let found = edit.snapshot().database(name).map(|(id, d)| (id, d.clone()));
            let (id, d) = found.ok_or_else(|| super::database::undefined(name))?;
            edit.must_own(d.owner, "database", &d.name)?;
            edit.put(
                id,
                DescriptorKind::Database(catalog::DatabaseDescriptor { owner: role, ..(*d).clone() }),
            )
            .await?;
            Ok("ALTER DATABASE")
        }
    }
}
