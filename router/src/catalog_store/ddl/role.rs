//! Roles, their passwords (kept as SCRAM verifiers only) and their memberships.

use crate::catalog_store::editor::Editor;
use crate::error::{SqlError, SqlResult, SqlState};
use crate::snapshot::Object;
use catalog::{DescriptorKind, RoleDescriptor, reserved};
use planner::parse::ddl::RoleOptions;

fn may_manage(edit: &Editor<'_>, target: Option<&RoleDescriptor>) -> SqlResult<()> {
    if edit.is_superuser() {
        return Ok(());
    }
    let creator = edit.snapshot().role_by_id(edit.session.role_id).is_some_and(|r| r.create_role);
    if creator && !target.is_some_and(|t| t.superuser) {
        return Ok(());
    }
    Err(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied"))
}

fn apply(edit: &Editor<'_>, role: &mut RoleDescriptor, options: &RoleOptions) -> SqlResult<()> {
    if options.replication == Some(true) || options.bypass_rls == Some(true) {
        return Err(SqlError::unsupported("REPLICATION and BYPASSRLS are not supported"));
    }
    if options.valid_until.as_deref().is_some_and(|v| v != "infinity") {
        return Err(SqlError::unsupported("VALID UNTIL is not supported"));
    }
    if let Some(v) = options.superuser {
        if !edit.is_superuser() {
            return Err(SqlError::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                "must be superuser to change superuser attribute",
            ));
        }
        role.superuser = v;
    }
    if let Some(v) = options.login {
        role.login = v;
    }
    if let Some(v) = options.create_role {
        role.create_role = v;
    }
    if let Some(v) = options.create_database {
        role.create_database = v;
    }
    if let Some(v) = options.inherit {
        role.no_inherit = !v;
    }
    if let Some(v) = options.connection_limit {
        role.connection_limit = v;
    }
    match &options.password {
        Some(Some(password)) if password.is_empty() => role.scram_verifier.clear(),
        Some(Some(password)) if crate::auth::is_verifier(password) => {
            role.scram_verifier.clone_from(password)
        }
        Some(Some(password)) => role.scram_verifier = crate::auth::make_verifier(password),
        Some(None) => role.scram_verifier.clear(),
        None => {}
    }
    Ok(())
}

pub async fn create(
    edit: &mut Editor<'_>,
    name: &str,
    if_not_exists: bool,
    options: &RoleOptions,
) -> SqlResult<()> {
    may_manage(edit, None)?;
    if name.starts_with("pg_") || matches!(name, "public" | "none") {
        return Err(SqlError::new(SqlState::RESERVED_NAME, format!("role name \"{name}\" is reserved")));
    }
    if edit.snapshot().role(name).is_some() {
        if if_not_exists {
            edit.notice(format!("role \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(SqlError::new(SqlState::DUPLICATE_OBJECT, format!("role \"{name}\" already exists")));
    }
    let mut role = RoleDescriptor { name: name.to_owned(), connection_limit: -1, ..Default::default() };
    apply(edit, &mut role, options)?;
    for parent in &options.in_roles {
        role.member_of.push(edit.role(parent)?.0);
    }
    let id = edit.new_id().await?;
    edit.put(id, DescriptorKind::Role(role)).await?;
    let members: Vec<String> = options.members.iter().chain(&options.admins).cloned().collect();
    if members.is_empty() { Ok(()) } else { set_membership(edit, &[name.to_owned()], &members, true).await }
}

pub async fn alter(edit: &mut Editor<'_>, name: &str, options: &RoleOptions) -> SqlResult<()> {
    let (id, old) = edit.role(name)?;
    let only_password = RoleOptions { password: options.password.clone(), ..Default::default() } == *options;
    if !(only_password && id == edit.session.role_id) {
        may_manage(edit, Some(&old))?;
    }
    let mut role = (*old).clone();
    apply(edit, &mut role, options)?;
    edit.put(id, DescriptorKind::Role(role)).await
}

pub async fn rename(edit: &mut Editor<'_>, name: &str, to: &str) -> SqlResult<()> {
    let (id, old) = edit.role(name)?;
    may_manage(edit, Some(&old))?;
    if edit.snapshot().role(to).is_some() {
        return Err(SqlError::new(SqlState::DUPLICATE_OBJECT, format!("role \"{to}\" already exists")));
    }
    if id == edit.session.role_id {
        return Err(SqlError::unsupported("session user cannot be renamed"));
    }
    edit.put(id, DescriptorKind::Role(RoleDescriptor { name: to.to_owned(), ..(*old).clone() })).await
}

pub async fn drop_all(edit: &mut Editor<'_>, names: &[String], if_exists: bool) -> SqlResult<()> {
    for name in names {
        let (id, old) = match edit.role(name) {
            Ok(found) => found,
            Err(_) if if_exists => {
                edit.notice(format!("role \"{name}\" does not exist, skipping"));
                continue;
            }
            Err(e) => return Err(e),
        };
        may_manage(edit, Some(&old))?;
        if id == edit.session.role_id {
            return Err(SqlError::new(SqlState::OBJECT_IN_USE, "current user cannot be dropped"));
        }
        if id == reserved::ROOT_ROLE_ID {
            return Err(SqlError::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("cannot drop role {name} because it is required by the database system"),
            ));
        }
        let owns: Vec<String> = edit
            .snapshot()
            .entries()
            .filter_map(|e| {
                let (kind, owner, grants, name) = match &e.object {
                    Object::Database(d) => ("database", d.owner, &d.grants, &d.name),
                    Object::Schema(d) => ("schema", d.owner, &d.grants, &d.name),
                    Object::Table(d) => ("table", d.owner, &d.grants, &d.name),
                    Object::Sequence(d) => ("sequence", d.owner, &d.grants, &d.name),
                    Object::Role(_) => return None,
                };
                match () {
                    () if owner == id => Some(format!("owner of {kind} {name}")),
                    () if grants.iter().any(|g| g.grantee == id) => {
                        Some(format!("privileges for {kind} {name}"))
                    }
                    () => None,
                }
            })
            .collect();
        if !owns.is_empty() {
            return Err(SqlError::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("role \"{name}\" cannot be dropped because some objects depend on it"),
            )
            .with_detail(owns.join("\n")));
        }
        let members: Vec<(u32, RoleDescriptor)> = edit
            .snapshot()
            .roles()
            .filter(|(_, r)| r.member_of.contains(&id))
            .map(|(id, r)| (id, (**r).clone()))
            .collect();
        for (member, mut role) in members {
            role.member_of.retain(|m| *m != id);
            edit.put(member, DescriptorKind::Role(role)).await?;
        }
        edit.remove(id).await?;
    }
    Ok(())
}

/// GRANT role TO member, REVOKE role FROM member.
pub async fn set_membership(
    edit: &mut Editor<'_>,
    roles: &[String],
    members: &[String],
    member: bool,
) -> SqlResult<()> {
    may_manage(edit, None)?;
    for parent in roles {
        let (parent_id, _) = edit.role(parent)?;
        for name in members {
            let (id, old) = edit.role(name)?;
            if member && edit.snapshot().role_closure(parent_id).contains(&id) {
                return Err(SqlError::new(
                    SqlState::INVALID_GRANT_OPERATION,
                    format!("role \"{parent}\" is a member of role \"{name}\""),
                ));
            }
            let mut role = (*old).clone();
            role.member_of.retain(|m| *m != parent_id);
            if member {
                role.member_of.push(parent_id);
            }
            edit.put(id, DescriptorKind::Role(role)).await?;
        }
    }
    Ok(())
}
