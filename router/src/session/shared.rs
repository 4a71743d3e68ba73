//! The part of a session that functions may ask: settings, sequences, the catalog at hand. Behind small locks that are
//! never held while something is awaited.

use super::settings::Settings;
use crate::error::SqlState;
use crate::seam::SessionCatalog;
use crate::sequence::Sequences;
use datum::context::SessionInfo;
use datum::{Datum, DatumError};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng};
use std::sync::Arc;

/// Microseconds from the Unix epoch to PostgreSQL's (2000-01-01).
pub const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// See the module.
pub struct SessionShared {
    pub pid: i32,
    pub settings: Mutex<Settings>,
    pub sequences: Mutex<Sequences>,
    /// Of the statement that runs.
    pub catalog: Mutex<Arc<SessionCatalog>>,
    pub clock: Arc<txn::Clock>,
    /// After `setseed`.
    pub random: Mutex<Option<rand::rngs::SmallRng>>,
}

impl SessionShared {
    pub fn catalog(&self) -> Arc<SessionCatalog> {
        self.catalog.lock().clone()
    }
    /// Microseconds since 2000-01-01 of a reading of the clock.
    pub fn micros(wall_ns: u64) -> i64 {
        (wall_ns / 1000) as i64 - POSTGRES_EPOCH_MICROS
    }
    fn sequence_name(&self, id: u32) -> String {
        self.catalog().snapshot.sequence(id).map(|s| s.1.name.clone()).unwrap_or_default()
    }
    fn setval(&self, args: &[Datum]) -> Result<Datum, DatumError> {
        let (Some(Datum::Oid(id)), Some(value)) = (args.first(), args.get(1).and_then(Datum::as_i64)) else {
            return Ok(Datum::Null);
        };
        let called = args.get(2).and_then(Datum::as_bool).unwrap_or(true);
        if self.catalog().snapshot.sequence(*id).is_none() {
            return Err(DatumError::UndefinedTable(id.to_string()));
        }
        self.sequences.lock().setval(*id, value, called).map(Datum::Int8)
    }
}

impl SessionInfo for SessionShared {
    fn setting(&self, name: &str) -> Option<String> {
        self.settings.lock().get(name)
    }
    fn current_user(&self) -> String {
        self.catalog().user.to_string()
    }
    fn session_user(&self) -> String {
        self.catalog().session_user.to_string()
    }
    fn current_database(&self) -> String {
        self.catalog().database.to_string()
    }
    fn current_schemas(&self, implicit: bool) -> Vec<String> {
        self.catalog().schemas(implicit)
    }
    fn backend_pid(&self) -> i32 {
        self.pid
    }
    fn nextval(&self, sequence: u32) -> Result<i64, DatumError> {
        self.sequences.lock().nextval(sequence)
    }
    fn currval(&self, sequence: u32) -> Result<i64, DatumError> {
        self.sequences.lock().currval(sequence, &self.sequence_name(sequence))
    }
    fn lastval(&self) -> Result<i64, DatumError> {
        self.sequences.lock().lastval()
    }
    fn reg_in(&self, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError> {
        let catalog = self.catalog();
        catalog.virtuals.reg_in(&catalog, type_oid, text)
    }
    fn reg_out(&self, type_oid: u32, oid: u32) -> Option<String> {
        let catalog = self.catalog();
        catalog.virtuals.reg_out(&catalog, type_oid, oid)
    }
    fn catalog_function(&self, name: &str, args: &[Datum]) -> Result<Datum, DatumError> {
        match name {
            "setval" => self.setval(args),
            _ => {
                let catalog = self.catalog();
                catalog.virtuals.function(&catalog, name, args)
            }
        }
    }
    fn set_config(&self, name: &str, value: Option<&str>, local: bool) -> Result<String, DatumError> {
        let values = value.map(|value| {
            if name.eq_ignore_ascii_case("search_path") {
                super::parameter::split_idents(value)
            } else {
                vec![value.to_owned()]
            }
        });
        let mut settings = self.settings.lock();
        settings.set(name, values.as_deref(), local).map_err(|e| match e.code() {
            SqlState::UNDEFINED_OBJECT => DatumError::UndefinedObject(e.0.message),
            SqlState::FEATURE_NOT_SUPPORTED => DatumError::FeatureNotSupported(e.0.message),
            _ => DatumError::InvalidParameterValue(e.0.message),
        })?;
        Ok(settings.get(name).unwrap_or_default())
    }
    fn set_seed(&self, seed: f64) {
        *self.random.lock() = Some(rand::rngs::SmallRng::seed_from_u64(seed.to_bits()));
    }
    fn random(&self) -> u64 {
        match self.random.lock().as_mut() {
            Some(seeded) => seeded.next_u64(),
            None => rand::random(),
        }
    }
    fn clock_micros(&self) -> i64 {
        SessionShared::micros(self.clock.now().wall_ns)
    }
}
