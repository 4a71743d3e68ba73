//! Domiciles for CREATE DATABASE: the router's seam over this process's placement.

use crate::placement::Domiciles;
use async_trait::async_trait;
use kv::DomicileId;
use router::catalog_store::DomicileMaker;
use router::error::{SqlError, SqlResult, SqlState};
use std::sync::Arc;

pub struct CatalogDomiciles(pub Arc<Domiciles>);

#[async_trait]
impl DomicileMaker for CatalogDomiciles {
    async fn make(&self, name: &str) -> SqlResult<DomicileId> {
        self.0.make_domicile(name).await.map_err(|e| {
            SqlError::new(
                SqlState::CANNOT_CONNECT_NOW,
                format!("the domicile of \"{name}\" could not be made: {e:#}"),
            )
        })
    }
}
