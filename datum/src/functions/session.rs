//! Session and system information functions (manual 9.17 sequences, 9.26, 9.27): what psql and drivers ask.
//!
//! What needs the catalog goes to `SessionInfo::catalog_function` by name, with its arguments; what would need a feature
//! that Meridian does not have is refused by name.

use super::args::{Oid, eval, get, pure, session};
use super::output::output;
use super::{f, fs, fv, ns, nv, optional};
use crate::function::Function;
use crate::{Datum, DatumError, EvalContext, Numeric, SqlType, TypeId as T};

/// What `version()` says; clients look for the number behind `PostgreSQL`.
pub const SERVER_VERSION: &str = "15.8";

fn version() -> String {
    format!("PostgreSQL {SERVER_VERSION} (Meridian {})", env!("CARGO_PKG_VERSION"))
}

/// Hands the call to the session.
macro_rules! catalog {
    ($name:literal) => {
        |ctx: &EvalContext, args: &[Datum]| session(ctx)?.catalog_function($name, args)
    };
}
macro_rules! refused {
    ($name:literal) => {
        |_: &EvalContext, _: &[Datum]| {
            Err(DatumError::FeatureNotSupported(concat!("function ", $name, " is not supported").into()))
        }
    };
}
/// Resolves a name to a reg* value; NULL where there is none.
macro_rules! to_reg {
    ($type:ident) => {
        eval!(ctx, |name: &str| Ok::<_, DatumError>(session(ctx)?.reg_in(T::$type.0, name)?.map(Oid)))
    };
}

fn encoding_name(number: i32) -> &'static str {
    match number {
        0 => "SQL_ASCII",
        6 => "UTF8",
        8 => "LATIN1",
        _ => "",
    }
}
fn encoding_number(name: &str) -> i32 {
    match name.to_ascii_uppercase().replace(['-', '_'], "").as_str() {
        "SQLASCII" => 0,
        "UTF8" | "UNICODE" => 6,
        "LATIN1" | "ISO88591" => 8,
        _ => -1,
    }
}
fn current_setting(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let name: &str = get(args, 0)?;
    let missing_ok = args.len() > 1 && get(args, 1)?;
    match session(ctx)?.setting(name) {
        Some(value) => Ok(Datum::text(value)),
        None if missing_ok => Ok(Datum::Null),
        None => Err(DatumError::UndefinedObject(format!("unrecognized configuration parameter \"{name}\""))),
    }
}
fn set_config(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let name: &str = get::<Option<&str>>(args, 0)?
        .ok_or_else(|| DatumError::NullValueNotAllowed("SET requires parameter name".into()))?;
    let local = get::<Option<bool>>(args, 2)?.unwrap_or(false);
    session(ctx)?.set_config(name, get(args, 1)?, local).map(Datum::text)
}
fn current_schemas(ctx: &EvalContext, implicit: bool) -> Result<Datum, DatumError> {
    let schemas = session(ctx)?.current_schemas(implicit);
    Ok(Datum::array(T::NAME, schemas.into_iter().map(Datum::text).collect()))
}
fn format_type(_: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(oid) = get::<Option<Oid>>(args, 0)? else { return Ok(Datum::Null) };
    let typmod: Option<i32> = get(args, 1)?;
    let ty = T(oid.0);
    Ok(Datum::text(match typmod {
        _ if oid.0 == 0 => "-".to_string(),
        // Without a modifier at all, char(n) shows as the SQL name.
        None if ty == T::BPCHAR => "character".to_string(),
        modifier => SqlType::new(ty, modifier.unwrap_or(-1)).to_string(),
    }))
}

const UNITS: [(&str, u32); 6] = [("bytes", 0), ("kB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("PB", 50)];
/// Above this many of a unit the next larger one is used.
const BYTES_SHOWN: i128 = 10 * 1024;
const HALF_UNITS_SHOWN: i128 = 20 * 1024 - 1;

fn size_pretty(bytes: i128) -> String {
    if bytes.abs() < BYTES_SHOWN {
        return format!("{bytes} bytes");
    }
    // Sizes are kept in halves of the unit, for rounding.
    let mut halves = bytes / 512;
    for (i, (name, _)) in UNITS.iter().enumerate().skip(1) {
        if halves.abs() < HALF_UNITS_SHOWN || i + 1 == UNITS.len() {
            return format!("{} {name}", (halves + halves.signum()) / 2);
        }
        halves /= 1024;
    }
    unreachable!("the last unit takes every size")
}
fn size_pretty_numeric(ctx: &EvalContext, size: &Numeric) -> Result<String, DatumError> {
    let limit = Numeric::new(10 * 1024, 0);
    if !size.is_finite() || size.abs() < limit {
        return Ok(format!("{} bytes", output(ctx, &Datum::Numeric(size.clone()))));
    }
    let Numeric::Finite { digits, .. } = size.trunc(0) else {
        return Err(DatumError::out_of_range("bigint"));
    };
    i128::try_from(digits).map(size_pretty).map_err(|_| DatumError::out_of_range("bigint"))
}
fn size_bytes(text: &str) -> Result<i64, DatumError> {
    let bad = || DatumError::InvalidParameterValue(format!("invalid size: \"{text}\""));
    let trimmed = text.trim();
    let at = trimmed
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || *i == 0 && matches!(c, '+' | '-')))
        .map_or(trimmed.len(), |(i, _)| i);
    let number: Numeric = trimmed[..at].parse().map_err(|_| bad())?;
    let unit = trimmed[at..].trim();
    let shift = if unit.is_empty() {
        0
    } else {
        UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(bad)?.1
    };
    number.mul(&Numeric::new(1i64 << shift, 0))?.to_i64()
}

pub static FUNCTIONS: &[Function] = &[
    fs(89, "version", &[], T::TEXT, pure!(|| version())),
    fs(861, "current_database", &[], T::NAME, eval!(ctx, || session(ctx).map(|s| s.current_database()))),
    fs(
        1402,
        "current_schema",
        &[],
        T::NAME,
        eval!(ctx, || session(ctx).map(|s| s.current_schemas(false).into_iter().next())),
    ),
    fs(
        1403,
        "current_schemas",
        &[T::BOOL],
        T::NAME_ARRAY,
        eval!(ctx, |implicit: bool| current_schemas(ctx, implicit)),
    ),
    fs(745, "current_user", &[], T::NAME, eval!(ctx, || session(ctx).map(|s| s.current_user()))),
    fs(746, "session_user", &[], T::NAME, eval!(ctx, || session(ctx).map(|s| s.session_user()))),
    fs(710, "getpgusername", &[], T::NAME, eval!(ctx, || session(ctx).map(|s| s.current_user()))),
    nv(817, "current_query", &[], T::TEXT, catalog!("current_query")),
    fs(2026, "pg_backend_pid", &[], T::INT4, eval!(ctx, || session(ctx).map(|s| s.backend_pid()))),
    fs(2077, "current_setting", &[T::TEXT], T::TEXT, current_setting),
    fs(3294, "current_setting", &[T::TEXT, T::BOOL], T::TEXT, current_setting),
    nv(2078, "set_config", &[T::TEXT, T::TEXT, T::BOOL], T::TEXT, set_config),
    fv(1574, "nextval", &[T::REGCLASS], T::INT8, eval!(ctx, |s: Oid| session(ctx)?.nextval(s.0))),
    fv(1575, "currval", &[T::REGCLASS], T::INT8, eval!(ctx, |s: Oid| session(ctx)?.currval(s.0))),
    fv(2559, "lastval", &[], T::INT8, eval!(ctx, || session(ctx)?.lastval())),
    fv(1576, "setval", &[T::REGCLASS, T::INT8], T::INT8, catalog!("setval")),
    fv(1765, "setval", &[T::REGCLASS, T::INT8, T::BOOL], T::INT8, catalog!("setval")),
    ns(1081, "format_type", &[T::OID, T::INT4], T::TEXT, format_type),
    fs(1597, "pg_encoding_to_char", &[T::INT4], T::NAME, pure!(|n: i32| encoding_name(n))),
    fs(1264, "pg_char_to_encoding", &[T::NAME], T::INT4, pure!(|name: &str| encoding_number(name))),
    fv(3810, "pg_is_in_recovery", &[], T::BOOL, pure!(|| false)),
    fv(315, "pg_jit_available", &[], T::BOOL, pure!(|| false)),
    fs(2854, "pg_my_temp_schema", &[], T::OID, pure!(|| Oid(0))),
    fs(2855, "pg_is_other_temp_schema", &[T::OID], T::BOOL, pure!(|_schema: Oid| false)),
    fs(3298, "row_security_active", &[T::OID], T::BOOL, pure!(|_table: Oid| false)),
    fs(3299, "row_security_active", &[T::TEXT], T::BOOL, pure!(|_table: &str| false)),
    f(2288, "pg_size_pretty", &[T::INT8], T::TEXT, pure!(|n: i64| size_pretty(n.into()))),
    f(3166, "pg_size_pretty", &[T::NUMERIC], T::TEXT, eval!(ctx, |n: &Numeric| size_pretty_numeric(ctx, n))),
    f(3334, "pg_size_bytes", &[T::TEXT], T::INT8, eval!(|s: &str| size_bytes(s))),
    ns(2197, "inet_client_port", &[], T::INT4, pure!(|| Datum::Null)),
    ns(2199, "inet_server_port", &[], T::INT4, pure!(|| Datum::Null)),
    // inet is not among the types; these give NULL, as over a Unix socket.
    ns(2196, "inet_client_addr", &[], T::TEXT, pure!(|| Datum::Null)),
    ns(2198, "inet_server_addr", &[], T::TEXT, pure!(|| Datum::Null)),
    fs(1716, "pg_get_expr", &[T::TEXT, T::OID], T::TEXT, catalog!("pg_get_expr")),
    fs(2509, "pg_get_expr", &[T::TEXT, T::OID, T::BOOL], T::TEXT, catalog!("pg_get_expr")),
    fs(3495, "to_regclass", &[T::TEXT], T::REGCLASS, to_reg!(REGCLASS)),
    fs(3493, "to_regtype", &[T::TEXT], T::REGTYPE, to_reg!(REGTYPE)),
    fs(3494, "to_regproc", &[T::TEXT], T::REGPROC, to_reg!(REGPROC)),
    fs(3479, "to_regprocedure", &[T::TEXT], T::REGPROCEDURE, to_reg!(REGPROCEDURE)),
    fs(3492, "to_regoper", &[T::TEXT], T::REGOPER, to_reg!(REGOPER)),
    fs(3476, "to_regoperator", &[T::TEXT], T::REGOPERATOR, to_reg!(REGOPERATOR)),
    fs(4093, "to_regrole", &[T::TEXT], T::REGROLE, to_reg!(REGROLE)),
    fs(4086, "to_regnamespace", &[T::TEXT], T::REGNAMESPACE, to_reg!(REGNAMESPACE)),
    fs(1216, "col_description", &[T::OID, T::INT4], T::TEXT, catalog!("col_description")),
    fs(
        3024,
        "has_any_column_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_any_column_privilege"),
    ),
    fs(
        3025,
        "has_any_column_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_any_column_privilege"),
    ),
    fs(
        3026,
        "has_any_column_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_any_column_privilege"),
    ),
    fs(
        3027,
        "has_any_column_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_any_column_privilege"),
    ),
    fs(3028, "has_any_column_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_any_column_privilege")),
    fs(3029, "has_any_column_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_any_column_privilege")),
    fs(
        3012,
        "has_column_privilege",
        &[T::NAME, T::TEXT, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3013,
        "has_column_privilege",
        &[T::NAME, T::TEXT, T::INT2, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3014,
        "has_column_privilege",
        &[T::NAME, T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3015,
        "has_column_privilege",
        &[T::NAME, T::OID, T::INT2, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3016,
        "has_column_privilege",
        &[T::OID, T::TEXT, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3017,
        "has_column_privilege",
        &[T::OID, T::TEXT, T::INT2, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3018,
        "has_column_privilege",
        &[T::OID, T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(
        3019,
        "has_column_privilege",
        &[T::OID, T::OID, T::INT2, T::TEXT],
        T::BOOL,
        catalog!("has_column_privilege"),
    ),
    fs(3020, "has_column_privilege", &[T::TEXT, T::TEXT, T::TEXT], T::BOOL, catalog!("has_column_privilege")),
    fs(3021, "has_column_privilege", &[T::TEXT, T::INT2, T::TEXT], T::BOOL, catalog!("has_column_privilege")),
    fs(3022, "has_column_privilege", &[T::OID, T::TEXT, T::TEXT], T::BOOL, catalog!("has_column_privilege")),
    fs(3023, "has_column_privilege", &[T::OID, T::INT2, T::TEXT], T::BOOL, catalog!("has_column_privilege")),
    fs(
        2250,
        "has_database_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_database_privilege"),
    ),
    fs(
        2251,
        "has_database_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_database_privilege"),
    ),
    fs(
        2252,
        "has_database_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_database_privilege"),
    ),
    fs(
        2253,
        "has_database_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_database_privilege"),
    ),
    fs(2254, "has_database_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_database_privilege")),
    fs(2255, "has_database_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_database_privilege")),
    fs(
        3000,
        "has_foreign_data_wrapper_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_foreign_data_wrapper_privilege"),
    ),
    fs(
        3001,
        "has_foreign_data_wrapper_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_foreign_data_wrapper_privilege"),
    ),
    fs(
        3002,
        "has_foreign_data_wrapper_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_foreign_data_wrapper_privilege"),
    ),
    fs(
        3003,
        "has_foreign_data_wrapper_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_foreign_data_wrapper_privilege"),
    ),
    fs(
        3004,
        "has_foreign_data_wrapper_privilege",
        &[T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_foreign_data_wrapper_privilege"),
    ),
    fs(
        3005,
        "has_foreign_data_wrapper_privilege",
        &[T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_foreign_data_wrapper_privilege"),
    ),
    fs(
        2256,
        "has_function_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_function_privilege"),
    ),
    fs(
        2257,
        "has_function_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_function_privilege"),
    ),
    fs(
        2258,
        "has_function_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_function_privilege"),
    ),
    fs(
        2259,
        "has_function_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_function_privilege"),
    ),
    fs(2260, "has_function_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_function_privilege")),
    fs(2261, "has_function_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_function_privilege")),
    fs(
        2262,
        "has_language_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_language_privilege"),
    ),
    fs(
        2263,
        "has_language_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_language_privilege"),
    ),
    fs(
        2264,
        "has_language_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_language_privilege"),
    ),
    fs(
        2265,
        "has_language_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_language_privilege"),
    ),
    fs(2266, "has_language_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_language_privilege")),
    fs(2267, "has_language_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_language_privilege")),
    fs(
        6205,
        "has_parameter_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_parameter_privilege"),
    ),
    fs(
        6206,
        "has_parameter_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_parameter_privilege"),
    ),
    fs(6207, "has_parameter_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_parameter_privilege")),
    fs(2268, "has_schema_privilege", &[T::NAME, T::TEXT, T::TEXT], T::BOOL, catalog!("has_schema_privilege")),
    fs(2269, "has_schema_privilege", &[T::NAME, T::OID, T::TEXT], T::BOOL, catalog!("has_schema_privilege")),
    fs(2270, "has_schema_privilege", &[T::OID, T::TEXT, T::TEXT], T::BOOL, catalog!("has_schema_privilege")),
    fs(2271, "has_schema_privilege", &[T::OID, T::OID, T::TEXT], T::BOOL, catalog!("has_schema_privilege")),
    fs(2272, "has_schema_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_schema_privilege")),
    fs(2273, "has_schema_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_schema_privilege")),
    fs(
        2181,
        "has_sequence_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_sequence_privilege"),
    ),
    fs(
        2182,
        "has_sequence_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_sequence_privilege"),
    ),
    fs(
        2183,
        "has_sequence_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_sequence_privilege"),
    ),
    fs(
        2184,
        "has_sequence_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_sequence_privilege"),
    ),
    fs(2185, "has_sequence_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_sequence_privilege")),
    fs(2186, "has_sequence_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_sequence_privilege")),
    fs(3006, "has_server_privilege", &[T::NAME, T::TEXT, T::TEXT], T::BOOL, catalog!("has_server_privilege")),
    fs(3007, "has_server_privilege", &[T::NAME, T::OID, T::TEXT], T::BOOL, catalog!("has_server_privilege")),
    fs(3008, "has_server_privilege", &[T::OID, T::TEXT, T::TEXT], T::BOOL, catalog!("has_server_privilege")),
    fs(3009, "has_server_privilege", &[T::OID, T::OID, T::TEXT], T::BOOL, catalog!("has_server_privilege")),
    fs(3010, "has_server_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_server_privilege")),
    fs(3011, "has_server_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_server_privilege")),
    fs(1922, "has_table_privilege", &[T::NAME, T::TEXT, T::TEXT], T::BOOL, catalog!("has_table_privilege")),
    fs(1923, "has_table_privilege", &[T::NAME, T::OID, T::TEXT], T::BOOL, catalog!("has_table_privilege")),
    fs(1924, "has_table_privilege", &[T::OID, T::TEXT, T::TEXT], T::BOOL, catalog!("has_table_privilege")),
    fs(1925, "has_table_privilege", &[T::OID, T::OID, T::TEXT], T::BOOL, catalog!("has_table_privilege")),
    fs(1926, "has_table_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_table_privilege")),
    fs(1927, "has_table_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_table_privilege")),
    fs(
        2390,
        "has_tablespace_privilege",
        &[T::NAME, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_tablespace_privilege"),
    ),
    fs(
        2391,
        "has_tablespace_privilege",
        &[T::NAME, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_tablespace_privilege"),
    ),
    fs(
        2392,
        "has_tablespace_privilege",
        &[T::OID, T::TEXT, T::TEXT],
        T::BOOL,
        catalog!("has_tablespace_privilege"),
    ),
    fs(
        2393,
        "has_tablespace_privilege",
        &[T::OID, T::OID, T::TEXT],
        T::BOOL,
        catalog!("has_tablespace_privilege"),
    ),
    fs(2394, "has_tablespace_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_tablespace_privilege")),
    fs(2395, "has_tablespace_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_tablespace_privilege")),
    fs(3138, "has_type_privilege", &[T::NAME, T::TEXT, T::TEXT], T::BOOL, catalog!("has_type_privilege")),
    fs(3139, "has_type_privilege", &[T::NAME, T::OID, T::TEXT], T::BOOL, catalog!("has_type_privilege")),
    fs(3140, "has_type_privilege", &[T::OID, T::TEXT, T::TEXT], T::BOOL, catalog!("has_type_privilege")),
    fs(3141, "has_type_privilege", &[T::OID, T::OID, T::TEXT], T::BOOL, catalog!("has_type_privilege")),
    fs(3142, "has_type_privilege", &[T::TEXT, T::TEXT], T::BOOL, catalog!("has_type_privilege")),
    fs(3143, "has_type_privilege", &[T::OID, T::TEXT], T::BOOL, catalog!("has_type_privilege")),
    optional(1, f(4351, "is_normalized", &[T::TEXT, T::TEXT], T::BOOL, refused!("is_normalized"))),
    optional(1, f(4350, "normalize", &[T::TEXT, T::TEXT], T::TEXT, refused!("normalize"))),
    fs(1215, "obj_description", &[T::OID, T::NAME], T::TEXT, catalog!("obj_description")),
    fs(1348, "obj_description", &[T::OID], T::TEXT, catalog!("obj_description")),
    fv(2880, "pg_advisory_lock", &[T::INT8], T::VOID, refused!("pg_advisory_lock")),
    fv(2886, "pg_advisory_lock", &[T::INT4, T::INT4], T::VOID, refused!("pg_advisory_lock")),
    fv(2881, "pg_advisory_lock_shared", &[T::INT8], T::VOID, refused!("pg_advisory_lock_shared")),
    fv(2887, "pg_advisory_lock_shared", &[T::INT4, T::INT4], T::VOID, refused!("pg_advisory_lock_shared")),
    fv(2884, "pg_advisory_unlock", &[T::INT8], T::BOOL, refused!("pg_advisory_unlock")),
    fv(2890, "pg_advisory_unlock", &[T::INT4, T::INT4], T::BOOL, refused!("pg_advisory_unlock")),
    fv(2892, "pg_advisory_unlock_all", &[], T::VOID, refused!("pg_advisory_unlock_all")),
    fv(2885, "pg_advisory_unlock_shared", &[T::INT8], T::BOOL, refused!("pg_advisory_unlock_shared")),
    fv(
        2891,
        "pg_advisory_unlock_shared",
        &[T::INT4, T::INT4],
        T::BOOL,
        refused!("pg_advisory_unlock_shared"),
    ),
    fv(3089, "pg_advisory_xact_lock", &[T::INT8], T::VOID, refused!("pg_advisory_xact_lock")),
    fv(3093, "pg_advisory_xact_lock", &[T::INT4, T::INT4], T::VOID, refused!("pg_advisory_xact_lock")),
    fv(3090, "pg_advisory_xact_lock_shared", &[T::INT8], T::VOID, refused!("pg_advisory_xact_lock_shared")),
    fv(
        3094,
        "pg_advisory_xact_lock_shared",
        &[T::INT4, T::INT4],
        T::VOID,
        refused!("pg_advisory_xact_lock_shared"),
    ),
    fv(2561, "pg_blocking_pids", &[T::INT4], T::INT4_ARRAY, catalog!("pg_blocking_pids")),
    fv(2171, "pg_cancel_backend", &[T::INT4], T::BOOL, catalog!("pg_cancel_backend")),
    fv(3448, "pg_collation_actual_version", &[T::OID], T::TEXT, catalog!("pg_collation_actual_version")),
    fs(3815, "pg_collation_is_visible", &[T::OID], T::BOOL, catalog!("pg_collation_is_visible")),
    fs(
        3843,
        "pg_column_is_updatable",
        &[T::REGCLASS, T::INT2, T::BOOL],
        T::BOOL,
        catalog!("pg_column_is_updatable"),
    ),
    fs(2034, "pg_conf_load_time", &[], T::TIMESTAMPTZ, catalog!("pg_conf_load_time")),
    fs(2093, "pg_conversion_is_visible", &[T::OID], T::BOOL, catalog!("pg_conversion_is_visible")),
    fv(2168, "pg_database_size", &[T::NAME], T::INT8, catalog!("pg_database_size")),
    fv(2324, "pg_database_size", &[T::OID], T::INT8, catalog!("pg_database_size")),
    fs(3537, "pg_describe_object", &[T::OID, T::OID, T::INT4], T::TEXT, catalog!("pg_describe_object")),
    fv(3809, "pg_export_snapshot", &[], T::TEXT, refused!("pg_export_snapshot")),
    fs(2081, "pg_function_is_visible", &[T::OID], T::BOOL, catalog!("pg_function_is_visible")),
    fs(1387, "pg_get_constraintdef", &[T::OID], T::TEXT, catalog!("pg_get_constraintdef")),
    fs(2508, "pg_get_constraintdef", &[T::OID, T::BOOL], T::TEXT, catalog!("pg_get_constraintdef")),
    fs(
        3808,
        "pg_get_function_arg_default",
        &[T::OID, T::INT4],
        T::TEXT,
        catalog!("pg_get_function_arg_default"),
    ),
    fs(2162, "pg_get_function_arguments", &[T::OID], T::TEXT, catalog!("pg_get_function_arguments")),
    fs(
        2232,
        "pg_get_function_identity_arguments",
        &[T::OID],
        T::TEXT,
        catalog!("pg_get_function_identity_arguments"),
    ),
    fs(2165, "pg_get_function_result", &[T::OID], T::TEXT, catalog!("pg_get_function_result")),
    fs(6197, "pg_get_function_sqlbody", &[T::OID], T::TEXT, catalog!("pg_get_function_sqlbody")),
    fs(2098, "pg_get_functiondef", &[T::OID], T::TEXT, catalog!("pg_get_functiondef")),
    fs(1643, "pg_get_indexdef", &[T::OID], T::TEXT, catalog!("pg_get_indexdef")),
    fs(2507, "pg_get_indexdef", &[T::OID, T::INT4, T::BOOL], T::TEXT, catalog!("pg_get_indexdef")),
    fs(
        3408,
        "pg_get_partition_constraintdef",
        &[T::OID],
        T::TEXT,
        catalog!("pg_get_partition_constraintdef"),
    ),
    fs(3352, "pg_get_partkeydef", &[T::OID], T::TEXT, catalog!("pg_get_partkeydef")),
    fs(
        6120,
        "pg_get_replica_identity_index",
        &[T::REGCLASS],
        T::REGCLASS,
        catalog!("pg_get_replica_identity_index"),
    ),
    fs(1573, "pg_get_ruledef", &[T::OID], T::TEXT, catalog!("pg_get_ruledef")),
    fs(2504, "pg_get_ruledef", &[T::OID, T::BOOL], T::TEXT, catalog!("pg_get_ruledef")),
    fs(1665, "pg_get_serial_sequence", &[T::TEXT, T::TEXT], T::TEXT, catalog!("pg_get_serial_sequence")),
    fs(3415, "pg_get_statisticsobjdef", &[T::OID], T::TEXT, catalog!("pg_get_statisticsobjdef")),
    fs(
        6174,
        "pg_get_statisticsobjdef_columns",
        &[T::OID],
        T::TEXT,
        catalog!("pg_get_statisticsobjdef_columns"),
    ),
    fs(1662, "pg_get_triggerdef", &[T::OID], T::TEXT, catalog!("pg_get_triggerdef")),
    fs(2730, "pg_get_triggerdef", &[T::OID, T::BOOL], T::TEXT, catalog!("pg_get_triggerdef")),
    fs(1642, "pg_get_userbyid", &[T::OID], T::NAME, catalog!("pg_get_userbyid")),
    fs(1640, "pg_get_viewdef", &[T::TEXT], T::TEXT, catalog!("pg_get_viewdef")),
    fs(1641, "pg_get_viewdef", &[T::OID], T::TEXT, catalog!("pg_get_viewdef")),
    fs(2505, "pg_get_viewdef", &[T::TEXT, T::BOOL], T::TEXT, catalog!("pg_get_viewdef")),
    fs(2506, "pg_get_viewdef", &[T::OID, T::BOOL], T::TEXT, catalog!("pg_get_viewdef")),
    fs(3159, "pg_get_viewdef", &[T::OID, T::INT4], T::TEXT, catalog!("pg_get_viewdef")),
    fs(2705, "pg_has_role", &[T::NAME, T::NAME, T::TEXT], T::BOOL, catalog!("pg_has_role")),
    fs(2706, "pg_has_role", &[T::NAME, T::OID, T::TEXT], T::BOOL, catalog!("pg_has_role")),
    fs(2707, "pg_has_role", &[T::OID, T::NAME, T::TEXT], T::BOOL, catalog!("pg_has_role")),
    fs(2708, "pg_has_role", &[T::OID, T::OID, T::TEXT], T::BOOL, catalog!("pg_has_role")),
    fs(2709, "pg_has_role", &[T::NAME, T::TEXT], T::BOOL, catalog!("pg_has_role")),
    fs(2710, "pg_has_role", &[T::OID, T::TEXT], T::BOOL, catalog!("pg_has_role")),
    fs(
        638,
        "pg_index_column_has_property",
        &[T::REGCLASS, T::INT4, T::TEXT],
        T::BOOL,
        catalog!("pg_index_column_has_property"),
    ),
    fv(2998, "pg_indexes_size", &[T::REGCLASS], T::INT8, catalog!("pg_indexes_size")),
    nv(3036, "pg_notify", &[T::TEXT, T::TEXT], T::VOID, refused!("pg_notify")),
    fs(2083, "pg_opclass_is_visible", &[T::OID], T::BOOL, catalog!("pg_opclass_is_visible")),
    fs(2082, "pg_operator_is_visible", &[T::OID], T::BOOL, catalog!("pg_operator_is_visible")),
    fs(3829, "pg_opfamily_is_visible", &[T::OID], T::BOOL, catalog!("pg_opfamily_is_visible")),
    f(3424, "pg_partition_root", &[T::REGCLASS], T::REGCLASS, catalog!("pg_partition_root")),
    fs(2560, "pg_postmaster_start_time", &[], T::TIMESTAMPTZ, catalog!("pg_postmaster_start_time")),
    fs(2999, "pg_relation_filenode", &[T::REGCLASS], T::OID, catalog!("pg_relation_filenode")),
    fs(3034, "pg_relation_filepath", &[T::REGCLASS], T::TEXT, catalog!("pg_relation_filepath")),
    fs(6121, "pg_relation_is_publishable", &[T::REGCLASS], T::BOOL, catalog!("pg_relation_is_publishable")),
    fs(
        3842,
        "pg_relation_is_updatable",
        &[T::REGCLASS, T::BOOL],
        T::INT4,
        catalog!("pg_relation_is_updatable"),
    ),
    fv(2325, "pg_relation_size", &[T::REGCLASS], T::INT8, catalog!("pg_relation_size")),
    fv(2332, "pg_relation_size", &[T::REGCLASS, T::TEXT], T::INT8, catalog!("pg_relation_size")),
    fv(4032, "pg_sequence_last_value", &[T::REGCLASS], T::INT8, catalog!("pg_sequence_last_value")),
    fv(2626, "pg_sleep", &[T::FLOAT8], T::VOID, catalog!("pg_sleep")),
    fv(3935, "pg_sleep_for", &[T::INTERVAL], T::VOID, catalog!("pg_sleep_for")),
    fv(3936, "pg_sleep_until", &[T::TIMESTAMPTZ], T::VOID, catalog!("pg_sleep_until")),
    fs(1937, "pg_stat_get_backend_pid", &[T::INT4], T::INT4, catalog!("pg_stat_get_backend_pid")),
    fs(2879, "pg_stat_get_dead_tuples", &[T::OID], T::INT8, catalog!("pg_stat_get_dead_tuples")),
    fs(2878, "pg_stat_get_live_tuples", &[T::OID], T::INT8, catalog!("pg_stat_get_live_tuples")),
    fs(1928, "pg_stat_get_numscans", &[T::OID], T::INT8, catalog!("pg_stat_get_numscans")),
    fs(1931, "pg_stat_get_tuples_inserted", &[T::OID], T::INT8, catalog!("pg_stat_get_tuples_inserted")),
    fs(3403, "pg_statistics_obj_is_visible", &[T::OID], T::BOOL, catalog!("pg_statistics_obj_is_visible")),
    fs(2079, "pg_table_is_visible", &[T::OID], T::BOOL, catalog!("pg_table_is_visible")),
    fv(2997, "pg_table_size", &[T::REGCLASS], T::INT8, catalog!("pg_table_size")),
    fs(3778, "pg_tablespace_location", &[T::OID], T::TEXT, catalog!("pg_tablespace_location")),
    fv(2322, "pg_tablespace_size", &[T::OID], T::INT8, catalog!("pg_tablespace_size")),
    fv(2323, "pg_tablespace_size", &[T::NAME], T::INT8, catalog!("pg_tablespace_size")),
    optional(
        1,
        fv(2096, "pg_terminate_backend", &[T::INT4, T::INT8], T::BOOL, catalog!("pg_terminate_backend")),
    ),
    fv(2286, "pg_total_relation_size", &[T::REGCLASS], T::INT8, catalog!("pg_total_relation_size")),
    fs(3163, "pg_trigger_depth", &[], T::INT4, catalog!("pg_trigger_depth")),
    fv(2882, "pg_try_advisory_lock", &[T::INT8], T::BOOL, refused!("pg_try_advisory_lock")),
    fv(2888, "pg_try_advisory_lock", &[T::INT4, T::INT4], T::BOOL, refused!("pg_try_advisory_lock")),
    fv(2883, "pg_try_advisory_lock_shared", &[T::INT8], T::BOOL, refused!("pg_try_advisory_lock_shared")),
    fv(
        2889,
        "pg_try_advisory_lock_shared",
        &[T::INT4, T::INT4],
        T::BOOL,
        refused!("pg_try_advisory_lock_shared"),
    ),
    fv(3091, "pg_try_advisory_xact_lock", &[T::INT8], T::BOOL, refused!("pg_try_advisory_xact_lock")),
    fv(
        3095,
        "pg_try_advisory_xact_lock",
        &[T::INT4, T::INT4],
        T::BOOL,
        refused!("pg_try_advisory_xact_lock"),
    ),
    fv(
        3092,
        "pg_try_advisory_xact_lock_shared",
        &[T::INT8],
        T::BOOL,
        refused!("pg_try_advisory_xact_lock_shared"),
    ),
    fv(
        3096,
        "pg_try_advisory_xact_lock_shared",
        &[T::INT4, T::INT4],
        T::BOOL,
        refused!("pg_try_advisory_xact_lock_shared"),
    ),
    fs(3758, "pg_ts_config_is_visible", &[T::OID], T::BOOL, catalog!("pg_ts_config_is_visible")),
    fs(3757, "pg_ts_dict_is_visible", &[T::OID], T::BOOL, catalog!("pg_ts_dict_is_visible")),
    fs(3756, "pg_ts_parser_is_visible", &[T::OID], T::BOOL, catalog!("pg_ts_parser_is_visible")),
    fs(3768, "pg_ts_template_is_visible", &[T::OID], T::BOOL, catalog!("pg_ts_template_is_visible")),
    fs(2080, "pg_type_is_visible", &[T::OID], T::BOOL, catalog!("pg_type_is_visible")),
    fs(1993, "shobj_description", &[T::OID, T::NAME], T::TEXT, catalog!("shobj_description")),
    f(1845, "to_ascii", &[T::TEXT], T::TEXT, refused!("to_ascii")),
    f(1846, "to_ascii", &[T::TEXT, T::INT4], T::TEXT, refused!("to_ascii")),
    f(1847, "to_ascii", &[T::TEXT, T::NAME], T::TEXT, refused!("to_ascii")),
    fs(2943, "txid_current", &[], T::INT8, catalog!("txid_current")),
    fs(3348, "txid_current_if_assigned", &[], T::INT8, catalog!("txid_current_if_assigned")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_to_the_unit() {
        assert_eq!(size_pretty(10_239), "10239 bytes");
        assert_eq!(size_pretty(10_240), "10 kB");
        assert_eq!(size_pretty(20_478 * 512), "10239 kB");
        assert_eq!(size_pretty(-1_234_567_890), "-1177 MB");
        assert_eq!(size_bytes("1.5 GB"), Ok(1_610_612_736));
        assert!(size_bytes("1 XB").is_err());
    }

    #[test]
    fn the_version_names_both() {
        assert!(version().starts_with("PostgreSQL 15.8 (Meridian "));
    }

    #[test]
    fn a_function_of_the_session_without_one_is_refused() {
        let nextval = super::super::by_name("nextval")[0];
        let e = (nextval.eval)(&EvalContext::default(), &[Datum::Oid(1)]);
        assert!(matches!(e, Err(DatumError::FeatureNotSupported(_))));
    }
}
