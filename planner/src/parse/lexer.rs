//! Text to tokens, by PostgreSQL's lexical rules (manual 4.1): nested comments, `E''`, `U&''`, dollar quotes, operators of
//! any length, quoted identifiers.

use crate::error::{PlanError, PlanErrorKind, Result};

/// Longest statement text, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 20;
/// PostgreSQL's NAMEDATALEN - 1: longer identifiers are cut.
pub const NAME_BYTES_MAX: usize = 63;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tok {
    /// Folded to lower case unless quoted.
    Ident {
        name: String,
        quoted: bool,
    },
    String(String),
    /// `B'...'` as `b101`, `X'...'` as `x1F`.
    BitString(String),
    Number(String),
    Param(u32),
    /// One or more operator characters, and `::`, `:=`, `=>`, `..`.
    Op(String),
    /// `( ) [ ] , ; . :`
    Punct(char),
    End,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub tok: Tok,
    /// Position in characters from 1.
    pub at: usize,
    /// Bytes in the text.
    pub start: usize,
    pub end: usize,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    /// Characters before `counted`.
    chars: usize,
    counted: usize,
}

/// # Errors
/// `SyntaxError`: something does not end, or a character that begins no token.
pub fn tokenize(text: &str) -> Result<Vec<Token>> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(PlanError::new(PlanErrorKind::ProgramLimitExceeded(format!(
            "statement of {} bytes exceeds {TEXT_BYTES_MAX}",
            text.len()
        ))));
    }
    let mut l = Lexer { text, bytes: text.as_bytes(), pos: 0, chars: 0, counted: 0 };
    let mut out = Vec::with_capacity(text.len() / 5 + 2);
    loop {
        l.skip_space()?;
        let start = l.pos;
        let at = l.char_at(start);
        let tok = l.token(at)?;
        let done = tok == Tok::End;
        out.push(Token { tok, at, start, end: l.pos });
        if done {
            return Ok(out);
        }
    }
}

fn is_op(b: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&b)
}
fn is_ident_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}
fn is_ident(b: u8) -> bool {
    is_ident_start(b) || b.is_ascii_digit() || b == b'$'
}
fn syntax(at: usize, what: impl Into<String>) -> PlanError {
    PlanError::new(PlanErrorKind::SyntaxError(what.into())).at(at)
}

impl Lexer<'_> {
    /// Position in characters of a byte; asked in ascending order.
    fn char_at(&mut self, byte: usize) -> usize {
        if byte >= self.counted {
            self.chars += self.text[self.counted..byte].chars().count();
            self.counted = byte;
        }
        self.chars + 1
    }
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }
    fn skip_space(&mut self) -> Result<()> {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b => self.pos += 1,
                b'-' if self.peek(1) == b'-' => {
                    while self.pos < self.bytes.len() && self.peek(0) != b'\n' {
                        self.pos += 1;
                    }
                }
                b'/' if self.peek(1) == b'*' => {
                    let at = self.char_at(self.pos);
                    let mut depth = 0usize;
                    loop {
                        if self.pos >= self.bytes.len() {
                            return Err(syntax(at, "unterminated /* comment"));
                        }
                        if self.peek(0) == b'/' && self.peek(1) == b'*' {
                            depth += 1;
                            self.pos += 2;
                        } else if self.peek(0) == b'*' && self.peek(1) == b'/' {
                            depth -= 1;
                            self.pos += 2;
                            if depth == 0 {
                                break;
                            }
                        } else {
                            self.pos += 1;
                        }
                    }
                }
                _ => return Ok(()),
            }
        }
    }
    fn token(&mut self, at: usize) -> Result<Tok> {
        if self.pos >= self.bytes.len() {
            return Ok(Tok::End);
        }
        let b = self.peek(0);
        match b {
            b'\'' => Ok(Tok::String(self.quoted_string(at, false)?)),
            b'e' | b'E' if self.peek(1) == b'\'' => {
                self.pos += 1;
                Ok(Tok::String(self.quoted_string(at, true)?))
            }
            b'n' | b'N' if self.peek(1) == b'\'' => {
                self.pos += 1;
                Ok(Tok::String(self.quoted_string(at, false)?))
            }
            b'b' | b'B' | b'x' | b'X' if self.peek(1) == b'\'' => {
                self.pos += 1;
                let s = self.quoted_string(at, false)?;
                Ok(Tok::BitString(format!("{}{s}", b.to_ascii_lowercase() as char)))
            }
            b'u' | b'U' if self.peek(1) == b'&' && self.peek(2) == b'\'' => {
                self.pos += 2;
                let s = self.quoted_string(at, false)?;
                Ok(Tok::String(unicode_escapes(&s, at)?))
            }
            b'u' | b'U' if self.peek(1) == b'&' && self.peek(2) == b'"' => {
                self.pos += 2;
                let s = self.quoted_ident(at)?;
                Ok(Tok::Ident { name: unicode_escapes(&s, at)?, quoted: true })
            }
            b'"' => Ok(Tok::Ident { name: self.quoted_ident(at)?, quoted: true }),
            b'$' if self.peek(1).is_ascii_digit() => {
                let start = self.pos + 1;
                self.pos += 1;
                while self.peek(0).is_ascii_digit() {
                    self.pos += 1;
                }
                let n = self.text[start..self.pos].parse::<u32>().ok().filter(|n| *n <= 65_535);
                Ok(Tok::Param(n.ok_or_else(|| {
                    PlanError::new(PlanErrorKind::ProgramLimitExceeded("parameter number too large".into()))
                        .at(at)
                })?))
            }
            b'$' => self.dollar_string(at),
            b'0'..=b'9' => self.number(at),
            b'.' if self.peek(1).is_ascii_digit() => self.number(at),
            b'.' if self.peek(1) == b'.' => {
                self.pos += 2;
                Ok(Tok::Op("..".into()))
            }
            b':' if self.peek(1) == b':' || self.peek(1) == b'=' => {
                let op = self.text[self.pos..self.pos + 2].to_string();
                self.pos += 2;
                Ok(Tok::Op(op))
            }
            b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' | b':' => {
                self.pos += 1;
                Ok(Tok::Punct(b as char))
            }
            _ if is_ident_start(b) => {
                let start = self.pos;
                while self.pos < self.bytes.len() && is_ident(self.peek(0)) {
                    self.pos += 1;
                }
                let mut name = self.text[start..self.pos].to_ascii_lowercase();
                truncate_name(&mut name);
                Ok(Tok::Ident { name, quoted: false })
            }
            _ if is_op(b) => Ok(Tok::Op(self.operator())),
            _ => {
                let c = self.text[self.pos..].chars().next().unwrap_or('?');
                Err(syntax(at, format!("syntax error at or near \"{c}\"")))
            }
        }
    }
    /// The longest run of operator characters; a run ends before a comment, and may end in + or - only if it has one of `~!@#%^&|`?`.
    fn operator(&mut self) -> String {
        let start = self.pos;
        let mut end = start;
        while end < self.bytes.len() && is_op(self.bytes[end]) {
            let rest = &self.bytes[end..];
            if end > start && (rest.starts_with(b"--") || rest.starts_with(b"/*")) {
                break;
            }
            end += 1;
        }
        while end > start + 1
            && (self.bytes[end - 1] == b'+' || self.bytes[end - 1] == b'-')
            && !self.bytes[start..end].iter().any(|b| b"~!@#%^&|`?".contains(b))
        {
            end -= 1;
        }
        self.pos = end;
        match &self.text[start..end] {
            "!=" => "<>".into(),
            op => op.into(),
        }
    }
    fn number(&mut self, at: usize) -> Result<Tok> {
        let start = self.pos;
        while self.peek(0).is_ascii_digit() {
            self.pos += 1;
        }
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.pos += 1;
            while self.peek(0).is_ascii_digit() {
                self.pos += 1;
            }
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.pos += 1 + sign;
                while self.peek(0).is_ascii_digit() {
                    self.pos += 1;
                }
            }
        }
        let text = self.text[start..self.pos].to_string();
        if is_ident_start(self.peek(0)) {
            let junk = self.text[self.pos..].chars().next().unwrap_or(' ');
            return Err(syntax(
                at,
                format!("trailing junk after numeric literal at or near \"{text}{junk}\""),
            ));
        }
        Ok(Tok::Number(text))
    }
    fn quoted_ident(&mut self, at: usize) -> Result<String> {
        self.pos += 1;
        let mut out = String::new();
        loop {
            let Some(i) = self.text[self.pos..].find('"') else {
                return Err(syntax(at, "unterminated quoted identifier"));
            };
            out.push_str(&self.text[self.pos..self.pos + i]);
            self.pos += i + 1;
            if self.peek(0) != b'"' {
                break;
            }
            out.push('"');
            self.pos += 1;
        }
        if out.is_empty() {
            return Err(syntax(at, "zero-length delimited identifier at or near \"\"\"\""));
        }
        truncate_name(&mut out);
        Ok(out)
    }
    /// At the opening quote. Adjacent strings on following lines are one.
    fn quoted_string(&mut self, at: usize, escapes: bool) -> Result<String> {
        let mut out = Vec::new();
        loop {
            self.pos += 1;
            loop {
                if self.pos >= self.bytes.len() {
                    return Err(syntax(at, "unterminated quoted string"));
                }
                match self.peek(0) {
                    b'\'' if self.peek(1) == b'\'' => {
                        out.push(b'\'');
                        self.pos += 2;
                    }
                    b'\'' => break,
                    b'\\' if escapes => self.escape(&mut out, at)?,
                    b => {
                        out.push(b);
                        self.pos += 1;
                    }
                }
            }
            self.pos += 1;
            // another string after white space with a line end goes on with this one
            let mut ahead = 0;
            let mut newline = false;
            while matches!(self.peek(ahead), b' ' | b'\t' | b'\n' | b'\r') {
                newline |= self.peek(ahead) == b'\n';
                ahead += 1;
            }
            if newline && self.peek(ahead) == b'\'' {
                self.pos += ahead;
            } else {
                break;
            }
        }
        let s =
            String::from_utf8(out).map_err(|_| syntax(at, "invalid byte sequence for encoding \"UTF8\""))?;
        if s.contains('\0') {
            return Err(syntax(at, "invalid byte sequence for encoding \"UTF8\": 0x00"));
        }
        Ok(s)
    }
    fn escape(&mut self, out: &mut Vec<u8>, at: usize) -> Result<()> {
        let c = self.peek(1);
        self.pos += 2;
        match c {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'0'..=b'7' => {
                let mut v = u32::from(c - b'0');
                for _ in 0..2 {
                    if matches!(self.peek(0), b'0'..=b'7') {
                        v = v * 8 + u32::from(self.peek(0) - b'0');
                        self.pos += 1;
                    }
                }
                out.push(v as u8);
            }
            b'x' if self.peek(0).is_ascii_hexdigit() => {
                let mut v = 0u32;
                for _ in 0..2 {
                    if let Some(d) = (self.peek(0) as char).to_digit(16) {
                        v = v * 16 + d;
                        self.pos += 1;
                    }
                }
                out.push(v as u8);
            }
            b'u' | b'U' => {
                let len = if c == b'u' { 4 } else { 8 };
                let mut v = hex_digits(self.bytes, self.pos, len)
                    .ok_or_else(|| syntax(at, "invalid Unicode escape"))?;
                self.pos += len;
                if (0xD800..0xDC00).contains(&v) && self.peek(0) == b'\\' && self.peek(1) == b'u' {
                    let low = hex_digits(self.bytes, self.pos + 2, 4)
                        .filter(|l| (0xDC00..0xE000).contains(l))
                        .ok_or_else(|| syntax(at, "invalid Unicode surrogate pair"))?;
                    v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
                    self.pos += 6;
                }
                let ch = char::from_u32(v).ok_or_else(|| syntax(at, "invalid Unicode escape value"))?;
                out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
            }
            0 if self.pos > self.bytes.len() => return Err(syntax(at, "unterminated quoted string")),
            other => out.push(other),
        }
        Ok(())
    }
    fn dollar_string(&mut self, at: usize) -> Result<Tok> {
        let mut end = self.pos + 1;
        while end < self.bytes.len() && is_ident(self.bytes[end]) && self.bytes[end] != b'$' {
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            return Err(syntax(at, "syntax error at or near \"$\""));
        }
        let tag = &self.text[self.pos..=end];
        let body = end + 1;
        let Some(len) = self.text[body..].find(tag) else {
            return Err(syntax(at, "unterminated dollar-quoted string"));
        };
        self.pos = body + len + tag.len();
        Ok(Tok::String(self.text[body..body + len].to_string()))
    }
}

fn hex_digits(bytes: &[u8], at: usize, len: usize) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(at..at + len)?).ok()?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// `\XXXX` and `\+XXXXXX` of `U&''`.
fn unicode_escapes(s: &str, at: usize) -> Result<String> {
    let bad = || syntax(at, "invalid Unicode escape");
    let mut out = String::with_capacity(s.len());
    let mut rest = s;
    while let Some(i) = rest.find('\\') {
        out.push_str(&rest[..i]);
        rest = &rest[i + 1..];
        if let Some(r) = rest.strip_prefix('\\') {
            out.push('\\');
            rest = r;
            continue;
        }
        let (skip, len) = if rest.starts_with('+') { (1, 6) } else { (0, 4) };
        let v = hex_digits(rest.as_bytes(), skip, len).ok_or_else(bad)?;
        out.push(char::from_u32(v).ok_or_else(bad)?);
        rest = &rest[skip + len..];
    }
    out.push_str(rest);
    Ok(out)
}

fn truncate_name(name: &mut String) {
    if name.len() > NAME_BYTES_MAX {
        let mut end = NAME_BYTES_MAX;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn toks(s: &str) -> Vec<Tok> {
        let mut t: Vec<Tok> = tokenize(s).unwrap().into_iter().map(|t| t.tok).collect();
        t.pop();
        t
    }
    #[test]
    fn operators_stop_before_signs_and_comments() {
        assert_eq!(
            toks("a<-1"),
            [
                Tok::Ident { name: "a".into(), quoted: false },
                Tok::Op("<".into()),
                Tok::Op("-".into()),
                Tok::Number("1".into())
            ]
        );
        assert_eq!(toks("@-"), [Tok::Op("@-".into())]);
        assert_eq!(toks("*--x"), [Tok::Op("*".into())]);
        assert_eq!(toks("+/* /* */ */1"), [Tok::Op("+".into()), Tok::Number("1".into())]);
    }
    #[test]
    fn strings_of_all_kinds() {
        assert_eq!(toks("'it''s'"), [Tok::String("it's".into())]);
        assert_eq!(toks(r"E'a\n\x41\u0042'"), [Tok::String("a\nAB".into())]);
        assert_eq!(toks("$x$ a $$ b $x$"), [Tok::String(" a $$ b ".into())]);
        assert_eq!(toks("'a'\n  'b'"), [Tok::String("ab".into())]);
        assert_eq!(toks(r"U&'\0041\+000042'"), [Tok::String("AB".into())]);
    }
    #[test]
    fn positions_count_characters() {
        let t = tokenize("'äö' x").unwrap();
        assert_eq!(t[1].at, 6);
    }
    #[test]
    fn what_does_not_end_is_an_error_with_its_start() {
        assert_eq!(tokenize("select 'abc").unwrap_err().0.position, Some(8));
        assert!(tokenize("/* x").is_err());
        assert!(tokenize("E'\\").is_err());
        assert!(tokenize("$a$").is_err());
    }
}
