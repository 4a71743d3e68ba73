//! Names and OIDs of each other: the reg* types, visibility along the search path.

use super::{definition, print, relations, routines};
use crate::seam::SessionCatalog;
use crate::snapshot::{CatalogSnapshot, Object};
use catalog::reserved;
use datum::functions::string_any::quote_ident;
use datum::{DatumError, SqlType, TypeId as T, operators};

/// Schemas that every database has.
pub const VIRTUAL_SCHEMAS: [(u32, &str); 3] = [
    (reserved::PG_CATALOG_OID, "pg_catalog"),
    (reserved::INFORMATION_SCHEMA_OID, "information_schema"),
    (reserved::MERIDIAN_CATALOG_OID, "meridian_catalog"),
];

pub fn virtual_schema_oid(name: &str) -> u32 {
    VIRTUAL_SCHEMAS.iter().find(|s| s.1 == name).map_or(0, |s| s.0)
}
pub fn schema_oid(catalog: &SessionCatalog, name: &str) -> Option<u32> {
    match virtual_schema_oid(name) {
        0 => catalog.snapshot.schema(catalog.database_id, name).map(|(id, _)| id),
        oid => Some(oid),
    }
}
pub fn role_name(snapshot: &CatalogSnapshot, id: u32) -> String {
    snapshot.role_by_id(id).map_or_else(|| format!("unknown (OID={id})"), |r| r.name.clone())
}

/// What stands in pg_class under an OID: the OID of its schema, its name.
pub fn relation(catalog: &SessionCatalog, oid: u32) -> Option<(u32, String)> {
    if let Some(d) = definition::by_oid(oid) {
        return Some((virtual_schema_oid(&d.table.schema), d.table.name.to_string()));
    }
    let snapshot = &catalog.snapshot;
    match snapshot.entry(oid).map(|e| &e.object) {
        Some(Object::Table(t)) if t.database_id == catalog.database_id => Some((t.schema_id, t.name.clone())),
        Some(Object::Sequence(s)) if s.database_id == catalog.database_id => {
            Some((s.schema_id, s.name.clone()))
        }
        _ => snapshot
            .index_by_oid(oid)
            .filter(|(t, _)| t.descriptor.database_id == catalog.database_id)
            .map(|(t, index)| (t.descriptor.schema_id, index.name.clone())),
    }
}
fn relation_in(catalog: &SessionCatalog, schema: &str, name: &str) -> Option<u32> {
    if virtual_schema_oid(schema) != 0 {
        return definition::find(schema, name).map(|d| d.table.oid);
    }
    let (schema, _) = catalog.snapshot.schema(catalog.database_id, schema)?;
    let relation = catalog.snapshot.relation(catalog.database_id, schema, name).map(|e| e.id);
    relation.or_else(|| {
        let (t, index) = catalog.snapshot.index(catalog.database_id, schema, name)?;
        let shown = relations::shown_indexes(&t.descriptor).any(|i| i.oid == index.oid);
        shown.then_some(index.oid)
    })
}
/// The relation that a name without a schema stands for.
fn relation_on_path(catalog: &SessionCatalog, name: &str) -> Option<u32> {
    catalog.schemas(true).iter().find_map(|s| relation_in(catalog, s, name))
}
/// Whether the name alone finds the relation; `None`: no such relation.
pub fn is_visible(catalog: &SessionCatalog, oid: u32) -> Option<bool> {
    relation(catalog, oid).map(|(_, name)| relation_on_path(catalog, &name) == Some(oid))
}
/// The relation's name, with its schema unless the name alone finds it.
pub fn relation_name(catalog: &SessionCatalog, oid: u32) -> Option<String> {
    let (schema, name) = relation(catalog, oid)?;
    if relation_on_path(catalog, &name) == Some(oid) {
        return Some(quote_ident(&name));
    }
    Some(print::qualified(&catalog.snapshot.schema_name(schema).unwrap_or_default(), &name))
}

/// Identifiers in a piece of SQL, folded; what stands in string literals is left out.
pub fn identifiers(sql: &str) -> Vec<String> {
    let (mut out, mut rest) = (Vec::new(), sql);
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' | '\'' => rest[1..].find(c).map_or(rest.len(), |end| end + 2),
            _ if c.is_alphabetic() || c == '_' => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())
            }
            _ => c.len_utf8(),
        };
        match c {
            '"' => out.push(rest[1..length].trim_end_matches('"').to_owned()),
            _ if c.is_alphabetic() || c == '_' => out.push(rest[..length].to_lowercase()),
            _ => {}
        }
        rest = &rest[length..];
    }
    out
}

/// Splits `a."B c".d` at its dots and folds what is not quoted.
///
/// # Errors
/// Quotes that do not end, empty parts.
pub fn split_name(text: &str) -> Result<Vec<String>, DatumError> {
    let bad = || DatumError::InvalidParameterValue("invalid name syntax".to_owned());
    let (mut parts, mut rest) = (Vec::new(), text.trim());
    loop {
        let mut part = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let end = quoted.find('"').ok_or_else(bad)?;
                part.push_str(&quoted[..end]);
                quoted = &quoted[end + 1..];
                match quoted.strip_prefix('"') {
                    Some(more) => (part.push('"'), quoted = more).1,
                    None => break,
                }
            }
            rest = quoted;
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            part = rest[..end].trim_end().to_lowercase();
            rest = &rest[end..];
        }
        if part.is_empty() || part.len() > text.len() {
            return Err(bad());
        }
        parts.push(part);
        rest = rest.trim_start();
        match rest.strip_prefix('.') {
            Some(more) => rest = more.trim_start(),
            None if rest.is_empty() => return Ok(parts),
            None => return Err(bad()),
        }
    }
}

/// The relation of a name that may have a schema and a database; also for functions that take names of tables.
///
/// # Errors
/// Malformed names, other databases.
pub fn find_relation(catalog: &SessionCatalog, text: &str) -> Result<Option<u32>, DatumError> {
    let parts = split_name(text)?;
    match parts.as_slice() {
        [name] => Ok(relation_on_path(catalog, name)),
        [schema, name] => Ok(relation_in(catalog, schema, name)),
        [database, schema, name] if **database == *catalog.database => Ok(relation_in(catalog, schema, name)),
        [_, _, _] => Err(DatumError::FeatureNotSupported(format!(
            "cross-database references are not implemented: {text}"
        ))),
        _ => Err(DatumError::InvalidParameterValue(format!(
            "improper relation name (too many dotted names): {text}"
        ))),
    }
}

/// The last part of a name that may be in pg_catalog; `None`: it is in another schema.
fn builtin_name(text: &str) -> Result<Option<String>, DatumError> {
    let mut parts = split_name(text)?;
    let name = parts.pop();
    Ok(match parts.as_slice() {
        [] => name,
        [schema] if schema == "pg_catalog" => name,
        _ => None,
    })
}
fn find_type(text: &str) -> Option<T> {
    let text = text.trim();
    let bare = text.strip_prefix("pg_catalog.").unwrap_or(text);
    let by_name = || datum::types::TYPES.iter().find(|t| t.name == bare.trim_matches('"')).map(|t| t.id);
    planner::parse::parse_type(bare).ok().map(|t| t.id).or_else(by_name)
}
/// `name(type, type)` split; types are `None` for NONE.
fn signature(text: &str) -> Result<Option<(&str, Vec<Option<T>>)>, DatumError> {
    let bad = |what: &str| DatumError::InvalidParameterValue(what.to_owned());
    let open = text.find('(').ok_or_else(|| bad("expected a left parenthesis"))?;
    let inner =
        text[open + 1..].trim_end().strip_suffix(')').ok_or_else(|| bad("expected a right parenthesis"))?;
    let mut types = Vec::new();
    for part in inner.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        if part.eq_ignore_ascii_case("none") {
            types.push(None);
            continue;
        }
        match find_type(part) {
            Some(t) => types.push(Some(t)),
            None => return Ok(None),
        }
    }
    Ok(Some((&text[..open], types)))
}
/// The only one of several, or an error that there are more.
fn only(mut oids: impl Iterator<Item = u32>, what: &str, text: &str) -> Result<Option<u32>, DatumError> {
    let first = oids.next();
    match oids.next() {
        Some(_) => Err(DatumError::UndefinedFunction(format!("more than one {what} named {text}"))),
        None => Ok(first),
    }
}
fn operator_name(text: &str) -> &str {
    text.trim().strip_prefix("pg_catalog.").unwrap_or(text.trim())
}

/// `VirtualCatalog::reg_in`.
///
/// # Errors
/// Malformed and ambiguous names.
pub fn reg_in(catalog: &SessionCatalog, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError> {
    if text == "-" {
        return Ok(Some(0));
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(Some).map_err(|_| DatumError::out_of_range("oid"));
    }
    match T(type_oid) {
        T::REGCLASS => find_relation(catalog, text),
        T::REGTYPE => Ok(find_type(text).map(|t| t.0)),
        T::REGPROC => match builtin_name(text)? {
            Some(name) => only(routines::by_name(&name).map(|r| r.oid), "function", &format!("\"{name}\"")),
            None => Ok(None),
        },
        T::REGPROCEDURE => {
            let Some((name, types)) = signature(text)? else { return Ok(None) };
            let Some(name) = builtin_name(name)? else { return Ok(None) };
            let same = |r: &&routines::Routine| {
                r.args.len() == types.len() && r.args.iter().zip(&types).all(|(a, b)| Some(*a) == *b)
            };
            Ok(routines::by_name(&name).find(same).map(|r| r.oid))
        }
        T::REGOPER => only(operators::by_name(operator_name(text)).iter().map(|o| o.oid), "operator", text),
        T::REGOPERATOR => {
            let Some((name, types)) = signature(text)? else { return Ok(None) };
            let [left, right] = types.as_slice() else {
                return Err(DatumError::UndefinedFunction("missing argument".to_owned()));
            };
            let mut all = operators::by_name(operator_name(name)).iter();
            Ok(all.find(|o| o.left == *left && Some(o.right) == *right).map(|o| o.oid))
        }
        T::REGROLE => match split_name(text)?.as_slice() {
            [name] => Ok(catalog.snapshot.role(name).map(|(id, _)| id)),
            _ => Err(DatumError::InvalidParameterValue("invalid name syntax".to_owned())),
        },
        T::REGNAMESPACE => match split_name(text)?.as_slice() {
            [name] => Ok(schema_oid(catalog, name)),
            _ => Err(DatumError::InvalidParameterValue("invalid name syntax".to_owned())),
        },
        _ => Ok(None),
    }
}

/// `VirtualCatalog::reg_out`.
pub fn reg_out(catalog: &SessionCatalog, type_oid: u32, oid: u32) -> Option<String> {
    if oid == 0 {
        return Some("-".to_owned());
    }
    match T(type_oid) {
        T::REGCLASS => relation_name(catalog, oid),
        T::REGTYPE => T(oid).info().map(|_| SqlType::new(T(oid), -1).to_string()),
        T::REGPROC => routines::by_oid(oid).map(|r| {
            // An ambiguous name is told with its schema, as PostgreSQL does.
            let one = routines::by_name(r.name).nth(1).is_none();
            if one { quote_ident(r.name) } else { print::qualified("pg_catalog", r.name) }
        }),
        T::REGPROCEDURE => {
            let types = |r: &routines::Routine| r.args.iter().map(T::to_string).collect::<Vec<_>>().join(",");
            routines::by_oid(oid).map(|r| format!("{}({})", quote_ident(r.name), types(r)))
        }
        T::REGOPER => operators::by_oid(oid).map(|o| {
            let one = operators::by_name(o.name).len() == 1;
            if one { o.name.to_owned() } else { format!("pg_catalog.{}", o.name) }
        }),
        T::REGOPERATOR => operators::by_oid(oid).map(|o| {
            let left = o.left.map_or_else(|| "NONE".to_owned(), |t| t.to_string());
            format!("{}({left},{})", o.name, o.right)
        }),
        T::REGROLE => catalog.snapshot.role_by_id(oid).map(|r| quote_ident(&r.name)),
        T::REGNAMESPACE => catalog.snapshot.schema_name(oid).map(|s| quote_ident(&s)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_at_dots_outside_of_quotes() {
        assert_eq!(split_name("Public.\"A.b\"\"c\"").unwrap(), ["public", "A.b\"c"]);
        assert_eq!(split_name(" t ").unwrap(), ["t"]);
        for bad in ["", "a.", ".a", "\"a", "\"\"", "\"a\"b"] {
            assert!(split_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn identifiers_are_not_found_in_literals() {
        assert_eq!(identifiers("a > 'b' AND \"C d\" = lower(e1)"), ["a", "and", "C d", "lower", "e1"]);
        assert_eq!(identifiers("'open"), Vec::<String>::new());
    }
}
