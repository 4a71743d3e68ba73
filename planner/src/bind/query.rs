//! Binds queries: SELECT, VALUES, set operations, WITH, ORDER BY, LIMIT.

use super::aggregate::{SelectState, same};
use super::resolve::{can_coerce, common_type};
use super::scope::Scope;
use super::{Binder, COLUMNS_MAX, CteEntry, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::*;
use crate::plan::{
    AggregateCall, AggregateFunction, AggregateRel, Column, ProjectItem, Rel, RelKind, RowLock, SetOpKind,
    SortKey, WindowRel,
};
use crate::scalar::Scalar;
use catalog::descriptor::privilege;
use datum::{CastContext, TypeId};
use kv::mvcc::LockStrength;
use kv::request::WaitPolicy;

/// A bound item of a select list.
pub(super) struct Target {
    pub expr: Scalar,
    pub name: String,
    pub at: usize,
}

impl Binder<'_> {
    pub(super) fn query(&mut self, q: &Query) -> Result<Rel> {
        let named = self.cte_names.len();
        if let Some(with) = &q.with {
            self.with(with)?;
        }
        let out = self.query_body(q);
        self.cte_names.truncate(named);
        out
    }
    pub(super) fn with(&mut self, with: &With) -> Result<()> {
        if with.recursive && with.ctes.iter().any(|c| query_names(&c.query, &c.name)) {
            return Err(PlanError::not_supported("WITH RECURSIVE").at(with.at));
        }
        for c in &with.ctes {
            if with.ctes.iter().filter(|o| o.name == c.name).count() > 1 {
                let what = format!("WITH query name \"{}\" specified more than once", c.name);
                return error(PlanErrorKind::DuplicateColumn(what), c.at);
            }
            let rel = self.query(&c.query)?;
            if c.columns.len() > rel.columns.len() {
                let what = format!(
                    "WITH query \"{}\" has {} columns available but {} columns specified",
                    c.name,
                    rel.columns.len(),
                    c.columns.len()
                );
                return error(PlanErrorKind::InvalidColumnReference(what), c.at);
            }
            let mut columns = rel.columns.clone();
            for (column, name) in columns.iter_mut().zip(&c.columns) {
                column.name = name.as_str().into();
            }
            self.cte_names.push((c.name.clone(), self.ctes.len()));
            self.ctes.push(CteEntry {
                name: c.name.as_str().into(),
                rel: Some(rel),
                columns,
                references: 0,
                materialized: c.materialized,
            });
        }
        Ok(())
    }
    fn query_body(&mut self, q: &Query) -> Result<Rel> {
        match &q.body {
            SetExpr::Select(s) => self.select(s, q),
            SetExpr::Values(rows) => {
                let rel = self.values(rows)?;
                self.finish(rel, q)
            }
            SetExpr::Query(inner) => {
                let rel = self.query(inner)?;
                self.finish(rel, q)
            }
            SetExpr::SetOp { .. } => {
                let rel = self.set_op(&q.body)?;
                if let Some(lock) = q.locks.first() {
                    let what = "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT".to_string();
                    return error(PlanErrorKind::FeatureNotSupported(what), lock.at);
                }
                self.finish(rel, q)
            }
        }
    }
    /// ORDER BY and LIMIT over the output of a set operation or VALUES: by output name or position only.
    fn finish(&mut self, rel: Rel, q: &Query) -> Result<Rel> {
        let mut keys = Vec::new();
        for o in &q.order_by {
            let column = match &o.expr.kind {
                ExprKind::Number(n) => Some(ordinal(n, rel.columns.len(), "ORDER BY", o.expr.at)?),
                ExprKind::Column(parts) if parts.len() == 1 => {
                    rel.columns.iter().position(|c| *c.name == *parts[0])
                }
                _ => None,
            };
            let expr = match column {
                Some(i) => Scalar::column(rel.columns[i].id, rel.columns[i].ty),
                None if matches!(q.body, SetExpr::SetOp { .. }) => {
                    return Err(PlanError::new(PlanErrorKind::FeatureNotSupported(
                        "invalid UNION/INTERSECT/EXCEPT ORDER BY clause".into(),
                    ))
                    .with_detail("Only result column names can be used, not expressions or functions.")
                    .at(o.expr.at));
                }
                None => {
                    self.scopes.push(output_scope(&rel));
                    let bound = self.plain_expr(&o.expr, "ORDER BY");
                    self.scopes.pop();
                    bound?
                }
            };
            keys.push(sort_key(expr, o));
        }
        let rel = if keys.is_empty() { rel } else { sort(rel, keys.clone()) };
        self.limit(rel, q, keys)
    }
    fn limit(&mut self, rel: Rel, q: &Query, keys: Vec<SortKey>) -> Result<Rel> {
        if q.limit.is_none() && q.offset.is_none() {
            return Ok(rel);
        }
        let mut count = |e: &Option<Expr>, what: &'static str| -> Result<Option<Scalar>> {
            let Some(e) = e else { return Ok(None) };
            let bound = self.plain_expr(e, what)?;
            if bound.any(&mut |s| matches!(s, Scalar::Column { .. })) {
                let what = format!("argument of {what} must not contain variables");
                return error(PlanErrorKind::InvalidColumnReference(what), e.at);
            }
            if !can_coerce(bound.ty().id, TypeId::INT8, CastContext::Assignment) {
                let what = format!("argument of {what} must be type bigint, not type {}", bound.ty().id);
                return error(PlanErrorKind::DatatypeMismatch(what), e.at);
            }
            Ok(Some(self.coerce(bound, TypeId::INT8.plain(), CastContext::Assignment, e.at)?))
        };
        let limit = count(&q.limit, "LIMIT")?;
        let offset = count(&q.offset, "OFFSET")?;
        if q.with_ties && keys.is_empty() {
            let what = "WITH TIES cannot be specified without ORDER BY clause".to_string();
            return error(PlanErrorKind::SyntaxError(what), q.at);
        }
        let ties = if q.with_ties { keys } else { vec![] };
        let columns = rel.columns.clone();
        Ok(Rel::new(RelKind::Limit { input: Box::new(rel), limit, offset, ties }, columns))
    }

    fn values(&mut self, rows: &[Vec<Expr>]) -> Result<Rel> {
        let width = rows.first().map_or(0, Vec::len);
        let mut bound: Vec<Vec<Scalar>> = Vec::with_capacity(rows.len());
        for row in rows {
            bound.push(row.iter().map(|e| self.plain_expr(e, "VALUES")).collect::<Result<_>>()?);
        }
        let mut columns = Vec::with_capacity(width);
        for i in 0..width {
            let column: Vec<Scalar> =
                bound.iter_mut().map(|r| std::mem::replace(&mut r[i], Scalar::bool(false))).collect();
            let ats: Vec<usize> = rows.iter().map(|r| r[i].location()).collect();
            let (column, ty) = self.unify(column, "VALUES", &ats)?;
            for (row, value) in bound.iter_mut().zip(column) {
                row[i] = value;
            }
            columns.push(Column {
                id: self.fresh(),
                name: format!("column{}", i + 1).into(),
                ty,
                source: None,
            });
        }
        Ok(Rel::new(RelKind::Values(bound), columns))
    }

    fn set_op(&mut self, e: &SetExpr) -> Result<Rel> {
        let SetExpr::SetOp { op, all, left, right, at } = e else {
            return match e {
                SetExpr::Select(s) => {
                    let q = Query {
                        with: None,
                        body: SetExpr::Values(vec![]),
                        order_by: vec![],
                        limit: None,
                        offset: None,
                        with_ties: false,
                        locks: vec![],
                        at: s.at,
                    };
                    self.select(s, &q)
                }
                SetExpr::Values(rows) => self.values(rows),
                SetExpr::Query(q) => self.query(q),
                SetExpr::SetOp { .. } => Err(PlanError::internal("set operation")),
            };
        };
        let (l, r) = (self.set_op(left)?, self.set_op(right)?);
        let what = match op {
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        };
        if l.columns.len() != r.columns.len() {
            let what = format!("each {what} query must have the same number of columns");
            return error(PlanErrorKind::SyntaxError(what), set_at(right, *at));
        }
        let mut types = Vec::new();
        for (a, b) in l.columns.iter().zip(&r.columns) {
            let Some(common) = common_type(&[a.ty.id, b.ty.id]) else {
                let what = format!("{what} types {} and {} cannot be matched", a.ty.id, b.ty.id);
                return error(PlanErrorKind::DatatypeMismatch(what), set_at(right, *at));
            };
            types.push(if a.ty == b.ty { a.ty } else { common.plain() });
        }
        let (l, r) = (self.cast_columns(l, &types, *at)?, self.cast_columns(r, &types, *at)?);
        let columns: Vec<Column> = l
            .columns
            .iter()
            .zip(&types)
            .map(|(c, ty)| Column { id: self.fresh(), name: c.name.clone(), ty: *ty, source: None })
            .collect();
        let op = match op {
            SetOperator::Union => SetOpKind::Union,
            SetOperator::Intersect => SetOpKind::Intersect,
            SetOperator::Except => SetOpKind::Except,
        };
        Ok(Rel::new(RelKind::SetOp { op, all: *all, left: Box::new(l), right: Box::new(r) }, columns))
    }
    /// Projects so that the columns have exactly these types.
    pub(super) fn cast_columns(&mut self, rel: Rel, types: &[datum::SqlType], at: usize) -> Result<Rel> {
        if rel.columns.iter().zip(types).all(|(c, t)| c.ty == *t) {
            return Ok(rel);
        }
        let mut exprs = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        for (c, ty) in rel.columns.iter().zip(types) {
            let e = self.coerce(Scalar::column(c.id, c.ty), *ty, CastContext::Implicit, at)?;
            columns.push(self.output_column(&e, &c.name, &columns, &rel.columns));
            exprs.push(e);
        }
        Ok(Rel::new(RelKind::Project { input: Box::new(rel), exprs }, columns))
    }

    /// The select list: stars opened, literals settled.
    pub(super) fn targets(&mut self, items: &[SelectItem]) -> Result<Vec<Target>> {
        let mut out = Vec::new();
        for item in items {
            let at = item.expr.at;
            match &item.expr.kind {
                ExprKind::Star(parts) => {
                    let columns = match parts.as_slice() {
                        [] => {
                            let scope = self.scopes.last().cloned().unwrap_or_default();
                            if scope.tables.is_empty() {
                                let what = "SELECT * with no tables specified is not valid".to_string();
                                return error(PlanErrorKind::SyntaxError(what), at);
                            }
                            scope.columns
                        }
                        [table] => self.scope_table(None, table, at)?.columns,
                        [.., schema, table] => self.scope_table(Some(schema), table, at)?.columns,
                    };
                    out.extend(columns.iter().filter(|c| !c.hidden).map(|c| Target {
                        expr: c.scalar(),
                        name: c.column.name.to_string(),
                        at,
                    }));
                }
                _ => {
                    let expr = self.expr(&item.expr)?;
                    let expr = self.settle(expr, at)?;
                    let name = item.alias.clone().unwrap_or_else(|| column_name(&item.expr).0);
                    out.push(Target { expr, name, at });
                }
            }
        }
        if out.len() > COLUMNS_MAX {
            let what = format!("target lists can have at most {COLUMNS_MAX} entries");
            return error(PlanErrorKind::ProgramLimitExceeded(what), 0);
        }
        Ok(out)
    }

    fn select(&mut self, s: &Select, q: &Query) -> Result<Rel> {
        let (rel, scope) = self.from_list(&s.from)?;
        self.scopes.push(scope);
        self.selects.push(SelectState { named_windows: s.windows.clone(), ..SelectState::default() });
        let out = self.select_in_scope(s, q, rel);
        self.selects.pop();
        self.scopes.pop();
        out
    }
    fn select_in_scope(&mut self, s: &Select, q: &Query, mut rel: Rel) -> Result<Rel> {
        if let Some(f) = &s.filter {
            let bound = self.plain_expr(f, "WHERE")?;
            let predicate = self.coerce_bool(bound, "WHERE", f.location())?;
            rel = filter(rel, predicate);
        }
        let mut targets = self.targets(&s.items)?;
        let (groups, sets) = self.groups(&s.group_by, &targets)?;
        let having = match &s.having {
            Some(h) => {
                let bound = self.expr(h)?;
                Some((self.coerce_bool(bound, "HAVING", h.location())?, h.at))
            }
            None => None,
        };
        // ORDER BY: a position, an output name, or an expression over the input
        let mut order = Vec::new();
        for o in &q.order_by {
            let by_name = match &o.expr.kind {
                ExprKind::Number(n) => Some(ordinal(n, targets.len(), "ORDER BY", o.expr.at)?),
                ExprKind::Column(parts) if parts.len() == 1 => {
                    let mut hits = (0..targets.len()).filter(|i| targets[*i].name == parts[0]);
                    let first = hits.next();
                    if let Some(f) = first
                        && hits.any(|i| !same(&targets[i].expr, &targets[f].expr))
                    {
                        let what = format!("ORDER BY \"{}\" is ambiguous", parts[0]);
                        return error(PlanErrorKind::AmbiguousColumn(what), o.expr.at);
                    }
                    first
                }
                ExprKind::String(_) | ExprKind::Null | ExprKind::Bool(_) => {
                    return error(
                        PlanErrorKind::SyntaxError("non-integer constant in ORDER BY".into()),
                        o.expr.at,
                    );
                }
                _ => None,
            };
            let expr = match by_name {
                Some(i) => targets[i].expr.clone(),
                None => {
                    let e = self.expr(&o.expr)?;
                    self.settle(e, o.expr.at)?
                }
            };
            self.check_sortable(&expr, o.expr.at)?;
            order.push((sort_key(expr, o), o.expr.at));
        }
        let mut distinct_on = Vec::new();
        if let Some(Distinct::On(list)) = &s.distinct {
            for e in list {
                distinct_on.push(match &e.kind {
                    ExprKind::Number(n) => {
                        targets[ordinal(n, targets.len(), "DISTINCT ON", e.at)?].expr.clone()
                    }
                    ExprKind::Column(parts) if parts.len() == 1 => {
                        match targets.iter().find(|t| t.name == parts[0]) {
                            Some(t) => t.expr.clone(),
                            None => self.expr(e)?,
                        }
                    }
                    _ => self.expr(e)?,
                });
            }
        }
        let state = match self.selects.last_mut() {
            Some(s) => std::mem::take(s),
            None => SelectState::default(),
        };
        let known: Vec<Column> = rel.columns.clone();

        // aggregation
        let grouped = !state.aggregates.is_empty()
            || !groups.is_empty()
            || sets.is_some()
            || having.is_some()
            || !state.groupings.is_empty();
        let mut windows = state.windows;
        let mut set_calls = state.sets;
        let mut having = having;
        if grouped {
            let (aggregate, rewrite) =
                self.aggregate(rel, groups, sets, state.aggregates, &state.groupings)?;
            rel = aggregate;
            let fix = |b: &Self, e: &mut Scalar, at: usize| rewrite.apply(b, e, at);
            for t in &mut targets {
                fix(self, &mut t.expr, t.at)?;
            }
            if let Some((h, at)) = &mut having {
                fix(self, h, *at)?;
            }
            for (k, at) in &mut order {
                fix(self, &mut k.expr, *at)?;
            }
            for e in &mut distinct_on {
                fix(self, e, 0)?;
            }
            for (_, w, partition, keys) in &mut windows {
                for e in w
                    .args
                    .iter_mut()
                    .chain(&mut w.filter)
                    .chain(partition.iter_mut())
                    .chain(keys.iter_mut().map(|k| &mut k.expr))
                {
                    fix(self, e, 0)?;
                }
            }
            for (_, c) in &mut set_calls {
                for e in &mut c.args {
                    fix(self, e, 0)?;
                }
            }
        }
        if let Some((h, _)) = having {
            rel = filter(rel, h);
        }
        // windows, one operator for each partitioning and order
        while let Some((id, call, partition, keys)) = windows.first().cloned() {
            let mut calls = vec![(id, call)];
            windows.remove(0);
            windows.retain(|(id, c, p, k)| {
                let alike = p.len() == partition.len()
                    && k.len() == keys.len()
                    && p.iter().zip(&partition).all(|(a, b)| same(a, b))
                    && k.iter().zip(&keys).all(|(a, b)| {
                        same(&a.expr, &b.expr)
                            && a.descending == b.descending
                            && a.nulls_first == b.nulls_first
                    });
                if alike {
                    calls.push((*id, c.clone()));
                }
                !alike
            });
            let mut columns = rel.columns.clone();
            columns.extend(calls.iter().map(|(id, c)| Column {
                id: *id,
                name: "window".into(),
                ty: c.ty,
                source: None,
            }));
            let calls = calls.into_iter().map(|(_, c)| c).collect();
            let window = WindowRel { input: rel, partition, order: keys, calls };
            rel = Rel::new(RelKind::Window(Box::new(window)), columns);
        }
        if !set_calls.is_empty() {
            let mut columns = rel.columns.clone();
            let mut exprs: Vec<ProjectItem> =
                rel.columns.iter().map(|c| ProjectItem::Scalar(Scalar::column(c.id, c.ty))).collect();
            for (id, call) in set_calls {
                columns.push(Column { id, name: "set".into(), ty: call.types[0], source: None });
                exprs.push(ProjectItem::Set(call));
            }
            rel = Rel::new(RelKind::ProjectSet { input: Box::new(rel), exprs }, columns);
        }
        let placeholders = |e: &mut Scalar| {
            e.transform(&mut |s| {
                if let Scalar::Placeholder { index, ty } = s {
                    *s = Scalar::Column { index: *index, ty: *ty };
                }
            });
        };
        targets.iter_mut().for_each(|t| placeholders(&mut t.expr));
        order.iter_mut().for_each(|(k, _)| placeholders(&mut k.expr));
        distinct_on.iter_mut().for_each(placeholders);
        crate::rules::for_each_scalar_mut(&mut rel, &mut |e| placeholders(e));

        // projection: the targets, then what ORDER BY and DISTINCT ON need beside them
        let mut known = known;
        known.extend(rel.columns.iter().cloned());
        let mut exprs: Vec<Scalar> = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        for t in &targets {
            columns.push(self.output_column(&t.expr, &t.name, &columns, &known));
            exprs.push(t.expr.clone());
        }
        let width = columns.len();
        let locate =
            |b: &mut Self, e: &Scalar, exprs: &mut Vec<Scalar>, columns: &mut Vec<Column>| -> usize {
                if let Some(i) = exprs.iter().position(|x| same(x, e)) {
                    return i;
                }
                columns.push(b.output_column(e, "?sort?", columns, &known));
                exprs.push(e.clone());
                exprs.len() - 1
            };
        let mut keys = Vec::new();
        let mut key_positions = Vec::new();
        for (k, at) in &order {
            let i = locate(self, &k.expr, &mut exprs, &mut columns);
            if i >= width && matches!(s.distinct, Some(Distinct::All)) {
                let what = "for SELECT DISTINCT, ORDER BY expressions must appear in select list".to_string();
                return error(PlanErrorKind::InvalidColumnReference(what), *at);
            }
            key_positions.push(i);
            keys.push(SortKey { expr: Scalar::column(columns[i].id, columns[i].ty), ..k.clone() });
        }
        let mut on = Vec::new();
        for e in &distinct_on {
            let i = locate(self, e, &mut exprs, &mut columns);
            on.push(i);
        }
        rel = Rel::new(RelKind::Project { input: Box::new(rel), exprs }, columns.clone());
        if !q.locks.is_empty() {
            if grouped || s.distinct.is_some() {
                let part = if grouped { "GROUP BY clause" } else { "DISTINCT clause" };
                let what = format!("FOR UPDATE is not allowed with {part}");
                return error(PlanErrorKind::FeatureNotSupported(what), q.locks[0].at);
            }
            self.lock(&mut rel, &q.locks)?;
        }
        match &s.distinct {
            Some(Distinct::All) => {
                rel = Rel::new(RelKind::Distinct { input: Box::new(rel) }, columns.clone());
            }
            Some(Distinct::On(_)) => {
                // The leading ORDER BY keys must be the DISTINCT ON expressions.
                let lead: Vec<usize> = key_positions.iter().copied().take_while(|p| on.contains(p)).collect();
                if key_positions.iter().any(|p| on.contains(p)) || !key_positions.is_empty() {
                    let all_led = on.iter().all(|p| lead.contains(p));
                    if !all_led && lead.len() < key_positions.len() {
                        let what = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
                            .to_string();
                        return error(PlanErrorKind::InvalidColumnReference(what), s.at);
                    }
                }
                let mut all_keys = keys.clone();
                let mut at_front = lead.len();
                for p in &on {
                    if !key_positions.contains(p) {
                        let key = SortKey {
                            expr: Scalar::column(columns[*p].id, columns[*p].ty),
                            descending: false,
                            nulls_first: false,
                        };
                        all_keys.insert(at_front.min(all_keys.len()), key);
                        at_front += 1;
                    }
                }
                rel = sort(rel, all_keys);
                let on_keys = on.iter().map(|p| Scalar::column(columns[*p].id, columns[*p].ty)).collect();
                rel = Rel::new(RelKind::DistinctOn { input: Box::new(rel), keys: on_keys }, columns.clone());
            }
            None => {}
        }
        if !keys.is_empty() && !matches!(s.distinct, Some(Distinct::On(_))) {
            rel = sort(rel, keys.clone());
        }
        rel = self.limit(rel, q, keys)?;
        if rel.columns.len() > width {
            let columns: Vec<Column> = rel.columns[..width].to_vec();
            let exprs = columns.iter().map(|c| Scalar::column(c.id, c.ty)).collect();
            rel = Rel::new(RelKind::Project { input: Box::new(rel), exprs }, columns);
        }
        Ok(rel)
    }

    /// GROUP BY: expressions, and the sets if there are several.
    fn groups(
        &mut self,
        items: &[GroupItem],
        targets: &[Target],
    ) -> Result<(Vec<Scalar>, Option<Vec<Vec<usize>>>)> {
        let mut exprs: Vec<Scalar> = Vec::new();
        let mut sets: Vec<Vec<usize>> = vec![vec![]];
        let mut several = false;
        for item in items {
            let own = self.group_sets(item, targets, &mut exprs)?;
            several |= !matches!(item, GroupItem::Expr(_) | GroupItem::List(_));
            let mut product = Vec::new();
            for s in &sets {
                for o in &own {
                    let mut joined = s.clone();
                    joined.extend(o.iter().copied().filter(|i| !s.contains(i)));
                    product.push(joined);
                }
            }
            if product.len() > 4096 {
                let what = "too many grouping sets present (maximum 4096)".to_string();
                return error(PlanErrorKind::StatementTooComplex(what), 0);
            }
            sets = product;
        }
        Ok((exprs, several.then_some(sets)))
    }
    fn group_sets(
        &mut self,
        item: &GroupItem,
        targets: &[Target],
        exprs: &mut Vec<Scalar>,
    ) -> Result<Vec<Vec<usize>>> {
        let mut list = |b: &mut Self, es: &[Expr]| -> Result<Vec<usize>> {
            es.iter().map(|e| b.group_expr(e, targets, exprs)).collect()
        };
        Ok(match item {
            GroupItem::Expr(e) => vec![list(self, std::slice::from_ref(e))?],
            GroupItem::List(es) => vec![list(self, es)?],
            GroupItem::Empty => vec![vec![]],
            GroupItem::Rollup(lists) => {
                let parts = lists.iter().map(|l| list(self, l)).collect::<Result<Vec<_>>>()?;
                (0..=parts.len()).rev().map(|n| parts[..n].concat()).collect()
            }
            GroupItem::Cube(lists) => {
                if lists.len() > 12 {
                    let what = "CUBE is limited to 12 elements".to_string();
                    return error(PlanErrorKind::StatementTooComplex(what), 0);
                }
                let parts = lists.iter().map(|l| list(self, l)).collect::<Result<Vec<_>>>()?;
                (0..1usize << parts.len())
                    .rev()
                    .map(|mask| {
                        let n = parts.len();
                        (0..n)
                            .filter(|i| mask & (1 << (n - 1 - i)) != 0)
                            .flat_map(|i| parts[i].clone())
                            .collect()
                    })
                    .collect()
            }
            GroupItem::Sets(items) => {
                let mut out = Vec::new();
                for i in items {
                    out.extend(self.group_sets(i, targets, exprs)?);
                }
                out
            }
        })
    }
    fn group_expr(&mut self, e: &Expr, targets: &[Target], exprs: &mut Vec<Scalar>) -> Result<usize> {
        let bound = match &e.kind {
            ExprKind::Number(n) => targets[ordinal(n, targets.len(), "GROUP BY", e.at)?].expr.clone(),
            ExprKind::Column(parts) if parts.len() == 1 => {
                // an input column first, then an output name
                let input =
                    self.scopes.last().is_some_and(|s| s.columns.iter().any(|c| *c.column.name == *parts[0]));
                match targets.iter().find(|t| !input && t.name == parts[0]) {
                    Some(t) => t.expr.clone(),
                    None => self.plain_expr(e, "GROUP BY")?,
                }
            }
            ExprKind::String(_) | ExprKind::Null | ExprKind::Bool(_) => {
                return error(PlanErrorKind::SyntaxError("non-integer constant in GROUP BY".into()), e.at);
            }
            _ => self.plain_expr(e, "GROUP BY")?,
        };
        if bound.any(&mut |s| matches!(s, Scalar::Placeholder { .. })) {
            let what = "aggregate functions are not allowed in GROUP BY".to_string();
            return error(PlanErrorKind::GroupingError(what), e.at);
        }
        let bound = self.settle(bound, e.at)?;
        Ok(match exprs.iter().position(|x| same(x, &bound)) {
            Some(i) => i,
            None => {
                exprs.push(bound);
                exprs.len() - 1
            }
        })
    }
    fn aggregate(
        &mut self,
        input: Rel,
        mut groups: Vec<Scalar>,
        sets: Option<Vec<Vec<usize>>>,
        aggregates: Vec<(usize, AggregateCall)>,
        groupings: &[(usize, Vec<Scalar>, usize)],
    ) -> Result<(Rel, Rewrite)> {
        // Grouping by a whole primary key determines the table's other columns.
        if sets.is_none() {
            let mut dependent = Vec::new();
            for t in self.scopes.last().map(|s| s.tables.clone()).unwrap_or_default() {
                let Some(table) = self.view.table_by_id(t.oid) else { continue };
                let grouped = |id: usize| {
                    groups.iter().any(|g| matches!(g, Scalar::Column { index, .. } if *index == id))
                };
                let keyed = !table.descriptor.has_hidden_primary()
                    && table.descriptor.primary.columns.iter().all(|k| {
                        t.columns
                            .iter()
                            .any(|c| c.column.source == Some((t.oid, k.column_id)) && grouped(c.column.id))
                    });
                if keyed {
                    dependent.extend(t.columns.iter().filter(|c| !grouped(c.column.id)).map(|c| c.scalar()));
                }
            }
            groups.extend(dependent);
        }
        let mut columns: Vec<Column> = Vec::new();
        for g in &groups {
            columns.push(self.output_column(g, "group", &columns, &input.columns));
        }
        let rewrite = Rewrite {
            groups: groups.iter().cloned().zip(columns.iter().cloned()).collect(),
            local: input.columns.iter().map(|c| c.id).collect(),
            names: self.scopes.last().cloned().unwrap_or_default(),
        };
        let mut calls = Vec::new();
        for (id, call) in aggregates {
            columns.push(Column { id, name: "aggregate".into(), ty: call.ty, source: None });
            calls.push(call);
        }
        for (id, args, at) in groupings {
            let positions = args
                .iter()
                .map(|a| {
                    groups.iter().position(|g| same(g, a)).ok_or_else(|| {
                        let what = "arguments to GROUPING must be grouping expressions of the associated query level";
                        PlanError::new(PlanErrorKind::GroupingError(what.into())).at(*at)
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            let ty = TypeId::INT4.plain();
            columns.push(Column { id: *id, name: "grouping".into(), ty, source: None });
            calls.push(AggregateCall {
                function: AggregateFunction::Grouping(positions),
                args: vec![],
                distinct: false,
                filter: None,
                order_by: vec![],
                ty,
            });
        }
        let rel = AggregateRel { input, groups, sets, calls };
        Ok((Rel::new(RelKind::Aggregate(Box::new(rel)), columns), rewrite))
    }

    /// FOR UPDATE: locks the rows of this query's tables.
    fn lock(&mut self, rel: &mut Rel, clauses: &[LockClause]) -> Result<()> {
        for c in clauses {
            let wait = if c.nowait {
                WaitPolicy::Error
            } else if c.skip_locked {
                WaitPolicy::Skip
            } else {
                WaitPolicy::Block
            };
            let lock = RowLock { strength: LockStrength::Exclusive, wait };
            let names: Vec<&str> = c.of.iter().map(|n| n.name.as_str()).collect();
            let mut found = Vec::new();
            self.lock_scans(rel, lock, &names, &mut found);
            for n in &c.of {
                if !found.contains(&n.name) {
                    let what =
                        format!("relation \"{}\" in FOR UPDATE clause not found in FROM clause", n.name);
                    return error(PlanErrorKind::MissingFromEntry(what), n.at);
                }
            }
        }
        Ok(())
    }
    fn lock_scans(&mut self, rel: &mut Rel, lock: RowLock, of: &[&str], found: &mut Vec<String>) {
        match &mut rel.kind {
            RelKind::Scan(s) => {
                if of.is_empty() || of.contains(&&*s.alias) {
                    found.push(s.alias.to_string());
                    s.lock = Some(lock);
                    let id = s.table.id;
                    self.need(crate::plan::AccessObject::Table(id), privilege::UPDATE);
                }
            }
            RelKind::Aggregate(_) | RelKind::SetOp { .. } | RelKind::CteScan { .. } => {}
            _ => {
                for input in rel.inputs_mut() {
                    self.lock_scans(input, lock, of, found);
                }
            }
        }
    }
}

/// Turns expressions over the input of an aggregation into ones over its output.
struct Rewrite {
    groups: Vec<(Scalar, Column)>,
    local: Vec<usize>,
    names: Scope,
}
impl Rewrite {
    fn apply(&self, binder: &Binder<'_>, e: &mut Scalar, at: usize) -> Result<()> {
        if let Some((_, c)) = self.groups.iter().find(|(g, _)| same(g, e)) {
            *e = Scalar::column(c.id, c.ty);
            return Ok(());
        }
        if let Scalar::Column { index, .. } = e
            && self.local.contains(index)
        {
            let name = self.names.tables.iter().find_map(|t| {
                t.columns
                    .iter()
                    .find(|c| c.column.id == *index)
                    .map(|c| format!("{}.{}", t.alias, c.column.name))
            });
            let name = name.unwrap_or_else(|| "?column?".into());
            let what = format!(
                "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
            );
            return error(PlanErrorKind::GroupingError(what), at);
        }
        let mut result = Ok(());
        e.for_each_child_mut(&mut |c| {
            if result.is_ok() {
                result = self.apply(binder, c, at);
            }
        });
        result
    }
}

pub(super) fn filter(rel: Rel, predicate: Scalar) -> Rel {
    let columns = rel.columns.clone();
    Rel::new(RelKind::Filter { input: Box::new(rel), predicate }, columns)
}
fn sort(rel: Rel, keys: Vec<SortKey>) -> Rel {
    let columns = rel.columns.clone();
    Rel::new(RelKind::Sort { input: Box::new(rel), keys, fetch: None }, columns)
}
fn sort_key(expr: Scalar, o: &OrderItem) -> SortKey {
    SortKey { expr, descending: o.descending, nulls_first: o.nulls_first.unwrap_or(o.descending) }
}
fn output_scope(rel: &Rel) -> Scope {
    let columns = rel
        .columns
        .iter()
        .map(|c| super::scope::ScopeColumn { column: c.clone(), hidden: false, expr: None })
        .collect();
    Scope { tables: vec![], columns, blocked: false }
}
fn ordinal(text: &str, width: usize, clause: &str, at: usize) -> Result<usize> {
    let Ok(n) = text.parse::<i64>() else {
        return error(PlanErrorKind::SyntaxError(format!("non-integer constant in {clause}")), at);
    };
    match usize::try_from(n) {
        Ok(i) if i >= 1 && i <= width => Ok(i - 1),
        _ => error(
            PlanErrorKind::InvalidColumnReference(format!("{clause} position {n} is not in select list")),
            at,
        ),
    }
}
fn set_at(e: &SetExpr, default: usize) -> usize {
    match e {
        SetExpr::Select(s) => s.items.first().map_or(s.at, |i| i.expr.location()),
        SetExpr::Values(rows) => rows.first().and_then(|r| r.first()).map_or(default, |e| e.at),
        SetExpr::Query(q) => q.at,
        SetExpr::SetOp { left, .. } => set_at(left, default),
    }
}

/// What PostgreSQL's `FigureColname` calls an expression, and how sure it is (2: a real name).
pub(super) fn column_name(e: &Expr) -> (String, u8) {
    let strong = |s: &str| (s.to_string(), 2);
    match &e.kind {
        ExprKind::Column(parts) | ExprKind::Star(parts) => {
            strong(parts.last().map_or("?column?", String::as_str))
        }
        ExprKind::Field { name, .. } => strong(name),
        ExprKind::Call(c) => strong(c.name.last().map_or("?column?", String::as_str)),
        ExprKind::NullIf(..) => strong("nullif"),
        ExprKind::Subscript { expr, .. } | ExprKind::Slice { expr, .. } | ExprKind::Collate { expr, .. } => {
            column_name(expr)
        }
        ExprKind::Cast { expr, ty } => match column_name(expr) {
            (name, 2) => (name, 2),
            _ => (ty.name.clone(), 1),
        },
        ExprKind::Case { otherwise, .. } => match otherwise.as_ref().map(|o| column_name(o)) {
            Some((name, 2)) => (name, 2),
            _ => ("case".into(), 1),
        },
        ExprKind::Array(_) | ExprKind::ArrayQuery(_) => strong("array"),
        ExprKind::Row { explicit: true, .. } => strong("row"),
        ExprKind::Coalesce(_) => strong("coalesce"),
        ExprKind::MinMax { greatest, .. } => strong(if *greatest { "greatest" } else { "least" }),
        ExprKind::Exists(_) => strong("exists"),
        ExprKind::Grouping(_) => strong("grouping"),
        ExprKind::ValueFunction { name, .. } => strong(name),
        ExprKind::Bool(_) => ("bool".into(), 1),
        ExprKind::ScalarQuery(q) => match &q.body {
            SetExpr::Select(s) => match s.items.as_slice() {
                [item] => item.alias.clone().map_or_else(|| column_name(&item.expr), |a| (a, 2)),
                _ => ("?column?".into(), 0),
            },
            SetExpr::Values(_) => strong("column1"),
            _ => ("?column?".into(), 0),
        },
        _ => ("?column?".into(), 0),
    }
}

/// Whether a query's FROM clauses name a table (for WITH RECURSIVE that does not recurse).
fn query_names(q: &Query, name: &str) -> bool {
    fn set(e: &SetExpr, name: &str) -> bool {
        match e {
            SetExpr::Select(s) => s.from.iter().any(|t| table(t, name)),
            SetExpr::Values(_) => false,
            SetExpr::Query(q) => query_names(q, name),
            SetExpr::SetOp { left, right, .. } => set(left, name) || set(right, name),
        }
    }
    fn table(t: &TableExpr, name: &str) -> bool {
        match t {
            TableExpr::Table { name: n, .. } => n.schema.is_none() && n.name == name,
            TableExpr::Function { .. } => false,
            TableExpr::Subquery { query, .. } => query_names(query, name),
            TableExpr::Join { left, right, .. } => table(left, name) || table(right, name),
        }
    }
    q.with.as_ref().is_some_and(|w| w.ctes.iter().any(|c| query_names(&c.query, name))) || set(&q.body, name)
}
