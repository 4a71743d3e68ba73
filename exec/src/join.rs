//! Joins: DataFusion's hash and nested-loop joins, and row operators for lookup joins and NOT IN.

use crate::ExecError;
use crate::key::{common, key_expr};
use crate::lower::{Node, lower as lower_rel, only, types};
use crate::rows::{RowStream, later};
use crate::scalar::{over_used, physical};
use crate::scope::{Row, Scope};
use datafusion_common::{JoinSide, JoinType, NullEquality};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use datafusion_physical_plan::joins::utils::{ColumnIndex, JoinFilter};
use datafusion_physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, PartitionMode};
use datafusion_physical_plan::projection::ProjectionExec;
use datum::{Datum, SqlType, TypeId};
use futures::{StreamExt, TryStreamExt, stream};
use planner::Scalar;
use planner::plan::*;
use std::sync::Arc;

/// Look-ups of one lookup join that run at once.
const LOOKUPS_MAX: usize = 16;

pub(crate) fn lower(rel: &Rel, j: &Join, scope: &Scope) -> Result<Node, ExecError> {
    if j.strategy == JoinStrategy::Lookup {
        return lookup(rel, j, scope);
    }
    if j.null_aware && j.kind == JoinKind::Anti {
        return not_in(rel, j, scope);
    }
    let (left, right) = (lower_rel(&j.left, scope)?, lower_rel(&j.right, scope)?);
    let (lt, rt) = (types(&j.left), types(&j.right));
    let row: Vec<SqlType> = lt.iter().chain(&rt).copied().collect();
    let (mut on, mut rest) = (Vec::new(), Vec::new());
    for k in &j.on {
        let (a, b) = (k.left.ty().id, k.right.ty().id);
        match common(a, b) {
            Some(target) => {
                let l = key_expr(physical(&k.left, &lt, scope), a, target);
                on.push((l, key_expr(physical(&k.right, &rt, scope), b, target)));
            }
            None => rest.push(key_test(k, lt.len())),
        }
    }
    rest.extend(j.residual.clone());
    let filter = Scalar::conjunction(rest).map(|f| {
        let (f, used) = over_used(&f);
        let used_types: Vec<SqlType> = used.iter().map(|i| row[*i]).collect();
        let sides = used.iter().map(|i| match i.checked_sub(lt.len()) {
            Some(index) => ColumnIndex { index, side: JoinSide::Right },
            None => ColumnIndex { index: *i, side: JoinSide::Left },
        });
        JoinFilter::new(physical(&f, &used_types, scope), sides.collect(), crate::column::schema(&used_types))
    });
    let kind = match j.kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Full => JoinType::Full,
        JoinKind::Semi => JoinType::LeftSemi,
        JoinKind::Anti => JoinType::LeftAnti,
    };
    let fail = scope.fail();
    if on.is_empty() {
        let output = Some(j.output.clone());
        let join = NestedLoopJoinExec::try_new(left, right, filter, &kind, output).map_err(scope.fail())?;
        return named(Arc::new(join), scope);
    }
    let (mode, nulls) = (PartitionMode::CollectLeft, NullEquality::NullEqualsNothing);
    if matches!(j.strategy, JoinStrategy::Hash { build_left: false }) {
        // DataFusion builds its left side.
        let on = on.into_iter().map(|(a, b)| (b, a)).collect();
        let filter = filter.map(|f| f.swap());
        let sides = !matches!(j.kind, JoinKind::Semi | JoinKind::Anti);
        let swapped = |p: &usize| match p.checked_sub(lt.len()) {
            Some(right) => right,
            None if sides => p + rt.len(),
            None => *p,
        };
        let output = Some(j.output.iter().map(swapped).collect());
        let join = HashJoinExec::try_new(right, left, on, filter, &kind.swap(), output, mode, nulls, false);
        return named(Arc::new(join.map_err(fail)?), scope);
    }
    let output = Some(j.output.clone());
    let join = HashJoinExec::try_new(left, right, on, filter, &kind, output, mode, nulls, false);
    named(Arc::new(join.map_err(fail)?), scope)
}

/// The rows of a join with their columns named by place, as all expressions name them: DataFusion keeps the names
/// that they had in the inputs, and a projection over it refuses a column whose name is not the input's.
fn named(join: Node, scope: &Scope) -> Result<Node, ExecError> {
    let schema = join.schema();
    if schema.fields().iter().enumerate().all(|(i, f)| *f.name() == format!("c{i}")) {
        return Ok(join);
    }
    let columns = schema.fields().iter().enumerate().map(|(i, f)| {
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(f.name(), i));
        (column, format!("c{i}"))
    });
    let columns: Vec<_> = columns.collect();
    Ok(Arc::new(ProjectionExec::try_new(columns, join).map_err(scope.fail())?))
}

/// A key pair as a condition over left row ++ right row.
fn key_test(k: &JoinKey, left_len: usize) -> Scalar {
    let mut right = k.right.clone();
    right.transform(&mut |s| {
        if let Scalar::Column { index, .. } = s {
            *index += left_len;
        }
    });
    Scalar::Operator { operator: k.equal, args: vec![k.left.clone(), right], ty: TypeId::BOOL.plain() }
}

/// NOT IN: a left row stays if for each right row the condition is false (not NULL).
fn not_in(rel: &Rel, j: &Join, scope: &Scope) -> Result<Node, ExecError> {
    let mut tests: Vec<Scalar> = j.on.iter().map(|k| key_test(k, j.left.columns.len())).collect();
    tests.extend(j.residual.clone());
    let test = Scalar::conjunction(tests).unwrap_or_else(|| Scalar::bool(true));
    let (output, s) = (j.output.clone(), scope.clone());
    let simple = j.on.len() == 1 && j.residual.is_none();
    let simple = simple.then(|| (j.on[0].clone(), common(j.on[0].left.ty().id, j.on[0].right.ty().id)));
    scope.node("NullAwareAntiJoin", rel, &[&j.left, &j.right], move |mut inputs| {
        let (s, test, output, simple) = (s.clone(), test.clone(), output.clone(), simple.clone());
        let right = inputs.pop();
        let left = only(inputs);
        later(async move {
            let Some(right) = right else { return Ok(left) };
            let held = s.gather(right, "anti join").await?;
            let mut keys = None;
            if let Some((key, Some(target))) = &simple {
                let mut set = std::collections::HashSet::new();
                let mut null = false;
                for row in held.rows.iter() {
                    let v = s.eval(&key.right, row)?;
                    null |= v.is_null();
                    set.insert(crate::key::value_key(&v, *target));
                }
                keys = Some((key.left.clone(), *target, set, null));
            }
            Ok(crate::rows::each(left, move |batch| {
                let mut out = Vec::new();
                for row in batch {
                    let stays = if held.rows.is_empty() {
                        true
                    } else if let Some((left, target, set, null)) = &keys {
                        let v = s.eval(left, &row)?;
                        !v.is_null() && !null && !set.contains(&crate::key::value_key(&v, *target))
                    } else {
                        let mut all_false = true;
                        for other in held.rows.iter() {
                            let both: Row = row.iter().chain(other).cloned().collect();
                            if s.eval(&test, &both)?.as_bool() != Some(false) {
                                all_false = false;
                                break;
                            }
                        }
                        all_false
                    };
                    if stays {
                        out.push(output.iter().map(|p| row[*p].clone()).collect());
                    }
                }
                Ok(out)
            }))
        })
    })
}

/// For each left row the right side is read with that row as the outer one; several at once, in the order of the left rows.
fn lookup(rel: &Rel, j: &Join, scope: &Scope) -> Result<Node, ExecError> {
    let (j, s) = (Arc::new(j.clone()), scope.clone());
    scope.node("LookupJoin", rel, &[&j.clone().left], move |inputs| {
        let (j, s) = (j.clone(), s.clone());
        let left = only(inputs).map_ok(|b| stream::iter(b.into_iter().map(Ok::<_, ExecError>))).try_flatten();
        let found = left.map_ok(move |row| look_up(s.clone(), j.clone(), row)).try_buffered(LOOKUPS_MAX);
        let batches: RowStream = found.try_filter(|b| std::future::ready(!b.is_empty())).boxed();
        batches
    })
}

async fn look_up(scope: Scope, j: Arc<Join>, row: Row) -> Result<Vec<Row>, ExecError> {
    let inner = scope.with_outer(row.clone().into());
    let mut rows = inner.stream(&j.right)?;
    let (mut out, mut matched) = (Vec::new(), false);
    let mut charge = scope.charge("lookup join");
    'rows: while let Some(batch) = rows.try_next().await? {
        for right in batch {
            let both: Row = row.iter().cloned().chain(right).collect();
            if let Some(f) = &j.residual
                && scope.eval(f, &both)?.as_bool() != Some(true)
            {
                continue;
            }
            matched = true;
            if matches!(j.kind, JoinKind::Semi | JoinKind::Anti) {
                break 'rows;
            }
            out.push(j.output.iter().map(|p| both[*p].clone()).collect::<Row>());
            charge.rows(&out[out.len() - 1..])?;
        }
    }
    let alone = match j.kind {
        JoinKind::Inner => false,
        JoinKind::Semi => matched,
        JoinKind::Anti | JoinKind::Left => !matched,
        JoinKind::Full => return Err(ExecError::Internal("a full join by look-ups".into())),
    };
    if alone {
        let pick = |p: &usize| row.get(*p).cloned().unwrap_or(Datum::Null);
        out.push(j.output.iter().map(pick).collect());
    }
    Ok(out)
}
