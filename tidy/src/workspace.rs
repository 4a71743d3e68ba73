//! The workspace as text: manifests, the lock file and the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a member's manifest says of its dependencies.
#[derive(Debug, Default)]
pub struct Member {
    pub name: String,
    pub dependencies: BTreeSet<String>,
    pub build_dependencies: BTreeSet<String>,
}

/// The root folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tidy lies in the workspace").to_path_buf()
}

/// All members, by folder.
///
/// # Panics
/// If a manifest cannot be read: the workspace is broken.
pub fn members(root: &Path) -> BTreeMap<String, Member> {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the workspace has a manifest");
    let list = manifest
        .split_once("members = [")
        .and_then(|(_, r)| r.split_once(']'))
        .expect("members are listed")
        .0;
    let folders = list.split(',').map(|m| m.trim().trim_matches('"').to_owned()).filter(|m| !m.is_empty());
    folders
        .map(|folder| {
            let text = std::fs::read_to_string(root.join(&folder).join("Cargo.toml"))
                .unwrap_or_else(|e| panic!("{folder}/Cargo.toml: {e}"));
            (folder, member(&text))
        })
        .collect()
}

fn member(manifest: &str) -> Member {
    let mut out = Member::default();
    let mut section = String::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            continue;
        }
        let Some((left, right)) = line.split_once('=') else { continue };
        let key = left.trim().split('.').next().unwrap_or_default().to_owned();
        match section.as_str() {
            "package" if key == "name" => out.name = right.trim().trim_matches('"').to_owned(),
            "dependencies" => drop(out.dependencies.insert(key)),
            "build-dependencies" => drop(out.build_dependencies.insert(key)),
            _ => {}
        }
    }
    out
}

/// Package name -> names it depends on, from the lock file (all versions of a name as one).
///
/// # Panics
/// If there is no lock file.
pub fn locked(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("the lock file is in the repository");
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name =
            package.lines().find_map(|l| l.strip_prefix("name = ")).unwrap_or_default().trim_matches('"');
        let entry = out.entry(name.to_owned()).or_default();
        if let Some((_, list)) = package.split_once("dependencies = [") {
            let list = list.split(']').next().unwrap_or_default();
            for dep in list.split(',').map(|d| d.trim().trim_matches('"')).filter(|d| !d.is_empty()) {
                entry.insert(dep.split(' ').next().unwrap_or_default().to_owned());
            }
        }
    }
    out
}

/// Everything that `folder` needs to be built, through other members' normal dependencies too.
pub fn closure(
    folder: &str,
    members: &BTreeMap<String, Member>,
    locked: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<String> = members[folder].dependencies.iter().cloned().collect();
    while let Some(name) = todo.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        match members.get(&name) {
            // The lock file lists dev-dependencies of members too; the manifest tells them apart.
            Some(member) => todo.extend(member.dependencies.iter().cloned()),
            None => todo.extend(locked.get(&name).into_iter().flatten().cloned()),
        }
    }
    seen
}

/// Rust sources of a member below `src`, sorted.
pub fn sources(root: &Path, folder: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut todo = vec![root.join(folder).join("src")];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}
