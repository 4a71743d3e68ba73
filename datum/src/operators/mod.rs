//! The registry of operators, as in `pg_operator` of PostgreSQL 15: a row for each pair of operand types.
//!
//! All are strict (the caller gives NULL for a NULL operand without a call) but `||` with arrays. `IS DISTINCT FROM`,
//! `BETWEEN` and `IN` are the planner's, over `=`, `>=` and `<=`.

pub mod arithmetic;
pub mod comparison;
pub mod datetime;
pub mod numeric;
pub mod text;

use crate::TypeId;
use crate::function::{EvalFn, Operator, Volatility};
use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) const fn op(
    oid: u32,
    name: &'static str,
    left: Option<TypeId>,
    right: TypeId,
    result: TypeId,
    eval: EvalFn,
) -> Operator {
    Operator { oid, name, left, right, result, volatility: Volatility::Immutable, strict: true, eval }
}
pub(crate) const fn ops(
    oid: u32,
    name: &'static str,
    left: Option<TypeId>,
    right: TypeId,
    result: TypeId,
    eval: EvalFn,
) -> Operator {
    Operator { oid, name, left, right, result, volatility: Volatility::Stable, strict: true, eval }
}

/// Is called with NULL operands too.
pub(crate) const fn seeing_null(operator: Operator) -> Operator {
    Operator { strict: false, ..operator }
}

static CHAPTERS: &[&[Operator]] = &[
    comparison::OPERATORS,
    arithmetic::OPERATORS,
    numeric::OPERATORS,
    text::OPERATORS,
    datetime::OPERATORS,
    crate::functions::array::OPERATORS,
];

/// All operators, for `pg_operator`.
pub fn all() -> impl Iterator<Item = &'static Operator> {
    CHAPTERS.iter().flat_map(|chapter| chapter.iter())
}

/// The overloads of an operator's name, prefix and infix; `!=` is `<>`.
pub fn by_name(name: &str) -> &'static [&'static Operator] {
    static NAMES: OnceLock<HashMap<&'static str, Vec<&'static Operator>>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for operator in all() {
            names.entry(operator.name).or_default().push(operator);
        }
        names
    });
    names.get(if name == "!=" { "<>" } else { name }).map_or(&[], Vec::as_slice)
}

/// The operator of a `pg_operator` OID.
pub fn by_oid(oid: u32) -> Option<&'static Operator> {
    static OIDS: OnceLock<HashMap<u32, &'static Operator>> = OnceLock::new();
    OIDS.get_or_init(|| all().map(|o| (o.oid, o)).collect()).get(&oid).copied()
}
