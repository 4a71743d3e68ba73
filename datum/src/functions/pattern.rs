//! Pattern matching functions (manual 9.7): LIKE's forms, `regexp_*`, `substring` by pattern, `similar_to_escape`.

use super::args::{eval, get};
use super::string::text_array;
use super::text::byte_of;
use super::{f, n};
use crate::function::Function;
use crate::pattern::regex::{Flags, compile, each_match, replace, split};
use crate::pattern::{like, similar};
use crate::{Datum, DatumError, EvalContext, TypeId as T};
use regex::{Captures, Regex};
use std::ops::ControlFlow;

fn parameter(name: &str, value: i32) -> DatumError {
    DatumError::InvalidParameterValue(format!("invalid value for parameter \"{name}\": {value}"))
}
fn argument<'a, V: super::args::FromDatum<'a>>(
    args: &'a [Datum],
    i: usize,
    default: V,
) -> Result<V, DatumError> {
    if i < args.len() { get(args, i) } else { Ok(default) }
}
/// Compiles with the flags argument at `i`; `name`'s function has no use for `g`.
fn without_global(name: &str, args: &[Datum], i: usize) -> Result<Regex, DatumError> {
    let (flags, global) = Flags::parse(argument(args, i, "")?)?;
    if global {
        return Err(DatumError::InvalidParameterValue(format!(
            "{name}() does not support the \"global\" option"
        )));
    }
    compile(get(args, 1)?, flags)
}
/// The byte where a search from character `start` (from 1) begins.
fn from_start(text: &str, start: i32) -> Result<usize, DatumError> {
    if start <= 0 {
        return Err(parameter("start", start));
    }
    let skip = start as usize - 1;
    // A start behind the end finds nothing, not even an empty match.
    if skip > text.chars().count() { Ok(text.len() + 1) } else { Ok(byte_of(text, skip)) }
}

/// The groups of a match, or the whole match if the expression has none, as text[].
pub(crate) fn groups(captures: &Captures<'_>) -> Datum {
    let group = |i: usize| captures.get(i).map_or(Datum::Null, |m| Datum::text(m.as_str()));
    let values = if captures.len() == 1 { vec![group(0)] } else { (1..captures.len()).map(group).collect() };
    Datum::array(T::TEXT, values)
}

/// All matches of `regexp_matches` (the first only without `g`).
pub(crate) fn regexp_matches(args: &[Datum]) -> Result<Vec<Datum>, DatumError> {
    let (flags, global) = Flags::parse(argument(args, 2, "")?)?;
    let regex = compile(get(args, 1)?, flags)?;
    let mut rows = Vec::new();
    each_match(&regex, get(args, 0)?, 0, |captures| {
        rows.push(groups(captures));
        if global { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    Ok(rows)
}
/// The pieces of `regexp_split_to_table` and `_to_array`.
pub(crate) fn regexp_split<'a>(name: &str, args: &'a [Datum]) -> Result<Vec<&'a str>, DatumError> {
    let regex = without_global(name, args, 2)?;
    Ok(split(&regex, get(args, 0)?))
}

fn regexp_match(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let (flags, global) = Flags::parse(argument(args, 2, "")?)?;
    if global {
        return Err(DatumError::InvalidParameterValue(
            "regexp_match() does not support the \"global\" option".into(),
        ));
    }
    let regex = compile(get(args, 1)?, flags)?;
    Ok(regex.captures(get(args, 0)?).map_or(Datum::Null, |captures| groups(&captures)))
}
fn regexp_like(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let regex = without_global("regexp_like", args, 2)?;
    Ok(Datum::Bool(regex.is_match(get(args, 0)?)))
}
fn regexp_replace(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let options: &str = argument(args, 3, "")?;
    if options.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(DatumError::InvalidParameterValue(format!(
            "invalid regular expression option: \"{}\"",
            &options[..1]
        )));
    }
    let (flags, global) = Flags::parse(options)?;
    let regex = compile(get(args, 1)?, flags)?;
    Ok(Datum::text(replace(&regex, get(args, 0)?, get(args, 2)?, 0, if global { None } else { Some(1) })))
}
/// With start, and perhaps the number of the match (0: all) and flags.
fn regexp_replace_from(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let text: &str = get(args, 0)?;
    let start = from_start(text, get(args, 3)?)?;
    let nth: i32 = argument(args, 4, 1)?;
    if nth < 0 {
        return Err(parameter("n", nth));
    }
    let (flags, global) = Flags::parse(argument(args, 5, "")?)?;
    let regex = compile(get(args, 1)?, flags)?;
    let all = nth == 0 || args.len() < 5 && global;
    let nth = if all { None } else { Some(nth as usize) };
    Ok(Datum::text(replace(&regex, text, get(args, 2)?, start, nth)))
}
fn regexp_count(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let text: &str = get(args, 0)?;
    let start = from_start(text, argument(args, 2, 1)?)?;
    let regex = without_global("regexp_count", args, 3)?;
    let mut count = 0;
    each_match(&regex, text, start, |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    Ok(Datum::Int4(count))
}

/// The byte bounds of a group of the nth match.
fn nth_match(regex: &Regex, text: &str, start: usize, nth: i32, group: usize) -> Option<(usize, usize)> {
    let mut seen = 0;
    let mut found = None;
    each_match(regex, text, start, |captures| {
        seen += 1;
        if seen < nth {
            return ControlFlow::Continue(());
        }
        found = captures.get(group).map(|m| (m.start(), m.end()));
        ControlFlow::Break(())
    });
    found
}
fn regexp_instr(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let text: &str = get(args, 0)?;
    let start = from_start(text, argument(args, 2, 1)?)?;
    let nth: i32 = argument(args, 3, 1)?;
    if nth <= 0 {
        return Err(parameter("n", nth));
    }
    let end_option: i32 = argument(args, 4, 0)?;
    if !(0..=1).contains(&end_option) {
        return Err(parameter("endoption", end_option));
    }
    let regex = without_global("regexp_instr", args, 5)?;
    let group: i32 = argument(args, 6, 0)?;
    if group < 0 {
        return Err(parameter("subexpr", group));
    }
    let found = nth_match(&regex, text, start, nth, group as usize);
    Ok(Datum::Int4(found.map_or(0, |(from, to)| {
        let at = if end_option == 1 { to } else { from };
        text[..at].chars().count() as i32 + 1
    })))
}
fn regexp_substr(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let text: &str = get(args, 0)?;
    let start = from_start(text, argument(args, 2, 1)?)?;
    let nth: i32 = argument(args, 3, 1)?;
    if nth <= 0 {
        return Err(parameter("n", nth));
    }
    let regex = without_global("regexp_substr", args, 4)?;
    let group: i32 = argument(args, 5, 0)?;
    if group < 0 {
        return Err(parameter("subexpr", group));
    }
    let found = nth_match(&regex, text, start, nth, group as usize);
    Ok(found.map_or(Datum::Null, |(from, to)| Datum::text(&text[from..to])))
}
/// `substring(text from pattern)`: the first group, or all if there is none.
fn substring_regex(text: &str, pattern: &str) -> Result<Datum, DatumError> {
    let regex = compile(pattern, Flags::default())?;
    let Some(captures) = regex.captures(text) else { return Ok(Datum::Null) };
    let group = if captures.len() > 1 { 1 } else { 0 };
    Ok(captures.get(group).map_or(Datum::Null, |m| Datum::text(m.as_str())))
}
fn ilike(text: &str, pattern: &str) -> Result<bool, DatumError> {
    like::matches(super::text::lower(text).as_bytes(), super::text::lower(pattern).as_bytes(), true)
}

/// The operator forms, which `operators::text` shares.
pub(crate) fn text_like(text: &str, pattern: &str) -> Result<bool, DatumError> {
    like::matches(text.as_bytes(), pattern.as_bytes(), true)
}
pub(crate) fn text_ilike(text: &str, pattern: &str) -> Result<bool, DatumError> {
    ilike(text, pattern)
}
pub(crate) fn text_regex(text: &str, pattern: &str, flags: Flags) -> Result<bool, DatumError> {
    Ok(compile(pattern, flags)?.is_match(text))
}

fn like_escape_bytes(pattern: &[u8], escape: &[u8]) -> Result<Vec<u8>, DatumError> {
    // Bytes as Latin-1 characters, so that one rewriting serves both types.
    let latin = |b: &[u8]| b.iter().map(|b| char::from(*b)).collect::<String>();
    Ok(like::escape(&latin(pattern), &latin(escape))?.chars().map(|c| c as u32 as u8).collect())
}

pub static FUNCTIONS: &[Function] = &[
    f(1569, "like", &[T::TEXT, T::TEXT], T::BOOL, eval!(|s: &str, p: &str| text_like(s, p))),
    f(1571, "like", &[T::NAME, T::TEXT], T::BOOL, eval!(|s: &str, p: &str| text_like(s, p))),
    f(2007, "like", &[T::BYTEA, T::BYTEA], T::BOOL, eval!(|s: &[u8], p: &[u8]| like::matches(s, p, false))),
    f(1570, "notlike", &[T::TEXT, T::TEXT], T::BOOL, eval!(|s: &str, p: &str| text_like(s, p).map(|m| !m))),
    f(1572, "notlike", &[T::NAME, T::TEXT], T::BOOL, eval!(|s: &str, p: &str| text_like(s, p).map(|m| !m))),
    f(
        2008,
        "notlike",
        &[T::BYTEA, T::BYTEA],
        T::BOOL,
        eval!(|s: &[u8], p: &[u8]| like::matches(s, p, false).map(|m| !m)),
    ),
    f(1637, "like_escape", &[T::TEXT, T::TEXT], T::TEXT, eval!(|p: &str, e: &str| like::escape(p, e))),
    f(
        2009,
        "like_escape",
        &[T::BYTEA, T::BYTEA],
        T::BYTEA,
        eval!(|p: &[u8], e: &[u8]| like_escape_bytes(p, e)),
    ),
    f(
        1986,
        "similar_to_escape",
        &[T::TEXT, T::TEXT],
        T::TEXT,
        eval!(|p: &str, e: &str| similar::to_posix(p, Some(e))),
    ),
    f(1987, "similar_to_escape", &[T::TEXT], T::TEXT, eval!(|p: &str| similar::to_posix(p, None))),
    n(
        1623,
        "similar_escape",
        &[T::TEXT, T::TEXT],
        T::TEXT,
        eval!(|p: Option<&str>, e: Option<&str>| p.map(|p| similar::to_posix(p, e)).transpose()),
    ),
    f(2073, "substring", &[T::TEXT, T::TEXT], T::TEXT, eval!(|s: &str, p: &str| substring_regex(s, p))),
    f(
        2074,
        "substring",
        &[T::TEXT, T::TEXT, T::TEXT],
        T::TEXT,
        eval!(|s: &str, p: &str, e: &str| substring_regex(s, &similar::to_posix(p, Some(e))?)),
    ),
    f(3396, "regexp_match", &[T::TEXT, T::TEXT], T::TEXT_ARRAY, regexp_match),
    f(3397, "regexp_match", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT_ARRAY, regexp_match),
    f(6263, "regexp_like", &[T::TEXT, T::TEXT], T::BOOL, regexp_like),
    f(6264, "regexp_like", &[T::TEXT, T::TEXT, T::TEXT], T::BOOL, regexp_like),
    f(6254, "regexp_count", &[T::TEXT, T::TEXT], T::INT4, regexp_count),
    f(6255, "regexp_count", &[T::TEXT, T::TEXT, T::INT4], T::INT4, regexp_count),
    f(6256, "regexp_count", &[T::TEXT, T::TEXT, T::INT4, T::TEXT], T::INT4, regexp_count),
    f(6257, "regexp_instr", &[T::TEXT, T::TEXT], T::INT4, regexp_instr),
    f(6258, "regexp_instr", &[T::TEXT, T::TEXT, T::INT4], T::INT4, regexp_instr),
    f(6259, "regexp_instr", &[T::TEXT, T::TEXT, T::INT4, T::INT4], T::INT4, regexp_instr),
    f(6260, "regexp_instr", &[T::TEXT, T::TEXT, T::INT4, T::INT4, T::INT4], T::INT4, regexp_instr),
    f(6261, "regexp_instr", &[T::TEXT, T::TEXT, T::INT4, T::INT4, T::INT4, T::TEXT], T::INT4, regexp_instr),
    f(
        6262,
        "regexp_instr",
        &[T::TEXT, T::TEXT, T::INT4, T::INT4, T::INT4, T::TEXT, T::INT4],
        T::INT4,
        regexp_instr,
    ),
    f(6265, "regexp_substr", &[T::TEXT, T::TEXT], T::TEXT, regexp_substr),
    f(6266, "regexp_substr", &[T::TEXT, T::TEXT, T::INT4], T::TEXT, regexp_substr),
    f(6267, "regexp_substr", &[T::TEXT, T::TEXT, T::INT4, T::INT4], T::TEXT, regexp_substr),
    f(6268, "regexp_substr", &[T::TEXT, T::TEXT, T::INT4, T::INT4, T::TEXT], T::TEXT, regexp_substr),
    f(6269, "regexp_substr", &[T::TEXT, T::TEXT, T::INT4, T::INT4, T::TEXT, T::INT4], T::TEXT, regexp_substr),
    f(2284, "regexp_replace", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT, regexp_replace),
    f(2285, "regexp_replace", &[T::TEXT, T::TEXT, T::TEXT, T::TEXT], T::TEXT, regexp_replace),
    f(6253, "regexp_replace", &[T::TEXT, T::TEXT, T::TEXT, T::INT4], T::TEXT, regexp_replace_from),
    f(6252, "regexp_replace", &[T::TEXT, T::TEXT, T::TEXT, T::INT4, T::INT4], T::TEXT, regexp_replace_from),
    f(
        6251,
        "regexp_replace",
        &[T::TEXT, T::TEXT, T::TEXT, T::INT4, T::INT4, T::TEXT],
        T::TEXT,
        regexp_replace_from,
    ),
    f(2767, "regexp_split_to_array", &[T::TEXT, T::TEXT], T::TEXT_ARRAY, |_, args| {
        Ok(text_array(regexp_split("regexp_split_to_array", args)?, None))
    }),
    f(2768, "regexp_split_to_array", &[T::TEXT, T::TEXT, T::TEXT], T::TEXT_ARRAY, |_, args| {
        Ok(text_array(regexp_split("regexp_split_to_array", args)?, None))
    }),
];
