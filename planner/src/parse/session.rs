//! Transactions, settings, prepared statements, cursors, jobs.

use super::ast::{Statement, StatementKind};
use super::ddl::*;
use super::lexer::Tok;
use super::parser::Parser;
use super::types::resolve_type;
use crate::error::{PlanError, Result};

impl Parser<'_> {
    /// A session statement, if the first word begins one.
    pub fn session(&mut self) -> Result<Option<Session>> {
        let Some(word) = self.word().map(str::to_string) else { return Ok(None) };
        let at = self.at();
        self.pos += 1;
        Ok(Some(match word.as_str() {
            "begin" => {
                self.transaction_word();
                Session::Begin(self.transaction_modes()?)
            }
            "start" => {
                self.expect("transaction")?;
                Session::Begin(self.transaction_modes()?)
            }
            "commit" | "end" => {
                if self.eat("prepared") {
                    return Err(PlanError::not_supported("COMMIT PREPARED").at(at));
                }
                self.transaction_word();
                Session::Commit { chain: self.and_chain()? }
            }
            "abort" => {
                self.transaction_word();
                Session::Rollback { chain: self.and_chain()? }
            }
            "rollback" => {
                if self.eat("prepared") {
                    return Err(PlanError::not_supported("ROLLBACK PREPARED").at(at));
                }
                self.transaction_word();
                if self.eat("to") {
                    self.eat("savepoint");
                    Session::RollbackToSavepoint { name: self.name()? }
                } else {
                    Session::Rollback { chain: self.and_chain()? }
                }
            }
            "savepoint" => Session::Savepoint { name: self.name()? },
            "release" => {
                self.eat("savepoint");
                Session::ReleaseSavepoint { name: self.name()? }
            }
            "set" => self.set()?,
            "reset" => {
                if self.eat("all") {
                    Session::Reset { name: None }
                } else if self.eat("role") {
                    Session::SetRole { role: None }
                } else if self.eat_all(&["session", "authorization"]) {
                    Session::SetSessionAuthorization { user: None }
                } else {
                    Session::Reset { name: Some(self.setting_name()?) }
                }
            }
            "show" => self.show()?,
            "pause" | "resume" | "cancel" if self.is("job") => {
                self.pos += 1;
                let id = self.integer()?;
                match word.as_str() {
                    "pause" => Session::PauseJob { id },
                    "resume" => Session::ResumeJob { id },
                    _ => Session::CancelJob { id },
                }
            }
            "prepare" if self.is("transaction") => {
                return Err(PlanError::not_supported("PREPARE TRANSACTION").at(at));
            }
            "prepare" => {
                let name = self.name()?;
                let types = if self.is_punct('(') {
                    self.paren_list(|p| {
                        if p.is("unknown") {
                            p.pos += 1;
                            return Ok(None);
                        }
                        let ty = p.type_name()?;
                        resolve_type(&ty).map(Some)
                    })?
                } else {
                    vec![]
                };
                self.expect("as")?;
                Session::Prepare { name, types, statement: Box::new(self.inner_statement()?) }
            }
            "execute" => {
                let name = self.name()?;
                let arguments = if self.is_punct('(') { self.paren_list(Self::expr)? } else { vec![] };
                Session::Execute { name, arguments }
            }
            "deallocate" => {
                self.eat("prepare");
                Session::Deallocate { name: if self.eat("all") { None } else { Some(self.name()?) } }
            }
            "discard" => {
                let what = self.label()?;
                Session::Discard(match what.as_str() {
                    "all" => Discard::All,
                    "plans" => Discard::Plans,
                    "sequences" => Discard::Sequences,
                    "temp" | "temporary" => Discard::Temp,
                    _ => return Err(self.unexpected_at(self.pos - 1)),
                })
            }
            "lock" => {
                self.eat("table");
                self.eat("only");
                let tables = self.object_names()?;
                let mut mode = "access exclusive".to_string();
                if self.eat("in") {
                    let mut words = Vec::new();
                    while !self.is("mode") {
                        words.push(self.label()?);
                    }
                    self.expect("mode")?;
                    mode = words.join(" ");
                }
                Session::LockTable { tables, mode, nowait: self.eat("nowait") }
            }
            "declare" => self.declare()?,
            "fetch" | "move" => {
                let count = self.fetch_count()?;
                if !self.eat("from") {
                    self.eat("in");
                }
                Session::Fetch { name: self.name()?, count, is_move: word == "move" }
            }
            "close" => Session::CloseCursor { name: if self.eat("all") { None } else { Some(self.name()?) } },
            "listen" => Session::Listen { channel: self.name()? },
            "unlisten" => {
                Session::Unlisten { channel: if self.eat_op("*") { None } else { Some(self.name()?) } }
            }
            "notify" => {
                let channel = self.name()?;
                let payload = if self.eat_punct(',') { Some(self.string()?) } else { None };
                Session::Notify { channel, payload }
            }
            "checkpoint" => Session::Checkpoint,
            _ => {
                self.pos -= 1;
                return Ok(None);
            }
        }))
    }
    fn transaction_word(&mut self) {
        if !self.eat("work") {
            self.eat("transaction");
        }
    }
    fn and_chain(&mut self) -> Result<bool> {
        if self.eat_all(&["and", "no", "chain"]) {
            return Ok(false);
        }
        Ok(self.eat_all(&["and", "chain"]))
    }
    fn transaction_modes(&mut self) -> Result<TransactionModes> {
        let mut modes = TransactionModes::default();
        loop {
            if self.eat_all(&["isolation", "level"]) {
                modes.isolation = Some(if self.eat("serializable") {
                    IsolationLevel::Serializable
                } else if self.eat_all(&["repeatable", "read"]) {
                    IsolationLevel::RepeatableRead
                } else if self.eat_all(&["read", "committed"]) {
                    IsolationLevel::ReadCommitted
                } else if self.eat_all(&["read", "uncommitted"]) {
                    IsolationLevel::ReadUncommitted
                } else {
                    return self.unexpected();
                });
            } else if self.eat_all(&["read", "only"]) {
                modes.read_only = Some(true);
            } else if self.eat_all(&["read", "write"]) {
                modes.read_only = Some(false);
            } else if self.eat("deferrable") {
                modes.deferrable = Some(true);
            } else if self.eat_all(&["not", "deferrable"]) {
                modes.deferrable = Some(false);
            } else {
                return Ok(modes);
            }
            self.eat_punct(',');
        }
    }
    pub fn setting_name(&mut self) -> Result<String> {
        if self.eat_all(&["time", "zone"]) {
            return Ok("timezone".into());
        }
        if self.eat_all(&["transaction", "isolation", "level"]) {
            return Ok("transaction_isolation".into());
        }
        let mut name = self.name()?;
        while self.eat_punct('.') {
            name.push('.');
            name.push_str(&self.label()?);
        }
        Ok(name.to_ascii_lowercase())
    }
    fn set(&mut self) -> Result<Session> {
        if self.eat("transaction") {
            if self.is("snapshot") {
                return Err(PlanError::not_supported("SET TRANSACTION SNAPSHOT").at(self.at()));
            }
            return Ok(Session::SetTransaction(self.transaction_modes()?));
        }
        if self.eat_all(&["session", "characteristics", "as", "transaction"]) {
            return Ok(Session::SetSessionCharacteristics(self.transaction_modes()?));
        }
        if self.is("constraints") {
            return Err(PlanError::not_supported("SET CONSTRAINTS").at(self.at()));
        }
        let local = self.eat("local");
        // `SET session = 1` names a setting, `SET SESSION x = 1` does not
        if !local && self.is("session") && !matches!(self.peek_at(1), Tok::Op(_)) && !self.is_at(1, "to") {
            self.pos += 1;
        }
        if self.eat("authorization") {
            let user = match self.peek().clone() {
                Tok::String(_) => Some(self.string()?),
                _ if self.eat("default") => None,
                _ => Some(self.role()?),
            };
            return Ok(Session::SetSessionAuthorization { user });
        }
        if self.is("role") && !matches!(self.peek_at(1), Tok::Op(_)) && !self.is_at(1, "to") {
            self.pos += 1;
            let role = match self.peek().clone() {
                Tok::String(_) => Some(self.string()?),
                _ if self.eat("none") => None,
                _ => Some(self.role()?),
            };
            return Ok(Session::SetRole { role });
        }
        if self.eat_all(&["time", "zone"]) {
            let value = match self.peek().clone() {
                _ if self.eat("local") || self.eat("default") => SetValue::Default,
                Tok::Ident { name, quoted: false } if name == "interval" => {
                    self.pos += 1;
                    let value = self.string()?;
                    self.interval_fields()?;
                    SetValue::Values(vec![value])
                }
                _ => SetValue::Values(vec![self.set_item()?]),
            };
            return Ok(Session::Set { name: "timezone".into(), value, local });
        }
        for (word, setting) in
            [("names", "client_encoding"), ("schema", "search_path"), ("catalog", "catalog")]
        {
            if self.is(word) && !matches!(self.peek_at(1), Tok::Op(_)) && !self.is_at(1, "to") {
                self.pos += 1;
                let value = if matches!(self.peek(), Tok::End | Tok::Punct(';')) || self.eat("default") {
                    SetValue::Default
                } else {
                    SetValue::Values(vec![self.string()?])
                };
                return Ok(Session::Set { name: setting.into(), value, local });
            }
        }
        let name = self.setting_name()?;
        if self.eat_all(&["from", "current"]) {
            return Ok(Session::Set { name, value: SetValue::Current, local });
        }
        let value = self.set_value()?;
        Ok(Session::Set { name, value, local })
    }
    /// `= value, ...` or `TO value, ...` or `TO DEFAULT`.
    pub fn set_value(&mut self) -> Result<SetValue> {
        if !self.eat_op("=") {
            self.expect("to")?;
        }
        if self.eat("default") {
            return Ok(SetValue::Default);
        }
        Ok(SetValue::Values(self.comma_list(Self::set_item)?))
    }
    fn set_item(&mut self) -> Result<String> {
        match self.next() {
            Tok::String(s) => Ok(s),
            Tok::Number(n) => Ok(n),
            Tok::Ident { name, .. } => Ok(name),
            Tok::Op(sign) if sign == "-" || sign == "+" => match self.next() {
                Tok::Number(n) => Ok(if sign == "-" { format!("-{n}") } else { n }),
                _ => Err(self.unexpected_at(self.pos - 1)),
            },
            _ => Err(self.unexpected_at(self.pos - 1)),
        }
    }
    fn show(&mut self) -> Result<Session> {
        if self.eat("all") {
            return Ok(Session::Show { name: None });
        }
        if self.is("jobs") && matches!(self.peek_at(1), Tok::End | Tok::Punct(';')) {
            self.pos += 1;
            return Ok(Session::ShowJobs);
        }
        if self.eat("ranges") {
            let table = if self.eat_all(&["from", "table"]) { Some(self.object_name()?) } else { None };
            if table.is_none() && self.eat_all(&["from", "database"]) {
                self.name()?;
            }
            return Ok(Session::ShowRanges { table });
        }
        if self.eat_all(&["session", "authorization"]) {
            return Ok(Session::Show { name: Some("session_authorization".into()) });
        }
        Ok(Session::Show { name: Some(self.setting_name()?) })
    }
    fn declare(&mut self) -> Result<Session> {
        let name = self.name()?;
        let (mut binary, mut scroll, mut hold) = (false, false, false);
        loop {
            if self.eat("binary") {
                binary = true;
            } else if self.eat_all(&["no", "scroll"]) {
                scroll = false;
            } else if self.eat("scroll") {
                scroll = true;
            } else if !self.eat("insensitive") && !self.eat("asensitive") {
                break;
            }
        }
        self.expect("cursor")?;
        if self.eat_all(&["with", "hold"]) {
            hold = true;
        } else {
            self.eat_all(&["without", "hold"]);
        }
        self.expect("for")?;
        let query = Box::new(self.inner_statement()?);
        if !matches!(query.kind, StatementKind::Query(_)) {
            return self.unexpected();
        }
        Ok(Session::DeclareCursor { name, binary, scroll, hold, query })
    }
    fn fetch_count(&mut self) -> Result<FetchCount> {
        let signed = |p: &Self| matches!(p.peek(), Tok::Number(_)) || p.is_op("-") || p.is_op("+");
        Ok(if self.eat("next") {
            FetchCount::Forward(1)
        } else if self.eat("prior") {
            FetchCount::Backward(1)
        } else if self.eat("first") {
            FetchCount::First
        } else if self.eat("last") {
            FetchCount::Last
        } else if self.eat("absolute") {
            FetchCount::Absolute(self.integer()?)
        } else if self.eat("relative") {
            FetchCount::Relative(self.integer()?)
        } else if self.eat("all") {
            FetchCount::All
        } else if self.eat("forward") {
            if self.eat("all") {
                FetchCount::All
            } else if signed(self) {
                FetchCount::Forward(self.integer()?)
            } else {
                FetchCount::Forward(1)
            }
        } else if self.eat("backward") {
            if self.eat("all") {
                FetchCount::BackwardAll
            } else if signed(self) {
                FetchCount::Backward(self.integer()?)
            } else {
                FetchCount::Backward(1)
            }
        } else if signed(self) {
            FetchCount::Forward(self.integer()?)
        } else {
            FetchCount::Forward(1)
        })
    }
    /// A statement inside another (PREPARE, EXPLAIN, DECLARE).
    pub fn inner_statement(&mut self) -> Result<Statement> {
        let start = self.start();
        let offset = self.at() - 1;
        let kind = self.nested(|p| p.statement_kind())?;
        Ok(Statement { text: self.text_since(start).into(), offset, kind, parameters: self.parameters })
    }
}
