//! Orders inner joins greedily by estimated rows, finds their equal keys, and chooses how each is run.

use super::unnest_subqueries::common_side;
use super::{Rules, ids, used_by};
use crate::plan::*;
use crate::scalar::Scalar;
use datum::CastContext;
use std::collections::HashSet;

/// Rows of a table of which nothing is known.
const TABLE_ROWS: f64 = 1000.0;

/// The share of rows that a condition lets through: a guess.
pub fn selectivity(p: &Scalar) -> f64 {
    match p {
        Scalar::Operator { operator, .. } => match operator.name {
            "=" => 0.01,
            "<" | ">" | "<=" | ">=" => 0.33,
            "<>" => 0.99,
            _ => 0.1,
        },
        Scalar::InList { list, all: false, .. } => (0.01 * list.len() as f64).min(0.5),
        Scalar::IsNull { negated, .. } => {
            if *negated {
                0.95
            } else {
                0.05
            }
        }
        Scalar::And(args) => args.iter().map(selectivity).product(),
        Scalar::Or(args) => args.iter().map(selectivity).sum::<f64>().min(1.0),
        _ => 0.3,
    }
}

impl Rules<'_, '_> {
    pub fn order_joins(&mut self, mut rel: Rel) -> Rel {
        if matches!(&rel.kind, RelKind::Join(j) if j.kind == JoinKind::Inner) {
            let (mut parts, mut conditions) = (vec![], vec![]);
            flatten(rel, &mut parts, &mut conditions);
            let parts: Vec<Rel> = parts.into_iter().map(|p| self.order_joins(p)).collect();
            return self.greedy(parts, conditions);
        }
        for input in rel.inputs_mut() {
            let inner = std::mem::replace(input, Rel::one_row());
            *input = self.order_joins(inner);
        }
        if let RelKind::Join(j) = &mut rel.kind {
            let conditions = j.residual.take().map_or(vec![], Scalar::conjuncts);
            self.set_keys(j, conditions);
            let columns: Vec<Column> = match j.kind {
                JoinKind::Semi | JoinKind::Anti => j.left.columns.clone(),
                _ => j.left.columns.iter().chain(&j.right.columns).cloned().collect(),
            };
            j.output = (0..columns.len()).collect();
            rel.columns = columns;
        } else if matches!(
            rel.kind,
            RelKind::Filter { .. }
                | RelKind::Sort { .. }
                | RelKind::Limit { .. }
                | RelKind::Distinct { .. }
                | RelKind::DistinctOn { .. }
        ) {
            rel.columns = rel.inputs()[0].columns.clone();
        } else if let RelKind::Window(w) = &rel.kind {
            let calls = rel.columns[rel.columns.len() - w.calls.len()..].to_vec();
            rel.columns = w.input.columns.iter().cloned().chain(calls).collect();
        } else if let RelKind::Apply(a) = &rel.kind {
            let last = rel.columns.last().cloned();
            rel.columns = a.input.columns.clone();
            if matches!(a.kind, ApplyKind::Lateral { .. }) {
                rel.columns.extend(a.subplan.columns.iter().cloned());
            } else {
                rel.columns.extend(last);
            }
        }
        rel.rows = self.estimate(&rel);
        rel
    }
    fn greedy(&mut self, mut parts: Vec<Rel>, mut conditions: Vec<Scalar>) -> Rel {
        let smallest = |parts: &[Rel]| {
            (0..parts.len()).min_by(|a, b| parts[*a].rows.total_cmp(&parts[*b].rows)).unwrap_or(0)
        };
        let first = smallest(&parts);
        let mut current = parts.remove(first);
        while !parts.is_empty() {
            let have = ids(&current);
            let connected = |p: &Rel| {
                let both: HashSet<usize> = have.union(&ids(p)).copied().collect();
                conditions.iter().any(|c| {
                    let u = used_by(c);
                    !u.is_disjoint(&have)
                        && !u.is_disjoint(&ids(p))
                        && u.iter().all(|x| both.contains(x) || !known(x, &have, &parts))
                })
            };
            let candidates: Vec<usize> = (0..parts.len()).filter(|i| connected(&parts[*i])).collect();
            let next = candidates
                .into_iter()
                .min_by(|a, b| parts[*a].rows.total_cmp(&parts[*b].rows))
                .unwrap_or_else(|| smallest(&parts));
            let right = parts.remove(next);
            let both: HashSet<usize> = have.union(&ids(&right)).copied().collect();
            let (mine, rest): (Vec<_>, Vec<_>) = conditions
                .into_iter()
                .partition(|c| used_by(c).iter().all(|x| both.contains(x) || !known(x, &both, &parts)));
            conditions = rest;
            let columns: Vec<Column> = current.columns.iter().chain(&right.columns).cloned().collect();
            let mut join = Join {
                kind: JoinKind::Inner,
                left: current,
                right,
                on: vec![],
                residual: None,
                strategy: JoinStrategy::Nested,
                output: (0..columns.len()).collect(),
                null_aware: false,
            };
            self.set_keys(&mut join, mine);
            current = Rel::new(RelKind::Join(Box::new(join)), columns);
            current.rows = self.estimate(&current);
        }
        match Scalar::conjunction(conditions) {
            None => current,
            Some(predicate) => {
                let (columns, rows) = (current.columns.clone(), current.rows);
                Rel { rows, ..Rel::new(RelKind::Filter { input: Box::new(current), predicate }, columns) }
            }
        }
    }
    /// Splits a join's conditions into equal keys and the rest.
    fn set_keys(&mut self, j: &mut Join, conditions: Vec<Scalar>) {
        let (left, right) = (ids(&j.left), ids(&j.right));
        let mut rest = Vec::new();
        for c in conditions {
            let key = match &c {
                Scalar::Operator { operator, args, .. } if operator.name == "=" && args.len() == 2 => {
                    let (a, b) = (used_by(&args[0]), used_by(&args[1]));
                    let on = |u: &HashSet<usize>, side: &HashSet<usize>, other: &HashSet<usize>| {
                        !u.is_disjoint(side) && u.is_disjoint(other)
                    };
                    if on(&a, &left, &right) && on(&b, &right, &left) {
                        self.key(args[0].clone(), args[1].clone())
                    } else if on(&a, &right, &left) && on(&b, &left, &right) {
                        self.key(args[1].clone(), args[0].clone())
                    } else {
                        None
                    }
                }
                _ => None,
            };
            match key {
                Some(k) => j.on.push(k),
                None => rest.push(c),
            }
        }
        j.residual = Scalar::conjunction(rest);
        if !j.on.is_empty() {
            let build_left = j.left.rows < j.right.rows && matches!(j.kind, JoinKind::Inner | JoinKind::Full);
            j.strategy = JoinStrategy::Hash { build_left };
        }
    }
    fn key(&mut self, l: Scalar, r: Scalar) -> Option<JoinKey> {
        let common = common_side(l.ty().id, r.ty().id)?;
        let (equal, ty) = self.binder.self_operator("=", common, 0).ok()?;
        let left = self.binder.coerce(l, ty.plain(), CastContext::Implicit, 0).ok()?;
        let right = self.binder.coerce(r, ty.plain(), CastContext::Implicit, 0).ok()?;
        Some(JoinKey { left, right, equal })
    }
    /// Estimated rows, from the estimates of the inputs.
    pub fn estimate(&self, rel: &Rel) -> f64 {
        let rows = match &rel.kind {
            RelKind::Values(rows) => rows.len() as f64,
            RelKind::Scan(s) => {
                let all = self.binder.view.row_estimate(s.table.id).map_or(TABLE_ROWS, |n| n as f64);
                let passing = s.filter.iter().map(selectivity).product::<f64>();
                let point = s.filter.as_ref().is_some_and(|f| super::choose_index::is_point(s, f));
                if point { 1.0 } else { all * passing }
            }
            RelKind::VirtualScan(s) => 100.0 * s.filter.iter().map(selectivity).product::<f64>(),
            RelKind::TableFunction { .. } => 100.0,
            RelKind::CteScan { .. } => 100.0,
            RelKind::Filter { input, predicate } => input.rows * selectivity(predicate),
            RelKind::Join(j) => {
                let product = j.left.rows * j.right.rows;
                match j.kind {
                    JoinKind::Semi | JoinKind::Anti => j.left.rows * 0.5,
                    _ if j.on.is_empty() => product,
                    JoinKind::Left => j.left.rows.max(product / j.left.rows.max(j.right.rows).max(1.0)),
                    _ => product / j.left.rows.max(j.right.rows).max(1.0),
                }
            }
            RelKind::Aggregate(a) if a.groups.is_empty() => 1.0,
            RelKind::Aggregate(a) => (a.input.rows * 0.1).max(1.0),
            RelKind::Limit { input, limit, .. } => {
                let n = limit.as_ref().and_then(|l| l.as_const()).and_then(|d| d.as_i64());
                n.map_or(input.rows, |n| input.rows.min(n as f64))
            }
            RelKind::SetOp { left, right, .. } => left.rows + right.rows,
            _ => rel.inputs().first().map_or(1.0, |i| i.rows),
        };
        rows.max(1.0)
    }
}

fn known(id: &usize, have: &HashSet<usize>, parts: &[Rel]) -> bool {
    have.contains(id) || parts.iter().any(|p| p.columns.iter().any(|c| c.id == *id))
}
fn flatten(rel: Rel, parts: &mut Vec<Rel>, conditions: &mut Vec<Scalar>) {
    match rel.kind {
        RelKind::Join(j) if j.kind == JoinKind::Inner => {
            conditions.extend(j.residual.map_or(vec![], Scalar::conjuncts));
            flatten(j.left, parts, conditions);
            flatten(j.right, parts, conditions);
        }
        _ => parts.push(rel),
    }
}
