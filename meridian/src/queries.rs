//! Queries that are not for the compiled road, and computed tables.

use async_trait::async_trait;
use datum::{Datum, DatumError};
use planner::{Plan, Rel, VirtualTable};
use router::seam::{QueryContext, QueryError, QueryRunner, RowStream, SessionCatalog, VirtualCatalog};
use std::sync::Arc;
use txn::{CellTransport, Db, Transaction};

pub struct Queries {
    _db: Db,
    _transport: Arc<dyn CellTransport>,
}

impl Queries {
    pub fn new(db: Db, transport: Arc<dyn CellTransport>) -> Queries {
        Queries { _db: db, _transport: transport }
    }
}

#[async_trait]
impl QueryRunner for Queries {
    async fn run(
        &self,
        _plan: &Arc<Plan>,
        _rel: &Rel,
        _ctx: QueryContext,
        _txn: &Transaction,
    ) -> Result<RowStream, QueryError> {
        Err(QueryError::Unsupported("a query with joins, grouping or sorting".to_owned()))
    }
    fn explain(&self, plan: &Plan, _rel: &Rel) -> Vec<String> {
        planner::explain(plan)
    }
}

#[async_trait]
impl VirtualCatalog for Queries {
    fn find(&self, _: &str, _: &str) -> Option<VirtualTable> {
        None
    }
    async fn scan(
        &self,
        schema: &str,
        name: &str,
        _: &Arc<SessionCatalog>,
    ) -> Result<Vec<Vec<Datum>>, QueryError> {
        Err(QueryError::Unsupported(format!("{schema}.{name}")))
    }
    fn reg_in(&self, catalog: &SessionCatalog, type_oid: u32, text: &str) -> Result<Option<u32>, DatumError> {
        use planner::CatalogView;
        if type_oid != datum::TypeId::REGCLASS.0 {
            return Ok(None);
        }
        Ok(match catalog.relation(None, text.trim_matches('"')) {
            Some(planner::Relation::Table(t)) => Some(t.id),
            Some(planner::Relation::Sequence { id, .. }) => Some(id),
            _ => None,
        })
    }
    fn reg_out(&self, _: &SessionCatalog, _: u32, _: u32) -> Option<String> {
        None
    }
    fn function(&self, _: &SessionCatalog, name: &str, _: &[Datum]) -> Result<Datum, DatumError> {
        Err(DatumError::FeatureNotSupported(format!("function {name} is not supported")))
    }
}
