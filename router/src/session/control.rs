//! Statements that the session carries out itself: transaction control, settings, prepared statements.

use super::parameter;
use super::prepared::{Prepared, Verb};
use super::run::{Bound, Mode, failed_block};
use super::transaction::Block;
use super::{Session, planning};
use crate::compiled::Compiled;
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::SessionCatalog;
use crate::wire::Wire;
use crate::wire::backend::{self, Field};
use crate::wire::row::RowWriter;
use datum::{Datum, TypeId};
use planner::parse::ddl::Session as Command;
use planner::parse::ddl::{Discard, SetValue, TransactionModes};
use std::sync::Arc;

/// Prepared statements of one session at most.
const PREPARED_MAX: usize = 10_000;

/// Whether a command is allowed in a failed block.
pub(super) fn ends_failed(command: &Command) -> bool {
    matches!(command, Command::Commit { .. } | Command::Rollback { .. } | Command::RollbackToSavepoint { .. })
}

/// Result columns of a command.
pub(super) fn command_fields(command: &Command) -> Vec<Field> {
    let field =
        |name: &str, ty: TypeId| Field { name: name.to_owned(), table_oid: 0, column_id: 0, ty: ty.plain() };
    match command {
        Command::Show { name: Some(name) } => {
            vec![field(parameter::find(name).map_or(name.as_str(), |p| p.name), TypeId::TEXT)]
        }
        Command::Show { name: None } => {
            ["name", "setting", "description"].map(|n| field(n, TypeId::TEXT)).to_vec()
        }
        Command::ShowJobs => vec![
            field("job_id", TypeId::INT8),
            field("description", TypeId::TEXT),
            field("status", TypeId::TEXT),
            field("fraction_completed", TypeId::FLOAT8),
            field("created", TypeId::TIMESTAMPTZ),
            field("finished", TypeId::TIMESTAMPTZ),
            field("error", TypeId::TEXT),
        ],
        _ => Vec::new(),
    }
}

fn tag(text: &str) -> SqlResult<Option<String>> {
    Ok(Some(text.to_owned()))
}

impl Session {
    /// Carries out a command; gives its tag, or `None` if all is written already.
    ///
    /// # Errors
    /// For the client.
    pub(super) async fn control(
        &mut self,
        wire: &mut Wire,
        catalog: &Arc<SessionCatalog>,
        command: &Command,
        bound: &Bound,
        compiled: &Arc<Compiled>,
        mode: Mode,
    ) -> SqlResult<Option<String>> {
        match command {
            Command::Begin(modes) => {
                if self.txn.block == Block::Explicit {
                    self.notice(SqlError::warning(
                        SqlState::ACTIVE_SQL_TRANSACTION,
                        "there is already a transaction in progress",
                    ));
                } else if self.txn.block == Block::Implicit {
                    self.txn.block = Block::Explicit;
                } else {
                    self.begin_block(Block::Explicit);
                }
                self.set_modes(modes)?;
                tag("BEGIN")
            }
            Command::Commit { chain } => self.end(true, *chain).await,
            Command::Rollback { chain } => self.end(false, *chain).await,
            Command::Savepoint { name } => {
                self.need_block("SAVEPOINT")?;
                self.savepoint(name.clone());
                tag("SAVEPOINT")
            }
            Command::ReleaseSavepoint { name } => {
                self.need_block("RELEASE SAVEPOINT")?;
                self.release_savepoint(name)?;
                tag("RELEASE")
            }
            Command::RollbackToSavepoint { name } => {
                self.need_block("ROLLBACK TO SAVEPOINT")?;
                self.rollback_to_savepoint(name)?;
                tag("ROLLBACK")
            }
            Command::SetTransaction(modes) => {
                if self.txn.block == Block::None {
                    self.notice(SqlError::warning(
                        SqlState::NO_ACTIVE_SQL_TRANSACTION,
                        "SET TRANSACTION can only be used in transaction blocks",
                    ));
                } else {
                    self.set_modes(modes)?;
                }
                tag("SET")
            }
            Command::SetSessionCharacteristics(modes) => {
                if let Some(read_only) = modes.read_only {
                    let value = if read_only { "on" } else { "off" }.to_owned();
                    self.set("default_transaction_read_only", Some(vec![value]), false)?;
                }
                tag("SET")
            }
            Command::Set { name, value, local } => {
                if *local && self.txn.block == Block::None {
                    self.notice(SqlError::warning(
                        SqlState::NO_ACTIVE_SQL_TRANSACTION,
                        "SET LOCAL can only be used in transaction blocks",
                    ));
                    return tag("SET");
                }
                let values = match value {
                    SetValue::Default => None,
                    SetValue::Values(v) => Some(v.clone()),
                    SetValue::Current => return tag("SET"),
                };
                self.set(name, values, *local)?;
                tag("SET")
            }
            Command::Reset { name: Some(name) } => {
                self.set(name, None, false)?;
                tag("RESET")
            }
            Command::Reset { name: None } => {
                self.shared.settings.lock().reset_all();
                self.settled();
                tag("RESET")
            }
            Command::Show { name } => self.show(wire, name.as_deref(), bound, compiled, mode),
            Command::SetRole { role } => {
                self.set_role(catalog, role.as_deref())?;
                tag("SET")
            }
            Command::SetSessionAuthorization { user } => {
                self.set_session_authorization(catalog, user.as_deref())?;
                tag("SET")
            }
            Command::Prepare { name, types, statement } => {
                if self.prepared.contains_key(name) {
                    return Err(SqlError::new(
                        SqlState::DUPLICATE_PREPARED_STATEMENT,
                        format!("prepared statement \"{name}\" already exists"),
                    ));
                }
                let prepared = Prepared::new(Arc::new((**statement).clone()), types.clone());
                prepared.plan(self.plan_key(catalog), catalog)?;
                self.keep_prepared(name.clone(), prepared)?;
                tag("PREPARE")
            }
            Command::Execute { name, arguments } => {
                let prepared = self.find_prepared(name)?;
                let ctx = self.eval_context();
                let (inner, _) = prepared.plan(self.plan_key(catalog), catalog)?;
                let params = planning::execute_arguments(arguments, &inner.plan, name, catalog, &ctx)?;
                let bound = Bound { prepared, params: params.into(), formats: bound.formats.clone() };
                // The inner statement's own attempts are within this one's.
                self.execute_inner(wire, &bound, mode).await
            }
            Command::Deallocate { name: Some(name) } => {
                if self.prepared.remove(name).is_none() {
                    return Err(no_prepared(name));
                }
                tag("DEALLOCATE")
            }
            Command::Deallocate { name: None } => {
                self.prepared.clear();
                tag("DEALLOCATE ALL")
            }
            Command::Discard(what) => self.discard(*what),
            Command::LockTable { mode: strength, .. } => {
                self.need_block("LOCK TABLE")?;
                // Reads of a serializable transaction are of one snapshot without any lock.
                if strength.eq_ignore_ascii_case("access share") {
                    return tag("LOCK TABLE");
                }
                Err(SqlError::unsupported(format!(
                    "LOCK TABLE IN {} MODE is not supported",
                    strength.to_uppercase()
                )))
            }
            Command::Unlisten { .. } => tag("UNLISTEN"),
            Command::Checkpoint => tag("CHECKPOINT"),
            Command::ShowJobs
            | Command::PauseJob { .. }
            | Command::ResumeJob { .. }
            | Command::CancelJob { .. }
            | Command::ShowRanges { .. } => {
                let session = self.ddl_session(catalog, &bound.prepared.statement.text);
                let outcome = self.services.catalog.session_command(&session, command).await?;
                for notice in outcome.notices {
                    self.notice(notice);
                }
                if compiled.fields.is_empty() {
                    return Ok(Some(outcome.tag));
                }
                Ok(Some(self.rows(wire, &compiled.fields, bound, mode, &outcome.rows, &outcome.tag)))
            }
            other => Err(SqlError::unsupported(format!("{} is not supported", name_of(other)))),
        }
    }

    /// Writes rows that are at hand; gives the tag.
    fn rows(
        &self,
        wire: &mut Wire,
        fields: &[Field],
        bound: &Bound,
        mode: Mode,
        rows: &[Vec<Datum>],
        tag: &str,
    ) -> String {
        let mut writer = RowWriter::new(fields, &bound.formats);
        if mode.describe {
            backend::row_description(&mut wire.out, fields, |at| writer.format(at));
        }
        let ctx = self.eval_context();
        rows.iter().for_each(|row| writer.write(&mut wire.out, &ctx, row));
        Verb::Fixed(tag.to_owned()).tag(0)
    }

    fn need_block(&self, what: &str) -> SqlResult<()> {
        match self.txn.block {
            Block::Explicit => Ok(()),
            _ => Err(SqlError::new(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                format!("{what} can only be used in transaction blocks"),
            )),
        }
    }

    async fn end(&mut self, commit: bool, chain: bool) -> SqlResult<Option<String>> {
        let (failed, block, read_only) = (self.txn.failed, self.txn.block, self.txn.read_only);
        if block != Block::Explicit {
            if chain {
                let what = if commit { "COMMIT AND CHAIN" } else { "ROLLBACK AND CHAIN" };
                return Err(SqlError::new(
                    SqlState::NO_ACTIVE_SQL_TRANSACTION,
                    format!("{what} can only be used in transaction blocks"),
                ));
            }
            self.notice(SqlError::warning(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                "there is no transaction in progress",
            ));
        }
        let done = if commit && !failed {
            self.commit().await.map(|()| "COMMIT")
        } else {
            self.rollback().await;
            Ok("ROLLBACK")
        };
        let done = done?;
        if chain {
            self.begin_block(Block::Explicit);
            self.txn.read_only = read_only;
        }
        Ok(Some(done.to_owned()))
    }

    fn set_modes(&mut self, modes: &TransactionModes) -> SqlResult<()> {
        if let Some(read_only) = modes.read_only {
            if !read_only && self.txn.read_only && self.txn.txn.is_some() {
                return Err(SqlError::new(
                    SqlState::ACTIVE_SQL_TRANSACTION,
                    "transaction read-write mode must be set before any query",
                ));
            }
            self.txn.read_only = read_only;
            let value = if read_only { "on" } else { "off" }.to_owned();
            self.shared.settings.lock().set("transaction_read_only", Some(&[value]), true)?;
        }
        Ok(())
    }

    /// SET, outside of a block in a transaction of its own.
    fn set(&mut self, name: &str, values: Option<Vec<String>>, local: bool) -> SqlResult<()> {
        if name.eq_ignore_ascii_case("transaction_read_only") {
            let on = values
                .as_deref()
                .and_then(|v| v.first())
                .is_some_and(|v| parameter::parse_bool(v) == Some(true));
            if self.txn.block != Block::None {
                self.txn.read_only = on;
            }
        }
        self.shared.settings.lock().set(name, values.as_deref(), local)?;
        if let Some(txn) = &self.txn.txn {
            let derived = self.shared.settings.lock().derived().clone();
            txn.set_lock_timeout_ms(derived.lock_timeout.map_or(0, |d| d.as_millis() as u64));
            txn.set_statement_timeout_ms(derived.statement_timeout.map_or(0, |d| d.as_millis() as u64));
        }
        self.settled();
        Ok(())
    }
    /// Settings that were changed outside of a block stay.
    fn settled(&mut self) {
        if self.txn.block == Block::None {
            self.shared.settings.lock().end_transaction(true);
        }
    }

    fn show(
        &mut self,
        wire: &mut Wire,
        name: Option<&str>,
        bound: &Bound,
        compiled: &Compiled,
        mode: Mode,
    ) -> SqlResult<Option<String>> {
        let Some(name) = name else {
            let rows: Vec<Vec<Datum>> = self
                .shared
                .settings
                .lock()
                .rows()
                .into_iter()
                .map(|r| vec![Datum::text(r.name), Datum::text(r.value), Datum::text(r.description)])
                .collect();
            return Ok(Some(self.rows(wire, &compiled.fields, bound, mode, &rows, "SHOW")));
        };
        let value = match name.to_ascii_lowercase().as_str() {
            "transaction_read_only" if self.in_block() => {
                Some(if self.txn.read_only { "on" } else { "off" }.to_owned())
            }
            _ => self.shared.settings.lock().get(name),
        };
        let value = value.ok_or_else(|| {
            SqlError::new(
                SqlState::UNDEFINED_OBJECT,
                format!("unrecognized configuration parameter \"{name}\""),
            )
        })?;
        Ok(Some(self.rows(wire, &compiled.fields, bound, mode, &[vec![Datum::text(value)]], "SHOW")))
    }

    fn set_role(&mut self, catalog: &SessionCatalog, role: Option<&str>) -> SqlResult<()> {
        let (id, name) = match role {
            None => (self.session_user_id, self.session_user.clone()),
            Some(name) => {
                let (id, d) = catalog.snapshot.role(name).ok_or_else(|| {
                    SqlError::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!("role \"{name}\" does not exist"),
                    )
                })?;
                let own = catalog.snapshot.role_closure(self.session_user_id);
                let superuser =
                    catalog.snapshot.role_by_id(self.session_user_id).is_some_and(|r| r.superuser);
                if !superuser && !own.contains(&id) {
                    return Err(SqlError::new(
                        SqlState::INSUFFICIENT_PRIVILEGE,
                        format!("permission denied to set role \"{name}\""),
                    ));
                }
                (id, Arc::from(d.name.as_str()))
            }
        };
        self.become_role(catalog, id, name);
        let shown = role.unwrap_or("none").to_owned();
        self.shared.settings.lock().set_checked("role", Some(shown), false);
        self.settled();
        Ok(())
    }
    fn become_role(&mut self, catalog: &SessionCatalog, id: u32, name: Arc<str>) {
        (self.user_id, self.user) = (id, name);
        self.role_version += 1;
        self.catalog = None;
        let superuser = catalog.snapshot.role_by_id(id).is_some_and(|r| r.superuser);
        let value = if superuser { "on" } else { "off" }.to_owned();
        self.shared.settings.lock().set_initial("is_superuser", value);
    }
    fn set_session_authorization(&mut self, catalog: &SessionCatalog, user: Option<&str>) -> SqlResult<()> {
        let log_in = self.handle.user_id;
        let (id, name) = match user {
            None => {
                let name = catalog.snapshot.role_by_id(log_in).map(|r| Arc::from(r.name.as_str()));
                (log_in, name.unwrap_or_else(|| self.session_user.clone()))
            }
            Some(name) => {
                let (id, d) = catalog.snapshot.role(name).ok_or_else(|| {
                    SqlError::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!("role \"{name}\" does not exist"),
                    )
                })?;
                let superuser = catalog.snapshot.role_by_id(log_in).is_some_and(|r| r.superuser);
                if id != log_in && !superuser {
                    return Err(SqlError::new(
                        SqlState::INSUFFICIENT_PRIVILEGE,
                        "permission denied to set session authorization",
                    ));
                }
                (id, Arc::from(d.name.as_str()))
            }
        };
        (self.session_user_id, self.session_user) = (id, name.clone());
        self.become_role(catalog, id, name.clone());
        self.shared.settings.lock().set_initial("session_authorization", name.to_string());
        Ok(())
    }

    pub(super) fn keep_prepared(&mut self, name: String, prepared: Arc<Prepared>) -> SqlResult<()> {
        if self.prepared.len() >= PREPARED_MAX && !self.prepared.contains_key(&name) {
            return Err(SqlError::new(
                SqlState::OUT_OF_MEMORY,
                format!("more than {PREPARED_MAX} prepared statements in this session"),
            ));
        }
        self.prepared.insert(name, prepared);
        Ok(())
    }
    pub(super) fn find_prepared(&self, name: &str) -> SqlResult<Arc<Prepared>> {
        self.prepared.get(name).cloned().ok_or_else(|| no_prepared(name))
    }

    /// EXECUTE: the prepared statement in place of this one.
    async fn execute_inner(
        &mut self,
        wire: &mut Wire,
        bound: &Bound,
        mode: Mode,
    ) -> SqlResult<Option<String>> {
        if self.txn.failed {
            return Err(failed_block());
        }
        self.attempt_inner(wire, bound, mode).await
    }

    fn discard(&mut self, what: Discard) -> SqlResult<Option<String>> {
        match what {
            Discard::All => {
                if self.txn.block != Block::None {
                    return Err(SqlError::new(
                        SqlState::ACTIVE_SQL_TRANSACTION,
                        "DISCARD ALL cannot run inside a transaction block",
                    ));
                }
                self.prepared.clear();
                self.portals.clear();
                self.plans.clear();
                self.shared.sequences.lock().clear();
                self.shared.settings.lock().reset_all();
                self.settled();
                tag("DISCARD ALL")
            }
            Discard::Plans => {
                self.plans.clear();
                tag("DISCARD PLANS")
            }
            Discard::Sequences => {
                self.shared.sequences.lock().clear();
                tag("DISCARD SEQUENCES")
            }
            Discard::Temp => tag("DISCARD TEMP"),
        }
    }
}

fn no_prepared(name: &str) -> SqlError {
    if name.is_empty() {
        return SqlError::new(
            SqlState::INVALID_SQL_STATEMENT_NAME,
            "unnamed prepared statement does not exist",
        );
    }
    SqlError::new(
        SqlState::INVALID_SQL_STATEMENT_NAME,
        format!("prepared statement \"{name}\" does not exist"),
    )
}

fn name_of(command: &Command) -> &'static str {
    match command {
        Command::PrepareTransaction => "PREPARE TRANSACTION",
        Command::DeclareCursor { .. } => "DECLARE CURSOR",
        Command::Fetch { .. } => "FETCH",
        Command::CloseCursor { .. } => "CLOSE",
        Command::Listen { .. } => "LISTEN",
        Command::Notify { .. } => "NOTIFY",
        Command::Load => "LOAD",
        _ => "this command",
    }
}
