//! The registry of aggregates (manual 9.21): one row for each overload, with PostgreSQL's result types.

pub mod collect;
pub mod float;
pub mod numeric;
pub mod simple;

use crate::TypeId;
use crate::function::{Accumulator, Aggregate};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A row of the registry of an ordinary aggregate that leaves NULLs out.
pub(crate) const fn aggregate(
    oid: u32,
    name: &'static str,
    args: &'static [TypeId],
    result: TypeId,
    state: &'static [TypeId],
    create: fn(&[TypeId]) -> Box<dyn Accumulator>,
) -> Aggregate {
    Aggregate { oid, name, args, result, state, skips_null: true, direct_args: None, create }
}

static CHAPTERS: &[&[Aggregate]] =
    &[simple::AGGREGATES, numeric::AGGREGATES, float::AGGREGATES, collect::AGGREGATES];

/// All aggregates, for `pg_proc`.
pub fn all() -> impl Iterator<Item = &'static Aggregate> {
    CHAPTERS.iter().flat_map(|chapter| chapter.iter())
}

/// The overloads of a (lower-case) name; empty if there is none.
pub fn by_name(name: &str) -> &'static [&'static Aggregate] {
    static NAMES: OnceLock<HashMap<&'static str, Vec<&'static Aggregate>>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for aggregate in all() {
            names.entry(aggregate.name).or_default().push(aggregate);
        }
        names
    });
    names.get(name).map_or(&[], Vec::as_slice)
}

/// The aggregate of a `pg_proc` OID.
pub fn by_oid(oid: u32) -> Option<&'static Aggregate> {
    all().find(|a| a.oid == oid)
}
