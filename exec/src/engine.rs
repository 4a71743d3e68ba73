//! The door: runs a part of a plan, slots first, and describes how it would run.

use crate::rows::RowStream;
use crate::scope::{Run, Scope};
use crate::source::{BoxError, ScanEnv, ScanSource};
use crate::{ExecContext, ExecError};
use async_trait::async_trait;
use datafusion_execution::TaskContext;
use datafusion_execution::config::SessionConfig;
use datafusion_execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion_execution::memory_pool::FairSpillPool;
use datafusion_execution::runtime_env::RuntimeEnvBuilder;
use datum::Datum;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use planner::plan::{Plan, Rel, RelKind, Scan, SlotKind, VirtualScan};
use planner::rules::for_each_scalar_mut;
use planner::{Scalar, rules};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Bytes that one query may spill.
const SPILL_BYTES_MAX: u64 = 10 << 30;

/// Runs plans. It has no state: all of it is in the context.
pub struct Engine;

impl Engine {
    /// Runs `rel`, a part of `plan`, whose slots and common table expressions it may use. Dropping the stream ends it all.
    ///
    /// # Errors
    /// As `ExecError` says; also later, in the stream.
    pub async fn run(plan: &Arc<Plan>, rel: &Rel, ctx: ExecContext) -> Result<RowStream, ExecError> {
        let cancel = ctx.cancel.clone();
        let start = async {
            let task = task(&ctx)?;
            let ctes: Arc<[OnceCell<_>]> = plan.ctes.iter().map(|_| OnceCell::new()).collect();
            let mut values = vec![Datum::Null; plan.slots.len()];
            for index in needed_slots(plan, rel) {
                let scope = scope(plan, &ctx, values.clone().into(), &ctes, &task);
                let slot = &plan.slots[index];
                values[index] = slot_value(&scope, slot.kind, &slot.rel, slot.ty).await?;
            }
            scope(plan, &ctx, values.into(), &ctes, &task).stream(rel)
        };
        let rows = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ExecError::Cancelled),
            rows = start => rows?,
        };
        let until = stream::unfold(Some((rows, cancel)), |state| async move {
            let (mut rows, cancel) = state?;
            tokio::select! {
                biased;
                () = cancel.cancelled() => Some((Err(ExecError::Cancelled), None)),
                next = rows.next() => match next? {
                    Ok(batch) => Some((Ok(batch), Some((rows, cancel)))),
                    Err(e) => Some((Err(e), None)),
                },
            }
        });
        Ok(until.boxed())
    }

    /// The physical operators, one a line, inputs indented. Bounds that come from parameters are not shown.
    pub fn explain(plan: &Arc<Plan>, rel: &Rel) -> Vec<String> {
        let ctx = ExecContext {
            params: vec![Datum::Null; plan.parameters.len()].into(),
            eval: datum::EvalContext::default(),
            source: Arc::new(NotRun),
            memory_limit_bytes: usize::MAX,
            spill_directory: None,
            cancel: Default::default(),
        };
        let lines = || -> Result<Vec<String>, ExecError> {
            let task = task(&ctx)?;
            let ctes = plan.ctes.iter().map(|_| OnceCell::new()).collect();
            let slots = vec![Datum::Null; plan.slots.len()].into();
            let physical = crate::lower::lower(rel, &scope(plan, &ctx, slots, &ctes, &task))?;
            let text = datafusion_physical_plan::displayable(physical.as_ref()).indent(false).to_string();
            Ok(text.lines().map(str::to_string).collect())
        };
        lines().unwrap_or_else(|e| vec![e.to_string()])
    }
}

/// The source of a plan that is only described.
struct NotRun;
#[async_trait]
impl ScanSource for NotRun {
    fn scan(&self, _: Arc<Scan>, _: ScanEnv) -> BoxStream<'static, Result<Vec<Vec<Datum>>, BoxError>> {
        stream::empty().boxed()
    }
    async fn virtual_scan(&self, _: &VirtualScan) -> Result<Vec<Vec<Datum>>, BoxError> {
        Ok(Vec::new())
    }
}

fn scope(
    plan: &Arc<Plan>,
    ctx: &ExecContext,
    slots: Arc<[Datum]>,
    ctes: &Arc<[OnceCell<crate::scope::Materialised>]>,
    task: &Arc<TaskContext>,
) -> Scope {
    let run = Run { plan: plan.clone(), ctx: ctx.clone(), slots, ctes: ctes.clone(), task: task.clone() };
    Scope { run: Arc::new(run), outer: Vec::new() }
}

fn task(ctx: &ExecContext) -> Result<Arc<TaskContext>, ExecError> {
    let mode = match &ctx.spill_directory {
        Some(d) => DiskManagerMode::Directories(vec![d.clone()]),
        None => DiskManagerMode::Disabled,
    };
    let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(SPILL_BYTES_MAX);
    let runtime = RuntimeEnvBuilder::new()
        .with_disk_manager_builder(disk)
        .with_memory_pool(Arc::new(FairSpillPool::new(ctx.memory_limit_bytes)))
        .build_arc()
        .map_err(|e| ExecError::from_datafusion(&e, ctx.memory_limit_bytes))?;
    // A sort keeps this much to merge what it spilled: no more than an eighth of what the query has.
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .with_sort_spill_reservation_bytes((ctx.memory_limit_bytes / 8).min(10 << 20));
    let (none, id) = (HashMap::new(), String::new());
    Ok(Arc::new(TaskContext::new(
        None,
        id,
        config,
        none,
        HashMap::new(),
        HashMap::new(),
        HashMap::new(),
        runtime,
    )))
}

/// Slots that `rel` reads, with those that these read, by way of common table expressions too.
fn needed_slots(plan: &Plan, rel: &Rel) -> BTreeSet<usize> {
    let mut slots = BTreeSet::new();
    if plan.slots.is_empty() {
        return slots;
    }
    let mut ctes = BTreeSet::new();
    let mut todo = vec![rel.clone()];
    while let Some(mut rel) = todo.pop() {
        for_each_scalar_mut(&mut rel, &mut |s| {
            s.any(&mut |s| {
                if let Scalar::Slot { index, .. } = s
                    && slots.insert(*index)
                {
                    todo.extend(plan.slots.get(*index).map(|s| s.rel.clone()));
                }
                false
            });
        });
        rules::for_each_rel_mut(&mut rel, &mut |r| {
            if let RelKind::CteScan { cte, .. } = &r.kind
                && ctes.insert(*cte)
            {
                todo.extend(plan.ctes.get(*cte).map(|c| c.rel.clone()));
            }
        });
    }
    slots.retain(|s| *s < plan.slots.len());
    slots
}

async fn slot_value(
    scope: &Scope,
    kind: SlotKind,
    rel: &Rel,
    ty: datum::SqlType,
) -> Result<Datum, ExecError> {
    let mut rows = scope.stream(rel)?;
    if kind == SlotKind::Array {
        let all = scope.gather(rows, "array").await?;
        return crate::apply::array_of(&all.rows, ty);
    }
    let mut first = None;
    while let Some(batch) = rows.try_next().await? {
        for row in batch {
            if kind == SlotKind::Exists {
                return Ok(Datum::Bool(true));
            }
            if first.is_some() {
                return Err(ExecError::MoreThanOneRow);
            }
            first = Some(row.into_iter().next().unwrap_or(Datum::Null));
        }
    }
    Ok(match kind {
        SlotKind::Exists => Datum::Bool(false),
        _ => first.unwrap_or(Datum::Null),
    })
}
