//! The algorithms behind the string functions, free of the registry.

use crate::DatumError;

/// Bytes that one value built by `repeat`, `lpad` and kin may have.
pub(crate) const TEXT_BYTES_MAX: usize = 256 << 20;

pub(crate) fn too_large() -> DatumError {
    DatumError::ProgramLimitExceeded("requested length too large".into())
}

/// Simple case mapping: a letter whose other case is several letters stays.
fn map_case<I: Iterator<Item = char>>(c: char, mapped: impl Fn(char) -> I) -> char {
    let mut other = mapped(c);
    match (other.next(), other.next()) {
        (Some(single), None) => single,
        // The one letter whose simple mapping is not its full one.
        (Some('i'), Some(_)) => 'i',
        _ => c,
    }
}
pub(crate) fn upper(text: &str) -> String {
    text.chars().map(|c| map_case(c, char::to_uppercase)).collect()
}
pub(crate) fn lower(text: &str) -> String {
    text.chars().map(|c| map_case(c, char::to_lowercase)).collect()
}
pub(crate) fn initcap(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .map(|c| {
            let mapped =
                if inside { map_case(c, char::to_lowercase) } else { map_case(c, char::to_uppercase) };
            inside = c.is_alphanumeric();
            mapped
        })
        .collect()
}

/// The byte at which character `index` starts; the length where there is none.
pub(crate) fn byte_of(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

/// `substring(text from start for count)`, counted in characters from 1; positions before the text count too.
///
/// # Errors
/// `SubstringError`: a negative count.
pub(crate) fn substring(text: &str, start: i32, count: Option<i32>) -> Result<&str, DatumError> {
    let (from, to) = window(start, count)?;
    let from = byte_of(text, from);
    let rest = &text[from..];
    Ok(match to {
        None => rest,
        Some(length) => &rest[..byte_of(rest, length)],
    })
}
/// The same, in bytes.
pub(crate) fn substring_bytes(bytes: &[u8], start: i32, count: Option<i32>) -> Result<&[u8], DatumError> {
    let (from, to) = window(start, count)?;
    let rest = &bytes[from.min(bytes.len())..];
    Ok(match to {
        None => rest,
        Some(length) => &rest[..length.min(rest.len())],
    })
}
/// Characters to skip and to take.
fn window(start: i32, count: Option<i32>) -> Result<(usize, Option<usize>), DatumError> {
    let skip = i64::from(start).saturating_sub(1).max(0);
    let Some(count) = count else { return Ok((skip as usize, None)) };
    let end = i64::from(start) + i64::from(count);
    if count < 0 {
        return Err(DatumError::SubstringError("negative substring length not allowed".into()));
    }
    let take = (end - 1 - skip).max(0);
    Ok((skip as usize, Some(take as usize)))
}

/// Replaces `count` characters from `start` on.
pub(crate) fn overlay(text: &str, new: &str, start: i32, count: i32) -> Result<String, DatumError> {
    let after = overlay_end(start, count)?;
    Ok([substring(text, 1, Some(start - 1))?, new, substring(text, after, None)?].concat())
}
pub(crate) fn overlay_bytes(text: &[u8], new: &[u8], start: i32, count: i32) -> Result<Vec<u8>, DatumError> {
    let after = overlay_end(start, count)?;
    Ok([substring_bytes(text, 1, Some(start - 1))?, new, substring_bytes(text, after, None)?].concat())
}
fn overlay_end(start: i32, count: i32) -> Result<i32, DatumError> {
    if start <= 0 {
        return Err(DatumError::SubstringError("negative substring length not allowed".into()));
    }
    start.checked_add(count).ok_or_else(|| DatumError::out_of_range("integer"))
}

/// Which side `pad` fills.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}
pub(crate) fn pad(text: &str, length: i32, fill: &str, side: Side) -> Result<String, DatumError> {
    let length = usize::try_from(length).unwrap_or(0);
    if length.saturating_mul(4) > TEXT_BYTES_MAX {
        return Err(too_large());
    }
    let have = text.chars().count();
    if have >= length || fill.is_empty() {
        return Ok(text[..byte_of(text, length)].to_string());
    }
    let filling: String = fill.chars().cycle().take(length - have).collect();
    Ok(match side {
        Side::Left => filling + text,
        Side::Right => text.to_string() + &filling,
    })
}
pub(crate) fn repeat(text: &str, count: i32) -> Result<String, DatumError> {
    let count = usize::try_from(count).unwrap_or(0);
    if text.len().saturating_mul(count) > TEXT_BYTES_MAX {
        return Err(too_large());
    }
    Ok(text.repeat(count))
}

/// The first `count` characters; all but the last `-count` if negative.
pub(crate) fn left(text: &str, count: i32) -> &str {
    let keep = if count >= 0 {
        count as usize
    } else {
        text.chars().count().saturating_sub(count.unsigned_abs() as usize)
    };
    &text[..byte_of(text, keep)]
}
/// The last `count` characters; all but the first `-count` if negative.
pub(crate) fn right(text: &str, count: i32) -> &str {
    let skip = if count < 0 {
        count.unsigned_abs() as usize
    } else {
        text.chars().count().saturating_sub(count as usize)
    };
    &text[byte_of(text, skip)..]
}

pub(crate) fn trim<'t>(text: &'t str, set: &str, start: bool, end: bool) -> &'t str {
    let mut text = text;
    if start {
        text = text.trim_start_matches(|c| set.contains(c));
    }
    if end {
        text = text.trim_end_matches(|c| set.contains(c));
    }
    text
}
pub(crate) fn trim_bytes<'t>(mut bytes: &'t [u8], set: &[u8], start: bool, end: bool) -> &'t [u8] {
    while start && bytes.first().is_some_and(|b| set.contains(b)) {
        bytes = &bytes[1..];
    }
    while end && bytes.last().is_some_and(|b| set.contains(b)) {
        bytes = &bytes[..bytes.len() - 1];
    }
    bytes
}

/// The character position of a text in another, from 1; 0: not there.
pub(crate) fn position(text: &str, needle: &str) -> i32 {
    text.find(needle).map_or(0, |at| text[..at].chars().count() as i32 + 1)
}
pub(crate) fn position_bytes(text: &[u8], needle: &[u8]) -> i32 {
    if needle.is_empty() {
        return 1;
    }
    text.windows(needle.len()).position(|w| w == needle).map_or(0, |at| at as i32 + 1)
}

pub(crate) fn replace(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() { text.to_string() } else { text.replace(from, to) }
}

/// # Errors
/// `InvalidParameterValue`: field 0.
pub(crate) fn split_part<'t>(text: &'t str, delimiter: &str, field: i32) -> Result<&'t str, DatumError> {
    if field == 0 {
        return Err(DatumError::InvalidParameterValue("field position must not be zero".into()));
    }
    if text.is_empty() {
        return Ok("");
    }
    if delimiter.is_empty() {
        return Ok(if field == 1 || field == -1 { text } else { "" });
    }
    let index = field.unsigned_abs() as usize - 1;
    let found = if field > 0 {
        text.split(delimiter).nth(index)
    } else {
        // From the left, because overlapping delimiters are found from there.
        let fields: Vec<&str> = text.split(delimiter).collect();
        fields.len().checked_sub(index + 1).map(|at| fields[at])
    };
    Ok(found.unwrap_or(""))
}

pub(crate) fn translate(text: &str, from: &str, to: &str) -> String {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    text.chars()
        .filter_map(|c| match from.iter().position(|f| *f == c) {
            None => Some(c),
            Some(at) => to.get(at).copied(),
        })
        .collect()
}

/// # Errors
/// `ProgramLimitExceeded`: no such character.
pub(crate) fn chr(code: i32) -> Result<String, DatumError> {
    let limit = |text: String| Err(DatumError::ProgramLimitExceeded(text));
    match code {
        0 => limit("null character not permitted".into()),
        ..0 => Err(DatumError::InvalidParameterValue("character number must be positive".into())),
        0x11_0000.. => limit(format!("requested character too large for encoding: {code}")),
        _ => match char::from_u32(code as u32) {
            Some(c) => Ok(c.to_string()),
            None => limit(format!("requested character not valid for encoding: {code}")),
        },
    }
}

/// Pieces between delimiters: NULL delimiter splits characters, an empty one does not split.
pub(crate) fn split<'t>(text: &'t str, delimiter: Option<&str>) -> Vec<&'t str> {
    if text.is_empty() {
        return Vec::new();
    }
    match delimiter {
        None => text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect(),
        Some("") => vec![text],
        Some(delimiter) => text.split(delimiter).collect(),
    }
}

/// Replaces `\XXXX`, `\+XXXXXX`, `\uXXXX` and `\UXXXXXXXX`, with surrogate pairs.
///
/// # Errors
/// `SyntaxError`: for the client.
pub(crate) fn unistr(text: &str) -> Result<String, DatumError> {
    let bad = |why: &str| DatumError::SyntaxError(why.into());
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut high: Option<u32> = None;
    while let Some(at) = rest.find('\\') {
        if at > 0 && high.is_some() {
            return Err(bad("invalid Unicode surrogate pair"));
        }
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('\\') {
            if high.is_some() {
                return Err(bad("invalid Unicode surrogate pair"));
            }
            out.push('\\');
            rest = after;
            continue;
        }
        let (skip, digits) = match rest.as_bytes().first() {
            Some(b'u') => (1, 4),
            Some(b'U') => (1, 8),
            Some(b'+') => (1, 6),
            _ => (0, 4),
        };
        let code = rest
            .get(skip..skip + digits)
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .ok_or_else(|| bad("invalid Unicode escape"))?;
        rest = &rest[skip + digits..];
        match (high.take(), code) {
            (None, 0xD800..0xDC00) => high = Some(code),
            (Some(first), 0xDC00..0xE000) => {
                let joined = 0x1_0000 + ((first - 0xD800) << 10) + (code - 0xDC00);
                out.push(char::from_u32(joined).ok_or_else(|| bad("invalid Unicode surrogate pair"))?);
            }
            (None, 0xDC00..0xE000) | (Some(_), _) => return Err(bad("invalid Unicode surrogate pair")),
            (None, 0) => return Err(bad("invalid Unicode code point: 0000")),
            (None, code) => {
                out.push(
                    char::from_u32(code)
                        .ok_or_else(|| bad(&format!("invalid Unicode code point: {code:04X}")))?,
                );
            }
        }
    }
    if high.is_some() {
        return Err(bad("invalid Unicode surrogate pair"));
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substring_counts_positions_before_the_text() {
        assert_eq!(substring("abcdef", -1, Some(4)), Ok("ab"));
        assert_eq!(substring("abcdef", 3, None), Ok("cdef"));
        assert_eq!(substring("äöü", 2, Some(1)), Ok("ö"));
        assert_eq!(substring("abc", i32::MAX, Some(i32::MAX)), Ok(""));
        assert!(substring("abc", 1, Some(-1)).is_err());
    }

    #[test]
    fn negative_counts_leave_out_the_other_end() {
        assert_eq!(left("äbcde", -2), "äbc");
        assert_eq!(right("äbcde", -2), "cde");
        assert_eq!(left("abc", i32::MIN), "");
        assert_eq!(right("abc", 2), "bc");
    }

    #[test]
    fn padding_cycles_and_cuts() {
        assert_eq!(pad("hi", 5, "xy", Side::Left).as_deref(), Ok("xyxhi"));
        assert_eq!(pad("hello", 2, "x", Side::Right).as_deref(), Ok("he"));
        assert!(pad("x", i32::MAX, "y", Side::Left).is_err());
    }

    #[test]
    fn fields_count_from_either_end() {
        assert_eq!(split_part("a,b,c", ",", -1), Ok("c"));
        assert_eq!(split_part("a,b,c", ",", 4), Ok(""));
        assert!(split_part("a", ",", 0).is_err());
    }

    #[test]
    fn sharp_s_has_no_single_upper_case() {
        assert_eq!(upper("straße"), "STRAßE");
        assert_eq!(initcap("hello wORLD-x"), "Hello World-X");
    }

    #[test]
    fn surrogate_pairs_join() {
        assert_eq!(unistr("\\D83D\\DE00 \\0441").as_deref(), Ok("😀 с"));
        assert!(unistr("\\D83Dx").is_err());
    }
}
