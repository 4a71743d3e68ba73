//! Bound scalars as DataFusion expressions: columns directly, all else row by row through the planner's evaluator.

use crate::ExecError;
use crate::column::{self, Builder};
use crate::scope::Scope;
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result as DfResult, ScalarValue};
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use datum::{Datum, SqlType};
use planner::rules::{is_volatile, used_by};
use planner::{Scalar, eval_in};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Evaluates a scalar whose columns are positions in `args`.
pub(crate) struct RowExpr {
    scalar: Arc<Scalar>,
    args: Vec<Arc<dyn PhysicalExpr>>,
    types: Vec<SqlType>,
    scope: Scope,
}

/// The columns that a scalar uses, and the scalar over just these.
pub(crate) fn over_used(scalar: &Scalar) -> (Scalar, Vec<usize>) {
    let mut used: Vec<usize> = used_by(scalar).into_iter().collect();
    used.sort_unstable();
    let mut scalar = scalar.clone();
    scalar.transform(&mut |s| {
        if let Scalar::Column { index, .. } = s
            && let Ok(at) = used.binary_search(index)
        {
            *index = at;
        }
    });
    (scalar, used)
}

/// Over a row of columns of `types`.
pub(crate) fn physical(scalar: &Scalar, types: &[SqlType], scope: &Scope) -> Arc<dyn PhysicalExpr> {
    if let Scalar::Column { index, .. } = scalar {
        return column_expr(*index);
    }
    let (scalar, used) = over_used(scalar);
    Arc::new(RowExpr {
        scalar: Arc::new(scalar),
        args: used.iter().map(|i| column_expr(*i)).collect(),
        types: used.iter().map(|i| types[*i]).collect(),
        scope: scope.clone(),
    })
}

pub(crate) fn column_expr(index: usize) -> Arc<dyn PhysicalExpr> {
    Arc::new(Column::new(&format!("c{index}"), index))
}

impl PhysicalExpr for RowExpr {
    fn data_type(&self, _: &Schema) -> DfResult<DataType> {
        Ok(column::arrow_type(self.scalar.ty().id))
    }
    fn nullable(&self, _: &Schema) -> DfResult<bool> {
        Ok(true)
    }
    fn evaluate(&self, batch: &RecordBatch) -> DfResult<ColumnarValue> {
        let rows = batch.num_rows();
        let ty = self.scalar.ty().id;
        let constant = self.args.is_empty() && !self.is_volatile_node();
        let inputs = self.args.iter().map(|a| a.evaluate(batch)?.into_array(rows));
        let inputs = inputs.collect::<DfResult<Vec<_>>>()?;
        let count = if constant { rows.min(1) } else { rows };
        let mut builder = Builder::new(ty, count);
        let mut row = vec![Datum::Null; inputs.len()];
        self.scope.with_env(|env| -> Result<(), ExecError> {
            for i in 0..count {
                for ((input, ty), slot) in inputs.iter().zip(&self.types).zip(&mut row) {
                    *slot = column::read(input, i, ty.id)?;
                }
                builder.append(&eval_in(&self.scalar, &row, env)?)?;
            }
            Ok(())
        })?;
        let out = builder.finish();
        if constant && rows > 0 {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?));
        }
        Ok(ColumnarValue::Array(out))
    }
    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.args.iter().collect()
    }
    fn with_new_children(
        self: Arc<Self>,
        args: Vec<Arc<dyn PhysicalExpr>>,
    ) -> DfResult<Arc<dyn PhysicalExpr>> {
        let (scalar, types, scope) = (self.scalar.clone(), self.types.clone(), self.scope.clone());
        Ok(Arc::new(RowExpr { scalar, args, types, scope }))
    }
    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
    fn is_volatile_node(&self) -> bool {
        is_volatile(&self.scalar)
    }
}

impl fmt::Display for RowExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.args.iter().map(|a| a.to_string()).collect();
        f.write_str(&planner::explain::show(&self.scalar, &names))
    }
}
impl fmt::Debug for RowExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
impl PartialEq for RowExpr {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.scalar, &other.scalar) && self.args.iter().zip(&other.args).all(|(a, b)| a.eq(b))
    }
}
impl Eq for RowExpr {}
impl Hash for RowExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.scalar).hash(state);
        self.args.hash(state);
    }
}
