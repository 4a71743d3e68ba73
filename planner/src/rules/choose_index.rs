//! Chooses the index of each scan: spans from conditions on a prefix of its columns, order for ORDER BY, limits, and
//! look-ups for joins.

use super::{Rules, used_by};
use crate::eval::eval;
use crate::plan::*;
use crate::scalar::Scalar;
use catalog::{ColumnDescriptor, IndexDescriptor, TableDescriptor};
use datum::{CastContext, EvalContext, TypeId};

/// A join looks up its right side row by row if the left one has at most so many.
const LOOKUP_ROWS_MAX: f64 = 200.0;

/// What one condition says of one column.
struct Found {
    constraint: ColumnConstraint,
    /// Conditions used up, by position.
    used: Vec<usize>,
}
struct Choice {
    index_id: u32,
    span: IndexSpan,
    used: Vec<usize>,
    unique: bool,
    covered: bool,
}

/// The column under a relabelling.
fn column_of(s: &Scalar) -> Option<usize> {
    match s {
        Scalar::Column { index, .. } => Some(*index),
        Scalar::Relabel { arg, .. } => column_of(arg),
        _ => None,
    }
}
/// Whether conditions pin every column of a unique index.
pub fn is_point(s: &Scan, filter: &Scalar) -> bool {
    let conditions = filter.clone().conjuncts();
    let t = &s.table.descriptor;
    t.all_indexes().filter(|i| i.unique || i.id == t.primary.id).any(|i| {
        i.columns.iter().all(|k| {
            let id = s.fetch.iter().position(|f| *f == k.column_id).map(|p| s.fetch_ids[p]);
            conditions.iter().any(|c| match c {
                Scalar::Operator { operator, args, .. } if operator.name == "=" && args.len() == 2 => {
                    id.is_some() && (column_of(&args[0]) == id || column_of(&args[1]) == id)
                }
                _ => false,
            })
        })
    })
}

impl Rules<'_, '_> {
    pub fn choose_indexes(&mut self, rel: &mut Rel) {
        // a sort and a limit first: they look down at a scan that has no index yet
        match &mut rel.kind {
            RelKind::Limit { input, limit, offset, ties } if ties.is_empty() => {
                self.choose_indexes(input);
                if let (Some(l), None) = (limit.as_ref(), offset.as_ref())
                    && used_by(l).is_empty()
                {
                    match &mut input.kind {
                        RelKind::Sort { fetch, .. } => *fetch = Some(l.clone()),
                        _ => {
                            if let Some(s) = scan_below(input) {
                                s.limit = Some(l.clone());
                            }
                        }
                    }
                }
                return;
            }
            RelKind::Sort { input, keys, .. } => {
                let keys = keys.clone();
                let mut chosen = None;
                if let Some((scan, map)) = scan_with_columns(input) {
                    let wanted = keys
                        .iter()
                        .map(|k| Some((map(column_of(&k.expr)?)?, k.descending, k.nulls_first)))
                        .collect::<Option<Vec<_>>>();
                    chosen = wanted.map(|keys| self.choose_for(scan, Some(&keys), &[]));
                }
                match chosen {
                    Some(true) => {
                        let inner = std::mem::replace(&mut **input, Rel::one_row());
                        *rel = inner;
                    }
                    Some(false) => {}
                    None => self.choose_indexes(input),
                }
                return;
            }
            RelKind::Scan(s) => {
                self.choose_for(s, None, &[]);
                return;
            }
            RelKind::Join(j)
                if matches!(j.kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
                    && !j.null_aware =>
            {
                self.choose_indexes(&mut j.left);
                if j.left.rows <= LOOKUP_ROWS_MAX && !j.on.is_empty() && self.try_lookup(j) {
                    return;
                }
                self.choose_indexes(&mut j.right);
                return;
            }
            _ => {}
        }
        for input in rel.inputs_mut() {
            self.choose_indexes(input);
        }
    }
    /// A lookup join, if an index of the right table begins with the join's keys.
    fn try_lookup(&mut self, j: &mut Join) -> bool {
        let RelKind::Scan(scan) = &mut j.right.kind else { return false };
        let mut trial = scan.clone();
        let keys: Vec<Scalar> =
            j.on.iter()
                .map(|k| Scalar::Operator {
                    operator: k.equal,
                    args: vec![k.right.clone(), k.left.clone()],
                    ty: TypeId::BOOL.plain(),
                })
                .collect();
        self.choose_for(&mut trial, None, &keys);
        // every key must be proved by the spans or remain as a filter; at least one by the spans
        let outer = super::ids(&j.left);
        let mut by_span = false;
        for c in trial.spans.iter().flat_map(|s| &s.columns) {
            if let ColumnConstraint::Equal(e) = c {
                by_span |= !used_by(e).is_disjoint(&outer);
            }
        }
        if !by_span {
            return false;
        }
        *scan = trial;
        j.on.clear();
        j.strategy = JoinStrategy::Lookup;
        true
    }
    /// Chooses for one scan; `order`: keys (column id, descending, nulls first) that the rows should come in. Returns whether they do.
    fn choose_for(&mut self, s: &mut Scan, order: Option<&[(u32, bool, bool)]>, extra: &[Scalar]) -> bool {
        let mut conditions = s.filter.clone().map_or(vec![], Scalar::conjuncts);
        conditions.extend(extra.iter().cloned());
        let table = s.table.descriptor.clone();
        let mut best: Option<(i64, Choice, Option<bool>)> = None;
        let usable = std::iter::once(&table.primary).chain(table.indexes.iter().filter(|i| i.is_public()));
        for index in usable {
            let choice = self.match_index(s, &table, index, &conditions);
            let reverse = order.and_then(|keys| satisfied(&table, index, &choice.span, keys));
            if order.is_some()
                && reverse.is_none()
                && choice.span.columns.is_empty()
                && index.id != table.primary.id
            {
                continue;
            }
            let mut score = 0i64;
            let full = choice.unique;
            for c in &choice.span.columns {
                score += match c {
                    ColumnConstraint::Equal(_) => 100,
                    ColumnConstraint::In(_) | ColumnConstraint::InArray(_) => 90,
                    ColumnConstraint::IsNull => 60,
                    ColumnConstraint::Range { low: Some(_), high: Some(_) } => 50,
                    ColumnConstraint::Range { .. } => 30,
                };
            }
            score += if full { 1000 } else { 0 };
            score += if choice.covered { 20 } else { 0 };
            score += if reverse.is_some() { 40 } else { 0 };
            score += i64::from(index.id == table.primary.id);
            if choice.span.columns.is_empty() && !choice.covered && reverse.is_none() {
                continue;
            }
            // an uncovered index only for its order costs a look-up for each row
            if choice.span.columns.is_empty() && !choice.covered {
                score -= 30;
            }
            if best.as_ref().is_none_or(|(b, ..)| score > *b) {
                best = Some((score, choice, reverse));
            }
        }
        let Some((_, choice, reverse)) = best else {
            s.filter = Scalar::conjunction(conditions);
            return false;
        };
        s.index_id = choice.index_id;
        s.index_join = !choice.covered;
        let mut i = 0;
        conditions.retain(|_| {
            i += 1;
            !choice.used.contains(&(i - 1))
        });
        s.filter = Scalar::conjunction(conditions);
        s.spans = vec![choice.span];
        s.ordered = reverse.is_some();
        s.reverse = reverse == Some(true);
        reverse.is_some()
    }
    fn match_index(
        &mut self,
        s: &Scan,
        table: &TableDescriptor,
        index: &IndexDescriptor,
        conditions: &[Scalar],
    ) -> Choice {
        let mut span = IndexSpan::default();
        let mut used = Vec::new();
        let mut pinned = 0;
        for k in &index.columns {
            let Some(column) = table.column(k.column_id) else { break };
            let Some(p) = s.fetch.iter().position(|f| *f == k.column_id) else { break };
            let Some(found) = self.constraint(s.fetch_ids[p], column, conditions, &s.fetch_ids) else {
                break;
            };
            used.extend(found.used);
            let point = !matches!(found.constraint, ColumnConstraint::Range { .. });
            pinned += usize::from(matches!(found.constraint, ColumnConstraint::Equal(_)));
            span.columns.push(found.constraint);
            if !point {
                break;
            }
        }
        let primary = index.id == table.primary.id;
        let held = |id: u32| {
            primary
                || index.columns.iter().any(|k| k.column_id == id)
                || index.stored_column_ids.contains(&id)
                || table.primary.columns.iter().any(|k| k.column_id == id)
        };
        let covered = s.fetch.iter().all(|id| held(*id)) && (primary || s.lock.is_none());
        let unique = (index.unique || primary) && pinned == index.columns.len();
        Choice { index_id: index.id, span, used, unique, covered }
    }
    /// What the conditions say of one column: equality before lists before ranges.
    fn constraint(
        &mut self,
        id: usize,
        column: &ColumnDescriptor,
        conditions: &[Scalar],
        own: &[usize],
    ) -> Option<Found> {
        let mut low: Option<((Scalar, bool), usize)> = None;
        let mut high: Option<((Scalar, bool), usize)> = None;
        let mut listed: Option<Found> = None;
        for (i, c) in conditions.iter().enumerate() {
            match c {
                Scalar::Operator { operator, args, .. } if args.len() == 2 => {
                    let (value, flipped) = if column_of(&args[0]) == Some(id) {
                        (&args[1], false)
                    } else if column_of(&args[1]) == Some(id) {
                        (&args[0], true)
                    } else {
                        continue;
                    };
                    let name = match (operator.name, flipped) {
                        ("<", true) => ">",
                        (">", true) => "<",
                        ("<=", true) => ">=",
                        (">=", true) => "<=",
                        (n, _) => n,
                    };
                    if !matches!(name, "=" | "<" | ">" | "<=" | ">=") {
                        continue;
                    }
                    let Some(value) = self.key_value(value, column, own) else { continue };
                    match name {
                        "=" => {
                            return Some(Found { constraint: ColumnConstraint::Equal(value), used: vec![i] });
                        }
                        "<" | "<=" if high.is_none() => high = Some(((value, name == "<="), i)),
                        ">" | ">=" if low.is_none() => low = Some(((value, name == ">="), i)),
                        _ => {}
                    }
                }
                Scalar::InList { operator, all: false, arg, list }
                    if operator.name == "=" && column_of(arg) == Some(id) =>
                {
                    let values: Option<Vec<Scalar>> =
                        list.iter().map(|v| self.key_value(v, column, own)).collect();
                    if let Some(values) = values {
                        listed = Some(Found { constraint: ColumnConstraint::In(values), used: vec![i] });
                    }
                }
                Scalar::Quantified { operator, all: false, arg, array }
                    if operator.name == "=" && column_of(arg) == Some(id) && listed.is_none() =>
                {
                    if array.ty().id.element() == Some(TypeId(column.type_oid)) && independent(array, own) {
                        let constraint = ColumnConstraint::InArray((**array).clone());
                        listed = Some(Found { constraint, used: vec![i] });
                    }
                }
                Scalar::IsNull { arg, negated: false } if column_of(arg) == Some(id) && listed.is_none() => {
                    listed = Some(Found { constraint: ColumnConstraint::IsNull, used: vec![i] });
                }
                Scalar::Column { index, .. } if *index == id => {
                    let constraint = ColumnConstraint::Equal(Scalar::bool(true));
                    return Some(Found { constraint, used: vec![i] });
                }
                _ => {}
            }
        }
        if listed.is_some() {
            return listed;
        }
        if low.is_none() && high.is_none() {
            return None;
        }
        let used = low.iter().chain(&high).map(|(_, i)| *i).collect();
        let constraint = ColumnConstraint::Range { low: low.map(|(b, _)| b), high: high.map(|(b, _)| b) };
        Some(Found { constraint, used })
    }
    /// A value of exactly the column's type, if that loses nothing.
    fn key_value(&mut self, value: &Scalar, column: &ColumnDescriptor, own: &[usize]) -> Option<Scalar> {
        if !independent(value, own) {
            return None;
        }
        let target = TypeId(column.type_oid);
        let from = value.ty().id;
        if from == target {
            return Some(value.clone());
        }
        let integer = |t: TypeId| matches!(t, TypeId::INT2 | TypeId::INT4 | TypeId::INT8);
        if crate::bind::resolve::is_binary_coercible(from, target) {
            return Some(Scalar::Relabel { arg: Box::new(value.clone()), ty: target.plain() });
        }
        if integer(from) && integer(target) {
            let wider = |a: TypeId| match a {
                TypeId::INT2 => 2,
                TypeId::INT4 => 4,
                _ => 8,
            };
            let constant = value.as_const().is_some();
            if wider(from) > wider(target) && !constant {
                return None;
            }
            let cast = self.binder.coerce(value.clone(), target.plain(), CastContext::Assignment, 0).ok()?;
            if constant {
                let v = eval(&cast, &[], &[], &[], &EvalContext::default()).ok()?;
                return Some(Scalar::constant(v, target));
            }
            return Some(cast);
        }
        None
    }
}

/// Names none of the scan's own columns and may be computed beforehand.
fn independent(value: &Scalar, own: &[usize]) -> bool {
    !super::is_volatile(value) && used_by(value).iter().all(|c| !own.contains(c))
}

/// Whether an index's order is the wanted one, given equality on a prefix; `Some(true)`: read backwards.
fn satisfied(
    table: &TableDescriptor,
    index: &IndexDescriptor,
    span: &IndexSpan,
    keys: &[(u32, bool, bool)],
) -> Option<bool> {
    let fixed = span.columns.iter().take_while(|c| matches!(c, ColumnConstraint::Equal(_))).count();
    // lists give several runs, which are not one order
    if span.columns[fixed..].iter().any(|c| !matches!(c, ColumnConstraint::Range { .. })) {
        return None;
    }
    let fixed_ids: Vec<u32> = index.columns[..fixed].iter().map(|k| k.column_id).collect();
    let mut rest = index.columns[fixed..].iter();
    let mut reverse: Option<bool> = None;
    for (id, descending, nulls_first) in keys {
        if fixed_ids.contains(id) {
            continue;
        }
        let Some(k) = rest.next() else {
            // a unique index read to its end leaves nothing to order
            return if index.unique || index.id == table.primary.id {
                Some(reverse.unwrap_or(false))
            } else {
                None
            };
        };
        if k.column_id != *id {
            return None;
        }
        let backwards = k.descending != *descending;
        if reverse.is_some_and(|r| r != backwards) {
            return None;
        }
        let not_null = table.column(*id).is_some_and(|c| c.not_null);
        let index_nulls_first = k.descending != k.nulls_reversed;
        let seen_nulls_first = index_nulls_first != backwards;
        if !not_null && seen_nulls_first != *nulls_first {
            return None;
        }
        reverse = Some(backwards);
    }
    Some(reverse.unwrap_or(false))
}

/// The scan under projections that keep its rows.
fn scan_below(rel: &mut Rel) -> Option<&mut Scan> {
    match &mut rel.kind {
        RelKind::Scan(s) => Some(s),
        RelKind::Project { input, .. } => scan_below(input),
        _ => None,
    }
}
/// The scan under projections, and how an identity above maps to a column id of it.
fn scan_with_columns(rel: &mut Rel) -> Option<(&mut Scan, impl Fn(usize) -> Option<u32>)> {
    let mut renamed: Vec<(usize, usize)> = Vec::new();
    let mut at = rel;
    loop {
        match &mut at.kind {
            RelKind::Project { input, exprs } => {
                for (e, c) in exprs.iter().zip(&at.columns) {
                    if let Scalar::Column { index, .. } = e {
                        renamed.push((c.id, *index));
                    }
                }
                at = input;
            }
            RelKind::Scan(s) => {
                let pairs: Vec<(usize, u32)> =
                    s.fetch_ids.iter().copied().zip(s.fetch.iter().copied()).collect();
                let map = move |id: usize| {
                    let mut id = id;
                    for (from, to) in &renamed {
                        if *from == id {
                            id = *to;
                        }
                    }
                    pairs.iter().find(|(i, _)| *i == id).map(|(_, c)| *c)
                };
                return Some((s, map));
            }
            _ => return None,
        }
    }
}
