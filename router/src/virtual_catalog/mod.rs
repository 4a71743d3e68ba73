//! Computed tables: pg_catalog and information_schema as PostgreSQL 15 has them, meridian_catalog over the cluster, and
//! the functions and reg* names over the catalog. Rows are made from the session's snapshot each time they are read.
//!
//! ```text
//! definition          columns of every table (tables.txt), rows by names of columns
//! cluster             meridian_catalog: what the cluster tells
//! routines, types     pg_proc, pg_type, pg_operator, ...: from datum's registries
//! print               SQL text of indexes, constraints, access lists
//! names               reg* types, visibility
//! relations, roles    pg_class and its kin; roles, databases, schemas, settings
//! information_schema  the standard's views
//! privileges          has_*_privilege
//! functions           all other functions over the catalog
//! ```
//!
//! A table that is in `tables.txt` and that nothing fills has no rows: what it would show does not exist in Meridian
//! (triggers, views, publications, ...). Comments on objects other than tables and columns, and OIDs of operators'
//! functions, are not kept.

pub mod cluster;
mod definition;
mod functions;
mod information_schema;
mod names;
mod print;
mod privileges;
mod relations;
mod roles;
mod routines;
mod types;

#[cfg(test)]
mod tests;

pub use cluster::{CellRow, ClusterInfo, JobRow, RangeRow};

use crate::seam::{QueryError, SessionCatalog, VirtualCatalog};
use async_trait::async_trait;
use datum::{Datum, DatumError};
use definition::Rows;
use planner::view::VirtualTable;
use std::sync::Arc;

/// The virtual catalog of a router.
pub struct Virtuals {
    cluster: Arc<dyn ClusterInfo>,
}

impl Virtuals {
    pub fn new(cluster: Arc<dyn ClusterInfo>) -> Virtuals {
        Virtuals { cluster }
    }
}

#[async_trait]
impl VirtualCatalog for Virtuals {
    fn find(&self, schema: &str, name: &str) -> Option<VirtualTable> {
        definition::find(schema, name).map(|d| d.table.clone())
    }
    async fn scan(
        &self,
        schema: &str,
        name: &str,
        catalog: &Arc<SessionCatalog>,
    ) -> Result<Vec<Vec<Datum>>, QueryError> {
        let Some(definition) = definition::find(schema, name) else {
            return Err(QueryError::Internal(format!("no computed table {schema}.{name}")));
        };
        let mut rows = Rows::new(definition);
        match schema {
            "pg_catalog" => pg_catalog(&mut rows, name, catalog),
            "information_schema" => standard(&mut rows, name, catalog),
            _ => match name {
                "cells" => cluster::cells(&mut rows, self.cluster.cells().await?),
                "ranges" => cluster::ranges(&mut rows, self.cluster.ranges().await?),
                "jobs" => cluster::jobs(&mut rows, self.cluster.jobs().await?),
                _ => {}
            },
        }
        Ok(rows.rows)
    }
    fn reg_in(&self, catalog: &SessionCatalog, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError> {
        names::reg_in(catalog, type_oid, text)
    }
    fn reg_out(&self, catalog: &SessionCatalog, type_oid: u32, oid: u32) -> Option<String> {
        names::reg_out(catalog, type_oid, oid)
    }
    fn function(&self, catalog: &SessionCatalog, name: &str, args: &[Datum]) -> Result<Datum, DatumError> {
        functions::function(catalog, name, args)
    }
}

fn pg_catalog(rows: &mut Rows<'_>, name: &str, catalog: &SessionCatalog) {
    match name {
        "pg_class" => relations::pg_class(rows, catalog),
        "pg_attribute" => relations::pg_attribute(rows, catalog),
        "pg_index" => relations::pg_index(rows, catalog),
        "pg_constraint" => relations::pg_constraint(rows, catalog),
        "pg_attrdef" => relations::pg_attrdef(rows, catalog),
        "pg_sequence" => relations::pg_sequence(rows, catalog),
        "pg_sequences" => relations::pg_sequences(rows, catalog),
        "pg_depend" => relations::pg_depend(rows, catalog),
        "pg_description" => relations::pg_description(rows, catalog),
        "pg_tables" => relations::pg_tables(rows, catalog),
        "pg_indexes" => relations::pg_indexes(rows, catalog),
        "pg_stat_all_tables" | "pg_stat_user_tables" | "pg_statio_all_tables" | "pg_statio_user_tables" => {
            relations::pg_stat_tables(rows, catalog);
        }
        "pg_stat_all_indexes"
        | "pg_stat_user_indexes"
        | "pg_statio_all_indexes"
        | "pg_statio_user_indexes" => {
            relations::pg_stat_indexes(rows, catalog);
        }
        "pg_authid" => roles::pg_authid(rows, catalog),
        "pg_roles" => roles::pg_roles(rows, catalog),
        "pg_user" | "pg_shadow" => roles::pg_user(rows, catalog),
        "pg_group" => roles::pg_group(rows, catalog),
        "pg_auth_members" => roles::pg_auth_members(rows, catalog),
        "pg_database" => roles::pg_database(rows, catalog),
        "pg_namespace" => roles::pg_namespace(rows, catalog),
        "pg_tablespace" => roles::pg_tablespace(rows),
        "pg_settings" => roles::pg_settings(rows, catalog),
        "pg_stat_activity" => roles::pg_stat_activity(rows, catalog),
        "pg_type" => types::pg_type(rows),
        "pg_proc" => types::pg_proc(rows),
        "pg_operator" => types::pg_operator(rows),
        "pg_cast" => types::pg_cast(rows),
        "pg_aggregate" => types::pg_aggregate(rows),
        "pg_am" => types::pg_am(rows),
        "pg_collation" => types::pg_collation(rows),
        "pg_opclass" => types::pg_opclass(rows),
        "pg_opfamily" => types::pg_opfamily(rows),
        "pg_language" => types::pg_language(rows),
        _ => {}
    }
}

fn standard(rows: &mut Rows<'_>, name: &str, catalog: &SessionCatalog) {
    match name {
        "tables" => information_schema::tables(rows, catalog),
        "columns" => information_schema::columns(rows, catalog),
        "schemata" => information_schema::schemata(rows, catalog),
        "sequences" => information_schema::sequences(rows, catalog),
        "table_constraints" => information_schema::table_constraints(rows, catalog),
        "check_constraints" => information_schema::check_constraints(rows, catalog),
        "key_column_usage" => information_schema::key_column_usage(rows, catalog),
        "constraint_column_usage" => information_schema::constraint_column_usage(rows, catalog),
        "constraint_table_usage" => information_schema::constraint_table_usage(rows, catalog),
        "table_privileges" | "role_table_grants" => information_schema::table_privileges(rows, catalog),
        "information_schema_catalog_name" => information_schema::catalog_name(rows, catalog),
        "enabled_roles" => information_schema::enabled_roles(rows, catalog),
        "applicable_roles" | "administrable_role_authorizations" => {
            information_schema::applicable_roles(rows, catalog);
        }
        "character_sets" => information_schema::character_sets(rows, catalog),
        _ => {}
    }
}
