//! The catalog in the system domicile: how a router loads it, promises what it uses, changes it, and runs the jobs that
//! long changes take.
//!
//! ```text
//! load     one transaction: version counter, all descriptors           -> CatalogSnapshot
//! lease    a row (router, version) with an expiration: transactions commit below it
//! ddl      inside the client's transaction: lock the counter, edit descriptors, version + 1
//! jobs     after its commit: one state at a time, each waits until no lease is on an older version
//! ```
//! Two-version safety: F1's online schema change (Rae et al., VLDB 2013). A change of an existing table never lets a router
//! at the version before write what a router at the version after would misread.

mod seed;
mod lease;
mod editor;
mod ddl;
mod jobs;
mod backfill;
mod store;

pub use seed::{SeedOptions, seed};
pub use store::{CatalogOptions, DomicileMaker, KvCatalogStore};
