//! The layering and naming test.

use std::collections::BTreeMap;
use tidy::{rules, workspace};

fn edges() -> BTreeMap<&'static str, &'static [&'static str]> {
    rules::EDGES.iter().copied().collect()
}

#[test]
fn a_crate_names_only_those_that_the_map_allows() {
    let root = workspace::root();
    let (members, edges) = (workspace::members(&root), edges());
    let by_name: BTreeMap<&str, &str> =
        members.iter().map(|(folder, m)| (m.name.as_str(), folder.as_str())).collect();
    for (folder, member) in &members {
        let allowed =
            edges.get(folder.as_str()).unwrap_or_else(|| panic!("{folder} is not on the map of tidy::rules"));
        for dep in member.dependencies.iter().chain(&member.build_dependencies) {
            if let Some(target) = by_name.get(dep.as_str()) {
                assert!(allowed.contains(target), "{folder} must not depend on {target}");
            }
        }
    }
}

#[test]
fn light_crates_build_without_what_is_heavy() {
    let root = workspace::root();
    let (members, locked) = (workspace::members(&root), workspace::locked(&root));
    for folder in rules::LIGHT {
        let all = workspace::closure(folder, &members, &locked);
        assert!(members[*folder].dependencies.is_empty() || !all.is_empty());
        for heavy in rules::HEAVY {
            let found: Vec<_> = all.iter().filter(|p| p.starts_with(heavy)).collect();
            assert!(found.is_empty(), "{folder} pulls in {found:?}");
        }
    }
    let exec = workspace::closure("exec", &members, &locked);
    assert!(exec.iter().any(|p| p.starts_with("datafusion")), "the check would see DataFusion where it is");
}

#[test]
fn pure_crates_have_no_clock_no_randomness_and_no_runtime() {
    let root = workspace::root();
    let members = workspace::members(&root);
    for folder in rules::PURE {
        for impure in rules::IMPURE {
            assert!(!members[*folder].dependencies.contains(*impure), "{folder} depends on {impure}");
        }
        for path in workspace::sources(&root, folder) {
            let text = std::fs::read_to_string(&path).unwrap();
            for banned in ["SystemTime::now", "Instant::now", "std::net", "std::fs", "std::thread::spawn"] {
                assert!(!text.contains(banned), "{} names {banned}", path.display());
            }
        }
    }
}

#[test]
fn each_outside_library_has_one_owner() {
    let root = workspace::root();
    for folder in workspace::members(&root).keys().filter(|f| *f != "tidy") {
        for path in workspace::sources(&root, folder) {
            let relative = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
            for (library, owners) in rules::OWNERS {
                if owners.iter().any(|o| relative.starts_with(o)) {
                    continue;
                }
                let hit = code.iter().find(|l| names(l, library));
                assert!(
                    hit.is_none(),
                    "{relative} names {library} ({}), which {owners:?} owns",
                    hit.unwrap().trim()
                );
            }
        }
    }
}

/// Whether a line of code uses the library as a path, rather than within a longer word.
fn names(line: &str, library: &str) -> bool {
    line.match_indices(library).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let quoted = line[..at].matches('"').count() % 2 == 1;
        !quoted && !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
    })
}

#[test]
fn every_file_says_first_what_it_is() {
    let root = workspace::root();
    for folder in workspace::members(&root).keys() {
        for path in workspace::sources(&root, folder) {
            let text = std::fs::read_to_string(&path).unwrap();
            let first = text.lines().next().unwrap_or_default();
            if text.trim().is_empty() || first.starts_with("fn main") {
                continue; // not written yet
            }
            assert!(first.starts_with("//! "), "{} does not begin with //! and a sentence", path.display());
        }
    }
}
