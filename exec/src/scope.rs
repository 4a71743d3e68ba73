//! What every operator of one execution shares, and the outer rows that a subplan sees.

use crate::rows::RowStream;
use crate::{ExecContext, ExecError};
use datafusion_execution::TaskContext;
use datafusion_execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datum::Datum;
use futures::TryStreamExt;
use planner::plan::{Plan, Rel};
use planner::{Env, Scalar, eval_in};
use std::sync::Arc;
use tokio::sync::OnceCell;

pub(crate) type Row = Vec<Datum>;

pub(crate) struct Run {
    pub plan: Arc<Plan>,
    pub ctx: ExecContext,
    pub slots: Arc<[Datum]>,
    /// Rows of `Plan::ctes`, made when first read.
    pub ctes: Arc<[OnceCell<Materialised>]>,
    pub task: Arc<TaskContext>,
}

/// Rows that are held, with the memory that they are charged for.
#[derive(Clone)]
pub(crate) struct Materialised {
    pub rows: Arc<Vec<Row>>,
    _charge: Arc<Charge>,
}

#[derive(Clone)]
pub(crate) struct Scope {
    pub run: Arc<Run>,
    /// The nearest first.
    pub outer: Vec<Arc<[Datum]>>,
}

/// Memory that one operator is charged for; given back when it is dropped.
pub(crate) struct Charge {
    reservation: MemoryReservation,
    limit_bytes: usize,
}

impl Charge {
    pub fn grow(&mut self, bytes: usize) -> Result<(), ExecError> {
        let limit_bytes = self.limit_bytes;
        self.reservation.try_grow(bytes).map_err(|_| ExecError::MemoryExceeded { limit_bytes })
    }
    pub fn rows(&mut self, rows: &[Row]) -> Result<(), ExecError> {
        self.grow(rows.iter().map(|r| row_size(r)).sum())
    }
}

/// Bytes of a row, an estimate.
pub(crate) fn row_size(row: &[Datum]) -> usize {
    let long = |d: &Datum| match d {
        Datum::Text(s) => s.len(),
        Datum::Bytea(b) => b.len(),
        Datum::Array(a) => a.values.len() * size_of::<Datum>(),
        Datum::Record(r) => r.len() * size_of::<Datum>(),
        _ => 0,
    };
    size_of::<Row>() + row.iter().map(|d| size_of::<Datum>() + long(d)).sum::<usize>()
}

impl Scope {
    /// The scope of a subplan that runs for `row`.
    pub fn with_outer(&self, row: Arc<[Datum]>) -> Scope {
        let mut outer = Vec::with_capacity(self.outer.len() + 1);
        outer.push(row);
        outer.extend(self.outer.iter().cloned());
        Scope { run: self.run.clone(), outer }
    }
    pub fn with_env<R>(&self, f: impl FnOnce(&Env<'_>) -> R) -> R {
        let outer: Vec<&[Datum]> = self.outer.iter().map(|r| r.as_ref()).collect();
        f(&Env {
            params: &self.run.ctx.params,
            slots: &self.run.slots,
            outer: &outer,
            ctx: &self.run.ctx.eval,
        })
    }
    pub fn eval(&self, scalar: &Scalar, row: &[Datum]) -> Result<Datum, ExecError> {
        Ok(self.with_env(|env| eval_in(scalar, row, env))?)
    }
    pub fn charge(&self, name: &str) -> Charge {
        Charge {
            reservation: MemoryConsumer::new(name).register(&self.run.task.runtime_env().memory_pool),
            limit_bytes: self.run.ctx.memory_limit_bytes,
        }
    }
    pub fn stream(&self, rel: &Rel) -> Result<RowStream, ExecError> {
        let plan = crate::lower::lower(rel, self)?;
        let types: Vec<_> = rel.columns.iter().map(|c| c.ty).collect();
        crate::rows::execute(&plan, &types, &self.run.task, self.run.ctx.memory_limit_bytes)
    }
    pub async fn collect(&self, rel: &Rel) -> Result<Materialised, ExecError> {
        self.gather(self.stream(rel)?, "materialise").await
    }
    /// All rows of a stream, charged.
    pub async fn gather(&self, mut stream: RowStream, name: &str) -> Result<Materialised, ExecError> {
        let mut charge = self.charge(name);
        let mut rows = Vec::new();
        while let Some(batch) = stream.try_next().await? {
            charge.rows(&batch)?;
            rows.extend(batch);
        }
        Ok(Materialised { rows: Arc::new(rows), _charge: Arc::new(charge) })
    }
}
