//! Formatting by template (manual 9.8): `to_char`, `to_number`, `to_date`, `to_timestamp`.
//!
//! Source: PostgreSQL's `formatting.c`; the C locale's signs, separators and names.

pub mod datetime;
pub mod number;
pub mod parse;

/// `st`, `nd`, `rd` or `th` after a number's last digits.
pub(crate) fn ordinal(digits: &str, upper: bool) -> &'static str {
    let mut last = digits.bytes().rev();
    let (last, before) = (last.next(), last.next());
    let ending = match last {
        _ if before == Some(b'1') => 3,
        Some(b'1') => 0,
        Some(b'2') => 1,
        Some(b'3') => 2,
        _ => 3,
    };
    if upper { ["ST", "ND", "RD", "TH"][ending] } else { ["st", "nd", "rd", "th"][ending] }
}

/// The parts of a template that are not keywords: text in double quotes, and single characters.
pub(crate) fn literal(template: &[char], at: &mut usize) -> Vec<char> {
    let mut out = Vec::new();
    if template[*at] == '"' {
        *at += 1;
        while *at < template.len() {
            if template[*at] == '"' {
                *at += 1;
                break;
            }
            if template[*at] == '\\' && *at + 1 < template.len() {
                *at += 1;
            }
            out.push(template[*at]);
            *at += 1;
        }
    } else {
        if template[*at] == '\\' && template.get(*at + 1) == Some(&'"') {
            *at += 1;
        }
        out.push(template[*at]);
        *at += 1;
    }
    out
}
