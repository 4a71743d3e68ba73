//! Rewrites of bound trees, one file for each rule, and the passes that finish a plan. Until `number_columns` runs, columns
//! are identities: a rule moves an expression without renumbering it.

mod choose_index;
mod fold;
mod number_columns;
mod order_joins;
mod prune_columns;
mod push_down_filter;
mod unnest_subqueries;

pub use fold::fold;
pub use number_columns::number_scalar;

use crate::bind::Binder;
use crate::error::Result;
use crate::plan::*;
use crate::scalar::{Scalar, SubqueryKind};
use datum::SqlType;
use datum::function::Volatility;
use std::collections::HashSet;

/// Scans and projections that the compiled road takes have at most so many rows of VALUES.
const COMPILED_VALUES_MAX: usize = 10_000;

/// Applies f to each expression of one operator (not of its inputs).
pub fn node_scalars_mut(rel: &mut Rel) -> Vec<&mut Scalar> {
    match &mut rel.kind {
        RelKind::Values(rows) => rows.iter_mut().flatten().collect(),
        RelKind::Scan(s) => {
            let mut out: Vec<&mut Scalar> = s.filter.iter_mut().chain(&mut s.limit).collect();
            for c in s.spans.iter_mut().flat_map(|s| &mut s.columns) {
                match c {
                    ColumnConstraint::Equal(e) | ColumnConstraint::InArray(e) => out.push(e),
                    ColumnConstraint::In(list) => out.extend(list),
                    ColumnConstraint::IsNull => {}
                    ColumnConstraint::Range { low, high } => {
                        out.extend(low.iter_mut().chain(high).map(|(e, _)| e));
                    }
                }
            }
            out
        }
        RelKind::VirtualScan(s) => s.filter.iter_mut().collect(),
        RelKind::TableFunction { calls, .. } => calls.iter_mut().flat_map(|c| &mut c.args).collect(),
        RelKind::Filter { predicate, .. } => vec![predicate],
        RelKind::Project { exprs, .. } => exprs.iter_mut().collect(),
        RelKind::ProjectSet { exprs, .. } => exprs
            .iter_mut()
            .flat_map(|e| match e {
                ProjectItem::Scalar(s) => std::slice::from_mut(s).iter_mut(),
                ProjectItem::Set(c) => c.args.iter_mut(),
            })
            .collect(),
        RelKind::Join(j) => {
            j.on.iter_mut().flat_map(|k| [&mut k.left, &mut k.right]).chain(&mut j.residual).collect()
        }
        RelKind::Apply(a) => match &mut a.kind {
            ApplyKind::Lateral { on: Some(e), .. } | ApplyKind::Quantified { test: e, .. } => vec![e],
            _ => vec![],
        },
        RelKind::Aggregate(a) => {
            let mut out: Vec<&mut Scalar> = a.groups.iter_mut().collect();
            for c in &mut a.calls {
                out.extend(
                    c.args.iter_mut().chain(&mut c.filter).chain(c.order_by.iter_mut().map(|k| &mut k.expr)),
                );
            }
            out
        }
        RelKind::Window(w) => {
            let mut out: Vec<&mut Scalar> = w.partition.iter_mut().collect();
            out.extend(w.order.iter_mut().map(|k| &mut k.expr));
            for c in &mut w.calls {
                out.extend(c.args.iter_mut().chain(&mut c.filter));
                for bound in [&mut c.frame.start, &mut c.frame.end] {
                    if let FrameBound::Preceding(e) | FrameBound::Following(e) = bound {
                        out.push(e);
                    }
                }
            }
            out
        }
        RelKind::Sort { keys, fetch, .. } => keys.iter_mut().map(|k| &mut k.expr).chain(fetch).collect(),
        RelKind::Limit { limit, offset, ties, .. } => {
            limit.iter_mut().chain(offset).chain(ties.iter_mut().map(|k| &mut k.expr)).collect()
        }
        RelKind::DistinctOn { keys, .. } => keys.iter_mut().collect(),
        RelKind::Distinct { .. } | RelKind::SetOp { .. } | RelKind::CteScan { .. } => vec![],
    }
}
/// Applies `f` to each expression of a tree (whole expressions; not inside subqueries).
pub fn for_each_scalar_mut(rel: &mut Rel, f: &mut dyn FnMut(&mut Scalar)) {
    node_scalars_mut(rel).into_iter().for_each(&mut *f);
    for input in rel.inputs_mut() {
        for_each_scalar_mut(input, f);
    }
}
/// Applies `f` to each operator of a tree, those inside subqueries of expressions too, inputs first.
pub fn for_each_rel_mut(rel: &mut Rel, f: &mut dyn FnMut(&mut Rel)) {
    for input in rel.inputs_mut() {
        for_each_rel_mut(input, f);
    }
    for s in node_scalars_mut(rel) {
        s.transform(&mut |s| {
            if let Scalar::Subquery(sub) = s {
                for_each_rel_mut(&mut sub.rel, f);
            }
        });
    }
    f(rel);
}

/// The columns that an expression names, with those inside its subqueries that they do not produce.
pub fn used(s: &Scalar, out: &mut HashSet<usize>) {
    match s {
        Scalar::Column { index, .. } => {
            out.insert(*index);
        }
        Scalar::Subquery(sub) => {
            out.extend(free_columns(&sub.rel));
            if let SubqueryKind::Quantified { right, .. } = &sub.kind {
                let mut inner = HashSet::new();
                right.iter().for_each(|r| used(r, &mut inner));
                let own: HashSet<usize> = sub.rel.columns.iter().map(|c| c.id).collect();
                out.extend(inner.difference(&own));
            }
        }
        _ => {}
    }
    s.children().into_iter().for_each(|c| used(c, out));
}
pub fn used_by(s: &Scalar) -> HashSet<usize> {
    let mut out = HashSet::new();
    used(s, &mut out);
    out
}
/// Columns that a tree names but does not produce: what makes it correlated.
pub fn free_columns(rel: &Rel) -> HashSet<usize> {
    fn walk(rel: &mut Rel, used_ids: &mut HashSet<usize>, made: &mut HashSet<usize>) {
        made.extend(rel.columns.iter().map(|c| c.id));
        for s in node_scalars_mut(rel) {
            used(s, used_ids);
        }
        for input in rel.inputs_mut() {
            walk(input, used_ids, made);
        }
    }
    let (mut used_ids, mut made) = (HashSet::new(), HashSet::new());
    walk(&mut rel.clone(), &mut used_ids, &mut made);
    used_ids.difference(&made).copied().collect()
}
pub fn ids(rel: &Rel) -> HashSet<usize> {
    rel.columns.iter().map(|c| c.id).collect()
}
/// Whether evaluating twice, or not at all, may be noticed.
pub fn is_volatile(s: &Scalar) -> bool {
    s.any(&mut |s| match s {
        Scalar::Call { function, .. } => function.volatility == Volatility::Volatile,
        Scalar::Operator { operator, .. } => operator.volatility == Volatility::Volatile,
        Scalar::Subquery(_) => true,
        _ => false,
    })
}

/// What rules share: fresh identities, slots, the catalog.
pub(crate) struct Rules<'b, 'a> {
    pub binder: &'b mut Binder<'a>,
    pub slots: Vec<Slot>,
}

impl Rules<'_, '_> {
    /// All rules over one tree, positions last.
    fn run(&mut self, mut rel: Rel) -> Result<Rel> {
        self.inline_ctes(&mut rel);
        for_each_scalar_mut(&mut rel, &mut |s| fold(s));
        let columns: Vec<usize> = rel.columns.iter().map(|c| c.id).collect();
        rel = self.unnest(rel)?;
        rel = push_down_filter::push_down(rel, vec![]);
        rel = self.order_joins(rel);
        self.choose_indexes(&mut rel);
        prune_columns::prune(&mut rel);
        // joins may have changed the order of the columns
        if rel.columns.iter().map(|c| c.id).ne(columns.iter().copied()) {
            let out: Vec<Column> =
                columns.iter().filter_map(|id| rel.columns.iter().find(|c| c.id == *id).cloned()).collect();
            let exprs = out.iter().map(|c| Scalar::column(c.id, c.ty)).collect();
            rel = Rel::new(RelKind::Project { input: Box::new(rel), exprs }, out);
        }
        Ok(rel)
    }
    /// A CTE that is read once, and was not asked to be materialised, becomes part of its reader.
    fn inline_ctes(&mut self, rel: &mut Rel) {
        for_each_rel_mut(rel, &mut |r| {
            let RelKind::CteScan { cte, fetch } = &r.kind else { return };
            let (cte, fetch) = (*cte, fetch.clone());
            let entry = &mut self.binder.ctes[cte];
            if entry.references != 1 || entry.materialized == Some(true) {
                return;
            }
            let Some(mut inner) = entry.rel.take() else { return };
            self.inline_ctes(&mut inner);
            let exprs =
                fetch.iter().map(|i| Scalar::column(inner.columns[*i].id, inner.columns[*i].ty)).collect();
            let columns = r
                .columns
                .iter()
                .zip(&fetch)
                .map(|(c, i)| Column { source: inner.columns[*i].source, ..c.clone() })
                .collect();
            *r = Rel::new(RelKind::Project { input: Box::new(inner), exprs }, columns);
        });
    }
}

/// Runs the rules over what the binder made, and completes the plan.
///
/// # Errors
/// `FeatureNotSupported`: a correlation that no operator runs; `Internal`.
pub(crate) fn finish(mut b: Binder<'_>, mut kind: PlanKind, parameters: Vec<SqlType>) -> Result<Plan> {
    let mut columns = Vec::new();
    let mut r = Rules { binder: &mut b, slots: vec![] };
    let empty = || Rel::one_row();
    match &mut kind {
        PlanKind::Query(rel) => {
            **rel = r.run(std::mem::replace(rel, empty()))?;
            columns = rel.columns.clone();
        }
        PlanKind::Insert(i) => {
            i.source = r.run(std::mem::replace(&mut i.source, empty()))?;
            let mut rest: Vec<&mut Scalar> = i.returning.iter_mut().flat_map(|x| &mut x.exprs).collect();
            if let Some(OnConflict { action: ConflictAction::Update { assignments, filter }, .. }) =
                &mut i.on_conflict
            {
                rest.extend(assignments.iter_mut().map(|(_, e)| e).chain(filter));
            }
            r.only_slots(rest)?;
            columns = i.returning.as_ref().map_or(vec![], |x| x.columns.clone());
        }
        PlanKind::Update(u) => {
            u.source = r.run(std::mem::replace(&mut u.source, empty()))?;
            r.only_slots(u.returning.iter_mut().flat_map(|x| &mut x.exprs).collect())?;
            columns = u.returning.as_ref().map_or(vec![], |x| x.columns.clone());
        }
        PlanKind::Delete(d) => {
            d.source = r.run(std::mem::replace(&mut d.source, empty()))?;
            r.only_slots(d.returning.iter_mut().flat_map(|x| &mut x.exprs).collect())?;
            columns = d.returning.as_ref().map_or(vec![], |x| x.columns.clone());
        }
        PlanKind::CopyTo(c) => c.source = r.run(std::mem::replace(&mut c.source, empty()))?,
        _ => {}
    }
    // CTEs that are still read, in order; their scans are renumbered.
    let mut ctes = Vec::new();
    let mut numbers = vec![None; r.binder.ctes.len()];
    for (i, number) in numbers.iter_mut().enumerate() {
        let (references, name) = (r.binder.ctes[i].references, r.binder.ctes[i].name.clone());
        if references > 0
            && let Some(rel) = r.binder.ctes[i].rel.take()
        {
            let rel = r.run(rel)?;
            *number = Some(ctes.len());
            ctes.push(Cte { name, rel });
        }
    }
    let mut slots = std::mem::take(&mut r.slots);
    let mut trees: Vec<&mut Rel> =
        slots.iter_mut().map(|s| &mut s.rel).chain(ctes.iter_mut().map(|c| &mut c.rel)).collect();
    match &mut kind {
        PlanKind::Query(rel) => trees.push(rel),
        PlanKind::Insert(i) => trees.push(&mut i.source),
        PlanKind::Update(u) => trees.push(&mut u.source),
        PlanKind::Delete(d) => trees.push(&mut d.source),
        PlanKind::CopyTo(c) => trees.push(&mut c.source),
        _ => {}
    }
    let mut volatile = false;
    let mut locks = false;
    for rel in trees {
        for_each_rel_mut(rel, &mut |x| {
            if let RelKind::CteScan { cte, .. } = &mut x.kind {
                *cte = numbers[*cte].unwrap_or(*cte);
            }
            if let RelKind::Scan(s) = &x.kind {
                locks |= s.lock.is_some();
            }
        });
        for_each_scalar_mut(rel, &mut |s| volatile |= is_volatile(s));
        number_columns::number_rel(rel, &mut Vec::new())?;
    }
    let reads = matches!(kind, PlanKind::Query(_) | PlanKind::CopyTo(_));
    let mut plan = Plan {
        kind,
        columns,
        parameters,
        slots,
        ctes,
        read_only: reads && !locks && !volatile,
        volatile,
        access: std::mem::take(&mut b.access),
        versions: std::mem::take(&mut b.versions),
        road: Road::Router,
    };
    if let PlanKind::Explain(e) = &plan.kind {
        plan.access = e.statement.access.clone();
        plan.versions = e.statement.versions.clone();
        let name = "QUERY PLAN".into();
        plan.columns = vec![Column { id: 0, name, ty: datum::TypeId::TEXT.plain(), source: None }];
    }
    plan.road = road(&plan);
    Ok(plan)
}

/// Which executor runs it: key-value requests for what reads few keys, DataFusion for the rest.
fn road(plan: &Plan) -> Road {
    let simple = |rel: &Rel| {
        plan.ctes.is_empty() && is_compiled(rel) && plan.slots.iter().all(|s| is_compiled(&s.rel))
    };
    let by = |compiled: bool| if compiled { Road::Compiled } else { Road::DataFusion };
    match &plan.kind {
        PlanKind::Query(rel) => by(simple(rel)),
        PlanKind::Insert(i) => by(simple(&i.source)),
        PlanKind::Update(u) => by(simple(&u.source)),
        PlanKind::Delete(d) => by(simple(&d.source)),
        PlanKind::CopyTo(c) => by(simple(&c.source)),
        PlanKind::CopyFrom(_) => Road::Compiled,
        PlanKind::Empty | PlanKind::Explain(_) | PlanKind::Ddl(_) | PlanKind::Session(_) => Road::Router,
    }
}
fn is_compiled(rel: &Rel) -> bool {
    match &rel.kind {
        RelKind::Values(rows) => rows.len() <= COMPILED_VALUES_MAX,
        // A scan of everything is compiled only if a limit or a lock bounds or needs it.
        RelKind::Scan(s) => {
            s.lock.is_some() || s.limit.is_some() || s.spans.iter().all(|span| !span.columns.is_empty())
        }
        RelKind::Filter { input, .. } | RelKind::Project { input, .. } | RelKind::Limit { input, .. } => {
            is_compiled(input)
        }
        _ => false,
    }
}
