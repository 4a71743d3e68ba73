//! The seams of the router, wired by `meridian`: who runs queries that are not for the compiled road, who keeps the
//! catalog, and who computes virtual tables.

use crate::error::{SqlError, SqlResult, SqlState};
use crate::snapshot::CatalogSnapshot;
use async_trait::async_trait;
use catalog::RoleDescriptor;
use datum::{Datum, DatumError, EvalContext};
use futures::stream::BoxStream;
use planner::parse::ddl::Ddl;
use planner::plan::{Plan, Rel};
use planner::view::{CatalogView, VirtualTable};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use txn::{Transaction, TxnError};

/// Rows as they come; a batch is never empty and holds a few thousand rows at most.
pub type RowBatch = Vec<Vec<Datum>>;
/// Rows of a query. Dropping it cancels the query.
pub type RowStream = BoxStream<'static, Result<RowBatch, QueryError>>;

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error(transparent)]
    Datum(#[from] DatumError),
    #[error(transparent)]
    Txn(#[from] TxnError),
    #[error(transparent)]
    Catalog(#[from] catalog::CatalogError),
    /// A scalar subquery yielded several rows.
    #[error("more than one row returned by a subquery used as an expression")]
    MoreThanOneRow,
    /// 2201W or 2201X.
    #[error("LIMIT must not be negative")]
    NegativeLimit,
    #[error("OFFSET must not be negative")]
    NegativeOffset,
    /// The query's share of memory is used up.
    #[error("query needs more than its {limit_bytes} bytes of memory")]
    MemoryExceeded { limit_bytes: usize },
    #[error("{0} is not supported")]
    Unsupported(String),
    #[error("query cancelled")]
    Cancelled,
    /// What the compiled road said of a scan.
    #[error("{}", .0.0.message)]
    Sql(SqlError),
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<QueryError> for SqlError {
    fn from(e: QueryError) -> SqlError {
        match e {
            QueryError::Datum(e) => e.into(),
            QueryError::Txn(e) => e.into(),
            QueryError::Catalog(e) => e.into(),
            QueryError::MoreThanOneRow => SqlError::new(SqlState::CARDINALITY_VIOLATION, e.to_string()),
            QueryError::NegativeLimit => SqlError::new(SqlState::INVALID_ROW_COUNT_IN_LIMIT, e.to_string()),
            QueryError::NegativeOffset => SqlError::new(SqlState::INVALID_ROW_COUNT_IN_OFFSET, e.to_string()),
            QueryError::MemoryExceeded { .. } => SqlError::new(SqlState::OUT_OF_MEMORY, e.to_string()),
            QueryError::Unsupported(_) => SqlError::unsupported(e.to_string()),
            QueryError::Cancelled => crate::session::cancelled(),
            QueryError::Sql(e) => e,
            QueryError::Internal(m) => SqlError::internal(m),
        }
    }
}

/// What a query runs with.
#[derive(Clone)]
pub struct QueryContext {
    pub params: Arc<[Datum]>,
    pub eval: EvalContext,
    /// The session's catalog: for virtual tables.
    pub catalog: Arc<SessionCatalog>,
    /// Cancelled when the statement is: long loops look at it.
    pub cancel: CancellationToken,
}

/// Runs queries that are not for the compiled road. `exec`, by way of `meridian`.
#[async_trait]
pub trait QueryRunner: Send + Sync {
    /// Runs `rel`, a part of `plan` (whose slots and common table expressions it may use): the whole query, or the source
    /// of a write.
    ///
    /// # Errors
    /// As `QueryError` says; also later, in the stream.
    async fn run(
        &self,
        plan: &Arc<Plan>,
        rel: &Rel,
        ctx: QueryContext,
        txn: &Transaction,
    ) -> Result<RowStream, QueryError>;
    /// Lines of EXPLAIN for a part of a plan.
    fn explain(&self, plan: &Plan, rel: &Rel) -> Vec<String>;
}

/// Who asks for a change of the catalog, and from where.
#[derive(Clone)]
pub struct DdlSession {
    pub database_id: u32,
    /// Current role.
    pub role_id: u32,
    /// Existing and missing schemas of the search path, as set.
    pub search_path: Vec<String>,
    /// The statement's text: for the job's description.
    pub statement: Arc<str>,
    pub catalog: Arc<SessionCatalog>,
    pub eval: EvalContext,
}

/// What a schema change did inside its transaction.
#[derive(Default)]
pub struct DdlOutcome {
    /// CommandComplete's tag.
    pub tag: String,
    pub notices: Vec<SqlError>,
    /// Jobs that begin when the transaction commits; the session waits for them after it.
    pub jobs: Vec<u64>,
    /// The transaction's catalog differs from the committed one now: ask `within` for it.
    pub catalog_changed: bool,
    /// Rows, for SHOW JOBS and its kin.
    pub rows: Vec<Vec<Datum>>,
}

/// Held by a transaction as long as it goes by a version of the catalog: schema changes wait for it.
pub struct CatalogPin {
    _pins: Arc<()>,
}

impl CatalogPin {
    pub fn new(pins: Arc<()>) -> CatalogPin {
        CatalogPin { _pins: pins }
    }
}

/// Keeps the catalog: loads it, holds leases on it, changes it. In `catalog_store`.
#[async_trait]
pub trait CatalogStore: Send + Sync {
    /// The newest known catalog if its lease is good for a while: no wait.
    fn current(&self) -> Option<Arc<CatalogSnapshot>>;
    /// A catalog that is loaded and leased now.
    ///
    /// # Errors
    /// The system domicile cannot be read.
    async fn refresh(&self) -> SqlResult<Arc<CatalogSnapshot>>;
    /// Keeps the promise on a version while a transaction goes by it; `None`: the promise was taken back, the transaction
    /// must not commit by that version.
    fn pin(&self, version: u64) -> Option<CatalogPin>;
    /// Where transactions that went by `version` must commit below; zero: the promise was taken back.
    fn expiration(&self, version: u64) -> kv::Timestamp;
    /// The catalog as `txn` sees it, with its own uncommitted changes over `base`.
    ///
    /// # Errors
    /// As reads of the transaction.
    async fn within(&self, txn: &Transaction, base: &Arc<CatalogSnapshot>)
    -> SqlResult<Arc<CatalogSnapshot>>;
    /// Carries out a schema change inside `txn`.
    ///
    /// # Errors
    /// For the client.
    async fn execute_ddl(&self, txn: &Transaction, session: &DdlSession, ddl: &Ddl) -> SqlResult<DdlOutcome>;
    /// After the commit of a transaction that changed the catalog: waits until its jobs are done, and until this router
    /// sees the change. Dropping the future leaves the jobs running.
    ///
    /// # Errors
    /// A job failed or was cancelled: its error.
    async fn committed(&self, jobs: &[u64]) -> SqlResult<()>;
    /// The role of that name, read as newly as a log-in needs.
    ///
    /// # Errors
    /// The system domicile cannot be read.
    async fn role_for_login(&self, name: &str) -> SqlResult<Option<(u32, Arc<RoleDescriptor>)>>;
    /// SHOW JOBS, PAUSE, RESUME, CANCEL JOB, SHOW RANGES: rows for the columns that the planner declares.
    ///
    /// # Errors
    /// For the client.
    async fn session_command(
        &self,
        session: &DdlSession,
        command: &planner::parse::ddl::Session,
    ) -> SqlResult<DdlOutcome>;
}

/// Tables of pg_catalog, information_schema and meridian_catalog, and functions over the catalog.
#[async_trait]
pub trait VirtualCatalog: Send + Sync {
    fn find(&self, schema: &str, name: &str) -> Option<VirtualTable>;
    /// All rows of a virtual table, with all its columns.
    ///
    /// # Errors
    /// For the client.
    async fn scan(
        &self,
        schema: &str,
        name: &str,
        catalog: &Arc<SessionCatalog>,
    ) -> Result<Vec<Vec<Datum>>, QueryError>;
    /// Resolves a reg* name (`datum::context::SessionInfo::reg_in`).
    ///
    /// # Errors
    /// Malformed names.
    fn reg_in(&self, catalog: &SessionCatalog, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError>;
    fn reg_out(&self, catalog: &SessionCatalog, type_oid: u32, oid: u32) -> Option<String>;
    /// `datum::context::SessionInfo::catalog_function`.
    ///
    /// # Errors
    /// For the client.
    fn function(&self, catalog: &SessionCatalog, name: &str, args: &[Datum]) -> Result<Datum, DatumError>;
}

/// The catalog as one session sees it: a snapshot, and whose eyes.
pub struct SessionCatalog {
    pub snapshot: Arc<CatalogSnapshot>,
    pub database_id: u32,
    pub database: Arc<str>,
    /// Current role.
    pub user_id: u32,
    pub user: Arc<str>,
    pub session_user: Arc<str>,
    /// As set; `$user` already replaced. Schemas that do not exist are still in it.
    pub search_path: Arc<[String]>,
    pub virtuals: Arc<dyn VirtualCatalog>,
    /// Settings of the session at this moment, for pg_settings: (name, value).
    pub settings: Arc<dyn Fn() -> Vec<SettingRow> + Send + Sync>,
}

/// One row of pg_settings.
#[derive(Clone, Debug)]
pub struct SettingRow {
    pub name: &'static str,
    pub value: String,
    pub reset_value: String,
    pub description: &'static str,
    pub unit: Option<&'static str>,
}

/// Schemas that every database has.
const VIRTUAL_SCHEMAS: [&str; 3] = ["pg_catalog", "information_schema", "meridian_catalog"];

impl SessionCatalog {
    /// Existing schemas of the search path; with pg_catalog in front unless the path names it.
    pub fn schemas(&self, implicit: bool) -> Vec<String> {
        let mut out: Vec<String> = Vec::with_capacity(self.search_path.len() + 1);
        if implicit && !self.search_path.iter().any(|s| s == "pg_catalog") {
            out.push("pg_catalog".to_owned());
        }
        for name in self.search_path.iter() {
            if self.schema_exists(name) && !out.contains(name) {
                out.push(name.clone());
            }
        }
        out
    }
    fn relation_in(&self, schema: &str, name: &str) -> Option<planner::Relation> {
        use crate::snapshot::Object;
        if VIRTUAL_SCHEMAS.contains(&schema) {
            return self.virtuals.find(schema, name).map(planner::Relation::Virtual);
        }
        let (schema_id, _) = self.snapshot.schema(self.database_id, schema)?;
        let entry = self.snapshot.relation(self.database_id, schema_id, name)?;
        match &entry.object {
            Object::Table(d) => Some(planner::Relation::Table(planner::TableRef {
                id: entry.id,
                version: entry.version,
                descriptor: d.clone(),
            })),
            Object::Sequence(d) => Some(planner::Relation::Sequence {
                id: entry.id,
                version: entry.version,
                descriptor: d.clone(),
            }),
            _ => None,
        }
    }
}

impl CatalogView for SessionCatalog {
    fn current_database(&self) -> &str {
        &self.database
    }
    fn current_user(&self) -> &str {
        &self.user
    }
    fn search_path(&self) -> Vec<String> {
        self.schemas(true)
    }
    fn schema_exists(&self, name: &str) -> bool {
        VIRTUAL_SCHEMAS.contains(&name) || self.snapshot.schema(self.database_id, name).is_some()
    }
    fn relation(&self, schema: Option<&str>, name: &str) -> Option<planner::Relation> {
        match schema {
            Some(s) => self.relation_in(s, name),
            None => self.schemas(true).iter().find_map(|s| self.relation_in(s, name)),
        }
    }
    fn table_by_id(&self, id: u32) -> Option<planner::TableRef> {
        self.snapshot.table(id)
    }
    fn schema_name(&self, id: u32) -> Option<String> {
        self.snapshot.schema_name(id)
    }
    fn role(&self, name: &str) -> Option<Arc<RoleDescriptor>> {
        self.snapshot.role(name).map(|r| r.1.clone())
    }
}
