//! PostgreSQL's advanced regular expressions, rewritten in the syntax of the `regex` crate.
//!
//! A recursive descent over alternatives, branches and quantified atoms that writes the other syntax as it goes. Every
//! construct is written out explicitly (`\x{..}` for characters that could mean something), so that nothing of the
//! target's own syntax leaks in.

use super::regex::Flags;
use crate::DatumError;

/// Groups may nest this deep.
const NESTING_MAX: usize = 200;
/// PostgreSQL's `DUPMAX`: the largest count in braces.
const REPEAT_MAX: u32 = 255;

fn invalid(why: &str) -> DatumError {
    DatumError::InvalidRegularExpression(why.into())
}

/// Gives the translated expression and the flags after embedded options.
///
/// # Errors
/// For the client: what PostgreSQL rejects, and what no linear-time engine has.
pub(super) fn translate(pattern: &str, mut flags: Flags) -> Result<(String, Flags), DatumError> {
    let mut pattern = pattern;
    if let Some(rest) = pattern.strip_prefix("***=") {
        flags.literal = true;
        pattern = rest;
    } else if let Some(rest) = pattern.strip_prefix("***:") {
        pattern = rest;
    } else if pattern.starts_with("***") {
        return Err(invalid("quantifier operand invalid"));
    }
    if flags.literal {
        return Ok((pattern.chars().map(literal).collect(), flags));
    }
    if let Some(rest) = pattern.strip_prefix("(?")
        && rest.starts_with(|c: char| c.is_ascii_alphabetic())
        && let Some(end) = rest.find(')')
    {
        let options = &rest[..end];
        if !options.chars().all(|c| flags.set(c)) {
            return Err(invalid("invalid embedded option"));
        }
        pattern = &rest[end + 1..];
        if flags.literal {
            return Ok((pattern.chars().map(literal).collect(), flags));
        }
    }
    let mut t = Translation {
        input: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() * 2),
        flags,
        depth: 0,
    };
    t.alternatives()?;
    if t.at < t.input.len() {
        return Err(invalid("parentheses () not balanced"));
    }
    Ok((t.out, flags))
}

/// One character that stands for itself.
fn literal(c: char) -> String {
    if c.is_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", c as u32) }
}

struct Translation {
    input: Vec<char>,
    at: usize,
    out: String,
    flags: Flags,
    depth: usize,
}

/// What an atom allows after it.
#[derive(PartialEq)]
enum Atom {
    Quantifiable,
    /// `^`, `$`, `\y`: a quantifier has nothing to repeat.
    Constraint,
}

impl Translation {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at).copied()
    }
    fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.input.get(self.at + i) == Some(&c))
    }
    fn bump(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += 1;
        c
    }
    fn skip_expanded(&mut self) {
        while self.flags.expanded {
            match self.peek() {
                Some(c) if c.is_whitespace() => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
    }

    fn alternatives(&mut self) -> Result<(), DatumError> {
        if self.depth > NESTING_MAX {
            return Err(invalid("regular expression is too complex"));
        }
        loop {
            self.branch()?;
            if self.peek() != Some('|') {
                return Ok(());
            }
            self.at += 1;
            self.out.push('|');
        }
    }

    fn branch(&mut self) -> Result<(), DatumError> {
        loop {
            self.skip_expanded();
            match self.peek() {
                None | Some('|') | Some(')') => return Ok(()),
                Some(_) => {}
            }
            if self.looking_at("(?#") {
                while let Some(c) = self.bump() {
                    if c == ')' {
                        break;
                    }
                }
                continue;
            }
            let start = self.out.len();
            let atom = self.atom()?;
            self.skip_expanded();
            self.quantifier(start, &atom)?;
        }
    }

    fn at_quantifier(&self) -> bool {
        match self.peek() {
            Some('*' | '+' | '?') => true,
            Some('{') => self.input.get(self.at + 1).is_some_and(char::is_ascii_digit),
            _ => false,
        }
    }

    fn quantifier(&mut self, start: usize, atom: &Atom) -> Result<(), DatumError> {
        if !self.at_quantifier() {
            return Ok(());
        }
        if *atom == Atom::Constraint {
            return Err(invalid("quantifier operand invalid"));
        }
        let mut repeat = String::new();
        let mut bounded = false;
        match self.bump() {
            Some('{') => {
                bounded = true;
                let low = self.number()?;
                let high = match self.bump() {
                    Some('}') => Some(low),
                    Some(',') if self.peek() == Some('}') => {
                        self.at += 1;
                        None
                    }
                    Some(',') => {
                        let high = self.number()?;
                        if self.bump() != Some('}') {
                            return Err(invalid("invalid repetition count(s)"));
                        }
                        Some(high)
                    }
                    None => return Err(invalid("braces {} not balanced")),
                    _ => return Err(invalid("invalid repetition count(s)")),
                };
                if high.is_some_and(|high| high < low) {
                    return Err(invalid("invalid repetition count(s)"));
                }
                repeat = match high {
                    Some(high) => format!("{{{low},{high}}}"),
                    None => format!("{{{low},}}"),
                };
            }
            Some(c) => repeat.push(c),
            None => {}
        }
        if self.peek() == Some('?') {
            self.at += 1;
            if bounded && repeat == "{1,1}" {
                // PostgreSQL's way to make a group prefer the shortest match: swap the greediness inside.
                self.out.insert_str(start, "(?U:");
                self.out.push(')');
            }
            repeat.push('?');
        }
        self.out.push_str(&repeat);
        self.skip_expanded();
        if self.at_quantifier() {
            return Err(invalid("quantifier operand invalid"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<u32, DatumError> {
        let mut value = 0u32;
        let mut any = false;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            value = value * 10 + digit;
            any = true;
            self.at += 1;
            if value > REPEAT_MAX {
                return Err(invalid("invalid repetition count(s)"));
            }
        }
        if !any {
            return Err(invalid(if self.peek().is_none() {
                "braces {} not balanced"
            } else {
                "invalid repetition count(s)"
            }));
        }
        Ok(value)
    }

    fn atom(&mut self) -> Result<Atom, DatumError> {
        match self.bump() {
            Some('(') => {
                if self.looking_at("?:") {
                    self.at += 2;
                    self.out.push_str("(?:");
                } else if self.looking_at("?") {
                    let kind: String = self.input[self.at..].iter().take(3).collect();
                    if kind.starts_with("?=")
                        || kind.starts_with("?!")
                        || kind.starts_with("?<=")
                        || kind.starts_with("?<!")
                    {
                        return Err(DatumError::FeatureNotSupported(
                            "look-around in regular expressions is not supported".into(),
                        ));
                    }
                    return Err(invalid("quantifier operand invalid"));
                } else {
                    self.out.push('(');
                }
                self.depth += 1;
                self.alternatives()?;
                self.depth -= 1;
                if self.bump() != Some(')') {
                    return Err(invalid("parentheses () not balanced"));
                }
                self.out.push(')');
            }
            Some('*' | '+' | '?') => return Err(invalid("quantifier operand invalid")),
            Some('{') if self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                return Err(invalid("quantifier operand invalid"));
            }
            Some('.') => self.out.push_str(if self.flags.newline_stops_dot { "[^\\n]" } else { "(?s:.)" }),
            Some('^') => {
                self.out.push_str(if self.flags.newline_anchors { "(?m:^)" } else { "\\A" });
                return Ok(Atom::Constraint);
            }
            Some('$') => {
                self.out.push_str(if self.flags.newline_anchors { "(?m:$)" } else { "\\z" });
                return Ok(Atom::Constraint);
            }
            Some('[') => {
                for (form, word) in [("[:<:]]", "\\b{start}"), ("[:>:]]", "\\b{end}")] {
                    if self.looking_at(form) {
                        self.at += form.len();
                        self.out.push_str(word);
                        return Ok(Atom::Constraint);
                    }
                }
                self.bracket()?;
            }
            Some('\\') => return self.escape(),
            Some(c) => self.out.push_str(&literal(c)),
            None => {}
        }
        Ok(Atom::Quantifiable)
    }

    fn escape(&mut self) -> Result<Atom, DatumError> {
        let Some(c) = self.bump() else { return Err(invalid("invalid escape \\ sequence")) };
        let constraint = match c {
            'A' => Some("\\A"),
            'Z' => Some("\\z"),
            'm' => Some("\\b{start}"),
            'M' => Some("\\b{end}"),
            'y' => Some("\\b"),
            'Y' => Some("\\B"),
            _ => None,
        };
        if let Some(constraint) = constraint {
            self.out.push_str(constraint);
            return Ok(Atom::Constraint);
        }
        if let Some(class) = shorthand(c) {
            self.out.push_str(&format!("[{class}]"));
        } else {
            let value = self.escaped_char(c)?;
            self.out.push_str(&literal(value));
        }
        Ok(Atom::Quantifiable)
    }

    /// The character of an escape whose letter is already taken.
    fn escaped_char(&mut self, c: char) -> Result<char, DatumError> {
        Ok(match c {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'B' => '\\',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'c' => {
                let control = self.bump().ok_or_else(|| invalid("invalid escape \\ sequence"))?;
                char::from_u32(control as u32 & 0x1F).unwrap_or('\0')
            }
            'u' => self.hex(4, 4)?,
            'U' => self.hex(8, 8)?,
            'x' => self.hex(1, 255)?,
            '0' => self.octal(0)?,
            '1'..='9' => {
                return Err(DatumError::FeatureNotSupported(
                    "back-references in regular expressions are not supported".into(),
                ));
            }
            c if c.is_ascii_alphanumeric() => return Err(invalid("invalid escape \\ sequence")),
            c => c,
        })
    }
    fn hex(&mut self, min: usize, max: usize) -> Result<char, DatumError> {
        let mut value = 0u32;
        let mut count = 0;
        while count < max
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(16))
        {
            value = value
                .checked_mul(16)
                .and_then(|v| v.checked_add(digit))
                .ok_or_else(|| invalid("invalid escape \\ sequence"))?;
            count += 1;
            self.at += 1;
        }
        if count < min {
            return Err(invalid("invalid escape \\ sequence"));
        }
        char::from_u32(value).ok_or_else(|| invalid("invalid escape \\ sequence"))
    }
    fn octal(&mut self, mut value: u32) -> Result<char, DatumError> {
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            value = value * 8 + digit;
            self.at += 1;
        }
        char::from_u32(value).ok_or_else(|| invalid("invalid escape \\ sequence"))
    }

    /// A bracket expression whose `[` is taken.
    fn bracket(&mut self) -> Result<(), DatumError> {
        let unbalanced = || invalid("brackets [] not balanced");
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
            if self.flags.newline_stops_dot {
                self.out.push_str("\\n");
            }
        }
        let mut first = true;
        loop {
            let c = self.bump().ok_or_else(unbalanced)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            let low = match c {
                '[' if self.peek() == Some(':') => {
                    self.at += 1;
                    let name = self.until(':')?;
                    self.out.push_str(posix_class(&name)?);
                    continue;
                }
                '[' if matches!(self.peek(), Some('.' | '=')) => {
                    let mark = self.bump().ok_or_else(unbalanced)?;
                    collating(&self.until(mark)?)?
                }
                '\\' => {
                    let c = self.bump().ok_or_else(unbalanced)?;
                    if let Some(class) = shorthand(c) {
                        self.out.push_str(class);
                        continue;
                    }
                    self.escaped_char(c)?
                }
                c => c,
            };
            if self.peek() == Some('-') && self.input.get(self.at + 1).is_some_and(|c| *c != ']') {
                self.at += 1;
                let high = match self.bump().ok_or_else(unbalanced)? {
                    '[' if matches!(self.peek(), Some('.' | '=')) => {
                        let mark = self.bump().ok_or_else(unbalanced)?;
                        collating(&self.until(mark)?)?
                    }
                    '[' if self.peek() == Some(':') => return Err(invalid("invalid character range")),
                    '\\' => {
                        let c = self.bump().ok_or_else(unbalanced)?;
                        self.escaped_char(c)?
                    }
                    c => c,
                };
                if high < low {
                    return Err(invalid("invalid character range"));
                }
                self.out.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", low as u32, high as u32));
            } else {
                self.out.push_str(&format!("\\x{{{:x}}}", low as u32));
            }
        }
        self.out.push(']');
        Ok(())
    }
    /// Text up to `mark]`.
    fn until(&mut self, mark: char) -> Result<String, DatumError> {
        let mut name = String::new();
        loop {
            match self.bump() {
                Some(c) if c == mark && self.peek() == Some(']') => {
                    self.at += 1;
                    return Ok(name);
                }
                Some(c) => name.push(c),
                None => return Err(invalid("brackets [] not balanced")),
            }
        }
    }
}

fn collating(name: &str) -> Result<char, DatumError> {
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(invalid("invalid collating element")),
    }
}

/// `\d` and kin, as they stand inside brackets.
fn shorthand(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "0-9",
        'D' => "[^0-9]",
        's' => "\\s",
        'S' => "\\S",
        'w' => "\\p{Alphabetic}\\p{N}_",
        'W' => "[^\\p{Alphabetic}\\p{N}_]",
        _ => return None,
    })
}

fn posix_class(name: &str) -> Result<&'static str, DatumError> {
    Ok(match name {
        "alpha" => "\\p{Alphabetic}",
        "alnum" => "\\p{Alphabetic}\\p{N}",
        "digit" => "0-9",
        "xdigit" => "0-9A-Fa-f",
        "upper" => "\\p{Uppercase}",
        "lower" => "\\p{Lowercase}",
        "space" => "\\s",
        "blank" => " \\t\\p{Zs}",
        "punct" => "\\p{P}\\p{S}",
        "cntrl" => "\\p{Cc}",
        "print" => "[^\\p{C}]",
        "graph" => "[^\\p{C}\\p{Z}]",
        "ascii" => "\\x00-\\x7f",
        "word" => "\\p{Alphabetic}\\p{N}_",
        _ => return Err(invalid("invalid character class")),
    })
}
