//! Binds expressions.

use super::resolve::{can_coerce, category};
use super::{Binder, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::{Expr, ExprKind, OperatorName, Query};
use crate::parse::types::resolve_type;
use crate::plan::Rel;
use crate::scalar::{RowComparison, Scalar, Subquery, SubqueryKind};
use datum::{CastContext, Datum, SqlType, TypeId};

impl Binder<'_> {
    pub fn expr(&mut self, e: &Expr) -> Result<Scalar> {
        let at = e.at;
        match &e.kind {
            ExprKind::Column(parts) => self.column(parts, at),
            ExprKind::Star(_) => {
                error(PlanErrorKind::SyntaxError("syntax error at or near \"*\"".into()), at)
            }
            ExprKind::Number(text) => number(text, at),
            ExprKind::String(text) => Ok(Scalar::constant(Datum::text(text), TypeId::UNKNOWN)),
            ExprKind::BitString(_) => Err(PlanError::not_supported("type bit").at(at)),
            ExprKind::Null => Ok(Scalar::null(TypeId::UNKNOWN)),
            ExprKind::Bool(b) => Ok(Scalar::bool(*b)),
            ExprKind::Param(n) => {
                let index = *n as usize - 1;
                match self.parameters.get(index) {
                    Some(ty) => Ok(Scalar::Param { index, ty: ty.unwrap_or(TypeId::UNKNOWN.plain()) }),
                    None => error(PlanErrorKind::UndefinedParameter(*n), at),
                }
            }
            ExprKind::Default => {
                error(PlanErrorKind::SyntaxError("DEFAULT is not allowed in this context".into()), at)
            }
            ExprKind::Cast { expr, ty } => {
                let target = resolve_type(ty)?;
                // ARRAY[...]::t[] types the elements, as PostgreSQL does
                if let (ExprKind::Array(items), Some(element)) = (&expr.kind, target.id.element()) {
                    return self.array(items, Some(SqlType::new(element, target.typmod)), at);
                }
                let arg = self.expr(expr)?;
                // a literal's input error points at the literal, a missing cast at the cast
                let at = if arg.ty().id == TypeId::UNKNOWN { expr.at } else { at };
                self.coerce(arg, target, CastContext::Explicit, at)
            }
            ExprKind::Unary { op, expr } => {
                let arg = self.expr(expr)?;
                self.operator(op, None, arg, at)
            }
            ExprKind::Binary { op, left, right } => self.binary(op, left, right, at),
            ExprKind::And(list) => self.bool_list(list, "AND").map(Scalar::And),
            ExprKind::Or(list) => self.bool_list(list, "OR").map(Scalar::Or),
            ExprKind::Not(arg) => {
                let bound = self.expr(arg)?;
                let bound = self.coerce_bool(bound, "NOT", arg.location())?;
                Ok(match bound {
                    Scalar::Subquery(mut s) => match &mut s.kind {
                        SubqueryKind::Quantified { negated, .. } => {
                            *negated = !*negated;
                            Scalar::Subquery(s)
                        }
                        _ => Scalar::Not(Box::new(Scalar::Subquery(s))),
                    },
                    b => Scalar::Not(Box::new(b)),
                })
            }
            ExprKind::IsNull { expr, negated } => {
                let arg = self.expr(expr)?;
                let arg = self.settle(arg, expr.at)?;
                Ok(Scalar::IsNull { arg: Box::new(arg), negated: *negated })
            }
            ExprKind::IsBool { expr, value, negated } => {
                let arg = self.expr(expr)?;
                let what = match value {
                    Some(true) => "IS TRUE",
                    Some(false) => "IS FALSE",
                    None => "IS UNKNOWN",
                };
                let arg = Box::new(self.coerce_bool(arg, what, expr.location())?);
                Ok(Scalar::IsBool { arg, value: *value, negated: *negated })
            }
            ExprKind::IsDistinct { left, right, negated } => {
                let (l, r) = (self.expr(left)?, self.expr(right)?);
                if let (Scalar::Row(ls), Scalar::Row(rs)) = (&l, &r) {
                    return self.rows_distinct(ls.clone(), rs.clone(), *negated, at);
                }
                self.distinct(l, r, *negated, at)
            }
            ExprKind::Between { expr, low, high, negated, symmetric } => {
                let compare = |b: &mut Self, op: &str, bound: &Expr| {
                    b.binary(&OperatorName::plain(op), expr, bound, at)
                };
                let within = |b: &mut Self, low: &Expr, high: &Expr| -> Result<Scalar> {
                    Ok(if *negated {
                        Scalar::Or(vec![compare(b, "<", low)?, compare(b, ">", high)?])
                    } else {
                        Scalar::And(vec![compare(b, ">=", low)?, compare(b, "<=", high)?])
                    })
                };
                if !*symmetric {
                    return within(self, low, high);
                }
                let (a, b) = (within(self, low, high)?, within(self, high, low)?);
                Ok(if *negated { Scalar::And(vec![a, b]) } else { Scalar::Or(vec![a, b]) })
            }
            ExprKind::InList { expr, list, negated } => self.in_list(expr, list, *negated, at),
            ExprKind::Quantified { expr, op, all, array } => {
                let (arg, array_at) = (self.expr(expr)?, array.at);
                let array = self.expr(array)?;
                self.quantified(op, *all, arg, array, at, array_at)
            }
            ExprKind::QuantifiedQuery { expr, op, all, query, negated } => {
                self.quantified_query(expr, op, *all, query, *negated, at)
            }
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Case { operand, whens, otherwise } => {
                self.case(operand.as_deref(), whens, otherwise.as_deref(), at)
            }
            ExprKind::Coalesce(list) => {
                let (args, ty) = self.unified_list(list, "COALESCE")?;
                Ok(Scalar::Coalesce { args, ty })
            }
            ExprKind::MinMax { greatest, args } => {
                let (args, ty) = self.unified_list(args, if *greatest { "GREATEST" } else { "LEAST" })?;
                let (less, _) = self.self_operator("<", ty.id, at)?;
                Ok(Scalar::MinMax { greatest: *greatest, less, args, ty })
            }
            ExprKind::NullIf(left, right) => {
                let (l, r) = (self.expr(left)?, self.expr(right)?);
                let (equal, s) =
                    self.find_operator(&OperatorName::plain("="), Some(l.ty().id), r.ty().id, at)?;
                let l = if l.ty().id == TypeId::UNKNOWN {
                    self.coerce(l, s.args[0].plain(), CastContext::Implicit, left.at)?
                } else {
                    l
                };
                let compare_left =
                    self.coerce(l.clone(), s.args[0].plain(), CastContext::Implicit, left.at)?;
                let r = self.coerce(r, s.args[1].plain(), CastContext::Implicit, right.at)?;
                let ty = l.ty();
                Ok(Scalar::NullIf {
                    equal,
                    left: Box::new(l),
                    right: Box::new(r),
                    compare_left: Box::new(compare_left),
                    ty,
                })
            }
            ExprKind::Exists(query) => {
                let rel = self.subquery(query)?;
                Ok(subquery(SubqueryKind::Exists, rel, TypeId::BOOL.plain()))
            }
            ExprKind::ScalarQuery(query) => {
                let rel = self.subquery(query)?;
                let ty = one_column(&rel, at)?;
                Ok(subquery(SubqueryKind::Scalar, rel, ty))
            }
            ExprKind::ArrayQuery(query) => {
                let rel = self.subquery(query)?;
                let ty = one_column(&rel, at)?;
                let Some(array) = ty.id.array() else {
                    let what = format!("could not find array type for data type {}", ty.id);
                    return error(PlanErrorKind::UndefinedObject(what), at);
                };
                Ok(subquery(SubqueryKind::Array, rel, array.plain()))
            }
            ExprKind::Array(items) => self.array(items, None, at),
            ExprKind::Row { items, .. } => {
                // literals stay unknown: a comparison gives each the type of its partner
                let items = items.iter().map(|i| self.expr(i)).collect::<Result<Vec<_>>>()?;
                Ok(Scalar::Row(items))
            }
            ExprKind::Subscript { expr, index } => {
                let array = self.expr(expr)?;
                let Some(element) = array.ty().id.element() else {
                    let what = format!(
                        "cannot subscript type {} because it does not support subscripting",
                        array.ty().id
                    );
                    return error(PlanErrorKind::DatatypeMismatch(what), at);
                };
                let typmod = array.ty().typmod;
                let index = self.subscript_index(index)?;
                let ty = SqlType::new(element, typmod);
                // zero-based vectors of the catalog keep their own lower bound
                Ok(Scalar::Subscript { array: Box::new(array), index, ty })
            }
            ExprKind::Slice { expr, lower, upper } => {
                let array = self.expr(expr)?;
                if array.ty().id.element().is_none() {
                    let what = format!(
                        "cannot subscript type {} because it does not support subscripting",
                        array.ty().id
                    );
                    return error(PlanErrorKind::DatatypeMismatch(what), at);
                }
                let lower = lower.as_ref().map(|l| self.subscript_index(l)).transpose()?;
                let upper = upper.as_ref().map(|u| self.subscript_index(u)).transpose()?;
                let ty = array.ty();
                Ok(Scalar::Slice { array: Box::new(array), lower, upper, ty })
            }
            ExprKind::Field { name, .. } => {
                Err(PlanError::not_supported(format!("selection of field \"{name}\" of a row value")).at(at))
            }
            ExprKind::Collate { expr, collation } => {
                let arg = self.expr(expr)?;
                let name = collation.last().map_or("", String::as_str);
                if !matches!(name, "default" | "C" | "POSIX" | "ucs_basic") {
                    let what = format!("collation \"{name}\" for encoding \"UTF8\" does not exist");
                    return error(PlanErrorKind::UndefinedObject(what), at);
                }
                if category(arg.ty().id) != 'S'
                    && arg.ty().id != TypeId::UNKNOWN
                    && category(arg.ty().id) != 'A'
                {
                    let what = format!("collations are not supported by type {}", arg.ty().id);
                    return error(PlanErrorKind::DatatypeMismatch(what), at);
                }
                Ok(arg)
            }
            ExprKind::ValueFunction { name, precision } => self.value_function(name, *precision, at),
            ExprKind::Grouping(args) => self.grouping(args, at),
        }
    }
    fn subscript_index(&mut self, e: &Expr) -> Result<Box<Scalar>> {
        let index = self.expr(e)?;
        if !can_coerce(index.ty().id, TypeId::INT4, CastContext::Assignment) {
            return error(
                PlanErrorKind::DatatypeMismatch("array subscript must have type integer".into()),
                e.at,
            );
        }
        self.coerce(index, TypeId::INT4.plain(), CastContext::Assignment, e.at).map(Box::new)
    }
    fn bool_list(&mut self, list: &[Expr], what: &str) -> Result<Vec<Scalar>> {
        list.iter()
            .map(|e| {
                let s = self.expr(e)?;
                self.coerce_bool(s, what, e.location())
            })
            .collect()
    }
    fn unified_list(&mut self, list: &[Expr], what: &str) -> Result<(Vec<Scalar>, SqlType)> {
        let args = list.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>()?;
        let ats: Vec<usize> = list.iter().map(|e| e.location()).collect();
        self.unify(args, what, &ats)
    }
    /// A subquery, inside the scopes at hand.
    pub(super) fn subquery(&mut self, query: &Query) -> Result<Rel> {
        self.query(query)
    }
    fn binary(&mut self, op: &OperatorName, left: &Expr, right: &Expr, at: usize) -> Result<Scalar> {
        // (a, b) = (SELECT ...)
        if let (ExprKind::Row { .. }, ExprKind::ScalarQuery(query)) = (&left.kind, &right.kind) {
            let l = self.expr(left)?;
            let rel = self.subquery(query)?;
            return self.quantified_rows(l, op, false, rel, false, at);
        }
        let (l, r) = (self.expr(left)?, self.expr(right)?);
        if let (Scalar::Row(ls), Scalar::Row(rs)) = (&l, &r) {
            let (ls, rs) = (ls.clone(), rs.clone());
            return self.compare_rows(op, ls, rs, at);
        }
        self.operator(op, Some(l), r, at)
    }
    fn distinct(&mut self, l: Scalar, r: Scalar, negated: bool, at: usize) -> Result<Scalar> {
        let (equal, s) = self.find_operator(&OperatorName::plain("="), Some(l.ty().id), r.ty().id, at)?;
        let left = Box::new(self.coerce(l, s.args[0].plain(), CastContext::Implicit, at)?);
        let right = Box::new(self.coerce(r, s.args[1].plain(), CastContext::Implicit, at)?);
        Ok(Scalar::IsDistinct { equal, left, right, negated })
    }
    fn rows_distinct(
        &mut self,
        ls: Vec<Scalar>,
        rs: Vec<Scalar>,
        negated: bool,
        at: usize,
    ) -> Result<Scalar> {
        same_length(&ls, &rs, at)?;
        let parts = ls
            .into_iter()
            .zip(rs)
            .map(|(l, r)| self.distinct(l, r, negated, at))
            .collect::<Result<Vec<_>>>()?;
        Ok(if negated { Scalar::And(parts) } else { Scalar::Or(parts) })
    }
    fn compare_rows(
        &mut self,
        op: &OperatorName,
        ls: Vec<Scalar>,
        rs: Vec<Scalar>,
        at: usize,
    ) -> Result<Scalar> {
        same_length(&ls, &rs, at)?;
        let comparison = match op.name.as_str() {
            "=" => RowComparison::Equal,
            "<>" => RowComparison::NotEqual,
            "<" => RowComparison::Less,
            "<=" => RowComparison::LessEqual,
            ">" => RowComparison::Greater,
            ">=" => RowComparison::GreaterEqual,
            _ => return Err(PlanError::not_supported(format!("row comparison with operator {op}")).at(at)),
        };
        if ls.is_empty() {
            return error(
                PlanErrorKind::FeatureNotSupported("cannot compare rows of zero length".into()),
                at,
            );
        }
        // Equality of rows is that of each field: what indexes and joins can use.
        if comparison == RowComparison::Equal {
            let parts = ls
                .into_iter()
                .zip(rs)
                .map(|(l, r)| self.operator(op, Some(l), r, at))
                .collect::<Result<Vec<_>>>()?;
            return Ok(Scalar::And(parts));
        }
        let strict_name =
            if matches!(comparison, RowComparison::Less | RowComparison::LessEqual) { "<" } else { ">" };
        let (mut equal, mut strict, mut left, mut right) = (vec![], vec![], vec![], vec![]);
        for (l, r) in ls.into_iter().zip(rs) {
            let (eq, s) = self.find_operator(&OperatorName::plain("="), Some(l.ty().id), r.ty().id, at)?;
            let (st, _) =
                self.find_operator(&OperatorName::plain(strict_name), Some(s.args[0]), s.args[1], at)?;
            equal.push(eq);
            strict.push(st);
            left.push(self.coerce(l, s.args[0].plain(), CastContext::Implicit, at)?);
            right.push(self.coerce(r, s.args[1].plain(), CastContext::Implicit, at)?);
        }
        Ok(Scalar::RowCompare { comparison, equal, strict, left, right })
    }
    fn in_list(&mut self, expr: &Expr, list: &[Expr], negated: bool, at: usize) -> Result<Scalar> {
        let arg = self.expr(expr)?;
        let name = OperatorName::plain(if negated { "<>" } else { "=" });
        let items = list.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>()?;
        // As PostgreSQL: one operator for all if the items have a common type with the argument.
        let types: Vec<TypeId> =
            std::iter::once(arg.ty().id).chain(items.iter().map(|i| i.ty().id)).collect();
        let is_row = matches!(arg, Scalar::Row(_));
        if !is_row
            && let Some(common) = super::resolve::common_type(&types[1..])
            && list.len() > 1
            && super::resolve::common_type(&types).is_some()
        {
            let right = if types[1..].iter().all(|t| *t == TypeId::UNKNOWN) { arg.ty().id } else { common };
            let right = if right == TypeId::UNKNOWN { TypeId::TEXT } else { right };
            let (operator, s) = self.find_operator(&name, Some(arg.ty().id), right, at)?;
            let arg = self.coerce(arg, s.args[0].plain(), CastContext::Implicit, expr.at)?;
            let list = items
                .into_iter()
                .zip(list)
                .map(|(i, e)| self.coerce(i, s.args[1].plain(), CastContext::Implicit, e.at))
                .collect::<Result<Vec<_>>>()?;
            return Ok(Scalar::InList { operator, all: negated, arg: Box::new(arg), list });
        }
        let parts = items
            .into_iter()
            .map(|item| match (&arg, &item) {
                (Scalar::Row(ls), Scalar::Row(rs)) => self.compare_rows(&name, ls.clone(), rs.clone(), at),
                _ => self.operator(&name, Some(arg.clone()), item, at),
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(match parts.len() {
            1 => parts.into_iter().next().unwrap_or(Scalar::bool(false)),
            _ if negated => Scalar::And(parts),
            _ => Scalar::Or(parts),
        })
    }
    fn quantified(
        &mut self,
        op: &OperatorName,
        all: bool,
        arg: Scalar,
        array: Scalar,
        at: usize,
        array_at: usize,
    ) -> Result<Scalar> {
        let element = match array.ty().id {
            TypeId::UNKNOWN => TypeId::UNKNOWN,
            ty => match ty.element() {
                Some(e) => e,
                None => {
                    let what = "op ANY/ALL (array) requires array on right side".to_string();
                    return error(PlanErrorKind::WrongObjectType(what), array_at);
                }
            },
        };
        let (operator, s) = self.find_operator(op, Some(arg.ty().id), element, at)?;
        if s.result != TypeId::BOOL {
            let what = "op ANY/ALL (array) requires operator to yield boolean".to_string();
            return error(PlanErrorKind::WrongObjectType(what), at);
        }
        let arg = Box::new(self.coerce(arg, s.args[0].plain(), CastContext::Implicit, at)?);
        let Some(array_type) = s.args[1].array() else {
            let what = format!("could not find array type for data type {}", s.args[1]);
            return error(PlanErrorKind::UndefinedObject(what), at);
        };
        // oidvector and int2vector are arrays already
        let array = if element == s.args[1] && array.ty().id != TypeId::UNKNOWN {
            array
        } else {
            self.coerce(array, array_type.plain(), CastContext::Implicit, array_at)?
        };
        Ok(Scalar::Quantified { operator, all, arg, array: Box::new(array) })
    }
    fn quantified_query(
        &mut self,
        expr: &Expr,
        op: &OperatorName,
        all: bool,
        query: &Query,
        negated: bool,
        at: usize,
    ) -> Result<Scalar> {
        let left = self.expr(expr)?;
        let rel = self.subquery(query)?;
        self.quantified_rows(left, op, all, rel, negated, at)
    }
    fn quantified_rows(
        &mut self,
        left: Scalar,
        op: &OperatorName,
        all: bool,
        rel: Rel,
        negated: bool,
        at: usize,
    ) -> Result<Scalar> {
        let lefts = match left {
            Scalar::Row(items) => items,
            one => vec![one],
        };
        if lefts.len() != rel.columns.len() {
            let what = if rel.columns.len() > lefts.len() { "many" } else { "few" };
            return error(PlanErrorKind::SyntaxError(format!("subquery has too {what} columns")), at);
        }
        if lefts.len() > 1 && !matches!(op.name.as_str(), "=" | "<>") {
            return Err(PlanError::not_supported(format!("row comparison by {op} with a subquery")).at(at));
        }
        let (mut tests, mut ls, mut rs) = (vec![], vec![], vec![]);
        for (l, c) in lefts.into_iter().zip(&rel.columns) {
            let (test, s) = self.find_operator(op, Some(l.ty().id), c.ty.id, at)?;
            if s.result != TypeId::BOOL {
                let what = format!("operator {op} must return type boolean, not type {}", s.result);
                return error(PlanErrorKind::DatatypeMismatch(what), at);
            }
            tests.push(test);
            ls.push(self.coerce(l, s.args[0].plain(), CastContext::Implicit, at)?);
            let column = Scalar::column(c.id, c.ty);
            rs.push(self.coerce(column, s.args[1].plain(), CastContext::Implicit, at)?);
        }
        let kind = SubqueryKind::Quantified { all, negated, tests, left: ls, right: rs };
        Ok(subquery(kind, rel, TypeId::BOOL.plain()))
    }
    fn case(
        &mut self,
        operand: Option<&Expr>,
        whens: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        at: usize,
    ) -> Result<Scalar> {
        let mut conditions = Vec::new();
        for (condition, _) in whens {
            conditions.push(match operand {
                Some(o) => self.binary(&OperatorName::plain("="), o, condition, condition.at)?,
                None => {
                    let c = self.expr(condition)?;
                    self.coerce_bool(c, "CASE/WHEN", condition.location())?
                }
            });
        }
        let mut results = Vec::new();
        let mut ats = Vec::new();
        // PostgreSQL gives ELSE the first word on the type.
        results.push(match otherwise {
            Some(o) => self.expr(o)?,
            None => Scalar::null(TypeId::UNKNOWN),
        });
        ats.push(otherwise.map_or(at, |o| o.location()));
        for (_, result) in whens {
            results.push(self.expr(result)?);
            ats.push(result.location());
        }
        let (results, ty) = self.unify(results, "CASE", &ats)?;
        let mut results = results.into_iter();
        let otherwise = Box::new(results.next().unwrap_or(Scalar::null(ty)));
        Ok(Scalar::Case { whens: conditions.into_iter().zip(results).collect(), otherwise, ty })
    }
    fn array(&mut self, items: &[Expr], element: Option<SqlType>, at: usize) -> Result<Scalar> {
        if items.iter().any(|i| matches!(i.kind, ExprKind::Array(_))) {
            return Err(PlanError::not_supported("an array of more than one dimension").at(at));
        }
        let bound = items.iter().map(|i| self.expr(i)).collect::<Result<Vec<_>>>()?;
        let ats: Vec<usize> = items.iter().map(|i| i.location()).collect();
        let (items, element) = match element {
            Some(ty) => {
                let items = bound
                    .into_iter()
                    .zip(&ats)
                    .map(|(b, at)| self.coerce(b, ty, CastContext::Explicit, *at))
                    .collect::<Result<Vec<_>>>()?;
                (items, ty)
            }
            None if bound.is_empty() => {
                return Err(PlanError::new(PlanErrorKind::IndeterminateDatatype(
                    "cannot determine type of empty array".into(),
                ))
                .with_hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
                .at(at));
            }
            None => self.unify(bound, "ARRAY", &ats)?,
        };
        let Some(ty) = element.id.array() else {
            let what = format!("could not find array type for data type {}", element.id);
            return error(PlanErrorKind::UndefinedObject(what), at);
        };
        Ok(Scalar::Array { element: element.id, items, ty: SqlType::new(ty, element.typmod) })
    }
}

pub(super) fn subquery(kind: SubqueryKind, rel: Rel, ty: SqlType) -> Scalar {
    Scalar::Subquery(Box::new(Subquery { kind, rel, ty }))
}
fn one_column(rel: &Rel, at: usize) -> Result<SqlType> {
    match rel.columns.as_slice() {
        [c] => Ok(c.ty),
        _ => error(PlanErrorKind::SyntaxError("subquery must return only one column".into()), at),
    }
}
fn same_length(ls: &[Scalar], rs: &[Scalar], at: usize) -> Result<()> {
    if ls.len() == rs.len() {
        return Ok(());
    }
    error(PlanErrorKind::SyntaxError("unequal number of entries in row expressions".into()), at)
}

/// A numeric literal: the smallest of int4, int8, numeric that holds it.
pub fn number(text: &str, at: usize) -> Result<Scalar> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        if let Ok(v) = text.parse::<i32>() {
            return Ok(Scalar::constant(Datum::Int4(v), TypeId::INT4));
        }
        if let Ok(v) = text.parse::<i64>() {
            return Ok(Scalar::constant(Datum::Int8(v), TypeId::INT8));
        }
    }
    let v = text.parse::<datum::Numeric>().map_err(|e| PlanError::from(e).at(at))?;
    Ok(Scalar::constant(Datum::Numeric(v), TypeId::NUMERIC))
}
