//! Reads of the compiled road: one table by one index (or no table), then filters, projections and limits, row by row.

use super::eval::{Env, eval, is_compilable, passes};
use super::span::{self, Target};
use super::table::{TableCodec, Tables};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::RowBatch;
use datum::{Datum, EvalContext};
use kv::request::WaitPolicy;
use kv::{Key, Span};
use planner::Scalar;
use planner::plan::{IndexSpan, Rel, RelKind, RowLock};
use std::collections::VecDeque;
use std::sync::Arc;
use txn::{ScanOptions, Transaction};

/// Rows of one page of a scan: the first is small, later ones grow to the second.
const PAGE_ROWS_FIRST: u64 = 128;
const PAGE_ROWS_MAX: u64 = 4_096;
/// Bytes of one page of a scan.
const PAGE_BYTES_MAX: u64 = 1 << 20;
/// Keys of one multi-get.
const GET_KEYS_MAX: usize = 512;

/// A read that is ready to run with any parameters.
pub struct Pipeline {
    source: Source,
    /// From the source upwards.
    stages: Vec<Stage>,
}

enum Source {
    Values(Vec<Vec<Scalar>>),
    Scan(Box<ScanOp>),
}

struct ScanOp {
    codec: Arc<TableCodec>,
    /// Number of the index in `codec`.
    index: usize,
    index_join: bool,
    spans: Vec<IndexSpan>,
    reverse: bool,
    /// Positions in the descriptor that are decoded.
    wanted: Vec<bool>,
    /// Of an index join: what its entries must give (the primary key).
    entry_wanted: Vec<bool>,
    /// Position in the descriptor of each fetched column.
    fetch: Vec<usize>,
    filter: Option<Scalar>,
    output: Vec<usize>,
    limit: Option<Scalar>,
    lock: Option<RowLock>,
}

enum Stage {
    Filter(Scalar),
    Project(Vec<Scalar>),
    Limit { limit: Option<Scalar>, offset: Option<Scalar> },
}

impl Pipeline {
    /// Compiles `rel` if it is of the shape that this road runs.
    ///
    /// # Errors
    /// A descriptor is malformed.
    pub fn compile(rel: &Rel, tables: &mut Tables) -> SqlResult<Option<Pipeline>> {
        let mut stages = Vec::new();
        let mut at = rel;
        let source = loop {
            match &at.kind {
                RelKind::Filter { input, predicate } => {
                    stages.push(Stage::Filter(predicate.clone()));
                    at = input;
                }
                RelKind::Project { input, exprs } => {
                    stages.push(Stage::Project(exprs.clone()));
                    at = input;
                }
                RelKind::Limit { input, limit, offset, ties } if ties.is_empty() => {
                    stages.push(Stage::Limit { limit: limit.clone(), offset: offset.clone() });
                    at = input;
                }
                RelKind::Values(rows) => break Source::Values(rows.clone()),
                RelKind::Scan(scan) => match ScanOp::compile(scan, tables)? {
                    Some(op) => break Source::Scan(Box::new(op)),
                    None => return Ok(None),
                },
                _ => return Ok(None),
            }
        };
        stages.reverse();
        let pipeline = Pipeline { source, stages };
        Ok(pipeline.is_compilable().then_some(pipeline))
    }
    fn is_compilable(&self) -> bool {
        let stages = self.stages.iter().all(|s| match s {
            Stage::Filter(f) => is_compilable(f),
            Stage::Project(exprs) => exprs.iter().all(is_compilable),
            Stage::Limit { limit, offset } => limit.iter().chain(offset).all(is_compilable),
        });
        stages
            && match &self.source {
                Source::Values(rows) => rows.iter().flatten().all(is_compilable),
                Source::Scan(s) => s.filter.iter().chain(&s.limit).all(is_compilable),
            }
    }
}

impl ScanOp {
    fn compile(scan: &planner::plan::Scan, tables: &mut Tables) -> SqlResult<Option<ScanOp>> {
        let codec = tables.codec(&scan.table)?;
        let Some(index) = codec.indexes.iter().position(|i| i.id == scan.index_id) else { return Ok(None) };
        let fetch = codec.positions(&scan.fetch)?;
        let mut wanted = vec![false; codec.columns_len()];
        fetch.iter().for_each(|p| wanted[*p] = true);
        let mut entry_wanted = vec![false; codec.columns_len()];
        codec.primary().key_columns.iter().for_each(|k| entry_wanted[k.position] = true);
        // Locks are on rows, so a locking scan by a secondary index goes to the rows, too.
        let index_join = scan.index_join || (scan.lock.is_some() && index != 0);
        if !index_join && wanted.iter().enumerate().any(|(p, w)| *w && !codec.indexes[index].codec.covers(p))
        {
            return Ok(None);
        }
        Ok(Some(ScanOp {
            index,
            index_join,
            spans: scan.spans.clone(),
            reverse: scan.reverse,
            wanted,
            entry_wanted,
            fetch,
            filter: scan.filter.clone(),
            output: scan.output.clone(),
            limit: scan.limit.clone(),
            lock: scan.lock,
            codec,
        }))
    }
}

/// A running read.
pub struct Cursor {
    pipeline: Arc<Pipeline>,
    params: Arc<[Datum]>,
    slots: Arc<[Datum]>,
    ctx: EvalContext,
    txn: Transaction,
    state: State,
    /// Of each stage: rows to skip and rows left.
    limits: Vec<(u64, u64)>,
    /// Rows that the scan itself may still yield.
    scan_left: u64,
    page_rows: u64,
}

enum State {
    Start,
    Reading { keys: VecDeque<Key>, spans: VecDeque<Span> },
    Done,
}

/// The result of one row: whether rows after it are of use.
enum Flow {
    Go,
    Stop,
}

impl Cursor {
    pub fn new(
        pipeline: Arc<Pipeline>,
        params: Arc<[Datum]>,
        slots: Arc<[Datum]>,
        ctx: EvalContext,
        txn: Transaction,
    ) -> Cursor {
        Cursor {
            pipeline,
            params,
            slots,
            ctx,
            txn,
            state: State::Start,
            limits: Vec::new(),
            scan_left: u64::MAX,
            page_rows: PAGE_ROWS_FIRST,
        }
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// For the client, or for a retry.
    pub async fn next(&mut self) -> SqlResult<Option<RowBatch>> {
        let pipeline = self.pipeline.clone();
        if matches!(self.state, State::Start) {
            self.start(&pipeline)?;
        }
        loop {
            if matches!(self.state, State::Done) {
                return Ok(None);
            }
            let batch = match &pipeline.source {
                Source::Values(rows) => self.values(&pipeline, rows)?,
                Source::Scan(op) => self.page(&pipeline, op).await?,
            };
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }

    fn start(&mut self, pipeline: &Pipeline) -> SqlResult<()> {
        let (params, slots, ctx) = (self.params.clone(), self.slots.clone(), self.ctx.clone());
        let env = Env { ctx: &ctx, params: &params, slots: &slots };
        for stage in &pipeline.stages {
            let bounds = match stage {
                Stage::Limit { limit, offset } => {
                    let skip =
                        row_count(offset.as_ref(), env, 0, "OFFSET", SqlState::INVALID_ROW_COUNT_IN_OFFSET)?;
                    let left = row_count(
                        limit.as_ref(),
                        env,
                        u64::MAX,
                        "LIMIT",
                        SqlState::INVALID_ROW_COUNT_IN_LIMIT,
                    )?;
                    (skip, left)
                }
                _ => (0, u64::MAX),
            };
            self.limits.push(bounds);
        }
        self.state = State::Reading { keys: VecDeque::new(), spans: VecDeque::new() };
        if let Source::Scan(op) = &pipeline.source {
            let index = &op.codec.indexes[op.index];
            let Target { mut keys, mut spans } = span::target(&index.codec, index.unique, &op.spans, env)?;
            if op.reverse {
                keys.reverse();
                spans.reverse();
            }
            self.scan_left =
                row_count(op.limit.as_ref(), env, u64::MAX, "LIMIT", SqlState::INVALID_ROW_COUNT_IN_LIMIT)?;
            self.state = State::Reading { keys: keys.into(), spans: spans.into() };
        }
        if self.limits.iter().any(|l| l.1 == 0) || self.scan_left == 0 {
            self.state = State::Done;
        }
        Ok(())
    }

    fn values(&mut self, pipeline: &Pipeline, rows: &[Vec<Scalar>]) -> SqlResult<RowBatch> {
        self.state = State::Done;
        let (params, slots, ctx) = (self.params.clone(), self.slots.clone(), self.ctx.clone());
        let env = Env { ctx: &ctx, params: &params, slots: &slots };
        let mut out = Vec::with_capacity(rows.len());
        for exprs in rows {
            let row = exprs.iter().map(|e| eval(e, &[], env)).collect::<Result<Vec<_>, _>>()?;
            if let Flow::Stop = self.apply(pipeline, row, env, &mut out)? {
                break;
            }
        }
        Ok(out)
    }

    /// Takes one row through the stages.
    fn apply(
        &mut self,
        pipeline: &Pipeline,
        mut row: Vec<Datum>,
        env: Env<'_>,
        out: &mut RowBatch,
    ) -> SqlResult<Flow> {
        let mut flow = Flow::Go;
        for (at, stage) in pipeline.stages.iter().enumerate() {
            match stage {
                Stage::Filter(f) => {
                    if !passes(Some(f), &row, env)? {
                        return Ok(flow);
                    }
                }
                Stage::Project(exprs) => {
                    row = exprs.iter().map(|e| eval(e, &row, env)).collect::<Result<Vec<_>, _>>()?;
                }
                Stage::Limit { .. } => {
                    let (skip, left) = &mut self.limits[at];
                    if *skip > 0 {
                        *skip -= 1;
                        return Ok(flow);
                    }
                    *left -= 1;
                    if *left == 0 {
                        flow = Flow::Stop;
                    }
                }
            }
        }
        out.push(row);
        Ok(flow)
    }

    /// Reads one page of the scan.
    async fn page(&mut self, pipeline: &Pipeline, op: &ScanOp) -> SqlResult<RowBatch> {
        let State::Reading { keys, spans } = &mut self.state else { return Ok(Vec::new()) };
        let index = &op.codec.indexes[op.index].codec;
        let rows: Vec<(Key, kv::Bytes)>;
        // Rows that were read with their lock already.
        let mut locked;
        if !keys.is_empty() {
            let chunk: Vec<Key> = keys.drain(..keys.len().min(GET_KEYS_MAX)).collect();
            let lock = op.lock.filter(|_| op.index == 0);
            locked = lock.is_some();
            rows = get(&self.txn, chunk, lock.map(|l| l.wait)).await?;
        } else if let Some(span) = spans.pop_front() {
            let lock = op.lock.filter(|_| op.index == 0 && op.filter.is_none());
            locked = lock.is_some();
            let mut options = ScanOptions {
                reverse: op.reverse,
                keys_max: self.page_rows.min(self.scan_left),
                bytes_max: PAGE_BYTES_MAX,
                ..ScanOptions::default()
            };
            if op.filter.is_some() {
                options.keys_max = self.page_rows;
            }
            if let Some(l) = lock {
                (options.lock, options.wait) = (l.strength, l.wait);
            }
            self.page_rows = (self.page_rows * 4).min(PAGE_ROWS_MAX);
            let page = self.txn.scan(span, options).await?;
            if let Some(rest) = page.resume {
                spans.push_front(rest);
            }
            rows = page.rows.into_iter().map(|r| (r.key, r.value)).collect();
        } else {
            self.state = State::Done;
            return Ok(Vec::new());
        }
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (params, slots, ctx) = (self.params.clone(), self.slots.clone(), self.ctx.clone());
        let env = Env { ctx: &ctx, params: &params, slots: &slots };
        let mut full = vec![Datum::Null; op.codec.columns_len()];
        let mut primary_rows = rows;
        if op.index_join {
            let mut primary_keys = Vec::with_capacity(primary_rows.len());
            for (key, value) in &primary_rows {
                index.decode(key, value, &op.entry_wanted, &mut full)?;
                primary_keys.push(op.codec.primary().encode_key(&full)?);
            }
            let direct = op.lock.filter(|_| op.filter.is_none());
            locked = direct.is_some();
            primary_rows = get(&self.txn, primary_keys, direct.map(|l| l.wait)).await?;
        }
        let codec = if op.index_join { op.codec.primary() } else { index };
        if let Some(lock) = op.lock.filter(|_| !locked) {
            // Lock only what passes the filter, then look again at the newest version.
            let mut chosen = Vec::new();
            for (key, value) in &primary_rows {
                codec.decode(key, value, &op.wanted, &mut full)?;
                let fetched: Vec<Datum> = op.fetch.iter().map(|p| full[*p].clone()).collect();
                if passes(op.filter.as_ref(), &fetched, env)? {
                    chosen.push(key.clone());
                }
                if chosen.len() as u64 >= self.scan_left {
                    break;
                }
            }
            primary_rows = get(&self.txn, chosen, Some(lock.wait)).await?;
        }
        let mut out = Vec::with_capacity(primary_rows.len().min(1024));
        for (key, value) in &primary_rows {
            codec.decode(key, value, &op.wanted, &mut full)?;
            // The last use of a column takes it, earlier ones copy.
            let fetched: Vec<Datum> = op.fetch.iter().map(|p| full[*p].clone()).collect();
            if !passes(op.filter.as_ref(), &fetched, env)? {
                continue;
            }
            let row = if is_identity(&op.output, fetched.len()) {
                fetched
            } else {
                op.output.iter().map(|p| fetched[*p].clone()).collect()
            };
            self.scan_left -= 1;
            let flow = self.apply(pipeline, row, env, &mut out)?;
            if matches!(flow, Flow::Stop) || self.scan_left == 0 {
                self.state = State::Done;
                break;
            }
        }
        Ok(out)
    }
}

fn is_identity(output: &[usize], len: usize) -> bool {
    output.len() == len && output.iter().enumerate().all(|(i, p)| i == *p)
}

/// Rows that exist at `keys`, in their order; with `lock`, locked first.
async fn get(
    txn: &Transaction,
    keys: Vec<Key>,
    lock: Option<WaitPolicy>,
) -> SqlResult<Vec<(Key, kv::Bytes)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let values: Vec<Option<kv::Bytes>> = match lock {
        Some(wait) => txn
            .get_many_for_update(&keys, wait)
            .await?
            .into_iter()
            .map(|r| r.value.filter(|_| !r.skipped))
            .collect(),
        None => txn.get_many(&keys).await?,
    };
    Ok(keys.into_iter().zip(values).filter_map(|(k, v)| v.map(|v| (k, v))).collect())
}

fn row_count(
    value: Option<&Scalar>,
    env: Env<'_>,
    default: u64,
    what: &str,
    code: SqlState,
) -> SqlResult<u64> {
    let Some(value) = value else { return Ok(default) };
    match eval(value, &[], env)? {
        Datum::Null => Ok(default),
        v => v
            .as_i64()
            .and_then(|n| u64::try_from(n).ok())
            .ok_or_else(|| SqlError::new(code, format!("{what} must not be negative"))),
    }
}
