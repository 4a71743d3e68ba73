//! COPY within a session: the client's rows into a table, a query's rows to the client.

use super::Session;
use super::run::{Bound, Mode, read_only};
use crate::compiled::eval::{Env, eval};
use crate::compiled::table::TableCodec;
use crate::compiled::{Compiled, CompiledKind, Reader};
use crate::copy::{Decoder, Encoder, Record};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::SessionCatalog;
use crate::wire::{Frontend, OUTPUT_BYTES_FLUSH, Wire, backend};
use datum::{Datum, DatumError, EvalContext, SqlType, TypeId};
use planner::plan::{CopyFormat, CopyFrom, PlanKind};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use txn::Transaction;

/// Characters of a value that an error's context shows.
const CONTEXT_CHARS_MAX: usize = 100;

impl Session {
    /// COPY ... FROM STDIN. The client's data cannot be asked for again, so there is no second attempt.
    ///
    /// # Errors
    /// For the client, with the line.
    pub(super) async fn copy_from(
        &mut self,
        wire: &mut Wire,
        compiled: &Arc<Compiled>,
        catalog: &Arc<SessionCatalog>,
        ctx: &EvalContext,
        mode: Mode,
    ) -> SqlResult<String> {
        let (PlanKind::CopyFrom(plan), CompiledKind::CopyFrom { codec, positions }) =
            (&compiled.plan.kind, &compiled.kind)
        else {
            return Err(SqlError::internal("not a COPY FROM"));
        };
        if self.txn.read_only {
            return Err(read_only("COPY FROM"));
        }
        self.use_catalog(&catalog.snapshot);
        let txn = self.transaction();
        txn.begin_statement();
        let binary = plan.options.format == CopyFormat::Binary;
        let columns: Vec<(String, SqlType)> = plan
            .input
            .iter()
            .map(|at| {
                let c = &codec.descriptor().columns[positions[*at]];
                (c.name.clone(), c.sql_type())
            })
            .collect();
        backend::copy_response(&mut wire.out, true, binary, columns.len());
        wire.flush().await?;
        let mut job = CopyJob {
            session: self,
            plan,
            codec: codec.clone(),
            positions,
            columns,
            ctx,
            txn: txn.clone(),
            rows: 0,
        };
        let mut decoder =
            Decoder::new(plan.options.clone(), job.columns.iter().map(|c| c.0.clone()).collect());
        let mut record = Record::default();
        loop {
            let last = match wire.next().await? {
                Frontend::CopyData(data) => {
                    decoder.feed(&data);
                    false
                }
                Frontend::CopyDone => true,
                Frontend::CopyFail(why) => {
                    return Err(SqlError::new(
                        SqlState::QUERY_CANCELED,
                        format!("COPY from stdin failed: {why}"),
                    ));
                }
                // As PostgreSQL: clients pipeline a Sync behind the Execute.
                Frontend::Flush | Frontend::Sync => continue,
                _ => return Err(SqlError::protocol("unexpected message type during COPY from stdin")),
            };
            loop {
                let line = |e: SqlError, line: u64, name: &str| match e.0.context {
                    Some(_) => e,
                    None => e.with_context(format!("COPY {name}, line {line}")),
                };
                let name = &codec.descriptor().name;
                match decoder.next(&mut record, last) {
                    Ok(true) => {
                        job.row(&record, decoder.line).await.map_err(|e| line(e, decoder.line, name))?;
                    }
                    Ok(false) => break,
                    Err(e) => return Err(line(e, decoder.line, name)),
                }
            }
            if last {
                break;
            }
        }
        let rows = job.rows;
        self.txn.written = Some(codec.clone());
        self.services.metrics.copied_rows.inc_by(rows);
        if mode.autocommit {
            self.commit().await?;
        } else if let Err(e) = txn.flush().await {
            return Err(self.txn_error(e, Some(codec)));
        }
        Ok(format!("COPY {rows}"))
    }

    /// COPY ... TO STDOUT.
    ///
    /// # Errors
    /// For the client.
    pub(super) async fn copy_to(
        &mut self,
        wire: &mut Wire,
        compiled: &Arc<Compiled>,
        reader: &Reader,
        bound: &Bound,
        catalog: &Arc<SessionCatalog>,
        ctx: &EvalContext,
        token: &CancellationToken,
        mode: Mode,
    ) -> SqlResult<String> {
        let PlanKind::CopyTo(plan) = &compiled.plan.kind else {
            return Err(SqlError::internal("not a COPY TO"));
        };
        let mut source = self.open(compiled, &plan.source, reader, bound, catalog, ctx, token).await?;
        let types: Vec<TypeId> = plan.source.columns.iter().map(|c| c.ty.id).collect();
        let names: Vec<&str> = plan.source.columns.iter().map(|c| c.name.as_ref()).collect();
        let binary = plan.options.format == CopyFormat::Binary;
        backend::copy_response(&mut wire.out, false, binary, types.len());
        let mut encoder = Encoder::new(plan.options.clone(), types);
        if !binary && plan.options.header {
            backend::copy_data(&mut wire.out, |out| encoder.head(out, &names));
        }
        // The binary head goes with the first row (or the end), as PostgreSQL sends it and drivers expect it.
        let mut head = binary;
        let mut rows = 0u64;
        while let Some(batch) = source.next().await? {
            for row in &batch {
                let head = std::mem::take(&mut head);
                backend::copy_data(&mut wire.out, |out| {
                    if head {
                        encoder.head(out, &names);
                    }
                    encoder.row(out, ctx, row);
                });
                if wire.out.len() >= OUTPUT_BYTES_FLUSH {
                    wire.flush().await?;
                }
            }
            rows += batch.len() as u64;
        }
        if binary {
            backend::copy_data(&mut wire.out, |out| {
                if head {
                    encoder.head(out, &names);
                }
                encoder.tail(out);
            });
        }
        backend::copy_done(&mut wire.out);
        self.services.metrics.copied_rows.inc_by(rows);
        if mode.autocommit {
            self.commit().await?;
        }
        Ok(format!("COPY {rows}"))
    }
}

struct CopyJob<'a> {
    session: &'a Session,
    plan: &'a CopyFrom,
    codec: Arc<TableCodec>,
    positions: &'a [usize],
    /// Of the data.
    columns: Vec<(String, SqlType)>,
    ctx: &'a EvalContext,
    txn: Transaction,
    rows: u64,
}

impl CopyJob<'_> {
    async fn row(&mut self, record: &Record, line: u64) -> SqlResult<()> {
        let mut input = Vec::with_capacity(record.len());
        for (at, (name, ty)) in self.columns.iter().enumerate() {
            let value = match record.field(at) {
                None => Ok(Datum::Null),
                Some(bytes) if self.plan.options.format == CopyFormat::Binary => {
                    datum::binary_format::input(*ty, bytes)
                }
                Some(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => datum::text_format::input(*ty, text, self.ctx),
                    // Escapes can make what was valid before them invalid; the decoder has looked at the whole record.
                    Err(_) => Err(DatumError::CharacterNotInRepertoire(
                        "invalid byte sequence for encoding \"UTF8\"".to_owned(),
                    )),
                },
            };
            input.push(value.map_err(|e| self.name_field(e.into(), record, at, line, name))?);
        }
        let row = loop {
            match self.values(&input) {
                Ok(row) => break row,
                Err(DatumError::SequenceEmpty(id)) => self.session.fetch_block(id).await?,
                Err(e) => return Err(e.into()),
            }
        };
        let mut full = vec![Datum::Null; self.codec.columns_len()];
        for (at, value) in self.positions.iter().zip(&row) {
            full[*at] = value.clone();
        }
        if let Some(at) = self.codec.row_id.filter(|at| full[*at].is_null()) {
            full[at] = Datum::Int8(self.session.services.row_ids.next());
        }
        self.codec.check_not_null(&full, self.ctx)?;
        for check in &self.plan.checks {
            let env = Env { ctx: self.ctx, params: &[], slots: &[] };
            if let Datum::Bool(false) = eval(&check.condition, &row, env)? {
                return Err(self.codec.check_violation(&check.name, &full, self.ctx));
            }
        }
        if let Err(e) = self.codec.insert(&self.txn, &full).await {
            // The conflict is of some buffered row, not of this line.
            let e = self.session.name_conflict(e, Some(&self.codec));
            return Err(if e.0.context.is_none() {
                e.with_context(format!("COPY {}", self.codec.descriptor().name))
            } else {
                e
            });
        }
        self.rows += 1;
        Ok(())
    }
    fn values(&self, input: &[Datum]) -> Result<Vec<Datum>, DatumError> {
        let env = Env { ctx: self.ctx, params: &[], slots: &[] };
        self.plan.values.iter().map(|v| eval(v, input, env)).collect()
    }
    fn name_field(&self, e: SqlError, record: &Record, at: usize, line: u64, column: &str) -> SqlError {
        let table = &self.codec.descriptor().name;
        if self.plan.options.format == CopyFormat::Binary {
            return e.with_context(format!("COPY {table}, line {line}, column {column}"));
        }
        let text = String::from_utf8_lossy(record.field(at).unwrap_or_default()).into_owned();
        let shown: String = text.chars().take(CONTEXT_CHARS_MAX).collect();
        let dots = if shown.len() < text.len() { "..." } else { "" };
        e.with_context(format!("COPY {table}, line {line}, column {column}: \"{shown}{dots}\""))
    }
}
