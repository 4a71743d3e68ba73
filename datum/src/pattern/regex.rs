//! Compiled regular expressions: flags, a bounded cache, and matching as PostgreSQL steps through a text.

use super::translate::translate;
use crate::DatumError;
use regex::{Captures, Regex, RegexBuilder};
use std::cell::RefCell;

/// Compiled expressions that each thread keeps.
const CACHE_ENTRIES_MAX: usize = 64;
/// Bytes of one compiled program.
const PROGRAM_BYTES_MAX: usize = 8 << 20;
/// Bytes of the lazy DFA that a match may use.
const DFA_BYTES_MAX: usize = 4 << 20;

/// Options of a regular expression (manual, table 9.24), `g` left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    pub ignore_case: bool,
    /// `.` and negated brackets do not match a newline.
    pub newline_stops_dot: bool,
    /// `^` and `$` match at newlines.
    pub newline_anchors: bool,
    pub expanded: bool,
    /// The pattern is plain text.
    pub literal: bool,
}

impl Flags {
    pub const IGNORE_CASE: Flags = Flags {
        ignore_case: true,
        newline_stops_dot: false,
        newline_anchors: false,
        expanded: false,
        literal: false,
    };
    pub const fn case_sensitive(self) -> Flags {
        Flags { ignore_case: false, ..self }
    }
    /// Sets one option by its letter; `false`: no such option.
    pub(super) fn set(&mut self, option: char) -> bool {
        match option {
            // Basic expressions are read as advanced ones.
            'e' | 'b' | 't' => {}
            'c' => self.ignore_case = false,
            'i' => self.ignore_case = true,
            'm' | 'n' => (self.newline_stops_dot, self.newline_anchors) = (true, true),
            'p' => (self.newline_stops_dot, self.newline_anchors) = (true, false),
            'w' => (self.newline_stops_dot, self.newline_anchors) = (false, true),
            's' => (self.newline_stops_dot, self.newline_anchors) = (false, false),
            'q' => self.literal = true,
            'x' => self.expanded = true,
            _ => return false,
        }
        true
    }
    /// Reads the flags argument of a regexp function; the second value says whether `g` was there.
    ///
    /// # Errors
    /// `InvalidParameterValue`: no such option.
    pub fn parse(options: &str) -> Result<(Flags, bool), DatumError> {
        let mut flags = Flags::default();
        let mut global = false;
        for option in options.chars() {
            if option == 'g' {
                global = true;
            } else if option == 'b' {
                return Err(DatumError::FeatureNotSupported(
                    "basic regular expressions (option \"b\") are not supported".into(),
                ));
            } else if !flags.set(option) {
                return Err(DatumError::InvalidParameterValue(format!(
                    "invalid regular expression option: \"{option}\""
                )));
            }
        }
        Ok((flags, global))
    }
}

/// Compiles, or takes from this thread's cache (a `Regex` is a shared pointer).
///
/// # Errors
/// `InvalidRegularExpression`, `FeatureNotSupported`: for the client.
pub fn compile(pattern: &str, flags: Flags) -> Result<Regex, DatumError> {
    thread_local! {
        static CACHE: RefCell<Vec<(String, Flags, Regex)>> = const { RefCell::new(Vec::new()) };
    }
    let cached = CACHE.with_borrow_mut(|cache| {
        let at = cache.iter().position(|(p, f, _)| *f == flags && p == pattern)?;
        // The most recent at the end; the least recent is the first to go.
        if at + 1 < cache.len() {
            let entry = cache.remove(at);
            cache.push(entry);
        }
        cache.last().map(|(_, _, regex)| regex.clone())
    });
    if let Some(regex) = cached {
        return Ok(regex);
    }
    let (translated, flags_in_force) = translate(pattern, flags)?;
    let regex = RegexBuilder::new(&translated)
        .case_insensitive(flags_in_force.ignore_case)
        .size_limit(PROGRAM_BYTES_MAX)
        .dfa_size_limit(DFA_BYTES_MAX)
        .build()
        .map_err(|_| DatumError::InvalidRegularExpression("regular expression is too complex".into()))?;
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHE_ENTRIES_MAX {
            cache.remove(0);
        }
        cache.push((pattern.to_string(), flags, regex.clone()));
    });
    Ok(regex)
}

/// Steps through all matches from byte `start` as PostgreSQL does: after an empty match it goes on one character later,
/// and an empty match right behind a longer one counts.
pub fn each_match<'t>(
    regex: &Regex,
    text: &'t str,
    start: usize,
    mut visit: impl FnMut(&Captures<'t>) -> std::ops::ControlFlow<()>,
) {
    let mut at = start;
    while at <= text.len() {
        let Some(captures) = regex.captures_at(text, at) else { break };
        let whole = captures.get_match();
        at = if whole.is_empty() {
            match text[whole.end()..].chars().next() {
                Some(c) => whole.end() + c.len_utf8(),
                None => text.len() + 1,
            }
        } else {
            whole.end()
        };
        if visit(&captures).is_break() {
            break;
        }
    }
}

/// The pieces between matches; empty matches at the ends and next to others do not split.
pub fn split<'t>(regex: &Regex, text: &'t str) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut previous_end = 0;
    each_match(regex, text, 0, |captures| {
        let whole = captures.get_match();
        if whole.start() < text.len() && whole.end() > previous_end {
            pieces.push(&text[from..whole.start()]);
            from = whole.end();
        }
        previous_end = previous_end.max(whole.end());
        std::ops::ControlFlow::Continue(())
    });
    pieces.push(&text[from..]);
    pieces
}

/// Replaces the `nth` match (from 1), or all if `None`, from byte `start` on. `\1`..`\9`, `\&` and `\\` are special.
pub fn replace(regex: &Regex, text: &str, replacement: &str, start: usize, nth: Option<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut seen = 0;
    each_match(regex, text, start, |captures| {
        seen += 1;
        if nth.is_some_and(|n| n != seen) {
            return std::ops::ControlFlow::Continue(());
        }
        let whole = captures.get_match();
        out.push_str(&text[copied..whole.start()]);
        copied = whole.end();
        let mut chars = replacement.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some(digit @ '1'..='9') => {
                    let group = digit as usize - '0' as usize;
                    out.push_str(captures.get(group).map_or("", |m| m.as_str()));
                }
                Some('&') => out.push_str(whole.as_str()),
                Some('\\') => out.push('\\'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            }
        }
        if nth.is_some() { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    });
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(text: &str, pattern: &str) -> bool {
        compile(pattern, Flags::default()).expect("valid").is_match(text)
    }

    #[test]
    fn advanced_syntax_is_translated() {
        assert!(is_match("foo bar", "\\mbar\\M"));
        assert!(is_match("foobar", "^foo(?:bar)?$"));
        assert!(is_match("a\nb", "a.b"));
        assert!(!is_match("a\nb", "(?n)a.b"));
        assert!(is_match("x{y", "x{y"));
        assert!(is_match("a&&b", "[&]{2}"));
        assert!(is_match("abc", "(?i)ABC"));
        assert!(is_match("a]b", "[]]"));
        assert!(is_match("x-y", "[a-]"));
        assert!(is_match("é", "^[[:alpha:]]$"));
        assert!(is_match("a.c", "***=a.c"));
        assert!(!is_match("abc", "***=a.c"));
    }

    #[test]
    fn what_postgresql_rejects_is_rejected() {
        for (pattern, why) in [
            ("(", "parentheses () not balanced"),
            (")", "parentheses () not balanced"),
            ("[a", "brackets [] not balanced"),
            ("*a", "quantifier operand invalid"),
            ("a**", "quantifier operand invalid"),
            ("a{2,1}", "invalid repetition count(s)"),
            ("[z-a]", "invalid character range"),
            ("[[:foo:]]", "invalid character class"),
            ("\\", "invalid escape \\ sequence"),
        ] {
            let e = compile(pattern, Flags::default()).expect_err(pattern);
            assert_eq!(e, DatumError::InvalidRegularExpression(why.into()), "{pattern}");
        }
        assert!(matches!(compile("(a)\\1", Flags::default()), Err(DatumError::FeatureNotSupported(_))));
        assert!(matches!(compile("a(?=b)", Flags::default()), Err(DatumError::FeatureNotSupported(_))));
    }

    #[test]
    fn empty_matches_split_between_characters_only() {
        let regex = compile("", Flags::default()).expect("valid");
        assert_eq!(split(&regex, "abc"), ["a", "b", "c"]);
        let regex = compile("\\s*", Flags::default()).expect("valid");
        assert_eq!(split(&regex, "the quick"), ["t", "h", "e", "q", "u", "i", "c", "k"]);
    }

    #[test]
    fn replacement_takes_groups_and_the_nth_match() {
        let regex = compile("b(.)", Flags::default()).expect("valid");
        assert_eq!(replace(&regex, "foobarbaz", "X\\1Y", 0, None), "fooXaYrXaYz");
        assert_eq!(replace(&regex, "foobarbaz", "<\\&>", 0, Some(2)), "foobar<ba>z");
    }

    #[test]
    fn the_cache_keeps_a_bound() {
        for i in 0..3 * CACHE_ENTRIES_MAX {
            compile(&format!("x{i}"), Flags::default()).expect("valid");
        }
        assert!(is_match("x5", "x5"));
    }
}
