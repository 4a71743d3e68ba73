//! A cursor over tokens, and what every part of the grammar shares: key words, names, types.

use super::ast::*;
use super::ddl::ObjectName;
use super::lexer::{Tok, Token};
use super::words;
use crate::error::{PlanError, PlanErrorKind, Result};

/// How deep expressions, queries and joins may nest. Bounds the stack of the parser and of every pass after it.
pub const DEPTH_MAX: usize = 200;

pub struct Parser<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
    pub pos: usize,
    pub depth: usize,
    pub parameters: u32,
}

impl Parser<'_> {
    pub fn peek(&self) -> &Tok {
        &self.tokens[self.pos.min(self.tokens.len() - 1)].tok
    }
    pub fn peek_at(&self, ahead: usize) -> &Tok {
        &self.tokens[(self.pos + ahead).min(self.tokens.len() - 1)].tok
    }
    pub fn at(&self) -> usize {
        self.tokens[self.pos.min(self.tokens.len() - 1)].at
    }
    pub fn next(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.pos = (self.pos + 1).min(self.tokens.len() - 1);
        tok
    }
    /// Byte where the current token starts.
    pub fn start(&self) -> usize {
        self.tokens[self.pos].start
    }
    /// Byte where the token before the current one ends.
    pub fn last_end(&self) -> usize {
        self.pos.checked_sub(1).map_or(0, |p| self.tokens[p].end)
    }
    /// Text since a byte, up to the current token.
    pub fn text_since(&self, start: usize) -> String {
        self.text[start..self.last_end().max(start)].to_string()
    }
    /// `syntax error at or near "..."`, at the current token.
    pub fn unexpected<T>(&self) -> Result<T> {
        Err(self.unexpected_at(self.pos))
    }
    pub fn unexpected_at(&self, pos: usize) -> PlanError {
        let token = &self.tokens[pos.min(self.tokens.len() - 1)];
        let what = match token.tok {
            Tok::End => "syntax error at end of input".to_string(),
            _ => format!("syntax error at or near \"{}\"", &self.text[token.start..token.end]),
        };
        PlanError::new(PlanErrorKind::SyntaxError(what)).at(token.at)
    }
    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(PlanError::new(PlanErrorKind::StatementTooComplex(format!(
                "statement nests deeper than {DEPTH_MAX} levels"
            )))
            .at(self.at()));
        }
        let out = f(self);
        self.depth -= 1;
        out
    }

    // key words and punctuation

    pub fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }
    pub fn is_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Tok::Ident { name, quoted: false } if name == word)
    }
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(w))
    }
    pub fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.is_at(i, w))
    }
    pub fn eat(&mut self, word: &str) -> bool {
        let yes = self.is(word);
        if yes {
            self.pos += 1;
        }
        yes
    }
    /// Takes all of the words or none.
    pub fn eat_all(&mut self, words: &[&str]) -> bool {
        let yes = self.are(words);
        if yes {
            self.pos += words.len();
        }
        yes
    }
    pub fn expect(&mut self, word: &str) -> Result<()> {
        if self.eat(word) { Ok(()) } else { self.unexpected() }
    }
    pub fn expect_all(&mut self, words: &[&str]) -> Result<()> {
        words.iter().try_for_each(|w| self.expect(w))
    }
    pub fn is_punct(&self, c: char) -> bool {
        *self.peek() == Tok::Punct(c)
    }
    pub fn eat_punct(&mut self, c: char) -> bool {
        let yes = self.is_punct(c);
        if yes {
            self.pos += 1;
        }
        yes
    }
    pub fn expect_punct(&mut self, c: char) -> Result<()> {
        if self.eat_punct(c) { Ok(()) } else { self.unexpected() }
    }
    pub fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Tok::Op(o) if o == op)
    }
    pub fn eat_op(&mut self, op: &str) -> bool {
        let yes = self.is_op(op);
        if yes {
            self.pos += 1;
        }
        yes
    }
    /// The current word, if it is an unquoted one.
    pub fn word(&self) -> Option<&str> {
        match self.peek() {
            Tok::Ident { name, quoted: false } => Some(name),
            _ => None,
        }
    }
    pub fn eat_if_exists(&mut self) -> bool {
        self.eat_all(&["if", "exists"])
    }
    pub fn eat_if_not_exists(&mut self) -> bool {
        self.eat_all(&["if", "not", "exists"])
    }
    pub fn comma_list<T>(&mut self, mut f: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut out = vec![f(self)?];
        while self.eat_punct(',') {
            out.push(f(self)?);
        }
        Ok(out)
    }
    pub fn paren_list<T>(&mut self, f: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_punct('(')?;
        let out = self.comma_list(f)?;
        self.expect_punct(')')?;
        Ok(out)
    }

    // names

    fn name_if(&mut self, allowed: impl Fn(&str) -> bool) -> Result<String> {
        match self.peek() {
            Tok::Ident { name, quoted } if *quoted || allowed(name) => {
                let name = name.clone();
                self.pos += 1;
                Ok(name)
            }
            _ => self.unexpected(),
        }
    }
    /// A name of a column, table, ...: anything but reserved words and names of types and functions only.
    pub fn name(&mut self) -> Result<String> {
        self.name_if(|w| !words::is_reserved(w) && !words::is_type_func(w))
    }
    pub fn is_name(&self) -> bool {
        matches!(self.peek(), Tok::Ident { name, quoted } if *quoted || (!words::is_reserved(name) && !words::is_type_func(name)))
    }
    /// After AS or a dot: any word.
    pub fn label(&mut self) -> Result<String> {
        self.name_if(|_| true)
    }
    /// Role names: reserved words are refused but CURRENT_USER and its kin are kept as written.
    pub fn role(&mut self) -> Result<String> {
        self.name_if(|w| {
            !words::is_reserved(w) || matches!(w, "current_user" | "session_user" | "current_role")
        })
    }
    pub fn name_list(&mut self) -> Result<Vec<String>> {
        self.comma_list(Self::name)
    }
    pub fn paren_names(&mut self) -> Result<Vec<String>> {
        self.paren_list(Self::name)
    }
    pub fn object_name(&mut self) -> Result<ObjectName> {
        let at = self.at();
        let mut parts = vec![self.name()?];
        while self.eat_punct('.') {
            parts.push(self.label()?);
        }
        let wrong = parts.join(".");
        let mut parts = parts.into_iter().rev();
        let out = ObjectName {
            name: parts.next().unwrap_or_default(),
            schema: parts.next(),
            database: parts.next(),
            at,
        };
        if parts.next().is_some() {
            let what = format!("improper qualified name (too many dotted names): {wrong}");
            return Err(PlanError::new(PlanErrorKind::SyntaxError(what)).at(at));
        }
        Ok(out)
    }
    pub fn object_names(&mut self) -> Result<Vec<ObjectName>> {
        self.comma_list(Self::object_name)
    }
    pub fn string(&mut self) -> Result<String> {
        match self.next() {
            Tok::String(s) => Ok(s),
            _ => Err(self.unexpected_at(self.pos.saturating_sub(1))),
        }
    }
    pub fn integer(&mut self) -> Result<i64> {
        let pos = self.pos;
        let negative = self.eat_op("-");
        if !negative {
            self.eat_op("+");
        }
        match self.next() {
            Tok::Number(n) => {
                let text = if negative { format!("-{n}") } else { n };
                text.parse().map_err(|_| self.unexpected_at(pos))
            }
            _ => Err(self.unexpected_at(pos)),
        }
    }

    // types

    /// A type: `int`, `character varying(10)`, `timestamp(3) with time zone`, `pg_catalog."char"`, `text[]`, ...
    pub fn type_name(&mut self) -> Result<TypeName> {
        let at = self.at();
        if self.eat("setof") {
            return Err(PlanError::not_supported("SETOF").at(at));
        }
        let mut ty = self.simple_type(at)?;
        if self.eat("array") {
            ty.array = true;
            if self.eat_punct('[') {
                self.integer()?;
                self.expect_punct(']')?;
            }
        }
        while self.is_punct('[') {
            self.pos += 1;
            ty.array = true;
            if !self.is_punct(']') {
                self.integer()?;
            }
            self.expect_punct(']')?;
        }
        Ok(ty)
    }
    fn simple_type(&mut self, at: usize) -> Result<TypeName> {
        let plain = |name: &str| TypeName {
            schema: None,
            name: name.into(),
            modifiers: vec![],
            interval_fields: None,
            array: false,
            at,
        };
        let Some(word) = self.word().map(str::to_string) else { return self.generic_type(at) };
        if matches!(self.peek_at(1), Tok::Punct('.')) {
            return self.generic_type(at);
        }
        self.pos += 1;
        let mut ty = match word.as_str() {
            "int" | "integer" => plain("int4"),
            "smallint" => plain("int2"),
            "bigint" => plain("int8"),
            "real" => plain("float4"),
            "boolean" => plain("bool"),
            "double" => {
                if !self.eat("precision") {
                    self.pos -= 1;
                    return self.generic_type(at);
                }
                plain("float8")
            }
            "float" => {
                let m = self.type_modifiers()?;
                match m.first() {
                    Some(p) if *p < 1 => {
                        return Err(PlanError::new(PlanErrorKind::InvalidParameterValue(
                            "precision for type float must be at least 1 bit".into(),
                        ))
                        .at(at));
                    }
                    Some(p) if *p <= 24 => plain("float4"),
                    Some(p) if *p > 53 => {
                        return Err(PlanError::new(PlanErrorKind::InvalidParameterValue(
                            "precision for type float must be less than 54 bits".into(),
                        ))
                        .at(at));
                    }
                    _ => plain("float8"),
                }
            }
            "decimal" | "dec" | "numeric" => {
                TypeName { modifiers: self.type_modifiers()?, ..plain("numeric") }
            }
            "varchar" => TypeName { modifiers: self.type_modifiers()?, ..plain("varchar") },
            "char" | "character" | "nchar" | "national" => {
                if word == "national" && !self.eat("character") {
                    self.expect("char")?;
                }
                let name = if self.eat("varying") { "varchar" } else { "bpchar" };
                let mut modifiers = self.type_modifiers()?;
                if name == "bpchar" && modifiers.is_empty() {
                    modifiers.push(1);
                }
                TypeName { modifiers, ..plain(name) }
            }
            "bit" => {
                return Err(PlanError::not_supported("type bit").at(at));
            }
            "time" | "timestamp" => {
                let modifiers = self.type_modifiers()?;
                let zone = if self.eat_all(&["with", "time", "zone"]) {
                    true
                } else {
                    self.eat_all(&["without", "time", "zone"]);
                    false
                };
                let name = format!("{word}{}", if zone { "tz" } else { "" });
                TypeName { modifiers, ..plain(&name) }
            }
            "interval" => {
                let mut ty = plain("interval");
                if self.is_punct('(') {
                    ty.modifiers = self.type_modifiers()?;
                } else {
                    (ty.interval_fields, ty.modifiers) = self.interval_fields()?;
                }
                ty
            }
            _ if words::is_reserved(&word) => {
                self.pos -= 1;
                return self.unexpected();
            }
            _ => {
                self.pos -= 1;
                return self.generic_type(at);
            }
        };
        ty.at = at;
        Ok(ty)
    }
    fn generic_type(&mut self, at: usize) -> Result<TypeName> {
        let mut name = self.name_if(|w| !words::is_reserved(w) && !words::is_col_name(w))?;
        let mut schema = None;
        while self.eat_punct('.') {
            schema = Some(std::mem::replace(&mut name, self.label()?));
        }
        if self.is_op("%") && self.is_at(1, "type") {
            return Err(PlanError::not_supported("%TYPE").at(self.at()));
        }
        let modifiers = self.type_modifiers()?;
        Ok(TypeName { schema, name, modifiers, interval_fields: None, array: false, at })
    }
    fn type_modifiers(&mut self) -> Result<Vec<i64>> {
        if self.is_punct('(') { self.paren_list(Self::integer) } else { Ok(vec![]) }
    }
    /// `YEAR TO MONTH`, `DAY TO SECOND(3)`: PostgreSQL's mask of fields, and the precision.
    pub fn interval_fields(&mut self) -> Result<(Option<i32>, Vec<i64>)> {
        const FIELDS: [(&str, i32); 6] =
            [("year", 2), ("month", 1), ("day", 3), ("hour", 10), ("minute", 11), ("second", 12)];
        let field = |p: &mut Self| FIELDS.iter().position(|(w, _)| p.eat(w));
        let Some(first) = field(self) else { return Ok((None, vec![])) };
        let mut last = first;
        if self.eat("to") {
            match field(self) {
                Some(to) if to > first && (first > 1 || to == 1) => last = to,
                _ => return self.unexpected(),
            }
        }
        let mask = FIELDS[first..=last].iter().fold(0, |m, (_, bit)| m | (1 << bit));
        let modifiers = if last == 5 { self.type_modifiers()? } else { vec![] };
        Ok((Some(mask), modifiers))
    }
}
