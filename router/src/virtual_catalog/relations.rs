//! pg_class and what hangs on it: columns, indexes, constraints, defaults, sequences, dependencies, comments.

use super::definition::{self, Rows, attnum, count, int2_vector, int2s, oid_vector, row};
use super::{names, print, types};
use crate::seam::SessionCatalog;
use crate::snapshot::Object;
use catalog::descriptor::{ElementState, privilege};
use catalog::{ColumnDescriptor, IndexDescriptor, SequenceDescriptor, TableDescriptor, reserved};
use datum::{Datum, SqlType, TypeId as T};
use std::sync::Arc;

const PG_CLASS: u32 = 1259;
const PG_CONSTRAINT: u32 = 2606;
const PG_ATTRDEF: u32 = 2604;
const AM_HEAP: u32 = 2;
const AM_BTREE: u32 = 403;
/// Columns of a sequence when it is read as a table.
const SEQUENCE_COLUMNS: [(&str, T); 3] =
    [("last_value", T::INT8), ("log_cnt", T::INT8), ("is_called", T::BOOL)];

/// Indexes that the catalog shows: not the one over hidden row ids, and not a primary index in the making.
pub fn shown_indexes(table: &TableDescriptor) -> impl Iterator<Item = &IndexDescriptor> {
    let primary = (!table.has_hidden_primary()).then_some(&table.primary);
    primary.into_iter().chain(table.indexes.iter())
}
/// The user's tables of the session's database.
pub fn tables(catalog: &SessionCatalog) -> impl Iterator<Item = (u32, &Arc<TableDescriptor>)> {
    catalog.snapshot.tables(catalog.database_id)
}
/// The user's sequences of the session's database.
pub fn sequences(catalog: &SessionCatalog) -> impl Iterator<Item = (u32, &Arc<SequenceDescriptor>)> {
    let database = catalog.database_id;
    catalog.snapshot.entries().filter_map(move |e| match &e.object {
        Object::Sequence(s) if s.database_id == database => Some((e.id, s)),
        _ => None,
    })
}
/// `pg_attrdef.oid`: there is no other number for a default.
fn default_oid(table: u32, column: u32) -> u32 {
    table.wrapping_shl(11).wrapping_add(column)
}

pub fn pg_class(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    let snapshot = &catalog.snapshot;
    for d in definition::all() {
        row!(rows, {
            oid: d.table.oid, relname: &d.table.name, relnamespace: names::virtual_schema_oid(&d.table.schema),
            relowner: reserved::ROOT_ROLE_ID, relam: if d.kind == b'r' { AM_HEAP } else { 0 }, relfilenode: 0u32,
            reltuples: Datum::Float4(-1.0), relpersistence: b'p', relkind: d.kind,
            relnatts: count(d.table.columns.len()), relispopulated: true, relreplident: b'n',
        });
    }
    for (id, t) in tables(catalog) {
        row!(rows, {
            oid: id, relname: &t.name, relnamespace: t.schema_id, relowner: t.owner, relam: AM_HEAP, relfilenode: id,
            reltuples: Datum::Float4(-1.0), relhasindex: shown_indexes(t).next().is_some(), relpersistence: b'p',
            relkind: b'r', relnatts: attnum(t.next_column_id.saturating_sub(1)), relchecks: count(t.checks.len()),
            relispopulated: true, relreplident: b'd',
            relacl: print::access_list(snapshot, t.owner, privilege::TABLE_ALL, &t.grants),
        });
        for index in shown_indexes(t) {
            row!(rows, {
                oid: index.oid, relname: &index.name, relnamespace: t.schema_id, relowner: t.owner, relam: AM_BTREE,
                relfilenode: index.oid, reltuples: Datum::Float4(-1.0), relpersistence: b'p', relkind: b'i',
                relnatts: count(index.columns.len() + index.stored_column_ids.len()), relispopulated: true,
                relreplident: b'n',
            });
        }
    }
    for (id, s) in sequences(catalog) {
        row!(rows, {
            oid: id, relname: &s.name, relnamespace: s.schema_id, relowner: s.owner, relfilenode: id,
            reltuples: Datum::Float4(1.0), relpersistence: b'p', relkind: b'S', relnatts: 3i16, relispopulated: true,
            relreplident: b'n', relacl: print::access_list(snapshot, s.owner, privilege::SEQUENCE_ALL, &s.grants),
        });
    }
}

/// What one row of pg_attribute tells beyond its type.
#[derive(Default)]
struct Attribute<'a> {
    relation: u32,
    name: &'a str,
    number: i16,
    not_null: bool,
    has_default: bool,
    identity: u8,
}
fn attribute(rows: &mut Rows<'_>, a: &Attribute<'_>, ty: SqlType) {
    let layout = types::layout(ty.id);
    row!(rows, {
        attrelid: a.relation, attname: a.name, atttypid: ty.id, attstattarget: -1, attlen: layout.len, attnum: a.number,
        attndims: i32::from(ty.id.element().is_some()), attcacheoff: -1, atttypmod: ty.typmod, attbyval: layout.by_value,
        attalign: layout.align, attstorage: layout.storage, attnotnull: a.not_null, atthasdef: a.has_default,
        attidentity: a.identity, attislocal: true, attcollation: layout.collation,
    });
}
/// `pg_attribute.attidentity`.
fn identity(column: &ColumnDescriptor) -> u8 {
    match column.identity {
        1 => b'a',
        2 => b'd',
        _ => 0,
    }
}
/// Identity columns show no default, as in PostgreSQL.
pub fn shown_default(column: &ColumnDescriptor) -> Option<&String> {
    column.default_sql.as_ref().filter(|_| column.identity == 0)
}

pub fn pg_attribute(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for d in definition::all() {
        for (i, (name, ty)) in d.table.columns.iter().enumerate() {
            let (relation, not_null) = (d.table.oid, d.not_null[i]);
            attribute(
                rows,
                &Attribute { relation, name, number: count(i + 1), not_null, ..Attribute::default() },
                *ty,
            );
        }
    }
    for (id, t) in tables(catalog) {
        for c in t.visible_columns() {
            let a = Attribute {
                relation: id,
                name: &c.name,
                number: attnum(c.id),
                not_null: c.not_null,
                has_default: shown_default(c).is_some(),
                identity: identity(c),
            };
            attribute(rows, &a, c.sql_type());
        }
        for index in shown_indexes(t) {
            for (i, id) in index_columns(index).enumerate() {
                let Some(c) = t.column(id) else { continue };
                let a = Attribute {
                    relation: index.oid,
                    name: &c.name,
                    number: count(i + 1),
                    ..Attribute::default()
                };
                attribute(rows, &a, c.sql_type());
            }
        }
    }
    for (id, _) in sequences(catalog) {
        for (i, (name, ty)) in SEQUENCE_COLUMNS.into_iter().enumerate() {
            let a = Attribute {
                relation: id,
                name,
                number: count(i + 1),
                not_null: true,
                ..Attribute::default()
            };
            attribute(rows, &a, SqlType::new(ty, -1));
        }
    }
}
/// Key columns, then stored ones.
fn index_columns(index: &IndexDescriptor) -> impl Iterator<Item = u32> {
    index.columns.iter().map(|c| c.column_id).chain(index.stored_column_ids.iter().copied())
}

pub fn pg_index(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, t) in tables(catalog) {
        for index in shown_indexes(t) {
            let key_types = || {
                index.columns.iter().map(|c| t.column(c.column_id).map_or(T::UNKNOWN, |c| c.sql_type().id))
            };
            // Bit 0: descending; bit 1: NULLs first.
            let option = |c: &catalog::IndexColumn| {
                i16::from(c.descending) | i16::from(c.descending != c.nulls_reversed) << 1
            };
            let primary = index.id == t.primary.id;
            row!(rows, {
                indexrelid: index.oid, indrelid: id, indnatts: count(index_columns(index).count()),
                indnkeyatts: count(index.columns.len()), indisunique: index.unique || primary, indisprimary: primary,
                indimmediate: true, indisvalid: index.is_public(),
                indisready: index.element_state() != ElementState::DeleteOnly, indislive: true,
                indkey: int2_vector(index_columns(index).map(attnum)),
                indcollation: oid_vector(key_types().map(|t| types::layout(t).collation)),
                indclass: oid_vector(key_types().map(types::operator_class)),
                indoption: int2_vector(index.columns.iter().map(option)),
            });
        }
    }
}

/// Primary keys and unique constraints of a table.
pub fn key_constraints(table: &TableDescriptor) -> impl Iterator<Item = &IndexDescriptor> {
    shown_indexes(table).filter(|i| i.constraint || i.id == table.primary.id)
}
/// Columns that a check names, found by their names in its text.
pub fn check_columns<'a>(table: &'a TableDescriptor, sql: &str) -> Vec<&'a ColumnDescriptor> {
    let names = names::identifiers(sql);
    table.visible_columns().filter(|c| names.contains(&c.name)).collect()
}

pub fn pg_constraint(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, t) in tables(catalog) {
        for index in key_constraints(t) {
            // The constraint has its index's number: they are numbers of different tables.
            row!(rows, {
                oid: index.oid, conname: &index.name, connamespace: t.schema_id,
                contype: if index.id == t.primary.id { b'p' } else { b'u' }, convalidated: true, conrelid: id,
                conindid: index.oid, confupdtype: b' ', confdeltype: b' ', confmatchtype: b' ', conislocal: true,
                connoinherit: true, conkey: int2s(index.columns.iter().map(|c| attnum(c.column_id))),
            });
        }
        for check in &t.checks {
            let columns = check_columns(t, &check.check_sql);
            row!(rows, {
                oid: check.oid, conname: &check.name, connamespace: t.schema_id, contype: b'c',
                convalidated: !check.not_valid, conrelid: id, confupdtype: b' ', confdeltype: b' ',
                confmatchtype: b' ', conislocal: true, conkey: int2s(columns.iter().map(|c| attnum(c.id))),
                conbin: &check.check_sql,
            });
        }
    }
}

pub fn pg_attrdef(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, t) in tables(catalog) {
        for c in t.visible_columns() {
            if let Some(sql) = shown_default(c) {
                row!(rows, { oid: default_oid(id, c.id), adrelid: id, adnum: attnum(c.id), adbin: sql });
            }
        }
    }
}

pub fn pg_sequence(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, s) in sequences(catalog) {
        row!(rows, {
            seqrelid: id, seqtypid: sequence_type(s), seqstart: s.start, seqincrement: s.increment, seqmax: s.max,
            seqmin: s.min, seqcache: s.cache, seqcycle: s.cycle,
        });
    }
}
pub fn sequence_type(s: &SequenceDescriptor) -> T {
    if s.type_oid == 0 { T::INT8 } else { T(s.type_oid) }
}

pub fn pg_depend(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, s) in sequences(catalog) {
        let Some(t) = catalog.snapshot.table(s.owned_by_table) else { continue };
        let identity = t.descriptor.column(s.owned_by_column).is_some_and(|c| c.identity != 0);
        row!(rows, {
            classid: PG_CLASS, objid: id, refclassid: PG_CLASS, refobjid: s.owned_by_table,
            refobjsubid: i32::from(attnum(s.owned_by_column)), deptype: if identity { b'i' } else { b'a' },
        });
    }
    for (id, t) in tables(catalog) {
        let constraints: Vec<u32> = key_constraints(t).map(|i| i.oid).collect();
        for index in shown_indexes(t) {
            if constraints.contains(&index.oid) {
                row!(rows, {
                    classid: PG_CLASS, objid: index.oid, refclassid: PG_CONSTRAINT, refobjid: index.oid, deptype: b'i',
                });
            }
            let class = if constraints.contains(&index.oid) { PG_CONSTRAINT } else { PG_CLASS };
            for column in index_columns(index) {
                row!(rows, {
                    classid: class, objid: index.oid, refclassid: PG_CLASS, refobjid: id,
                    refobjsubid: i32::from(attnum(column)), deptype: b'a',
                });
            }
        }
        for c in t.visible_columns().filter(|c| shown_default(c).is_some()) {
            row!(rows, {
                classid: PG_ATTRDEF, objid: default_oid(id, c.id), refclassid: PG_CLASS, refobjid: id,
                refobjsubid: i32::from(attnum(c.id)), deptype: b'a',
            });
        }
    }
}

pub fn pg_description(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, t) in tables(catalog) {
        for c in &t.comments {
            row!(rows, {
                objoid: id, classoid: PG_CLASS, objsubid: i32::from(attnum(c.column_id)), description: &c.text,
            });
        }
    }
}

pub fn pg_tables(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for d in definition::all().iter().filter(|d| d.kind == b'r') {
        row!(rows, {
            schemaname: &d.table.schema, tablename: &d.table.name, tableowner: owner(catalog, reserved::ROOT_ROLE_ID),
            hasindexes: false, hasrules: false, hastriggers: false, rowsecurity: false,
        });
    }
    for (_, t) in tables(catalog) {
        row!(rows, {
            schemaname: catalog.snapshot.schema_name(t.schema_id), tablename: &t.name, tableowner: owner(catalog, t.owner),
            hasindexes: shown_indexes(t).next().is_some(), hasrules: false, hastriggers: false, rowsecurity: false,
        });
    }
}
fn owner(catalog: &SessionCatalog, id: u32) -> String {
    names::role_name(&catalog.snapshot, id)
}

pub fn pg_indexes(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (_, t) in tables(catalog) {
        let schema = catalog.snapshot.schema_name(t.schema_id).unwrap_or_default();
        for index in shown_indexes(t) {
            row!(rows, {
                schemaname: &schema, tablename: &t.name, indexname: &index.name,
                indexdef: print::index_definition(&print::qualified(&schema, &t.name), t, index),
            });
        }
    }
}

pub fn pg_sequences(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (_, s) in sequences(catalog) {
        row!(rows, {
            schemaname: catalog.snapshot.schema_name(s.schema_id), sequencename: &s.name,
            sequenceowner: owner(catalog, s.owner), data_type: sequence_type(s), start_value: s.start,
            min_value: s.min, max_value: s.max, increment_by: s.increment, cycle: s.cycle, cache_size: s.cache,
        });
    }
}

/// The statistics views of user tables: names only, nothing is counted.
pub fn pg_stat_tables(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, t) in tables(catalog) {
        row!(rows, { relid: id, schemaname: catalog.snapshot.schema_name(t.schema_id), relname: &t.name });
    }
}
/// As `pg_stat_tables`, for indexes.
pub fn pg_stat_indexes(rows: &mut Rows<'_>, catalog: &SessionCatalog) {
    for (id, t) in tables(catalog) {
        for index in shown_indexes(t) {
            row!(rows, {
                relid: id, indexrelid: index.oid, schemaname: catalog.snapshot.schema_name(t.schema_id),
                relname: &t.name, indexrelname: &index.name,
            });
        }
    }
}
