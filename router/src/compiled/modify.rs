//! INSERT, UPDATE and DELETE, batch by batch: the source's rows come from this road or from the query runner, and memory
//! holds one batch and the transaction's write buffer.

use super::eval::{Env, eval, passes};
use super::table::{TableCodec, Tables};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::RowBatch;
use catalog::descriptor::ElementState;
use datum::{Datum, EvalContext};
use kv::Key;
use kv::request::WaitPolicy;
use planner::plan::{Check, ConflictAction, Delete, Insert, Returning, Update};
use std::collections::HashSet;
use std::sync::Arc;
use txn::Transaction;

/// What a write runs with.
#[derive(Clone)]
pub struct WriteContext {
    pub eval: EvalContext,
    pub params: Arc<[Datum]>,
    pub slots: Arc<[Datum]>,
    pub txn: Transaction,
    /// Makes hidden row ids.
    pub row_ids: Arc<RowIds>,
}

impl WriteContext {
    fn env(&self) -> Env<'_> {
        Env { ctx: &self.eval, params: &self.params, slots: &self.slots }
    }
}

/// Makes ids for rows of tables without a primary key: unique over the cluster, roughly in order of time.
///
/// ```text
/// 0 | 48 bits: units of 10 microseconds since 1970 | 15 bits: router
/// ```
pub struct RowIds {
    router: u64,
    last: std::sync::atomic::AtomicU64,
    clock: Arc<txn::Clock>,
}

impl RowIds {
    pub fn new(router_id: u64, clock: Arc<txn::Clock>) -> RowIds {
        RowIds { router: router_id & 0x7FFF, last: std::sync::atomic::AtomicU64::new(0), clock }
    }
    pub fn next(&self) -> i64 {
        use std::sync::atomic::Ordering::Relaxed;
        let now = self.clock.now().wall_ns / 10_000;
        let step = |last: u64| Some(now.max(last + 1));
        let last = self.last.fetch_update(Relaxed, Relaxed, step).unwrap_or_else(|last| last);
        ((now.max(last + 1) << 15 | self.router) & i64::MAX as u64) as i64
    }
}

/// A write that is ready to run.
pub struct Write {
    pub codec: Arc<TableCodec>,
    /// Position in the descriptor of each of the plan's `columns`.
    positions: Vec<usize>,
    kind: Kind,
    /// Columns of the source beyond `positions`.
    has_extra: bool,
}

enum Kind {
    Insert { checks: Vec<Check>, conflict: Option<Conflict>, returning: Option<Returning> },
    Update { assignments: Vec<(usize, planner::Scalar)>, checks: Vec<Check>, returning: Option<Returning> },
    Delete { returning: Option<Returning> },
}

struct Conflict {
    /// Numbers of the indexes whose conflicts count.
    arbiters: Vec<usize>,
    action: ConflictAction,
}

/// What accumulates over the batches of one statement.
#[derive(Default)]
pub struct Progress {
    pub count: u64,
    /// Keys that this statement has written: of arbiters (INSERT ... ON CONFLICT), or of target rows.
    seen: HashSet<Key>,
}

impl Write {
    /// # Errors
    /// A descriptor is malformed.
    pub fn insert(plan: &Insert, tables: &mut Tables) -> SqlResult<Write> {
        let codec = tables.codec(&plan.table)?;
        let conflict = plan.on_conflict.as_ref().map(|c| {
            let counts = |(at, i): (usize, &super::table::IndexEntry)| {
                let unique = i.unique && i.state != ElementState::DeleteOnly;
                (unique && (c.arbiters.is_empty() || c.arbiters.contains(&i.id))).then_some(at)
            };
            Conflict {
                arbiters: codec.indexes.iter().enumerate().filter_map(counts).collect(),
                action: c.action.clone(),
            }
        });
        Ok(Write {
            positions: codec.positions(&plan.columns)?,
            kind: Kind::Insert { checks: plan.checks.clone(), conflict, returning: plan.returning.clone() },
            has_extra: false,
            codec,
        })
    }
    /// # Errors
    /// As `insert`.
    pub fn update(plan: &Update, tables: &mut Tables) -> SqlResult<Write> {
        let codec = tables.codec(&plan.table)?;
        Ok(Write {
            positions: codec.positions(&plan.columns)?,
            kind: Kind::Update {
                assignments: plan.assignments.clone(),
                checks: plan.checks.clone(),
                returning: plan.returning.clone(),
            },
            has_extra: plan.source.columns.len() > plan.columns.len(),
            codec,
        })
    }
    /// # Errors
    /// As `insert`.
    pub fn delete(plan: &Delete, tables: &mut Tables) -> SqlResult<Write> {
        let codec = tables.codec(&plan.table)?;
        Ok(Write {
            positions: codec.positions(&plan.columns)?,
            kind: Kind::Delete { returning: plan.returning.clone() },
            has_extra: plan.source.columns.len() > plan.columns.len(),
            codec,
        })
    }
    pub fn tag(&self, count: u64) -> String {
        match self.kind {
            Kind::Insert { .. } => format!("INSERT 0 {count}"),
            Kind::Update { .. } => format!("UPDATE {count}"),
            Kind::Delete { .. } => format!("DELETE {count}"),
        }
    }
    pub fn returns_rows(&self) -> bool {
        match &self.kind {
            Kind::Insert { returning, .. } | Kind::Update { returning, .. } | Kind::Delete { returning } => {
                returning.is_some()
            }
        }
    }

    /// Writes one batch of the source's rows; rows of RETURNING go to `returned`.
    ///
    /// # Errors
    /// For the client, or for a retry.
    pub async fn run(
        &self,
        cx: &WriteContext,
        batch: RowBatch,
        progress: &mut Progress,
        returned: &mut RowBatch,
    ) -> SqlResult<()> {
        match &self.kind {
            Kind::Insert { checks, conflict: None, returning } => {
                for row in batch {
                    let full = self.spread(cx, &row)?;
                    self.check(cx, checks, &row, &full)?;
                    self.codec.insert(&cx.txn, &full).await?;
                    progress.count += 1;
                    give(returning.as_ref(), &self.gather(&full, &[]), cx, returned)?;
                }
                Ok(())
            }
            Kind::Insert { checks, conflict: Some(conflict), returning } => {
                self.insert_or(cx, batch, checks, conflict, returning.as_ref(), progress, returned).await
            }
            Kind::Update { assignments, checks, returning } => {
                for row in batch {
                    if !self.is_first(&row, progress)? {
                        continue;
                    }
                    let env = cx.env();
                    let mut new = row.clone();
                    for (at, value) in assignments {
                        new[*at] = eval(value, &row, env)?;
                    }
                    let (old_full, new_full) = (self.spread(cx, &row)?, self.spread(cx, &new)?);
                    self.check(cx, checks, &new[..self.positions.len()], &new_full)?;
                    self.codec.update(&cx.txn, &old_full, &new_full).await?;
                    progress.count += 1;
                    give(returning.as_ref(), &new, cx, returned)?;
                }
                Ok(())
            }
            Kind::Delete { returning } => {
                for row in batch {
                    if !self.is_first(&row, progress)? {
                        continue;
                    }
                    self.codec.delete(&cx.txn, &self.spread(cx, &row)?).await?;
                    progress.count += 1;
                    give(returning.as_ref(), &row, cx, returned)?;
                }
                Ok(())
            }
        }
    }

    /// From the plan's row to the descriptor's positions; a missing row id is made.
    fn spread(&self, cx: &WriteContext, row: &[Datum]) -> SqlResult<Vec<Datum>> {
        let mut full = vec![Datum::Null; self.codec.columns_len()];
        for (at, value) in self.positions.iter().zip(row) {
            full[*at] = value.clone();
        }
        if let Some(at) = self.codec.row_id.filter(|at| full[*at].is_null()) {
            full[at] = Datum::Int8(cx.row_ids.next());
        }
        Ok(full)
    }
    fn gather(&self, full: &[Datum], extra: &[Datum]) -> Vec<Datum> {
        self.positions.iter().map(|p| full[*p].clone()).chain(extra.iter().cloned()).collect()
    }
    fn check(&self, cx: &WriteContext, checks: &[Check], row: &[Datum], full: &[Datum]) -> SqlResult<()> {
        self.codec.check_not_null(full, &cx.eval)?;
        for check in checks {
            if let Datum::Bool(false) = eval(&check.condition, row, cx.env())? {
                return Err(self.codec.check_violation(&check.name, full, &cx.eval));
            }
        }
        Ok(())
    }
    /// Whether a target row comes for the first time; it may come again only through a join.
    fn is_first(&self, row: &[Datum], progress: &mut Progress) -> SqlResult<bool> {
        if !self.has_extra {
            return Ok(true);
        }
        let mut full = vec![Datum::Null; self.codec.columns_len()];
        for (at, value) in self.positions.iter().zip(row) {
            full[*at] = value.clone();
        }
        Ok(progress.seen.insert(self.codec.primary().encode_key(&full)?))
    }

    async fn insert_or(
        &self,
        cx: &WriteContext,
        batch: RowBatch,
        checks: &[Check],
        conflict: &Conflict,
        returning: Option<&Returning>,
        progress: &mut Progress,
        returned: &mut RowBatch,
    ) -> SqlResult<()> {
        let rows = batch.iter().map(|r| self.spread(cx, r)).collect::<SqlResult<Vec<_>>>()?;
        // Arbiter keys of all rows, locked and read together.
        let mut keys = Vec::with_capacity(rows.len() * conflict.arbiters.len());
        for row in &rows {
            for at in &conflict.arbiters {
                keys.push(self.codec.indexes[*at].codec.encode_key(row)?);
            }
        }
        let mut wanted = keys.clone();
        wanted.sort_unstable();
        wanted.dedup();
        let found: std::collections::HashMap<Key, kv::Bytes> = cx
            .txn
            .get_many_for_update(&wanted, WaitPolicy::Block)
            .await?
            .into_iter()
            .zip(wanted)
            .filter_map(|(reply, key)| reply.value.map(|v| (key, v)))
            .collect();
        let per_row = conflict.arbiters.len();
        for (n, (row, full)) in batch.iter().zip(&rows).enumerate() {
            let mine = &keys[n * per_row..(n + 1) * per_row];
            if let Some(at) = mine.iter().position(|k| found.contains_key(k) || progress.seen.contains(k)) {
                let ConflictAction::Update { assignments, filter } = &conflict.action else { continue };
                let index = &self.codec.indexes[conflict.arbiters[at]];
                let Some(value) = found.get(&mine[at]).filter(|_| !progress.seen.contains(&mine[at])) else {
                    return Err(twice());
                };
                let Some(existing) = self.existing(cx, index, &mine[at], value).await? else { continue };
                if !progress.seen.insert(mine[at].clone()) {
                    return Err(twice());
                }
                let mut both = self.gather(&existing, &[]);
                both.extend(self.gather(full, &[]));
                if !passes(filter.as_ref(), &both, cx.env())? {
                    continue;
                }
                let mut new = both[..self.positions.len()].to_vec();
                for (column, value) in assignments {
                    new[*column] = eval(value, &both, cx.env())?;
                }
                let new_full = self.spread(cx, &new)?;
                self.check(cx, checks, &new, &new_full)?;
                self.codec.update(&cx.txn, &existing, &new_full).await?;
                progress.count += 1;
                give(returning, &new, cx, returned)?;
                continue;
            }
            self.check(cx, checks, row, full)?;
            self.codec.insert(&cx.txn, full).await?;
            progress.seen.extend(mine.iter().cloned());
            progress.count += 1;
            give(returning, &self.gather(full, &[]), cx, returned)?;
        }
        Ok(())
    }

    /// The whole row behind an arbiter's entry, locked.
    async fn existing(
        &self,
        cx: &WriteContext,
        index: &super::table::IndexEntry,
        key: &Key,
        value: &kv::Bytes,
    ) -> SqlResult<Option<Vec<Datum>>> {
        let all = vec![true; self.codec.columns_len()];
        let mut full = vec![Datum::Null; all.len()];
        if index.holds_rows {
            index.codec.decode(key, value, &all, &mut full)?;
            return Ok(Some(full));
        }
        let mut wanted = vec![false; all.len()];
        self.codec.primary().key_columns.iter().for_each(|k| wanted[k.position] = true);
        index.codec.decode(key, value, &wanted, &mut full)?;
        let primary_key = self.codec.primary().encode_key(&full)?;
        let reply = cx.txn.get_for_update(primary_key.clone(), WaitPolicy::Block).await?;
        let Some(row) = reply.value else { return Ok(None) };
        self.codec.primary().decode(&primary_key, &row, &all, &mut full)?;
        Ok(Some(full))
    }
}

fn twice() -> SqlError {
    SqlError::new(SqlState::CARDINALITY_VIOLATION, "ON CONFLICT DO UPDATE command cannot affect row a second time")
        .with_hint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
}

fn give(
    returning: Option<&Returning>,
    row: &[Datum],
    cx: &WriteContext,
    out: &mut RowBatch,
) -> SqlResult<()> {
    if let Some(r) = returning {
        out.push(r.exprs.iter().map(|e| eval(e, row, cx.env())).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(())
}
