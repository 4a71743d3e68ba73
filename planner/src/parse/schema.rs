//! CREATE, ALTER, DROP, GRANT, COMMENT and their kin.

use super::ast::*;
use super::ddl::*;
use super::lexer::Tok;
use super::parser::Parser;
use super::types::resolve_type;
use crate::error::{PlanError, PlanErrorKind, Result};
use catalog::descriptor::privilege;
use datum::TypeId;

impl Parser<'_> {
    /// A schema statement, if the first word begins one.
    pub fn schema_statement(&mut self) -> Result<Option<Ddl>> {
        let Some(word) = self.word().map(str::to_string) else { return Ok(None) };
        let at = self.at();
        self.pos += 1;
        Ok(Some(match word.as_str() {
            "create" => self.create(at)?,
            "drop" => self.drop(at)?,
            "alter" => self.alter(at)?,
            "truncate" => {
                self.eat("table");
                self.eat("only");
                let names = self.object_names()?;
                let restart_identity = self.eat_all(&["restart", "identity"]);
                if !restart_identity {
                    self.eat_all(&["continue", "identity"]);
                }
                Ddl::Truncate { names, restart_identity, cascade: self.cascade() }
            }
            "grant" => self.grant()?,
            "revoke" => self.revoke()?,
            "comment" => self.comment()?,
            "vacuum" => {
                let mut analyze = false;
                if self.eat_punct('(') {
                    while !self.eat_punct(')') {
                        analyze |= self.is_any(&["analyze", "analyse"]);
                        if *self.peek() == Tok::End {
                            return self.unexpected();
                        }
                        self.pos += 1;
                    }
                } else {
                    while self.is_any(&["full", "freeze", "verbose", "analyze", "analyse"]) {
                        analyze |= self.is_any(&["analyze", "analyse"]);
                        self.pos += 1;
                    }
                }
                Ddl::Vacuum { analyze, tables: self.vacuum_tables()? }
            }
            "analyze" | "analyse" => {
                self.eat("verbose");
                Ddl::Analyze { tables: self.vacuum_tables()? }
            }
            "reindex" => {
                self.skip_to_end();
                Ddl::Reindex
            }
            "cluster" => {
                self.skip_to_end();
                Ddl::Cluster
            }
            _ => {
                self.pos -= 1;
                return Ok(None);
            }
        }))
    }
    fn skip_to_end(&mut self) {
        while !matches!(self.peek(), Tok::End | Tok::Punct(';')) {
            self.pos += 1;
        }
    }
    fn vacuum_tables(&mut self) -> Result<Vec<ObjectName>> {
        if matches!(self.peek(), Tok::End | Tok::Punct(';')) {
            return Ok(vec![]);
        }
        self.comma_list(|p| {
            let name = p.object_name()?;
            if p.is_punct('(') {
                p.paren_names()?;
            }
            Ok(name)
        })
    }
    fn cascade(&mut self) -> bool {
        if self.eat("cascade") {
            return true;
        }
        self.eat("restrict");
        false
    }

    fn create(&mut self, at: usize) -> Result<Ddl> {
        if self.eat("database") {
            let mut name = String::new();
            let if_not_exists = self.eat_if_not_exists();
            name.push_str(&self.name()?);
            self.eat("with");
            let (mut owner, mut encoding, mut template) = (None, None, None);
            while let Some(option) = self.word().map(str::to_string) {
                let at = self.at();
                self.pos += 1;
                if option == "connection" {
                    self.expect("limit")?;
                }
                self.eat_op("=");
                let value = match self.next() {
                    Tok::Ident { name, .. } => name,
                    Tok::String(s) => s,
                    Tok::Number(n) => n,
                    Tok::Op(op) if op == "-" => match self.next() {
                        Tok::Number(n) => format!("-{n}"),
                        _ => return Err(self.unexpected_at(self.pos - 1)),
                    },
                    _ => return Err(self.unexpected_at(self.pos - 1)),
                };
                match option.as_str() {
                    "owner" => owner = Some(value),
                    "encoding" => encoding = Some(value),
                    "template" => template = Some(value),
                    "lc_collate" | "lc_ctype" | "locale" | "connection" | "allow_connections"
                    | "is_template" | "tablespace" | "strategy" | "locale_provider" | "icu_locale" => {}
                    _ => {
                        return Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
                            "option \"{option}\" not recognized"
                        )))
                        .at(at));
                    }
                }
            }
            return Ok(Ddl::CreateDatabase { name, if_not_exists, owner, encoding, template });
        }
        if self.eat("schema") {
            let if_not_exists = self.eat_if_not_exists();
            let mut name = if self.is("authorization") { None } else { Some(self.name()?) };
            let owner = if self.eat("authorization") { Some(self.role()?) } else { None };
            if !matches!(self.peek(), Tok::End | Tok::Punct(';')) {
                return Err(PlanError::not_supported("CREATE SCHEMA with elements").at(self.at()));
            }
            let Some(name) = name.take().or_else(|| owner.clone()) else { return self.unexpected() };
            return Ok(Ddl::CreateSchema { name, if_not_exists, owner });
        }
        if self.is_any(&["role", "user", "group"]) {
            let user = self.eat("user");
            if !user {
                self.pos += 1;
            }
            let if_not_exists = self.eat_if_not_exists();
            let name = self.role()?;
            let options = self.role_options()?;
            return Ok(Ddl::CreateRole { name, user, if_not_exists, options });
        }
        let unlogged = self.eat("unlogged");
        let temporary = !unlogged && {
            let scope = self.eat("local") || self.eat("global");
            let temp = self.eat("temporary") || self.eat("temp");
            if scope && !temp {
                return self.unexpected();
            }
            temp
        };
        if temporary {
            let what = self.word().unwrap_or("table").to_uppercase();
            return Err(PlanError::not_supported(format!("CREATE TEMPORARY {what}")).at(at));
        }
        if self.eat("table") {
            return self.create_table();
        }
        if self.eat("sequence") {
            let if_not_exists = self.eat_if_not_exists();
            let name = self.object_name()?;
            return Ok(Ddl::CreateSequence { name, if_not_exists, options: self.sequence_options()? });
        }
        let unique = self.eat("unique");
        if self.eat("index") {
            return self.create_index(unique);
        }
        if self.eat("extension") {
            let if_not_exists = self.eat_if_not_exists();
            let name = self.label()?;
            self.skip_to_end();
            return Ok(Ddl::CreateExtension { name, if_not_exists });
        }
        Err(self.refuse("CREATE", at))
    }
    /// `CREATE VIEW is not supported` and the like; a syntax error for what PostgreSQL does not know either.
    fn refuse(&self, verb: &str, at: usize) -> PlanError {
        const KNOWN: &[&str] = &[
            "view",
            "materialized",
            "or",
            "recursive",
            "function",
            "procedure",
            "trigger",
            "type",
            "domain",
            "aggregate",
            "operator",
            "cast",
            "rule",
            "policy",
            "server",
            "foreign",
            "publication",
            "subscription",
            "event",
            "collation",
            "conversion",
            "language",
            "statistics",
            "tablespace",
            "text",
            "transform",
            "access",
            "constraint",
            "default",
            "large",
            "system",
            "routine",
            "user",
            "owned",
            "unlogged",
        ];
        match self.word() {
            Some(w) if KNOWN.contains(&w) => {
                let mut words = vec![verb.to_string(), w.to_uppercase()];
                if w == "or" {
                    words = vec![verb.to_string(), "OR REPLACE".into()];
                } else if matches!(
                    w,
                    "materialized" | "event" | "foreign" | "default" | "access" | "text" | "large"
                ) && let Tok::Ident { name, quoted: false } = self.peek_at(1)
                {
                    words.push(name.to_uppercase());
                }
                PlanError::not_supported(words.join(" ")).at(at)
            }
            _ => self.unexpected_at(self.pos),
        }
    }

    fn create_table(&mut self) -> Result<Ddl> {
        let if_not_exists = self.eat_if_not_exists();
        let name = self.object_name()?;
        if self.eat("as") {
            return self.create_table_as(name, if_not_exists, vec![]);
        }
        if self.is_any(&["of", "partition"]) {
            return Err(PlanError::not_supported(format!(
                "CREATE TABLE {}",
                self.word().unwrap_or("").to_uppercase()
            ))
            .at(self.at()));
        }
        self.expect_punct('(')?;
        // `CREATE TABLE t (a, b) AS`: names only
        if self.is_name() && matches!(self.peek_at(1), Tok::Punct(',' | ')')) {
            let column_names = self.name_list()?;
            self.expect_punct(')')?;
            self.expect("as")?;
            return self.create_table_as(name, if_not_exists, column_names);
        }
        let mut table = CreateTable {
            name,
            if_not_exists,
            columns: vec![],
            constraints: vec![],
            storage_parameters: vec![],
        };
        if !self.is_punct(')') {
            loop {
                if self.is("like") {
                    return Err(PlanError::not_supported("CREATE TABLE ... (LIKE ...)").at(self.at()));
                }
                match self.table_constraint()? {
                    Some(constraint) => table.constraints.push(constraint),
                    None => {
                        let (column, constraints) = self.column_def()?;
                        table.columns.push(column);
                        table.constraints.extend(constraints);
                    }
                }
                if !self.eat_punct(',') {
                    break;
                }
            }
        }
        self.expect_punct(')')?;
        for (word, what) in [("inherits", "INHERITS"), ("partition", "PARTITION BY"), ("using", "USING")] {
            if self.is(word) && !(word == "using" && self.is_at(1, "heap")) {
                return Err(PlanError::not_supported(format!("CREATE TABLE ... {what}")).at(self.at()));
            }
        }
        self.eat_all(&["using", "heap"]);
        table.storage_parameters = self.storage_parameters()?;
        self.eat_all(&["without", "oids"]);
        if self.eat_all(&["on", "commit"]) {
            return Err(PlanError::not_supported("ON COMMIT").at(self.at()));
        }
        if self.eat("tablespace") {
            self.name()?;
        }
        if self.is("locality") {
            return Err(PlanError::not_supported("LOCALITY").at(self.at()));
        }
        if self.is("as") {
            return self.unexpected();
        }
        Ok(Ddl::CreateTable(table))
    }
    fn create_table_as(
        &mut self,
        name: ObjectName,
        if_not_exists: bool,
        column_names: Vec<String>,
    ) -> Result<Ddl> {
        let query = self.inner_statement()?;
        if !matches!(query.kind, StatementKind::Query(_)) {
            return self.unexpected();
        }
        let with_data = !self.eat_all(&["with", "no", "data"]);
        if with_data {
            self.eat_all(&["with", "data"]);
        }
        Ok(Ddl::CreateTableAs { name, if_not_exists, column_names, query: Box::new(query), with_data })
    }
    /// `WITH (name = value, ...)`
    fn storage_parameters(&mut self) -> Result<Vec<(String, String)>> {
        if !self.is("with") || *self.peek_at(1) != Tok::Punct('(') {
            return Ok(vec![]);
        }
        self.pos += 1;
        self.paren_list(|p| {
            let mut name = p.label()?;
            while p.eat_punct('.') {
                name = format!("{name}.{}", p.label()?);
            }
            let mut value = String::new();
            if p.eat_op("=") {
                let from = p.start();
                p.eat_op("-");
                p.next();
                value = p.text_since(from);
            }
            Ok((name, value))
        })
    }
    fn table_constraint(&mut self) -> Result<Option<TableConstraint>> {
        let named = self.is("constraint");
        let starts = ["primary", "unique", "check", "foreign", "exclude"];
        if !named
            && !(self.is_any(&starts)
                && (!self.is("exclude") || self.is_at(1, "using") || *self.peek_at(1) == Tok::Punct('(')))
        {
            return Ok(None);
        }
        let name = if self.eat("constraint") { Some(self.name()?) } else { None };
        self.constraint_body(name).map(Some)
    }
    fn constraint_body(&mut self, name: Option<String>) -> Result<TableConstraint> {
        let at = self.at();
        let constraint = if self.eat_all(&["primary", "key"]) || self.is("unique") {
            let primary = !self.eat("unique");
            if !primary && self.is("nulls") {
                self.pos += 1;
                if self.eat("not") {
                    return Err(PlanError::not_supported("NULLS NOT DISTINCT").at(at));
                }
                self.expect("distinct")?;
            }
            if self.eat_all(&["using", "index"]) {
                TableConstraint::UsingIndex { name, primary, index: self.name()? }
            } else {
                let columns = self.paren_names()?;
                let include = if self.eat("include") { self.paren_names()? } else { vec![] };
                self.storage_parameters()?;
                if self.eat_all(&["using", "index", "tablespace"]) {
                    self.name()?;
                }
                if primary {
                    TableConstraint::PrimaryKey { name, columns, include }
                } else {
                    TableConstraint::Unique { name, columns, include }
                }
            }
        } else if self.eat("check") {
            self.check(name)?
        } else if self.eat_all(&["foreign", "key"]) {
            let columns = self.paren_names()?;
            self.references(name, columns)?
        } else if self.is("exclude") {
            return Err(PlanError::not_supported("EXCLUDE constraints").at(at));
        } else {
            return self.unexpected();
        };
        self.constraint_attributes(constraint)
    }
    fn check(&mut self, name: Option<String>) -> Result<TableConstraint> {
        self.expect_punct('(')?;
        let start = self.start();
        let expr = self.expr()?;
        let sql = self.text_since(start);
        self.expect_punct(')')?;
        self.eat_all(&["no", "inherit"]);
        Ok(TableConstraint::Check { name, sql, not_valid: false, columns: column_names(&expr) })
    }
    fn references(&mut self, name: Option<String>, columns: Vec<String>) -> Result<TableConstraint> {
        self.expect("references")?;
        let table = self.object_name()?;
        let referenced = if self.is_punct('(') { self.paren_names()? } else { vec![] };
        let (mut on_delete, mut on_update) = (String::new(), String::new());
        loop {
            if self.eat("match") {
                self.label()?;
            } else if self.eat_all(&["on", "delete"]) {
                on_delete = self.referential_action()?;
            } else if self.eat_all(&["on", "update"]) {
                on_update = self.referential_action()?;
            } else {
                break;
            }
        }
        Ok(TableConstraint::ForeignKey { name, columns, table, referenced, on_delete, on_update })
    }
    fn referential_action(&mut self) -> Result<String> {
        for words in
            [&["no", "action"][..], &["set", "null"], &["set", "default"], &["cascade"], &["restrict"]]
        {
            if self.eat_all(words) {
                return Ok(words.join(" "));
            }
        }
        self.unexpected()
    }
    fn constraint_attributes(&mut self, mut constraint: TableConstraint) -> Result<TableConstraint> {
        loop {
            if self.eat_all(&["not", "valid"]) {
                if let TableConstraint::Check { not_valid, .. } = &mut constraint {
                    *not_valid = true;
                }
            } else if self.is("deferrable") || self.are(&["initially", "deferred"]) {
                return Err(PlanError::not_supported("deferrable constraints").at(self.at()));
            } else if !self.eat_all(&["not", "deferrable"]) && !self.eat_all(&["initially", "immediate"]) {
                return Ok(constraint);
            }
        }
    }
    fn column_def(&mut self) -> Result<(ColumnDef, Vec<TableConstraint>)> {
        let at = self.at();
        let name = self.name()?;
        let ty_name = self.type_name()?;
        let serial = match (ty_name.schema.as_deref(), ty_name.name.as_str()) {
            (None, "smallserial" | "serial2") => Some(TypeId::INT2),
            (None, "serial" | "serial4") => Some(TypeId::INT4),
            (None, "bigserial" | "serial8") => Some(TypeId::INT8),
            _ => None,
        };
        let ty = match serial {
            Some(id) if !ty_name.array => id.plain(),
            _ => resolve_type(&ty_name)?,
        };
        if ty.id.info().is_some_and(|i| i.category == 'P' || i.category == 'X') {
            return Err(PlanError::new(PlanErrorKind::InvalidTableDefinition(format!(
                "column \"{name}\" has pseudo-type {}",
                ty.id
            ))));
        }
        let mut column = ColumnDef {
            name: name.clone(),
            ty,
            not_null: serial.is_some(),
            default_sql: None,
            serial: serial.is_some(),
            identity: None,
            at,
        };
        let mut constraints = Vec::new();
        loop {
            let constraint_name = if self.eat("constraint") { Some(self.name()?) } else { None };
            let at = self.at();
            if self.eat_all(&["not", "null"]) {
                column.not_null = true;
            } else if self.eat("null") {
                if column.not_null && serial.is_none() {
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
                        "conflicting NULL/NOT NULL declarations for column \"{name}\""
                    )))
                    .at(at));
                }
            } else if self.eat("default") {
                let start = self.start();
                self.restricted_expr()?;
                if column.default_sql.is_some() || column.serial {
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
                        "multiple default values specified for column \"{name}\""
                    )))
                    .at(at));
                }
                column.default_sql = Some(self.text_since(start));
            } else if self.eat_all(&["primary", "key"]) {
                self.storage_parameters()?;
                let c = TableConstraint::PrimaryKey {
                    name: constraint_name,
                    columns: vec![name.clone()],
                    include: vec![],
                };
                constraints.push(self.constraint_attributes(c)?);
            } else if self.eat("unique") {
                self.storage_parameters()?;
                let c = TableConstraint::Unique {
                    name: constraint_name,
                    columns: vec![name.clone()],
                    include: vec![],
                };
                constraints.push(self.constraint_attributes(c)?);
            } else if self.eat("check") {
                let c = self.check(constraint_name)?;
                constraints.push(self.constraint_attributes(c)?);
            } else if self.is("references") {
                let c = self.references(constraint_name, vec![name.clone()])?;
                constraints.push(self.constraint_attributes(c)?);
            } else if self.eat("generated") {
                let always = self.eat("always");
                if !always {
                    self.expect_all(&["by", "default"])?;
                }
                self.expect("as")?;
                if !self.eat("identity") {
                    return Err(PlanError::not_supported("generated columns").at(at));
                }
                let options = if self.eat_punct('(') {
                    let o = self.sequence_options()?;
                    self.expect_punct(')')?;
                    o
                } else {
                    SequenceOptions::default()
                };
                column.identity = Some(Identity { always, options });
                column.not_null = true;
            } else if self.eat("collate") {
                self.collation()?;
            } else if self.eat("storage") || self.eat("compression") {
                self.label()?;
            } else if constraint_name.is_some() {
                return self.unexpected();
            } else {
                break;
            }
        }
        Ok((column, constraints))
    }
    fn collation(&mut self) -> Result<()> {
        let at = self.at();
        let mut name = self.label()?;
        while self.eat_punct('.') {
            name = self.label()?;
        }
        if matches!(name.as_str(), "default" | "C" | "POSIX" | "ucs_basic") {
            return Ok(());
        }
        Err(PlanError::not_supported(format!("collation \"{name}\"")).at(at))
    }

    fn create_index(&mut self, unique: bool) -> Result<Ddl> {
        let concurrently = self.eat("concurrently");
        let if_not_exists = self.eat_if_not_exists();
        let name = if self.is("on") { None } else { Some(self.name()?) };
        self.expect("on")?;
        self.eat("only");
        let table = self.object_name()?;
        if self.eat("using") {
            let at = self.at();
            let method = self.name()?;
            if method != "btree" {
                return Err(PlanError::not_supported(format!("access method \"{method}\"")).at(at));
            }
        }
        let columns = self.paren_list(|p| {
            let at = p.at();
            let expr = p.restricted_expr()?;
            let name = match expr.kind {
                ExprKind::Column(mut parts) if parts.len() == 1 => parts.remove(0),
                ExprKind::Collate { expr, .. } => match expr.kind {
                    ExprKind::Column(mut parts) if parts.len() == 1 => parts.remove(0),
                    _ => return Err(PlanError::not_supported("an index on an expression").at(at)),
                },
                _ => return Err(PlanError::not_supported("an index on an expression").at(at)),
            };
            if p.eat("collate") {
                p.collation()?;
            }
            if p.is_name() && !p.is("nulls") {
                let class = p.object_name()?;
                if !class.name.ends_with("_ops") {
                    return Err(PlanError::new(PlanErrorKind::UndefinedObject(format!(
                        "operator class \"{class}\" does not exist for access method \"btree\""
                    )))
                    .at(class.at));
                }
                if class.name.contains("pattern") || class.name.contains("trgm") {
                    return Err(PlanError::not_supported(format!("operator class \"{class}\"")).at(class.at));
                }
            }
            let descending = p.eat("desc");
            if !descending {
                p.eat("asc");
            }
            let nulls_first = if p.eat("nulls") {
                let first = p.eat("first");
                if !first {
                    p.expect("last")?;
                }
                first
            } else {
                descending
            };
            Ok(IndexColumnDef { name, descending, nulls_first })
        })?;
        let include = if self.eat("include") { self.paren_names()? } else { vec![] };
        if self.eat_all(&["nulls", "not", "distinct"]) {
            return Err(PlanError::not_supported("NULLS NOT DISTINCT").at(self.at()));
        }
        self.eat_all(&["nulls", "distinct"]);
        self.storage_parameters()?;
        if self.eat("tablespace") {
            self.name()?;
        }
        if self.is("where") {
            return Err(PlanError::not_supported("a partial index").at(self.at()));
        }
        Ok(Ddl::CreateIndex(CreateIndex {
            name,
            table,
            if_not_exists,
            unique,
            concurrently,
            columns,
            include,
        }))
    }

    pub fn sequence_options(&mut self) -> Result<SequenceOptions> {
        let mut o = SequenceOptions::default();
        loop {
            if self.eat("as") {
                let ty = self.type_name()?;
                o.ty = Some(resolve_type(&ty)?.id);
                if !matches!(o.ty, Some(TypeId::INT2 | TypeId::INT4 | TypeId::INT8)) {
                    return Err(PlanError::new(PlanErrorKind::InvalidParameterValue(
                        "sequence type must be smallint, integer, or bigint".into(),
                    ))
                    .at(ty.at));
                }
            } else if self.eat("start") {
                self.eat("with");
                o.start = Some(self.integer()?);
            } else if self.eat("increment") {
                self.eat("by");
                o.increment = Some(self.integer()?);
            } else if self.eat("minvalue") {
                o.min = Some(Some(self.integer()?));
            } else if self.eat_all(&["no", "minvalue"]) {
                o.min = Some(None);
            } else if self.eat("maxvalue") {
                o.max = Some(Some(self.integer()?));
            } else if self.eat_all(&["no", "maxvalue"]) {
                o.max = Some(None);
            } else if self.eat("cache") {
                o.cache = Some(self.integer()?);
            } else if self.eat("cycle") {
                o.cycle = Some(true);
            } else if self.eat_all(&["no", "cycle"]) {
                o.cycle = Some(false);
            } else if self.eat_all(&["owned", "by"]) {
                o.owned_by = Some(if self.eat("none") {
                    None
                } else {
                    let mut name = self.object_name()?;
                    let column = std::mem::take(&mut name.name);
                    let Some(table) = name.schema.take() else {
                        return Err(PlanError::new(PlanErrorKind::SyntaxError(
                            "invalid OWNED BY option".into(),
                        ))
                        .with_hint("Specify OWNED BY table.column or OWNED BY NONE."));
                    };
                    Some((
                        ObjectName { database: None, schema: name.database.take(), name: table, at: name.at },
                        column,
                    ))
                });
            } else if self.eat("restart") {
                self.eat("with");
                let signed = matches!(self.peek(), Tok::Number(_)) || self.is_op("-") || self.is_op("+");
                o.restart = Some(if signed { Some(self.integer()?) } else { None });
            } else if self.eat_all(&["sequence", "name"]) {
                o.name = Some(self.object_name()?);
            } else {
                return Ok(o);
            }
        }
    }

    fn role_options(&mut self) -> Result<RoleOptions> {
        let mut o = RoleOptions::default();
        self.eat("with");
        while let Some(word) = self.word().map(str::to_string) {
            let at = self.at();
            self.pos += 1;
            match word.as_str() {
                "login" => o.login = Some(true),
                "nologin" => o.login = Some(false),
                "superuser" => o.superuser = Some(true),
                "nosuperuser" => o.superuser = Some(false),
                "createrole" => o.create_role = Some(true),
                "nocreaterole" => o.create_role = Some(false),
                "createdb" => o.create_database = Some(true),
                "nocreatedb" => o.create_database = Some(false),
                "inherit" => o.inherit = Some(true),
                "noinherit" => o.inherit = Some(false),
                "replication" => o.replication = Some(true),
                "noreplication" => o.replication = Some(false),
                "bypassrls" => o.bypass_rls = Some(true),
                "nobypassrls" => o.bypass_rls = Some(false),
                "connection" => {
                    self.expect("limit")?;
                    o.connection_limit = Some(self.integer()? as i32);
                }
                "encrypted" => {
                    self.expect("password")?;
                    o.password = Some(Some(self.string()?));
                }
                "password" => o.password = Some(if self.eat("null") { None } else { Some(self.string()?) }),
                "valid" => {
                    self.expect("until")?;
                    o.valid_until = Some(self.string()?);
                }
                "in" => {
                    if !self.eat("role") {
                        self.expect("group")?;
                    }
                    o.in_roles = self.comma_list(Self::role)?;
                }
                "role" | "user" => o.members = self.comma_list(Self::role)?,
                "admin" => o.admins = self.comma_list(Self::role)?,
                "sysid" => {
                    self.integer()?;
                }
                _ => {
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
                        "unrecognized role option \"{word}\""
                    )))
                    .at(at));
                }
            }
        }
        Ok(o)
    }

    fn drop(&mut self, at: usize) -> Result<Ddl> {
        if self.eat("table") {
            let if_exists = self.eat_if_exists();
            return Ok(Ddl::DropTable { names: self.object_names()?, if_exists, cascade: self.cascade() });
        }
        if self.eat("index") {
            let concurrently = self.eat("concurrently");
            let if_exists = self.eat_if_exists();
            return Ok(Ddl::DropIndex {
                names: self.object_names()?,
                if_exists,
                cascade: self.cascade(),
                concurrently,
            });
        }
        if self.eat("sequence") {
            let if_exists = self.eat_if_exists();
            return Ok(Ddl::DropSequence { names: self.object_names()?, if_exists, cascade: self.cascade() });
        }
        if self.eat("schema") {
            let if_exists = self.eat_if_exists();
            return Ok(Ddl::DropSchema { names: self.name_list()?, if_exists, cascade: self.cascade() });
        }
        if self.eat("database") {
            let if_exists = self.eat_if_exists();
            let name = self.name()?;
            self.skip_to_end();
            return Ok(Ddl::DropDatabase { name, if_exists });
        }
        if self.is_any(&["role", "user", "group"]) && !(self.is("user") && self.is_at(1, "mapping")) {
            self.pos += 1;
            let if_exists = self.eat_if_exists();
            return Ok(Ddl::DropRole { names: self.comma_list(Self::role)?, if_exists });
        }
        if self.eat("extension") {
            let if_exists = self.eat_if_exists();
            let names = self.name_list()?;
            self.cascade();
            return Ok(Ddl::DropExtension { names, if_exists });
        }
        Err(self.refuse("DROP", at))
    }

    fn alter(&mut self, at: usize) -> Result<Ddl> {
        if self.eat("table") {
            let if_exists = self.eat_if_exists();
            self.eat("only");
            let name = self.object_name()?;
            self.eat_op("*");
            let actions = if self.eat("rename") {
                vec![self.rename_action()?]
            } else if self.eat_all(&["set", "schema"]) {
                vec![AlterTable::SetSchema { to: self.name()? }]
            } else {
                self.comma_list(Self::alter_table_action)?
            };
            return Ok(Ddl::AlterTable { name, if_exists, actions });
        }
        if self.eat("index") {
            let if_exists = self.eat_if_exists();
            let name = self.object_name()?;
            self.expect_all(&["rename", "to"])?;
            return Ok(Ddl::RenameIndex { name, if_exists, to: self.name()? });
        }
        if self.eat("sequence") {
            let if_exists = self.eat_if_exists();
            let name = self.object_name()?;
            if self.eat_all(&["rename", "to"]) {
                return Ok(Ddl::RenameSequence { name, if_exists, to: self.name()? });
            }
            if self.eat_all(&["owner", "to"]) {
                return Ok(Ddl::Owner { object: OwnedObject::Sequence(name), owner: self.role()? });
            }
            return Ok(Ddl::AlterSequence { name, if_exists, options: self.sequence_options()? });
        }
        if self.eat("schema") {
            let name = self.name()?;
            if self.eat_all(&["owner", "to"]) {
                return Ok(Ddl::Owner { object: OwnedObject::Schema(name), owner: self.role()? });
            }
            self.expect_all(&["rename", "to"])?;
            return Ok(Ddl::RenameSchema { name, to: self.name()? });
        }
        if self.eat("database") {
            let name = self.name()?;
            if self.eat_all(&["owner", "to"]) {
                return Ok(Ddl::Owner { object: OwnedObject::Database(name), owner: self.role()? });
            }
            if self.is_any(&["set", "reset"]) {
                return Err(PlanError::not_supported("ALTER DATABASE ... SET").at(at));
            }
            self.expect_all(&["rename", "to"])?;
            return Ok(Ddl::RenameDatabase { name, to: self.name()? });
        }
        if self.is_any(&["role", "user"]) && !(self.is("user") && self.is_at(1, "mapping")) {
            self.pos += 1;
            let name = if self.eat("all") { None } else { Some(self.role()?) };
            if self.eat_all(&["in", "database"]) {
                return Err(PlanError::not_supported("ALTER ROLE ... IN DATABASE").at(at));
            }
            if self.eat("set") {
                let variable = self.setting_name()?;
                return Ok(Ddl::AlterRoleSet { name, variable, value: Some(self.set_value()?) });
            }
            if self.eat("reset") {
                let variable = if self.eat("all") { "all".into() } else { self.setting_name()? };
                return Ok(Ddl::AlterRoleSet { name, variable, value: None });
            }
            let Some(name) = name else { return self.unexpected() };
            if self.eat_all(&["rename", "to"]) {
                return Ok(Ddl::RenameRole { name, to: self.role()? });
            }
            return Ok(Ddl::AlterRole { name, options: self.role_options()? });
        }
        Err(self.refuse("ALTER", at))
    }
    fn rename_action(&mut self) -> Result<AlterTable> {
        if self.eat("to") {
            return Ok(AlterTable::RenameTable { to: self.name()? });
        }
        if self.eat("constraint") {
            let from = self.name()?;
            self.expect("to")?;
            return Ok(AlterTable::RenameConstraint { from, to: self.name()? });
        }
        self.eat("column");
        let from = self.name()?;
        self.expect("to")?;
        Ok(AlterTable::RenameColumn { from, to: self.name()? })
    }
    fn alter_table_action(&mut self) -> Result<AlterTable> {
        let at = self.at();
        if self.eat("add") {
            if let Some(constraint) = self.table_constraint()? {
                return Ok(AlterTable::AddConstraint(constraint));
            }
            self.eat("column");
            let if_not_exists = self.eat_if_not_exists();
            let (column, constraints) = self.column_def()?;
            return Ok(AlterTable::AddColumn { column, if_not_exists, constraints });
        }
        if self.eat("drop") {
            if self.eat("constraint") {
                let if_exists = self.eat_if_exists();
                return Ok(AlterTable::DropConstraint {
                    if_exists,
                    name: self.name()?,
                    cascade: self.cascade(),
                });
            }
            self.eat("column");
            let if_exists = self.eat_if_exists();
            return Ok(AlterTable::DropColumn { if_exists, name: self.name()?, cascade: self.cascade() });
        }
        if self.eat("alter") {
            self.eat("column");
            let column = self.name()?;
            return self.alter_column(column, at);
        }
        if self.eat_all(&["owner", "to"]) {
            return Ok(AlterTable::Owner { to: self.role()? });
        }
        if self.eat_all(&["validate", "constraint"]) {
            return Ok(AlterTable::ValidateConstraint { name: self.name()? });
        }
        if self.eat("set") {
            if self.is_punct('(') {
                self.paren_list(|p| {
                    p.label()?;
                    if p.eat_op("=") {
                        p.next();
                    }
                    Ok(())
                })?;
                return Ok(AlterTable::NoEffect { what: "SET (storage parameters)".into() });
            }
            if self.eat("logged")
                || self.eat_all(&["without", "oids"])
                || self.eat_all(&["without", "cluster"])
            {
                return Ok(AlterTable::NoEffect { what: "SET LOGGED".into() });
            }
        }
        if self.eat("replica") {
            self.expect("identity")?;
            self.label()?;
            return Ok(AlterTable::NoEffect { what: "REPLICA IDENTITY".into() });
        }
        if self.eat("cluster") {
            self.expect("on")?;
            self.name()?;
            return Ok(AlterTable::NoEffect { what: "CLUSTER ON".into() });
        }
        if self.is_any(&[
            "enable", "disable", "force", "inherit", "attach", "detach", "set", "reset", "no", "of", "split",
        ]) {
            return Err(PlanError::not_supported(format!(
                "ALTER TABLE ... {}",
                self.word().unwrap_or("").to_uppercase()
            ))
            .at(at));
        }
        self.unexpected()
    }
    fn alter_column(&mut self, column: String, at: usize) -> Result<AlterTable> {
        if self.eat_all(&["set", "default"]) {
            let start = self.start();
            self.expr()?;
            return Ok(AlterTable::SetDefault { column, sql: self.text_since(start) });
        }
        if self.eat_all(&["drop", "default"]) {
            return Ok(AlterTable::DropDefault { column });
        }
        if self.eat_all(&["set", "not", "null"]) {
            return Ok(AlterTable::SetNotNull { column });
        }
        if self.eat_all(&["drop", "not", "null"]) {
            return Ok(AlterTable::DropNotNull { column });
        }
        if self.eat_all(&["drop", "identity"]) {
            return Ok(AlterTable::DropIdentity { column, if_exists: self.eat_if_exists() });
        }
        if self.eat_all(&["add", "generated"]) {
            let always = self.eat("always");
            if !always {
                self.expect_all(&["by", "default"])?;
            }
            self.expect_all(&["as", "identity"])?;
            let mut options = SequenceOptions::default();
            if self.eat_punct('(') {
                options = self.sequence_options()?;
                self.expect_punct(')')?;
            }
            return Ok(AlterTable::AddIdentity { column, identity: Identity { always, options } });
        }
        let set_type = self.eat_all(&["set", "data", "type"]);
        if set_type || self.eat("type") {
            let ty_name = self.type_name()?;
            let ty = resolve_type(&ty_name)?;
            if self.eat("collate") {
                self.collation()?;
            }
            let using_sql = if self.eat("using") {
                let start = self.start();
                self.expr()?;
                Some(self.text_since(start))
            } else {
                None
            };
            return Ok(AlterTable::AlterColumnType { name: column, ty, using_sql });
        }
        if self.eat_all(&["set", "statistics"]) {
            self.integer()?;
            return Ok(AlterTable::NoEffect { what: "SET STATISTICS".into() });
        }
        if self.eat_all(&["set", "storage"]) || self.eat_all(&["set", "compression"]) {
            self.label()?;
            return Ok(AlterTable::NoEffect { what: "SET STORAGE".into() });
        }
        if self.is_any(&["set", "reset", "restart"]) {
            return Err(PlanError::not_supported("this ALTER COLUMN").at(at));
        }
        self.unexpected()
    }

    fn privileges(&mut self) -> Result<Vec<(String, Vec<String>, usize)>> {
        self.comma_list(|p| {
            let at = p.at();
            let word = match p.peek().clone() {
                Tok::Ident { name, .. } => name,
                _ => return p.unexpected(),
            };
            p.pos += 1;
            if word == "all" {
                p.eat("privileges");
            }
            let columns = if p.is_punct('(') { p.paren_names()? } else { vec![] };
            Ok((word, columns, at))
        })
    }
    fn grant(&mut self) -> Result<Ddl> {
        let list = self.privileges()?;
        if self.eat("on") {
            let on = self.grant_object()?;
            self.expect("to")?;
            let grantees = self.grantees()?;
            let grant_option = self.eat_all(&["with", "grant", "option"]);
            return Ok(Ddl::Grant { privileges: privilege_bits(list)?, on, grantees, grant_option });
        }
        self.expect("to")?;
        let members = self.grantees()?;
        let admin_option = self.eat_all(&["with", "admin", "option"]);
        Ok(Ddl::GrantRole { roles: list.into_iter().map(|(w, ..)| w).collect(), members, admin_option })
    }
    fn revoke(&mut self) -> Result<Ddl> {
        let grant_option_for = self.eat_all(&["grant", "option", "for"]);
        let admin_option_for = !grant_option_for && self.eat_all(&["admin", "option", "for"]);
        let list = self.privileges()?;
        if self.eat("on") {
            let on = self.grant_object()?;
            self.expect("from")?;
            let grantees = self.grantees()?;
            let cascade = self.cascade();
            return Ok(Ddl::Revoke {
                privileges: privilege_bits(list)?,
                on,
                grantees,
                grant_option_for,
                cascade,
            });
        }
        self.expect("from")?;
        let members = self.grantees()?;
        self.cascade();
        Ok(Ddl::RevokeRole { roles: list.into_iter().map(|(w, ..)| w).collect(), members, admin_option_for })
    }
    fn grantees(&mut self) -> Result<Vec<String>> {
        let out = self.comma_list(|p| {
            p.eat("group");
            p.role()
        })?;
        if self.eat_all(&["granted", "by"]) {
            self.role()?;
        }
        Ok(out)
    }
    fn grant_object(&mut self) -> Result<GrantObject> {
        let at = self.at();
        if self.eat_all(&["all", "tables", "in", "schema"]) {
            return Ok(GrantObject::AllTablesInSchemas(self.name_list()?));
        }
        if self.eat_all(&["all", "sequences", "in", "schema"]) {
            return Ok(GrantObject::AllSequencesInSchemas(self.name_list()?));
        }
        if self.eat("sequence") {
            return Ok(GrantObject::Sequences(self.object_names()?));
        }
        if self.eat("database") {
            return Ok(GrantObject::Databases(self.name_list()?));
        }
        if self.eat("schema") {
            return Ok(GrantObject::Schemas(self.name_list()?));
        }
        if self.is_any(&[
            "all",
            "function",
            "procedure",
            "routine",
            "language",
            "type",
            "domain",
            "tablespace",
            "foreign",
            "large",
            "parameter",
        ]) && !matches!(self.peek_at(1), Tok::Punct('.' | ',') | Tok::End)
            && !self.is_at(1, "to")
            && !self.is_at(1, "from")
        {
            return Err(PlanError::not_supported(format!(
                "GRANT ON {}",
                self.word().unwrap_or("").to_uppercase()
            ))
            .at(at));
        }
        self.eat("table");
        Ok(GrantObject::Tables(self.object_names()?))
    }

    fn comment(&mut self) -> Result<Ddl> {
        self.expect("on")?;
        let kind = self.label()?;
        let on = match kind.as_str() {
            "table" => CommentObject::Table(self.object_name()?),
            "column" => {
                let mut name = self.object_name()?;
                let column = std::mem::take(&mut name.name);
                let Some(table) = name.schema.take() else {
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(
                        "column name must be qualified".into(),
                    ))
                    .at(name.at));
                };
                CommentObject::Column(
                    ObjectName { database: None, schema: name.database.take(), name: table, at: name.at },
                    column,
                )
            }
            "database" => CommentObject::Database(self.name()?),
            "schema" => CommentObject::Schema(self.name()?),
            "index" => CommentObject::Index(self.object_name()?),
            "sequence" => CommentObject::Sequence(self.object_name()?),
            _ => {
                while !self.is("is") {
                    if *self.peek() == Tok::End {
                        return self.unexpected();
                    }
                    self.pos += 1;
                }
                CommentObject::Other(kind)
            }
        };
        self.expect("is")?;
        let text = if self.eat("null") { None } else { Some(self.string()?) };
        Ok(Ddl::Comment { on, text })
    }
}

fn privilege_bits(list: Vec<(String, Vec<String>, usize)>) -> Result<Vec<Privilege>> {
    list.into_iter()
        .map(|(word, columns, at)| {
            let bits = match word.as_str() {
                "all" => u32::MAX,
                "select" => privilege::SELECT,
                "insert" => privilege::INSERT,
                "update" => privilege::UPDATE,
                "delete" => privilege::DELETE,
                "truncate" => privilege::TRUNCATE,
                "references" => privilege::REFERENCES,
                "trigger" => privilege::TRIGGER,
                "execute" => privilege::EXECUTE,
                "usage" => privilege::USAGE,
                "create" => privilege::CREATE,
                "temporary" | "temp" => privilege::TEMPORARY,
                "connect" => privilege::CONNECT,
                other => {
                    let what = format!("unrecognized privilege type \"{other}\"");
                    return Err(PlanError::new(PlanErrorKind::SyntaxError(what)).at(at));
                }
            };
            Ok(Privilege { bits, columns })
        })
        .collect()
}

/// The columns that an expression names, each once.
fn column_names(expr: &Expr) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    expr.walk(&mut |e| {
        if let ExprKind::Column(parts) = &e.kind
            && let Some(name) = parts.last()
            && !out.contains(name)
        {
            out.push(name.clone());
        }
    });
    out
}
