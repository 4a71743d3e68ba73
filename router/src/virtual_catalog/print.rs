//! SQL text of the catalog's objects, as PostgreSQL prints it: names, indexes, constraints, access lists.

use crate::snapshot::CatalogSnapshot;
use catalog::descriptor::{Grant, privilege};
use catalog::{ConstraintDescriptor, IndexDescriptor, TableDescriptor};
use datum::Datum;
use datum::functions::string_any::quote_ident;

use super::definition::texts;

/// Privileges in the order that access lists show them.
pub const PRIVILEGES: [(u32, char, &str); 12] = [
    (privilege::INSERT, 'a', "INSERT"),
    (privilege::SELECT, 'r', "SELECT"),
    (privilege::UPDATE, 'w', "UPDATE"),
    (privilege::DELETE, 'd', "DELETE"),
    (privilege::TRUNCATE, 'D', "TRUNCATE"),
    (privilege::REFERENCES, 'x', "REFERENCES"),
    (privilege::TRIGGER, 't', "TRIGGER"),
    (privilege::EXECUTE, 'X', "EXECUTE"),
    (privilege::USAGE, 'U', "USAGE"),
    (privilege::CREATE, 'C', "CREATE"),
    (privilege::TEMPORARY, 'T', "TEMPORARY"),
    (privilege::CONNECT, 'c', "CONNECT"),
];

/// `schema.name`, quoted where needed.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_ident(schema), quote_ident(name))
}

fn column_name(table: &TableDescriptor, id: u32) -> String {
    table.column(id).map_or_else(String::new, |c| quote_ident(&c.name))
}
/// The columns of an index that order its keys, with what differs from ascending order with NULLs last.
fn key_columns(table: &TableDescriptor, index: &IndexDescriptor) -> Vec<String> {
    let options = |descending: bool, reversed: bool| match (descending, reversed) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, false) => " DESC",
        (true, true) => " DESC NULLS LAST",
    };
    let columns = index.columns.iter();
    columns.map(|c| column_name(table, c.column_id) + options(c.descending, c.nulls_reversed)).collect()
}
fn include(table: &TableDescriptor, index: &IndexDescriptor) -> String {
    let stored: Vec<String> = index.stored_column_ids.iter().map(|id| column_name(table, *id)).collect();
    if stored.is_empty() { String::new() } else { format!(" INCLUDE ({})", stored.join(", ")) }
}

/// `pg_get_indexdef`: the whole index; without the schema where `pretty` and the table is visible.
pub fn index_definition(table_name: &str, table: &TableDescriptor, index: &IndexDescriptor) -> String {
    format!(
        "CREATE {}INDEX {} ON {table_name} USING btree ({}){}",
        if index.unique { "UNIQUE " } else { "" },
        quote_ident(&index.name),
        key_columns(table, index).join(", "),
        include(table, index),
    )
}
/// `pg_get_indexdef` of one column, counted from 1; empty where there is none.
pub fn index_column(table: &TableDescriptor, index: &IndexDescriptor, at: usize) -> String {
    let ids = index.columns.iter().map(|c| c.column_id).chain(index.stored_column_ids.iter().copied());
    at.checked_sub(1)
        .and_then(|at| ids.into_iter().nth(at))
        .map_or_else(String::new, |id| column_name(table, id))
}
/// `pg_get_constraintdef` of a primary key or unique constraint.
pub fn key_constraint(table: &TableDescriptor, index: &IndexDescriptor) -> String {
    let kind = if index.id == table.primary.id { "PRIMARY KEY" } else { "UNIQUE" };
    let columns: Vec<String> = index.columns.iter().map(|c| column_name(table, c.column_id)).collect();
    format!("{kind} ({}){}", columns.join(", "), include(table, index))
}

/// Whether the text is one expression in parentheses that belong together.
fn parenthesized(sql: &str) -> bool {
    let (mut depth, mut quoted) = (0_i32, None);
    for (i, b) in sql.bytes().enumerate() {
        match (quoted, b) {
            (Some(q), _) if q == b => quoted = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quoted = Some(b),
            (None, b'(') => depth += 1,
            (None, b')') => depth -= 1,
            _ => {}
        }
        if depth == 0 && i + 1 < sql.len() {
            return false;
        }
    }
    depth == 0 && sql.starts_with('(')
}
/// `pg_get_constraintdef` of a check; PostgreSQL puts the expression in another pair of parentheses unless `pretty`.
pub fn check_constraint(check: &ConstraintDescriptor, pretty: bool) -> String {
    let bare = if parenthesized(&check.check_sql) {
        &check.check_sql[1..check.check_sql.len() - 1]
    } else {
        &check.check_sql
    };
    let valid = if check.not_valid { " NOT VALID" } else { "" };
    if pretty { format!("CHECK ({bare}){valid}") } else { format!("CHECK (({bare})){valid}") }
}

fn role_name(snapshot: &CatalogSnapshot, id: u32) -> String {
    match snapshot.role_by_id(id) {
        Some(r) => quote_ident(&r.name),
        None => id.to_string(),
    }
}
/// Grants of an object with the owner's own in front, as its access list holds them; `None`: nothing but the owner's.
pub fn grants(owner: u32, all: u32, grants: &[Grant]) -> Option<Vec<Grant>> {
    if grants.is_empty() {
        return None;
    }
    let own = Grant { grantee: owner, grantor: owner, privileges: all, grant_options: 0 };
    let own = (!grants.iter().any(|g| g.grantee == owner)).then_some(own);
    Some(own.into_iter().chain(grants.iter().cloned()).collect())
}
/// An access list, as `aclitem[]` prints it; NULL: only the owner.
pub fn access_list(snapshot: &CatalogSnapshot, owner: u32, all: u32, of: &[Grant]) -> Datum {
    let Some(list) = grants(owner, all, of) else { return Datum::Null };
    texts(list.iter().map(|g| {
        let grantee = if g.grantee == 0 { String::new() } else { role_name(snapshot, g.grantee) };
        let mut out = format!("{grantee}=");
        for (bit, letter, _) in PRIVILEGES {
            if g.privileges & bit != 0 {
                out.push(letter);
                if g.grant_options & bit != 0 {
                    out.push('*');
                }
            }
        }
        out.push('/');
        out + &role_name(snapshot, g.grantor)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_printed_with_the_parentheses_of_postgresql() {
        let check = |sql: &str| ConstraintDescriptor { check_sql: sql.into(), ..Default::default() };
        assert_eq!(check_constraint(&check("id > 0"), true), "CHECK (id > 0)");
        assert_eq!(check_constraint(&check("(id > 0)"), false), "CHECK ((id > 0))");
        assert_eq!(check_constraint(&check("(a) < (b)"), true), "CHECK ((a) < (b))");
        assert_eq!(check_constraint(&check("(a = ')')"), true), "CHECK (a = ')')");
    }
}
