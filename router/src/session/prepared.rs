//! Prepared statements, portals and the session's plans.

use super::source::Source;
use crate::compiled::Compiled;
use crate::error::SqlResult;
use crate::seam::SessionCatalog;
use crate::wire::backend::Field;
use crate::wire::row::RowWriter;
use datum::{Datum, SqlType};
use parking_lot::Mutex;
use planner::parse::Statement;
use planner::plan::{Column, PlanKind};
use std::collections::HashMap;
use std::sync::Arc;

/// Statements that one session keeps planned by their text.
const PLANS_MAX: usize = 512;
/// Longest text that is kept.
const PLAN_TEXT_BYTES_MAX: usize = 16 << 10;

/// What a plan depends on besides its text and descriptors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlanKey {
    pub catalog_version: u64,
    /// Grows with each change of settings (search path, date style) and role.
    pub settings_version: u64,
    pub user_id: u32,
}

/// A parsed statement, with its plan once it was planned.
pub struct Prepared {
    pub statement: Arc<Statement>,
    /// As declared by Parse or PREPARE; `None`: to be inferred.
    pub declared: Vec<Option<SqlType>>,
    planned: Mutex<Option<(PlanKey, Arc<Compiled>)>>,
}

impl Prepared {
    pub fn new(statement: Arc<Statement>, declared: Vec<Option<SqlType>>) -> Arc<Prepared> {
        Arc::new(Prepared { statement, declared, planned: Mutex::new(None) })
    }
    /// The plan for this state of the session; made anew if the one at hand is stale. `key` absent: over uncommitted
    /// changes, not kept. Says whether it was at hand.
    ///
    /// # Errors
    /// For the client.
    pub fn plan(&self, key: Option<PlanKey>, catalog: &SessionCatalog) -> SqlResult<(Arc<Compiled>, bool)> {
        if let (Some(key), Some((have, compiled))) = (key, self.planned.lock().as_ref()) {
            if *have == key {
                return Ok((compiled.clone(), true));
            }
        }
        let plan = super::planning::plan(&self.statement, &self.declared, catalog)?;
        let fields = match &plan.kind {
            PlanKind::Session(command) => super::control::command_fields(command),
            _ => fields(&plan.columns),
        };
        let compiled = Arc::new(Compiled::new(Arc::new(plan), fields)?);
        if let Some(key) = key {
            *self.planned.lock() = Some((key, compiled.clone()));
        }
        Ok((compiled, false))
    }
}

/// Plans by text, for clients that send the same text again and again.
#[derive(Default)]
pub struct PlanCache {
    by_text: HashMap<(Arc<str>, Vec<u32>), Arc<Prepared>>,
}

impl PlanCache {
    pub fn get(&self, text: &str, oids: &[u32]) -> Option<Arc<Prepared>> {
        // The key type needs an owned text only to insert.
        self.by_text.get(&(Arc::from(text), oids.to_vec())).cloned()
    }
    pub fn put(&mut self, text: &str, oids: &[u32], prepared: Arc<Prepared>) {
        if text.len() > PLAN_TEXT_BYTES_MAX {
            return;
        }
        if self.by_text.len() >= PLANS_MAX {
            self.by_text.clear();
        }
        self.by_text.insert((Arc::from(text), oids.to_vec()), prepared);
    }
    pub fn clear(&mut self) {
        self.by_text.clear();
    }
}

/// A bound statement.
pub struct Portal {
    pub prepared: Arc<Prepared>,
    pub params: Arc<[Datum]>,
    pub formats: Vec<i16>,
    pub state: PortalState,
}

pub enum PortalState {
    Ready,
    /// Some rows were given out.
    Suspended(Box<Suspended>),
    Done,
}

/// The rest of a portal's rows.
pub struct Suspended {
    pub source: Source,
    pub writer: RowWriter,
    /// Rows of the last batch that were not wanted yet, in reverse.
    pub left: Vec<Vec<Datum>>,
    pub count: u64,
    pub verb: Verb,
}

/// What the tag of a statement that returns rows begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Select,
    Fixed(String),
}

impl Verb {
    pub fn tag(&self, count: u64) -> String {
        match self {
            Verb::Select => format!("SELECT {count}"),
            Verb::Fixed(tag) => tag.clone(),
        }
    }
}

/// As RowDescription shows the columns of a plan.
fn fields(columns: &[Column]) -> Vec<Field> {
    columns
        .iter()
        .map(|c| Field {
            name: c.name.to_string(),
            table_oid: c.source.map_or(0, |s| s.0),
            column_id: c.source.map_or(0, |s| s.1 as u16),
            ty: c.ty,
        })
        .collect()
}
