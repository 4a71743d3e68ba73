//! From our plan to DataFusion's operators.

use crate::rows::{BATCH_ROWS, Op, RowExec, RowStream, chunks, each, later};
use crate::scalar::physical;
use crate::scope::{Row, Scope};
use crate::{ExecError, ScanEnv, aggregate, apply, join, key, set, window};
use arrow::compute::SortOptions;
use datafusion_physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion_physical_plan::ExecutionPlan;
use datafusion_physical_plan::filter::FilterExec;
use datafusion_physical_plan::projection::ProjectionExec;
use datafusion_physical_plan::sorts::sort::SortExec;
use datum::table_functions::Rows;
use datum::{Datum, SqlType};
use futures::{StreamExt, TryStreamExt, stream};
use planner::plan::*;
use planner::rules::node_scalars_mut;
use planner::{Scalar, eval_in};
use std::sync::Arc;

pub(crate) type Node = Arc<dyn ExecutionPlan>;

pub(crate) fn types(rel: &Rel) -> Vec<SqlType> {
    rel.columns.iter().map(|c| c.ty).collect()
}

impl Scope {
    pub(crate) fn fail(&self) -> impl Fn(datafusion_common::DataFusionError) -> ExecError + use<> {
        let limit = self.run.ctx.memory_limit_bytes;
        move |e| ExecError::from_datafusion(&e, limit)
    }
    /// A row operator over lowered inputs.
    pub(crate) fn node(
        &self,
        name: impl Into<String>,
        rel: &Rel,
        inputs: &[&Rel],
        op: impl Fn(Vec<RowStream>) -> RowStream + Send + Sync + 'static,
    ) -> Result<Node, ExecError> {
        let inputs = inputs.iter().map(|r| Ok((lower(r, self)?, types(r))));
        let inputs = inputs.collect::<Result<Vec<_>, ExecError>>()?;
        let op: Op = Arc::new(op);
        Ok(RowExec::new(name, types(rel), inputs, self.run.ctx.memory_limit_bytes, op))
    }
}

/// The one input of an operator.
pub(crate) fn only(mut inputs: Vec<RowStream>) -> RowStream {
    inputs.pop().unwrap_or_else(|| stream::empty().boxed())
}

/// A count of rows; `None`: no bound.
fn row_count(scope: &Scope, s: Option<&Scalar>, negative: ExecError) -> Result<Option<usize>, ExecError> {
    let Some(s) = s else { return Ok(None) };
    match scope.eval(s, &[])? {
        Datum::Null => Ok(None),
        v => v.as_i64().and_then(|n| usize::try_from(n).ok()).map(Some).ok_or(negative),
    }
}

/// # Errors
/// For the client (a negative LIMIT), or a fault in this program.
pub(crate) fn lower(rel: &Rel, scope: &Scope) -> Result<Node, ExecError> {
    let s = scope.clone();
    match &rel.kind {
        RelKind::Values(rows) => {
            let rows = rows.clone();
            scope.node("Values", rel, &[], move |_| {
                let value = |r: &Vec<Scalar>| r.iter().map(|e| s.eval(e, &[])).collect::<Result<Row, _>>();
                match rows.iter().map(value).collect() {
                    Ok(rows) => chunks(rows),
                    Err(e) => stream::iter([Err(e)]).boxed(),
                }
            })
        }
        RelKind::Scan(scan) => {
            let scan = Arc::new(without_outer(rel, scan, scope)?);
            let name = format!("Scan: {} index={}", scan.alias, scan.index_id);
            scope.node(name, rel, &[], move |_| {
                let ctx = &s.run.ctx;
                let env = ScanEnv {
                    params: ctx.params.clone(),
                    slots: s.run.slots.clone(),
                    eval: ctx.eval.clone(),
                };
                let rows = ctx.source.scan(scan.clone(), env);
                rows.map_err(|e| ExecError::Source(e.into())).boxed()
            })
        }
        RelKind::VirtualScan(scan) => {
            let scan = Arc::new(scan.clone());
            scope.node(format!("VirtualScan: {}.{}", scan.schema, scan.name), rel, &[], move |_| {
                let (s, scan) = (s.clone(), scan.clone());
                later(async move {
                    let rows = s.run.ctx.source.virtual_scan(&scan).await;
                    let rows = rows.map_err(|e| ExecError::Source(e.into()))?;
                    let mut out = Vec::new();
                    for row in rows {
                        let pick = |p: &usize| row.get(*p).cloned().unwrap_or(Datum::Null);
                        let fetched: Row = scan.fetch.iter().map(pick).collect();
                        if let Some(f) = &scan.filter
                            && s.eval(f, &fetched)?.as_bool() != Some(true)
                        {
                            continue;
                        }
                        out.push(scan.output.iter().map(|p| fetched[*p].clone()).collect());
                    }
                    Ok(chunks(out))
                })
            })
        }
        RelKind::TableFunction { calls, ordinality } => {
            let (calls, ordinality) = (calls.clone(), *ordinality);
            scope.node("TableFunction", rel, &[], move |_| {
                let s = s.clone();
                match calls.iter().map(|c| Opened::new(c, &s, &[])).collect::<Result<Vec<_>, _>>() {
                    Ok(open) => set_rows(open, ordinality),
                    Err(e) => stream::iter([Err(e)]).boxed(),
                }
            })
        }
        RelKind::Filter { input, predicate } => {
            let child = lower(input, scope)?;
            let predicate = physical(predicate, &types(input), scope);
            Ok(Arc::new(FilterExec::try_new(predicate, child).map_err(scope.fail())?))
        }
        RelKind::Project { input, exprs } => {
            let (child, row) = (lower(input, scope)?, types(input));
            let exprs: Vec<_> =
                exprs.iter().enumerate().map(|(i, e)| (physical(e, &row, scope), format!("c{i}"))).collect();
            Ok(Arc::new(ProjectionExec::try_new(exprs, child).map_err(scope.fail())?))
        }
        RelKind::ProjectSet { input, exprs } => {
            let exprs = exprs.clone();
            scope.node("ProjectSet", rel, &[input], move |inputs| {
                let (s, exprs) = (s.clone(), exprs.clone());
                each(only(inputs), move |batch| {
                    let mut out = Vec::new();
                    for row in batch {
                        project_set(&s, &exprs, &row, &mut out)?;
                    }
                    Ok(out)
                })
            })
        }
        RelKind::Join(j) => join::lower(rel, j, scope),
        RelKind::Apply(a) => apply::lower(rel, a, scope),
        RelKind::Aggregate(a) => aggregate::lower(rel, a, scope),
        RelKind::Window(w) => window::lower(rel, w, scope),
        RelKind::Sort { input, keys, fetch } => {
            let (child, row) = (lower(input, scope)?, types(input));
            let fetch = row_count(scope, fetch.as_ref(), ExecError::NegativeLimit)?;
            let key = |k: &SortKey| {
                let ty = k.expr.ty().id;
                let options = SortOptions { descending: k.descending, nulls_first: k.nulls_first };
                PhysicalSortExpr::new(key::key_expr(physical(&k.expr, &row, scope), ty, ty), options)
            };
            Ok(match LexOrdering::new(keys.iter().map(key)) {
                Some(order) => Arc::new(SortExec::new(order, child).with_fetch(fetch)),
                None => child,
            })
        }
        RelKind::Limit { input, limit, offset, ties } => {
            let left = row_count(scope, limit.as_ref(), ExecError::NegativeLimit)?;
            let skip = row_count(scope, offset.as_ref(), ExecError::NegativeOffset)?.unwrap_or(0);
            let ties = ties.clone();
            scope.node("Limit", rel, &[input], move |inputs| {
                limited(s.clone(), only(inputs), skip, left, ties.clone())
            })
        }
        RelKind::Distinct { input } => {
            let row = types(input);
            scope.node("Distinct", rel, &[input], move |i| set::distinct(s.clone(), only(i), row.clone()))
        }
        RelKind::DistinctOn { input, keys } => {
            let keys = keys.clone();
            scope.node("DistinctOn", rel, &[input], move |inputs| {
                let (s, keys, mut last) = (s.clone(), keys.clone(), None);
                each(only(inputs), move |batch| {
                    let mut out = Vec::new();
                    for row in batch {
                        let at = keys.iter().map(|k| s.eval(k, &row)).collect::<Result<Row, _>>()?;
                        let types: Vec<_> = keys.iter().map(Scalar::ty).collect();
                        let at = Some(key::row_key(&at, &types));
                        if at != last {
                            last = at;
                            out.push(row);
                        }
                    }
                    Ok(out)
                })
            })
        }
        RelKind::SetOp { op, all, left, right } => {
            let (op, all, row) = (*op, *all, types(rel));
            scope.node(format!("{op:?}"), rel, &[left, right], move |inputs| {
                set::set_op(s.clone(), op, all, inputs, row.clone())
            })
        }
        RelKind::CteScan { cte, fetch } => {
            let (cte, fetch) = (*cte, fetch.clone());
            scope.node(format!("CteScan: {cte}"), rel, &[], move |_| {
                let (s, fetch) = (s.clone(), fetch.clone());
                later(async move {
                    let missing =
                        || ExecError::Internal(format!("common table expression {cte} is not there"));
                    let plan = s.run.plan.clone();
                    let rel = &plan.ctes.get(cte).ok_or_else(missing)?.rel;
                    let top = Scope { run: s.run.clone(), outer: Vec::new() };
                    let held = s.run.ctes[cte].get_or_try_init(|| Box::pin(top.collect(rel))).await?.clone();
                    let mut at = 0;
                    Ok(stream::iter(std::iter::from_fn(move || {
                        let end = (at + BATCH_ROWS).min(held.rows.len());
                        let pick = |r: &Row| fetch.iter().map(|c| r[*c].clone()).collect();
                        let batch: Vec<Row> = held.rows[at..end].iter().map(pick).collect();
                        at = end;
                        (!batch.is_empty()).then_some(Ok(batch))
                    }))
                    .boxed())
                })
            })
        }
    }
}

/// The scan with values in place of outer rows.
fn without_outer(rel: &Rel, scan: &Scan, scope: &Scope) -> Result<Scan, ExecError> {
    if scope.outer.is_empty() {
        return Ok(scan.clone());
    }
    let mut copy = Rel::new(RelKind::Scan(Box::new(scan.clone())), rel.columns.clone());
    let mut failed = None;
    for scalar in node_scalars_mut(&mut copy) {
        scalar.transform(&mut |s| {
            if let Scalar::Outer { ty, .. } = s {
                let ty = *ty;
                match scope.eval(s, &[]) {
                    Ok(value) => *s = Scalar::Const { value, ty },
                    Err(e) => failed = Some(e),
                }
            }
        });
    }
    match (failed, copy.kind) {
        (Some(e), _) => Err(e),
        (None, RelKind::Scan(scan)) => Ok(*scan),
        _ => Err(ExecError::Internal("a scan became something else".into())),
    }
}

/// One call of a set-returning function that is being read.
struct Opened {
    rows: Option<Box<dyn Rows>>,
    once: Option<Row>,
    width: usize,
}

impl Opened {
    fn new(call: &SetCall, scope: &Scope, row: &[Datum]) -> Result<Opened, ExecError> {
        let args = call.args.iter().map(|a| scope.eval(a, row)).collect::<Result<Row, _>>()?;
        let mut open = Opened { rows: None, once: None, width: call.types.len() };
        match call.function {
            SetFunction::Table(f) => {
                if !(f.strict && args.iter().any(Datum::is_null)) {
                    open.rows = Some((f.open)(&scope.run.ctx.eval, &args)?);
                }
            }
            SetFunction::Scalar => {
                open.once = Some(match (args.into_iter().next(), open.width) {
                    (Some(Datum::Record(r)), width) if width == r.len() && width != 1 => r.to_vec(),
                    (value, width) => {
                        let mut row = vec![Datum::Null; width];
                        row.iter_mut().zip(value).for_each(|(slot, v)| *slot = v);
                        row
                    }
                });
            }
        }
        Ok(open)
    }
    fn next(&mut self) -> Result<Option<Row>, ExecError> {
        if let Some(row) = self.once.take() {
            return Ok(Some(row));
        }
        let next = match &mut self.rows {
            Some(rows) => rows.next()?,
            None => None,
        };
        if next.is_none() {
            self.rows = None;
        }
        Ok(next)
    }
}

/// Rows of several calls side by side; shorter ones end in NULLs.
fn set_rows(mut open: Vec<Opened>, ordinality: bool) -> RowStream {
    let mut number = 0;
    let mut batch = move || -> Result<Vec<Row>, ExecError> {
        let mut out = Vec::new();
        while out.len() < BATCH_ROWS {
            let (mut row, mut any) = (Vec::new(), false);
            for o in &mut open {
                let next = o.next()?;
                any |= next.is_some();
                row.extend(next.unwrap_or_else(|| vec![Datum::Null; o.width]));
            }
            if !any {
                break;
            }
            number += 1;
            if ordinality {
                row.push(Datum::Int8(number));
            }
            out.push(row);
        }
        Ok(out)
    };
    let batches = std::iter::from_fn(move || match batch() {
        Ok(b) => (!b.is_empty()).then_some(Ok(b)),
        Err(e) => Some(Err(e)),
    });
    stream::iter(batches).boxed()
}

fn project_set(
    scope: &Scope,
    exprs: &[ProjectItem],
    row: &[Datum],
    out: &mut Vec<Row>,
) -> Result<(), ExecError> {
    let mut open = Vec::new();
    for e in exprs {
        open.push(match e {
            ProjectItem::Set(call) => Some(Opened::new(call, scope, row)?),
            ProjectItem::Scalar(_) => None,
        });
    }
    loop {
        let (mut made, mut any) = (Vec::with_capacity(exprs.len()), false);
        for o in &mut open {
            let next = match o {
                Some(o) => o.next()?,
                None => None,
            };
            any |= next.is_some();
            made.push(match next {
                Some(mut r) if r.len() == 1 => r.pop().unwrap_or(Datum::Null),
                Some(r) => Datum::Record(r.into()),
                None => Datum::Null,
            });
        }
        if !any {
            return Ok(());
        }
        for (e, slot) in exprs.iter().zip(&mut made) {
            if let ProjectItem::Scalar(e) = e {
                *slot = scope.eval(e, row)?;
            }
        }
        out.push(made);
    }
}

/// OFFSET, LIMIT and WITH TIES; reads no further than it must.
fn limited(
    scope: Scope,
    input: RowStream,
    skip: usize,
    left: Option<usize>,
    ties: Vec<SortKey>,
) -> RowStream {
    struct State {
        input: RowStream,
        skip: usize,
        left: usize,
        last: Option<Vec<u8>>,
    }
    if left == Some(0) {
        return stream::empty().boxed();
    }
    let types: Vec<SqlType> = ties.iter().map(|k| k.expr.ty()).collect();
    let start = State { input, skip, left: left.unwrap_or(usize::MAX), last: None };
    stream::try_unfold(Some(start), move |state| {
        let (scope, ties, types) = (scope.clone(), ties.clone(), types.clone());
        async move {
            let Some(mut st) = state else { return Ok(None) };
            while let Some(batch) = st.input.try_next().await? {
                let (mut out, mut done) = (Vec::new(), false);
                for row in batch {
                    if st.skip > 0 {
                        st.skip -= 1;
                        continue;
                    }
                    if st.left == 0 {
                        let at = tie_key(&scope, &ties, &types, &row)?;
                        if st.last.as_ref() == Some(&at) {
                            out.push(row);
                            continue;
                        }
                        done = true;
                        break;
                    }
                    st.left -= 1;
                    if st.left == 0 && !ties.is_empty() {
                        st.last = Some(tie_key(&scope, &ties, &types, &row)?);
                    }
                    out.push(row);
                    if st.left == 0 && ties.is_empty() {
                        done = true;
                        break;
                    }
                }
                if done {
                    return Ok((!out.is_empty()).then_some((out, None)));
                }
                if !out.is_empty() {
                    return Ok(Some((out, Some(st))));
                }
            }
            Ok(None)
        }
    })
    .boxed()
}

fn tie_key(scope: &Scope, ties: &[SortKey], types: &[SqlType], row: &[Datum]) -> Result<Vec<u8>, ExecError> {
    let values =
        scope.with_env(|env| ties.iter().map(|k| eval_in(&k.expr, row, env)).collect::<Result<Row, _>>())?;
    Ok(key::row_key(&values, types))
}
