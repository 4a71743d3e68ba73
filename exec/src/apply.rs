//! `Apply`: runs the subplan again for each outer row. The planner leaves only what it cannot decorrelate.

use crate::ExecError;
use crate::lower::{Node, only};
use crate::rows::chunks;
use crate::scope::{Row, Scope};
use datum::{Datum, SqlType};
use futures::{StreamExt, TryStreamExt};
use planner::plan::*;
use std::sync::Arc;

pub(crate) fn lower(rel: &Rel, a: &Apply, scope: &Scope) -> Result<Node, ExecError> {
    let (apply, s) = (Arc::new(a.clone()), scope.clone());
    let types: Arc<[SqlType]> = rel.columns.iter().map(|c| c.ty).collect();
    scope.node("Apply", rel, &[&a.input], move |inputs| {
        let (apply, s, types) = (apply.clone(), s.clone(), types.clone());
        only(inputs)
            .and_then(move |batch| {
                let (apply, s, types) = (apply.clone(), s.clone(), types.clone());
                async move {
                    let (mut out, mut charge) = (Vec::new(), s.charge("apply"));
                    for row in batch {
                        let from = out.len();
                        one(&s, &apply, &types, row, &mut out).await?;
                        charge.rows(&out[from..])?;
                    }
                    Ok(chunks(out))
                }
            })
            .try_flatten()
            .boxed()
    })
}

/// An array of the first column of rows.
pub(crate) fn array_of(rows: &[Row], ty: SqlType) -> Result<Datum, ExecError> {
    let element = ty.id.element().ok_or_else(|| ExecError::Internal(format!("{} is not an array", ty.id)))?;
    let first = |r: &Row| r.first().cloned().unwrap_or(Datum::Null);
    Ok(Datum::array(element, rows.iter().map(first).collect()))
}

async fn one(
    scope: &Scope,
    apply: &Apply,
    types: &[SqlType],
    row: Row,
    out: &mut Vec<Row>,
) -> Result<(), ExecError> {
    let inner = scope.with_outer(row.as_slice().into());
    let mut rows = inner.stream(&apply.subplan)?;
    let value = match &apply.kind {
        ApplyKind::Lateral { left, on } => {
            let mut matched = false;
            while let Some(batch) = rows.try_next().await? {
                for sub in batch {
                    let both: Row = row.iter().cloned().chain(sub).collect();
                    if let Some(on) = on
                        && scope.eval(on, &both)?.as_bool() != Some(true)
                    {
                        continue;
                    }
                    matched = true;
                    out.push(both);
                }
            }
            if *left && !matched {
                let mut row = row;
                row.resize(types.len(), Datum::Null);
                out.push(row);
            }
            return Ok(());
        }
        ApplyKind::Scalar => {
            let mut value = None;
            while let Some(batch) = rows.try_next().await? {
                for sub in batch {
                    if value.is_some() {
                        return Err(ExecError::MoreThanOneRow);
                    }
                    value = Some(sub.into_iter().next().unwrap_or(Datum::Null));
                }
            }
            value.unwrap_or(Datum::Null)
        }
        ApplyKind::Exists => Datum::Bool(rows.try_next().await?.is_some()),
        ApplyKind::Array => {
            let all = scope.gather(rows, "array").await?;
            array_of(&all.rows, types.last().copied().unwrap_or(datum::TypeId::UNKNOWN.plain()))?
        }
        ApplyKind::Quantified { all, test } => {
            let (mut decided, mut unknown) = (false, false);
            'rows: while let Some(batch) = rows.try_next().await? {
                for sub in batch {
                    let both: Row = row.iter().cloned().chain(sub).collect();
                    match scope.eval(test, &both)?.as_bool() {
                        Some(b) if b != *all => {
                            decided = true;
                            break 'rows;
                        }
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
            }
            match (decided, unknown) {
                (true, _) => Datum::Bool(!*all),
                (false, true) => Datum::Null,
                (false, false) => Datum::Bool(*all),
            }
        }
    };
    let mut row = row;
    row.push(value);
    out.push(row);
    Ok(())
}
