//! Operators on text, names, char(n) and bytea: `||`, LIKE, regular expressions, `^@`, and the byte order.

use super::{op, ops};
use crate::function::Operator;
use crate::functions::args::{eval, pure};
use crate::functions::output::cast_to_text;
use crate::functions::pattern::{text_ilike, text_like, text_regex};
use crate::pattern::like;
use crate::pattern::regex::Flags;
use crate::{Datum, TypeId as T};

const I: Flags = Flags::IGNORE_CASE;
const C: Flags = Flags::IGNORE_CASE.case_sensitive();

pub static OPERATORS: &[Operator] = &[
    op(654, "||", Some(T::TEXT), T::TEXT, T::TEXT, pure!(|a: &str, b: &str| [a, b].concat())),
    op(2018, "||", Some(T::BYTEA), T::BYTEA, T::BYTEA, pure!(|a: &[u8], b: &[u8]| [a, b].concat())),
    op(3877, "^@", Some(T::TEXT), T::TEXT, T::BOOL, pure!(|a: &str, b: &str| a.starts_with(b))),
    op(1209, "~~", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_like(a, p))),
    op(1210, "!~~", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_like(a, p).map(|m| !m))),
    op(1627, "~~*", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_ilike(a, p))),
    op(1628, "!~~*", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_ilike(a, p).map(|m| !m))),
    op(641, "~", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, C))),
    op(642, "!~", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, C).map(|m| !m))),
    op(1228, "~*", Some(T::TEXT), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, I))),
    op(
        1229,
        "!~*",
        Some(T::TEXT),
        T::TEXT,
        T::BOOL,
        eval!(|a: &str, p: &str| text_regex(a, p, I).map(|m| !m)),
    ),
    op(1207, "~~", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_like(a, p))),
    op(1208, "!~~", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_like(a, p).map(|m| !m))),
    op(1625, "~~*", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_ilike(a, p))),
    op(1626, "!~~*", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_ilike(a, p).map(|m| !m))),
    op(639, "~", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, C))),
    op(640, "!~", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, C).map(|m| !m))),
    op(1226, "~*", Some(T::NAME), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, I))),
    op(
        1227,
        "!~*",
        Some(T::NAME),
        T::TEXT,
        T::BOOL,
        eval!(|a: &str, p: &str| text_regex(a, p, I).map(|m| !m)),
    ),
    op(1211, "~~", Some(T::BPCHAR), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_like(a, p))),
    op(1212, "!~~", Some(T::BPCHAR), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_like(a, p).map(|m| !m))),
    op(1629, "~~*", Some(T::BPCHAR), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_ilike(a, p))),
    op(
        1630,
        "!~~*",
        Some(T::BPCHAR),
        T::TEXT,
        T::BOOL,
        eval!(|a: &str, p: &str| text_ilike(a, p).map(|m| !m)),
    ),
    op(1055, "~", Some(T::BPCHAR), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, C))),
    op(
        1056,
        "!~",
        Some(T::BPCHAR),
        T::TEXT,
        T::BOOL,
        eval!(|a: &str, p: &str| text_regex(a, p, C).map(|m| !m)),
    ),
    op(1234, "~*", Some(T::BPCHAR), T::TEXT, T::BOOL, eval!(|a: &str, p: &str| text_regex(a, p, I))),
    op(
        1235,
        "!~*",
        Some(T::BPCHAR),
        T::TEXT,
        T::BOOL,
        eval!(|a: &str, p: &str| text_regex(a, p, I).map(|m| !m)),
    ),
    op(2016, "~~", Some(T::BYTEA), T::BYTEA, T::BOOL, eval!(|a: &[u8], p: &[u8]| like::matches(a, p, false))),
    op(
        2017,
        "!~~",
        Some(T::BYTEA),
        T::BYTEA,
        T::BOOL,
        eval!(|a: &[u8], p: &[u8]| like::matches(a, p, false).map(|m| !m)),
    ),
    op(2314, "~<~", Some(T::TEXT), T::TEXT, T::BOOL, pure!(|a: &str, b: &str| a < b)),
    op(2315, "~<=~", Some(T::TEXT), T::TEXT, T::BOOL, pure!(|a: &str, b: &str| a <= b)),
    op(2318, "~>~", Some(T::TEXT), T::TEXT, T::BOOL, pure!(|a: &str, b: &str| a > b)),
    op(2317, "~>=~", Some(T::TEXT), T::TEXT, T::BOOL, pure!(|a: &str, b: &str| a >= b)),
    ops(
        2779,
        "||",
        Some(T::TEXT),
        T::ANYNONARRAY,
        T::TEXT,
        pure!(ctx, |a: &str, b: &Datum| a.to_string() + &cast_to_text(ctx, b)),
    ),
    ops(
        2780,
        "||",
        Some(T::ANYNONARRAY),
        T::TEXT,
        T::TEXT,
        pure!(ctx, |a: &Datum, b: &str| cast_to_text(ctx, a) + b),
    ),
];
