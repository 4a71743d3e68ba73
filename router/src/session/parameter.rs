//! The table of run-time parameters: PostgreSQL's names, defaults and validation.

use crate::error::{SqlError, SqlResult, SqlState};
use std::borrow::Cow;

/// What values a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Bool,
    /// Inclusive bounds, in the unit.
    Int {
        min: i64,
        max: i64,
        unit: Unit,
    },
    Real {
        min: f64,
        max: f64,
    },
    /// Lower-case names; several may mean the same, the first of a pair is kept.
    Enum(&'static [&'static str]),
    Text,
    /// A list of identifiers.
    Path,
    DateStyle,
    TimeZone,
    Encoding,
    /// Every level is accepted; all run as SERIALIZABLE, and SHOW says so.
    Isolation,
    /// May be shown, not set.
    Fixed,
    /// May be set to its value only: the other is not supported.
    Only,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    None,
    Ms,
    Seconds,
    Kib,
    /// Blocks of 8 KiB.
    Blocks,
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub default: &'static str,
    pub kind: Kind,
    /// Changes are told to the client (ParameterStatus).
    pub reported: bool,
    pub description: &'static str,
}

macro_rules! parameters {
    ($($name:literal = $default:literal, $kind:expr, $reported:literal, $description:literal;)*) => {
        pub static PARAMETERS: &[Parameter] = &[
            $(Parameter { name: $name, default: $default, kind: $kind, reported: $reported, description: $description },)*
        ];
    };
}

const MS: Kind = Kind::Int { min: 0, max: i32::MAX as i64, unit: Unit::Ms };
const SECONDS: Kind = Kind::Int { min: 0, max: i32::MAX as i64, unit: Unit::Seconds };
const KIB: Kind = Kind::Int { min: 0, max: i32::MAX as i64, unit: Unit::Kib };
const BLOCKS: Kind = Kind::Int { min: 0, max: i32::MAX as i64, unit: Unit::Blocks };
const COUNT: Kind = Kind::Int { min: -1, max: i32::MAX as i64, unit: Unit::None };
const COST: Kind = Kind::Real { min: 0.0, max: 1e300 };
const LEVELS: Kind = Kind::Enum(&[
    "debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error", "fatal", "panic",
    "info", "debug",
]);

parameters! {
    "DateStyle" = "ISO, MDY", Kind::DateStyle, true, "Sets the display format for date and time values.";
    "IntervalStyle" = "postgres", Kind::Enum(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]), true, "Sets the display format for interval values.";
    "TimeZone" = "UTC", Kind::TimeZone, true, "Sets the time zone for displaying and interpreting time stamps.";
    "application_name" = "", Kind::Text, true, "Sets the application name to be reported in statistics and logs.";
    "array_nulls" = "on", Kind::Only, false, "Enable input of NULL elements in arrays.";
    "backslash_quote" = "safe_encoding", Kind::Enum(&["safe_encoding", "on", "off"]), false, "Sets whether \"\\'\" is allowed in string literals.";
    "block_size" = "8192", Kind::Fixed, false, "Shows the size of a disk block.";
    "bytea_output" = "hex", Kind::Enum(&["hex", "escape"]), false, "Sets the output format for bytea.";
    "check_function_bodies" = "on", Kind::Bool, false, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.";
    "client_connection_check_interval" = "0", MS, false, "Sets the time interval between checks for disconnection while running queries.";
    "client_encoding" = "UTF8", Kind::Encoding, true, "Sets the client's character set encoding.";
    "client_min_messages" = "notice", LEVELS, false, "Sets the message levels that are sent to the client.";
    "cluster_name" = "", Kind::Fixed, false, "Sets the name of the cluster.";
    "cpu_tuple_cost" = "0.01", COST, false, "Accepted; of no effect.";
    "data_checksums" = "on", Kind::Fixed, false, "Shows whether data checksums are turned on for this cluster.";
    "deadlock_timeout" = "1s", Kind::Fixed, false, "Sets the time to wait on a lock before checking for deadlock.";
    "default_table_access_method" = "heap", Kind::Text, false, "Accepted; of no effect.";
    "default_tablespace" = "", Kind::Text, false, "Accepted; of no effect.";
    "default_text_search_config" = "pg_catalog.simple", Kind::Text, false, "Accepted; of no effect.";
    "default_toast_compression" = "pglz", Kind::Text, false, "Accepted; of no effect.";
    "default_transaction_deferrable" = "off", Kind::Bool, false, "Sets the default deferrable status of new transactions.";
    "default_transaction_isolation" = "serializable", Kind::Isolation, false, "Sets the transaction isolation level of each new transaction.";
    "default_transaction_read_only" = "off", Kind::Bool, true, "Sets the default read-only status of new transactions.";
    "effective_cache_size" = "4GB", BLOCKS, false, "Accepted; of no effect.";
    "enable_bitmapscan" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_hashagg" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_hashjoin" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_indexonlyscan" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_indexscan" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_material" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_mergejoin" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_nestloop" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_parallel_hash" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_partitionwise_aggregate" = "off", Kind::Bool, false, "Accepted; of no effect.";
    "enable_partitionwise_join" = "off", Kind::Bool, false, "Accepted; of no effect.";
    "enable_seqscan" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_sort" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "enable_tidscan" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "escape_string_warning" = "on", Kind::Bool, false, "Warn about backslash escapes in ordinary string literals.";
    "extra_float_digits" = "1", Kind::Int { min: -15, max: 3, unit: Unit::None }, false, "Sets the number of digits displayed for floating-point values.";
    "force_parallel_mode" = "off", Kind::Text, false, "Accepted; of no effect.";
    "from_collapse_limit" = "8", COUNT, false, "Accepted; of no effect.";
    "fsync" = "on", Kind::Fixed, false, "Forces synchronization of updates to disk.";
    "full_page_writes" = "on", Kind::Fixed, false, "Writes full pages to WAL when first modified after a checkpoint.";
    "geqo" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "geqo_threshold" = "12", COUNT, false, "Accepted; of no effect.";
    "gin_pending_list_limit" = "4MB", KIB, false, "Accepted; of no effect.";
    "hash_mem_multiplier" = "2", COST, false, "Accepted; of no effect.";
    "idle_in_transaction_session_timeout" = "0", MS, false, "Sets the maximum allowed idle time between queries, when in a transaction.";
    "idle_session_timeout" = "0", MS, false, "Sets the maximum allowed idle time between queries, when not in a transaction.";
    "in_hot_standby" = "off", Kind::Fixed, true, "Shows whether hot standby is currently active.";
    "integer_datetimes" = "on", Kind::Fixed, true, "Datetimes are integer based.";
    "is_superuser" = "off", Kind::Fixed, true, "Shows whether the current user is a superuser.";
    "jit" = "off", Kind::Bool, false, "Accepted; of no effect.";
    "join_collapse_limit" = "8", COUNT, false, "Accepted; of no effect.";
    "lc_collate" = "C", Kind::Fixed, false, "Shows the collation order locale.";
    "lc_ctype" = "C.UTF-8", Kind::Fixed, false, "Shows the character classification and case conversion locale.";
    "lc_messages" = "C", Kind::Text, false, "Sets the language in which messages are displayed.";
    "lc_monetary" = "C", Kind::Text, false, "Sets the locale for formatting monetary amounts.";
    "lc_numeric" = "C", Kind::Text, false, "Sets the locale for formatting numbers.";
    "lc_time" = "C", Kind::Text, false, "Sets the locale for formatting date and time values.";
    "lo_compat_privileges" = "off", Kind::Bool, false, "Accepted; of no effect.";
    "lock_timeout" = "0", MS, false, "Sets the maximum allowed duration of any wait for a lock.";
    "log_duration" = "off", Kind::Bool, false, "Accepted; of no effect.";
    "log_error_verbosity" = "default", Kind::Text, false, "Accepted; of no effect.";
    "log_min_duration_statement" = "-1", COUNT, false, "Accepted; of no effect.";
    "log_min_messages" = "warning", LEVELS, false, "Accepted; of no effect.";
    "log_statement" = "none", Kind::Text, false, "Accepted; of no effect.";
    "maintenance_work_mem" = "64MB", KIB, false, "Accepted; of no effect.";
    "max_connections" = "100", Kind::Fixed, false, "Sets the maximum number of concurrent connections.";
    "max_function_args" = "100", Kind::Fixed, false, "Shows the maximum number of function arguments.";
    "max_identifier_length" = "63", Kind::Fixed, false, "Shows the maximum identifier length.";
    "max_index_keys" = "32", Kind::Fixed, false, "Shows the maximum number of index keys.";
    "max_parallel_maintenance_workers" = "2", COUNT, false, "Accepted; of no effect.";
    "max_parallel_workers" = "8", COUNT, false, "Accepted; of no effect.";
    "max_parallel_workers_per_gather" = "2", COUNT, false, "Accepted; of no effect.";
    "max_prepared_transactions" = "0", Kind::Fixed, false, "Sets the maximum number of simultaneously prepared transactions.";
    "max_stack_depth" = "2MB", KIB, false, "Accepted; of no effect.";
    "min_parallel_table_scan_size" = "8MB", BLOCKS, false, "Accepted; of no effect.";
    "parallel_setup_cost" = "1000", COST, false, "Accepted; of no effect.";
    "parallel_tuple_cost" = "0.1", COST, false, "Accepted; of no effect.";
    "password_encryption" = "scram-sha-256", Kind::Only, false, "Chooses the algorithm for encrypting passwords.";
    "plan_cache_mode" = "auto", Kind::Enum(&["auto", "force_generic_plan", "force_custom_plan"]), false, "Accepted; of no effect.";
    "quote_all_identifiers" = "off", Kind::Bool, false, "When generating SQL fragments, quote all identifiers.";
    "random_page_cost" = "4", COST, false, "Accepted; of no effect.";
    "role" = "none", Kind::Text, false, "Sets the current role.";
    "row_security" = "on", Kind::Bool, false, "Enable row security.";
    "search_path" = "\"$user\", public", Kind::Path, false, "Sets the schema search order for names that are not schema-qualified.";
    "seq_page_cost" = "1", COST, false, "Accepted; of no effect.";
    "server_encoding" = "UTF8", Kind::Fixed, true, "Shows the server (database) character set encoding.";
    "server_version" = "15.8", Kind::Fixed, true, "Shows the server version.";
    "server_version_num" = "150008", Kind::Fixed, false, "Shows the server version as an integer.";
    "session_authorization" = "", Kind::Fixed, true, "Sets the session user name.";
    "session_replication_role" = "origin", Kind::Only, false, "Sets the session's behavior for triggers and rewrite rules.";
    "shared_buffers" = "128MB", Kind::Fixed, false, "Sets the number of shared memory buffers used by the server.";
    "ssl" = "on", Kind::Fixed, false, "Enables SSL connections.";
    "standard_conforming_strings" = "on", Kind::Only, true, "Causes '...' strings to treat backslashes literally.";
    "statement_timeout" = "0", MS, false, "Sets the maximum allowed duration of any statement.";
    "superuser_reserved_connections" = "0", Kind::Fixed, false, "Sets the number of connection slots reserved for superusers.";
    "synchronize_seqscans" = "on", Kind::Bool, false, "Accepted; of no effect.";
    "synchronous_commit" = "on", Kind::Enum(&["on", "local", "remote_write", "remote_apply", "off"]), false, "Every commit is durable on a quorum, whatever this says.";
    "tcp_keepalives_count" = "0", COUNT, false, "Accepted; of no effect.";
    "tcp_keepalives_idle" = "0", SECONDS, false, "Accepted; of no effect.";
    "tcp_keepalives_interval" = "0", SECONDS, false, "Accepted; of no effect.";
    "temp_buffers" = "8MB", BLOCKS, false, "Accepted; of no effect.";
    "temp_tablespaces" = "", Kind::Text, false, "Accepted; of no effect.";
    "transaction_deferrable" = "off", Kind::Bool, false, "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.";
    "transaction_isolation" = "serializable", Kind::Isolation, false, "Sets the current transaction's isolation level.";
    "transaction_read_only" = "off", Kind::Bool, false, "Sets the current transaction's read-only status.";
    "transform_null_equals" = "off", Kind::Only, false, "Treats \"expr=NULL\" as \"expr IS NULL\".";
    "vacuum_cost_delay" = "0", MS, false, "Accepted; of no effect.";
    "wal_level" = "replica", Kind::Fixed, false, "Sets the level of information written to the WAL.";
    "work_mem" = "4MB", KIB, false, "Accepted; of no effect.";
    "xmlbinary" = "base64", Kind::Text, false, "Accepted; of no effect.";
    "xmloption" = "content", Kind::Text, false, "Accepted; of no effect.";
}

/// Finds a parameter by its name in any case.
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|p| p.name.eq_ignore_ascii_case(name))
}

fn invalid(p: &Parameter, value: &str) -> SqlError {
    SqlError::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("invalid value for parameter \"{}\": \"{value}\"", p.name),
    )
}

pub fn parse_bool(text: &str) -> Option<bool> {
    let t = text.trim().to_ascii_lowercase();
    // Any unambiguous prefix, as PostgreSQL's parse_bool.
    match t.as_str() {
        "1" => Some(true),
        "0" => Some(false),
        "on" => Some(true),
        "of" | "off" => Some(false),
        _ if !t.is_empty() && ("true".starts_with(&t) || "yes".starts_with(&t)) => Some(true),
        _ if !t.is_empty() && ("false".starts_with(&t) || "no".starts_with(&t)) => Some(false),
        _ => None,
    }
}

/// A number with an optional unit, in the parameter's unit.
fn parse_int(text: &str, unit: Unit) -> Option<i64> {
    let t = text.trim();
    let split = t.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(t.len());
    let number: f64 = t[..split].trim().parse().ok()?;
    let suffix = &t[split..];
    let factor = match (unit, suffix) {
        (_, "") => 1.0,
        (Unit::Ms, "us") => 0.001,
        (Unit::Ms, "ms") => 1.0,
        (Unit::Ms, "s") => 1e3,
        (Unit::Ms, "min") => 6e4,
        (Unit::Ms, "h") => 36e5,
        (Unit::Ms, "d") => 864e5,
        (Unit::Seconds, "ms") => 0.001,
        (Unit::Seconds, "s") => 1.0,
        (Unit::Seconds, "min") => 60.0,
        (Unit::Seconds, "h") => 3600.0,
        (Unit::Seconds, "d") => 86_400.0,
        (Unit::Kib, "B") => 1.0 / 1024.0,
        (Unit::Kib, "kB") => 1.0,
        (Unit::Kib, "MB") => 1024.0,
        (Unit::Kib, "GB") => 1024.0 * 1024.0,
        (Unit::Kib, "TB") => 1024.0 * 1024.0 * 1024.0,
        (Unit::Blocks, "kB") => 1.0 / 8.0,
        (Unit::Blocks, "MB") => 128.0,
        (Unit::Blocks, "GB") => 128.0 * 1024.0,
        (Unit::Blocks, "TB") => 128.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let value = (number * factor).round();
    (value.abs() < 9e15).then_some(value as i64)
}

/// As SHOW prints it: in the greatest unit that divides it.
fn show_int(value: i64, unit: Unit) -> String {
    let units: &[(i64, &str)] = match unit {
        Unit::None => return value.to_string(),
        Unit::Ms => &[(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")],
        Unit::Seconds => &[(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")],
        Unit::Kib => &[(1 << 30, "TB"), (1 << 20, "GB"), (1 << 10, "MB"), (1, "kB")],
        Unit::Blocks => &[(1 << 27, "TB"), (1 << 17, "GB"), (1 << 7, "MB")],
    };
    if value <= 0 {
        return value.to_string();
    }
    match units.iter().find(|(n, _)| value % n == 0) {
        Some((n, name)) => format!("{}{name}", value / n),
        None => format!("{}kB", value * 8),
    }
}

/// The number that a checked value of an integer parameter stands for.
pub fn int_value(p: &Parameter, text: &str) -> i64 {
    match p.kind {
        Kind::Int { unit, .. } => parse_int(text, unit).unwrap_or(0),
        _ => 0,
    }
}

impl Parameter {
    /// Checks a value and gives it as SHOW prints it.
    ///
    /// # Errors
    /// 22023, 55P02 or 0A000, for the client.
    pub fn check(&self, values: &[String], current: &str) -> SqlResult<String> {
        let one = || -> SqlResult<&str> {
            match values {
                [v] => Ok(v.as_str()),
                _ => Err(SqlError::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("SET {} takes only one argument", self.name),
                )),
            }
        };
        match self.kind {
            Kind::Fixed => Err(SqlError::new(
                SqlState::CANT_CHANGE_RUNTIME_PARAM,
                format!("parameter \"{}\" cannot be changed", self.name),
            )),
            Kind::Only => {
                let v = one()?;
                let same = match (parse_bool(v), parse_bool(self.default)) {
                    (Some(a), Some(b)) => a == b,
                    _ => v.eq_ignore_ascii_case(self.default),
                };
                if same {
                    Ok(self.default.to_owned())
                } else {
                    Err(SqlError::unsupported(format!("{} = {v} is not supported", self.name)))
                }
            }
            Kind::Bool => match parse_bool(one()?) {
                Some(b) => Ok(if b { "on" } else { "off" }.to_owned()),
                None => Err(SqlError::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("parameter \"{}\" requires a Boolean value", self.name),
                )),
            },
            Kind::Int { min, max, unit } => {
                let v = one()?;
                let n = parse_int(v, unit).ok_or_else(|| invalid(self, v))?;
                if n < min || n > max {
                    return Err(SqlError::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!(
                            "{n} is outside the valid range for parameter \"{}\" ({min} .. {max})",
                            self.name
                        ),
                    ));
                }
                Ok(show_int(n, unit))
            }
            Kind::Real { min, max } => {
                let v = one()?;
                let n: f64 = v.trim().parse().map_err(|_| invalid(self, v))?;
                if !(min..=max).contains(&n) {
                    return Err(SqlError::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!(
                            "{n} is outside the valid range for parameter \"{}\" ({min} .. {max})",
                            self.name
                        ),
                    ));
                }
                Ok(n.to_string())
            }
            Kind::Enum(names) => {
                let v = one()?.trim().to_ascii_lowercase();
                if names.contains(&v.as_str()) {
                    return Ok(v);
                }
                Err(invalid(self, &v).with_hint(format!("Available values: {}.", names.join(", "))))
            }
            Kind::Text => Ok(values.join(", ")),
            Kind::Path => Ok(values.iter().map(|v| quote_ident(v)).collect::<Vec<_>>().join(", ")),
            Kind::Encoding => {
                let v = one()?;
                let plain: String =
                    v.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
                match plain.as_str() {
                    "utf8" | "unicode" => Ok("UTF8".to_owned()),
                    _ => Err(SqlError::unsupported(format!(
                        "client encoding \"{v}\" is not supported, only UTF8 is"
                    ))),
                }
            }
            Kind::Isolation => match one()?.trim().to_ascii_lowercase().as_str() {
                "serializable" | "repeatable read" | "read committed" | "read uncommitted" => {
                    Ok("serializable".to_owned())
                }
                other => Err(invalid(self, other).with_hint(
                    "Available values: serializable, repeatable read, read committed, read uncommitted.",
                )),
            },
            Kind::DateStyle => date_style(values, current).ok_or_else(|| invalid(self, &values.join(", "))),
            Kind::TimeZone => {
                let v = one()?;
                time_zone(v).ok_or_else(|| invalid(self, v))
            }
        }
    }
}

/// A zone's name as SHOW prints it; a number is hours (or an interval's text) east of Greenwich.
fn time_zone(text: &str) -> Option<String> {
    let t = text.trim();
    if t.eq_ignore_ascii_case("local") || t.eq_ignore_ascii_case("default") || t.eq_ignore_ascii_case("utc") {
        return Some("UTC".to_owned());
    }
    if let Ok(hours) = t.parse::<f64>() {
        if hours.abs() > 15.0 {
            return None;
        }
        let minutes = (hours * 60.0).round() as i64;
        let sign = |m: i64| if m < 0 { '-' } else { '+' };
        let (h, m) = (minutes.abs() / 60, minutes.abs() % 60);
        let digits = if m == 0 { format!("{h:02}") } else { format!("{h:02}:{m:02}") };
        return Some(format!("<{}{digits}>{}{digits}", sign(minutes), sign(-minutes)));
    }
    datum::datetime::Zone::by_name(t).map(|_| t.to_owned())
}

/// `ISO, MDY` and its kin: a style, an order, or both; what is missing stays (or follows from the style).
fn date_style(values: &[String], current: &str) -> Option<String> {
    let (mut style, mut order) = match current.split_once(", ") {
        Some((s, o)) => (s.to_owned(), o.to_owned()),
        None => ("ISO".to_owned(), "MDY".to_owned()),
    };
    let mut order_given = false;
    for item in values.iter().flat_map(|v| v.split(',')).map(|v| v.trim().to_ascii_lowercase()) {
        match item.as_str() {
            "iso" => style = "ISO".into(),
            "sql" => style = "SQL".into(),
            "german" => {
                style = "German".into();
                if !order_given {
                    order = "DMY".into();
                }
            }
            "default" => (style, order) = ("ISO".into(), "MDY".into()),
            s if s.starts_with("postgres") => style = "Postgres".into(),
            "ymd" => (order, order_given) = ("YMD".into(), true),
            s if s == "dmy" || s.starts_with("euro") => (order, order_given) = ("DMY".into(), true),
            s if s == "mdy" || s == "us" || s.starts_with("noneuro") => {
                (order, order_given) = ("MDY".into(), true)
            }
            _ => return None,
        }
    }
    Some(format!("{style}, {order}"))
}

/// Quotes an identifier if it needs it.
pub fn quote_ident(name: &str) -> Cow<'_, str> {
    let plain = name
        .chars()
        .enumerate()
        .all(|(i, c)| c == '_' || c.is_ascii_lowercase() || (i > 0 && (c.is_ascii_digit() || c == '$')));
    if plain && !name.is_empty() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

/// Splits a list of identifiers, as in search_path.
pub fn split_idents(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
        let Some(first) = chars.peek().copied() else { break };
        let mut name = String::new();
        if first == '"' {
            chars.next();
            while let Some(c) = chars.next() {
                if c == '"' && chars.next_if_eq(&'"').is_none() {
                    break;
                }
                name.push(c);
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',' && !c.is_whitespace()) {
                name.extend(c.to_lowercase());
            }
        }
        out.push(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str) -> Result<String, &'static str> {
        let p = find(name).unwrap();
        p.check(&[value.to_owned()], p.default).map_err(|e| e.code().0)
    }

    #[test]
    fn values_are_shown_as_postgres_shows_them() {
        assert_eq!(check("statement_timeout", "5000").unwrap(), "5s");
        assert_eq!(check("statement_timeout", "1500").unwrap(), "1500ms");
        assert_eq!(check("lock_timeout", "2min").unwrap(), "2min");
        assert_eq!(check("work_mem", "8192").unwrap(), "8MB");
        assert_eq!(check("jit", "ye").unwrap(), "on");
        assert_eq!(check("default_transaction_isolation", "READ COMMITTED").unwrap(), "serializable");
        assert_eq!(check("datestyle", "German").unwrap(), "German, DMY");
        assert_eq!(check("datestyle", "sql, dmy").unwrap(), "SQL, DMY");
    }

    #[test]
    fn bad_values_have_their_codes() {
        assert_eq!(check("statement_timeout", "-1"), Err("22023"));
        assert_eq!(check("statement_timeout", "5 parsecs"), Err("22023"));
        assert_eq!(check("extra_float_digits", "4"), Err("22023"));
        assert_eq!(check("server_version", "16"), Err("55P02"));
        assert_eq!(check("client_encoding", "LATIN1"), Err("0A000"));
        assert_eq!(check("standard_conforming_strings", "off"), Err("0A000"));
    }

    #[test]
    fn every_default_is_a_valid_value_shown_as_it_stands() {
        for p in PARAMETERS.iter().filter(|p| !matches!(p.kind, Kind::Fixed | Kind::Path)) {
            assert_eq!(p.check(&[p.default.to_owned()], p.default).unwrap(), p.default, "{}", p.name);
        }
    }

    #[test]
    fn a_path_is_split_by_postgres_quoting() {
        assert_eq!(split_idents("\"$user\", Public,\"a\"\"b\""), ["$user", "public", "a\"b"]);
    }
}
