//! SQL types as Arrow types, and rows of datums as columns.
//!
//! ```text
//! bool, int2/4/8, float4/8        native
//! text family                     Utf8
//! bytea                           Binary
//! date                            Int32 (days since 2000-01-01)
//! timestamp, timestamptz          Int64 (microseconds since 2000-01-01)
//! oid and reg*                    UInt32
//! uuid                            FixedSizeBinary(16)
//! numeric, interval, array, ...   Binary: datum's value encoding, which keeps how a value prints
//! ```

use crate::ExecError;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, NullArray,
    PrimitiveBuilder, StringBuilder,
};
use arrow::datatypes::{
    DataType, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Schema, SchemaRef, UInt32Type,
};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datum::{Datum, SqlType, TypeId, value_format};
use std::sync::Arc;

/// How values of a type lie in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Text,
    Bytea,
    Date,
    Timestamp,
    Timestamptz,
    Oid,
    Uuid,
    /// datum's value encoding.
    Encoded,
}

pub fn form(ty: TypeId) -> Form {
    match ty {
        TypeId::BOOL => Form::Bool,
        TypeId::INT2 => Form::Int2,
        TypeId::INT4 => Form::Int4,
        TypeId::INT8 => Form::Int8,
        TypeId::FLOAT4 => Form::Float4,
        TypeId::FLOAT8 => Form::Float8,
        TypeId::TEXT
        | TypeId::VARCHAR
        | TypeId::BPCHAR
        | TypeId::NAME
        | TypeId::UNKNOWN
        | TypeId::CSTRING => Form::Text,
        TypeId::BYTEA => Form::Bytea,
        TypeId::DATE => Form::Date,
        TypeId::TIMESTAMP => Form::Timestamp,
        TypeId::TIMESTAMPTZ => Form::Timestamptz,
        TypeId::OID
        | TypeId::REGCLASS
        | TypeId::REGTYPE
        | TypeId::REGPROC
        | TypeId::REGPROCEDURE
        | TypeId::REGOPER
        | TypeId::REGOPERATOR
        | TypeId::REGROLE
        | TypeId::REGNAMESPACE => Form::Oid,
        TypeId::UUID => Form::Uuid,
        _ => Form::Encoded,
    }
}

pub fn arrow_type(ty: TypeId) -> DataType {
    match form(ty) {
        Form::Bool => DataType::Boolean,
        Form::Int2 => DataType::Int16,
        Form::Int4 | Form::Date => DataType::Int32,
        Form::Int8 | Form::Timestamp | Form::Timestamptz => DataType::Int64,
        Form::Float4 => DataType::Float32,
        Form::Float8 => DataType::Float64,
        Form::Text => DataType::Utf8,
        Form::Oid => DataType::UInt32,
        Form::Uuid => DataType::FixedSizeBinary(16),
        Form::Bytea | Form::Encoded => DataType::Binary,
    }
}

/// A schema of nullable columns named by position.
pub fn schema(types: &[SqlType]) -> SchemaRef {
    let field = |(i, t): (usize, &SqlType)| Field::new(format!("c{i}"), arrow_type(t.id), true);
    Arc::new(Schema::new(types.iter().enumerate().map(field).collect::<Vec<_>>()))
}

/// Collects datums of one type into a column.
pub enum Builder {
    Bool(BooleanBuilder),
    Int2(PrimitiveBuilder<Int16Type>),
    Int4(PrimitiveBuilder<Int32Type>),
    Int8(PrimitiveBuilder<Int64Type>),
    Float4(PrimitiveBuilder<Float32Type>),
    Float8(PrimitiveBuilder<Float64Type>),
    Text(StringBuilder),
    Binary(BinaryBuilder, Vec<u8>),
    Oid(PrimitiveBuilder<UInt32Type>),
    Uuid(FixedSizeBinaryBuilder),
}

impl Builder {
    pub fn new(ty: TypeId, rows: usize) -> Builder {
        match form(ty) {
            Form::Bool => Builder::Bool(BooleanBuilder::with_capacity(rows)),
            Form::Int2 => Builder::Int2(PrimitiveBuilder::with_capacity(rows)),
            Form::Int4 | Form::Date => Builder::Int4(PrimitiveBuilder::with_capacity(rows)),
            Form::Int8 | Form::Timestamp | Form::Timestamptz => {
                Builder::Int8(PrimitiveBuilder::with_capacity(rows))
            }
            Form::Float4 => Builder::Float4(PrimitiveBuilder::with_capacity(rows)),
            Form::Float8 => Builder::Float8(PrimitiveBuilder::with_capacity(rows)),
            Form::Text => Builder::Text(StringBuilder::with_capacity(rows, rows * 8)),
            Form::Oid => Builder::Oid(PrimitiveBuilder::with_capacity(rows)),
            Form::Uuid => Builder::Uuid(FixedSizeBinaryBuilder::with_capacity(rows, 16)),
            Form::Bytea | Form::Encoded => {
                Builder::Binary(BinaryBuilder::with_capacity(rows, rows * 8), Vec::new())
            }
        }
    }

    /// # Errors
    /// The datum is not of the builder's type: a fault in this program.
    pub fn append(&mut self, datum: &Datum) -> Result<(), ExecError> {
        match (self, datum) {
            (Builder::Bool(b), Datum::Bool(v)) => b.append_value(*v),
            (Builder::Bool(b), Datum::Null) => b.append_null(),
            (Builder::Int2(b), Datum::Int2(v)) => b.append_value(*v),
            (Builder::Int2(b), Datum::Null) => b.append_null(),
            (Builder::Int4(b), Datum::Int4(v) | Datum::Date(v)) => b.append_value(*v),
            (Builder::Int4(b), Datum::Null) => b.append_null(),
            (Builder::Int8(b), Datum::Int8(v) | Datum::Timestamp(v) | Datum::Timestamptz(v)) => {
                b.append_value(*v)
            }
            (Builder::Int8(b), Datum::Null) => b.append_null(),
            (Builder::Float4(b), Datum::Float4(v)) => b.append_value(*v),
            (Builder::Float4(b), Datum::Null) => b.append_null(),
            (Builder::Float8(b), Datum::Float8(v)) => b.append_value(*v),
            (Builder::Float8(b), Datum::Null) => b.append_null(),
            (Builder::Text(b), Datum::Text(v)) => b.append_value(v),
            (Builder::Text(b), Datum::Null) => b.append_null(),
            (Builder::Oid(b), Datum::Oid(v)) => b.append_value(*v),
            (Builder::Oid(b), Datum::Null) => b.append_null(),
            (Builder::Uuid(b), Datum::Uuid(v)) => {
                b.append_value(v).map_err(|e| ExecError::Internal(e.to_string()))?
            }
            (Builder::Uuid(b), Datum::Null) => b.append_null(),
            (Builder::Binary(b, _), Datum::Null) => b.append_null(),
            (Builder::Binary(b, _), Datum::Bytea(v)) => b.append_value(v),
            (Builder::Binary(b, scratch), other) => {
                scratch.clear();
                value_format::encode(scratch, other);
                b.append_value(&scratch[..]);
            }
            (_, other) => return Err(ExecError::Internal(format!("a column of another type got {other:?}"))),
        }
        Ok(())
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            Builder::Bool(mut b) => Arc::new(b.finish()),
            Builder::Int2(mut b) => Arc::new(b.finish()),
            Builder::Int4(mut b) => Arc::new(b.finish()),
            Builder::Int8(mut b) => Arc::new(b.finish()),
            Builder::Float4(mut b) => Arc::new(b.finish()),
            Builder::Float8(mut b) => Arc::new(b.finish()),
            Builder::Text(mut b) => Arc::new(b.finish()),
            Builder::Oid(mut b) => Arc::new(b.finish()),
            Builder::Uuid(mut b) => Arc::new(b.finish()),
            Builder::Binary(mut b, _) => Arc::new(b.finish()),
        }
    }
}

/// Reads one value of a column.
///
/// # Errors
/// The column is not of the type's form, or its bytes are malformed: a fault in this program.
pub fn read(column: &dyn Array, row: usize, ty: TypeId) -> Result<Datum, ExecError> {
    if column.is_null(row) || column.data_type() == &DataType::Null {
        return Ok(Datum::Null);
    }
    let wrong = || ExecError::Internal(format!("a column of {} was read as {ty}", column.data_type()));
    Ok(match form(ty) {
        Form::Bool => Datum::Bool(column.as_boolean_opt().ok_or_else(wrong)?.value(row)),
        Form::Int2 => Datum::Int2(column.as_primitive_opt::<Int16Type>().ok_or_else(wrong)?.value(row)),
        Form::Int4 => Datum::Int4(column.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?.value(row)),
        Form::Date => Datum::Date(column.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?.value(row)),
        Form::Int8 => Datum::Int8(column.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?.value(row)),
        Form::Timestamp => {
            Datum::Timestamp(column.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?.value(row))
        }
        Form::Timestamptz => {
            Datum::Timestamptz(column.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?.value(row))
        }
        Form::Float4 => Datum::Float4(column.as_primitive_opt::<Float32Type>().ok_or_else(wrong)?.value(row)),
        Form::Float8 => Datum::Float8(column.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?.value(row)),
        Form::Text => Datum::text(column.as_string_opt::<i32>().ok_or_else(wrong)?.value(row)),
        Form::Oid => Datum::Oid(column.as_primitive_opt::<UInt32Type>().ok_or_else(wrong)?.value(row)),
        Form::Uuid => {
            let bytes = column.as_fixed_size_binary_opt().ok_or_else(wrong)?.value(row);
            Datum::Uuid(bytes.try_into().map_err(|_| wrong())?)
        }
        Form::Bytea => Datum::bytea(column.as_binary_opt::<i32>().ok_or_else(wrong)?.value(row)),
        Form::Encoded => {
            value_format::decode(&mut column.as_binary_opt::<i32>().ok_or_else(wrong)?.value(row))?
        }
    })
}

/// Rows to a batch; a row may be longer than `types`.
///
/// # Errors
/// As `Builder::append`.
pub fn to_batch(
    schema: &SchemaRef,
    types: &[SqlType],
    rows: &[Vec<Datum>],
) -> Result<RecordBatch, ExecError> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(types.len());
    for (i, ty) in types.iter().enumerate() {
        let mut builder = Builder::new(ty.id, rows.len());
        for row in rows {
            builder.append(&row[i])?;
        }
        columns.push(builder.finish());
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
        .map_err(|e| ExecError::Internal(e.to_string()))
}

/// A batch to rows.
///
/// # Errors
/// As `read`.
pub fn to_rows(batch: &RecordBatch, types: &[SqlType]) -> Result<Vec<Vec<Datum>>, ExecError> {
    let mut rows = vec![Vec::with_capacity(types.len()); batch.num_rows()];
    for (column, ty) in batch.columns().iter().zip(types) {
        for (i, row) in rows.iter_mut().enumerate() {
            row.push(read(column, i, ty.id)?);
        }
    }
    Ok(rows)
}

/// A column of NULLs, of any type.
pub fn nulls(ty: TypeId, rows: usize) -> ArrayRef {
    match arrow_type(ty) {
        DataType::Null => Arc::new(NullArray::new(rows)),
        other => arrow::array::new_null_array(&other, rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let ctx = datum::EvalContext::default();
        let types: Vec<SqlType> = [
            TypeId::INT4,
            TypeId::TEXT,
            TypeId::NUMERIC,
            TypeId::UUID,
            TypeId::BYTEA,
            TypeId::BOOL,
            TypeId::DATE,
            TypeId::INT4_ARRAY,
            TypeId::REGCLASS,
        ]
        .iter()
        .map(|t| t.plain())
        .collect();
        let input = |ty: SqlType, text| datum::text_format::input(ty, text, &ctx).unwrap();
        let row = vec![
            input(types[0], "7"),
            input(types[1], "x"),
            input(types[2], "1.10"),
            input(types[3], "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            input(types[4], "\\x00ff"),
            input(types[5], "t"),
            input(types[6], "2020-02-29"),
            input(types[7], "{1,NULL,3}"),
            Datum::Oid(5),
        ];
        let rows = vec![row, vec![Datum::Null; 9]];
        let batch = to_batch(&schema(&types), &types, &rows).unwrap();
        assert_eq!(format!("{:?}", to_rows(&batch, &types).unwrap()), format!("{rows:?}"));
    }
}
