//! Names of types to types, with their modifiers checked.

use super::ast::TypeName;
use crate::error::{PlanError, PlanErrorKind, Result};
use datum::{SqlType, TypeId, types::TYPES};

/// # Errors
/// `UndefinedObject`: no such type. `InvalidParameterValue`: a modifier out of bounds. `SyntaxError`: a modifier where none may be.
pub fn resolve_type(name: &TypeName) -> Result<SqlType> {
    let scalar = resolve_scalar(name).map_err(|e| e.at(name.at))?;
    if !name.array {
        return Ok(scalar);
    }
    match scalar.id.array() {
        Some(array) => Ok(SqlType::new(array, scalar.typmod)),
        None => Err(PlanError::new(PlanErrorKind::UndefinedObject(format!(
            "type \"{}[]\" does not exist",
            name.name
        )))
        .at(name.at)),
    }
}

fn resolve_scalar(name: &TypeName) -> Result<SqlType> {
    let undefined = || {
        let full = match &name.schema {
            Some(s) => format!("{s}.{}", name.name),
            None => name.name.clone(),
        };
        PlanError::new(PlanErrorKind::UndefinedObject(format!("type \"{full}\" does not exist")))
    };
    if name.schema.as_deref().is_some_and(|s| s != "pg_catalog") {
        return Err(undefined());
    }
    // `"char"` (quoted) and `char` differ; the parser has made the latter bpchar. Types that are known but not there are refused by name.
    let info = match TYPES.iter().find(|t| t.name == name.name) {
        Some(info) => info,
        None => {
            return Err(match name.name.as_str() {
                "json" | "jsonb" | "xml" | "money" | "time" | "timetz" | "bit" | "varbit" | "inet"
                | "cidr" | "macaddr" | "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle"
                | "tsvector" | "tsquery" | "int4range" | "int8range" | "numrange" | "tsrange"
                | "tstzrange" | "daterange" | "hstore" | "pg_lsn" | "macaddr8" => {
                    PlanError::not_supported(format!("type {}", name.name))
                }
                _ => undefined(),
            });
        }
    };
    if info.category == 'P' && !matches!(info.id, TypeId::RECORD | TypeId::VOID | TypeId::CSTRING) {
        return Ok(info.id.plain());
    }
    Ok(SqlType::new(info.id, typmod(info.id, name)?))
}

fn typmod(id: TypeId, name: &TypeName) -> Result<i32> {
    let invalid = |what: String| PlanError::new(PlanErrorKind::InvalidParameterValue(what));
    let m = &name.modifiers;
    match id {
        TypeId::VARCHAR | TypeId::BPCHAR => match m.as_slice() {
            [] => Ok(-1),
            [n] if *n < 1 => Err(invalid(format!("length for type {} must be at least 1", short(id)))),
            [n] if *n > 10_485_760 => {
                Err(invalid(format!("length for type {} cannot exceed 10485760", short(id))))
            }
            [n] => Ok(*n as i32 + 4),
            _ => Err(invalid("invalid type modifier".into())),
        },
        TypeId::NUMERIC => match m.as_slice() {
            [] => Ok(-1),
            [p, rest @ ..] if rest.len() < 2 => {
                let s = rest.first().copied().unwrap_or(0);
                if !(1..=1000).contains(p) {
                    return Err(invalid(format!("NUMERIC precision {p} must be between 1 and 1000")));
                }
                if !(-1000..=1000).contains(&s) {
                    return Err(invalid(format!("NUMERIC scale {s} must be between -1000 and 1000")));
                }
                Ok((((*p as i32) << 16) | (s as i32 & 0x7ff)) + 4)
            }
            _ => Err(invalid("invalid NUMERIC type modifier".into())),
        },
        TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ => match m.as_slice() {
            [] => Ok(-1),
            [p] if *p < 0 => Err(invalid(format!("TIMESTAMP({p}) precision must not be negative"))),
            [p] => Ok((*p).min(6) as i32),
            _ => Err(invalid("invalid type modifier".into())),
        },
        TypeId::INTERVAL => {
            let precision = match m.as_slice() {
                [] => 0xFFFF,
                [p] if *p < 0 => {
                    return Err(invalid(format!("INTERVAL({p}) precision must not be negative")));
                }
                [p] => (*p).min(6) as i32,
                _ => return Err(invalid("invalid INTERVAL type modifier".into())),
            };
            match name.interval_fields {
                None if precision == 0xFFFF => Ok(-1),
                fields => Ok((fields.unwrap_or(0x7FFF) << 16) | precision),
            }
        }
        _ if m.is_empty() => Ok(-1),
        _ => Err(PlanError::new(PlanErrorKind::SyntaxError(format!(
            "type modifier is not allowed for type \"{}\"",
            name.name
        )))),
    }
}

fn short(id: TypeId) -> &'static str {
    if id == TypeId::BPCHAR { "char" } else { "varchar" }
}
