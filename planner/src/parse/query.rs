//! SELECT, VALUES, TABLE, WITH and the FROM clause.

use super::ast::*;
use super::lexer::Tok;
use super::parser::Parser;
use super::words;
use crate::error::{PlanError, PlanErrorKind, Result};

impl Parser<'_> {
    /// A whole query, with WITH, ORDER BY, LIMIT and locking clauses.
    pub fn query(&mut self) -> Result<Query> {
        self.nested(|p| {
            let at = p.at();
            let with = p.with_clause()?;
            p.query_after_with(with, at)
        })
    }
    pub fn with_clause(&mut self) -> Result<Option<With>> {
        let at = self.at();
        if !self.eat("with") {
            return Ok(None);
        }
        let recursive = self.eat("recursive");
        let ctes = self.comma_list(|p| {
            let at = p.at();
            let name = p.name()?;
            let columns = if p.is_punct('(') { p.paren_names()? } else { vec![] };
            p.expect("as")?;
            let materialized = if p.eat("materialized") {
                Some(true)
            } else if p.eat_all(&["not", "materialized"]) {
                Some(false)
            } else {
                None
            };
            p.expect_punct('(')?;
            if p.is_any(&["insert", "update", "delete"]) {
                return Err(PlanError::not_supported("a data-modifying statement in WITH").at(p.at()));
            }
            let query = p.query()?;
            p.expect_punct(')')?;
            if p.is_any(&["search", "cycle"]) {
                return Err(PlanError::not_supported("SEARCH and CYCLE clauses").at(p.at()));
            }
            Ok(CommonTable { name, columns, materialized, query, at })
        })?;
        Ok(Some(With { recursive, ctes, at }))
    }
    pub fn query_after_with(&mut self, with: Option<With>, at: usize) -> Result<Query> {
        let body = self.set_expr(0)?;
        let mut q = Query {
            with,
            body,
            order_by: vec![],
            limit: None,
            offset: None,
            with_ties: false,
            locks: vec![],
            at,
        };
        if self.eat_all(&["order", "by"]) {
            q.order_by = self.order_items()?;
        }
        let mut limited = false;
        loop {
            if self.is("limit") && !limited {
                self.pos += 1;
                limited = true;
                q.limit = if self.eat("all") { None } else { Some(self.expr()?) };
                if self.is_punct(',') {
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(
                        "LIMIT #,# syntax is not supported".into(),
                    ))
                    .at(self.at())
                    .with_hint("Use separate LIMIT and OFFSET clauses."));
                }
            } else if self.is("offset") && q.offset.is_none() {
                self.pos += 1;
                q.offset = Some(self.expr()?);
                if !self.eat("rows") {
                    self.eat("row");
                }
            } else if self.is("fetch") && !limited {
                self.pos += 1;
                limited = true;
                if !self.eat("first") {
                    self.expect("next")?;
                }
                q.limit = Some(if self.is_any(&["row", "rows"]) {
                    Expr::new(self.at(), ExprKind::Number("1".into()))
                } else {
                    self.restricted_expr()?
                });
                if !self.eat("rows") {
                    self.expect("row")?;
                }
                if self.eat_all(&["with", "ties"]) {
                    q.with_ties = true;
                } else {
                    self.expect("only")?;
                }
            } else if self.is("for") {
                let lock = self.lock_clause()?;
                q.locks.extend(lock);
            } else {
                return Ok(q);
            }
        }
    }
    fn lock_clause(&mut self) -> Result<Option<LockClause>> {
        let at = self.at();
        self.expect("for")?;
        if self.eat_all(&["read", "only"]) {
            return Ok(None);
        }
        let strength = if self.eat("update") {
            LockLevel::Update
        } else if self.eat_all(&["no", "key", "update"]) {
            LockLevel::NoKeyUpdate
        } else if self.eat("share") {
            LockLevel::Share
        } else {
            self.expect_all(&["key", "share"])?;
            LockLevel::KeyShare
        };
        let of = if self.eat("of") { self.object_names()? } else { vec![] };
        let nowait = self.eat("nowait");
        let skip_locked = !nowait && self.eat_all(&["skip", "locked"]);
        Ok(Some(LockClause { strength, of, nowait, skip_locked, at }))
    }
    /// UNION and EXCEPT bind equally, INTERSECT tighter.
    fn set_expr(&mut self, min: u8) -> Result<SetExpr> {
        let mut left = self.set_primary()?;
        let mut links = 0;
        loop {
            let at = self.at();
            let (op, power) = if self.is("union") {
                (SetOperator::Union, 1)
            } else if self.is("except") {
                (SetOperator::Except, 1)
            } else if self.is("intersect") {
                (SetOperator::Intersect, 2)
            } else {
                return Ok(left);
            };
            if power <= min {
                return Ok(left);
            }
            links += 1;
            if links > super::parser::DEPTH_MAX {
                return Err(PlanError::new(PlanErrorKind::StatementTooComplex(format!(
                    "more than {links} set operations in a row"
                )))
                .at(at));
            }
            self.pos += 1;
            let all = self.eat("all");
            if !all {
                self.eat("distinct");
            }
            let right = self.nested(|p| p.set_expr(power))?;
            left = SetExpr::SetOp { op, all, left: Box::new(left), right: Box::new(right), at };
        }
    }
    fn set_primary(&mut self) -> Result<SetExpr> {
        let at = self.at();
        if self.eat_punct('(') {
            let query = self.query()?;
            self.expect_punct(')')?;
            return Ok(SetExpr::Query(Box::new(query)));
        }
        if self.eat("values") {
            let rows = self.comma_list(|p| p.paren_list(Self::expr))?;
            if let Some(row) = rows.iter().find(|r| r.len() != rows[0].len()) {
                return Err(PlanError::new(PlanErrorKind::SyntaxError(
                    "VALUES lists must all be the same length".into(),
                ))
                .at(row[0].at));
            }
            return Ok(SetExpr::Values(rows));
        }
        if self.eat("table") {
            self.eat("only");
            let at = self.at();
            let name = self.object_name()?;
            let items = vec![SelectItem { expr: Expr::new(at, ExprKind::Star(vec![])), alias: None }];
            let from = vec![TableExpr::Table { name, alias: None, at }];
            return Ok(SetExpr::Select(Box::new(Select { items, from, ..Select::empty(at) })));
        }
        self.expect("select")?;
        self.select(at).map(|s| SetExpr::Select(Box::new(s)))
    }
    fn select(&mut self, at: usize) -> Result<Select> {
        let mut s = Select::empty(at);
        if self.eat("distinct") {
            s.distinct =
                Some(if self.eat("on") { Distinct::On(self.paren_list(Self::expr)?) } else { Distinct::All });
        } else {
            self.eat("all");
        }
        let ends = self.is_any(&[
            "from",
            "where",
            "group",
            "having",
            "window",
            "union",
            "except",
            "intersect",
            "order",
            "limit",
            "offset",
            "fetch",
            "for",
            "into",
        ]);
        if !ends && !matches!(self.peek(), Tok::End | Tok::Punct(')' | ';')) {
            s.items = self.select_items()?;
        }
        if self.is("into") {
            return Err(PlanError::not_supported("SELECT INTO")
                .at(self.at())
                .with_hint("Use CREATE TABLE AS."));
        }
        if self.eat("from") {
            s.from = self.from_list()?;
        }
        if self.eat("where") {
            s.filter = Some(self.expr()?);
        }
        if self.eat_all(&["group", "by"]) {
            s.group_distinct = self.eat("distinct");
            if !s.group_distinct {
                self.eat("all");
            }
            s.group_by = self.comma_list(Self::group_item)?;
        }
        if self.eat("having") {
            s.having = Some(self.expr()?);
        }
        if self.eat("window") {
            s.windows = self.comma_list(|p| {
                let name = p.name()?;
                p.expect("as")?;
                Ok((name, p.window_spec()?))
            })?;
        }
        Ok(s)
    }
    pub fn select_items(&mut self) -> Result<Vec<SelectItem>> {
        self.comma_list(|p| {
            let at = p.at();
            if p.eat_op("*") {
                return Ok(SelectItem { expr: Expr::new(at, ExprKind::Star(vec![])), alias: None });
            }
            let expr = p.expr()?;
            let alias = if p.eat("as") {
                Some(p.label()?)
            } else {
                match p.peek() {
                    Tok::Ident { name, quoted } if *quoted || words::is_bare_label(name) => Some(p.label()?),
                    _ => None,
                }
            };
            Ok(SelectItem { expr, alias })
        })
    }
    fn group_item(&mut self) -> Result<GroupItem> {
        if self.is_punct('(') && *self.peek_at(1) == Tok::Punct(')') {
            self.pos += 2;
            return Ok(GroupItem::Empty);
        }
        let opens = *self.peek_at(1) == Tok::Punct('(');
        if self.is_any(&["rollup", "cube"]) && opens {
            let rollup = self.is("rollup");
            self.pos += 1;
            let lists = self.paren_list(|p| {
                let e = p.expr()?;
                Ok(match e.kind {
                    ExprKind::Row { items, explicit: false } => items,
                    _ => vec![e],
                })
            })?;
            return Ok(if rollup { GroupItem::Rollup(lists) } else { GroupItem::Cube(lists) });
        }
        if self.is("grouping") && self.is_at(1, "sets") {
            self.pos += 2;
            return Ok(GroupItem::Sets(self.paren_list(|p| p.nested(|p| p.group_item()))?));
        }
        let e = self.expr()?;
        Ok(match e.kind {
            ExprKind::Row { items, explicit: false } => GroupItem::List(items),
            _ => GroupItem::Expr(e),
        })
    }
    pub fn from_list(&mut self) -> Result<Vec<TableExpr>> {
        self.comma_list(Self::table_expr)
    }
    pub fn table_expr(&mut self) -> Result<TableExpr> {
        let mut left = self.nested(|p| p.table_primary())?;
        let mut links = 0;
        loop {
            links += 1;
            if links > super::parser::DEPTH_MAX {
                return Err(PlanError::new(PlanErrorKind::StatementTooComplex(format!(
                    "more than {links} joins in a row"
                )))
                .at(self.at()));
            }
            let at = self.at();
            let natural = self.eat("natural");
            let kind = if self.eat_all(&["cross", "join"]) {
                let right = self.nested(|p| p.table_primary())?;
                left = TableExpr::Join {
                    left: Box::new(left),
                    right: Box::new(right),
                    kind: JoinType::Inner,
                    constraint: JoinConstraint::None,
                    alias: None,
                    at,
                };
                continue;
            } else if self.eat("join") {
                JoinType::Inner
            } else if self.is_any(&["inner", "left", "right", "full"]) {
                let kind = match self.word() {
                    Some("left") => JoinType::Left,
                    Some("right") => JoinType::Right,
                    Some("full") => JoinType::Full,
                    _ => JoinType::Inner,
                };
                self.pos += 1;
                if kind != JoinType::Inner {
                    self.eat("outer");
                }
                self.expect("join")?;
                kind
            } else if natural {
                return self.unexpected();
            } else {
                return Ok(left);
            };
            // `a JOIN b JOIN c ON .. ON ..`: the right side may be a join of its own.
            let mut right = self.nested(|p| p.table_primary())?;
            let constraint = if natural {
                JoinConstraint::Natural
            } else {
                if !self.is_any(&["on", "using"]) {
                    right = self.nested(|p| p.join_tail(right))?;
                }
                self.join_constraint()?
            };
            left = TableExpr::Join {
                left: Box::new(left),
                right: Box::new(right),
                kind,
                constraint,
                alias: None,
                at,
            };
        }
    }
    fn join_tail(&mut self, left: TableExpr) -> Result<TableExpr> {
        let at = self.at();
        let kind = match self.word() {
            Some("join") => JoinType::Inner,
            Some("inner") => JoinType::Inner,
            Some("left") => JoinType::Left,
            Some("right") => JoinType::Right,
            Some("full") => JoinType::Full,
            _ => return self.unexpected(),
        };
        if !self.eat("join") {
            self.pos += 1;
            self.eat("outer");
            self.expect("join")?;
        }
        let mut right = self.nested(|p| p.table_primary())?;
        if !self.is_any(&["on", "using"]) {
            right = self.nested(|p| p.join_tail(right))?;
        }
        let constraint = self.join_constraint()?;
        Ok(TableExpr::Join {
            left: Box::new(left),
            right: Box::new(right),
            kind,
            constraint,
            alias: None,
            at,
        })
    }
    fn join_constraint(&mut self) -> Result<JoinConstraint> {
        if self.eat("on") {
            return Ok(JoinConstraint::On(self.expr()?));
        }
        self.expect("using")?;
        let columns = self.paren_names()?;
        let alias = if self.eat("as") { Some(self.name()?) } else { None };
        Ok(JoinConstraint::Using { columns, alias })
    }
    fn table_primary(&mut self) -> Result<TableExpr> {
        let at = self.at();
        let lateral = self.eat("lateral");
        if self.is_punct('(') {
            self.pos += 1;
            if self.is_query_ahead() {
                let query = Box::new(self.query()?);
                self.expect_punct(')')?;
                let alias = self.alias()?;
                return Ok(TableExpr::Subquery { query, lateral, alias, at });
            }
            let inner = self.nested(|p| p.table_expr())?;
            self.expect_punct(')')?;
            let own = self.alias()?;
            return match inner {
                TableExpr::Join { left, right, kind, constraint, at, .. } => {
                    Ok(TableExpr::Join { left, right, kind, constraint, alias: own, at })
                }
                _ => self.unexpected(),
            };
        }
        if self.is("rows") && self.is_at(1, "from") && *self.peek_at(2) == Tok::Punct('(') {
            self.pos += 2;
            let calls = self.paren_list(|p| {
                let expr = p.function_in_from()?;
                let column_types = if p.eat("as") { p.column_types()? } else { vec![] };
                Ok(FunctionItem { expr, column_types })
            })?;
            return self.function_tail(calls, lateral, at);
        }
        self.eat("only");
        let save = self.pos;
        let is_value = self.is_any(&[
            "current_date",
            "current_timestamp",
            "current_user",
            "current_schema",
            "session_user",
            "user",
            "current_catalog",
            "current_role",
            "localtime",
            "localtimestamp",
            "current_time",
        ]);
        if is_value || self.is_call_ahead() {
            let expr = self.function_in_from()?;
            return self.function_tail(vec![FunctionItem { expr, column_types: vec![] }], lateral, at);
        }
        self.pos = save;
        let name = self.object_name()?;
        self.eat_op("*");
        let alias = self.alias()?;
        if self.is("tablesample") {
            return Err(PlanError::not_supported("TABLESAMPLE").at(self.at()));
        }
        Ok(TableExpr::Table { name, alias, at })
    }
    /// `name(` or `schema.name(` ahead.
    fn is_call_ahead(&self) -> bool {
        let mut ahead = 0;
        loop {
            if !matches!(self.peek_at(ahead), Tok::Ident { .. }) {
                return false;
            }
            match self.peek_at(ahead + 1) {
                Tok::Punct('.') => ahead += 2,
                Tok::Punct('(') => return true,
                _ => return false,
            }
        }
    }
    fn function_in_from(&mut self) -> Result<Expr> {
        // an expression of the tightest kind: calls, value functions, CAST, COALESCE
        self.restricted_expr()
    }
    fn column_types(&mut self) -> Result<Vec<(String, TypeName)>> {
        self.paren_list(|p| Ok((p.name()?, p.type_name()?)))
    }
    fn function_tail(&mut self, mut calls: Vec<FunctionItem>, lateral: bool, at: usize) -> Result<TableExpr> {
        let ordinality = self.eat_all(&["with", "ordinality"]);
        // `AS (a int, ...)`, `AS t(a int, ...)` or a plain alias
        let save = self.pos;
        let with_as = self.eat("as");
        let mut alias = None;
        if with_as && self.is_punct('(') {
            calls[0].column_types = self.column_types()?;
        } else if self.is_name()
            && *self.peek_at(1) == Tok::Punct('(')
            && matches!(self.peek_at(3), Tok::Ident { .. })
        {
            let name = self.name()?;
            calls[0].column_types = self.column_types()?;
            alias =
                Some(Alias { name, columns: calls[0].column_types.iter().map(|(n, _)| n.clone()).collect() });
        } else {
            self.pos = save;
            alias = self.alias()?;
        }
        Ok(TableExpr::Function { calls, ordinality, lateral, alias, at })
    }
    pub fn alias(&mut self) -> Result<Option<Alias>> {
        let explicit = self.eat("as");
        if !explicit && !self.is_name() {
            return Ok(None);
        }
        let name = self.name()?;
        let columns = if self.is_punct('(') { self.paren_names()? } else { vec![] };
        Ok(Some(Alias { name, columns }))
    }
}

impl Select {
    pub fn empty(at: usize) -> Select {
        Select {
            distinct: None,
            items: vec![],
            from: vec![],
            filter: None,
            group_by: vec![],
            group_distinct: false,
            having: None,
            windows: vec![],
            at,
        }
    }
}
