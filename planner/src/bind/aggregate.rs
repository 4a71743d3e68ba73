//! Aggregates, window functions and sets of rows met while the expressions of one SELECT are bound. Each leaves a
//! placeholder; the operators that compute them are put below the projection afterwards.

use super::call::no_function;
use super::resolve::{Overload, choose_overload};
use super::{Binder, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::{Bound, Call, Expr, OrderItem, Over, WindowSpec};
use crate::plan::{
    AggregateCall, AggregateFunction, FrameBound, FrameExclude, FrameUnits, SetCall, SortKey, WindowCall,
    WindowFrame, WindowFunction,
};
use crate::scalar::Scalar;
use datum::{Aggregate, CastContext, SqlType, TypeId};

/// What one SELECT has met so far. Ids are those of the columns that will carry the values.
#[derive(Default)]
pub struct SelectState {
    pub aggregates: Vec<(usize, AggregateCall)>,
    pub windows: Vec<(usize, WindowCall, Vec<Scalar>, Vec<SortKey>)>,
    pub sets: Vec<(usize, SetCall)>,
    pub groupings: Vec<(usize, Vec<Scalar>, usize)>,
    pub named_windows: Vec<(String, WindowSpec)>,
    /// Where aggregates, windows and sets are refused, and what to call that place; empty: allowed.
    pub no_aggregates: Option<&'static str>,
    pub no_windows: Option<&'static str>,
    pub no_sets: Option<&'static str>,
    pub in_aggregate: bool,
    pub in_window: bool,
}

impl Binder<'_> {
    fn state(&mut self) -> &mut SelectState {
        if self.selects.is_empty() {
            self.selects.push(SelectState {
                no_aggregates: Some("this expression"),
                no_windows: Some("this expression"),
                no_sets: Some("this expression"),
                ..SelectState::default()
            });
        }
        let last = self.selects.len() - 1;
        &mut self.selects[last]
    }
    /// Binds with aggregates and window functions refused.
    pub(super) fn plain_expr(&mut self, e: &Expr, place: &'static str) -> Result<Scalar> {
        let state = self.state();
        let saved = (state.no_aggregates, state.no_windows, state.no_sets);
        (state.no_aggregates, state.no_windows, state.no_sets) = (Some(place), Some(place), Some(place));
        let out = self.expr(e);
        let state = self.state();
        (state.no_aggregates, state.no_windows, state.no_sets) = saved;
        out
    }

    pub(super) fn aggregate_call(&mut self, name: &str, call: &Call, at: usize) -> Result<Scalar> {
        if let Some(place) = self.state().no_aggregates {
            return error(
                PlanErrorKind::GroupingError(format!("aggregate functions are not allowed in {place}")),
                at,
            );
        }
        if self.state().in_aggregate {
            return error(
                PlanErrorKind::GroupingError("aggregate function calls cannot be nested".into()),
                at,
            );
        }
        self.state().in_aggregate = true;
        let bound = self.bind_aggregate(name, call, at);
        self.state().in_aggregate = false;
        let bound = bound?;
        let ty = bound.ty;
        let existing =
            self.state().aggregates.iter().find(|(_, a)| same_aggregate(a, &bound)).map(|(id, _)| *id);
        let index = match existing {
            Some(id) => id,
            None => {
                let id = self.fresh();
                self.state().aggregates.push((id, bound));
                id
            }
        };
        Ok(Scalar::Placeholder { index, ty })
    }
    fn bind_aggregate(&mut self, name: &str, call: &Call, at: usize) -> Result<AggregateCall> {
        let (function, mut args, ty) = self.resolve_aggregate(name, call, at)?;
        let mut order_by = self.sort_keys(&call.order_by, "an aggregate's ORDER BY")?;
        if function.direct_args.is_some() {
            if call.within_group.is_empty() {
                let what = format!("WITHIN GROUP is required for ordered-set aggregate {name}");
                return error(PlanErrorKind::WrongObjectType(what), at);
            }
            // the ordered arguments are bound already; sort by them
            let direct = function.direct_args.map_or(0, usize::from).min(args.len());
            order_by = call
                .within_group
                .iter()
                .zip(&args[direct..])
                .map(|(o, arg)| SortKey {
                    expr: arg.clone(),
                    descending: o.descending,
                    nulls_first: o.nulls_first.unwrap_or(o.descending),
                })
                .collect();
        } else if !call.within_group.is_empty() {
            let what = format!("{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP");
            return error(PlanErrorKind::WrongObjectType(what), at);
        }
        if call.distinct {
            for k in &order_by {
                if !args.iter().any(|a| same(a, &k.expr)) {
                    let what =
                        "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
                    return error(PlanErrorKind::InvalidColumnReference(what.into()), at);
                }
            }
        }
        let filter = match &call.filter {
            Some(f) => {
                let bound = self.plain_expr(f, "FILTER")?;
                Some(self.coerce_bool(bound, "FILTER", f.location())?)
            }
            None => None,
        };
        args.shrink_to_fit();
        Ok(AggregateCall {
            function: AggregateFunction::Registered(function),
            args,
            distinct: call.distinct,
            filter,
            order_by,
            ty,
        })
    }
    fn resolve_aggregate(
        &mut self,
        name: &str,
        call: &Call,
        at: usize,
    ) -> Result<(&'static Aggregate, Vec<Scalar>, SqlType)> {
        let all = datum::aggregates::by_name(name);
        if call.star {
            return match all.iter().find(|a| a.args.is_empty()) {
                Some(a) => Ok((a, vec![], a.result.plain())),
                None => Err(no_function(name, &[], false, at)),
            };
        }
        let exprs: Vec<&Expr> =
            call.args.iter().map(|a| &a.expr).chain(call.within_group.iter().map(|o| &o.expr)).collect();
        let args = exprs.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>()?;
        if args.is_empty() && all.iter().any(|a| a.args.is_empty()) {
            let what = format!("{name}(*) must be used to call a parameterless aggregate function");
            return error(PlanErrorKind::WrongObjectType(what), at);
        }
        let overloads: Vec<Overload> = all
            .iter()
            .map(|a| Overload { args: a.args, variadic: false, optional: 0, result: a.result })
            .collect();
        let actual: Vec<TypeId> = args.iter().map(|a| a.ty().id).collect();
        let (i, s) =
            choose_overload(&overloads, &actual, false).map_err(|amb| no_function(name, &actual, amb, at))?;
        let args = args
            .into_iter()
            .zip(&s.args)
            .zip(&exprs)
            .map(|((a, ty), e)| self.coerce(a, ty.plain(), CastContext::Implicit, e.at))
            .collect::<Result<Vec<_>>>()?;
        Ok((all[i], args, s.result.plain()))
    }
    pub(super) fn grouping(&mut self, args: &[Expr], at: usize) -> Result<Scalar> {
        if let Some(place) = self.state().no_aggregates {
            return error(
                PlanErrorKind::GroupingError(format!("grouping operations are not allowed in {place}")),
                at,
            );
        }
        let bound = args.iter().map(|a| self.plain_expr(a, "GROUPING")).collect::<Result<Vec<_>>>()?;
        let id = self.fresh();
        self.state().groupings.push((id, bound, at));
        Ok(Scalar::Placeholder { index: id, ty: TypeId::INT4.plain() })
    }

    pub(super) fn set_call_in_list(&mut self, name: &str, call: &Call, at: usize) -> Result<Scalar> {
        let state = self.state();
        if let Some(place) = state.no_sets {
            let what = format!("set-returning functions are not allowed in {place}");
            return error(PlanErrorKind::FeatureNotSupported(what), at);
        }
        if state.in_aggregate {
            let what = "aggregate function calls cannot contain set-returning function calls".to_string();
            return error(PlanErrorKind::FeatureNotSupported(what), at);
        }
        state.no_sets = Some("the arguments of a set-returning function");
        let exprs: Vec<&Expr> = call.args.iter().map(|a| &a.expr).collect();
        let args = exprs.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>();
        self.state().no_sets = None;
        let set = self.set_call(name, args?, &exprs, at)?;
        if set.types.len() != 1 {
            return Err(
                PlanError::not_supported(format!("{name} with several columns in a select list")).at(at)
            );
        }
        let ty = set.types[0];
        let id = self.fresh();
        self.state().sets.push((id, set));
        Ok(Scalar::Placeholder { index: id, ty })
    }

    pub(super) fn window_call(&mut self, name: &str, call: &Call, at: usize) -> Result<Scalar> {
        if let Some(place) = self.state().no_windows {
            let what = format!("window functions are not allowed in {place}");
            return error(PlanErrorKind::WindowingError(what), at);
        }
        if self.state().in_window {
            return error(PlanErrorKind::WindowingError("window function calls cannot be nested".into()), at);
        }
        if self.state().in_aggregate {
            let what = "aggregate function calls cannot contain window function calls".to_string();
            return error(PlanErrorKind::GroupingError(what), at);
        }
        if call.distinct {
            return Err(PlanError::not_supported("DISTINCT for window functions").at(at));
        }
        if !call.order_by.is_empty() {
            return Err(PlanError::not_supported("aggregate ORDER BY for window functions").at(at));
        }
        self.state().in_window = true;
        let out = self.bind_window(name, call, at);
        self.state().in_window = false;
        out
    }
    fn bind_window(&mut self, name: &str, call: &Call, at: usize) -> Result<Scalar> {
        let pure: Vec<&'static datum::window::WindowFunction> = datum::window::by_name(name).collect();
        let (function, args, ty) = if pure.is_empty() {
            if datum::aggregates::by_name(name).is_empty() {
                if !datum::functions::by_name(name).is_empty() {
                    let what = format!(
                        "OVER specified, but {name} is not a window function nor an aggregate function"
                    );
                    return error(PlanErrorKind::WrongObjectType(what), at);
                }
                let args = call.args.iter().map(|a| self.expr(&a.expr)).collect::<Result<Vec<_>>>()?;
                let actual: Vec<TypeId> = args.iter().map(|a| a.ty().id).collect();
                return Err(no_function(name, &actual, false, at));
            }
            let (a, args, ty) = self.resolve_aggregate(name, call, at)?;
            if a.direct_args.is_some() {
                return Err(PlanError::not_supported("OVER for ordered-set aggregates").at(at));
            }
            (WindowFunction::Aggregate(a), args, ty)
        } else {
            let exprs: Vec<&Expr> = call.args.iter().map(|a| &a.expr).collect();
            let args = exprs.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>()?;
            let overloads: Vec<Overload> = pure
                .iter()
                .map(|f| Overload { args: f.args, variadic: false, optional: 0, result: f.result })
                .collect();
            let actual: Vec<TypeId> = args.iter().map(|a| a.ty().id).collect();
            let (i, s) = choose_overload(&overloads, &actual, false)
                .map_err(|amb| no_function(name, &actual, amb, at))?;
            let args = args
                .into_iter()
                .zip(&s.args)
                .zip(&exprs)
                .map(|((a, ty), e)| self.coerce(a, ty.plain(), CastContext::Implicit, e.at))
                .collect::<Result<Vec<_>>>()?;
            (WindowFunction::Window(pure[i]), args, s.result.plain())
        };
        let filter = match &call.filter {
            Some(f) => {
                let bound = self.expr(f)?;
                Some(self.coerce_bool(bound, "FILTER", f.location())?)
            }
            None => None,
        };
        let mut spec = match &call.over {
            Some(Over::Spec(s)) => s.clone(),
            Some(Over::Name(n)) => self.named_window(n, at)?,
            None => return Err(PlanError::internal("a window call without OVER")),
        };
        if let Some(base) = spec.base.take() {
            let inherited = self.named_window(&base, at)?;
            if !spec.partition_by.is_empty() {
                let what = format!("cannot override PARTITION BY clause of window \"{base}\"");
                return error(PlanErrorKind::WindowingError(what), at);
            }
            if !spec.order_by.is_empty() && !inherited.order_by.is_empty() {
                let what = format!("cannot override ORDER BY clause of window \"{base}\"");
                return error(PlanErrorKind::WindowingError(what), at);
            }
            spec.partition_by = inherited.partition_by;
            if spec.order_by.is_empty() {
                spec.order_by = inherited.order_by;
            }
        }
        let partition = spec
            .partition_by
            .iter()
            .map(|e| {
                let s = self.expr(e)?;
                self.settle(s, e.at)
            })
            .collect::<Result<Vec<_>>>()?;
        let order = self.sort_keys(&spec.order_by, "a window's ORDER BY")?;
        let frame = self.window_frame(&spec, &order)?;
        let id = self.fresh();
        let call = WindowCall { function, args, filter, frame, ty };
        self.state().windows.push((id, call, partition, order));
        Ok(Scalar::Placeholder { index: id, ty })
    }
    fn named_window(&mut self, name: &str, at: usize) -> Result<WindowSpec> {
        let found = self.state().named_windows.iter().find(|(n, _)| n == name).map(|(_, s)| s.clone());
        found.ok_or_else(|| {
            PlanError::new(PlanErrorKind::UndefinedObject(format!("window \"{name}\" does not exist"))).at(at)
        })
    }
    fn window_frame(&mut self, spec: &WindowSpec, order: &[SortKey]) -> Result<WindowFrame> {
        let Some(f) = &spec.frame else {
            return Ok(WindowFrame {
                units: FrameUnits::Range,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::CurrentRow,
                exclude: FrameExclude::NoOthers,
            });
        };
        if f.units == FrameUnits::Groups && order.is_empty() {
            return error(
                PlanErrorKind::WindowingError("GROUPS mode requires an ORDER BY clause".into()),
                f.at,
            );
        }
        let mut bound = |b: &Bound| -> Result<FrameBound> {
            let mut offset = |e: &Expr| -> Result<Scalar> {
                let s = self.expr(e)?;
                if s.any(&mut |s| matches!(s, Scalar::Column { .. })) {
                    let what = format!("argument of {:?} must not contain variables", f.units).to_uppercase();
                    return error(PlanErrorKind::InvalidColumnReference(what), e.at);
                }
                let target = match f.units {
                    FrameUnits::Rows | FrameUnits::Groups => TypeId::INT8,
                    FrameUnits::Range => {
                        let [key] = order else {
                            let what =
                                "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column";
                            return error(PlanErrorKind::WindowingError(what.into()), e.at);
                        };
                        match key.expr.ty().id {
                            TypeId::DATE | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ | TypeId::INTERVAL => {
                                TypeId::INTERVAL
                            }
                            ty @ (TypeId::INT2
                            | TypeId::INT4
                            | TypeId::INT8
                            | TypeId::NUMERIC
                            | TypeId::FLOAT8) => ty,
                            TypeId::FLOAT4 => TypeId::FLOAT8,
                            ty => {
                                let what = format!(
                                    "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {ty}"
                                );
                                return error(PlanErrorKind::FeatureNotSupported(what), e.at);
                            }
                        }
                    }
                };
                self.coerce(s, target.plain(), CastContext::Assignment, e.at)
            };
            Ok(match b {
                Bound::UnboundedPreceding => FrameBound::UnboundedPreceding,
                Bound::UnboundedFollowing => FrameBound::UnboundedFollowing,
                Bound::CurrentRow => FrameBound::CurrentRow,
                Bound::Preceding(e) => FrameBound::Preceding(offset(e)?),
                Bound::Following(e) => FrameBound::Following(offset(e)?),
            })
        };
        Ok(WindowFrame { units: f.units, start: bound(&f.start)?, end: bound(&f.end)?, exclude: f.exclude })
    }
    /// Sort keys over the input columns (not output names).
    pub(super) fn sort_keys(&mut self, items: &[OrderItem], _what: &'static str) -> Result<Vec<SortKey>> {
        items
            .iter()
            .map(|o| {
                let s = self.expr(&o.expr)?;
                let s = self.settle(s, o.expr.at)?;
                self.check_sortable(&s, o.expr.at)?;
                Ok(SortKey {
                    expr: s,
                    descending: o.descending,
                    nulls_first: o.nulls_first.unwrap_or(o.descending),
                })
            })
            .collect()
    }
    pub(super) fn check_sortable(&self, s: &Scalar, at: usize) -> Result<()> {
        if s.ty().id == TypeId::RECORD {
            return Ok(());
        }
        self.self_operator("<", s.ty().id, at).map(|_| ()).map_err(|_| {
            PlanError::new(PlanErrorKind::UndefinedFunction(format!(
                "could not identify an ordering operator for type {}",
                s.ty().id
            )))
            .with_hint("Use an explicit ordering operator or modify the query.")
            .at(at)
        })
    }
}

/// Whether two expressions are the same, as `equal()` says in PostgreSQL.
pub fn same(a: &Scalar, b: &Scalar) -> bool {
    use Scalar as S;
    let shape = match (a, b) {
        (S::Const { value: x, ty: t }, S::Const { value: y, ty: u }) => {
            t == u && x.is_null() == y.is_null() && datum::compare::equal(t.id, x, y)
        }
        (S::Column { index: x, .. }, S::Column { index: y, .. })
        | (S::Placeholder { index: x, .. }, S::Placeholder { index: y, .. })
        | (S::Param { index: x, .. }, S::Param { index: y, .. })
        | (S::Slot { index: x, .. }, S::Slot { index: y, .. }) => x == y,
        (S::Outer { level: l, index: x, .. }, S::Outer { level: m, index: y, .. }) => l == m && x == y,
        (S::Call { function: f, .. }, S::Call { function: g, .. }) => {
            std::ptr::eq(*f, *g) && f.volatility < datum::function::Volatility::Volatile
        }
        (S::Operator { operator: f, .. }, S::Operator { operator: g, .. }) => std::ptr::eq(*f, *g),
        (S::Cast { ty: t, .. }, S::Cast { ty: u, .. })
        | (S::Relabel { ty: t, .. }, S::Relabel { ty: u, .. })
        | (S::CastViaText { ty: t, .. }, S::CastViaText { ty: u, .. })
        | (S::CastArray { ty: t, .. }, S::CastArray { ty: u, .. })
        | (S::Typmod { ty: t, .. }, S::Typmod { ty: u, .. }) => t == u,
        (S::And(_), S::And(_))
        | (S::Or(_), S::Or(_))
        | (S::Not(_), S::Not(_))
        | (S::Case { .. }, S::Case { .. })
        | (S::Coalesce { .. }, S::Coalesce { .. })
        | (S::Array { .. }, S::Array { .. })
        | (S::Subscript { .. }, S::Subscript { .. })
        | (S::Row(_), S::Row(_))
        | (S::NullIf { .. }, S::NullIf { .. }) => true,
        (S::IsNull { negated: x, .. }, S::IsNull { negated: y, .. })
        | (S::IsDistinct { negated: x, .. }, S::IsDistinct { negated: y, .. })
        | (S::MinMax { greatest: x, .. }, S::MinMax { greatest: y, .. }) => x == y,
        (S::IsBool { value: v, negated: x, .. }, S::IsBool { value: w, negated: y, .. }) => v == w && x == y,
        (S::InList { operator: f, all: x, .. }, S::InList { operator: g, all: y, .. })
        | (S::Quantified { operator: f, all: x, .. }, S::Quantified { operator: g, all: y, .. }) => {
            std::ptr::eq(*f, *g) && x == y
        }
        _ => false,
    };
    let (x, y) = (a.children(), b.children());
    shape && x.len() == y.len() && x.into_iter().zip(y).all(|(a, b)| same(a, b))
}

fn same_aggregate(a: &AggregateCall, b: &AggregateCall) -> bool {
    let function = match (&a.function, &b.function) {
        (AggregateFunction::Registered(f), AggregateFunction::Registered(g)) => std::ptr::eq(*f, *g),
        _ => false,
    };
    function
        && a.distinct == b.distinct
        && a.order_by.is_empty()
        && b.order_by.is_empty()
        && a.args.len() == b.args.len()
        && a.args.iter().zip(&b.args).all(|(x, y)| same(x, y))
        && match (&a.filter, &b.filter) {
            (None, None) => true,
            (Some(x), Some(y)) => same(x, y),
            _ => false,
        }
}
