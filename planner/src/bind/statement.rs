//! From a parsed statement to a finished plan.

use super::Binder;
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::{Expr, Statement, StatementKind};
use crate::parse::ddl::{AlterTable, ColumnDef, Ddl, Session};
use crate::plan::*;
use crate::rules;
use crate::scalar::Scalar;
use crate::view::CatalogView;
use datum::{CastContext, SqlType, TypeId};

/// Binds, rewrites and finishes a statement. `types`: the declared types of its parameters as far as the client gave them
/// (`None` or missing: inferred).
///
/// # Errors
/// For the client, with the position in the text.
pub fn bind(statement: &Statement, view: &dyn CatalogView, types: &[Option<SqlType>]) -> Result<Plan> {
    let mut parameters: Vec<Option<SqlType>> =
        types.iter().map(|t| t.filter(|t| t.id.0 != 0 && t.id != TypeId::UNKNOWN)).collect();
    parameters.resize(parameters.len().max(statement.parameters as usize), None);
    let mut b = Binder::new(view, parameters);
    let kind = b.statement(statement, types)?;
    let parameters = std::mem::take(&mut b.parameters)
        .into_iter()
        .enumerate()
        .map(|(i, t)| {
            t.ok_or_else(|| {
                let what = format!("could not determine data type of parameter ${}", i + 1);
                PlanError::new(PlanErrorKind::IndeterminateDatatype(what))
            })
        })
        .collect::<Result<Vec<_>>>()?;
    rules::finish(b, kind, parameters)
}

/// The arguments of EXECUTE, cast to the prepared statement's parameter types.
///
/// # Errors
/// `SyntaxError`: their number is wrong; `DatatypeMismatch`; and others of expressions.
pub fn execute_arguments(
    arguments: &[Expr],
    types: &[SqlType],
    name: &str,
    view: &dyn CatalogView,
) -> Result<Vec<Scalar>> {
    if arguments.len() != types.len() {
        return Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
            "wrong number of parameters for prepared statement \"{name}\""
        )))
        .with_detail(format!("Expected {} parameters but got {}.", types.len(), arguments.len())));
    }
    let mut b = Binder::new(view, vec![]);
    arguments
        .iter()
        .zip(types)
        .enumerate()
        .map(|(i, (e, ty))| {
            let s = b.plain_expr(e, "EXECUTE parameters")?;
            if s.any(&mut |s| matches!(s, Scalar::Subquery(_))) {
                let what = "cannot use subquery in EXECUTE parameter".to_string();
                return Err(PlanError::new(PlanErrorKind::FeatureNotSupported(what)).at(e.at));
            }
            if !super::resolve::can_coerce(s.ty().id, ty.id, CastContext::Assignment) {
                return Err(PlanError::new(PlanErrorKind::DatatypeMismatch(format!(
                    "parameter ${} of type {} cannot be coerced to the expected type {}",
                    i + 1,
                    s.ty().id,
                    ty.id
                )))
                .with_hint("You will need to rewrite or cast the expression.")
                .at(e.at));
            }
            b.coerce(s, *ty, CastContext::Assignment, e.at)
        })
        .collect()
}

impl Binder<'_> {
    fn statement(&mut self, s: &Statement, types: &[Option<SqlType>]) -> Result<PlanKind> {
        Ok(match &s.kind {
            StatementKind::Empty => PlanKind::Empty,
            StatementKind::Query(q) => {
                let rel = self.query(q)?;
                PlanKind::Query(Box::new(rel))
            }
            StatementKind::Insert(i) => PlanKind::Insert(Box::new(self.insert(i)?)),
            StatementKind::Update(u) => PlanKind::Update(Box::new(self.update(u)?)),
            StatementKind::Delete(d) => PlanKind::Delete(Box::new(self.delete(d)?)),
            StatementKind::Copy(c) => self.copy(c)?,
            StatementKind::Explain { analyze, verbose, costs, distsql, statement } => {
                let inner = bind(statement, self.view, types)?;
                self.parameters = inner.parameters.iter().map(|t| Some(*t)).collect();
                PlanKind::Explain(Box::new(Explain {
                    analyze: *analyze,
                    verbose: *verbose,
                    costs: *costs,
                    distsql: *distsql,
                    statement: inner,
                }))
            }
            StatementKind::Ddl(d) => {
                self.check_ddl(d)?;
                PlanKind::Ddl(d.clone())
            }
            StatementKind::Session(session) => {
                // The parameters of a PREPAREd statement are its own.
                if matches!(**session, Session::Prepare { .. } | Session::DeclareCursor { .. }) {
                    self.parameters.clear();
                }
                PlanKind::Session(session.clone())
            }
        })
    }
    /// Defaults must fit their columns; what is wrong with them is said now.
    fn check_ddl(&mut self, d: &Ddl) -> Result<()> {
        match d {
            Ddl::CreateTable(t) => t.columns.iter().try_for_each(|c| self.check_column(c)),
            Ddl::AlterTable { actions, .. } => actions.iter().try_for_each(|a| match a {
                AlterTable::AddColumn { column, .. } => self.check_column(column),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }
    }
    fn check_column(&mut self, c: &ColumnDef) -> Result<()> {
        let Some(sql) = &c.default_sql else { return Ok(()) };
        let e = crate::parse::parse_expr(sql)?;
        let bound = self.plain_expr(&e, "DEFAULT expressions").map_err(|mut e| {
            e.0.position = None;
            if let PlanErrorKind::UndefinedColumn(_) = e.kind() {
                return PlanError::new(PlanErrorKind::FeatureNotSupported(
                    "cannot use column reference in DEFAULT expression".into(),
                ));
            }
            e
        })?;
        if bound.any(&mut |s| matches!(s, Scalar::Subquery(_))) {
            let what = "cannot use subquery in DEFAULT expression".to_string();
            return Err(PlanError::new(PlanErrorKind::FeatureNotSupported(what)));
        }
        let from = bound.ty().id;
        if !super::resolve::can_coerce(from, c.ty.id, CastContext::Assignment) {
            return Err(PlanError::new(PlanErrorKind::DatatypeMismatch(format!(
                "column \"{}\" is of type {} but default expression is of type {from}",
                c.name, c.ty.id
            )))
            .with_hint("You will need to rewrite or cast the expression."));
        }
        self.coerce(bound, c.ty, CastContext::Assignment, 0).map(|_| ()).map_err(|mut e| {
            e.0.position = None;
            e
        })
    }
}
