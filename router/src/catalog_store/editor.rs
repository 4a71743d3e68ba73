//! Edits descriptors inside one transaction, over the catalog as that transaction sees it.

use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::{DdlOutcome, DdlSession, SessionCatalog};
use crate::snapshot::{CatalogSnapshot, Object};
use catalog::{
    DatabaseDescriptor, Descriptor, DescriptorKind, SchemaDescriptor, SequenceDescriptor, TableDescriptor,
    descriptor::{Grant, privilege},
    job::{Job, JobDetails, JobState},
    reserved,
};
use kv::{Timestamp, request::WaitPolicy};
use planner::parse::ddl::ObjectName;
use prost::Message;
use std::collections::BTreeSet;
use std::sync::Arc;
use txn::{Db, ScanOptions, Transaction};

/// Rows of descriptors that one read brings.
const LOAD_PAGE_ROWS: u64 = 2_000;

/// Reads the version counter and all descriptors in one transaction.
///
/// # Errors
/// The system domicile cannot be read, or a descriptor is malformed or newer.
pub async fn load(txn: &Transaction, lock: bool) -> SqlResult<(u64, Vec<Descriptor>)> {
    let key = reserved::catalog_version_key();
    let counter =
        if lock { txn.get_for_update(key, WaitPolicy::Block).await?.value } else { txn.get(key).await? };
    let version = counter.map_or(Ok(0), |b| counter_value(&b))?;
    let mut out = Vec::new();
    let mut span = Some(reserved::descriptor_span());
    while let Some(next) = span {
        let page = txn.scan(next, ScanOptions { keys_max: LOAD_PAGE_ROWS, ..Default::default() }).await?;
        for row in &page.rows {
            let id = row.key.last_chunk::<4>().map_or(0, |b| u32::from_be_bytes(*b));
            out.push(Descriptor::decode_checked(id, &row.value)?);
        }
        span = page.resume;
    }
    Ok((version, out))
}

/// The value of a counter row (8 bytes, big-endian).
pub fn counter_value(bytes: &[u8]) -> SqlResult<u64> {
    let bytes: [u8; 8] = bytes.try_into().map_err(|_| SqlError::internal("a counter is not 8 bytes long"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// One schema change in progress.
pub struct Editor<'a> {
    pub db: &'a Db,
    pub txn: &'a Transaction,
    pub session: &'a DdlSession,
    /// With the edits so far.
    pub catalog: SessionCatalog,
    pub outcome: DdlOutcome,
    /// Tables that this transaction has made: nobody else can see them yet.
    pub created: BTreeSet<u32>,
    /// Ids that were written: other statements of the transaction read them again.
    pub touched: BTreeSet<u32>,
    /// Counter value that this transaction commits.
    version: u64,
}

impl<'a> Editor<'a> {
    /// Locks the version counter, so that schema changes come one after the other.
    ///
    /// # Errors
    /// As `load`.
    pub async fn open(
        db: &'a Db,
        txn: &'a Transaction,
        session: &'a DdlSession,
        created: BTreeSet<u32>,
        bumped: Option<u64>,
    ) -> SqlResult<Editor<'a>> {
        let (version, descriptors) = load(txn, true).await?;
        let mut snapshot = CatalogSnapshot::new(version, Timestamp::ZERO, descriptors);
        snapshot.uncommitted = true;
        let s = &session.catalog;
        let catalog = SessionCatalog {
            snapshot: Arc::new(snapshot),
            database_id: s.database_id,
            database: s.database.clone(),
            user_id: s.user_id,
            user: s.user.clone(),
            session_user: s.session_user.clone(),
            search_path: s.search_path.clone(),
            virtuals: s.virtuals.clone(),
            settings: s.settings.clone(),
        };
        let version = if bumped == Some(version) { version } else { version + 1 };
        Ok(Editor {
            db,
            txn,
            session,
            catalog,
            outcome: DdlOutcome::default(),
            created,
            touched: BTreeSet::new(),
            version,
        })
    }

    /// The counter's value when the transaction commits.
    pub fn version(&self) -> u64 {
        self.version
    }
    pub fn snapshot(&self) -> &CatalogSnapshot {
        &self.catalog.snapshot
    }

    /// New descriptor ids, never given out before. Not rolled back: a gap is harmless.
    ///
    /// # Errors
    /// The counter cannot be moved, or is used up.
    pub async fn new_id(&self) -> SqlResult<u32> {
        let value = self.db.increment(reserved::id_counter_key(), 1).await?;
        u32::try_from(value).map_err(|_| {
            SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("object id {value} exceeds {}", u32::MAX))
        })
    }

    /// Writes a new or changed descriptor; a changed one gets the next version.
    ///
    /// # Errors
    /// As writes of the transaction.
    pub async fn put(&mut self, id: u32, kind: DescriptorKind) -> SqlResult<()> {
        let mut descriptor = Descriptor::new(id, kind);
        if let Some(old) = self.snapshot().entry(id) {
            descriptor.version = old.version + 1;
        }
        self.txn.put(reserved::descriptor_key(id), descriptor.encode_to_vec()).await?;
        self.bump().await?;
        self.touched.insert(id);
        Arc::make_mut(&mut self.catalog.snapshot).put(descriptor);
        Ok(())
    }
    pub async fn put_table(&mut self, id: u32, table: TableDescriptor) -> SqlResult<()> {
        self.put(id, DescriptorKind::Table(table)).await
    }

    /// Removes a descriptor that leaves nothing to collect (schemas, roles).
    ///
    /// # Errors
    /// As writes of the transaction.
    pub async fn remove(&mut self, id: u32) -> SqlResult<()> {
        self.txn.delete(reserved::descriptor_key(id)).await?;
        self.bump().await?;
        self.touched.insert(id);
        Arc::make_mut(&mut self.catalog.snapshot).remove(id);
        Ok(())
    }

    async fn bump(&mut self) -> SqlResult<()> {
        let value = self.version.to_be_bytes().to_vec();
        self.txn.put(reserved::catalog_version_key(), value).await?;
        self.outcome.catalog_changed = true;
        Ok(())
    }

    /// Files a job that begins when this transaction commits.
    ///
    /// # Errors
    /// As writes of the transaction.
    pub async fn add_job(&mut self, details: JobDetails) -> SqlResult<u64> {
        let id = u64::from(self.new_id().await?);
        let now = self.db.clock().now().to_timestamp();
        let job = Job {
            format: 1,
            id,
            state: JobState::Pending as i32,
            description: self.session.statement.chars().take(1_000).collect(),
            owner_role: self.session.role_id,
            created: now,
            details: Some(details),
            ..Default::default()
        };
        self.txn.put(reserved::job_key(id), job.encode_to_vec()).await?;
        self.outcome.jobs.push(id);
        Ok(id)
    }

    pub fn notice(&mut self, text: String) {
        self.outcome.notices.push(SqlError::notice(text));
    }

    // ---- names ----

    /// The database of the session.
    pub fn database(&self) -> SqlResult<Arc<DatabaseDescriptor>> {
        self.snapshot().database_by_id(self.session.database_id).cloned().ok_or_else(|| {
            SqlError::new(
                SqlState::INVALID_CATALOG_NAME,
                format!("database \"{}\" does not exist", self.catalog.database),
            )
        })
    }

    fn check_database(&self, name: &ObjectName) -> SqlResult<()> {
        match &name.database {
            Some(d) if **d != *self.catalog.database => Err(SqlError::unsupported(format!(
                "cross-database references are not implemented: \"{name}\""
            ))
            .with_position(name.at)),
            _ => Ok(()),
        }
    }

    /// A schema of this database, by name.
    pub fn schema(&self, name: &str) -> SqlResult<(u32, Arc<SchemaDescriptor>)> {
        self.snapshot().schema(self.session.database_id, name).map(|(id, d)| (id, d.clone())).ok_or_else(
            || SqlError::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist")),
        )
    }

    /// The schema in which `name` is to be made; the role must have CREATE on it.
    pub fn creation_schema(&self, name: &ObjectName) -> SqlResult<(u32, Arc<SchemaDescriptor>)> {
        self.check_database(name)?;
        let (id, schema) = match &name.schema {
            Some(s) if matches!(s.as_str(), "pg_catalog" | "information_schema" | "meridian_catalog") => {
                return Err(SqlError::new(
                    SqlState::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied for schema {s}"),
                )
                .with_hint("System catalogs cannot be changed; create it in another schema."));
            }
            Some(s) => self.schema(s).map_err(|e| e.with_position(name.at))?,
            None => {
                let found = self.catalog.search_path.iter().find_map(|s| self.schema(s).ok());
                found.ok_or_else(|| {
                    SqlError::new(SqlState::INVALID_SCHEMA_NAME, "no schema has been selected to create in")
                        .with_position(name.at)
                })?
            }
        };
        if !self.has(schema.owner, &schema.grants, privilege::CREATE) {
            return Err(denied("schema", &schema.name));
        }
        Ok((id, schema))
    }

    /// What a relation's name stands for, searched along the path.
    fn find(&self, name: &ObjectName) -> SqlResult<Option<(u32, u32)>> {
        self.check_database(name)?;
        let look = |schema: &str| {
            let (schema_id, _) = self.snapshot().schema(self.session.database_id, schema)?;
            self.snapshot()
                .relation(self.session.database_id, schema_id, &name.name)
                .map(|e| (schema_id, e.id))
        };
        Ok(match &name.schema {
            Some(s) => look(s),
            None => self.catalog.search_path.iter().find_map(|s| look(s)),
        })
    }

    /// A table by name, if there is one.
    ///
    /// # Errors
    /// 42809 if the name is of something else.
    pub fn find_table(&self, name: &ObjectName) -> SqlResult<Option<(u32, Arc<TableDescriptor>)>> {
        let Some((_, id)) = self.find(name)? else {
            if self.find_index(name)?.is_some() {
                return Err(wrong_kind(name, "table"));
            }
            return Ok(None);
        };
        match self.snapshot().entry(id).map(|e| &e.object) {
            Some(Object::Table(t)) => Ok(Some((id, t.clone()))),
            _ => Err(wrong_kind(name, "table")),
        }
    }
    /// A table by name, owned by the session's role.
    ///
    /// # Errors
    /// 42P01, 42501.
    pub fn owned_table(&self, name: &ObjectName) -> SqlResult<(u32, Arc<TableDescriptor>)> {
        let (id, table) = self.find_table(name)?.ok_or_else(|| undefined_table(name))?;
        self.must_own(table.owner, "table", &table.name)?;
        Ok((id, table))
    }
    pub fn find_sequence(&self, name: &ObjectName) -> SqlResult<Option<(u32, Arc<SequenceDescriptor>)>> {
        let Some((_, id)) = self.find(name)? else { return Ok(None) };
        match self.snapshot().entry(id).map(|e| &e.object) {
            Some(Object::Sequence(s)) => Ok(Some((id, s.clone()))),
            _ => Err(wrong_kind(name, "sequence")),
        }
    }
    /// Table id, table, and the index's number within it.
    pub fn find_index(&self, name: &ObjectName) -> SqlResult<Option<(u32, Arc<TableDescriptor>, u32)>> {
        self.check_database(name)?;
        let look = |schema: &str| {
            let (schema_id, _) = self.snapshot().schema(self.session.database_id, schema)?;
            let (table, index) = self.snapshot().index(self.session.database_id, schema_id, &name.name)?;
            Some((table.id, table.descriptor.clone(), index.id))
        };
        Ok(match &name.schema {
            Some(s) => look(s),
            None => self.catalog.search_path.iter().find_map(|s| look(s)),
        })
    }

    /// Whether a relation or index of that name is in the schema.
    pub fn name_taken(&self, schema_id: u32, name: &str) -> bool {
        let database = self.session.database_id;
        self.snapshot().relation(database, schema_id, name).is_some()
            || self.snapshot().index(database, schema_id, name).is_some()
    }
    /// `{table}_{columns}_{suffix}`, shortened to 63 bytes and numbered as PostgreSQL does, free in the schema and in `also`.
    pub fn choose_name(
        &self,
        schema_id: u32,
        table: &str,
        columns: &str,
        suffix: &str,
        also: &[String],
    ) -> String {
        (0u32..)
            .map(|n| {
                let number = if n == 0 { String::new() } else { n.to_string() };
                let tail = if columns.is_empty() {
                    format!("_{suffix}{number}")
                } else {
                    format!("_{columns}_{suffix}{number}")
                };
                let room = 63usize.saturating_sub(tail.len());
                let mut head = table;
                while head.len() > room {
                    head = &head[..head.char_indices().next_back().map_or(0, |(i, _)| i)];
                }
                let mut name = format!("{head}{tail}");
                while name.len() > 63 {
                    name.pop();
                }
                name
            })
            .find(|name| !self.name_taken(schema_id, name) && !also.contains(name))
            .expect("numbers do not end before names do")
    }

    // ---- rights ----

    /// Whether the session's role has all of `privileges` on an object.
    pub fn has(&self, owner: u32, grants: &[Grant], privileges: u32) -> bool {
        has_privileges(self.snapshot(), self.session.role_id, owner, grants, privileges)
    }
    pub fn must_own(&self, owner: u32, kind: &str, name: &str) -> SqlResult<()> {
        if self.has(owner, &[], u32::MAX) {
            return Ok(());
        }
        Err(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}")))
    }
    pub fn is_superuser(&self) -> bool {
        is_superuser(self.snapshot(), self.session.role_id)
    }
    /// A role by name.
    pub fn role(&self, name: &str) -> SqlResult<(u32, Arc<catalog::RoleDescriptor>)> {
        let name = match name {
            "current_user" | "current_role" | "session_user" => &*self.catalog.user,
            other => other,
        };
        self.snapshot().role(name).map(|(id, r)| (id, r.clone())).ok_or_else(|| {
            SqlError::new(SqlState::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
        })
    }
}

/// Whether a role may do everything.
pub fn is_superuser(snapshot: &CatalogSnapshot, role: u32) -> bool {
    role == reserved::ROOT_ROLE_ID || snapshot.role_by_id(role).is_some_and(|r| r.superuser)
}

/// Whether `role` has all of `privileges`: as superuser, as (a member of) the owner, or by grants to it, to roles that it
/// is a member of, and to PUBLIC.
pub fn has_privileges(
    snapshot: &CatalogSnapshot,
    role: u32,
    owner: u32,
    grants: &[Grant],
    privileges: u32,
) -> bool {
    if is_superuser(snapshot, role) {
        return true;
    }
    let roles = snapshot.role_closure(role);
    if roles.contains(&owner) {
        return true;
    }
    let granted = grants
        .iter()
        .filter(|g| g.grantee == 0 || roles.contains(&g.grantee))
        .fold(0, |bits, g| bits | g.privileges);
    privileges != u32::MAX && granted & privileges == privileges
}

pub fn denied(kind: &str, name: &str) -> SqlError {
    SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for {kind} {name}"))
}
pub fn undefined_table(name: &ObjectName) -> SqlError {
    SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
        .with_position(name.at)
}
fn wrong_kind(name: &ObjectName, kind: &str) -> SqlError {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    SqlError::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{}\" is not {article} {kind}", name.name))
}
