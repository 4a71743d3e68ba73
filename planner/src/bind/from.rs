//! Binds the FROM clause: tables, joins, subqueries, functions.

use super::scope::{Scope, ScopeColumn, ScopeTable};
use super::{Binder, CteEntry, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::{Alias, ExprKind, FunctionItem, JoinConstraint, JoinType, OperatorName, TableExpr};
use crate::parse::ddl::ObjectName;
use crate::parse::types::resolve_type;
use crate::plan::{
    AccessObject, Column, IndexSpan, Join, JoinKind, JoinStrategy, Rel, RelKind, RowLock, Scan, SetCall,
    SetFunction, VirtualScan,
};
use crate::scalar::Scalar;
use crate::view::{Relation, TableRef};
use catalog::descriptor::privilege;
use datum::{CastContext, TypeId};
use std::sync::Arc;

impl Binder<'_> {
    /// The FROM list: comma-separated items are joined as they come.
    pub(super) fn from_list(&mut self, items: &[TableExpr]) -> Result<(Rel, Scope)> {
        let mut out: Option<(Rel, Scope)> = None;
        for item in items {
            out = Some(match out {
                None => self.table_expr(item, &Scope::default())?,
                Some((left, scope)) => {
                    let (right, right_scope) = self.table_expr(item, &scope)?;
                    scope.check_aliases(&right_scope, at_of(item))?;
                    let rel = self.join(left, right, JoinKind::Inner, None);
                    let mut scope = scope;
                    scope.merge(right_scope);
                    (rel, scope)
                }
            });
        }
        Ok(out.unwrap_or_else(|| (Rel::one_row(), Scope::default())))
    }
    fn join(&mut self, left: Rel, right: Rel, kind: JoinKind, condition: Option<Scalar>) -> Rel {
        let columns: Vec<Column> = left.columns.iter().chain(&right.columns).cloned().collect();
        let output = (0..columns.len()).collect();
        let strategy = JoinStrategy::Nested;
        let join =
            Join { kind, left, right, on: vec![], residual: condition, strategy, output, null_aware: false };
        Rel::new(RelKind::Join(Box::new(join)), columns)
    }
    /// One item; `left` is what LATERAL may see.
    fn table_expr(&mut self, item: &TableExpr, left: &Scope) -> Result<(Rel, Scope)> {
        match item {
            TableExpr::Table { name, alias, at } => self.table(name, alias.as_ref(), *at),
            TableExpr::Subquery { query, lateral, alias, at } => {
                self.scopes.push(Scope { blocked: !lateral, ..left.clone() });
                let rel = self.query(query);
                self.scopes.pop();
                let scope =
                    alias_scope(&rel.as_ref().map_err(Clone::clone)?.columns, alias.as_ref(), "", *at)?;
                Ok((rel?, scope))
            }
            TableExpr::Function { calls, ordinality, alias, at, .. } => {
                // functions see what is left of them without LATERAL
                self.scopes.push(left.clone());
                let out = self.table_function(calls, *ordinality, alias.as_ref(), *at);
                self.scopes.pop();
                out
            }
            TableExpr::Join { left: l, right: r, kind, constraint, alias, at } => {
                let (lrel, lscope) = self.table_expr(l, left)?;
                let mut visible = left.clone();
                visible.merge(lscope.clone());
                // The right side of RIGHT and FULL may not refer to the left one.
                visible.blocked = matches!(kind, JoinType::Right | JoinType::Full);
                let (rrel, rscope) = self.table_expr(r, &visible)?;
                lscope.check_aliases(&rscope, *at)?;
                let (rel, scope) =
                    self.join_tables((lrel, lscope), (rrel, rscope), *kind, constraint, *at)?;
                match alias {
                    None => Ok((rel, scope)),
                    Some(a) => {
                        let columns: Vec<ScopeColumn> = scope.columns;
                        let scope = rename(columns, Some(a), "", 0, *at)?;
                        Ok((rel, scope))
                    }
                }
            }
        }
    }
    fn join_tables(
        &mut self,
        (left, lscope): (Rel, Scope),
        (right, rscope): (Rel, Scope),
        kind: JoinType,
        constraint: &JoinConstraint,
        at: usize,
    ) -> Result<(Rel, Scope)> {
        let names: Option<Vec<String>> = match constraint {
            JoinConstraint::Using { columns, alias } => {
                if alias.is_some() {
                    return Err(PlanError::not_supported("an alias of JOIN USING").at(at));
                }
                Some(columns.clone())
            }
            JoinConstraint::Natural => {
                let has = |s: &Scope, n: &str| s.columns.iter().any(|c| !c.hidden && *c.column.name == *n);
                let common = lscope.columns.iter().filter(|c| !c.hidden && has(&rscope, &c.column.name));
                Some(common.map(|c| c.column.name.to_string()).collect())
            }
            _ => None,
        };
        let mut scope =
            Scope { tables: [lscope.tables.clone(), rscope.tables.clone()].concat(), ..Scope::default() };
        let condition = match (&names, constraint) {
            (Some(names), _) => {
                let mut parts = Vec::new();
                let mut merged = Vec::new();
                for name in names {
                    let l = using_column(&lscope, name, "left", at)?;
                    let r = using_column(&rscope, name, "right", at)?;
                    let equal = self.operator(&OperatorName::plain("="), Some(l.scalar()), r.scalar(), at)?;
                    parts.push(equal);
                    let mut column = match kind {
                        JoinType::Right => r.clone(),
                        _ => l.clone(),
                    };
                    let types = [l.column.ty.id, r.column.ty.id];
                    let common = super::resolve::common_type(&types).unwrap_or(l.column.ty.id);
                    if kind == JoinType::Full {
                        let (args, ty) = self.unify(vec![l.scalar(), r.scalar()], "JOIN/USING", &[at])?;
                        column.expr = Some(Scalar::Coalesce { args, ty });
                        column.column.ty = ty;
                    } else if column.column.ty.id != common {
                        let cast = self.coerce(column.scalar(), common.plain(), CastContext::Implicit, at)?;
                        column.column.ty = common.plain();
                        column.expr = Some(cast);
                    }
                    merged.push(column);
                }
                let rest = |s: &Scope| -> Vec<ScopeColumn> {
                    s.columns
                        .iter()
                        .filter(|c| !names.iter().any(|n| **n == *c.column.name))
                        .cloned()
                        .collect()
                };
                scope.columns = merged;
                scope.columns.extend(rest(&lscope));
                scope.columns.extend(rest(&rscope));
                Scalar::conjunction(parts)
            }
            (None, JoinConstraint::On(e)) => {
                scope.columns = [lscope.columns, rscope.columns].concat();
                self.scopes.push(scope.clone());
                let bound = self.plain_expr(e, "JOIN conditions");
                self.scopes.pop();
                let bound = bound?;
                Some(self.coerce_bool(bound, "JOIN/ON", e.location())?)
            }
            _ => {
                scope.columns = [lscope.columns, rscope.columns].concat();
                None
            }
        };
        let rel = match kind {
            JoinType::Inner => self.join(left, right, JoinKind::Inner, condition),
            JoinType::Left => self.join(left, right, JoinKind::Left, condition),
            JoinType::Right => self.join(right, left, JoinKind::Left, condition),
            JoinType::Full => self.join(left, right, JoinKind::Full, condition),
        };
        Ok((rel, scope))
    }
    fn table(&mut self, name: &ObjectName, alias: Option<&Alias>, at: usize) -> Result<(Rel, Scope)> {
        if name.schema.is_none()
            && let Some((_, cte)) = self.cte_names.iter().rev().find(|(n, _)| *n == name.name).cloned()
        {
            return self.cte_scan(cte, name, alias, at);
        }
        match self.relation(name)? {
            Relation::Table(table) => {
                self.uses(table.id, table.version);
                self.need(AccessObject::Table(table.id), privilege::SELECT);
                let label = alias.map_or(name.name.as_str(), |a| a.name.as_str());
                let (rel, columns) = self.scan(&table, label, None);
                let schema =
                    if alias.is_none() { self.view.schema_name(table.descriptor.schema_id) } else { None };
                let mut scope = rename(columns, alias, &name.name, table.id, at)?;
                scope.tables[0].schema = schema.map(Into::into);
                Ok((rel, scope))
            }
            Relation::Virtual(v) => {
                let label = alias.map_or(name.name.as_str(), |a| a.name.as_str());
                let columns: Vec<Column> = v
                    .columns
                    .iter()
                    .map(|(n, ty)| Column { id: self.fresh(), name: n.clone(), ty: *ty, source: None })
                    .collect();
                let all: Vec<usize> = (0..columns.len()).collect();
                let scan = VirtualScan {
                    schema: v.schema.clone(),
                    name: v.name.clone(),
                    alias: label.into(),
                    fetch: all.clone(),
                    fetch_ids: columns.iter().map(|c| c.id).collect(),
                    filter: None,
                    output: all,
                };
                let mut scope = alias_scope(&columns, alias, &name.name, at)?;
                scope.tables[0].oid = v.oid;
                scope.tables[0].schema = alias.is_none().then(|| v.schema.clone());
                Ok((Rel::new(RelKind::VirtualScan(scan), columns), scope))
            }
            Relation::Sequence { id, version, descriptor } => {
                self.uses(id, version);
                self.need(AccessObject::Sequence(id), privilege::SELECT);
                let _ = descriptor;
                Err(PlanError::not_supported("reading a sequence as a table")
                    .at(at)
                    .with_hint("Use pg_sequences."))
            }
        }
    }
    pub(super) fn relation(&mut self, name: &ObjectName) -> Result<Relation> {
        if let Some(d) = &name.database
            && d != self.view.current_database()
        {
            let what = format!("cross-database references are not implemented: \"{name}\"");
            return error(PlanErrorKind::FeatureNotSupported(what), name.at);
        }
        match self.view.relation(name.schema.as_deref(), &name.name) {
            Some(r) => Ok(r),
            None => error(PlanErrorKind::UndefinedTable(name.to_string()), name.at),
        }
    }
    /// A scan of all readable columns by the primary index; rules choose better. Returns the scope's columns, too.
    pub(super) fn scan(
        &mut self,
        table: &TableRef,
        alias: &str,
        lock: Option<RowLock>,
    ) -> (Rel, Vec<ScopeColumn>) {
        let readable: Vec<_> = table.descriptor.columns.iter().filter(|c| c.is_public()).cloned().collect();
        let mut columns = Vec::new();
        let mut scope = Vec::new();
        for c in &readable {
            let column = Column {
                id: self.fresh(),
                name: c.name.as_str().into(),
                ty: c.sql_type(),
                source: Some((table.id, c.id)),
            };
            scope.push(ScopeColumn { column: column.clone(), hidden: c.hidden, expr: None });
            columns.push(column);
        }
        let scan = Scan {
            table: table.clone(),
            alias: alias.into(),
            index_id: table.descriptor.primary.id,
            index_join: false,
            spans: vec![IndexSpan::default()],
            reverse: false,
            ordered: false,
            fetch: readable.iter().map(|c| c.id).collect(),
            fetch_ids: columns.iter().map(|c| c.id).collect(),
            filter: None,
            output: (0..columns.len()).collect(),
            limit: None,
            lock,
        };
        (Rel::new(RelKind::Scan(Box::new(scan)), columns), scope)
    }
    fn cte_scan(
        &mut self,
        cte: usize,
        name: &ObjectName,
        alias: Option<&Alias>,
        at: usize,
    ) -> Result<(Rel, Scope)> {
        let entry: &mut CteEntry = &mut self.ctes[cte];
        entry.references += 1;
        let base = entry.columns.clone();
        let columns: Vec<Column> = base.into_iter().map(|c| Column { id: self.fresh(), ..c }).collect();
        let scope = alias_scope(&columns, alias, &name.name, at)?;
        let fetch = (0..columns.len()).collect();
        Ok((Rel::new(RelKind::CteScan { cte, fetch }, columns), scope))
    }
    fn table_function(
        &mut self,
        items: &[FunctionItem],
        ordinality: bool,
        alias: Option<&Alias>,
        at: usize,
    ) -> Result<(Rel, Scope)> {
        let mut calls = Vec::new();
        let mut columns = Vec::new();
        let mut first_name = String::new();
        for item in items {
            if !item.column_types.is_empty() {
                let (_, ty) = &item.column_types[0];
                resolve_type(ty)?;
                return Err(PlanError::not_supported("a column definition list").at(at));
            }
            let mut name = String::from("function");
            let mut call = None;
            if let ExprKind::Call(c) = &item.expr.kind {
                name = self.function_name(c, item.expr.at)?;
                if !datum::table_functions::by_name(&name).is_empty() {
                    let exprs: Vec<_> = c.args.iter().map(|a| &a.expr).collect();
                    let args = exprs
                        .iter()
                        .map(|e| self.plain_expr(e, "functions in FROM"))
                        .collect::<Result<Vec<_>>>()?;
                    // unnest of several arrays is ROWS FROM of one each
                    if name == "unnest" && args.len() > 1 {
                        for (a, e) in args.into_iter().zip(&exprs) {
                            let one = self.set_call("unnest", vec![a], &[e], e.at)?;
                            columns.push(self.function_column("unnest", one.types[0]));
                            calls.push(one);
                        }
                        first_name = name;
                        continue;
                    }
                    call = Some(self.set_call(&name, args, &exprs, item.expr.at)?);
                }
            } else if let ExprKind::ValueFunction { name: n, .. } = &item.expr.kind {
                name = n.to_string();
            }
            let call = match call {
                Some(c) => c,
                None => {
                    let value = self.plain_expr(&item.expr, "functions in FROM")?;
                    let value = self.settle(value, item.expr.at)?;
                    let types = vec![value.ty()];
                    SetCall { function: SetFunction::Scalar, args: vec![value], types }
                }
            };
            let single = call.types.len() == 1;
            for (i, ty) in call.types.iter().enumerate() {
                let label = match call.function {
                    SetFunction::Table(f) if !single => f.columns.get(i).map_or(name.as_str(), |(n, _)| *n),
                    // a lone column takes the alias of the table, as PostgreSQL does
                    _ => match alias {
                        Some(a) if items.len() == 1 => a.name.as_str(),
                        _ => name.as_str(),
                    },
                };
                columns.push(self.function_column(label, *ty));
            }
            if first_name.is_empty() {
                first_name = name;
            }
            calls.push(call);
        }
        if ordinality {
            columns.push(self.function_column("ordinality", TypeId::INT8.plain()));
        }
        let scope = alias_scope(&columns, alias, &first_name, at)?;
        Ok((Rel::new(RelKind::TableFunction { calls, ordinality }, columns), scope))
    }
    fn function_column(&mut self, name: &str, ty: datum::SqlType) -> Column {
        Column { id: self.fresh(), name: name.into(), ty, source: None }
    }
}

fn using_column(scope: &Scope, name: &str, side: &str, at: usize) -> Result<ScopeColumn> {
    let mut hits = scope.columns.iter().filter(|c| *c.column.name == *name);
    let Some(first) = hits.next() else {
        let what = format!("column \"{name}\" specified in USING clause does not exist in {side} table");
        return error(PlanErrorKind::UndefinedColumn(what), at);
    };
    if hits.next().is_some() {
        let what = format!("common column name \"{name}\" appears more than once in {side} table");
        return error(PlanErrorKind::AmbiguousColumn(what), at);
    }
    Ok(first.clone())
}

fn alias_scope(columns: &[Column], alias: Option<&Alias>, default: &str, at: usize) -> Result<Scope> {
    let columns =
        columns.iter().map(|c| ScopeColumn { column: c.clone(), hidden: false, expr: None }).collect();
    rename(columns, alias, default, 0, at)
}
/// The scope of one table whose columns the alias may rename.
fn rename(
    mut columns: Vec<ScopeColumn>,
    alias: Option<&Alias>,
    default: &str,
    oid: u32,
    at: usize,
) -> Result<Scope> {
    let mut label: Arc<str> = default.into();
    if let Some(a) = alias {
        label = a.name.as_str().into();
        let visible = columns.iter().filter(|c| !c.hidden).count();
        if a.columns.len() > visible {
            let what = format!(
                "table \"{}\" has {visible} columns available but {} columns specified",
                a.name,
                a.columns.len()
            );
            return error(PlanErrorKind::InvalidColumnReference(what), at);
        }
        for (c, name) in columns.iter_mut().filter(|c| !c.hidden).zip(&a.columns) {
            c.column.name = name.as_str().into();
        }
    }
    Ok(Scope::of_table(ScopeTable { alias: label, schema: None, oid, columns }))
}

fn at_of(item: &TableExpr) -> usize {
    match item {
        TableExpr::Table { at, .. }
        | TableExpr::Function { at, .. }
        | TableExpr::Subquery { at, .. }
        | TableExpr::Join { at, .. } => *at,
    }
}
