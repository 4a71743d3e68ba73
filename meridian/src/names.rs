//! Names of relations as `regclass` reads and prints them, until there are computed tables to ask.

use async_trait::async_trait;
use datum::{Datum, DatumError, TypeId};
use planner::{CatalogView, Relation, VirtualTable};
use router::seam::{QueryError, SessionCatalog, VirtualCatalog};
use std::sync::Arc;

pub struct Names;

#[async_trait]
impl VirtualCatalog for Names {
    fn find(&self, _: &str, _: &str) -> Option<VirtualTable> {
        None
    }
    async fn scan(
        &self,
        schema: &str,
        name: &str,
        _: &Arc<SessionCatalog>,
    ) -> Result<Vec<Vec<Datum>>, QueryError> {
        Err(QueryError::Unsupported(format!("the computed table {schema}.{name}")))
    }
    fn reg_in(&self, catalog: &SessionCatalog, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError> {
        if type_oid != TypeId::REGCLASS.0 {
            return Ok(None);
        }
        let (schema, name) = split_name(text);
        Ok(match catalog.relation(schema.as_deref(), &name) {
            Some(Relation::Table(t)) => Some(t.id),
            Some(Relation::Sequence { id, .. }) => Some(id),
            _ => None,
        })
    }
    fn reg_out(&self, catalog: &SessionCatalog, type_oid: u32, oid: u32) -> Option<String> {
        if type_oid != TypeId::REGCLASS.0 {
            return None;
        }
        let table = catalog.snapshot.table(oid).map(|t| t.descriptor.name.clone());
        table.or_else(|| catalog.snapshot.sequence(oid).map(|(_, s)| s.name.clone()))
    }
    fn function(&self, _: &SessionCatalog, name: &str, _: &[Datum]) -> Result<Datum, DatumError> {
        Err(DatumError::FeatureNotSupported(format!("function {name} is not supported")))
    }
}

/// `schema.name` with optional quotes.
fn split_name(text: &str) -> (Option<String>, String) {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => {
                let last = parts.last_mut().expect("it begins with one");
                if quoted { last.push(c) } else { last.extend(c.to_lowercase()) }
            }
        }
    }
    let name = parts.pop().unwrap_or_default();
    (parts.pop(), name)
}
