//! The registry of scalar functions: one file for each section of PostgreSQL's manual, one row for each overload.
//!
//! Names, argument types, OIDs, strictness and volatility are those of `pg_proc` in PostgreSQL 15. The binder finds a
//! name's overloads here and chooses by PostgreSQL's resolution rules; polymorphic results (anyelement, anyarray) are
//! its to resolve.

pub(crate) mod args;
pub mod array;
pub mod datetime;
pub(crate) mod encode;
pub(crate) mod float;
pub mod formatting;
pub mod math;
pub mod math_numeric;
pub(crate) mod output;
pub mod pattern;
pub mod session;
pub mod string;
pub mod string_any;
pub(crate) mod text;
pub mod uuid;

use crate::TypeId;
use crate::function::{EvalFn, Function, Volatility};
use std::collections::HashMap;
use std::sync::OnceLock;

const fn function(
    oid: u32,
    name: &'static str,
    args: &'static [TypeId],
    result: TypeId,
    strict: bool,
    volatility: Volatility,
    eval: EvalFn,
) -> Function {
    Function { oid, name, args, variadic: false, optional: 0, result, strict, volatility, eval }
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $strict:literal $volatility:ident;)*) => {
        $($(#[$doc])*
        pub(crate) const fn $name(
            oid: u32, name: &'static str, args: &'static [TypeId], result: TypeId, eval: EvalFn,
        ) -> Function {
            function(oid, name, args, result, $strict, Volatility::$volatility, eval)
        })*
    };
}
constructors! {
    /// Strict and immutable.
    f true Immutable;
    /// Strict and stable.
    fs true Stable;
    /// Strict and volatile.
    fv true Volatile;
    /// Sees NULLs; immutable.
    n false Immutable;
    /// Sees NULLs; stable.
    ns false Stable;
    /// Sees NULLs; volatile.
    nv false Volatile;
}
/// The last declared argument may repeat.
pub(crate) const fn variadic(function: Function) -> Function {
    Function { variadic: true, ..function }
}
/// The last `count` arguments may be left out.
pub(crate) const fn optional(count: u8, function: Function) -> Function {
    Function { optional: count, ..function }
}

/// Every chapter, in the manual's order.
static CHAPTERS: &[&[Function]] = &[
    math::FUNCTIONS,
    math_numeric::FUNCTIONS,
    string::FUNCTIONS,
    string_any::FUNCTIONS,
    pattern::FUNCTIONS,
    formatting::FUNCTIONS,
    datetime::FUNCTIONS,
    uuid::FUNCTIONS,
    array::FUNCTIONS,
    session::FUNCTIONS,
];

/// All scalar functions, for `pg_proc`.
pub fn all() -> impl Iterator<Item = &'static Function> {
    CHAPTERS.iter().flat_map(|chapter| chapter.iter())
}

/// The overloads of a (lower-case) name; empty if there is none.
pub fn by_name(name: &str) -> &'static [&'static Function] {
    static NAMES: OnceLock<HashMap<&'static str, Vec<&'static Function>>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for function in all() {
            names.entry(function.name).or_default().push(function);
        }
        names
    });
    names.get(name).map_or(&[], Vec::as_slice)
}

/// The function of a `pg_proc` OID.
pub fn by_oid(oid: u32) -> Option<&'static Function> {
    static OIDS: OnceLock<HashMap<u32, &'static Function>> = OnceLock::new();
    OIDS.get_or_init(|| all().filter(|f| f.oid != 0).map(|f| (f.oid, f)).collect()).get(&oid).copied()
}

/// Functions that need I/O or wait, so that evaluation in place is not enough: the router runs them itself, or hands
/// them to the session through `SessionInfo::catalog_function`, which is what their `eval` does.
pub fn is_special(function: &Function) -> bool {
    matches!(
        function.name,
        "pg_sleep"
            | "pg_sleep_for"
            | "pg_sleep_until"
            | "setval"
            | "pg_cancel_backend"
            | "pg_terminate_backend"
            | "pg_relation_size"
            | "pg_table_size"
            | "pg_indexes_size"
            | "pg_total_relation_size"
            | "pg_database_size"
            | "pg_tablespace_size"
            | "pg_stat_get_numscans"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_overload_has_its_own_oid_and_arguments() {
        let mut oids = HashSet::new();
        let mut signatures = HashSet::new();
        let functions = all().map(|f| (f.oid, f.name, f.args));
        let aggregates = crate::aggregates::all().map(|a| (a.oid, a.name, a.args));
        let windows = crate::window::FUNCTIONS.iter().map(|w| (w.oid, w.name, w.args));
        let tables = crate::table_functions::FUNCTIONS.iter().map(|t| (t.oid, t.name, t.args));
        for (oid, name, args) in functions.chain(aggregates).chain(windows).chain(tables) {
            assert!(oids.insert(oid), "oid {oid} of {name} is there twice");
            assert!(signatures.insert((name, args)), "{name} {args:?} is there twice");
        }
        assert!(oids.len() > 500);
    }

    #[test]
    fn each_operator_has_its_own_oid_and_operands() {
        let mut oids = HashSet::new();
        let mut signatures = HashSet::new();
        for o in crate::operators::all() {
            assert!(oids.insert(o.oid), "oid {} of {} is there twice", o.oid, o.name);
            assert!(signatures.insert((o.name, o.left, o.right)), "{} {:?} {:?}", o.name, o.left, o.right);
        }
    }

    #[test]
    fn volatility_is_that_of_postgresql() {
        let volatility = |name: &str| by_name(name)[0].volatility;
        assert_eq!(volatility("now"), Volatility::Stable);
        assert_eq!(volatility("random"), Volatility::Volatile);
        assert_eq!(volatility("nextval"), Volatility::Volatile);
        assert_eq!(volatility("lower"), Volatility::Immutable);
        assert!(by_name("no_such_function").is_empty());
    }
}
