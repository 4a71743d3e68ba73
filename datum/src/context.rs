//! What evaluation may know of the session. Pure: the caller fills it in before it evaluates.

use crate::DatumError;
use std::sync::Arc;

/// Order of fields when dates print and when ambiguous input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DateOrder {
    #[default]
    Mdy,
    Dmy,
    Ymd,
}
/// How dates print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DateStyle {
    #[default]
    Iso,
    Sql,
    Postgres,
    German,
}
/// How intervals print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IntervalStyle {
    #[default]
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

/// What functions ask of the session and the catalog beyond plain settings (`current_setting`, `nextval`, regclass
/// names, `pg_get_indexdef`, ...). The router implements it over its session and the catalog that it holds in memory.
pub trait SessionInfo: Send + Sync {
    /// The value of a run-time parameter; `None`: unknown.
    fn setting(&self, name: &str) -> Option<String>;
    fn current_user(&self) -> String;
    fn session_user(&self) -> String;
    fn current_database(&self) -> String;
    /// Existing schemas of the search path, in order; with `implicit`, pg_catalog too.
    fn current_schemas(&self, implicit: bool) -> Vec<String>;
    fn backend_pid(&self) -> i32;
    /// # Errors
    /// `SequenceEmpty`: fetch a block and evaluate again; others for the client.
    fn nextval(&self, sequence: u32) -> Result<i64, DatumError>;
    /// # Errors
    /// `ObjectNotInPrerequisiteState` before the first `nextval` in this session.
    fn currval(&self, sequence: u32) -> Result<i64, DatumError>;
    /// # Errors
    /// As `currval`.
    fn lastval(&self) -> Result<i64, DatumError>;
    /// Resolves text to the OID of a reg* type (`type_oid` says which); `Ok(None)` if there is none.
    ///
    /// # Errors
    /// Malformed names.
    fn reg_in(&self, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError>;
    /// Prints the OID of a reg* type; `None`: print the number.
    fn reg_out(&self, type_oid: u32, oid: u32) -> Option<String>;
    /// Answers a catalog function by name (`pg_get_indexdef`, `pg_get_expr`, `pg_table_is_visible`, `has_table_privilege`,
    /// `obj_description`, `pg_get_userbyid`, `pg_relation_size`, ...).
    ///
    /// # Errors
    /// For the client.
    fn catalog_function(&self, name: &str, args: &[crate::Datum]) -> Result<crate::Datum, DatumError>;
    /// Sets a run-time parameter (`set_config`), for the transaction only if `local`; gives the new value as SHOW prints it.
    ///
    /// # Errors
    /// For the client: unknown parameter, bad value, no permission.
    fn set_config(&self, name: &str, value: Option<&str>, local: bool) -> Result<String, DatumError>;
    /// Seeds this session's `random` (`setseed`); within -1..=1.
    fn set_seed(&self, seed: f64);
    /// 64 random bits.
    fn random(&self) -> u64;
    /// Wall time now, microseconds since 2000-01-01 UTC (`clock_timestamp`).
    fn clock_micros(&self) -> i64;
}

/// The session's settings that formats and functions depend on. Cheap to clone.
#[derive(Clone)]
pub struct EvalContext {
    /// Name of the session's time zone, as SHOW prints it.
    pub time_zone: Arc<str>,
    pub date_style: DateStyle,
    pub date_order: DateOrder,
    pub interval_style: IntervalStyle,
    /// `bytea_output = escape`.
    pub bytea_escape: bool,
    pub extra_float_digits: i32,
    /// `now()`: the transaction's start, microseconds since 2000-01-01 UTC.
    pub transaction_micros: i64,
    /// `statement_timestamp()`.
    pub statement_micros: i64,
    /// Absent where nothing may depend on the session (folding of immutable expressions).
    pub session: Option<Arc<dyn SessionInfo>>,
}

impl Default for EvalContext {
    fn default() -> Self {
        EvalContext {
            time_zone: "UTC".into(),
            date_style: DateStyle::Iso,
            date_order: DateOrder::Mdy,
            interval_style: IntervalStyle::Postgres,
            bytea_escape: false,
            extra_float_digits: 1,
            transaction_micros: 0,
            statement_micros: 0,
            session: None,
        }
    }
}
