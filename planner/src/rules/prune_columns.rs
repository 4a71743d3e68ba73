//! Drops columns that nothing above names. Identities are unique, so one look at the whole tree tells which those are.

use super::{for_each_rel_mut, node_scalars_mut, used};
use crate::plan::*;
use crate::scalar::Scalar;
use std::collections::HashSet;

pub fn prune(rel: &mut Rel) {
    // a dropped projection may free columns below it
    for _ in 0..3 {
        let mut needed: HashSet<usize> = rel.columns.iter().map(|c| c.id).collect();
        collect(rel, &mut needed);
        for_each_rel_mut(rel, &mut |r| drop_unneeded(r, &needed));
    }
}

fn collect(rel: &mut Rel, needed: &mut HashSet<usize>) {
    if let RelKind::Project { exprs, .. } = &rel.kind {
        for (e, c) in exprs.iter().zip(&rel.columns) {
            // passing a column on is no use of it
            if !matches!(e, Scalar::Column { index, .. } if *index == c.id) {
                used(e, needed);
            }
        }
    } else {
        // operators that look at every column of their inputs
        if matches!(rel.kind, RelKind::SetOp { .. } | RelKind::Distinct { .. } | RelKind::ProjectSet { .. }) {
            for input in rel.inputs() {
                needed.extend(input.columns.iter().map(|c| c.id));
            }
        }
        if let RelKind::Apply(a) = &rel.kind
            && !matches!(a.kind, ApplyKind::Lateral { .. })
        {
            needed.extend(a.subplan.columns.iter().map(|c| c.id));
        }
        if let RelKind::Scan(s) = &mut rel.kind {
            // what only the filter names is fetched but not yielded
            let mut own = HashSet::new();
            s.filter.iter().for_each(|f| used(f, &mut own));
            own.retain(|c| !s.fetch_ids.contains(c));
            needed.extend(own);
        } else if let RelKind::VirtualScan(s) = &mut rel.kind {
            let mut own = HashSet::new();
            s.filter.iter().for_each(|f| used(f, &mut own));
            own.retain(|c| !s.fetch_ids.contains(c));
            needed.extend(own);
        } else {
            for s in node_scalars_mut(rel) {
                used(s, needed);
            }
        }
        if let RelKind::Scan(s) = &rel.kind {
            for c in s.spans.iter().flat_map(|s| &s.columns) {
                let mut go = |e: &Scalar| used(e, needed);
                match c {
                    ColumnConstraint::Equal(e) | ColumnConstraint::InArray(e) => go(e),
                    ColumnConstraint::In(list) => list.iter().for_each(go),
                    ColumnConstraint::IsNull => {}
                    ColumnConstraint::Range { low, high } => low.iter().chain(high).for_each(|(e, _)| go(e)),
                }
            }
        }
    }
    for input in rel.inputs_mut() {
        collect(input, needed);
    }
}

fn drop_unneeded(rel: &mut Rel, needed: &HashSet<usize>) {
    let keep: Vec<bool> = rel.columns.iter().map(|c| needed.contains(&c.id)).collect();
    let mut filter_uses = HashSet::new();
    match &mut rel.kind {
        RelKind::Scan(s) => {
            if s.lock.is_some() {
                return;
            }
            s.filter.iter().for_each(|f| used(f, &mut filter_uses));
            let wanted: Vec<usize> = (0..s.fetch.len())
                .filter(|i| needed.contains(&s.fetch_ids[*i]) || filter_uses.contains(&s.fetch_ids[*i]))
                .collect();
            let out: Vec<usize> =
                rel.columns.iter().filter(|c| needed.contains(&c.id)).map(|c| c.id).collect();
            s.fetch = wanted.iter().map(|i| s.fetch[*i]).collect();
            s.fetch_ids = wanted.iter().map(|i| s.fetch_ids[*i]).collect();
            s.output = out.iter().filter_map(|id| s.fetch_ids.iter().position(|f| f == id)).collect();
        }
        RelKind::VirtualScan(s) => {
            s.filter.iter().for_each(|f| used(f, &mut filter_uses));
            let wanted: Vec<usize> = (0..s.fetch.len())
                .filter(|i| needed.contains(&s.fetch_ids[*i]) || filter_uses.contains(&s.fetch_ids[*i]))
                .collect();
            let out: Vec<usize> =
                rel.columns.iter().filter(|c| needed.contains(&c.id)).map(|c| c.id).collect();
            s.fetch = wanted.iter().map(|i| s.fetch[*i]).collect();
            s.fetch_ids = wanted.iter().map(|i| s.fetch_ids[*i]).collect();
            s.output = out.iter().filter_map(|id| s.fetch_ids.iter().position(|f| f == id)).collect();
        }
        RelKind::Project { exprs, .. } => {
            let mut i = 0;
            exprs.retain(|_| {
                i += 1;
                keep[i - 1]
            });
        }
        RelKind::CteScan { fetch, .. } => {
            let mut i = 0;
            fetch.retain(|_| {
                i += 1;
                keep[i - 1]
            });
        }
        RelKind::Aggregate(a) => {
            let groups = a.groups.len();
            let mut i = groups;
            a.calls.retain(|_| {
                i += 1;
                keep[i - 1]
            });
            let mut i = 0;
            rel.columns.retain(|_| {
                i += 1;
                i <= groups || keep[i - 1]
            });
            return;
        }
        RelKind::Join(j) => {
            let row: Vec<&Column> = match j.kind {
                JoinKind::Semi | JoinKind::Anti => j.left.columns.iter().collect(),
                _ => j.left.columns.iter().chain(&j.right.columns).collect(),
            };
            let (mut output, mut columns) = (vec![], vec![]);
            for (i, c) in row.iter().enumerate() {
                if needed.contains(&c.id) {
                    output.push(i);
                    columns.push((*c).clone());
                }
            }
            j.output = output;
            rel.columns = columns;
            return;
        }
        RelKind::Apply(a) => {
            let mut columns = a.input.columns.clone();
            if matches!(a.kind, ApplyKind::Lateral { .. }) {
                columns.extend(a.subplan.columns.iter().cloned());
            } else {
                columns.extend(rel.columns.last().cloned());
            }
            rel.columns = columns;
            return;
        }
        RelKind::Filter { input, .. }
        | RelKind::Sort { input, .. }
        | RelKind::Limit { input, .. }
        | RelKind::Distinct { input }
        | RelKind::DistinctOn { input, .. } => {
            rel.columns = input.columns.clone();
            return;
        }
        RelKind::Window(w) => {
            let calls = rel.columns.split_off(rel.columns.len() - w.calls.len());
            rel.columns = w.input.columns.iter().cloned().chain(calls).collect();
            return;
        }
        RelKind::Values(_)
        | RelKind::TableFunction { .. }
        | RelKind::ProjectSet { .. }
        | RelKind::SetOp { .. } => return,
    }
    let mut i = 0;
    rel.columns.retain(|_| {
        i += 1;
        keep[i - 1]
    });
}
