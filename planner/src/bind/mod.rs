//! The binder: statements as written to relational trees with every name and type resolved. One binder, ours, after
//! PostgreSQL's parse analysis. Columns carry identities unique in the statement; `rules` turns them into positions.

mod aggregate;
mod call;
mod dml;
mod expr;
mod from;
mod query;
pub mod resolve;
mod scope;
mod statement;

pub use statement::{bind, execute_arguments};

use crate::error::{PlanError, PlanErrorKind, Result};
use crate::plan::{Access, AccessObject, Column};
use crate::scalar::Scalar;
use crate::view::CatalogView;
use datum::SqlType;
use scope::Scope;
use std::sync::Arc;

/// Most columns of a result, as in PostgreSQL.
pub const COLUMNS_MAX: usize = 1664;

/// The state of binding one statement.
pub struct Binder<'a> {
    pub(crate) view: &'a dyn CatalogView,
    /// Types of parameters; `None`: not yet known.
    pub(crate) parameters: Vec<Option<SqlType>>,
    next_id: usize,
    /// Innermost last.
    scopes: Vec<Scope>,
    pub(crate) ctes: Vec<CteEntry>,
    /// Names of CTEs in force: (name, index in `ctes`), innermost last.
    cte_names: Vec<(String, usize)>,
    pub(crate) access: Vec<Access>,
    pub(crate) versions: Vec<(u32, u64)>,
    /// What the SELECT at hand has met; innermost last.
    selects: Vec<aggregate::SelectState>,
}

/// A common table expression while it is bound.
pub struct CteEntry {
    pub name: Arc<str>,
    pub rel: Option<crate::plan::Rel>,
    pub columns: Vec<Column>,
    pub references: usize,
    pub materialized: Option<bool>,
}

impl<'a> Binder<'a> {
    pub fn new(view: &'a dyn CatalogView, parameters: Vec<Option<SqlType>>) -> Binder<'a> {
        Binder {
            view,
            parameters,
            next_id: 1,
            scopes: vec![],
            ctes: vec![],
            cte_names: vec![],
            access: vec![],
            versions: vec![],
            selects: vec![],
        }
    }
    pub(crate) fn fresh(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }
    pub(crate) fn need(&mut self, object: AccessObject, privileges: u32) {
        match self.access.iter_mut().find(|a| a.object == object) {
            Some(a) => a.privileges |= privileges,
            None => self.access.push(Access { object, privileges }),
        }
    }
    pub(crate) fn uses(&mut self, id: u32, version: u64) {
        if !self.versions.contains(&(id, version)) {
            self.versions.push((id, version));
        }
    }
    /// An output column for an expression: a plain column keeps its identity where that stays unique.
    pub(crate) fn output_column(
        &mut self,
        expr: &Scalar,
        name: &str,
        taken: &[Column],
        known: &[Column],
    ) -> Column {
        if let Scalar::Column { index, ty } = expr
            && !taken.iter().any(|c| c.id == *index)
            // a column of an enclosing query gets an identity of its own here, or it would look produced
            && known.iter().any(|c| c.id == *index)
        {
            let source = known.iter().find(|c| c.id == *index).and_then(|c| c.source);
            return Column { id: *index, name: name.into(), ty: *ty, source };
        }
        let source = match expr {
            Scalar::Column { index, .. } => known.iter().find(|c| c.id == *index).and_then(|c| c.source),
            _ => None,
        };
        Column { id: self.fresh(), name: name.into(), ty: expr.ty(), source }
    }
}

pub(crate) fn error<T>(kind: PlanErrorKind, at: usize) -> Result<T> {
    Err(PlanError::new(kind).at(at))
}
