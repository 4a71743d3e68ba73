//! Takes subqueries out of expressions: EXISTS and IN become semi and anti joins, what is not correlated a slot evaluated
//! once, an aggregate correlated by equality a join with a grouped subquery, and the rest an `Apply`.

use super::{Rules, free_columns, ids, node_scalars_mut, used_by};
use crate::bind::resolve::can_coerce;
use crate::error::{PlanError, Result};
use crate::plan::*;
use crate::scalar::{Scalar, Subquery, SubqueryKind};
use datum::{CastContext, TypeId};
use std::collections::HashSet;

fn join(left: Rel, right: Rel, kind: JoinKind, condition: Vec<Scalar>, null_aware: bool) -> Rel {
    let columns: Vec<Column> = match kind {
        JoinKind::Semi | JoinKind::Anti => left.columns.clone(),
        _ => left.columns.iter().chain(&right.columns).cloned().collect(),
    };
    let output = (0..columns.len()).collect();
    let residual = Scalar::conjunction(condition);
    let strategy = JoinStrategy::Nested;
    let join = Join { kind, left, right, on: vec![], residual, strategy, output, null_aware };
    Rel::new(RelKind::Join(Box::new(join)), columns)
}
fn filter(rel: Rel, predicates: Vec<Scalar>) -> Rel {
    match Scalar::conjunction(predicates) {
        None => rel,
        Some(predicate) => {
            let columns = rel.columns.clone();
            Rel::new(RelKind::Filter { input: Box::new(rel), predicate }, columns)
        }
    }
}

/// Takes the correlated conditions out of a tree's filters, and makes the columns they name come out of it. What is left
/// may still be correlated: the caller looks.
fn pull_up(rel: Rel, outer: &HashSet<usize>) -> (Rel, Vec<Scalar>) {
    let columns = rel.columns.clone();
    match rel.kind {
        RelKind::Filter { input, predicate } => {
            let (input, mut pulled) = pull_up(*input, outer);
            let (mine, rest): (Vec<_>, Vec<_>) = predicate.conjuncts().into_iter().partition(|p| {
                !used_by(p).is_disjoint(outer) && !p.any(&mut |s| matches!(s, Scalar::Subquery(_)))
            });
            pulled.extend(mine);
            (filter(input, rest), pulled)
        }
        RelKind::Project { input, mut exprs } => {
            let (input, pulled) = pull_up(*input, outer);
            let mut columns = columns;
            for p in &pulled {
                for id in used_by(p) {
                    if let Some(c) = input.columns.iter().find(|c| c.id == id)
                        && !columns.iter().any(|c| c.id == id)
                    {
                        exprs.push(Scalar::column(c.id, c.ty));
                        columns.push(c.clone());
                    }
                }
            }
            (Rel::new(RelKind::Project { input: Box::new(input), exprs }, columns), pulled)
        }
        RelKind::Join(mut j) if j.kind == JoinKind::Inner => {
            let (left, mut pulled) = pull_up(j.left, outer);
            let (right, more) = pull_up(j.right, outer);
            pulled.extend(more);
            let conditions = j.residual.take().map_or(vec![], Scalar::conjuncts);
            let (mine, rest): (Vec<_>, Vec<_>) =
                conditions.into_iter().partition(|p| !used_by(p).is_disjoint(outer));
            pulled.extend(mine);
            (join(left, right, JoinKind::Inner, rest, false), pulled)
        }
        RelKind::Join(mut j) if matches!(j.kind, JoinKind::Semi | JoinKind::Anti | JoinKind::Left) => {
            let (left, pulled) = pull_up(j.left, outer);
            let columns: Vec<Column> = match j.kind {
                JoinKind::Left => left.columns.iter().chain(&j.right.columns).cloned().collect(),
                _ => left.columns.clone(),
            };
            j.output = (0..columns.len()).collect();
            j.left = left;
            (Rel::new(RelKind::Join(j), columns), pulled)
        }
        kind => (Rel { kind, columns, rows: rel.rows }, vec![]),
    }
}
/// What EXISTS does not look at.
fn strip_for_exists(rel: Rel) -> Rel {
    match rel.kind {
        RelKind::Project { input, .. } | RelKind::Sort { input, .. } | RelKind::Distinct { input } => {
            strip_for_exists(*input)
        }
        RelKind::Limit { input, limit: Some(Scalar::Const { value, .. }), offset: None, .. }
            if value.as_i64().is_some_and(|n| n > 0) =>
        {
            strip_for_exists(*input)
        }
        _ => rel,
    }
}

impl Rules<'_, '_> {
    /// Takes the subqueries out of a whole tree.
    pub fn unnest(&mut self, mut rel: Rel) -> Result<Rel> {
        for input in rel.inputs_mut() {
            let inner = std::mem::replace(input, Rel::one_row());
            *input = self.unnest(inner)?;
        }
        // a join whose right side names its left one
        if let RelKind::Join(j) = &rel.kind
            && matches!(j.kind, JoinKind::Inner | JoinKind::Left)
            && !free_columns(&j.right).is_disjoint(&ids(&j.left))
        {
            let columns = rel.columns.clone();
            if let RelKind::Join(j) = rel.kind {
                let left = j.kind == JoinKind::Left;
                let kind = ApplyKind::Lateral { left, on: j.residual };
                let apply = Apply { input: j.left, subplan: j.right, kind };
                rel = Rel::new(RelKind::Apply(Box::new(apply)), columns);
            }
        }
        let has = |s: &Scalar| s.any(&mut |s| matches!(s, Scalar::Subquery(_)));
        if !node_scalars_mut(&mut rel).iter().any(|s| has(s)) {
            return Ok(rel);
        }
        // conditions of inner joins move above it: there they can become joins of their own
        if let RelKind::Join(j) = &mut rel.kind
            && j.kind == JoinKind::Inner
        {
            let predicates = j.residual.take().map_or(vec![], Scalar::conjuncts);
            rel = filter(rel, predicates);
        }
        if let RelKind::Filter { input, predicate } = rel.kind {
            let mut input = *input;
            let columns: Vec<Column> = input.columns.clone();
            let mut rest = Vec::new();
            for p in predicate.conjuncts() {
                match self.as_join(input, p)? {
                    (i, None) => input = i,
                    (i, Some(p)) => {
                        input = i;
                        rest.push(p);
                    }
                }
            }
            for p in &mut rest {
                input = self.hoist(input, p)?;
            }
            let out = filter(input, rest);
            if out.columns.len() == columns.len() {
                return Ok(out);
            }
            let exprs = columns.iter().map(|c| Scalar::column(c.id, c.ty)).collect();
            return Ok(Rel::new(RelKind::Project { input: Box::new(out), exprs }, columns));
        }
        if let RelKind::Values(rows) = &mut rel.kind {
            let single = rows.len() == 1;
            let mut below = Rel::one_row();
            for e in rows.iter_mut().flatten() {
                below = self.hoist(below, e)?;
            }
            if !below.columns.is_empty() {
                if !single {
                    return Err(PlanError::not_supported(
                        "a correlated subquery in VALUES with several rows",
                    ));
                }
                let exprs = rows.pop().unwrap_or_default();
                rel.kind = RelKind::Project { input: Box::new(below), exprs };
            }
            return Ok(rel);
        }
        let one_input = rel.inputs().len() == 1;
        let mut input = match rel.inputs_mut().into_iter().next() {
            Some(i) if one_input => std::mem::replace(i, Rel::one_row()),
            _ => Rel::one_row(),
        };
        let before = input.columns.clone();
        let mut exprs: Vec<Scalar> = node_scalars_mut(&mut rel)
            .into_iter()
            .map(|s| std::mem::replace(s, Scalar::bool(true)))
            .collect();
        for e in &mut exprs {
            input = self.hoist(input, e)?;
        }
        for (place, e) in node_scalars_mut(&mut rel).into_iter().zip(exprs) {
            *place = e;
        }
        let grown = input.columns.len() > before.len();
        if grown && !one_input {
            return Err(PlanError::not_supported(
                "a correlated subquery in this place (an outer join's condition or a function in FROM)",
            ));
        }
        if one_input && let Some(i) = rel.inputs_mut().into_iter().next() {
            *i = input;
            // operators that pass their input on show the new columns, too
            if grown
                && !matches!(
                    rel.kind,
                    RelKind::Project { .. } | RelKind::Aggregate(_) | RelKind::ProjectSet { .. }
                )
            {
                let columns = rel.columns.clone();
                let mut all = rel.inputs()[0].columns.clone();
                all.extend(columns.iter().filter(|c| !before.iter().any(|b| b.id == c.id)).cloned());
                rel.columns = all;
                let exprs = columns.iter().map(|c| Scalar::column(c.id, c.ty)).collect();
                rel = Rel::new(RelKind::Project { input: Box::new(rel), exprs }, columns);
            }
        }
        Ok(rel)
    }

    /// A conjunct that is EXISTS or IN (or the negation) as a join of `input`; else the conjunct comes back.
    fn as_join(&mut self, input: Rel, p: Scalar) -> Result<(Rel, Option<Scalar>)> {
        let (sub, negated) = match p {
            Scalar::Subquery(s) => (s, false),
            Scalar::Not(inner) => match *inner {
                Scalar::Subquery(s) if matches!(s.kind, SubqueryKind::Exists) => (s, true),
                other => return Ok((input, Some(Scalar::Not(Box::new(other))))),
            },
            other => return Ok((input, Some(other))),
        };
        let Subquery { kind, rel, ty } = *sub;
        let outer = ids(&input);
        match kind {
            SubqueryKind::Exists if !free_columns(&rel).is_empty() => {
                let original = rel.clone();
                let rel = self.unnest(strip_for_exists(rel))?;
                let (right, condition) = pull_up(rel, &outer);
                let join_kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
                if free_columns(&right).is_disjoint(&outer) {
                    return Ok((join(input, right, join_kind, condition, false), None));
                }
                let sub =
                    Scalar::Subquery(Box::new(Subquery { kind: SubqueryKind::Exists, rel: original, ty }));
                Ok((input, Some(if negated { Scalar::Not(Box::new(sub)) } else { sub })))
            }
            SubqueryKind::Quantified { all: false, negated: n, tests, left, right }
                if !left.iter().any(|l| l.any(&mut |s| matches!(s, Scalar::Subquery(_)))) =>
            {
                let equal = tests.iter().all(|t| t.name == "=");
                let correlated = !free_columns(&rel).is_disjoint(&outer);
                if !n || (equal && tests.len() == 1 && !correlated) {
                    let original = rel.clone();
                    let inner = self.unnest(rel)?;
                    let (inner, mut condition) = pull_up(inner, &outer);
                    if free_columns(&inner).is_disjoint(&outer) {
                        for ((test, l), r) in tests.iter().zip(&left).zip(&right) {
                            condition.push(Scalar::Operator {
                                operator: test,
                                args: vec![l.clone(), r.clone()],
                                ty: TypeId::BOOL.plain(),
                            });
                        }
                        let join_kind = if n { JoinKind::Anti } else { JoinKind::Semi };
                        return Ok((join(input, inner, join_kind, condition, n), None));
                    }
                    let kind = SubqueryKind::Quantified { all: false, negated: n, tests, left, right };
                    return Ok((
                        input,
                        Some(Scalar::Subquery(Box::new(Subquery { kind, rel: original, ty }))),
                    ));
                }
                let kind = SubqueryKind::Quantified { all: false, negated: n, tests, left, right };
                Ok((input, Some(Scalar::Subquery(Box::new(Subquery { kind, rel, ty })))))
            }
            kind => {
                let sub = Scalar::Subquery(Box::new(Subquery { kind, rel, ty }));
                Ok((input, Some(if negated { Scalar::Not(Box::new(sub)) } else { sub })))
            }
        }
    }

    /// Replaces the subqueries of an expression by slots and by columns that `input` is made to yield.
    fn hoist(&mut self, mut input: Rel, e: &mut Scalar) -> Result<Rel> {
        let mut children = Vec::new();
        e.for_each_child_mut(&mut |c| children.push(std::mem::replace(c, Scalar::bool(true))));
        for c in &mut children {
            input = self.hoist(input, c)?;
        }
        let mut children = children.into_iter();
        e.for_each_child_mut(&mut |c| {
            if let Some(new) = children.next() {
                *c = new;
            }
        });
        let Scalar::Subquery(sub) = e else { return Ok(input) };
        let Subquery { kind, rel, ty } = std::mem::replace(
            &mut **sub,
            Subquery { kind: SubqueryKind::Exists, rel: Rel::one_row(), ty: TypeId::BOOL.plain() },
        );
        let correlated = !free_columns(&rel).is_empty();
        if !correlated {
            *e = self.slot(kind, rel, ty)?;
            return Ok(input);
        }
        if matches!(kind, SubqueryKind::Scalar)
            && let Some((joined, value)) = self.scalar_aggregate(&input, &rel)?
        {
            *e = value;
            return Ok(joined);
        }
        let subplan = self.unnest(rel)?;
        let mut columns = input.columns.clone();
        let column = Column { id: self.binder.fresh(), name: "subquery".into(), ty, source: None };
        let mut value = Scalar::column(column.id, column.ty);
        columns.push(column);
        let kind = match kind {
            SubqueryKind::Scalar => ApplyKind::Scalar,
            SubqueryKind::Exists => ApplyKind::Exists,
            SubqueryKind::Array => ApplyKind::Array,
            SubqueryKind::Quantified { all, negated, tests, left, right } => {
                if negated {
                    value = Scalar::Not(Box::new(value));
                }
                let tests = tests
                    .iter()
                    .zip(left)
                    .zip(right)
                    .map(|((t, l), r)| Scalar::Operator {
                        operator: t,
                        args: vec![l, r],
                        ty: TypeId::BOOL.plain(),
                    })
                    .collect();
                ApplyKind::Quantified { all, test: Scalar::conjunction(tests).unwrap_or(Scalar::bool(true)) }
            }
        };
        *e = value;
        Ok(Rel::new(RelKind::Apply(Box::new(Apply { input, subplan, kind })), columns))
    }
    /// An uncorrelated subquery: a slot, planned on its own.
    fn slot(&mut self, kind: SubqueryKind, rel: Rel, ty: datum::SqlType) -> Result<Scalar> {
        let slot_kind = match kind {
            SubqueryKind::Scalar => SlotKind::Scalar,
            SubqueryKind::Exists => SlotKind::Exists,
            SubqueryKind::Array => SlotKind::Array,
            SubqueryKind::Quantified { all, negated, tests, left, right } => {
                let ([test], [l], [r]) = (tests.as_slice(), left.as_slice(), right.as_slice()) else {
                    return Err(PlanError::not_supported("a row compared with a subquery outside WHERE"));
                };
                let Some(array) = r.ty().id.array() else {
                    return Err(PlanError::not_supported(format!(
                        "comparing values of type {} with a subquery",
                        r.ty()
                    )));
                };
                let column =
                    Column { id: self.binder.fresh(), name: "value".into(), ty: r.ty(), source: None };
                let rel =
                    Rel::new(RelKind::Project { input: Box::new(rel), exprs: vec![r.clone()] }, vec![column]);
                let rel = self.run(rel)?;
                self.slots.push(Slot { kind: SlotKind::Array, rel, ty: array.plain() });
                let slot = Scalar::Slot { index: self.slots.len() - 1, ty: array.plain() };
                let value = Scalar::Quantified {
                    operator: test,
                    all,
                    arg: Box::new(l.clone()),
                    array: Box::new(slot),
                };
                return Ok(if negated { Scalar::Not(Box::new(value)) } else { value });
            }
        };
        let rel = self.run(rel)?;
        self.slots.push(Slot { kind: slot_kind, rel, ty });
        Ok(Scalar::Slot { index: self.slots.len() - 1, ty })
    }
    /// `(SELECT f(agg(x)) FROM t WHERE t.k = outer.k)` as a left join with `t` grouped by `k`. Only where an empty group gives
    /// NULL both ways: no count, and a strict expression over the aggregates.
    fn scalar_aggregate(&mut self, input: &Rel, rel: &Rel) -> Result<Option<(Rel, Scalar)>> {
        let RelKind::Project { input: below, exprs } = &rel.kind else { return Ok(None) };
        let RelKind::Aggregate(a) = &below.kind else { return Ok(None) };
        let null_for_none = |c: &AggregateCall| match c.function {
            AggregateFunction::Registered(f) => {
                matches!(
                    f.name,
                    "min" | "max" | "sum" | "avg" | "bool_and" | "bool_or" | "every" | "stddev" | "variance"
                )
            }
            AggregateFunction::Grouping(_) => false,
        };
        fn strict(s: &Scalar) -> bool {
            match s {
                Scalar::Column { .. } => true,
                Scalar::Const { .. } | Scalar::Param { .. } => false,
                Scalar::Operator { operator, args, .. } => operator.strict && args.iter().any(strict),
                Scalar::Cast { arg, .. } | Scalar::Relabel { arg, .. } | Scalar::Typmod { arg, .. } => {
                    strict(arg)
                }
                _ => false,
            }
        }
        if !a.groups.is_empty()
            || a.sets.is_some()
            || !a.calls.iter().all(null_for_none)
            || !exprs.iter().all(strict)
        {
            return Ok(None);
        }
        let outer = ids(input);
        let source = self.unnest(a.input.clone())?;
        let (source, pulled) = pull_up(source, &outer);
        let own = ids(&source);
        let mut groups: Vec<Column> = Vec::new();
        for p in &pulled {
            // key = expression over the outer row alone
            let Scalar::Operator { operator, args, .. } = p else { return Ok(None) };
            let key = args.iter().find_map(|x| match x {
                Scalar::Column { index, .. } if own.contains(index) => {
                    source.columns.iter().find(|c| c.id == *index)
                }
                _ => None,
            });
            let Some(key) = key else { return Ok(None) };
            let one_key = used_by(p).iter().filter(|c| own.contains(c)).count() == 1;
            if operator.name != "=" || !one_key {
                return Ok(None);
            }
            if !groups.iter().any(|g| g.id == key.id) {
                groups.push(key.clone());
            }
        }
        let uses_outer = a.calls.iter().flat_map(|c| &c.args).any(|e| !used_by(e).is_disjoint(&outer));
        if pulled.is_empty() || uses_outer || !free_columns(&source).is_empty() {
            return Ok(None);
        }
        let mut columns = groups.clone();
        columns.extend(below.columns.iter().cloned());
        let keys = groups.iter().map(|g| Scalar::column(g.id, g.ty)).collect();
        let grouped = AggregateRel { input: source, groups: keys, sets: None, calls: a.calls.clone() };
        let right = Rel::new(RelKind::Aggregate(Box::new(grouped)), columns);
        let value = exprs.first().cloned().unwrap_or(Scalar::bool(true));
        Ok(Some((join(input.clone(), right, JoinKind::Left, pulled, false), value)))
    }
    /// Expressions outside any tree (RETURNING, ON CONFLICT): slots only.
    pub fn only_slots(&mut self, exprs: Vec<&mut Scalar>) -> Result<()> {
        for e in exprs {
            let below = self.hoist(Rel::one_row(), e)?;
            if !below.columns.is_empty() {
                return Err(PlanError::not_supported("a correlated subquery in RETURNING or ON CONFLICT"));
            }
        }
        Ok(())
    }
}

/// Whether values of both types may be brought to one of them without a written cast.
pub fn common_side(a: TypeId, b: TypeId) -> Option<TypeId> {
    if a == b || can_coerce(b, a, CastContext::Implicit) {
        return Some(a);
    }
    can_coerce(a, b, CastContext::Implicit).then_some(b)
}
