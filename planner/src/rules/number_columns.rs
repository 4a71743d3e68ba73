//! The last pass: columns by identity become positions in the input row, and columns of enclosing rows `Outer`.

use crate::error::{PlanError, PlanErrorKind, Result};
use crate::plan::*;
use crate::scalar::Scalar;

/// Numbers an expression over a row of these columns. Subqueries inside stay as they are (their slots come later).
///
/// # Errors
/// `GroupingError`: a column that no row in sight has, which only a subquery of a grouped query can name.
pub fn number_scalar(s: &mut Scalar, row: &[usize]) -> Result<()> {
    number(s, row, &[])
}
fn number(s: &mut Scalar, row: &[usize], outer: &[Vec<usize>]) -> Result<()> {
    let mut result = Ok(());
    if let Scalar::Column { index, ty } = s {
        if let Some(i) = row.iter().position(|id| id == index) {
            *index = i;
            return Ok(());
        }
        for (level, columns) in outer.iter().rev().enumerate() {
            if let Some(i) = columns.iter().position(|id| id == index) {
                *s = Scalar::Outer { level: level + 1, index: i, ty: *ty };
                return Ok(());
            }
        }
        let what = "subquery uses ungrouped column from outer query".to_string();
        return Err(PlanError::new(PlanErrorKind::GroupingError(what)));
    }
    s.for_each_child_mut(&mut |c| {
        if result.is_ok() {
            result = number(c, row, outer);
        }
    });
    result
}
fn ids(rel: &Rel) -> Vec<usize> {
    rel.columns.iter().map(|c| c.id).collect()
}

/// Numbers a tree; `outer`: rows of the enclosing `Apply` and lookup joins, the nearest last.
pub fn number_rel(rel: &mut Rel, outer: &mut Vec<Vec<usize>>) -> Result<()> {
    // what this operator's expressions see
    let row: Vec<usize> = match &rel.kind {
        RelKind::Scan(_) | RelKind::VirtualScan(_) => vec![],
        _ => rel.inputs().into_iter().flat_map(ids).collect(),
    };
    match &mut rel.kind {
        RelKind::Scan(s) => {
            // before pruning output[i] was column i: `fetch_ids` is kept in that shape by `prune_columns`
            let fetch = s.fetch_ids.clone();
            for c in s.spans.iter_mut().flat_map(|s| &mut s.columns) {
                match c {
                    ColumnConstraint::Equal(e) | ColumnConstraint::InArray(e) => number(e, &[], outer)?,
                    ColumnConstraint::In(list) => list.iter_mut().try_for_each(|e| number(e, &[], outer))?,
                    ColumnConstraint::IsNull => {}
                    ColumnConstraint::Range { low, high } => {
                        low.iter_mut().chain(high).try_for_each(|(e, _)| number(e, &[], outer))?;
                    }
                }
            }
            if let Some(f) = &mut s.filter {
                number(f, &fetch, outer)?;
            }
            if let Some(l) = &mut s.limit {
                number(l, &[], outer)?;
            }
        }
        RelKind::VirtualScan(s) => {
            let fetch = s.fetch_ids.clone();
            if let Some(f) = &mut s.filter {
                number(f, &fetch, outer)?;
            }
        }
        RelKind::Join(j) => {
            let (left, right) = (ids(&j.left), ids(&j.right));
            for k in &mut j.on {
                number(&mut k.left, &left, outer)?;
                number(&mut k.right, &right, outer)?;
            }
            if let Some(r) = &mut j.residual {
                number(r, &row, outer)?;
            }
            number_rel(&mut j.left, outer)?;
            let lookup = j.strategy == JoinStrategy::Lookup;
            if lookup {
                outer.push(left);
            }
            number_rel(&mut j.right, outer)?;
            if lookup {
                outer.pop();
            }
            return Ok(());
        }
        RelKind::Apply(a) => {
            match &mut a.kind {
                ApplyKind::Lateral { on: Some(e), .. } | ApplyKind::Quantified { test: e, .. } => {
                    number(e, &row, outer)?
                }
                _ => {}
            }
            number_rel(&mut a.input, outer)?;
            outer.push(ids(&a.input));
            number_rel(&mut a.subplan, outer)?;
            outer.pop();
            return Ok(());
        }
        _ => {
            for s in super::node_scalars_mut(rel) {
                number(s, &row, outer)?;
            }
        }
    }
    for input in rel.inputs_mut() {
        number_rel(input, outer)?;
    }
    Ok(())
}
