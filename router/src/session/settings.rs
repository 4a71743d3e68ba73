//! A session's settings: SET, SET LOCAL, RESET, with the scope of transactions and savepoints.
//!
//! Two layers over the defaults: `session` lives on after commit, `local` until the end of the transaction. Both are
//! shared maps, so that a savepoint keeps a copy for the price of two counters.

use super::parameter::{self, Kind, PARAMETERS, Parameter};
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::SettingRow;
use datum::context::{DateOrder, DateStyle, IntervalStyle};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

type Layer = Arc<BTreeMap<String, String>>;

/// What statements need of the settings, ready to use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derived {
    /// `None`: no limit.
    pub statement_timeout: Option<Duration>,
    pub lock_timeout: Option<Duration>,
    pub idle_in_transaction_timeout: Option<Duration>,
    pub idle_session_timeout: Option<Duration>,
    pub time_zone: Arc<str>,
    pub date_style: DateStyle,
    pub date_order: DateOrder,
    pub interval_style: IntervalStyle,
    pub bytea_escape: bool,
    pub extra_float_digits: i32,
    pub default_read_only: bool,
    /// Least severity of messages that go to the client: 0 all, 1 warnings, 2 errors only.
    pub min_messages: u8,
}

/// See the module.
pub struct Settings {
    session: Layer,
    local: Layer,
    /// What RESET goes back to: given at start-up.
    reset: Layer,
    at_begin: Option<Layer>,
    savepoints: Vec<(Layer, Layer)>,
    derived: Derived,
    /// Names of reported parameters that changed since the client was last told.
    changed: Vec<&'static str>,
    /// Grows with each change that may make a cached plan wrong.
    version: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings::new()
    }
}

impl Settings {
    pub fn new() -> Settings {
        let empty = Layer::default();
        let mut out = Settings {
            session: empty.clone(),
            local: empty.clone(),
            reset: empty,
            at_begin: None,
            savepoints: Vec::new(),
            derived: Derived::default(),
            changed: Vec::new(),
            version: 0,
        };
        out.derive();
        out
    }
    /// Sets a value that the server decides itself (`is_superuser`), or a start-up option; RESET keeps it.
    pub fn set_initial(&mut self, name: &str, value: String) {
        Arc::make_mut(&mut self.reset).insert(name.to_ascii_lowercase(), value);
        self.refresh(name);
    }
    /// A start-up option from the client.
    ///
    /// # Errors
    /// As `set`.
    pub fn set_startup(&mut self, name: &str, value: &str) -> SqlResult<()> {
        let value = match parameter::find(name) {
            Some(p) if matches!(p.kind, Kind::Path) => {
                p.check(&parameter::split_idents(value), self.value_of(p))?
            }
            Some(p) => p.check(&[value.to_owned()], self.value_of(p))?,
            None if name.contains('.') => value.to_owned(),
            None => return Err(unknown(name)),
        };
        self.set_initial(name, value);
        Ok(())
    }
    fn lookup(&self, key: &str) -> Option<&String> {
        self.local.get(key).or_else(|| self.session.get(key)).or_else(|| self.reset.get(key))
    }
    fn value_of(&self, p: &Parameter) -> &str {
        self.lookup(&p.name.to_ascii_lowercase()).map_or(p.default, String::as_str)
    }
    /// The value as SHOW prints it; `None`: no such parameter.
    pub fn get(&self, name: &str) -> Option<String> {
        match parameter::find(name) {
            Some(p) => Some(self.value_of(p).to_owned()),
            None => self.lookup(&name.to_ascii_lowercase()).cloned(),
        }
    }
    pub fn derived(&self) -> &Derived {
        &self.derived
    }
    pub fn version(&self) -> u64 {
        self.version
    }
    pub fn search_path(&self) -> Vec<String> {
        parameter::split_idents(&self.get("search_path").unwrap_or_default())
    }
    /// SET [LOCAL] name = values; `None`: DEFAULT.
    ///
    /// # Errors
    /// 42704 for an unknown name; the value's own.
    pub fn set(&mut self, name: &str, values: Option<&[String]>, local: bool) -> SqlResult<()> {
        let key = name.to_ascii_lowercase();
        let value = match (parameter::find(name), values) {
            (Some(p), Some(v)) => Some(p.check(v, self.value_of(p))?),
            (Some(p), None) => {
                if matches!(p.kind, Kind::Fixed) {
                    return Err(SqlError::new(
                        SqlState::CANT_CHANGE_RUNTIME_PARAM,
                        format!("parameter \"{}\" cannot be changed", p.name),
                    ));
                }
                Some(self.reset.get(&key).cloned().unwrap_or_else(|| p.default.to_owned()))
            }
            // A name with a dot is a placeholder of the application's own.
            (None, v) if name.contains('.') => v.map(|v| v.join(", ")),
            (None, _) => return Err(unknown(name)),
        };
        self.set_checked(&key, value, local);
        Ok(())
    }
    /// Sets a value that was checked elsewhere, or removes it.
    pub fn set_checked(&mut self, key: &str, value: Option<String>, local: bool) {
        if self.at_begin.is_none() {
            self.at_begin = Some(self.session.clone());
        }
        if local {
            Arc::make_mut(&mut self.local).insert(key.to_owned(), value.unwrap_or_default());
        } else {
            Arc::make_mut(&mut self.local).remove(key);
            let session = Arc::make_mut(&mut self.session);
            match value {
                Some(v) => session.insert(key.to_owned(), v),
                None => session.remove(key),
            };
        }
        self.refresh(key);
    }
    /// RESET ALL.
    pub fn reset_all(&mut self) {
        if self.at_begin.is_none() {
            self.at_begin = Some(self.session.clone());
        }
        // The transaction's own characteristics stay.
        let keep = |l: &Layer| -> Layer {
            Arc::new(
                l.iter()
                    .filter(|(k, _)| k.starts_with("transaction_"))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            )
        };
        (self.session, self.local) = (keep(&self.session), keep(&self.local));
        self.refresh_all();
    }
    /// The transaction ends.
    pub fn end_transaction(&mut self, committed: bool) {
        self.savepoints.clear();
        let begin = self.at_begin.take();
        let had_local = !self.local.is_empty();
        self.local = Layer::default();
        if let (Some(begin), false) = (&begin, committed) {
            self.session = begin.clone();
        }
        if had_local || (begin.is_some() && !committed) {
            self.refresh_all();
        }
    }
    pub fn push_savepoint(&mut self) {
        self.savepoints.push((self.session.clone(), self.local.clone()));
    }
    /// Keeps the first `depth` savepoints; RELEASE.
    pub fn release_savepoints(&mut self, depth: usize) {
        self.savepoints.truncate(depth);
    }
    /// ROLLBACK TO the savepoint at `depth` (counted from 0), which stays.
    pub fn rollback_to_savepoint(&mut self, depth: usize) {
        if let Some((session, local)) = self.savepoints.get(depth).cloned() {
            self.savepoints.truncate(depth + 1);
            (self.session, self.local) = (session, local);
            self.refresh_all();
        }
    }
    /// Reported parameters that changed, with their values; forgets them.
    pub fn take_changed(&mut self) -> Vec<(&'static str, String)> {
        let names = std::mem::take(&mut self.changed);
        names.into_iter().map(|n| (n, self.get(n).unwrap_or_default())).collect()
    }
    /// All that a client is told at start.
    pub fn reported(&self) -> Vec<(&'static str, String)> {
        PARAMETERS.iter().filter(|p| p.reported).map(|p| (p.name, self.value_of(p).to_owned())).collect()
    }
    pub fn rows(&self) -> Vec<SettingRow> {
        PARAMETERS
            .iter()
            .map(|p| SettingRow {
                name: p.name,
                value: self.value_of(p).to_owned(),
                reset_value: self
                    .reset
                    .get(&p.name.to_ascii_lowercase())
                    .map_or(p.default, String::as_str)
                    .to_owned(),
                description: p.description,
                unit: match p.kind {
                    Kind::Int { unit: parameter::Unit::Ms, .. } => Some("ms"),
                    Kind::Int { unit: parameter::Unit::Seconds, .. } => Some("s"),
                    Kind::Int { unit: parameter::Unit::Kib, .. } => Some("kB"),
                    Kind::Int { unit: parameter::Unit::Blocks, .. } => Some("8kB"),
                    _ => None,
                },
            })
            .collect()
    }
    fn refresh(&mut self, name: &str) {
        self.version += 1;
        if let Some(p) = parameter::find(name).filter(|p| p.reported && !self.changed.contains(&p.name)) {
            self.changed.push(p.name);
        }
        self.derive();
    }
    fn refresh_all(&mut self) {
        self.version += 1;
        self.changed = PARAMETERS
            .iter()
            .filter(|p| p.reported && !matches!(p.kind, Kind::Fixed | Kind::Only))
            .map(|p| p.name)
            .collect();
        self.derive();
    }
    fn derive(&mut self) {
        let get = |name: &str| self.get(name).unwrap_or_default();
        let int = |name: &str| parameter::find(name).map_or(0, |p| parameter::int_value(p, self.value_of(p)));
        let timeout = |name: &str| match int(name) {
            0 => None,
            ms => Some(Duration::from_millis(ms.unsigned_abs())),
        };
        let style = get("datestyle");
        self.derived = Derived {
            statement_timeout: timeout("statement_timeout"),
            lock_timeout: timeout("lock_timeout"),
            idle_in_transaction_timeout: timeout("idle_in_transaction_session_timeout"),
            idle_session_timeout: timeout("idle_session_timeout"),
            time_zone: get("timezone").into(),
            date_style: match style.split(',').next().unwrap_or_default() {
                "SQL" => DateStyle::Sql,
                "Postgres" => DateStyle::Postgres,
                "German" => DateStyle::German,
                _ => DateStyle::Iso,
            },
            date_order: match style.rsplit(' ').next().unwrap_or_default() {
                "DMY" => DateOrder::Dmy,
                "YMD" => DateOrder::Ymd,
                _ => DateOrder::Mdy,
            },
            interval_style: match get("intervalstyle").as_str() {
                "postgres_verbose" => IntervalStyle::PostgresVerbose,
                "sql_standard" => IntervalStyle::SqlStandard,
                "iso_8601" => IntervalStyle::Iso8601,
                _ => IntervalStyle::Postgres,
            },
            bytea_escape: get("bytea_output") == "escape",
            extra_float_digits: i32::try_from(int("extra_float_digits")).unwrap_or(1),
            default_read_only: get("default_transaction_read_only") == "on",
            min_messages: match get("client_min_messages").as_str() {
                "error" | "fatal" | "panic" => 2,
                "warning" => 1,
                _ => 0,
            },
        };
    }
}

fn unknown(name: &str) -> SqlError {
    SqlError::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(s: &str) -> Vec<String> {
        vec![s.to_owned()]
    }

    #[test]
    fn set_is_undone_by_rollback_and_kept_by_commit() {
        let mut s = Settings::new();
        s.set("timezone", Some(&v("UTC")), false).unwrap();
        s.end_transaction(true);
        s.set("statement_timeout", Some(&v("7s")), false).unwrap();
        assert_eq!(s.derived().statement_timeout, Some(Duration::from_secs(7)));
        s.end_transaction(false);
        assert_eq!(s.get("STATEMENT_TIMEOUT").unwrap(), "0");
        assert_eq!(s.derived().statement_timeout, None);
    }

    #[test]
    fn set_local_ends_with_the_transaction_either_way() {
        let mut s = Settings::new();
        s.set("search_path", Some(&v("a")), true).unwrap();
        assert_eq!(s.search_path(), ["a"]);
        s.end_transaction(true);
        assert_eq!(s.search_path(), ["$user", "public"]);
    }

    #[test]
    fn rollback_to_a_savepoint_restores_its_settings() {
        let mut s = Settings::new();
        s.set("jit", Some(&v("on")), false).unwrap();
        s.push_savepoint();
        s.set("jit", Some(&v("off")), false).unwrap();
        s.push_savepoint();
        s.set("jit", Some(&v("on")), true).unwrap();
        s.rollback_to_savepoint(1);
        assert_eq!(s.get("jit").unwrap(), "off");
        s.rollback_to_savepoint(0);
        assert_eq!(s.get("jit").unwrap(), "on");
        s.end_transaction(true);
        assert_eq!(s.get("jit").unwrap(), "on");
    }

    #[test]
    fn the_client_is_told_of_reported_changes_only() {
        let mut s = Settings::new();
        s.set("application_name", Some(&v("x")), false).unwrap();
        s.set("jit", Some(&v("on")), false).unwrap();
        assert_eq!(s.take_changed(), [("application_name", "x".to_owned())]);
        assert!(s.take_changed().is_empty());
    }

    #[test]
    fn names_with_a_dot_are_the_applications_own() {
        let mut s = Settings::new();
        s.set("my.flag", Some(&v("1")), false).unwrap();
        assert_eq!(s.get("my.flag").unwrap(), "1");
        assert_eq!(s.set("nothing", Some(&v("1")), false).unwrap_err().code(), SqlState::UNDEFINED_OBJECT);
    }
}
