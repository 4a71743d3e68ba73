//! The catalog as a router keeps it: loaded in one transaction, promised by a lease row, replaced when it moves.

use super::{ddl, editor, jobs, lease};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::{CatalogPin, CatalogStore, DdlOutcome, DdlSession};
use crate::snapshot::CatalogSnapshot;
use async_trait::async_trait;
use catalog::{Descriptor, RoleDescriptor, reserved};
use kv::{DomicileId, TxnId};
use parking_lot::Mutex;
use planner::parse::ddl::Ddl;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;
use txn::{Db, Transaction, TxnError};

/// Makes domiciles and their first ranges; wired by `meridian`.
#[async_trait]
pub trait DomicileMaker: Send + Sync {
    /// A new domicile with its first range, ready to be written.
    ///
    /// # Errors
    /// The cells cannot be reached, or there are not enough of them.
    async fn make(&self, name: &str) -> SqlResult<DomicileId>;
}

#[derive(Clone, Debug)]
pub struct CatalogOptions {
    /// Unique among routers, random.
    pub router_id: u64,
    /// How often a router in use asks whether the catalog moved.
    pub poll: Duration,
    /// A router that nobody used for so long lets its promises lapse, and asks nothing.
    pub idle_after: Duration,
}

impl CatalogOptions {
    pub fn new(router_id: u64) -> Self {
        CatalogOptions { router_id, poll: Duration::from_millis(500), idle_after: Duration::from_secs(30) }
    }
}

/// What a transaction did to the catalog so far.
struct Touched {
    since: tokio::time::Instant,
    ids: BTreeSet<u32>,
    created: BTreeSet<u32>,
    version: u64,
}

pub struct KvCatalogStore {
    pub(super) db: Db,
    pub(super) options: CatalogOptions,
    domiciles: Arc<dyn DomicileMaker>,
    state: Mutex<State>,
    /// Loads come one at a time; who waited finds the result of the one before.
    loading: AsyncMutex<()>,
    me: Weak<KvCatalogStore>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<CatalogSnapshot>>,
    last_used: Option<tokio::time::Instant>,
    /// Versions with a published promise: transactions on it, and its expiration.
    versions: BTreeMap<u64, VersionUse>,
    touched: HashMap<TxnId, Touched>,
    /// When the current version took the place of the one before.
    since: Option<tokio::time::Instant>,
}

/// Transactions with schema changes that are remembered at once; the oldest are forgotten first.
const TOUCHED_MAX: usize = 1_000;
/// A session that was handed a version has at least this long to pin it.
const PIN_GRACE: Duration = Duration::from_millis(100);

#[derive(Default)]
struct VersionUse {
    pins: Arc<()>,
    expiration: kv::Timestamp,
}

impl KvCatalogStore {
    /// Call `run` too: it keeps the promises alive.
    pub fn new(db: Db, domiciles: Arc<dyn DomicileMaker>, options: CatalogOptions) -> Arc<KvCatalogStore> {
        Arc::new_cyclic(|me| KvCatalogStore {
            db,
            me: me.clone(),
            options,
            domiciles,
            state: Mutex::new(State::default()),
            loading: AsyncMutex::new(()),
        })
    }

    /// Keeps the catalog fresh while it is used, and adopts jobs whose worker died. Ends when the returned future is dropped.
    pub async fn run(self: Arc<Self>) {
        let adopt = jobs::adopt_forever(self.clone());
        let refresh = async {
            loop {
                tokio::time::sleep(self.options.poll).await;
                if let Err(error) = self.tick().await {
                    tracing::warn!(error = %error.0.message, "the catalog could not be refreshed");
                }
            }
        };
        tokio::join!(refresh, adopt);
    }

    async fn tick(&self) -> SqlResult<()> {
        let (known, idle) = {
            let state = self.state.lock();
            let idle = state.last_used.is_none_or(|t| t.elapsed() > self.options.idle_after);
            (state.current.as_ref().map(|s| s.version), idle)
        };
        self.withdraw_unused().await?;
        let Some(known) = known else { return Ok(()) };
        if idle {
            // The next use loads and promises anew.
            self.state.lock().current = None;
            return Ok(());
        }
        let counter = self.db.get(reserved::catalog_version_key()).await?;
        let newest = counter.map_or(Ok(0), |b| editor::counter_value(&b))?;
        if newest != known {
            self.load().await?;
        } else if self.expires_soon(known) {
            self.promise_again(known).await?;
        }
        Ok(())
    }

    fn expires_soon(&self, version: u64) -> bool {
        let now = self.db.clock().now().to_timestamp();
        let state = self.state.lock();
        state.versions.get(&version).is_none_or(|v| now.add_ns(lease::RENEW_BEFORE_NS) > v.expiration)
    }

    /// Takes back promises on versions that no transaction uses, other than the current one.
    async fn withdraw_unused(&self) -> SqlResult<()> {
        let unused: Vec<u64> = {
            let state = self.state.lock();
            if state.since.is_some_and(|t| t.elapsed() < PIN_GRACE) {
                return Ok(());
            }
            let current = state.current.as_ref().map(|s| s.version);
            let free = |(v, u): &(&u64, &VersionUse)| Some(**v) != current && Arc::strong_count(&u.pins) == 1;
            state.versions.iter().filter(free).map(|(v, _)| *v).collect()
        };
        for version in unused {
            let taken = {
                let mut state = self.state.lock();
                let still = state.versions.get(&version).is_some_and(|u| Arc::strong_count(&u.pins) == 1)
                    && state.current.as_ref().map(|s| s.version) != Some(version);
                if still {
                    state.versions.remove(&version);
                }
                still
            };
            if taken {
                lease::withdraw(&self.db, self.options.router_id, version).await?;
            }
        }
        Ok(())
    }

    async fn promise_again(&self, version: u64) -> SqlResult<()> {
        let expiration = lease::publish(&self.db, self.options.router_id, version).await?;
        let mut state = self.state.lock();
        state.versions.entry(version).or_default().expiration = expiration;
        if let Some(current) = state.current.as_ref().filter(|c| c.version == version) {
            let mut renewed = (**current).clone();
            renewed.expiration = expiration;
            state.current = Some(Arc::new(renewed));
        }
        Ok(())
    }

    /// Promises first, then reads: a version is never used before its promise is published. If the catalog moved in
    /// between, it is done again.
    async fn load(&self) -> SqlResult<Arc<CatalogSnapshot>> {
        loop {
            let counter = self.db.get(reserved::catalog_version_key()).await?;
            let promised = counter.map_or(Ok(0), |b| editor::counter_value(&b))?;
            let expiration = lease::publish(&self.db, self.options.router_id, promised).await?;
            let (version, descriptors) = self.read_all().await?;
            let mut state = self.state.lock();
            state.versions.entry(promised).or_default().expiration = expiration;
            if version == promised {
                let snapshot = Arc::new(CatalogSnapshot::new(version, expiration, descriptors));
                state.current = Some(snapshot.clone());
                state.since = Some(tokio::time::Instant::now());
                return Ok(snapshot);
            }
        }
    }

    async fn read_all(&self) -> SqlResult<(u64, Vec<Descriptor>)> {
        let loaded = Arc::new(Mutex::new(None));
        let out = loaded.clone();
        let failed = Arc::new(Mutex::new(None));
        let why = failed.clone();
        self.db
            .run(Default::default(), move |txn| {
                let (out, why) = (out.clone(), why.clone());
                async move {
                    match editor::load(&txn, false).await {
                        Ok(all) => *out.lock() = Some(all),
                        Err(error) => *why.lock() = Some(error),
                    }
                    Ok::<(), TxnError>(())
                }
            })
            .await?;
        if let Some(error) = failed.lock().take() {
            return Err(error);
        }
        let all = loaded.lock().take();
        all.ok_or_else(|| SqlError::internal("the catalog was not read"))
    }

    /// Waits until no router uses a version below `version`, this one's own promises included.
    pub(super) async fn wait_for_older(&self, version: u64) -> SqlResult<()> {
        self.refresh_to(version).await?;
        let housekeeping = async {
            loop {
                self.withdraw_unused().await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            biased;
            done = lease::wait_for_older(&self.db, version) => done,
            failed = housekeeping => failed,
        }
    }

    async fn refresh_to(&self, version: u64) -> SqlResult<Arc<CatalogSnapshot>> {
        let _one_at_a_time = self.loading.lock().await;
        if let Some(current) = self.state.lock().current.clone().filter(|c| c.version >= version) {
            return Ok(current);
        }
        self.load().await
    }
}

#[async_trait]
impl CatalogStore for KvCatalogStore {
    fn current(&self) -> Option<Arc<CatalogSnapshot>> {
        let now = self.db.clock().now().to_timestamp();
        let mut state = self.state.lock();
        state.last_used = Some(tokio::time::Instant::now());
        state.current.clone().filter(|s| now.add_ns(lease::LEASE_NS / 10) < s.expiration)
    }

    async fn refresh(&self) -> SqlResult<Arc<CatalogSnapshot>> {
        let _one_at_a_time = self.loading.lock().await;
        self.state.lock().last_used = Some(tokio::time::Instant::now());
        let known = self.state.lock().current.clone();
        if let Some(known) = known {
            let counter = self.db.get(reserved::catalog_version_key()).await?;
            if counter.map_or(Ok(0), |b| editor::counter_value(&b))? == known.version {
                if self.expires_soon(known.version) {
                    self.promise_again(known.version).await?;
                }
                let current = self.state.lock().current.clone();
                return current
                    .ok_or_else(|| SqlError::internal("the catalog was let go while it was refreshed"));
            }
        }
        self.load().await
    }

    fn pin(&self, version: u64) -> Option<CatalogPin> {
        self.state.lock().versions.get(&version).map(|v| CatalogPin::new(v.pins.clone()))
    }

    fn expiration(&self, version: u64) -> kv::Timestamp {
        self.state.lock().versions.get(&version).map_or(kv::Timestamp::ZERO, |v| v.expiration)
    }

    async fn within(
        &self,
        txn: &Transaction,
        base: &Arc<CatalogSnapshot>,
    ) -> SqlResult<Arc<CatalogSnapshot>> {
        let ids = self.state.lock().touched.get(&txn.id()).map(|t| t.ids.clone()).unwrap_or_default();
        if ids.is_empty() {
            return Ok(base.clone());
        }
        let mut snapshot = (**base).clone();
        snapshot.uncommitted = true;
        // What the statement before has written becomes visible with the next one.
        txn.begin_statement();
        for id in ids {
            match txn.get(reserved::descriptor_key(id)).await? {
                Some(bytes) => snapshot.put(Descriptor::decode_checked(id, &bytes)?),
                None => snapshot.remove(id),
            }
        }
        Ok(Arc::new(snapshot))
    }

    async fn execute_ddl(
        &self,
        txn: &Transaction,
        session: &DdlSession,
        statement: &Ddl,
    ) -> SqlResult<DdlOutcome> {
        if let Some(tag) = ddl::truncate::run(txn, session, statement).await? {
            return Ok(DdlOutcome { tag: tag.to_owned(), ..Default::default() });
        }
        let (created, bumped) = {
            let mut state = self.state.lock();
            if state.touched.len() >= TOUCHED_MAX {
                let oldest = state.touched.iter().min_by_key(|(_, t)| t.since).map(|(id, _)| *id);
                oldest.map(|id| state.touched.remove(&id));
            }
            let known = state.touched.get(&txn.id());
            known.map(|t| (t.created.clone(), Some(t.version))).unwrap_or_default()
        };
        let mut edit = editor::Editor::open(&self.db, txn, session, created, bumped).await?;
        ddl::execute(&mut edit, &*self.domiciles, statement).await?;
        txn.flush().await?;
        let version = edit.version();
        let mut state = self.state.lock();
        let entry = state.touched.entry(txn.id()).or_insert_with(|| Touched {
            since: tokio::time::Instant::now(),
            ids: BTreeSet::new(),
            created: BTreeSet::new(),
            version,
        });
        if edit.outcome.catalog_changed {
            entry.version = version;
        }
        entry.ids.extend(edit.touched.iter().copied());
        entry.created.extend(edit.created.iter().copied());
        Ok(edit.outcome)
    }

    async fn committed(&self, jobs: &[u64]) -> SqlResult<()> {
        self.refresh().await?;
        let me = self.me.upgrade().ok_or_else(|| SqlError::internal("the catalog store has stopped"))?;
        for &job in jobs {
            jobs::run_to_end(me.clone(), job).await?;
        }
        if !jobs.is_empty() {
            self.refresh().await?;
        }
        Ok(())
    }

    async fn role_for_login(&self, name: &str) -> SqlResult<Option<(u32, Arc<RoleDescriptor>)>> {
        let snapshot = self.refresh().await?;
        Ok(snapshot.role(name).map(|(id, r)| (id, r.clone())))
    }

    async fn session_command(
        &self,
        session: &DdlSession,
        command: &planner::parse::ddl::Session,
    ) -> SqlResult<DdlOutcome> {
        use planner::parse::ddl::Session;
        match command {
            Session::ShowJobs => jobs::show(&self.db, session).await,
            Session::PauseJob { id } => jobs::request(&self.db, session, *id, jobs::Wish::Pause).await,
            Session::ResumeJob { id } => jobs::request(&self.db, session, *id, jobs::Wish::Resume).await,
            Session::CancelJob { id } => jobs::request(&self.db, session, *id, jobs::Wish::Cancel).await,
            _ => Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, "this command is not supported")),
        }
    }
}
