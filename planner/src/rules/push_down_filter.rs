//! Moves conditions towards the scans; outer joins whose padded rows a condition rejects become inner ones.

use super::{ids, is_volatile, used_by};
use crate::plan::*;
use crate::scalar::Scalar;
use std::collections::{HashMap, HashSet};

fn wrap(rel: Rel, predicates: Vec<Scalar>) -> Rel {
    match Scalar::conjunction(predicates) {
        None => rel,
        Some(predicate) => {
            let columns = rel.columns.clone();
            Rel::new(RelKind::Filter { input: Box::new(rel), predicate }, columns)
        }
    }
}
fn and(filter: &mut Option<Scalar>, more: Vec<Scalar>) {
    let mut all = filter.take().map_or(vec![], Scalar::conjuncts);
    all.extend(more);
    *filter = Scalar::conjunction(all);
}
/// Splits by whether the condition's columns, as far as they are of `all`, are all of `side`.
fn take(predicates: &mut Vec<Scalar>, all: &HashSet<usize>, side: &HashSet<usize>) -> Vec<Scalar> {
    let (mine, rest) = std::mem::take(predicates)
        .into_iter()
        .partition(|p| !is_volatile(p) && used_by(p).iter().all(|c| side.contains(c) || !all.contains(c)));
    *predicates = rest;
    mine
}
/// Whether a NULL in any of these columns makes the condition not true.
fn rejects_null(p: &Scalar, columns: &HashSet<usize>) -> bool {
    fn strict(s: &Scalar, columns: &HashSet<usize>) -> bool {
        match s {
            Scalar::Column { index, .. } => columns.contains(index),
            Scalar::Operator { operator, args, .. } => {
                operator.strict && args.iter().any(|a| strict(a, columns))
            }
            Scalar::Call { function, args, .. } => function.strict && args.iter().any(|a| strict(a, columns)),
            Scalar::Cast { arg, .. }
            | Scalar::Relabel { arg, .. }
            | Scalar::CastViaText { arg, .. }
            | Scalar::Typmod { arg, .. } => strict(arg, columns),
            Scalar::InList { arg, .. } | Scalar::Quantified { arg, .. } => strict(arg, columns),
            _ => false,
        }
    }
    match p {
        Scalar::IsNull { arg, negated: true } => strict(arg, columns),
        Scalar::And(args) => args.iter().any(|a| rejects_null(a, columns)),
        Scalar::Or(args) => args.iter().all(|a| rejects_null(a, columns)),
        Scalar::Not(arg) => strict(arg, columns),
        p => strict(p, columns),
    }
}

/// Pushes conditions (over the tree's output) into the tree.
pub fn push_down(mut rel: Rel, mut predicates: Vec<Scalar>) -> Rel {
    match rel.kind {
        RelKind::Filter { input, predicate } => {
            predicates.extend(predicate.conjuncts());
            push_down(*input, predicates)
        }
        RelKind::Project { input, exprs } => {
            let map: HashMap<usize, Scalar> =
                rel.columns.iter().map(|c| c.id).zip(exprs.iter().cloned()).collect();
            let (mut down, mut stay) = (vec![], vec![]);
            for mut p in predicates {
                let blocked =
                    is_volatile(&p) || used_by(&p).iter().any(|c| map.get(c).is_some_and(is_volatile));
                if blocked {
                    stay.push(p);
                    continue;
                }
                p.transform(&mut |s| {
                    if let Scalar::Column { index, .. } = s
                        && let Some(e) = map.get(index)
                    {
                        *s = e.clone();
                    }
                });
                down.push(p);
            }
            rel.kind = RelKind::Project { input: Box::new(push_down(*input, down)), exprs };
            wrap(rel, stay)
        }
        RelKind::Join(mut j) => {
            let (left, right) = (ids(&j.left), ids(&j.right));
            let all: HashSet<usize> = left.union(&right).copied().collect();
            if j.kind == JoinKind::Left && predicates.iter().any(|p| rejects_null(p, &right)) {
                j.kind = JoinKind::Inner;
            }
            if j.kind == JoinKind::Full {
                let (l, r) = (
                    predicates.iter().any(|p| rejects_null(p, &left)),
                    predicates.iter().any(|p| rejects_null(p, &right)),
                );
                match (l, r) {
                    (true, true) => j.kind = JoinKind::Inner,
                    (true, false) => j.kind = JoinKind::Left,
                    (false, true) => {
                        std::mem::swap(&mut j.left, &mut j.right);
                        rel.columns = j.left.columns.iter().chain(&j.right.columns).cloned().collect();
                        rel.kind = RelKind::Join(Box::new(Join { kind: JoinKind::Left, ..*j }));
                        return push_down(rel, predicates);
                    }
                    _ => {}
                }
            }
            let mut conditions = j.residual.take().map_or(vec![], Scalar::conjuncts);
            let (mut to_left, mut to_right) = (vec![], vec![]);
            let mut above = vec![];
            match j.kind {
                JoinKind::Inner => {
                    conditions.append(&mut predicates);
                    to_left = take(&mut conditions, &all, &left);
                    to_right = take(&mut conditions, &all, &right);
                }
                JoinKind::Left => {
                    to_left = take(&mut predicates, &all, &left);
                    above = predicates;
                    to_right = take(&mut conditions, &all, &right);
                }
                JoinKind::Semi => {
                    to_left = predicates;
                    to_left.extend(take(&mut conditions, &all, &left));
                    to_right = take(&mut conditions, &all, &right);
                }
                JoinKind::Anti => {
                    to_left = predicates;
                    if !j.null_aware {
                        to_right = take(&mut conditions, &all, &right);
                    }
                }
                JoinKind::Full => above = predicates,
            }
            j.left = push_down(j.left, to_left);
            j.right = push_down(j.right, to_right);
            j.residual = Scalar::conjunction(conditions);
            rel.kind = RelKind::Join(j);
            wrap(rel, above)
        }
        RelKind::Apply(mut a) => {
            let input = ids(&a.input);
            let all: HashSet<usize> = rel.columns.iter().map(|c| c.id).collect();
            let down = take(&mut predicates, &all, &input);
            a.input = push_down(a.input, down);
            a.subplan = push_down(a.subplan, vec![]);
            rel.kind = RelKind::Apply(a);
            wrap(rel, predicates)
        }
        RelKind::Aggregate(mut a) => {
            let plain: HashSet<usize> = a
                .groups
                .iter()
                .zip(&rel.columns)
                .filter(|(g, c)| matches!(g, Scalar::Column { index, .. } if *index == c.id))
                .map(|(_, c)| c.id)
                .collect();
            let all: HashSet<usize> = rel.columns.iter().map(|c| c.id).collect();
            let down = if a.sets.is_none() && !a.groups.is_empty() {
                take(&mut predicates, &all, &plain)
            } else {
                vec![]
            };
            a.input = push_down(a.input, down);
            rel.kind = RelKind::Aggregate(a);
            wrap(rel, predicates)
        }
        RelKind::Sort { input, keys, fetch } if fetch.is_none() => {
            rel.kind = RelKind::Sort { input: Box::new(push_down(*input, predicates)), keys, fetch };
            rel
        }
        RelKind::Distinct { input } => {
            rel.kind = RelKind::Distinct { input: Box::new(push_down(*input, predicates)) };
            rel
        }
        RelKind::Scan(mut s) => {
            and(&mut s.filter, predicates);
            rel.kind = RelKind::Scan(s);
            rel
        }
        RelKind::VirtualScan(mut s) => {
            and(&mut s.filter, predicates);
            rel.kind = RelKind::VirtualScan(s);
            rel
        }
        _ => {
            for input in rel.inputs_mut() {
                let inner = std::mem::replace(input, Rel::one_row());
                *input = push_down(inner, vec![]);
            }
            wrap(rel, predicates)
        }
    }
}
