//! The compiled road: plans whose reads are of one table by one index, and all writes, run as key-value requests straight
//! on the transaction, without DataFusion.
//!
//! `Compiled` is made once for each plan (codecs, positions, pipelines) and run many times with other parameters.

pub mod eval;
pub mod modify;
pub mod pipeline;
pub mod span;
pub mod table;
mod write;

use crate::error::{SqlError, SqlResult};
use crate::wire::backend::Field;
use datum::{Datum, EvalContext};
use modify::Write;
use pipeline::{Cursor, Pipeline};
use planner::plan::{CopyFrom, Plan, PlanKind, Rel, RelKind, Road, Scan};
use std::sync::Arc;
use table::{TableCodec, Tables};
use txn::Transaction;

/// Who yields the rows of a query or of a write's source.
#[derive(Clone)]
pub enum Reader {
    Pipeline(Arc<Pipeline>),
    /// The query runner.
    Runner,
}

/// A plan with what this road needs to run it.
pub struct Compiled {
    pub plan: Arc<Plan>,
    pub kind: CompiledKind,
    /// Of each slot of the plan.
    pub slots: Vec<Reader>,
    /// Result columns, as RowDescription shows them; empty: no rows.
    pub fields: Vec<Field>,
}

pub enum CompiledKind {
    Query(Reader),
    Write {
        write: Write,
        source: Reader,
    },
    CopyFrom {
        codec: Arc<TableCodec>,
        positions: Vec<usize>,
    },
    CopyTo(Reader),
    /// Run by the session itself.
    Other,
}

impl Compiled {
    /// # Errors
    /// A descriptor is malformed.
    pub fn new(plan: Arc<Plan>, fields: Vec<Field>) -> SqlResult<Compiled> {
        let mut tables = Tables::default();
        let mut slots = Vec::with_capacity(plan.slots.len());
        for slot in &plan.slots {
            slots.push(reader(&plan, &slot.rel, &mut tables)?);
        }
        let kind = match &plan.kind {
            PlanKind::Query(rel) => CompiledKind::Query(reader(&plan, rel, &mut tables)?),
            PlanKind::Insert(p) => CompiledKind::Write {
                write: Write::insert(p, &mut tables)?,
                source: reader(&plan, &p.source, &mut tables)?,
            },
            PlanKind::Update(p) => CompiledKind::Write {
                write: Write::update(p, &mut tables)?,
                source: reader(&plan, &p.source, &mut tables)?,
            },
            PlanKind::Delete(p) => CompiledKind::Write {
                write: Write::delete(p, &mut tables)?,
                source: reader(&plan, &p.source, &mut tables)?,
            },
            PlanKind::CopyFrom(p) => {
                let CopyFrom { table, columns, .. } = p.as_ref();
                let codec = tables.codec(table)?;
                CompiledKind::CopyFrom { positions: codec.positions(columns)?, codec }
            }
            PlanKind::CopyTo(p) => CompiledKind::CopyTo(reader(&plan, &p.source, &mut tables)?),
            _ => CompiledKind::Other,
        };
        Ok(Compiled { plan, kind, slots, fields })
    }
    /// The table whose conditional writes this plan makes.
    pub fn written(&self) -> Option<&Arc<TableCodec>> {
        match &self.kind {
            CompiledKind::Write { write, .. } => Some(&write.codec),
            CompiledKind::CopyFrom { codec, .. } => Some(codec),
            _ => None,
        }
    }
}

/// Rows of one scan, for a query that runs elsewhere; no scalar in it names an outer row.
///
/// # Errors
/// A descriptor is malformed; the scan has an expression that this road does not run.
pub fn scan(
    scan: &Scan,
    params: Arc<[Datum]>,
    slots: Arc<[Datum]>,
    ctx: EvalContext,
    txn: Transaction,
) -> SqlResult<Cursor> {
    let rel = Rel::new(RelKind::Scan(Box::new(scan.clone())), Vec::new());
    let pipeline = Pipeline::compile(&rel, &mut Tables::default())?
        .ok_or_else(|| SqlError::internal("a scan that the compiled road does not run"))?;
    Ok(Cursor::new(Arc::new(pipeline), params, slots, ctx, txn))
}

/// Chooses the road of one read: this one if its shape allows and the planner did not choose otherwise.
fn reader(plan: &Plan, rel: &Rel, tables: &mut Tables) -> SqlResult<Reader> {
    let is_query = matches!(plan.kind, PlanKind::Query(_));
    if plan.road == Road::DataFusion && is_query {
        return Ok(Reader::Runner);
    }
    Ok(Pipeline::compile(rel, tables)?.map_or(Reader::Runner, |p| Reader::Pipeline(Arc::new(p))))
}
