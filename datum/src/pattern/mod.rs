//! Pattern matching: LIKE, SIMILAR TO and POSIX regular expressions.
//!
//! Regular expressions are translated to the `regex` crate's syntax, which matches in linear time. What differs from
//! PostgreSQL, and stays so:
//! - back-references and look-around are refused (`FeatureNotSupported`): no linear-time engine has them;
//! - of alternatives the first that matches wins (`foo|foobar` finds `foo`), where POSIX takes the longest; whether
//!   something matches at all is the same;
//! - greediness belongs to each quantifier, where PostgreSQL gives a whole expression the greediness of its first one.

pub mod like;
pub mod regex;
pub mod similar;
mod translate;
