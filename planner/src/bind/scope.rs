//! Names in force: the tables of a FROM clause and their columns, inside those of enclosing queries.

use super::{Binder, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::plan::Column;
use crate::scalar::Scalar;
use datum::{Datum, TypeId};
use std::sync::Arc;

/// A column that may be named.
#[derive(Clone)]
pub struct ScopeColumn {
    pub column: Column,
    /// Not shown by `*`.
    pub hidden: bool,
    /// Of FULL JOIN USING: COALESCE of both sides; else the column itself.
    pub expr: Option<Scalar>,
}

impl ScopeColumn {
    pub fn scalar(&self) -> Scalar {
        self.expr.clone().unwrap_or_else(|| Scalar::column(self.column.id, self.column.ty))
    }
}

#[derive(Clone)]
pub struct ScopeTable {
    pub alias: Arc<str>,
    /// Schema of an unaliased table, for `schema.table.column`.
    pub schema: Option<Arc<str>>,
    /// OID in pg_class; 0: none.
    pub oid: u32,
    pub columns: Vec<ScopeColumn>,
}

#[derive(Clone, Default)]
pub struct Scope {
    pub tables: Vec<ScopeTable>,
    /// What unqualified names see, in the order of `*`.
    pub columns: Vec<ScopeColumn>,
    /// Names are there but may not be used (a join's other side without LATERAL); for the error's hint.
    pub blocked: bool,
}

impl Scope {
    pub fn merge(&mut self, other: Scope) {
        self.tables.extend(other.tables);
        self.columns.extend(other.columns);
    }
    pub fn of_table(table: ScopeTable) -> Scope {
        Scope { columns: table.columns.clone(), tables: vec![table], blocked: false }
    }
    /// # Errors
    /// `DuplicateAlias`.
    pub fn check_aliases(&self, other: &Scope, at: usize) -> Result<()> {
        for t in &other.tables {
            if !t.alias.is_empty()
                && self.tables.iter().any(|o| {
                    o.alias == t.alias && (o.schema == t.schema || o.schema.is_none() || t.schema.is_none())
                })
            {
                return error(PlanErrorKind::DuplicateAlias(t.alias.to_string()), at);
            }
        }
        Ok(())
    }
}

impl Binder<'_> {
    pub(super) fn column(&mut self, parts: &[String], at: usize) -> Result<Scalar> {
        let found = match parts {
            [name] => self.unqualified(name, at)?,
            [table, name] => self.qualified(None, table, name, at)?,
            [schema, table, name] => self.qualified(Some(schema), table, name, at)?,
            [database, schema, table, name] if *database == self.view.current_database() => {
                self.qualified(Some(schema), table, name, at)?
            }
            _ => {
                let what = format!("cross-database references are not implemented: {}", parts.join("."));
                return error(PlanErrorKind::FeatureNotSupported(what), at);
            }
        };
        Ok(found)
    }
    fn unqualified(&mut self, name: &str, at: usize) -> Result<Scalar> {
        for scope in self.scopes.iter().rev().filter(|s| !s.blocked) {
            let mut hits = scope.columns.iter().filter(|c| *c.column.name == *name);
            if let Some(first) = hits.next() {
                if hits.next().is_some() {
                    return error(PlanErrorKind::AmbiguousColumn(name.into()), at);
                }
                return Ok(first.scalar());
            }
        }
        for scope in self.scopes.iter().rev().filter(|s| !s.blocked) {
            // a whole row, by the table's name
            if let Some(t) = scope.tables.iter().find(|t| *t.alias == *name) {
                return Ok(Scalar::Row(
                    t.columns.iter().filter(|c| !c.hidden).map(ScopeColumn::scalar).collect(),
                ));
            }
            if name == "tableoid"
                && let [t] = scope.tables.as_slice()
                && t.oid != 0
            {
                return Ok(Scalar::constant(Datum::Oid(t.oid), TypeId::OID));
            }
        }
        let mut e =
            PlanError::new(PlanErrorKind::UndefinedColumn(format!("column \"{name}\" does not exist")))
                .at(at);
        if let Some(near) = self.similar_column(name) {
            e = e.with_hint(format!("Perhaps you meant to reference the column \"{near}\"."));
        }
        Err(e)
    }
    fn qualified(&mut self, schema: Option<&str>, table: &str, name: &str, at: usize) -> Result<Scalar> {
        let t = self.scope_table(schema, table, at)?;
        let mut hits = t.columns.iter().filter(|c| *c.column.name == *name);
        if let Some(first) = hits.next() {
            if hits.next().is_some() {
                return error(PlanErrorKind::AmbiguousColumn(format!("{table}.{name}")), at);
            }
            return Ok(first.scalar());
        }
        if name == "tableoid" && t.oid != 0 {
            return Ok(Scalar::constant(Datum::Oid(t.oid), TypeId::OID));
        }
        error(PlanErrorKind::UndefinedColumn(format!("column {table}.{name} does not exist")), at)
    }
    pub(super) fn scope_table(&self, schema: Option<&str>, table: &str, at: usize) -> Result<ScopeTable> {
        for scope in self.scopes.iter().rev().filter(|s| !s.blocked) {
            let fits =
                |t: &&ScopeTable| *t.alias == *table && (schema.is_none() || t.schema.as_deref() == schema);
            let mut hits = scope.tables.iter().filter(fits);
            if let Some(first) = hits.next() {
                if hits.next().is_some() {
                    return error(PlanErrorKind::AmbiguousAlias(table.into()), at);
                }
                return Ok(first.clone());
            }
        }
        let blocked = self.scopes.iter().any(|s| s.blocked && s.tables.iter().any(|t| *t.alias == *table));
        if blocked {
            return Err(PlanError::new(PlanErrorKind::MissingFromEntry(format!(
                "invalid reference to FROM-clause entry for table \"{table}\""
            )))
            .with_hint(format!(
                "There is an entry for table \"{table}\", but it cannot be referenced from this part of the query."
            ))
            .at(at));
        }
        error(PlanErrorKind::MissingFromEntry(format!("missing FROM-clause entry for table \"{table}\"")), at)
    }
    fn similar_column(&self, name: &str) -> Option<String> {
        let scope = self.scopes.last()?;
        scope.tables.iter().find_map(|t| {
            let c = t.columns.iter().find(|c| {
                let n = &*c.column.name;
                !c.hidden && n.len().abs_diff(name.len()) <= 1 && n.len() > 2 && close(n, name)
            })?;
            Some(format!("{}.{}", t.alias, c.column.name))
        })
    }
}

/// At most one byte apart.
fn close(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (ra, rb) = (&a[prefix..], &b[prefix..]);
    let suffix = ra.iter().rev().zip(rb.iter().rev()).take_while(|(x, y)| x == y).count();
    ra.len().max(rb.len()) - suffix <= 1
}
