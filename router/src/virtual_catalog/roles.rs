//! Roles, databases, schemas, and the session itself. Passwords are never shown.

use super::definition::{Rows, oids, row};
use super::{names, print};
use crate::seam::SessionCatalog;
use catalog::descriptor::privilege;
use catalog::{RoleDescriptor, reserved};
use datum::Datum;
use std::sync::Arc;

const ENCODING_UTF8: i32 = 6;
/// What PostgreSQL's views show instead of a password.
const PASSWORD_HIDDEN: &str = "********";
const TABLESPACE_DEFAULT: u32 = 1663;
const TABLESPACE_GLOBAL: u32 = 1664;

pub fn pg_authid(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, r) in catalog.snapshot.roles() {
        row!(rows, {
            oid: id, rolname: &r.name, rolsuper: r.superuser, rolinherit: !r.no_inherit, rolcreaterole: r.create_role,
            rolcreatedb: r.create_database, rolcanlogin: r.login, rolconnlimit: r.connection_limit,
        });
    }
}
pub fn pg_roles(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, r) in catalog.snapshot.roles() {
        row!(rows, {
            rolname: &r.name, rolsuper: r.superuser, rolinherit: !r.no_inherit, rolcreaterole: r.create_role,
            rolcreatedb: r.create_database, rolcanlogin: r.login, rolreplication: false,
            rolconnlimit: r.connection_limit, rolpassword: PASSWORD_HIDDEN, rolbypassrls: false, oid: id,
        });
    }
}
fn users(catalog: &SessionCatalog) -> impl Iterator<Item = (u32, &Arc<RoleDescriptor>)> {
    catalog.snapshot.roles().filter(|(_, r)| r.login)
}
/// pg_user and pg_shadow.
pub fn pg_user(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, r) in users(catalog) {
        row!(rows, {
            usename: &r.name, usesysid: id, usecreatedb: r.create_database, usesuper: r.superuser, userepl: false,
            usebypassrls: false, passwd: PASSWORD_HIDDEN,
        });
    }
}
pub fn pg_group(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, r) in catalog.snapshot.roles().filter(|(_, r)| !r.login) {
        let members = catalog.snapshot.roles().filter(|(_, m)| m.member_of.contains(&id));
        row!(rows, { groname: &r.name, grosysid: id, grolist: oids(members.map(|(id, _)| id)) });
    }
}
pub fn pg_auth_members(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (member, r) in catalog.snapshot.roles() {
        for role in &r.member_of {
            row!(rows, { roleid: *role, member: member, grantor: reserved::ROOT_ROLE_ID });
        }
    }
}
pub fn pg_database(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, d) in catalog.snapshot.databases() {
        row!(rows, {
            oid: id, datname: &d.name, datdba: d.owner, encoding: ENCODING_UTF8, datlocprovider: b'c',
            datallowconn: true, datconnlimit: -1, dattablespace: TABLESPACE_DEFAULT, datcollate: "C", datctype: "C",
            datacl: print::access_list(&catalog.snapshot, d.owner, privilege::DATABASE_ALL, &d.grants),
        });
    }
}
/// The schemas of the session's database: OID, name, owner, and the grants as an access list.
pub fn schemas(catalog: &SessionCatalog) -> Vec<(u32, String, u32, Datum)> {
    let mut out: Vec<_> = names::VIRTUAL_SCHEMAS
        .iter()
        .map(|(oid, name)| (*oid, (*name).to_owned(), reserved::ROOT_ROLE_ID, Datum::Null))
        .collect();
    for e in catalog.snapshot.entries() {
        if let crate::snapshot::Object::Schema(s) = &e.object
            && s.database_id == catalog.database_id
        {
            let list = print::access_list(&catalog.snapshot, s.owner, privilege::SCHEMA_ALL, &s.grants);
            out.push((e.id, s.name.clone(), s.owner, list));
        }
    }
    out
}
pub fn pg_namespace(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (oid, name, owner, list) in schemas(catalog) {
        row!(rows, { oid: oid, nspname: name, nspowner: owner, nspacl: list });
    }
}
pub fn pg_tablespace(rows: &mut Rows<'_>) {
    for (oid, name) in [(TABLESPACE_DEFAULT, "pg_default"), (TABLESPACE_GLOBAL, "pg_global")] {
        row!(rows, { oid: oid, spcname: name, spcowner: reserved::ROOT_ROLE_ID });
    }
}
pub fn pg_settings(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for s in (catalog.settings)() {
        let kind = match s.value.as_str() {
            "on" | "off" => "bool",
            v if v.parse::<i64>().is_ok() => "integer",
            _ => "string",
        };
        row!(rows, {
            name: s.name, setting: s.value, unit: s.unit, category: "Client Connection Defaults",
            short_desc: s.description, context: "user", vartype: kind, source: "session", boot_val: &s.reset_value,
            reset_val: &s.reset_value, pending_restart: false,
        });
    }
}
/// This session only: others may be on other routers.
pub fn pg_stat_activity(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    let application =
        (catalog.settings)().into_iter().find(|s| s.name == "application_name").map(|s| s.value);
    let user = catalog.snapshot.role(&catalog.session_user).map(|(id, _)| id);
    row!(rows, {
        datid: catalog.database_id, datname: &catalog.database, usesysid: user, usename: &catalog.session_user,
        application_name: application, state: "active", backend_type: "client backend",
    });
}
