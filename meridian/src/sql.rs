//! Wires a router: the catalog over KV, the executor of queries, the computed tables.

use crate::cluster_info::{ClusterTables, LocalCells};
use crate::domiciles::CatalogDomiciles;
use crate::queries::Queries;
use proto::{certs, tls};
use router::catalog_store::{CatalogOptions, KvCatalogStore};
use router::virtual_catalog::Virtuals;
use router::{Metrics, Router, RouterOptions};
use std::future::Future;
use std::sync::Arc;
use txn::Db;

/// What a router stands on.
pub struct Parts {
    pub db: Db,
    pub domiciles: Arc<CatalogDomiciles>,
    /// Where sorts of large queries spill to.
    pub spill_directory: Option<std::path::PathBuf>,
    /// Cells of this process, where all are.
    pub local_cells: Option<LocalCells>,
}

/// A router, and the upkeep that must run beside it.
pub fn router(parts: Parts, options: RouterOptions) -> (Router, impl Future<Output = ()> + Send + 'static) {
    let catalog =
        KvCatalogStore::new(parts.db.clone(), parts.domiciles, CatalogOptions::new(options.router_id));
    let queries = Arc::new(Queries { spill_directory: parts.spill_directory });
    let cluster = ClusterTables { db: parts.db.clone(), local: parts.local_cells };
    let virtuals = Arc::new(Virtuals::new(Arc::new(cluster)));
    let router = Router::new(parts.db, catalog.clone(), queries, virtuals, Arc::new(Metrics::new()), options);
    (router, catalog.run())
}

/// TLS for a SQL listener with a certificate of its own: as `sslmode=require` wants it, encrypted and not verified.
///
/// # Errors
/// The certificate could not be made.
pub fn self_signed_tls() -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let (cert, key) = certs::self_signed(&["localhost".to_owned()])?;
    Ok(tls::sql_server(&cert, &key)?)
}
