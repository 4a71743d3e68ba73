//! Operators of our own over rows, as a node of a DataFusion plan. Between two of them rows stay rows.

use crate::ExecError;
use crate::column;
use crate::scope::Row;
use arrow::datatypes::SchemaRef;
use datafusion_common::Result as DfResult;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion_physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use datum::SqlType;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use std::fmt;
use std::sync::Arc;

/// Rows as they come, in batches of a few thousand at most.
pub type RowStream = BoxStream<'static, Result<Vec<Row>, ExecError>>;
pub(crate) type Op = Arc<dyn Fn(Vec<RowStream>) -> RowStream + Send + Sync>;

/// Rows of one batch.
pub(crate) const BATCH_ROWS: usize = 2_048;

pub(crate) struct RowExec {
    name: String,
    op: Op,
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    input_types: Vec<Vec<SqlType>>,
    types: Vec<SqlType>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
    limit_bytes: usize,
}

impl RowExec {
    pub fn new(
        name: impl Into<String>,
        types: Vec<SqlType>,
        inputs: Vec<(Arc<dyn ExecutionPlan>, Vec<SqlType>)>,
        limit_bytes: usize,
        op: Op,
    ) -> Arc<dyn ExecutionPlan> {
        let schema = column::schema(&types);
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema.clone()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        let (inputs, input_types) = inputs.into_iter().unzip();
        Arc::new(RowExec {
            name: name.into(),
            op,
            inputs,
            input_types,
            types,
            schema,
            properties,
            limit_bytes,
        })
    }
    fn rows(&self, task: &Arc<TaskContext>) -> Result<RowStream, ExecError> {
        let inputs = self.inputs.iter().zip(&self.input_types);
        let inputs = inputs.map(|(i, t)| execute(i, t, task, self.limit_bytes)).collect::<Result<_, _>>()?;
        Ok((self.op)(inputs))
    }
}

/// Runs a plan of one partition.
pub(crate) fn execute(
    plan: &Arc<dyn ExecutionPlan>,
    types: &[SqlType],
    task: &Arc<TaskContext>,
    limit_bytes: usize,
) -> Result<RowStream, ExecError> {
    if let Some(own) = plan.downcast_ref::<RowExec>() {
        return own.rows(task);
    }
    let fail = move |e: datafusion_common::DataFusionError| ExecError::from_datafusion(&e, limit_bytes);
    let types = types.to_vec();
    let batches = plan.execute(0, task.clone()).map_err(fail)?;
    let rows = batches.map_err(fail).and_then(move |b| std::future::ready(column::to_rows(&b, &types)));
    Ok(rows.try_filter(|b| std::future::ready(!b.is_empty())).boxed())
}

/// A finished result in batches.
pub(crate) fn chunks(rows: Vec<Row>) -> RowStream {
    let mut rows = rows.into_iter();
    stream::iter(std::iter::from_fn(move || {
        let batch: Vec<Row> = rows.by_ref().take(BATCH_ROWS).collect();
        (!batch.is_empty()).then_some(Ok(batch))
    }))
    .boxed()
}

/// A stream that a future makes.
pub(crate) fn later(f: impl Future<Output = Result<RowStream, ExecError>> + Send + 'static) -> RowStream {
    stream::once(f).try_flatten().boxed()
}

/// Applies `f` to each batch.
pub(crate) fn each(
    input: RowStream,
    mut f: impl FnMut(Vec<Row>) -> Result<Vec<Row>, ExecError> + Send + 'static,
) -> RowStream {
    input
        .and_then(move |batch| std::future::ready(f(batch)))
        .try_filter(|b| std::future::ready(!b.is_empty()))
        .boxed()
}

impl fmt::Debug for RowExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl DisplayAs for RowExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl ExecutionPlan for RowExec {
    fn name(&self) -> &str {
        "RowExec"
    }
    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }
    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
    }
    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DfResult<TreeNodeRecursion>,
    ) -> DfResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let inputs = children.into_iter().zip(self.input_types.iter().cloned()).collect();
        Ok(RowExec::new(self.name.clone(), self.types.clone(), inputs, self.limit_bytes, self.op.clone()))
    }
    fn execute(&self, _: usize, task: Arc<TaskContext>) -> DfResult<SendableRecordBatchStream> {
        let (schema, types) = (self.schema.clone(), self.types.clone());
        let rows = self.rows(&task)?;
        let batches = rows.map(move |b| Ok(column::to_batch(&schema, &types, &b?)?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches)))
    }
}
