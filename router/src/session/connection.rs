//! The loop over a client's messages: simple and extended protocol, pipelining, errors that skip to Sync.
//!
//! ```text
//! idle      --Query-->  statements, one at a time          --> ReadyForQuery
//!           --Parse, Bind, Describe, Execute-->  results are kept until Sync or Flush (or 64 KiB)
//!           --Sync-->   commit of the implicit transaction --> ReadyForQuery
//! skipping  after an error in the extended protocol, until Sync
//! ```
//! A statement that is alone before its Sync, and is not in a block, commits by itself: the implicit transaction of one
//! statement, which may need one phase only and may be tried again.

use super::Session;
use super::planning;
use super::prepared::{Portal, PortalState, Prepared};
use super::run::{Bound, Mode, ends_block, failed_block, until};
use super::transaction::Block;
use crate::error::{SqlError, SqlResult, SqlState};
use crate::wire::backend::{self, TxnState};
use crate::wire::{Bind, Frontend, Wire, WireError};
use datum::{Datum, SqlType, TypeId};
use planner::parse::ast::StatementKind;
use planner::plan::PlanKind;
use std::sync::Arc;
use tokio::time::Instant;

/// Portals of one session at most.
const PORTALS_MAX: usize = 1_000;
/// Marks an error after which there is nobody to talk to.
pub(super) const GONE: &str = "client connection";

/// How a connection goes on after a message.
enum Next {
    Go,
    Close,
}

impl Session {
    /// Serves the client until it goes, or until the server must stop. The start-up messages are in `wire.out` already.
    pub async fn serve(mut self, mut wire: Wire) {
        backend::ready(&mut wire.out, TxnState::Idle);
        let mut skipping = false;
        let mut at = Idle { since: Instant::now(), flushed: false };
        loop {
            let message = match self.receive(&mut wire, &mut at).await {
                Ok(m) => m,
                Err(error) => {
                    if let Some(error) = error {
                        backend::error(&mut wire.out, &error);
                        let _ = tokio::time::timeout(LAST_WORDS, wire.flush()).await;
                    }
                    break;
                }
            };
            let is_simple = matches!(message, Frontend::Query(_));
            if skipping && !matches!(message, Frontend::Sync | Frontend::Terminate) {
                continue;
            }
            let result = self.handle(&mut wire, message, &mut skipping).await;
            at.since = Instant::now();
            match result {
                Ok(Next::Go) => {}
                Ok(Next::Close) => break,
                Err(error) if error.0.context.as_deref() == Some(GONE) => break,
                Err(error) => {
                    // Any error fails the block, one of the text or the protocol too.
                    if !self.txn.failed {
                        self.fail().await;
                    }
                    self.report(&mut wire, &error);
                    if error.is_fatal() {
                        let _ = tokio::time::timeout(LAST_WORDS, wire.flush()).await;
                        break;
                    }
                    if is_simple {
                        self.ready(&mut wire);
                    } else {
                        skipping = true;
                    }
                }
            }
        }
        self.rollback().await;
        wire.shutdown().await;
    }

    /// The next message. Sends the output first if the client has nothing more to say for now.
    ///
    /// # Errors
    /// The connection ends: with a last message, or without.
    async fn receive(&mut self, wire: &mut Wire, at: &mut Idle) -> Result<Frontend, Option<SqlError>> {
        if wire.has_message() {
            return wire.next().await.map_err(broken);
        }
        if self.flush_at_ready(wire).await.is_err() {
            return Err(None);
        }
        at.flushed = true;
        let state = self.txn.state();
        let (deadline, timeout_error) = {
            let settings = self.shared.settings.lock();
            let d = settings.derived();
            if state == TxnState::Idle {
                let e = SqlError::fatal(
                    SqlState::IDLE_SESSION_TIMEOUT,
                    "terminating connection due to idle-session timeout",
                );
                (d.idle_session_timeout, e)
            } else {
                let e = SqlError::fatal(
                    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                    "terminating connection due to idle-in-transaction timeout",
                );
                (d.idle_in_transaction_timeout, e)
            }
        };
        let deadline = deadline.map(|d| at.since + d);
        let services = self.services.clone();
        let idle = state == TxnState::Idle;
        tokio::select! {
            biased;
            () = services.stopping(idle) => Err(Some(SqlError::fatal(
                SqlState::ADMIN_SHUTDOWN,
                "terminating connection due to administrator command",
            ))),
            () = self.handle.terminated() => Err(Some(SqlError::fatal(
                SqlState::ADMIN_SHUTDOWN,
                "terminating connection due to administrator command",
            ))),
            () = until(deadline) => Err(Some(timeout_error)),
            message = wire.next() => message.map_err(broken),
        }
    }

    /// Output waits for Sync, Flush or a full buffer; what is there when the client falls silent was asked for.
    async fn flush_at_ready(&mut self, wire: &mut Wire) -> Result<(), WireError> {
        wire.flush().await
    }

    fn report(&mut self, wire: &mut Wire, error: &SqlError) {
        self.services.metrics.errors.with_label_values(&[error.code().0]).inc();
        self.take_notices(wire);
        backend::error(&mut wire.out, error);
    }
    fn ready(&mut self, wire: &mut Wire) {
        self.take_notices(wire);
        for (name, value) in self.shared.settings.lock().take_changed() {
            backend::parameter_status(&mut wire.out, name, &value);
        }
        backend::ready(&mut wire.out, self.txn.state());
    }

    async fn handle(&mut self, wire: &mut Wire, message: Frontend, skipping: &mut bool) -> SqlResult<Next> {
        match message {
            Frontend::Query(text) => {
                self.simple_query(wire, &text).await?;
                self.ready(wire);
            }
            Frontend::Parse { name, query, type_oids } => self.parse(wire, name, &query, &type_oids)?,
            Frontend::Bind(bind) => self.bind(wire, bind).await?,
            Frontend::Describe { portal, name } => self.describe(wire, portal, &name).await?,
            Frontend::Execute { portal, rows_max } => self.execute(wire, &portal, rows_max).await?,
            Frontend::Close { portal: true, name } => {
                self.portals.remove(&name);
                backend::close_complete(&mut wire.out);
            }
            Frontend::Close { portal: false, name } => {
                self.prepared.remove(&name);
                backend::close_complete(&mut wire.out);
            }
            Frontend::Flush => wire.flush().await?,
            Frontend::Sync => {
                *skipping = false;
                let result = self.end_implicit().await;
                if let Err(e) = result {
                    self.report(wire, &e);
                }
                self.ready(wire);
            }
            Frontend::Terminate => return Ok(Next::Close),
            // Left over from a COPY that failed.
            Frontend::CopyData(_) | Frontend::CopyDone | Frontend::CopyFail(_) => {}
            Frontend::Password(_) => return Err(SqlError::protocol("unexpected password message")),
            Frontend::FunctionCall => {
                return Err(SqlError::unsupported("function call messages are not supported"));
            }
        }
        Ok(Next::Go)
    }

    /// The end of the statements between two Syncs, or of one simple query.
    async fn end_implicit(&mut self) -> SqlResult<()> {
        match self.txn.block {
            Block::Implicit => self.commit().await,
            _ => Ok(()),
        }
    }

    async fn simple_query(&mut self, wire: &mut Wire, text: &str) -> SqlResult<()> {
        // The unnamed statement and portal go away with each simple query.
        self.prepared.remove("");
        self.portals.remove("");
        let prepared = match self.plans.get(text, &[]) {
            Some(p) => vec![p],
            None => {
                let statements = planning::parse(text)?;
                let prepared: Vec<_> =
                    statements.into_iter().map(|s| Prepared::new(Arc::new(s), Vec::new())).collect();
                if let [one] = &prepared[..] {
                    self.plans.put(text, &[], one.clone());
                }
                prepared
            }
        };
        if prepared.is_empty() {
            backend::empty_query(&mut wire.out);
            return Ok(());
        }
        let alone = prepared.len() == 1;
        for prepared in prepared {
            let autocommit = alone && self.txn.block == Block::None;
            if !alone && self.txn.block == Block::None && !is_control(&prepared) {
                self.begin_block(Block::Implicit);
            }
            if autocommit {
                self.txn.read_only = self.shared.settings.lock().derived().default_read_only;
            }
            let bound = Bound { prepared, params: Arc::from(Vec::new()), formats: Vec::new() };
            let mode = Mode { describe: true, rows_max: 0, autocommit };
            self.run(wire, &bound, mode).await?;
        }
        self.end_implicit().await
    }

    fn parse(&mut self, wire: &mut Wire, name: String, query: &str, type_oids: &[u32]) -> SqlResult<()> {
        if !name.is_empty() && self.prepared.contains_key(&name) {
            return Err(SqlError::new(
                SqlState::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        let prepared = match self.plans.get(query, type_oids) {
            Some(p) => p,
            None => {
                let mut statements = planning::parse(query)?;
                if statements.len() > 1 {
                    return Err(SqlError::new(
                        SqlState::SYNTAX_ERROR,
                        "cannot insert multiple commands into a prepared statement",
                    ));
                }
                let statement = statements.pop().unwrap_or_else(|| planner::parse::Statement {
                    text: Arc::from(""),
                    offset: 0,
                    kind: StatementKind::Empty,
                    parameters: 0,
                });
                let declared =
                    type_oids.iter().map(|oid| declared_type(*oid)).collect::<SqlResult<Vec<_>>>()?;
                let prepared = Prepared::new(Arc::new(statement), declared);
                self.plans.put(query, type_oids, prepared.clone());
                prepared
            }
        };
        self.keep_prepared(name, prepared)?;
        backend::parse_complete(&mut wire.out);
        Ok(())
    }

    async fn bind(&mut self, wire: &mut Wire, bind: Bind) -> SqlResult<()> {
        let prepared = self.find_prepared(&bind.statement)?;
        if self.portals.len() >= PORTALS_MAX {
            return Err(SqlError::new(
                SqlState::OUT_OF_MEMORY,
                format!("more than {PORTALS_MAX} portals in this session"),
            ));
        }
        if !bind.portal.is_empty() && self.portals.contains_key(&bind.portal) {
            return Err(SqlError::new(
                SqlState::INVALID_CURSOR_NAME,
                format!("cursor \"{}\" already exists", bind.portal),
            ));
        }
        let compiled = match self.plan(&prepared).await {
            Ok(c) => c,
            Err(e) => {
                self.fail().await;
                return Err(e);
            }
        };
        let types = &compiled.plan.parameters;
        if bind.params_len() != types.len() {
            return Err(SqlError::protocol(format!(
                "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                bind.params_len(),
                bind.statement,
                types.len()
            )));
        }
        if bind.param_formats.len() > 1 && bind.param_formats.len() != bind.params_len() {
            return Err(SqlError::protocol(format!(
                "bind message has {} parameter formats but {} parameters",
                bind.param_formats.len(),
                bind.params_len()
            )));
        }
        let columns = compiled.fields.len();
        if bind.result_formats.len() > 1 && bind.result_formats.len() != columns {
            return Err(SqlError::protocol(format!(
                "bind message has {} result formats but query has {columns} columns",
                bind.result_formats.len()
            )));
        }
        let params = match self.params(&bind, types) {
            Ok(p) => p,
            Err(e) => {
                self.fail().await;
                return Err(e);
            }
        };
        let portal = Portal { prepared, params, formats: bind.result_formats, state: PortalState::Ready };
        self.portals.insert(bind.portal, portal);
        backend::bind_complete(&mut wire.out);
        Ok(())
    }
    fn params(&self, bind: &Bind, types: &[SqlType]) -> SqlResult<Arc<[Datum]>> {
        if types.is_empty() {
            return Ok(Arc::from(Vec::new()));
        }
        let ctx = self.eval_context();
        let mut out = Vec::with_capacity(types.len());
        for (at, ty) in types.iter().enumerate() {
            let value = match bind.param(at) {
                None => Datum::Null,
                Some(bytes) if bind.param_is_binary(at) => datum::binary_format::input(*ty, bytes)?,
                Some(bytes) => {
                    let text = std::str::from_utf8(bytes).map_err(|_| {
                        SqlError::new(
                            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                            "invalid byte sequence for encoding \"UTF8\"",
                        )
                    })?;
                    datum::text_format::input(*ty, text, &ctx)?
                }
            };
            out.push(value);
        }
        Ok(out.into())
    }
    async fn plan(&mut self, prepared: &Arc<Prepared>) -> SqlResult<Arc<crate::compiled::Compiled>> {
        let ends = ends_block(prepared);
        if self.txn.failed && !ends {
            return Err(failed_block());
        }
        let catalog = if ends { self.shared.catalog() } else { self.load_catalog().await? };
        let key = self.plan_key(&catalog);
        Ok(prepared.plan(key, &catalog)?.0)
    }

    async fn describe(&mut self, wire: &mut Wire, portal: bool, name: &str) -> SqlResult<()> {
        let (prepared, formats) = if portal {
            let p = self.portals.get(name).ok_or_else(|| no_portal(name))?;
            (p.prepared.clone(), p.formats.clone())
        } else {
            (self.find_prepared(name)?, Vec::new())
        };
        let compiled = match self.plan(&prepared).await {
            Ok(c) => c,
            Err(e) => {
                self.fail().await;
                return Err(e);
            }
        };
        if !portal {
            backend::parameter_description(&mut wire.out, compiled.plan.parameters.iter().map(|t| t.id.0));
        }
        // EXECUTE shows what the statement that it names shows.
        let shown = match &compiled.plan.kind {
            PlanKind::Session(s) => match s.as_ref() {
                planner::parse::ddl::Session::Execute { name, .. } => {
                    let inner = self.find_prepared(name)?;
                    self.plan(&inner).await?
                }
                _ => compiled,
            },
            _ => compiled,
        };
        if shown.fields.is_empty() && !matches!(shown.plan.kind, PlanKind::Query(_)) {
            backend::no_data(&mut wire.out);
        } else {
            backend::row_description(&mut wire.out, &shown.fields, |at| {
                crate::wire::frontend::format_at(&formats, at)
            });
        }
        Ok(())
    }

    async fn execute(&mut self, wire: &mut Wire, name: &str, rows_max: usize) -> SqlResult<()> {
        let mut portal = self.portals.remove(name).ok_or_else(|| no_portal(name))?;
        match &portal.state {
            PortalState::Suspended(_) => {
                let result = self.resume(wire, &mut portal, rows_max).await;
                self.portals.insert(name.to_owned(), portal);
                return result;
            }
            PortalState::Done => {
                // As PostgreSQL: nothing more comes.
                backend::command_complete(&mut wire.out, "SELECT 0");
                self.portals.insert(name.to_owned(), portal);
                return Ok(());
            }
            PortalState::Ready => {}
        }
        let autocommit = self.txn.block == Block::None && rows_max == 0 && wire.next_is_sync();
        if self.txn.block == Block::None && !autocommit && !is_control(&portal.prepared) {
            self.begin_block(Block::Implicit);
        }
        if autocommit {
            self.txn.read_only = self.shared.settings.lock().derived().default_read_only;
        }
        let bound = Bound {
            prepared: portal.prepared.clone(),
            params: portal.params.clone(),
            formats: portal.formats.clone(),
        };
        let suspended = self.run(wire, &bound, Mode { describe: false, rows_max, autocommit }).await?;
        if let Some(s) = suspended {
            portal.state = PortalState::Suspended(s);
            backend::portal_suspended(&mut wire.out);
        } else {
            portal.state = PortalState::Done;
        }
        // A portal ends with its transaction.
        if self.txn.block != Block::None {
            self.portals.insert(name.to_owned(), portal);
        }
        Ok(())
    }
}

struct Idle {
    since: Instant,
    flushed: bool,
}

/// How long a client may take to read why it is sent away.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(1);

fn broken(e: WireError) -> Option<SqlError> {
    match e {
        WireError::Protocol(text) => Some(SqlError::fatal(SqlState::PROTOCOL_VIOLATION, text)),
        WireError::Io(_) | WireError::Closed => None,
    }
}

/// Transaction control: it makes or ends blocks, and is not itself in an implicit one.
fn is_control(prepared: &Prepared) -> bool {
    use planner::parse::ddl::Session as Command;
    match &prepared.statement.kind {
        StatementKind::Session(s) => matches!(
            s.as_ref(),
            Command::Begin(_)
                | Command::Commit { .. }
                | Command::Rollback { .. }
                | Command::Set { .. }
                | Command::Show { .. }
        ),
        StatementKind::Empty => true,
        _ => false,
    }
}

fn declared_type(oid: u32) -> SqlResult<Option<SqlType>> {
    if oid == 0 || oid == TypeId::UNKNOWN.0 {
        return Ok(None);
    }
    match TypeId(oid).info() {
        Some(_) => Ok(Some(TypeId(oid).plain())),
        None => Err(SqlError::new(SqlState::UNDEFINED_OBJECT, format!("type with OID {oid} does not exist"))),
    }
}

fn no_portal(name: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
}
