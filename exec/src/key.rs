//! Keys for what Arrow compares otherwise than PostgreSQL: numeric, interval, floats, bpchar, arrays, records.
//!
//! A key is datum's memcomparable encoding as Binary: equal values have equal bytes, and bytes sort as values do.

use crate::column::{self, Form};
use crate::scope::Row;
use arrow::array::{Array, BinaryBuilder};
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;
use datafusion_common::Result as DfResult;
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use datum::{Datum, SqlType, TypeId, key};
use std::fmt;
use std::sync::Arc;

/// Whether Arrow's own order and equality are PostgreSQL's.
pub(crate) fn is_native(ty: TypeId) -> bool {
    ty != TypeId::BPCHAR && !matches!(column::form(ty), Form::Float4 | Form::Float8 | Form::Encoded)
}

/// The type in which values of both types are compared for equality by key; `None`: only the operator can tell.
pub(crate) fn common(a: TypeId, b: TypeId) -> Option<TypeId> {
    use Form::*;
    match (column::form(a), column::form(b)) {
        _ if a == b => Some(a),
        (Int2 | Int4 | Int8, Int2 | Int4 | Int8) => Some(TypeId::INT8),
        (Float4 | Float8, Float4 | Float8) => Some(TypeId::FLOAT8),
        (Text, Text) if a != TypeId::BPCHAR && b != TypeId::BPCHAR => Some(TypeId::TEXT),
        (Oid, Oid) => Some(TypeId::OID),
        _ => None,
    }
}

/// An expression of type `ty` as one to sort or hash by, in the terms of `target`.
pub(crate) fn key_expr(arg: Arc<dyn PhysicalExpr>, ty: TypeId, target: TypeId) -> Arc<dyn PhysicalExpr> {
    let same = ty == target || matches!(column::form(target), Form::Text | Form::Oid);
    if same && is_native(target) { arg } else { Arc::new(KeyExpr { arg, ty, target }) }
}

fn convert(target: TypeId, d: Datum) -> Datum {
    match (target, d) {
        (TypeId::INT8, Datum::Int2(v)) => Datum::Int8(v.into()),
        (TypeId::INT8, Datum::Int4(v)) => Datum::Int8(v.into()),
        (TypeId::FLOAT8, Datum::Float4(v)) => Datum::Float8(v.into()),
        (_, d) => d,
    }
}

/// The key of a whole row: rows are the same (NULLs too) if and only if their keys are.
pub(crate) fn row_key(row: &[Datum], types: &[SqlType]) -> Vec<u8> {
    let mut out = Vec::with_capacity(row.len() * 10);
    row.iter().zip(types).for_each(|(d, t)| key::encode(&mut out, t.id, d));
    out
}

/// How to compare rows by their leading sort keys.
pub(crate) fn compare(order: &[(TypeId, bool, bool)], a: &Row, b: &Row) -> std::cmp::Ordering {
    planner::eval::compare_keys(order, a, b)
}

#[derive(Debug, Eq, Hash)]
struct KeyExpr {
    arg: Arc<dyn PhysicalExpr>,
    ty: TypeId,
    target: TypeId,
}

// Not derived: the derived one would move `arg`.
impl PartialEq for KeyExpr {
    fn eq(&self, other: &Self) -> bool {
        self.arg.eq(&other.arg) && (self.ty, self.target) == (other.ty, other.target)
    }
}

impl fmt::Display for KeyExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key({})", self.arg)
    }
}

impl PhysicalExpr for KeyExpr {
    fn data_type(&self, _: &Schema) -> DfResult<DataType> {
        Ok(DataType::Binary)
    }
    fn nullable(&self, _: &Schema) -> DfResult<bool> {
        Ok(true)
    }
    fn evaluate(&self, batch: &RecordBatch) -> DfResult<ColumnarValue> {
        let values = self.arg.evaluate(batch)?.into_array(batch.num_rows())?;
        let mut out = BinaryBuilder::with_capacity(values.len(), values.len() * 10);
        let mut bytes = Vec::new();
        for i in 0..values.len() {
            if values.is_null(i) {
                out.append_null();
                continue;
            }
            bytes.clear();
            key::encode(&mut bytes, self.target, &convert(self.target, column::read(&values, i, self.ty)?));
            out.append_value(&bytes);
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.arg]
    }
    fn with_new_children(
        self: Arc<Self>,
        mut args: Vec<Arc<dyn PhysicalExpr>>,
    ) -> DfResult<Arc<dyn PhysicalExpr>> {
        let arg = args.pop().unwrap_or_else(|| self.arg.clone());
        Ok(Arc::new(KeyExpr { arg, ty: self.ty, target: self.target }))
    }
    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The key of one value in the terms of `target` (see `common`).
pub(crate) fn value_key(value: &Datum, target: TypeId) -> Vec<u8> {
    let mut out = Vec::new();
    key::encode(&mut out, target, &convert(target, value.clone()));
    out
}
