//! Binds INSERT, UPDATE, DELETE and COPY.

use super::aggregate::SelectState;
use super::query::filter;
use super::resolve::can_coerce;
use super::scope::{Scope, ScopeColumn, ScopeTable};
use super::{Binder, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::{self, ConflictTarget, Expr, ExprKind, SetExpr};
use crate::parse::ddl::{CopySource, CopyStatement, ObjectName};
use crate::plan::*;
use crate::rules::number_scalar;
use crate::scalar::Scalar;
use crate::view::{Relation, TableRef};
use catalog::ColumnDescriptor;
use catalog::descriptor::{ElementState, privilege};
use datum::{CastContext, Datum, TypeId};
use kv::mvcc::LockStrength;
use kv::request::WaitPolicy;

const WRITE_LOCK: RowLock = RowLock { strength: LockStrength::Exclusive, wait: WaitPolicy::Block };

/// The columns that writes touch, in the descriptor's order.
fn written(table: &TableRef) -> Vec<ColumnDescriptor> {
    table
        .descriptor
        .columns
        .iter()
        .filter(|c| c.element_state() != ElementState::DeleteOnly)
        .cloned()
        .collect()
}

impl Binder<'_> {
    fn target_table(&mut self, name: &ObjectName, verb: &str) -> Result<TableRef> {
        match self.relation(name)? {
            Relation::Table(t) => {
                self.uses(t.id, t.version);
                Ok(t)
            }
            Relation::Virtual(v) => {
                let what = format!("cannot {verb} \"{}\": it is a system table", v.name);
                error(PlanErrorKind::WrongObjectType(what), name.at)
            }
            Relation::Sequence { .. } => error(
                PlanErrorKind::WrongObjectType(format!("cannot change sequence \"{}\"", name.name)),
                name.at,
            ),
        }
    }
    /// The value of a column that the statement does not give.
    pub(super) fn default_value(&mut self, c: &ColumnDescriptor) -> Result<Scalar> {
        let ty = c.sql_type();
        if let Some(sql) = &c.default_sql {
            let scopes = std::mem::take(&mut self.scopes);
            let bound =
                crate::parse::parse_expr(sql).and_then(|e| self.plain_expr(&e, "DEFAULT expressions"));
            self.scopes = scopes;
            return self.coerce(bound?, ty, CastContext::Assignment, 0);
        }
        if c.owned_sequence != 0 {
            let sequence = Scalar::constant(Datum::Oid(c.owned_sequence), TypeId::REGCLASS);
            let next = self.scalar_call("nextval", vec![sequence], false, &[], 0)?;
            self.need(AccessObject::Sequence(c.owned_sequence), privilege::USAGE);
            return self.coerce(next, ty, CastContext::Assignment, 0);
        }
        Ok(Scalar::null(ty))
    }
    /// Casts a value for storing it in a column.
    fn assign(&mut self, value: Scalar, c: &ColumnDescriptor, at: usize) -> Result<Scalar> {
        let (from, to) = (value.ty().id, c.sql_type());
        if !can_coerce(from, to.id, CastContext::Assignment) {
            return Err(PlanError::new(PlanErrorKind::DatatypeMismatch(format!(
                "column \"{}\" is of type {} but expression is of type {from}",
                c.name, to.id
            )))
            .with_hint("You will need to rewrite or cast the expression.")
            .at(at));
        }
        self.coerce(value, to, CastContext::Assignment, at)
    }
    fn writable<'c>(&self, table: &'c TableRef, name: &str, at: usize) -> Result<&'c ColumnDescriptor> {
        match table.descriptor.column_by_name(name) {
            Some(c) => Ok(c),
            None => {
                let what =
                    format!("column \"{name}\" of relation \"{}\" does not exist", table.descriptor.name);
                error(PlanErrorKind::UndefinedColumn(what), at)
            }
        }
    }
    /// A scope over a row laid out as `columns`, with identities of its own.
    fn row_scope(
        &mut self,
        table: &TableRef,
        alias: &str,
        columns: &[ColumnDescriptor],
    ) -> (Scope, Vec<usize>) {
        let mut ids = Vec::new();
        let mut shown = Vec::new();
        for c in columns {
            let id = self.fresh();
            ids.push(id);
            if c.is_public() {
                let column = Column {
                    id,
                    name: c.name.as_str().into(),
                    ty: c.sql_type(),
                    source: Some((table.id, c.id)),
                };
                shown.push(ScopeColumn { column, hidden: c.hidden, expr: None });
            }
        }
        let t = ScopeTable { alias: alias.into(), schema: None, oid: table.id, columns: shown };
        (Scope::of_table(t), ids)
    }
    pub(super) fn checks(&mut self, table: &TableRef, columns: &[ColumnDescriptor]) -> Result<Vec<Check>> {
        let mut out = Vec::new();
        for c in &table.descriptor.checks {
            let (scope, ids) = self.row_scope(table, &table.descriptor.name, columns);
            let scopes = std::mem::replace(&mut self.scopes, vec![scope]);
            let bound =
                crate::parse::parse_expr(&c.check_sql).and_then(|e| self.plain_expr(&e, "check constraints"));
            self.scopes = scopes;
            let mut condition = self.coerce_bool(bound?, "CHECK", 0)?;
            number_scalar(&mut condition, &ids)?;
            out.push(Check { name: c.name.clone(), condition });
        }
        Ok(out)
    }
    fn returning(
        &mut self,
        items: &[ast::SelectItem],
        scope: Scope,
        ids: &[usize],
    ) -> Result<Option<Returning>> {
        if items.is_empty() {
            return Ok(None);
        }
        let known: Vec<Column> = scope.columns.iter().map(|c| c.column.clone()).collect();
        self.scopes.push(scope);
        self.selects.push(SelectState {
            no_aggregates: Some("RETURNING"),
            no_windows: Some("RETURNING"),
            no_sets: Some("RETURNING"),
            ..SelectState::default()
        });
        let targets = self.targets(items);
        self.selects.pop();
        self.scopes.pop();
        let mut columns: Vec<Column> = Vec::new();
        let mut exprs = Vec::new();
        for mut t in targets? {
            columns.push(self.output_column(&t.expr, &t.name, &columns, &known));
            number_scalar(&mut t.expr, ids)?;
            exprs.push(t.expr);
        }
        Ok(Some(Returning { exprs, columns }))
    }

    pub(super) fn insert(&mut self, s: &ast::Insert) -> Result<Insert> {
        let named = self.cte_names.len();
        if let Some(with) = &s.with {
            self.with(with)?;
        }
        let table = self.target_table(&s.table, "insert into")?;
        self.need(AccessObject::Table(table.id), privilege::INSERT);
        let columns = written(&table);
        let mut targets: Vec<(ColumnDescriptor, usize)> = Vec::new();
        if s.columns.is_empty() {
            targets.extend(table.descriptor.visible_columns().map(|c| (c.clone(), s.at)));
        }
        for (name, at) in &s.columns {
            let c = self.writable(&table, name, *at)?;
            if targets.iter().any(|(t, _)| t.id == c.id) {
                let what = format!("column \"{name}\" specified more than once");
                return error(PlanErrorKind::DuplicateColumn(what), *at);
            }
            targets.push((c.clone(), *at));
        }
        let source = match &s.source {
            None => {
                let row = columns.iter().map(|c| self.default_value(c)).collect::<Result<Vec<_>>>()?;
                self.values_rel(vec![row], &columns)
            }
            Some(q) => {
                let simple =
                    q.with.is_none() && q.order_by.is_empty() && q.limit.is_none() && q.offset.is_none();
                match &q.body {
                    SetExpr::Values(rows) if simple => self.insert_values(s, rows, &columns, &targets)?,
                    _ => self.insert_query(s, q, &columns, &targets)?,
                }
            }
        };
        self.cte_names.truncate(named);
        let checks = self.checks(&table, &columns)?;
        let on_conflict = match &s.on_conflict {
            Some(c) => Some(self.on_conflict(s, c, &table, &columns)?),
            None => None,
        };
        if !s.returning.is_empty() {
            self.need(AccessObject::Table(table.id), privilege::SELECT);
        }
        let alias = s.alias.clone().unwrap_or_else(|| table.descriptor.name.clone());
        let (scope, ids) = self.row_scope(&table, &alias, &columns);
        let returning = self.returning(&s.returning, scope, &ids)?;
        let columns = columns.iter().map(|c| c.id).collect();
        Ok(Insert { table, source, columns, checks, on_conflict, returning })
    }
    fn values_rel(&mut self, rows: Vec<Vec<Scalar>>, columns: &[ColumnDescriptor]) -> Rel {
        let out = columns
            .iter()
            .map(|c| Column {
                id: self.fresh(),
                name: c.name.as_str().into(),
                ty: c.sql_type(),
                source: None,
            })
            .collect();
        Rel::new(RelKind::Values(rows), out)
    }
    fn too_many(
        given: usize,
        targets: &[(ColumnDescriptor, usize)],
        s: &ast::Insert,
        at: usize,
    ) -> Result<()> {
        if given > targets.len() {
            let what = "INSERT has more expressions than target columns".to_string();
            return error(PlanErrorKind::SyntaxError(what), at);
        }
        if given < targets.len() && !s.columns.is_empty() {
            let what = "INSERT has more target columns than expressions".to_string();
            return error(PlanErrorKind::SyntaxError(what), targets[given].1);
        }
        Ok(())
    }
    fn check_identity(c: &ColumnDescriptor, s: &ast::Insert) -> Result<()> {
        if c.identity == 1 && s.overriding != Some(true) {
            return Err(PlanError::new(PlanErrorKind::GeneratedAlways(format!(
                "cannot insert a non-DEFAULT value into column \"{}\"",
                c.name
            )))
            .with_detail(format!("Column \"{}\" is an identity column defined as GENERATED ALWAYS.", c.name))
            .with_hint("Use OVERRIDING SYSTEM VALUE to override."));
        }
        Ok(())
    }
    fn insert_values(
        &mut self,
        s: &ast::Insert,
        rows: &[Vec<Expr>],
        columns: &[ColumnDescriptor],
        targets: &[(ColumnDescriptor, usize)],
    ) -> Result<Rel> {
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            Self::too_many(row.len(), targets, s, row.get(targets.len()).map_or(0, |e| e.at))?;
            let mut given: Vec<Option<Scalar>> = vec![None; columns.len()];
            for (e, (c, _)) in row.iter().zip(targets) {
                if matches!(e.kind, ExprKind::Default) || (c.identity != 0 && s.overriding == Some(false)) {
                    continue;
                }
                Self::check_identity(c, s)?;
                let value = self.plain_expr(e, "VALUES")?;
                let value = self.assign(value, c, e.location())?;
                if let Some(i) = columns.iter().position(|x| x.id == c.id) {
                    given[i] = Some(value);
                }
            }
            let mut full = Vec::with_capacity(columns.len());
            for (value, c) in given.into_iter().zip(columns) {
                full.push(match value {
                    Some(v) => v,
                    None => self.default_value(c)?,
                });
            }
            out.push(full);
        }
        Ok(self.values_rel(out, columns))
    }
    fn insert_query(
        &mut self,
        s: &ast::Insert,
        q: &ast::Query,
        columns: &[ColumnDescriptor],
        targets: &[(ColumnDescriptor, usize)],
    ) -> Result<Rel> {
        let rel = self.query(q)?;
        Self::too_many(rel.columns.len(), targets, s, q.at)?;
        let mut exprs = Vec::new();
        for c in columns {
            let given = targets.iter().position(|(t, _)| t.id == c.id).and_then(|i| rel.columns.get(i));
            exprs.push(match given {
                Some(col) if !(c.identity != 0 && s.overriding == Some(false)) => {
                    Self::check_identity(c, s)?;
                    let value = Scalar::column(col.id, col.ty);
                    self.assign(value, c, q.at)?
                }
                _ => self.default_value(c)?,
            });
        }
        let mut out: Vec<Column> = Vec::new();
        for (e, c) in exprs.iter().zip(columns) {
            out.push(self.output_column(e, &c.name, &out, &[]));
        }
        Ok(Rel::new(RelKind::Project { input: Box::new(rel), exprs }, out))
    }
    fn on_conflict(
        &mut self,
        s: &ast::Insert,
        c: &ast::ConflictClause,
        table: &TableRef,
        columns: &[ColumnDescriptor],
    ) -> Result<OnConflict> {
        let descriptor = &table.descriptor;
        let unique = || descriptor.all_indexes().filter(|i| i.unique && i.is_public());
        let mut arbiters = Vec::new();
        match &c.target {
            ConflictTarget::None => {
                if c.update.is_some() {
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(
                        "ON CONFLICT DO UPDATE requires inference specification or constraint name".into(),
                    ))
                    .with_hint("For example, ON CONFLICT (column_name).")
                    .at(c.at));
                }
            }
            ConflictTarget::Columns(list) => {
                let mut ids = Vec::new();
                for e in list {
                    let ExprKind::Column(parts) = &e.kind else {
                        return Err(PlanError::not_supported("an expression as arbiter").at(e.at));
                    };
                    let name = parts.last().map_or("", String::as_str);
                    let Some(col) = descriptor.column_by_name(name) else {
                        return error(
                            PlanErrorKind::UndefinedColumn(format!("column \"{name}\" does not exist")),
                            e.at,
                        );
                    };
                    ids.push(col.id);
                }
                ids.sort_unstable();
                ids.dedup();
                for i in unique() {
                    let mut keys: Vec<u32> = i.columns.iter().map(|k| k.column_id).collect();
                    keys.sort_unstable();
                    if keys == ids {
                        arbiters.push(i.id);
                    }
                }
                if arbiters.is_empty() {
                    let what =
                        "there is no unique or exclusion constraint matching the ON CONFLICT specification"
                            .to_string();
                    return error(PlanErrorKind::InvalidColumnReference(what), 0);
                }
            }
            ConflictTarget::Constraint(name) => match unique().find(|i| i.name == *name) {
                Some(i) => arbiters.push(i.id),
                None => {
                    let what =
                        format!("constraint \"{name}\" for table \"{}\" does not exist", descriptor.name);
                    return error(PlanErrorKind::UndefinedObject(what), c.at);
                }
            },
        }
        let Some((assignments, condition)) = &c.update else {
            return Ok(OnConflict { arbiters, action: ConflictAction::Nothing });
        };
        self.need(AccessObject::Table(table.id), privilege::UPDATE | privilege::SELECT);
        let alias = s.alias.clone().unwrap_or_else(|| descriptor.name.clone());
        let (mut scope, mut ids) = self.row_scope(table, &alias, columns);
        let (excluded, excluded_ids) = self.row_scope(table, "excluded", columns);
        ids.extend(excluded_ids);
        // unqualified names mean the table, as in PostgreSQL they would be ambiguous only if excluded shared the scope
        scope.tables.extend(excluded.tables);
        self.scopes.push(scope);
        let out = (|| {
            let mut bound = self.assignments(table, columns, assignments)?;
            for (_, e) in &mut bound {
                number_scalar(e, &ids)?;
            }
            let filter = match condition {
                Some(f) => {
                    let b = self.plain_expr(f, "WHERE")?;
                    let mut b = self.coerce_bool(b, "WHERE", f.location())?;
                    number_scalar(&mut b, &ids)?;
                    Some(b)
                }
                None => None,
            };
            Ok(OnConflict { arbiters, action: ConflictAction::Update { assignments: bound, filter } })
        })();
        self.scopes.pop();
        out
    }
    /// SET: positions in `columns`, and values over the scope at hand (columns by identity).
    fn assignments(
        &mut self,
        table: &TableRef,
        columns: &[ColumnDescriptor],
        list: &[ast::Assignment],
    ) -> Result<Vec<(usize, Scalar)>> {
        let mut out: Vec<(usize, Scalar)> = Vec::new();
        for a in list {
            let values: Vec<&Expr> = match (&a.value.kind, a.columns.len()) {
                (_, 1) => vec![&a.value],
                (ExprKind::Row { items, .. }, n) if items.len() == n => items.iter().collect(),
                (ExprKind::Row { .. }, _) => {
                    let what = "number of columns does not match number of values".to_string();
                    return error(PlanErrorKind::SyntaxError(what), a.value.at);
                }
                (ExprKind::ScalarQuery(_), _) => {
                    return Err(PlanError::not_supported("assignment of several columns from a subquery")
                        .at(a.value.at));
                }
                _ => {
                    let what =
                        "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression";
                    return error(PlanErrorKind::FeatureNotSupported(what.into()), a.value.at);
                }
            };
            for ((name, at), e) in a.columns.iter().zip(values) {
                let c = self.writable(table, name, *at)?.clone();
                let Some(i) = columns.iter().position(|x| x.id == c.id) else {
                    return Err(PlanError::internal("a column outside the row"));
                };
                if out.iter().any(|(o, _)| *o == i) {
                    let what = format!("multiple assignments to same column \"{name}\"");
                    return error(PlanErrorKind::SyntaxError(what), *at);
                }
                let value = if matches!(e.kind, ExprKind::Default) {
                    self.default_value(&c)?
                } else {
                    if c.identity == 1 {
                        return Err(PlanError::new(PlanErrorKind::GeneratedAlways(format!(
                            "column \"{name}\" can only be updated to DEFAULT"
                        )))
                        .with_detail(format!(
                            "Column \"{name}\" is an identity column defined as GENERATED ALWAYS."
                        )));
                    }
                    let v = self.plain_expr(e, "UPDATE")?;
                    self.assign(v, &c, e.location())?
                };
                out.push((i, value));
            }
        }
        Ok(out)
    }

    /// The target's scan, locked, of all columns that writes touch.
    fn target_scan(&mut self, table: &TableRef, alias: &str, columns: &[ColumnDescriptor]) -> (Rel, Scope) {
        let (scope, ids) = self.row_scope(table, alias, columns);
        let out: Vec<Column> = columns
            .iter()
            .zip(&ids)
            .map(|(c, id)| Column {
                id: *id,
                name: c.name.as_str().into(),
                ty: c.sql_type(),
                source: Some((table.id, c.id)),
            })
            .collect();
        let (mut rel, _) = self.scan(table, alias, Some(WRITE_LOCK));
        if let RelKind::Scan(s) = &mut rel.kind {
            s.fetch = columns.iter().map(|c| c.id).collect();
            s.fetch_ids = ids.clone();
            s.output = (0..columns.len()).collect();
        }
        rel.columns = out;
        (rel, scope)
    }
    fn with_from(
        &mut self,
        target: Rel,
        scope: Scope,
        from: &[ast::TableExpr],
        at: usize,
    ) -> Result<(Rel, Scope)> {
        if from.is_empty() {
            return Ok((target, scope));
        }
        let (other, other_scope) = self.from_list(from)?;
        scope.check_aliases(&other_scope, at)?;
        let columns: Vec<Column> = target.columns.iter().chain(&other.columns).cloned().collect();
        let output = (0..columns.len()).collect();
        let join = Join {
            kind: JoinKind::Inner,
            left: target,
            right: other,
            on: vec![],
            residual: None,
            strategy: JoinStrategy::Nested,
            output,
            null_aware: false,
        };
        let mut scope = scope;
        scope.merge(other_scope);
        Ok((Rel::new(RelKind::Join(Box::new(join)), columns), scope))
    }
    pub(super) fn update(&mut self, s: &ast::Update) -> Result<Update> {
        let named = self.cte_names.len();
        if let Some(with) = &s.with {
            self.with(with)?;
        }
        let table = self.target_table(&s.table, "update")?;
        self.need(AccessObject::Table(table.id), privilege::UPDATE);
        let columns = written(&table);
        let alias = s.alias.clone().unwrap_or_else(|| s.table.name.clone());
        let (target, scope) = self.target_scan(&table, &alias, &columns);
        let (mut rel, scope) = self.with_from(target, scope, &s.from, s.at)?;
        self.scopes.push(scope.clone());
        let out: Result<(Option<Scalar>, Vec<(usize, Scalar)>)> = (|| {
            let mut predicate = None;
            if let Some(f) = &s.filter {
                self.need(AccessObject::Table(table.id), privilege::SELECT);
                let b = self.plain_expr(f, "WHERE")?;
                predicate = Some(self.coerce_bool(b, "WHERE", f.location())?);
            }
            Ok((predicate, self.assignments(&table, &columns, &s.assignments)?))
        })();
        self.scopes.pop();
        self.cte_names.truncate(named);
        let (predicate, mut assignments) = out?;
        if let Some(p) = predicate {
            rel = filter(rel, p);
        }
        // Subqueries are computed below, as further columns of the source.
        let mut exprs: Vec<Scalar> = rel.columns.iter().map(|c| Scalar::column(c.id, c.ty)).collect();
        let mut out_columns = rel.columns.clone();
        for (_, e) in &mut assignments {
            if e.any(&mut |s| matches!(s, Scalar::Subquery(_))) {
                let column = Column { id: self.fresh(), name: "value".into(), ty: e.ty(), source: None };
                let value = std::mem::replace(e, Scalar::column(column.id, column.ty));
                out_columns.push(column);
                exprs.push(value);
            }
        }
        if exprs.len() > rel.columns.len() {
            rel = Rel::new(RelKind::Project { input: Box::new(rel), exprs }, out_columns);
        }
        let ids: Vec<usize> = rel.columns.iter().map(|c| c.id).collect();
        for (_, e) in &mut assignments {
            number_scalar(e, &ids)?;
        }
        let checks = self.checks(&table, &columns)?;
        if !s.returning.is_empty() {
            self.need(AccessObject::Table(table.id), privilege::SELECT);
        }
        let returning = self.returning(&s.returning, scope, &ids)?;
        let columns = columns.iter().map(|c| c.id).collect();
        Ok(Update { table, source: rel, columns, assignments, checks, returning })
    }
    pub(super) fn delete(&mut self, s: &ast::Delete) -> Result<Delete> {
        let named = self.cte_names.len();
        if let Some(with) = &s.with {
            self.with(with)?;
        }
        let table = self.target_table(&s.table, "delete from")?;
        self.need(AccessObject::Table(table.id), privilege::DELETE);
        let columns = written(&table);
        let alias = s.alias.clone().unwrap_or_else(|| s.table.name.clone());
        let (target, scope) = self.target_scan(&table, &alias, &columns);
        let (mut rel, scope) = self.with_from(target, scope, &s.using, s.at)?;
        if let Some(f) = &s.filter {
            self.need(AccessObject::Table(table.id), privilege::SELECT);
            self.scopes.push(scope.clone());
            let b = self.plain_expr(f, "WHERE");
            self.scopes.pop();
            rel = filter(rel, self.coerce_bool(b?, "WHERE", f.location())?);
        }
        self.cte_names.truncate(named);
        let ids: Vec<usize> = rel.columns.iter().map(|c| c.id).collect();
        if !s.returning.is_empty() {
            self.need(AccessObject::Table(table.id), privilege::SELECT);
        }
        let returning = self.returning(&s.returning, scope, &ids)?;
        let columns = columns.iter().map(|c| c.id).collect();
        Ok(Delete { table, source: rel, columns, returning })
    }

    pub(super) fn copy(&mut self, s: &CopyStatement) -> Result<PlanKind> {
        let mut options = s.options.clone();
        if !s.from {
            let source = match &s.source {
                CopySource::Query(q) => self.query(q)?,
                CopySource::Table { name, columns } => {
                    let parts = |c: &str| vec![c.to_string()];
                    let items: Vec<ast::SelectItem> = if columns.is_empty() {
                        vec![ast::SelectItem { expr: Expr::new(s.at, ExprKind::Star(vec![])), alias: None }]
                    } else {
                        let item = |(c, at): &(String, usize)| ast::SelectItem {
                            expr: Expr::new(*at, ExprKind::Column(parts(c))),
                            alias: None,
                        };
                        columns.iter().map(item).collect()
                    };
                    let from = vec![ast::TableExpr::Table { name: name.clone(), alias: None, at: name.at }];
                    let select = ast::Select { items, from, ..ast::Select::empty(s.at) };
                    let q = ast::Query {
                        with: None,
                        body: SetExpr::Select(Box::new(select)),
                        order_by: vec![],
                        limit: None,
                        offset: None,
                        with_ties: false,
                        locks: vec![],
                        at: s.at,
                    };
                    self.query(&q)?
                }
            };
            let names: Vec<String> = source.columns.iter().map(|c| c.name.to_string()).collect();
            options.force_quote = s.force_quote.as_ref().map(|f| positions(f, &names)).transpose()?;
            return Ok(PlanKind::CopyTo(Box::new(CopyTo { source, options })));
        }
        let CopySource::Table { name, columns: list } = &s.source else {
            return error(PlanErrorKind::SyntaxError("COPY FROM needs a table".into()), s.at);
        };
        let table = self.target_table(name, "copy to")?;
        self.need(AccessObject::Table(table.id), privilege::INSERT);
        let columns = written(&table);
        let mut input = Vec::new();
        let index = |id: u32| columns.iter().position(|c| c.id == id);
        if list.is_empty() {
            input.extend(table.descriptor.visible_columns().filter_map(|c| index(c.id)));
        }
        for (name, at) in list {
            let c = self.writable(&table, name, *at)?;
            match index(c.id) {
                Some(i) if !input.contains(&i) => input.push(i),
                _ => {
                    let what = format!("column \"{name}\" specified more than once");
                    return error(PlanErrorKind::DuplicateColumn(what), *at);
                }
            }
        }
        let mut values = Vec::new();
        for (i, c) in columns.iter().enumerate() {
            values.push(match input.iter().position(|x| *x == i) {
                Some(at) => Scalar::column(at, c.sql_type()),
                None => self.default_value(c)?,
            });
        }
        let names: Vec<String> = input.iter().map(|i| columns[*i].name.clone()).collect();
        options.force_quote = s.force_quote.as_ref().map(|f| positions(f, &names)).transpose()?;
        options.force_not_null = positions(&s.force_not_null, &names)?;
        options.force_null = positions(&s.force_null, &names)?;
        let checks = self.checks(&table, &columns)?;
        let columns = columns.iter().map(|c| c.id).collect();
        Ok(PlanKind::CopyFrom(Box::new(CopyFrom { table, input, columns, values, checks, options })))
    }
}

fn positions(names: &[String], columns: &[String]) -> Result<Vec<usize>> {
    names
        .iter()
        .map(|n| {
            columns.iter().position(|c| c == n).ok_or_else(|| {
                PlanError::new(PlanErrorKind::UndefinedColumn(format!("column \"{n}\" does not exist")))
            })
        })
        .collect()
}
