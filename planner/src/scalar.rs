//! Bound scalar expressions: every name resolved, every cast written out, every type known.
//!
//! Columns are named by number. While a statement is bound and rewritten, that number is a column's identity, unique in the
//! statement, so that rules move expressions freely; the last pass (`rules::number_columns`) turns it into the position in
//! the input row. Whoever executes a plan sees positions only.

use crate::plan::Rel;
use datum::{Cast, Datum, Function, Operator, SqlType, TypeId};

/// One bound expression. Clone is deep; plans are built once and shared.
#[derive(Clone)]
pub enum Scalar {
    Const {
        value: Datum,
        ty: SqlType,
    },
    /// A column of the input row.
    Column {
        index: usize,
        ty: SqlType,
    },
    /// A column of the row of an enclosing `Apply` or lookup join; `level` 1 is the nearest.
    Outer {
        level: usize,
        index: usize,
        ty: SqlType,
    },
    /// A statement's parameter; `index` counts from 0 (`$1` is 0).
    Param {
        index: usize,
        ty: SqlType,
    },
    /// The value of an uncorrelated subquery, evaluated once per execution (`Plan::slots`).
    Slot {
        index: usize,
        ty: SqlType,
    },
    /// A call; arguments have the types that the function declares (variadic ones are spelled out).
    Call {
        function: &'static Function,
        args: Vec<Scalar>,
        ty: SqlType,
    },
    /// An operator with one (prefix) or two arguments; strict.
    Operator {
        operator: &'static Operator,
        args: Vec<Scalar>,
        ty: SqlType,
    },
    /// A cast of the registry. `explicit`: written by the user (text is cut to length rather than refused).
    Cast {
        cast: &'static Cast,
        arg: Box<Scalar>,
        ty: SqlType,
        explicit: bool,
    },
    /// The same bits under another type (varchar to text, a domain of NULL).
    Relabel {
        arg: Box<Scalar>,
        ty: SqlType,
    },
    /// Through the text form: output of one type, input of another.
    CastViaText {
        arg: Box<Scalar>,
        ty: SqlType,
    },
    /// Element by element.
    CastArray {
        cast: &'static Cast,
        arg: Box<Scalar>,
        ty: SqlType,
        explicit: bool,
    },
    /// Applies the modifier of `ty` (length, precision); the type itself is already right.
    Typmod {
        arg: Box<Scalar>,
        ty: SqlType,
        explicit: bool,
    },
    And(Vec<Scalar>),
    Or(Vec<Scalar>),
    Not(Box<Scalar>),
    /// `IS [NOT] NULL`. A record is NULL if all its fields are, NOT NULL if none is.
    IsNull {
        arg: Box<Scalar>,
        negated: bool,
    },
    /// `IS [NOT] TRUE/FALSE/UNKNOWN` (`None`: UNKNOWN).
    IsBool {
        arg: Box<Scalar>,
        value: Option<bool>,
        negated: bool,
    },
    /// `IS [NOT] DISTINCT FROM`, by the type's equality.
    IsDistinct {
        equal: &'static Operator,
        left: Box<Scalar>,
        right: Box<Scalar>,
        negated: bool,
    },
    /// The first branch whose condition is true. `CASE x WHEN y` is bound to conditions `x = y`.
    Case {
        whens: Vec<(Scalar, Scalar)>,
        otherwise: Box<Scalar>,
        ty: SqlType,
    },
    Coalesce {
        args: Vec<Scalar>,
        ty: SqlType,
    },
    NullIf {
        equal: &'static Operator,
        left: Box<Scalar>,
        right: Box<Scalar>,
        compare_left: Box<Scalar>,
        ty: SqlType,
    },
    /// GREATEST and LEAST: NULLs are left out.
    MinMax {
        greatest: bool,
        less: &'static Operator,
        args: Vec<Scalar>,
        ty: SqlType,
    },
    /// `arg op ANY/ALL (list)`, the list spelled out: IN is `= ANY`, NOT IN is `<> ALL`.
    InList {
        operator: &'static Operator,
        all: bool,
        arg: Box<Scalar>,
        list: Vec<Scalar>,
    },
    /// `arg op ANY/ALL (array)`.
    Quantified {
        operator: &'static Operator,
        all: bool,
        arg: Box<Scalar>,
        array: Box<Scalar>,
    },
    /// ARRAY[...].
    Array {
        element: TypeId,
        items: Vec<Scalar>,
        ty: SqlType,
    },
    Subscript {
        array: Box<Scalar>,
        index: Box<Scalar>,
        ty: SqlType,
    },
    Slice {
        array: Box<Scalar>,
        lower: Option<Box<Scalar>>,
        upper: Option<Box<Scalar>>,
        ty: SqlType,
    },
    /// ROW(...), and a whole row of a table.
    Row(Vec<Scalar>),
    /// Rows compared field by field. `operators[i]` compares field i; for an order they are the strict ones (`<`, `>`),
    /// `equal` tells whether to go on.
    RowCompare {
        comparison: RowComparison,
        equal: Vec<&'static Operator>,
        strict: Vec<&'static Operator>,
        left: Vec<Scalar>,
        right: Vec<Scalar>,
    },
    /// A subquery before `rules::unnest_subqueries` has made it a join, a slot or a column of an `Apply`. Never executed.
    Subquery(Box<Subquery>),
    /// A call of an aggregate or window function before its operator takes it out. Never executed.
    Placeholder {
        index: usize,
        ty: SqlType,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowComparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A subquery in an expression.
#[derive(Clone)]
pub struct Subquery {
    pub kind: SubqueryKind,
    pub rel: Rel,
    pub ty: SqlType,
}

#[derive(Clone)]
pub enum SubqueryKind {
    /// Its one value; NULL if it has no row; an error (21000) if more than one.
    Scalar,
    Exists,
    /// ARRAY(subquery).
    Array,
    /// `row op ANY/ALL (subquery)`: `tests[i]` compares `left[i]` with column i of the subquery, which `right[i]` names
    /// (with casts).
    Quantified {
        all: bool,
        negated: bool,
        tests: Vec<&'static Operator>,
        left: Vec<Scalar>,
        right: Vec<Scalar>,
    },
}

impl Scalar {
    pub fn null(ty: impl Into<SqlType>) -> Scalar {
        Scalar::Const { value: Datum::Null, ty: ty.into() }
    }
    pub fn bool(value: bool) -> Scalar {
        Scalar::Const { value: Datum::Bool(value), ty: TypeId::BOOL.plain() }
    }
    pub fn constant(value: Datum, ty: impl Into<SqlType>) -> Scalar {
        Scalar::Const { value, ty: ty.into() }
    }
    pub fn column(index: usize, ty: impl Into<SqlType>) -> Scalar {
        Scalar::Column { index, ty: ty.into() }
    }
    /// The type of its value, with modifier.
    pub fn ty(&self) -> SqlType {
        match self {
            Scalar::Const { ty, .. }
            | Scalar::Column { ty, .. }
            | Scalar::Outer { ty, .. }
            | Scalar::Param { ty, .. }
            | Scalar::Slot { ty, .. }
            | Scalar::Call { ty, .. }
            | Scalar::Operator { ty, .. }
            | Scalar::Cast { ty, .. }
            | Scalar::Relabel { ty, .. }
            | Scalar::CastViaText { ty, .. }
            | Scalar::CastArray { ty, .. }
            | Scalar::Typmod { ty, .. }
            | Scalar::Case { ty, .. }
            | Scalar::Coalesce { ty, .. }
            | Scalar::NullIf { ty, .. }
            | Scalar::MinMax { ty, .. }
            | Scalar::Array { ty, .. }
            | Scalar::Subscript { ty, .. }
            | Scalar::Slice { ty, .. }
            | Scalar::Placeholder { ty, .. } => *ty,
            Scalar::Subquery(s) => s.ty,
            Scalar::Row(_) => TypeId::RECORD.plain(),
            Scalar::And(_)
            | Scalar::Or(_)
            | Scalar::Not(_)
            | Scalar::IsNull { .. }
            | Scalar::IsBool { .. }
            | Scalar::IsDistinct { .. }
            | Scalar::InList { .. }
            | Scalar::Quantified { .. }
            | Scalar::RowCompare { .. } => TypeId::BOOL.plain(),
        }
    }
    pub fn as_const(&self) -> Option<&Datum> {
        match self {
            Scalar::Const { value, .. } => Some(value),
            _ => None,
        }
    }
    pub fn is_true(&self) -> bool {
        matches!(self, Scalar::Const { value: Datum::Bool(true), .. })
    }
    /// Direct sub-expressions in order of evaluation (not the inside of a subquery).
    pub fn children(&self) -> Vec<&Scalar> {
        let mut out = Vec::new();
        // `for_each_child_mut` is the one place that knows the shape; this mirrors it without a mutable borrow.
        match self {
            Scalar::Const { .. }
            | Scalar::Column { .. }
            | Scalar::Outer { .. }
            | Scalar::Param { .. }
            | Scalar::Slot { .. }
            | Scalar::Placeholder { .. } => {}
            Scalar::Call { args, .. }
            | Scalar::Operator { args, .. }
            | Scalar::And(args)
            | Scalar::Or(args)
            | Scalar::Coalesce { args, .. }
            | Scalar::MinMax { args, .. }
            | Scalar::Array { items: args, .. }
            | Scalar::Row(args) => out.extend(args),
            Scalar::Cast { arg, .. }
            | Scalar::Relabel { arg, .. }
            | Scalar::CastViaText { arg, .. }
            | Scalar::CastArray { arg, .. }
            | Scalar::Typmod { arg, .. }
            | Scalar::Not(arg)
            | Scalar::IsNull { arg, .. }
            | Scalar::IsBool { arg, .. } => out.push(arg.as_ref()),
            Scalar::IsDistinct { left, right, .. } => out.extend([left.as_ref(), right.as_ref()]),
            Scalar::NullIf { left, right, compare_left, .. } => {
                out.extend([left.as_ref(), right.as_ref(), compare_left.as_ref()]);
            }
            Scalar::Case { whens, otherwise, .. } => {
                whens.iter().for_each(|(c, r)| out.extend([c, r]));
                out.push(otherwise);
            }
            Scalar::InList { arg, list, .. } => {
                out.push(arg);
                out.extend(list);
            }
            Scalar::Quantified { arg, array, .. } => out.extend([arg.as_ref(), array.as_ref()]),
            Scalar::Subscript { array, index, .. } => out.extend([array.as_ref(), index.as_ref()]),
            Scalar::Slice { array, lower, upper, .. } => {
                out.push(array);
                out.extend(lower.as_deref());
                out.extend(upper.as_deref());
            }
            Scalar::RowCompare { left, right, .. } => {
                out.extend(left);
                out.extend(right);
            }
            Scalar::Subquery(s) => {
                if let SubqueryKind::Quantified { left, .. } = &s.kind {
                    out.extend(left);
                }
            }
        }
        out
    }
    /// Calls `f` on each direct sub-expression (not the inside of a subquery).
    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(&mut Scalar)) {
        match self {
            Scalar::Const { .. }
            | Scalar::Column { .. }
            | Scalar::Outer { .. }
            | Scalar::Param { .. }
            | Scalar::Slot { .. }
            | Scalar::Placeholder { .. } => {}
            Scalar::Call { args, .. }
            | Scalar::Operator { args, .. }
            | Scalar::And(args)
            | Scalar::Or(args)
            | Scalar::Coalesce { args, .. }
            | Scalar::MinMax { args, .. }
            | Scalar::Array { items: args, .. }
            | Scalar::Row(args) => args.iter_mut().for_each(f),
            Scalar::Cast { arg, .. }
            | Scalar::Relabel { arg, .. }
            | Scalar::CastViaText { arg, .. }
            | Scalar::CastArray { arg, .. }
            | Scalar::Typmod { arg, .. }
            | Scalar::Not(arg)
            | Scalar::IsNull { arg, .. }
            | Scalar::IsBool { arg, .. } => f(arg),
            Scalar::IsDistinct { left, right, .. } => {
                f(left);
                f(right);
            }
            Scalar::NullIf { left, right, compare_left, .. } => {
                f(left);
                f(right);
                f(compare_left);
            }
            Scalar::Case { whens, otherwise, .. } => {
                whens.iter_mut().for_each(|(c, r)| {
                    f(c);
                    f(r);
                });
                f(otherwise);
            }
            Scalar::InList { arg, list, .. } => {
                f(arg);
                list.iter_mut().for_each(f);
            }
            Scalar::Quantified { arg, array, .. } => {
                f(arg);
                f(array);
            }
            Scalar::Subscript { array, index, .. } => {
                f(array);
                f(index);
            }
            Scalar::Slice { array, lower, upper, .. } => {
                f(array);
                if let Some(l) = lower {
                    f(l);
                }
                if let Some(u) = upper {
                    f(u);
                }
            }
            Scalar::RowCompare { left, right, .. } => {
                left.iter_mut().for_each(&mut *f);
                right.iter_mut().for_each(f);
            }
            Scalar::Subquery(s) => {
                if let SubqueryKind::Quantified { left, .. } = &mut s.kind {
                    left.iter_mut().for_each(f);
                }
            }
        }
    }
    /// Rewrites bottom-up.
    pub fn transform(&mut self, f: &mut dyn FnMut(&mut Scalar)) {
        self.for_each_child_mut(&mut |c| c.transform(f));
        f(self);
    }
    /// Whether `f` holds for it or any sub-expression (not inside subqueries).
    pub fn any(&self, f: &mut dyn FnMut(&Scalar) -> bool) -> bool {
        f(self) || self.children().into_iter().any(|c| c.any(f))
    }
    /// The conjuncts of a condition.
    pub fn conjuncts(self) -> Vec<Scalar> {
        match self {
            Scalar::And(args) => args.into_iter().flat_map(Scalar::conjuncts).collect(),
            s if s.is_true() => Vec::new(),
            s => vec![s],
        }
    }
    /// The conjunction of conditions; `None` if there is none.
    pub fn conjunction(mut args: Vec<Scalar>) -> Option<Scalar> {
        match args.len() {
            0 => None,
            1 => args.pop(),
            _ => Some(Scalar::And(args)),
        }
    }
}
