//! Functions over the catalog, by name (`datum::context::SessionInfo::catalog_function`).

use super::{names, print, privileges, relations, routines};
use crate::seam::SessionCatalog;
use datum::{Datum, DatumError, TypeId as T};

/// The number in an argument of type oid or integer; 0 where there is none.
pub fn oid(arg: &Datum) -> u32 {
    arg.as_i64().and_then(|v| u32::try_from(v).ok()).unwrap_or(0)
}
fn arg_oid(args: &[Datum], at: usize) -> u32 {
    args.get(at).map_or(0, oid)
}
fn arg_text(args: &[Datum], at: usize) -> &str {
    args.get(at).and_then(Datum::as_str).unwrap_or_default()
}
fn arg_bool(args: &[Datum], at: usize) -> bool {
    args.get(at).and_then(Datum::as_bool).unwrap_or(false)
}
fn text(value: Option<String>) -> Datum {
    value.map_or(Datum::Null, Datum::text)
}

/// `VirtualCatalog::function`.
///
/// # Errors
/// For the client: unknown objects; `FeatureNotSupported` for functions that are not over the catalog.
pub fn function(catalog: &SessionCatalog, name: &str, args: &[Datum]) -> Result<Datum, DatumError> {
    if let Some(answer) = privileges::function(catalog, name, args) {
        return answer;
    }
    let first = arg_oid(args, 0);
    Ok(match name {
        "pg_get_userbyid" => Datum::text(names::role_name(&catalog.snapshot, first)),
        "pg_get_expr" => args.first().cloned().unwrap_or(Datum::Null),
        "pg_get_indexdef" => index_definition(catalog, args),
        "pg_get_constraintdef" => text(constraint_definition(catalog, first, arg_bool(args, 1))),
        "pg_get_serial_sequence" => return serial_sequence(catalog, arg_text(args, 0), arg_text(args, 1)),
        "pg_table_is_visible" => names::is_visible(catalog, first).map_or(Datum::Null, Datum::Bool),
        "pg_type_is_visible" => visible(T(first).info().is_some()),
        "pg_function_is_visible" => visible(routines::by_oid(first).is_some()),
        "pg_operator_is_visible" => visible(datum::operators::by_oid(first).is_some()),
        // Collations, classes and families are in pg_catalog only, which every search path has.
        "pg_collation_is_visible" | "pg_opclass_is_visible" | "pg_opfamily_is_visible" => Datum::Bool(true),
        "obj_description" => match args.get(1).and_then(Datum::as_str) {
            None | Some("pg_class") => comment(catalog, first, 0),
            Some(_) => Datum::Null,
        },
        "col_description" => comment(catalog, first, arg_oid(args, 1)),
        "pg_get_function_arguments" | "pg_get_function_identity_arguments" => {
            text(routines::by_oid(first).map(|r| r.arguments(", ")))
        }
        "pg_get_function_result" => text(routines::by_oid(first).map(|r| match r.set {
            true => format!("SETOF {}", r.result),
            false => r.result.to_string(),
        })),
        // Views, rules, triggers, statistics and functions of users do not exist, nor do comments on shared objects.
        "pg_get_viewdef"
        | "pg_get_ruledef"
        | "pg_get_triggerdef"
        | "pg_get_functiondef"
        | "pg_get_partkeydef"
        | "pg_get_partition_constraintdef"
        | "pg_get_statisticsobjdef"
        | "pg_get_statisticsobjdef_columns"
        | "pg_get_function_arg_default"
        | "pg_get_function_sqlbody"
        | "pg_get_replica_identity_index"
        | "shobj_description"
        | "pg_partition_root"
        | "pg_relation_filepath"
        | "pg_relation_filenode"
        | "pg_collation_actual_version"
        | "pg_conversion_is_visible"
        | "pg_statistics_obj_is_visible"
        | "pg_ts_config_is_visible"
        | "pg_ts_dict_is_visible"
        | "pg_ts_parser_is_visible"
        | "pg_ts_template_is_visible"
        | "pg_sequence_last_value"
        | "txid_current_if_assigned"
        | "pg_stat_get_backend_pid" => Datum::Null,
        // Sizes are known to the cells only: 0 is for unknown.
        "pg_relation_size" | "pg_table_size" | "pg_indexes_size" | "pg_total_relation_size" => {
            names::relation(catalog, first).map_or(Datum::Null, |_| Datum::Int8(0))
        }
        "pg_database_size"
        | "pg_tablespace_size"
        | "pg_stat_get_dead_tuples"
        | "pg_stat_get_live_tuples"
        | "pg_stat_get_numscans"
        | "pg_stat_get_tuples_inserted" => Datum::Int8(0),
        "pg_tablespace_location" => Datum::text(""),
        "pg_relation_is_publishable" => Datum::Bool(false),
        // INSERT, UPDATE and DELETE: bits 3, 2 and 4.
        "pg_relation_is_updatable" => {
            Datum::Int4(if catalog.snapshot.table(first).is_some() { 28 } else { 0 })
        }
        "pg_column_is_updatable" => Datum::Bool(catalog.snapshot.table(first).is_some()),
        "pg_index_column_has_property" => index_property(catalog, first, arg_oid(args, 1), arg_text(args, 2)),
        "pg_describe_object" => text(names::relation_name(catalog, arg_oid(args, 1))),
        "pg_blocking_pids" => Datum::array(T::INT4, Vec::new()),
        "pg_trigger_depth" => Datum::Int4(0),
        _ => return Err(DatumError::FeatureNotSupported(format!("function {name} is not supported"))),
    })
}

/// What there is, is visible: it is in pg_catalog.
fn visible(known: bool) -> Datum {
    if known { Datum::Bool(true) } else { Datum::Null }
}
fn index_definition(catalog: &SessionCatalog, args: &[Datum]) -> Datum {
    let Some((table, index)) = catalog.snapshot.index_by_oid(arg_oid(args, 0)) else { return Datum::Null };
    let t = &table.descriptor;
    if let Some(at) = args.get(1).and_then(Datum::as_i64).filter(|at| *at != 0) {
        return Datum::text(print::index_column(t, index, usize::try_from(at).unwrap_or(0)));
    }
    let schema = catalog.snapshot.schema_name(t.schema_id).unwrap_or_default();
    let qualified = || print::qualified(&schema, &t.name);
    let name = match arg_bool(args, 2) {
        true => names::relation_name(catalog, table.id).unwrap_or_else(qualified),
        false => qualified(),
    };
    Datum::text(print::index_definition(&name, t, index))
}
fn constraint_definition(catalog: &SessionCatalog, oid: u32, pretty: bool) -> Option<String> {
    if let Some((t, index)) = catalog.snapshot.index_by_oid(oid) {
        return Some(print::key_constraint(&t.descriptor, index));
    }
    let mut checks = relations::tables(catalog).flat_map(|(_, t)| t.checks.iter());
    checks.find(|c| c.oid == oid).map(|c| print::check_constraint(c, pretty))
}
fn serial_sequence(catalog: &SessionCatalog, table: &str, column: &str) -> Result<Datum, DatumError> {
    let missing = || DatumError::UndefinedTable(table.to_owned());
    let id = names::find_relation(catalog, table)?.ok_or_else(missing)?;
    let t = catalog.snapshot.table(id).ok_or_else(missing)?;
    let c = t.descriptor.column_by_name(column).ok_or_else(|| {
        DatumError::UndefinedObject(format!(
            "column \"{column}\" of relation \"{}\" does not exist",
            t.descriptor.name
        ))
    })?;
    let owned = |s: &catalog::SequenceDescriptor| s.owned_by_table == id && s.owned_by_column == c.id;
    let sequence =
        relations::sequences(catalog).find(|(sequence, s)| *sequence == c.owned_sequence || owned(s));
    Ok(text(sequence.map(|(_, s)| {
        print::qualified(&catalog.snapshot.schema_name(s.schema_id).unwrap_or_default(), &s.name)
    })))
}
/// A comment on a table (column 0) or a column.
fn comment(catalog: &SessionCatalog, table: u32, column: u32) -> Datum {
    let Some(t) = catalog.snapshot.table(table) else { return Datum::Null };
    text(t.descriptor.comments.iter().find(|c| c.column_id == column).map(|c| c.text.clone()))
}
fn index_property(catalog: &SessionCatalog, oid: u32, column: u32, property: &str) -> Datum {
    let Some((_, index)) = catalog.snapshot.index_by_oid(oid) else { return Datum::Null };
    let Some(at) = (column as usize).checked_sub(1) else { return Datum::Null };
    let Some(c) = index.columns.get(at) else { return Datum::Null };
    match property {
        "asc" => Datum::Bool(!c.descending),
        "desc" => Datum::Bool(c.descending),
        "nulls_first" => Datum::Bool(c.descending != c.nulls_reversed),
        "nulls_last" => Datum::Bool(c.descending == c.nulls_reversed),
        "orderable" | "returnable" | "search_array" | "search_nulls" => Datum::Bool(true),
        "distance_orderable" => Datum::Bool(false),
        _ => Datum::Null,
    }
}
