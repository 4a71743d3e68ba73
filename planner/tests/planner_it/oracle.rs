//! Every expression of datum's oracle through parse, bind, eval and output, against PostgreSQL's type and text.
//!
//! `golden/differences.txt` names the expressions that are not alike yet. It may only shrink: an expression that is alike and
//! still named there fails the test, too. `UPDATE_GOLDEN=1` rewrites it.

use crate::catalog_view::Small;
use datum::EvalContext;
use planner::{PlanKind, RelKind, Road, bind, eval, parse};
use std::collections::BTreeSet;

/// (type, text) or (ERROR, message).
fn evaluate(expression: &str) -> (String, String) {
    let sql = format!("select {expression}");
    let error = |e: String| ("ERROR".to_string(), e);
    let plan = match parse(&sql).and_then(|s| bind(&s[0], &Small::new(), &[])) {
        Ok(p) => p,
        Err(e) => return error(format!("{e}")),
    };
    let PlanKind::Query(rel) = &plan.kind else { return error("not a query".into()) };
    let RelKind::Project { exprs, .. } = &rel.kind else {
        return error(format!("not a projection: {rel:?}"));
    };
    if plan.road != Road::Compiled || exprs.len() != 1 {
        return error("not on the compiled road".into());
    }
    let ctx = EvalContext::default();
    match eval(&exprs[0], &[], &[], &[], &ctx) {
        Ok(v) if v.is_null() => (exprs[0].ty().id.to_string(), "\\N".into()),
        Ok(v) => {
            (exprs[0].ty().id.to_string(), copy_text(&datum::text_format::output(&v, exprs[0].ty().id, &ctx)))
        }
        Err(e) => error(e.to_string()),
    }
}

/// As COPY writes it: the oracle's file was made so.
fn copy_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

#[test]
fn expressions_give_what_postgres_gives() {
    let dir = env!("CARGO_MANIFEST_DIR");
    let oracle = std::fs::read_to_string(format!("{dir}/../datum/tests/oracle/expr.txt")).unwrap();
    let known_path = format!("{dir}/tests/planner_it/golden/differences.txt");
    let known: BTreeSet<String> =
        std::fs::read_to_string(&known_path).unwrap_or_default().lines().map(str::to_string).collect();
    let mut differ = BTreeSet::new();
    let mut shown = Vec::new();
    for line in oracle.lines() {
        let parts: Vec<&str> = line.splitn(3, '\t').collect();
        let [expression, ty, text] = parts[..] else { panic!("malformed line: {line}") };
        let got = evaluate(expression);
        let alike = got.0 == ty && (ty == "ERROR" || got.1 == text);
        if !alike {
            differ.insert(expression.to_string());
            if !known.contains(expression) {
                shown.push(format!("{expression}: want {ty} {text}, got {} {}", got.0, got.1));
            }
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&known_path, differ.iter().map(|d| format!("{d}\n")).collect::<String>()).unwrap();
        println!("{}", shown.join("\n"));
        return;
    }
    let mended: Vec<&String> = known.difference(&differ).collect();
    assert!(shown.is_empty(), "{} differ:\n{}", shown.len(), shown.join("\n"));
    assert!(mended.is_empty(), "now alike, take out of differences.txt: {mended:?}");
}
