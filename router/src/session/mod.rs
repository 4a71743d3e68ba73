//! A client's session: its settings, transaction, statements, and how each statement runs.
//!
//! ```text
//! connection   messages of the protocol, one at a time
//! run          one statement: plan, privileges, attempts, rows out
//! control      what the session does itself: BEGIN, SET, SHOW, PREPARE, ...
//! transaction  begin, commit, savepoints, when another attempt is allowed
//! ```

mod connection;
mod control;
mod copy;
pub mod parameter;
mod planning;
mod prepared;
mod run;
pub mod settings;
pub mod shared;
mod source;
mod transaction;

use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::{DdlSession, SessionCatalog};
use crate::server::{Services, SessionHandle};
use crate::snapshot::CatalogSnapshot;
use datum::EvalContext;
use datum::context::SessionInfo;
use prepared::{PlanCache, PlanKey, Portal, Prepared};
use shared::SessionShared;
use std::collections::HashMap;
use std::sync::Arc;
use transaction::TxnContext;

/// 57014 for a cancel request.
pub fn cancelled() -> SqlError {
    SqlError::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")
}

/// See the module.
pub struct Session {
    services: Arc<Services>,
    handle: Arc<SessionHandle>,
    shared: Arc<SessionShared>,
    /// Who logged in, and as whom statements run (SET ROLE).
    session_user_id: u32,
    session_user: Arc<str>,
    user_id: u32,
    user: Arc<str>,
    database_id: u32,
    database: Arc<str>,
    txn: TxnContext,
    prepared: HashMap<String, Arc<Prepared>>,
    portals: HashMap<String, Portal>,
    plans: PlanCache,
    /// The catalog as this session sees it, while nothing changes.
    catalog: Option<(CatalogKey, Arc<SessionCatalog>)>,
    /// Grows with SET ROLE; part of what plans depend on.
    role_version: u64,
    notices: Vec<SqlError>,
}

#[derive(PartialEq, Eq)]
struct CatalogKey {
    /// The snapshot's address, only to compare: it is kept alive beside the key.
    snapshot: usize,
    settings_version: u64,
    user_id: u32,
}

/// Who logged in to which database, as authentication found it.
pub struct LogIn {
    pub user_id: u32,
    pub user: Arc<str>,
    pub database_id: u32,
    pub database: Arc<str>,
    pub settings: settings::Settings,
    pub snapshot: Arc<CatalogSnapshot>,
}

impl Session {
    pub fn new(services: Arc<Services>, handle: Arc<SessionHandle>, log_in: LogIn) -> Session {
        let LogIn { user_id, user, database_id, database, settings, snapshot } = log_in;
        let catalog = Arc::new(SessionCatalog {
            snapshot,
            database_id,
            database: database.clone(),
            user_id,
            user: user.clone(),
            session_user: user.clone(),
            search_path: Arc::from(Vec::new()),
            virtuals: services.virtuals.clone(),
            settings: Arc::new(Vec::new),
        });
        let shared = Arc::new(SessionShared {
            pid: handle.pid,
            settings: parking_lot::Mutex::new(settings),
            sequences: Default::default(),
            catalog: parking_lot::Mutex::new(catalog),
            clock: services.db.clock().clone(),
            random: parking_lot::Mutex::new(None),
        });
        Session {
            services,
            handle,
            shared,
            session_user_id: user_id,
            session_user: user.clone(),
            user_id,
            user,
            database_id,
            database,
            txn: TxnContext::default(),
            prepared: HashMap::new(),
            portals: HashMap::new(),
            plans: PlanCache::default(),
            catalog: None,
            role_version: 0,
            notices: Vec::new(),
        }
    }
    fn now_micros(&self) -> i64 {
        self.shared.clock_micros()
    }
    /// What evaluation knows of the session now.
    fn eval_context(&self) -> EvalContext {
        let settings = self.shared.settings.lock();
        let d = settings.derived();
        let now = self.shared.clock_micros();
        EvalContext {
            time_zone: d.time_zone.clone(),
            date_style: d.date_style,
            date_order: d.date_order,
            interval_style: d.interval_style,
            bytea_escape: d.bytea_escape,
            extra_float_digits: d.extra_float_digits,
            transaction_micros: if self.txn.block == transaction::Block::None {
                now
            } else {
                self.txn.start_micros
            },
            statement_micros: now,
            session: Some(self.shared.clone()),
        }
    }
    /// The catalog for the next statement: of the transaction if it has changed it, else the newest.
    async fn load_catalog(&mut self) -> SqlResult<Arc<SessionCatalog>> {
        let snapshot = if self.txn.catalog_changed {
            match &self.txn.overlay {
                Some(s) => s.clone(),
                None => {
                    let base = self.newest_snapshot().await?;
                    let txn = self.transaction();
                    let overlay = self.services.catalog.within(&txn, &base).await?;
                    self.txn.overlay = Some(overlay.clone());
                    overlay
                }
            }
        } else {
            self.newest_snapshot().await?
        };
        let settings_version = self.shared.settings.lock().version();
        let key =
            CatalogKey { snapshot: Arc::as_ptr(&snapshot).addr(), settings_version, user_id: self.user_id };
        if let Some((have, catalog)) = &self.catalog {
            if *have == key {
                return Ok(catalog.clone());
            }
        }
        if snapshot.database_by_id(self.database_id).is_none() {
            return Err(SqlError::fatal(
                SqlState::INVALID_CATALOG_NAME,
                format!("database \"{}\" does not exist any more", self.database),
            ));
        }
        let path = self.shared.settings.lock().search_path();
        let path: Vec<String> =
            path.into_iter().map(|s| if s == "$user" { self.user.to_string() } else { s }).collect();
        let shared = Arc::downgrade(&self.shared);
        let catalog = Arc::new(SessionCatalog {
            snapshot,
            database_id: self.database_id,
            database: self.database.clone(),
            user_id: self.user_id,
            user: self.user.clone(),
            session_user: self.session_user.clone(),
            search_path: path.into(),
            virtuals: self.services.virtuals.clone(),
            settings: Arc::new(move || {
                shared.upgrade().map(|s| s.settings.lock().rows()).unwrap_or_default()
            }),
        });
        *self.shared.catalog.lock() = catalog.clone();
        self.catalog = Some((key, catalog.clone()));
        Ok(catalog)
    }
    async fn newest_snapshot(&self) -> SqlResult<Arc<CatalogSnapshot>> {
        match self.services.catalog.current() {
            Some(s) => Ok(s),
            None => self.services.catalog.refresh().await,
        }
    }
    fn plan_key(&self, catalog: &SessionCatalog) -> Option<PlanKey> {
        (!catalog.snapshot.uncommitted).then(|| PlanKey {
            catalog_version: catalog.snapshot.version,
            settings_version: self.shared.settings.lock().version() + self.role_version,
            user_id: self.user_id,
        })
    }
    fn ddl_session(&self, catalog: &Arc<SessionCatalog>, text: &Arc<str>) -> DdlSession {
        DdlSession {
            database_id: self.database_id,
            role_id: self.user_id,
            search_path: catalog.search_path.to_vec(),
            statement: text.clone(),
            catalog: catalog.clone(),
            eval: self.eval_context(),
        }
    }
    /// Says something to the client with the next messages.
    fn notice(&mut self, notice: SqlError) {
        let least = self.shared.settings.lock().derived().min_messages;
        let level = match notice.0.severity {
            crate::error::Severity::Notice => 0,
            crate::error::Severity::Warning => 1,
            _ => 2,
        };
        if level >= least {
            self.notices.push(notice);
        }
    }
}
