//! SIMILAR TO: SQL's regular expressions, rewritten to POSIX ones as PostgreSQL does (`similar_to_escape`).

use super::like::bad_escape;
use crate::DatumError;

/// The POSIX expression of a SQL one. `escape`: backslash if absent, none if empty. Two escape-double-quote separators
/// make three parts, of which the middle one is captured.
///
/// # Errors
/// For the client: a longer escape, too many separators.
pub fn to_posix(pattern: &str, escape: Option<&str>) -> Result<String, DatumError> {
    let escape = match escape {
        None => Some('\\'),
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (None, _) => None,
                (Some(c), None) => Some(c),
                _ => return Err(bad_escape()),
            }
        }
    };
    let mut out = String::from("^(?:");
    let (mut after_escape, mut in_class, mut separators) = (false, false, 0);
    for c in pattern.chars() {
        if after_escape {
            if c == '"' && !in_class {
                match separators {
                    0 => out.push_str("){1,1}?("),
                    1 => out.push_str("){1,1}(?:"),
                    _ => {
                        return Err(DatumError::InvalidUseOfEscapeCharacter(
                            "SQL regular expression may not contain more than two escape-double-quote separators"
                                .into(),
                        ));
                    }
                }
                separators += 1;
            } else {
                out.push('\\');
                out.push(c);
            }
            after_escape = false;
        } else if Some(c) == escape {
            after_escape = true;
        } else if in_class {
            if c == '\\' {
                out.push('\\');
            }
            out.push(c);
            in_class = c != ']';
        } else {
            match c {
                '[' => {
                    out.push('[');
                    in_class = true;
                }
                '%' => out.push_str(".*"),
                '_' => out.push('.'),
                '(' => out.push_str("(?:"),
                '\\' | '.' | '^' | '$' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
    out.push_str(")$");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_metacharacters_are_rewritten() {
        assert_eq!(to_posix("a%(b|c)_.", None).as_deref(), Ok("^(?:a.*(?:b|c).\\.)$"));
        assert_eq!(to_posix("%#\"o_b#\"%", Some("#")).as_deref(), Ok("^(?:.*){1,1}?(o.b){1,1}(?:.*)$"));
        assert!(to_posix("#\"#\"#\"", Some("#")).is_err());
    }
}
