//! INSERT, UPDATE, DELETE and COPY.

use super::ast::*;
use super::ddl::{CopySource, CopyStatement};
use super::lexer::Tok;
use super::parser::Parser;
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::plan::{CopyFormat, CopyOptions};

impl Parser<'_> {
    pub fn insert(&mut self, with: Option<With>, at: usize) -> Result<Insert> {
        self.expect_all(&["insert", "into"])?;
        let table = self.object_name()?;
        let alias = if self.eat("as") { Some(self.name()?) } else { None };
        let mut insert = Insert {
            with,
            table,
            alias,
            columns: vec![],
            source: None,
            overriding: None,
            on_conflict: None,
            returning: vec![],
            at,
        };
        if self.is_punct('(') && !self.is_query_ahead_in_parens() {
            insert.columns = self.paren_list(|p| {
                let at = p.at();
                let name = p.name()?;
                if matches!(p.peek(), Tok::Punct('.' | '[')) {
                    return Err(PlanError::not_supported("assignment to a part of a column").at(p.at()));
                }
                Ok((name, at))
            })?;
        }
        if self.eat("overriding") {
            insert.overriding = Some(self.eat("system"));
            if insert.overriding == Some(false) {
                self.expect("user")?;
            }
            self.expect("value")?;
        }
        if !self.eat_all(&["default", "values"]) {
            insert.source = Some(self.query()?);
        }
        let at = self.at();
        if self.eat_all(&["on", "conflict"]) {
            let mut target = ConflictTarget::None;
            if self.is_punct('(') {
                target = ConflictTarget::Columns(self.paren_list(|p| {
                    let e = p.expr()?;
                    Ok(e)
                })?);
                if self.is("where") {
                    return Err(PlanError::not_supported("a partial index as arbiter").at(self.at()));
                }
            } else if self.eat_all(&["on", "constraint"]) {
                target = ConflictTarget::Constraint(self.name()?);
            }
            self.expect("do")?;
            let update = if self.eat("nothing") {
                None
            } else {
                self.expect_all(&["update", "set"])?;
                let assignments = self.assignments()?;
                let filter = if self.eat("where") { Some(self.expr()?) } else { None };
                Some((assignments, filter))
            };
            insert.on_conflict = Some(ConflictClause { target, update, at });
        }
        insert.returning = self.returning()?;
        Ok(insert)
    }
    /// `INSERT INTO t (SELECT ...)` has no column list.
    fn is_query_ahead_in_parens(&self) -> bool {
        let mut ahead = 0;
        while *self.peek_at(ahead) == Tok::Punct('(') {
            ahead += 1;
        }
        ["select", "values", "with", "table"].iter().any(|w| self.is_at(ahead, w))
    }
    fn returning(&mut self) -> Result<Vec<SelectItem>> {
        if self.eat("returning") { self.select_items() } else { Ok(vec![]) }
    }
    fn assignments(&mut self) -> Result<Vec<Assignment>> {
        self.comma_list(|p| {
            let column = |p: &mut Self| {
                let at = p.at();
                let name = p.name()?;
                if matches!(p.peek(), Tok::Punct('.' | '[')) {
                    return Err(PlanError::not_supported("assignment to a part of a column").at(p.at()));
                }
                Ok((name, at))
            };
            let columns = if p.is_punct('(') { p.paren_list(column)? } else { vec![column(p)?] };
            if !p.eat_op("=") {
                return p.unexpected();
            }
            Ok(Assignment { columns, value: p.expr()? })
        })
    }
    /// The alias of a target table; SET is not reserved but never one.
    fn target_alias(&mut self) -> Result<Option<String>> {
        if self.eat("as") || (self.is_name() && !self.is("set")) {
            return self.name().map(Some);
        }
        Ok(None)
    }
    pub fn update(&mut self, with: Option<With>, at: usize) -> Result<Update> {
        self.expect("update")?;
        self.eat("only");
        let table = self.object_name()?;
        self.eat_op("*");
        let alias = self.target_alias()?;
        self.expect("set")?;
        let assignments = self.assignments()?;
        let from = if self.eat("from") { self.from_list()? } else { vec![] };
        let filter = self.dml_filter()?;
        let returning = self.returning()?;
        Ok(Update { with, table, alias, assignments, from, filter, returning, at })
    }
    pub fn delete(&mut self, with: Option<With>, at: usize) -> Result<Delete> {
        self.expect_all(&["delete", "from"])?;
        self.eat("only");
        let table = self.object_name()?;
        self.eat_op("*");
        let alias = self.target_alias()?;
        let using = if self.eat("using") { self.from_list()? } else { vec![] };
        let filter = self.dml_filter()?;
        let returning = self.returning()?;
        Ok(Delete { with, table, alias, using, filter, returning, at })
    }
    fn dml_filter(&mut self) -> Result<Option<Expr>> {
        if !self.eat("where") {
            return Ok(None);
        }
        if self.are(&["current", "of"]) {
            return Err(PlanError::not_supported("WHERE CURRENT OF").at(self.at()));
        }
        self.expr().map(Some)
    }

    pub fn copy(&mut self) -> Result<CopyStatement> {
        let at = self.at();
        self.expect("copy")?;
        let mut binary = self.eat("binary");
        let source = if self.eat_punct('(') {
            let query = Box::new(self.query()?);
            self.expect_punct(')')?;
            CopySource::Query(query)
        } else {
            let name = self.object_name()?;
            let columns = if self.is_punct('(') {
                self.paren_list(|p| {
                    let at = p.at();
                    Ok((p.name()?, at))
                })?
            } else {
                vec![]
            };
            CopySource::Table { name, columns }
        };
        let from = self.eat("from");
        if !from {
            self.expect("to")?;
        }
        if from && matches!(source, CopySource::Query(_)) {
            return self.unexpected();
        }
        if self.is("program") {
            return Err(PlanError::not_supported("COPY with a program").at(self.at()));
        }
        if matches!(self.peek(), Tok::String(_)) {
            return Err(PlanError::not_supported("COPY with a file of the server").at(self.at()).with_hint(
                "Use COPY FROM STDIN or COPY TO STDOUT; psql's \\copy does so for a file of the client.",
            ));
        }
        self.expect(if from { "stdin" } else { "stdout" })?;
        let mut out = CopyStatement {
            source,
            from,
            options: CopyOptions::default(),
            force_quote: Some(vec![]),
            force_not_null: vec![],
            force_null: vec![],
            at,
        };
        let mut given = Given::default();
        // very old syntax: [USING] DELIMITERS 'x'
        self.eat("with");
        if self.eat_punct('(') {
            loop {
                self.copy_option(&mut out, &mut given)?;
                if !self.eat_punct(',') {
                    break;
                }
            }
            self.expect_punct(')')?;
        } else {
            loop {
                if self.eat("binary") {
                    binary = true;
                } else if self.eat("freeze") {
                    out.options.freeze = true;
                } else if self.eat("delimiter") {
                    self.eat("as");
                    given.delimiter = Some(self.string()?);
                } else if self.eat("null") {
                    self.eat("as");
                    given.null = Some(self.string()?);
                } else if self.eat("csv") {
                    out.options.format = CopyFormat::Csv;
                } else if self.eat("header") {
                    out.options.header = true;
                } else if self.eat("quote") {
                    self.eat("as");
                    given.quote = Some(self.string()?);
                } else if self.eat("escape") {
                    self.eat("as");
                    given.escape = Some(self.string()?);
                } else if self.eat_all(&["force", "quote"]) {
                    out.force_quote = if self.eat_op("*") { None } else { Some(self.name_list()?) };
                } else if self.eat_all(&["force", "not", "null"]) {
                    out.force_not_null = self.name_list()?;
                } else if self.eat_all(&["force", "null"]) {
                    out.force_null = self.name_list()?;
                } else if self.eat("encoding") {
                    self.copy_encoding()?;
                } else {
                    break;
                }
            }
        }
        if binary {
            out.options.format = CopyFormat::Binary;
        }
        given.apply(&mut out.options).map_err(|e| e.at(at))?;
        if self.is("where") {
            return Err(PlanError::not_supported("COPY FROM ... WHERE").at(self.at()));
        }
        Ok(out)
    }
    fn copy_encoding(&mut self) -> Result<()> {
        let at = self.at();
        let name = self.string()?;
        if matches!(
            name.to_ascii_lowercase().replace(['-', '_'], "").as_str(),
            "utf8" | "unicode" | "sqlascii"
        ) {
            return Ok(());
        }
        Err(PlanError::not_supported(format!("encoding \"{name}\"")).at(at))
    }
    fn copy_flag(&mut self) -> Result<bool> {
        if matches!(self.peek(), Tok::Punct(',' | ')')) {
            return Ok(true);
        }
        let at = self.at();
        let word = match self.next() {
            Tok::Ident { name, .. } => name,
            Tok::String(s) => s.to_ascii_lowercase(),
            Tok::Number(n) => n,
            _ => return Err(self.unexpected_at(self.pos - 1)),
        };
        match word.as_str() {
            "true" | "on" | "1" => Ok(true),
            "false" | "off" | "0" => Ok(false),
            _ => Err(PlanError::new(PlanErrorKind::SyntaxError("a Boolean value is expected".into())).at(at)),
        }
    }
    fn copy_option(&mut self, out: &mut CopyStatement, given: &mut Given) -> Result<()> {
        let at = self.at();
        let name = self.label()?;
        match name.as_str() {
            "format" => {
                let at = self.at();
                let format = match self.next() {
                    Tok::Ident { name, .. } => name,
                    Tok::String(s) => s,
                    _ => return Err(self.unexpected_at(self.pos - 1)),
                };
                out.options.format = match format.as_str() {
                    "text" => CopyFormat::Text,
                    "csv" => CopyFormat::Csv,
                    "binary" => CopyFormat::Binary,
                    other => {
                        return Err(PlanError::new(PlanErrorKind::InvalidParameterValue(format!(
                            "COPY format \"{other}\" not recognized"
                        )))
                        .at(at));
                    }
                };
            }
            "freeze" => out.options.freeze = self.copy_flag()?,
            "delimiter" => given.delimiter = Some(self.string()?),
            "null" => given.null = Some(self.string()?),
            "header" => {
                if self.eat("match") {
                    out.options.header = true;
                    out.options.header_match = true;
                } else {
                    out.options.header = self.copy_flag()?;
                }
            }
            "quote" => given.quote = Some(self.string()?),
            "escape" => given.escape = Some(self.string()?),
            "force_quote" => {
                out.force_quote = if self.eat_op("*") { None } else { Some(self.paren_names()?) }
            }
            "force_not_null" => out.force_not_null = self.paren_names()?,
            "force_null" => out.force_null = self.paren_names()?,
            "encoding" => self.copy_encoding()?,
            other => {
                return Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
                    "option \"{other}\" not recognized"
                )))
                .at(at));
            }
        }
        Ok(())
    }
}

/// Options that were given: their defaults depend on the format.
#[derive(Default)]
struct Given {
    delimiter: Option<String>,
    null: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
}

impl Given {
    fn apply(self, o: &mut CopyOptions) -> Result<()> {
        let invalid = |what: &str| PlanError::new(PlanErrorKind::InvalidParameterValue(what.into()));
        let csv = o.format == CopyFormat::Csv;
        if o.format == CopyFormat::Binary && (self.delimiter.is_some() || self.null.is_some() || o.header) {
            return Err(PlanError::new(PlanErrorKind::SyntaxError(
                "cannot specify DELIMITER, NULL or HEADER in BINARY mode".into(),
            )));
        }
        let one = |s: &str, what: &str| match s.as_bytes() {
            [b] if *b != b'\n' && *b != b'\r' => Ok(*b),
            _ => Err(invalid(&format!("COPY {what} must be a single one-byte character"))),
        };
        o.delimiter = match &self.delimiter {
            Some(d) => one(d, "delimiter")?,
            None if csv => b',',
            None => b'\t',
        };
        o.null = match self.null {
            Some(n) if n.contains(['\n', '\r']) => {
                return Err(invalid("COPY null representation cannot use newline or carriage return"));
            }
            Some(n) => n,
            None if csv => String::new(),
            None => "\\N".into(),
        };
        if !csv && (self.quote.is_some() || self.escape.is_some()) {
            return Err(PlanError::new(PlanErrorKind::FeatureNotSupported(
                "COPY quote available only in CSV mode".into(),
            )));
        }
        if let Some(q) = &self.quote {
            o.quote = one(q, "quote")?;
            o.escape = o.quote;
        }
        if let Some(e) = &self.escape {
            o.escape = one(e, "escape")?;
        }
        if !csv && b"\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(&o.delimiter) {
            return Err(invalid(&format!("COPY delimiter cannot be \"{}\"", o.delimiter as char)));
        }
        if csv && o.delimiter == o.quote {
            return Err(invalid("COPY delimiter and quote must be different"));
        }
        if o.null.as_bytes().contains(&o.delimiter) {
            return Err(invalid("COPY delimiter must not appear in the NULL specification"));
        }
        Ok(())
    }
}
