//! Queries that are not for the compiled road: exec's engine, over scans of the compiled road and computed tables.

use async_trait::async_trait;
use datum::Datum;
use exec::{BoxError, Engine, ExecContext, ExecError, ScanEnv, ScanSource};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use planner::plan::{Scan, VirtualScan};
use planner::{Plan, Rel};
use router::SqlError;
use router::seam::{QueryContext, QueryError, QueryRunner, RowStream, SessionCatalog};
use std::path::PathBuf;
use std::sync::Arc;
use txn::Transaction;

/// Memory of one query.
const MEMORY_BYTES_MAX: usize = 256 << 20;

/// Runs queries in this process.
pub struct Queries {
    pub spill_directory: Option<PathBuf>,
}

#[async_trait]
impl QueryRunner for Queries {
    async fn run(
        &self,
        plan: &Arc<Plan>,
        rel: &Rel,
        ctx: QueryContext,
        txn: &Transaction,
    ) -> Result<RowStream, QueryError> {
        let source = Arc::new(Rows { txn: txn.clone(), catalog: ctx.catalog });
        let context = ExecContext {
            params: ctx.params,
            eval: ctx.eval,
            source,
            memory_limit_bytes: MEMORY_BYTES_MAX,
            spill_directory: self.spill_directory.clone(),
            cancel: ctx.cancel,
        };
        let rows = Engine::run(plan, rel, context).await.map_err(query_error)?;
        Ok(rows.map(|batch| batch.map_err(query_error)).boxed())
    }
    fn explain(&self, plan: &Plan, _: &Rel) -> Vec<String> {
        planner::explain(plan)
    }
}

fn query_error(error: ExecError) -> QueryError {
    match error {
        ExecError::Datum(e) => QueryError::Datum(e),
        ExecError::Source(e) => match e.downcast_ref::<SqlError>() {
            Some(sql) => QueryError::Sql(sql.clone()),
            None => QueryError::Internal(e.to_string()),
        },
        ExecError::MoreThanOneRow => QueryError::MoreThanOneRow,
        ExecError::NegativeLimit => QueryError::NegativeLimit,
        ExecError::NegativeOffset => QueryError::NegativeOffset,
        ExecError::MemoryExceeded { limit_bytes } => QueryError::MemoryExceeded { limit_bytes },
        ExecError::Unsupported(what) => QueryError::Unsupported(what),
        ExecError::Cancelled => QueryError::Cancelled,
        ExecError::Internal(text) => QueryError::Internal(text),
    }
}

/// Rows of tables as one transaction sees them.
struct Rows {
    txn: Transaction,
    catalog: Arc<SessionCatalog>,
}

#[async_trait]
impl ScanSource for Rows {
    fn scan(&self, scan: Arc<Scan>, env: ScanEnv) -> BoxStream<'static, Result<Vec<Vec<Datum>>, BoxError>> {
        let cursor = router::compiled::scan(&scan, env.params, env.slots, env.eval, self.txn.clone());
        match cursor {
            Err(error) => stream::once(async move { Err(BoxError::from(error)) }).boxed(),
            Ok(cursor) => stream::try_unfold(cursor, |mut cursor| async move {
                Ok(cursor.next().await.map_err(BoxError::from)?.map(|rows| (rows, cursor)))
            })
            .boxed(),
        }
    }
    async fn virtual_scan(&self, scan: &VirtualScan) -> Result<Vec<Vec<Datum>>, BoxError> {
        let rows = self.catalog.virtuals.scan(&scan.schema, &scan.name, &self.catalog).await;
        rows.map_err(|e| BoxError::from(SqlError::from(e)))
    }
}
