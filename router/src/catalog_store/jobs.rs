//! Jobs: long schema changes as rows that any router may claim. A claim lapses when its worker dies; the next worker goes on
//! from the state that the descriptors and the job's row show.
//!
//! ```text
//! index    DeleteOnly -> WriteOnly -> backfill -> (primary: swap) Public
//! column   WriteOnly -> Public            dropping: WriteOnly -> gone
//! drop     WriteOnly -> gone
//! each arrow: one transaction, then wait until no router is at an older version
//! ```

use super::backfill;
use super::editor;
use super::store::KvCatalogStore;
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::{DdlOutcome, DdlSession};
use catalog::{
    Descriptor, DescriptorKind, TableDescriptor,
    descriptor::ElementState,
    job::{Job, JobDetails, JobState},
    reserved,
};
use datum::Datum;
use kv::Timestamp;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;
use txn::{Db, ScanOptions, Transaction, TxnError};

/// How long a claim holds without renewal.
const CLAIM_NS: u64 = 10_000_000_000;
/// How often a worker renews its claim and looks for wishes.
const RENEW: Duration = Duration::from_secs(2);
/// How often a router looks for jobs whose worker died.
const ADOPT: Duration = Duration::from_secs(10);
/// How often somebody who waits for another's job looks.
const WATCH: Duration = Duration::from_millis(200);

fn decode(bytes: &[u8]) -> SqlResult<Job> {
    Job::decode(bytes).map_err(|e| SqlError::internal(format!("a job's row is malformed: {e}")))
}

fn state_of(job: &Job) -> JobState {
    JobState::try_from(job.state).unwrap_or(JobState::Failed)
}

async fn read(db: &Db, id: u64) -> SqlResult<Option<Job>> {
    db.get(reserved::job_key(id)).await?.map(|b| decode(&b)).transpose()
}

/// Changes a job's row in one transaction; `change` says whether there is something to write.
async fn update(
    db: &Db,
    id: u64,
    change: impl Fn(&mut Job) -> bool + Send + Sync + Clone + 'static,
) -> SqlResult<Option<Job>> {
    let job = db
        .run(Default::default(), move |txn| {
            let change = change.clone();
            async move {
                let Some(bytes) = locked(&txn, reserved::job_key(id)).await? else { return Ok(None) };
                let Ok(mut job) = Job::decode(&bytes[..]) else { return Ok(None) };
                if change(&mut job) {
                    txn.put(reserved::job_key(id), job.encode_to_vec()).await?;
                }
                Ok::<_, TxnError>(Some(job))
            }
        })
        .await?;
    Ok(job)
}

async fn locked(txn: &Transaction, key: kv::Key) -> Result<Option<kv::Bytes>, TxnError> {
    Ok(txn.get_for_update(key, kv::request::WaitPolicy::Block).await?.value)
}

/// Works on a job, or waits while another router does, until it has ended.
///
/// # Errors
/// Why it failed or was cancelled, for the client that made it. 55000 if it is paused.
pub async fn run_to_end(store: Arc<KvCatalogStore>, id: u64) -> SqlResult<()> {
    // In a task of its own: a client that goes away does not stop the job.
    let worker = store.clone();
    tokio::spawn(async move {
        if let Err(error) = work(&worker, id).await {
            tracing::warn!(job = id, error = %error.0.message, "a job could not be worked on; it will be adopted");
        }
    });
    loop {
        let Some(job) = read(&store.db, id).await? else {
            return Err(SqlError::internal(format!("job {id} has no row")));
        };
        match state_of(&job) {
            JobState::Succeeded => return Ok(()),
            JobState::Failed => {
                let code = SqlState::from_code(&job.error_code).unwrap_or(SqlState::INTERNAL_ERROR);
                return Err(SqlError::new(code, job.error));
            }
            JobState::Cancelled => {
                return Err(SqlError::new(SqlState::QUERY_CANCELED, format!("job {id} was cancelled")));
            }
            JobState::Paused => {
                return Err(SqlError::new(
                    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!("job {id} is paused"),
                )
                .with_hint(format!("RESUME JOB {id} lets it go on.")));
            }
            _ => tokio::time::sleep(WATCH / 4).await,
        }
    }
}

/// Looks for jobs that nobody works on, now and then.
pub async fn adopt_forever(store: Arc<KvCatalogStore>) {
    loop {
        tokio::time::sleep(ADOPT).await;
        let found = match pending(&store.db).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %error.0.message, "jobs could not be read");
                continue;
            }
        };
        for id in found {
            if let Err(error) = work(&store, id).await {
                tracing::warn!(job = id, error = %error.0.message, "a job could not be worked on; it will be tried again");
            }
        }
    }
}

async fn pending(db: &Db) -> SqlResult<Vec<u64>> {
    let now = db.clock().now().to_timestamp();
    let page = db.scan(reserved::jobs_span(), ScanOptions::default()).await?;
    let mut out = Vec::new();
    for row in &page.rows {
        let job = decode(&row.value)?;
        if wants_worker(&job, now) {
            out.push(job.id);
        }
    }
    Ok(out)
}

fn wants_worker(job: &Job, now: Timestamp) -> bool {
    let open = matches!(
        state_of(job),
        JobState::Pending
            | JobState::Running
            | JobState::CancelRequested
            | JobState::Reverting
            | JobState::PauseRequested
    );
    open && (job.claimed_by == 0 || now > job.claim_expiration)
}

/// Claims the job and works on it; does nothing if another has it.
async fn work(store: &Arc<KvCatalogStore>, id: u64) -> SqlResult<()> {
    let me = store.options.router_id;
    let now = store.db.clock().now().to_timestamp();
    let claim = move |job: &mut Job| {
        let mine = wants_worker(job, now);
        if mine {
            job.claimed_by = me;
            job.claim_expiration = now.add_ns(CLAIM_NS);
            if state_of(job) == JobState::Pending {
                job.state = JobState::Running as i32;
            }
        }
        mine
    };
    let Some(job) = update(&store.db, id, claim).await? else { return Ok(()) };
    if job.claimed_by != me || job.claim_expiration != now.add_ns(CLAIM_NS) {
        return Ok(());
    }
    let worked = tokio::select! {
        biased;
        stopped = keep_claim(store, id) => stopped,
        done = steps(store, &job) => done.map(|()| JobState::Succeeded),
    };
    let end = match worked {
        Ok(JobState::Succeeded) => (JobState::Succeeded, None),
        Ok(JobState::Paused) => (JobState::Paused, None),
        Ok(JobState::CancelRequested) => {
            revert(store, &job).await?;
            (JobState::Cancelled, None)
        }
        Ok(_) => return Ok(()),
        // Nothing is known to be wrong with the change itself: let it be tried again.
        Err(error) if is_transient(&error) => {
            update(&store.db, id, move |job| {
                let mine = job.claimed_by == me;
                if mine {
                    job.claimed_by = 0;
                }
                mine
            })
            .await?;
            return Err(error);
        }
        Err(error) => {
            revert(store, &job).await?;
            (JobState::Failed, Some(error))
        }
    };
    let finished = store.db.clock().now().to_timestamp();
    let (state, error) = end;
    update(&store.db, id, move |job| {
        job.state = state as i32;
        job.claimed_by = 0;
        job.finished = finished;
        if state == JobState::Succeeded {
            job.progress_millionths = 1_000_000;
        }
        if let Some(error) = &error {
            job.error.clone_from(&error.0.message);
            job.error_code = error.code().0.to_owned();
        }
        true
    })
    .await?;
    Ok(())
}

fn is_transient(error: &SqlError) -> bool {
    let class = &error.code().0[..2];
    matches!(class, "40" | "08" | "57" | "53")
}

/// Renews the claim; returns when the job is to stop (Paused, CancelRequested) or the claim is lost (Pending).
async fn keep_claim(store: &Arc<KvCatalogStore>, id: u64) -> SqlResult<JobState> {
    let me = store.options.router_id;
    loop {
        tokio::time::sleep(RENEW).await;
        let expiration = store.db.clock().now().to_timestamp().add_ns(CLAIM_NS);
        let renew = move |job: &mut Job| {
            let mine = job.claimed_by == me;
            if mine {
                job.claim_expiration = expiration;
            }
            mine
        };
        let Some(job) = update(&store.db, id, renew).await? else { return Ok(JobState::Pending) };
        match state_of(&job) {
            _ if job.claimed_by != me => return Ok(JobState::Pending),
            JobState::PauseRequested => return Ok(JobState::Paused),
            JobState::CancelRequested => return Ok(JobState::CancelRequested),
            _ => {}
        }
    }
}

pub(super) async fn report(db: &Db, id: u64, millionths: u32) -> SqlResult<()> {
    update(db, id, move |job| {
        let more = millionths > job.progress_millionths;
        job.progress_millionths = job.progress_millionths.max(millionths);
        more
    })
    .await?;
    Ok(())
}

/// The table as it stands now; `None` if it was dropped.
pub(super) async fn table(db: &Db, id: u32) -> SqlResult<Option<TableDescriptor>> {
    let Some(bytes) = db.get(reserved::descriptor_key(id)).await? else { return Ok(None) };
    match Descriptor::decode_checked(id, &bytes)?.kind {
        Some(DescriptorKind::Table(t)) if !t.dropped => Ok(Some(t)),
        _ => Ok(None),
    }
}

/// One step: changes the table in one transaction, then waits until no router uses an older version. `change` must do
/// nothing the second time (it says whether it changed something): a worker may die between the two.
async fn step(
    store: &Arc<KvCatalogStore>,
    table_id: u32,
    change: impl Fn(&mut TableDescriptor) -> bool + Send + Sync + Clone + 'static,
) -> SqlResult<()> {
    let version = store
        .db
        .run(Default::default(), move |txn| {
            let change = change.clone();
            async move {
                let counter = locked(&txn, reserved::catalog_version_key()).await?;
                let old = counter.and_then(|b| editor::counter_value(&b).ok()).unwrap_or(0);
                let key = reserved::descriptor_key(table_id);
                let Some(bytes) = locked(&txn, key.clone()).await? else { return Ok(old) };
                let Ok(mut descriptor) = Descriptor::decode_checked(table_id, &bytes) else { return Ok(old) };
                let Some(DescriptorKind::Table(table)) = &mut descriptor.kind else { return Ok(old) };
                if table.dropped || !change(table) {
                    return Ok(old);
                }
                descriptor.version += 1;
                txn.put(key, descriptor.encode_to_vec()).await?;
                txn.put(reserved::catalog_version_key(), (old + 1).to_be_bytes().to_vec()).await?;
                Ok::<_, TxnError>(old + 1)
            }
        })
        .await?;
    store.wait_for_older(version).await
}

fn index_mut(table: &mut TableDescriptor, id: u32) -> Option<&mut catalog::IndexDescriptor> {
    table.indexes.iter_mut().chain(&mut table.new_primary).find(|i| i.id == id)
}

/// Moves an index from one state to the next, if it is there.
fn advance_index(
    id: u32,
    from: ElementState,
    to: ElementState,
) -> impl Fn(&mut TableDescriptor) -> bool + Clone {
    move |table| match index_mut(table, id) {
        Some(index) if index.state == from as i32 => {
            index.state = to as i32;
            true
        }
        _ => false,
    }
}

fn forget_job(job_id: u64) -> impl Fn(&mut TableDescriptor) -> bool + Clone {
    move |table| {
        let before = table.job_ids.len();
        table.job_ids.retain(|j| *j != job_id);
        table.job_ids.len() != before
    }
}

async fn steps(store: &Arc<KvCatalogStore>, job: &Job) -> SqlResult<()> {
    use ElementState::{DeleteOnly, Public, WriteOnly};
    match &job.details {
        Some(JobDetails::BuildIndex(build)) => {
            let (table_id, index_id) = (build.table_id, build.index_id);
            // Whatever version the statement itself made must be everybody's first.
            step(store, table_id, |_| false).await?;
            step(store, table_id, advance_index(index_id, DeleteOnly, WriteOnly)).await?;
            backfill::fill(store, job.id, table_id, index_id).await?;
            if build.new_primary {
                step(store, table_id, move |t| swap_primary(t, index_id)).await?;
            } else {
                step(store, table_id, advance_index(index_id, WriteOnly, Public)).await?;
            }
            step(store, table_id, forget_job(job.id)).await
        }
        Some(JobDetails::DropIndex(drop)) => {
            let index_id = drop.index_id;
            step(store, drop.table_id, |_| false).await?;
            step(store, drop.table_id, move |t| {
                let before = t.indexes.len();
                t.indexes.retain(|i| i.id != index_id);
                t.indexes.len() != before
            })
            .await?;
            step(store, drop.table_id, forget_job(job.id)).await
        }
        Some(JobDetails::AdvanceColumn(advance)) => {
            let (column_id, dropping) = (advance.column_id, advance.dropping);
            step(store, advance.table_id, |_| false).await?;
            step(store, advance.table_id, move |t| {
                if dropping {
                    let before = t.columns.len();
                    t.columns.retain(|c| c.id != column_id);
                    return t.columns.len() != before;
                }
                match t.columns.iter_mut().find(|c| c.id == column_id) {
                    Some(c) if c.state == WriteOnly as i32 => {
                        c.state = Public as i32;
                        true
                    }
                    _ => false,
                }
            })
            .await?;
            step(store, advance.table_id, forget_job(job.id)).await
        }
        Some(JobDetails::Validate(validate)) => {
            step(store, validate.table_id, |_| false).await?;
            backfill::validate(store, job.id, validate).await?;
            let oid = validate.constraint_oid;
            step(store, validate.table_id, move |t| match t.checks.iter_mut().find(|c| c.oid == oid) {
                Some(check) if check.not_valid => {
                    check.not_valid = false;
                    true
                }
                _ => false,
            })
            .await?;
            step(store, validate.table_id, forget_job(job.id)).await
        }
        None => {
            Err(SqlError::unsupported(format!("job {} is of a kind that this version does not know", job.id)))
        }
    }
}

/// The new primary index takes the place of the old one, and the hidden row id goes.
fn swap_primary(table: &mut TableDescriptor, index_id: u32) -> bool {
    let Some(mut new) = table.new_primary.take_if(|p| p.id == index_id) else { return false };
    new.state = ElementState::Public as i32;
    let hidden: Vec<u32> = table.columns.iter().filter(|c| c.hidden).map(|c| c.id).collect();
    let old = std::mem::replace(&mut table.primary, new);
    let old_key: Vec<u32> = old.columns.iter().map(|c| c.column_id).collect();
    table.columns.retain(|c| !(hidden.contains(&c.id) && old_key.contains(&c.id)));
    true
}

/// Takes a failed or cancelled change back.
async fn revert(store: &Arc<KvCatalogStore>, job: &Job) -> SqlResult<()> {
    match &job.details {
        Some(JobDetails::BuildIndex(build)) => {
            let index_id = build.index_id;
            step(store, build.table_id, move |t| match index_mut(t, index_id) {
                Some(index) if index.state == ElementState::WriteOnly as i32 => {
                    index.state = ElementState::DeleteOnly as i32;
                    true
                }
                _ => false,
            })
            .await?;
            step(store, build.table_id, move |t| {
                let before = t.indexes.len();
                t.indexes.retain(|i| i.id != index_id);
                t.new_primary.take_if(|p| p.id == index_id).is_some() || t.indexes.len() != before
            })
            .await?;
            step(store, build.table_id, forget_job(job.id)).await
        }
        Some(JobDetails::AdvanceColumn(advance)) if !advance.dropping => {
            let column_id = advance.column_id;
            step(store, advance.table_id, move |t| {
                let before = t.columns.len();
                t.columns.retain(|c| c.id != column_id);
                t.columns.len() != before
            })
            .await?;
            step(store, advance.table_id, forget_job(job.id)).await
        }
        Some(JobDetails::Validate(validate)) => {
            let (oid, column_id) = (validate.constraint_oid, validate.column_id);
            step(store, validate.table_id, move |t| {
                let before = t.checks.len();
                t.checks.retain(|c| c.oid != oid);
                let column = t.columns.iter_mut().find(|c| c.id == column_id && c.not_null);
                let was_not_null = column.map(|c| c.not_null = false).is_some();
                was_not_null || t.checks.len() != before
            })
            .await?;
            step(store, validate.table_id, forget_job(job.id)).await
        }
        // What is half gone goes on going.
        Some(JobDetails::DropIndex(_) | JobDetails::AdvanceColumn(_)) => steps(store, job).await,
        None => Ok(()),
    }
}

// ---- what people ask ----

fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Pending => "pending",
        JobState::Running => "running",
        JobState::Paused => "paused",
        JobState::PauseRequested => "pause-requested",
        JobState::CancelRequested => "cancel-requested",
        JobState::Reverting => "reverting",
        JobState::Succeeded => "succeeded",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
    }
}

fn time(at: Timestamp) -> Datum {
    /// Seconds from 1970 to 2000, PostgreSQL's epoch.
    const EPOCH_SECONDS: i64 = 946_684_800;
    if at.is_zero() {
        return Datum::Null;
    }
    let micros = i64::try_from(at.wall_ns / 1_000).unwrap_or(i64::MAX);
    Datum::Timestamptz(micros.saturating_sub(EPOCH_SECONDS * 1_000_000))
}

/// SHOW JOBS: id, description, state, progress, created, finished, error.
///
/// # Errors
/// The system domicile cannot be read.
pub async fn show(db: &Db, session: &DdlSession) -> SqlResult<DdlOutcome> {
    let page = db.scan(reserved::jobs_span(), ScanOptions::default()).await?;
    let everything = editor::is_superuser(&session.catalog.snapshot, session.role_id);
    let mut rows = Vec::new();
    for row in page.rows.iter().rev() {
        let job = decode(&row.value)?;
        if !everything && job.owner_role != session.role_id {
            continue;
        }
        rows.push(vec![
            Datum::Int8(i64::try_from(job.id).unwrap_or(i64::MAX)),
            Datum::text(&job.description),
            Datum::text(state_name(state_of(&job))),
            Datum::Float8(f64::from(job.progress_millionths) / 1e6),
            time(job.created),
            time(job.finished),
            if job.error.is_empty() { Datum::Null } else { Datum::text(&job.error) },
        ]);
    }
    Ok(DdlOutcome { tag: format!("SHOW {}", rows.len()), rows, ..Default::default() })
}

/// What a person wants of a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Pause,
    Resume,
    Cancel,
}

/// PAUSE, RESUME, CANCEL JOB.
///
/// # Errors
/// For the client.
pub async fn request(db: &Db, session: &DdlSession, id: i64, wish: Wish) -> SqlResult<DdlOutcome> {
    let missing = || SqlError::new(SqlState::UNDEFINED_OBJECT, format!("job {id} does not exist"));
    let key = u64::try_from(id).map_err(|_| missing())?;
    let job = read(db, key).await?.ok_or_else(missing)?;
    let mine =
        editor::is_superuser(&session.catalog.snapshot, session.role_id) || job.owner_role == session.role_id;
    if !mine {
        return Err(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be owner of job {id}")));
    }
    let next = move |state: JobState| match (wish, state) {
        (Wish::Pause, JobState::Pending) => Some(JobState::Paused),
        (Wish::Pause, JobState::Running) => Some(JobState::PauseRequested),
        (Wish::Resume, JobState::Paused | JobState::PauseRequested) => Some(JobState::Pending),
        (
            Wish::Cancel,
            JobState::Pending | JobState::Running | JobState::Paused | JobState::PauseRequested,
        ) => Some(JobState::CancelRequested),
        _ => None,
    };
    let changed = update(db, key, move |job| match next(state_of(job)) {
        Some(state) => {
            job.state = state as i32;
            true
        }
        None => false,
    })
    .await?
    .ok_or_else(missing)?;
    let reached = state_of(&changed);
    let verb = match wish {
        Wish::Pause => "PAUSE JOB",
        Wish::Resume => "RESUME JOB",
        Wish::Cancel => "CANCEL JOB",
    };
    if next(state_of(&job)).is_none() {
        return Err(SqlError::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("job {id} is {}, so {verb} cannot be done", state_name(reached)),
        ));
    }
    Ok(DdlOutcome { tag: verb.to_owned(), ..Default::default() })
}
