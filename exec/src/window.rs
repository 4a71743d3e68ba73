//! Window functions: partitions are sorted, each frame is found row by row as PostgreSQL defines it, and datum's
//! accumulators run over it.
//!
//! A frame that only grows (from UNBOUNDED PRECEDING, the default) adds each row once; any other is computed anew for each
//! row.

use crate::ExecError;
use crate::key::compare;
use crate::lower::{Node, only};
use crate::rows::{chunks, later};
use crate::scope::{Row, Scope};
use datum::function::Accumulator;
use datum::window::WindowKind;
use datum::{Datum, TypeId};
use planner::Scalar;
use planner::plan::*;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

type Order = Vec<(TypeId, bool, bool)>;

pub(crate) fn lower(rel: &Rel, w: &WindowRel, scope: &Scope) -> Result<Node, ExecError> {
    for call in &w.calls {
        let offset = |b: &FrameBound| matches!(b, FrameBound::Preceding(_) | FrameBound::Following(_));
        if call.frame.units == FrameUnits::Range && (offset(&call.frame.start) || offset(&call.frame.end)) {
            return Err(ExecError::Unsupported("RANGE with an offset PRECEDING or FOLLOWING".into()));
        }
    }
    let (w, s) = (Arc::new(w.clone()), scope.clone());
    scope.node("Window", rel, &[&w.clone().input], move |inputs| {
        let (w, s, input) = (w.clone(), s.clone(), only(inputs));
        later(async move {
            let rows = s.gather(input, "window").await?;
            Ok(chunks(compute(&w, &s, &rows.rows)?))
        })
    })
}

/// A row with the values by which it is sorted.
struct Sorted<'a> {
    row: &'a Row,
    partition: Row,
    order: Row,
}

fn compute(w: &WindowRel, scope: &Scope, rows: &[Row]) -> Result<Vec<Row>, ExecError> {
    let by_partition: Order = w.partition.iter().map(|p| (p.ty().id, false, false)).collect();
    let by_order: Order = w.order.iter().map(|k| (k.expr.ty().id, k.descending, k.nulls_first)).collect();
    let mut sorted = Vec::with_capacity(rows.len());
    for row in rows {
        let partition = w.partition.iter().map(|p| scope.eval(p, row)).collect::<Result<Row, _>>()?;
        let order = w.order.iter().map(|k| scope.eval(&k.expr, row)).collect::<Result<Row, _>>()?;
        sorted.push(Sorted { row, partition, order });
    }
    sorted.sort_by(|a, b| {
        compare(&by_partition, &a.partition, &b.partition)
            .then_with(|| compare(&by_order, &a.order, &b.order))
    });
    let mut out = Vec::with_capacity(rows.len());
    let mut at = 0;
    while at < sorted.len() {
        let same =
            |s: &Sorted| compare(&by_partition, &sorted[at].partition, &s.partition) == Ordering::Equal;
        let end = at + sorted[at..].partition_point(same);
        let partition = Partition::new(scope, &sorted[at..end], &by_order);
        let columns = w.calls.iter().map(|c| partition.call(c)).collect::<Result<Vec<_>, _>>()?;
        for (i, s) in sorted[at..end].iter().enumerate() {
            let mut row = s.row.clone();
            row.extend(columns.iter().map(|c| c[i].clone()));
            out.push(row);
        }
        at = end;
    }
    Ok(out)
}

/// One partition in order, with its peer groups.
struct Partition<'a> {
    scope: &'a Scope,
    rows: &'a [Sorted<'a>],
    /// Of each row: the number of its peer group.
    group: Vec<usize>,
    /// First row of each peer group, and the end of the last.
    starts: Vec<usize>,
}

impl<'a> Partition<'a> {
    fn new(scope: &'a Scope, rows: &'a [Sorted<'a>], order: &Order) -> Partition<'a> {
        let mut group = Vec::with_capacity(rows.len());
        let mut starts = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            // Without ORDER BY all rows are peers.
            if i == 0 || compare(order, &rows[i - 1].order, &row.order) != Ordering::Equal {
                starts.push(i);
            }
            group.push(starts.len() - 1);
        }
        starts.push(rows.len());
        Partition { scope, rows, group, starts }
    }
    fn peers(&self, row: usize) -> Range<usize> {
        let g = self.group[row];
        self.starts[g]..self.starts[g + 1]
    }
    fn eval(&self, scalar: &Scalar, row: usize) -> Result<Datum, ExecError> {
        self.scope.eval(scalar, self.rows[row].row)
    }
    fn arg(&self, call: &WindowCall, n: usize, row: usize) -> Result<Option<Datum>, ExecError> {
        call.args.get(n).map(|a| self.eval(a, row)).transpose()
    }

    /// The value of a call for each row.
    fn call(&self, call: &WindowCall) -> Result<Vec<Datum>, ExecError> {
        let n = self.rows.len();
        let each =
            |f: &dyn Fn(usize) -> Result<Datum, ExecError>| (0..n).map(f).collect::<Result<Vec<_>, _>>();
        let kind = match call.function {
            WindowFunction::Aggregate(aggregate) => return self.aggregate(call, aggregate),
            WindowFunction::Window(function) => function.kind,
        };
        match kind {
            WindowKind::RowNumber => each(&|i| Ok(Datum::Int8(i as i64 + 1))),
            WindowKind::Rank => each(&|i| Ok(Datum::Int8(self.peers(i).start as i64 + 1))),
            WindowKind::DenseRank => each(&|i| Ok(Datum::Int8(self.group[i] as i64 + 1))),
            WindowKind::PercentRank => each(&|i| {
                Ok(Datum::Float8(if n <= 1 { 0.0 } else { self.peers(i).start as f64 / (n - 1) as f64 }))
            }),
            WindowKind::CumeDist => each(&|i| Ok(Datum::Float8(self.peers(i).end as f64 / n as f64))),
            WindowKind::Ntile => self.ntile(call),
            WindowKind::Lag => self.shifted(call, -1),
            WindowKind::Lead => self.shifted(call, 1),
            WindowKind::FirstValue => each(&|i| self.nth(call, i, |f| f.first().copied())),
            WindowKind::LastValue => each(&|i| self.nth(call, i, |f| f.last().copied())),
            WindowKind::NthValue => each(&|i| {
                let Some(Datum::Int4(which)) = self.arg(call, 1, i)? else { return Ok(Datum::Null) };
                let which = usize::try_from(which)
                    .ok()
                    .filter(|w| *w > 0)
                    .ok_or_else(|| invalid("argument of nth_value must be greater than zero"))?;
                self.nth(call, i, |f| f.get(which - 1).copied())
            }),
        }
    }

    fn ntile(&self, call: &WindowCall) -> Result<Vec<Datum>, ExecError> {
        let n = self.rows.len();
        let buckets = match self.arg(call, 0, 0)?.and_then(|d| d.as_i64()) {
            None => return Ok(vec![Datum::Null; n]),
            Some(b) => usize::try_from(b)
                .ok()
                .filter(|b| *b > 0)
                .ok_or_else(|| invalid("argument of ntile must be greater than zero"))?,
        };
        let (size, larger) = (n / buckets, n % buckets);
        let bucket = |i: usize| {
            let in_larger = larger * (size + 1);
            if i < in_larger { i / (size + 1) } else { larger + (i - in_larger) / size.max(1) }
        };
        Ok((0..n).map(|i| Datum::Int4(i32::try_from(bucket(i) + 1).unwrap_or(i32::MAX))).collect())
    }

    /// lag and lead: value, offset (1), default (NULL).
    fn shifted(&self, call: &WindowCall, sign: i64) -> Result<Vec<Datum>, ExecError> {
        let mut out = Vec::with_capacity(self.rows.len());
        for i in 0..self.rows.len() {
            let offset = match self.arg(call, 1, i)? {
                None => Some(1),
                Some(d) => d.as_i64(),
            };
            let Some(offset) = offset else {
                out.push(Datum::Null);
                continue;
            };
            let target = i64::try_from(i).ok().and_then(|i| i.checked_add(sign.checked_mul(offset)?));
            let target = target.and_then(|t| usize::try_from(t).ok()).filter(|t| *t < self.rows.len());
            out.push(match target {
                Some(t) => self.arg(call, 0, t)?.unwrap_or(Datum::Null),
                None => self.arg(call, 2, i)?.unwrap_or(Datum::Null),
            });
        }
        Ok(out)
    }

    fn nth(
        &self,
        call: &WindowCall,
        row: usize,
        pick: impl Fn(&[usize]) -> Option<usize>,
    ) -> Result<Datum, ExecError> {
        let frame = self.frame(call, row)?;
        match pick(&self.without_excluded(call, row, frame)) {
            Some(i) => Ok(self.arg(call, 0, i)?.unwrap_or(Datum::Null)),
            None => Ok(Datum::Null),
        }
    }

    fn aggregate(
        &self,
        call: &WindowCall,
        aggregate: &'static datum::Aggregate,
    ) -> Result<Vec<Datum>, ExecError> {
        let types: Vec<TypeId> = call.args.iter().map(|a| a.ty().id).collect();
        let ctx = &self.scope.run.ctx.eval;
        let grows = matches!(call.frame.start, FrameBound::UnboundedPreceding)
            && call.frame.exclude == FrameExclude::NoOthers;
        let mut out = Vec::with_capacity(self.rows.len());
        let mut running = (aggregate.create)(&types);
        let mut taken = 0;
        for i in 0..self.rows.len() {
            let frame = self.frame(call, i)?;
            if !grows {
                running = (aggregate.create)(&types);
                for row in self.without_excluded(call, i, frame) {
                    self.take(call, aggregate, &mut *running, row)?;
                }
            } else if frame.end >= taken {
                for row in taken..frame.end {
                    self.take(call, aggregate, &mut *running, row)?;
                }
                taken = frame.end;
            }
            out.push(running.result(ctx)?);
        }
        Ok(out)
    }

    fn take(
        &self,
        call: &WindowCall,
        aggregate: &datum::Aggregate,
        state: &mut dyn Accumulator,
        row: usize,
    ) -> Result<(), ExecError> {
        if let Some(filter) = &call.filter
            && !matches!(self.eval(filter, row)?, Datum::Bool(true))
        {
            return Ok(());
        }
        let args = call.args.iter().map(|a| self.eval(a, row)).collect::<Result<Row, _>>()?;
        if aggregate.skips_null && args.iter().any(Datum::is_null) {
            return Ok(());
        }
        Ok(state.add(&self.scope.run.ctx.eval, &args)?)
    }

    /// The frame of a row, before exclusion.
    fn frame(&self, call: &WindowCall, row: usize) -> Result<Range<usize>, ExecError> {
        let start = self.bound(call, &call.frame.start, row, true)?;
        let end = self.bound(call, &call.frame.end, row, false)?;
        Ok(start..end.max(start))
    }

    /// The first row of the frame, or the row after its last.
    fn bound(
        &self,
        call: &WindowCall,
        bound: &FrameBound,
        row: usize,
        start: bool,
    ) -> Result<usize, ExecError> {
        let n = self.rows.len();
        let offset = |s: &Scalar| -> Result<usize, ExecError> {
            let which = if start { "starting" } else { "ending" };
            match self.eval(s, row)?.as_i64() {
                None => Err(ExecError::Datum(datum::DatumError::NullValueNotAllowed(format!(
                    "frame {which} offset must not be null"
                )))),
                Some(v) => usize::try_from(v)
                    .map_err(|_| invalid(&format!("frame {which} offset must not be negative"))),
            }
        };
        Ok(match (bound, call.frame.units) {
            (FrameBound::UnboundedPreceding, _) => 0,
            (FrameBound::UnboundedFollowing, _) => n,
            (FrameBound::CurrentRow, FrameUnits::Rows) => row + usize::from(!start),
            (FrameBound::CurrentRow, _) => {
                let peers = self.peers(row);
                if start { peers.start } else { peers.end }
            }
            (FrameBound::Preceding(s), FrameUnits::Rows) => {
                (row + usize::from(!start)).saturating_sub(offset(s)?)
            }
            (FrameBound::Following(s), FrameUnits::Rows) => {
                row.saturating_add(offset(s)?).saturating_add(usize::from(!start)).min(n)
            }
            (FrameBound::Preceding(s), _) => match (self.group[row].checked_sub(offset(s)?), start) {
                (Some(g), true) => self.starts[g],
                (Some(g), false) => self.starts[g + 1],
                (None, _) => 0,
            },
            (FrameBound::Following(s), _) => {
                let g = self.group[row].saturating_add(offset(s)?);
                let last = self.starts.len() - 1;
                if start { self.starts[g.min(last)] } else { self.starts[g.saturating_add(1).min(last)] }
            }
        })
    }

    fn without_excluded(&self, call: &WindowCall, row: usize, frame: Range<usize>) -> Vec<usize> {
        let peers = self.peers(row);
        frame
            .filter(|i| match call.frame.exclude {
                FrameExclude::NoOthers => true,
                FrameExclude::CurrentRow => *i != row,
                FrameExclude::Group => !peers.contains(i),
                FrameExclude::Ties => *i == row || !peers.contains(i),
            })
            .collect()
    }
}

fn invalid(text: &str) -> ExecError {
    ExecError::Datum(datum::DatumError::InvalidParameterValue(text.to_owned()))
}
