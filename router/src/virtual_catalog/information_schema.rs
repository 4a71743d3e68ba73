//! The SQL standard's views of the catalog. They show what the current role owns or has a privilege on.

use super::definition::{self, Definition, Rows, count, row};
use super::{names, print, privileges, relations, roles};
use crate::seam::SessionCatalog;
use catalog::descriptor::{Grant, privilege};
use catalog::{ColumnDescriptor, TableDescriptor, reserved};
use datum::{SqlType, TypeId as T};

const YES: &str = "YES";
const NO: &str = "NO";
/// Bytes of a value of a type without a limit.
const OCTETS_MAX: i32 = 1 << 30;
/// Bytes of the longest character of UTF-8.
const OCTETS_OF_CHARACTER: i32 = 4;
/// What the header of a varying value adds to its length in a modifier.
const MODIFIER_HEADER: i32 = 4;

fn yes(b: bool) -> &'static str {
    if b { YES } else { NO }
}
/// Tables that the role may see, with the name of their schema.
fn seen_tables(catalog: &SessionCatalog) -> impl Iterator<Item = (String, &TableDescriptor)> {
    relations::tables(catalog).filter_map(|(id, t)| {
        let seen = privileges::on_relation(catalog, catalog.user_id, id, (privilege::TABLE_ALL, false));
        let schema = catalog.snapshot.schema_name(t.schema_id)?;
        (seen == Some(true)).then_some((schema, &**t))
    })
}

pub fn tables(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for d in definition::all() {
        row!(rows, {
            table_catalog: &catalog.database, table_schema: &d.table.schema, table_name: &d.table.name,
            table_type: if d.kind == b'r' { "BASE TABLE" } else { "VIEW" }, is_insertable_into: NO, is_typed: NO,
        });
    }
    for (schema, t) in seen_tables(catalog) {
        row!(rows, {
            table_catalog: &catalog.database, table_schema: schema, table_name: &t.name, table_type: "BASE TABLE",
            is_insertable_into: YES, is_typed: NO,
        });
    }
}

/// What the standard tells of a type.
#[derive(Default)]
struct Facets {
    characters: Option<i32>,
    octets: Option<i32>,
    precision: Option<i32>,
    radix: Option<i32>,
    scale: Option<i32>,
    datetime: Option<i32>,
}
fn facets(ty: SqlType) -> Facets {
    let number = |precision, radix, scale| Facets {
        precision: Some(precision),
        radix: Some(radix),
        scale,
        ..Facets::default()
    };
    let time = |default| Facets { datetime: Some(default), ..Facets::default() };
    match ty.id {
        T::INT2 => number(16, 2, Some(0)),
        T::INT4 => number(32, 2, Some(0)),
        T::INT8 => number(64, 2, Some(0)),
        T::FLOAT4 => number(24, 2, None),
        T::FLOAT8 => number(53, 2, None),
        T::NUMERIC if ty.typmod >= MODIFIER_HEADER => {
            let modifier = ty.typmod - MODIFIER_HEADER;
            number((modifier >> 16) & 0xFFFF, 10, Some(modifier & 0x7FF))
        }
        T::NUMERIC => Facets { radix: Some(10), ..Facets::default() },
        T::VARCHAR | T::BPCHAR if ty.typmod >= MODIFIER_HEADER => {
            let characters = ty.typmod - MODIFIER_HEADER;
            let octets = characters.checked_mul(OCTETS_OF_CHARACTER);
            Facets { characters: Some(characters), octets, ..Facets::default() }
        }
        T::TEXT | T::VARCHAR => Facets { octets: Some(OCTETS_MAX), ..Facets::default() },
        T::DATE => time(0),
        T::TIMESTAMP | T::TIMESTAMPTZ => time(if ty.typmod >= 0 { ty.typmod } else { 6 }),
        T::INTERVAL => {
            time(if ty.typmod >= 0 && ty.typmod & 0xFFFF != 0xFFFF { ty.typmod & 0xFFFF } else { 6 })
        }
        _ => Facets::default(),
    }
}
fn type_name(ty: T) -> String {
    if ty.element().is_some() && ty != T::INT2VECTOR && ty != T::OIDVECTOR {
        return "ARRAY".to_owned();
    }
    SqlType::new(ty, -1).to_string()
}

/// Of the owned sequence of an identity column: start, increment, maximum, minimum, cycle.
fn identity(
    catalog: &SessionCatalog,
    c: &ColumnDescriptor,
) -> Option<(String, String, String, String, bool)> {
    let (_, s) = catalog.snapshot.sequence(c.owned_sequence).filter(|_| c.identity != 0)?;
    Some((s.start.to_string(), s.increment.to_string(), s.max.to_string(), s.min.to_string(), s.cycle))
}
pub fn columns(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for d in definition::all() {
        system_columns(rows, catalog, d);
    }
    for (schema, t) in seen_tables(catalog) {
        // PostgreSQL tells attnum, with holes where columns were dropped.
        for c in t.visible_columns() {
            let (ty, f) = (c.sql_type(), facets(c.sql_type()));
            let sequence = identity(catalog, c);
            let s = sequence.as_ref();
            row!(rows, {
                table_catalog: &catalog.database, table_schema: &schema, table_name: &t.name, column_name: &c.name,
                ordinal_position: i32::from(definition::attnum(c.id)), column_default: relations::shown_default(c),
                is_nullable: yes(!c.not_null), data_type: type_name(ty.id), character_maximum_length: f.characters,
                character_octet_length: f.octets, numeric_precision: f.precision, numeric_precision_radix: f.radix,
                numeric_scale: f.scale, datetime_precision: f.datetime, udt_catalog: &catalog.database,
                udt_schema: "pg_catalog", udt_name: ty.id.info().map(|i| i.name), dtd_identifier: c.id.to_string(),
                is_self_referencing: NO, is_identity: yes(c.identity != 0),
                identity_generation: match c.identity { 1 => Some("ALWAYS"), 2 => Some("BY DEFAULT"), _ => None },
                identity_start: s.map(|s| &s.0), identity_increment: s.map(|s| &s.1), identity_maximum: s.map(|s| &s.2),
                identity_minimum: s.map(|s| &s.3), identity_cycle: yes(s.is_some_and(|s| s.4)), is_generated: "NEVER",
                is_updatable: YES,
            });
        }
    }
}
fn system_columns(rows: &mut Rows<'_>, catalog: &SessionCatalog, d: &Definition) {
    for (i, (name, ty)) in d.table.columns.iter().enumerate() {
        let f = facets(*ty);
        row!(rows, {
            table_catalog: &catalog.database, table_schema: &d.table.schema, table_name: &d.table.name,
            column_name: name, ordinal_position: i32::from(count(i + 1)), is_nullable: yes(!d.not_null[i]),
            data_type: type_name(ty.id), character_octet_length: f.octets, numeric_precision: f.precision,
            numeric_precision_radix: f.radix, numeric_scale: f.scale, datetime_precision: f.datetime,
            udt_catalog: &catalog.database, udt_schema: "pg_catalog", udt_name: ty.id.info().map(|i| i.name),
            dtd_identifier: (i + 1).to_string(), is_self_referencing: NO, is_identity: NO, identity_cycle: NO,
            is_generated: "NEVER", is_updatable: NO,
        });
    }
}

pub fn schemata(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (_, name, owner, _) in roles::schemas(catalog) {
        row!(rows, {
            catalog_name: &catalog.database, schema_name: name,
            schema_owner: names::role_name(&catalog.snapshot, owner),
        });
    }
}
pub fn sequences(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, s) in relations::sequences(catalog) {
        let seen = privileges::on_relation(catalog, catalog.user_id, id, (privilege::SEQUENCE_ALL, false));
        // Those of identity columns are not shown, as in PostgreSQL.
        let table = catalog.snapshot.table(s.owned_by_table);
        let of_identity =
            table.is_some_and(|t| t.descriptor.column(s.owned_by_column).is_some_and(|c| c.identity != 0));
        if seen != Some(true) || of_identity {
            continue;
        }
        let ty = relations::sequence_type(s);
        row!(rows, {
            sequence_catalog: &catalog.database, sequence_schema: catalog.snapshot.schema_name(s.schema_id),
            sequence_name: &s.name, data_type: type_name(ty), numeric_precision: facets(SqlType::new(ty, -1)).precision,
            numeric_precision_radix: 2, numeric_scale: 0, start_value: s.start.to_string(),
            minimum_value: s.min.to_string(), maximum_value: s.max.to_string(), increment: s.increment.to_string(),
            cycle_option: yes(s.cycle),
        });
    }
}

/// Names of the constraints that stand for NOT NULL, as PostgreSQL makes them up.
fn not_null_name(catalog: &SessionCatalog, t: &TableDescriptor, c: &ColumnDescriptor) -> String {
    let id = catalog.snapshot.relation(t.database_id, t.schema_id, &t.name).map_or(0, |e| e.id);
    format!("{}_{id}_{}_not_null", t.schema_id, c.id)
}
pub fn table_constraints(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (schema, t) in seen_tables(catalog) {
        let keys = relations::key_constraints(t).map(|i| match i.id == t.primary.id {
            true => (i.name.clone(), "PRIMARY KEY", None),
            false => (i.name.clone(), "UNIQUE", Some(YES)),
        });
        let checks = t.checks.iter().map(|c| (c.name.clone(), "CHECK", None));
        let not_null = t.visible_columns().filter(|c| c.not_null);
        let not_null = not_null.map(|c| (not_null_name(catalog, t, c), "CHECK", None));
        for (name, kind, nulls_distinct) in keys.chain(checks).chain(not_null) {
            row!(rows, {
                constraint_catalog: &catalog.database, constraint_schema: &schema, constraint_name: name,
                table_catalog: &catalog.database, table_schema: &schema, table_name: &t.name, constraint_type: kind,
                is_deferrable: NO, initially_deferred: NO, enforced: YES, nulls_distinct: nulls_distinct,
            });
        }
    }
}
pub fn check_constraints(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (schema, t) in seen_tables(catalog) {
        let checks = t.checks.iter().map(|c| {
            let text = print::check_constraint(c, false);
            let clause = text.trim_start_matches("CHECK ").trim_end_matches(" NOT VALID").to_owned();
            (c.name.clone(), clause)
        });
        let not_null = t.visible_columns().filter(|c| c.not_null);
        let not_null = not_null.map(|c| (not_null_name(catalog, t, c), format!("{} IS NOT NULL", c.name)));
        for (name, clause) in checks.chain(not_null) {
            row!(rows, {
                constraint_catalog: &catalog.database, constraint_schema: &schema, constraint_name: name,
                check_clause: clause,
            });
        }
    }
}
pub fn key_column_usage(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (schema, t) in seen_tables(catalog) {
        for index in relations::key_constraints(t) {
            for (i, c) in index.columns.iter().enumerate() {
                row!(rows, {
                    constraint_catalog: &catalog.database, constraint_schema: &schema, constraint_name: &index.name,
                    table_catalog: &catalog.database, table_schema: &schema, table_name: &t.name,
                    column_name: t.column(c.column_id).map(|c| &c.name), ordinal_position: i32::from(count(i + 1)),
                });
            }
        }
    }
}
pub fn constraint_column_usage(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (schema, t) in seen_tables(catalog) {
        let keys = relations::key_constraints(t)
            .map(|i| (&i.name, i.columns.iter().filter_map(|c| t.column(c.column_id)).collect::<Vec<_>>()));
        let checks = t.checks.iter().map(|c| (&c.name, relations::check_columns(t, &c.check_sql)));
        for (name, columns) in keys.chain(checks) {
            for c in columns {
                row!(rows, {
                    table_catalog: &catalog.database, table_schema: &schema, table_name: &t.name, column_name: &c.name,
                    constraint_catalog: &catalog.database, constraint_schema: &schema, constraint_name: name,
                });
            }
        }
    }
}
pub fn constraint_table_usage(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (schema, t) in seen_tables(catalog) {
        for name in relations::key_constraints(t).map(|i| &i.name) {
            row!(rows, {
                table_catalog: &catalog.database, table_schema: &schema, table_name: &t.name,
                constraint_catalog: &catalog.database, constraint_schema: &schema, constraint_name: name,
            });
        }
    }
}
/// table_privileges and role_table_grants: one row for each privilege that somebody was granted.
pub fn table_privileges(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (schema, t) in seen_tables(catalog) {
        let all = privilege::TABLE_ALL;
        let own = Grant { grantee: t.owner, grantor: t.owner, privileges: all, grant_options: all };
        for g in print::grants(t.owner, all, &t.grants).unwrap_or_else(|| vec![own]) {
            let grantee = match g.grantee {
                0 => "PUBLIC".to_owned(),
                id => names::role_name(&catalog.snapshot, id),
            };
            for (bit, _, name) in print::PRIVILEGES.iter().filter(|p| g.privileges & p.0 != 0) {
                row!(rows, {
                    grantor: names::role_name(&catalog.snapshot, g.grantor), grantee: &grantee,
                    table_catalog: &catalog.database, table_schema: &schema, table_name: &t.name, privilege_type: *name,
                    is_grantable: yes(g.grant_options & bit != 0 || g.grantee == t.owner),
                    with_hierarchy: yes(*bit == privilege::SELECT),
                });
            }
        }
    }
}
pub fn catalog_name(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    row!(rows, { catalog_name: &catalog.database });
}
pub fn enabled_roles(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    let superuser = catalog.user_id == reserved::ROOT_ROLE_ID;
    let own = catalog.snapshot.role_closure(catalog.user_id);
    for (_, r) in catalog.snapshot.roles().filter(|(id, _)| superuser || own.contains(id)) {
        row!(rows, { role_name: &r.name });
    }
}
pub fn applicable_roles(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for id in catalog.snapshot.role_closure(catalog.user_id) {
        let Some(r) = catalog.snapshot.role_by_id(id) else { continue };
        for parent in &r.member_of {
            row!(rows, {
                grantee: &r.name, role_name: names::role_name(&catalog.snapshot, *parent), is_grantable: NO,
            });
        }
    }
}
pub fn character_sets(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    row!(rows, {
        character_set_name: "UTF8", character_repertoire: "UCS", form_of_use: "UTF8",
        default_collate_catalog: &catalog.database, default_collate_schema: "pg_catalog", default_collate_name: "C",
    });
}
