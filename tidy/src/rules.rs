//! The rules: the map of crates, and the one owner of each outside library.

/// A crate may name only those on its right. Crates of later work are known already.
pub const EDGES: &[(&str, &[&str])] = &[
    ("kv", &[]),
    ("datum", &[]),
    ("catalog", &["kv", "datum"]),
    ("planner", &["kv", "datum", "catalog"]),
    ("exec", &["datum", "catalog", "planner"]),
    ("proto", &["kv"]),
    ("txn", &["kv", "proto"]),
    ("cell", &["kv", "proto", "txn"]),
    ("wasm-policies/host", &[]),
    ("wasm-policies/sdk", &[]),
    ("router", &["kv", "datum", "catalog", "planner", "proto", "txn", "wasm-policies/host"]),
    ("crds", &[]),
    ("operator", &["crds", "proto"]),
    (
        "meridian",
        &[
            "kv",
            "datum",
            "catalog",
            "planner",
            "exec",
            "proto",
            "txn",
            "cell",
            "wasm-policies/host",
            "router",
            "crds",
            "operator",
            "workload",
        ],
    ),
    ("workload", &[]),
    ("sim", &["kv", "proto", "txn", "cell", "workload"]),
    ("e2e-kind", &["crds", "workload"]),
    ("tidy", &[]),
];

/// These build without what is heavy, so that an edit there is checked in seconds.
pub const LIGHT: &[&str] = &["kv", "txn", "cell", "sim", "planner", "datum", "catalog"];
/// What a light crate must not pull in, by the start of the package's name.
pub const HEAVY: &[&str] = &["datafusion", "arrow", "kube", "wasmtime", "pgwire"];

/// Pure crates: no clock, no randomness, no runtime.
pub const PURE: &[&str] = &["kv", "datum", "catalog", "planner"];
/// What a pure crate must not depend on.
pub const IMPURE: &[&str] = &["tokio", "rand", "getrandom", "fjall", "tonic", "futures"];

/// An outside library (as a path in source) and the only places that name it.
pub const OWNERS: &[(&str, &[&str])] = &[
    ("fjall::", &["cell/src/store"]),
    ("raft_engine::", &["cell/src/log"]),
    ("openraft::", &["cell/src/raft"]),
    ("sqlparser::", &["planner/src/parse"]),
    ("datafusion", &["exec/src"]),
    ("pgwire::", &["router/src/wire"]),
    ("wasmtime::", &["wasm-policies/host"]),
    ("kube::", &["crds", "operator", "e2e-kind"]),
    ("opentelemetry", &["meridian/src"]),
    ("axum::", &["meridian/src"]),
];
