//! One statement: planned, allowed, tried until it succeeds or must fail, its rows written to the client.

use super::prepared::{Portal, PortalState, Prepared, Suspended, Verb};
use super::source::Source;
use super::transaction::Block;
use super::{Session, cancelled};
use crate::compiled::modify::{Progress, WriteContext};
use crate::compiled::pipeline::Cursor;
use crate::compiled::{Compiled, CompiledKind, Reader};
use crate::error::{Retry, SqlError, SqlResult, SqlState};
use crate::seam::{QueryContext, RowBatch, SessionCatalog};
use crate::wire::row::RowWriter;
use crate::wire::{Wire, WireError, backend};
use datum::{Datum, EvalContext, TypeId};
use futures::future::BoxFuture;
use planner::parse::ast::StatementKind;
use planner::plan::{Plan, PlanKind, Rel, SlotKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often a statement is tried.
const ATTEMPTS_MAX: u32 = 60;
/// Attempts without a pause between them.
const ATTEMPTS_AT_ONCE: u32 = 3;
const PAUSE_MS_MAX: u64 = 100;

/// How the results of a statement go out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// RowDescription comes first (simple protocol).
    pub describe: bool,
    /// 0: all.
    pub rows_max: usize,
    /// The statement is a transaction by itself.
    pub autocommit: bool,
}

/// What an attempt left.
enum Finished {
    Tag(String),
    Suspended(Box<Suspended>),
    /// Rows are written and the tag too.
    Written,
}

impl From<WireError> for SqlError {
    fn from(e: WireError) -> SqlError {
        let mut error = SqlError::fatal(SqlState::PROTOCOL_VIOLATION, e.to_string());
        error.0.context = Some(crate::session::connection::GONE.to_owned());
        error
    }
}

/// A statement with its parameters.
#[derive(Clone)]
pub(super) struct Bound {
    pub prepared: Arc<Prepared>,
    pub params: Arc<[Datum]>,
    pub formats: Vec<i16>,
}

impl Session {
    /// Runs a statement to its end (or to `rows_max`), and writes its results. On error nothing of it is left in the
    /// output that was not sent, and the transaction knows that it failed.
    ///
    /// # Errors
    /// For the client.
    pub(super) async fn run(
        &mut self,
        wire: &mut Wire,
        bound: &Bound,
        mode: Mode,
    ) -> SqlResult<Option<Box<Suspended>>> {
        let started = Instant::now();
        let result = self.run_attempts(wire, bound, mode, started).await;
        self.shared.sequences.lock().end_statement();
        self.services.metrics.statement_seconds.observe(started.elapsed().as_secs_f64());
        match result {
            Ok(suspended) => {
                if self.txn.txn.is_some() {
                    self.txn.statements += 1;
                }
                Ok(suspended)
            }
            Err(e) => {
                wire.reset_to_mark();
                self.fail().await;
                Err(e)
            }
        }
    }

    async fn run_attempts(
        &mut self,
        wire: &mut Wire,
        bound: &Bound,
        mode: Mode,
        started: Instant,
    ) -> SqlResult<Option<Box<Suspended>>> {
        wire.set_mark();
        let timeout = self.shared.settings.lock().derived().statement_timeout;
        let deadline = timeout.map(|t| started + t);
        let handle = self.handle.clone();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let token = CancellationToken::new();
            let guard = token.clone().drop_guard();
            let outcome = tokio::select! {
                biased;
                () = handle.cancelled() => Err(cancelled()),
                () = until(deadline) => Err(timed_out()),
                r = self.attempt(wire, bound, mode, &token) => r,
            };
            drop(guard);
            let error = match outcome {
                Ok(Finished::Tag(tag)) => {
                    self.take_notices(wire);
                    backend::command_complete(&mut wire.out, &tag);
                    return Ok(None);
                }
                Ok(Finished::Written) => return Ok(None),
                Ok(Finished::Suspended(s)) => return Ok(Some(s)),
                Err(e) => e,
            };
            if attempt >= ATTEMPTS_MAX || wire.sent_since_mark() {
                return Err(error);
            }
            // Another attempt, if the error allows: the client has seen nothing.
            wire.reset_to_mark();
            self.notices.clear();
            self.shared.sequences.lock().give_back();
            if let Retry::Sequence(id) = error.retry() {
                self.fetch_sequence(id).await?;
                continue;
            }
            let recovered = tokio::select! {
                biased;
                () = handle.cancelled() => Err(cancelled()),
                () = until(deadline) => Err(timed_out()),
                r = self.recover(error, true) => r,
            };
            recovered?;
            self.services.metrics.retries.inc();
            if attempt > ATTEMPTS_AT_ONCE {
                let most = (1u64 << (attempt - ATTEMPTS_AT_ONCE).min(7)).min(PAUSE_MS_MAX);
                let pause = Duration::from_millis(rand::random::<u64>() % (most + 1));
                tokio::select! {
                    biased;
                    () = handle.cancelled() => return Err(cancelled()),
                    () = until(deadline) => return Err(timed_out()),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }

    /// Gives a sequence a block of values, and takes back what the failed attempt did.
    async fn fetch_sequence(&mut self, id: u32) -> SqlResult<()> {
        if let (Some(txn), Some(savepoint)) = (&self.txn.txn, self.txn.statement_start) {
            txn.rollback_to(savepoint)?;
        }
        self.fetch_block(id).await
    }
    /// # Errors
    /// 2200H at the limit of the sequence.
    pub(super) async fn fetch_block(&self, id: u32) -> SqlResult<()> {
        let sequence = self.shared.catalog().snapshot.sequence(id).map(|s| s.1.clone());
        let sequence = sequence
            .ok_or_else(|| SqlError::new(SqlState::UNDEFINED_TABLE, "the sequence does not exist"))?;
        let shared = self.shared.clone();
        crate::sequence::fetch(&self.services.db, &shared.sequences, id, &sequence).await
    }

    /// The statement that EXECUTE names, as part of an attempt at EXECUTE; gives its tag unless it is written.
    ///
    /// # Errors
    /// As `attempt`.
    pub(super) fn attempt_inner<'a>(
        &'a mut self,
        wire: &'a mut Wire,
        bound: &'a Bound,
        mode: Mode,
    ) -> BoxFuture<'a, SqlResult<Option<String>>> {
        Box::pin(async move {
            let token = CancellationToken::new();
            let _guard = token.clone().drop_guard();
            let mode = Mode { rows_max: 0, ..mode };
            match self.attempt(wire, bound, mode, &token).await? {
                Finished::Tag(tag) => Ok(Some(tag)),
                Finished::Written => Ok(None),
                Finished::Suspended(_) => Err(SqlError::internal("all rows were wanted")),
            }
        })
    }

    async fn attempt(
        &mut self,
        wire: &mut Wire,
        bound: &Bound,
        mode: Mode,
        token: &CancellationToken,
    ) -> SqlResult<Finished> {
        let ends = ends_block(&bound.prepared);
        if self.txn.failed && !ends {
            return Err(failed_block());
        }
        // The end of a block needs no catalog, and must come through without one.
        let catalog = if ends { self.shared.catalog() } else { self.load_catalog().await? };
        let ctx = self.eval_context();
        let key = self.plan_key(&catalog);
        let (compiled, was_planned) = bound.prepared.plan(key, &catalog)?;
        let metrics = &self.services.metrics;
        if was_planned {
            metrics.plan_cache_hits.inc()
        } else {
            metrics.plan_cache_misses.inc()
        }
        metrics.statements.with_label_values(&[kind(&compiled.plan), road(&compiled)]).inc();
        self.check_access(&compiled.plan, &catalog)?;
        match (&compiled.plan.kind, &compiled.kind) {
            (PlanKind::Empty, _) => {
                backend::empty_query(&mut wire.out);
                Ok(Finished::Written)
            }
            (PlanKind::Session(command), _) => {
                let done = self.control(wire, &catalog, command, bound, &compiled, mode).await?;
                Ok(done.map_or(Finished::Written, Finished::Tag))
            }
            (PlanKind::Ddl(ddl), _) => {
                self.use_catalog(&catalog.snapshot);
                let tag = self.ddl(&catalog, &bound.prepared.statement.text, ddl).await?;
                if mode.autocommit {
                    self.commit().await?;
                }
                Ok(Finished::Tag(tag))
            }
            (PlanKind::Explain(e), _) => {
                let rows: RowBatch = self.explain(e)?.into_iter().map(|l| vec![Datum::text(l)]).collect();
                let source = Source::Rows(Some(rows));
                self.give_rows(wire, &compiled, bound, mode, &ctx, source, Verb::Fixed("EXPLAIN".to_owned()))
                    .await
            }
            (_, CompiledKind::CopyFrom { .. }) => {
                self.copy_from(wire, &compiled, &catalog, &ctx, mode).await.map(Finished::Tag)
            }
            (_, CompiledKind::CopyTo(reader)) => self
                .copy_to(wire, &compiled, reader, bound, &catalog, &ctx, token, mode)
                .await
                .map(Finished::Tag),
            (PlanKind::Query(rel), CompiledKind::Query(reader)) => {
                let source = self.open(&compiled, rel, reader, bound, &catalog, &ctx, token).await?;
                self.give_rows(wire, &compiled, bound, mode, &ctx, source, Verb::Select).await
            }
            (_, CompiledKind::Write { write, source: reader }) => {
                if self.txn.read_only {
                    return Err(read_only(kind(&compiled.plan)));
                }
                let rel = match &compiled.plan.kind {
                    PlanKind::Insert(p) => &p.source,
                    PlanKind::Update(p) => &p.source,
                    PlanKind::Delete(p) => &p.source,
                    _ => return Err(SqlError::internal("a write without a source")),
                };
                let result = async {
                    let mut source = self.open(&compiled, rel, reader, bound, &catalog, &ctx, token).await?;
                    let slots = Arc::from(Vec::new());
                    let cx = WriteContext {
                        eval: ctx.clone(),
                        params: bound.params.clone(),
                        slots,
                        txn: self.transaction(),
                        row_ids: self.services.row_ids.clone(),
                    };
                    let mut progress = Progress::default();
                    let mut returned = RowBatch::new();
                    while let Some(batch) = source.next().await? {
                        write.run(&cx, batch, &mut progress, &mut returned).await?;
                    }
                    if !mode.autocommit || write.returns_rows() {
                        cx.txn.flush().await?;
                    }
                    Ok((progress.count, returned))
                };
                let (count, returned) = match result.await {
                    Ok(done) => done,
                    Err(e) => return Err(self.name_conflict(e, compiled.written())),
                };
                self.txn.written = compiled.written().cloned();
                let tag = write.tag(count);
                if write.returns_rows() {
                    let source = Source::Rows(Some(returned));
                    return self
                        .give_rows(wire, &compiled, bound, mode, &ctx, source, Verb::Fixed(tag))
                        .await;
                }
                if mode.autocommit {
                    self.commit().await?;
                }
                Ok(Finished::Tag(tag))
            }
            _ => Err(SqlError::internal("a plan of no kind")),
        }
    }

    /// Opens the rows of a query or of a write's source: begins the statement in the transaction, evaluates slots.
    pub(super) async fn open(
        &mut self,
        compiled: &Arc<Compiled>,
        rel: &Rel,
        reader: &Reader,
        bound: &Bound,
        catalog: &Arc<SessionCatalog>,
        ctx: &EvalContext,
        token: &CancellationToken,
    ) -> SqlResult<Source> {
        self.use_catalog(&catalog.snapshot);
        let txn = self.transaction();
        self.txn.statement_start = Some(txn.savepoint());
        txn.begin_statement();
        let query = QueryContext {
            params: bound.params.clone(),
            eval: ctx.clone(),
            catalog: catalog.clone(),
            cancel: token.clone(),
        };
        match reader {
            Reader::Pipeline(p) => {
                let slots = self.slots(compiled, &query, &txn).await?;
                Ok(Source::Cursor(Box::new(Cursor::new(
                    p.clone(),
                    bound.params.clone(),
                    slots,
                    ctx.clone(),
                    txn,
                ))))
            }
            Reader::Runner => {
                let rows = self.services.runner.run(&compiled.plan, rel, query, &txn).await?;
                Ok(Source::Stream(parking_lot::Mutex::new(rows)))
            }
        }
    }

    /// Evaluates the plan's uncorrelated subqueries.
    async fn slots(
        &self,
        compiled: &Arc<Compiled>,
        query: &QueryContext,
        txn: &txn::Transaction,
    ) -> SqlResult<Arc<[Datum]>> {
        let mut out: Vec<Datum> = Vec::with_capacity(compiled.slots.len());
        for (slot, reader) in compiled.plan.slots.iter().zip(&compiled.slots) {
            let mut source = match reader {
                Reader::Pipeline(p) => Source::Cursor(Box::new(Cursor::new(
                    p.clone(),
                    query.params.clone(),
                    out.clone().into(),
                    query.eval.clone(),
                    txn.clone(),
                ))),
                Reader::Runner => {
                    let rows =
                        self.services.runner.run(&compiled.plan, &slot.rel, query.clone(), txn).await?;
                    Source::Stream(parking_lot::Mutex::new(rows))
                }
            };
            let mut values = Vec::new();
            while let Some(batch) = source.next().await? {
                values.extend(batch.into_iter().map(|row| row.into_iter().next().unwrap_or(Datum::Null)));
                match slot.kind {
                    SlotKind::Exists => break,
                    SlotKind::Scalar if values.len() > 1 => {
                        return Err(crate::seam::QueryError::MoreThanOneRow.into());
                    }
                    _ => {}
                }
            }
            out.push(match slot.kind {
                SlotKind::Exists => Datum::Bool(!values.is_empty()),
                SlotKind::Scalar => values.pop().unwrap_or(Datum::Null),
                SlotKind::Array => Datum::array(slot.ty.id.element().unwrap_or(TypeId::TEXT), values),
            });
        }
        Ok(out.into())
    }

    /// Writes rows out; commits behind them.
    async fn give_rows(
        &mut self,
        wire: &mut Wire,
        compiled: &Compiled,
        bound: &Bound,
        mode: Mode,
        ctx: &EvalContext,
        source: Source,
        verb: Verb,
    ) -> SqlResult<Finished> {
        let fields = &compiled.fields;
        let writer = RowWriter::new(fields, &bound.formats);
        if mode.describe {
            backend::row_description(&mut wire.out, fields, |at| writer.format(at));
        }
        let mut rest = Box::new(Suspended { source, writer, left: Vec::new(), count: 0, verb });
        if !rest.give(wire, ctx, mode.rows_max).await? {
            return Ok(Finished::Suspended(rest));
        }
        if mode.autocommit {
            self.commit().await?;
        }
        Ok(Finished::Tag(rest.verb.tag(rest.count)))
    }

    /// Goes on with a portal of which some rows were given out.
    ///
    /// # Errors
    /// For the client.
    pub(super) async fn resume(
        &mut self,
        wire: &mut Wire,
        portal: &mut Portal,
        rows_max: usize,
    ) -> SqlResult<()> {
        let PortalState::Suspended(rest) = &mut portal.state else { return Ok(()) };
        wire.set_mark();
        rest.count = 0;
        let ctx = self.eval_context();
        let deadline = self.shared.settings.lock().derived().statement_timeout.map(|t| Instant::now() + t);
        let handle = self.handle.clone();
        let done = tokio::select! {
            biased;
            () = handle.cancelled() => Err(cancelled()),
            () = until(deadline) => Err(timed_out()),
            r = rest.give(wire, &ctx, rows_max) => r,
        };
        match done {
            Ok(true) => {
                backend::command_complete(&mut wire.out, &rest.verb.tag(rest.count));
                portal.state = PortalState::Done;
                Ok(())
            }
            Ok(false) => {
                backend::portal_suspended(&mut wire.out);
                Ok(())
            }
            Err(e) => {
                wire.reset_to_mark();
                self.fail().await;
                Err(e)
            }
        }
    }

    async fn ddl(
        &mut self,
        catalog: &Arc<SessionCatalog>,
        text: &Arc<str>,
        ddl: &planner::parse::ddl::Ddl,
    ) -> SqlResult<String> {
        if self.txn.read_only {
            return Err(read_only("a schema change"));
        }
        let txn = self.transaction();
        txn.begin_statement();
        let session = self.ddl_session(catalog, text);
        let outcome = self.services.catalog.execute_ddl(&txn, &session, ddl).await?;
        txn.flush().await?;
        for notice in outcome.notices {
            self.notice(notice);
        }
        self.txn.jobs.extend(outcome.jobs);
        if outcome.catalog_changed {
            self.txn.catalog_changed = true;
            self.txn.overlay = None;
            self.catalog = None;
        }
        Ok(outcome.tag)
    }

    fn explain(&self, explain: &planner::plan::Explain) -> SqlResult<Vec<String>> {
        if explain.analyze {
            return Err(SqlError::unsupported("EXPLAIN ANALYZE is not supported"));
        }
        let plan = &explain.statement;
        let rel = match &plan.kind {
            PlanKind::Query(rel) => Some(rel.as_ref()),
            PlanKind::Insert(p) => Some(&p.source),
            PlanKind::Update(p) => Some(&p.source),
            PlanKind::Delete(p) => Some(&p.source),
            _ => None,
        };
        match rel.filter(|_| explain.distsql) {
            Some(rel) => Ok(self.services.runner.explain(plan, rel)),
            None => Ok(planner::explain(plan)),
        }
    }

    /// # Errors
    /// 42501.
    fn check_access(&self, plan: &Plan, catalog: &SessionCatalog) -> SqlResult<()> {
        use planner::plan::AccessObject;
        if plan.access.is_empty() {
            return Ok(());
        }
        let roles = catalog.snapshot.role_closure(self.user_id);
        if roles.iter().any(|r| catalog.snapshot.role_by_id(*r).is_some_and(|d| d.superuser)) {
            return Ok(());
        }
        for access in &plan.access {
            let (owner, grants, what, name) = match &access.object {
                AccessObject::Table(id) => match catalog.snapshot.table(*id) {
                    Some(t) => {
                        (t.descriptor.owner, t.descriptor.grants.clone(), "table", t.descriptor.name.clone())
                    }
                    None => continue,
                },
                AccessObject::Sequence(id) => match catalog.snapshot.sequence(*id) {
                    Some((_, s)) => (s.owner, s.grants.clone(), "sequence", s.name.clone()),
                    None => continue,
                },
            };
            if roles.contains(&owner) {
                continue;
            }
            let held = grants
                .iter()
                .filter(|g| g.grantee == 0 || roles.contains(&g.grantee))
                .fold(0, |bits, g| bits | g.privileges);
            // A sequence may be used by USAGE or UPDATE.
            let enough = match access.object {
                AccessObject::Sequence(_) => held & access.privileges != 0,
                AccessObject::Table(_) => held & access.privileges == access.privileges,
            };
            if !enough {
                return Err(SqlError::new(
                    SqlState::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied for {what} {name}"),
                ));
            }
        }
        Ok(())
    }

    pub(super) fn take_notices(&mut self, wire: &mut Wire) {
        for notice in self.notices.drain(..) {
            backend::error(&mut wire.out, &notice);
        }
    }
    /// Whether statements run within a block.
    pub(super) fn in_block(&self) -> bool {
        self.txn.block != Block::None
    }
}

impl Suspended {
    /// Writes rows, at most `rows_max` (0: all); says whether they are at their end.
    async fn give(&mut self, wire: &mut Wire, ctx: &EvalContext, rows_max: usize) -> SqlResult<bool> {
        let mut given = 0;
        loop {
            while let Some(row) = self.left.pop() {
                self.writer.write(&mut wire.out, ctx, &row);
                self.count += 1;
                given += 1;
                if wire.out.len() >= crate::wire::OUTPUT_BYTES_FLUSH {
                    wire.flush().await?;
                }
                if rows_max != 0 && given == rows_max {
                    return Ok(false);
                }
            }
            match self.source.next().await? {
                Some(mut batch) => {
                    batch.reverse();
                    self.left = batch;
                }
                None => return Ok(true),
            }
        }
    }
}

/// Whether a statement may run in a failed block.
pub(super) fn ends_block(prepared: &Prepared) -> bool {
    matches!(&prepared.statement.kind, StatementKind::Session(s) if super::control::ends_failed(s))
}

/// Never, without a deadline.
pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

pub(super) fn timed_out() -> SqlError {
    SqlError::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")
}
pub(super) fn failed_block() -> SqlError {
    SqlError::new(
        SqlState::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}
pub(super) fn read_only(what: &str) -> SqlError {
    SqlError::new(
        SqlState::READ_ONLY_SQL_TRANSACTION,
        format!("cannot execute {} in a read-only transaction", what.to_uppercase()),
    )
}

fn kind(plan: &Plan) -> &'static str {
    match &plan.kind {
        PlanKind::Empty => "empty",
        PlanKind::Query(_) => "select",
        PlanKind::Insert(_) => "insert",
        PlanKind::Update(_) => "update",
        PlanKind::Delete(_) => "delete",
        PlanKind::CopyFrom(_) | PlanKind::CopyTo(_) => "copy",
        PlanKind::Explain(_) => "explain",
        PlanKind::Ddl(_) => "ddl",
        PlanKind::Session(_) => "session",
    }
}
fn road(compiled: &Compiled) -> &'static str {
    match &compiled.kind {
        CompiledKind::Query(Reader::Pipeline(_))
        | CompiledKind::Write { source: Reader::Pipeline(_), .. }
        | CompiledKind::CopyTo(Reader::Pipeline(_))
        | CompiledKind::CopyFrom { .. } => "compiled",
        CompiledKind::Query(Reader::Runner)
        | CompiledKind::Write { source: Reader::Runner, .. }
        | CompiledKind::CopyTo(Reader::Runner) => "datafusion",
        CompiledKind::Other => "router",
    }
}
