//! Golden plans: `golden/plans.txt` holds statements, each followed by its plan. `UPDATE_GOLDEN=1` rewrites the file.

use crate::catalog_view::Small;
use planner::{bind, explain, parse};

fn plan_text(sql: &str) -> String {
    let view = Small::new();
    let planned = parse(sql).and_then(|s| bind(&s[0], &view, &[]));
    match planned {
        Ok(plan) => {
            let mut out = explain(&plan).join("\n");
            let columns: Vec<String> = plan.columns.iter().map(|c| format!("{} {}", c.name, c.ty)).collect();
            out.push_str(&format!("\n=> {:?} ({})", plan.road, columns.join(", ")));
            if !plan.parameters.is_empty() {
                out.push_str(&format!(" params {:?}", plan.parameters));
            }
            out
        }
        Err(e) => format!("ERROR {e} at {:?}", e.0.position),
    }
}

#[test]
fn plans_are_as_written_down() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/planner_it/golden/plans.txt");
    let file = std::fs::read_to_string(path).unwrap();
    let mut fresh = String::new();
    let mut wrong = Vec::new();
    for case in file.split("\n\n").filter(|c| !c.trim().is_empty()) {
        let (sql, want) = case.trim().split_once("\n----\n").unwrap_or((case.trim(), ""));
        let sql = sql.trim_end_matches("\n----");
        let got = plan_text(sql);
        if got.trim_end() != want.trim_end() {
            wrong.push(format!("{sql}\nwant:\n{want}\ngot:\n{got}"));
        }
        fresh.push_str(&format!("{sql}\n----\n{got}\n\n"));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, fresh).unwrap();
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}
