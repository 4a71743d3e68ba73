//! Plans as text, in the tree form of PostgreSQL's EXPLAIN. Golden tests read it, too.

use crate::plan::*;
use crate::scalar::{RowComparison, Scalar};
use datum::EvalContext;
use std::fmt::Write;

/// The lines of EXPLAIN.
pub fn explain(plan: &Plan) -> Vec<String> {
    let mut out = Vec::new();
    match &plan.kind {
        PlanKind::Query(rel) => tree(rel, 0, &mut out),
        PlanKind::Insert(i) => {
            out.push(format!("Insert on {}", i.table.descriptor.name));
            match &i.on_conflict {
                Some(OnConflict { action: ConflictAction::Nothing, .. }) => {
                    out.push("  Conflict Resolution: NOTHING".into())
                }
                Some(_) => out.push("  Conflict Resolution: UPDATE".into()),
                None => {}
            }
            tree(&i.source, 1, &mut out);
        }
        PlanKind::Update(u) => {
            out.push(format!("Update on {}", u.table.descriptor.name));
            let sets: Vec<String> = u
                .assignments
                .iter()
                .map(|(i, e)| {
                    let name = u.table.descriptor.column(u.columns[*i]).map_or("?", |c| &c.name);
                    format!("{name} = {}", show(e, &names(&u.source)))
                })
                .collect();
            out.push(format!("  Set: {}", sets.join(", ")));
            tree(&u.source, 1, &mut out);
        }
        PlanKind::Delete(d) => {
            out.push(format!("Delete on {}", d.table.descriptor.name));
            tree(&d.source, 1, &mut out);
        }
        PlanKind::CopyTo(c) => {
            out.push("Copy".into());
            tree(&c.source, 1, &mut out);
        }
        PlanKind::CopyFrom(c) => out.push(format!("Copy into {}", c.table.descriptor.name)),
        PlanKind::Explain(e) => return explain(&e.statement),
        PlanKind::Empty | PlanKind::Ddl(_) | PlanKind::Session(_) => out.push("Utility Statement".into()),
    }
    for (i, s) in plan.slots.iter().enumerate() {
        out.push(format!("  InitPlan {} ({:?})", i + 1, s.kind));
        tree(&s.rel, 2, &mut out);
    }
    for c in &plan.ctes {
        out.push(format!("  CTE {}", c.name));
        tree(&c.rel, 2, &mut out);
    }
    out
}

fn names(rel: &Rel) -> Vec<String> {
    rel.columns.iter().map(|c| c.name.to_string()).collect()
}
fn line(depth: usize, text: &str, out: &mut Vec<String>) {
    let arrow = if depth == 0 { String::new() } else { format!("{}->  ", "  ".repeat(depth * 3 - 2)) };
    out.push(format!("{arrow}{text}"));
}
fn note(depth: usize, text: String, out: &mut Vec<String>) {
    out.push(format!("{}{text}", " ".repeat(if depth == 0 { 2 } else { depth * 6 + 2 })));
}
fn list(items: &[String]) -> String {
    items.join(", ")
}

fn tree(rel: &Rel, depth: usize, out: &mut Vec<String>) {
    let inputs: Vec<String> = rel.inputs().into_iter().flat_map(names).collect();
    let s = |e: &Scalar| show(e, &inputs);
    let keys = |ks: &[SortKey]| -> String {
        let one = |k: &SortKey| {
            let nulls = match (k.descending, k.nulls_first) {
                (false, true) => " NULLS FIRST",
                (true, false) => " NULLS LAST",
                _ => "",
            };
            format!("{}{}{nulls}", s(&k.expr), if k.descending { " DESC" } else { "" })
        };
        ks.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    match &rel.kind {
        RelKind::Values(rows) if rows.len() == 1 => {
            line(depth, "Result", out);
            if !rows[0].is_empty() {
                note(depth, format!("Output: {}", list(&rows[0].iter().map(s).collect::<Vec<_>>())), out);
            }
        }
        RelKind::Values(rows) => line(depth, &format!("Values Scan ({} rows)", rows.len()), out),
        RelKind::Scan(scan) => scan_lines(scan, depth, out),
        RelKind::VirtualScan(v) => {
            line(depth, &format!("Virtual Scan on {}.{}{}", v.schema, v.name, alias(&v.alias, &v.name)), out);
            if let Some(f) = &v.filter {
                let fetch: Vec<String> = v.fetch.iter().map(|i| format!("#{i}")).collect();
                note(depth, format!("Filter: {}", show(f, &fetch)), out);
            }
        }
        RelKind::TableFunction { calls, .. } => {
            let calls: Vec<String> = calls.iter().map(|c| set_call(c, &inputs)).collect();
            line(depth, &format!("Function Scan: {}", list(&calls)), out);
        }
        RelKind::Filter { predicate, .. } => {
            line(depth, "Filter", out);
            note(depth, format!("Filter: {}", s(predicate)), out);
        }
        RelKind::Project { exprs, .. } => {
            line(depth, "Project", out);
            note(depth, format!("Output: {}", list(&exprs.iter().map(s).collect::<Vec<_>>())), out);
        }
        RelKind::ProjectSet { exprs, .. } => {
            line(depth, "ProjectSet", out);
            let items: Vec<String> = exprs
                .iter()
                .map(|e| match e {
                    ProjectItem::Scalar(e) => s(e),
                    ProjectItem::Set(c) => set_call(c, &inputs),
                })
                .collect();
            note(depth, format!("Output: {}", list(&items)), out);
        }
        RelKind::Join(j) => {
            let kind = match j.kind {
                JoinKind::Inner => "",
                JoinKind::Left => " Left",
                JoinKind::Full => " Full",
                JoinKind::Semi => " Semi",
                JoinKind::Anti => " Anti",
            };
            let text = match j.strategy {
                JoinStrategy::Hash { build_left } => {
                    format!("Hash{kind} Join (build {})", if build_left { "left" } else { "right" })
                }
                JoinStrategy::Merge => format!("Merge{kind} Join"),
                JoinStrategy::Nested => format!("Nested Loop{kind}"),
                JoinStrategy::Lookup => format!("Lookup{kind} Join"),
            };
            line(depth, &text, out);
            let (l, r) = (names(&j.left), names(&j.right));
            if !j.on.is_empty() {
                let on: Vec<String> =
                    j.on.iter().map(|k| format!("{} = {}", show(&k.left, &l), show(&k.right, &r))).collect();
                note(depth, format!("Cond: {}", on.join(" AND ")), out);
            }
            if let Some(f) = &j.residual {
                note(depth, format!("Join Filter: {}", s(f)), out);
            }
        }
        RelKind::Apply(a) => {
            let kind = match &a.kind {
                ApplyKind::Lateral { left: true, .. } => "Lateral Left",
                ApplyKind::Lateral { .. } => "Lateral",
                ApplyKind::Scalar => "Scalar",
                ApplyKind::Exists => "Exists",
                ApplyKind::Array => "Array",
                ApplyKind::Quantified { all: false, .. } => "Any",
                ApplyKind::Quantified { .. } => "All",
            };
            line(depth, &format!("Apply {kind}"), out);
            match &a.kind {
                ApplyKind::Lateral { on: Some(e), .. } | ApplyKind::Quantified { test: e, .. } => {
                    note(depth, format!("Cond: {}", s(e)), out);
                }
                _ => {}
            }
        }
        RelKind::Aggregate(a) => {
            line(depth, if a.groups.is_empty() { "Aggregate" } else { "HashAggregate" }, out);
            if !a.groups.is_empty() {
                note(depth, format!("Group Key: {}", list(&a.groups.iter().map(s).collect::<Vec<_>>())), out);
            }
            let calls: Vec<String> = a
                .calls
                .iter()
                .map(|c| {
                    let args = list(&c.args.iter().map(s).collect::<Vec<_>>());
                    let mut text = match &c.function {
                        AggregateFunction::Registered(f) if c.args.is_empty() => format!("{}(*)", f.name),
                        AggregateFunction::Registered(f) => {
                            format!("{}({}{args})", f.name, if c.distinct { "DISTINCT " } else { "" })
                        }
                        AggregateFunction::Grouping(g) => format!("GROUPING{g:?}"),
                    };
                    if let Some(f) = &c.filter {
                        let _ = write!(text, " FILTER (WHERE {})", s(f));
                    }
                    text
                })
                .collect();
            if !calls.is_empty() {
                note(depth, format!("Calls: {}", list(&calls)), out);
            }
        }
        RelKind::Window(w) => {
            line(depth, "WindowAgg", out);
            note(
                depth,
                format!(
                    "Partition: {}; Order: {}",
                    list(&w.partition.iter().map(s).collect::<Vec<_>>()),
                    keys(&w.order)
                ),
                out,
            );
        }
        RelKind::Sort { keys: ks, fetch, .. } => {
            line(depth, if fetch.is_some() { "Top-N Sort" } else { "Sort" }, out);
            note(depth, format!("Sort Key: {}", keys(ks)), out);
        }
        RelKind::Limit { limit, offset, .. } => {
            let mut text = "Limit".to_string();
            if let Some(l) = limit {
                let _ = write!(text, " {}", s(l));
            }
            if let Some(o) = offset {
                let _ = write!(text, " Offset {}", s(o));
            }
            line(depth, &text, out);
        }
        RelKind::Distinct { .. } => line(depth, "HashAggregate (distinct)", out),
        RelKind::DistinctOn { keys, .. } => {
            line(depth, "Unique", out);
            note(depth, format!("Key: {}", list(&keys.iter().map(s).collect::<Vec<_>>())), out);
        }
        RelKind::SetOp { op, all, .. } => {
            line(depth, &format!("{op:?}{}", if *all { " All" } else { "" }), out);
        }
        RelKind::CteScan { cte, .. } => line(depth, &format!("CTE Scan {}", cte + 1), out),
    }
    for input in rel.inputs() {
        tree(input, depth + 1, out);
    }
}

fn alias(alias: &str, name: &str) -> String {
    if alias == name { String::new() } else { format!(" {alias}") }
}
fn set_call(c: &SetCall, inputs: &[String]) -> String {
    let args: Vec<String> = c.args.iter().map(|a| show(a, inputs)).collect();
    match c.function {
        SetFunction::Table(f) => format!("{}({})", f.name, list(&args)),
        SetFunction::Scalar => list(&args),
    }
}
fn scan_lines(scan: &Scan, depth: usize, out: &mut Vec<String>) {
    let t = &scan.table.descriptor;
    let index = scan.index();
    let label = alias(&scan.alias, &t.name);
    let full = scan.spans.iter().all(|s| s.columns.is_empty());
    let back = if scan.reverse { " Backward" } else { "" };
    let index_name = index.map_or("?", |i| i.name.as_str());
    let lock = if scan.lock.is_some() { " (locking)" } else { "" };
    let text = if full && scan.index_id == t.primary.id && !scan.ordered {
        format!("Seq Scan on {}{label}{lock}", t.name)
    } else {
        let only = if scan.index_join || scan.index_id == t.primary.id { "" } else { " Only" };
        format!("Index{only} Scan{back} using {index_name} on {}{label}{lock}", t.name)
    };
    line(depth, &text, out);
    let fetch: Vec<String> =
        scan.fetch.iter().map(|id| t.column(*id).map_or("?".into(), |c| c.name.clone())).collect();
    if !full {
        let spans: Vec<String> = scan
            .spans
            .iter()
            .map(|span| {
                let columns = index.map_or(&[][..], |i| &i.columns);
                let parts: Vec<String> = span
                    .columns
                    .iter()
                    .zip(columns)
                    .map(|(c, k)| {
                        let n = t.column(k.column_id).map_or("?", |c| &c.name);
                        let v = |e: &Scalar| show(e, &[]);
                        match c {
                            ColumnConstraint::Equal(e) => format!("{n} = {}", v(e)),
                            ColumnConstraint::In(l) => {
                                format!("{n} IN ({})", list(&l.iter().map(v).collect::<Vec<_>>()))
                            }
                            ColumnConstraint::InArray(a) => format!("{n} = ANY ({})", v(a)),
                            ColumnConstraint::IsNull => format!("{n} IS NULL"),
                            ColumnConstraint::Range { low, high } => {
                                let mut parts = Vec::new();
                                if let Some((e, i)) = low {
                                    parts.push(format!("{n} >{} {}", if *i { "=" } else { "" }, v(e)));
                                }
                                if let Some((e, i)) = high {
                                    parts.push(format!("{n} <{} {}", if *i { "=" } else { "" }, v(e)));
                                }
                                parts.join(" AND ")
                            }
                        }
                    })
                    .collect();
                parts.join(" AND ")
            })
            .collect();
        note(depth, format!("Index Cond: {}", spans.join(" OR ")), out);
    }
    if let Some(f) = &scan.filter {
        note(depth, format!("Filter: {}", show(f, &fetch)), out);
    }
    if let Some(l) = &scan.limit {
        note(depth, format!("Limit: {}", show(l, &fetch)), out);
    }
}

/// An expression as SQL, with the names of its row's columns.
pub fn show(e: &Scalar, row: &[String]) -> String {
    let s = |e: &Scalar| show(e, row);
    let all = |es: &[Scalar]| list(&es.iter().map(|e| show(e, row)).collect::<Vec<_>>());
    match e {
        Scalar::Const { value, ty } => {
            if value.is_null() {
                return format!("NULL::{ty}");
            }
            let text = datum::text_format::output(value, ty.id, &EvalContext::default());
            match value {
                datum::Datum::Int2(_)
                | datum::Datum::Int4(_)
                | datum::Datum::Int8(_)
                | datum::Datum::Numeric(_) => text,
                datum::Datum::Bool(b) => b.to_string(),
                _ => format!("'{}'::{ty}", text.replace('\'', "''")),
            }
        }
        Scalar::Column { index, .. } => row.get(*index).cloned().unwrap_or_else(|| format!("#{index}")),
        Scalar::Outer { level, index, .. } => format!("outer{level}.{index}"),
        Scalar::Param { index, .. } => format!("${}", index + 1),
        Scalar::Slot { index, .. } => format!("(InitPlan {})", index + 1),
        Scalar::Call { function, args, .. } => format!("{}({})", function.name, all(args)),
        Scalar::Operator { operator, args, .. } => match args.as_slice() {
            [l, r] => format!("({} {} {})", s(l), operator.name, s(r)),
            _ => format!("({} {})", operator.name, all(args)),
        },
        Scalar::Cast { arg, ty, .. }
        | Scalar::CastViaText { arg, ty }
        | Scalar::CastArray { arg, ty, .. }
        | Scalar::Typmod { arg, ty, .. }
        | Scalar::Relabel { arg, ty } => format!("{}::{ty}", s(arg)),
        Scalar::And(args) => format!("({})", args.iter().map(s).collect::<Vec<_>>().join(" AND ")),
        Scalar::Or(args) => format!("({})", args.iter().map(s).collect::<Vec<_>>().join(" OR ")),
        Scalar::Not(arg) => format!("(NOT {})", s(arg)),
        Scalar::IsNull { arg, negated } => {
            format!("({} IS {}NULL)", s(arg), if *negated { "NOT " } else { "" })
        }
        Scalar::IsBool { arg, value, negated } => {
            let what = value.map_or("UNKNOWN".into(), |b| b.to_string().to_uppercase());
            format!("({} IS {}{what})", s(arg), if *negated { "NOT " } else { "" })
        }
        Scalar::IsDistinct { left, right, negated, .. } => {
            format!("({} IS {}DISTINCT FROM {})", s(left), if *negated { "NOT " } else { "" }, s(right))
        }
        Scalar::Case { whens, otherwise, .. } => {
            let mut text = "CASE".to_string();
            for (c, r) in whens {
                let _ = write!(text, " WHEN {} THEN {}", s(c), s(r));
            }
            format!("{text} ELSE {} END", s(otherwise))
        }
        Scalar::Coalesce { args, .. } => format!("COALESCE({})", all(args)),
        Scalar::NullIf { left, right, .. } => format!("NULLIF({}, {})", s(left), s(right)),
        Scalar::MinMax { greatest, args, .. } => {
            format!("{}({})", if *greatest { "GREATEST" } else { "LEAST" }, all(args))
        }
        Scalar::InList { operator, all: every, arg, list: items } => {
            let word = if *every { "ALL" } else { "ANY" };
            format!("({} {} {word} ({}))", s(arg), operator.name, all(items))
        }
        Scalar::Quantified { operator, all: every, arg, array } => {
            format!("({} {} {} ({}))", s(arg), operator.name, if *every { "ALL" } else { "ANY" }, s(array))
        }
        Scalar::Array { items, .. } => format!("ARRAY[{}]", all(items)),
        Scalar::Subscript { array, index, .. } => format!("{}[{}]", s(array), s(index)),
        Scalar::Slice { array, lower, upper, .. } => {
            let bound = |b: &Option<Box<Scalar>>| b.as_ref().map_or(String::new(), |b| show(b, row));
            format!("{}[{}:{}]", s(array), bound(lower), bound(upper))
        }
        Scalar::Row(items) => format!("ROW({})", all(items)),
        Scalar::RowCompare { comparison, left, right, .. } => {
            let op = match comparison {
                RowComparison::Equal => "=",
                RowComparison::NotEqual => "<>",
                RowComparison::Less => "<",
                RowComparison::LessEqual => "<=",
                RowComparison::Greater => ">",
                RowComparison::GreaterEqual => ">=",
            };
            format!("(ROW({}) {op} ROW({}))", all(left), all(right))
        }
        Scalar::Subquery(_) => "(SubPlan)".into(),
        Scalar::Placeholder { index, .. } => format!("?{index}"),
    }
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&show(self, &[]))
    }
}
impl std::fmt::Debug for Rel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = Vec::new();
        tree(self, 0, &mut out);
        f.write_str(&out.join("\n"))
    }
}
