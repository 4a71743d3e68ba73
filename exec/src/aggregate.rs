//! Groups by key, with datum's accumulators: DISTINCT, ORDER BY, FILTER and grouping sets as PostgreSQL has them.
//!
//! Of equal group values that print differently (numeric scale) the first one is shown.

use crate::ExecError;
use crate::key::{compare, row_key};
use crate::lower::{Node, only};
use crate::rows::{chunks, later};
use crate::scope::{Row, Scope, row_size};
use datum::function::Accumulator;
use datum::{Datum, SqlType, TypeId};
use futures::TryStreamExt;
use planner::Scalar;
use planner::plan::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Bytes of a group beside its key and accumulators, an estimate.
const GROUP_BYTES: usize = 96;

pub(crate) fn lower(rel: &Rel, a: &AggregateRel, scope: &Scope) -> Result<Node, ExecError> {
    let (a, s) = (Arc::new(a.clone()), scope.clone());
    scope.node("Aggregate", rel, &[&a.clone().input], move |inputs| {
        let (a, s, mut input) = (a.clone(), s.clone(), only(inputs));
        later(async move {
            let mut groups = Groups::new(&a, s);
            while let Some(batch) = input.try_next().await? {
                groups.add(&a, &batch)?;
                tokio::task::consume_budget().await;
            }
            Ok(chunks(groups.finish(&a)?))
        })
    })
}

/// One call over one group.
pub(crate) struct CallState {
    accumulator: Option<Box<dyn Accumulator>>,
    /// Keys of arguments already taken, of DISTINCT.
    seen: HashSet<Vec<u8>>,
    /// Sort keys ++ arguments, of DISTINCT and ORDER BY.
    held: Vec<Row>,
}

/// What the rows of one call have in common.
struct CallShape {
    types: Vec<SqlType>,
    /// By which `held` is sorted; empty: rows go straight to the accumulator.
    order: Vec<(TypeId, bool, bool)>,
}

impl CallShape {
    fn new(c: &AggregateCall) -> CallShape {
        let types: Vec<SqlType> = c.args.iter().map(Scalar::ty).collect();
        let mut order: Vec<_> =
            c.order_by.iter().map(|k| (k.expr.ty().id, k.descending, k.nulls_first)).collect();
        if c.distinct && order.is_empty() {
            // PostgreSQL finds distinct values by sorting them, and the result shows it.
            order = types.iter().map(|t| (t.id, false, false)).collect();
        }
        CallShape { types, order }
    }
}

struct Groups {
    scope: Scope,
    index: HashMap<Vec<u8>, usize>,
    /// Grouping set, shown values, state of each call.
    groups: Vec<(usize, Row, Vec<CallState>)>,
    shapes: Vec<CallShape>,
    sets: Vec<Vec<usize>>,
    group_types: Vec<SqlType>,
    charge: crate::scope::Charge,
}

impl Groups {
    fn new(a: &AggregateRel, scope: Scope) -> Groups {
        Groups {
            index: HashMap::new(),
            groups: Vec::new(),
            shapes: a.calls.iter().map(CallShape::new).collect(),
            sets: a.sets.clone().unwrap_or_else(|| vec![(0..a.groups.len()).collect()]),
            group_types: a.groups.iter().map(Scalar::ty).collect(),
            charge: scope.charge("aggregate"),
            scope,
        }
    }

    fn open(&mut self, a: &AggregateRel, set: usize, values: Row) {
        let state = |(c, shape): (&AggregateCall, &CallShape)| CallState {
            accumulator: match &c.function {
                AggregateFunction::Registered(f) => {
                    Some((f.create)(&shape.types.iter().map(|t| t.id).collect::<Vec<_>>()))
                }
                AggregateFunction::Grouping(_) => None,
            },
            seen: HashSet::new(),
            held: Vec::new(),
        };
        let states = a.calls.iter().zip(&self.shapes).map(state).collect();
        self.groups.push((set, values, states));
    }

    fn add(&mut self, a: &AggregateRel, batch: &[Row]) -> Result<(), ExecError> {
        let mut bytes = 0;
        let scope = self.scope.clone();
        for row in batch {
            let values = a.groups.iter().map(|g| scope.eval(g, row)).collect::<Result<Row, _>>()?;
            let args = a.calls.iter().map(|c| arguments(&scope, c, row)).collect::<Result<Vec<_>, _>>()?;
            for set in 0..self.sets.len() {
                let mut shown = values.clone();
                if a.sets.is_some() {
                    for (i, v) in shown.iter_mut().enumerate() {
                        if !self.sets[set].contains(&i) {
                            *v = Datum::Null;
                        }
                    }
                }
                let mut key = row_key(&shown, &self.group_types);
                key.extend_from_slice(&(set as u32).to_be_bytes());
                let at = match self.index.get(&key) {
                    Some(at) => *at,
                    None => {
                        bytes += key.len() + row_size(&shown) + GROUP_BYTES * (1 + a.calls.len());
                        self.index.insert(key, self.groups.len());
                        self.open(a, set, shown);
                        self.groups.len() - 1
                    }
                };
                let states = self.groups[at].2.iter_mut().zip(&a.calls).zip(&self.shapes).zip(&args);
                for (((state, call), shape), args) in states {
                    let Some(args) = args else { continue };
                    bytes += state.take(&scope, call, shape, args)?;
                }
            }
        }
        self.charge.grow(bytes)
    }

    fn finish(mut self, a: &AggregateRel) -> Result<Vec<Row>, ExecError> {
        // A grouping set of nothing has one group even without rows.
        for set in 0..self.sets.len() {
            if self.sets[set].is_empty() && !self.groups.iter().any(|g| g.0 == set) {
                self.open(a, set, vec![Datum::Null; a.groups.len()]);
            }
        }
        let mut out = Vec::with_capacity(self.groups.len());
        for (set, mut row, states) in self.groups {
            for ((mut state, call), shape) in states.into_iter().zip(&a.calls).zip(&self.shapes) {
                row.push(match &call.function {
                    AggregateFunction::Grouping(positions) => {
                        let bit = |p: &usize| i32::from(!self.sets[set].contains(p));
                        Datum::Int4(positions.iter().fold(0, |mask, p| (mask << 1) | bit(p)))
                    }
                    AggregateFunction::Registered(_) => state.result(&self.scope, shape)?,
                });
            }
            out.push(row);
        }
        Ok(out)
    }
}

/// Sort keys ++ arguments of a row, unless the call leaves the row out.
fn arguments(scope: &Scope, c: &AggregateCall, row: &[Datum]) -> Result<Option<Row>, ExecError> {
    let AggregateFunction::Registered(f) = &c.function else { return Ok(None) };
    if let Some(filter) = &c.filter
        && scope.eval(filter, row)?.as_bool() != Some(true)
    {
        return Ok(None);
    }
    let args = c.args.iter().map(|a| scope.eval(a, row)).collect::<Result<Row, _>>()?;
    if f.skips_null && args.iter().any(Datum::is_null) {
        return Ok(None);
    }
    let mut keys = c.order_by.iter().map(|k| scope.eval(&k.expr, row)).collect::<Result<Row, _>>()?;
    if c.distinct && keys.is_empty() {
        keys = args.clone();
    }
    keys.extend(args);
    Ok(Some(keys))
}

impl CallState {
    /// Takes a row; gives the bytes by which it grew.
    fn take(
        &mut self,
        s: &Scope,
        c: &AggregateCall,
        shape: &CallShape,
        row: &Row,
    ) -> Result<usize, ExecError> {
        let args = &row[shape.order.len()..];
        let mut bytes = 0;
        if c.distinct {
            let key = row_key(args, &shape.types);
            let len = key.len() + GROUP_BYTES;
            if !self.seen.insert(key) {
                return Ok(0);
            }
            bytes += len;
        }
        if !shape.order.is_empty() {
            bytes += row_size(row);
            self.held.push(row.clone());
        } else if let Some(a) = &mut self.accumulator {
            let before = a.size();
            a.add(&s.run.ctx.eval, args)?;
            bytes += a.size().saturating_sub(before);
        }
        Ok(bytes)
    }
    fn result(&mut self, s: &Scope, shape: &CallShape) -> Result<Datum, ExecError> {
        let Some(a) = &mut self.accumulator else { return Ok(Datum::Null) };
        self.held.sort_by(|x, y| compare(&shape.order, x, y));
        for row in self.held.drain(..) {
            a.add(&s.run.ctx.eval, &row[shape.order.len()..])?;
        }
        Ok(a.result(&s.run.ctx.eval)?)
    }
}
