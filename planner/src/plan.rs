//! Our own plan: what the planner hands to the router (compiled road) and to exec (DataFusion).
//!
//! A `Plan` is complete: names are resolved, casts written out, spans chosen; parameters stay symbolic, so that one plan
//! serves every execution of a prepared statement. In a finished plan each scalar's columns are positions in the row of
//! the operator's input (joins: left columns, then right ones).

use crate::parse::ddl::{Ddl, Session};
use crate::scalar::Scalar;
use crate::view::TableRef;
use datum::table_functions::TableFunction;
use datum::{Aggregate, Operator, SqlType};
use kv::mvcc::LockStrength;
use kv::request::WaitPolicy;
use std::sync::Arc;

/// A column of an operator's output.
#[derive(Clone, Debug)]
pub struct Column {
    /// Unique in the statement; of use to the planner only.
    pub id: usize,
    pub name: Arc<str>,
    pub ty: SqlType,
    /// Table and column that it shows unchanged (RowDescription).
    pub source: Option<(u32, u32)>,
}

/// A relational operator and the columns that it yields.
#[derive(Clone)]
pub struct Rel {
    pub kind: RelKind,
    pub columns: Vec<Column>,
    /// A guess.
    pub rows: f64,
}

#[derive(Clone)]
pub enum RelKind {
    /// Rows of expressions over no input. One row without columns is `SELECT` without FROM.
    Values(Vec<Vec<Scalar>>),
    Scan(Box<Scan>),
    VirtualScan(VirtualScan),
    /// `FROM f(...)`: yields the function's columns, and the row's number if `ordinality`. Several functions: ROWS FROM.
    TableFunction {
        calls: Vec<SetCall>,
        ordinality: bool,
    },
    Filter {
        input: Box<Rel>,
        predicate: Scalar,
    },
    Project {
        input: Box<Rel>,
        exprs: Vec<Scalar>,
    },
    /// Projection with set-returning functions: for each input row as many rows as the longest set (shorter ones end in NULLs).
    ProjectSet {
        input: Box<Rel>,
        exprs: Vec<ProjectItem>,
    },
    Join(Box<Join>),
    Apply(Box<Apply>),
    Aggregate(Box<AggregateRel>),
    Window(Box<WindowRel>),
    Sort {
        input: Box<Rel>,
        keys: Vec<SortKey>,
        /** Only the first rows are wanted. */
        fetch: Option<Scalar>,
    },
    /// LIMIT and OFFSET, of type int8; a NULL limit is none. With ties: also rows equal to the last by the input's sort keys.
    Limit {
        input: Box<Rel>,
        limit: Option<Scalar>,
        offset: Option<Scalar>,
        ties: Vec<SortKey>,
    },
    /// DISTINCT over all columns.
    Distinct {
        input: Box<Rel>,
    },
    /// The first row for each value of the keys (positions); the input is sorted so that equal keys are neighbours.
    DistinctOn {
        input: Box<Rel>,
        keys: Vec<Scalar>,
    },
    SetOp {
        op: SetOpKind,
        all: bool,
        left: Box<Rel>,
        right: Box<Rel>,
    },
    /// Rows of a common table expression that is materialised once (`Plan::ctes`); `fetch[i]` is the column of it that column i shows.
    CteScan {
        cte: usize,
        fetch: Vec<usize>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOpKind {
    Union,
    Intersect,
    Except,
}

/// Reads rows of one table by one of its indexes.
#[derive(Clone)]
pub struct Scan {
    pub table: TableRef,
    /// Name it goes by in the query.
    pub alias: Arc<str>,
    /// `IndexDescriptor::id`.
    pub index_id: u32,
    /// The index does not hold every fetched column: each entry leads to a look-up in the primary index.
    pub index_join: bool,
    /// Which keys; never empty; they may overlap if several (the executor removes doubles). One span without constraints: all.
    pub spans: Vec<IndexSpan>,
    pub reverse: bool,
    /// Rows must come in the order of the index (else: as it suits the executor).
    pub ordered: bool,
    /// Column ids, in the order of the row that `filter` sees.
    pub fetch: Vec<u32>,
    /// Their identities, of use to the planner only.
    pub fetch_ids: Vec<usize>,
    /// What the spans do not prove.
    pub filter: Option<Scalar>,
    /// Positions in `fetch` that make the output columns.
    pub output: Vec<usize>,
    /// At most this many rows (after `filter`), int8.
    pub limit: Option<Scalar>,
    /// Rows that pass `filter` are locked before they are yielded, and read at their newest version.
    pub lock: Option<RowLock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowLock {
    pub strength: LockStrength,
    pub wait: WaitPolicy,
}

/// Constraints on a prefix of an index's columns. Each value has exactly the column's type and is over parameters, slots
/// and (in a lookup join or an `Apply`) the outer row. All but the last are `Equal`, `In`, `InArray` or `IsNull`.
#[derive(Clone, Default)]
pub struct IndexSpan {
    pub columns: Vec<ColumnConstraint>,
}

#[derive(Clone)]
pub enum ColumnConstraint {
    /// No row if the value is NULL.
    Equal(Scalar),
    /// One of these; NULLs among them count for nothing.
    In(Vec<Scalar>),
    /// One of the elements of an array value; NULLs among them count for nothing.
    InArray(Scalar),
    IsNull,
    /// Between two bounds (value, inclusive), never NULL itself; no row if a bound is NULL. Without any bound: IS NOT NULL.
    Range {
        low: Option<(Scalar, bool)>,
        high: Option<(Scalar, bool)>,
    },
}

/// Rows of a computed table.
#[derive(Clone)]
pub struct VirtualScan {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    pub alias: Arc<str>,
    /// Positions in the table's own columns.
    pub fetch: Vec<usize>,
    /// Their identities, of use to the planner only.
    pub fetch_ids: Vec<usize>,
    /// Over `fetch`.
    pub filter: Option<Scalar>,
    /// Positions in `fetch`.
    pub output: Vec<usize>,
}

/// A call of a set-returning function.
#[derive(Clone)]
pub struct SetCall {
    pub function: SetFunction,
    pub args: Vec<Scalar>,
    /// Types of its result columns.
    pub types: Vec<SqlType>,
}

/// What yields rows in FROM or in a select list.
#[derive(Clone, Copy)]
pub enum SetFunction {
    Table(&'static TableFunction),
    /// An ordinary function in FROM: one row (its arguments may be any expression, `SetCall::args[0]`).
    Scalar,
}

#[derive(Clone)]
pub enum ProjectItem {
    Scalar(Scalar),
    Set(SetCall),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Full,
    /// Left rows with a match.
    Semi,
    /// Left rows without one.
    Anti,
}

#[derive(Clone)]
pub struct Join {
    pub kind: JoinKind,
    pub left: Rel,
    pub right: Rel,
    /// Equal keys, over the left row and over the right row; NULLs never match.
    pub on: Vec<JoinKey>,
    /// Over left row ++ right row.
    pub residual: Option<Scalar>,
    pub strategy: JoinStrategy,
    /// Positions in left ++ right (semi and anti: left) that make the output.
    pub output: Vec<usize>,
    /// NOT IN: a NULL key on either side keeps a left row out, unless the right side is empty.
    pub null_aware: bool,
}

#[derive(Clone)]
pub struct JoinKey {
    pub left: Scalar,
    pub right: Scalar,
    pub equal: &'static Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinStrategy {
    /// Builds a table of the left or right side.
    Hash { build_left: bool },
    /// Both sides are sorted by the keys.
    Merge,
    /// Every pair.
    Nested,
    /// The right side is a `Scan` whose spans name the left row as `Outer { level: 1 }`; `on` is already proved by the spans.
    Lookup,
}

/// Runs a subplan for each row of the input; inside it, `Outer { level: 1 }` is that row.
#[derive(Clone)]
pub struct Apply {
    pub input: Rel,
    pub subplan: Rel,
    pub kind: ApplyKind,
}

/// Output: the input's columns, then what is said here.
#[derive(Clone)]
pub enum ApplyKind {
    /// LATERAL: one row for each row of the subplan, with its columns; `left`: and one with NULLs if there is none.
    Lateral { left: bool, on: Option<Scalar> },
    /// One column: the subplan's value, NULL without a row; an error (21000) for more than one.
    Scalar,
    /// One column: whether there is a row.
    Exists,
    /// One column: ARRAY(subplan).
    Array,
    /// One column, boolean: `test` over input row ++ subplan row, combined by OR (ANY) or AND (ALL) with NULLs as in SQL.
    Quantified { all: bool, test: Scalar },
}

#[derive(Clone)]
pub struct AggregateRel {
    pub input: Rel,
    /// Output starts with these.
    pub groups: Vec<Scalar>,
    /// GROUPING SETS: positions in `groups`; absent: one set of all.
    pub sets: Option<Vec<Vec<usize>>>,
    /// Then these.
    pub calls: Vec<AggregateCall>,
}

#[derive(Clone)]
pub struct AggregateCall {
    pub function: AggregateFunction,
    pub args: Vec<Scalar>,
    pub distinct: bool,
    pub filter: Option<Scalar>,
    pub order_by: Vec<SortKey>,
    pub ty: SqlType,
}

#[derive(Clone)]
pub enum AggregateFunction {
    Registered(&'static Aggregate),
    /// GROUPING(a, b): the bit mask of the groups (positions) that this row's grouping set leaves out.
    Grouping(Vec<usize>),
}

#[derive(Clone)]
pub struct WindowRel {
    pub input: Rel,
    pub partition: Vec<Scalar>,
    pub order: Vec<SortKey>,
    /// Output: the input's columns, then these.
    pub calls: Vec<WindowCall>,
}

#[derive(Clone)]
pub struct WindowCall {
    pub function: WindowFunction,
    pub args: Vec<Scalar>,
    pub filter: Option<Scalar>,
    pub frame: WindowFrame,
    pub ty: SqlType,
}

#[derive(Clone, Copy)]
pub enum WindowFunction {
    Window(&'static datum::window::WindowFunction),
    Aggregate(&'static Aggregate),
}

#[derive(Clone)]
pub struct WindowFrame {
    pub units: FrameUnits,
    pub start: FrameBound,
    pub end: FrameBound,
    pub exclude: FrameExclude,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnits {
    Rows,
    Range,
    Groups,
}

/// Offsets are over no columns; for RANGE of the type that the order key is moved by.
#[derive(Clone)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Scalar),
    CurrentRow,
    Following(Scalar),
    UnboundedFollowing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameExclude {
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

#[derive(Clone)]
pub struct SortKey {
    pub expr: Scalar,
    pub descending: bool,
    pub nulls_first: bool,
}

/// A subquery that is evaluated once, before the rows that use it. Slots may use slots before them.
#[derive(Clone)]
pub struct Slot {
    pub kind: SlotKind,
    pub rel: Rel,
    pub ty: SqlType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// NULL without a row; an error (21000) for more than one.
    Scalar,
    Exists,
    /// All values of its one column as an array.
    Array,
}

/// A common table expression that is read more than once.
#[derive(Clone)]
pub struct Cte {
    pub name: Arc<str>,
    pub rel: Rel,
}

/// A CHECK constraint over a written row; violated if false (NULL passes).
#[derive(Clone)]
pub struct Check {
    pub name: String,
    pub condition: Scalar,
}

/// RETURNING: over the written row ++ the extra columns of the source.
#[derive(Clone)]
pub struct Returning {
    pub exprs: Vec<Scalar>,
    pub columns: Vec<Column>,
}

/// Writes new rows.
#[derive(Clone)]
pub struct Insert {
    pub table: TableRef,
    /// Its row is `columns`, all filled (defaults bound, casts done). A hidden row id without a default comes as NULL, and
    /// the executor makes it.
    pub source: Rel,
    /// Ids of every column that writes touch (public and write-only), in the descriptor's order.
    pub columns: Vec<u32>,
    /// Over the row of `columns`. NOT NULL is the executor's, by the descriptor.
    pub checks: Vec<Check>,
    pub on_conflict: Option<OnConflict>,
    pub returning: Option<Returning>,
}

#[derive(Clone)]
pub struct OnConflict {
    /// Indexes (ids) whose conflicts count; empty: any unique one.
    pub arbiters: Vec<u32>,
    pub action: ConflictAction,
}

#[derive(Clone)]
pub enum ConflictAction {
    Nothing,
    /// Over existing row ++ proposed row (`excluded`), each laid out as `Insert::columns`. `assignments`: position and new value.
    Update {
        assignments: Vec<(usize, Scalar)>,
        filter: Option<Scalar>,
    },
}

/// Changes rows that its source has found and locked.
#[derive(Clone)]
pub struct Update {
    pub table: TableRef,
    /// Its row: `columns` of the old row, then extra columns of FROM. A target row may come more than once; the first counts.
    pub source: Rel,
    pub columns: Vec<u32>,
    /// Position in `columns`, and the new value over the source's row.
    pub assignments: Vec<(usize, Scalar)>,
    /// Over the new row.
    pub checks: Vec<Check>,
    /// Over new row ++ extra columns.
    pub returning: Option<Returning>,
}

/// Removes rows that its source has found and locked.
#[derive(Clone)]
pub struct Delete {
    pub table: TableRef,
    /// Its row: `columns` of the old row, then extra columns of USING. A target row may come more than once.
    pub source: Rel,
    pub columns: Vec<u32>,
    /// Over old row ++ extra columns.
    pub returning: Option<Returning>,
}

/// `COPY t FROM STDIN`.
#[derive(Clone)]
pub struct CopyFrom {
    pub table: TableRef,
    /// Columns of the data, in its order: position in `columns`.
    pub input: Vec<usize>,
    pub columns: Vec<u32>,
    /// A value for each of `columns`, over the row of input values (already read by type).
    pub values: Vec<Scalar>,
    pub checks: Vec<Check>,
    pub options: CopyOptions,
}

/// `COPY t TO STDOUT`, `COPY (query) TO STDOUT`.
#[derive(Clone)]
pub struct CopyTo {
    pub source: Rel,
    pub options: CopyOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CopyFormat {
    #[default]
    Text,
    Csv,
    Binary,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOptions {
    pub format: CopyFormat,
    pub delimiter: u8,
    pub null: String,
    pub header: bool,
    /// HEADER MATCH.
    pub header_match: bool,
    pub quote: u8,
    pub escape: u8,
    pub freeze: bool,
    /// CSV: columns (positions in the data) always quoted; `None`: FORCE_QUOTE *.
    pub force_quote: Option<Vec<usize>>,
    pub force_not_null: Vec<usize>,
    pub force_null: Vec<usize>,
}

/// A privilege that the statement needs (42501 otherwise).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub object: AccessObject,
    /// Bits of `catalog::descriptor::privilege`.
    pub privileges: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessObject {
    Table(u32),
    Sequence(u32),
}

/// Which executor runs a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// Key-value requests straight from the router.
    Compiled,
    DataFusion,
    /// Neither: the router does it itself (DDL, session, transaction control).
    Router,
}

/// A statement, ready to run.
#[derive(Clone)]
pub struct Plan {
    pub kind: PlanKind,
    /// Result columns; empty if it returns no rows.
    pub columns: Vec<Column>,
    /// Types of `$1`, `$2`, ...
    pub parameters: Vec<SqlType>,
    pub slots: Vec<Slot>,
    pub ctes: Vec<Cte>,
    /// Changes nothing and locks nothing.
    pub read_only: bool,
    /// May give another result when it is run again with the same snapshot and settings.
    pub volatile: bool,
    pub access: Vec<Access>,
    /// Descriptors used: (id, version). The plan is stale once one has another version. Name look-ups that found nothing
    /// new are covered by the catalog's own version.
    pub versions: Vec<(u32, u64)>,
    pub road: Road,
}

#[derive(Clone)]
pub enum PlanKind {
    /// Nothing at all (`;`).
    Empty,
    Query(Box<Rel>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    CopyFrom(Box<CopyFrom>),
    CopyTo(Box<CopyTo>),
    Explain(Box<Explain>),
    Ddl(Box<Ddl>),
    Session(Box<Session>),
}

#[derive(Clone)]
pub struct Explain {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    /// EXPLAIN (DISTSQL).
    pub distsql: bool,
    pub statement: Plan,
}

impl Plan {
    pub fn road(&self) -> Road {
        self.road
    }
}

impl Rel {
    pub fn new(kind: RelKind, columns: Vec<Column>) -> Rel {
        Rel { kind, columns, rows: 0.0 }
    }
    /// One row without columns.
    pub fn one_row() -> Rel {
        Rel { kind: RelKind::Values(vec![Vec::new()]), columns: Vec::new(), rows: 1.0 }
    }
    pub fn inputs(&self) -> Vec<&Rel> {
        match &self.kind {
            RelKind::Values(_)
            | RelKind::Scan(_)
            | RelKind::VirtualScan(_)
            | RelKind::TableFunction { .. }
            | RelKind::CteScan { .. } => Vec::new(),
            RelKind::Filter { input, .. }
            | RelKind::Project { input, .. }
            | RelKind::ProjectSet { input, .. }
            | RelKind::Sort { input, .. }
            | RelKind::Limit { input, .. }
            | RelKind::Distinct { input }
            | RelKind::DistinctOn { input, .. } => vec![input],
            RelKind::Aggregate(a) => vec![&a.input],
            RelKind::Window(w) => vec![&w.input],
            RelKind::Join(j) => vec![&j.left, &j.right],
            RelKind::Apply(a) => vec![&a.input, &a.subplan],
            RelKind::SetOp { left, right, .. } => vec![left, right],
        }
    }
    pub fn inputs_mut(&mut self) -> Vec<&mut Rel> {
        match &mut self.kind {
            RelKind::Values(_)
            | RelKind::Scan(_)
            | RelKind::VirtualScan(_)
            | RelKind::TableFunction { .. }
            | RelKind::CteScan { .. } => Vec::new(),
            RelKind::Filter { input, .. }
            | RelKind::Project { input, .. }
            | RelKind::ProjectSet { input, .. }
            | RelKind::Sort { input, .. }
            | RelKind::Limit { input, .. }
            | RelKind::Distinct { input }
            | RelKind::DistinctOn { input, .. } => vec![input],
            RelKind::Aggregate(a) => vec![&mut a.input],
            RelKind::Window(w) => vec![&mut w.input],
            RelKind::Join(j) => {
                let Join { left, right, .. } = j.as_mut();
                vec![left, right]
            }
            RelKind::Apply(a) => {
                let Apply { input, subplan, .. } = a.as_mut();
                vec![input, subplan]
            }
            RelKind::SetOp { left, right, .. } => vec![left, right],
        }
    }
}

impl Scan {
    pub fn index(&self) -> Option<&catalog::IndexDescriptor> {
        self.table.descriptor.index(self.index_id)
    }
}

impl Default for CopyOptions {
    fn default() -> Self {
        CopyOptions {
            format: CopyFormat::Text,
            delimiter: b'\t',
            null: "\\N".into(),
            header: false,
            header_match: false,
            quote: b'"',
            escape: b'"',
            freeze: false,
            force_quote: Some(Vec::new()),
            force_not_null: Vec::new(),
            force_null: Vec::new(),
        }
    }
}
