//! LIKE and ILIKE: `%` is any text, `_` one character, an escape character takes the next one literally.

use crate::DatumError;

/// Matches with backslash as escape. `chars`: `_` is a UTF-8 character, else a byte.
///
/// # Errors
/// `InvalidEscapeSequence` where the pattern ends with the escape character and matching gets there.
pub fn matches(text: &[u8], pattern: &[u8], chars: bool) -> Result<bool, DatumError> {
    let (mut t, mut p) = (0, 0);
    // Where to go on after a mismatch: behind the last `%`, with one more character given to it.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        let matched = match pattern.get(p) {
            Some(b'%') => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            Some(b'_') => {
                t += width(text, t, chars);
                p += 1;
                true
            }
            Some(b'\\') => {
                let Some(literal) = pattern.get(p + 1) else { return Err(ends_with_escape()) };
                let same = *literal == text[t];
                if same {
                    p += 2;
                    t += 1;
                }
                same
            }
            Some(literal) if *literal == text[t] => {
                p += 1;
                t += 1;
                true
            }
            _ => false,
        };
        if !matched {
            let Some((after, from)) = retry else { return Ok(false) };
            if after == pattern.len() {
                return Ok(true);
            }
            let from = from + width(text, from, chars);
            retry = Some((after, from));
            p = after;
            t = from;
        }
    }
    Ok(pattern[p..].iter().all(|b| *b == b'%'))
}

fn width(text: &[u8], at: usize, chars: bool) -> usize {
    if !chars {
        return 1;
    }
    let mut end = at + 1;
    while end < text.len() && text[end] & 0xC0 == 0x80 {
        end += 1;
    }
    end - at
}

fn ends_with_escape() -> DatumError {
    DatumError::InvalidEscapeSequence("LIKE pattern must not end with escape character".into())
}

/// Rewrites a pattern with another escape character to one with backslash (`LIKE p ESCAPE e`); an empty escape: none.
///
/// # Errors
/// `InvalidEscapeSequence`: the escape is longer than one character.
pub fn escape(pattern: &str, escape: &str) -> Result<String, DatumError> {
    let mut chars = escape.chars();
    let escape = match (chars.next(), chars.next()) {
        (None, _) => None,
        (Some(c), None) => Some(c),
        _ => return Err(bad_escape()),
    };
    if escape == Some('\\') {
        return Ok(pattern.to_string());
    }
    let mut out = String::with_capacity(pattern.len());
    let mut after_escape = false;
    for c in pattern.chars() {
        if Some(c) == escape && !after_escape {
            out.push('\\');
            after_escape = true;
        } else if c == '\\' {
            out.push('\\');
            if !after_escape {
                out.push('\\');
            }
            after_escape = false;
        } else {
            out.push(c);
            after_escape = false;
        }
    }
    Ok(out)
}

pub(super) fn bad_escape() -> DatumError {
    DatumError::InvalidEscapeSequence("invalid escape string".into())
}

/// The fixed start of a pattern, for a range scan; with `true` if the pattern is nothing but that text.
pub fn prefix(pattern: &str) -> (String, bool) {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' | '_' => return (out, false),
            '\\' => match chars.next() {
                Some(c) => out.push(c),
                None => return (out, false),
            },
            c => out.push(c),
        }
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        matches(text.as_bytes(), pattern.as_bytes(), true).expect("pattern is whole")
    }

    #[test]
    fn wildcards_match_as_in_postgresql() {
        assert!(like("abc", "a%"));
        assert!(like("abc", "_b_"));
        assert!(!like("abc", "c"));
        assert!(like("", "%%"));
        assert!(!like("", "_"));
        assert!(like("aXbXc", "a%X_"));
        assert!(like("mississippi", "%iss%ip%i"));
        assert!(like("ä", "_"));
        assert!(!like("ä", "__"));
        assert!(like("a%b", "a\\%b"));
        assert!(!like("axb", "a\\%b"));
        assert!(!like("abcd", "%b_"));
    }

    #[test]
    fn a_pattern_that_ends_with_escape_is_refused() {
        assert!(matches(b"ab", b"a\\", true).is_err());
    }

    #[test]
    fn another_escape_becomes_backslash() {
        assert_eq!(escape("a#%b\\", "#").as_deref(), Ok("a\\%b\\\\"));
        assert!(escape("x", "##").is_err());
    }

    #[test]
    fn the_prefix_ends_at_the_first_wildcard() {
        assert_eq!(prefix("ab\\%c%d"), ("ab%c".into(), false));
        assert_eq!(prefix("abc"), ("abc".into(), true));
    }
}
