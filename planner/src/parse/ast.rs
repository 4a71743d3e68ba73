//! The tree that the parser makes: SQL as written, nothing looked up. What PostgreSQL's grammar rewrites on the spot
//! (`TRIM`, `LIKE`, `AT TIME ZONE`, ... to calls and operators) is rewritten here too, so that names of result columns agree.

use super::ddl::{CopyStatement, Ddl, ObjectName, Session};
use std::sync::Arc;

/// One statement, with the text it stands in. Positions everywhere count characters of the whole text, from 1, as
/// PostgreSQL reports them.
#[derive(Clone, Debug)]
pub struct Statement {
    /// This statement's own text, without the semicolon.
    pub text: Arc<str>,
    /// Characters of the whole text before `text`.
    pub offset: usize,
    pub kind: StatementKind,
    /// The highest `$n` that occurs.
    pub parameters: u32,
}

#[derive(Clone, Debug)]
pub enum StatementKind {
    Empty,
    Query(Box<Query>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Copy(Box<CopyStatement>),
    Explain { analyze: bool, verbose: bool, costs: bool, distsql: bool, statement: Box<Statement> },
    Ddl(Box<Ddl>),
    Session(Box<Session>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub with: Option<With>,
    pub body: SetExpr,
    pub order_by: Vec<OrderItem>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub with_ties: bool,
    pub locks: Vec<LockClause>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct With {
    pub recursive: bool,
    pub ctes: Vec<CommonTable>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CommonTable {
    pub name: String,
    pub columns: Vec<String>,
    pub materialized: Option<bool>,
    pub query: Query,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SetExpr {
    Select(Box<Select>),
    Values(Vec<Vec<Expr>>),
    Query(Box<Query>),
    SetOp { op: SetOperator, all: bool, left: Box<SetExpr>, right: Box<SetExpr>, at: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub distinct: Option<Distinct>,
    pub items: Vec<SelectItem>,
    pub from: Vec<TableExpr>,
    pub filter: Option<Expr>,
    pub group_by: Vec<GroupItem>,
    pub group_distinct: bool,
    pub having: Option<Expr>,
    pub windows: Vec<(String, WindowSpec)>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Distinct {
    All,
    On(Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// `*` and `t.*` are `ExprKind::Star`.
    pub expr: Expr,
    pub alias: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GroupItem {
    Expr(Expr),
    Empty,
    Rollup(Vec<Vec<Expr>>),
    Cube(Vec<Vec<Expr>>),
    Sets(Vec<GroupItem>),
    /// `(a, b)` inside GROUPING SETS.
    List(Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: Option<bool>,
    /// USING operator.
    pub using: Option<OperatorName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LockClause {
    pub strength: LockLevel,
    pub of: Vec<ObjectName>,
    pub nowait: bool,
    pub skip_locked: bool,
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockLevel {
    Update,
    NoKeyUpdate,
    Share,
    KeyShare,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    pub name: String,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableExpr {
    Table {
        name: ObjectName,
        alias: Option<Alias>,
        at: usize,
    },
    /// `f(...)`, or ROWS FROM with several.
    Function {
        calls: Vec<FunctionItem>,
        ordinality: bool,
        lateral: bool,
        alias: Option<Alias>,
        at: usize,
    },
    Subquery {
        query: Box<Query>,
        lateral: bool,
        alias: Option<Alias>,
        at: usize,
    },
    Join {
        left: Box<TableExpr>,
        right: Box<TableExpr>,
        kind: JoinType,
        constraint: JoinConstraint,
        alias: Option<Alias>,
        at: usize,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionItem {
    /// A call or a value function such as CURRENT_DATE.
    pub expr: Expr,
    /// `AS t(a int, b text)`.
    pub column_types: Vec<(String, TypeName)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinType {
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JoinConstraint {
    None,
    On(Expr),
    Using { columns: Vec<String>, alias: Option<String> },
    Natural,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    pub base: Option<String>,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub frame: Option<Frame>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub units: crate::plan::FrameUnits,
    pub start: Bound,
    pub end: Bound,
    pub exclude: crate::plan::FrameExclude,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Position that PostgreSQL reports for it (operators: the operator's own).
    pub at: usize,
    pub kind: ExprKind,
}

/// A possibly qualified operator: `OPERATOR(pg_catalog.~)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorName {
    pub schema: Option<String>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `a`, `t.a`, `s.t.a`, `d.s.t.a`.
    Column(Vec<String>),
    /// `*`, `t.*`, `s.t.*`.
    Star(Vec<String>),
    Number(String),
    String(String),
    /// `B'101'` and `X'1f'`.
    BitString(String),
    Null,
    Bool(bool),
    Param(u32),
    /// DEFAULT in VALUES and SET.
    Default,
    Cast {
        expr: Box<Expr>,
        ty: TypeName,
    },
    Unary {
        op: OperatorName,
        expr: Box<Expr>,
    },
    Binary {
        op: OperatorName,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    IsBool {
        expr: Box<Expr>,
        value: Option<bool>,
        negated: bool,
    },
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    Between {
        expr: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
        symmetric: bool,
    },
    InList {
        expr: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// `x op ANY/ALL (array)`.
    Quantified {
        expr: Box<Expr>,
        op: OperatorName,
        all: bool,
        array: Box<Expr>,
    },
    /// `x op ANY/ALL (query)`; `x IN (query)` is `= ANY`, NOT IN is its negation (`negated`).
    QuantifiedQuery {
        expr: Box<Expr>,
        op: OperatorName,
        all: bool,
        query: Box<Query>,
        negated: bool,
    },
    Call(Box<Call>),
    Case {
        operand: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Coalesce(Vec<Expr>),
    NullIf(Box<Expr>, Box<Expr>),
    MinMax {
        greatest: bool,
        args: Vec<Expr>,
    },
    Exists(Box<Query>),
    ScalarQuery(Box<Query>),
    ArrayQuery(Box<Query>),
    Array(Vec<Expr>),
    Row {
        items: Vec<Expr>,
        explicit: bool,
    },
    Subscript {
        expr: Box<Expr>,
        index: Box<Expr>,
    },
    Slice {
        expr: Box<Expr>,
        lower: Option<Box<Expr>>,
        upper: Option<Box<Expr>>,
    },
    /// `(expr).field`
    Field {
        expr: Box<Expr>,
        name: String,
    },
    Collate {
        expr: Box<Expr>,
        collation: Vec<String>,
    },
    /// CURRENT_DATE, CURRENT_USER, LOCALTIMESTAMP(3), ...; the name in lower case.
    ValueFunction {
        name: &'static str,
        precision: Option<i32>,
    },
    Grouping(Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Qualified by a schema or not.
    pub name: Vec<String>,
    pub args: Vec<Argument>,
    /// `count(*)`.
    pub star: bool,
    pub distinct: bool,
    pub variadic: bool,
    pub order_by: Vec<OrderItem>,
    pub within_group: Vec<OrderItem>,
    pub filter: Option<Expr>,
    pub over: Option<Over>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Option<String>,
    pub expr: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    Name(String),
    Spec(WindowSpec),
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    pub schema: Option<String>,
    pub name: String,
    pub modifiers: Vec<i64>,
    /// Fields of an interval (`interval day to second`), as PostgreSQL's mask; absent: all.
    pub interval_fields: Option<i32>,
    pub array: bool,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub struct Insert {
    pub with: Option<With>,
    pub table: ObjectName,
    pub alias: Option<String>,
    pub columns: Vec<(String, usize)>,
    /// `None`: DEFAULT VALUES.
    pub source: Option<Query>,
    /// OVERRIDING SYSTEM (true) or USER (false) VALUE.
    pub overriding: Option<bool>,
    pub on_conflict: Option<ConflictClause>,
    pub returning: Vec<SelectItem>,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub struct ConflictClause {
    pub target: ConflictTarget,
    /// `None`: DO NOTHING.
    pub update: Option<(Vec<Assignment>, Option<Expr>)>,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub enum ConflictTarget {
    None,
    Columns(Vec<Expr>),
    Constraint(String),
}

#[derive(Clone, Debug)]
pub struct Assignment {
    /// Several: `(a, b) = ...`.
    pub columns: Vec<(String, usize)>,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct Update {
    pub with: Option<With>,
    pub table: ObjectName,
    pub alias: Option<String>,
    pub assignments: Vec<Assignment>,
    pub from: Vec<TableExpr>,
    pub filter: Option<Expr>,
    pub returning: Vec<SelectItem>,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub struct Delete {
    pub with: Option<With>,
    pub table: ObjectName,
    pub alias: Option<String>,
    pub using: Vec<TableExpr>,
    pub filter: Option<Expr>,
    pub returning: Vec<SelectItem>,
    pub at: usize,
}

impl Expr {
    pub fn new(at: usize, kind: ExprKind) -> Expr {
        Expr { at, kind }
    }
    /// Where the whole expression starts: what PostgreSQL's `exprLocation` gives.
    pub fn location(&self) -> usize {
        let mut first = self.at;
        self.walk(&mut |e| first = first.min(e.at));
        first
    }
    /// A call without adornments.
    pub fn call(at: usize, name: &str, args: Vec<Expr>) -> Expr {
        let args = args.into_iter().map(|expr| Argument { name: None, expr }).collect();
        Expr::new(at, ExprKind::Call(Box::new(Call::plain(vec!["pg_catalog".into(), name.into()], args))))
    }
}
impl Call {
    pub fn plain(name: Vec<String>, args: Vec<Argument>) -> Call {
        Call {
            name,
            args,
            star: false,
            distinct: false,
            variadic: false,
            order_by: vec![],
            within_group: vec![],
            filter: None,
            over: None,
        }
    }
}
impl OperatorName {
    pub fn plain(name: &str) -> OperatorName {
        OperatorName { schema: None, name: name.into() }
    }
}
impl std::fmt::Display for OperatorName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(s) => write!(f, "{s}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Expr {
    /// Calls `f` on it and on every sub-expression, outside subqueries.
    pub fn walk(&self, f: &mut dyn FnMut(&Expr)) {
        f(self);
        match &self.kind {
            ExprKind::Column(_)
            | ExprKind::Star(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::BitString(_)
            | ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Param(_)
            | ExprKind::Default
            | ExprKind::Exists(_)
            | ExprKind::ScalarQuery(_)
            | ExprKind::ArrayQuery(_)
            | ExprKind::ValueFunction { .. } => {}
            ExprKind::Cast { expr, .. }
            | ExprKind::Unary { expr, .. }
            | ExprKind::Not(expr)
            | ExprKind::IsNull { expr, .. }
            | ExprKind::IsBool { expr, .. }
            | ExprKind::QuantifiedQuery { expr, .. }
            | ExprKind::Field { expr, .. }
            | ExprKind::Collate { expr, .. } => expr.walk(f),
            ExprKind::Binary { left, right, .. }
            | ExprKind::IsDistinct { left, right, .. }
            | ExprKind::NullIf(left, right) => {
                left.walk(f);
                right.walk(f);
            }
            ExprKind::And(list)
            | ExprKind::Or(list)
            | ExprKind::Coalesce(list)
            | ExprKind::MinMax { args: list, .. }
            | ExprKind::Array(list)
            | ExprKind::Row { items: list, .. }
            | ExprKind::Grouping(list) => list.iter().for_each(|e| e.walk(f)),
            ExprKind::Between { expr, low, high, .. } => {
                expr.walk(f);
                low.walk(f);
                high.walk(f);
            }
            ExprKind::InList { expr, list, .. } => {
                expr.walk(f);
                list.iter().for_each(|e| e.walk(f));
            }
            ExprKind::Quantified { expr, array, .. } => {
                expr.walk(f);
                array.walk(f);
            }
            ExprKind::Case { operand, whens, otherwise } => {
                operand.iter().for_each(|e| e.walk(f));
                whens.iter().for_each(|(c, r)| {
                    c.walk(f);
                    r.walk(f);
                });
                otherwise.iter().for_each(|e| e.walk(f));
            }
            ExprKind::Subscript { expr, index } => {
                expr.walk(f);
                index.walk(f);
            }
            ExprKind::Slice { expr, lower, upper } => {
                expr.walk(f);
                lower.iter().for_each(|e| e.walk(f));
                upper.iter().for_each(|e| e.walk(f));
            }
            ExprKind::Call(call) => {
                call.args.iter().for_each(|a| a.expr.walk(f));
                call.order_by.iter().chain(&call.within_group).for_each(|o| o.expr.walk(f));
                call.filter.iter().for_each(|e| e.walk(f));
                if let Some(Over::Spec(w)) = &call.over {
                    w.partition_by.iter().for_each(|e| e.walk(f));
                    w.order_by.iter().for_each(|o| o.expr.walk(f));
                }
            }
        }
    }
}
