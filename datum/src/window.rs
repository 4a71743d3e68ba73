//! Descriptions of the window functions; how they run over a frame is the executor's.
//!
//! Every aggregate is a window function too; these are the ones that only make sense over a window.

use crate::TypeId;

/// What a window function computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowKind {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

/// A window function, one row for each overload.
pub struct WindowFunction {
    pub oid: u32,
    pub name: &'static str,
    pub args: &'static [TypeId],
    /// ANYELEMENT: the type of the first argument; ANYCOMPATIBLE: the common type of value and default.
    pub result: TypeId,
    pub kind: WindowKind,
}

const fn w(
    oid: u32,
    name: &'static str,
    args: &'static [TypeId],
    result: TypeId,
    kind: WindowKind,
) -> WindowFunction {
    WindowFunction { oid, name, args, result, kind }
}

use TypeId as T;
/// All window functions.
pub static FUNCTIONS: &[WindowFunction] = &[
    w(3100, "row_number", &[], T::INT8, WindowKind::RowNumber),
    w(3101, "rank", &[], T::INT8, WindowKind::Rank),
    w(3102, "dense_rank", &[], T::INT8, WindowKind::DenseRank),
    w(3103, "percent_rank", &[], T::FLOAT8, WindowKind::PercentRank),
    w(3104, "cume_dist", &[], T::FLOAT8, WindowKind::CumeDist),
    w(3105, "ntile", &[T::INT4], T::INT4, WindowKind::Ntile),
    w(3106, "lag", &[T::ANYELEMENT], T::ANYELEMENT, WindowKind::Lag),
    w(3107, "lag", &[T::ANYELEMENT, T::INT4], T::ANYELEMENT, WindowKind::Lag),
    w(3108, "lag", &[T::ANYCOMPATIBLE, T::INT4, T::ANYCOMPATIBLE], T::ANYCOMPATIBLE, WindowKind::Lag),
    w(3109, "lead", &[T::ANYELEMENT], T::ANYELEMENT, WindowKind::Lead),
    w(3110, "lead", &[T::ANYELEMENT, T::INT4], T::ANYELEMENT, WindowKind::Lead),
    w(3111, "lead", &[T::ANYCOMPATIBLE, T::INT4, T::ANYCOMPATIBLE], T::ANYCOMPATIBLE, WindowKind::Lead),
    w(3112, "first_value", &[T::ANYELEMENT], T::ANYELEMENT, WindowKind::FirstValue),
    w(3113, "last_value", &[T::ANYELEMENT], T::ANYELEMENT, WindowKind::LastValue),
    w(3114, "nth_value", &[T::ANYELEMENT, T::INT4], T::ANYELEMENT, WindowKind::NthValue),
];

/// The overloads of a name.
pub fn by_name(name: &str) -> impl Iterator<Item = &'static WindowFunction> + use<'_> {
    FUNCTIONS.iter().filter(move |f| f.name == name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn lag_has_three_overloads() {
        assert_eq!(super::by_name("lag").count(), 3);
        assert_eq!(super::by_name("no_such").count(), 0);
    }
}
